// Time, timers, randomness, the current frame, the log.
#include <cmath>

#include "runtime/actor/actor.h"
#include "runtime/bindings/native_call.h"

namespace offing {
namespace {

using v8::Local;

void now(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  // 0 in global scope is the TypeScript side's rule (spec/limits.md 6).
  info.GetReturnValue().Set(static_cast<double>(parts->host.now_ms()));
}

void fire(Isolate::Parts& parts, uint64_t id) {
  Timer* timer = parts.timers.find(id);
  if (timer == nullptr) return;
  const RequestId owner = timer->owner;
  parts.timers.remove(id);
  run_turn(parts, [&](Local<v8::Context> context) {
    charge(parts, owner);
    if (GuestRequest* request = parts.find_request(owner)) {
      --request->timers;
      work_ended(parts, owner);
    }
    call_entry(parts, context, EntryFunction::kTimer, {number(parts.isolate, id)});
  });
}

void fire_at_gate(Isolate::Parts& parts, uint64_t id) {
  Timer* timer = parts.timers.find(id);
  if (timer == nullptr) return;
  enter_for(parts, timer->owner, timer->section, [&parts, id] { fire(parts, id); });
}

void set_timer(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  const RequestId owner = id_of(info[0]);
  GuestRequest* request = parts->find_request(owner);
  if (request == nullptr) return throw_error(info.GetIsolate(), kContextEnded);
  const double delay = info[1]->IsNumber() ? info[1].As<v8::Number>()->Value() : 0;
  const int64_t delay_ms = std::isfinite(delay) && delay > 0
                               ? static_cast<int64_t>(std::min(delay, 0x1p53)) : 0;
  const uint64_t id = parts->next_id++;
  ++request->timers;
  ++request->under_way;
  const TimerId host_timer =
      parts->host.set_timer(owner, delay_ms, [token = parts->token, id] {
        if (token->parts != nullptr) fire_at_gate(*token->parts, id);
      });
  parts->timers.add(id, {host_timer, owner, section_for(*parts, owner)});
  info.GetReturnValue().Set(number(info.GetIsolate(), id));
}

void clear_timer(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  const uint64_t id = id_of(info[0]);
  Timer* timer = parts->timers.find(id);
  if (timer == nullptr) return;
  const Timer cleared = *timer;
  parts->timers.remove(id);
  parts->host.clear_timer(cleared.host_timer);
  if (GuestRequest* request = parts->find_request(cleared.owner)) {
    --request->timers;
    work_ended(*parts, cleared.owner);
  }
}

void random(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts != nullptr) info.GetReturnValue().Set(parts->host.random());
}

void random_bytes(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr || !info[0]->IsArrayBufferView()) return;
  auto view = info[0].As<v8::ArrayBufferView>();
  const size_t size = view->ByteLength();
  if (size == 0) return;
  auto* data = static_cast<uint8_t*>(view->Buffer()->Data());
  parts->host.random_bytes({data + view->ByteOffset(), size});
}

void random_uuid(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  uint8_t bytes[16];
  parts->host.random_bytes(bytes);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;  // version 4
  bytes[8] = (bytes[8] & 0x3f) | 0x80;  // variant 1
  static constexpr char kHex[] = "0123456789abcdef";
  char text[36];
  size_t at = 0;
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text[at++] = '-';
    text[at++] = kHex[bytes[i] >> 4];
    text[at++] = kHex[bytes[i] & 15];
  }
  info.GetReturnValue().Set(text_from_latin1(info.GetIsolate(), {text, sizeof(text)}));
}

void get_frame(const Arguments& info) {
  Local<v8::Data> frame = info.GetIsolate()->GetContinuationPreservedEmbedderDataV2();
  if (frame->IsValue()) info.GetReturnValue().Set(frame.As<v8::Value>());
}

void set_frame(const Arguments& info) {
  info.GetIsolate()->SetContinuationPreservedEmbedderDataV2(info[0]);
}

// spec/limits.md 2, "Log data per request": what is beyond it is lost, which is said once.
bool is_logged(Isolate::Parts& parts, RequestId request, size_t bytes) {
  GuestRequest* found = parts.find_request(request);
  if (found == nullptr) return true;
  const Logged logged = count_log(found->used, parts.limits, bytes);
  if (logged == Logged::kFirstDropped) {
    parts.host.log(request, "warn",
                   "offing: this request has logged more than " +
                       std::to_string(parts.limits.log_bytes) +
                       " bytes. The platform keeps no more of one request; what it logs from here "
                       "on is dropped (--limit log=none keeps everything).");
  }
  return logged == Logged::kKept;
}

void log(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr || !info[1]->IsString() || !info[2]->IsString()) return;
  v8::Isolate* isolate = info.GetIsolate();
  const RequestId request = id_of(info[0]);
  const std::string text = utf8_of(isolate, info[2].As<v8::String>());
  if (!is_logged(*parts, request, text.size())) return;
  parts->host.log(request, utf8_of(isolate, info[1].As<v8::String>()), text);
}

void uncaught(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr || !info[1]->IsString()) return;
  v8::Isolate* isolate = info.GetIsolate();
  report_uncaught(*parts, isolate->GetCurrentContext(), id_of(info[0]),
                  utf8_of(isolate, info[1].As<v8::String>()), info[2]);
}

constexpr NativeFunction kFunctions[] = {
    {"now", now},           {"setTimer", set_timer},        {"clearTimer", clear_timer},
    {"random", random},     {"randomBytes", random_bytes},  {"randomUUID", random_uuid},
    {"getFrame", get_frame}, {"setFrame", set_frame},       {"log", log},
    {"uncaught", uncaught}};

}  // namespace

std::span<const NativeFunction> host_natives() { return kFunctions; }

}  // namespace offing
