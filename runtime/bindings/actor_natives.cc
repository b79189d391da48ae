// Durable Objects: critical sections, reset, and fetch from guest to guest.
#include "runtime/actor/actor.h"
#include "runtime/bindings/call_target.h"
#include "runtime/bindings/fetched.h"
#include "runtime/bindings/native_call.h"
#include "runtime/bindings/subrequest.h"
#include "runtime/isolate/rpc.h"

namespace offing {
namespace {

using v8::Local;

Actor* actor_of(const Arguments& info, Isolate::Parts*& parts) {
  parts = parts_of(info);
  return parts == nullptr ? nullptr : find_actor(*parts, id_of(info[0]));
}

void new_number(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  info.GetReturnValue().Set(number(info.GetIsolate(), parts->host.new_number()));
}

// (actor)
void section_ask(const Arguments& info) {
  Isolate::Parts* parts;
  Actor* actor = actor_of(info, parts);
  if (actor == nullptr) return;
  info.GetReturnValue().Set(number(info.GetIsolate(), begin_section(*parts, *actor)));
}

// (actor, section)
void section_end(const Arguments& info) {
  Isolate::Parts* parts;
  Actor* actor = actor_of(info, parts);
  if (actor == nullptr) return;
  end_section(*parts, *actor, static_cast<InputGate::Section>(id_of(info[1])));
}

// (actor, error fields, stop, retryAlarm)
void actor_break(const Arguments& info) {
  Isolate::Parts* parts;
  Actor* actor = actor_of(info, parts);
  if (actor == nullptr || !info[1]->IsObject()) return;
  v8::Isolate* isolate = info.GetIsolate();
  actor->retry_alarm = !info[3]->IsFalse();
  break_actor(*parts, *actor,
              guest_error_from(*parts, isolate->GetCurrentContext(), info[1].As<v8::Object>()));
  if (info[2]->IsTrue()) isolate->TerminateExecution();
}

// (request, target, method, url, headers, body, length)
void call_fetch(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr || !info[2]->IsString() || !info[3]->IsString()) return;
  v8::Isolate* isolate = info.GetIsolate();
  Local<v8::Context> context = isolate->GetCurrentContext();
  const RequestId request = id_of(info[0]);
  CallTarget target = target_of(*parts, context, info[1]);
  if (!count_stub_call(info, *parts, request, target.kind)) {
    take_body(*parts, info[5], request, -1, false);  // nobody will read it
    return;
  }
  const Ticket ticket = begin_subrequest(info, *parts, request);
  if (ticket == 0) return;
  if (target.kind == CallTarget::Kind::kEntrypoint) target.tree = shared_tree(*parts, request);
  Request inner;
  inner.method = latin1_of(isolate, info[2].As<v8::String>());
  inner.url = utf8_of(isolate, info[3].As<v8::String>());
  inner.headers = headers_of(isolate, context, info[4]);
  const double length = info[6]->IsNumber() ? info[6].As<v8::Number>()->Value() : -1;
  GivenBody body = take_body(*parts, info[5], request, length, false);
  inner.has_body = body.present;
  inner.body = std::move(body.bytes);
  inner.stream = std::move(body.stream);
  inner.hops = hops_of(*parts, request);
  if (const GuestError* broken = broken_stub(*parts, target.stub)) {
    return parts->host.post([token = parts->token, ticket, why = *broken] {
      if (token->parts != nullptr) reject_with(*token->parts, ticket, why);
    });
  }
  auto done = [token = parts->token, ticket,
               stub = target.stub](std::expected<Response, GuestError> answer) {
    if (token->parts == nullptr) return;
    if (!answer) note_failure(*token->parts, stub, answer.error());
    deliver(*token->parts, ticket,
            [parts = token->parts, ticket, answer = std::move(answer)]() mutable {
              if (!answer) return reject_with(*parts, ticket, answer.error());
              resolve_fetched(*parts, ticket, std::move(*answer));
            });
  };
  leave_for(*parts, request,
            [parts, request, target = std::move(target), inner = std::move(inner),
             done = std::move(done)](bool left) mutable {
              if (!left) return;
              parts->host.call_fetch(request, std::move(target), std::move(inner),
                                     std::move(done));
            });
}

constexpr NativeFunction kFunctions[] = {{"newNumber", new_number},
                                         {"sectionAsk", section_ask},
                                         {"sectionEnd", section_end},
                                         {"actorBreak", actor_break},
                                         {"callFetch", call_fetch}};

}  // namespace

std::span<const NativeFunction> actor_natives() { return kFunctions; }

}  // namespace offing
