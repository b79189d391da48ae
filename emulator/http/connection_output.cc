// Output of a connection: heads, bodies, streams, and how it ends.
#include <cassert>

#include "emulator/http/connection.h"

namespace offing::http {

// A body from this size on is sent from where it lies; a smaller one is copied behind its head.
constexpr size_t kBigBodyBytes = 16 * 1024;
// Answers to pipelined requests gather up to this size within a turn.
constexpr size_t kGatherBytes = 64 * 1024;
constexpr size_t kKeptCapacityBytes = 16 * 1024;

void Connection::respond(uint64_t ticket, Response response) {
  if (closed_ || ticket != ticket_ || responded_) return;
  Ref self(this);
  responded_ = true;
  write_response(std::move(response));
}

void Connection::abandon(uint64_t ticket) {
  if (closed_ || ticket != ticket_ || responded_) return;
  abort();
}

void Connection::append_refusal(const Refusal& refusal, bool is_head) {
  Response response = text_response(refusal.status, refusal.text);
  if (append_head(out_, response, {is_head, 1, false}) && !is_head) out_ += response.body;
  response_ended_ = true;
  flush();
}

void Connection::write_response(Response response) {
  if ((response.status == 101 || response.web_socket) && take_over(response)) return;
  // A body that will not be read to its end ends the connection, and says so.
  const bool too_much = !body_ && parser_.body_bytes_left() > kDiscardBytesMax;
  const bool body_unwanted = !body_ended_ && (continue_owed_ || too_much);
  if (body_unwanted) close_after_ = true;
  answer_to_.keep_alive = answer_to_.keep_alive && !close_after_ && !core_->draining();
  auto framing = append_head(out_, response, answer_to_);
  if (!framing) {
    response = text_response(500, framing.error());
    framing = append_head(out_, response, answer_to_);
  }
  framing_ = *framing;
  if (!framing_.keep_alive) close_after_ = true;
  stream_bytes_ = 0;
  if (framing_.body == Framing::Body::kNone) {
    if (response.stream) response.stream->cancel("no body is sent");
    return end_response();
  }
  if (response.stream) {
    stream_ = std::move(response.stream);
    return pump();
  }
  if (response.body.size() >= kBigBodyBytes && big_.empty()) {
    big_ = std::move(response.body);
  } else {
    out_ += response.body;
  }
  end_response();
}

void Connection::end_response() {
  response_ended_ = true;
  // Another request is here already: its answer shares the write.
  const bool more_follows = !unread_.empty() && body_ended_ && !close_after_ && !writing_;
  if (more_follows && big_.empty() && out_.size() < kGatherBytes) {
    flush_later();
    return finish_exchange();
  }
  flush();
}

// --- Streams

// Reads the stream as long as it answers at once and the socket takes the bytes.
void Connection::pump() {
  if (pumping_) return;
  pumping_ = true;
  Ref self(this);
  while (stream_ && !chunk_awaited_ && !writing_ && out_.size() < kGatherBytes) {
    chunk_awaited_ = true;
    stream_->read([self = Ref(this), ticket = ticket_](Chunk chunk) {
      if (self->closed_ || self->ticket_ != ticket) return;
      self->chunk_awaited_ = false;
      self->on_chunk(std::move(chunk));
      if (!self->closed_ && !self->pumping_) self->pump();
    });
    if (!chunk_awaited_ && stream_ && out_.size() >= kGatherBytes) flush();
  }
  pumping_ = false;
  if (closed_) return;
  if (!out_empty() && !writing_) flush_later();
}

void Connection::on_chunk(Chunk chunk) {
  if (chunk.kind == Chunk::Kind::kError) {
    // The head is on its way: all that is left is to make the client notice. Nothing is read on.
    retire_stream();
    flush();
    if (closed_) return;
    return close(framing_.body == Framing::Body::kUntilClose);
  }
  if (chunk.kind == Chunk::Kind::kEnd) {
    retire_stream();
    if (framing_.body == Framing::Body::kChunked) append_last_chunk(out_);
    if (framing_.body == Framing::Body::kSized && stream_bytes_ < framing_.length_bytes) {
      flush();
      if (!closed_) close(false);
      return;
    }
    return end_response();
  }
  if (framing_.body == Framing::Body::kChunked) {
    append_chunk(out_, chunk.bytes);
  } else if (framing_.body == Framing::Body::kSized) {
    const uint64_t room = framing_.length_bytes - stream_bytes_;
    const bool too_long = chunk.bytes.size() > room;
    if (too_long) chunk.bytes.resize(static_cast<size_t>(room));
    out_ += chunk.bytes;
    if (too_long) {
      stream_->cancel("longer than its content-length");
      retire_stream();
      close_after_ = true;
      return end_response();
    }
  } else {
    out_ += chunk.bytes;
  }
  stream_bytes_ += chunk.bytes.size();
}

// A stream is not destroyed from inside its own answer.
void Connection::retire_stream() {
  if (!stream_) return;
  if (!core_) return stream_.reset();
  core_->world().post([stream = std::move(stream_)] {});
}

// --- Writing

void Connection::flush_later() {
  if (flush_posted_ || closed_) return;
  flush_posted_ = true;
  core_->world().at_turn_end([self = Ref(this)] {
    self->flush_posted_ = false;
    self->flush();
  });
}

void Connection::flush() {
  if (writing_ || closed_) return;
  if (out_.empty() && big_.empty()) return after_drain();
  uv_buf_t bufs[2] = {uv_buf_init(out_.data(), static_cast<unsigned>(out_.size())),
                      uv_buf_init(big_.data(), static_cast<unsigned>(big_.size()))};
  const unsigned count = big_.empty() ? 1 : 2;
  auto* stream = reinterpret_cast<uv_stream_t*>(&tcp_);
  const int written = uv_try_write(stream, bufs, count);
  if (written < 0 && written != UV_EAGAIN) return abort();
  size_t sent = written > 0 ? static_cast<size_t>(written) : 0;
  if (sent == out_.size() + big_.size()) {
    out_.clear();
    if (out_.capacity() > kKeptCapacityBytes) out_.shrink_to_fit();
    big_ = {};
    return after_drain();
  }
  in_flight_ = std::exchange(out_, {});
  in_flight_big_ = std::exchange(big_, {});
  for (std::string* part : {&in_flight_, &in_flight_big_}) {
    uv_buf_t& buf = bufs[part == &in_flight_ ? 0 : 1];
    const size_t skipped = sent < part->size() ? sent : part->size();
    sent -= skipped;
    buf = uv_buf_init(part->data() + skipped, static_cast<unsigned>(part->size() - skipped));
  }
  writing_ = true;
  touched_ = true;
  ref();  // given back in on_written
  const int error = uv_write(&write_, stream, bufs, 2, [](uv_write_t* w, int status) {
    auto* connection = static_cast<Connection*>(w->data);
    connection->on_written(status);
    connection->unref();
  });
  if (error == 0) return;
  writing_ = false;
  unref();
  abort();
}

void Connection::on_written(int status) {
  writing_ = false;
  in_flight_ = {};
  in_flight_big_ = {};
  if (closed_) return;
  if (status != 0) return abort();
  touched_ = true;
  core_->world().post([self = Ref(this)] { self->flush(); });
}

// Everything so far is with the kernel.
void Connection::after_drain() {
  if (web_socket_ && !lingering_) return web_socket_->on_drained();
  if (stream_) return pump();
  if (ticket_ != 0) {
    if (response_ended_) finish_exchange();
  } else if (close_after_) {
    close_politely();
  }
}

void Connection::finish_exchange() {
  if (ticket_ == 0) return;
  announced_ = false;  // the handler has nothing more to hear of it
  if (!body_ended_) {
    const bool awaited = body_ && body_was_read_ && !continue_owed_;
    const bool too_much = discarded_bytes_ > kDiscardBytesMax ||
                          parser_.body_bytes_left() > kDiscardBytesMax;
    if (awaited) return start_reading();
    if (close_after_ || continue_owed_ || too_much) return close_politely();
    fail_body("The response was sent before this body was read.");
    return start_reading();  // and throw away what comes
  }
  if (body_) {
    // Its reader may take its time over what has come; the connection goes on.
    RequestBody* body = body_;
    body->detach(std::exchange(parser_.body(), {}), Chunk::end());
    if (!body->waiting()) body_ = nullptr;
    deliver_body();
    body_ = nullptr;
    if (closed_) return;
  }
  if (close_after_) return close_politely();
  next_request();
}

void Connection::next_request() {
  ticket_ = 0;
  touched_ = true;
  parser_.next();
  if (parsing_) return;  // whoever parses goes on
  if (!unread_.empty()) {
    std::string all = std::exchange(unread_, {});
    std::string_view rest = all;
    parse(rest);
    if (closed_ || lingering_) return;
    unread_ = rest;
  }
  if (peer_closed_ && ticket_ == 0) return close(false);
  if (unread_.size() < kGatherBytes) start_reading();
}

// A socket closed with bytes unread resets the connection, and the client may lose the answer: so
// close the sending side first and read on for a while.
void Connection::close_politely() {
  if (closed_ || lingering_) return;
  ticket_ = 0;
  if (peer_closed_) return close(false);
  lingering_ = true;
  touched_ = true;
  discarded_bytes_ = 0;
  unread_ = {};
  fail_body("Network connection lost.");
  ref();
  const int error = uv_shutdown(&shutdown_, reinterpret_cast<uv_stream_t*>(&tcp_),
                                [](uv_shutdown_t* s, int) {
                                  static_cast<Connection*>(s->data)->unref();
                                });
  if (error != 0) {
    unref();
    return close(false);
  }
  start_reading();
}

}  // namespace offing::http
