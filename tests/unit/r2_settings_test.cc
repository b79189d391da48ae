#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "emulator/services/r2_tokens.h"
#include "storage/digest/digest.h"
#include "tests/unit/rest_kit.h"

using offing::parse_r2_settings;
using offing::R2Settings;
using offing::R2Token;
using offing::R2Tokens;

static std::string error_of(std::string_view json) {
  auto parsed = parse_r2_settings(json);
  return parsed ? "(no error)" : parsed.error();
}

TEST_CASE(
    "spec/r2.md 8 item 4: every switch is read, and stands at its default when it is not given") {
  const R2Settings none = *parse_r2_settings("{}");
  CHECK(none.locked_status == 409);
  CHECK(none.expired_status == 403);
  CHECK(none.refuse_overlapping_writes);
  CHECK_FALSE(none.empty_bucket_refused_by_locks);
  CHECK(none.buckets.empty());
  CHECK(none.tokens.empty());
  const R2Settings all = *parse_r2_settings(R"({
    // comments, and a comma too many
    "account_id": "0123456789abcdef0123456789abcdef", "refuse_overlapping_writes": false,
    "write_window_ms": 5, "locked_status": 403, "expired_status": 400,
    "empty_bucket_refused_by_locks": true, "strict_unsigned_trailers": true,
    "list_metadata_bytes": 4096, "lifecycle_sweep_ms": 60000, "latency_ms": 7, "sync": false,
  })");
  CHECK(all.account_id == "0123456789abcdef0123456789abcdef");
  CHECK_FALSE(all.refuse_overlapping_writes);
  CHECK(all.write_window_ms == 5);
  CHECK(all.locked_status == 403);
  CHECK(all.expired_status == 400);
  CHECK(all.empty_bucket_refused_by_locks);
  CHECK(all.strict_unsigned_trailers);
  CHECK(all.list_metadata_bytes == 4096);
  CHECK(all.lifecycle_sweep_ms == 60000);
  CHECK(all.latency_ms == 7);
  CHECK_FALSE(all.sync);
}

TEST_CASE("spec/r2.md 2.1, 3: buckets of the settings have their rules") {
  auto parsed = parse_r2_settings(R"({"buckets": {"audit": {
      "jurisdiction": "eu", "location": "apac", "storage_class": "InfrequentAccess",
      "locks": {"rules": [{"id": "l", "enabled": true, "prefix": "a/",
                           "condition": {"type": "Age", "maxAgeSeconds": 60}}]},
      "lifecycle": [{"id": "x", "enabled": true, "conditions": {"prefix": "t/"},
                     "deleteObjectsTransition": {"condition": {"type": "Age", "maxAge": 5}}}],
      "cors": {"rules": [{"allowed": {"origins": ["http://a.example"], "methods": ["GET"]}}]},
      "notifications": [{"queue": "q", "rules": [{"prefix": "a/", "actions": ["PutObject"]}]}]
  }, "plain-1": {"jurisdiction": "default"}}})");
  INFO((parsed ? "" : parsed.error()));
  REQUIRE(parsed.has_value());
  REQUIRE(parsed->buckets.size() == 2);
  const R2Settings::StartBucket& audit = parsed->buckets[0];
  CHECK(audit.settings.name == "audit");
  CHECK(audit.settings.jurisdiction == "eu");
  CHECK(audit.settings.location == "APAC");
  CHECK(audit.settings.default_class == offing::r2::StorageClass::kInfrequentAccess);
  REQUIRE(audit.locks.size() == 1);
  CHECK(audit.locks[0].age_s == 60);
  REQUIRE(audit.lifecycle.size() == 1);
  CHECK(audit.lifecycle[0].expire->age_s == 5);
  CHECK(audit.cors.size() == 1);
  REQUIRE(audit.notifications.size() == 1);
  CHECK(audit.notifications[0].queue_name == "q");
  CHECK_FALSE(audit.notifications[0].id.empty());
  CHECK(parsed->buckets[1].settings.jurisdiction.empty());
  CHECK(parsed->buckets[1].lifecycle.size() == 1);
  offing::test::RestSite site(*parsed);
  REQUIRE(site.r2->find_bucket("audit") != nullptr);
  CHECK(site.r2->find_bucket("audit")->locks.size() == 1);
}

