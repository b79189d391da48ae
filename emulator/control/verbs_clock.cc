#include <algorithm>

#include "emulator/control/control.h"
#include "emulator/control/json.h"
#include "emulator/control/shown.h"

namespace offing::control {
namespace {

constexpr Argument kAdvance[] = {{"by", Kind::kDuration, true, "how far"}};
constexpr Argument kSet[] = {{"to", Kind::kTime, true, "the time it is to be"}};
constexpr Argument kUntilIdle[] = {{"limit", Kind::kDuration, false, "no further than this (default 30d)"}};
constexpr Argument kAutoSkip[] = {
    {"on", Kind::kFlag, true, "whether time jumps while a request waits for it"}};
constexpr int64_t kIdleLimitUs = 30LL * 86'400'000'000;

VirtualWorld* virtual_world(Call& call) {
  if (VirtualWorld* world = call.stage.virtual_world()) return world;
  call.reply.fail({409, "real_clock",
                   "this daemon follows the system's clock, which cannot be moved; start it with --clock "
                   "virtual"});
  return nullptr;
}

// The error when time would have to go beyond what can be told, or back.
std::optional<Failure> no_target(const VirtualWorld& world, int64_t target_us, const char* name) {
  if (target_us > kLatestMs * 1000)
    return Failure::bad("\"" + std::string(name) + "\" leads beyond the year 9999");
  if (target_us >= world.now_us()) return std::nullopt;
  return Failure::bad("\"" + std::string(name) + "\" is " + time_text(target_us) + ", and it is " +
                      time_text(world.now_us()) +
                      " already; time does not go back, but `revert` to a snapshot does");
}

void get_clock(Call call) {
  Json json;
  json.open('{');
  add_clock(json, call.stage);
  call.reply(json.close('}').take());
}

std::string moved_json(const VirtualWorld& world, const VirtualWorld::Moved& moved, bool tell_idle) {
  Json json;
  json.open('{').field("now_ms", world.now_ms()).field("now", time_text(world.now_us()));
  json.field("events", moved.events);
  if (tell_idle) json.field("idle", moved.idle);
  return json.close('}').take();
}

void move_to(Call call, VirtualWorld& world, int64_t target_us, const char* name) {
  if (auto failure = no_target(world, target_us, name)) return call.reply.fail(std::move(*failure));
  call.stage.touch();
  world.advance_to(target_us, [&world, reply = std::move(call.reply)](VirtualWorld::Moved moved) mutable {
    reply(moved_json(world, moved, false));
  });
}

void advance(Call call) {
  VirtualWorld* world = virtual_world(call);
  if (world == nullptr) return;
  const int64_t by_us = *call.arguments.duration_us("by");
  move_to(std::move(call), *world, world->now_us() + by_us, "by");
}

void set(Call call) {
  VirtualWorld* world = virtual_world(call);
  if (world == nullptr) return;
  const int64_t to_us = *call.arguments.time_us("to");
  move_to(std::move(call), *world, to_us, "to");
}

void run_until_idle(Call call) {
  VirtualWorld* world = virtual_world(call);
  if (world == nullptr) return;
  const int64_t limit_us = call.arguments.duration_us("limit").value_or(kIdleLimitUs);
  const int64_t target_us = world->now_us() + limit_us;
  if (auto failure = no_target(*world, target_us, "limit")) return call.reply.fail(std::move(*failure));
  call.stage.touch();
  world->run_until_idle(target_us,
                        [world, reply = std::move(call.reply)](VirtualWorld::Moved moved) mutable {
                          reply(moved_json(*world, moved, true));
                        });
}

void auto_skip(Call call) {
  VirtualWorld* world = virtual_world(call);
  if (world == nullptr) return;
  world->set_auto_skip(*call.arguments.flag("on"));
  Json json;
  call.reply(json.open('{').field("auto_skip", world->auto_skip()).close('}').take());
}

constexpr Verb kVerbs[] = {
    {"GET", "clock", "The clock: what time it is, and when something happens next", {},
     "{virtual, auto_skip, now_ms, now, next_due_ms|null, waiting}", get_clock},
    {"POST", "clock/advance", "Lets time pass; everything on the way happens, in order", kAdvance,
     "{now_ms, now, events}", advance},
    {"POST", "clock/set", "Lets time pass until a moment", kSet, "{now_ms, now, events}", set},
    {"POST", "clock/run-until-idle", "Lets time pass until nothing is left to happen", kUntilIdle,
     "{now_ms, now, events, idle}", run_until_idle},
    {"POST", "clock/auto-skip", "Whether time jumps by itself while a request waits for it", kAutoSkip,
     "{auto_skip}", auto_skip},
};

}  // namespace

Verbs clock_verbs() { return kVerbs; }

}  // namespace offing::control
