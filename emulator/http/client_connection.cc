#include "emulator/http/client_connection.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace offing::http {

constexpr std::string_view kLost = "Network connection lost.";
constexpr std::string_view kSecure = "https://";
constexpr size_t kReadAheadBytes = 64 * 1024;

struct ClientConnection::Callbacks {
  static ClientConnection& of(llhttp_t* p) { return *static_cast<ClientConnection*>(p->data); }
  static const llhttp_settings_t& settings() {
    static const llhttp_settings_t made = make();
    return made;
  }
  static bool count(llhttp_t* p, size_t n) {
    return (of(p).head_bytes_ += n) <= of(p).core_->options().header_bytes_max;
  }
  static llhttp_settings_t make() {
    llhttp_settings_t s;
    llhttp_settings_init(&s);
    s.on_status = [](llhttp_t* p, const char* at, size_t n) -> int {
      of(p).response_.reason.append(at, n);
      return count(p, n) ? 0 : HPE_USER;
    };
    s.on_header_field = [](llhttp_t* p, const char* at, size_t n) -> int {
      of(p).name_.append(at, n);
      return count(p, n) ? 0 : HPE_USER;
    };
    s.on_header_value = [](llhttp_t* p, const char* at, size_t n) -> int {
      of(p).value_.append(at, n);
      return count(p, n) ? 0 : HPE_USER;
    };
    s.on_header_value_complete = [](llhttp_t* p) {
      ClientConnection& c = of(p);
      while (c.value_.ends_with(' ') || c.value_.ends_with('\t')) c.value_.pop_back();
      if (!c.head_done_) c.response_.headers.add(c.name_, c.value_);  // else a trailer
      c.name_.clear();
      c.value_.clear();
      return 0;
    };
    s.on_headers_complete = on_headers_complete;
    s.on_body = [](llhttp_t* p, const char* at, size_t n) {
      of(p).body_bytes_.append(at, n);
      return 0;
    };
    s.on_message_complete = on_message_complete;
    return s;
  }
  static int on_headers_complete(llhttp_t* p) {
    ClientConnection& c = of(p);
    if (p->status_code == 101) return c.on_switching(p->upgrade != 0) ? 0 : HPE_USER;
    if (p->status_code < 200) return 0;
    c.head_done_ = true;
    c.response_.status = p->status_code;
    p->upgrade = 0;
    const bool bodiless = c.call_.request.method == "HEAD" || p->status_code == 204 ||
                          p->status_code == 304;
    c.response_.has_body = !bodiless;
    return bodiless ? 1 : 0;
  }
  static int on_message_complete(llhttp_t* p) {
    ClientConnection& c = of(p);
    if (!c.head_done_) {  // 100 Continue, 103 Early Hints: not the answer yet
      c.response_ = Response();
      return 0;
    }
    if (c.response_.status == 101) return 0;  // llhttp stops behind it by itself
    c.message_done_ = true;
    c.keep_alive_ = llhttp_should_keep_alive(p) != 0;
    return HPE_PAUSED;
  }
};

ClientConnection::ClientConnection(Client::Core* core, std::string origin)
    : core_(core), origin_(std::move(origin)) {
  uv_tcp_init(core->world().loop(), &tcp_);
  tcp_.data = connect_.data = write_.data = look_up_.data = this;
}

// --- Connecting

void ClientConnection::connect(Call call) {
  call_ = std::move(call);
  running_ = true;
  sockaddr_storage a{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&a);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&a);
  const bool local = equals_ignoring_case(call_.host, "localhost");
  if (local && uv_ip6_addr("::1", call_.port, v6) == 0) addresses_.push_back(a);
  a = {};
  const char* literal = local ? "127.0.0.1" : call_.host.c_str();
  if (uv_ip4_addr(literal, call_.port, v4) == 0 || uv_ip6_addr(literal, call_.port, v6) == 0) {
    addresses_.push_back(a);
  }
  if (!addresses_.empty()) return connect_next();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  const std::string port = std::to_string(call_.port);
  ref();
  const int error = uv_getaddrinfo(
      core_->world().loop(), &look_up_,
      [](uv_getaddrinfo_t* r, int status, addrinfo* found) {
        auto* connection = static_cast<ClientConnection*>(r->data);
        connection->on_looked_up(status, found);
        uv_freeaddrinfo(found);
        connection->unref();
      },
      call_.host.c_str(), port.c_str(), &hints);
  if (error == 0) return;
  unref();
  close(uv_strerror(error));
}

