#include "runtime/isolate/guest_request.h"

#include <cassert>
#include <utility>

#include "runtime/actor/actor.h"
#include "runtime/isolate/guest_socket.h"
#include "runtime/isolate/parts.h"
#include "runtime/limits/call_tree.h"

namespace offing {
namespace {

constexpr const char* kDrainExpired =
    "waitUntil() tasks did not complete within the allowed time after invocation end and have been "
    "cancelled. See: https://developers.cloudflare.com/workers/runtime-apis/context/#waituntil";

template <class Table, class Predicate, class Take>
void drop_owned(Table& table, Predicate owned, Take take) {
  std::vector<uint64_t> ids;
  table.for_each([&](uint64_t id, auto& entry) {
    if (owned(entry)) ids.push_back(id);
  });
  for (uint64_t id : ids) {
    take(*table.find(id));
    table.remove(id);
  }
}

FetchResult failed_with(const GuestError& why) {
  return {.outcome = Outcome::kException, .response = {}, .error = why.text(), .thrown = why};
}

Called calling(Isolate::Parts& parts, GuestRequest& request,
               std::move_only_function<void()> call) {
  if (request.told == nullptr) return {std::move(call)};
  *request.told = used_by(parts, request);
  return {std::move(call), std::move(request.told),
          request.actor != 0 ? request.actor : request.id};
}

// The record of an alarm goes with its success, in the same transaction as what the handler wrote
// (spec/durable-objects.md 3.6, rules 43 to 45).
void alarm_answered(Isolate::Parts& parts, GuestRequest& request, const FetchResult& result) {
  Actor* actor = find_actor(parts, request.actor);
  if (actor == nullptr) return;
  const bool again = std::exchange(actor->alarm_set_while_running, false);
  actor->alarm_running_ms.reset();
  if (result.outcome != Outcome::kOk || again) return;
  durable::ObjectStorage* storage = storage_of(parts, *actor);
  if (storage == nullptr) return;
  if (auto removed = storage->set_alarm(std::nullopt); !removed) {
    return break_actor(parts, *actor, GuestError::reset(removed.error().text));
  }
  wrote(parts, *actor, true);
}

// What waitUntil is given after the response (spec/limits.md 2.2).
void start_drain(Isolate::Parts& parts, GuestRequest& request) {
  const int64_t most_ms = static_cast<int64_t>(parts.limits.wait_until_wall_ms);
  if (most_ms == 0) return;
  request.drain_timer = parts.host.set_timer(
      request.id, most_ms, [token = parts.token, id = request.id] {
        if (token->parts == nullptr) return;
        GuestRequest* draining = token->parts->find_request(id);
        if (draining == nullptr) return;
        draining->drain_timer = 0;
        token->parts->host.log(id, "warn", kDrainExpired);
        end_request(*token->parts, id);
      });
}

}  // namespace

GuestRequest& open_request(Isolate::Parts& parts, RequestId id) {
  std::unique_ptr<GuestRequest> request;
  if (parts.spare_requests.empty()) {
    request = std::make_unique<GuestRequest>();
  } else {
    request = std::move(parts.spare_requests.back());
    parts.spare_requests.pop_back();
  }
  request->id = id;
  return *parts.requests.add(id, std::move(request));
}

void refill_counts(Isolate::Parts& parts, RequestId actor) {
  GuestRequest* context = parts.find_request(actor);
  if (context == nullptr) return;
  context->used = {};
  if (context->tree != nullptr) context->tree->refill();
}

Counts used_by(Isolate::Parts& parts, const GuestRequest& request) {
  const GuestRequest* payer =
      request.actor != 0 ? parts.find_request(request.actor) : &request;
  if (payer == nullptr) return {};
  Counts used = payer->used;
  if (payer->tree == nullptr) return used;
  used.chained_workers = payer->tree->invocations();
  used.connections = payer->tree->most_connections();
  return used;
}

void set_hops(Isolate::Parts& parts, GuestRequest& request, uint32_t hops) {
  request.hops = hops;
  if (request.actor == 0) return;
  if (GuestRequest* instance = parts.find_request(request.actor)) instance->hops = hops;
}

void work_began(Isolate::Parts& parts, RequestId request) {
  if (GuestRequest* found = parts.find_request(request)) ++found->under_way;
}

void work_ended(Isolate::Parts& parts, RequestId request) {
  GuestRequest* found = parts.find_request(request);
  if (found == nullptr) return;
  assert(found->under_way > 0);
  if (--found->under_way > 0) return;
  if (owes_something(*found)) parts.suspects.push_back(request);
  if (found->actor != 0) look_for_hang(parts, found->actor);
}

void answer(Isolate::Parts& parts, GuestRequest& request, FetchResult result) {
  if (request.answered) return;
  if (request.rpc_done) {  // a result goes another way (runtime/bindings/rpc_natives.cc)
    return conclude(parts, request, [done = std::move(request.rpc_done),
                                     thrown = std::move(result.thrown)](
                                        const GuestError* broken) mutable {
      done(std::unexpected(broken == nullptr ? std::move(thrown) : *broken));
    });
  }
  if (request.actor != 0) {
    if (request.is_alarm) alarm_answered(parts, request, result);
    return conclude(parts, request, [done = std::move(request.done), result = std::move(result)](
                                        const GuestError* broken) mutable {
      done(broken == nullptr ? std::move(result) : failed_with(*broken));
    });
  }
  request.answered = true;
  result.used = used_by(parts, request);
  result.no_retry = request.no_retry;
  parts.outbox.push_back(Answered{std::move(request.done), std::move(result), request.id});
  end_if_done(parts, request);
}

void conclude(Isolate::Parts& parts, GuestRequest& request,
              std::move_only_function<void(const GuestError*)> tell) {
  if (std::exchange(request.answered, true)) return;
  if (request.actor == 0) {
    parts.outbox.push_back(
        calling(parts, request, [tell = std::move(tell)]() mutable { tell(nullptr); }));
    return end_if_done(parts, request);
  }
  request.held = std::move(tell);
  request.holding = true;
  leave_for(parts, request.id, [&parts, id = request.id](bool left) {
    if (!left) return;  // fail_event answers it
    GuestRequest* leaving = parts.find_request(id);
    if (leaving == nullptr) return;
    leaving->holding = false;
    parts.outbox.push_back(
        calling(parts, *leaving, [tell = std::move(leaving->held)]() mutable { tell(nullptr); }));
    end_if_done(parts, *leaving);
  });
}

void fail_event(Isolate::Parts& parts, GuestRequest& request, const GuestError& why) {
  std::move_only_function<void(const GuestError*)> tell;
  if (request.holding) {
    tell = std::move(request.held);
  } else if (request.answered) {
    return;
  } else if (request.rpc_done) {
    tell = [done = std::move(request.rpc_done)](const GuestError* broken) mutable {
      done(std::unexpected(*broken));
    };
  } else if (request.done) {
    tell = [done = std::move(request.done)](const GuestError* broken) mutable {
      done(failed_with(*broken));
    };
  } else {
    return;
  }
  request.answered = true;
  request.holding = false;
  parts.outbox.push_back(
      calling(parts, request, [tell = std::move(tell), why]() mutable { tell(&why); }));
}

void response_stream_over(Isolate::Parts& parts, RequestId request) {
  GuestRequest* found = parts.find_request(request);
  if (found == nullptr) return;
  found->streaming = found->pulling = false;
  end_if_done(parts, *found);
}

void change_wait_until(Isolate::Parts& parts, RequestId request, int change) {
  GuestRequest* found = parts.find_request(request);
  if (found == nullptr) return;
  assert(change == 1 || found->wait_until > 0);
  found->wait_until += static_cast<uint32_t>(change);
  end_if_done(parts, *found);
}

void end_if_done(Isolate::Parts& parts, GuestRequest& request) {
  if (!request.answered || request.streaming || request.holding || request.is_instance) return;
  if (request.holds > 0) return;
  if (request.upgraded && request.open_sockets > 0) return;
  if (request.wait_until == 0 && request.open_sockets == 0) return end_request(parts, request.id);
  if (request.drain_timer == 0) start_drain(parts, request);
}

void end_request(Isolate::Parts& parts, RequestId request) {
  GuestRequest* found = parts.find_request(request);
  if (found == nullptr) return;
  if (found->drain_timer != 0) parts.host.clear_timer(found->drain_timer);
  if (found->timers > 0) {
    drop_owned(parts.timers, [=](Timer& timer) { return timer.owner == request; },
               [&parts](Timer& timer) { parts.host.clear_timer(timer.host_timer); });
  }
  if (found->sources > 0) {
    drop_owned(parts.sources, [=](Source& source) { return source.owner == request; },
               [&parts](Source& source) { parts.graveyard.push_back(std::move(source.bytes)); });
  }
  if (found->sockets > 0) drop_sockets_of(parts, request);
  if (found->under_way > 0) parts.pending.drop_of(request);
  if (found->actor != 0 && !found->is_instance) {
    if (Actor* actor = find_actor(parts, found->actor)) std::erase(actor->events, request);
  }
  if (found->incoming.stream) parts.graveyard.push_back(std::move(found->incoming.stream));
  if (found->owns_rpc) drop_rpc_of(parts, request);
  if (found->serving > 0) fail_served(parts, request);
  const RequestId within = found->within;
  std::unique_ptr<GuestRequest> spare = std::move(*parts.requests.find(request));
  parts.requests.remove(request);
  if (parts.spare_requests.size() < 64) {
    std::shared_ptr<CallTree> tree = std::move(spare->tree);
    *spare = GuestRequest();
    if (tree != nullptr && tree.use_count() == 1) {
      tree->reset(parts.limits.connections);
      spare->tree = std::move(tree);
    }
    parts.spare_requests.push_back(std::move(spare));
  }
  GuestRequest* around = within == 0 ? nullptr : parts.find_request(within);
  if (around == nullptr) return;
  --around->serving;
  end_if_done(parts, *around);
}

}  // namespace offing
