// Life and input of a connection; its output is in connection_output.cc.
#include "emulator/http/connection.h"

#include <cassert>

namespace offing::http {

// Pipelined requests, and a body nobody reads, are read ahead this far.
constexpr size_t kReadAheadBytes = 64 * 1024;
// What a WebSocket's client may still send while it is told why it must go: most of a message that
// is too large, say.
constexpr uint64_t kDiscardMessageBytesMax = 64 * 1024 * 1024;
// How long a connection that was answered for the last time is read on.
constexpr int64_t kLingerMs = 2000;

Connection::Connection(Server::Core* core) : core_(core), parser_(&core->limits()) {
  uv_tcp_init(core->world().loop(), &tcp_);
  tcp_.data = write_.data = shutdown_.data = this;
}

Connection::~Connection() { assert(closed_); }

Connection* Connection::accept(Server::Core* core, uv_stream_t* listener) {
  auto* connection = new Connection(core);
  const int error = uv_accept(listener, reinterpret_cast<uv_stream_t*>(&connection->tcp_));
  if (error != 0) {
    connection->forget_core();
    return nullptr;
  }
  uv_tcp_nodelay(&connection->tcp_, 1);
  connection->since_us_ = core->world().now_us();
  connection->start_reading();
  return connection;
}

// Frees what may hold others, and lets the handle go. The memory follows with the last Ref.
void Connection::close(bool reset) {
  if (closed_) return;
  closed_ = true;
  Ref self(this);
  report_gone();
  leave_web_socket();
  fail_body("Network connection lost.");
  retire_stream();
  if (core_) std::exchange(core_, nullptr)->remove(this);
  const auto freed = [](uv_handle_t* h) { static_cast<Connection*>(h->data)->unref(); };
  auto* handle = reinterpret_cast<uv_handle_t*>(&tcp_);
  if (!reset || writing_ || uv_tcp_close_reset(&tcp_, freed) != 0) uv_close(handle, freed);
}

void Connection::forget_core() {
  core_ = nullptr;
  close(false);
}

void Connection::abort() { close(false); }

void Connection::drain() {
  if (closed_) return;
  if (web_socket_) return web_socket_->go_away();
  close_after_ = true;
  if (phase() == Phase::kIdle) close(false);
}

void Connection::report_gone() {
  if (ticket_ == 0 || !announced_ || gone_reported_ || !core_) return;
  gone_reported_ = true;
  core_->post_gone(ticket_);
}

// --- Reading

void Connection::start_reading() {
  if (reading_ || closed_ || peer_closed_) return;
  reading_ = true;
  uv_read_start(
      reinterpret_cast<uv_stream_t*>(&tcp_),
      [](uv_handle_t* h, size_t, uv_buf_t* buffer) {
        *buffer = static_cast<Connection*>(h->data)->core_->read_buffer();
      },
      [](uv_stream_t* s, ssize_t size, const uv_buf_t* buffer) {
        static_cast<Connection*>(s->data)->on_read(size, buffer->base);
      });
}

void Connection::stop_reading() {
  if (!reading_) return;
  reading_ = false;
  uv_read_stop(reinterpret_cast<uv_stream_t*>(&tcp_));
}

void Connection::on_read(ssize_t size, const char* bytes) {
  if (size < 0) return on_eof(size);
  if (size == 0) return;
  const std::string_view input(bytes, static_cast<size_t>(size));
  if (lingering_ || refused_) {
    discarded_bytes_ += input.size();
    if (discarded_bytes_ > (web_socket_ ? kDiscardMessageBytesMax : kDiscardBytesMax)) close(false);
    return;
  }
  if (web_socket_) return web_socket_->on_bytes(input);
  if (ticket_ != 0 && body_ended_) {  // the next request's
    unread_.append(input);
    if (unread_.size() >= kReadAheadBytes) stop_reading();
    return;
  }
  consume(input);
}

void Connection::on_eof(ssize_t error) {
  stop_reading();
  peer_closed_ = true;
  close_after_ = true;
  const bool running = ticket_ != 0 && body_ended_;
  if (error != UV_EOF || !running || lingering_) return close(false);
  report_gone();
}

void Connection::consume(std::string_view input) {
  if (unread_.empty()) {
    parse(input);
    if (!closed_ && !lingering_) unread_ = input;
    return;
  }
  unread_.append(input);
  std::string all = std::exchange(unread_, {});
  std::string_view rest = all;
  parse(rest);
  if (!closed_ && !lingering_) unread_ = rest;
}

// Parses until a request is on its way or more bytes are needed. What is left of `input` belongs to
// later requests.
void Connection::parse(std::string_view& input) {
  assert(!parsing_);
  parsing_ = true;
  parse_on(input);
  parsing_ = false;
}

void Connection::parse_on(std::string_view& input) {
  for (;;) {
    switch (parser_.parse(input)) {
      case RequestParser::Step::kMore:
        if (head_waits_) return dispatch(false);
        if (ticket_ != 0) on_body_progress();
        return;
      case RequestParser::Step::kHead:
        if (auto refusal = core_->host_rules().complete(parser_.head())) return refuse(*refusal);
        head_waits_ = true;
        body_ended_ = false;
        break;
      case RequestParser::Step::kEnd:
        body_ended_ = true;
        if (head_waits_) return dispatch(true);
        on_body_progress();
        // Nobody waited for the body but the next request.
        if (ticket_ != 0 || closed_ || lingering_) return;
        break;
      case RequestParser::Step::kRefused:
        return refuse(parser_.refusal());
    }
  }
}

// --- Requests

void Connection::dispatch(bool complete) {
  head_waits_ = false;
  RequestHead& head = parser_.head();
  ticket_ = core_->next_ticket();
  announced_ = gone_reported_ = responded_ = response_ended_ = false;
  answer_to_ = {head.request.method == "HEAD", head.http_minor, head.keep_alive};
  upgrade_ = head.wants_upgrade ? read_upgrade(head) : nullptr;
  continue_owed_ = !complete && head.expects_continue && parser_.body().empty();
  body_was_read_ = false;
  discarded_bytes_ = 0;
  if (complete) {
    if (head.request.has_body) head.request.body = std::move(parser_.body());
  } else {
    auto body = std::make_unique<RequestBody>(Ref(this));
    body_ = body.get();
    head.request.stream = std::move(body);
  }
  core_->world().post([self = Ref(this), ticket = ticket_] { self->run_request(ticket); });
}

void Connection::run_request(uint64_t ticket) {
  if (closed_ || ticket != ticket_) return;
  announced_ = true;
  Ref self(this);
  core_->handler().on_request(ticket, std::move(parser_.head().request),
                              Responder(Ref(this), ticket));
  if (peer_closed_ && !closed_ && ticket_ == ticket) report_gone();
}

void Connection::on_body_progress() {
  touched_ = true;
  if (body_) {
    if (body_->waiting()) core_->world().post([self = Ref(this)] { self->deliver_body(); });
    if (parser_.body().size() >= kReadAheadBytes) stop_reading();
    return;
  }
  discarded_bytes_ += parser_.body().size();
  parser_.body().clear();
  if (response_ended_ && out_empty()) {
    if (body_ended_ || discarded_bytes_ > kDiscardBytesMax) finish_exchange();
  } else if (discarded_bytes_ > kDiscardBytesMax) {
    stop_reading();
  }
}

void Connection::deliver_body() {
  if (!body_ || !body_->waiting()) return;
  Ref self(this);
  if (body_->detached()) return std::exchange(body_, nullptr)->answer();
  if (!parser_.body().empty()) {
    Chunk chunk = Chunk::data(std::exchange(parser_.body(), {}));
    if (!body_ended_) start_reading();
    return body_->give(std::move(chunk));
  }
  if (!body_ended_) return;
  RequestBody* body = std::exchange(body_, nullptr);
  body->detach({}, Chunk::end());
  body->answer();
  if (!closed_ && response_ended_ && out_empty()) finish_exchange();
}

void Connection::on_body_read() {
  body_was_read_ = true;
  if (!parser_.body().empty() || body_ended_) return deliver_body();
  touched_ = true;
  if (continue_owed_ && !responded_) {
    continue_owed_ = false;
    out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    flush();
  }
  start_reading();
}

void Connection::on_body_dropped(RequestBody* body) {
  if (body_ != body) return;
  body_ = nullptr;
  if (closed_) return;
  parser_.body().clear();
  // What else is to come is read and thrown away, if it is little. A client that waits for 100
  // Continue has not sent it.
  if (!continue_owed_) start_reading();
  if (response_ended_ && out_empty()) finish_exchange();
}

std::optional<uint64_t> Connection::body_length() {
  if (parser_.head().chunked && !body_ended_) return std::nullopt;
  return parser_.body_bytes_left() + parser_.body().size();
}

// The body ends here, for its reader, with an error.
void Connection::fail_body(const std::string& text) {
  if (!body_ || body_->detached()) return;
  body_->detach({}, Chunk::error(text));
  if (!body_->waiting()) {
    body_ = nullptr;
  } else if (core_) {
    core_->world().post([self = Ref(this)] { self->deliver_body(); });
  }
}

void Connection::refuse(const Refusal& refusal) {
  bool is_head = parser_.head().request.method == "HEAD";
  if (ticket_ != 0) {
    is_head = answer_to_.is_head;
    report_gone();
    fail_body(refusal.text);
    if (responded_) return close(true);
    ticket_ = 0;
  }
  refused_ = close_after_ = true;
  append_refusal(refusal, is_head);
}

// --- Timeouts

Connection::Phase Connection::phase() const {
  if (lingering_) return Phase::kLingering;
  if (writing_) return Phase::kSending;
  if (ticket_ != 0) {
    const bool client_s_turn = !body_ended_ && ((body_ && body_->waiting()) || response_ended_);
    return client_s_turn ? Phase::kBody : Phase::kRunning;
  }
  return parser_.in_head() ? Phase::kHead : Phase::kIdle;
}

void Connection::sweep(int64_t now_us) {
  if (web_socket_ && !lingering_) return web_socket_->sweep(now_us);
  const Phase current = phase();
  const size_t queued = uv_stream_get_write_queue_size(reinterpret_cast<uv_stream_t*>(&tcp_));
  if (touched_ || current != swept_phase_ || queued != queued_bytes_) {
    touched_ = false;
    swept_phase_ = current;
    queued_bytes_ = queued;
    since_us_ = now_us;
    return;
  }
  const ServerOptions& options = core_->options();
  const int64_t waited_ms = (now_us - since_us_) / 1000;
  switch (current) {
    case Phase::kRunning:
      return;
    case Phase::kIdle:
      if (waited_ms >= options.idle_timeout_ms) close(false);
      return;
    case Phase::kHead:
      if (waited_ms < options.header_timeout_ms) return;
      return refuse({408, "The request's head did not come within " +
                              std::to_string(options.header_timeout_ms) + " ms."});
    case Phase::kBody:
      if (waited_ms < options.body_timeout_ms) return;
      return refuse({408, "Nothing of the request's body came for " +
                              std::to_string(options.body_timeout_ms) + " ms."});
    case Phase::kSending:
      if (waited_ms >= options.body_timeout_ms) close(true);
      return;
    case Phase::kLingering:
      if (waited_ms >= kLingerMs) close(false);
      return;
  }
}

}  // namespace offing::http
