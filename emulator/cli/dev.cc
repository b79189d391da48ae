// `offing dev PROJECT`: a Worker on a socket, in real time, until Ctrl-C.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <utility>
#include <vector>

#include "emulator/cli/commands.h"
#include "emulator/cli/console.h"
#include "emulator/cli/reload.h"
#include "emulator/cli/s3_door.h"
#include "emulator/gateway/http_front.h"
#include "emulator/stage/http_limits.h"
#include "emulator/world/parent_link.h"

namespace offing::cli {

// How long running requests may take to finish after Ctrl-C.
constexpr int64_t kGraceMs = 2000;
// One wish to end may come twice: to the process group, and forwarded by the parent.
constexpr int64_t kSameWishUs = 100'000;

// Ends the world on the first SIGINT or SIGTERM, gracefully; a second one ends the process.
class Shutdown {
 public:
  Shutdown(World& world, std::vector<http::Server*> servers)
      : world_(world), servers_(std::move(servers)), open_(servers_.size()) {
    for (size_t i = 0; i < 2; ++i) {
      uv_signal_init(world.loop(), &signals_[i]);
      signals_[i].data = this;
      uv_signal_start(&signals_[i], on_signal, i == 0 ? SIGINT : SIGTERM);
    }
  }

 private:
  static void on_signal(uv_signal_t* handle, int) {
    auto* self = static_cast<Shutdown*>(handle->data);
    const int64_t now_us = monotonic_us();
    if (self->begun_us_ != 0) {
      if (now_us - self->begun_us_ > kSameWishUs) _exit(130);
      return;
    }
    self->begun_us_ = now_us;
    for (http::Server* server : self->servers_) {
      server->shutdown(kGraceMs, [self] {
        if (--self->open_ == 0) self->world_.stop();
      });
    }
  }
  World& world_;
  std::vector<http::Server*> servers_;
  size_t open_;
  uv_signal_t signals_[2];
  int64_t begun_us_ = 0;  // monotonic; 0: not asked to end
};

static std::string listen_error(const std::string& error, uint16_t port) {
  std::string text = error;
  if (error.find("in use") != error.npos)
    text += "; stop what listens there, or take another port with --port " +
            std::to_string(port + 1) + " (--port 0 takes any free one)";
  return text;
}

// Whether there is anything that an S3 client might want.
static bool wants_s3(const DevArguments& a, Stack& stack) {
  return a.s3_port || !stack.project().worker.r2_bindings.empty() ||
         !stack.r2().settings().buckets.empty();
}

static http::ServerOptions server_options(const DevArguments& a, const config::Project& project) {
  http::ServerOptions options;
  options.host = !a.host.empty() ? a.host : project.dev.ip.value_or("127.0.0.1");
  options.port = a.port ? *a.port : project.dev.port.value_or(8787);
  options.allowed_hosts = a.allow_hosts;
  options.own_body_limit_prefix = rest::kRestBase;
  options.own_body_bytes_max = rest::kRestBodyBytesMax;
  return options;
}

// What a socket was asked for, for a daemon that has to be started again.
static std::string listener_key(std::string_view door, const std::string& host,
                                std::optional<uint16_t> port) {
  return std::string(door) + " " + host + ":" + (port ? std::to_string(*port) : "usual");
}

static void keep(ParentLink* parent, const std::string& key, const http::Server& server) {
  if (parent) parent->keep_listener(key, server.listener());
}

// A daemon after the first one says what is different, and leaves the first one's trace alone.
static std::string go_on_after_death(const DevArguments& a, unsigned restarts) {
  if (restarts == 0) return a.worker.trace;
  if (a.worker.state.empty())
    std::fprintf(stderr, "offing: stored data was in memory and is gone; --state DIR keeps it\n");
  if (a.worker.trace.empty()) return {};
  const std::string trace = a.worker.trace + "." + std::to_string(restarts);
  std::fprintf(stderr, "offing: the trace goes on in %s\n", trace.c_str());
  return trace;
}

int run_dev(const Process& process, const DevArguments& a) {
  RealWorld world(a.worker.seed);
  const std::unique_ptr<ParentLink> parent = ParentLink::open();
  if (parent) world.share_running(parent->note());
  const std::string trace = go_on_after_death(a, parent ? parent->restarts() : 0);
  const bool measured = !a.worker.seed || a.worker.trace_measured;
  auto output = TraceOutput::open(
      world, trace, false, measured ? trace::Measured::kWritten : trace::Measured::kLeftOut);
  if (!output) return std::fprintf(stderr, "offing: %s\n", output.error().c_str()), 2;
  const bool terminal = isatty(STDERR_FILENO);
  Console console(world, stderr, {!a.quiet, terminal, a.verbose});
  world.trace().add_reader(&console);

  WorkerArguments worker = a.worker;
  worker.measure_memory = a.verbose || (measured && !trace.empty());
  auto stack = Stack::build(world, process, worker);
  if (!stack) return std::fprintf(stderr, "offing: %s\n", stack.error().c_str()), 2;
  config::Project& project = (*stack)->project();
  world.running().set_worker(project.worker.name);
  for (const config::Problem& warning : project.warnings)
    std::fprintf(stderr, "warning: %s\n", warning.text().c_str());
  if (auto started = (*stack)->start_first_isolate(); !started)
    return std::fprintf(stderr, "offing: the Worker does not start: %s\n", started.error().c_str()),
           1;

  http::ServerOptions options = server_options(a, project);
  const std::string key = listener_key("worker", options.host, options.port);
  const std::string s3_key = listener_key("s3", options.host, a.s3_port);
  if (parent) options.listener = parent->take_listener(key);
  rest::RestFront rest(world, (*stack)->r2(), (*stack)->r2_tokens());
  HttpFront front((*stack)->topology(), (*stack)->gateway(), (*stack)->actors(), (*stack)->r2(),
                  rest);
  auto server =
      http::Server::listen(world, front, limited(options, (*stack)->limits().limits));
  if (!server) {
    std::fprintf(stderr, "offing: %s\n", listen_error(server.error(), options.port).c_str());
    return 1;
  }
  keep(parent.get(), key, **server);
  std::vector<http::Server*> servers = {server->get()};
  std::unique_ptr<S3Door> s3;
  if (wants_s3(a, **stack)) {
    options.listener = parent ? parent->take_listener(s3_key) : -1;
    auto door = S3Door::open(world, (*stack)->r2(), (*stack)->r2_tokens(), options, a.s3_port);
    if (!door) return std::fprintf(stderr, "offing: %s\n", door.error().c_str()), 1;
    s3 = std::move(*door);
    servers.push_back(&s3->server());
    keep(parent.get(), s3_key, s3->server());
  }
  if (parent) parent->drop_untaken();
  Shutdown shutdown(world, std::move(servers));
  Reload reload(world, **stack);
  const bool v6 = options.host.find(':') != std::string::npos;
  std::printf("offing: ready on http://%s%s%s:%u\n", v6 ? "[" : "", options.host.c_str(),
              v6 ? "]" : "", (*server)->port());
  if (s3) std::printf("%s\n", s3->ready_line().c_str());
  std::fflush(stdout);
  world.run();
  (*stack)->kv().flush();
  (*stack)->r2().flush();
  (*stack)->actors().flush();
  (*output)->finish();
  return 0;
}

}  // namespace offing::cli
