// The body of a message that is still arriving on a connection, as a stream to read.
//
// Attached, the bytes are the connection's, which stops reading its socket while they pile up.
// Detached (the message has ended, or never will), what is left is here, and the connection goes on
// to other things. The owner keeps a plain pointer, which `on_body_dropped` takes back.
// Private to emulator/http.
#ifndef OFFING_EMULATOR_HTTP_ATTACHED_BODY_H_
#define OFFING_EMULATOR_HTTP_ATTACHED_BODY_H_

#include <cassert>
#include <string>
#include <utility>

#include "runtime/http/byte_source.h"

namespace offing::http {

// Owner: on_body_read(), on_body_dropped(AttachedBody*), body_length(), and a counted Ref.
template <class Owner>
class AttachedBody final : public ByteSource {
 public:
  explicit AttachedBody(typename Owner::Ref owner) : owner_(std::move(owner)) {}
  ~AttachedBody() override { owner_->on_body_dropped(this); }

  void read(Done done) override {
    assert(!done_);
    done_ = std::move(done);
    if (detached_) return answer();
    owner_->on_body_read();
  }
  void cancel(std::string_view) override {
    done_ = nullptr;
    if (detached_) return;
    detach({}, Chunk::end());
    owner_->on_body_dropped(this);
  }
  std::optional<uint64_t> length_bytes() const override {
    return detached_ ? std::optional<uint64_t>(rest_.size()) : owner_->body_length();
  }

  bool waiting() const { return static_cast<bool>(done_); }
  bool detached() const { return detached_; }
  // The owner will give nothing more: what is left, and how it ends.
  void detach(std::string rest, Chunk last) {
    detached_ = true;
    rest_ = std::move(rest);
    last_ = std::move(last);
  }
  // Answers the read that waits. May destroy this body.
  void give(Chunk chunk) {
    Done done = std::exchange(done_, nullptr);
    done(std::move(chunk));
  }
  void answer() {
    assert(detached_);
    give(rest_.empty() ? std::move(last_) : Chunk::data(std::exchange(rest_, {})));
  }

 private:
  typename Owner::Ref owner_;
  Done done_;
  bool detached_ = false;
  std::string rest_;
  Chunk last_;
};

}  // namespace offing::http

#endif  // OFFING_EMULATOR_HTTP_ATTACHED_BODY_H_
