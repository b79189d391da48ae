#include <doctest/doctest.h>
#include <uv.h>

#include <cstdio>

#include "tests/unit/guest_bench.h"
#include "tests/unit/host_process.h"

namespace offing::test {

Engine& guest_engine() {
  static std::unique_ptr<Engine> engine = [] {
    auto started =
        Engine::start(host_process().platform, uv_default_loop(), OFFING_SNAPSHOT_PATH);
    REQUIRE_MESSAGE(started.has_value(), started.error());
    return std::move(*started);
  }();
  return *engine;
}

TEST_CASE("a fetch handler answers (spec/runtime-api.md 1)") {
  Guest guest("export default { fetch() { return new Response('hello') } }");
  FetchResult result = guest.fetch();
  CHECK(result.outcome == Outcome::kOk);
  CHECK(result.response.status == 200);
  CHECK(result.response.body == "hello");
  CHECK(guest.isolate->active() == 0);
}

TEST_CASE("an asynchronous handler answers after the microtasks") {
  Guest guest("export default { async fetch() { await null; return new Response('later') } }");
  CHECK(guest.text() == "later");
}

TEST_CASE("module state lives as long as its isolate and is not shared") {
  const Bundle bundle = Guest::bundle_of(
      "let n = 0; export default { fetch() { return new Response(String(++n)) } }");
  Guest a(bundle, {}), b(bundle, {});
  CHECK(a.text() == "1");
  CHECK(a.text() == "2");
  CHECK(b.text() == "1");
}

TEST_CASE("an exception in the handler is an outcome and is reported with its stack "
          "(spec/limits.md 5)") {
  Guest guest("export default { fetch() { null.x } }");
  FetchResult result = guest.fetch();
  CHECK(result.outcome == Outcome::kException);
  CHECK(result.error.starts_with("TypeError: Cannot read properties of null"));
  REQUIRE(guest.host.uncaughts.size() == 1);
  CHECK(guest.host.uncaughts[0].starts_with("fetch: TypeError"));
  CHECK(guest.host.stacks[0].find("main.js:1:") != std::string::npos);
  CHECK(guest.isolate->active() == 0);
}

TEST_CASE("a rejected handler is an exception, too") {
  Guest guest("export default { async fetch() { await null; throw new RangeError('no') } }");
  FetchResult result = guest.fetch();
  CHECK(result.outcome == Outcome::kException);
  CHECK(result.error == "RangeError: no");
}

TEST_CASE("a request that nothing can answer has hung (spec/limits.md 5)") {
  Guest guest("export default { fetch() { return new Promise(() => {}) } }");
  FetchResult result = guest.fetch();
  CHECK(result.outcome == Outcome::kException);
  CHECK(result.error ==
        "Error: The Workers runtime canceled this request because it detected that your Worker's "
        "code had hung and would never generate a response. Refer to: "
        "https://developers.cloudflare.com/workers/observability/errors/");
}

TEST_CASE("timers keep a request alive and fire at their time") {
  Guest guest(
      "export default { async fetch() { const t = Date.now();"
      " await new Promise(r => setTimeout(r, 50)); return new Response(String(Date.now() - t)) } }");
  auto result = guest.begin();
  CHECK(!result->has_value());
  CHECK(guest.isolate->active() == 1);
  guest.host.advance(50);
  REQUIRE(result->has_value());
  CHECK((*result)->response.body == "50");
  CHECK(guest.isolate->active() == 0);
}

TEST_CASE("what is left of a request is dropped when its context ends") {
  Guest guest(
      "export default { fetch() { setTimeout(() => console.log('late'), 10);"
      " return new Response('x') } }");
  CHECK(guest.text() == "x");
  CHECK(guest.isolate->active() == 0);
  CHECK(guest.host.timers.empty());
}

TEST_CASE("waitUntil work counts as active and ends after 30 s (spec/limits.md 2.2)") {
  Guest guest(
      "export default { fetch(request, env, ctx) {"
      " ctx.waitUntil(new Promise(r => setTimeout(r, request.url.endsWith('long') ? 60000 : 100)));"
      " return new Response('x') } }");
  CHECK(guest.text() == "x");
  CHECK(guest.isolate->active() == 1);
  guest.host.advance(100);
  CHECK(guest.isolate->active() == 0);
  CHECK(guest.text("http://example.com/long") == "x");
  guest.host.advance(29'999);
  CHECK(guest.isolate->active() == 1);
  guest.host.advance(1);
  CHECK(guest.isolate->active() == 0);
  REQUIRE(!guest.host.logs.empty());
  CHECK(guest.host.logs.back().starts_with("warn: waitUntil() tasks did not complete"));
}

TEST_CASE("a client that goes away cancels its request (spec/limits.md 5)") {
  Guest guest("export default { async fetch() { await new Promise(r => setTimeout(r, 50));"
              " return new Response('late') } }");
  auto result = guest.begin();
  guest.isolate->client_gone(1);
  REQUIRE(result->has_value());
  CHECK((*result)->outcome == Outcome::kCanceled);
  CHECK(guest.isolate->active() == 0);
  CHECK(guest.host.timers.empty());
}

TEST_CASE("an isolate may be destroyed with work under way; nothing calls back") {
  auto guest = std::make_unique<Guest>(
      "export default { async fetch(request) { setTimeout(() => {}, 10);"
      " await fetch('http://example.com/x'); return new Response('x') } }");
  auto result = guest->begin();
  REQUIRE(guest->host.fetches.size() == 1);
  FakeHost::FetchEntry entry = guest->host.take_fetch();
  guest->isolate.reset();
  CHECK(guest->host.timers.empty());
  entry.done(Response{});
  CHECK(!result->has_value());
}

static size_t resident_kib() {
  FILE* file = std::fopen("/proc/self/statm", "r");
  size_t total = 0, resident = 0;
  const int read = std::fscanf(file, "%zu %zu", &total, &resident);
  std::fclose(file);
  return read == 2 ? resident * 4 : 0;
}

TEST_CASE("isolates leave nothing behind") {
  const Bundle bundle =
      Guest::bundle_of("export default { fetch() { return new Response('x') } }");
  auto cycle = [&bundle](int count) {
    for (int i = 0; i < count; ++i) {
      Guest guest(bundle, {});
      CHECK(guest.text() == "x");
      guest.isolate.reset();
      uv_run(uv_default_loop(), UV_RUN_NOWAIT);
    }
  };
  cycle(100);
  const size_t before = resident_kib();
  cycle(900);
  CHECK(resident_kib() < before + 32 * 1024);
}

}  // namespace offing::test
