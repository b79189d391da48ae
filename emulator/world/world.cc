#include "emulator/world/world.h"

#include <cassert>
#include <utility>

namespace offing {

World::World(WorldState state, uv_loop_t* loop)
    : now_us_(state.now_us), seed_(state.seed), loop_(loop ? loop : &own_loop_), trace_(&now_us_),
      faults_(std::move(state.faults)), streams_(std::move(state.streams)) {
  if (loop_ == &own_loop_) uv_loop_init(loop_);
}

World::~World() {
  if (loop_ != &own_loop_) return;
  uv_walk(loop_, [](uv_handle_t* h, void*) { if (!uv_is_closing(h)) uv_close(h, nullptr); },
          nullptr);
  uv_run(loop_, UV_RUN_DEFAULT);
  uv_loop_close(loop_);
}

World::ExternalId World::begin_external(int64_t due_us) {
  const ExternalId id = next_external_++;
  externals_.emplace(id, External{});
  schedule(due_us, [this, id] { external_place_reached(id); });
  return id;
}

void World::external_place_reached(ExternalId id) {
  auto it = externals_.find(id);
  assert(it != externals_.end());
  if (it->second.result) {
    Task result = std::move(it->second.result);
    externals_.erase(it);
    result();
    return;
  }
  it->second.place_reached = true;
  ++externals_awaited_;
}

void World::complete_external(ExternalId id, Task result) {
  auto it = externals_.find(id);
  assert(it != externals_.end());
  if (!it->second.place_reached) {
    it->second.result = std::move(result);
    return;
  }
  externals_.erase(it);
  --externals_awaited_;
  post(std::move(result));
}

Random& World::random(std::string_view stream) {
  auto it = streams_.find(stream);
  if (it == streams_.end()) it = streams_.emplace(std::string(stream), Random(seed_, stream)).first;
  return it->second;
}

void World::random_bytes(std::string_view stream, std::span<uint8_t> bytes) {
  random(stream).fill(bytes);
}

bool World::fault(FaultPoint point) {
  if (!faults_.hit(point)) return false;
  trace_.emit(trace::FaultEvent{Faults::name(point)});
  return true;
}

const FaultEffect* World::struck(const FaultPlace& place) {
  const auto strike = faults_.hit(place);
  if (!strike) return nullptr;
  const FaultRule& rule = *strike->rule;
  trace_.emit(trace::FaultEvent{"", rule.id, fault_service_name(rule.service), place.operation,
                                strike->key, place.location, fault_effect_name(rule.effect.kind)});
  return &rule.effect;
}

void World::stop() {
  stopping_ = true;
  uv_stop(loop_);
}

bool World::run_turn(size_t limit) {
  while (limit > 0) {
    if (auto task = scheduler_.pop(now_us_)) {
      --limit;
      ++events_run_;
      (*task)();
      continue;
    }
    if (turn_end_.empty()) return true;
    std::vector<Task> hooks = std::exchange(turn_end_, {});
    for (Task& hook : hooks) hook();
  }
  return false;
}

}  // namespace offing
