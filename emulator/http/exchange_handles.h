// What an exchange hands out: the request's body to read, and the right to answer. Each holds its
// connection by a count and may outlive the exchange. Private to emulator/http.
#ifndef OFFING_EMULATOR_HTTP_EXCHANGE_HANDLES_H_
#define OFFING_EMULATOR_HTTP_EXCHANGE_HANDLES_H_

#include <cassert>
#include <utility>

#include "emulator/http/connection.h"

namespace offing::http {

// While attached, the bytes are the connection's; detached, they are here.
class RequestBody final : public ByteSource {
 public:
  explicit RequestBody(Connection::Ref connection) : connection_(std::move(connection)) {}
  ~RequestBody() override { connection_->on_body_dropped(this); }

  void read(Done done) override {
    assert(!done_);
    done_ = std::move(done);
    if (detached_) return answer();
    connection_->on_body_read();
  }
  void cancel(std::string_view) override {
    done_ = nullptr;
    if (detached_) return;
    detach({}, Chunk::end());
    connection_->on_body_dropped(this);
  }
  std::optional<uint64_t> length_bytes() const override {
    return detached_ ? std::optional<uint64_t>(rest_.size()) : connection_->body_length();
  }

  bool waiting() const { return static_cast<bool>(done_); }
  bool detached() const { return detached_; }
  // The connection will give nothing more: what is left, and how it ends.
  void detach(std::string rest, Chunk last) {
    detached_ = true;
    rest_ = std::move(rest);
    last_ = std::move(last);
  }
  void give(Chunk chunk) {
    Done done = std::exchange(done_, nullptr);
    done(std::move(chunk));
  }
  void answer() {
    assert(detached_);
    give(rest_.empty() ? std::move(last_) : Chunk::data(std::exchange(rest_, {})));
  }

 private:
  Connection::Ref connection_;
  Done done_;
  bool detached_ = false;
  std::string rest_;
  Chunk last_;
};

class Responder {
 public:
  Responder(Connection::Ref connection, uint64_t ticket)
      : connection_(std::move(connection)), ticket_(ticket) {}
  Responder(Responder&&) noexcept = default;
  ~Responder() {
    if (connection_) connection_->abandon(ticket_);
  }
  void operator()(Response response) {
    assert(connection_);
    Connection::Ref connection = std::move(connection_);
    connection->respond(ticket_, std::move(response));
  }

 private:
  Connection::Ref connection_;
  uint64_t ticket_;
};

}  // namespace offing::http

#endif  // OFFING_EMULATOR_HTTP_EXCHANGE_HANDLES_H_
