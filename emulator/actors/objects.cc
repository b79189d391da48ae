#include "emulator/actors/objects.h"

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

namespace offing {

// spec/durable-objects.md 3.5, rule 32.
static constexpr int64_t kHibernateUs = 10'000'000;
static constexpr int64_t kEvictLeastUs = 70'000'000;
static constexpr int64_t kEvictMostUs = 140'000'000;

// Of one instance, and in all: enough for the stubs that anybody still holds; older ones are
// forgotten.
static constexpr size_t kStubsMax = 1024;
static constexpr size_t kBrokenStubsMax = 16 * 1024;

// The object's class went with a reload; it may come back with another.
static constexpr uint32_t kNoSpace = UINT32_MAX;

// What an event that an eviction cuts off fails with (1.4).
static constexpr const char* kGone =
    "Durable Object connection closed because the object was reset.";

Objects::Objects(World& world, Topology& topology, const WorkerOptions& worker,
                 durable::Store& store, const Links& links)
    : world_(world),
      topology_(topology),
      worker_(worker),
      store_(store),
      links_(links),
      placement_(topology.locations()),
      eviction_(world.random("objects/eviction")) {}

Object& Objects::known(const durable::ObjectName& key, uint32_t space, std::string_view name,
                       size_t home) {
  Object* object = find(key);
  if (object == nullptr) {
    auto made = std::make_unique<Object>();
    object = made.get();
    object->key = key;
    object->space = space;
    object->home = home;
    objects_.insert(std::move(made));
  }
  if (object->name.empty()) object->name = name;
  return *object;
}

std::vector<Objects::Saved> Objects::saved() const {
  std::vector<Saved> saved;
  saved.reserve(objects_.size());
  for (const auto& object : objects_) saved.push_back({object->key, object->name, object->home});
  return saved;
}

void Objects::resume(const std::vector<Saved>& saved) {
  objects_.reserve(saved.size());
  for (const Saved& one : saved) {
    uint32_t space = 0;
    while (space < worker_.actor_classes.size() &&
           worker_.actor_classes[space].unique_key != one.key.unique_key)
      ++space;
    known(one.key, space < worker_.actor_classes.size() ? space : kNoSpace, one.name, one.home);
  }
}

std::expected<Object*, std::string> Objects::find(const CallTarget& target,
                                                  size_t caller_location) {
  assert(target.kind == CallTarget::Kind::kActor);
  if (target.index >= worker_.actor_classes.size()) return std::unexpected("no such class");
  const std::string& unique_key = worker_.actor_classes[target.index].unique_key;
  if (Object* object = find(ObjectOrder::Key{unique_key, target.id})) {
    object->space = target.index;
    if (object->name.empty()) object->name = target.name;
    return object;
  }
  auto home = placement_.home(target.location_hint, target.jurisdiction, caller_location);
  if (!home) return std::unexpected(home.error());
  return &known({unique_key, target.id}, target.index, target.name, *home);
}

Object* Objects::find(ObjectOrder::Key key) {
  auto it = objects_.find(key);
  return it == objects_.end() ? nullptr : it->get();
}

Object* Objects::of_actor(RequestId actor) {
  auto it = by_actor_.find(actor);
  return it == by_actor_.end() ? nullptr : it->second;
}

Isolate* Objects::isolate_of(const Object& object) {
  if (object.actor == 0) return nullptr;
  Topology::Resident* resident = topology_.find(object.home, object.isolate);
  return resident == nullptr ? nullptr : resident->isolate.get();
}

void Objects::emit(const Object& object, std::string_view what, std::string_view why) {
  world_.trace().emit(trace::ObjectEvent{topology_.locations()[object.home], object.isolate,
                                         class_of(object), object.key.id, what, why});
}

std::expected<Isolate*, std::string> Objects::wake(Object& object, std::string_view why) {
  if (Isolate* isolate = isolate_of(object)) return isolate;
  if (object.space == kNoSpace) {
    return std::unexpected("The class of this Durable Object is no longer part of the Worker.");
  }
  auto resident = topology_.acquire(object.home);
  if (!resident) return std::unexpected(resident.error());
  object.actor = topology_.new_number();
  object.isolate = (*resident)->number;
  object.events = 0;
  object.leaving = {};
  object.idle_since_us = world_.now_us();
  object.evict_at_us = 0;
  by_actor_.emplace(object.actor, &object);
  emit(object, "created", why);
  (*resident)->isolate->open_actor(
      object.actor, {.space = object.space,
                     .object_id = object.key.id,
                     .name = object.name,
                     .sqlite = worker_.actor_classes[object.space].sqlite,
                     .input_gate_defective = world_.fault(FaultPoint::kInputGateDefective),
                     .output_gate_defective = world_.fault(FaultPoint::kOutputGateDefective)});
  return (*resident)->isolate.get();
}

void Objects::event_ended(Object& object) {
  if (object.actor == 0) return;
  if (object.events > 0) --object.events;
  if (object.events > 0) return;
  object.idle_since_us = world_.now_us();
  object.evict_at_us = 0;
  if (world_.fault(FaultPoint::kDurableEvict)) object.leaving = "fault";
  if (!object.leaving.empty()) return arm_idle_check(object, world_.now_us());
  if (!object.idle_check) arm_idle_check(object, world_.now_us() + kHibernateUs);
}

void Objects::arm_idle_check(Object& object, int64_t at_us) {
  object.idle_check = true;
  const EventKind kind = object.leaving.empty() ? EventKind::kUpkeep : EventKind::kWork;
  world_.schedule(at_us, kind, [this, &object, actor = object.actor] {
    if (object.actor == actor) check_idle(object);
  });
}

void Objects::check_idle(Object& object) {
  object.idle_check = false;
  Isolate* isolate = isolate_of(object);
  if (isolate == nullptr || object.events > 0) return;  // the end of its event looks again
  const ActorActivity doing = isolate->actor_activity(object.actor);
  if (!object.leaving.empty()) {
    if (doing.events == 0) return close(object, "evicted", object.leaving);
    return arm_idle_check(object, world_.now_us() + 1000);
  }
  const int64_t now_us = world_.now_us();
  const bool kept = doing.sockets > 0 || doing.held > 0;
  if (doing.events > 0) {  // an answer that is still being sent
    object.idle_since_us = now_us;
    object.evict_at_us = 0;
  }
  const int64_t hibernate_us = object.idle_since_us + kHibernateUs;
  if (now_us < hibernate_us) return arm_idle_check(object, hibernate_us);
  if (doing.work == 0 && !kept) return close(object, "hibernated", "idle");
  if (object.evict_at_us == 0) {
    object.evict_at_us = object.idle_since_us + eviction_.between(kEvictLeastUs, kEvictMostUs);
  }
  if (now_us >= object.evict_at_us && !kept) return close(object, "evicted", "idle");
  const int64_t next_us = now_us + kHibernateUs;
  arm_idle_check(object, kept ? next_us : std::min(next_us, object.evict_at_us));
}

void Objects::close(Object& object, std::string_view what, std::string_view why) {
  Isolate* isolate = isolate_of(object);
  if (isolate == nullptr) return;
  emit(object, what, why);
  GuestError error = GuestError::of(kGone);
  error.retryable = true;
  isolate->close_actor(object.actor, error);
  forget_instance(object);
  object.stubs.clear();
}

void Objects::forget_instance(Object& object) {
  by_actor_.erase(object.actor);
  object.actor = 0;
  object.events = 0;
  object.idle_check = false;
  object.leaving = {};
  object.storage.reset();
}

const GuestError* Objects::serve_stub(Object& object, uint64_t stub) {
  if (stub == 0) return nullptr;
  if (!broken_stubs_.empty()) {
    auto broken = broken_stubs_.find(stub);
    if (broken != broken_stubs_.end()) return &broken->second;
  }
  if (object.stubs.size() < kStubsMax) {
    if (object.stubs.empty() || object.stubs.back() != stub) object.stubs.push_back(stub);
  } else {
    object.stubs[object.next_stub++ % kStubsMax] = stub;
  }
  return nullptr;
}

void Objects::broken(RequestId actor, const GuestError& why) {
  Object* object = of_actor(actor);
  if (object == nullptr) return;
  emit(*object, "reset", why.message);
  forget_instance(*object);
  store_.discard_unsynced(object->key);
  object->sockets.reset();
  if (broken_stubs_.size() + object->stubs.size() > kBrokenStubsMax) broken_stubs_.clear();
  for (uint64_t stub : std::exchange(object->stubs, {})) broken_stubs_.emplace(stub, why);
}

void Objects::reset(Object& object, GuestError why, Fault fault) {
  Isolate* isolate = isolate_of(object);
  if (isolate == nullptr) return;
  object.platform_failure = fault == Fault::kPlatform;
  isolate->break_actor(object.actor, std::move(why));
}

void Objects::reset_all(const GuestError& why) {
  for (Object* object : in_memory()) reset(*object, why);
}

// In the order in which they came, whatever the table's.
std::vector<Object*> Objects::in_memory() const {
  std::vector<Object*> found;
  for (auto& [actor, object] : by_actor_) found.push_back(object);
  std::ranges::sort(found, {}, [](const Object* object) { return object->actor; });
  return found;
}

size_t Objects::evict(const std::function<bool(const Object&)>& matches, std::string_view why) {
  std::vector<Object*> found = in_memory();
  std::erase_if(found, [&matches](const Object* object) { return !matches(*object); });
  for (Object* object : found) {
    Isolate* isolate = isolate_of(*object);
    if (object->events == 0 && isolate->actor_activity(object->actor).events == 0) {
      close(*object, "evicted", why);
    } else {
      object->leaving = why;
    }
  }
  return found.size();
}

void Objects::isolate_leaves(size_t location, uint32_t isolate) {
  evict([=](const Object& object) {
    return object.home == location && object.isolate == isolate;
  }, "isolate");
}

void Objects::renumber(const std::vector<ActorClass>& before) {
  std::vector<std::optional<uint32_t>> now(before.size());
  for (size_t i = 0; i < before.size(); ++i) {
    for (uint32_t j = 0; j < worker_.actor_classes.size(); ++j) {
      if (worker_.actor_classes[j].unique_key == before[i].unique_key) now[i] = j;
    }
  }
  for (const auto& object : objects_) {
    if (object->space < now.size()) object->space = now[object->space].value_or(kNoSpace);
  }
}

const std::string& Objects::class_of(const Object& object) const {
  static const std::string kRemoved = "(removed)";
  return object.space == kNoSpace ? kRemoved : worker_.actor_classes[object.space].class_name;
}

durable::ObjectStorage& Objects::storage_of(Object& object) {
  if (!object.storage) object.storage = store_.object(object.key, object.name);
  return *object.storage;
}

void Objects::drop_unused_storage(Object& object) {
  if (object.actor == 0) object.storage.reset();
}

durable::ObjectStorage& Objects::storage(RequestId actor) {
  Object* object = of_actor(actor);
  assert(object != nullptr);
  return storage_of(*object);
}

ActorSockets& Objects::sockets(RequestId actor) {
  Object* object = of_actor(actor);
  assert(object != nullptr);
  if (!object->sockets) {
    object->sockets = std::make_unique<ActorSockets>(
        [world = &world_] { return world->now_ms(); },
        [this, object](SocketEvent event) { on_socket_event(*object, std::move(event)); });
  }
  return *object->sockets;
}

}  // namespace offing
