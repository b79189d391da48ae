// The typed events of a run. Each struct names its fields once, in `fields`, and every reader (the
// NDJSON writer, the hash, the console, the staleness report) goes through that or through the
// struct itself. The schema for people is docs/trace.md; a test compares the two.
//
// Views inside an event live only while it is being emitted: a reader copies what it keeps.
// Units stand last in a name. `request` is the number of the client's request on whose behalf the
// thing happened, 0 for none.
//
// What `measured` names differs between equal runs: it is no part of the hash, and stands in a file
// only where runs are not compared (readers.h).
#ifndef OFFING_EMULATOR_TRACE_EVENT_H_
#define OFFING_EMULATOR_TRACE_EVENT_H_

#include <cstdint>
#include <string_view>
#include <variant>

#include "runtime/limits/counts.h"

namespace offing::trace {

// What an invocation used of what is limited, until its answer (spec/limits.md 2, 2.1).
template <class V> void used_fields(V& v, const Counts& used) {
  v("subrequests", used.external); v("service_calls", used.internal);
  v("worker_calls", used.worker_calls); v("kv_operations", used.kv);
  v("r2_operations", used.r2); v("object_calls", used.object_calls);
  v("chained_workers", used.chained_workers); v("connections", used.connections);
  v("log_bytes", used.log_bytes);
  v.measured("cpu_us", used.cpu_us); v.measured("memory_bytes", used.memory_bytes);
}

struct RequestEvent {
  static constexpr std::string_view kName = "request";
  uint64_t request;
  std::string_view location;
  uint32_t isolate;
  std::string_view method;
  std::string_view url;
  std::string_view session = {};  // what the client calls itself; empty, and not written: it does not
  template <class V> void fields(V& v) const {
    v("request", request); v("location", location); v("isolate", isolate);
    v("method", method); v("url", url);
    if (!session.empty()) v("session", session);
  }
};

struct ResponseEvent {
  static constexpr std::string_view kName = "response";
  uint64_t request;
  std::string_view location;
  uint16_t status;
  int64_t duration_us;
  std::string_view outcome;  // spec/limits.md 5.3: ok, exception, canceled, …
  Counts used = {};
  template <class V> void fields(V& v) const {
    v("request", request); v("location", location); v("status", status);
    v("duration_us", duration_us); v("outcome", outcome);
    used_fields(v, used);
  }
};

// The client was gone before it had the whole body of a response that had begun.
struct ResponseCutEvent {
  static constexpr std::string_view kName = "response.cut";
  uint64_t request;
  std::string_view location;
  std::string_view outcome;  // responseStreamDisconnected
  template <class V> void fields(V& v) const {
    v("request", request); v("location", location); v("outcome", outcome);
  }
};

// One key of a get, getWithMetadata or bulk get. Versions count writes to the namespace; 0 = absent,
// never written.
struct KvReadEvent {
  static constexpr std::string_view kName = "kv.read";
  uint64_t request;
  std::string_view location;
  std::string_view kv_namespace;
  std::string_view key;
  std::string_view op;            // get, getWithMetadata, getBulk, list
  uint64_t version_served;
  bool served_absent;
  uint64_t version_newest;
  bool newest_absent;
  int64_t staleness_ms;           // 0 = fresh: time since the first newer version was acknowledged
  std::string_view cause;         // see storage/kv: central, cache-hit, negative-cache, replica-lag, …
  std::string_view cache_status;  // HIT, MISS or empty
  template <class V> void fields(V& v) const {
    v("request", request); v("location", location); v("namespace", kv_namespace); v("key", key);
    v("op", op); v("version_served", version_served); v("served_absent", served_absent);
    v("version_newest", version_newest); v("newest_absent", newest_absent);
    v("staleness_ms", staleness_ms); v("cause", cause); v("cache_status", cache_status);
  }
};

struct KvWriteEvent {
  static constexpr std::string_view kName = "kv.write";
  uint64_t request;
  std::string_view location;
  std::string_view kv_namespace;
  std::string_view key;
  std::string_view op;  // put, delete
  uint64_t version;     // 0 when refused
  uint64_t size_bytes;
  std::string_view error;  // empty when acknowledged
  template <class V> void fields(V& v) const {
    v("request", request); v("location", location); v("namespace", kv_namespace); v("key", key);
    v("op", op); v("version", version); v("size_bytes", size_bytes); v("error", error);
  }
};

// A version (or a deletion) became visible in a location's replica (mode adversarial).
struct KvPropagateEvent {
  static constexpr std::string_view kName = "kv.propagate";
  std::string_view location;
  std::string_view kv_namespace;
  std::string_view key;
  uint64_t version;
  template <class V> void fields(V& v) const {
    v("location", location); v("namespace", kv_namespace); v("key", key); v("version", version);
  }
};

struct KvListEvent {
  static constexpr std::string_view kName = "kv.list";
  uint64_t request;
  std::string_view location;
  std::string_view kv_namespace;
  std::string_view prefix;
  uint64_t keys;
  bool complete;
  uint64_t stale_keys;  // names shown or hidden against the newest state
  template <class V> void fields(V& v) const {
    v("request", request); v("location", location); v("namespace", kv_namespace);
    v("prefix", prefix); v("keys", keys); v("complete", complete); v("stale_keys", stale_keys);
  }
};

// One head or get of an R2 object. `door`: binding, s3, rest, protocol.
struct R2ReadEvent {
  static constexpr std::string_view kName = "r2.read";
  uint64_t request;
  std::string_view location;  // of the guest; empty for the other doors
  std::string_view door;
  std::string_view bucket;
  std::string_view key;
  std::string_view op;       // head, get
  std::string_view version;  // empty when absent
  uint64_t size_bytes;       // of what is given; 0 of a head
  std::string_view outcome;  // ok, absent, condition-failed, refused
  std::string_view error;
  template <class V> void fields(V& v) const {
    v("request", request); v("location", location); v("door", door); v("bucket", bucket);
    v("key", key); v("op", op); v("version", version); v("size_bytes", size_bytes);
    v("outcome", outcome); v("error", error);
  }
};

// A mutation of R2 was decided: at this instant it is stored, or it never will be.
struct R2WriteEvent {
  static constexpr std::string_view kName = "r2.write";
  uint64_t request;
  std::string_view location;
  std::string_view door;
  std::string_view bucket;
  std::string_view key;
  std::string_view op;       // put, delete, copy, uploadPart, completeMultipartUpload, …, expire
  std::string_view version;  // the new one; empty when there is none
  uint64_t size_bytes;
  std::string_view outcome;  // ok, absent, condition-failed, locked, refused
  std::string_view error;
  template <class V> void fields(V& v) const {
    v("request", request); v("location", location); v("door", door); v("bucket", bucket);
    v("key", key); v("op", op); v("version", version); v("size_bytes", size_bytes);
    v("outcome", outcome); v("error", error);
  }
};

struct R2ListEvent {
  static constexpr std::string_view kName = "r2.list";
  uint64_t request;
  std::string_view location;
  std::string_view door;
  std::string_view bucket;
  std::string_view prefix;
  uint64_t objects;
  uint64_t prefixes;
  bool truncated;
  std::string_view error;
  template <class V> void fields(V& v) const {
    v("request", request); v("location", location); v("door", door); v("bucket", bucket);
    v("prefix", prefix); v("objects", objects); v("prefixes", prefixes);
    v("truncated", truncated); v("error", error);
  }
};

// A rule of a bucket put a message on a queue.
struct R2NotificationEvent {
  static constexpr std::string_view kName = "r2.notification";
  std::string_view bucket;
  std::string_view queue;
  std::string_view body;  // JSON
  template <class V> void fields(V& v) const {
    v("bucket", bucket); v("queue", queue); v("body", body);
  }
};

// A request of an S3 client was answered.
struct S3RequestEvent {
  static constexpr std::string_view kName = "s3.request";
  uint64_t request;
  std::string_view method;
  std::string_view path;       // with its query, without a signature
  std::string_view operation;  // PutObject, …; empty when there is none
  std::string_view key_id;     // the access key id, empty when not known
  uint16_t status;
  std::string_view error;      // S3's code
  template <class V> void fields(V& v) const {
    v("request", request); v("method", method); v("path", path); v("operation", operation);
    v("key_id", key_id); v("status", status); v("error", error);
  }
};

struct ConsoleEvent {
  static constexpr std::string_view kName = "console";
  uint64_t request;
  std::string_view location;
  std::string_view level;  // debug, info, log, warn, error
  std::string_view text;
  template <class V> void fields(V& v) const {
    v("request", request); v("location", location); v("level", level); v("text", text);
  }
};

struct ExceptionEvent {
  static constexpr std::string_view kName = "exception";
  uint64_t request;
  std::string_view location;
  std::string_view where;  // fetch, waitUntil, timer, module, …
  std::string_view text;   // "TypeError: x is not a function"
  std::string_view stack;  // source-mapped
  template <class V> void fields(V& v) const {
    v("request", request); v("location", location); v("where", where); v("text", text);
    v("stack", stack);
  }
};

struct IsolateEvent {
  static constexpr std::string_view kName = "isolate";
  std::string_view location;
  uint32_t isolate;
  std::string_view what;  // created, evicted
  std::string_view why;   // demand, idle, reload, …
  template <class V> void fields(V& v) const {
    v("location", location); v("isolate", isolate); v("what", what); v("why", why);
  }
};

struct OutboundEvent {
  static constexpr std::string_view kName = "outbound";
  uint64_t request;
  std::string_view location;
  std::string_view method;
  std::string_view url;
  std::string_view via;  // network, recording, denied
  uint16_t status;       // 0 when it failed
  std::string_view error;
  template <class V> void fields(V& v) const {
    v("request", request); v("location", location); v("method", method); v("url", url);
    v("via", via); v("status", status); v("error", error);
  }
};

// The life of a Durable Object's instance.
struct ObjectEvent {
  static constexpr std::string_view kName = "object";
  std::string_view location;  // its home
  uint32_t isolate;
  std::string_view class_name;
  std::string_view object;    // its id, 64 hex digits
  std::string_view what;      // created, hibernated, evicted, reset
  std::string_view why;       // the event that woke it, idle, demand, isolate, or the reset's error
  template <class V> void fields(V& v) const {
    v("location", location); v("isolate", isolate); v("class", class_name); v("object", object);
    v("what", what); v("why", why);
  }
};

// An event reached an instance: its place in the order of all.
struct ObjectCallEvent {
  static constexpr std::string_view kName = "object.call";
  uint64_t request;           // the event's own number
  std::string_view location;  // the object's home
  uint64_t caller;            // the request or instance that called; 0: none did
  std::string_view class_name;
  std::string_view object;
  std::string_view kind;      // fetch, rpc, alarm, websocket
  std::string_view what;      // URL, method, or kind of WebSocket event
  template <class V> void fields(V& v) const {
    v("request", request); v("location", location); v("caller", caller); v("class", class_name);
    v("object", object); v("kind", kind); v("what", what);
  }
};

// Its answer left the instance, through the output gate.
struct ObjectAnswerEvent {
  static constexpr std::string_view kName = "object.answer";
  uint64_t request;
  std::string_view location;
  int64_t duration_us;
  std::string_view outcome;   // ok, exception, reset
  std::string_view error;
  Counts used = {};           // by the instance, since its last event began
  template <class V> void fields(V& v) const {
    v("request", request); v("location", location); v("duration_us", duration_us);
    v("outcome", outcome); v("error", error);
    used_fields(v, used);
  }
};

struct AlarmEvent {
  static constexpr std::string_view kName = "alarm";
  std::string_view class_name;
  std::string_view object;
  std::string_view what;      // set, deleted, run, ok, failed, retry, dropped
  int64_t at_ms;              // what it is set for; of a retry, when
  uint32_t failures;          // counted ones so far
  std::string_view error;
  template <class V> void fields(V& v) const {
    v("class", class_name); v("object", object); v("what", what); v("at_ms", at_ms);
    v("failures", failures); v("error", error);
  }
};

// A cron trigger's run began.
struct CronEvent {
  static constexpr std::string_view kName = "cron";
  uint64_t request;           // the run's own number
  std::string_view location;
  uint32_t isolate;
  std::string_view cron;      // the expression, as configured
  int64_t scheduled_ms;       // controller.scheduledTime
  std::string_view why;       // due, asked
  template <class V> void fields(V& v) const {
    v("request", request); v("location", location); v("isolate", isolate); v("cron", cron);
    v("scheduled_ms", scheduled_ms); v("why", why);
  }
};

// The handler, and what it gave to waitUntil, is over.
struct CronEndEvent {
  static constexpr std::string_view kName = "cron.end";
  uint64_t request;
  std::string_view location;
  std::string_view cron;
  int64_t duration_us;
  std::string_view outcome;   // spec/limits.md 5.3: ok, exception, exceededCpu, exceededWallTime, …
  bool no_retry;              // controller.noRetry() was called
  std::string_view error;     // the first that failed, "Error: …"
  Counts used = {};
  template <class V> void fields(V& v) const {
    v("request", request); v("location", location); v("cron", cron);
    v("duration_us", duration_us); v("outcome", outcome); v("no_retry", no_retry); v("error", error);
    used_fields(v, used);
  }
};

// A named point happened (`point`), or a rule struck an operation (`rule`, and what follows it).
struct FaultEvent {
  static constexpr std::string_view kName = "fault";
  std::string_view point;      // empty: a rule did it
  uint64_t rule = 0;
  std::string_view service = {};    // kv, r2, object, fetch
  std::string_view operation = {};
  std::string_view key = {};
  std::string_view location = {};   // of the caller
  std::string_view effect = {};     // error, latency, drop, timeout
  template <class V> void fields(V& v) const {
    v("point", point); v("rule", rule); v("service", service); v("operation", operation);
    v("key", key); v("location", location); v("effect", effect);
  }
};

// A link between two locations, or to the central store, changed; or a message was lost on it.
struct LinkEvent {
  static constexpr std::string_view kName = "link";
  std::string_view what;  // cut, held, released, repaired; lost
  std::string_view from;
  std::string_view to;
  template <class V> void fields(V& v) const { v("what", what); v("from", from); v("to", to); }
};

using Event = std::variant<RequestEvent, ResponseEvent, ResponseCutEvent, KvReadEvent, KvWriteEvent, KvPropagateEvent,
                           KvListEvent, R2ReadEvent, R2WriteEvent, R2ListEvent,
                           R2NotificationEvent, S3RequestEvent, ConsoleEvent, ExceptionEvent, IsolateEvent, OutboundEvent,
                           ObjectEvent, ObjectCallEvent, ObjectAnswerEvent, AlarmEvent, CronEvent, CronEndEvent,
                           FaultEvent, LinkEvent>;

}  // namespace offing::trace

#endif  // OFFING_EMULATOR_TRACE_EVENT_H_
