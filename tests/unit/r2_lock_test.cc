// Bucket locks (spec/r2.md 2): the decision and its document.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "storage/r2/lock.h"
#include "storage/r2/time.h"

using namespace offing::r2;

namespace {

std::vector<LockRule> rules_of(std::string_view rules) {
  auto parsed = parse_lock_rules("{\"rules\":[" + std::string(rules) + "]}");
  REQUIRE_MESSAGE(parsed, parsed.error());
  return *parsed;
}

std::string error_of(std::string_view rules) {
  auto parsed = parse_lock_rules("{\"rules\":[" + std::string(rules) + "]}");
  REQUIRE_FALSE(parsed);
  return parsed.error();
}

constexpr char kDay[] =
    R"({"id":"day","enabled":true,"condition":{"type":"Age","maxAgeSeconds":86400}})";
constexpr char kDate[] =
    R"({"id":"date","enabled":true,"prefix":"a/","condition":{"type":"Date","date":"2026-01-01T00:00:00Z"}})";
constexpr char kForever[] =
    R"({"id":"ever","enabled":true,"prefix":"a/b","condition":{"type":"Indefinite"}})";
constexpr int64_t kNewYear2026 = 1'767'225'600'000;

}  // namespace

TEST_CASE("spec/r2.md 2.2 item 1: an Age counts from the upload, in milliseconds") {
  const auto rules = rules_of(kDay);
  CHECK(lock_until("k", 1000, rules) == 86'401'000);
  CHECK(lock_until("", 0, rules) == 86'400'000);
}

TEST_CASE("spec/r2.md 2.2 item 1: a Date holds for its prefix only") {
  const auto rules = rules_of(kDate);
  CHECK(lock_until("a/x", 5, rules) == kNewYear2026);
  CHECK(lock_until("a/", 5, rules) == kNewYear2026);
  CHECK(lock_until("a", 5, rules) == kUnlocked);
  CHECK(lock_until("b/a/", 5, rules) == kUnlocked);
}

TEST_CASE("spec/r2.md 2.2 item 2: the longest of several wins, Indefinite above all") {
  const auto rules = rules_of(std::string(kDay) + "," + kDate + "," + kForever);
  CHECK(lock_until("a/x", 0, rules) == kNewYear2026);
  CHECK(lock_until("a/x", kNewYear2026, rules) == kNewYear2026 + 86'400'000);
  CHECK(lock_until("a/b", 0, rules) == kLockedForever);
  CHECK(lock_until("c", 0, rules) == 86'400'000);
  CHECK(lock_until("c", 0, {}) == kUnlocked);
}

TEST_CASE("spec/r2.md 2.2 item 1: a rule that is not enabled locks nothing") {
  CHECK(lock_until("k", 0, rules_of(R"({"id":"a","enabled":false,"condition":{"type":"Indefinite"}})")) ==
        kUnlocked);
}

TEST_CASE("spec/r2.md 2.2 item 3: nothing is stamped; the same object under other rules") {
  CHECK(lock_until("k", 0, rules_of(kDay)) == 86'400'000);
  CHECK(lock_until("k", 0, rules_of(
            R"({"id":"day","enabled":true,"condition":{"type":"Age","maxAgeSeconds":1}})")) == 1000);
}

TEST_CASE("spec/r2.md 2.2 item 8: at the deadline itself it is unlocked; prefixes compare after NFC") {
  const int64_t until = lock_until("k", 0, rules_of(kDay));
  CHECK(86'399'999 < until);
  CHECK_FALSE(86'400'000 < until);
  const auto rules =
      rules_of("{\"id\":\"u\",\"enabled\":true,\"prefix\":\"cafe\xcc\x81/\",\"condition\":{\"type\":\"Indefinite\"}}");
  CHECK(lock_until("caf\xc3\xa9/menu", 0, rules) == kLockedForever);
}

TEST_CASE("spec/r2.md 2.1: ages beyond every date do not wrap around") {
  const auto rules = rules_of(
      R"({"id":"a","enabled":true,"condition":{"type":"Age","maxAgeSeconds":9007199254740991}})");
  CHECK(lock_until("k", 1'700'000'000'000, rules) > int64_t{9'000'000'000'000'000'000});
}

