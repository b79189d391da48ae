// RPC: calls, their arguments and results, and what a message holds besides bytes.
#include "runtime/actor/actor.h"
#include "runtime/bindings/call_target.h"
#include "runtime/bindings/native_call.h"
#include "runtime/bindings/serializer.h"
#include "runtime/bindings/subrequest.h"
#include "runtime/isolate/rpc.h"

namespace offing {
namespace {

using v8::Local;

// Rejects the promise of a call that is not sent.
void reject_now(const Arguments& info, Isolate::Parts& parts, const GuestError& error) {
  Local<v8::Context> context = info.GetIsolate()->GetCurrentContext();
  Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(context).ToLocal(&resolver)) return;
  info.GetReturnValue().Set(resolver->GetPromise());
  resolver->Reject(context, remote_error(parts, context, error)).Check();
}

bool read_path(v8::Isolate* isolate, Local<v8::Context> context, Local<v8::Value> names,
               std::vector<std::string>& path) {
  if (!names->IsArray()) return false;
  auto list = names.As<v8::Array>();
  for (uint32_t i = 0; i < list->Length(); ++i) {
    Local<v8::Value> name;
    if (!list->Get(context, i).ToLocal(&name) || !name->IsString()) return false;
    path.push_back(wtf8_of(isolate, name.As<v8::String>()));
  }
  return true;
}

void on_result(Isolate::Parts& parts, Ticket ticket, uint64_t call, uint64_t stub,
               RpcResult result) {
  parts.rpc.sent.remove(call);
  if (!result) note_failure(parts, stub, result.error());
  deliver(parts, ticket, [&parts, ticket, result = std::move(result)]() mutable {
    if (!result) return reject_with(parts, ticket, result.error());
    resolve_work(parts, ticket, [&](Local<v8::Context>, RequestId owner) -> Local<v8::Value> {
      return number(parts.isolate, add_arrived(parts, owner, std::move(*result)));
    });
  });
}

// (request, target, path, isGet, number, arguments or undefined): a promise of the result's id
void rpc_call(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  Local<v8::Context> context = isolate->GetCurrentContext();
  const RequestId request = id_of(info[0]);
  CallTarget target = target_of(*parts, context, info[1]);
  if (const GuestError* broken = broken_stub(*parts, target.stub)) {
    return reject_now(info, *parts, *broken);
  }
  if (!count_stub_call(info, *parts, request, target.kind)) return;
  RpcCall call;
  if (target.kind == CallTarget::Kind::kEntrypoint) call.tree = shared_tree(*parts, request);
  if (!read_path(isolate, context, info[2], call.path)) return;
  call.is_get = info[3]->IsTrue();
  call.number = id_of(info[4]);
  call.props = target.props;
  call.hops = hops_of(*parts, request);
  if (!info[5]->IsUndefined()) {
    auto payload = write_message(*parts, context, info[5]);
    if (!payload) return;  // its exception is pending
    call.arguments = std::move(*payload);
  }
  const Ticket ticket = begin_subrequest(info, *parts, request);
  if (ticket == 0) return;
  parts->rpc.sent.add(call.number, true);
  auto done = [token = parts->token, ticket, number = call.number,
               stub = target.stub](RpcResult result) {
    if (token->parts != nullptr) on_result(*token->parts, ticket, number, stub, std::move(result));
  };
  leave_for(*parts, request,
            [parts, request, target = std::move(target), call = std::move(call),
             done = std::move(done)](bool left) mutable {
              if (!left) return;
              parts->host.call_rpc(request, std::move(target), std::move(call), std::move(done));
            });
}

// (number): whether that call has no answer yet, so that calls on its result may follow it
void rpc_pending(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  info.GetReturnValue().Set(parts->rpc.sent.find(id_of(info[0])) != nullptr);
}

// (id of an arrived result): the value; once
void rpc_take(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  RpcTables::Arrived* found = parts->rpc.arrived.find(id_of(info[0]));
  if (found == nullptr) return throw_error(info.GetIsolate(), kContextEnded);
  RpcTables::Arrived taken = std::move(*found);
  parts->rpc.arrived.remove(id_of(info[0]));
  Local<v8::Value> value;
  if (read_message(*parts, info.GetIsolate()->GetCurrentContext(), taken.owner,
                   std::move(taken.payload))
          .ToLocal(&value)) {
    info.GetReturnValue().Set(value);
  }
}

// (event, owner): the arguments of the call being served, or undefined; once
void rpc_arguments(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  GuestRequest* request = parts->find_request(id_of(info[0]));
  if (request == nullptr || !request->rpc || request->rpc->arguments.bytes.empty()) return;
  RpcPayload payload = std::move(request->rpc->arguments);
  request->rpc->arguments = {};
  Local<v8::Value> value;
  if (read_message(*parts, info.GetIsolate()->GetCurrentContext(), id_of(info[1]),
                   std::move(payload))
          .ToLocal(&value)) {
    info.GetReturnValue().Set(value);
  }
}

// (event, value)
void rpc_return(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  const RequestId event = id_of(info[0]);
  auto payload = write_message(*parts, info.GetIsolate()->GetCurrentContext(), info[1]);
  if (!payload) return;
  GuestRequest* request = parts->find_request(event);
  if (request == nullptr || request->answered || !request->rpc_done) return;
  conclude(*parts, *request,
           [done = std::move(request->rpc_done),
            payload = std::move(*payload)](const GuestError* broken) mutable {
             if (broken != nullptr) return done(std::unexpected(*broken));
             done(std::move(payload));
           });
}

// (call number): its result is nothing to pipeline on
void rpc_unkeep(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts != nullptr) parts->rpc.results.remove(id_of(info[0]));
}

