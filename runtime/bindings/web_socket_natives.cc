// WebSockets: ends in a guest's hands, and those that outlive the instance of a Durable Object.
#include "runtime/actor/actor.h"
#include "runtime/actor/actor_sockets.h"
#include "runtime/bindings/native_call.h"
#include "runtime/bindings/serializer.h"
#include "runtime/isolate/guest_socket.h"

namespace offing {
namespace {

using v8::Local;

Local<v8::Value> strings(v8::Isolate* isolate, const std::vector<std::string>& list) {
  v8::LocalVector<v8::Value> items(isolate);
  for (const std::string& item : list) items.push_back(text_from_utf8(isolate, item));
  return v8::Array::New(isolate, items.data(), items.size());
}

Local<v8::Value> numbers(v8::Isolate* isolate, const std::vector<SocketNumber>& list) {
  v8::LocalVector<v8::Value> items(isolate);
  items.reserve(list.size());
  for (SocketNumber item : list) items.push_back(number(isolate, item));
  return v8::Array::New(isolate, items.data(), items.size());
}

Local<v8::Value> bytes_or_undefined(v8::Isolate* isolate,
                                    const std::optional<std::string>& bytes) {
  if (!bytes) return v8::Undefined(isolate);
  return uint8_array_from(isolate, *bytes);
}

WebSocketMessage message_of(v8::Isolate* isolate, Local<v8::Value> value) {
  if (value->IsString()) return {false, utf8_of(isolate, value.As<v8::String>())};
  return {true, std::string(BytesOf(value).view())};
}

WebSocketClose close_of(v8::Isolate* isolate, Local<v8::Value> code, Local<v8::Value> reason) {
  return {static_cast<uint16_t>(id_of(code)),
          reason->IsString() ? utf8_of(isolate, reason.As<v8::String>()) : std::string(), true};
}

// (owner) → [id, id]
void socket_pair(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  const auto [first, second] = add_socket_pair(*parts, id_of(info[0]));
  Local<v8::Value> pair[] = {number(isolate, first), number(isolate, second)};
  info.GetReturnValue().Set(v8::Array::New(isolate, pair, 2));
}

// (socket)
void socket_accept(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  GuestSocket* socket = parts == nullptr ? nullptr : find_socket(*parts, id_of(info[0]));
  if (socket != nullptr) socket->accept(section_for(*parts, socket->owner()));
}

// (owner, socket, message)
void socket_send(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  leave_for(*parts, id_of(info[0]),
            [parts, id = id_of(info[1]),
             message = message_of(info.GetIsolate(), info[2])](bool left) mutable {
              GuestSocket* socket = left ? find_socket(*parts, id) : nullptr;
              if (socket != nullptr) socket->send(std::move(message));
            });
}

// (owner, socket, code, reason)
void socket_close(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  leave_for(*parts, id_of(info[0]),
            [parts, id = id_of(info[1]),
             close = close_of(info.GetIsolate(), info[2], info[3])](bool left) mutable {
              GuestSocket* socket = left ? find_socket(*parts, id) : nullptr;
              if (socket != nullptr) socket->close(std::move(close));
            });
}

// (socket)
void socket_drop(const Arguments& info) {
  if (Isolate::Parts* parts = parts_of(info)) drop_socket(*parts, id_of(info[0]));
}

// (request): did it ask for a WebSocket?
void request_upgrades(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  GuestRequest* request = parts == nullptr ? nullptr : parts->find_request(id_of(info[0]));
  if (request == nullptr) return info.GetReturnValue().Set(false);
  info.GetReturnValue().Set(
      equals_ignoring_case(request->incoming.headers.get("upgrade").value_or(""), "websocket"));
}

// ---- hibernatable ones; `actor` is the instance

ActorSockets* sockets_of(const Arguments& info, Isolate::Parts*& parts) {
  parts = parts_of(info);
  if (parts == nullptr || find_actor(*parts, id_of(info[0])) == nullptr) return nullptr;
  return &parts->host.actor_sockets(id_of(info[0]));
}

// (actor, socket, tags, attachment) → number, 0: too many
void socket_hibernate(const Arguments& info) {
  Isolate::Parts* parts;
  ActorSockets* sockets = sockets_of(info, parts);
  if (sockets == nullptr || !info[2]->IsArray()) return;
  v8::Isolate* isolate = info.GetIsolate();
  Local<v8::Context> context = isolate->GetCurrentContext();
  if (sockets->size() >= ActorSockets::kSocketsMax) return info.GetReturnValue().Set(0);
  std::vector<std::string> tags;
  Local<v8::Array> list = info[2].As<v8::Array>();
  for (uint32_t i = 0; i < list->Length(); ++i) {
    Local<v8::Value> tag;
    if (!list->Get(context, i).ToLocal(&tag) || !tag->IsString()) return;
    tags.push_back(wtf8_of(isolate, tag.As<v8::String>()));
  }
  std::optional<std::string> attachment;
  if (info[3]->IsArrayBufferView()) attachment = std::string(BytesOf(info[3]).view());
  std::unique_ptr<WebSocketEnd> end = take_socket(*parts, id_of(info[1]));
  if (end == nullptr) return;
  info.GetReturnValue().Set(
      number(isolate, sockets->accept(std::move(end), std::move(tags), std::move(attachment))));
}

// (actor, tag) → numbers
void hibernated_list(const Arguments& info) {
  Isolate::Parts* parts;
  ActorSockets* sockets = sockets_of(info, parts);
  if (sockets == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  info.GetReturnValue().Set(numbers(
      isolate, info[1]->IsString() ? sockets->list(wtf8_of(isolate, info[1].As<v8::String>()))
                                   : sockets->list()));
}

// (actor, number) → [closed, tags, attachment], or undefined
void hibernated_look(const Arguments& info) {
  Isolate::Parts* parts;
  ActorSockets* sockets = sockets_of(info, parts);
  const SocketNumber socket = id_of(info[1]);
  if (sockets == nullptr || !sockets->has(socket)) return;
  v8::Isolate* isolate = info.GetIsolate();
  Local<v8::Value> seen[] = {v8::Boolean::New(isolate, sockets->closed(socket)),
                             strings(isolate, sockets->tags(socket)),
                             bytes_or_undefined(isolate, sockets->attachment(socket))};
  info.GetReturnValue().Set(v8::Array::New(isolate, seen, std::size(seen)));
}

// (actor, number, message)
void hibernated_send(const Arguments& info) {
  Isolate::Parts* parts;
  if (sockets_of(info, parts) == nullptr) return;
  const RequestId actor = id_of(info[0]);
  leave_for(*parts, actor,
            [parts, actor, socket = id_of(info[1]),
             message = message_of(info.GetIsolate(), info[2])](bool left) mutable {
              if (left) parts->host.actor_sockets(actor).send(socket, std::move(message));
            });
}

// (actor, number, code, reason)
void hibernated_close(const Arguments& info) {
  Isolate::Parts* parts;
  if (sockets_of(info, parts) == nullptr) return;
  const RequestId actor = id_of(info[0]);
  leave_for(*parts, actor,
            [parts, actor, socket = id_of(info[1]),
             close = close_of(info.GetIsolate(), info[2], info[3])](bool left) mutable {
              if (left) parts->host.actor_sockets(actor).close(socket, std::move(close));
            });
}

// (actor, number, bytes)
void hibernated_attach(const Arguments& info) {
  Isolate::Parts* parts;
  ActorSockets* sockets = sockets_of(info, parts);
  if (sockets == nullptr) return;
  sockets->set_attachment(id_of(info[1]), std::string(BytesOf(info[2]).view()));
}

// (actor, number) → ms, or undefined
void hibernated_auto_response_ms(const Arguments& info) {
  Isolate::Parts* parts;
  ActorSockets* sockets = sockets_of(info, parts);
  if (sockets == nullptr) return;
  const std::optional<int64_t> at = sockets->auto_response_ms(id_of(info[1]));
  if (at) info.GetReturnValue().Set(static_cast<double>(*at));
}

// (actor) → [request, response], or undefined
void hibernated_auto_response(const Arguments& info) {
  Isolate::Parts* parts;
  ActorSockets* sockets = sockets_of(info, parts);
  if (sockets == nullptr || !sockets->auto_response()) return;
  v8::Isolate* isolate = info.GetIsolate();
  info.GetReturnValue().Set(strings(
      isolate, {sockets->auto_response()->request, sockets->auto_response()->response}));
}

// (actor, request, response); without them there is none
void hibernated_set_auto_response(const Arguments& info) {
  Isolate::Parts* parts;
  ActorSockets* sockets = sockets_of(info, parts);
  if (sockets == nullptr) return;
  if (!info[1]->IsString() || !info[2]->IsString()) return sockets->set_auto_response({});
  v8::Isolate* isolate = info.GetIsolate();
  sockets->set_auto_response(ActorSockets::AutoResponse{
      utf8_of(isolate, info[1].As<v8::String>()), utf8_of(isolate, info[2].As<v8::String>())});
}

// (actor) → ms, 0: none
void hibernated_timeout(const Arguments& info) {
  Isolate::Parts* parts;
  ActorSockets* sockets = sockets_of(info, parts);
  if (sockets == nullptr) return;
  info.GetReturnValue().Set(static_cast<double>(sockets->event_timeout_ms()));
}

// (actor, ms)
void hibernated_set_timeout(const Arguments& info) {
  Isolate::Parts* parts;
  ActorSockets* sockets = sockets_of(info, parts);
  if (sockets != nullptr) sockets->set_event_timeout_ms(static_cast<int64_t>(id_of(info[1])));
}

// (value) → bytes
void value_to_bytes(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  auto bytes = serialize_for_storage(*parts, isolate->GetCurrentContext(), info[0]);
  if (bytes) info.GetReturnValue().Set(uint8_array_from(isolate, std::move(*bytes)));
}

// (bytes) → value
void value_from_bytes(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  BytesOf bytes(info[0]);
  Local<v8::Value> value;
  if (deserialize_from_storage(*parts, info.GetIsolate()->GetCurrentContext(), bytes.view())
          .ToLocal(&value)) {
    info.GetReturnValue().Set(value);
  }
}

constexpr NativeFunction kFunctions[] = {
    {"socketPair", socket_pair},
    {"socketAccept", socket_accept},
    {"socketSend", socket_send},
    {"socketClose", socket_close},
    {"socketDrop", socket_drop},
    {"requestUpgrades", request_upgrades},
    {"socketHibernate", socket_hibernate},
    {"hibernatedList", hibernated_list},
    {"hibernatedLook", hibernated_look},
    {"hibernatedSend", hibernated_send},
    {"hibernatedClose", hibernated_close},
    {"hibernatedAttach", hibernated_attach},
    {"hibernatedAutoResponseMs", hibernated_auto_response_ms},
    {"hibernatedAutoResponse", hibernated_auto_response},
    {"hibernatedSetAutoResponse", hibernated_set_auto_response},
    {"hibernatedTimeout", hibernated_timeout},
    {"hibernatedSetTimeout", hibernated_set_timeout},
    {"valueToBytes", value_to_bytes},
    {"valueFromBytes", value_from_bytes}};

}  // namespace

std::span<const NativeFunction> web_socket_natives() { return kFunctions; }

}  // namespace offing
