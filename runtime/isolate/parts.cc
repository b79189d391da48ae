#include "runtime/isolate/parts.h"

#include <node.h>

#include <cassert>

#include "runtime/actor/actor.h"
#include "runtime/bindings/durable_tables.h"
#include "runtime/bindings/natives.h"
#include "runtime/bindings/r2_objects.h"
#include "runtime/bindings/text_decoders.h"
#include "runtime/isolate/engine_parts.h"
#include "runtime/isolate/guest_socket.h"
#include "runtime/isolate/guest_stream.h"
#include "runtime/limits/code_generation.h"
#include "runtime/modules/registry.h"

namespace offing {
namespace {

// Without a limit, these keep the process alive.
constexpr size_t kHeapBytes = 256u << 20;
constexpr size_t kBufferBytes = 512u << 20;

constexpr const char* kNames[] = {
    "status", "statusText", "headers", "body", "value", "metadata", "cacheStatus", "keys",
    "listComplete", "cursor", "name", "expiration", "section", "webSocket", "default", "GET", "POST", "PUT", "DELETE",
    "HEAD", "OPTIONS", "PATCH"};
static_assert(std::size(kNames) == static_cast<size_t>(Name::kCount));

constexpr const char* kEntryFunctions[] = {
    "init", "builtin", "setMain", "fetch", "clientGone", "hung", "timer", "pull", "cancel",
    "testNames", "test", "unhandledRejection", "domException", "describe", "cloneWrite",
    "cloneRead", "actorOpen", "actorConstruct", "actorFetch", "actorAlarm", "actorClose",
    "sectionStart", "actorHasMethod", "remoteError", "errorFields", "rpcCall", "rpcRelease",
    "rpcForget", "rpcReplace", "rpcAttach", "socketEvent",
    "actorSocketEvent", "scheduled"};
static_assert(std::size(kEntryFunctions) == static_cast<size_t>(EntryFunction::kCount));

void on_promise_reject(v8::PromiseRejectMessage message) {
  if (message.GetEvent() != v8::kPromiseRejectWithNoHandler) return;
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  v8::Local<v8::Value> reason = message.GetValue();
  if (reason.IsEmpty()) reason = v8::Undefined(isolate);
  Isolate::Parts::of(isolate).rejections.push_back(
      {v8::Global<v8::Promise>(isolate, message.GetPromise()),
       v8::Global<v8::Value>(isolate, reason)});
}

void on_import_meta(v8::Local<v8::Context>, v8::Local<v8::Module>, v8::Local<v8::Object>) {}

// Names in the order of the values that natives give to NewInstance.
std::vector<std::string_view> shape_names(Shape shape) {
  switch (shape) {
    case Shape::kFetched: return {"status", "statusText", "headers", "body", "webSocket"};
    case Shape::kKvValue: return {"value", "metadata", "cacheStatus"};
    case Shape::kKvBulkValue: return {"value", "metadata"};
    case Shape::kKvListed: return {"keys", "listComplete", "cursor", "cacheStatus"};
    case Shape::kKvListedKey: return {"name", "expiration", "metadata"};
    case Shape::kR2List: return {"objects", "truncated", "cursor", "delimitedPrefixes"};
    case Shape::kR2Http:
      return {"contentType", "contentLanguage", "contentDisposition", "contentEncoding",
              "cacheControl", "cacheExpiry"};
    case Shape::kR2Range: return {"offset", "length", "suffix"};
    case Shape::kR2Checksums: return {"md5", "sha1", "sha256", "sha384", "sha512"};
    case Shape::kCount: break;
  }
  return {};
}

}  // namespace

// A spare one of the engine, if it has one that fits.
static std::unique_ptr<Shell> take_shell(Engine::Parts& engine, uint64_t memory_bytes_max) {
  if (engine.spares.empty() || engine.spares.back()->memory_bytes_max != memory_bytes_max)
    return std::make_unique<Shell>(engine, memory_bytes_max);
  std::unique_ptr<Shell> taken = std::move(engine.spares.back());
  engine.spares.pop_back();
  return taken;
}

Isolate::Parts::Parts(Engine& engine, Host& host, const WorkerOptions& options)
    : engine(engine), host(host), limits(options.limits), token(std::make_shared<Token>(this)),
      shell(take_shell(engine.parts(), limits.memory_bytes)), memory(shell->memory),
      isolate(shell->isolate), context(shell->context),
      eval_during_startup(options.flags.contains("allow_eval_during_startup")) {
  outbox.reserve(16);
  running = host.running_mark();
  if (running.word == nullptr) running.word = &unread_mark;
  isolate->SetData(0, this);
  cpu_watch = host.cpu_watch();
  memory.watch(isolate, cpu_watch);
  wants_memory = host.wants_memory();
  if (wants_memory) memory.watch_peak();
  v8::Isolate::Scope entered(isolate);
  v8::HandleScope handles(isolate);
  v8::Local<v8::Context> local = context.Get(isolate);
  v8::Context::Scope inside(local);

  v8::Local<v8::Object> entry_object =
      local->GetDataFromSnapshotOnce<v8::Object>(kEntryDataIndex).ToLocalChecked();
  entry.Reset(isolate, entry_object);
  for (size_t i = 0; i < functions.size(); ++i) {
    v8::Local<v8::String> name =
        v8::String::NewFromUtf8(isolate, kEntryFunctions[i], v8::NewStringType::kInternalized)
            .ToLocalChecked();
    v8::Local<v8::Value> function = entry_object->Get(local, name).ToLocalChecked();
    assert(function->IsFunction() && "the runtime's entry lacks a function");
    functions[i].Reset(isolate, function.As<v8::Function>());
  }
  for (size_t i = 0; i < names.size(); ++i) {
    names[i].Set(isolate, v8::String::NewFromUtf8(isolate, kNames[i],
                                                  v8::NewStringType::kInternalized)
                              .ToLocalChecked());
  }
  for (size_t i = 0; i < shapes.size(); ++i) {
    std::vector<std::string_view> keys = shape_names(static_cast<Shape>(i));
    shapes[i].Reset(isolate, v8::DictionaryTemplate::New(isolate, {keys.data(), keys.size()}));
  }
  modules = std::make_unique<ModuleRegistry>(*this);
  decoders = std::make_unique<TextDecoders>();
  durable = std::make_unique<DurableTables>(options);
}

Shell::Shell(Engine::Parts& engine, uint64_t memory_bytes_max)
    : engine(engine), memory_bytes_max(memory_bytes_max),
      memory(memory_bytes_max != 0 ? memory_bytes_max : kBufferBytes) {
  isolate = v8::Isolate::Allocate();
  engine.platform->RegisterIsolate(isolate, engine.loop);
  v8::Isolate::CreateParams params;
  params.allow_atomics_wait = false;
  params.snapshot_blob = &engine.snapshot;
  params.external_references = native_references();
  params.array_buffer_allocator = &memory;
  GuestMemory::size_heap(params.constraints,
                         memory_bytes_max != 0 ? memory_bytes_max : kHeapBytes);
  v8::Isolate::Initialize(isolate, params);
  isolate->SetMicrotasksPolicy(v8::MicrotasksPolicy::kExplicit);
  isolate->SetPromiseRejectCallback(on_promise_reject);
  isolate->SetHostInitializeImportMetaObjectCallback(on_import_meta);
  isolate->SetHostImportModuleDynamicallyCallback(ModuleRegistry::import_dynamically);
  isolate->SetCaptureStackTraceForUncaughtExceptions(true, 20);
  v8::Isolate::Scope entered(isolate);
  v8::HandleScope handles(isolate);
  v8::Local<v8::Context> local = v8::Context::New(isolate);
  context.Reset(isolate, local);
  forbid_code_generation(isolate, local);
}

Shell::~Shell() {
  context.Reset();
  engine.platform->DisposeIsolate(isolate);
}

// Order: nothing may call back any more, then the outside's objects, then handles, then V8.
Isolate::Parts::~Parts() {
  assert(depth == 0 && "an isolate cannot be destroyed from inside a turn");
  token->parts = nullptr;
  if (cpu_watch != nullptr) cpu_watch->forget(isolate);
  timers.for_each([this](uint64_t, Timer& timer) { host.clear_timer(timer.host_timer); });
  requests.for_each([this](uint64_t, std::unique_ptr<GuestRequest>& request) {
    if (request->drain_timer != 0) host.clear_timer(request->drain_timer);
  });
  actors = {};
  sources = {};
  sockets = {};
  graveyard.clear();
  requests = {};
  spare_requests.clear();
  rpc = {};
  outbox.clear();
  rejections.clear();
  pending.clear();
  if (!is_stopping(*this) && !memory.heap_exceeded()) {
    v8::Isolate::Scope entered(isolate);
    modules->keep_code();
  }
  modules.reset();
  decoders.reset();
  durable.reset();
  r2.reset();
  last_entrypoint_string.Reset();
  for (auto& shape : shapes) shape.Reset();
  for (auto& function : functions) function.Reset();
  entry.Reset();
  shell.reset();
}

}  // namespace offing
