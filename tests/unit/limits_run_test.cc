// What is counted and enforced while a guest runs (spec/limits.md 2, 2.1, 2.2, 5).
#include <doctest/doctest.h>
#include <uv.h>

#include <algorithm>
#include <functional>

#include "runtime/isolate/rpc.h"
#include "runtime/limits/table.h"
#include "tests/unit/durable_guest.h"
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

namespace {

const Limits kPaidToday = limits_of(Plan::kPaid, kLimitsKnownUntil);
const Limits kFreeToday = limits_of(Plan::kFree, kLimitsKnownUntil);

WorkerOptions options_with(const Limits& limits) {
  WorkerOptions options;
  options.limits = limits;
  options.kv_bindings = {{"KV", "kv"}};
  options.r2_bindings = {{"R2", "bucket", ""}};
  options.actor_classes = {{"A", "k-A", true}};
  options.actor_bindings = {{"A", "A", "k-A"}};
  options.service_bindings = {{"SELF", "default", ""}};
  options.flags = {"rpc"};
  return options;
}

// A Worker whose handler evaluates `body`; what it returns is the answer, as JSON.
Bundle worker(const std::string& body) {
  return Guest::bundle_of(
      "const said = (e) => `${e.constructor === Error} ${e.name}: ${e.message}`;\n"
      "const tries = async (n, f) => { let ok = 0; for (let i = 0; i < n; i++) {"
      " try { await f(i); ok++ } catch (e) { return [ok, said(e)] } } return [ok] };\n"
      "export class A {}\n"
      "export default { async fetch(request, env, ctx) {"
      " if (request.url.endsWith('/inner')) return new Response('inner');\n"
      " return new Response(JSON.stringify(await (async () => {" + body +
      "})()) ?? 'undefined') } }");
}

// Answers everything that the guest asks for, until it has answered.
class Run {
 public:
  Run(const std::string& body, const Limits& limits) : guest_(worker(body), options_with(limits)) {
    guest_.host.on_fetch = [this](CallTarget target, Request inner,
                                  Host::ActorFetchCallback done) {
      guest_.host.post([this, target = std::move(target), inner = std::move(inner),
                        done = std::move(done)]() mutable {
        call(std::move(target), std::move(inner), std::move(done));
      });
    };
  }
  std::string text() {
    auto result = guest_.begin();
    for (int i = 0; i < 100'000 && !result->has_value(); ++i) step();
    REQUIRE_MESSAGE(result->has_value(), "the guest has not answered");
    last_ = std::move(**result);
    return last_.outcome == Outcome::kOk ? last_.response.body : "! " + last_.error;
  }
  const FetchResult& last() const { return last_; }
  FakeHost& host() { return guest_.host; }
  Guest& guest() { return guest_; }
  std::function<Response(const Request&)> web = [](const Request&) {
    Response response;
    response.has_body = true;
    response.body = "web";
    return response;
  };

 private:
  void step() {
    FakeHost& host = guest_.host;
    host.run_posted();
    if (!host.fetches.empty()) {
      auto asked = host.take_fetch();
      asked.done(web(asked.outbound));
    } else if (!host.kv_calls.empty()) {
      host.take_kv().done({});
    } else if (!host.r2_calls.empty()) {
      host.take_r2().done({});
    } else {
      host.advance(1);
    }
  }
  void call(CallTarget target, Request inner, Host::ActorFetchCallback done) {
    if (target.kind == CallTarget::Kind::kActor) {
      Response response;
      response.has_body = true;
      response.body = "object";
      return done(std::move(response));
    }
    guest_.isolate->fetch(
        guest_.host.new_number(), std::move(inner), "{}", target.entrypoint,
        [this, done = std::move(done)](FetchResult result) mutable {
          guest_.host.post([done = std::move(done), result = std::move(result)]() mutable {
            if (result.outcome == Outcome::kOk) return done(std::move(result.response));
            done(std::unexpected(std::move(result.thrown)));
          });
        },
        std::move(target.props), std::move(target.tree));
  }

  Guest guest_;
  FetchResult last_;
};

std::string run(const std::string& body, const Limits& limits) { return Run(body, limits).text(); }

std::string refused(int ok, std::string_view text) {
  return "[" + std::to_string(ok) + ",\"true Error: " + std::string(text) + "\"]";
}

}  // namespace

TEST_CASE("spec/limits.md 2 external subrequests: 50 on the free plan, then an Error is caught") {
  const std::string body = "return tries(60, () => fetch('http://a/'))";
  CHECK(run(body, kFreeToday) == refused(50, kExternalSubrequestsText));
  CHECK(run(body, limits_of(Plan::kFree, "2025-09-01")) == refused(50, "Too many subrequests."));
  CHECK(run(body, kPaidToday) == "[60]");
}

TEST_CASE("spec/limits.md 2 external subrequests: 1,000 on the paid plan until 2026-02-10") {
  CHECK(run("return tries(1001, () => fetch('http://a/'))", limits_of(Plan::kPaid, "2026-02-10")) ==
        refused(1000, "Too many subrequests."));
}

TEST_CASE("spec/limits.md 2.1: each hop of a redirect is a subrequest") {
  Run guest("return [await tries(60, () => fetch('http://a/0')), 'end']", kFreeToday);
  guest.web = [](const Request& asked) {
    Response response;
    const int hop = asked.url.back() - '0';
    response.status = hop < 2 ? 302 : 200;
    if (hop < 2) response.headers.add("location", "http://a/" + std::to_string(hop + 1));
    return response;
  };
  // 16 chains of three hops are 48; the next one fails at its third.
  CHECK(guest.text() == "[" + refused(16, kExternalSubrequestsText) + ",\"end\"]");
  CHECK(guest.last().used.external == 50);
}

TEST_CASE("spec/limits.md 2 internal subrequests: KV, R2 and objects share one pool") {
  Limits limits = kFreeToday;
  limits.internal_subrequests = 6;
  CHECK(run("return tries(4, async (i) => { await env.KV.get('kkk'); await env.R2.head('k');"
            " await env.A.get(env.A.idFromName('x')).fetch('http://a/') })",
            limits) == refused(2, kInternalSubrequestsText));
  CHECK(run("return tries(8, (i) => env.KV.put('k', 'v'))", limits) ==
        refused(6, kInternalSubrequestsText));
  CHECK(run("return tries(8, (i) => env.KV.get(['a', 'b', 'c']))", limits) ==
        refused(6, kInternalSubrequestsText));
  CHECK(run("return tries(8, (i) => env.R2.delete('k'))", limits) ==
        refused(6, kInternalSubrequestsText));
  CHECK(run("return tries(1001, (i) => env.KV.get('kkk'))",
            limits_of(Plan::kPaid, "2026-02-10")) ==
        refused(1000, kInternalSubrequestsTextOld));
}

TEST_CASE("spec/limits.md 2.1: the two pools are apart, and each invocation has its own") {
  Limits limits = kFreeToday;
  limits.internal_subrequests = 2;
  Run guest("const all = []; for (const f of [() => fetch('http://a/'), () => env.KV.get('kkk')])"
            " all.push(await tries(60, f)); return all", limits);
  const std::string expected = "[" + refused(50, kExternalSubrequestsText) + "," +
                               refused(2, kInternalSubrequestsText) + "]";
  CHECK(guest.text() == expected);
  CHECK(guest.last().used.external == 50);
  CHECK(guest.last().used.internal == 2);
  CHECK(guest.text() == expected);
}

TEST_CASE("spec/limits.md 5: a subrequest too many fails the request when nobody catches it") {
  Run guest("for (;;) await fetch('http://a/')", kFreeToday);
  CHECK(guest.text() == "! Error: " + std::string(kExternalSubrequestsText));
}

TEST_CASE("spec/limits.md 2.1: a stream that would have been sent is let go of") {
  Limits limits = kFreeToday;
  limits.external_subrequests = 1;
  CHECK(run("await fetch('http://a/'); let why = 'kept';"
            " const body = new ReadableStream({ cancel() { why = 'let go' } });"
            " const failed = await tries(1, () => fetch('http://a/', { method: 'POST', body }));"
            " return [failed.length, why]",
            limits) == R"([2,"let go"])");
}

TEST_CASE("spec/limits.md 2 service bindings: 32 Workers for one request, each a subrequest") {
  Run guest("return tries(40, () => env.SELF.fetch('http://a/inner'))", kPaidToday);
  CHECK(guest.text().starts_with("[31,\"true Error: Subrequest depth limit exceeded."));
  CHECK(guest.last().used.external == 32);
  CHECK(guest.last().used.internal == 0);
  // A Worker that calls itself: the one that is refused fails, and so all that wait for it.
  Run chain("const r = await env.SELF.fetch('http://a/'); if (!r.ok) throw new Error('no');"
            " return (await r.json()) + 1", kPaidToday);
  CHECK(chain.text().starts_with("! Error: Subrequest depth limit exceeded."));
}

TEST_CASE("spec/limits.md 2 connections: the seventh waits, and takes the place of the first") {
  Run guest("const all = Array.from({ length: 10 }, (_, i) => fetch('http://a/' + i));"
            " return (await Promise.all(all)).length", kPaidToday);
  auto result = guest.guest().begin();
  FakeHost& host = guest.host();
  REQUIRE(host.fetches.size() == 6);
  auto third = std::move(host.fetches[2]);
  host.fetches.erase(host.fetches.begin() + 2);
  third.done(guest.web(third.outbound));
  REQUIRE(host.fetches.size() == 6);
  CHECK(host.fetches.back().outbound.url == "http://a/6");
  for (int i = 0; i < 9; ++i) {
    CHECK_FALSE(result->has_value());
    auto next = host.take_fetch();
    next.done(guest.web(next.outbound));
  }
  REQUIRE(result->has_value());
  CHECK((*result)->response.body == "10");
}

TEST_CASE("spec/limits.md 2.1: fetch, KV and R2 share the connections, objects take none") {
  Run guest("const all = [fetch('http://a/'), env.KV.get('kkk'), env.R2.head('k'),"
            " env.KV.list(), env.KV.put('k', 'v'), env.KV.delete('k'), env.KV.get('lll'),"
            " env.A.get(env.A.idFromName('x')).fetch('http://a/')];"
            " return (await Promise.all(all)).length", kPaidToday);
  auto result = guest.guest().begin();
  FakeHost& host = guest.host();
  CHECK(host.fetches.size() + host.kv_calls.size() + host.r2_calls.size() == 6);
  CHECK(host.kv_calls.back().call.op == KvCall::Op::kDelete);
  CHECK(host.posted.size() == 1);  // the object's call
  host.take_r2().done({});
  CHECK(host.kv_calls.back().call.key == "lll");
  while (!host.kv_calls.empty()) host.take_kv().done({});
  host.run_posted();
  CHECK_FALSE(result->has_value());
  host.take_fetch().done(Response());
  REQUIRE(result->has_value());
  CHECK((*result)->response.body == "8");
}

TEST_CASE("spec/limits.md 2.1: a Worker called through a binding shares its caller's connections") {
  Guest guest(Guest::bundle_of(
                  "export default { async fetch(request, env) {"
                  " const mine = Array.from({ length: 4 }, (_, i) => fetch(request.url + i));"
                  " if (!request.url.endsWith('/inner'))"
                  " mine.push(env.SELF.fetch('http://a/inner'));"
                  " await Promise.all(mine); return new Response('end') } }"),
              options_with(kPaidToday));
  std::shared_ptr<CallTree> tree;
  guest.host.on_fetch = [&](CallTarget target, Request inner, Host::ActorFetchCallback) {
    guest.isolate->fetch(guest.host.new_number(), std::move(inner), "{}", "default",
                         [](FetchResult) {}, {}, std::move(target.tree));
  };
  auto result = guest.begin();
  CHECK(guest.host.fetches.size() == 6);
  guest.host.take_fetch().done(Response());
  guest.host.take_fetch().done(Response());
  CHECK(guest.host.fetches.size() == 6);
  CHECK(guest.host.fetches.back().outbound.url == "http://a/inner3");
}

TEST_CASE("spec/limits.md 2 connections: a call whose request has ended is not made") {
  Run guest("for (let i = 0; i < 8; i++) fetch('http://a/' + i); return 'ended'", kPaidToday);
  auto result = guest.guest().begin();
  REQUIRE(result->has_value());
  REQUIRE(guest.host().fetches.size() == 6);
  guest.host().take_fetch().done(Response());
  CHECK(guest.host().fetches.size() == 5);
}

TEST_CASE("spec/limits.md 1, 2026-04-09: before, a body keeps its connection until it is read") {
  const std::string body =
      "const first = await Promise.all(Array.from({ length: 6 }, () => fetch('http://a/')));"
      "let seventh = 'waits'; const later = fetch('http://a/').then(() => { seventh = 'came' });"
      "const seen = [seventh]; await first[3].text(); await later; seen.push(seventh);"
      "await first[0].body.cancel(); await fetch('http://a/'); return seen";
  CHECK(run(body, limits_of(Plan::kPaid, "2026-04-08")) == R"(["waits","came"])");
  CHECK(run(body, kPaidToday) == R"(["waits","came"])");
  Run guest("await Promise.all(Array.from({ length: 6 }, () => fetch('http://a/')));"
            " await fetch('http://a/last')", kPaidToday);
  guest.guest().begin();
  for (int i = 0; i < 6; ++i) guest.host().take_fetch().done(guest.web({}));
  CHECK(guest.host().fetches.size() == 1);
}

TEST_CASE("spec/limits.md 1, 2026-04-09: before, bodies that nobody reads are closed for others") {
  const std::string body =
      "const first = []; for (let i = 0; i < 6; i++) first.push(await fetch('http://a/'));"
      "const seventh = await fetch('http://a/');"
      "return [await first[1].text(), await seventh.text(),"
      " await first[0].text().catch((e) => e.message)]";
  CHECK(run(body, limits_of(Plan::kPaid, "2026-04-08")) ==
        R"(["web","web","Response closed due to connection limit"])");
  CHECK(run(body, kPaidToday) == R"(["web","web","web"])");
}

TEST_CASE("spec/limits.md 2 timers: as many as the profile allows") {
  Limits limits = kPaidToday;
  const std::string body =
      "let n = 0; try { for (; n < 10001; n++) setTimeout(() => {}, 1) }"
      " catch (e) { return [n, e.name, e.message] }";
  CHECK(run(body, limits)
            .starts_with("[10000,\"QuotaExceededError\",\"You have exceeded the number of active "
                         "timeouts you may set. max active timeouts: 10000,"));
  limits.timers = 3;
  CHECK(run(body, limits).starts_with("[3,\"QuotaExceededError\""));
}

TEST_CASE("spec/limits.md 2 redirects, Blob: as the profile says") {
  Limits limits = kPaidToday;
  limits.redirects = 2;
  limits.blob_bytes = 100;
  Run guest("return [await tries(1, () => fetch('http://a/').catch((e) => { throw Error(e) })),"
            " await tries(1, () => { try { new Blob(['x'.repeat(101)]) }"
            " catch (e) { throw Error(e) } }),"
            " new Blob(['x'.repeat(100)]).size]", limits);
  guest.web = [](const Request&) {
    Response response;
    response.status = 302;
    response.headers.add("location", "http://a/");
    return response;
  };
  CHECK(guest.text() == "[" + refused(0, "TypeError: Too many redirects.http://a/, http://a/, http://a/") + "," +
                            refused(0, "RangeError: Blob size 101 exceeds limit 100") + ",100]");
  CHECK(guest.last().used.external == 3);
}

TEST_CASE("spec/limits.md 5: a body is read whole only if it fits into the isolate's memory") {
  Limits limits = kPaidToday;
  limits.memory_bytes = 64 << 20;
  struct Endless final : ByteSource {
    explicit Endless(std::optional<uint64_t> length) : length(length) {}
    void read(Done done) override { done(Chunk::data(std::string(8 << 20, 'x'))); }
    void cancel(std::string_view) override {}
    std::optional<uint64_t> length_bytes() const override { return length; }
    std::optional<uint64_t> length;
  };
  const auto text = [&](std::optional<uint64_t> length) {
    Run guest("try { await (await fetch('http://a/')).arrayBuffer() }"
              " catch (e) { return `${e.name}: ${e.message}` }", limits);
    guest.web = [length](const Request&) {
      Response response;
      response.has_body = true;
      response.stream = std::make_unique<Endless>(length);
      return response;
    };
    return guest.text();
  };
  CHECK(text(std::nullopt) == "\"TypeError: Memory limit exceeded before EOF.\"");
  CHECK(text((64u << 20) + 1) == "\"TypeError: Memory limit would be exceeded before EOF.\"");
}

TEST_CASE("spec/limits.md 2.2 waitUntil: cancelled after the profile's time, with a warning") {
  Limits limits = kPaidToday;
  limits.wait_until_wall_ms = 500;
  Run guest("ctx.waitUntil(new Promise((done) => setTimeout(done, 400)));"
            " ctx.waitUntil(new Promise((done) => setTimeout(done, 600))); return 1", limits);
  CHECK(guest.text() == "1");
  guest.host().advance(499);
  CHECK(guest.guest().isolate->active() == 1);
  guest.host().advance(1);
  CHECK(guest.guest().isolate->active() == 0);
  REQUIRE(guest.host().logs.size() == 1);
  CHECK(guest.host().logs[0].starts_with("warn: waitUntil() tasks did not complete"));
  limits.wait_until_wall_ms = 0;
  Run free("ctx.waitUntil(new Promise((done) => setTimeout(done, 60000))); return 1", limits);
  CHECK(free.text() == "1");
  free.host().advance(59'999);
  CHECK(free.guest().isolate->active() == 1);
  free.host().advance(1);
  CHECK(free.guest().isolate->active() == 0);
}

TEST_CASE("spec/limits.md 2 log data: what is beyond it is dropped, which is said once") {
  Run guest("for (let i = 0; i < 300; i++) console.log('x'.repeat(1024)); console.log('y')",
            kPaidToday);
  guest.text();
  auto& logs = guest.host().logs;
  CHECK(logs.size() == 257);
  CHECK(std::ranges::count_if(logs, [](const std::string& line) {
          return line.starts_with("warn: offing: this request has logged more than 262144 bytes.");
        }) == 1);
  CHECK(logs.back().starts_with("warn: "));
  logs.clear();
  guest.text();  // another request's are its own
  CHECK(logs.size() == 257);
  Run old("console.log('x'.repeat(128 * 1024)); console.log('y')",
          limits_of(Plan::kPaid, "2025-04-06"));
  old.text();
  CHECK(old.host().logs.size() == 2);
}

TEST_CASE("spec/limits.md 2 Durable Objects: each event may use anew what an invocation may") {
  Limits limits = kPaidToday;
  limits.external_subrequests = 2;
  DurableGuest bench(
      "import { DurableObject } from 'cloudflare:workers';"
      "export class A extends DurableObject { async fetch() { let ok = 0; try {"
      " for (;;) { await fetch('http://a/'); ok++ } } catch (e) {"
      " return new Response(ok + ' ' + e.message) } } }", true, {}, limits);
  const RequestId actor = bench.open();
  for (int event = 0; event < 3; ++event) {
    auto result = bench.begin(actor);
    while (!result->has_value()) bench.guest->host.take_fetch().done(Response());
    CHECK((*result)->response.body == "2 " + std::string(kExternalSubrequestsText));
  }
}

TEST_CASE("spec/limits.md 2.1: what was used is told by kind") {
  Run guest("await fetch('http://a/'); await env.KV.get('kkk'); await env.KV.get(['a', 'b']);"
            " await Promise.all([1, 2, 3].map((i) => env.R2.head('k' + i)));"
            " await env.A.get(env.A.idFromName('x')).fetch('http://a/');"
            " await env.SELF.fetch('http://a/inner'); console.log('12345678'); return 1",
            kPaidToday);
  CHECK(guest.text() == "1");
  const Counts& used = guest.last().used;
  CHECK(used.external == 2);
  CHECK(used.worker_calls == 1);
  CHECK(used.internal == 6);
  CHECK(used.kv == 2);
  CHECK(used.r2 == 3);
  CHECK(used.object_calls == 1);
  CHECK(used.chained_workers == 2);
  CHECK(used.connections == 3);
  CHECK(used.log_bytes > 0);
  CHECK(used.memory_bytes == 0);  // nobody wants to know
}

namespace {

// Says that each stay took so long, and stops nothing.
struct Stopwatch final : CpuWatch {
  int64_t stay_us = 100;
  void enter(v8::Isolate*) override {}
  void allow(int64_t) override {}
  bool is_stopping() const override { return false; }
  Stay leave() override { return {.used_us = 0, .measured_us = stay_us}; }
  void forget(v8::Isolate*) override {}
};

}  // namespace

TEST_CASE("CPU time of all turns until the answer is told, that of the answering turn too") {
  Stopwatch watch;
  test::FakeHost host;
  host.watch = &watch;
  host.memory_wanted = true;
  auto isolate = Isolate::start(
      guest_engine(), host,
      worker("if (request.url.endsWith('/large')) globalThis.kept = new ArrayBuffer(40 << 20);"
             " if (request.url.endsWith('/2')) await fetch('http://a/'); return 1"),
      options_with(kPaidToday));
  REQUIRE_MESSAGE(isolate.has_value(), isolate.error());
  std::vector<Counts> used;
  RequestId id = 0;
  const auto ask = [&](const char* url) {
    Request request;
    request.url = url;
    (*isolate)->fetch(++id, std::move(request), "{}", "default",
                      [&used](FetchResult result) { used.push_back(result.used); });
  };
  ask("http://a/1");
  REQUIRE(used.size() == 1);
  CHECK(used[0].cpu_us == 100);
  CHECK(used[0].memory_bytes > 100'000);
  CHECK(used[0].memory_bytes < 40 << 20);
  ask("http://a/2");
  watch.stay_us = 1000;
  host.take_fetch().done(Response());
  REQUIRE(used.size() == 2);
  CHECK(used[1].cpu_us == 1100);
  ask("http://a/large");
  REQUIRE(used.size() == 3);
  CHECK(used[2].memory_bytes > 40 << 20);
}

namespace {

// Remembers what each stay was allowed, charges 100 us for it, and stops the one that it is told to.
struct Budgets final : CpuWatch {
  std::vector<int64_t> allowed_us;
  bool stops = false;
  void enter(v8::Isolate*) override { allowed_us.push_back(0); }
  void allow(int64_t budget_us) override { allowed_us.back() = budget_us; }
  bool is_stopping() const override { return false; }
  Stay leave() override { return {.used_us = 100, .measured_us = 100, .stopped = stops}; }
  void forget(v8::Isolate*) override {}
};

}  // namespace

TEST_CASE("limits 2: a cron run has a CPU limit of its own, over all its turns") {
  Budgets watch;
  test::FakeHost host;
  host.watch = &watch;
  const Bundle bundle = Guest::bundle_of(
      "export default { async scheduled(controller, env, ctx) {"
      " ctx.waitUntil(new Promise((done) => setTimeout(done, 10))) } }");
  auto isolate = Isolate::start(guest_engine(), host, bundle, options_with(kFreeToday));
  REQUIRE_MESSAGE(isolate.has_value(), isolate.error());
  std::vector<FetchResult> results;
  const auto run = [&](RequestId id, uint64_t cpu_ms_max) {
    watch.allowed_us.clear();
    (*isolate)->scheduled(id, {.time_ms = 5, .cron = "* * * * *", .cpu_ms_max = cpu_ms_max},
                          [&](FetchResult result) { results.push_back(std::move(result)); });
  };
  run(1, 900'000);
  CHECK(results.empty());
  host.advance(10);
  REQUIRE(results.size() == 1);
  CHECK(results[0].outcome == Outcome::kOk);
  CHECK(watch.allowed_us == std::vector<int64_t>{900'000'000, 900'000'000 - 100});
  run(2, 0);
  CHECK(watch.allowed_us == std::vector<int64_t>{0});
  watch.stops = true;
  run(3, 10);
  CHECK(watch.allowed_us == std::vector<int64_t>{10'000});
  REQUIRE(results.size() == 2);
  CHECK(results[1].outcome == Outcome::kExceededCpu);
}

TEST_CASE("limits without a profile are those that every profile has (spec/limits.md 2)") {
  const Limits none;
  for (const LimitRow& row : limit_rows()) {
    const uint64_t plain = kPlainLimits.*row.field;
    if (plain == none.*row.field) continue;
    INFO(row.name);
    CHECK(plain == kPaidToday.*row.field);
    CHECK(plain == kFreeToday.*row.field);
  }
}

}  // namespace offing::test
