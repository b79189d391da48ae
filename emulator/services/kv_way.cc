// What may keep a call from the store: a fault rule, and the way from its location to the central store.
#include <algorithm>
#include <cassert>

#include "emulator/services/delayed.h"
#include "emulator/services/kv_service_impl.h"
#include "runtime/http/message.h"

namespace offing {
namespace {

bool is_read(KvCall::Op op) {
  return op == KvCall::Op::kGet || op == KvCall::Op::kGetWithMetadata || op == KvCall::Op::kGetBulk;
}

// As rules name it.
std::string_view operation_of(KvCall::Op op) {
  switch (op) {
    case KvCall::Op::kGet:
    case KvCall::Op::kGetWithMetadata:
    case KvCall::Op::kGetBulk: return "get";
    case KvCall::Op::kPut: return "put";
    case KvCall::Op::kDelete: return "delete";
    case KvCall::Op::kList: return "list";
  }
  return "";
}

// As error texts name it.
kv::Op named_op(KvCall::Op op) {
  switch (op) {
    case KvCall::Op::kGet:
    case KvCall::Op::kGetWithMetadata: return kv::Op::kGet;
    case KvCall::Op::kGetBulk: return kv::Op::kGetBulk;
    case KvCall::Op::kPut: return kv::Op::kPut;
    case KvCall::Op::kDelete: return kv::Op::kDelete;
    case KvCall::Op::kList: return kv::Op::kList;
  }
  return kv::Op::kGet;
}

// A text alone is the whole message; a status puts it, or its standard phrase, into the service's own
// form (spec/kv.md 1.3).
kv::Refusal refusal_of(const FaultEffect& effect, KvCall::Op op) {
  if (effect.status == 0 && !effect.text.empty()) return {effect.text, false};
  if (effect.status == 0) return kv::refuse(named_op(op), kv::kUnavailable);
  const std::string phrase = effect.text.empty() ? reason_phrase(effect.status) : effect.text;
  return kv::refuse(named_op(op),
                    std::to_string(effect.status) + (phrase.empty() ? "" : " " + phrase));
}

}  // namespace

void KvService::Impl::call(uint32_t location, uint64_t request, uint32_t ns, KvCall call,
                           KvCallback done) {
  assert(location < store_->places().count());
  if (world_.has_fault_rules() && !pass_rules(location, request, ns, call, done)) return;
  if (!way_.all_open()) return reach(location, request, ns, std::move(call), std::move(done));
  serve(location, request, ns, std::move(call), std::move(done));
}

// False: the rule has taken the call.
bool KvService::Impl::pass_rules(uint32_t location, uint64_t request, uint32_t ns, KvCall& call,
                                 KvCallback& done) {
  const bool lists = call.op == KvCall::Op::kList;
  const std::string_view key = lists && call.prefix ? std::string_view(*call.prefix) : call.key;
  const FaultEffect* effect =
      world_.fault_for({FaultService::kKv, operation_of(call.op), key,
                        store_->places().locations[location], call.keys});
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
      effect->us, [this, location, request, ns, why = refusal_of(*effect, call.op),
                   call = std::move(call), done = std::move(done)]() mutable {
        refuse_call(location, request, ns, std::move(call), std::move(done), std::move(why));
      });
  return false;
}

void KvService::Impl::reach(uint32_t location, uint64_t request, uint32_t ns, KvCall call,
                            KvCallback done) {
  const std::string& code = store_->places().locations[location];
  const LinkState state = way_.state(code);
  if (state == LinkState::kOpen || !needs_central(location, ns, call))
    return serve(location, request, ns, std::move(call), std::move(done));
  if (state == LinkState::kCut) {
    kv::Refusal why = kv::refuse(named_op(call.op), kv::kUnavailable);
    return refuse_call(location, request, ns, std::move(call), std::move(done), std::move(why));
  }
  way_.wait(code, [this, location, request, ns, call = std::move(call),
                   done = std::move(done)]() mutable {
    reach(location, request, ns, std::move(call), std::move(done));
  });
}

// Ours: the contract says nothing of a location that is cut off.
bool KvService::Impl::needs_central(uint32_t location, uint32_t ns, const KvCall& call) const {
  const KvSettings& settings = store_->settings();
  if (settings.mode == KvMode::kStrong) return true;
  if (settings.mode == KvMode::kAdversarial) {  // a replica of its own
    if (is_read(call.op)) return false;
    if (call.op == KvCall::Op::kList)
      return settings.list_source == KvSettings::ListSource::kIndex;
    return settings.ack == KvSettings::Ack::kCentral;
  }
  if (!is_read(call.op)) return true;
  const auto cached = [&](const std::string& key) {
    return store_->peek(store_->find(ns, key), location, now_ms()).seen.hit;
  };
  if (call.op != KvCall::Op::kGetBulk) return !cached(call.key);
  return !std::ranges::all_of(call.keys, cached);
}

void KvService::Impl::refuse_call(uint32_t location, uint64_t request, uint32_t ns, KvCall call,
                                  KvCallback done, kv::Refusal why) {
  if (call.op != KvCall::Op::kPut && call.op != KvCall::Op::kDelete)
    return answer(std::move(done), refusal(std::move(why)));
  if (call.value_stream) call.value_stream->cancel(why.text);
  const bool deletes = call.op == KvCall::Op::kDelete;
  Pending pending{{ns, location, request, std::move(call.key), nullptr, {}, 0, 0}, std::move(done)};
  if (!deletes) pending.write.value = std::make_shared<const std::string>(std::move(call.value));
  refuse_write(std::move(pending), std::move(why), deletes);
}

void KvService::Impl::set_link(uint32_t from, uint32_t to, LinkState state) {
  advance();
  store_->set_cut(from, to, state != LinkState::kOpen, now_ms());
  advance();
}

void KvService::Impl::set_central(uint32_t location, LinkState state) {
  advance();
  store_->set_off_central(location, state != LinkState::kOpen, now_ms());
  advance();
  way_.set(store_->places().locations[location], state);
}

}  // namespace offing
