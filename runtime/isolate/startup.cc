#include "runtime/isolate/startup.h"

#include <v8-profiler.h>
#include <v8.h>

#include <map>

#include "runtime/bindings/convert.h"

namespace offing {
namespace {

using v8::Local;

// Events the platform knows; `test` is workerd's own.
constexpr const char* kHandlers[] = {"fetch", "scheduled", "queue",  "email",   "tail",
                                     "trace", "tailStream", "connect", "alarm", "test"};
constexpr const char* kBases[] = {"DurableObject", "WorkerEntrypoint", "WorkflowEntrypoint",
                                  "RpcTarget"};

int64_t memory_of(v8::Isolate* isolate) {
  v8::HeapStatistics heap;
  isolate->GetHeapStatistics(&heap);
  return static_cast<int64_t>(heap.used_heap_size() + heap.external_memory());
}

const char* text(const char* text_or_null) { return text_or_null == nullptr ? "" : text_or_null; }

ProfileNode node_of(const v8::CpuProfileNode& from, int parent) {
  ProfileNode node;
  node.parent = parent;
  node.function = text(from.GetFunctionNameStr());
  node.file = text(from.GetScriptResourceNameStr());
  node.line = from.GetLineNumber();
  node.column = from.GetColumnNumber();
  node.script_id = from.GetScriptId();
  node.hits = from.GetHitCount();
  std::vector<v8::CpuProfileNode::LineTick> ticks(from.GetHitLineCount());
  if (!ticks.empty() && from.GetLineTicks(ticks.data(), static_cast<unsigned>(ticks.size()))) {
    for (const auto& tick : ticks) node.ticks.push_back({tick.line, tick.column, tick.hit_count});
  }
  return node;
}

Local<v8::Value> get(Local<v8::Context> context, Local<v8::Object> object, const char* name) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  Local<v8::Value> value;
  if (object->Get(context, text_from_utf8(isolate, name)).ToLocal(&value)) return value;
  return v8::Undefined(isolate);
}

// The platform's class that this one extends, over any number of steps.
std::string base_of(Local<v8::Context> context, Local<v8::Object> constructor) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  Local<v8::Value> at = constructor->GetPrototypeV2();
  for (int steps = 0; steps < 100 && at->IsFunction(); ++steps) {
    const std::string name = utf8_of(isolate, at.As<v8::Function>()->GetName().As<v8::String>());
    for (const char* base : kBases)
      if (name == base) return name;
    at = at.As<v8::Object>()->GetPrototypeV2();
  }
  return "";
}

StartupExport look_at(Local<v8::Context> context, std::string name, Local<v8::Value> value) {
  StartupExport out;
  out.name = std::move(name);
  if (!value->IsObject()) return out;
  Local<v8::Object> methods = value.As<v8::Object>();
  out.kind = StartupExport::Kind::kObject;
  if (value->IsFunction()) {
    Local<v8::Value> prototype = get(context, methods, "prototype");
    if (!prototype->IsObject()) {
      out.kind = StartupExport::Kind::kFunction;
      return out;
    }
    out.kind = StartupExport::Kind::kClass;
    out.base = base_of(context, methods);
    methods = prototype.As<v8::Object>();
  }
  for (const char* handler : kHandlers)
    if (get(context, methods, handler)->IsFunction()) out.handlers.emplace_back(handler);
  return out;
}

}  // namespace

void StartupRecorder::stop() {
  std::lock_guard lock(mutex_);
  if (ended_) return;
  stopped_ = true;
  if (running_ != nullptr) running_->TerminateExecution();
}

void StartupRecorder::begin(v8::Isolate* isolate) {
  memory_bytes_ = memory_of(isolate);
  if (profile_interval_us_ > 0) {
    isolate->SetIdle(false);  // what runs outside of JavaScript is compiling, not waiting
    profiler_ = v8::CpuProfiler::New(isolate);
    v8::CpuProfiler::UseDetailedSourcePositionsForProfiling(isolate);
    profiler_->SetSamplingInterval(profile_interval_us_);
    profile_id_ = profiler_->Start(v8::CpuProfilingOptions()).id;
  }
  {
    std::lock_guard lock(mutex_);
    running_ = isolate;
    if (stopped_) isolate->TerminateExecution();
  }
  cpu_us_ = clock_();
}

void StartupRecorder::end(v8::Isolate* isolate) {
  cpu_us_ = clock_() - cpu_us_;
  {
    std::lock_guard lock(mutex_);
    running_ = nullptr;
    ended_ = true;
  }
  // A stop that came too late for the guest must not hit the runtime.
  if (stopped_) isolate->CancelTerminateExecution();
  memory_bytes_ = memory_of(isolate) - memory_bytes_;
  if (profiler_ != nullptr) keep_profile(isolate);
}

void StartupRecorder::keep_profile(v8::Isolate* isolate) {
  v8::HandleScope handles(isolate);
  v8::CpuProfile* profile = profiler_->Stop(profile_id_);
  if (profile != nullptr) {
    profile_.start_us = profile->GetStartTime();
    profile_.end_us = profile->GetEndTime();
    std::map<const v8::CpuProfileNode*, uint32_t> numbers;
    std::vector<std::pair<const v8::CpuProfileNode*, int>> left = {{profile->GetTopDownRoot(), -1}};
    while (!left.empty()) {
      const auto [from, parent] = left.back();
      left.pop_back();
      const int number = static_cast<int>(profile_.nodes.size());
      numbers.emplace(from, static_cast<uint32_t>(number));
      profile_.nodes.push_back(node_of(*from, parent));
      for (int i = from->GetChildrenCount(); i-- > 0;) left.emplace_back(from->GetChild(i), number);
    }
    for (int i = 0; i < profile->GetSamplesCount(); ++i) {
      const auto found = numbers.find(profile->GetSample(i));
      if (found != numbers.end())
        profile_.samples.emplace_back(found->second, profile->GetSampleTimestamp(i));
    }
    profile->Delete();
  }
  profiler_->Dispose();
  profiler_ = nullptr;
}

// Getters and proxies of the guest may run and throw: what cannot be read is as if it were not there.
void StartupRecorder::look_at_exports(Local<v8::Context> context, Local<v8::Object> main) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  v8::HandleScope handles(isolate);
  v8::TryCatch caught(isolate);
  Local<v8::Array> names;
  if (!main->GetOwnPropertyNames(context).ToLocal(&names)) return;
  for (uint32_t i = 0; i < names->Length(); ++i) {
    Local<v8::Value> name, value;
    if (!names->Get(context, i).ToLocal(&name) || !name->IsString() ||
        !main->Get(context, name).ToLocal(&value)) {
      continue;
    }
    exports_.push_back(look_at(context, utf8_of(isolate, name.As<v8::String>()), value));
  }
}

}  // namespace offing