TEST_CASE("spec/r2.md 8: the settings file names the key, the value and what is expected") {
  CHECK(error_of(R"({"locked_status": 404})") ==
        "R2 settings: \"locked_status\" is 404; it must be 403 or 409");
  CHECK(error_of(R"({"expired_status": 200})") ==
        "R2 settings: \"expired_status\" is 200; it must be 400 or 403");
  CHECK(error_of(R"({"write_window_ms": -1})") ==
        "R2 settings: \"write_window_ms\" is -1; it must be a whole number from 0 to 60000");
  CHECK(error_of(R"({"sync": 1})") == "R2 settings: \"sync\" is 1; it must be true or false");
  CHECK(error_of(R"({"sink": true})")
            .starts_with("R2 settings: there is no setting \"sink\"; there "
                         "are: account_id, "));
  CHECK(error_of(R"({"sync": true, "sync": true})") ==
        "R2 settings: \"sync\" is given twice; give it once");
  CHECK(error_of("{\n\n]").starts_with("R2 settings: line 3 is not JSON"));
  CHECK(error_of("[]") == "R2 settings: the file is []; it must be an object, {…}");
  CHECK(error_of(R"({"account_id": "me"})").find("32 hexadecimal digits") != std::string::npos);
  CHECK(error_of(R"({"buckets": {"No": {}}})")
            .starts_with("R2 settings: \"buckets.No\": a bucket's name has 3 to 63 of"));
  CHECK(error_of(R"({"buckets": {"abc": {"jurisdiction": "mars"}}})") ==
        "R2 settings: \"buckets.abc.jurisdiction\" is \"mars\"; it must be one of \"default\", "
        "\"eu\", \"fedramp\", \"us\"");
  CHECK(error_of(R"({"buckets": {"abc": {"lock": []}}})")
            .starts_with("R2 settings: there is no setting \"buckets.abc.lock\""));
  CHECK(error_of(R"({"buckets": {"abc": {"locks": [{"id": "a", "enabled": 1}]}}})")
            .starts_with("R2 settings: \"buckets.abc.locks\": "));
  CHECK(error_of(R"({"buckets": {"abc": {"notifications": [{"rules": []}]}}})")
            .starts_with("R2 settings: \"buckets.abc.notifications[0].queue\""));
  CHECK(error_of(R"({"tokens": [{}]})")
            .starts_with("R2 settings: \"tokens[0].access_key_id\": is \"\"; it must be 32 "));
}

TEST_CASE("spec/r2.md 5.1: a token's secret is the SHA-256 of its value") {
  const std::string id(32, 'a');
  auto with = [&id](const std::string& more) {
    return "{\"tokens\": [{\"access_key_id\": \"" + id + "\"" + more + "}]}";
  };
  const R2Token token = parse_r2_settings(with(R"(, "token_value": "v")"))->tokens.at(0);
  CHECK(token.secret_access_key ==
        offing::digest::to_hex(offing::digest::digest_of(offing::digest::Algorithm::kSha256, "v")));
  CHECK(token.scope == R2Token::Scope::kAdminReadWrite);
  const std::string other(64, 'b');
  CHECK(parse_r2_settings(with(", \"secret_access_key\": \"" + other + "\""))
            ->tokens.at(0).secret_access_key == other);
  CHECK(error_of(with("")).find("secret_access_key\": is missing") != std::string::npos);
  CHECK(error_of(with(R"(, "secret_access_key": "short")")).find("64 hex") != std::string::npos);
  CHECK(error_of(with(", \"token_value\": \"v\", \"secret_access_key\": \"" + other + "\""))
            .find("is not the SHA-256 of") != std::string::npos);
  CHECK(error_of(with(R"(, "token_value": "v", "scope": "root")")).find("object-read-only") !=
        std::string::npos);
  CHECK(error_of(with(R"(, "token_value": "v", "buckets": ["abc"])")).find("can be limited") !=
        std::string::npos);
}

TEST_CASE("spec/r2.md 5.1: tokens made while it runs are kept, and one is there from the start") {
  std::string name = (std::filesystem::temp_directory_path() / "offing-tokens-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(name.data());
  std::string id, made_id;
  {
    offing::VirtualWorld world(1);
    auto tokens = *R2Tokens::open(world, {}, folder.string());
    REQUIRE(tokens->all().size() == 1);
    id = tokens->all().front().access_key_id;
    CHECK(id.size() == 32);
    auto made = tokens->create("ci", R2Token::Scope::kObjectRead, {"abc"});
    REQUIRE(made.has_value());
    made_id = (*made)->access_key_id;
    CHECK(tokens->find_by_value((*made)->token_value) == *made);
    CHECK(tokens->find_by_value("") == nullptr);
    CHECK_FALSE(tokens->create("x", R2Token::Scope::kAdminRead, {"abc"}).has_value());
  }
  const auto mode = std::filesystem::status(folder / "r2-tokens.json").permissions();
  CHECK((mode & std::filesystem::perms::others_all) == std::filesystem::perms::none);
  offing::VirtualWorld world(2);
  auto tokens = *R2Tokens::open(world, {}, folder.string());
  CHECK(tokens->all().size() == 2);
  CHECK(tokens->find(id) != nullptr);
  REQUIRE(tokens->find(made_id) != nullptr);
  CHECK(tokens->find(made_id)->buckets == std::vector<std::string>{"abc"});
  CHECK(tokens->find(made_id)->scope == R2Token::Scope::kObjectRead);
  std::ofstream(folder / "r2-tokens.json") << "{\"tokens\": [{]";
  auto broken = R2Tokens::open(world, {}, folder.string());
  REQUIRE_FALSE(broken.has_value());
  CHECK(broken.error().find("r2-tokens.json: line 1 is not JSON") != std::string::npos);
  std::filesystem::remove_all(folder);
}
