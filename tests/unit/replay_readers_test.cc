// The readers of traffic: what each format becomes, in which order, and what bodies are worth.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "emulator/replay/traffic.h"

using namespace offing::replay;

static Traffic good(std::string_view text, const ReadOptions& options = {}) {
  auto traffic = parse_traffic(text, "t", options);
  if (!traffic) FAIL(traffic.error().text());
  return std::move(*traffic);
}

static std::string har(const std::string& entries) {
  return "{\"log\":{\"version\":\"1.2\",\"pages\":[{}],\"entries\":[\n" + entries + "]}}\n";
}

// An entry of a HAR: a second of 2026-01-02T10:00, a method, a URL, and what `request` and
// `response` hold beside it (each begins with a comma when it is not empty).
static std::string entry(int second, const std::string& method, const std::string& url, int status,
                         const std::string& request = "", const std::string& response = "",
                         const std::string& more = "") {
  const std::string at = (second < 10 ? "0" : "") + std::to_string(second);
  return "{\"startedDateTime\":\"2026-01-02T10:00:" + at + ".250Z\",\"request\":{\"method\":\"" +
         method + "\",\"url\":\"" + url + "\"" + request + "},\"response\":{\"status\":" +
         std::to_string(status) + response + "}" + more + "}\n";
}

static std::string content(const std::string& fields) { return ",\"content\":{" + fields + "}"; }

