// What becomes of what is sent over a link: it arrives in its time, it waits until the link is let go,
// or it is lost.
#ifndef OFFING_EMULATOR_WORLD_LINK_STATE_H_
#define OFFING_EMULATOR_WORLD_LINK_STATE_H_

#include <cstdint>
#include <string_view>

namespace offing {

enum class LinkState : uint8_t { kOpen, kHeld, kCut };

constexpr std::string_view link_state_name(LinkState state) {
  switch (state) {
    case LinkState::kOpen: return "open";
    case LinkState::kHeld: return "held";
    case LinkState::kCut: return "cut";
  }
  return "";
}

}  // namespace offing

#endif  // OFFING_EMULATOR_WORLD_LINK_STATE_H_
