#include "runtime/bindings/native_call.h"

#include <cassert>

#include "runtime/actor/actor.h"
#include "runtime/isolate/guest_stream.h"

namespace offing {

using v8::Local;

Ticket begin_work(const Arguments& info, Isolate::Parts& parts, RequestId request) {
  v8::Isolate* isolate = info.GetIsolate();
  Local<v8::Context> context = isolate->GetCurrentContext();
  Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(context).ToLocal(&resolver)) return 0;
  info.GetReturnValue().Set(resolver->GetPromise());
  GuestRequest* found = parts.find_request(request);
  if (found == nullptr) {
    Local<v8::Value> error = v8::Exception::Error(text_from_utf8(isolate, kContextEnded));
    resolver->Reject(context, error).Check();
    return 0;
  }
  ++found->under_way;
  const uint32_t section = found->actor == 0 ? 0 : current_section(parts);
  return parts.pending.open(isolate, resolver, request, section);
}

void deliver(Isolate::Parts& parts, Ticket ticket, std::move_only_function<void()> settle) {
  const auto [request, section] = parts.pending.owner_of(ticket);
  if (request == 0) return;  // it has ended meanwhile
  enter_for(parts, request, section, std::move(settle));
}

void reject_work(Isolate::Parts& parts, Ticket ticket, std::string_view text, bool type_error) {
  run_turn(parts, [&](Local<v8::Context> context) {
    auto taken = parts.pending.take(parts.isolate, ticket);
    if (!taken) return;
    charge(parts, taken->request);
    work_ended(parts, taken->request);
    Local<v8::String> message = text_from_utf8(parts.isolate, text);
    taken->resolver
        ->Reject(context, type_error ? v8::Exception::TypeError(message)
                                     : v8::Exception::Error(message))
        .Check();
  });
}

void reject_with(Isolate::Parts& parts, Ticket ticket, const GuestError& error) {
  run_turn(parts, [&](Local<v8::Context> context) {
    auto taken = parts.pending.take(parts.isolate, ticket);
    if (!taken) return;
    charge(parts, taken->request);
    work_ended(parts, taken->request);
    taken->resolver->Reject(context, remote_error(parts, context, error)).Check();
  });
}

// Out of the guest's hands; null when it is over already.
static std::unique_ptr<ByteSource> pass_source(Isolate::Parts& parts, uint64_t id) {
  Source* source = parts.sources.find(id);
  if (source == nullptr) return nullptr;
  assert(!source->reading);
  if (GuestRequest* owner = parts.find_request(source->owner)) --owner->sources;
  std::unique_ptr<ByteSource> bytes = std::move(source->bytes);
  parts.sources.remove(id);
  return bytes;
}

GivenBody take_body(Isolate::Parts& parts, Local<v8::Value> body, RequestId request,
                    double length, bool is_response) {
  GivenBody given;
  if (body->IsUndefined()) return given;
  given.present = true;
  if (body->IsString()) {
    given.bytes = utf8_of(parts.isolate, body.As<v8::String>());
  } else if (body->IsNumber() && body.As<v8::Number>()->Value() < 0) {
    given.passed = true;
    given.stream = pass_source(parts, static_cast<uint64_t>(-body.As<v8::Number>()->Value()));
  } else if (body->IsNumber()) {
    given.stream =
        std::make_unique<GuestStream>(parts, id_of(body), request, length, is_response);
  } else {
    given.bytes = std::string(BytesOf(body).view());
  }
  return given;
}

uint64_t add_source(Isolate::Parts& parts, RequestId owner, std::unique_ptr<ByteSource> stream) {
  const uint64_t id = parts.next_id++;
  parts.sources.add(id, {std::move(stream), owner, false});
  if (GuestRequest* request = parts.find_request(owner)) ++request->sources;
  return id;
}

Local<v8::Value> give_body(Isolate::Parts& parts, RequestId owner, bool has_body,
                           std::string bytes, std::unique_ptr<ByteSource> stream) {
  if (stream) return number(parts.isolate, add_source(parts, owner, std::move(stream)));
  if (!has_body) return v8::Undefined(parts.isolate);
  return uint8_array_from(parts.isolate, std::move(bytes));
}

}  // namespace offing
