#include "emulator/http/server.h"

#include <algorithm>
#include <utility>

#include "emulator/http/connection.h"
#include "emulator/http/server_core.h"

namespace offing::http {

// The kernel cuts it to net.core.somaxconn.
constexpr int kBacklog = 4096;

Server::Core::Core(World& world, Handler& handler, ServerOptions options)
    : world_(world), handler_(handler), options_(std::move(options)),
      limits_{options_.url_bytes_max, options_.header_bytes_max, options_.body_bytes_max,
              options_.own_body_limit_prefix, options_.own_body_bytes_max,
              options_.one_header_bytes_max},
      read_buffer_(std::make_unique<std::array<char, kReadBytes>>()) {}

Server::Core::~Core() {
  *alive_ = false;
  world_.cancel(sweep_event_);
  world_.cancel(grace_event_);
  close_listener();
  for (Connection* connection : std::exchange(connections_, {})) connection->forget_core();
}

std::expected<void, std::string> Server::Core::listen() {
  const std::string& host = options_.host;
  const std::string where = host + ":" + std::to_string(options_.port);
  sockaddr_storage address{};
  const char* literal = host == "localhost" ? "127.0.0.1" : host.c_str();
  if (uv_ip4_addr(literal, options_.port, reinterpret_cast<sockaddr_in*>(&address)) != 0 &&
      uv_ip6_addr(literal, options_.port, reinterpret_cast<sockaddr_in6*>(&address)) != 0) {
    return std::unexpected("cannot listen on \"" + host + "\": not an IP address or localhost");
  }
  listener_ = new uv_tcp_t;
  uv_tcp_init(world_.loop(), listener_);
  listener_->data = this;
  int error = options_.listener >= 0
                  ? uv_tcp_open(listener_, options_.listener)
                  : uv_tcp_bind(listener_, reinterpret_cast<sockaddr*>(&address), 0);
  if (error == 0) {
    error = uv_listen(reinterpret_cast<uv_stream_t*>(listener_), kBacklog,
                      [](uv_stream_t* s, int status) {
                        static_cast<Core*>(s->data)->on_connection(status);
                      });
  }
  if (error != 0) {
    close_listener();
    std::string why = "cannot listen on " + where + ": " + uv_strerror(error);
    if (error == UV_EADDRINUSE) why += "; choose another with --port, or --port 0 for any free one";
    if (error == UV_EACCES) why += "; ports below 1024 need privileges, choose a higher one";
    return std::unexpected(std::move(why));
  }
  int length = sizeof address;
  uv_tcp_getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.ss_family == AF_INET6
                    ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                    : reinterpret_cast<sockaddr_in*>(&address)->sin_port);
  host_rules_ = std::make_unique<HostRules>(host, port_, options_.allowed_hosts);
  return {};
}

int Server::Core::listener() const {
  uv_os_fd_t descriptor = -1;
  if (listener_) uv_fileno(reinterpret_cast<const uv_handle_t*>(listener_), &descriptor);
  return descriptor;
}

void Server::Core::close_listener() {
  if (!listener_) return;
  uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(listener_, nullptr)),
           [](uv_handle_t* h) { delete reinterpret_cast<uv_tcp_t*>(h); });
}

// When the process is out of descriptors libuv has turned the client away already; those that are
// connected go on.
void Server::Core::on_connection(int status) {
  if (status != 0 || !listener_) return;
  auto* stream = reinterpret_cast<uv_stream_t*>(listener_);
  auto* connection = Connection::accept(this, stream);
  if (!connection) return;
  connection->index = connections_.size();
  connections_.push_back(connection);
  arm_sweep();
}

void Server::Core::remove(Connection* connection) {
  Connection* last = connections_.back();
  connections_[connection->index] = last;
  last->index = connection->index;
  connections_.pop_back();
  if (draining_ && connections_.empty()) finish_shutdown();
}

void Server::Core::post_gone(uint64_t ticket) {
  world_.post([this, alive = alive_, ticket] {
    if (*alive) handler_.on_client_gone(ticket);
  });
}

void Server::Core::arm_sweep() {
  if (sweep_event_ != 0 || connections_.empty() || world_.is_virtual()) return;
  const int64_t shortest_ms = std::min({options_.header_timeout_ms, options_.idle_timeout_ms,
                                        options_.body_timeout_ms,
                                        options_.web_socket_close_timeout_ms});
  const int64_t interval_ms = std::clamp<int64_t>(shortest_ms / 2, 1, 1000);
  sweep_event_ = world_.schedule_after(interval_ms * 1000, [this] { sweep(); });
}

void Server::Core::sweep() {
  sweep_event_ = 0;
  // Backwards, because a connection that closes is replaced by the last one.
  for (size_t i = connections_.size(); i-- > 0;) {
    if (i < connections_.size()) connections_[i]->sweep(world_.now_us());
  }
  arm_sweep();
}

void Server::Core::shutdown(int64_t grace_ms, Task done) {
  if (done) shutdown_done_.push_back(std::move(done));
  if (!draining_) {
    draining_ = true;
    close_listener();
    for (size_t i = connections_.size(); i-- > 0;) {
      if (i < connections_.size()) connections_[i]->drain();
    }
  }
  if (connections_.empty()) return finish_shutdown();
  if (grace_event_ != 0) world_.cancel(grace_event_);
  grace_event_ = world_.schedule_after(grace_ms * 1000, [this] {
    grace_event_ = 0;
    while (!connections_.empty()) connections_.back()->abort();
  });
}

void Server::Core::finish_shutdown() {
  if (grace_event_ != 0) world_.cancel(std::exchange(grace_event_, 0));
  if (sweep_event_ != 0) world_.cancel(std::exchange(sweep_event_, 0));
  for (Task& done : std::exchange(shutdown_done_, {})) world_.post(std::move(done));
}

std::expected<std::unique_ptr<Server>, std::string> Server::listen(World& world, Handler& handler,
                                                                   ServerOptions options) {
  auto core = std::make_unique<Core>(world, handler, std::move(options));
  if (auto listening = core->listen(); !listening) return std::unexpected(listening.error());
  return std::unique_ptr<Server>(new Server(std::move(core)));
}

Server::Server(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Server::~Server() = default;
uint16_t Server::port() const { return core_->port(); }
int Server::listener() const { return core_->listener(); }
size_t Server::connections() const { return core_->connections(); }
void Server::shutdown(int64_t grace_ms, Task done) { core_->shutdown(grace_ms, std::move(done)); }

}  // namespace offing::http
