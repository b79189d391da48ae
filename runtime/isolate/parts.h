// The inside of one guest isolate: the home of every persistent handle and of the tables that tie
// the guest's work to the host's.
//
// A *turn* (turn.h) is one stay of control in the guest. Whatever must be told to the outside during
// a turn waits in `outbox` until the guest has been left, because the outside may do anything then:
// start another turn, read a stream, destroy the isolate.
// A callback given to the host holds a Token, never the Parts: the isolate may be gone when it comes.
#ifndef OFFING_RUNTIME_ISOLATE_PARTS_H_
#define OFFING_RUNTIME_ISOLATE_PARTS_H_

#include <v8.h>

#include <array>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "runtime/isolate/guest_request.h"
#include "runtime/isolate/id_table.h"
#include "runtime/isolate/isolate.h"
#include "runtime/isolate/memory.h"
#include "runtime/isolate/pending.h"
#include "runtime/isolate/rpc.h"
#include "runtime/limits/cpu_watch.h"

namespace offing {

struct Actor;
class DurableTables;
class GuestSocket;
class GuestStream;
class ModuleRegistry;
class R2Shapes;
struct Shell;   // engine_parts.h
class TextDecoders;

// Outlives the isolate as long as somebody holds a callback.
struct Token {
  Isolate::Parts* parts = nullptr;
};

// A stream of bytes that the guest reads; `owner` is the request it belongs to.
struct Source {
  std::unique_ptr<ByteSource> bytes;
  RequestId owner = 0;
  bool reading = false;
};

struct Timer {
  TimerId host_timer = 0;
  RequestId owner = 0;
  uint32_t section = 0;   // of an actor's input gate
};

// Strings that are used again and again as property names or arguments.
enum class Name : uint8_t {
  kStatus, kStatusText, kHeaders, kBody, kValue, kMetadata, kCacheStatus, kKeys, kListComplete,
  kCursor, kName, kExpiration, kSection, kWebSocket, kDefault, kGet, kPost, kPut, kDelete, kHead, kOptions, kPatch,
  kCount
};

// The functions of Entry (native.d.ts).
enum class EntryFunction : uint8_t {
  kInit, kBuiltin, kSetMain, kFetch, kClientGone, kHung, kTimer, kPull, kCancel, kTestNames, kTest,
  kUnhandledRejection, kDomException, kDescribe, kCloneWrite, kCloneRead, kActorOpen,
  kActorConstruct, kActorFetch, kActorAlarm, kActorClose, kSectionStart, kActorHasMethod,
  kRemoteError, kErrorFields, kRpcCall, kRpcRelease, kRpcForget, kRpcReplace,
  kRpcAttach, kSocketEvent, kActorSocketEvent, kScheduled, kCount
};

// Objects of fixed shape that natives answer with.
enum class Shape : uint8_t {
  kFetched, kKvValue, kKvBulkValue, kKvListed, kKvListedKey, kR2List, kR2Http, kR2Range,
  kR2Checksums, kCount
};

struct Answered {
  FetchDone done;
  FetchResult result;
  RequestId payer = 0;   // what it has used so far stands in `result`; this turn's is added (stop.h)
};
struct Delivered {
  ByteSource::Done done;
  Chunk chunk;
};
struct Called {
  std::move_only_function<void()> call;
  std::shared_ptr<Counts> told = nullptr;   // what `payer` has used; null: nobody asks
  RequestId payer = 0;
};

// Why a guest was stopped for good (stop.h).
enum class Stopped : uint8_t { kNo, kCpu, kMemory };

struct Rejection {
  v8::Global<v8::Promise> promise;
  v8::Global<v8::Value> reason;
};

struct Isolate::Parts {
  Parts(Engine& engine, Host& host, const WorkerOptions& options);
  Parts(const Parts&) = delete;
  ~Parts();

  Engine& engine;
  Host& host;
  const Limits limits;
  std::shared_ptr<Token> token;
  std::unique_ptr<Shell> shell;     // isolate, context and memory are its
  GuestMemory& memory;
  v8::Isolate* const isolate;
  v8::Global<v8::Context>& context;
  v8::Global<v8::Object> entry;
  std::array<v8::Global<v8::Function>, static_cast<size_t>(EntryFunction::kCount)> functions;
  std::array<v8::Eternal<v8::String>, static_cast<size_t>(Name::kCount)> names;
  std::array<v8::Global<v8::DictionaryTemplate>, static_cast<size_t>(Shape::kCount)> shapes;

  // ---- what runs
  bool starting = true;             // modules are being evaluated for the first time
  bool eval_during_startup = false;
  bool compiling_wasm = false;      // the registry itself compiles a module of the bundle
  int depth = 0;                    // turns entered and not left
  CpuWatch* cpu_watch = nullptr;    // null: nobody stops this guest
  bool wants_memory = false;        // Host::wants_memory
  RequestId charged = 0;            // whom the turn is for (stop.h)
  int64_t last_stay_us = 0;         // CPU time of the last turn
  Stopped stopped = Stopped::kNo;
  uint64_t unread_mark = 0;         // what `running.word` is when nobody wants to know
  RunningMark running;
  std::vector<std::variant<Answered, Delivered, Called>> outbox;
  size_t outbox_head = 0;
  std::vector<Rejection> rejections;
  std::vector<uint64_t> wanted_pulls;    // guest streams to pull before this turn ends
  std::vector<RequestId> suspects;       // perhaps nothing can answer them any more
  std::string last_entrypoint;           // cached for the fetch path
  v8::Global<v8::String> last_entrypoint_string;

  // ---- what is under way
  IdTable<std::unique_ptr<GuestRequest>> requests;
  std::vector<std::unique_ptr<GuestRequest>> spare_requests;
  PendingTable pending{memory};
  IdTable<Timer> timers;
  IdTable<Source> sources;
  IdTable<std::unique_ptr<GuestSocket>> sockets;   // WebSockets' ends in the guest's hands
  IdTable<GuestStream*> streams;         // each owned by whoever got it from us
  std::vector<std::unique_ptr<ByteSource>> graveyard;  // emptied when the next turn begins
  uint64_t next_id = 1;                  // timers and sources
  IdTable<std::unique_ptr<Actor>> actors;
  RpcTables rpc;
  std::vector<RequestId> dirty_actors;   // to be looked at after this turn

  std::unique_ptr<ModuleRegistry> modules;
  std::unique_ptr<TextDecoders> decoders;
  std::unique_ptr<DurableTables> durable;  // cursors and ids of Durable Objects
  std::unique_ptr<R2Shapes> r2;            // null when the Worker has no bucket

  v8::Local<v8::String> name(Name which) const {
    return names[static_cast<size_t>(which)].Get(isolate);
  }
  GuestRequest* find_request(RequestId id) {
    auto* found = requests.find(id);
    return found == nullptr ? nullptr : found->get();
  }
  static Parts& of(v8::Isolate* isolate) { return *static_cast<Parts*>(isolate->GetData(0)); }
};

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_PARTS_H_
