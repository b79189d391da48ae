#include "runtime/isolate/guest_request.h"

#include <cassert>

#include "runtime/isolate/parts.h"

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

void start_drain(Isolate::Parts& parts, GuestRequest& request) {
  request.drain_timer = parts.host.set_timer(
      request.id, kDrainMs, [token = parts.token, id = request.id] {
        if (token->parts == nullptr) return;
        GuestRequest* draining = token->parts->find_request(id);
        if (draining == nullptr) return;
        draining->drain_timer = 0;
        token->parts->host.log(id, "warn", kDrainExpired);
        end_request(*token->parts, id);
      });
}

}  // namespace

void work_began(Isolate::Parts& parts, RequestId request) {
  if (GuestRequest* found = parts.find_request(request)) ++found->under_way;
}

void work_ended(Isolate::Parts& parts, RequestId request) {
  GuestRequest* found = parts.find_request(request);
  if (found == nullptr) return;
  assert(found->under_way > 0);
  if (--found->under_way == 0 && owes_something(*found)) parts.suspects.push_back(request);
}

void answer(Isolate::Parts& parts, GuestRequest& request, FetchResult result) {
  if (request.answered) return;
  request.answered = true;
  parts.outbox.push_back(Answered{std::move(request.done), std::move(result)});
  end_if_done(parts, request);
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
  if (!request.answered || request.streaming) return;
  if (request.wait_until == 0) return end_request(parts, request.id);
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
  if (found->under_way > 0) parts.pending.drop_of(request);
  if (found->incoming.stream) parts.graveyard.push_back(std::move(found->incoming.stream));
  std::unique_ptr<GuestRequest> spare = std::move(*parts.requests.find(request));
  parts.requests.remove(request);
  if (parts.spare_requests.size() < 64) {
    *spare = GuestRequest();
    parts.spare_requests.push_back(std::move(spare));
  }
}

}  // namespace offing
