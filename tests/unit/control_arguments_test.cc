#include <doctest/doctest.h>

#include "emulator/control/arguments.h"
#include "emulator/control/json.h"
#include "emulator/control/structured_values.h"

using namespace offing::control;

static constexpr Argument kKnown[] = {{"text", Kind::kText, true, "a text"},
                                      {"count", Kind::kInteger, false, ""},
                                      {"on", Kind::kFlag, false, ""},
                                      {"by", Kind::kDuration, false, ""},
                                      {"at", Kind::kTime, false, ""},
                                      {"places", Kind::kTexts, false, ""},
                                      {"any", Kind::kAny, false, ""}};

static std::expected<Arguments, Failure> read(std::string_view json) {
  auto document = parse_object(json);
  if (!document) return std::unexpected(document.error());
  return Arguments::read(kKnown, *document);
}

TEST_CASE("arguments: durations and times") {
  CHECK(*parse_duration_us("60s") == 60'000'000);
  CHECK(*parse_duration_us("1.5h") == 5'400'000'000);
  CHECK(*parse_duration_us("90ms") == 90'000);
  CHECK(*parse_duration_us("30d") == 2'592'000'000'000);
  CHECK(*parse_duration_us("0") == 0);
  for (const char* bad : {"", "5", "-1s", "1w", "nans", "1e99s", "s", "200000d", "1 s", "inf"})
    CHECK_FALSE(parse_duration_us(bad).has_value());
  CHECK(*parse_time_us("2026-01-01T00:00:00Z") == 1'767'225'600'000'000);
  CHECK(*parse_time_us("2026-01-01") == 1'767'225'600'000'000);
  CHECK(*parse_time_us("1767225600000") == 1'767'225'600'000'000);
  for (const char* bad : {"", "yesterday", "-5", "2026-13-01T00:00:00Z", "99999999999999999"})
    CHECK_FALSE(parse_time_us(bad).has_value());
}

TEST_CASE("arguments: each is read as its kind, and what is wrong is named") {
  auto good = read(R"({"text":"x","count":3,"on":true,"by":"2s","at":1000,"places":"LHR,SIN","any":{"a":[1]}})");
  REQUIRE(good.has_value());
  CHECK(good->text("text") == "x");
  CHECK(good->integer("count") == 3);
  CHECK(good->flag("on") == true);
  CHECK(good->duration_us("by") == 2'000'000);
  CHECK(good->time_us("at") == 1'000'000);
  CHECK(good->texts("places") == std::vector<std::string>{"LHR", "SIN"});
  CHECK(json_of(*good->value("any")) == R"({"a":[1]})");
  CHECK_FALSE(read(R"({"text":"x","count":null})")->integer("count").has_value());
  CHECK(read(R"({"count":1})").error().message.starts_with("\"text\" is missing: a text"));
  CHECK(read(R"({"text":"x","count":1.5})").error().message == "\"count\" is 1.5; it must be a whole number");
  CHECK(read(R"({"text":"x","by":-1})").error().message.starts_with("\"by\" is -1; it must be a duration"));
  CHECK(read(R"({"text":"x","more":1})").error().message.starts_with("there is no argument \"more\" here"));
  CHECK(read(R"({"text":"x","text":"y"})").error().message == "\"text\" is given twice");
  CHECK(read(R"({"text":"x","places":[1]})").error().code == "bad_argument");
  CHECK(read("[]").error().message == "the body must be a JSON object, such as {}");
  CHECK(read("{\"text\":\"\xff\"}").error().code == "bad_json");
  CHECK(read("{\"a\":" + std::string(5000, '[')).error().message.find("deeper than 100") != std::string::npos);
}

TEST_CASE("arguments: a query and a command line's words become what the argument wants") {
  rapidjson::Document into;
  into.SetObject();
  REQUIRE(add_query("text=a%20b+c&count=12&on=off&places=A,B&by=5s&any=%7B%22a%22%3A1%7D", kKnown, into));
  CHECK(json_of(into) == R"({"text":"a b c","count":12,"on":false,"places":"A,B","by":"5s","any":{"a":1}})");
  rapidjson::Document other;
  other.SetObject();
  CHECK(add_query("nope=1", kKnown, other).error().message.starts_with("there is no argument \"nope\""));
}

TEST_CASE("structured values: JSON is written as the engine reads it, and read back") {
  for (const char* text : {"null", "true", "[]", "{}", "[1,-1,1073741824,1.5,\"é\",{\"a\":{\"b\":[false]}}]",
                           "\"\"", "-0.5", "4294967296"}) {
    rapidjson::Document document;
    document.Parse(text);
    const std::string bytes = structured_of_json(document);
    auto again = json_of_structured(bytes);
    REQUIRE_MESSAGE(again.has_value(), again.error());
    rapidjson::Document back;
    back.Parse(again->c_str());
    CHECK_MESSAGE(back == document, *again);
    for (size_t cut = 0; cut < bytes.size(); ++cut)
      static_cast<void>(json_of_structured(std::string_view(bytes).substr(0, cut)));
  }
  CHECK_FALSE(json_of_structured(std::string("\xff\x0f^\x00", 4)).has_value());
  CHECK_FALSE(json_of_structured(std::string("\xff\x7f" "0", 3)).has_value());
}
