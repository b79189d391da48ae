#include "runtime/isolate/turn.h"

#include <utility>

#include "runtime/bindings/convert.h"

namespace offing {
namespace {

using v8::Local;

v8::MaybeLocal<v8::Value> call_uncaught(Isolate::Parts& parts, Local<v8::Context> context,
                                        EntryFunction function, int count,
                                        Local<v8::Value> arguments[]) {
  return parts.functions[static_cast<size_t>(function)]
      .Get(parts.isolate)
      ->Call(context, v8::Undefined(parts.isolate), count, arguments);
}

void deliver_rejections(Isolate::Parts& parts, Local<v8::Context> context) {
  std::vector<Rejection> rejections = std::exchange(parts.rejections, {});
  for (Rejection& rejection : rejections) {
    Local<v8::Promise> promise = rejection.promise.Get(parts.isolate);
    if (promise->HasHandler()) continue;
    call_entry(parts, context, EntryFunction::kUnhandledRejection,
               {promise, rejection.reason.Get(parts.isolate)});
  }
}

void pull_wanted(Isolate::Parts& parts, Local<v8::Context> context) {
  std::vector<uint64_t> wanted = std::exchange(parts.wanted_pulls, {});
  for (uint64_t stream : wanted) {
    call_entry(parts, context, EntryFunction::kPull, {number(parts.isolate, stream)});
  }
}

// True when a request was told, so that microtasks may be waiting again.
bool tell_hung(Isolate::Parts& parts, Local<v8::Context> context) {
  bool told = false;
  for (size_t i = 0; i < parts.suspects.size(); ++i) {
    const RequestId id = parts.suspects[i];
    GuestRequest* request = parts.find_request(id);
    if (request == nullptr || !owes_something(*request) || request->under_way > 0) continue;
    if (request->hung_told) continue;
    request->hung_told = told = true;
    call_entry(parts, context, EntryFunction::kHung, {number(parts.isolate, id)});
  }
  parts.suspects.clear();
  return told;
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

}  // namespace

void settle_turn(Isolate::Parts& parts, Local<v8::Context> context) {
  do {
    parts.isolate->PerformMicrotaskCheckpoint();
    while (!parts.rejections.empty() || !parts.wanted_pulls.empty()) {
      deliver_rejections(parts, context);
      pull_wanted(parts, context);
      parts.isolate->PerformMicrotaskCheckpoint();
    }
  } while (!parts.suspects.empty() && !is_stopping(parts) && tell_hung(parts, context));
  parts.isolate->SetContinuationPreservedEmbedderDataV2(v8::Undefined(parts.isolate));
}

void flush_outbox(Isolate::Parts& parts) {
  if (parts.outbox.empty()) return;
  const std::shared_ptr<Token> token = parts.token;
  while (token->parts != nullptr && parts.outbox_head < parts.outbox.size()) {
    auto item = std::move(parts.outbox[parts.outbox_head++]);
    if (parts.outbox_head == parts.outbox.size()) parts.outbox.clear(), parts.outbox_head = 0;
    if (auto* answered = std::get_if<Answered>(&item)) {
      answered->done(std::move(answered->result));
    } else if (auto* delivered = std::get_if<Delivered>(&item)) {
      delivered->done(std::move(delivered->chunk));
    } else {
      std::get<Called>(item).call();
    }
  }
}

v8::MaybeLocal<v8::Value> call_entry(Isolate::Parts& parts, Local<v8::Context> context,
                                     EntryFunction function, int count,
                                     Local<v8::Value> arguments[]) {
  v8::TryCatch caught(parts.isolate);
  v8::MaybeLocal<v8::Value> result = call_uncaught(parts, context, function, count, arguments);
  if (!result.IsEmpty()) return result;
  if (caught.HasTerminated()) {   // end_watch tells what it was
    parts.isolate->CancelTerminateExecution();
  } else {
    report_uncaught(parts, context, 0, "runtime", caught.Exception());
  }
  return {};
}

v8::MaybeLocal<v8::Value> call_entry(Isolate::Parts& parts, Local<v8::Context> context,
                                     EntryFunction function,
                                     std::initializer_list<Local<v8::Value>> arguments) {
  return call_entry(parts, context, function, static_cast<int>(arguments.size()),
                    const_cast<Local<v8::Value>*>(arguments.begin()));
}

Described describe(Isolate::Parts& parts, Local<v8::Context> context,
                   Local<v8::Value> exception) {
  v8::TryCatch caught(parts.isolate);
  Local<v8::Value> pair;
  if (call_uncaught(parts, context, EntryFunction::kDescribe, 1, &exception).ToLocal(&pair) &&
      pair->IsArray()) {
    Local<v8::Value> text, stack;
    if (pair.As<v8::Array>()->Get(context, 0).ToLocal(&text) && text->IsString() &&
        pair.As<v8::Array>()->Get(context, 1).ToLocal(&stack) && stack->IsString()) {
      return {utf8_of(parts.isolate, text.As<v8::String>()),
              utf8_of(parts.isolate, stack.As<v8::String>())};
    }
  }
  // The exception defends itself against being looked at, or execution is being terminated.
  Local<v8::String> text;
  if (!caught.HasTerminated() && exception->ToDetailString(context).ToLocal(&text)) {
    return {utf8_of(parts.isolate, text), ""};
  }
  return {"an exception that cannot be described", ""};
}

GuestError guest_error_of(Isolate::Parts& parts, Local<v8::Context> context,
                          Local<v8::Value> exception) {
  GuestError error;
  Local<v8::Value> fields;
  if (!call_entry(parts, context, EntryFunction::kErrorFields, {exception}).ToLocal(&fields) ||
      !fields->IsObject()) {
    error.message = describe(parts, context, exception).text;
    return error;
  }
  return guest_error_from(parts, context, fields.As<v8::Object>());
}

GuestError guest_error_from(Isolate::Parts& parts, Local<v8::Context> context,
                            Local<v8::Object> fields) {
  auto get = [&](const char* name) {
    Local<v8::Value> value;
    if (!fields->Get(context, text_from_utf8(parts.isolate, name)).ToLocal(&value)) {
      value = v8::Undefined(parts.isolate);
    }
    return value;
  };
  auto text = [&](const char* name) {
    Local<v8::Value> value = get(name);
    return value->IsString() ? utf8_of(parts.isolate, value.As<v8::String>()) : std::string();
  };
  GuestError error;
  error.name = text("name");
  error.message = text("message");
  error.remote = get("remote")->IsTrue();
  error.retryable = get("retryable")->IsTrue();
  error.overloaded = get("overloaded")->IsTrue();
  error.object_reset = get("objectReset")->IsTrue();
  error.object_id = text("objectId");
  if (Local<v8::Value> value = get("value"); value->IsUint8Array()) {
    error.value = std::string(BytesOf(value).view());
  }
  return error;
}

Local<v8::Value> remote_error(Isolate::Parts& parts, Local<v8::Context> context,
                              const GuestError& error) {
  v8::Isolate* isolate = parts.isolate;
  Local<v8::Object> fields = v8::Object::New(isolate);
  auto set = [&](const char* name, Local<v8::Value> value) {
    fields->CreateDataProperty(context, text_from_utf8(isolate, name), value).Check();
  };
  set("name", text_from_utf8(isolate, error.name));
  set("message", text_from_utf8(isolate, error.message));
  set("remote", v8::Boolean::New(isolate, error.remote));
  set("retryable", v8::Boolean::New(isolate, error.retryable));
  set("overloaded", v8::Boolean::New(isolate, error.overloaded));
  set("objectReset", v8::Boolean::New(isolate, error.object_reset));
  set("objectId", text_from_utf8(isolate, error.object_id));
  if (!error.value.empty()) set("value", uint8_array_from(isolate, error.value));
  Local<v8::Value> made;
  if (call_entry(parts, context, EntryFunction::kRemoteError, {fields}).ToLocal(&made)) return made;
  return v8::Exception::Error(text_from_utf8(isolate, error.message));
}

Local<v8::String> method_string(Isolate::Parts& parts, std::string_view method) {
  const Name name = method_name(method);
  return name == Name::kCount ? text_from_utf8(parts.isolate, method) : parts.name(name);
}

void report_uncaught(Isolate::Parts& parts, Local<v8::Context> context, RequestId request,
                     std::string_view where, Local<v8::Value> exception) {
  const Described described = describe(parts, context, exception);
  parts.host.uncaught(request, where, described.text, described.stack);
}

}  // namespace offing
