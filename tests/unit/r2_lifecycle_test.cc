// Lifecycle, CORS and event notification rules (spec/r2.md 3).
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "storage/r2/cors.h"
#include "storage/r2/lifecycle.h"
#include "storage/r2/notifications.h"

using namespace offing::r2;

namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kNewYear2026 = 1'767'225'600'000;

std::string in_document(std::string_view rules) {
  return "{\"rules\":[" + std::string(rules) + "]}";
}

std::vector<LifecycleRule> lifecycle(std::string_view rules) {
  auto parsed = parse_lifecycle_rules(in_document(rules));
  REQUIRE_MESSAGE(parsed, parsed.error());
  return *parsed;
}

std::string lifecycle_error(std::string_view fields) {
  auto parsed =
      parse_lifecycle_rules(in_document("{\"id\":\"a\",\"enabled\":true" + std::string(fields) + "}"));
  REQUIRE_FALSE(parsed);
  return parsed.error();
}

std::string cors_error(std::string_view rules) {
  auto parsed = parse_cors_rules(in_document(rules));
  REQUIRE_FALSE(parsed);
  return parsed.error();
}

std::string notification_error(std::string_view rules) {
  auto parsed = parse_notification_rules(in_document(rules));
  REQUIRE_FALSE(parsed);
  return parsed.error();
}

NotificationRule fires_on(std::string prefix, std::string suffix, std::vector<Action> actions) {
  NotificationRule rule;
  rule.prefix = std::move(prefix);
  rule.suffix = std::move(suffix);
  rule.actions = std::move(actions);
  return rule;
}

constexpr char kLogs[] =
    R"({"id":"logs","enabled":true,"conditions":{"prefix":"logs/"},)"
    R"("deleteObjectsTransition":{"condition":{"type":"Age","maxAge":864000}},)"
    R"("storageClassTransitions":[{"condition":{"type":"Age","maxAge":86400},"storageClass":"InfrequentAccess"},)"
    R"({"condition":{"type":"Date","date":"2026-01-01T00:00:00Z"},"storageClass":"InfrequentAccess"}],)"
    R"("abortMultipartUploadsTransition":{"condition":{"type":"Age","maxAge":3600}}})";
constexpr char kDated[] =
    R"({"id":"dated","enabled":true,"conditions":{},)"
    R"("deleteObjectsTransition":{"condition":{"type":"Date","date":"2026-01-01T00:00:00Z"}}})";

}  // namespace

TEST_CASE("spec/r2.md 3.1: the earliest of several expirations, and the rule that makes it so") {
  const auto rules = lifecycle(std::string(kDated) + "," + kLogs);
  CHECK(expires_at("logs/a", 0, rules) == 10 * kDayMs);
  CHECK(expiring_rule("logs/a", 0, rules)->id == "logs");
  CHECK(expires_at("logs/a", kNewYear2026, rules) == kNewYear2026);
  CHECK(expiring_rule("logs/a", kNewYear2026, rules)->id == "dated");
  CHECK(expires_at("other", 0, rules) == kNewYear2026);
  CHECK(expires_at("other", 0, lifecycle(kLogs)) == kNeverDue);
  CHECK(expiring_rule("other", 0, lifecycle(kLogs)) == nullptr);
  // Past its date, a rule goes on: what is uploaded then is due at once.
  CHECK(expires_at("other", kNewYear2026 + 5, rules) == kNewYear2026);
}

TEST_CASE("spec/r2.md 3.1: a rule that is not enabled does nothing") {
  std::string off(kLogs);
  off.replace(off.find("true"), 4, "false");
  const auto rules = lifecycle(off);
  CHECK(expires_at("logs/a", 0, rules) == kNeverDue);
  CHECK(transitions_at("logs/a", 0, rules) == kNeverDue);
  CHECK(upload_aborts_at("logs/a", 0, rules) == kNeverDue);
}

