// The dated table: spec/limits.md 1 (the timeline), 2 and 2.2 (values), and its consistency.
#include "runtime/limits/table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

using namespace offing;

namespace {

constexpr uint64_t kKiB = 1024, kMiB = 1024 * kKiB;

// The value on the last day of the old one and on the first of the new one.
void check_step(Plan plan, uint64_t Limits::*field, const char* last, uint64_t old_value,
                const char* first, uint64_t new_value) {
  INFO(plan_name(plan), " ", first);
  CHECK(limits_of(plan, last).*field == old_value);
  CHECK(limits_of(plan, first).*field == new_value);
}

void check_both(uint64_t Limits::*field, const char* last, uint64_t old_value, const char* first,
                uint64_t new_value) {
  check_step(Plan::kFree, field, last, old_value, first, new_value);
  check_step(Plan::kPaid, field, last, old_value, first, new_value);
}

}  // namespace

TEST_CASE("spec/limits.md 1: until 2022-11 1 MB compressed on all plans, startup 200 ms") {
  for (const Plan plan : {Plan::kFree, Plan::kPaid}) {
    const Limits limits = limits_of(plan, "2022-11-01");
    CHECK(limits.bundle_gzip_bytes == 1 * kMiB);
    CHECK(limits.startup_cpu_ms == 200);
  }
}

TEST_CASE("spec/limits.md 1: 2022-11-09 paid compressed size 1 to 5 MB, free stays") {
  check_step(Plan::kPaid, &Limits::bundle_gzip_bytes, "2022-11-08", kMiB, "2022-11-09", 5 * kMiB);
  check_step(Plan::kFree, &Limits::bundle_gzip_bytes, "2022-11-08", kMiB, "2022-11-09", kMiB);
}

TEST_CASE("spec/limits.md 1: 2023-06-20 startup CPU 200 to 400 ms") {
  check_both(&Limits::startup_cpu_ms, "2023-06-19", 200, "2023-06-20", 400);
}

TEST_CASE("spec/limits.md 1: in 2023 paid compressed size 5 to 10 MB") {
  CHECK(limits_of(Plan::kPaid, "2023-05-31").bundle_gzip_bytes == 5 * kMiB);
  CHECK(limits_of(Plan::kPaid, "2023-11-01").bundle_gzip_bytes == 10 * kMiB);
}

TEST_CASE("spec/limits.md 1: 2024-11-25 free compressed size 1 to 3 MB") {
  check_step(Plan::kFree, &Limits::bundle_gzip_bytes, "2024-11-24", kMiB, "2024-11-25", 3 * kMiB);
}

TEST_CASE("spec/limits.md 1: 2025-03-25 paid CPU configurable to 300,000 ms, default 30,000") {
  check_step(Plan::kPaid, &Limits::cpu_ms_max, "2025-03-24", 30'000, "2025-03-25", 300'000);
  check_step(Plan::kPaid, &Limits::request_cpu_ms, "2025-03-24", 30'000, "2025-03-25", 30'000);
  CHECK(limits_of(Plan::kFree, "2026-09-17").cpu_ms_max == 0);
}

TEST_CASE("spec/limits.md 1: 2025-04-07 log data 128 to 256 KB") {
  check_both(&Limits::log_bytes, "2025-04-06", 128 * kKiB, "2025-04-07", 256 * kKiB);
}

TEST_CASE("spec/limits.md 1: 2025-05-23 uncompressed size 64 MB documented, enforced earlier") {
  check_both(&Limits::bundle_bytes, "2025-05-22", 64 * kMiB, "2025-05-23", 64 * kMiB);
}

TEST_CASE("spec/limits.md 1: 2025-09-02 static asset files, paid 20,000 to 100,000") {
  check_step(Plan::kPaid, &Limits::asset_files, "2025-09-01", 20'000, "2025-09-02", 100'000);
  check_step(Plan::kFree, &Limits::asset_files, "2025-09-01", 20'000, "2025-09-02", 20'000);
}

TEST_CASE("spec/limits.md 1: 2025-10-10 startup CPU 400 ms to 1 s") {
  check_both(&Limits::startup_cpu_ms, "2025-10-09", 400, "2025-10-10", 1000);
}

