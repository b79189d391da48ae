#include "emulator/trace/log.h"

#include <cstdio>
#include <utility>

#include "emulator/trace/readers.h"

namespace offing::trace {

namespace {

template <class E> uint64_t request_of(const E& event) {
  if constexpr (requires { event.request; }) return event.request;
  else return 0;
}

}  // namespace

void Log::on_event(const Stamp& stamp, const Event& event) {
  Line line;
  line.sequence = last_sequence_ = stamp.sequence;
  std::visit([&line](const auto& e) { line.event = e.kName, line.request = request_of(e); }, event);
  append_line(line.text, stamp, event);
  for (unsigned char c : line.text) state_ = (state_ ^ c) * 0x100000001b3ULL;
  line.text.pop_back();
  for (size_t i = 0; i < followers_.size(); ++i) followers_[i].second(line);
  bytes_ += line.text.size();
  lines_.push_back(std::move(line));
  while (lines_.size() > kLinesMax || (bytes_ > kBytesMax && lines_.size() > 1)) {
    bytes_ -= lines_.front().text.size();
    lines_.pop_front();
  }
}

std::string Log::hash() const {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(state_));
  return text;
}

uint64_t Log::follow(Follower follower) {
  followers_.emplace_back(next_follower_, std::move(follower));
  return next_follower_++;
}

void Log::unfollow(uint64_t id) {
  std::erase_if(followers_, [id](const auto& follower) { return follower.first == id; });
}

}  // namespace offing::trace
