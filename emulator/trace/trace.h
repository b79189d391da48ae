// The one ordered log of a run (DESIGN rule 5). `emit` gives an event its sequence number and time
// and hands it to every reader, in order of registration. Nothing is kept here: a reader that needs
// the past keeps its own.
// Invariants: sequence numbers rise by one; times never fall.
// Ownership: readers are owned by whoever registers them and outlive the trace's last emit.
#ifndef OFFING_EMULATOR_TRACE_TRACE_H_
#define OFFING_EMULATOR_TRACE_TRACE_H_

#include <cstdint>
#include <vector>

#include "emulator/trace/event.h"

namespace offing::trace {

struct Stamp {
  uint64_t sequence;
  int64_t at_us;  // world time, microseconds since the Unix epoch
};

class Reader {
 public:
  virtual ~Reader() = default;
  virtual void on_event(const Stamp& stamp, const Event& event) = 0;
};

class Trace {
 public:
  explicit Trace(const int64_t* now_us) : now_us_(now_us) {}
  void add_reader(Reader* reader) { readers_.push_back(reader); }
  void remove_reader(Reader* reader) { std::erase(readers_, reader); }

  // Whether anybody listens; lets a hot path skip making an event.
  bool active() const { return !readers_.empty(); }
  void emit(const Event& event) {
    ++sequence_;
    if (readers_.empty()) return;
    for (Reader* reader : readers_) reader->on_event({sequence_, *now_us_}, event);
  }
  uint64_t count() const { return sequence_; }

 private:
  const int64_t* now_us_;
  uint64_t sequence_ = 0;
  std::vector<Reader*> readers_;
};

}  // namespace offing::trace

#endif  // OFFING_EMULATOR_TRACE_TRACE_H_