TEST_CASE("spec/limits.md 1: 2025-10-16 headers 32 KB and 16 KB each to 128 KB in all") {
  check_both(&Limits::headers_bytes, "2025-10-15", 32 * kKiB, "2025-10-16", 128 * kKiB);
  check_both(&Limits::header_bytes, "2025-10-15", 16 * kKiB, "2025-10-16", 0);
}

TEST_CASE("spec/limits.md 1: 2025-10-31 received WebSocket message 1 to 32 MiB") {
  check_both(&Limits::websocket_message_bytes, "2025-10-30", kMiB, "2025-10-31", 32 * kMiB);
}

TEST_CASE("spec/limits.md 1, 5: 2026-02-11 paid subrequests 1,000 to 10,000, and the texts") {
  constexpr const char* kLast = "2026-02-10";
  constexpr const char* kFirst = "2026-02-11";
  check_step(Plan::kPaid, &Limits::external_subrequests, kLast, 1'000, kFirst, 10'000);
  check_step(Plan::kPaid, &Limits::internal_subrequests, kLast, 1'000, kFirst, 10'000);
  check_step(Plan::kPaid, &Limits::subrequests_max, kLast, 0, kFirst, 10'000'000);
  check_step(Plan::kFree, &Limits::external_subrequests, kLast, 50, kFirst, 50);
  check_step(Plan::kFree, &Limits::internal_subrequests, kLast, 1'000, kFirst, 1'000);
  const Limits old_limits = limits_of(Plan::kPaid, kLast);
  const Limits new_limits = limits_of(Plan::kPaid, kFirst);
  CHECK(old_limits.external_subrequests_text == "Too many subrequests.");
  CHECK(old_limits.internal_subrequests_text ==
        "Too many API requests by single worker invocation.");
  CHECK(new_limits.external_subrequests_text ==
        "Too many subrequests by single Worker invocation. To configure this limit, refer to "
        "https://developers.cloudflare.com/workers/wrangler/configuration/#limits");
  CHECK(new_limits.internal_subrequests_text ==
        "Too many API requests by single Worker invocation. To configure this limit, refer to "
        "https://developers.cloudflare.com/workers/wrangler/configuration/#limits");
}