void ClientConnection::on_looked_up(int status, addrinfo* found) {
  if (closed_) return;
  if (status != 0) {
    connect_error_ = "look-up of " + call_.host + ": " + uv_strerror(status);
    return connect_next();
  }
  for (addrinfo* a = found; a; a = a->ai_next) {
    sockaddr_storage& copy = addresses_.emplace_back();
    std::copy_n(reinterpret_cast<const char*>(a->ai_addr), a->ai_addrlen,
                reinterpret_cast<char*>(&copy));
  }
  std::ranges::reverse(addresses_);
  connect_next();
}

void ClientConnection::connect_next() {
  while (!addresses_.empty()) {
    const sockaddr_storage address = addresses_.back();
    addresses_.pop_back();
    ref();
    const int error = uv_tcp_connect(&connect_, &tcp_, reinterpret_cast<const sockaddr*>(&address),
                                     [](uv_connect_t* r, int status) {
                                       auto* c = static_cast<ClientConnection*>(r->data);
                                       c->on_connected(status);
                                       c->unref();
                                     });
    if (error == 0) return;
    unref();
    connect_error_ = "connect to " + origin_ + ": " + uv_strerror(error);
  }
  close(connect_error_);
}

void ClientConnection::on_connected(int status) {
  if (closed_) return;
  if (status == 0) {
    uv_tcp_nodelay(&tcp_, 1);
    if (call_.secure) return start_tls();
    connected_ = true;
    return send_request();
  }
  connect_error_ = "connect to " + origin_ + ": " + uv_strerror(status);
  if (addresses_.empty()) return close(connect_error_);
  // A handle that failed cannot be used again: another one takes over.
  auto* heir = core_->take_over(this);
  heir->addresses_ = std::exchange(addresses_, {});
  heir->call_ = std::exchange(call_, {});
  heir->running_ = true;
  running_ = false;
  close({});
  heir->connect_next();
}

// --- Sending

void ClientConnection::run(Call call) {
  call_ = std::move(call);
  running_ = reused_ = true;
  send_request();
}

static bool is_ours(std::string_view name) {
  for (std::string_view own : {"host", "connection", "keep-alive", "proxy-connection", "upgrade",
                               "transfer-encoding", "content-length", "expect", "te", "trailer"}) {
    if (equals_ignoring_case(name, own)) return true;
  }
  return false;
}

void ClientConnection::send_request() {
  llhttp_init(&parser_, HTTP_RESPONSE, &Callbacks::settings());
  parser_.data = this;
  response_ = Response();
  got_bytes_ = head_done_ = head_delivered_ = message_done_ = request_sent_ = false;
  upload_chunked_ = chunk_awaited_ = false;
  head_bytes_ = 0;
  body_bytes_.clear();
  touched_ = true;

  const Request& request = call_.request;
  std::string out = request.method + " " + call_.target + " HTTP/1.1\r\nhost: ";
  out.append(call_.origin, call_.secure ? kSecure.size() : 0).append("\r\n");
  for (Header h : request.headers) {
    if (is_ours(h.name)) continue;
    if (!call_.web_socket_key.empty() && is_handshake_header(h.name)) continue;
    out.append(h.name).append(": ").append(h.value).append("\r\n");
  }
  std::optional<uint64_t> length;
  if (request.stream) {
    length = stated_length(request.headers);
    if (!length) length = request.stream->length_bytes();
    upload_chunked_ = !length.has_value();
    upload_left_ = length.value_or(0);
  } else if (request.has_body || request.method == "POST" || request.method == "PUT") {
    length = request.body.size();
  }
  if (!call_.web_socket_key.empty()) append_upgrade_request(out, call_.web_socket_key);
  if (length) out += "content-length: " + std::to_string(*length) + "\r\n";
  if (upload_chunked_) out += "transfer-encoding: chunked\r\n";
  out += "\r\n";
  out += request.body;
  request_sent_ = !request.stream;
  read_on();
  send(std::move(out));
  if (!closed_ && call_.request.stream) {
    core_->world().post([self = Ref(this)] { self->pump(); });
  }
}