TEST_CASE("spec/r2.md 3.1: an expiration beats a transition due within 24 h before it") {
  const auto rules = [](int64_t transition_s, int64_t expiry_s) {
    return lifecycle(
        R"({"id":"a","enabled":true,"conditions":{},"deleteObjectsTransition":{"condition":{"type":"Age","maxAge":)" +
        std::to_string(expiry_s) +
        R"(}},"storageClassTransitions":[{"condition":{"type":"Age","maxAge":)" +
        std::to_string(transition_s) + R"(},"storageClass":"InfrequentAccess"}]})");
  };
  CHECK(transitions_at("k", 0, rules(86'400, 172'801)) == kDayMs);
  CHECK(transitions_at("k", 0, rules(86'400, 172'800)) == kNeverDue);
  CHECK(transitions_at("k", 0, rules(86'400, 86'400)) == kNeverDue);
  CHECK(transitions_at("k", 0, rules(86'400, 10)) == kNeverDue);
  CHECK(transitions_at("k", 7, rules(0, 172'800)) == 7);
  CHECK(transitions_at("logs/k", 0, lifecycle(kLogs)) == kDayMs);
  CHECK(transitions_at("k", 0, lifecycle(kDated)) == kNeverDue);
}

TEST_CASE("spec/r2.md 3.1 M9: uploads are aborted after 7 days, earlier if a rule says so") {
  std::vector<LifecycleRule> rules = {default_abort_rule()};
  CHECK(upload_aborts_at("logs/x", 1, rules) == 7 * kDayMs + 1);
  rules.push_back(lifecycle(kLogs)[0]);
  CHECK(upload_aborts_at("logs/x", 1, rules) == 3'600'001);
  CHECK(upload_aborts_at("x", 1, rules) == 7 * kDayMs + 1);
  CHECK(upload_aborts_at("x", 1, {}) == kNeverDue);
  CHECK(lifecycle_rules_json(std::vector{default_abort_rule()}) ==
        R"({"rules":[{"id":"Default Multipart Abort Rule","enabled":true,"conditions":{},)"
        R"("abortMultipartUploadsTransition":{"condition":{"type":"Age","maxAge":604800}}}]})");
}

TEST_CASE("spec/r2.md 3.1: the document comes back as it was given") {
  const std::string both = std::string(kLogs) + "," + kDated;
  CHECK(lifecycle_rules_json(lifecycle(both)) == in_document(both));
  CHECK(lifecycle_rules_json({}) == R"({"rules":[]})");
}

TEST_CASE("spec/r2.md 3.1: `maxAge` here, `maxAgeSeconds` in locks") {
  CHECK(lifecycle_error(
            R"(,"conditions":{},"deleteObjectsTransition":{"condition":{"type":"Age","maxAgeSeconds":1}})") ==
        R"(rules[0] ("a"): "deleteObjectsTransition.condition.maxAgeSeconds" is a lock rule's field; a lifecycle rule says "maxAge", in seconds)");
}

TEST_CASE("spec/r2.md 3.1: an error names the rule, the field and what is expected") {
  CHECK(lifecycle_error(
            R"(,"conditions":{},"abortMultipartUploadsTransition":{"condition":{"type":"Date","date":"2026-01-01T00:00:00Z"}})")
            .starts_with(
                R"(rules[0] ("a"): "abortMultipartUploadsTransition.condition.type" is "Date"; it must be "Age")"));
  CHECK(lifecycle_error(
            R"(,"conditions":{},"storageClassTransitions":[{"condition":{"type":"Age","maxAge":1},"storageClass":"Standard"}])")
            .starts_with(
                R"(rules[0] ("a"): "storageClassTransitions[0].storageClass" is "Standard"; it must be "InfrequentAccess")"));
  CHECK(lifecycle_error(
            R"(,"conditions":{},"deleteObjectsTransition":{"condition":{"type":"Age","maxAge":0}})") ==
        R"(rules[0] ("a"): "deleteObjectsTransition.condition.maxAge" is 0; it must be a whole number of seconds above 0)");
  CHECK(lifecycle_error(
            R"(,"conditions":{},"deleteObjectsTransition":{"condition":{"type":"Date","date":"tomorrow"}})")
            .starts_with(R"(rules[0] ("a"): "deleteObjectsTransition.condition.date" is "tomorrow")"));
  CHECK(lifecycle_error(R"(,"prefix":"logs/","conditions":{})") ==
        R"(rules[0] ("a"): "prefix" stands in "conditions": {"conditions": {"prefix": "logs/"}})");
  CHECK(lifecycle_error("").starts_with(R"(rules[0] ("a"): "conditions" is missing)"));
  CHECK(lifecycle_error(R"(,"conditions":{"suffix":"x"})") ==
        R"(rules[0] ("a"): there is no field "conditions.suffix" in a lifecycle rule; there are: conditions.prefix)");
  CHECK(lifecycle_error(R"(,"conditions":{},"deleteObjectsTransition":{})")
            .starts_with(R"(rules[0] ("a"): "deleteObjectsTransition.condition" is missing)"));
  CHECK(lifecycle_error(R"(,"conditions":{},"storageClassTransitions":{})")
            .starts_with(R"(rules[0] ("a"): "storageClassTransitions" is {}; it must be a list)"));
  std::string many;
  for (int i = 0; i < 1001; ++i)
    many += (i ? "," : "") + std::string("{\"id\":\"") + std::to_string(i) + "\"}";
  CHECK(parse_lifecycle_rules(in_document(many)).error() ==
        "there are 1001 rules; a bucket has at most 1000 lifecycle rules: leave out or merge some");
}

TEST_CASE("spec/r2.md 3.3: origins exactly, methods, headers in any case") {
  const auto rules = *parse_cors_rules(
      R"({"rules":[{"id":"one","allowed":{"origins":["https://a.example","http://localhost:3000"],)"
      R"("methods":["GET","PUT"],"headers":["Content-Type","x-a"]},"exposeHeaders":["ETag"],"maxAgeSeconds":86400},)"
      R"({"allowed":{"origins":["*"],"methods":["HEAD"],"headers":["*"]}}]})");
  CHECK(allowing_rule(rules, "https://a.example", "GET", "") == &rules[0]);
  CHECK(allowing_rule(rules, "http://localhost:3000", "PUT", "content-type, X-A") == &rules[0]);
  CHECK(allowing_rule(rules, "https://a.example", "PUT", "content-type,x-b") == nullptr);
  CHECK(allowing_rule(rules, "https://A.example", "GET", "") == nullptr);
  CHECK(allowing_rule(rules, "https://a.example:443", "GET", "") == nullptr);
  CHECK(allowing_rule(rules, "https://a.example", "DELETE", "") == nullptr);
  CHECK(allowing_rule(rules, "null", "HEAD", "anything, at-all") == &rules[1]);
  CHECK(allowing_rule(rules, "", "HEAD", "") == nullptr);
  CHECK(*rules[0].max_age_s == 86'400);
  CHECK_FALSE(rules[1].max_age_s);
  CHECK(cors_rules_json(rules) ==
        R"({"rules":[{"id":"one","allowed":{"origins":["https://a.example","http://localhost:3000"],)"
        R"("methods":["GET","PUT"],"headers":["Content-Type","x-a"]},"exposeHeaders":["ETag"],"maxAgeSeconds":86400},)"
        R"({"allowed":{"origins":["*"],"methods":["HEAD"],"headers":["*"]}}]})");
}

TEST_CASE("spec/r2.md 3.3: AWS-style names are refused with the name to use") {
  CHECK(cors_error(R"({"AllowedOrigins":["*"],"AllowedMethods":["GET"]})") ==
        R"(rules[0]: "AllowedOrigins" is a name of the S3 API; here it is "allowed.origins")");
  CHECK(cors_error(R"({"allowed":{"origins":["*"],"methods":["GET"]},"MaxAgeSeconds":5})") ==
        R"(rules[0]: "MaxAgeSeconds" is a name of the S3 API; here it is "maxAgeSeconds")");
  CHECK(parse_cors_rules(R"([{"AllowedOrigins":["*"]}])").error().find("names of the S3 API") !=
        std::string::npos);
}

TEST_CASE("spec/r2.md 3.3: what a CORS document may hold") {
  const auto origin = [](std::string_view text) {
    return in_document("{\"allowed\":{\"methods\":[\"GET\"],\"origins\":[\"" + std::string(text) +
                       "\"]}}");
  };
  for (const char* good : {"*", "https://a.b", "http://localhost:8080", "http://127.0.0.1",
                           "http://[::1]:80", "capacitor://localhost"})
    CHECK_MESSAGE(parse_cors_rules(origin(good)), good);
  for (const char* bad : {"a.b", "https://", "https://a.b/", "https://a.b/x", "https://a b", "://a",
                          "https://a:b", "https://a:99999", "https://a:", "https://u@a", "https://[::1",
                          "https://*.a.b"})
    CHECK_FALSE_MESSAGE(parse_cors_rules(origin(bad)), bad);
  CHECK(parse_cors_rules(origin("https://a.b/")).error().starts_with(
      R"(rules[0]: "allowed.origins[0]" is "https://a.b/"; it must be "*" or scheme://host[:port])"));
  CHECK(cors_error(R"({"allowed":{"origins":["*"],"methods":["OPTIONS"]}})") ==
        R"(rules[0]: "allowed.methods[0]" is "OPTIONS"; it must be one of GET, PUT, POST, DELETE, HEAD, in capitals)");
  CHECK(cors_error(R"({"allowed":{"origins":["*"],"methods":[]}})")
            .starts_with(R"(rules[0]: "allowed.methods" is []; it must be a list)"));
  CHECK(cors_error(R"({"allowed":{"origins":["*"],"methods":["GET"]},"maxAgeSeconds":86401})") ==
        R"(rules[0]: "maxAgeSeconds" is 86401; it must be a whole number of seconds from 0 to 86400)");
  CHECK(cors_error(R"({"allowed":{"origins":["*"],"methods":["GET"],"headers":["a b"]}})") ==
        R"(rules[0]: "allowed.headers" holds "a b"; that cannot be the name of a header)");
  CHECK(cors_error("{}").starts_with(R"(rules[0]: "allowed" is missing)"));
}

TEST_CASE("spec/r2.md 3.2: a rule fires on its actions, prefix and suffix together") {
  const std::vector<NotificationRule> rules = {
      fires_on("img/", ".jpg", {Action::kPutObject, Action::kCopyObject}),
      fires_on("", "", {Action::kDeleteObject}), fires_on("", ".jpg", {Action::kPutObject})};
  CHECK(firing_rules(rules, Action::kPutObject, "img/a.jpg") ==
        std::vector<const NotificationRule*>{&rules[0], &rules[2]});
  CHECK(firing_rules(rules, Action::kPutObject, "img/a.png").empty());
  CHECK(firing_rules(rules, Action::kCopyObject, "x/a.jpg").empty());
  CHECK(firing_rules(rules, Action::kDeleteObject, "x").size() == 1);
  CHECK(firing_rules(rules, Action::kLifecycleDeletion, "x").empty());
}

TEST_CASE("spec/r2.md 3.2 (11020): rules overlap when one key would fire both for one action") {
  const auto put = std::vector{Action::kPutObject};
  CHECK(overlap(fires_on("", "", put), fires_on("a", ".x", put)));
  CHECK(overlap(fires_on("a/", "", put), fires_on("", ".x", put)));
  CHECK(overlap(fires_on("a/", "jpg", put), fires_on("a/b", ".jpg", put)));
  CHECK_FALSE(overlap(fires_on("a/", "", put), fires_on("b/", "", put)));
  CHECK_FALSE(overlap(fires_on("", ".png", put), fires_on("", ".jpg", put)));
  CHECK_FALSE(overlap(fires_on("", "", put), fires_on("", "", {Action::kDeleteObject})));
  CHECK(overlap(fires_on("", "", {Action::kCopyObject, Action::kPutObject}),
                fires_on("", "", {Action::kDeleteObject, Action::kPutObject})));
}

TEST_CASE("spec/r2.md 3.2: the queue's message") {
  NotificationMessage message;
  message.account = "3f4b7e3dcab231cbfdaa90a6a28bd548";
  message.action = Action::kCopyObject;
  message.bucket = "my-bucket";
  message.key = "my-\"new\"-object";
  message.size_bytes = 65536;
  message.etag = "c846ff7a18f28c2e262116d6e8719ef0";
  message.event_ms = 1'716'579'404'379;
  message.copy_source_bucket = "src";
  message.copy_source_key = "k";
  CHECK(notification_json(message) ==
        R"({"account":"3f4b7e3dcab231cbfdaa90a6a28bd548","action":"CopyObject","bucket":"my-bucket",)"
        R"("object":{"key":"my-\"new\"-object","size":65536,"eTag":"c846ff7a18f28c2e262116d6e8719ef0"},)"
        R"("eventTime":"2024-05-24T19:36:44.379Z","copySource":{"bucket":"src","object":"k"}})");
  message.action = Action::kDeleteObject;
  message.size_bytes.reset();
  CHECK(notification_json(message) ==
        R"({"account":"3f4b7e3dcab231cbfdaa90a6a28bd548","action":"DeleteObject","bucket":"my-bucket",)"
        R"("object":{"key":"my-\"new\"-object"},"eventTime":"2024-05-24T19:36:44.379Z"})");
}

TEST_CASE("spec/r2.md 3.2: actions by their own names, not by Wrangler's groups; at most 100 rules") {
  const auto rules = parse_notification_rules(in_document(
      R"({"prefix":"a","suffix":"b","actions":["PutObject","LifecycleDeletion","PutObject"],"description":"d"})"));
  REQUIRE(rules);
  CHECK((*rules)[0].actions == std::vector{Action::kPutObject, Action::kLifecycleDeletion});
  CHECK((*rules)[0].prefix == "a");
  CHECK((*rules)[0].suffix == "b");
  CHECK((*rules)[0].description == "d");
  CHECK(notification_error(R"({"actions":["object-create"]})") ==
        R"(rules[0]: "actions[0]" is "object-create", which is Wrangler's name of several actions; write "PutObject", "CopyObject", "CompleteMultipartUpload")");
  CHECK(notification_error(R"({"actions":["object-delete"]})").find("\"LifecycleDeletion\"") !=
        std::string::npos);
  CHECK(notification_error(R"({"actions":["AbortMultipartUpload"]})")
            .starts_with(R"(rules[0]: "actions[0]" is "AbortMultipartUpload"; it must be one of PutObject)"));
  CHECK(notification_error(R"({"actions":[]})").starts_with(R"(rules[0]: "actions" is [])"));
  CHECK(notification_error("{}").starts_with(R"(rules[0]: "actions" is missing)"));
  std::string many;
  for (int i = 0; i < 101; ++i) many += (i ? "," : "") + std::string("{}");
  CHECK(notification_error(many) ==
        "there are 101 rules; a bucket has at most 100 event notification rules: leave out or merge some");
}
