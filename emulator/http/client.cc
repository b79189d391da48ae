#include "emulator/http/client.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "emulator/http/client_connection.h"
#include "emulator/http/host_rules.h"

namespace offing::http {

constexpr size_t kReadBytes = 64 * 1024;

Client::Core::~Core() {
  world_.cancel(sweep_event_);
  for (auto& [id, event] : std::exchange(answers_, {})) world_.cancel(event);
  for (ClientConnection* connection : std::exchange(connections_, {})) connection->forget_core();
}

uv_buf_t Client::Core::read_buffer() {
  read_buffer_.resize(kReadBytes);
  return uv_buf_init(read_buffer_.data(), kReadBytes);
}

// Fills what follows from the URL; the error says why it cannot be fetched.
static std::expected<void, std::string> resolve(Call& call) {
  const std::string_view url = call.request.url;
  constexpr std::string_view kPlain = "http://", kSecure = "https://";
  call.secure = url.starts_with(kSecure);
  if (!call.secure && !url.starts_with(kPlain)) {
    return std::unexpected("Fetch API cannot load: " + std::string(url.substr(0, 200)));
  }
  const std::string_view rest = url.substr(call.secure ? kSecure.size() : kPlain.size());
  const size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::optional<Authority> authority = split_authority(rest.substr(0, end));
  if (!authority) return std::unexpected("Invalid URL: " + std::string(url.substr(0, 200)));
  call.host = authority->host;
  if (call.host.starts_with('[')) call.host = call.host.substr(1, call.host.size() - 2);
  const std::string_view port = authority->port;
  const uint16_t usual_port = call.secure ? 443 : 80;
  call.port = usual_port;
  if (!port.empty()) std::from_chars(port.data(), port.data() + port.size(), call.port);
  if (call.secure) call.origin = kSecure;
  call.origin += authority->host;
  if (call.port != usual_port) call.origin += ":" + std::to_string(call.port);
  call.target = rest.substr(end, rest.find('#') == rest.npos ? rest.npos : rest.find('#') - end);
  if (!call.target.starts_with('/')) call.target.insert(0, "/");
  const auto breaks_line = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 127; };
  if (std::ranges::any_of(call.target, breaks_line)) {
    return std::unexpected("Invalid URL: it holds a blank or control character");
  }
  if (!valid_header_name(call.request.method)) {
    return std::unexpected("Invalid HTTP method string: " + call.request.method.substr(0, 40));
  }
  for (Header h : call.request.headers) {
    if (valid_header_name(h.name) && valid_header_value(h.value)) continue;
    return std::unexpected("Invalid header: " + std::string(h.name.substr(0, 80)));
  }
  return {};
}

uint64_t Client::Core::fetch(Request request, Done done) {
  Call call;
  call.id = ++last_id_;
  call.request = std::move(request);
  call.done = std::move(done);
  const uint64_t id = call.id;
  auto resolved = resolve(call);
  if (resolved && call.secure) resolved = open_tls();
  const bool bare_get = call.request.method == "GET" && !call.request.has_body;
  if (resolved && bare_get && asks_for_web_socket(call.request.headers)) {
    call.web_socket_key = new_handshake_key(world_);
  }
  if (!resolved) {
    answer(id, std::move(call.done), std::unexpected(std::move(resolved.error())));
  } else {
    start(std::move(call), false);
  }
  return id;
}

std::expected<void, std::string> Client::Core::open_tls() {
  if (tls_) return {};
  auto opened = TlsContext::open(options_.ca_file);
  if (!opened) return std::unexpected("Network connection lost. (" + opened.error() + ")");
  tls_ = std::move(*opened);
  return {};
}

void Client::Core::answer(uint64_t id, Client::Done done,
                          std::expected<Response, std::string> result) {
  answers_[id] = world_.post([this, id, done = std::move(done),
                              result = std::move(result)]() mutable {
    answers_.erase(id);
    done(std::move(result));
  });
}

void Client::Core::start(Call call, bool fresh) {
  auto idle = idle_.find(call.origin);
  if (!fresh && idle != idle_.end()) {
    ClientConnection* connection = idle->second.back();
    idle->second.pop_back();
    if (idle->second.empty()) idle_.erase(idle);
    return connection->run(std::move(call));
  }
  auto* connection = new ClientConnection(this, call.origin);
  connections_.push_back(connection);
  arm_sweep();
  connection->connect(std::move(call));
}

void Client::Core::cancel(uint64_t id) {
  if (auto posted = answers_.extract(id)) return void(world_.cancel(posted.mapped()));
  if (id == 0) return;
  const auto runs = [id](ClientConnection* c) { return c->call_id() == id; };
  auto found = std::ranges::find_if(connections_, runs);
  if (found != connections_.end()) (*found)->drop_call();
}

ClientConnection* Client::Core::take_over(ClientConnection* failed) {
  return connections_.emplace_back(new ClientConnection(this, failed->origin()));
}

// A kept connection may have been closed by the server just as it was used again. Only a request
// that may be repeated is (RFC 9110, 9.2.2).
void Client::Core::on_call_lost(Call call, std::string error, bool stale) {
  const std::string& m = call.request.method;
  const bool idempotent = m == "GET" || m == "HEAD" || m == "OPTIONS" || m == "PUT" ||
                          m == "DELETE" || m == "TRACE";
  if (stale && idempotent && !call.request.stream && !call.retried) {
    call.retried = true;
    return start(std::move(call), true);
  }
  answer(call.id, std::move(call.done), std::unexpected(std::move(error)));
}

bool Client::Core::keep(ClientConnection* connection) {
  auto& idle = idle_[connection->origin()];
  if (idle.size() >= options_.idle_per_origin_max) return false;
  idle.push_back(connection);
  return true;
}

void Client::Core::remove(ClientConnection* connection) {
  std::erase(connections_, connection);
  auto idle = idle_.find(connection->origin());
  if (idle == idle_.end()) return;
  std::erase(idle->second, connection);
  if (idle->second.empty()) idle_.erase(idle);
}

void Client::Core::arm_sweep() {
  if (sweep_event_ != 0 || connections_.empty() || world_.is_virtual()) return;
  const int64_t shortest_ms = std::min({options_.connect_timeout_ms, options_.response_timeout_ms,
                                        options_.idle_timeout_ms,
                                        options_.web_socket_close_timeout_ms});
  const int64_t interval_ms = std::clamp<int64_t>(shortest_ms / 2, 1, 1000);
  sweep_event_ = world_.schedule_after(interval_ms * 1000, [this] { sweep(); });
}

void Client::Core::sweep() {
  sweep_event_ = 0;
  const std::vector<ClientConnection*> all = connections_;
  for (ClientConnection* connection : all) {
    const bool open = std::ranges::find(connections_, connection) != connections_.end();
    if (open) connection->sweep(world_.now_us());
  }
  arm_sweep();
}

Client::Client(World& world, ClientOptions options)
    : core_(std::make_unique<Core>(world, options)) {}
Client::~Client() = default;
uint64_t Client::fetch(Request request, Done done) {
  return core_->fetch(std::move(request), std::move(done));
}
void Client::cancel(uint64_t fetch) { core_->cancel(fetch); }
size_t Client::connections() const { return core_->connections(); }

}  // namespace offing::http
