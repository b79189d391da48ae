// What one isolate's guest gets from the outside (runtime/host.h), answered by the world and the
// services, in the name of one location. Owner: the Topology, together with the isolate.
#ifndef OFFING_EMULATOR_TOPOLOGY_ISOLATE_HOST_H_
#define OFFING_EMULATOR_TOPOLOGY_ISOLATE_HOST_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/config/source_map.h"
#include "emulator/world/world.h"
#include "runtime/host.h"

namespace offing {

class GuestCalls;
class KvService;
class R2Service;
class Outbound;

// Where a guest's calls go. All of it outlives every isolate.
struct Services {
  World& world;
  KvService& kv;
  R2Service& r2;
  Outbound& outbound;
  config::BundleSourceMaps& source_maps;
  // The KV service's numbers for WorkerOptions::kv_bindings, in their order.
  std::vector<uint32_t> kv_namespaces;
  // The R2 service's ids for WorkerOptions::r2_bindings, in their order.
  std::vector<uint32_t> r2_buckets;
  // Stops guests that compute for too long; null: nobody does.
  CpuWatch* cpu_watch = nullptr;
  // Measure what memory each request had (Counts::memory_bytes).
  bool measure_memory = false;
  // An isolate is to serve nothing new; put here by the Topology.
  std::function<void(size_t location, uint32_t isolate, std::string_view why)> condemn = {};
  // Calls between guests; put here once the room that serves them is made.
  GuestCalls* guest_calls = nullptr;
  // Requests that no client made, instances, calls: from here up.
  uint64_t next_number = uint64_t{1} << 40;
};

class IsolateHost final : public Host {
 public:
  IsolateHost(Services& services, std::string location, size_t location_index, uint32_t isolate);

  int64_t now_ms() override { return services_.world.now_ms(); }
  TimerId set_timer(RequestId request, int64_t delay_ms,
                    std::move_only_function<void()> fire) override;
  void clear_timer(TimerId timer) override;
  double random() override { return math_random_.uniform(); }
  void random_bytes(std::span<uint8_t> bytes) override;
  void fetch(RequestId request, Request outbound, FetchCallback done) override;
  void kv(RequestId request, KvCall call, KvCallback done) override;
  void r2(RequestId request, R2Call call, R2Callback done) override;
  void call_fetch(RequestId caller, CallTarget target, Request inner,
                  ActorFetchCallback done) override;
  void call_rpc(RequestId caller, CallTarget target, RpcCall call, RpcDone done) override;
  void post(std::move_only_function<void()> task) override;
  uint64_t new_number() override { return services_.next_number++; }
  uint32_t location_index() const override { return static_cast<uint32_t>(location_index_); }
  RunningMark running_mark() override { return {&services_.world.running().turn, running_word_}; }
  bool make_durable(
      RequestId actor,
      std::move_only_function<void(std::expected<void, GuestError>)> done) override;
  void actor_broken(RequestId actor, const GuestError& why, bool retry_alarm) override;
  durable::ObjectStorage& actor_storage(RequestId actor) override;
  ActorSockets& actor_sockets(RequestId actor) override;
  CpuWatch* cpu_watch() override { return services_.cpu_watch; }
  bool wants_memory() override { return services_.measure_memory; }
  void condemn(std::string_view why) override;
  void log(RequestId request, std::string_view level, std::string_view text) override;
  void uncaught(RequestId request, std::string_view where, std::string_view text,
                std::string_view stack) override;

 private:
  Services& services_;
  std::string location_;
  size_t location_index_;
  uint32_t isolate_;
  uint64_t running_word_;
  std::string crypto_stream_;
  Random& math_random_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_TOPOLOGY_ISOLATE_HOST_H_
