// The build step that turns the bundled runtime JavaScript into the snapshot.
#include <node.h>
#include <v8.h>

#include <fstream>
#include <iterator>
#include <vector>

#include "runtime/bindings/natives.h"
#include "runtime/isolate/engine.h"
#include "runtime/isolate/engine_parts.h"

namespace offing {
namespace {

std::string describe(v8::Isolate* isolate, v8::Local<v8::Context> context,
                     const v8::TryCatch& caught) {
  v8::Local<v8::Value> stack;
  v8::Local<v8::Value> what = caught.Exception();
  if (caught.StackTrace(context).ToLocal(&stack) && stack->IsString()) what = stack;
  return *v8::String::Utf8Value(isolate, what);
}

// Runs the bundle as the body of a function of `native` and keeps the entry object it returns.
std::expected<void, std::string> run_bundle(v8::SnapshotCreator& creator,
                                            const std::string& script) {
  v8::Isolate* isolate = creator.GetIsolate();
  v8::HandleScope handles(isolate);
  v8::Local<v8::Context> context = v8::Context::New(isolate);
  v8::Context::Scope entered(context);
  v8::TryCatch caught(isolate);
  // The creator aborts when it has no context, so there is one even after a failure.
  auto fail = [&]() -> std::expected<void, std::string> {
    std::string text = describe(isolate, context, caught);
    creator.SetDefaultContext(v8::Context::New(isolate));
    return std::unexpected(text);
  };

  v8::Local<v8::String> body;
  const std::string text = script + "\nreturn runtime.entry;";
  if (!v8::String::NewFromUtf8(isolate, text.data(), v8::NewStringType::kNormal,
                               static_cast<int>(text.size()))
           .ToLocal(&body)) {
    return fail();
  }
  v8::ScriptOrigin origin(v8::String::NewFromUtf8Literal(isolate, "offing:runtime"));
  v8::ScriptCompiler::Source source(body, origin);
  v8::Local<v8::String> parameter = v8::String::NewFromUtf8Literal(isolate, "native");
  v8::Local<v8::Function> function;
  if (!v8::ScriptCompiler::CompileFunction(context, &source, 1, &parameter, 0, nullptr,
                                           v8::ScriptCompiler::kEagerCompile)
           .ToLocal(&function)) {
    return fail();
  }
  v8::Local<v8::Value> argument = make_native_object(context);
  v8::Local<v8::Value> entry;
  if (!function->Call(context, v8::Undefined(isolate), 1, &argument).ToLocal(&entry)) return fail();
  if (!entry->IsObject()) {
    isolate->ThrowError("the bundle has no export named entry");
    return fail();
  }
  isolate->PerformMicrotaskCheckpoint();
  const size_t index = creator.AddData(context, entry);
  assert(index == kEntryDataIndex);
  creator.SetDefaultContext(context);
  return {};
}

}  // namespace

std::expected<void, std::string> write_snapshot(node::MultiIsolatePlatform* platform,
                                                uv_loop_s* loop, const std::string& script_path,
                                                const std::string& snapshot_path) {
  std::ifstream in(script_path, std::ios::binary);
  if (!in) return std::unexpected("cannot read " + script_path);
  const std::string script((std::istreambuf_iterator<char>(in)), {});

  std::unique_ptr<v8::ArrayBuffer::Allocator> allocator(
      v8::ArrayBuffer::Allocator::NewDefaultAllocator());
  v8::Isolate* isolate = v8::Isolate::Allocate();
  platform->RegisterIsolate(isolate, loop);
  v8::Isolate::CreateParams params;
  params.array_buffer_allocator = allocator.get();
  params.external_references = native_references();
  std::expected<void, std::string> ran;
  v8::StartupData blob{};
  {
    v8::SnapshotCreator creator(isolate, params);
    {
      v8::Isolate::Scope entered(isolate);
      isolate->SetMicrotasksPolicy(v8::MicrotasksPolicy::kExplicit);
      ran = run_bundle(creator, script);
    }
    blob = creator.CreateBlob(v8::SnapshotCreator::FunctionCodeHandling::kKeep);
  }
  platform->UnregisterIsolate(isolate);
  if (ran) {
    std::ofstream out(snapshot_path, std::ios::binary | std::ios::trunc);
    out.write(blob.data, blob.raw_size);
    out.close();
    if (!out) ran = std::unexpected("cannot write " + snapshot_path);
  }
  delete[] blob.data;
  return ran;
}

}  // namespace offing