void ClientConnection::send(std::string bytes) {
  assert(!writing_);
  if (tls_) return send_tls(std::move(bytes));
  send_raw(std::move(bytes));
}

// False when the socket cannot be written to any more.
bool ClientConnection::send_raw(std::string bytes) {
  auto* stream = reinterpret_cast<uv_stream_t*>(&tcp_);
  uv_buf_t buf = uv_buf_init(bytes.data(), static_cast<unsigned>(bytes.size()));
  const int written = uv_try_write(stream, &buf, 1);
  if (written == static_cast<int>(bytes.size())) return true;
  in_flight_ = std::move(bytes);
  const size_t sent = written > 0 ? static_cast<size_t>(written) : 0;
  buf = uv_buf_init(in_flight_.data() + sent, static_cast<unsigned>(in_flight_.size() - sent));
  writing_ = true;
  ref();
  const int error = uv_write(&write_, stream, &buf, 1, [](uv_write_t* w, int status) {
    auto* connection = static_cast<ClientConnection*>(w->data);
    connection->on_sent(status);
    connection->unref();
  });
  if (error == 0) return true;
  writing_ = false;
  unref();
  // The reader hears of the lost connection, too, and decides about a second try.
  return false;
}

void ClientConnection::on_sent(int status) {
  writing_ = false;
  in_flight_ = {};
  touched_ = true;
  if (closed_ || status != 0) return;
  if (tls_) send_sealed();
  if (writing_ || closed_) return;
  core_->world().post([self = Ref(this)] {
    if (!self->web_socket_) return self->pump();
    if (!self->writing_) self->web_socket_->on_drained();
  });
}

void ClientConnection::pump() {
  if (pumping_ || closed_) return;
  pumping_ = true;
  Ref self(this);
  while (!closed_ && running_ && call_.request.stream && !chunk_awaited_ && !writing_ &&
         !request_sent_) {
    chunk_awaited_ = true;
    call_.request.stream->read([self = Ref(this), id = call_.id](Chunk chunk) {
      if (self->closed_ || !self->running_ || self->call_.id != id) return;
      self->chunk_awaited_ = false;
      self->on_chunk(std::move(chunk));
      self->pump();
    });
  }
  pumping_ = false;
}

void ClientConnection::on_chunk(Chunk chunk) {
  if (chunk.kind == Chunk::Kind::kError) return close(chunk.bytes);
  std::string out;
  if (chunk.kind == Chunk::Kind::kEnd) {
    if (upload_left_ > 0) return close("the request's body is shorter than its content-length");
    request_sent_ = true;
    if (upload_chunked_) append_last_chunk(out);
  } else if (upload_chunked_) {
    append_chunk(out, chunk.bytes);
  } else {
    if (chunk.bytes.size() > upload_left_) {
      return close("the request's body is longer than its content-length");
    }
    upload_left_ -= chunk.bytes.size();
    out = std::move(chunk.bytes);
  }
  if (!out.empty()) send(std::move(out));
  if (request_sent_ && message_done_ && !body_) {
    core_->world().post([self = Ref(this)] { self->finish(); });
  }
}

// --- Receiving

