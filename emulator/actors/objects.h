// The Durable Objects of a run: which exist, where they live, and which of them are in memory.
//
// An object has a *home location*, chosen when it is first called (placement.h), and at most one
// *instance*, in one isolate of its home (rule 30). The instance is made by the first event, and
// goes by hibernation (10 s idle and nothing holds it), by eviction (70 to 140 s idle), on demand,
// by fault, or by a reset; its storage, its alarm and, unless it was reset, its hibernatable
// WebSockets stay (spec/durable-objects.md 3.5).
// Owner: the Stack. Threading: the loop thread only.
#ifndef OFFING_EMULATOR_ACTORS_OBJECTS_H_
#define OFFING_EMULATOR_ACTORS_OBJECTS_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "emulator/topology/links.h"
#include "emulator/topology/placement.h"
#include "emulator/topology/topology.h"
#include "emulator/world/world.h"
#include "runtime/actor/actor_sockets.h"
#include "runtime/isolate/isolate.h"
#include "storage/durable/store.h"

namespace offing {

struct Object {
  durable::ObjectName key;
  std::string name;          // of idFromName, or empty
  uint32_t space = 0;        // WorkerOptions::actor_classes
  size_t home = 0;           // index of a location
  RequestId actor = 0;       // its instance, 0: none
  uint32_t isolate = 0;      // the isolate's number in its home
  std::unique_ptr<durable::ObjectStorage> storage;
  std::unique_ptr<ActorSockets> sockets;   // once it had any
  size_t events = 0;         // given to the instance and not ended
  int64_t idle_since_us = 0;
  int64_t evict_at_us = 0;   // when it goes though it could not hibernate
  bool idle_check = false;   // one is scheduled
  std::string_view leaving;  // why it goes as soon as it is idle; empty: it does not
  bool platform_failure = false;  // what broke it last was not its own doing (rule 47)
  // Stubs that the instance has served, the newest: they break with it (rule 29).
  std::vector<uint64_t> stubs;
  size_t next_stub = 0;      // where the next one goes when there are enough
};

// By unique key and id, without making a key to look for one.
struct ObjectOrder {
  struct Key {
    std::string_view unique_key;
    std::string_view id;
    auto operator<=>(const Key&) const = default;
  };
  using is_transparent = void;
  static Key of(const Key& key) { return key; }
  static Key of(const std::unique_ptr<Object>& object) {
    return {object->key.unique_key, object->key.id};
  }
  size_t operator()(const auto& key) const { return std::hash<std::string_view>()(of(key).id); }
  bool operator()(const auto& a, const auto& b) const { return of(a) == of(b); }
};

class Objects {
 public:
  Objects(World& world, Topology& topology, const WorkerOptions& worker, durable::Store& store,
          const Links& links);

  // The object of an address, made known at the first call. The error is a text for the calling
  // guest.
  std::expected<Object*, std::string> find(const CallTarget& target, size_t caller_location);
  Object* find(ObjectOrder::Key key);
  Object* find(const durable::ObjectName& key) { 
    return find(ObjectOrder::Key{key.unique_key, key.id});
  }
  Object* of_actor(RequestId actor);
  Object& known(const durable::ObjectName& key, uint32_t space, std::string_view name, size_t home);

  // What of an object is no instance's and not in the store, for another run of the same state.
  struct Saved {
    durable::ObjectName key;
    std::string name;
    size_t home;
  };
  std::vector<Saved> saved() const;
  void resume(const std::vector<Saved>& saved);

  // Its instance's isolate, made when it has none. The error: the Worker does not start.
  std::expected<Isolate*, std::string> wake(Object& object, std::string_view why);
  Isolate* isolate_of(const Object& object);
  // An event was given to the instance / has ended.
  void event_began(Object& object) { ++object.events; }
  void event_ended(Object& object);

  // The instance goes; `hibernated`, `evicted`. Nothing when it has none.
  void close(Object& object, std::string_view what, std::string_view why);
  // The instance was broken by itself or the platform (Host::actor_broken).
  void broken(RequestId actor, const GuestError& why);
  // Breaks the instance from outside; whose doing it is counts for its alarm (rule 47).
  enum class Fault : uint8_t { kPlatform, kOwn };
  void reset(Object& object, GuestError why, Fault fault = Fault::kPlatform);
  void reset_all(const GuestError& why);
  // A call of this stub is to be served by the instance. Gives what the stub broke with before, if
  // it did.
  const GuestError* serve_stub(Object& object, uint64_t stub);

  // Evicts every matching object that is in memory: now, or when its events have ended. Gives how
  // many.
  size_t evict(const std::function<bool(const Object&)>& matches, std::string_view why);
  // An isolate is about to go: so do its instances.
  void isolate_leaves(size_t location, uint32_t isolate);

  // The list of classes has changed. Those whose class is gone cannot be woken.
  void renumber(const std::vector<ActorClass>& before);

  durable::ObjectStorage& storage(RequestId actor);
  ActorSockets& sockets(RequestId actor);
  // For the alarm scheduler: storage of an object whether it has an instance or not.
  durable::ObjectStorage& storage_of(Object& object);
  void drop_unused_storage(Object& object);

  const std::string& class_of(const Object& object) const;
  const Links& links() const { return links_; }
  size_t live() const { return by_actor_.size(); }
  size_t count() const { return objects_.size(); }
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& object : objects_) visit(*object);
  }

  // Told of a WebSocket event of a hibernatable socket; the router puts it here.
  std::function<void(Object&, SocketEvent)> on_socket_event;

 private:
  void forget_instance(Object& object);
  std::vector<Object*> in_memory() const;
  void arm_idle_check(Object& object, int64_t at_us);
  void check_idle(Object& object);
  void emit(const Object& object, std::string_view what, std::string_view why);

  World& world_;
  Topology& topology_;
  const WorkerOptions& worker_;
  durable::Store& store_;
  const Links& links_;
  Placement placement_;
  Random& eviction_;
  std::unordered_set<std::unique_ptr<Object>, ObjectOrder, ObjectOrder> objects_;
  std::unordered_map<RequestId, Object*> by_actor_;
  std::unordered_map<uint64_t, GuestError> broken_stubs_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_ACTORS_OBJECTS_H_
