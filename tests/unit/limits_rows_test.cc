// Rows of spec/limits.md that limits_run_test.cc does not have: memory of open subrequests, clients
// that go away, hops, contexts that have ended.
#include <doctest/doctest.h>

#include "runtime/isolate/rpc.h"
#include "runtime/limits/table.h"
#include "tests/unit/durable_guest.h"

namespace offing::test {
namespace {

WorkerOptions options_with(const Limits& limits) {
  WorkerOptions options;
  options.limits = limits;
  options.kv_bindings = {{"KV", "kv"}};
  options.r2_bindings = {{"R2", "bucket", ""}};
  options.service_bindings = {{"SELF", "default", ""}};
  options.flags = {"rpc"};
  return options;
}

Limits paid_today() { return limits_of(Plan::kPaid, kLimitsKnownUntil); }

struct Endless final : ByteSource {
  explicit Endless(std::string* reason = nullptr) : reason(reason) {}
  void read(Done) override {}
  void cancel(std::string_view why) override {
    if (reason != nullptr) *reason = why;
  }
  std::string* reason;
};

Request to(std::string url) {
  Request request;
  request.url = std::move(url);
  return request;
}

}  // namespace

TEST_CASE("spec/limits.md 2.1: an open subrequest costs the isolate 8 KiB, until it is answered") {
  Limits limits = paid_today();
  limits.memory_bytes = 64 << 20;
  limits.connections = limits.chained_workers = 0;
  const Bundle bundle = Guest::bundle_of(
      "const calls = { KV: (env) => env.KV.get('k'), R2: (env) => env.R2.head('k'),"
      " WEB: () => fetch('http://a/'), SELF: (env) => env.SELF.fetch('http://a/') };\n"
      "export default { async fetch(request, env) {"
      " const [kind, count, when] = request.url.split('/').slice(3); const all = [];"
      " for (let i = 0; i < Number(count); i++) all.push(calls[kind](env));"
      " if (when === 'never') return new Response('left');"
      " if (when === 'after') await Promise.all(all);"
      " return new Response(String(new ArrayBuffer(40 << 20).byteLength >> 20)) } }");
  const auto ask = [&](Guest& guest, const std::string& url) {
    std::vector<Host::ActorFetchCallback> called;
    guest.host.on_fetch = [&](CallTarget, Request, Host::ActorFetchCallback done) {
      called.push_back(std::move(done));
    };
    auto result = guest.begin(to(url));
    while (!guest.host.kv_calls.empty()) guest.host.take_kv().done({});
    while (!guest.host.r2_calls.empty()) guest.host.take_r2().done({});
    while (!guest.host.fetches.empty()) guest.host.take_fetch().done(Response());
    for (auto& done : called) done(Response());
    guest.host.run_posted();
    REQUIRE(result->has_value());
    return (*result)->outcome == Outcome::kOk ? (*result)->response.body : (*result)->error;
  };
  for (const std::string kind : {"KV", "R2", "WEB", "SELF"}) {
    INFO(kind);
    Guest guest(bundle, options_with(limits));
    CHECK(ask(guest, "http://a/" + kind + "/1500/open") == "40");   // 12 and 40 MiB
    CHECK(ask(guest, "http://a/" + kind + "/3500/after") == "40");  // 27, then 40
    CHECK(ask(guest, "http://a/" + kind + "/3500/open") == "Worker exceeded memory limit.");
  }
  // A context that ends gives back what it was charged for.
  Guest guest(bundle, options_with(limits));
  for (int i = 0; i < 9; ++i) guest.text("http://a/KV/1000/never");
  CHECK(guest.text("http://a///") == "40");
}

TEST_CASE("spec/limits.md 2.1, 5: open subrequests alone may be more than an isolate's memory") {
  Limits limits = paid_today();
  limits.memory_bytes = 32 << 20;
  Guest guest(Guest::bundle_of("export default { async fetch(request, env) {"
                               " for (let i = 0; i < 5000; i++) env.KV.get('k');"
                               " await scheduler.wait(1); return new Response('no') } }"),
              options_with(limits));
  auto result = guest.begin();
  guest.host.run_posted();
  REQUIRE(result->has_value());
  CHECK((*result)->outcome == Outcome::kExceededMemory);
  CHECK((*result)->error == "Worker exceeded memory limit.");
}

TEST_CASE("spec/limits.md 2: hops go with what a request asks for, by fetch, binding and RPC") {
  Guest guest(Guest::bundle_of(
                  "export default { async fetch(request, env) { fetch('http://a/');"
                  " env.SELF.fetch('http://a/'); env.SELF.ask().catch(() => {});"
                  " return new Response([...request.headers].join()) } }"),
              options_with(paid_today()));
  std::vector<uint32_t> hops;
  guest.host.on_fetch = [&](CallTarget, Request inner, Host::ActorFetchCallback) {
    hops.push_back(inner.hops);
  };
  guest.host.on_rpc = [&](CallTarget, RpcCall call, RpcDone) { hops.push_back(call.hops); };
  Request request = to("http://example.com/");
  request.hops = 7;
  guest.fetch(std::move(request));
  REQUIRE(guest.host.fetches.size() == 1);
  CHECK(guest.host.take_fetch().outbound.hops == 7);
  CHECK(hops == std::vector<uint32_t>{7, 7});
}

TEST_CASE("spec/limits.md 2: an object's fetches have the hops of its last event") {
  DurableGuest bench("import { DurableObject } from 'cloudflare:workers';"
                     "export class A extends DurableObject { async fetch() {"
                     " await fetch('http://a/'); return new Response() } }",
                     true, {}, paid_today());
  const RequestId actor = bench.open();
  for (uint32_t hops : {3u, 0u, 16u}) {
    Request request = to("http://example.com/");
    request.hops = hops;
    auto done = std::make_shared<std::optional<FetchResult>>();
    bench.guest->isolate->actor_fetch(actor, bench.guest->host.new_number(), std::move(request), "{}",
                                      [done](FetchResult result) { *done = std::move(result); });
    REQUIRE(bench.guest->host.fetches.size() == 1);
    auto asked = bench.guest->host.take_fetch();
    CHECK(asked.outbound.hops == hops);
    asked.done(Response());
    CHECK(done->has_value());
  }
}

TEST_CASE("spec/limits.md 5: a client that leaves: the outcome, and what reading its request says") {
  Guest guest("export default { async fetch(request, env, ctx) {"
              " ctx.waitUntil(scheduler.wait(10).then(() => request.text())"
              ".catch((e) => console.log(`${e.name}: ${e.message}`)));"
              " if (request.url.endsWith('stream')) return new Response(new ReadableStream({"
              " pull(c) { c.enqueue(new Uint8Array(1)); return scheduler.wait(5) },"
              " cancel(why) { console.log(`cancel: ${why}`) } }));"
              " await scheduler.wait(1000); return new Response('late') } }");
  const auto asking = [](const char* url) {
    Request request = to(url);
    request.method = "POST";
    request.has_body = true;
    request.stream = std::make_unique<Endless>();
    return request;
  };
  const char* const kText =
      "log: TypeError: Can't read from request stream because client disconnected.";
  auto result = guest.begin(asking("http://a/"));
  guest.isolate->client_gone(1);
  REQUIRE(result->has_value());
  CHECK((*result)->outcome == Outcome::kCanceled);
  CHECK(guest.isolate->active() == 1);  // waitUntil goes on
  guest.host.advance(10);
  REQUIRE(guest.host.logs.size() == 1);
  CHECK(guest.host.logs[0] == kText);
  CHECK(guest.isolate->active() == 0);

  guest.host.logs.clear();
  FetchResult begun = guest.fetch(asking("http://a/stream"));
  REQUIRE(begun.response.stream);
  begun.response.stream->read([](Chunk) {});
  guest.isolate->client_gone(2);
  guest.host.advance(10);
  REQUIRE(guest.host.logs.size() == 2);
  CHECK(guest.host.logs[0].starts_with("log: cancel: "));
  CHECK(guest.host.logs[1] == kText);
  begun.response.stream.reset();
  CHECK(guest.isolate->active() == 0);
}

TEST_CASE("spec/limits.md 2.2: a request may take as long as its client waits") {
  Guest guest(Guest::bundle_of("export default { async fetch() {"
                               " await scheduler.wait(86_400_000); return new Response('a day') } }"),
              options_with(paid_today()));
  auto result = guest.begin();
  guest.host.advance(86'399'999);
  CHECK_FALSE(result->has_value());
  guest.host.advance(1);
  REQUIRE(result->has_value());
  CHECK((*result)->response.body == "a day");
}

TEST_CASE("spec/limits.md 2.2: an object's request may take as long as its caller waits") {
  DurableGuest bench("import { DurableObject } from 'cloudflare:workers';"
                     "export class A extends DurableObject { async fetch() {"
                     " await scheduler.wait(86_400_000); return new Response('a day') } }",
                     true, {}, paid_today());
  auto result = bench.begin(bench.open());
  bench.guest->host.advance(86'399'999);
  CHECK_FALSE(result->has_value());
  bench.guest->host.advance(1);
  REQUIRE(result->has_value());
  CHECK((*result)->response.body == "a day");
}

TEST_CASE("spec/limits.md 6.3: what is begun for a request that has ended is refused") {
  Guest guest("let go, seen = ''; const going = new Promise((r) => { go = r });\n"
              "export default { async fetch(request) {"
              " if (request.url.endsWith('first')) going.then(() => fetch('http://a/'))"
              ".catch((e) => { seen = e.message });"
              " if (request.url.endsWith('second')) go();"
              " return new Response(seen) } }");
  guest.text("http://a/first");
  guest.text("http://a/second");
  CHECK(guest.text("http://a/third") ==
        "Couldn't complete operation because the execution context has ended.");
  CHECK(guest.host.fetches.empty());
}

TEST_CASE("spec/limits.md 5.3: outcomes are spelled as the platform spells them") {
  CHECK(to_string(Outcome::kOk) == "ok");
  CHECK(to_string(Outcome::kException) == "exception");
  CHECK(to_string(Outcome::kCanceled) == "canceled");
  CHECK(to_string(Outcome::kResponseStreamDisconnected) == "responseStreamDisconnected");
  CHECK(to_string(Outcome::kExceededCpu) == "exceededCpu");
  CHECK(to_string(Outcome::kExceededMemory) == "exceededMemory");
}

}  // namespace offing::test
