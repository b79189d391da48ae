// What a copy costs; run by name, it asserts nothing about time:
//   … copies.node --no-skip --test-case="*cost*"
#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "tests/unit/actors_kit.h"
#include "tests/unit/copies_kit.h"
#include "tests/unit/r2_kit.h"

namespace offing::test {

TEST_CASE("cost of a copy: 100 keys, 20 R2 objects, 20 Durable Objects" * doctest::skip()) {
  const auto measure = [](const char* name, auto work) {
    constexpr int kTimes = 500;
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < kTimes; ++i) work();
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - began;
    std::printf("%-28s %7.1f us\n", name, took.count() / kTimes);
  };
  for (const KvMode mode : {KvMode::kDocumented, KvMode::kAdversarial}) {
    VirtualWorld world(1);
    KvSettings settings;
    settings.mode = mode;
    auto kv = KvService::open(world, settings, {"LHR", "SIN", "IAD"}).value();
    for (int i = 0; i < 100; ++i) {
      for (size_t location = 0; location < 2; ++location) {
        KvCall call;
        call.op = location == 0 ? KvCall::Op::kPut : KvCall::Op::kGet;
        call.key = "key " + std::to_string(i);
        call.value = "value";
        kv->call(location, 0, "ns", std::move(call), [](KvAnswer) {});
      }
    }
    advance(world, 100);
    auto state = kv->copy_state();
    measure("KV snapshot", [&] { (void)kv->copy_state(); });
    measure("KV open", [&] { (void)KvService::open(world, *state).value(); });
  }
  R2Kit kit;
  for (int i = 0; i < 20; ++i) kit.put("key " + std::to_string(i), "value");
  auto r2 = kit.r2->copy_state();
  measure("R2 snapshot", [&] { (void)kit.r2->copy_state(); });
  measure("R2 open", [&] { (void)R2Service::open(kit.world, *r2).value(); });
  ActorsRun run(actor_worker(""));
  for (int i = 0; i < 20; ++i) (void)run.ask("/put/k/v?object=" + std::to_string(i));
  auto actors = run.actors().copy_state();
  WorkerOptions worker;
  worker.actor_classes = {{"Actor", "test-Actor", true}};
  measure("objects snapshot", [&] { (void)run.actors().copy_state(); });
  const auto leaving = std::move(run.topology().on_leaving);
  measure("objects open", [&] {
    (void)Actors::open(run.world(), run.topology(), worker, *actors).value();
  });
  run.topology().on_leaving = leaving;
}

}  // namespace offing::test
