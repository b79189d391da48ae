// What a client's request shares with all Workers that it calls through service bindings: how many
// of them were invoked, and the connections that they have at a time (spec/limits.md 2, 2.1). Calls
// beyond the connections wait for one, in order. An instance of a Durable Object has a tree of its
// own.
//
// Where open connections are counted (until 2026-04-08) a response's body keeps its connection
// until it is read or cancelled; when all are kept so, nobody reads and somebody waits, the body
// not used for longest is closed.
// Ownership: shared by the requests and by the connections in use. Threading: the loop thread.
#ifndef OFFING_RUNTIME_LIMITS_CALL_TREE_H_
#define OFFING_RUNTIME_LIMITS_CALL_TREE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/http/byte_source.h"

namespace offing {

class CallTree;
class OpenBody;

// One connection in use; empty where they are not limited.
class ConnectionSlot {
 public:
  ConnectionSlot() = default;
  explicit ConnectionSlot(std::shared_ptr<CallTree> tree) : tree_(std::move(tree)) {}
  ConnectionSlot(ConnectionSlot&& other) noexcept : tree_(std::exchange(other.tree_, nullptr)) {}
  ConnectionSlot& operator=(ConnectionSlot&& other) noexcept {
    release();
    tree_ = std::exchange(other.tree_, nullptr);
    return *this;
  }
  ~ConnectionSlot() { release(); }
  // Whoever has waited for longest begins, from inside.
  void release();
  const std::shared_ptr<CallTree>& tree() const { return tree_; }

 private:
  std::shared_ptr<CallTree> tree_;
};

class CallTree : public std::enable_shared_from_this<CallTree> {
 public:
  using Start = std::move_only_function<void(ConnectionSlot)>;

  explicit CallTree(uint64_t connections_max) : connections_max_(connections_max) {}

  // As new, for another request. Only while nobody else holds it.
  void reset(uint64_t connections_max);
  // An event of an instance begins.
  void refill() { invocations_ = 1, most_used_ = used_; }
  // One more Worker, if `most` (0: any number) allows.
  bool invoke(uint64_t most);
  // A connection for now: make a slot of it. False: wait for one.
  bool take();
  void wait(Start start) { waiting_.push_back(std::move(start)); }
  uint64_t invocations() const { return invocations_; }
  uint64_t most_connections() const { return most_used_; }
  // Closes a body when nothing else can let those go on who wait.
  void break_deadlock();

 private:
  friend class ConnectionSlot;
  friend class OpenBody;
  void give_back();

  uint64_t connections_max_;
  uint64_t invocations_ = 1;
  uint64_t used_ = 0;
  uint64_t most_used_ = 0;
  uint64_t uses_ = 0;  // of bodies, to know which was used last
  bool handing_on_ = false;
  std::deque<Start> waiting_;
  std::vector<OpenBody*> bodies_;  // each keeps one connection
};

// A body that keeps its connection until it is over.
class OpenBody final : public ByteSource {
 public:
  // `look`: asks for break_deadlock, later. Called when the body is not being read any more.
  OpenBody(std::unique_ptr<ByteSource> bytes, ConnectionSlot slot, std::function<void()> look);
  ~OpenBody() override { leave(); }
  void read(Done done) override;
  void cancel(std::string_view reason) override;
  std::optional<uint64_t> length_bytes() const override { return bytes_->length_bytes(); }

 private:
  friend class CallTree;
  void close();
  void leave();

  std::unique_ptr<ByteSource> bytes_;
  ConnectionSlot slot_;
  std::function<void()> look_;
  uint64_t last_use_;
  bool reading_ = false;
  bool closed_ = false;  // by break_deadlock
};

}  // namespace offing

#endif  // OFFING_RUNTIME_LIMITS_CALL_TREE_H_
