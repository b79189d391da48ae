// A guest's outside world, by hand: time moves when a test moves it, and every answer is given by
// the test.
#ifndef OFFING_TESTS_UNIT_FAKE_HOST_H_
#define OFFING_TESTS_UNIT_FAKE_HOST_H_

#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/actor/actor_sockets.h"
#include "runtime/host.h"

namespace offing::test {

class FakeHost : public Host {
 public:
  struct TimerEntry {
    RequestId request;
    int64_t due_ms;
    std::move_only_function<void()> fire;
  };
  struct FetchEntry {
    RequestId request;
    Request outbound;
    FetchCallback done;
  };
  struct KvEntry {
    RequestId request;
    KvCall call;
    KvCallback done;
  };
  struct R2Entry {
    RequestId request;
    R2Call call;
    R2Callback done;
  };

  CpuWatch* watch = nullptr;
  bool memory_wanted = false;
  int64_t now_ms() override { return now; }
  TimerId set_timer(RequestId request, int64_t delay_ms,
                    std::move_only_function<void()> fire) override {
    timers[++last_timer] = {request, now + delay_ms, std::move(fire)};
    return last_timer;
  }
  void clear_timer(TimerId timer) override { timers.erase(timer); }
  double random() override { return 0.25; }
  void random_bytes(std::span<uint8_t> bytes) override {
    for (uint8_t& byte : bytes) byte = 7;
  }
  void fetch(RequestId request, Request outbound, FetchCallback done) override {
    fetches.push_back({request, std::move(outbound), std::move(done)});
  }
  void kv(RequestId request, KvCall call, KvCallback done) override {
    kv_calls.push_back({request, std::move(call), std::move(done)});
  }
  void r2(RequestId request, R2Call call, R2Callback done) override {
    r2_calls.push_back({request, std::move(call), std::move(done)});
  }
  void call_fetch(RequestId, CallTarget target, Request inner, ActorFetchCallback done) override {
    if (on_fetch) on_fetch(std::move(target), std::move(inner), std::move(done));
  }
  void call_rpc(RequestId, CallTarget target, RpcCall call, RpcDone done) override {
    if (on_rpc) on_rpc(std::move(target), std::move(call), std::move(done));
  }
  void post(std::move_only_function<void()> task) override { posted.push_back(std::move(task)); }
  uint64_t new_number() override { return ++last_number; }
  uint32_t location_index() const override { return 0; }
  bool make_durable(RequestId,
                    std::move_only_function<void(std::expected<void, GuestError>)> done) override {
    if (durable_at_once) return true;
    durable_waiting.push_back(std::move(done));
    return false;
  }
  void actor_broken(RequestId, const GuestError&, bool) override {}
  durable::ObjectStorage& actor_storage(RequestId actor) override { return *storage_for(actor); }
  CpuWatch* cpu_watch() override { return watch; }
  bool wants_memory() override { return memory_wanted; }
  ActorSockets& actor_sockets(RequestId) override {
    if (sockets == nullptr) std::abort();
    return *sockets;
  }
  // Runs what was posted, and what that posts.
  void run_posted() {
    while (!posted.empty()) {
      auto task = std::move(posted.front());
      posted.pop_front();
      task();
    }
  }
  void log(RequestId, std::string_view level, std::string_view text) override {
    logs.push_back(std::string(level) + ": " + std::string(text));
  }
  void uncaught(RequestId, std::string_view where, std::string_view text,
                std::string_view stack) override {
    uncaughts.push_back(std::string(where) + ": " + std::string(text));
    stacks.push_back(std::string(stack));
  }

  // Moves time on and fires what comes due, in order.
  void advance(int64_t ms) {
    const int64_t until = now + ms;
    while (true) {
      auto next = timers.end();
      for (auto it = timers.begin(); it != timers.end(); ++it) {
        if (it->second.due_ms > until) continue;
        if (next == timers.end() || it->second.due_ms < next->second.due_ms) next = it;
      }
      if (next == timers.end()) break;
      now = std::max(now, next->second.due_ms);
      auto fire = std::move(next->second.fire);
      timers.erase(next);
      fire();
    }
    now = until;
  }
  KvEntry take_kv() {
    KvEntry entry = std::move(kv_calls.front());
    kv_calls.pop_front();
    return entry;
  }
  R2Entry take_r2() {
    R2Entry entry = std::move(r2_calls.front());
    r2_calls.pop_front();
    return entry;
  }
  FetchEntry take_fetch() {
    FetchEntry entry = std::move(fetches.front());
    fetches.pop_front();
    return entry;
  }

  // A test that has objects gives them their storage.
  std::function<durable::ObjectStorage*(RequestId)> storage_for =
      [](RequestId) -> durable::ObjectStorage* { std::abort(); };

  // Else commits wait for the test.
  bool durable_at_once = true;
  std::deque<std::move_only_function<void(std::expected<void, GuestError>)>> durable_waiting;
  ActorSockets* sockets = nullptr;  // of the only actor
  // Where calls between guests go (tests/unit/rpc_bench.h).
  std::function<void(CallTarget, Request, ActorFetchCallback)> on_fetch;
  std::function<void(CallTarget, RpcCall, RpcDone)> on_rpc;
  int64_t now = 1'700'000'000'000;
  TimerId last_timer = 0;
  uint64_t last_number = uint64_t{1} << 41;
  std::deque<std::move_only_function<void()>> posted;
  std::map<TimerId, TimerEntry> timers;
  std::deque<FetchEntry> fetches;
  std::deque<KvEntry> kv_calls;
  std::deque<R2Entry> r2_calls;
  std::vector<std::string> logs;
  std::vector<std::string> uncaughts;
  std::vector<std::string> stacks;
};

}  // namespace offing::test

#endif  // OFFING_TESTS_UNIT_FAKE_HOST_H_
