// RPC inside one isolate: what its contexts have handed out, hold of others, and are being asked.
// runtime/web/rpc*.ts gives the calls their meaning; this carries messages and counts holders.
//
// An *import* is a stub's hold on an export of some context, in this isolate or another; it belongs to
// the context that received it and goes with it. A *kept* result is what a served call returned, for
// calls that are already on their way to it; the host forgets it when the caller has the answer.
// Owner: Isolate::Parts. Threading: the loop thread.
#ifndef OFFING_RUNTIME_ISOLATE_RPC_H_
#define OFFING_RUNTIME_ISOLATE_RPC_H_

#include <v8.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "runtime/actor/call.h"
#include "runtime/isolate/id_table.h"
#include "runtime/isolate/isolate.h"

namespace offing {

constexpr const char* kCalleeGone =
    "The execution context which hosts this callback is no longer running.";
constexpr const char* kCannotPipeline = "Can't pipeline on RPC that did not return an object.";

struct RpcTables {
  struct Import {
    std::shared_ptr<RpcExport> exported;
    RequestId owner = 0;
  };
  struct Arrived {
    RpcPayload payload;
    RequestId owner = 0;
  };
  struct Kept {
    v8::Global<v8::Value> value;  // the result, or its promise
    RequestId owner = 0;
  };

  IdTable<Import> imports;
  IdTable<Arrived> arrived;  // results that the guest has not taken yet
  IdTable<Kept> results;     // by call number
  IdTable<bool> sent;        // own calls without an answer
  // Stubs of objects that are broken or out of reach keep failing (spec/durable-objects.md 1.4).
  std::unordered_map<uint64_t, GuestError> broken_stubs;
  RpcPayload* writing = nullptr;  // whose attachments are being made
  uint64_t next_id = 1;           // imports and arrived results
};

// ---- holds
uint64_t add_import(Isolate::Parts& parts, RequestId owner, std::shared_ptr<RpcExport> exported);
uint64_t add_arrived(Isolate::Parts& parts, RequestId owner, RpcPayload payload);
// For a number that was not used before.
std::shared_ptr<RpcExport> export_object(Isolate::Parts& parts, RequestId context,
                                         uint64_t number);
// Drops imports, arrived and kept results of a context that ends.
void drop_rpc_of(Isolate::Parts& parts, RequestId owner);
// Fails the calls that run inside a context which ends.
void fail_served(Isolate::Parts& parts, RequestId context);
// The context lives on while others hold something of it. `change`: 1 or -1.
void change_holds(Isolate::Parts& parts, RequestId context, int change);

// ---- messages. Nothing, with an exception pending, when the value cannot travel.
std::optional<RpcPayload> write_message(Isolate::Parts& parts, v8::Local<v8::Context> context,
                                        v8::Local<v8::Value> value);
// What the payload refers to becomes the property of `owner`.
v8::MaybeLocal<v8::Value> read_message(Isolate::Parts& parts, v8::Local<v8::Context> context,
                                       RequestId owner, RpcPayload payload);

// ---- stubs of objects. The error that this stub fails with for good, or null.
const GuestError* broken_stub(Isolate::Parts& parts, uint64_t stub);
// A call through the stub failed: remembers the failures that a stub does not survive.
void note_failure(Isolate::Parts& parts, uint64_t stub, const GuestError& error);

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_RPC_H_
