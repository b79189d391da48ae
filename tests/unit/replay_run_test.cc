#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "emulator/replay/compare.h"
#include "emulator/replay/cookies.h"
#include "emulator/replay/pattern.h"
#include "emulator/replay/report.h"
#include "emulator/replay/runner.h"
#include "emulator/world/world.h"

using namespace offing;
using namespace offing::replay;

namespace {

HeaderList headers(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  HeaderList list;
  for (const auto& [name, value] : fields) list.add(name, value);
  return list;
}

std::string all(const Comparison& comparison) {
  std::string text;
  for (const std::string& difference : comparison.differences) text += difference + "\n";
  return text;
}

std::string json_diff(std::string expected, std::string_view body) {
  Expectation expect;
  expect.json = std::move(expected);
  return all(compare(expect, 200, {}, body));
}

Entry entry(int64_t at_ms, std::string method, std::string path, std::string location = "LHR") {
  Entry e;
  e.at_us = at_ms * 1000;
  e.method = std::move(method);
  e.url = "https://shop.example" + path;
  e.location = std::move(location);
  e.expect.status = 200;
  return e;
}

Response answer(uint16_t status, std::string body = "") {
  Response response;
  response.status = status;
  response.has_body = true;
  response.body = std::move(body);
  return response;
}

// A server that answers each request after a time of its own.
struct Server {
  explicit Server(World& the_world) : world(the_world) {}
  SendFn sender() {
    return [this](Request request, std::string_view location, ResponseCallback respond) {
      const std::string path = request.url.substr(request.url.find('/', 8));
      std::string line = std::to_string((world.now_us() - start_us) / 1000) + " " +
                         std::string(location) + " " + request.method + " " + path;
      if (auto cookie = request.headers.get("cookie")) line += " [" + std::string(*cookie) + "]";
      log.push_back(std::move(line));
      urls.push_back(request.url);
      const uint64_t id = ++last_id;
      Response response = respond_with ? respond_with(path) : answer(200);
      if (at_once) respond(std::move(response));
      else if (delay_us < 0) kept.push_back(std::move(respond));
      else world.schedule_after(delay_us, [respond = std::move(respond),
                                           response = std::move(response)]() mutable {
        respond(std::move(response));
      });
      return id;
    };
  }
  World& world;
  int64_t start_us = world.now_us();
  int64_t delay_us = 10'000;  // < 0: never answers
  bool at_once = false;
  std::function<Response(const std::string&)> respond_with;
  std::vector<std::string> log;
  std::vector<std::string> urls;
  std::vector<ResponseCallback> kept;
  uint64_t last_id = 0;
};

struct Replayed {
  Results results;
  std::vector<std::string> log;
  int finished = 0;
  std::string json;
};

Replayed play(std::vector<Entry> entries, RunOptions options,
              const std::function<void(Server&)>& prepare = nullptr) {
  VirtualWorld world(1);
  Server server(world);
  if (prepare) prepare(server);
  Traffic traffic;
  traffic.file = "traffic.ndjson";
  traffic.entries = std::move(entries);
  Replayed out;
  Runner runner(world, std::move(traffic), std::move(options), server.sender());
  runner.start([&out] { ++out.finished; });
  world.run();
  out.results = runner.finish();
  out.log = server.log;
  out.json = report_json(runner.traffic(), out.results, "");
  return out;
}

using Log = std::vector<std::string>;

}  // namespace

TEST_CASE("replay: what is not set is not compared") {
  CHECK(compare({}, 500, {}, "anything").equal());
}

TEST_CASE("replay: status") {
  Expectation expect;
  expect.status = 401;
  CHECK(compare(expect, 401, {}, "").equal());
  CHECK(all(compare(expect, 200, {}, "")) == "status: expected 401, got 200\n");
}

