// What may keep a call from the store: a fault rule, and the way from the guest's location to R2.
#include <algorithm>
#include <cassert>

#include "emulator/services/delayed.h"
#include "emulator/services/r2_service_impl.h"
#include "runtime/bindings/r2_action.h"

namespace offing {

using Op = R2Call::Op;
using r2::Code;

namespace {

// A caller that outlives the call.
struct KeptCaller {
  explicit KeptCaller(const R2Caller& from)
      : request(from.request), location(from.location), door(from.door) {}
  R2Caller view() const { return {request, location, door}; }
  uint64_t request;
  std::string location, door;
};

bool lists(Op op) { return op == Op::kList || op == Op::kListParts || op == Op::kListUploads; }

// By the code, else by the status (spec/r2.md 1.11); none, or an unknown one: 503.
r2::Error error_of(const FaultEffect& effect) {
  Code code = Code::kServiceUnavailable;
  if (effect.status == 429) code = Code::kTooManyRequests;
  else if (effect.status == 500) code = Code::kInternal;
  const bool settled = effect.code == 0 && (effect.status == 0 || effect.status == 429 ||
                                            effect.status == 500 || effect.status == 503);
  if (!settled) {
    const auto found = std::ranges::find_if(r2::kErrorRows, [&effect](const r2::ErrorRow& row) {
      return effect.code != 0 ? row.v4_code == effect.code : row.http_status == effect.status;
    });
    if (found != std::end(r2::kErrorRows)) code = static_cast<Code>(found - r2::kErrorRows);
  }
  return effect.text.empty() ? r2::Error(code) : r2::Error(code, effect.text);
}

}  // namespace

void R2Service::Impl::call(const R2Caller& caller, R2Call call, R2Callback done) {
  if (world_.has_fault_rules() && !pass_rules(caller, call, done)) return;
  if (!way_.all_open()) return reach(caller, std::move(call), std::move(done));
  serve(caller, std::move(call), std::move(done));
}

// False: the rule has taken the call.
bool R2Service::Impl::pass_rules(const R2Caller& caller, R2Call& call, R2Callback& done) {
  const std::string_view key = lists(call.op) && call.key.empty() ? call.prefix : call.key;
  const FaultEffect* effect = world_.fault_for(
      {FaultService::kR2, r2_action(call.op), key, caller.location, call.keys});
  if (effect == nullptr) return true;
  switch (effect->kind) {
    case FaultEffect::Kind::kDrop: return false;
    case FaultEffect::Kind::kLatency:
      done = delayed(world_, effect->us, std::move(done));
      return true;
    case FaultEffect::Kind::kError:
    case FaultEffect::Kind::kTimeout: break;
  }
  world_.schedule_after(
      effect->us, [this, caller = KeptCaller(caller), why = error_of(*effect),
                   call = std::move(call), done = std::move(done)]() mutable {
        refuse_call(caller.view(), std::move(call), std::move(done), std::move(why));
      });
  return false;
}

void R2Service::Impl::reach(const R2Caller& caller, R2Call call, R2Callback done) {
  switch (way_.state(caller.location)) {
    case LinkState::kOpen: return serve(caller, std::move(call), std::move(done));
    case LinkState::kCut:
      return refuse_call(caller, std::move(call), std::move(done), Code::kServiceUnavailable);
    case LinkState::kHeld: break;
  }
  way_.wait(caller.location, [this, caller = KeptCaller(caller), call = std::move(call),
                              done = std::move(done)]() mutable {
    reach(caller.view(), std::move(call), std::move(done));
  });
}

void R2Service::Impl::refuse_call(const R2Caller& caller, R2Call call, R2Callback done,
                                  r2::Error why) {
  if (call.op == Op::kHead || call.op == Op::kGet || lists(call.op)) {
    R2Answer refused = refusal(std::move(why));
    trace_read(caller, call, refused);
    return answer(std::move(done), std::move(refused));
  }
  finish(std::make_unique<Write>(Write{caller.request, std::string(caller.location),
                                       std::string(caller.door), {}, {}, std::move(call),
                                       std::move(done), {}}),
         refusal(std::move(why)));
}

}  // namespace offing
