#include "runtime/isolate/stop.h"

#include <algorithm>
#include <utility>

#include "runtime/actor/actor.h"
#include "runtime/isolate/guest_stream.h"
#include "runtime/isolate/memory_look.h"
#include "runtime/limits/cpu_watch.h"

namespace offing {
namespace {

constexpr int64_t kLongStayUs = 2'000;   // none shorter takes much memory
constexpr const char* kCpuText = "Worker exceeded CPU time limit.";
constexpr const char* kMemoryText = "Worker exceeded memory limit.";
constexpr const char* kActorCpuText = "Durable Object exceeded its CPU time limit and was reset.";
constexpr const char* kActorMemoryText =
    "Durable Object's isolate exceeded its memory limit and was reset.";

FetchResult stopped_result(Stopped why) {
  const bool cpu = why == Stopped::kCpu;
  FetchResult result;
  result.outcome = cpu ? Outcome::kExceededCpu : Outcome::kExceededMemory;
  result.error = cpu ? kCpuText : kMemoryText;
  result.thrown = GuestError::of(result.error);
  return result;
}

void fail_streams(Isolate::Parts& parts, RequestId id, const char* why) {
  std::vector<GuestStream*> streams;
  parts.streams.for_each([&](uint64_t, GuestStream* stream) {
    if (stream->request() == id) streams.push_back(stream);
  });
  for (GuestStream* stream : streams) stream->fail(why);
}

void stop_one(Isolate::Parts& parts, RequestId id, Stopped why) {
  GuestRequest* request = parts.find_request(id);
  if (request == nullptr) return;
  if (request->actor != 0) {
    Actor* actor = find_actor(parts, request->actor);
    if (actor == nullptr || actor->broken) return;
    break_actor(parts, *actor,
                GuestError::reset(why == Stopped::kCpu ? kActorCpuText : kActorMemoryText));
    return;
  }
  if (!request->answered) return answer(parts, *request, stopped_result(why));
  // Its body breaks off, its sockets close, its waitUntil promises are over.
  fail_streams(parts, id, why == Stopped::kCpu ? kCpuText : kMemoryText);
  end_request(parts, id);
}

// With the microtasks that were dropped went what would have woken these up.
std::vector<RequestId> lost_with(Isolate::Parts& parts, RequestId culprit) {
  std::vector<RequestId> lost;
  parts.requests.for_each([&](uint64_t id, std::unique_ptr<GuestRequest>& request) {
    const bool waits = !request->answered || request->pulling;
    if (id != culprit && request->actor == 0 && waits && request->under_way == 0)
      lost.push_back(id);
  });
  return lost;
}

void stop_guest(Isolate::Parts& parts, Stopped why) {
  parts.isolate->CancelTerminateExecution();
  const RequestId culprit = parts.charged;
  if (std::exchange(parts.stopped, why) == Stopped::kNo) {
    parts.host.uncaught(culprit, "limit", why == Stopped::kCpu ? kCpuText : kMemoryText, "");
  }
  stop_one(parts, culprit, why);
  for (RequestId id : lost_with(parts, culprit)) stop_one(parts, id, why);
  parts.host.condemn(why == Stopped::kCpu ? "exceededCpu" : "exceededMemory");
}

GuestRequest* payer(Isolate::Parts& parts, RequestId id) {
  GuestRequest* request = parts.find_request(id);
  if (request == nullptr) return nullptr;
  if (request->actor != 0 && !request->is_instance) return parts.find_request(request->actor);
  if (request->within != 0) return parts.find_request(request->within);
  return request;
}

// Its answer may be on its way out already, and then it is not in the table any more.
void note_measured(Isolate::Parts& parts, int64_t cpu_us, uint64_t memory_bytes) {
  const auto note = [=](Counts& used) {
    used.cpu_us += cpu_us;
    used.memory_bytes = std::max(used.memory_bytes, memory_bytes);
  };
  if (GuestRequest* request = parts.find_request(parts.charged)) note(request->used);
  for (size_t i = parts.outbox_head; i < parts.outbox.size(); ++i) {
    if (auto* answered = std::get_if<Answered>(&parts.outbox[i])) {
      if (answered->payer == parts.charged) note(answered->result.used);
    } else if (auto* called = std::get_if<Called>(&parts.outbox[i])) {
      if (called->told != nullptr && called->payer == parts.charged) note(*called->told);
    }
  }
}

}  // namespace

void ask_for_memory_look(v8::Isolate* isolate) {
  const v8::InterruptCallback look = [](v8::Isolate* isolate, void*) {
    static_cast<Isolate::Parts*>(isolate->GetData(0))->memory.look_at_end();
  };
  isolate->RequestInterrupt(look, nullptr);
}

void watch_turn(Isolate::Parts& parts) {
  parts.charged = 0;
  if (parts.cpu_watch == nullptr) return;
  parts.cpu_watch->enter(parts.isolate);
  const uint64_t whole_ms = parts.starting ? parts.limits.startup_cpu_ms
                                           : parts.limits.request_cpu_ms;
  parts.cpu_watch->allow(static_cast<int64_t>(whole_ms) * 1000);
}

void charge(Isolate::Parts& parts, RequestId id) {
  GuestRequest* request = payer(parts, id);
  parts.charged = request == nullptr ? id : request->id;
  if (parts.cpu_watch == nullptr || request == nullptr) return;
  const uint64_t limit_ms = request->actor != 0   ? parts.limits.actor_event_cpu_ms
                            : request->scheduled ? request->cpu_ms_max
                                                 : parts.limits.request_cpu_ms;
  if (limit_ms == 0) return parts.cpu_watch->allow(0);
  const int64_t left_us = static_cast<int64_t>(limit_ms) * 1000 - request->cpu_us;
  parts.cpu_watch->allow(std::max<int64_t>(left_us, 1));
}

bool is_stopping(Isolate::Parts& parts) {
  return parts.memory.is_newly_exceeded() ||
         (parts.cpu_watch != nullptr && parts.cpu_watch->is_stopping());
}

void refill(Isolate::Parts& parts, RequestId instance) {
  if (GuestRequest* request = parts.find_request(instance)) request->cpu_us = 0;
}

void end_watch(Isolate::Parts& parts) {
  CpuWatch::Stay stay;
  if (parts.cpu_watch != nullptr) stay = parts.cpu_watch->leave();
  parts.last_stay_us = stay.used_us;
  if (GuestRequest* request = payer(parts, parts.charged)) request->cpu_us += stay.used_us;
  note_measured(parts, stay.measured_us, parts.wants_memory ? parts.memory.take_peak() : 0);
  if (stay.used_us >= kLongStayUs) parts.memory.look_at_end();
  const bool memory = parts.memory.take_exceeded();
  if (!stay.stopped && !memory) return;
  if (parts.starting) return;   // Isolate::start tells
  stop_guest(parts, memory ? Stopped::kMemory : Stopped::kCpu);
}

}  // namespace offing