TEST_CASE("spec/limits.md 1: the free burst limit is gone on 2026-07-28, was there on 2026-02-11") {
  CHECK(limits_of(Plan::kFree, "2026-02-11").burst_requests_min == 1'000);
  CHECK(limits_of(Plan::kFree, "2026-07-28").burst_requests_min == 0);
  CHECK(limits_of(Plan::kPaid, "2026-02-11").burst_requests_min == 0);
}

TEST_CASE("spec/limits.md 1: 2026-04-09 connections count while they wait for headers") {
  check_both(&Limits::connections, "2026-04-08", 6, "2026-04-09", 6);
  CHECK(limits_of(Plan::kFree, "2026-04-08").connection_count == ConnectionCount::kOpen);
  CHECK(limits_of(Plan::kFree, "2026-04-09").connection_count ==
        ConnectionCount::kWaitingForHeaders);
}

TEST_CASE("spec/limits.md 1: 2026-09-04 no compressed size any more, 64 MiB uncompressed stays") {
  check_step(Plan::kFree, &Limits::bundle_gzip_bytes, "2026-09-03", 3 * kMiB, "2026-09-04", 0);
  check_step(Plan::kPaid, &Limits::bundle_gzip_bytes, "2026-09-03", 10 * kMiB, "2026-09-04", 0);
  check_both(&Limits::bundle_bytes, "2026-09-03", 64 * kMiB, "2026-09-04", 64 * kMiB);
  // Enterprise uploads changed on that day; the zone assumed here is a Free one.
  check_both(&Limits::request_body_bytes, "2026-09-03", 100 * kMiB, "2026-09-04", 100 * kMiB);
}

TEST_CASE("spec/limits.md 1: 3 MB and 400 ms hold together from 2024-11-25 to 2025-10-09") {
  for (const char* date : {"2024-11-25", "2025-09-01", "2025-10-09"}) {
    const Limits limits = limits_of(Plan::kFree, date);
    CHECK(limits.bundle_gzip_bytes == 3 * kMiB);
    CHECK(limits.startup_cpu_ms == 400);
  }
}

TEST_CASE("spec/limits.md 2: values of the free and the paid plan today") {
  const Limits free = limits_of(Plan::kFree, "2026-09-17");
  const Limits paid = limits_of(Plan::kPaid, "2026-09-17");
  struct Row {
    uint64_t Limits::*field;
    uint64_t free, paid;
  };
  constexpr Row kRows[] = {
      {&Limits::bundle_gzip_bytes, 0, 0}, {&Limits::bundle_bytes, 64 * kMiB, 64 * kMiB},
      {&Limits::startup_cpu_ms, 1000, 1000}, {&Limits::request_cpu_ms, 10, 30'000},
      {&Limits::cron_cpu_ms, 10, 30'000}, {&Limits::cron_hourly_cpu_ms, 10, 900'000},
      {&Limits::queue_cpu_ms, 10, 30'000}, {&Limits::actor_event_cpu_ms, 30'000, 30'000},
      {&Limits::memory_bytes, 128 * kMiB, 128 * kMiB},
      {&Limits::external_subrequests, 50, 10'000}, {&Limits::internal_subrequests, 1'000, 10'000},
      {&Limits::kv_operations, 1'000, 1'000}, {&Limits::cache_operations, 50, 1'000},
      {&Limits::cache_object_bytes, 512 * kMiB, 512 * kMiB}, {&Limits::connections, 6, 6},
      {&Limits::chained_workers, 32, 32}, {&Limits::loop_hops, 16, 16},
      {&Limits::daily_requests, 100'000, 0}, {&Limits::text_bindings, 64, 128},
      {&Limits::text_binding_bytes, 5 * kKiB, 5 * kKiB}, {&Limits::url_bytes, 16 * kKiB, 16 * kKiB},
      {&Limits::websocket_attachment_bytes, 16'384, 16'384},
      {&Limits::rpc_message_bytes, 32 * kMiB, 32 * kMiB}, {&Limits::timers, 10'000, 10'000},
      {&Limits::blob_bytes, 128 * kMiB, 128 * kMiB},
      {&Limits::pbkdf2_iterations, 100'000, 100'000}, {&Limits::scrypt_cost, 1 << 20, 1 << 20},
      {&Limits::redirects, 20, 20}, {&Limits::account_workers, 100, 500},
      {&Limits::account_crons, 5, 250}, {&Limits::asset_file_bytes, 25 * kMiB, 25 * kMiB},
      {&Limits::headers_file_rules, 100, 100}, {&Limits::headers_file_line_chars, 2'000, 2'000},
      {&Limits::redirects_file_static, 2'000, 2'000}, {&Limits::redirects_file_dynamic, 100, 100},
      {&Limits::redirects_file_line_chars, 2'000, 2'000},
      {&Limits::run_worker_first_rules, 100, 100}, {&Limits::run_worker_first_rule_chars, 100, 100},
      {&Limits::zone_routes, 1'000, 1'000}, {&Limits::zone_custom_domains, 100, 100},
  };
  for (size_t i = 0; i < std::size(kRows); ++i) {
    INFO("row ", i);
    CHECK(free.*kRows[i].field == kRows[i].free);
    CHECK(paid.*kRows[i].field == kRows[i].paid);
  }
}

TEST_CASE("spec/limits.md 2.1: 8 KiB a subrequest, 250 data points") {
  const Limits limits = limits_of(Plan::kPaid, "2026-09-17");
  CHECK(limits.subrequest_memory_bytes == 8 * kKiB);
  CHECK(limits.analytics_points == 250);
}

TEST_CASE("spec/limits.md 2.2: wall-clock limits") {
  for (const Plan plan : {Plan::kFree, Plan::kPaid}) {
    const Limits limits = limits_of(plan, "2026-09-17");
    CHECK(limits.request_wall_ms == 0);
    CHECK(limits.wait_until_wall_ms == 30'000);
    CHECK(limits.cron_wall_ms == 900'000);
    CHECK(limits.queue_wall_ms == 900'000);
    CHECK(limits.alarm_wall_ms == 900'000);
    CHECK(limits.actor_wall_ms == 0);
    CHECK(limits.update_wall_ms == 30'000);
  }
}

TEST_CASE("the table is whole: names and fields once, every value has a row and a source") {
  std::set<std::string_view> names;
  std::vector<uint64_t Limits::*> fields;
  for (const LimitRow& row : limit_rows()) {
    INFO(row.name);
    CHECK(names.insert(row.name).second);
    CHECK(std::find(fields.begin(), fields.end(), row.field) == fields.end());
    fields.push_back(row.field);
    CHECK(find_limit(row.name) == &row);
    CHECK_FALSE(row.about.empty());
    CHECK_FALSE(row.where.empty());
  }
  for (const LimitValue& value : limit_values()) {
    CHECK(names.contains(value.name));
    CHECK_FALSE(value.source.empty());
  }
  // Limits is these fields and three that say how: none was forgotten.
  CHECK(fields.size() * sizeof(uint64_t) + sizeof(uint64_t) + 2 * sizeof(std::string_view) ==
        sizeof(Limits));
}

// The day after "YYYY-MM-DD", for the few months in which ranges end.
static std::string next_day(std::string_view date) {
  const int month = std::stoi(std::string(date.substr(5, 2)));
  int day = std::stoi(std::string(date.substr(8, 2))) + 1, next_month = month;
  const bool short_month = month == 4 || month == 6 || month == 9 || month == 11;
  const int days = month == 2 ? 28 : short_month ? 30 : 31;
  if (day > days) day = 1, ++next_month;
  char text[16];
  std::snprintf(text, sizeof text, "%.4s-%02d-%02d", date.data(), next_month, day);
  return text;
}

TEST_CASE("the ranges of a row and a plan follow each other without a gap, the last one is open") {
  for (const LimitRow& row : limit_rows()) {
    for (const Plan plan : {Plan::kFree, Plan::kPaid}) {
      INFO(row.name, " ", plan_name(plan));
      const LimitValue* before = nullptr;
      for (const LimitValue& value : limit_values()) {
        const bool ours = value.plans == LimitValue::Plans::kBoth ||
                          (value.plans == LimitValue::Plans::kFree) == (plan == Plan::kFree);
        if (value.name != row.name || !ours) continue;
        if (before == nullptr) CHECK(value.from.empty());
        if (before != nullptr) CHECK(value.from == next_day(before->until));
        if (!value.until.empty()) CHECK(value.from <= value.until);
        before = &value;
      }
      REQUIRE(before != nullptr);
      CHECK(before->until.empty());
    }
  }
}

TEST_CASE("changes_since lists the steps after a day, up to and on another, with old and new") {
  const auto names = [](const std::vector<LimitChange>& changes) {
    std::string text;
    for (const LimitChange& change : changes)
      text += std::string(change.date) + " " + std::string(change.row->name) + "; ";
    return text;
  };
  CHECK(names(changes_since(Plan::kFree, "2025-09-01", "2026-09-17")) ==
        "2025-10-10 startup-cpu; 2025-10-16 headers; 2025-10-16 header; "
        "2025-10-31 websocket-message; 2026-04-09 connections; 2026-07-28 burst-requests; "
        "2026-09-04 bundle-gzip; ");
  CHECK(names(changes_since(Plan::kPaid, "2025-10-31", "2026-02-11")) ==
        "2026-02-11 external-subrequests; 2026-02-11 internal-subrequests; "
        "2026-02-11 subrequests-max; ");
  CHECK(names(changes_since(Plan::kPaid, "2025-10-09", "2025-10-10")) ==
        "2025-10-10 startup-cpu; ");
  CHECK(changes_since(Plan::kPaid, "2025-10-10", "2025-10-15").empty());
  const auto changes = changes_since(Plan::kPaid, "2025-10-09", "2025-10-10");
  CHECK(changes.front().before->value == 400);
  CHECK(changes.front().after->value == 1000);
}

TEST_CASE("limits in print") {
  CHECK(limit_text(LimitUnit::kBytes, 3 * kMiB) == "3 MiB");
  CHECK(limit_text(LimitUnit::kBytes, 16'384) == "16 KiB");
  CHECK(limit_text(LimitUnit::kBytes, 1'500) == "1,500 B");
  CHECK(limit_text(LimitUnit::kMs, 400) == "400 ms");
  CHECK(limit_text(LimitUnit::kMs, 30'000) == "30 s");
  CHECK(limit_text(LimitUnit::kMs, 900'000) == "15 min");
  CHECK(limit_text(LimitUnit::kCount, 10'000'000) == "10,000,000");
  CHECK(limit_text(LimitUnit::kCount, 0) == "none");
}
