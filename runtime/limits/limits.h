// What the platform allows a Worker, as plain values of one plan on one day. limits_of() of table.h
// makes one from the dated rows, profile.h from what a user asks for; whoever enforces holds a copy
// and compares. No dates, no parsing, no I/O here.
//
// 0 is "no limit", in every field. Units are in the names: ms (of thread CPU time, or of the
// world's clock for *_wall_ms), bytes (a MB of the documentation is 2^20, spec/limits.md 3), else a
// count.
#ifndef OFFING_RUNTIME_LIMITS_LIMITS_H_
#define OFFING_RUNTIME_LIMITS_LIMITS_H_

#include <cstdint>
#include <string_view>

namespace offing {

// Of the Workers subscription. Zones have plans of their own; theirs is assumed to be the smallest.
enum class Plan : uint8_t { kFree, kPaid };

// What of a request to the outside takes one of `connections` (spec/limits.md 1, 2026-04-09).
enum class ConnectionCount : uint8_t {
  kOpen,               // from its start until its body is read or cancelled
  kWaitingForHeaders,  // from its start until the response's headers are there
};

// Texts of the errors a guest catches (spec/limits.md 5); they changed with the limits.
inline constexpr std::string_view kExternalSubrequestsText =
    "Too many subrequests by single Worker invocation. To configure this limit, refer to "
    "https://developers.cloudflare.com/workers/wrangler/configuration/#limits";
inline constexpr std::string_view kExternalSubrequestsTextOld = "Too many subrequests.";
inline constexpr std::string_view kInternalSubrequestsText =
    "Too many API requests by single Worker invocation. To configure this limit, refer to "
    "https://developers.cloudflare.com/workers/wrangler/configuration/#limits";
inline constexpr std::string_view kInternalSubrequestsTextOld =
    "Too many API requests by single worker invocation.";

// Defaults are "no limit at all"; each comment names the row of spec/limits.md 2, 2.1 or 2.2.
struct Limits {
  // --- Deploying and starting (2, 3, 4).
  uint64_t bundle_gzip_bytes = 0;   // 10027; all modules in one gzip stream
  uint64_t bundle_bytes = 0;        // 10027; uncompressed
  uint64_t startup_cpu_ms = 0;      // 10021; parsing and top-level code of all modules
  uint64_t text_bindings = 0;       // 10055; variables and secrets of one Worker
  uint64_t text_binding_bytes = 0;  // 10054; of one value

  // --- CPU of one invocation; a Durable Object's is full again at each event.
  uint64_t request_cpu_ms = 0;
  uint64_t cron_cpu_ms = 0;         // of a trigger that fires more often than hourly
  uint64_t cron_hourly_cpu_ms = 0;  // of one that fires hourly or less often
  uint64_t queue_cpu_ms = 0;
  uint64_t actor_event_cpu_ms = 0;  // request, call, WebSocket message, alarm
  uint64_t cpu_ms_max = 0;          // the greatest limits.cpu_ms; 0 = cannot be configured

  // --- Memory.
  uint64_t memory_bytes = 0;             // of one isolate: JavaScript heap and WebAssembly memory
  uint64_t subrequest_memory_bytes = 0;  // 2.1; what each outstanding one is charged; not a limit

  // --- Requests to others, of one invocation.
  uint64_t external_subrequests = 0;  // fetch, Cache API, connect; each hop of a redirect counts
  uint64_t internal_subrequests = 0;  // KV, R2, Queues, D1, Durable Objects
  uint64_t subrequests_max = 0;       // the greatest limits.subrequests; 0 = cannot be configured
  uint64_t kv_operations = 0;         // of the pool of internal ones; a bulk get counts as one
  uint64_t cache_operations = 0;      // put, match, delete; they count as external ones too
  uint64_t cache_object_bytes = 0;
  uint64_t analytics_points = 0;
  uint64_t connections = 0;           // beyond it requests wait, they do not fail
  uint64_t chained_workers = 0;       // invocations of one request through service bindings
  uint64_t loop_hops = 0;             // Worker to Worker over HTTP: 1019
  uint64_t redirects = 0;             // hops that one fetch follows

  // --- Requests that come in.
  uint64_t daily_requests = 0;       // 1027
  uint64_t burst_requests_min = 0;   // requests per minute: 1015
  uint64_t url_bytes = 0;
  uint64_t headers_bytes = 0;        // of a request and of a response, all together
  uint64_t header_bytes = 0;         // of each one
  uint64_t request_body_bytes = 0;   // by the zone's plan: 413

  // --- Single values and APIs.
  uint64_t websocket_message_bytes = 0;     // received: close code 1009
  uint64_t websocket_attachment_bytes = 0;  // serializeAttachment()
  uint64_t rpc_message_bytes = 0;           // serialized arguments, or a serialized result
  uint64_t timers = 0;                      // active ones of one request or object
  uint64_t blob_bytes = 0;
  uint64_t pbkdf2_iterations = 0;
  uint64_t scrypt_cost = 0;                 // of each of N, r, p and N·r·p
  uint64_t log_bytes = 0;                   // what is logged of one request; the rest is dropped

  // --- Wall-clock time of one invocation (2.2), by the world's clock.
  uint64_t request_wall_ms = 0;     // while the client is connected
  uint64_t wait_until_wall_ms = 0;  // waitUntil(), after the response or the client is gone
  uint64_t cron_wall_ms = 0;
  uint64_t queue_wall_ms = 0;
  uint64_t alarm_wall_ms = 0;
  uint64_t actor_wall_ms = 0;       // request and call of an object, while the caller is connected
  uint64_t update_wall_ms = 0;      // requests under way when the runtime is replaced

  // --- Accounts, routes and static assets; nothing local enforces them.
  uint64_t account_workers = 0;
  uint64_t account_crons = 0;
  uint64_t asset_files = 0;
  uint64_t asset_file_bytes = 0;
  uint64_t headers_file_rules = 0;
  uint64_t headers_file_line_chars = 0;
  uint64_t redirects_file_static = 0;
  uint64_t redirects_file_dynamic = 0;
  uint64_t redirects_file_line_chars = 0;
  uint64_t run_worker_first_rules = 0;
  uint64_t run_worker_first_rule_chars = 0;
  uint64_t zone_routes = 0;
  uint64_t zone_custom_domains = 0;

  // --- How, not how much; they change on the days of the limits they belong to.
  ConnectionCount connection_count = ConnectionCount::kWaitingForHeaders;
  std::string_view external_subrequests_text = kExternalSubrequestsText;  // thrown as an Error
  std::string_view internal_subrequests_text = kInternalSubrequestsText;  // thrown as an Error

  bool operator==(const Limits&) const = default;
};

// What holds without a profile: limits of APIs, and of waiting, that neither plan nor day changes.
inline constexpr Limits kPlainLimits = {.redirects = 20,
                                        .websocket_message_bytes = 32 << 20,
                                        .websocket_attachment_bytes = 16 << 10,
                                        .rpc_message_bytes = 32 << 20,
                                        .timers = 10'000,
                                        .blob_bytes = 128 << 20,
                                        .pbkdf2_iterations = 100'000,
                                        .scrypt_cost = 1 << 20,
                                        .wait_until_wall_ms = 30'000,
                                        .alarm_wall_ms = 900'000};

}  // namespace offing

#endif  // OFFING_RUNTIME_LIMITS_LIMITS_H_
