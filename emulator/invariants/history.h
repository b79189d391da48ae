// `--history FILE`: what was read and written, as a history that checkers of transactions read
// (Elle's rw-register and those like it): for each operation an `invoke` and then its `ok` or
// `fail`, with one micro-op [:r KEY VERSION] or [:w KEY VERSION]. Versions stand for values, for
// they are unique; a deletion writes one, too. A process is a session.
//
// Each operation is a point of the trace (invariants.h), so its two records stand side by side. A
// refused write failed: it has not happened. Its version is a number that was never given out.
#ifndef OFFING_EMULATOR_INVARIANTS_HISTORY_H_
#define OFFING_EMULATOR_INVARIANTS_HISTORY_H_

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/invariants/clients.h"
#include "emulator/invariants/registers.h"
#include "emulator/invariants/versions.h"
#include "emulator/trace/trace.h"

namespace offing::invariants {

class History final : public trace::Reader {
 public:
  struct Operation {
    std::string key;  // "kv/NAMESPACE/KEY", "r2/BUCKET/KEY"
    uint32_t process = 0;
    bool is_write = false;
    bool failed = false;
    uint64_t version = 0;
    uint64_t sequence = 0;
    int64_t at_us = 0;
  };

  void on_event(const trace::Stamp& stamp, const trace::Event& event) override;

  const std::vector<Operation>& operations() const { return operations_; }
  const std::vector<std::string>& sessions() const { return sessions_; }  // by process
  std::vector<RegisterOperation> registers() const;
  std::string edn() const;
  std::string json_lines() const;
  // In the form that the name ends in: .edn, else JSON lines. The error names the file.
  std::expected<void, std::string> write(const std::string& path) const;

 private:
  void add(const trace::Stamp& stamp, uint64_t request, std::string_view location, std::string key,
           bool is_write, bool failed, uint64_t version);
  Clients clients_;
  std::map<std::string, uint32_t, std::less<>> processes_;
  std::vector<std::string> sessions_;
  std::map<std::string, Versions, std::less<>> r2_;
  std::vector<Operation> operations_;
};

}  // namespace offing::invariants

#endif  // OFFING_EMULATOR_INVARIANTS_HISTORY_H_
