// The trace of a world that can be asked about: the newest events as lines of NDJSON, the hash of all of
// them, and followers that are told of each as it happens. Each event is written out once.
#ifndef OFFING_EMULATOR_TRACE_LOG_H_
#define OFFING_EMULATOR_TRACE_LOG_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/trace/trace.h"

namespace offing::trace {

class Log final : public Reader {
 public:
  struct Line {
    uint64_t sequence;
    std::string_view event;  // its name
    uint64_t request;        // 0: none, or the event has no such field
    std::string text;        // JSON, without a newline
  };
  static constexpr size_t kLinesMax = 65'536;
  static constexpr size_t kBytesMax = 32u << 20;

  void on_event(const Stamp& stamp, const Event& event) override;
  // Over all events so far (readers.h).
  std::string hash() const;
  // What is still there, oldest first; sequence numbers rise by one.
  const std::deque<Line>& lines() const { return lines_; }
  uint64_t last_sequence() const { return last_sequence_; }

  // Told of each event from now on, inside the event: it must not enter the world. The number ends it.
  using Follower = std::function<void(const Line&)>;
  uint64_t follow(Follower follower);
  void unfollow(uint64_t id);

 private:
  uint64_t state_ = 0xcbf29ce484222325ULL;
  uint64_t last_sequence_ = 0;
  size_t bytes_ = 0;
  std::deque<Line> lines_;
  uint64_t next_follower_ = 1;
  std::vector<std::pair<uint64_t, Follower>> followers_;
};

}  // namespace offing::trace

#endif  // OFFING_EMULATOR_TRACE_LOG_H_