TEST_CASE("replay: headers, by name without case, absent ones too") {
  Expectation expect;
  expect.headers = {{"content-type", "text/plain"}, {"x-gone", std::nullopt}};
  CHECK(compare(expect, 200, headers({{"Content-Type", "text/plain"}}), "").equal());
  CHECK(all(compare(expect, 200, headers({{"content-type", "text/html"}, {"X-Gone", "1"}}), "")) ==
        "header content-type: expected \"text/plain\", got \"text/html\"\n"
        "header x-gone: expected none, got \"1\"\n");
  CHECK(all(compare(expect, 200, {}, "")) ==
        "header content-type: expected \"text/plain\", got none\n");
  expect.headers = {{"vary", "a, b"}};
  CHECK(compare(expect, 200, headers({{"vary", "a"}, {"vary", "b"}}), "").equal());
  expect.headers = {{"set-cookie", "b=2"}};
  CHECK(compare(expect, 200, headers({{"set-cookie", "a=1"}, {"set-cookie", "b=2"}}), "").equal());
}

TEST_CASE("replay: names of cookies that have to be set") {
  Expectation expect;
  expect.set_cookies = {"session"};
  CHECK(compare(expect, 200, headers({{"Set-Cookie", "session=x; Path=/"}}), "").equal());
  CHECK(all(compare(expect, 200, headers({{"set-cookie", "sessions=x"}, {"set-cookie", "b=1"}}), "")) ==
        "set-cookie: expected the cookie \"session\", got sessions, b\n");
  CHECK(all(compare(expect, 200, {}, "")) ==
        "set-cookie: expected the cookie \"session\", got none\n");
}

TEST_CASE("replay: exact bodies say where they differ") {
  Expectation expect;
  expect.body = "signed out";
  CHECK(compare(expect, 200, {}, "signed out").equal());
  CHECK(all(compare(expect, 200, {}, "signed in")) ==
        "body: expected \"signed out\", got \"signed in\"\n");
  const std::string filler(100, '-');
  expect.body = filler + "cat" + filler;
  CHECK(all(compare(expect, 200, {}, filler + "dog" + filler)) ==
        "body: expected 203 bytes, got 203; from byte 100, expected …\"----------cat" +
            std::string(47, '-') + "…\", got …\"----------dog" + std::string(47, '-') + "…\"\n");
  CHECK(all(compare(expect, 200, {}, filler)) ==
        "body: expected 203 bytes, got 100; the end is missing, from …\"----------cat" +
            std::string(47, '-') + "…\"\n");
  expect.body = std::string("\xFF\x00z", 3);
  CHECK(all(compare(expect, 200, {}, "z")) == "body: expected \"\xEF\xBF\xBD.z\", got \"z\"\n");
}

TEST_CASE("replay: JSON is equal as values; the first difference has a path") {
  CHECK(json_diff(R"({"a":1,"b":[1,2.0]})", R"( {"b":[1.0,2],"a":1} )") == "");
  CHECK(json_diff(R"({"user":{"roles":["a","b"]}})", R"({"user":{"roles":["a","c"]}})") ==
        "json: user.roles[1]: expected \"b\", got \"c\"\n");
  CHECK(json_diff(R"({"a":1})", R"({"a":1,"b":null})") == "json: b: expected nothing, got null\n");
  CHECK(json_diff(R"({"a":1})", "{}") == "json: a: expected 1, got nothing\n");
  CHECK(json_diff("[1,2]", "[1]") == "json: expected 2 elements, got 1\n");
  CHECK(json_diff("true", "1") == "json: expected true, got 1\n");
  CHECK(json_diff("9007199254740993", "9007199254740992") ==
        "json: expected 9007199254740993, got 9007199254740992\n");
  CHECK(json_diff("1", "<html>") == "json: expected 1, got what is not JSON: \"<html>\"\n");
  CHECK(json_diff("1", "1 2") == "json: expected 1, got what is not JSON: \"1 2\"\n");
}

