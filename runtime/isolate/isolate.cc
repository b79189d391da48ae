#include "runtime/isolate/isolate.h"

#include <v8.h>

#include <cassert>

#include "runtime/bindings/convert.h"
#include "runtime/isolate/guest_stream.h"
#include "runtime/isolate/parts.h"
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

bool init_entry(Isolate::Parts& parts, Local<v8::Context> context, const WorkerOptions& options) {
  v8::Isolate* isolate = parts.isolate;
  Local<v8::Object> init = v8::Object::New(isolate);
  auto set = [&](const char* name, Local<v8::Value> value) {
    init->CreateDataProperty(context, text_from_utf8(isolate, name), value).Check();
  };
  set("compatibilityDate", text_from_utf8(isolate, options.compatibility_date));
  set("flags", strings(isolate, options.flags, [](const std::string& s) { return s; }));
  set("vars", pairs(isolate, context, options.vars));
  set("kv", strings(isolate, options.kv_bindings, [](const KvBinding& b) { return b.name; }));
  set("self", strings(isolate, options.self_bindings, [](const std::string& s) { return s; }));
  set("unsupported", pairs(isolate, context, options.unsupported_bindings));
  return !call_entry(parts, context, EntryFunction::kInit, {init}).IsEmpty();
}

Name method_name(std::string_view method) {
  if (method == "GET") return Name::kGet;
  if (method == "POST") return Name::kPost;
  if (method == "PUT") return Name::kPut;
  if (method == "DELETE") return Name::kDelete;
  if (method == "HEAD") return Name::kHead;
  if (method == "OPTIONS") return Name::kOptions;
  if (method == "PATCH") return Name::kPatch;
  return Name::kCount;
}

Local<v8::String> entrypoint_string(Isolate::Parts& parts, std::string_view entrypoint) {
  if (parts.last_entrypoint_string.IsEmpty() || parts.last_entrypoint != entrypoint) {
    parts.last_entrypoint = entrypoint;
    parts.last_entrypoint_string.Reset(
        parts.isolate, text_from_utf8(parts.isolate, entrypoint)->InternalizeString(parts.isolate));
  }
  return parts.last_entrypoint_string.Get(parts.isolate);
}

GuestRequest& open_request(Isolate::Parts& parts, RequestId id) {
  std::unique_ptr<GuestRequest> request;
  if (parts.spare_requests.empty()) {
    request = std::make_unique<GuestRequest>();
  } else {
    request = std::move(parts.spare_requests.back());
    parts.spare_requests.pop_back();
  }
  request->id = id;
  return *parts.requests.add(id, std::move(request));
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk: return "ok";
    case Outcome::kException: return "exception";
    case Outcome::kCanceled: return "canceled";
    case Outcome::kResponseStreamDisconnected: return "responseStreamDisconnected";
  }
  return "unknown";
}

Isolate::Isolate(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Isolate::~Isolate() = default;

std::expected<std::unique_ptr<Isolate>, std::string> Isolate::start(Engine& engine, Host& host,
                                                                    const Bundle& bundle,
                                                                    const WorkerOptions& options) {
  auto parts = std::make_unique<Parts>(engine, host, options);
  std::expected<void, std::string> started;
  run_turn(*parts, [&](Local<v8::Context> context) {
    if (!init_entry(*parts, context, options)) {
      started = std::unexpected("the runtime could not start; its report stands in the log");
      return;
    }
    auto main = parts->modules->start(context, bundle);
    if (!main) {
      started = std::unexpected(main.error());
      return;
    }
    call_entry(*parts, context, EntryFunction::kSetMain, {*main});
    parts->starting = false;
  });
  if (!started) return std::unexpected(started.error());
  return std::unique_ptr<Isolate>(new Isolate(std::move(parts)));
}

void Isolate::fetch(RequestId id, Request incoming, std::string cf_json,
                    std::string_view entrypoint, FetchDone done) {
  Parts& parts = *parts_;
  assert(id != 0 && parts.find_request(id) == nullptr);
  GuestRequest& request = open_request(parts, id);
  request.incoming = std::move(incoming);
  request.cf_json = std::move(cf_json);
  request.done = std::move(done);
  parts.suspects.push_back(id);
  run_turn(parts, [&](Local<v8::Context> context) {
    v8::Isolate* isolate = parts.isolate;
    const Request& in = request.incoming;
    const Name method = method_name(in.method);
    Local<v8::Value> arguments[] = {
        number(isolate, id),
        method == Name::kCount ? text_from_utf8(isolate, in.method) : parts.name(method),
        text_from_utf8(isolate, in.url), v8::Boolean::New(isolate, in.has_body),
        entrypoint_string(parts, entrypoint)};
    if (!call_entry(parts, context, EntryFunction::kFetch, 5, arguments).IsEmpty()) return;
    GuestRequest* unanswered = parts.find_request(id);
    if (unanswered == nullptr) return;
    answer(parts, *unanswered,
           {.outcome = Outcome::kException, .response = {},
            .error = "the runtime's fetch entry failed"});
  });
}

void Isolate::client_gone(RequestId id) {
  Parts& parts = *parts_;
  GuestRequest* request = parts.find_request(id);
  if (request == nullptr || request->client_gone) return;
  request->client_gone = true;
  run_turn(parts, [&](Local<v8::Context> context) {
    call_entry(parts, context, EntryFunction::kClientGone, {number(parts.isolate, id)});
    if (GuestRequest* left = parts.find_request(id)) {
      answer(parts, *left, {.outcome = Outcome::kCanceled, .response = {}, .error = {}});
    }
  });
}

void Isolate::run_tests(std::move_only_function<void(std::vector<TestResult>)> done) {
  run_guest_tests(*parts_, std::move(done));
}

size_t Isolate::active() const { return parts_->requests.size(); }

}  // namespace offing
