#include "emulator/actors/actors.h"

#include <algorithm>
#include <utility>

namespace offing {

static constexpr const char* kNewCode = "Durable Object reset because its code was updated.";

std::expected<std::unique_ptr<Actors>, std::string> Actors::open(World& world, Topology& topology,
                                                                 const WorkerOptions& worker,
                                                                 ActorSettings settings) {
  std::unique_ptr<Actors> actors(new Actors(world, worker, topology.locations()));
  for (const std::string& rule : settings.links) {
    if (auto set = actors->links_.set(rule); !set) return std::unexpected("--link: " + set.error());
  }
  durable::StoreOptions options;
  options.directory = settings.state;
  options.world.now_ms = [&world] { return world.now_ms(); };
  options.world.random_bytes = [&world](std::span<uint8_t> bytes) {
    world.random_bytes("objects/sqlite", bytes);
  };
  auto store = durable::Store::open(std::move(options));
  if (!store) return std::unexpected("--state: " + store.error());
  actors->store_ = std::move(*store);
  for (const std::string& key : worker.deleted_actor_keys) actors->store_->remove_namespace(key);
  actors->commits_ = std::make_unique<Commits>(world, *actors->store_, !settings.state.empty(),
                                               settings.commit_delay_us);
  actors->objects_ = std::make_unique<Objects>(world, topology, worker, *actors->store_,
                                               actors->links_);
  actors->calls_ = std::make_unique<Calls>(world, topology, *actors->objects_);
  actors->alarms_ = std::make_unique<Alarms>(world, worker, *actors->store_, *actors->objects_,
                                             *actors->calls_, *actors->commits_);
  actors->objects_->on_socket_event = [calls = actors->calls_.get()](Object& object,
                                                                     SocketEvent event) {
    calls->socket_event(object, std::move(event));
  };
  topology.on_leaving = [objects = actors->objects_.get()](size_t location, uint32_t isolate) {
    objects->isolate_leaves(location, isolate);
  };
  actors->alarms_->start();
  return actors;
}

Actors::~Actors() = default;

void Actors::call_fetch(RequestId caller, size_t location, CallTarget target, Request inner,
                        Host::ActorFetchCallback done) {
  calls_->fetch(caller, location, std::move(target), std::move(inner), std::move(done));
}

void Actors::call_rpc(RequestId caller, size_t location, CallTarget target, RpcCall call,
                      RpcDone done) {
  calls_->rpc(caller, location, std::move(target), std::move(call), std::move(done));
}

bool Actors::make_durable(RequestId actor, Commits::Done done) {
  return commits_->make_durable(
      [this, actor, done = std::move(done)](std::expected<void, GuestError> result) mutable {
        if (!result) {
          if (Object* object = objects_->of_actor(actor)) object->platform_failure = true;
        }
        done(std::move(result));
      });
}

void Actors::actor_broken(RequestId actor, const GuestError& why, bool retry_alarm) {
  if (Object* object = objects_->of_actor(actor); object != nullptr && !retry_alarm) {
    alarms_->do_not_retry(*object);
  }
  objects_->broken(actor, why);
}

durable::ObjectStorage& Actors::actor_storage(RequestId actor) { return objects_->storage(actor); }
ActorSockets& Actors::actor_sockets(RequestId actor) { return objects_->sockets(actor); }

std::expected<size_t, std::string> Actors::evict(std::string_view class_name,
                                                 std::string_view name_or_id) {
  bool known_class = class_name.empty();
  for (const ActorClass& actor_class : worker_.actor_classes) {
    known_class |= actor_class.class_name == class_name;
  }
  if (!known_class) {
    return std::unexpected("no Durable Object class is named \"" + std::string(class_name) + "\"");
  }
  const auto named = [&](const Object& object) {
    return (class_name.empty() || objects_->class_of(object) == class_name) &&
           (name_or_id.empty() || object.name == name_or_id || object.key.id == name_or_id);
  };
  bool known = name_or_id.empty();
  objects_->for_each([&](const Object& object) { known |= named(object); });
  if (!known) {
    return std::unexpected("no object is named \"" + std::string(name_or_id) +
                           "\", nor has that id");
  }
  return objects_->evict(named, "demand");
}

void Actors::reset_for_new_code() { objects_->reset_all(GuestError::reset(kNewCode)); }

void Actors::classes_changed(const std::vector<ActorClass>& before) {
  objects_->renumber(before);
}

std::string Actors::status_json() const {
  return "{\"known\":" + std::to_string(objects_->count()) +
         ",\"in_memory\":" + std::to_string(objects_->live()) +
         ",\"alarms\":" + std::to_string(alarms_->armed()) +
         ",\"storage_bytes\":" + std::to_string(store_->memory_bytes()) + "}";
}

}  // namespace offing
