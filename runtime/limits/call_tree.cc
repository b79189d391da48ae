#include "runtime/limits/call_tree.h"

#include <algorithm>
#include <cassert>

namespace offing {

namespace {
constexpr const char* kClosedText = "Response closed due to connection limit";
}  // namespace

void ConnectionSlot::release() {
  if (tree_ == nullptr) return;
  const std::shared_ptr<CallTree> tree = std::exchange(tree_, nullptr);
  tree->give_back();
}

void CallTree::reset(uint64_t connections_max) {
  assert(used_ == 0 && waiting_.empty() && bodies_.empty());
  connections_max_ = connections_max;
  invocations_ = 1;
  most_used_ = 0;
}

bool CallTree::invoke(uint64_t most) {
  if (most != 0 && invocations_ >= most) return false;
  ++invocations_;
  return true;
}

bool CallTree::take() {
  if (used_ >= connections_max_ || !waiting_.empty()) return false;
  most_used_ = std::max(most_used_, ++used_);
  return true;
}

void CallTree::give_back() {
  assert(used_ > 0);
  --used_;
  if (std::exchange(handing_on_, true)) return;  // one that waited in vain has let go of it at once
  while (!waiting_.empty() && used_ < connections_max_) {
    Start start = std::move(waiting_.front());
    waiting_.pop_front();
    most_used_ = std::max(most_used_, ++used_);
    start(ConnectionSlot(shared_from_this()));
  }
  handing_on_ = false;
}

void CallTree::break_deadlock() {
  if (waiting_.empty() || bodies_.empty() || bodies_.size() < used_) return;
  if (std::ranges::any_of(bodies_, [](const OpenBody* body) { return body->reading_; })) return;
  (*std::ranges::min_element(bodies_, {}, [](const OpenBody* body) {
    return body->last_use_;
  }))->close();
}

OpenBody::OpenBody(std::unique_ptr<ByteSource> bytes, ConnectionSlot slot,
                   std::function<void()> look)
    : bytes_(std::move(bytes)), slot_(std::move(slot)), look_(std::move(look)) {
  CallTree& tree = *slot_.tree();
  last_use_ = ++tree.uses_;
  tree.bodies_.push_back(this);
  look_();
}

void OpenBody::read(Done done) {
  if (closed_) return done(Chunk::error(kClosedText));
  if (slot_.tree() != nullptr) last_use_ = ++slot_.tree()->uses_;
  reading_ = true;
  // The source below drops its `done` when this goes.
  bytes_->read([this, done = std::move(done)](Chunk chunk) mutable {
    reading_ = false;
    if (chunk.kind == Chunk::Kind::kData) look_();
    else leave();
    done(std::move(chunk));
  });
}

void OpenBody::cancel(std::string_view reason) {
  bytes_->cancel(reason);
  leave();
}

void OpenBody::close() {
  closed_ = true;
  cancel(kClosedText);
}

void OpenBody::leave() {
  if (slot_.tree() == nullptr) return;
  std::erase(slot_.tree()->bodies_, this);
  slot_.release();
}

}  // namespace offing