void ClientConnection::read_on() {
  if (reading_ || closed_) return;
  reading_ = true;
  uv_read_start(
      reinterpret_cast<uv_stream_t*>(&tcp_),
      [](uv_handle_t* h, size_t, uv_buf_t* buffer) {
        *buffer = static_cast<ClientConnection*>(h->data)->core_->read_buffer();
      },
      [](uv_stream_t* s, ssize_t size, const uv_buf_t* buffer) {
        auto* connection = static_cast<ClientConnection*>(s->data);
        if (size == 0) return;
        if (connection->tls_) return connection->on_tls_read(size, buffer->base);
        connection->on_plain(size, buffer->base);
      });
}

void ClientConnection::pause_reading() {
  if (!reading_) return;
  reading_ = false;
  uv_read_stop(reinterpret_cast<uv_stream_t*>(&tcp_));
}

void ClientConnection::on_plain(ssize_t size, const char* bytes) {
  touched_ = true;
  if (web_socket_) {
    if (size < 0) return close({});
    return web_socket_->on_bytes({bytes, static_cast<size_t>(size)});
  }
  if (!running_) return close({});  // a kept connection ended, or spoke out of turn
  if (size < 0) {
    if (size == UV_EOF && head_done_ && !message_done_) {
      llhttp_finish(&parser_);  // a body that ends with its connection
      keep_alive_ = false;
    }
    if (!message_done_) return close(size == UV_EOF ? "" : uv_strerror(static_cast<int>(size)));
    pause_reading();
    keep_alive_ = false;
    return on_parsed();
  }
  got_bytes_ = true;
  if (message_done_) {
    keep_alive_ = false;
    return;
  }
  const llhttp_errno_t error = llhttp_execute(&parser_, bytes, static_cast<size_t>(size));
  if (error == HPE_PAUSED_UPGRADE && head_done_) {
    const char* behind = llhttp_get_error_pos(&parser_);
    return start_web_socket({behind, static_cast<size_t>(bytes + size - behind)});
  }
  if (error == HPE_PAUSED) {
    if (llhttp_get_error_pos(&parser_) != bytes + size) keep_alive_ = false;
  } else if (error != HPE_OK) {
    const char* reason = llhttp_get_error_reason(&parser_);
    if (head_bytes_ > core_->options().header_bytes_max) reason = "the headers are too large";
    if (!handshake_error_.empty()) return close("WebSocket handshake: " + handshake_error_);
    return close(std::string("not a valid HTTP response: ") + (reason ? reason : ""));
  }
  on_parsed();
}

// The head of a 101 is complete; false refuses it.
bool ClientConnection::on_switching(bool upgrades) {
  if (call_.web_socket_key.empty()) return false;  // nobody asked for another protocol
  auto good = check_upgrade(response_.headers, call_.request.headers, call_.web_socket_key);
  if (good && !upgrades) good = std::unexpected("status 101 without \"Connection: Upgrade\"");
  if (!good) handshake_error_ = std::move(good.error());
  head_done_ = good.has_value();
  response_.status = 101;
  return good.has_value();
}

void ClientConnection::on_parsed() {
  if (!head_done_) return;
  if (!head_delivered_) return deliver_head();
  if (!body_) {
    // The reader has gone: the rest is of no use to anybody.
    if (!message_done_) return close({});
    return finish();
  }
  if (body_->waiting()) core_->world().post([self = Ref(this)] { self->deliver_body(); });
  if (body_bytes_.size() >= kReadAheadBytes && !message_done_) pause_reading();
}

void ClientConnection::deliver_head() {
  head_delivered_ = true;
  if (message_done_) {
    response_.body = std::exchange(body_bytes_, {});
  } else {
    auto body = std::make_unique<ResponseBody>(Ref(this));
    body_ = body.get();
    response_.stream = std::move(body);
  }
  core_->answer(call_.id, std::move(call_.done), std::move(response_));
  if (message_done_) finish();
}

