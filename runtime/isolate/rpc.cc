// Isolate's methods for RPC, and the tables behind them.
#include "runtime/isolate/rpc.h"

#include <cassert>
#include <utility>

#include "runtime/actor/actor.h"
#include "runtime/bindings/convert.h"
#include "runtime/isolate/actor_entry.h"
#include "runtime/isolate/parts.h"
#include "runtime/isolate/turn.h"

namespace offing {
namespace {

using v8::Local;
using Kind = CallTarget::Kind;

// Enough for every stub a Worker can break in a while; older ones are forgotten.
constexpr size_t kBrokenStubsMax = 4096;

template <class Table>
void drop_owned(Table& table, RequestId owner) {
  std::vector<uint64_t> ids;
  table.for_each([&](uint64_t id, auto& entry) {
    if (entry.owner == owner) ids.push_back(id);
  });
  for (uint64_t id : ids) {
    auto dropped = std::move(*table.find(id));  // its end may look at the table
    table.remove(id);
  }
}

void owns_one_more(Isolate::Parts& parts, RequestId owner) {
  if (GuestRequest* request = parts.find_request(owner)) request->owns_rpc = true;
}

// What a call is made to, within the context.
struct Callee {
  Kind kind;
  RequestId context;
  std::string entrypoint;  // kEntrypoint
  uint64_t number = 0;     // kExport: the object's; kResult: the call's
};

GuestRequest& open_event(Isolate::Parts& parts, RequestId event, RequestId actor, RpcCall call,
                         RpcDone done) {
  GuestRequest& request = open_request(parts, event);
  request.actor = actor;
  if (actor != 0) refill(parts, actor);
  set_hops(parts, request, call.hops);
  request.props = std::move(call.props);
  request.told = std::move(call.used);
  request.rpc = std::make_unique<RpcCall>(std::move(call));
  request.rpc_done = std::move(done);
  return request;
}

void fail_call(Isolate::Parts& parts, RequestId event, GuestError error) {
  GuestRequest* request = parts.find_request(event);
  if (request == nullptr) return;
  answer(parts, *request,
         {.outcome = Outcome::kException, .response = {}, .error = error.text(), .thrown = error});
}

// A call on a result that has no members.
GuestError nothing_there(const RpcCall& call) {
  GuestError error = GuestError::of(
      call.path.empty() ? kCannotPipeline
                        : "The RPC receiver does not implement the method \"" + call.path[0] + "\".");
  error.name = "TypeError";
  error.remote = true;
  return error;
}

Local<v8::Value> path_of(Isolate::Parts& parts, const std::vector<std::string>& path) {
  v8::LocalVector<v8::Value> names(parts.isolate);
  for (const std::string& name : path) names.push_back(text_from_utf8(parts.isolate, name));
  return v8::Array::New(parts.isolate, names.data(), names.size());
}

// Runs the call in the guest. What Entry.rpcCall returns is kept for pipelining.
void serve(Isolate::Parts& parts, const Callee& callee, RequestId event) {
  run_turn(parts, [&](Local<v8::Context> context) {
    GuestRequest* request = parts.find_request(event);
    if (request == nullptr || request->answered) return;
    charge(parts, event);
    v8::Isolate* isolate = parts.isolate;
    const RpcCall& call = *request->rpc;
    const uint64_t number_of_call = call.number;
    Local<v8::Value> base = number(isolate, callee.number);
    if (callee.kind == Kind::kResult) {
      RpcTables::Kept* kept = parts.rpc.results.find(callee.number);
      base = kept == nullptr ? v8::Undefined(isolate).As<v8::Value>() : kept->value.Get(isolate);
    }
    Local<v8::Value> arguments[] = {
        number(isolate, callee.context), number(isolate, event),
        number(isolate, static_cast<uint64_t>(callee.kind)),
        callee.kind == Kind::kEntrypoint ? text_from_utf8(isolate, callee.entrypoint).As<v8::Value>()
                                         : base,
        path_of(parts, call.path), v8::Boolean::New(isolate, call.is_get),
        number(isolate, number_of_call)};
    Local<v8::Value> kept;
    if (!call_entry(parts, context, EntryFunction::kRpcCall, 7, arguments).ToLocal(&kept)) {
      if (is_stopping(parts)) return;
      return fail_call(parts, event, GuestError::of("the runtime's rpc entry failed"));
    }
    if (!kept->IsObject() || number_of_call == 0) return;
    parts.rpc.results.add(number_of_call,
                          {v8::Global<v8::Value>(isolate, kept), callee.context});
    owns_one_more(parts, callee.context);
  });
}

// Delivers an event to an actor: constructs the instance, waits at its input gate, runs `entry`.
void deliver_event(Isolate::Parts& parts, RequestId actor_id, RequestId event,
                   InputGate::Task entry) {
  Actor* actor = find_actor(parts, actor_id);
  actor->events.push_back(event);
  refill_counts(parts, actor_id);
  if (!actor->constructed) construct_instance(parts, *actor);
  if ((actor = find_actor(parts, actor_id)) == nullptr || actor->broken) return;
  actor->input.enter(0, std::move(entry));
}

// A call of something inside a context that is already there.
bool serve_inside(Isolate::Parts& parts, Callee callee, RequestId event, RpcCall& call,
                  RpcDone& done) {
  GuestRequest* context = parts.find_request(callee.context);
  if (context == nullptr) return false;
  if (context->is_instance) {
    const Actor* actor = find_actor(parts, callee.context);
    if (actor == nullptr || actor->broken) return false;
    open_event(parts, event, callee.context, std::move(call), std::move(done));
    deliver_event(parts, callee.context, event,
                  [&parts, callee, event] { serve(parts, callee, event); });
  } else {
    ++context->serving;
    context->hung_told = false;
    open_event(parts, event, 0, std::move(call), std::move(done)).within = callee.context;
    parts.suspects.push_back(callee.context);
    serve(parts, callee, event);
  }
  flush_outbox(parts);
  return true;
}

// Nobody holds the export any more.
void release(Isolate::Parts& parts, RequestId context, uint64_t number_of_export) {
  if (parts.find_request(context) == nullptr) return;
  run_turn(parts, [&](Local<v8::Context> entered) {
    call_entry(parts, entered, EntryFunction::kRpcRelease,
               {number(parts.isolate, context), number(parts.isolate, number_of_export)});
  });
}

}  // namespace

RpcExport::~RpcExport() {
  if (isolate->parts == nullptr) return;
  if (GuestRequest* giver = isolate->parts->find_request(context)) --giver->exports;
  isolate->parts->host.post([token = isolate, context = context, number = number] {
    if (token->parts == nullptr) return;
    enter_for(*token->parts, context, 0, [token, context, number] {
      release(*token->parts, context, number);
    });
  });
}

uint64_t add_import(Isolate::Parts& parts, RequestId owner, std::shared_ptr<RpcExport> exported) {
  const uint64_t id = parts.rpc.next_id++;
  parts.rpc.imports.add(id, {std::move(exported), owner});
  owns_one_more(parts, owner);
  return id;
}

uint64_t add_arrived(Isolate::Parts& parts, RequestId owner, RpcPayload payload) {
  const uint64_t id = parts.rpc.next_id++;
  parts.rpc.arrived.add(id, {std::move(payload), owner});
  owns_one_more(parts, owner);
  return id;
}

std::shared_ptr<RpcExport> export_object(Isolate::Parts& parts, RequestId context,
                                         uint64_t number_of_export) {
  if (GuestRequest* giver = parts.find_request(context)) ++giver->exports;
  return std::make_shared<RpcExport>(parts.token, parts.host.location_index(), context,
                                     number_of_export);
}

void drop_rpc_of(Isolate::Parts& parts, RequestId owner) {
  drop_owned(parts.rpc.imports, owner);
  drop_owned(parts.rpc.arrived, owner);
  drop_owned(parts.rpc.results, owner);
}

void fail_served(Isolate::Parts& parts, RequestId context) {
  std::vector<RequestId> events;
  parts.requests.for_each([&](uint64_t id, std::unique_ptr<GuestRequest>& request) {
    if (request->within == context) events.push_back(id);
  });
  for (RequestId event : events) {
    if (GuestRequest* request = parts.find_request(event)) request->within = 0;
    fail_call(parts, event, GuestError::of(kCalleeGone));
  }
}

void change_holds(Isolate::Parts& parts, RequestId context, int change) {
  GuestRequest* found = parts.find_request(context);
  if (found == nullptr) return;
  assert(change == 1 || found->holds > 0);
  found->holds += static_cast<uint32_t>(change);
  end_if_done(parts, *found);
}

const GuestError* broken_stub(Isolate::Parts& parts, uint64_t stub) {
  if (parts.rpc.broken_stubs.empty()) return nullptr;
  auto found = parts.rpc.broken_stubs.find(stub);
  return found == parts.rpc.broken_stubs.end() ? nullptr : &found->second;
}

void note_failure(Isolate::Parts& parts, uint64_t stub, const GuestError& error) {
  if (stub == 0 || (!error.object_reset && !error.retryable)) return;
  if (parts.rpc.broken_stubs.size() >= kBrokenStubsMax) parts.rpc.broken_stubs.clear();
  parts.rpc.broken_stubs.emplace(stub, error);
}

void Isolate::rpc(RequestId event, std::string_view entrypoint, RpcCall call, RpcDone done) {
  Parts& parts = *parts_;
  assert(event != 0 && parts.find_request(event) == nullptr);
  std::shared_ptr<CallTree> tree = std::move(call.tree);
  open_event(parts, event, 0, std::move(call), std::move(done)).tree = std::move(tree);
  parts.suspects.push_back(event);
  serve(parts, {Kind::kEntrypoint, event, std::string(entrypoint)}, event);
}

void Isolate::actor_rpc(RequestId actor, RequestId event, RpcCall call, RpcDone done) {
  Parts& parts = *parts_;
  assert(find_actor(parts, actor) != nullptr);
  open_event(parts, event, actor, std::move(call), std::move(done));
  deliver_event(parts, actor, event, [&parts, actor, event] {
    serve(parts, {Kind::kActor, actor, {}}, event);
  });
  flush_outbox(parts);
}

bool Isolate::rpc_export(const RpcExport& exported, RequestId event, RpcCall& call,
                         RpcDone& done) {
  Parts* parts = exported.isolate->parts;
  return parts != nullptr &&
         serve_inside(*parts, {Kind::kExport, exported.context, {}, exported.number}, event, call,
                      done);
}

bool Isolate::rpc_result(RequestId context, uint64_t result_of, RequestId event, RpcCall& call,
                         RpcDone& done) {
  if (serve_inside(*parts_, {Kind::kResult, context, {}, result_of}, event, call, done)) return true;
  // A context without anything to pipeline on may have ended; a broken object is the host's to tell.
  if (find_actor(*parts_, context) != nullptr) return false;
  done(std::unexpected(nothing_there(call)));
  return true;
}

void Isolate::rpc_forget(RequestId context, uint64_t call_number) {
  Parts& parts = *parts_;
  if (!parts.rpc.results.remove(call_number)) return;
  const GuestRequest* request = parts.find_request(context);
  if (request == nullptr || request->actor != 0) return;
  run_turn(parts, [&](Local<v8::Context> entered) {
    call_entry(parts, entered, EntryFunction::kRpcForget, {number(parts.isolate, context)});
  });
}

}  // namespace offing