TEST_CASE("HAR: entries come in the order of their times, relative to the first") {
  const Traffic t = good(har(entry(9, "GET", "https://shop.example/b", 200) + "," +
                             entry(4, "GET", "https://shop.example/a#top", 200) + "," +
                             entry(9, "GET", "https://SHOP.example:443/c", 200)));
  CHECK(t.format == Format::kHar);
  REQUIRE(t.entries.size() == 3);
  CHECK(t.entries[0].url == "https://shop.example/a");
  CHECK(t.entries[0].at_us == 0);
  CHECK(t.entries[0].line == 3);
  CHECK(t.entries[1].url == "https://shop.example/b");
  CHECK(t.entries[1].at_us == 5'000'000);
  CHECK(t.entries[2].url == "https://shop.example/c");
  CHECK(t.start_us == 1'767'348'004'250'000);
  CHECK(t.warnings.empty());
}

TEST_CASE("HAR: requests that are not the Worker's are left out and counted") {
  const std::string text = har(
      entry(2, "GET", "https://fonts.example/f", 200) + "," +
      entry(1, "GET", "https://shop.example/", 200) + "," + entry(3, "GET", "data:text/plain,x", 200) +
      "," + entry(4, "GET", "https://shop.example/gone", 0) + "," +
      entry(5, "GET", "https://shop.example/cached", 200, "", "", ",\"_fromCache\":\"disk\"") + "," +
      entry(6, "GET", "https://shop.example/live", 101) + "," +
      entry(7, "GET", "blob:https://shop.example/1", 200));
  const Traffic t = good(text);
  REQUIRE(t.entries.size() == 1);
  CHECK(t.entries[0].url == "https://shop.example/");
  std::vector<std::string> skipped;
  for (const Skipped& s : t.skipped) skipped.push_back(std::to_string(s.count) + " " + s.reason);
  CHECK(skipped == std::vector<std::string>{
                       "2 entries to other than http(s) addresses",
                       "1 entry without an answer (blocked or aborted)",
                       "1 entry that the browser's cache answered",
                       "1 entry of WebSocket connections",
                       "1 entry to other origins (https://fonts.example)"});
  ReadOptions fonts;
  fonts.origins = {"HTTPS://Fonts.Example:443"};
  CHECK(good(text, fonts).entries[0].url == "https://fonts.example/f");
}

TEST_CASE("HAR: a browser's recording of a sign-in becomes requests with expectations") {
  const Traffic t = good(har(
      entry(1, "GET", "https://shop.example/", 200,
            ",\"headers\":[{\"name\":\":authority\",\"value\":\"shop.example\"},"
            "{\"name\":\"Host\",\"value\":\"shop.example\"},"
            "{\"name\":\"accept-encoding\",\"value\":\"gzip, br\"},"
            "{\"name\":\"Accept\",\"value\":\"text/html\"},"
            "{\"name\":\"offing-location\",\"value\":\"LHR\"}]",
            content("\"size\":5,\"mimeType\":\"text/html\",\"text\":\"hello\"")) + "," +
      entry(2, "POST", "https://shop.example/sign-in", 303,
            ",\"bodySize\":8,\"postData\":{\"mimeType\":\"application/x-www-form-urlencoded\","
            "\"params\":[{\"name\":\"user\",\"value\":\"ann\"}],\"text\":\"user=ann\"}",
            ",\"headers\":[{\"name\":\"Location\",\"value\":\"/me\"},"
            "{\"name\":\"set-cookie\",\"value\":\"session=a1; Path=/\\ntheme=dark\"},"
            "{\"name\":\"cf-ray\",\"value\":\"8f00-SIN\"}]" +
                content("\"size\":-1,\"mimeType\":\"x-unknown\"")) + "," +
      entry(3, "GET", "https://shop.example/me", 200, "", content("\"size\":0,\"mimeType\":\"\""),
            ",\"_location\":\"FRA\"")));
  REQUIRE(t.entries.size() == 3);
  CHECK(t.locations == std::vector<std::string>{"LHR", "SIN", "FRA"});
  const Entry& home = t.entries[0];
  REQUIRE(home.headers.size() == 1);
  CHECK(home.headers.get("accept") == "text/html");
  CHECK(home.expect.status == 200);
  CHECK(home.expect.body == "hello");
  CHECK_FALSE(home.has_body);
  const Entry& sign_in = t.entries[1];
  CHECK(sign_in.body == "user=ann");
  CHECK(sign_in.headers.get("content-type") == "application/x-www-form-urlencoded");
  CHECK(sign_in.expect.status == 303);
  CHECK_FALSE(sign_in.expect.body.has_value());
  REQUIRE(sign_in.expect.headers.size() == 1);
  CHECK(sign_in.expect.headers[0].value == "/me");
  CHECK(sign_in.expect.set_cookies == std::vector<std::string>{"session", "theme"});
  REQUIRE(sign_in.cookies_set.size() == 2);
  CHECK(sign_in.cookies_set[0].value == "a1");
  CHECK(sign_in.cookies_set[1].value == "dark");
  CHECK_FALSE(t.entries[2].expect.body.has_value());
  CHECK(t.warnings.empty());
}

TEST_CASE("HAR: base64 texts are bytes; bodies can be kept out of the comparison") {
  const std::string text = har(entry(1, "GET", "https://shop.example/x.png", 200, "",
      content("\"size\":4,\"mimeType\":\"image/png\",\"encoding\":\"base64\",\"text\":\"iVBORw==\"")));
  CHECK(good(text).entries[0].expect.body == "\x89PNG");
  ReadOptions without;
  without.compare_bodies = false;
  CHECK_FALSE(good(text, without).entries[0].expect.body.has_value());
  CHECK(good(text, without).entries[0].expect.status == 200);
}

TEST_CASE("HAR: a body that is not what was received is not compared, and told of") {
  struct Row { const char* name; std::string response; const char* warning; };
  const Row rows[] = {
      {"replaced bytes", content("\"size\":4,\"mimeType\":\"text/plain\",\"text\":\"a\xEF\xBF\xBD\""),
       "binary stored as text, or cut"},
      {"binary as text", content("\"size\":2,\"mimeType\":\"image/png\",\"text\":\"ab\""),
       "binary stored as text, or cut"},
      {"cut", content("\"size\":9000,\"mimeType\":\"text/plain\",\"text\":\"ab\""),
       "binary stored as text, or cut"},
      {"left out", content("\"size\":9000,\"mimeType\":\"text/plain\""), "left the answer's body out"},
      {"elsewhere", content("\"size\":-1,\"_file\":\"a.txt\""), "left the answer's body out"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Traffic t = good(har(entry(1, "GET", "https://shop.example/", 200, "", row.response)));
    CHECK_FALSE(t.entries[0].expect.body.has_value());
    CHECK(t.entries[0].expect.status == 200);
    REQUIRE(t.warnings.size() == 1);
    CHECK(t.warnings[0].starts_with("t:2: "));
    CHECK(t.warnings[0].find(row.warning) != std::string::npos);
  }
  // The size on the wire of a compressed answer says nothing about its text.
  const Traffic t = good(har(entry(1, "GET", "https://shop.example/", 200, "",
      ",\"bodySize\":3,\"headers\":[{\"name\":\"content-encoding\",\"value\":\"gzip\"}]" +
          content("\"size\":3,\"mimeType\":\"text/plain\",\"text\":\"abcdef\""))));
  CHECK(t.entries[0].expect.body == "abcdef");
  CHECK(t.warnings.empty());
}

TEST_CASE("HAR: an upload that is not whole takes the expectation with it") {
  const std::string damaged =
      ",\"postData\":{\"mimeType\":\"application/octet-stream\",\"text\":\"\xEF\xBF\xBD\"}";
  const Traffic t = good(har(entry(1, "POST", "https://shop.example/", 200, damaged) + "," +
                             entry(2, "POST", "https://shop.example/", 200, damaged) + "," +
                             entry(3, "PUT", "https://shop.example/", 200, ",\"bodySize\":70")));
  for (const Entry& e : t.entries) CHECK(e.expect.empty());
  REQUIRE(t.warnings.size() == 2);
  CHECK(t.warnings[0].starts_with("t:2: the recorded request's body is not what was sent"));
  CHECK(t.warnings[0].ends_with("(and 1 more like it)"));
  CHECK(t.warnings[1].starts_with("t:4: the recording left the request's body out"));
}

TEST_CASE("HAR: parameters become the body that a browser sends for them") {
  const Traffic t = good(har(
      entry(1, "POST", "https://shop.example/", 200,
            ",\"postData\":{\"mimeType\":\"application/x-www-form-urlencoded\",\"params\":["
            "{\"name\":\"a b\",\"value\":\"1&2\"},{\"name\":\"c\",\"value\":\"\u00e9\"}]}") + "," +
      entry(2, "POST", "https://shop.example/", 200,
            ",\"headers\":[{\"name\":\"Content-Type\",\"value\":\"multipart/form-data; boundary=XY\"}],"
            "\"postData\":{\"mimeType\":\"multipart/form-data\",\"params\":["
            "{\"name\":\"f\",\"value\":\"hi\",\"fileName\":\"a.txt\",\"contentType\":\"text/plain\"}]}")));
  CHECK(t.entries[0].body == "a+b=1%262&c=%C3%A9");
  CHECK(t.entries[1].body ==
        "--XY\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n"
        "Content-Type: text/plain\r\n\r\nhi\r\n--XY--\r\n");
  CHECK(t.entries[1].headers.size() == 1);
}

TEST_CASE("NDJSON: every field, and lines without a time happen when the line before does") {
  const Traffic t = good(
      "\n{\"at\": \"1m30s\", \"location\": \"SIN\", \"group\": \"late\", \"//\": \"a comment\", "
      "\"request\": {\"method\": \"PUT\", \"url\": \"/a?b\", \"headers\": {\"X-One\": [\"1\", \"2\"], "
      "\"Content-Length\": \"9\"}, \"json\": {\"k\": [1]}}, \"expect\": {\"status\": 201, "
      "\"headers\": {\"etag\": null, \"x\": \" y \"}, \"setCookie\": [\"s\"], \"json\": {\"n\": 1}}}\r\n"
      "{\"request\": {\"url\": \"https://api.example\"}}\n\n"
      "{\"at\": 0.5, \"request\": {\"method\": \"POST\", \"url\": \"?q\", \"bodyBase64\": \"AP8=\"}}");
  CHECK(t.format == Format::kNdjson);
  REQUIRE(t.entries.size() == 3);
  const Entry& first = t.entries[0];
  CHECK(first.at_us == 500);
  CHECK(first.line == 5);
  CHECK(first.url == "http://localhost/?q");
  CHECK(first.body == std::string("\0\xFF", 2));
  const Entry& put = t.entries[1];
  CHECK(put.at_us == 90'000'000);
  CHECK(put.line == 2);
  CHECK(put.location == "SIN");
  CHECK(put.group == "late");
  CHECK(put.url == "http://localhost/a?b");
  CHECK(put.body == "{\"k\":[1]}");
  CHECK(put.headers.size() == 3);
  CHECK(put.headers.get("content-type") == "application/json");
  CHECK(put.expect.status == 201);
  CHECK_FALSE(put.expect.headers[0].value.has_value());
  CHECK(put.expect.headers[1].value == "y");
  CHECK(put.expect.set_cookies == std::vector<std::string>{"s"});
  CHECK(put.expect.json == "{\"n\":1}");
  CHECK(t.entries[2].url == "https://api.example/");
  CHECK(t.entries[2].at_us == 90'000'000);
  CHECK(t.entries[2].expect.empty());
  CHECK_FALSE(t.start_us.has_value());
}

TEST_CASE("NDJSON: dates and times count from the earliest") {
  const Traffic t = good("{\"at\":\"2026-01-02T10:00:05+01:00\",\"request\":{\"url\":\"/b\"}}\n"
                         "{\"at\":\"2026-01-02T09:00:04Z\",\"request\":{\"url\":\"/a\"}}\n");
  CHECK(t.entries[0].url == "http://localhost/a");
  CHECK(t.entries[1].at_us == 1'000'000);
  CHECK(t.start_us == 1'767'344'404'000'000);
}

TEST_CASE("Vegeta: targets at even gaps") {
  ReadOptions options;
  options.vegeta_interval_us = 20'000;
  const Traffic t = good(
      "{\"method\":\"GET\",\"url\":\"http://localhost:8787/a\",\"header\":{\"X-A\":[\"1\",\"2\"]}}\n"
      "{\"method\":\"POST\",\"url\":\"http://localhost:8787/b\",\"body\":\"aGk=\",\"header\":null}\n",
      options);
  CHECK(t.format == Format::kVegeta);
  REQUIRE(t.entries.size() == 2);
  CHECK(t.entries[0].headers.size() == 2);
  CHECK_FALSE(t.entries[0].has_body);
  CHECK(t.entries[1].at_us == 20'000);
  CHECK(t.entries[1].body == "hi");
  CHECK(t.entries[1].expect.empty());
}

static const char kTail[] =
    "{\n  \"outcome\": \"ok\",\n  \"scriptName\": \"shop\",\n  \"eventTimestamp\": 1767348005000,\n"
    "  \"event\": {\n    \"request\": {\n      \"url\": \"https://shop.example/me\",\n"
    "      \"method\": \"GET\",\n      \"headers\": {\"cookie\": \"REDACTED\", \"accept\": \"*/*\",\n"
    "        \"cf-connecting-ip\": \"1.2.3.4\", \"authorization\": \"REDACTED\"},\n"
    "      \"cf\": {\"colo\": \"SIN\"}\n    },\n    \"response\": {\"status\": 404}\n  }\n}\n"
    "{\n  \"outcome\": \"ok\",\n  \"eventTimestamp\": 1767348003000,\n"
    "  \"event\": {\"cron\": \"* * * * *\", \"scheduledTime\": 1767348003000}\n}\n"
    "{\n  \"outcome\": \"ok\",\n  \"eventTimestamp\": 1767348004000,\n  \"event\": {\"request\": {\n"
    "    \"url\": \"https://shop.example/t/REDACTED\", \"method\": \"POST\",\n"
    "    \"headers\": {\"content-length\": \"4\"}}, \"response\": {\"status\": 200}}\n}\n";

TEST_CASE("tail: requests among other events, with secrets filled in or left out") {
  ReadOptions options;
  options.header_fill = {{"cookie", "session=test"}};
  const Traffic t = good(kTail, options);
  CHECK(t.format == Format::kTail);
  REQUIRE(t.entries.size() == 2);
  CHECK(t.entries[0].method == "POST");
  CHECK(t.entries[0].expect.empty());
  const Entry& me = t.entries[1];
  CHECK(me.at_us == 1'000'000);
  CHECK(me.line == 1);
  CHECK(me.location == "SIN");
  CHECK(me.expect.status == 404);
  CHECK(me.headers.size() == 2);
  CHECK(me.headers.get("cookie") == "session=test");
  REQUIRE(t.skipped.size() == 1);
  CHECK(t.skipped[0].reason == "entry of events other than requests (scheduled)");
  REQUIRE(t.warnings.size() == 3);
  CHECK(t.warnings[0].starts_with("t:1: the tail shows REDACTED in place of the header authorization"));
  CHECK(t.warnings[1].starts_with("t:21: the tail shows REDACTED in place of a part of the URL"));
  CHECK(t.warnings[2].starts_with("t:21: a tail holds no bodies"));
}

TEST_CASE("the names of the formats, and a byte order mark") {
  CHECK(format_from("tail") == Format::kTail);
  CHECK_FALSE(format_from("HAR").has_value());
  CHECK(format_name(Format::kNdjson) == "NDJSON");
  CHECK(good("\xEF\xBB\xBF{\"request\":{\"url\":\"/\"}}").format == Format::kNdjson);
}
