// The numbers: spec/limits.md sections 1, 2, 2.1 and 2.2, row by row.
#include "runtime/limits/table.h"

namespace offing {

namespace {

constexpr uint64_t kKiB = 1024, kMiB = 1024 * kKiB;
constexpr uint64_t kSecond = 1000, kMinute = 60 * kSecond;
constexpr auto kFree = LimitValue::Plans::kFree;
constexpr auto kPaid = LimitValue::Plans::kPaid;
constexpr auto kBoth = LimitValue::Plans::kBoth;

constexpr std::string_view kPage = "D:workers/platform/limits";
constexpr std::string_view kObjects = "D:durable-objects/platform/limits";
constexpr std::string_view kQueues = "D:queues/platform/limits";
constexpr std::string_view kEnforcer = "W:io/limit-enforcer.h";
constexpr std::string_view kAssets = "S:packages/workers-shared/utils/configuration/constants.ts";

// NOLINTBEGIN: a table
constexpr LimitValue kValues[] = {
    // --- Deploying and starting
    {"bundle-gzip", kFree, 1 * kMiB, "", "2024-11-24", "P#18400"},
    {"bundle-gzip", kFree, 3 * kMiB, "2024-11-25", "2026-09-03", "P#18400"},
    {"bundle-gzip", kFree, 0, "2026-09-04", "", "C:2026-09-04"},
    {"bundle-gzip", kPaid, 1 * kMiB, "", "2022-11-08", "P#6613"},
    {"bundle-gzip", kPaid, 5 * kMiB, "2022-11-09", "2023-10-31", "P#6613",
     "10 MiB since some day between June and October 2023; the later end is taken"},
    {"bundle-gzip", kPaid, 10 * kMiB, "2023-11-01", "2026-09-03", "P#9154, P#11204",
     "since some day between June and October 2023; the later end is taken"},
    {"bundle-gzip", kPaid, 0, "2026-09-04", "", "C:2026-09-04"},
    {"bundle-size", kBoth, 64 * kMiB, "", "", "P#22642, C:2026-09-04",
     "documented from 2025-05-23, enforced earlier; the only limit of size from 2026-09-04"},
    {"startup-cpu", kBoth, 200, "", "2023-06-19", "P#9154"},
    {"startup-cpu", kBoth, 400, "2023-06-20", "2025-10-09", "P#9154"},
    {"startup-cpu", kBoth, 1 * kSecond, "2025-10-10", "", "C:2025-10-10"},
    {"text-bindings", kFree, 64, "", "", kPage},
    {"text-bindings", kPaid, 128, "", "", kPage},
    {"text-binding-size", kBoth, 5 * kKiB, "", "", kPage},

    // --- CPU
    {"request-cpu", kFree, 10, "", "", kPage},
    {"request-cpu", kPaid, 30 * kSecond, "", "", kPage,
     "the default of limits.cpu_ms; the old Bundled usage model had 50 ms"},
    {"cron-cpu", kFree, 10, "", "", kPage},
    {"cron-cpu", kPaid, 30 * kSecond, "", "", kPage},
    {"cron-hourly-cpu", kFree, 10, "", "", kPage},
    {"cron-hourly-cpu", kPaid, 15 * kMinute, "", "", kPage},
    {"queue-cpu", kFree, 10, "", "", kQueues},
    {"queue-cpu", kPaid, 30 * kSecond, "", "", kQueues, "the default of limits.cpu_ms"},
    {"actor-cpu", kFree, 30 * kSecond, "", "", kObjects,
     "the page names no plans; whether 10 ms hold on the free one is unknown"},
    {"actor-cpu", kPaid, 30 * kSecond, "", "", kObjects, "the default of limits.cpu_ms"},
    {"cpu-max", kFree, 0, "", "", "workers-sdk issue 8756",
     "deploying with limits.cpu_ms fails: 100328", "fixed"},
    {"cpu-max", kPaid, 0, "", "2023-10-19", "P#11372", "", "fixed"},
    {"cpu-max", kPaid, 30 * kSecond, "2023-10-20", "2025-03-24", "P#11372",
     "a stricter limit only; its first day is not exactly known"},
    {"cpu-max", kPaid, 5 * kMinute, "2025-03-25", "", "C:2025-03-25"},

    // --- Memory
    {"memory", kBoth, 128 * kMiB, "", "", kPage},
    {"subrequest-memory", kBoth, 8 * kKiB, "", "", "W:io/io-context.c++", "a charge, not a limit"},

    // --- Requests to others
    {"external-subrequests", kFree, 50, "", "", kPage},
    {"external-subrequests", kPaid, 1'000, "", "2026-02-10", kPage,
     "the old Bundled usage model had 50"},
    {"external-subrequests", kPaid, 10'000, "2026-02-11", "", "C:2026-02-11",
     "the default of limits.subrequests"},
    {"internal-subrequests", kFree, 1'000, "", "", kPage},
    {"internal-subrequests", kPaid, 1'000, "", "2026-02-10", kPage},
    {"internal-subrequests", kPaid, 10'000, "2026-02-11", "", "C:2026-02-11",
     "the default of limits.subrequests"},
    {"subrequests-max", kFree, 0, "", "", "C:2026-02-11", "", "fixed"},
    {"subrequests-max", kPaid, 0, "", "2026-02-10", "C:2026-02-11", "", "fixed"},
    {"subrequests-max", kPaid, 10'000'000, "2026-02-11", "", "C:2026-02-11, WP#11803"},
    {"kv-operations", kBoth, 1'000, "", "", "D:kv/platform/limits",
     "the page was not changed on 2026-02-11; its footnote means all services together"},
    {"cache-operations", kFree, 50, "", "", kPage, "out of the pool of external-subrequests"},
    {"cache-operations", kPaid, 1'000, "", "", kPage, "out of the pool of external-subrequests"},
    {"cache-object", kBoth, 512 * kMiB, "", "", kPage},
    {"analytics-points", kBoth, 250, "", "", kEnforcer},
    {"connections", kBoth, 6, "", "2026-04-08", kPage, "", "open"},
    {"connections", kBoth, 6, "2026-04-09", "", "C:2026-04-09", "", "waiting for headers"},
    {"chained-workers", kBoth, 32, "", "", "D:workers/runtime-apis/bindings/service-bindings"},
    {"loop-hops", kBoth, 16, "", "", "D:workers/observability/errors"},
    {"redirects", kBoth, 20, "", "", "W:api/http.c++"},

    // --- Requests that come in
    {"daily-requests", kFree, 100'000, "", "", kPage},
    {"daily-requests", kPaid, 0, "", "", kPage},
    {"burst-requests", kFree, 1'000, "", "2026-07-27", kPage,
     "left the page on some day between 2026-02-11 and 2026-07-28; the later end is taken"},
    {"burst-requests", kFree, 0, "2026-07-28", "", kPage},
    {"burst-requests", kPaid, 0, "", "", kPage},
    {"url", kBoth, 16 * kKiB, "", "", kPage},
    {"headers", kBoth, 32 * kKiB, "", "2025-10-15", "P#25872, P#25873"},
    {"headers", kBoth, 128 * kKiB, "2025-10-16", "", "P#25872, P#25873"},
    {"header", kBoth, 16 * kKiB, "", "2025-10-15", "P#25872, P#25873"},
    {"header", kBoth, 0, "2025-10-16", "", "P#25872, P#25873"},
    {"request-body", kBoth, 100 * kMiB, "", "", kPage,
     "by the zone's plan: Free and Pro; Business 200 MB, Enterprise 500 MB, from 2026-09-04 up to "
     "5 GB"},

    // --- Single values and APIs
    {"websocket-message", kBoth, 1 * kMiB, "", "2025-10-30", "C:2025-10-31"},
    {"websocket-message", kBoth, 32 * kMiB, "2025-10-31", "", "C:2025-10-31"},
    {"websocket-attachment", kBoth, 16 * kKiB, "", "", "W:api/web-socket.h",
     "earlier values are unknown"},
    {"rpc-message", kBoth, 32 * kMiB, "", "", "W:api/worker-rpc.c++, D:workers/runtime-apis/rpc"},
    {"timers", kBoth, 10'000, "", "", "W:io/io-timers.h"},
    {"blob", kBoth, 128 * kMiB, "", "", kEnforcer},
    {"pbkdf2-iterations", kBoth, 100'000, "", "", kEnforcer},
    {"scrypt-cost", kBoth, 1 << 20, "", "", kEnforcer},
    {"log", kBoth, 128 * kKiB, "", "2025-04-06", "C:2025-04-07"},
    {"log", kBoth, 256 * kKiB, "2025-04-07", "", "C:2025-04-07"},

    // --- Wall-clock time
    {"request-wall", kBoth, 0, "", "", kPage},
    {"wait-until", kBoth, 30 * kSecond, "", "", "D:workers/runtime-apis/context"},
    {"cron-wall", kBoth, 15 * kMinute, "", "", kPage},
    {"queue-wall", kBoth, 15 * kMinute, "", "", kQueues},
    {"alarm-wall", kBoth, 15 * kMinute, "", "", "D:durable-objects/platform/limits"},
    {"actor-wall", kBoth, 0, "", "", kObjects},
    {"update-wall", kBoth, 30 * kSecond, "", "", kPage},

    // --- Accounts, routes, static assets
    {"account-workers", kFree, 100, "", "", kPage},
    {"account-workers", kPaid, 500, "", "", kPage},
    {"account-crons", kFree, 5, "", "", kPage},
    {"account-crons", kPaid, 250, "", "", kPage},
    {"asset-files", kFree, 20'000, "", "", kPage},
    {"asset-files", kPaid, 20'000, "", "2025-09-01", "C:2025-09-02"},
    {"asset-files", kPaid, 100'000, "2025-09-02", "", "C:2025-09-02", "wrangler 4.34.0 or later"},
    {"asset-file", kBoth, 25 * kMiB, "", "", kPage},
    {"headers-file-rules", kBoth, 100, "", "", kPage},
    {"headers-file-line", kBoth, 2'000, "", "", kPage},
    {"redirects-file-static", kBoth, 2'000, "", "", kPage},
    {"redirects-file-dynamic", kBoth, 100, "", "", kPage},
    {"redirects-file-line", kBoth, 2'000, "", "", kAssets, "the page says 1,000 for a rule"},
    {"worker-first-rules", kBoth, 100, "", "", kAssets},
    {"worker-first-rule", kBoth, 100, "", "", kAssets},
    {"zone-routes", kBoth, 1'000, "", "", kPage},
    {"zone-domains", kBoth, 100, "", "", kPage},
};
// NOLINTEND

}  // namespace

std::span<const LimitValue> limit_values() { return kValues; }

}  // namespace offing
