// Durable Objects, put together: the store, the objects, the calls to them, their alarms and
// commits. Owner: the Stack, which makes it after the topology and destroys it before.
#ifndef OFFING_EMULATOR_ACTORS_ACTORS_H_
#define OFFING_EMULATOR_ACTORS_ACTORS_H_

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/actors/alarms.h"
#include "emulator/actors/calls.h"
#include "emulator/actors/commits.h"
#include "emulator/actors/objects.h"
#include "emulator/topology/guest_calls.h"

namespace offing {

struct ActorSettings {
  std::string state;                 // directory of --state, empty: memory
  int64_t commit_delay_us = 0;       // between a commit and its acknowledgement
  std::vector<std::string> links;    // "LHR-SIN=90ms" (links.h)
};

class Actors final : public GuestCalls {
 public:
  // The error names the flag or the file.
  static std::expected<std::unique_ptr<Actors>, std::string> open(World& world, Topology& topology,
                                                                  const WorkerOptions& worker,
                                                                  ActorSettings settings);
  // All objects at one moment: what each has committed, its home, its alarm with the runs that failed;
  // and the links' times. Immutable: any number of runs may begin from one.
  class State;
  // Goes on from there, in memory, in the same locations: no object has an instance, nor a WebSocket.
  // Alarms run when they would have. Links and delays are those of the state.
  static std::expected<std::unique_ptr<Actors>, std::string> open(World& world, Topology& topology,
                                                                  const WorkerOptions& worker,
                                                                  const State& state);
  // In memory only. A transaction that is open is not in it; a commit is, acknowledged or not.
  std::shared_ptr<const State> copy_state() const;
  // Writes `directory`/do, as `--state` has it. The error: it is there already, or cannot be written.
  std::expected<void, std::string> dump(const std::string& directory) const;
  // What a state directory holds. It is free again when this returns; `settings.state` does not count.
  // The error is that of `open`, or that there is no such directory.
  static std::expected<std::shared_ptr<const State>, std::string> load_state(
      World& world, const WorkerOptions& worker, const std::vector<std::string>& locations,
      ActorSettings settings, const std::string& directory);
  ~Actors() override;

  void call_fetch(RequestId caller, size_t location, CallTarget target, Request inner,
                  Host::ActorFetchCallback done) override;
  void call_rpc(RequestId caller, size_t location, CallTarget target, RpcCall call,
                RpcDone done) override;
  bool make_durable(RequestId actor, Commits::Done done) override;
  void actor_broken(RequestId actor, const GuestError& why, bool retry_alarm) override;
  durable::ObjectStorage& actor_storage(RequestId actor) override;
  ActorSockets& actor_sockets(RequestId actor) override;

  Objects& objects() { return *objects_; }
  Alarms& alarms() { return *alarms_; }
  Commits& commits() { return *commits_; }
  durable::Store& store() { return *store_; }
  // Evicts on demand: all, those of a class, or one by class and name or id. Empty views match all.
  // The error: nothing of that name.
  std::expected<size_t, std::string> evict(std::string_view class_name,
                                           std::string_view name_or_id);
  // For Network (emulator/topology/network.h), which owns the verbs.
  Links& links() { return links_; }
  void link_changed(size_t from, size_t to) { calls_->link_changed(from, to); }

  // Resets every instance: their code was updated (spec/durable-objects.md 1.4).
  void reset_for_new_code();
  // WorkerOptions::actor_classes is another list now: objects find their class by its unique key.
  void classes_changed(const std::vector<ActorClass>& before);
  void flush() { commits_->flush(); }
  std::string status_json() const;

 private:
  Actors(World& world, const WorkerOptions& worker, ActorSettings settings, Links links,
         std::unique_ptr<durable::Store> store)
      : world_(world), worker_(worker), settings_(std::move(settings)), links_(std::move(links)),
        store_(std::move(store)) {}
  static std::expected<Links, std::string> links_of(const std::vector<std::string>& locations,
                                                    const std::vector<std::string>& rules);
  void assemble(Topology& topology);

  World& world_;
  const WorkerOptions& worker_;
  ActorSettings settings_;
  Links links_;
  std::unique_ptr<durable::Store> store_;
  std::unique_ptr<Commits> commits_;
  std::unique_ptr<Objects> objects_;
  std::unique_ptr<Calls> calls_;
  std::unique_ptr<Alarms> alarms_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_ACTORS_ACTORS_H_
