#include "emulator/check/refusing_host.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <utility>

namespace offing::check {

// splitmix64's steps; any fixed sequence would do.
double RefusingHost::random() {
  uint64_t z = random_state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

void RefusingHost::random_bytes(std::span<uint8_t> bytes) { std::ranges::fill(bytes, 0); }

durable::ObjectStorage& RefusingHost::actor_storage(RequestId) {
  assert(false && "no object is made while a Worker starts");
  std::abort();
}

ActorSockets& RefusingHost::actor_sockets(RequestId) {
  assert(false && "no object is made while a Worker starts");
  std::abort();
}

void RefusingHost::keep(std::string line) {
  if (lines_.size() < kLinesMax) lines_.push_back(std::move(line));
}

void RefusingHost::log(RequestId, std::string_view level, std::string_view text) {
  keep(std::string(level) + ": " + std::string(text));
}

void RefusingHost::uncaught(RequestId, std::string_view where, std::string_view text,
                            std::string_view) {
  keep("uncaught (" + std::string(where) + "): " + std::string(text));
}

}  // namespace offing::check
