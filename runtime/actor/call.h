// A call from one guest context to another: to an entrypoint, to a Durable Object, to something
// that an earlier call handed over. Plain values; TypeScript (runtime/web/rpc.ts) gives RPC its
// meaning, the host brings a call from here to there, at a time.
//
// A *context* is what guest code runs for: one event of a stateless Worker, or one instance of a
// Durable Object; its RequestId is unique in the run. An *export* is an object of a context that
// others may call (a function, an RpcTarget, a stub); whoever holds the shared RpcExport keeps it
// alive.
#ifndef OFFING_RUNTIME_ACTOR_CALL_H_
#define OFFING_RUNTIME_ACTOR_CALL_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/actor/guest_error.h"
#include "runtime/http/byte_source.h"
#include "runtime/limits/counts.h"

namespace offing {

class CallTree;  // runtime/limits/call_tree.h
using RequestId = uint64_t;
struct Token;  // runtime/isolate/parts.h: names an isolate that may be gone

// One object of a context, callable from elsewhere. The last holder's release tells the context
// (Entry.rpcRelease), as an event of its own.
class RpcExport {
 public:
  RpcExport(std::shared_ptr<Token> isolate, uint32_t location, RequestId context, uint64_t number)
      : isolate(std::move(isolate)), location(location), context(context), number(number) {}
  ~RpcExport();
  RpcExport(const RpcExport&) = delete;

  const std::shared_ptr<Token> isolate;
  const uint32_t location;   // Host::location_index of that isolate
  const RequestId context;
  const uint64_t number;     // the context's own
};

// What is called.
struct CallTarget {
  enum class Kind : uint8_t {
    kEntrypoint,  // a new event of `WorkerOptions::service_bindings[index]`'s entrypoint
    kActor,       // an object of `WorkerOptions::actor_classes[index]`
    kExport,      // `exported`
    kResult,      // what call number `result_of` has returned or will return (pipelining)
  };
  Kind kind = Kind::kEntrypoint;
  uint32_t index = 0;
  std::string entrypoint;     // kEntrypoint: the export's name
  std::string props;          // kEntrypoint: ctx.props there, opaque; empty: none
  std::string id;             // kActor: 64 hex digits
  std::string name;           // kActor: of idFromName, or empty
  std::string location_hint;  // kActor, or empty
  std::string jurisdiction;   // kActor, or empty
  uint64_t stub = 0;          // calls of one stub are delivered in order; 0: no such order
  std::shared_ptr<RpcExport> exported;
  uint64_t result_of = 0;
  std::shared_ptr<CallTree> tree;  // kEntrypoint, of a fetch: what the callee shares with its caller
};

// Bytes of the serializer, and what they refer to by index.
struct RpcPayload {
  std::string bytes;
  std::vector<std::shared_ptr<RpcExport>> exports;
  std::vector<std::unique_ptr<ByteSource>> streams;
  // Stubs of entrypoints and objects travel as what they address.
  std::vector<CallTarget> stubs;
};

struct RpcCall {
  // Unique in the run (Host::new_number); names the result for pipelining
  uint64_t number = 0;
  // Property names from the target; may be empty for a kExport function
  std::vector<std::string> path;
  bool is_get = false;               // reads the property instead of calling it
  std::string props;                 // CallTarget::props
  RpcPayload arguments;
  std::shared_ptr<CallTree> tree;    // of a call to an entrypoint: CallTarget::tree
  uint32_t hops = 0;                 // Request::hops of the caller
  std::shared_ptr<Counts> used;      // told when it is answered; null: nobody asks
};

using RpcResult = std::expected<RpcPayload, GuestError>;
using RpcDone = std::move_only_function<void(RpcResult)>;

}  // namespace offing

#endif  // OFFING_RUNTIME_ACTOR_CALL_H_
