// Bad input: each error names the file, the line and the field, what is wrong, and the way out.
#include <doctest/doctest.h>

#include <string>

#include "emulator/replay/traffic.h"

using namespace offing::replay;

static std::string error(std::string_view text, const ReadOptions& options = {}) {
  auto traffic = parse_traffic(text, "t", options);
  return traffic ? "no error" : traffic.error().text();
}

TEST_CASE("NDJSON: what is wrong with a line") {
  struct Row { const char* line; const char* text; };
  const Row rows[] = {
      {R"({"at": 1})", "t:2: request: is missing"},
      {R"({"request": 1})", "t:2: request: an object is expected here"},
      {R"({"request": {"method": "GET"}})", "t:2: request.url: is missing"},
      {R"({"request": {"url": "me"}})",
       "t:2: request.url: \"me\" is neither http(s)://host/path nor a path such as /me"},
      {R"({"request": {"url": "ftp://a/"}})",
       "t:2: request.url: \"ftp://a/\" is neither http(s)://host/path nor a path such as /me"},
      {R"({"request": {"url": 7}})", "t:2: request.url: a string is expected, got 7"},
      {R"({"request": {"url": "/", "method": "G T"}})",
       "t:2: request.method: \"G T\" is not an HTTP method"},
      {R"({"request": {"url": "/", "method": "CONNECT"}})",
       "t:2: request.method: CONNECT requests cannot be replayed"},
      {R"({"request": {"url": "/", "body": "x"}})",
       "t:2: request.method: is missing; a request with a body has to name its method"},
      {R"({"request": {"url": "/", "method": "PUT", "body": "x", "json": 1}})",
       "t:2: request.json: excludes \"body\", which is here too"},
      {R"({"request": {"url": "/", "method": "PUT", "bodyBase64": "*"}})",
       "t:2: request.bodyBase64: is not base64: \"*\""},
      {R"({"request": {"url": "/", "headers": {"a": 1}}})",
       "t:2: request.headers.a: a string or an array of strings is expected, got 1"},
      {R"({"request": {"url": "/", "headers": {"a b": "1"}}})",
       "t:2: request.headers.a b: \"a b\" is not a header's name"},
      {R"({"request": {"url": "/", "headers": {"a": "1\n2"}}})",
       "t:2: request.headers.a: the value of a holds a line break or NUL: \"1\\n2\""},
      {R"({"request": {"url": "/"}, "location": "lhr"})",
       "t:2: location: \"lhr\" is not a location: three capital letters are expected, such as LHR"},
      {R"({"request": {"url": "/"}, "at": -1})",
       "t:2: at: -1 is not a time from 0 to 366 days; give milliseconds (90000), \"1m30s\" or "
       "\"2026-01-02T03:04:05Z\""},
      {R"({"request": {"url": "/"}, "at": "soon"})",
       "t:2: at: \"soon\" is not a time from 0 to 366 days; give milliseconds (90000), \"1m30s\" or "
       "\"2026-01-02T03:04:05Z\""},
      {R"({"request": {"url": "/"}, "at": "2026-01-02T03:04:05Z"})",
       "t:2: at: a date and time here, but an offset on line 1; use one of them in a file"},
      {R"({"request": {"url": "/"}, "expect": {"status": 700}})",
       "t:2: expect.status: a whole number from 100 to 599 is expected, got 700"},
      {R"({"request": {"url": "/"}, "expect": {"headers": {"x": 1}}})",
       "t:2: expect.headers.x: a string, or null for a header that must be absent, is expected, got 1"},
      {R"({"request": {"url": "/"}, "expect": {"setCookie": ["a=b"]}})",
       "t:2: expect.setCookie[0]: a cookie's name is expected, got \"a=b\""},
      {R"({"request": {"url": "/"}, "expect": {"body": "", "matches": "a"}})",
       "t:2: expect.matches: excludes \"body\", which is here too"},
      {R"({"request": {"url": "/"}, "expect": {"code": 200}})",
       "t:2: expect.code: unknown field; there are: status, headers, setCookie, body, json, matches, //"},
      {R"({"request": {"url": "/"}, "Location": "LHR"})",
       "t:2: Location: unknown field; there are: at, location, request, expect, group, //"},
      {R"({"request": {"url": "/"}} {})",
       "t:2: nothing may follow the object; each line holds one"},
      {R"([1])", "t:2: an object is expected here"},
  };
  for (const Row& row : rows) {
    CHECK(error("{\"at\":0,\"request\":{\"url\":\"/\"}}\n" + std::string(row.line) + "\n") == row.text);
  }
  ReadOptions named;
  named.format = Format::kNdjson;
  const std::string broken = error("{\"request\":\n{\"url\":\"/\"}}", named);
  CHECK(broken.starts_with("t:1: not JSON: "));
  CHECK(broken.ends_with("; each line holds one whole JSON object"));
  CHECK(error("{\"request\":{\"url\":\"/\"},\"expect\":{\"matches\":\"(\"}}")
            .starts_with("t:1: expect.matches: "));
}

