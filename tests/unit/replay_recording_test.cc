#include <doctest/doctest.h>

#include <string>

#include "emulator/replay/recording.h"

using namespace offing;
using replay::Recording;

static std::string entry(int second, const std::string& method, const std::string& url,
                         const std::string& upload, const std::string& answer) {
  return "{\"startedDateTime\":\"2026-01-02T10:00:0" + std::to_string(second) +
         "Z\",\"request\":{\"method\":\"" + method + "\",\"url\":\"" + url + "\"" +
         (upload.empty() ? "" : ",\"postData\":{\"mimeType\":\"text/plain\",\"text\":\"" + upload + "\"}") +
         "},\"response\":{\"status\":200,\"statusText\":\"Fine\",\"headers\":["
         "{\"name\":\"Content-Encoding\",\"value\":\"br\"},{\"name\":\"content-length\",\"value\":\"3\"},"
         "{\"name\":\"x-kind\",\"value\":\"recorded\"}],\"content\":{" + answer + "}}}";
}

static std::string text(const std::string& body) {
  return "\"size\":-1,\"mimeType\":\"text/plain\",\"text\":\"" + body + "\"";
}

static Recording recording(const std::string& entries) {
  auto parsed = Recording::parse("{\"log\":{\"entries\":[" + entries + "]}}", "out.har");
  if (!parsed) FAIL(parsed.error().text());
  return std::move(*parsed);
}

static std::string ask(Recording& r, const std::string& method, const std::string& url,
                       const std::string& body = "") {
  Request request;
  request.method = method;
  request.url = url;
  request.has_body = !body.empty();
  request.body = body;
  auto response = r.answer(request);
  return response ? response->body : "! " + response.error();
}

TEST_CASE("recording: repeated requests get the answers in the order of their times") {
  Recording r = recording(entry(2, "GET", "https://api.example/a", "", text("second")) + "," +
                          entry(1, "GET", "https://API.example:443/a#x", "", text("first")));
  CHECK(r.size() == 2);
  Recording copy = r;
  CHECK(ask(r, "GET", "https://api.example/a") == "first");
  CHECK(ask(r, "GET", "https://api.example/a") == "second");
  CHECK(ask(r, "GET", "https://api.example/a#frag") == "second");
  CHECK(ask(copy, "GET", "https://api.example/a") == "first");
}

TEST_CASE("recording: bodies decide only where several are recorded") {
  Recording r = recording(entry(1, "POST", "https://api.example/q", "one", text("1")) + "," +
                          entry(2, "POST", "https://api.example/q", "two", text("2")) + "," +
                          entry(3, "POST", "https://api.example/single", "x", text("s")));
  CHECK(ask(r, "POST", "https://api.example/q", "two") == "2");
  CHECK(ask(r, "POST", "https://api.example/q", "one") == "1");
  CHECK(ask(r, "POST", "https://api.example/single", "anything") == "s");
  CHECK(ask(r, "POST", "https://api.example/q", "three") ==
        "! POST https://api.example/q is recorded in out.har with 2 bodies, but not with this one: "
        "\"three\"");
}

TEST_CASE("recording: an answer is decoded and whole, so headers about its coding are gone") {
  Recording r = recording(entry(1, "GET", "https://api.example", "",
                                "\"encoding\":\"base64\",\"text\":\"AP8=\""));
  Request request;
  request.url = "https://api.example/";
  auto response = r.answer(request);
  REQUIRE(response.has_value());
  CHECK(response->status == 200);
  CHECK(response->reason == "Fine");
  CHECK(response->has_body);
  CHECK(response->body == std::string("\0\xFF", 2));
  REQUIRE(response->headers.size() == 1);
  CHECK(response->headers.get("X-Kind") == "recorded");
}

TEST_CASE("recording: a miss names the nearest; a lost body is an error, not an empty answer") {
  Recording r = recording(entry(1, "GET", "https://api.example/users/1", "", text("u")) + "," +
                          entry(2, "GET", "https://api.example/big", "", "\"size\":900"));
  REQUIRE(r.warnings().size() == 1);
  CHECK(r.warnings()[0].starts_with("out.har:1: the recording left an answer's body out"));
  CHECK(ask(r, "GET", "https://api.example/users/2") ==
        "! GET https://api.example/users/2 is not recorded in out.har; nearest is GET "
        "https://api.example/users/1");
  CHECK(ask(r, "POST", "https://api.example/users/1") ==
        "! POST https://api.example/users/1 is not recorded in out.har; nearest is GET "
        "https://api.example/users/1");
  CHECK(ask(r, "GET", "https://other.example/") ==
        "! GET https://other.example/ is not recorded in out.har, and nothing else of its origin is");
  CHECK(ask(r, "GET", "https://api.example/big").find("left the answer's body out") !=
        std::string::npos);
  Recording none = recording("");
  CHECK(ask(none, "GET", "https://a/") == "! GET https://a/ is not recorded in out.har, which holds no answers");
}

TEST_CASE("recording: bad files say where") {
  CHECK(Recording::parse("{}", "o").error().text() == "o:1: log: is missing; is this a HAR file?");
  CHECK(Recording::parse("{\"log\":\n{\"entries\":{}}}", "o").error().text() ==
        "o:2: log.entries: an array is expected here");
  CHECK(Recording::read("/no/such").error().text() ==
        "/no/such: cannot be opened: No such file or directory");
}
