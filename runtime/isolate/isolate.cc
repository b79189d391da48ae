#include "runtime/isolate/isolate.h"

#include <v8.h>

#include <cassert>

#include "runtime/bindings/convert.h"
#include "runtime/isolate/guest_stream.h"
#include "runtime/isolate/parts.h"
#include "runtime/isolate/startup.h"
#include "runtime/isolate/tests.h"
#include "runtime/isolate/turn.h"
#include "runtime/modules/registry.h"

namespace offing {
namespace {

using v8::Local;

Local<v8::Value> pairs(v8::Isolate* isolate, Local<v8::Context> context,
                       const std::vector<std::pair<std::string, std::string>>& list) {
  v8::LocalVector<v8::Value> items(isolate);
  for (const auto& [first, second] : list) {
    Local<v8::Value> pair[] = {text_from_utf8(isolate, first), text_from_utf8(isolate, second)};
    items.push_back(v8::Array::New(isolate, pair, 2));
  }
  return v8::Array::New(isolate, items.data(), items.size());
}

template <class List, class Text>
Local<v8::Value> strings(v8::Isolate* isolate, const List& list, Text text) {
  v8::LocalVector<v8::Value> items(isolate);
  for (const auto& item : list) items.push_back(text_from_utf8(isolate, text(item)));
  return v8::Array::New(isolate, items.data(), items.size());
}

// An array of plain objects, one for each item.
template <class List, class Fill>
Local<v8::Value> objects(v8::Isolate* isolate, Local<v8::Context> context, const List& list,
                         Fill fill) {
  v8::LocalVector<v8::Value> items(isolate);
  for (const auto& item : list) {
    Local<v8::Object> made = v8::Object::New(isolate);
    fill(made, item);
    items.push_back(made);
  }
  return v8::Array::New(isolate, items.data(), items.size());
}

// The class that a binding names; config made sure that there is one.
uint64_t space_of(const WorkerOptions& options, const ActorBinding& binding) {
  for (size_t i = 0; i < options.actor_classes.size(); ++i) {
    if (options.actor_classes[i].unique_key == binding.unique_key) return i;
  }
  assert(false && "a binding to a class that is not there");
  return 0;
}

bool init_entry(Isolate::Parts& parts, Local<v8::Context> context, const WorkerOptions& options) {
  v8::Isolate* isolate = parts.isolate;
  Local<v8::Object> init = v8::Object::New(isolate);
  auto set = [&](const char* name, Local<v8::Value> value) {
    init->CreateDataProperty(context, text_from_utf8(isolate, name), value).Check();
  };
  set("compatibilityDate", text_from_utf8(isolate, options.compatibility_date));
  auto put = [&](Local<v8::Object> object, const char* name, Local<v8::Value> value) {
    object->CreateDataProperty(context, text_from_utf8(isolate, name), value).Check();
  };
  set("flags", strings(isolate, options.flags, [](const std::string& s) { return s; }));
  set("vars", pairs(isolate, context, options.vars));
  set("kv", strings(isolate, options.kv_bindings, [](const KvBinding& b) { return b.name; }));
  set("r2", strings(isolate, options.r2_bindings, [](const R2Binding& b) { return b.name; }));
  set("actorClasses", objects(isolate, context, options.actor_classes,
                              [&](Local<v8::Object> made, const ActorClass& c) {
                                put(made, "className", text_from_utf8(isolate, c.class_name));
                                put(made, "sqlite", v8::Boolean::New(isolate, c.sqlite));
                              }));
  set("actors", objects(isolate, context, options.actor_bindings,
                        [&](Local<v8::Object> made, const ActorBinding& b) {
                          put(made, "name", text_from_utf8(isolate, b.name));
                          put(made, "space", number(isolate, space_of(options, b)));
                        }));
  set("services", objects(isolate, context, options.service_bindings,
                          [&](Local<v8::Object> made, const ServiceBinding& b) {
                            put(made, "name", text_from_utf8(isolate, b.name));
                            put(made, "entrypoint", text_from_utf8(isolate, b.entrypoint));
                            put(made, "propsJson", text_from_utf8(isolate, b.props_json));
                          }));
  set("unsupported", pairs(isolate, context, options.unsupported_bindings));
  Local<v8::Object> limits = v8::Object::New(isolate);
  put(limits, "timers", number(isolate, options.limits.timers));
  put(limits, "redirects", number(isolate, options.limits.redirects));
  put(limits, "blobBytes", number(isolate, options.limits.blob_bytes));
  put(limits, "attachmentBytes", number(isolate, options.limits.websocket_attachment_bytes));
  put(limits, "bufferedBytes", number(isolate, options.limits.memory_bytes));
  set("limits", limits);
  return !call_entry(parts, context, EntryFunction::kInit, {init}).IsEmpty();
}

Local<v8::String> entrypoint_string(Isolate::Parts& parts, std::string_view entrypoint) {
  if (parts.last_entrypoint_string.IsEmpty() || parts.last_entrypoint != entrypoint) {
    parts.last_entrypoint = entrypoint;
    parts.last_entrypoint_string.Reset(
        parts.isolate, text_from_utf8(parts.isolate, entrypoint)->InternalizeString(parts.isolate));
  }
  return parts.last_entrypoint_string.Get(parts.isolate);
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk: return "ok";
    case Outcome::kException: return "exception";
    case Outcome::kCanceled: return "canceled";
    case Outcome::kResponseStreamDisconnected: return "responseStreamDisconnected";
    case Outcome::kExceededCpu: return "exceededCpu";
    case Outcome::kExceededMemory: return "exceededMemory";
    case Outcome::kExceededWallTime: return "exceededWallTime";
  }
  return "unknown";
}

Isolate::Isolate(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Isolate::~Isolate() = default;

std::expected<std::unique_ptr<Isolate>, std::string> Isolate::start(Engine& engine, Host& host,
                                                                    const Bundle& bundle,
                                                                    const WorkerOptions& options,
                                                                    StartupRecorder* recorder) {
  auto parts = std::make_unique<Parts>(engine, host, options);
  std::expected<void, std::string> started;
  run_turn(*parts, [&](Local<v8::Context> context) {
    if (!init_entry(*parts, context, options)) {
      started = std::unexpected("the runtime could not start; its report stands in the log");
      return;
    }
    if (recorder != nullptr) recorder->begin(parts->isolate);
    auto main = parts->modules->start(context, bundle);
    if (recorder != nullptr) recorder->end(parts->isolate);
    if (!main) {
      started = std::unexpected(main.error());
      return;
    }
    call_entry(*parts, context, EntryFunction::kSetMain, {*main});
    parts->starting = false;
    if (recorder != nullptr) recorder->look_at_exports(context, *main);
  });
  // It may have come to its end before anybody looked.
  const int64_t limit_us = static_cast<int64_t>(parts->limits.startup_cpu_ms) * 1000;
  if (started && limit_us > 0 && parts->last_stay_us > limit_us)
    started = std::unexpected("Error: Script startup exceeded CPU time limit.");
  if (!started) return std::unexpected(started.error());
  return std::unique_ptr<Isolate>(new Isolate(std::move(parts)));
}

void Isolate::fetch(RequestId id, Request incoming, std::string cf_json,
                    std::string_view entrypoint, FetchDone done, std::string props,
                    std::shared_ptr<CallTree> tree) {
  Parts& parts = *parts_;
  assert(id != 0 && parts.find_request(id) == nullptr);
  GuestRequest& request = open_request(parts, id);
  request.hops = incoming.hops;
  request.incoming = std::move(incoming);
  request.cf_json = std::move(cf_json);
  request.props = std::move(props);
  if (tree != nullptr) request.tree = std::move(tree);
  request.done = std::move(done);
  parts.suspects.push_back(id);
  run_turn(parts, [&](Local<v8::Context> context) {
    charge(parts, id);
    v8::Isolate* isolate = parts.isolate;
    const Request& in = request.incoming;
    Local<v8::Value> arguments[] = {
        number(isolate, id),
        method_string(parts, in.method),
        text_from_utf8(isolate, in.url), v8::Boolean::New(isolate, in.has_body),
        entrypoint_string(parts, entrypoint)};
    if (!call_entry(parts, context, EntryFunction::kFetch, 5, arguments).IsEmpty()) return;
    GuestRequest* unanswered = parts.find_request(id);
    if (unanswered == nullptr || is_stopping(parts)) return;
    answer(parts, *unanswered,
           {.outcome = Outcome::kException, .response = {},
            .error = "the runtime's fetch entry failed"});
  });
}

void Isolate::scheduled(RequestId id, ScheduledEvent what, FetchDone done) {
  Parts& parts = *parts_;
  assert(id != 0 && parts.find_request(id) == nullptr);
  GuestRequest& request = open_request(parts, id);
  request.scheduled = true;
  request.cpu_ms_max = what.cpu_ms_max;
  request.done = std::move(done);
  parts.suspects.push_back(id);
  run_turn(parts, [&](Local<v8::Context> context) {
    charge(parts, id);
    v8::Isolate* isolate = parts.isolate;
    Local<v8::Value> arguments[] = {number(isolate, id),
                                    v8::Number::New(isolate, static_cast<double>(what.time_ms)),
                                    text_from_utf8(isolate, what.cron)};
    if (!call_entry(parts, context, EntryFunction::kScheduled, 3, arguments).IsEmpty()) return;
    GuestRequest* unanswered = parts.find_request(id);
    if (unanswered == nullptr || is_stopping(parts)) return;
    answer(parts, *unanswered,
           {.outcome = Outcome::kException, .response = {},
            .error = "the runtime's scheduled entry failed"});
  });
}

void Isolate::end_scheduled(RequestId id) {
  Parts& parts = *parts_;
  GuestRequest* request = parts.find_request(id);
  if (request == nullptr || request->answered) return;
  run_turn(parts, [&](Local<v8::Context> context) {
    charge(parts, id);
    static constexpr std::string_view kTooLong = "Worker exceeded wall time limit.";
    parts.host.uncaught(id, "limit", kTooLong, "");
    call_entry(parts, context, EntryFunction::kClientGone, {number(parts.isolate, id)});
    GuestRequest* late = parts.find_request(id);
    if (late == nullptr) return;
    answer(parts, *late, {.outcome = Outcome::kExceededWallTime, .response = {},
                          .error = std::string(kTooLong)});
    end_request(parts, id);
  });
}

void Isolate::client_gone(RequestId id) {
  Parts& parts = *parts_;
  GuestRequest* request = parts.find_request(id);
  if (request == nullptr || request->client_gone) return;
  request->client_gone = true;
  run_turn(parts, [&](Local<v8::Context> context) {
    charge(parts, id);
    call_entry(parts, context, EntryFunction::kClientGone, {number(parts.isolate, id)});
    if (GuestRequest* left = parts.find_request(id)) {
      answer(parts, *left, {.outcome = Outcome::kCanceled, .response = {}, .error = {}});
    }
  });
}

void Isolate::run_tests(std::move_only_function<void(std::vector<TestResult>)> done) {
  run_guest_tests(*parts_, std::move(done));
}

const std::shared_ptr<Token>& Isolate::token() const { return parts_->token; }
size_t Isolate::active() const { return parts_->requests.size(); }

}  // namespace offing