TEST_CASE("replay: a pattern is found anywhere; ^ and $ are the body's ends") {
  Expectation expect;
  expect.matches = "ser[a-z]+ \\d{2,3}$";
  CHECK(compare(expect, 200, {}, "a\nserial 123").equal());
  CHECK(all(compare(expect, 200, {}, "serial 1")) ==
        "body: nothing in it matches /ser[a-z]+ \\d{2,3}$/: \"serial 1\"\n");
  CHECK(pattern_found("^a", "ab"));
  CHECK_FALSE(pattern_found("^b", "ab"));
  CHECK(pattern_found("a|b", "xxb"));
  CHECK(pattern_found("\\bcat\\b", "the cat sat"));
  CHECK_FALSE(pattern_found("\\bcat\\b", "concatenate"));
}

TEST_CASE("replay: no pattern can hang a run") {
  for (const char* good : {"a", "(a|b)*c", "[(]{3}", "[[:alpha:](]", "[\\](]", "\\(", "x{2,}", "(?:ab){10}"})
    CHECK(check_pattern(good) == "");
  CHECK(check_pattern("") == "is empty; leave it out to match anything");
  CHECK(check_pattern(std::string(513, 'a')) == "is 513 bytes long; at most 512 are allowed");
  CHECK(check_pattern("((a{100}){100}){100}").starts_with("costs too much"));
  CHECK(check_pattern("a{99999999999999999999}").starts_with("costs too much"));
  CHECK(check_pattern("(a)\\1").starts_with("holds the back-reference \\1"));
  CHECK(check_pattern("(?=a)").starts_with("holds a lookahead"));
  CHECK(check_pattern(std::string(51, '(') + std::string(51, ')')).starts_with("has more than 50"));
  CHECK(check_pattern("a)|(b").starts_with("is not a regular expression"));
  CHECK(check_pattern("[a").starts_with("is not a regular expression"));
  // Exponential for a backtracking matcher, and deep for a recursive one.
  CHECK_FALSE(pattern_found("(a*)*b", std::string(kMatchedBytesMax, 'a')));
  Expectation expect;
  expect.matches = "z";
  CHECK(all(compare(expect, 200, {}, std::string(70000, 'a') + "z"))
            .find("only the first 65536 bytes of 70001 are looked at") != std::string::npos);
}

TEST_CASE("replay: recorded cookies become the live server's, by name and recorded value") {
  CookieMap cookies;
  cookies.learn({{"session", "rec-1"}}, headers({{"Set-Cookie", "session=live-1; Path=/; Secure"}}));
  cookies.learn({{"session", "rec-2"}, {"gone", "x"}}, headers({{"set-cookie", "session=live-2"}}));
  HeaderList request = headers({{"accept", "*/*"}, {"Cookie", "a=1; session=rec-2;gone=x; junk"}});
  cookies.apply(request);
  CHECK(*request.get("cookie") == "a=1; session=live-2; gone=x; junk");
  CHECK(*request.get("accept") == "*/*");
  HeaderList other = headers({{"cookie", "session=rec-1"}});
  cookies.apply(other);
  CHECK(*other.get("cookie") == "session=live-1");
  HeaderList stranger = headers({{"cookie", "token=rec-1"}});
  cookies.apply(stranger);
  CHECK(*stranger.get("cookie") == "token=rec-1");
}

TEST_CASE("replay: a cookie's origin is the first answer that set it") {
  std::vector<Entry> entries(4);
  entries[0].headers.add("cookie", "theme=dark");
  entries[0].cookies_set = {{"theme", "dark"}, {"session", "s"}};
  entries[1].headers.add("cookie", "theme=dark; session=s");
  entries[1].cookies_set = {{"session", "s"}};
  entries[2].headers.add("cookie", "session=s");
  const CookieOrigins origins = cookie_origins(entries);
  CHECK(origins.size() == 2);
  CHECK(origins.at(1) == std::vector<uint32_t>{0});
  CHECK(origins.at(2) == std::vector<uint32_t>{0});
}