TEST_CASE("spec/r2.md 2.1: ages seen accepted, dates of RFC 3339, 3600.0") {
  for (const char* age : {"3600", "86400", "315360000", "3600.0"})
    rules_of(std::string(R"({"id":"a","enabled":true,"condition":{"type":"Age","maxAgeSeconds":)") +
             age + "}}");
  for (const char* date : {"2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z",
                           "2026-01-01T01:00:00+01:00", "2025-12-31t19:00:00.0000-05:00"}) {
    const auto rules = rules_of(
        std::string(R"({"id":"a","enabled":true,"condition":{"type":"Date","date":")") + date + "\"}}");
    CHECK(rules[0].date_ms == kNewYear2026);
    CHECK(rules[0].date == date);
  }
}

TEST_CASE("spec/r2.md 2.1: the document comes back, sorted by id") {
  const auto rules = rules_of(std::string(kForever) + "," + kDay + "," + kDate);
  CHECK(lock_rules_json(rules) ==
        std::string("{\"rules\":[") + kDate + "," + kDay + "," + kForever + "]}");
  CHECK(lock_rules_json({}) == R"({"rules":[]})");
  CHECK(parse_lock_rules(R"({"rules":[]})")->empty());
}

TEST_CASE("spec/r2.md 2.4: an error names the rule, the field, the value and what is expected") {
  const std::string good = R"("id":"a","enabled":true)";
  const auto age = [&good](std::string_view value) {
    return error_of("{" + good + R"(,"condition":{"type":"Age","maxAgeSeconds":)" +
                    std::string(value) + "}}");
  };
  for (const char* bad : {"0", "-5", "1.5", "\"1\"", "1e300", "true"})
    CHECK(age(bad).starts_with(R"(rules[0] ("a"): "condition.maxAgeSeconds" is )"));
  CHECK(age("-5") ==
        R"(rules[0] ("a"): "condition.maxAgeSeconds" is -5; it must be a whole number of seconds above 0)");
  CHECK(error_of("{" + good + R"(,"condition":{"type":"Age","maxAge":5}})") ==
        R"(rules[0] ("a"): "condition.maxAge" is a lifecycle rule's field; a lock rule says "maxAgeSeconds")");
  CHECK(error_of("{" + good + R"(,"condition":{"type":"Date","date":"2026-02-30T00:00:00Z"}})") ==
        R"(rules[0] ("a"): "condition.date" is "2026-02-30T00:00:00Z"; it must be a time of RFC 3339, such as "2026-01-01T00:00:00Z")");
  CHECK(error_of("{" + good + R"(,"condition":{"type":"Forever"}})") ==
        R"(rules[0] ("a"): "condition.type" is "Forever"; it must be "Age", "Date" or "Indefinite")");
  CHECK(error_of("{" + good + R"(,"condition":{"type":"Indefinite","date":"x"}})") ==
        R"(rules[0] ("a"): there is no field "condition.date" in a lock rule; there are: condition.type)");
  CHECK(error_of("{" + good + "}").starts_with(R"(rules[0] ("a"): "condition" is missing; it must be an object)"));
  CHECK(error_of(R"({"id":"a","enabled":"yes","condition":{"type":"Indefinite"}})") ==
        R"(rules[0] ("a"): "enabled" is "yes"; it must be true or false)");
  CHECK(error_of(R"({"id":"a","condition":{"type":"Indefinite"}})") ==
        R"(rules[0] ("a"): "enabled" is missing; it must be true or false)");
  CHECK(error_of("{" + good + R"(,"prefix":7,"condition":{"type":"Indefinite"}})") ==
        R"(rules[0] ("a"): "prefix" is 7; it must be a text; leave it out for the whole bucket)");
  CHECK(error_of("{" + good + R"(,"prefixes":"x","condition":{"type":"Indefinite"}})") ==
        R"(rules[0] ("a"): there is no field "prefixes" in a lock rule; there are: id, enabled, prefix, condition)");
  CHECK(error_of("{" + good + R"(,"enabled":false,"condition":{"type":"Indefinite"}})") ==
        R"(rules[0] ("a"): "enabled" is given twice; give it once)");
}