TEST_CASE("HAR: what is wrong, with the line on which it stands") {
  const std::string head = "{\"log\": {\"entries\": [\n";
  const std::string time = "{\"startedDateTime\": \"2026-01-02T03:04:05Z\",\n";
  struct Row { std::string text; const char* error; };
  const Row rows[] = {
      {"{\"log\": {}}", "t:1: log.entries: is missing"},
      {"{\"log\": []}", "t:1: log: an object is expected here"},
      {head + "{}]}}", "t:2: log.entries[0].startedDateTime: is missing"},
      {head + "7]}}", "t:2: log.entries[0]: an object is expected here"},
      {head + "{\"startedDateTime\":\n\"2026-01-02T03:04:05\"}]}}",
       "t:3: log.entries[0].startedDateTime: \"2026-01-02T03:04:05\" is not a time with a zone, such "
       "as 2026-01-02T03:04:05.678Z"},
      {head + time + "\"request\": {\"method\": \"GET\"}, \"response\": {}}]}}",
       "t:3: log.entries[0].request.url: is missing"},
      {head + time + "\"request\": {\"method\": \"GET\", \"url\": \"http://a/\", \"headers\": [\n{},\n"
                     "{\"name\": 1}]}, \"response\": {\"status\": 200}}]}}",
       "t:4: log.entries[0].request.headers[0].name: a string is expected"},
      {head + time + "\"request\": {\"method\": \"GET\", \"url\": \"http://a/\"},\n\"response\":\n"
                     "{\"status\":\n700}}]}}",
       "t:6: log.entries[0].response.status: a whole number from -1 to 599 is expected, got 700"},
      {head + time + "\"request\": {\"method\": \"GET\", \"url\": \"http://a/\"},\n"
                     "\"response\": {\"status\": 200, \"content\": {\"encoding\": \"base64\",\n"
                     "\"text\": \"*\"}}}]}}",
       "t:5: log.entries[0].response.content.text: is not base64, as \"encoding\" says"},
      {head + time + "\"request\": {\"method\": \"GET\", \"url\": \"http://a/\"},\n"
                     "\"response\": {\"status\": 200},\n\"_location\": \"London\"}]}}",
       "t:5: log.entries[0]._location: \"London\" is not a location: three capital letters are "
       "expected, such as LHR"},
      {"{\"log\": {\"entries\": []}}\n x", "t:2: nothing may follow the HAR's end"},
      {"{\"log\": {\"entries\": []}}", "t: holds no request to replay"},
      {head + "{\"startedDateTime\": \n\n", "t:4: log.entries[0]: not JSON: Invalid value."},
  };
  for (const Row& row : rows) CHECK(error(row.text) == row.error);
}

TEST_CASE("Vegeta and tail: what is wrong, with the line on which it stands") {
  CHECK(error("{\"url\":\"http://a/\"}") == "t:1: method: is missing");
  CHECK(error("{\"method\":\"GET\",\"url\":\"http://a/\"}\n{\"method\":\"GET\",\n\"url\":\"/a\"}") ==
        "t:3: url: \"/a\" is not an http(s) URL");
  CHECK(error("{\"method\":\"GET\",\"url\":\"http://a/\",\"body\":\"?\"}") ==
        "t:1: body: is not base64: \"?\"");
  CHECK(error("{\"method\":\"GET\",\"url\":\"http://a/\",\"header\":{\"A\":\"b\"}}") ==
        "t:1: header.A: an array of strings is expected, got \"b\"");
  CHECK(error("{\"method\":\"GET\",\"url\":\"http://a/\",\"headers\":{}}") ==
        "t:1: headers: unknown field; there are: method, url, body, header");
  CHECK(error("{\"event\":{\"request\":\n{\"url\":\"http://a/\",\"method\":\"GET\"}}}") ==
        "t:1: eventTimestamp: is missing");
  CHECK(error("{\"eventTimestamp\":1,\"event\":{\"request\":{\n\"url\":\"a\",\"method\":\"GET\"}}}") ==
        "t:2: event.request.url: \"a\" is not an http(s) URL");
  CHECK(error("{\"eventTimestamp\":1,\"event\":{\"queue\":\"q\"}}") ==
        "t: holds no request to replay; left out: 1 entry of events other than requests (queue)");
}

TEST_CASE("bounds, nesting and formats that cannot be told") {
  const std::string line = "{\"request\":{\"url\":\"/\"}}\n";
  ReadOptions two;
  two.entries_max = 2;
  CHECK(error(line + line + line, two) == "t:3: more than 2 requests; split the file");
  ReadOptions small;
  small.file_size_bytes_max = 10;
  CHECK(error(line, small) ==
        "t: the file has 24 bytes, more than the 10 that are read; split it");
  CHECK(error("") == "t:1: the file is empty");
  CHECK(error("hello") == "t:1: an object is expected here");
  CHECK(error("{\"x\": 1}").starts_with("t:1: the first object tells no format: "));
  CHECK(error("{\"log\":{\"entries\":" + std::string(200'000, '[')).find("nested deeper than 100") !=
        std::string::npos);
  CHECK(error("{\"request\":" + std::string(200'000, '[')).find("nested deeper than 100") !=
        std::string::npos);
  ReadOptions origin;
  origin.origins = {"shop.example"};
  CHECK(error(line, origin) ==
        "t: the wanted origin \"shop.example\" is not of the form https://shop.example");
  origin.origins = {"https://shop.example"};
  CHECK(error(line, origin) ==
        "t: holds no request to replay; left out: 1 entry to other origins (http://localhost)");
}

TEST_CASE("files that cannot be read say why") {
  CHECK(read_traffic("/no/such/file.har", {}).error().text() ==
        "/no/such/file.har: cannot be opened: No such file or directory");
  CHECK(read_traffic("/", {}).error().text() == "/: is a directory, not a file");
  CHECK(read_header_fill("/no/such.json").error().line == 0);
}