TEST_CASE("replay: requests go out at their times, equal times in the file's order") {
  Replayed run = play({entry(0, "GET", "/a"), entry(5, "GET", "/b", "SIN"), entry(5, "GET", "/c"),
                       entry(3'600'000, "GET", "/d", "")},
                      {.default_location = "IAD"});
  CHECK(run.log == Log{"0 LHR GET /a", "5 SIN GET /b", "5 LHR GET /c", "3600000 IAD GET /d"});
  CHECK(run.finished == 1);
  CHECK(run.results.matched == 4);
  CHECK(run.results.exit_code() == 0);
  CHECK(run.results.requests[1].request_id == 2);
  CHECK(run.results.requests[1].at_us == 5'000);
  CHECK(run.results.requests[1].duration_us == 10'000);
  CHECK(run.results.requests[3].location == "IAD");
  CHECK(run.results.duration_us == 3'600'010'000);
}

TEST_CASE("replay: speed scales the gaps") {
  Replayed run = play({entry(0, "GET", "/a"), entry(1000, "GET", "/b")}, {.speed = 4});
  CHECK(run.log == Log{"0 LHR GET /a", "250 LHR GET /b"});
}

TEST_CASE("replay: base_url takes the place of each origin") {
  VirtualWorld world(1);
  Server server(world);
  Traffic traffic;
  traffic.entries = {entry(0, "GET", "/a?b=c")};
  Runner runner(world, std::move(traffic), {.base_url = "http://localhost:8787/"}, server.sender());
  runner.start([] {});
  world.run();
  CHECK(server.urls == Log{"http://localhost:8787/a?b=c"});
}

TEST_CASE("replay: whoever carries a cookie waits for the answer that sets it") {
  std::vector<Entry> entries = {entry(0, "POST", "/sign-in"), entry(1, "GET", "/me"),
                                entry(2, "GET", "/public")};
  entries[0].cookies_set = {{"session", "recorded"}};
  entries[1].headers.add("Cookie", "session=recorded");
  Replayed run = play(entries, {}, [](Server& server) {
    server.respond_with = [](const std::string& path) {
      Response response = answer(200);
      if (path == "/sign-in") response.headers.add("set-cookie", "session=live; HttpOnly");
      return response;
    };
  });
  CHECK(run.log == Log{"0 LHR POST /sign-in", "2 LHR GET /public", "10 LHR GET /me [session=live]"});
  CHECK(run.results.requests[1].request_id == 3);
  CHECK(run.results.requests[1].at_us == 10'000);
  CHECK(run.results.matched == 3);
}

TEST_CASE("replay: rounds follow one another, each with cookies of its own") {
  std::vector<Entry> entries = {entry(0, "POST", "/sign-in"), entry(20, "GET", "/me")};
  entries[0].headers.add("cookie", "session=recorded");
  entries[1].headers.add("cookie", "session=recorded");
  entries[0].cookies_set = {{"session", "recorded"}};
  int signed_in = 0;
  Replayed run = play(entries, {.repeat = 2}, [&signed_in](Server& server) {
    server.respond_with = [&signed_in](const std::string& path) {
      Response response = answer(200);
      if (path == "/sign-in")
        response.headers.add("set-cookie", "session=live-" + std::to_string(++signed_in));
      return response;
    };
  });
  CHECK(run.log == Log{"0 LHR POST /sign-in [session=recorded]", "20 LHR GET /me [session=live-1]",
                       "30 LHR POST /sign-in [session=recorded]", "50 LHR GET /me [session=live-2]"});
  CHECK(run.finished == 1);
  CHECK(run.results.requests.size() == 4);
  CHECK(run.results.requests[3].round == 1);
}

TEST_CASE("replay: an answer that never comes is told after the timeout, in the world's time") {
  Replayed run = play({entry(0, "GET", "/a")}, {.answer_timeout_us = 2'000'000},
                      [](Server& server) { server.delay_us = -1; });
  CHECK(run.finished == 1);
  CHECK(run.results.differing == 1);
  CHECK(run.results.exit_code() == 1);
  CHECK(run.results.requests[0].status == 0);
  CHECK(run.results.requests[0].differences == Log{"no answer: none came within 2.0 s"});
  CHECK(run.results.duration_us == 2'000'000);

  Replayed late = play({entry(0, "GET", "/a")}, {.answer_timeout_us = 5'000});
  CHECK(late.results.requests[0].differences == Log{"no answer: none came within 5 ms"});
}

TEST_CASE("replay: an answer cancels its timeout, so that the run's time is the traffic's") {
  VirtualWorld world(1);
  Server server(world);
  Traffic traffic;
  traffic.entries = {entry(0, "GET", "/a")};
  Runner runner(world, std::move(traffic), {}, server.sender());
  runner.start([] {});
  world.run();
  CHECK(world.now_us() - server.start_us == 10'000);
}

TEST_CASE("replay: status 0 is no answer, with the reason") {
  Replayed run = play({entry(0, "GET", "/a")}, {}, [](Server& server) {
    server.respond_with = [](const std::string&) {
      Response response = answer(0);
      response.reason = "connection refused";
      return response;
    };
  });
  CHECK(run.results.requests[0].differences == Log{"no answer: connection refused"});
}

TEST_CASE("replay: a sender may answer before it returns") {
  Replayed run = play({entry(0, "GET", "/a"), entry(0, "GET", "/b")}, {},
                      [](Server& server) { server.at_once = true; });
  CHECK(run.finished == 1);
  CHECK(run.results.matched == 2);
  CHECK(run.results.requests[1].request_id == 2);
}

TEST_CASE("replay: streamed bodies are read to their end, within a bound") {
  const auto stream = [](Server& server) {
    server.respond_with = [](const std::string&) {
      Response response = answer(200);
      response.body.clear();
      response.stream = source_of(std::string(100'000, 'x'));
      return response;
    };
  };
  std::vector<Entry> entries = {entry(0, "GET", "/a")};
  entries[0].expect.body = std::string(100'000, 'x');
  CHECK(play(entries, {}, stream).results.matched == 1);
  Replayed bounded = play(entries, {.body_size_bytes_max = 1000}, stream);
  CHECK(bounded.results.requests[0].differences.front().starts_with("body: reading it failed"));
  CHECK(bounded.results.requests[0].status == 200);
}

TEST_CASE("replay: an empty file is over at once, and callbacks may outlive the runner") {
  CHECK(play({}, {}).finished == 1);
  VirtualWorld world(1);
  Server server(world);
  server.delay_us = -1;
  {
    Traffic traffic;
    traffic.entries = {entry(0, "GET", "/a"), entry(50, "GET", "/b")};
    Runner runner(world, std::move(traffic), {}, server.sender());
    runner.start([&world] { world.stop(); });
    world.schedule_after(20'000, [&world] { world.stop(); });
    world.run();
    const Results results = runner.finish();
    CHECK(results.requests[0].differences == Log{"no answer: none had come when the run ended"});
    CHECK(results.requests[1].differences == Log{"not sent: the run ended before"});
  }
  server.kept.front()(answer(200));
  world.run();
  CHECK(server.log.size() == 1);
}

TEST_CASE("DESIGN rule 6: run twice, the same results") {
  std::vector<Entry> entries;
  for (int i = 0; i < 200; ++i) {
    entries.push_back(entry(i / 3, "GET", "/" + std::to_string(i), i % 2 ? "SIN" : "LHR"));
    if (i % 7 == 0) entries.back().cookies_set = {{"c", std::to_string(i / 7)}};
    else entries.back().headers.add("cookie", "c=" + std::to_string(i / 7));
  }
  CHECK(play(entries, {.repeat = 2}).json == play(entries, {.repeat = 2}).json);
}

TEST_CASE("replay: progress counts answers over all rounds") {
  VirtualWorld world(1);
  Server server(world);
  Traffic traffic;
  traffic.entries = {entry(0, "GET", "/a"), entry(0, "GET", "/b")};
  Runner runner(world, std::move(traffic), {.repeat = 2}, server.sender());
  Log told;
  runner.on_progress = [&told](const Result& result, uint64_t done, uint64_t total) {
    told.push_back(std::to_string(result.request_id) + ": " + std::to_string(done) + "/" +
                   std::to_string(total));
  };
  runner.start([] {});
  world.run();
  CHECK(told == Log{"1: 1/4", "2: 2/4", "3: 3/4", "4: 4/4"});
}
