#include "runtime/isolate/guest_socket.h"

#include <utility>
#include <vector>

#include "runtime/actor/actor.h"
#include "runtime/bindings/convert.h"
#include "runtime/isolate/turn.h"

namespace offing {
namespace {

using v8::Local;

// What Entry.socketEvent is told (native.d.ts).
enum EventKind : int32_t { kMessage = 0, kClose = 1, kError = 2 };

// A connection is lost with 1006; any other code that is not clean is the fault found in it.
bool is_fault(const WebSocketClose& close) { return !close.clean && close.code != 1006; }

void count_open(Isolate::Parts& parts, RequestId owner, int change) {
  if (GuestRequest* request = parts.find_request(owner)) {
    request->open_sockets += static_cast<uint32_t>(change);
  }
  if (Actor* actor = find_actor(parts, owner)) actor->open_sockets += static_cast<uint32_t>(change);
}

// `owner` has waited for it.
void tell_guest(Isolate::Parts& parts, uint64_t id, RequestId owner,
                std::variant<WebSocketMessage, WebSocketClose>& item) {
  run_turn(parts, [&](Local<v8::Context> context) {
    v8::Isolate* isolate = parts.isolate;
    charge(parts, owner);
    work_ended(parts, owner);
    if (auto* message = std::get_if<WebSocketMessage>(&item)) {
      Local<v8::Value> data =
          message->binary
              ? array_buffer_from(isolate, std::move(message->bytes)).As<v8::Value>()
              : text_from_utf8(isolate, message->bytes).As<v8::Value>();
      call_entry(parts, context, EntryFunction::kSocketEvent,
                 {number(isolate, id), v8::Integer::New(isolate, kMessage), data});
      return;
    }
    const auto& close = std::get<WebSocketClose>(item);
    call_entry(parts, context, EntryFunction::kSocketEvent,
               {number(isolate, id), v8::Integer::New(isolate, is_fault(close) ? kError : kClose),
                text_from_utf8(isolate, close.reason), v8::Integer::New(isolate, close.code),
                v8::Boolean::New(isolate, close.clean)});
  });
}

}  // namespace

GuestSocket::~GuestSocket() {
  if (end_) end_->set_receiver(nullptr);
}

void GuestSocket::accept(uint32_t section) {
  if (std::exchange(accepted_, true)) return;
  section_ = section;
  count_open(parts_, owner_, 1);
  expect(find_socket(parts_, peer_) == nullptr);
  end_->set_receiver(this);
}

void GuestSocket::close(WebSocketClose close) {
  end_->close(std::move(close));
  if (is_over()) drop_socket(parts_, id_);
}

bool GuestSocket::is_over() const {
  return incoming_over_ && (lost_ || end_->closed());
}

void GuestSocket::expect(bool something) {
  // An instance is not waited for in this way: its sockets are counted by themselves.
  if (something == expecting_ || find_actor(parts_, owner_) != nullptr) return;
  expecting_ = something;
  if (something) work_began(parts_, owner_);
  else work_ended(parts_, owner_);
}

void GuestSocket::forget_counts() {
  if (!accepted_) return;
  count_open(parts_, owner_, -1);
  expect(false);
  for (size_t i = 0; i < inbox_.size(); ++i) work_ended(parts_, owner_);
  inbox_.clear();
}

void GuestSocket::on_message(WebSocketMessage message) {
  end_->add_unconsumed(message.bytes.size());
  receive(std::move(message));
}

void GuestSocket::on_close(WebSocketClose close) { receive(std::move(close)); }

void GuestSocket::receive(Item item) {
  inbox_.push_back(std::move(item));
  work_began(parts_, owner_);
  parts_.host.post([token = parts_.token, id = id_] {
    if (token->parts == nullptr) return;
    if (GuestSocket* socket = find_socket(*token->parts, id)) socket->enter();
  });
}

void GuestSocket::enter() {
  enter_for(parts_, owner_, section_, [token = parts_.token, id = id_] {
    if (token->parts == nullptr) return;
    if (GuestSocket* socket = find_socket(*token->parts, id)) socket->hand_over();
  });
}

void GuestSocket::hand_over() {
  Item item = std::move(inbox_.front());
  inbox_.pop_front();
  const auto* close = std::get_if<WebSocketClose>(&item);
  const bool over = close != nullptr, lost = over && !close->clean;
  if (!over) end_->consumed(std::get<WebSocketMessage>(item).bytes.size());
  Isolate::Parts& parts = parts_;
  const std::shared_ptr<Token> token = parts.token;
  const uint64_t id = id_;
  const RequestId owner = owner_;
  tell_guest(parts, id, owner, item);
  // The guest may have done anything meanwhile.
  if (token->parts == nullptr) return;
  GuestSocket* left = find_socket(parts, id);
  if (left == nullptr || !over) return;
  // In a turn of its own, so that whoever waits in vain from now on is told.
  run_turn(parts, [&](Local<v8::Context>) {
    left->incoming_over_ = true;
    left->lost_ = lost;
    left->expect(false);
    if (left->is_over()) drop_socket(parts, id);
  });
}

GuestSocket* find_socket(Isolate::Parts& parts, uint64_t socket) {
  auto* found = parts.sockets.find(socket);
  return found == nullptr ? nullptr : found->get();
}

uint64_t add_socket(Isolate::Parts& parts, RequestId owner, std::unique_ptr<WebSocketEnd> end) {
  const uint64_t id = parts.next_id++;
  parts.sockets.add(id, std::make_unique<GuestSocket>(parts, id, owner, std::move(end)));
  if (GuestRequest* request = parts.find_request(owner)) ++request->sockets;
  return id;
}

std::pair<uint64_t, uint64_t> add_socket_pair(Isolate::Parts& parts, RequestId owner) {
  auto [first, second] = WebSocketEnd::make_pair();
  const uint64_t a = add_socket(parts, owner, std::move(first));
  const uint64_t b = add_socket(parts, owner, std::move(second));
  find_socket(parts, a)->peer_ = b;
  find_socket(parts, b)->peer_ = a;
  return {a, b};
}

std::unique_ptr<WebSocketEnd> take_socket(Isolate::Parts& parts, uint64_t socket) {
  GuestSocket* found = find_socket(parts, socket);
  if (found == nullptr) return nullptr;
  const RequestId owner = found->owner_;
  const uint64_t peer = found->peer_;
  const bool was_open = found->accepted_;
  found->forget_counts();
  found->end_->set_receiver(nullptr);
  std::unique_ptr<WebSocketEnd> end = std::move(found->end_);
  parts.sockets.remove(socket);
  if (GuestSocket* other = find_socket(parts, peer)) {
    other->peer_ = 0;
    if (other->accepted_) other->expect(true);
  }
  if (GuestRequest* request = parts.find_request(owner)) {
    --request->sockets;
    if (was_open) end_if_done(parts, *request);
  }
  return end;
}

void drop_socket(Isolate::Parts& parts, uint64_t socket) { take_socket(parts, socket); }

void drop_sockets_of(Isolate::Parts& parts, RequestId owner) {
  std::vector<uint64_t> ids;
  parts.sockets.for_each([&](uint64_t id, std::unique_ptr<GuestSocket>& socket) {
    if (socket->owner_ != owner) return;
    ids.push_back(id);
    socket->owner_ = 0;  // nothing is counted any more
  });
  for (uint64_t id : ids) {
    std::unique_ptr<GuestSocket> dropped = std::move(*parts.sockets.find(id));
    parts.sockets.remove(id);
  }
}

}  // namespace offing