TEST_CASE("spec/r2.md 2.1: ids are there and unique, the rules an array of at most 1,000 objects") {
  CHECK(error_of(R"({"enabled":true})").starts_with("rules[0]: \"id\" is missing"));
  CHECK(error_of(R"({"id":"","enabled":true})").starts_with("rules[0]: \"id\" is \"\""));
  CHECK(error_of(std::string(kDay) + "," + kDate + "," + kDay) ==
        R"(rules[2] ("day"): "id" is that of rules[0] too; give each rule its own)");
  CHECK(error_of("3") == "rules[0] is 3; it must be an object");
  CHECK(parse_lock_rules("[]").error() ==
        "the document is []; it must be an object {\"rules\": [...]} of lock rules");
  CHECK(parse_lock_rules("{}").error().starts_with("\"rules\" is missing"));
  CHECK(parse_lock_rules(R"({"rules":{}})").error().starts_with("\"rules\" is {}"));
  CHECK(parse_lock_rules("{\n\"rules\":[\n}").error().starts_with("line 3 is not JSON: "));
  CHECK(parse_lock_rules("").error().starts_with("line 1 is not JSON: "));
  CHECK_FALSE(parse_lock_rules("{\"rules\":[{\"id\":\"\xff\"}]}"));
  std::string many;
  for (int i = 0; i < 1001; ++i)
    many += (i ? "," : "") + std::string("{\"id\":\"") + std::to_string(i) +
            R"(","enabled":true,"condition":{"type":"Indefinite"}})";
  CHECK(error_of(many) ==
        "there are 1001 rules; a bucket has at most 1000 lock rules: leave out or merge some");
  CHECK(rules_of(many.substr(0, many.rfind(",{"))).size() == 1000);
}

TEST_CASE("spec/r2.md 2.4: a document nested very deeply is only a wrong document") {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  CHECK(parse_lock_rules(deep).error().starts_with("the document is [...]; it must be an object"));
  CHECK(error_of("{\"id\":\"a\",\"enabled\":" + deep + "}") ==
        "rules[0] (\"a\"): \"enabled\" is [...]; it must be true or false");
  CHECK(error_of("{\"id\":\"a\",\"enabled\":[1,2]}") ==
        "rules[0] (\"a\"): \"enabled\" is [1,2]; it must be true or false");
}

TEST_CASE("RFC 3339: read and written") {
  CHECK(rfc3339(kNewYear2026) == "2026-01-01T00:00:00.000Z");
  CHECK(rfc3339(1'716'579'404'379) == "2024-05-24T19:36:44.379Z");
  CHECK(rfc3339(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(rfc3339(INT64_MAX) == "9999-12-31T23:59:59.999Z");
  CHECK(rfc3339(INT64_MIN) == "0000-01-01T00:00:00.000Z");
  CHECK(parse_rfc3339("2024-05-24T19:36:44.379Z") == 1'716'579'404'379);
  CHECK(parse_rfc3339("1969-12-31T23:59:59.999Z") == -1);
  CHECK(parse_rfc3339("2024-02-29T00:00:00Z"));
  CHECK(parse_rfc3339("2026-01-01T00:00:00.0001Z") == kNewYear2026 + 1);
  CHECK(parse_rfc3339("2025-12-31T23:59:60Z") == kNewYear2026);
  for (const char* bad :
       {"", "2026-01-01", "2026-01-01T00:00Z", "2026-01-01T00:00:00", "2026-1-01T00:00:00Z",
        "2023-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+0100",
        "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00Zx", " 2026-01-01T00:00:00Z",
        "Thu, 01 Jan 2026 00:00:00 GMT", "-026-01-01T00:00:00Z"})
    CHECK_FALSE_MESSAGE(parse_rfc3339(bad), bad);
  for (int64_t ms = -70'000'000'000'000; ms < 260'000'000'000'000; ms += 7'777'777'777'777)
    if (ms > -62'167'219'200'000 && ms < 253'402'300'799'999)
      CHECK(parse_rfc3339(rfc3339(ms)) == ms);
}
