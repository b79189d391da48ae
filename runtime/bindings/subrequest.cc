#include "runtime/bindings/subrequest.h"

namespace offing {
namespace {

using v8::Local;

// The platform's words for a request that goes from Worker to Worker too often; its page on service
// bindings has the number and no text.
constexpr std::string_view kTooDeep =
    "Subrequest depth limit exceeded. This request recursed through Workers too many times. This "
    "can happen e.g. if you have a Worker or Durable Object that calls other Workers or objects "
    "recursively.";

void reject(const Arguments& info, std::string_view text) {
  v8::Isolate* isolate = info.GetIsolate();
  Local<v8::Context> context = isolate->GetCurrentContext();
  Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(context).ToLocal(&resolver)) return;
  info.GetReturnValue().Set(resolver->GetPromise());
  resolver->Reject(context, v8::Exception::Error(text_from_utf8(isolate, text))).Check();
}

}  // namespace

bool count_call(const Arguments& info, Isolate::Parts& parts, RequestId request,
                Subrequest kind) {
  GuestRequest* found = parts.find_request(request);
  if (found == nullptr) return true;  // begin_work refuses it
  const std::string_view refused = count_subrequest(found->used, parts.limits, kind);
  if (refused.empty()) return true;
  reject(info, refused);
  return false;
}

bool count_stub_call(const Arguments& info, Isolate::Parts& parts, RequestId request,
                     CallTarget::Kind kind) {
  if (kind == CallTarget::Kind::kActor) {
    return count_call(info, parts, request, Subrequest::kObject);
  }
  if (kind != CallTarget::Kind::kEntrypoint) return true;
  if (!count_call(info, parts, request, Subrequest::kWorker)) return false;
  GuestRequest* found = parts.find_request(request);
  if (found == nullptr || parts.limits.chained_workers == 0) return true;
  if (tree_of(parts, *found)->invoke(parts.limits.chained_workers)) return true;
  reject(info, kTooDeep);
  return false;
}

Ticket begin_subrequest(const Arguments& info, Isolate::Parts& parts, RequestId request) {
  const Ticket ticket = begin_work(info, parts, request);
  if (ticket != 0) {
    parts.pending.charge(ticket, static_cast<uint32_t>(parts.limits.subrequest_memory_bytes));
  }
  return ticket;
}

uint32_t hops_of(Isolate::Parts& parts, RequestId request) {
  const GuestRequest* found = parts.find_request(request);
  return found == nullptr ? 0 : found->hops;
}

const std::shared_ptr<CallTree>& tree_of(Isolate::Parts& parts, GuestRequest& request) {
  if (request.tree == nullptr) {
    request.tree = std::make_shared<CallTree>(parts.limits.connections);
  }
  return request.tree;
}

std::shared_ptr<CallTree> shared_tree(Isolate::Parts& parts, RequestId request) {
  GuestRequest* found = parts.find_request(request);
  if (found == nullptr) return nullptr;
  return tree_of(parts, *found);
}

void look_for_deadlock(const std::shared_ptr<Token>& token,
                       const std::shared_ptr<CallTree>& tree) {
  if (token->parts == nullptr) return;
  token->parts->host.post([weak = std::weak_ptr<CallTree>(tree)] {
    if (auto live = weak.lock()) live->break_deadlock();
  });
}

void answered(Isolate::Parts& parts, ConnectionSlot slot, std::unique_ptr<ByteSource>* body) {
  if (parts.limits.connection_count != ConnectionCount::kOpen || slot.tree() == nullptr ||
      body == nullptr || *body == nullptr) {
    return;
  }
  auto look = [token = parts.token, weak = std::weak_ptr<CallTree>(slot.tree())] {
    if (auto live = weak.lock()) look_for_deadlock(token, live);
  };
  *body = std::make_unique<OpenBody>(std::move(*body), std::move(slot), std::move(look));
}

}  // namespace offing
