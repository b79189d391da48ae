#include "emulator/actors/actors.h"

#include <algorithm>
#include <utility>

#include "emulator/services/dump_directory.h"

namespace offing {

static constexpr const char* kNewCode = "Durable Object reset because its code was updated.";

std::expected<std::unique_ptr<Actors>, std::string> Actors::open(World& world, Topology& topology,
                                                                 const WorkerOptions& worker,
                                                                 ActorSettings settings) {
  auto links = links_of(topology.locations(), settings.links);
  if (!links) return std::unexpected(links.error());
  durable::StoreOptions options;
  options.directory = settings.state;
  options.world.now_ms = [&world] { return world.now_ms(); };
  options.world.random_bytes = [&world](std::span<uint8_t> bytes) {
    world.random_bytes("objects/sqlite", bytes);
  };
  options.world.interrupted = [&topology] { return topology.is_stopping(); };
  auto store = durable::Store::open(std::move(options));
  if (!store) return std::unexpected("--state: " + store.error());
  std::unique_ptr<Actors> actors(new Actors(world, worker, std::move(settings), std::move(*links),
                                            std::move(*store)));
  actors->assemble(topology);
  actors->alarms_->start();
  return actors;
}

std::expected<Links, std::string> Actors::links_of(const std::vector<std::string>& locations,
                                                   const std::vector<std::string>& rules) {
  Links links(locations);
  for (const std::string& rule : rules) {
    if (auto set = links.set(rule); !set) return std::unexpected("--link: " + set.error());
  }
  return links;
}

void Actors::assemble(Topology& topology) {
  for (const std::string& key : worker_.deleted_actor_keys) store_->remove_namespace(key);
  commits_ = std::make_unique<Commits>(world_, *store_, !settings_.state.empty(),
                                       settings_.commit_delay_us);
  objects_ = std::make_unique<Objects>(world_, topology, worker_, *store_, links_);
  calls_ = std::make_unique<Calls>(world_, topology, *objects_);
  alarms_ = std::make_unique<Alarms>(world_, worker_, *store_, *objects_, *calls_, *commits_);
  objects_->on_socket_event = [calls = calls_.get()](Object& object, SocketEvent event) {
    calls->socket_event(object, std::move(event));
  };
  topology.on_leaving = [objects = objects_.get()](size_t location, uint32_t isolate) {
    objects->isolate_leaves(location, isolate);
  };
}

class Actors::State {
 public:
  State(ActorSettings with, Links times, std::unique_ptr<durable::Store> stored)
      : settings(std::move(with)), links(std::move(times)), store(std::move(stored)) {
    settings.state.clear();
  }
  ActorSettings settings;
  Links links;
  std::unique_ptr<durable::Store> store;
  std::vector<Objects::Saved> objects;
  std::vector<Alarms::Saved> alarms;
};

std::expected<std::unique_ptr<Actors>, std::string> Actors::open(World& world, Topology& topology,
                                                                 const WorkerOptions& worker,
                                                                 const State& state) {
  durable::StoreWorld asks;
  asks.now_ms = [&world] { return world.now_ms(); };
  std::unique_ptr<Actors> actors(new Actors(world, worker, state.settings, state.links,
                                            state.store->copy(std::move(asks))));
  actors->assemble(topology);
  for (const Objects::Saved& object : state.objects) {
    if (object.home >= topology.locations().size())
      return std::unexpected("a Durable Object lives in a location that this run does not have");
  }
  actors->objects_->resume(state.objects);
  actors->alarms_->resume(state.alarms);
  return actors;
}

std::shared_ptr<const Actors::State> Actors::copy_state() const {
  auto state = std::make_shared<State>(settings_, links_, store_->copy({}));
  state->objects = objects_->saved();
  state->alarms = alarms_->saved();
  return state;
}

std::expected<void, std::string> Actors::dump(const std::string& directory) const {
  if (auto begun = begin_dump_of(directory, "do"); !begun) return begun;
  return store_->dump(directory);
}

std::expected<std::shared_ptr<const Actors::State>, std::string> Actors::load_state(
    World& world, const WorkerOptions& worker, const std::vector<std::string>& locations,
    ActorSettings settings, const std::string& directory) {
  auto links = links_of(locations, settings.links);
  if (!links) return std::unexpected(links.error());
  const auto there = has_part(directory, "do");
  if (!there) return std::unexpected(there.error());
  durable::StoreOptions options;
  if (*there) options.directory = directory;
  options.world.now_ms = [&world] { return world.now_ms(); };
  options.world.random_bytes = [&world](std::span<uint8_t> bytes) {
    world.random_bytes("objects/sqlite", bytes);
  };
  auto store = *there ? durable::Store::load(std::move(options))
                      : durable::Store::open(std::move(options));
  if (!store) return std::unexpected(store.error());
  for (const std::string& key : worker.deleted_actor_keys) (*store)->remove_namespace(key);
  auto state = std::make_shared<State>(std::move(settings), std::move(*links),
                                       (*store)->copy({}));
  for (const durable::AlarmRecord& alarm : state->store->alarms()) {
    state->objects.push_back({alarm.object, alarm.name, 0});
    state->alarms.push_back({alarm.object, alarm.at_ms, alarm.at_ms * 1000, 0, 0, 0});
  }
  return state;
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
