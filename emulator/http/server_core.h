// What all connections of one server share: the listener, the read buffer, the sweep.
// Private to emulator/http. Connections are owned by their open handle (see connection.h); the core
// only lists them, and on its end tells each that it is gone.
#ifndef OFFING_EMULATOR_HTTP_SERVER_CORE_H_
#define OFFING_EMULATOR_HTTP_SERVER_CORE_H_

#include <array>
#include <memory>
#include <string>

#include "emulator/http/host_rules.h"
#include "emulator/http/request_parser.h"
#include "emulator/http/server.h"

namespace offing::http {

class Connection;

class Server::Core {
 public:
  static constexpr size_t kReadBytes = 64 * 1024;

  Core(World& world, Handler& handler, ServerOptions options);
  ~Core();
  std::expected<void, std::string> listen();
  void shutdown(int64_t grace_ms, Task done);

  World& world() { return world_; }
  Handler& handler() { return handler_; }
  const ServerOptions& options() const { return options_; }
  const RequestLimits& limits() const { return limits_; }
  HostRules& host_rules() { return *host_rules_; }
  // Tells the handler, as an event, unless the server is gone by then.
  void post_gone(uint64_t ticket);
  uint64_t next_ticket() { return ++last_ticket_; }
  bool draining() const { return draining_; }
  uv_buf_t read_buffer() { return uv_buf_init(read_buffer_->data(), kReadBytes); }

  void remove(Connection* connection);
  uint16_t port() const { return port_; }
  int listener() const;
  size_t connections() const { return connections_.size(); }

 private:
  void on_connection(int status);
  void arm_sweep();
  void sweep();
  void close_listener();
  void finish_shutdown();

  World& world_;
  Handler& handler_;
  ServerOptions options_;
  RequestLimits limits_;
  std::unique_ptr<HostRules> host_rules_;
  uv_tcp_t* listener_ = nullptr;  // freed by its close callback
  uint16_t port_ = 0;
  uint64_t last_ticket_ = 0;
  std::unique_ptr<std::array<char, kReadBytes>> read_buffer_;
  std::vector<Connection*> connections_;  // each knows its index
  EventId sweep_event_ = 0;
  bool draining_ = false;
  EventId grace_event_ = 0;
  std::vector<Task> shutdown_done_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace offing::http

#endif  // OFFING_EMULATOR_HTTP_SERVER_CORE_H_
