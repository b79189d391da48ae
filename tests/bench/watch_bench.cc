// What the CPU watch costs a request: ns per Isolate::fetch of a hello-world Worker without it and
// with it, in turns, one JSON line. By hand, or by run.mjs --only limits:
//   ninja watch_bench.node && node --no-turboshaft-loop-unrolling --no-warnings watch_bench.node
#include <node.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "emulator/world/watchdog.h"
#include "runtime/isolate/isolate.h"
#include "tests/unit/fake_host.h"

namespace {

using namespace offing;

constexpr int kRounds = 15;
constexpr int kRequests = 40'000;

class Watch final : public CpuWatch {
 public:
  void enter(v8::Isolate* isolate) override { watchdog_.enter(isolate); }
  void allow(int64_t budget_us) override { watchdog_.allow(budget_us); }
  bool is_stopping() const override { return watchdog_.is_stopping(); }
  Stay leave() override {
    const Watchdog::Stay stay = watchdog_.leave();
    return {stay.used_us, stay.used_us, stay.stopped};
  }
  void forget(v8::Isolate*) override { watchdog_.quiet(); }

 private:
  Watchdog watchdog_{
      [](void* isolate) { static_cast<v8::Isolate*>(isolate)->TerminateExecution(); }};
};

class BenchHost final : public test::FakeHost {
 public:
  explicit BenchHost(CpuWatch* watch) : watch_(watch) {}
  CpuWatch* cpu_watch() override { return watch_; }

 private:
  CpuWatch* watch_;
};

class Guest {
 public:
  Guest(Engine& engine, CpuWatch* watch) : host_(watch) {
    Bundle bundle{"main.js", {}};
    bundle.modules.push_back({"main.js", Module::Kind::kEsModule,
                              "export default { fetch() { return new Response('hello') } }", ""});
    WorkerOptions options;
    options.limits.request_cpu_ms = 30'000;
    options.limits.memory_bytes = 128u << 20;
    auto started = Isolate::start(engine, host_, bundle, options);
    if (started) isolate_ = std::move(*started);
  }
  bool started() const { return isolate_ != nullptr; }
  // CPU time of this thread, so that what else the machine does counts little.
  double ns_per_request() {
    const int64_t begin_ns = cpu_ns();
    for (int i = 0; i < kRequests; ++i) {
      Request request;
      request.url = "http://example.com/some/path?x=1";
      request.headers.add("Host", "example.com");
      isolate_->fetch(++id_, std::move(request), "{}", "default", [this](FetchResult result) {
        bytes_ += result.response.body.size();
      });
    }
    return static_cast<double>(cpu_ns() - begin_ns) / kRequests;
  }

 private:
  static int64_t cpu_ns() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  }
  BenchHost host_;
  std::unique_ptr<Isolate> isolate_;
  RequestId id_ = 0;
  size_t bytes_ = 0;
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void measure(Engine& engine) {
  Watch watch;
  std::array<Guest, 2> guests{Guest(engine, nullptr), Guest(engine, &watch)};
  if (!guests[0].started() || !guests[1].started()) return;
  std::array<std::vector<double>, 2> rounds;
  for (int round = -2; round < kRounds; ++round) {   // the first ones warm
    for (size_t i = 0; i < guests.size(); ++i) {
      const double ns = guests[i].ns_per_request();
      if (round >= 0) rounds[i].push_back(ns);
    }
  }
  std::printf("{\"unwatched_ns\":%.0f,\"watched_ns\":%.0f}\n", median(rounds[0]),
              median(rounds[1]));
}

}  // namespace

NODE_MODULE_INIT() {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  auto* platform =
      node::GetMultiIsolatePlatform(node::GetCurrentEnvironment(isolate->GetCurrentContext()));
  auto engine = Engine::start(platform, uv_default_loop(), OFFING_SNAPSHOT_PATH);
  if (!engine) {
    std::printf("%s\n", engine.error().c_str());
    _exit(1);
  }
  measure(**engine);
  std::fflush(nullptr);
  _exit(0);
}
