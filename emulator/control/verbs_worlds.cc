#include <utility>

#include "emulator/control/control.h"
#include "emulator/control/json.h"
#include "emulator/control/options.h"
#include "emulator/control/shown.h"

namespace offing::control {
namespace {

constexpr Argument kSnapshot[] = {{"snapshot", Kind::kText, true, "its id, such as s1"}};
constexpr Argument kReset[] = {{"seed", Kind::kInteger, false, "begins all randomness anew from this"}};
constexpr Argument kFork[] = {
    {"snapshot", Kind::kText, false, "where it begins; absent: this world as it is"},
    {"seed", Kind::kInteger, false, "begins all randomness anew from this"},
    {"options", Kind::kObject, false, "{auto_skip?, kv?, links?, faults?}: what is different there"}};
constexpr Argument kWorld[] = {{"world", Kind::kText, true, "its id, such as w1"}};
constexpr Argument kDirectory[] = {
    {"directory", Kind::kText, true, "as `offing dev --state` has it; absolute, or from the daemon's"}};

std::expected<std::optional<uint64_t>, Failure> seed_of(const Arguments& arguments) {
  const auto seed = arguments.integer("seed");
  if (!seed) return std::nullopt;
  if (*seed < 0) return std::unexpected(bad_value("seed", *arguments.value("seed"), "0 or more"));
  return static_cast<uint64_t>(*seed);
}

std::string now_json(Stage& stage) {
  Json json;
  json.open('{').field("now_ms", stage.world().now_ms());
  return json.field("now", time_text(stage.world().now_us())).close('}').take();
}

void status(Call call) {
  Stage& stage = call.stage;
  Stack& stack = stage.stack();
  Json json;
  json.open('{').field("version", call.control.version()).field("world", stage.id);
  json.field("worlds", call.stages.all().size()).key("clock").open('{');
  add_clock(json, stage);
  json.close('}').field("seed", stage.world().seed()).field("requests", stage.requests());
  json.field("in_flight", stack.gateway().in_flight());
  json.field("isolates", stack.topology().resident_count()).key("locations").open('[');
  for (const std::string& code : stack.topology().locations()) json.value(code);
  json.close(']').raw_field("objects", stack.actors().status_json());
  json.key("trace").open('{').field("events", stage.world().trace().count());
  const bool whole = stage.virtual_world() != nullptr;
  json.field("hash", whole ? std::optional(stage.log().hash()) : std::nullopt).close('}');
  call.reply(json.field("project", stack.project().worker.name).close('}').take());
}

void snapshot(Call call) {
  auto taken = call.stages.snapshot(call.stage);
  if (!taken) return call.reply.fail(failure_of(taken.error()));
  Json json;
  json.open('{').field("snapshot", *taken).field("now_ms", call.stage.world().now_ms());
  call.reply(json.close('}').take());
}

void snapshots(Call call) {
  Json json;
  json.open('{').key("snapshots").open('[');
  for (const auto& [id, snapshot] : call.stages.snapshots()) {
    json.open('{').field("snapshot", id).field("now_ms", snapshot.now_us() / 1000);
    json.field("world", snapshot.world).close('}');
  }
  call.reply(json.close(']').close('}').take());
}

void drop_snapshot(Call call) {
  auto dropped = call.stages.drop_snapshot(call.arguments.text("snapshot"));
  if (!dropped) return call.reply.fail(failure_of(dropped.error()));
  call.reply("{}");
}

void revert(Call call) {
  auto stage = call.stages.revert(call.stage, call.arguments.text("snapshot"));
  if (!stage) return call.reply.fail(failure_of(stage.error()));
  call.reply(now_json(**stage));
}

void reset(Call call) {
  auto seed = seed_of(call.arguments);
  if (!seed) return call.reply.fail(std::move(seed.error()));
  auto stage = call.stages.reset(call.stage, *seed);
  if (!stage) return call.reply.fail(failure_of(stage.error()));
  call.reply(now_json(**stage));
}

void fork(Call call) {
  auto seed = seed_of(call.arguments);
  if (!seed) return call.reply.fail(std::move(seed.error()));
  const auto snapshot = call.arguments.optional_text("snapshot");
  auto stage = call.stages.fork(call.stage,
                                snapshot ? std::optional<std::string_view>(*snapshot) : std::nullopt, *seed);
  if (!stage) return call.reply.fail(failure_of(stage.error()));
  if (const rapidjson::Value* options = call.arguments.value("options")) {
    if (auto set = set_options(**stage, *options); !set) {
      static_cast<void>(call.stages.close((*stage)->id));
      return call.reply.fail(std::move(set.error()));
    }
  }
  Json json;
  json.open('{').field("world", (*stage)->id).field("now_ms", (*stage)->world().now_ms());
  call.reply(json.close('}').take());
}

void worlds(Call call) {
  Json json;
  json.open('{').key("worlds").open('[');
  for (const auto& [id, stage] : call.stages.all()) {
    json.open('{').field("world", id).field("now_ms", stage->world().now_ms());
    json.field("now", time_text(stage->world().now_us())).field("requests", stage->requests());
    json.field("in_flight", stage->stack().gateway().in_flight()).close('}');
  }
  call.reply(json.close(']').close('}').take());
}

void close_world(Call call) {
  auto closed = call.stages.close(call.arguments.text("world"));
  if (!closed) return call.reply.fail(failure_of(closed.error()));
  call.reply("{}");
}

void dump(Call call) {
  inside(std::move(call), [](Call call) {
    auto dumped = call.stage.stack().dump(call.arguments.text("directory"));
    if (!dumped) return call.reply.fail({409, "cannot_dump", dumped.error()});
    Json json;
    json.open('{').field("directory", call.arguments.text("directory")).close('}');
    call.reply(json.take());
  });
}

void load(Call call) {
  if (call.stage.virtual_world() == nullptr)
    return call.reply.fail({409, "real_clock",
                            "what runs in real time cannot be replaced; start the daemon with --clock "
                            "virtual, or with --state " + call.arguments.text("directory")});
  if (call.stage.stack().on_disk())
    return call.reply.fail({409, "state_on_disk",
                            "state is kept in a directory (--state), which has one history; start without "
                            "--state to load another"});
  auto state = call.stage.stack().load_state(call.arguments.text("directory"));
  if (!state) return call.reply.fail({409, "cannot_load", state.error()});
  auto stage = call.stages.put(call.stage, std::make_shared<const StackState>(std::move(*state)));
  if (!stage) return call.reply.fail(failure_of(stage.error()));
  call.reply(now_json(**stage));
}

constexpr Verb kVerbs[] = {
    {"GET", "status", "What runs here", {},
     "{version, world, worlds, clock, seed, requests, in_flight, isolates, locations, objects, trace, "
     "project}",
     status},
    {"POST", "snapshot", "Keeps this world as it is now", {}, "{snapshot, now_ms}", snapshot},
    {"GET", "snapshots", "Every snapshot that is kept", {}, "{snapshots: [{snapshot, now_ms, world}]}",
     snapshots},
    {"POST", "snapshot/drop", "Forgets a snapshot", kSnapshot, "{}", drop_snapshot},
    {"POST", "revert", "Puts this world back to a snapshot; isolates begin anew", kSnapshot,
     "{now_ms, now}", revert},
    {"POST", "reset", "Puts this world back to the daemon's start", kReset, "{now_ms, now}", reset},
    {"POST", "fork", "Makes another world, from a snapshot or from this one", kFork, "{world, now_ms}",
     fork},
    {"GET", "worlds", "Every world of this daemon", {}, "{worlds: [{world, now_ms, now, requests, in_flight}]}",
     worlds},
    {"POST", "worlds/close", "Ends a world that was forked", kWorld, "{}", close_world},
    {"POST", "dump", "Writes all that is stored to a new directory", kDirectory, "{directory}", dump},
    {"POST", "load", "Puts what a directory holds in the place of all that is stored", kDirectory,
     "{now_ms, now}", load},
};

}  // namespace

Verbs world_verbs() { return kVerbs; }

}  // namespace offing::control
