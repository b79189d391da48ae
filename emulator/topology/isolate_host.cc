#include "emulator/topology/isolate_host.h"

#include <utility>

#include "emulator/services/kv_service.h"
#include "emulator/services/outbound.h"
#include "emulator/services/r2_service.h"
#include "emulator/topology/guest_calls.h"

namespace offing {

IsolateHost::IsolateHost(Services& services, std::string location, size_t location_index,
                         uint32_t isolate)
    : services_(services),
      location_(std::move(location)),
      location_index_(location_index),
      isolate_(isolate),
      running_word_(RunningNote::isolate_word(location_, isolate)),
      crypto_stream_("isolate/" + location_ + "/" + std::to_string(isolate) + "/crypto"),
      math_random_(services.world.random("isolate/" + location_ + "/" + std::to_string(isolate) +
                                         "/Math.random")) {}

TimerId IsolateHost::set_timer(RequestId, int64_t delay_ms, std::move_only_function<void()> fire) {
  // A timer of 0 ms still lets a moment pass, so that a loop of timers cannot hold time still.
  return services_.world.schedule_after((delay_ms < 1 ? 1 : delay_ms) * 1000, std::move(fire));
}

void IsolateHost::clear_timer(TimerId timer) { services_.world.cancel(timer); }

void IsolateHost::random_bytes(std::span<uint8_t> bytes) {
  services_.world.random_bytes(crypto_stream_, bytes);
}

void IsolateHost::fetch(RequestId request, Request outbound, FetchCallback done) {
  services_.outbound.fetch(location_, request, std::move(outbound), std::move(done));
}

void IsolateHost::kv(RequestId request, KvCall call, KvCallback done) {
  const uint32_t kv_namespace = services_.kv_namespaces.at(call.binding);
  services_.kv.call(location_index_, request, kv_namespace, std::move(call), std::move(done));
}

void IsolateHost::r2(RequestId request, R2Call call, R2Callback done) {
  call.bucket = services_.r2_buckets.at(call.bucket);
  services_.r2.call({request, location_, "binding"}, std::move(call), std::move(done));
}

// An event of its own: the isolate is being left just now.
void IsolateHost::condemn(std::string_view why) {
  services_.world.post([&services = services_, location = location_index_, isolate = isolate_,
                        why = std::string(why)] {
    if (services.condemn) services.condemn(location, isolate, why);
  });
}

void IsolateHost::call_fetch(RequestId caller, CallTarget target, Request inner,
                             ActorFetchCallback done) {
  services_.guest_calls->call_fetch(caller, location_index_, std::move(target), std::move(inner),
                                    std::move(done));
}

void IsolateHost::call_rpc(RequestId caller, CallTarget target, RpcCall call, RpcDone done) {
  services_.guest_calls->call_rpc(caller, location_index_, std::move(target), std::move(call),
                                  std::move(done));
}

void IsolateHost::post(std::move_only_function<void()> task) {
  services_.world.post(std::move(task));
}

bool IsolateHost::make_durable(
    RequestId actor, std::move_only_function<void(std::expected<void, GuestError>)> done) {
  return services_.guest_calls->make_durable(actor, std::move(done));
}

void IsolateHost::actor_broken(RequestId actor, const GuestError& why, bool retry_alarm) {
  services_.guest_calls->actor_broken(actor, why, retry_alarm);
}

durable::ObjectStorage& IsolateHost::actor_storage(RequestId actor) {
  return services_.guest_calls->actor_storage(actor);
}

ActorSockets& IsolateHost::actor_sockets(RequestId actor) {
  return services_.guest_calls->actor_sockets(actor);
}

void IsolateHost::log(RequestId request, std::string_view level, std::string_view text) {
  services_.world.trace().emit(trace::ConsoleEvent{request, location_, level, text});
}

// A guest's stack without the frames of our own runtime, which tell its author nothing.
static std::string guest_frames(std::string_view stack) {
  std::string kept;
  while (!stack.empty()) {
    const size_t end = stack.find('\n');
    const std::string_view line = stack.substr(0, end);
    if (line.find("offing:runtime") == line.npos) kept.append(kept.empty() ? "" : "\n").append(line);
    stack.remove_prefix(end == stack.npos ? stack.size() : end + 1);
  }
  return kept;
}

void IsolateHost::uncaught(RequestId request, std::string_view where, std::string_view text,
                           std::string_view stack) {
  const std::string mapped = services_.source_maps.map_stack(guest_frames(stack));
  services_.world.trace().emit(
      trace::ExceptionEvent{request, location_, where, text, mapped});
}

}  // namespace offing
