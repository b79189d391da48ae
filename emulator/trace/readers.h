// Readers of the trace that every command can have: the NDJSON file and the hash.
#ifndef OFFING_EMULATOR_TRACE_READERS_H_
#define OFFING_EMULATOR_TRACE_READERS_H_

#include <cstdint>
#include <cstdio>
#include <expected>
#include <memory>
#include <string>

#include "emulator/trace/trace.h"

namespace offing::trace {

// Whether what was measured is written: it makes equal runs differ.
enum class Measured : uint8_t { kLeftOut, kWritten };

// One line of NDJSON, newline included: {"seq":1,"at_us":0,"event":"request",…}
void append_line(std::string& out, const Stamp& stamp, const Event& event,
                 Measured measured = Measured::kLeftOut);

// `--trace FILE`. Buffered; `finish` writes the last line {"event":"end","events":N,"hash":"…"}.
class NdjsonWriter final : public Reader {
 public:
  static std::expected<std::unique_ptr<NdjsonWriter>, std::string> open(
      const std::string& path, Measured measured = Measured::kLeftOut);
  ~NdjsonWriter() override;
  void on_event(const Stamp& stamp, const Event& event) override;
  void finish(uint64_t events, const std::string& hash);

 private:
  NdjsonWriter(std::FILE* file, Measured measured) : file_(file), measured_(measured) {}
  std::FILE* file_;
  Measured measured_;
  std::string buffer_;
};

// FNV-1a, 64 bits, over the NDJSON lines without what was measured: equal runs have equal hashes (DESIGN rule 6).
class Hash final : public Reader {
 public:
  void on_event(const Stamp& stamp, const Event& event) override;
  std::string hex() const;

 private:
  uint64_t state_ = 0xcbf29ce484222325ULL;
  std::string line_;
};

}  // namespace offing::trace

#endif  // OFFING_EMULATOR_TRACE_READERS_H_
