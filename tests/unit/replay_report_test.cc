#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <string>

#include "emulator/replay/report.h"

using namespace offing::replay;

namespace {

Result result(uint64_t id, std::string method, std::string path, std::string location,
              int64_t at_ms, uint16_t status, std::vector<std::string> differences = {}) {
  Result r;
  r.request_id = id;
  r.index = static_cast<uint32_t>(id - 1);
  r.line = id;
  r.method = std::move(method);
  r.url = "https://shop.example" + path;
  r.location = std::move(location);
  r.at_us = at_ms * 1000;
  r.duration_us = 1500;
  r.status = status;
  r.compared = true;
  r.differences = std::move(differences);
  return r;
}

Results counted(std::vector<Result> requests) {
  Results results;
  results.requests = std::move(requests);
  for (const Result& r : results.requests) {
    if (!r.as_expected()) ++results.differing;
    else if (r.compared) ++results.matched;
    else ++results.not_compared;
  }
  return results;
}

Results demo() {
  Result group = result(7, "GET", "/me?x=<1>", "SIN", 20'000, 200,
                        {"status: expected 401, got 200", "body: expected \"a\", got \"\x01&\xff\""});
  group.group = "sign-out \"here\"";
  Result plain = result(3, "GET", "/favicon.ico", "LHR", 1000, 404);
  plain.compared = false;
  return counted({result(1, "POST", "/sign-in", "LHR", 0, 200), plain, std::move(group)});
}

Traffic traffic() {
  Traffic t;
  t.file = "demo.ndjson";
  return t;
}

// Every element closed, every & a reference, no raw control characters.
bool is_well_formed(std::string_view xml) {
  std::vector<std::string_view> open;
  for (size_t i = 0; i < xml.size(); ++i) {
    const auto c = static_cast<unsigned char>(xml[i]);
    if (c < 0x20 && c != '\n') return false;
    if (c == '&' && xml.substr(i, 12).find(';') == std::string_view::npos) return false;
    if (c != '<') continue;
    const size_t end = xml.find('>', i);
    if (end == std::string_view::npos) return false;
    const std::string_view tag = xml.substr(i + 1, end - i - 1);
    if (tag.find('<') != std::string_view::npos) return false;
    const std::string_view name = tag.substr(0, tag.find(' '));
    i = end;
    if (tag.starts_with('?') || tag.ends_with('/')) continue;
    if (!tag.starts_with('/')) {
      open.push_back(name);
      continue;
    }
    if (open.empty() || open.back() != name.substr(1)) return false;
    open.pop_back();
  }
  return open.empty();
}

}  // namespace

TEST_CASE("replay: the report is a headline, then what differed") {
  CHECK(report_text(traffic(), demo(), {}) ==
        "3 requests: 1 as expected, 1 not, 1 answered, with nothing to compare\n"
        "\n"
        "  #7 +20.0 s SIN GET /me?x=<1>  (sign-out \"here\", line 7)\n"
        "    status: expected 401, got 200\n"
        "    body: expected \"a\", got \".&\xEF\xBF\xBD\"\n");
}

TEST_CASE("replay: a good run is one line") {
  CHECK(report_text(traffic(), counted({result(1, "GET", "/", "LHR", 0, 200),
                                        result(2, "GET", "/", "LHR", 1, 200)}), {}) ==
        "2 requests: all as expected\n");
  CHECK(report_text(traffic(), {}, {}) == "No requests were sent.\n");
  Result r = result(1, "GET", "/", "LHR", 0, 200);
  r.compared = false;
  CHECK(report_text(traffic(), counted({r}), {}) ==
        "1 request: answered, with nothing to compare (the file holds no expectations)\n");
}

TEST_CASE("replay: the report stays on one screen, and counts what it leaves out") {
  std::vector<Result> many;
  for (uint64_t i = 1; i <= 12; ++i)
    many.push_back(result(i, "GET", "/", "LHR", 0, 500, {"status: expected 200, got 500"}));
  many.back().round = 1;
  Traffic t = traffic();
  t.skipped = {{"entries to other origins (https://fonts.example)", 3}};
  t.warnings = {"demo.ndjson:1: one", "demo.ndjson:2: two"};
  CHECK(report_text(t, counted(std::move(many)), {false, 2}) ==
        "12 requests: 0 as expected, 12 not\n"
        "\n"
        "  #1 +0.0 s LHR GET /  (line 1, round 1)\n"
        "    status: expected 200, got 500\n"
        "\n"
        "  #2 +0.0 s LHR GET /  (line 2, round 1)\n"
        "    status: expected 200, got 500\n"
        "\n"
        "  … and 10 more (--json FILE has all)\n"
        "\n"
        "Left out: 3 entries to other origins (https://fonts.example)\n"
        "2 warnings about demo.ndjson (--json FILE lists them)\n");
}

TEST_CASE("replay: the JSON report parses and holds everything") {
  Traffic t = traffic();
  t.skipped = {{"entries \"odd\"", 1}};
  t.warnings = {"w"};
  rapidjson::Document json;
  json.Parse(report_json(t, demo(), R"({"reads":0})").c_str());
  REQUIRE_FALSE(json.HasParseError());
  CHECK(json["requests"].Size() == 3);
  CHECK(json["requests"][2]["differences"].Size() == 2);
  CHECK(json["requests"][2]["as_expected"].GetBool() == false);
  CHECK(json["differing"].GetInt() == 1);
  CHECK(json["skipped"][0]["count"].GetInt() == 1);
  CHECK(json["warnings"].Size() == 1);
  CHECK(json["staleness"]["reads"].GetInt() == 0);
  json.Parse(report_json(t, {}, "").c_str());
  REQUIRE_FALSE(json.HasParseError());
  CHECK_FALSE(json.HasMember("staleness"));
}

TEST_CASE("replay: the JUnit report is well-formed XML, a suite for each group") {
  const std::string xml = report_junit(traffic(), demo());
  CHECK(is_well_formed(xml));
  CHECK(xml.find("<testsuites name=\"offing replay\" tests=\"3\" failures=\"1\" errors=\"0\" "
                 "skipped=\"1\"") != std::string::npos);
  CHECK(xml.find("<testsuite name=\"demo.ndjson\" tests=\"2\" failures=\"0\"") != std::string::npos);
  CHECK(xml.find("<testsuite name=\"sign-out &quot;here&quot;\" tests=\"1\" failures=\"1\"") !=
        std::string::npos);
  CHECK(xml.find("name=\"#7 GET /me?x=&lt;1&gt; in SIN at +20.0 s\"") != std::string::npos);
  CHECK(xml.find("got &quot;&amp;\xEF\xBF\xBD&quot;") != std::string::npos);
}
