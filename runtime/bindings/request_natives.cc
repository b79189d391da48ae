// The incoming request and its answer.
#include "runtime/bindings/native_call.h"
#include "runtime/isolate/guest_socket.h"

namespace offing {
namespace {

using v8::Local;

GuestRequest* request_of(const Arguments& info, Isolate::Parts*& parts) {
  parts = parts_of(info);
  return parts == nullptr ? nullptr : parts->find_request(id_of(info[0]));
}

void request_headers(const Arguments& info) {
  Isolate::Parts* parts;
  GuestRequest* request = request_of(info, parts);
  if (parts == nullptr) return;
  if (request == nullptr) return info.GetReturnValue().Set(v8::Array::New(info.GetIsolate()));
  info.GetReturnValue().Set(flat_headers(info.GetIsolate(), request->incoming.headers));
}

void request_cf(const Arguments& info) {
  Isolate::Parts* parts;
  GuestRequest* request = request_of(info, parts);
  if (parts == nullptr) return;
  info.GetReturnValue().Set(
      text_from_utf8(info.GetIsolate(), request == nullptr ? "" : request->cf_json));
}

void request_body(const Arguments& info) {
  Isolate::Parts* parts;
  GuestRequest* request = request_of(info, parts);
  if (request == nullptr) return;
  Request& in = request->incoming;
  info.GetReturnValue().Set(
      give_body(*parts, request->id, in.has_body, std::move(in.body), std::move(in.stream)));
  in.has_body = false;
}

// (request, status, statusText, headers, body, length, encodedByGuest, webSocket)
void respond(const Arguments& info) {
  Isolate::Parts* parts;
  GuestRequest* request = request_of(info, parts);
  if (request == nullptr || request->answered) return;
  v8::Isolate* isolate = info.GetIsolate();
  FetchResult result;
  Response& response = result.response;
  response.status = static_cast<uint16_t>(id_of(info[1]));
  if (info[2]->IsString() && info[2].As<v8::String>()->Length() > 0) {
    response.reason = latin1_of(isolate, info[2].As<v8::String>());
  }
  response.headers = headers_of(isolate, isolate->GetCurrentContext(), info[3]);
  const double length = info[5]->IsNumber() ? info[5].As<v8::Number>()->Value() : -1;
  GivenBody body = take_body(*parts, info[4], request->id, length, true);
  response.has_body = body.present;
  response.body = std::move(body.bytes);
  request->streaming = body.stream != nullptr && !body.passed;
  response.stream = std::move(body.stream);
  response.encoded_by_guest = info[6]->IsTrue();
  response.web_socket = take_socket(*parts, id_of(info[7]));
  request->upgraded = response.web_socket != nullptr;
  answer(*parts, *request, std::move(result));
}

// (request, error, passThrough)
void respond_error(const Arguments& info) {
  Isolate::Parts* parts;
  GuestRequest* request = request_of(info, parts);
  if (request == nullptr || request->answered) return;
  const RequestId id = request->id;
  const Described described = describe(*parts, info.GetIsolate()->GetCurrentContext(), info[1]);
  const char* where = request->rpc_done ? "rpc" : request->is_alarm ? "alarm" : "fetch";
  parts->host.uncaught(id, where, described.text, described.stack);
  // Only guests that called are given the exception itself.
  GuestError thrown = guest_error_of(*parts, info.GetIsolate()->GetCurrentContext(), info[1]);
  thrown.remote = true;
  if ((request = parts->find_request(id)) == nullptr) return;
  answer(*parts, *request, {.outcome = Outcome::kException,
                            .response = {},
                            .pass_through = info[2]->IsTrue(),
                            .error = described.text,
                            .thrown = std::move(thrown)});
}

// (request, failed, error): everything that a scheduled event began is over. The error was reported when it
// happened.
void scheduled_end(const Arguments& info) {
  Isolate::Parts* parts;
  GuestRequest* request = request_of(info, parts);
  if (request == nullptr || request->answered) return;
  FetchResult result;
  if (info[1]->IsTrue()) {
    const RequestId id = request->id;
    result.outcome = Outcome::kException;
    result.error = describe(*parts, info.GetIsolate()->GetCurrentContext(), info[2]).text;
    if ((request = parts->find_request(id)) == nullptr) return;
  }
  answer(*parts, *request, std::move(result));
}

void scheduled_no_retry(const Arguments& info) {
  Isolate::Parts* parts;
  GuestRequest* request = request_of(info, parts);
  if (request != nullptr) request->no_retry = true;
}

void wait_until(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr || !info[1]->IsInt32()) return;
  change_wait_until(*parts, id_of(info[0]), info[1].As<v8::Int32>()->Value() > 0 ? 1 : -1);
}

constexpr NativeFunction kFunctions[] = {
    {"requestHeaders", request_headers}, {"requestCf", request_cf},
    {"requestBody", request_body},       {"respond", respond},
    {"respondError", respond_error},     {"waitUntil", wait_until},
    {"scheduledEnd", scheduled_end},     {"scheduledNoRetry", scheduled_no_retry}};

}  // namespace

std::span<const NativeFunction> request_natives() { return kFunctions; }

}  // namespace offing
