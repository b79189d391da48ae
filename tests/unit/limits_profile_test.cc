// What a user asks for: profiles, single limits, the Wrangler file; what `offing limits` prints.
#include "runtime/limits/profile.h"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <string>

#include "emulator/cli/limits_report.h"

using namespace offing;

namespace {

constexpr uint64_t kMiB = 1024 * 1024;
constexpr std::string_view kToday = "2026-11-21";

Profile profile(std::string_view text) {
  auto parsed = parse_profile(text, kToday);
  REQUIRE(parsed.has_value());
  return *parsed;
}

std::string profile_error(std::string_view text) {
  auto parsed = parse_profile(text, kToday);
  return parsed ? "" : parsed.error();
}

std::string wrangler_error(std::string_view plan, WranglerLimits wrangler) {
  Profile of = profile(plan);
  wrangler.file = "wrangler.toml";
  auto done = apply_wrangler_limits(of, wrangler);
  return done ? "" : done.error();
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("spec/limits.md 1: free@2025-09-01 means 3 MiB gzip and 400 ms") {
  const Profile old_free = profile("free@2025-09-01");
  CHECK(old_free.plan == Plan::kFree);
  CHECK(old_free.name() == "free@2025-09-01");
  CHECK(old_free.limits.bundle_gzip_bytes == 3 * kMiB);
  CHECK(old_free.limits.startup_cpu_ms == 400);
}

TEST_CASE("a profile without a day is today's") {
  CHECK(profile("paid").name() == "paid@2026-11-21");
  CHECK(profile("paid").limits == limits_of(Plan::kPaid, kToday));
  CHECK(profile("free").limits == limits_of(Plan::kFree, kToday));
  CHECK(profile("paid").limits.bundle_gzip_bytes == 0);
}

TEST_CASE("off limits nothing but what belongs to an API") {
  const Profile off = profile("off");
  CHECK(off.off);
  CHECK(off.name() == "off");
  for (const LimitRow& row : limit_rows()) {
    INFO(row.name);
    const uint64_t api = limits_of(Plan::kPaid, kToday).*row.field;
    CHECK(off.limits.*row.field == (row.area == LimitArea::kApi ? api : 0));
  }
  CHECK(off.limits.redirects == 20);
}

TEST_CASE("a profile that does not exist is refused, with the value and the way out") {
  CHECK(profile_error("pro") == "--limits \"pro\": \"pro\" is no profile; it is paid, free or off, "
                                "and may name a day: free@2025-09-01");
  CHECK(profile_error("free@2025-02-30") == "--limits \"free@2025-02-30\": \"2025-02-30\" is no "
                                            "date; write YYYY-MM-DD, as in free@2025-09-01");
  CHECK(has(profile_error("paid@2019-01-01"), "the limits before 2022-11-01 are not known"));
  CHECK(has(profile_error("paid@2027-01-01"), "the limits after 2026-11-21 are not known"));
  for (const char* bad : {"", "off@2025-09-01", "free@", "free@2025-9-1", "FREE",
                          "paid@2025-09-01 ", "paid@20250901", "paid@2025-13-01", "paid@+025-01-01"}) {
    INFO(bad);
    CHECK_FALSE(profile_error(bad).empty());
  }
  CHECK(profile_error("paid@2026-11-21").empty());
  CHECK(profile_error("paid@2022-11-01").empty());
  // A computer whose clock is wrong can still ask for what the table knows.
  CHECK(parse_profile("paid@2026-09-04", "2020-01-01").has_value());
}

TEST_CASE("limits are written with units") {
  using enum LimitUnit;
  CHECK(parse_limit(kBytes, "3MiB") == 3 * kMiB);
  CHECK(parse_limit(kBytes, "3 MB") == 3 * kMiB);
  CHECK(parse_limit(kBytes, "0.5kib") == 512u);
  CHECK(parse_limit(kBytes, "1500B") == 1500u);
  CHECK(parse_limit(kBytes, "1GiB") == 1024 * kMiB);
  CHECK(parse_limit(kMs, "400ms") == 400u);
  CHECK(parse_limit(kMs, "1.5s") == 1500u);
  CHECK(parse_limit(kMs, "5min") == 300'000u);
  CHECK(parse_limit(kMs, "2h") == 7'200'000u);
  CHECK(parse_limit(kCount, "10_000") == 10'000u);
  CHECK(parse_limit(kCount, "10,000") == 10'000u);
  for (const LimitUnit unit : {kBytes, kMs, kCount}) {
    CHECK(parse_limit(unit, "none") == 0u);
    for (const char* bad : {"", "0", "0B", "0ms", "-1", "-1ms", "many", "1e3", "1.5", "ms", "1 2",
                            "99999999999999999999", "99999999999999999999GiB", "nan", "infs"}) {
      INFO(bad);
      CHECK_FALSE(parse_limit(unit, bad).has_value());
    }
  }
  CHECK_FALSE(parse_limit(kMs, "0.5ms").has_value());
  CHECK_FALSE(parse_limit(kMs, "400").has_value());
  CHECK_FALSE(parse_limit(kBytes, "400ms").has_value());
  CHECK(has(parse_limit(kMs, "400").error(), "\"400\" is no time: write a number and ms, s, min or "
                                             "h, as in 400ms"));
  CHECK(has(parse_limit(kCount, "0").error(), "none is no limit"));
}

TEST_CASE("single limits replace the profile's") {
  Profile of = profile("free@2025-09-01");
  CHECK(apply_override(of, {"--startup-cpu", "startup-cpu", "200ms"}).has_value());
  CHECK(apply_override(of, {"--memory", "memory", "64MiB"}).has_value());
  CHECK(apply_override(of, {"--bundle-gzip", "bundle-gzip", "none"}).has_value());
  CHECK(of.limits.startup_cpu_ms == 200);
  CHECK(of.limits.memory_bytes == 64 * kMiB);
  CHECK(of.limits.bundle_gzip_bytes == 0);
  CHECK(apply_override(of, {"--cpu", "cpu", "50ms"}).has_value());
  CHECK(of.limits.request_cpu_ms == 50);
  CHECK(of.limits.actor_event_cpu_ms == 50);
  CHECK(of.limits.queue_cpu_ms == 50);
  CHECK(of.limits.cron_cpu_ms == 50);
  CHECK(apply_override(of, {"--subrequests", "subrequests", "7"}).has_value());
  CHECK(of.limits.external_subrequests == 7);
  CHECK(of.limits.internal_subrequests == 7);
  for (const LimitRow& row : limit_rows()) {  // each can be set by its name
    const std::string value = row.unit == LimitUnit::kBytes ? "1B"
                              : row.unit == LimitUnit::kMs  ? "1ms"
                                                            : "1";
    auto named = parse_override(std::string(row.name) + "=" + value);
    REQUIRE(named.has_value());
    CHECK(apply_override(of, *named).has_value());
    CHECK(of.limits.*row.field == 1);
  }
  CHECK(apply_override(of, {"--memory", "memory", "64"}).error().starts_with(
      "--memory: \"64\" is no size: write a number and B, KiB, MiB or GiB, as in 3MiB"));
  CHECK(apply_override(of, {"--limit", "timers", "x"}).error().starts_with(
      "--limit timers: \"x\" is no whole number"));
  CHECK(apply_override(of, {"--limit", "speed", "1"}).error() ==
        "--limit: \"speed\" is no limit; `offing limits` lists the names");
  for (const char* bad : {"timers", "=1", ""}) CHECK_FALSE(parse_override(bad).has_value());
}

TEST_CASE("spec/limits.md 1: limits.cpu_ms and limits.subrequests up to what the day allows") {
  Profile of = profile("paid");
  REQUIRE(apply_wrangler_limits(of, {"wrangler.toml", 300'000, 10'000'000}).has_value());
  CHECK(of.limits.request_cpu_ms == 300'000);
  CHECK(of.limits.queue_cpu_ms == 300'000);
  CHECK(of.limits.actor_event_cpu_ms == 300'000);
  CHECK(of.limits.cron_hourly_cpu_ms == 900'000);
  CHECK(of.limits.external_subrequests == 10'000'000);
  CHECK(of.limits.internal_subrequests == 10'000'000);
  CHECK(wrangler_error("paid", {"", 300'001, {}}) ==
        "wrangler.toml: limits.cpu_ms = 300001 is outside 1 to 300000, what may be configured on "
        "the paid plan on 2026-11-21.");
  CHECK(has(wrangler_error("paid", {"", {}, 10'000'001}),
            "limits.subrequests = 10000001 is outside 1 to 10000000"));
  CHECK_FALSE(wrangler_error("paid", {"", 0, {}}).empty());
  CHECK_FALSE(wrangler_error("paid", {"", {}, -5}).empty());
  CHECK(wrangler_error("paid", {"", 1, 1}).empty());
  CHECK(wrangler_error("paid", {}).empty());
}

TEST_CASE("spec/limits.md 1: before their day, and on the free plan, they cannot be configured") {
  CHECK(wrangler_error("paid@2026-02-10", {"", {}, 50}) ==
        "wrangler.toml: limits.subrequests = 50 cannot be configured on the paid plan on "
        "2026-02-10: it can be since 2026-02-11. Remove it, or choose a later day: --limits "
        "paid@DATE.");
  CHECK(wrangler_error("paid@2026-02-11", {"", {}, 50}).empty());
  CHECK(has(wrangler_error("paid@2025-03-24", {"", 30'001, {}}), "outside 1 to 30000"));
  CHECK(wrangler_error("paid@2025-03-24", {"", 30'000, {}}).empty());
  CHECK(has(wrangler_error("paid@2023-01-01", {"", 50, {}}), "it can be since 2023-10-20"));
  CHECK(has(wrangler_error("free", {"", 5, {}}), "(100328). Remove it, or choose --limits paid."));
  CHECK(has(wrangler_error("free", {"", {}, 5}), "cannot be configured on the free plan"));
  CHECK(wrangler_error("off", {"", 999'999, 5}).empty());
}

TEST_CASE("the command line wins over the Wrangler file, and that over the table") {
  auto made = make_profile("paid", kToday, {"wrangler.toml", 50, 100},
                           {{"--cpu", "cpu", "20ms"}, {"--limit", "actor-cpu", "5s"}});
  REQUIRE(made.has_value());
  CHECK(made->limits.request_cpu_ms == 20);
  CHECK(made->limits.actor_event_cpu_ms == 5000);
  CHECK(made->limits.external_subrequests == 100);
  CHECK(made->limits.startup_cpu_ms == 1000);
  auto off = make_profile("off", kToday, {"wrangler.toml", 50, 100},
                          {{"--startup-cpu", "startup-cpu", "400ms"}});
  REQUIRE(off.has_value());
  CHECK(off->limits.startup_cpu_ms == 400);
  CHECK(off->limits.request_cpu_ms == 0);
  CHECK_FALSE(make_profile("nothing", kToday, {}, {}).has_value());
  CHECK_FALSE(make_profile("paid", kToday, {"w", 0, {}}, {}).has_value());
  CHECK_FALSE(make_profile("paid", kToday, {}, {{"--cpu", "cpu", "fast"}}).has_value());
}

TEST_CASE("offing limits: every row with its days and source, then what has changed") {
  const std::string text = cli::limits_as_text(profile("free@2025-09-01"), kToday);
  CHECK(text.starts_with("Limits of the free plan on 2025-09-01\n"));
  for (const LimitRow& row : limit_rows()) CHECK(has(text, "\n  " + std::string(row.name) + " "));
  const Enforcement gzip = find_limit("bundle-gzip")->enforcement;
  CHECK(has(text, "  2024-11-25  2026-09-03  " + std::string(enforcement_name(gzip))));
  CHECK(has(text, "all modules in one gzip stream"));
  CHECK(has(text, "[P#18400]"));
  CHECK(has(text, "Changed since 2025-09-01, free plan\n  2025-10-10  startup-cpu"));
  CHECK(has(text, "400 ms -> 1 s [C:2025-10-10]"));
  CHECK(has(text, "6 open -> 6 waiting for headers [C:2026-04-09]"));
  CHECK(has(text, "3 MiB -> none [C:2026-09-04]"));
  CHECK(has(cli::limits_as_text(profile("paid"), kToday), "Nothing has changed since 2026-11-21."));
}

TEST_CASE("offing limits --json: the same as values") {
  rapidjson::Document json;
  json.Parse(cli::limits_as_json(profile("free@2025-09-01"), kToday).c_str());
  REQUIRE_FALSE(json.HasParseError());
  CHECK(std::string(json["plan"].GetString()) == "free");
  CHECK(std::string(json["date"].GetString()) == "2025-09-01");
  REQUIRE(json["limits"].Size() == limit_rows().size());
  const auto& gzip = json["limits"][0];
  CHECK(std::string(gzip["name"].GetString()) == "bundle-gzip");
  CHECK(gzip["limit"]["value"].GetUint64() == 3 * kMiB);
  CHECK(std::string(gzip["limit"]["until"].GetString()) == "2026-09-03");
  CHECK(json["limits"][1]["limit"]["since"].IsNull());
  REQUIRE(json["changes"].Size() == 7);
  CHECK(json["changes"][6]["after"]["value"].IsNull());
  CHECK(json["changes"][0]["before"]["value"].GetUint64() == 400);
}
