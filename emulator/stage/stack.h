// Everything that one Worker needs to run, put together: configuration, engine, services, locations
// and the gateway, in a given world. The order of the members is the order of construction.
// Several stacks may run one Worker in worlds of their own: forks share what never changes (the engine,
// the project, its source maps, the watch over guests) and copy what is stored.
#ifndef OFFING_EMULATOR_STAGE_STACK_H_
#define OFFING_EMULATOR_STAGE_STACK_H_

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "emulator/actors/actors.h"
#include "emulator/config/project.h"
#include "emulator/config/source_map.h"
#include "emulator/crons/crons.h"
#include "emulator/gateway/worker_gateway.h"
#include "emulator/services/kv_service.h"
#include "emulator/services/outbound.h"
#include "emulator/services/r2_service.h"
#include "emulator/services/r2_tokens.h"
#include "emulator/stage/worker_arguments.h"
#include "emulator/topology/guest_watch.h"
#include "emulator/topology/network.h"
#include "emulator/topology/topology.h"
#include "emulator/trace/readers.h"
#include "emulator/world/world.h"
#include "runtime/isolate/engine.h"
#include "runtime/limits/profile.h"

namespace offing {

// What the process is, found once at its start.
struct Process {
  node::MultiIsolatePlatform* platform = nullptr;
  std::string directory;  // of offing.node; the snapshot lies beside it
};

// Everything that is stored in a stack's world, at one instant, and the world itself. Isolates, instances
// and sockets are not in it.
struct StackState {
  WorldState world;
  std::shared_ptr<const KvService::State> kv;
  std::shared_ptr<const R2Service::State> r2;
  std::shared_ptr<const R2Tokens::State> r2_tokens;
  std::shared_ptr<const Actors::State> actors;
  uint64_t next_number = 0;
  std::optional<int64_t> cron_due_us = {};   // when the next cron trigger is due
};

class Stack {
 public:
  // The error is for the user, whole: it names the file or the flag.
  static std::expected<std::unique_ptr<Stack>, std::string> build(World& world,
                                                                  const Process& process,
                                                                  const WorkerArguments& arguments);
  // The same Worker in another world, with this state; `world` was made of `state.world`.
  static std::expected<std::unique_ptr<Stack>, std::string> fork(World& world, Stack& from,
                                                                 const StackState& state);
  ~Stack();
  // What the next event would find. Not with a state directory.
  StackState copy_state();
  // stack_files.cc: writes what is stored, as `--state` has it, into a new or empty directory; and what such
  // a directory holds, in the place of what is stored here. Both of a stack in memory.
  std::expected<void, std::string> dump(const std::string& directory);
  std::expected<StackState, std::string> load_state(const std::string& directory);
  // Makes durable what waits for it; before the end of the world.
  void flush();
  bool on_disk() const { return !arguments_.state.empty(); }

  World& world() { return world_; }
  config::Project& project() { return *project_; }
  // What guests are allowed: --limits, the Wrangler file, single limits. Follows a reload.
  const Profile& limits() const { return limits_; }
  Topology& topology() { return *topology_; }
  WorkerGateway& gateway() { return *gateway_; }
  KvService& kv() { return *kv_; }
  R2Service& r2() { return *r2_; }
  R2Tokens& r2_tokens() { return *r2_tokens_; }
  Actors& actors() { return *actors_; }
  Crons& crons() { return *crons_; }
  // The verbs for links: partition, hold, release, repair.
  Network& network() { return *network_; }
  // Reads the project again and goes on with what it is now: isolates are replaced, Durable Objects
  // reset, state stays. When it cannot be read everything is as before; a Worker that then does not
  // start answers its requests with the reason. Not while a guest runs.
  std::expected<void, std::string> reload();
  // Has the engine make beforehand what another isolate needs; false: it has done so.
  bool prepare_isolate() { return engine_->prepare_spare(limits_.limits.memory_bytes); }
  // Makes the first isolate, so that a Worker that cannot start says so now.
  std::expected<void, std::string> start_first_isolate();

 private:
  Stack(World& world, const WorkerArguments& arguments) : world_(world), arguments_(arguments) {}
  static std::expected<config::Project, std::string> load(const WorkerArguments& arguments);
  static std::expected<Profile, std::string> limits_for(const WorkerArguments& arguments,
                                                        const config::Project& project);
  std::expected<void, std::string> open_r2();
  std::expected<void, std::string> open_outbound();
  // Everything that runs guests, once the services are there.
  void open_topology(std::vector<std::string> locations, int64_t idle_ms);
  void open_network();
  std::vector<uint32_t> kv_namespaces();
  std::vector<uint32_t> r2_buckets();

  World& world_;
  WorkerArguments arguments_;
  std::shared_ptr<config::Project> project_;
  Profile limits_;
  std::shared_ptr<config::BundleSourceMaps> source_maps_;
  std::shared_ptr<Engine> engine_;
  std::shared_ptr<GuestWatch> watch_;
  std::unique_ptr<KvService> kv_;
  std::unique_ptr<R2Service> r2_;
  std::unique_ptr<R2Tokens> r2_tokens_;
  std::unique_ptr<Outbound> outbound_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<Topology> topology_;
  std::unique_ptr<Actors> actors_;
  std::unique_ptr<Crons> crons_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<WorkerGateway> gateway_;
};

// `--trace FILE` and the hash: readers that a command adds before anything happens.
class TraceOutput {
 public:
  static std::expected<std::unique_ptr<TraceOutput>, std::string> open(World& world,
                                                                       const std::string& path,
                                                                       bool hash_always,
                                                                       trace::Measured measured);
  ~TraceOutput();
  // Ends the file; gives the hash, or "" when none was kept.
  std::string finish();

 private:
  explicit TraceOutput(World& world) : world_(world) {}
  World& world_;
  std::unique_ptr<trace::NdjsonWriter> writer_;
  std::unique_ptr<trace::Hash> hash_;
};

// Today, YYYY-MM-DD, of a time of the world.
std::string date_of(int64_t us);

}  // namespace offing

#endif  // OFFING_EMULATOR_STAGE_STACK_H_