// (context, 1 or -1)
void rpc_hold(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr || !info[1]->IsInt32()) return;
  change_holds(*parts, id_of(info[0]), info[1].As<v8::Int32>()->Value() > 0 ? 1 : -1);
}

// ---- attachments of the message being written, in the order of its bytes

// (context, number)
void attach_export(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr || parts->rpc.writing == nullptr) return;
  parts->rpc.writing->exports.push_back(
      export_object(*parts, id_of(info[0]), id_of(info[1])));
}

// (import)
void attach_import(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr || parts->rpc.writing == nullptr) return;
  RpcTables::Import* found = parts->rpc.imports.find(id_of(info[0]));
  if (found == nullptr) return throw_error(info.GetIsolate(), kContextEnded);
  parts->rpc.writing->exports.push_back(found->exported);
}

// (request, body, length)
void attach_stream(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr || parts->rpc.writing == nullptr) return;
  const double length = info[2]->IsNumber() ? info[2].As<v8::Number>()->Value() : -1;
  GivenBody body = take_body(*parts, info[1], id_of(info[0]), length, false);
  parts->rpc.writing->streams.push_back(body.stream ? std::move(body.stream)
                                                    : source_of(std::move(body.bytes)));
}

// (target)
void attach_target(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr || parts->rpc.writing == nullptr) return;
  parts->rpc.writing->stubs.push_back(
      target_of(*parts, info.GetIsolate()->GetCurrentContext(), info[0]));
}

// ---- imports

// (import): a second hold
void rpc_dup(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  RpcTables::Import* found = parts->rpc.imports.find(id_of(info[0]));
  if (found == nullptr) return throw_error(info.GetIsolate(), kContextEnded);
  const RpcTables::Import copy = *found;
  info.GetReturnValue().Set(
      number(info.GetIsolate(), add_import(*parts, copy.owner, copy.exported)));
}

// (import)
void rpc_drop(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  RpcTables::Import* found = parts->rpc.imports.find(id_of(info[0]));
  if (found == nullptr) return;
  const RpcTables::Import dropped = std::move(*found);
  parts->rpc.imports.remove(id_of(info[0]));
}

// (context, number): a stub of the context's own object
void rpc_loopback(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  const RequestId context = id_of(info[0]);
  info.GetReturnValue().Set(number(
      info.GetIsolate(), add_import(*parts, context, export_object(*parts, context,
                                                                   id_of(info[1])))));
}

// ---- values without attachments: errors' properties, ctx.props

// (value): Uint8Array
void rpc_pack(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  auto bytes = write_value(*parts, info.GetIsolate()->GetCurrentContext(), info[0],
                           CloneFor::kRpc, nullptr, nullptr);
  if (bytes) info.GetReturnValue().Set(uint8_array_from(info.GetIsolate(), std::move(*bytes)));
}

// (bytes)
void rpc_unpack(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  const BytesOf bytes(info[0]);
  Local<v8::Value> value;
  if (read_value(*parts, info.GetIsolate()->GetCurrentContext(), bytes.view(), nullptr)
          .ToLocal(&value)) {
    info.GetReturnValue().Set(value);
  }
}

// (request): what ctx.props holds, or undefined. JSON text of the configuration, or packed.
void event_props(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  GuestRequest* request = parts->find_request(id_of(info[0]));
  if (request == nullptr || request->props.empty()) return;
  v8::Isolate* isolate = info.GetIsolate();
  Local<v8::Context> context = isolate->GetCurrentContext();
  Local<v8::Value> value;
  if (static_cast<uint8_t>(request->props[0]) == 0xff) {
    if (!read_value(*parts, context, request->props, nullptr).ToLocal(&value)) return;
  } else if (!v8::JSON::Parse(context, text_from_utf8(isolate, request->props)).ToLocal(&value)) {
    return;
  }
  info.GetReturnValue().Set(value);
}

constexpr NativeFunction kFunctions[] = {
    {"rpcCall", rpc_call},           {"rpcPending", rpc_pending},
    {"rpcTake", rpc_take},           {"rpcArguments", rpc_arguments},
    {"rpcReturn", rpc_return},       {"rpcUnkeep", rpc_unkeep},
    {"rpcHold", rpc_hold},           {"attachExport", attach_export},
    {"attachImport", attach_import}, {"attachStream", attach_stream},
    {"attachTarget", attach_target}, {"rpcDup", rpc_dup},
    {"rpcDrop", rpc_drop},           {"rpcLoopback", rpc_loopback},
    {"rpcPack", rpc_pack},           {"rpcUnpack", rpc_unpack},
    {"eventProps", event_props}};

}  // namespace

std::span<const NativeFunction> rpc_natives() { return kFunctions; }

}  // namespace offing