void ClientConnection::deliver_body() {
  if (!body_ || !body_->waiting()) return;
  Ref self(this);
  if (body_->detached()) return std::exchange(body_, nullptr)->answer();
  if (!body_bytes_.empty()) {
    Chunk chunk = Chunk::data(std::exchange(body_bytes_, {}));
    if (!message_done_) read_on();
    return body_->give(std::move(chunk));
  }
  if (!message_done_) return;
  ResponseBody* body = std::exchange(body_, nullptr);
  body->detach({}, Chunk::end());
  finish();
  body->answer();
}

void ClientConnection::on_body_read() {
  touched_ = true;
  if (!body_bytes_.empty() || message_done_) return deliver_body();
  read_on();
}

void ClientConnection::on_body_dropped(ResponseBody* body) {
  if (body_ != body) return;
  body_ = nullptr;
  if (closed_) return;
  body_bytes_.clear();
  if (message_done_) return finish();
  close({});
}

std::optional<uint64_t> ClientConnection::body_length() {
  if (!(parser_.flags & F_CONTENT_LENGTH) && !message_done_) return std::nullopt;
  return (message_done_ ? 0 : parser_.content_length) + body_bytes_.size();
}

// The exchange is over, in both directions or as good as.
void ClientConnection::finish() {
  if (closed_ || !running_ || !message_done_ || body_) return;
  running_ = false;
  const bool clean = keep_alive_ && request_sent_ && !writing_;
  if (call_.request.stream) {
    core_->world().post([stream = std::move(call_.request.stream)] {});
  }
  call_ = Call();
  if (!clean || !core_->keep(this)) return close({});
  touched_ = true;
  read_on();
}

// --- Ending

// With a call that has no answer yet the error goes to it; a body being read ends in it.
void ClientConnection::close(std::string_view error) {
  if (closed_) return;
  closed_ = true;
  std::string text(kLost);
  if (!error.empty()) text += " (" + std::string(error) + ")";
  Client::Core* core = std::exchange(core_, nullptr);
  if (core) core->remove(this);
  leave_web_socket(core != nullptr);
  if (body_ && !body_->detached()) {
    body_->detach({}, Chunk::error(text));
    if (!body_->waiting() || !core) {
      body_ = nullptr;
    } else {
      core->world().post([self = Ref(this)] { self->deliver_body(); });
    }
  }
  if (tls_) end_tls();
  uv_close(reinterpret_cast<uv_handle_t*>(&tcp_),
           [](uv_handle_t* h) { static_cast<ClientConnection*>(h->data)->unref(); });
  if (!core || !running_ || head_delivered_) {
    if (core && call_.request.stream) {
      core->world().post([stream = std::move(call_.request.stream)] {});
    }
    return;
  }
  core->on_call_lost(std::move(call_), std::move(text), reused_ && !got_bytes_);
}

void ClientConnection::drop_call() {
  running_ = false;
  close({});
}

void ClientConnection::forget_core() {
  core_ = nullptr;
  close({});
}

ClientConnection::Phase ClientConnection::phase() const {
  if (!running_) return Phase::kIdle;
  if (!connected_) return Phase::kConnecting;
  if (!head_delivered_) return Phase::kWaiting;
  return body_ && body_->waiting() ? Phase::kBody : Phase::kStalled;
}

void ClientConnection::sweep(int64_t now_us) {
  if (web_socket_) return web_socket_->sweep(now_us);
  const Phase current = phase();
  if (touched_ || current != swept_phase_ || current == Phase::kStalled) {
    touched_ = false;
    swept_phase_ = current;
    since_us_ = now_us;
    return;
  }
  const ClientOptions& options = core_->options();
  const int64_t waited_ms = (now_us - since_us_) / 1000;
  const int64_t allowed_ms = current == Phase::kConnecting ? options.connect_timeout_ms
                             : current == Phase::kIdle     ? options.idle_timeout_ms
                                                           : options.response_timeout_ms;
  if (waited_ms < allowed_ms) return;
  got_bytes_ = true;  // no second try
  close("nothing came from " + origin_ + " for " + std::to_string(allowed_ms) + " ms");
}

}  // namespace offing::http
