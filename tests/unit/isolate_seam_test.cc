#include <doctest/doctest.h>

#include "tests/unit/guest_bench.h"

namespace offing::test {

// Gives its chunks when told to.
class ManualSource final : public ByteSource {
 public:
  struct State {
    Done waiting;
    std::string cancelled;
    bool destroyed = false;
  };
  explicit ManualSource(std::shared_ptr<State> state) : state_(std::move(state)) {}
  ~ManualSource() override { state_->destroyed = true; }
  void read(Done done) override { state_->waiting = std::move(done); }
  void cancel(std::string_view reason) override { state_->cancelled = reason; }

 private:
  std::shared_ptr<State> state_;
};

static Chunk read_now(ByteSource& source) {
  Chunk got = Chunk::error("nothing came");
  source.read([&got](Chunk chunk) { got = std::move(chunk); });
  return got;
}

static Request post(std::string body) {
  Request request;
  request.method = "POST";
  request.url = "http://example.com/";
  request.has_body = true;
  request.body = std::move(body);
  return request;
}

TEST_CASE("request headers, body and method reach the guest; the answer's reach the client") {
  Guest guest("export default { async fetch(request) { return new Response("
              "request.method + request.headers.get('x-a') + await request.text(),"
              "{ status: 201, headers: { 'x-b': 'caf\\u00e9'.slice(0, 3) } }) } }");
  Request request = post("body \xc3\xa9");
  request.headers.add("X-A", "1");
  FetchResult result = guest.fetch(std::move(request));
  CHECK(result.response.body == "POST1body \xc3\xa9");
  CHECK(result.response.status == 201);
  CHECK(result.response.headers.get("x-b") == "caf");
}

TEST_CASE("a request's stream is read as the guest asks for it") {
  Guest guest("export default { async fetch(request) {"
              " return new Response(await request.text()) } }");
  auto state = std::make_shared<ManualSource::State>();
  Request request = post("");
  request.stream = std::make_unique<ManualSource>(state);
  auto result = guest.begin(std::move(request));
  REQUIRE(state->waiting);
  std::exchange(state->waiting, nullptr)(Chunk::data("ab"));
  REQUIRE(state->waiting);
  std::exchange(state->waiting, nullptr)(Chunk::data("cd"));
  REQUIRE(!result->has_value());
  std::exchange(state->waiting, nullptr)(Chunk::end());
  REQUIRE(result->has_value());
  CHECK((*result)->response.body == "abcd");
}

TEST_CASE("a guest's stream is pulled chunk by chunk and keeps its request") {
  Guest guest(
      "export default { fetch() { let n = 0; return new Response(new ReadableStream({"
      " pull(c) { if (n === 3) c.close(); else c.enqueue(new TextEncoder().encode('c' + n++)) }"
      " })) } }");
  FetchResult result = guest.fetch();
  REQUIRE(result.response.stream != nullptr);
  CHECK(guest.isolate->active() == 1);
  CHECK(read_now(*result.response.stream).bytes == "c0");
  CHECK(read_now(*result.response.stream).bytes == "c1");
  CHECK(read_now(*result.response.stream).bytes == "c2");
  CHECK(read_now(*result.response.stream).kind == Chunk::Kind::kEnd);
  CHECK(guest.isolate->active() == 0);
}

TEST_CASE("a stream whose reader goes away is cancelled in the guest") {
  Guest guest("let why = 'none'; export default { fetch(request) {"
              " if (request.url.endsWith('why')) return new Response(why);"
              " return new Response(new ReadableStream({ pull() { return new Promise(() => {}) },"
              " cancel(r) { why = 'cancelled' } })) } }");
  FetchResult result = guest.fetch();
  result.response.stream.reset();
  CHECK(guest.isolate->active() == 0);
  CHECK(guest.text("http://example.com/why") == "cancelled");
}

TEST_CASE("a stream outlives its isolate and then only fails") {
  auto guest = std::make_unique<Guest>(
      "export default { fetch() { return new Response(new ReadableStream({})) } }");
  FetchResult result = guest->fetch();
  guest->isolate.reset();
  CHECK(read_now(*result.response.stream).kind == Chunk::Kind::kError);
}

TEST_CASE("outbound fetch: one hop, answered by the host") {
  Guest guest("export default { async fetch() { const r = await fetch('http://up.example/a?b', {"
              " method: 'POST', body: 'out', headers: { 'x-q': '1' } });"
              " return new Response(r.status + r.headers.get('x-r') + await r.text()) } }");
  auto result = guest.begin();
  REQUIRE(guest.host.fetches.size() == 1);
  FakeHost::FetchEntry entry = guest.host.take_fetch();
  CHECK(entry.request == 1);
  CHECK(entry.outbound.method == "POST");
  CHECK(entry.outbound.url == "http://up.example/a?b");
  CHECK(entry.outbound.body == "out");
  CHECK(entry.outbound.headers.get("x-q") == "1");
  Response response;
  response.status = 404;
  response.headers.add("X-R", "yes");
  response.has_body = true;
  response.stream = source_of("answer");
  entry.done(std::move(response));
  REQUIRE(result->has_value());
  CHECK((*result)->response.body == "404yesanswer");
}

TEST_CASE("a failed outbound fetch rejects") {
  Guest guest("export default { async fetch() { try { await fetch('http://up.example/') }"
              " catch (e) { return new Response(String(e)) } } }");
  auto result = guest.begin();
  guest.host.take_fetch().done(std::unexpected("Network connection lost."));
  REQUIRE(result->has_value());
  CHECK((*result)->response.body == "Error: Network connection lost.");
}

static WorkerOptions with_kv() {
  WorkerOptions options;
  options.compatibility_date = "2026-01-01";
  options.kv_bindings.push_back({"OTHER", "a"});
  options.kv_bindings.push_back({"KV", "b"});
  return options;
}

static Guest kv_guest(const std::string& expression) {
  return Guest(Guest::bundle_of("export default { async fetch(request, { KV }) { let v; try { v = " +
                                expression + " } catch (e) { v = String(e) }"
                                " return new Response(typeof v === 'string' ? v"
                                " : JSON.stringify(v)) } }"),
               with_kv());
}

static std::string kv_answer(const std::string& expression, KvAnswer answer, KvCall* seen) {
  Guest guest = kv_guest(expression);
  auto result = guest.begin();
  REQUIRE(guest.host.kv_calls.size() == 1);
  FakeHost::KvEntry entry = guest.host.take_kv();
  *seen = std::move(entry.call);
  entry.done(std::move(answer));
  REQUIRE(result->has_value());
  return (*result)->response.body;
}

static KvAnswer found(std::string value) {
  KvAnswer answer;
  answer.value = {true, std::make_shared<const std::string>(std::move(value)), std::nullopt};
  return answer;
}

TEST_CASE("KV calls cross as plain values, with their answers (spec/kv.md 1)") {
  KvCall call;
  CHECK(kv_answer("await KV.get('k\\u00e9')", found("v"), &call) == "v");
  CHECK(call.op == KvCall::Op::kGet);
  CHECK(call.binding == 1);
  CHECK(call.key == "k\xc3\xa9");
  CHECK(kv_answer("await KV.get('k', 'json')", found("{\"a\":1}"), &call) == "{\"a\":1}");
  CHECK(kv_answer("[...new Uint8Array(await KV.get('k', 'arrayBuffer'))]", found("ab"), &call) ==
        "[97,98]");
  CHECK(kv_answer("await new Response(await KV.get('k', 'stream')).text()",
                  found(std::string(200'000, 'x')), &call)
            .size() == 200'000);
  CHECK(kv_answer("await KV.get('k')", {}, &call) == "null");

  CHECK(kv_answer("await KV.put('k', 'value', { expirationTtl: 60, metadata: { m: 1 } })", {},
                  &call) == "");
  CHECK(call.op == KvCall::Op::kPut);
  CHECK(call.value == "value");
  CHECK(call.expiration_ttl_s == 60);
  CHECK(call.metadata_json == "{\"m\":1}");

  CHECK(kv_answer("await KV.delete('k')", {}, &call) == "");
  CHECK(call.op == KvCall::Op::kDelete);

  KvAnswer listed;
  listed.listed.push_back({"a", 5, "{\"m\":1}"});
  listed.listed.push_back({"b", std::nullopt, std::nullopt});
  listed.list_complete = false;
  listed.cursor = "next";
  const std::string list =
      kv_answer("await KV.list({ prefix: 'p', limit: 2 })", std::move(listed), &call);
  CHECK(call.prefix == "p");
  CHECK(call.limit == 2);
  CHECK(list.find("{\"name\":\"a\",\"expiration\":5,\"metadata\":{\"m\":1}}") !=
        std::string::npos);
  CHECK(list.find("\"cursor\":\"next\"") != std::string::npos);

  KvAnswer refused;
  refused.error = "KV PUT failed: 429 Too Many Requests";
  CHECK(kv_answer("await KV.put('k', 'v')", std::move(refused), &call) ==
        "Error: KV PUT failed: 429 Too Many Requests");
}

TEST_CASE("a rejection nobody handles is reported after the microtasks") {
  Guest guest("export default { fetch() { Promise.reject(new Error('lost'));"
              " const kept = Promise.reject(new Error('kept')); kept.catch(() => {});"
              " return new Response('x') } }");
  CHECK(guest.text() == "x");
  REQUIRE(guest.host.uncaughts.size() == 1);
  CHECK(guest.host.uncaughts[0].find("Error: lost") != std::string::npos);
}

TEST_CASE("a request whose answer depends on another request's work only has hung") {
  Guest guest("let shared; export default { async fetch() {"
              " shared = shared || new Promise(r => setTimeout(r, 10)); await shared;"
              " return new Response('x') } }");
  auto first = guest.begin();
  auto second = guest.begin();
  REQUIRE(second->has_value());
  CHECK((*second)->outcome == Outcome::kException);
  CHECK(!first->has_value());
  guest.host.advance(10);
  CHECK((*first)->response.body == "x");
}

TEST_CASE("test() exports run one after the other, in order of names") {
  Guest guest("export const b = { test() { throw new Error('b fails') } };"
              "export const a = { async test() { await null } };"
              "export const c = { async test() { await new Promise(() => {}) } };"
              "export default { fetch() {} }");
  std::vector<TestResult> results;
  guest.isolate->run_tests([&results](std::vector<TestResult> r) { results = std::move(r); });
  REQUIRE(results.size() == 3);
  CHECK(results[0].name == "a");
  CHECK(results[0].passed);
  CHECK(results[1].name == "b");
  CHECK(!results[1].passed);
  CHECK(results[1].error.find("b fails") != std::string::npos);
  CHECK(!results[2].passed);
  CHECK(guest.isolate->active() == 0);
}

}  // namespace offing::test
