// Outbound fetch, one hop.
#include "runtime/actor/actor.h"
#include "runtime/bindings/fetched.h"
#include "runtime/bindings/native_call.h"
#include "runtime/bindings/subrequest.h"
#include "runtime/isolate/guest_socket.h"

namespace offing {
namespace {

using v8::Local;

Local<v8::Value> fetched(Isolate::Parts& parts, Local<v8::Context> context, RequestId owner,
                         Response response) {
  v8::Isolate* isolate = parts.isolate;
  v8::MaybeLocal<v8::Value> values[] = {
      number(isolate, response.status).As<v8::Value>(),
      text_from_latin1(isolate, response.reason.empty() ? reason_phrase(response.status)
                                                        : std::string_view(response.reason))
          .As<v8::Value>(),
      flat_headers(isolate, response.headers).As<v8::Value>(),
      give_body(parts, owner, response.has_body, std::move(response.body),
                std::move(response.stream)),
      response.web_socket
          ? number(isolate, add_socket(parts, owner, std::move(response.web_socket)))
          : v8::Undefined(isolate).As<v8::Value>()};
  return parts.shapes[static_cast<size_t>(Shape::kFetched)].Get(isolate)->NewInstance(
      context, {values, std::size(values)});
}

void on_answer(Isolate::Parts& parts, Ticket ticket,
               std::expected<Response, std::string> response) {
  if (!response) return reject_work(parts, ticket, response.error(), false);
  resolve_fetched(parts, ticket, std::move(*response));
}

// Where open connections are counted, a body that is all there keeps its own too.
std::unique_ptr<ByteSource>* keeping_body(const Limits& limits,
                                          std::expected<Response, std::string>& answer) {
  if (!answer) return nullptr;
  if (limits.connection_count == ConnectionCount::kOpen && !answer->stream && answer->has_body &&
      !answer->body.empty()) {
    answer->stream = source_of(std::move(answer->body));
  }
  return &answer->stream;
}

void send(Isolate::Parts& parts, RequestId request, Ticket ticket, Request out,
          ConnectionSlot slot) {
  parts.host.fetch(
      request, std::move(out),
      [token = parts.token, ticket,
       slot = std::move(slot)](std::expected<Response, std::string> answer) mutable {
        Isolate::Parts* live = token->parts;
        if (live == nullptr) return;
        answered(*live, std::move(slot), keeping_body(live->limits, answer));
        deliver(*live, ticket, [live, ticket, answer = std::move(answer)]() mutable {
          on_answer(*live, ticket, std::move(answer));
        });
      });
}

// (request, method, url, headers, body, length)
void fetch(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr || !info[1]->IsString() || !info[2]->IsString()) return;
  v8::Isolate* isolate = info.GetIsolate();
  const RequestId request = id_of(info[0]);
  if (!count_call(info, *parts, request, Subrequest::kFetch)) {
    take_body(*parts, info[4], request, -1, false);  // nobody will read it
    return;
  }
  const Ticket ticket = begin_subrequest(info, *parts, request);
  if (ticket == 0) return;
  Request out;
  out.method = latin1_of(isolate, info[1].As<v8::String>());
  out.url = utf8_of(isolate, info[2].As<v8::String>());
  out.headers = headers_of(isolate, isolate->GetCurrentContext(), info[3]);
  const double length = info[5]->IsNumber() ? info[5].As<v8::Number>()->Value() : -1;
  GivenBody body = take_body(*parts, info[4], request, length, false);
  out.has_body = body.present;
  out.body = std::move(body.bytes);
  out.stream = std::move(body.stream);
  out.hops = hops_of(*parts, request);
  leave_for(*parts, request, [parts, request, ticket, out = std::move(out)](bool left) mutable {
    if (!left) return;
    connect(*parts, request, ticket,
            [parts, request, ticket, out = std::move(out)](ConnectionSlot slot) mutable {
              send(*parts, request, ticket, std::move(out), std::move(slot));
            });
  });
}

constexpr NativeFunction kFunctions[] = {{"fetch", fetch}};

}  // namespace

void resolve_fetched(Isolate::Parts& parts, Ticket ticket, Response response) {
  resolve_work(parts, ticket, [&](Local<v8::Context> context, RequestId owner) {
    return fetched(parts, context, owner, std::move(response));
  });
}

std::span<const NativeFunction> fetch_natives() { return kFunctions; }

}  // namespace offing
