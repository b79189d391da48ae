// ns per Isolate::fetch of a hello-world Worker, without HTTP and without the world. By hand:
//   ninja dispatch_bench.node && node --no-turboshaft-loop-unrolling --no-warnings dispatch_bench.node
#include <node.h>
#include <unistd.h>
#include <uv.h>

#include <cstdio>

#include "runtime/isolate/isolate.h"
#include "tests/unit/fake_host.h"

namespace {

using namespace offing;

int64_t nanoseconds() {
  struct timespec now {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void measure(Engine& engine, const char* what, const char* source) {
  test::FakeHost host;
  Bundle bundle{"main.js", {}};
  bundle.modules.push_back({"main.js", Module::Kind::kEsModule, source, ""});
  const int64_t begin = nanoseconds();
  auto isolate = Isolate::start(engine, host, bundle, {});
  if (!isolate) {
    std::printf("%s: %s\n", what, isolate.error().c_str());
    return;
  }
  const int64_t started = nanoseconds();
  RequestId id = 0;
  size_t bytes = 0;
  auto run = [&](int count) {
    for (int i = 0; i < count; ++i) {
      Request request;
      request.url = "http://example.com/some/path?x=1";
      request.headers.add("Host", "example.com");
      request.headers.add("User-Agent", "bench");
      request.headers.add("Accept", "*/*");
      (*isolate)->fetch(++id, std::move(request), "{}", "default", [&bytes](FetchResult result) {
        bytes += result.response.body.size();
      });
    }
  };
  run(50'000);
  const int64_t warm = nanoseconds();
  constexpr int kCount = 200'000;
  run(kCount);
  std::printf("%-28s %6.0f ns/request, start %.2f ms (%zu bytes)\n", what,
              static_cast<double>(nanoseconds() - warm) / kCount,
              static_cast<double>(started - begin) / 1e6, bytes);
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
  measure(**engine, "hello", "export default { fetch() { return new Response('Hello World!') } }");
  measure(**engine, "async hello",
          "export default { async fetch() { return new Response('Hello World!') } }");
  measure(**engine, "url and a header",
          "export default { fetch(request) { const u = new URL(request.url);"
          " return new Response(u.pathname + request.headers.get('accept')) } }");
  std::fflush(nullptr);
  _exit(0);
}
