// What the limits are, and what of each is enforced. The numbers stand in table_values.cc.
#include "runtime/limits/table.h"

namespace offing {

namespace {

using enum LimitArea;
using enum LimitUnit;
using enum Enforcement;
using L = Limits;

constexpr std::string_view kNoQueues = "there are no Queues here";
constexpr std::string_view kNoCache = "there is no Cache API here";
constexpr std::string_view kNoAssets = "static assets are not served here";
constexpr std::string_view kNoAccount = "there are no accounts and zones here";

// NOLINTBEGIN: a table
constexpr LimitRow kRows[] = {
    {"bundle-gzip", kDeploy, kBytes, &L::bundle_gzip_bytes, "all modules in one gzip stream (10027)", kEnforced, "offing check"},
    {"bundle-size", kDeploy, kBytes, &L::bundle_bytes, "all modules, uncompressed (10027)", kFixed, "when a bundle is loaded"},
    {"startup-cpu", kDeploy, kMs, &L::startup_cpu_ms, "CPU to parse and run top-level code (10021)", kEnforced, "when an isolate starts, and offing check"},
    {"text-bindings", kDeploy, kCount, &L::text_bindings, "variables and secrets of a Worker (10055)", kWarned, "when a project is loaded"},
    {"text-binding-size", kDeploy, kBytes, &L::text_binding_bytes, "one variable or secret (10054)", kWarned, "when a project is loaded"},

    {"request-cpu", kCpu, kMs, &L::request_cpu_ms, "CPU of an HTTP request (1102)", kEnforced, "a watchdog; in virtual time and under a seed only what runs for 10 s is stopped"},
    {"cron-cpu", kCpu, kMs, &L::cron_cpu_ms, "CPU of a cron run, interval below 1 h", kEnforced, "as request-cpu"},
    {"cron-hourly-cpu", kCpu, kMs, &L::cron_hourly_cpu_ms, "CPU of a cron run, interval of 1 h or more", kEnforced, "as request-cpu"},
    {"queue-cpu", kCpu, kMs, &L::queue_cpu_ms, "CPU of a queue batch", kNever, kNoQueues},
    {"actor-cpu", kCpu, kMs, &L::actor_event_cpu_ms, "CPU of a Durable Object, full again at each event", kEnforced, "as request-cpu"},
    {"cpu-max", kCpu, kMs, &L::cpu_ms_max, "the most that limits.cpu_ms may ask for", kEnforced, "when the limits are put together"},

    {"memory", kMemory, kBytes, &L::memory_bytes, "an isolate: JavaScript heap and WebAssembly memory (1102)", kEnforced, "heap and buffers together; WebAssembly memory on its own"},
    {"subrequest-memory", kMemory, kBytes, &L::subrequest_memory_bytes, "charged to the isolate for each outstanding subrequest", kEnforced, "until it is answered: fetch, KV, R2, Workers, Durable Objects"},

    {"external-subrequests", kSubrequests, kCount, &L::external_subrequests, "fetch, Cache API and connect of one invocation", kEnforced, "fetch, hop by hop, WebSockets, and calls of service bindings"},
    {"internal-subrequests", kSubrequests, kCount, &L::internal_subrequests, "KV, R2, Durable Objects, D1, Queues of one invocation", kEnforced, "KV, R2 and stubs of Durable Objects"},
    {"subrequests-max", kSubrequests, kCount, &L::subrequests_max, "the most that limits.subrequests may ask for", kEnforced, "when the limits are put together"},
    {"kv-operations", kSubrequests, kCount, &L::kv_operations, "KV operations of one invocation; a bulk get is one", kNever, "they count as internal-subrequests, the pool that this row describes"},
    {"cache-operations", kSubrequests, kCount, &L::cache_operations, "Cache API put, match and delete of one request", kNever, kNoCache},
    {"cache-object", kSubrequests, kBytes, &L::cache_object_bytes, "an object of the Cache API", kNever, kNoCache},
    {"analytics-points", kSubrequests, kCount, &L::analytics_points, "Analytics Engine data points of one invocation", kNever, "there is no Analytics Engine here"},
    {"connections", kSubrequests, kCount, &L::connections, "connections at a time; more wait", kEnforced, "fetch, KV and R2: a call waits for its turn"},
    {"chained-workers", kSubrequests, kCount, &L::chained_workers, "Workers called by one request through service bindings", kEnforced, "calls of service bindings"},
    {"loop-hops", kSubrequests, kCount, &L::loop_hops, "Worker to Worker over HTTP (1019)", kEnforced, "requests that come back to offing dev"},

    {"daily-requests", kRequests, kCount, &L::daily_requests, "requests a day, from 00:00 UTC (1027)", kNever, "a run here is no day of an account"},
    {"burst-requests", kRequests, kCount, &L::burst_requests_min, "requests a minute (1015)", kNever, "it is about an account's traffic"},
    {"url", kRequests, kBytes, &L::url_bytes, "URL of a request (414)", kEnforced, "the HTTP server of offing dev"},
    {"headers", kRequests, kBytes, &L::headers_bytes, "all headers of a request or a response (431)", kEnforced, "the HTTP server of offing dev; of responses, the client"},
    {"header", kRequests, kBytes, &L::header_bytes, "each header", kEnforced, "the HTTP server of offing dev"},
    {"request-body", kRequests, kBytes, &L::request_body_bytes, "body of a request (413)", kEnforced, "the HTTP server of offing dev"},
    {"log", kRequests, kBytes, &L::log_bytes, "what is logged of one request; the rest is dropped", kEnforced, "console; a warning says that something was dropped"},

    {"redirects", kApi, kCount, &L::redirects, "hops that a fetch follows", kEnforced, "fetch"},
    {"websocket-message", kApi, kBytes, &L::websocket_message_bytes, "a received WebSocket message (closed with 1009)", kEnforced, "the HTTP server of offing dev, and the client"},
    {"websocket-attachment", kApi, kBytes, &L::websocket_attachment_bytes, "serializeAttachment() of a WebSocket", kEnforced, "WebSocket"},
    {"rpc-message", kApi, kBytes, &L::rpc_message_bytes, "serialized arguments or result of an RPC call", kEnforced, "RPC"},
    {"timers", kApi, kCount, &L::timers, "active timers of one request", kEnforced, "setTimeout and setInterval"},
    {"blob", kApi, kBytes, &L::blob_bytes, "a Blob", kEnforced, "Blob"},
    {"pbkdf2-iterations", kApi, kCount, &L::pbkdf2_iterations, "iterations of PBKDF2", kNever, "there is no PBKDF2 here"},
    {"scrypt-cost", kApi, kCount, &L::scrypt_cost, "each of N, r, p and N*r*p of scrypt", kNever, "there is no scrypt here"},

    {"request-wall", kWall, kMs, &L::request_wall_ms, "time of a request while its client is connected", kEnforced, "there is no limit"},
    {"wait-until", kWall, kMs, &L::wait_until_wall_ms, "waitUntil() after the response or the client is gone", kEnforced, "the end of a request"},
    {"cron-wall", kWall, kMs, &L::cron_wall_ms, "time of a cron run; then it has failed", kEnforced, "the run of a cron trigger"},
    {"queue-wall", kWall, kMs, &L::queue_wall_ms, "time of a queue batch", kNever, kNoQueues},
    {"alarm-wall", kWall, kMs, &L::alarm_wall_ms, "time of an alarm; then it has failed, and is tried again", kEnforced, "the object's alarm"},
    {"actor-wall", kWall, kMs, &L::actor_wall_ms, "time of an object's request or call while its caller waits", kEnforced, "there is no limit"},
    {"update-wall", kWall, kMs, &L::update_wall_ms, "requests under way when the runtime is replaced", kNever, "the runtime is not replaced here"},

    {"account-workers", kAccount, kCount, &L::account_workers, "Workers of an account", kNever, kNoAccount},
    {"account-crons", kAccount, kCount, &L::account_crons, "cron triggers of an account (10072)", kEnforced, "offing check, of one Worker"},
    {"asset-files", kAccount, kCount, &L::asset_files, "static asset files of a version", kNever, kNoAssets},
    {"asset-file", kAccount, kBytes, &L::asset_file_bytes, "a static asset file", kNever, kNoAssets},
    {"headers-file-rules", kAccount, kCount, &L::headers_file_rules, "rules of a _headers file", kNever, kNoAssets},
    {"headers-file-line", kAccount, kCount, &L::headers_file_line_chars, "characters of a line of _headers", kNever, kNoAssets},
    {"redirects-file-static", kAccount, kCount, &L::redirects_file_static, "static rules of a _redirects file", kNever, kNoAssets},
    {"redirects-file-dynamic", kAccount, kCount, &L::redirects_file_dynamic, "dynamic rules of a _redirects file", kNever, kNoAssets},
    {"redirects-file-line", kAccount, kCount, &L::redirects_file_line_chars, "characters of a line of _redirects", kNever, kNoAssets},
    {"worker-first-rules", kAccount, kCount, &L::run_worker_first_rules, "rules of run_worker_first", kNever, kNoAssets},
    {"worker-first-rule", kAccount, kCount, &L::run_worker_first_rule_chars, "characters of a rule of run_worker_first", kNever, kNoAssets},
    {"zone-routes", kAccount, kCount, &L::zone_routes, "routes of a zone", kNever, kNoAccount},
    {"zone-domains", kAccount, kCount, &L::zone_custom_domains, "custom domains of a zone", kNever, kNoAccount},
};
// NOLINTEND

}  // namespace

std::span<const LimitRow> limit_rows() { return kRows; }

}  // namespace offing
