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
#include "emulator/control/front.h"
#include "emulator/stage/http_limits.h"
#include "emulator/stage/stages.h"
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

  void begin() {
    if (begun_us_ != 0) return;
    begun_us_ = monotonic_us();
    for (http::Server* server : servers_) {
      server->shutdown(kGraceMs, [this] {
        if (--open_ == 0) world_.stop();
      });
    }
  }

 private:
  static void on_signal(uv_signal_t* handle, int) {
    auto* self = static_cast<Shutdown*>(handle->data);
    const bool again = self->begun_us_ != 0;
    if (again && monotonic_us() - self->begun_us_ > kSameWishUs) _exit(130);
    self->begin();
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

// The world that the Worker lives in: the daemon's own, or a virtual one on its loop.
static std::expected<std::unique_ptr<Stage>, std::string> open_stage(RealWorld& house,
                                                                     const DevArguments& a) {
  if (!a.virtual_clock) {
    if (!a.start.empty())
      return std::unexpected("--start sets a virtual clock; it needs --clock virtual");
    return std::make_unique<Stage>("main", house);
  }
  int64_t start_us = VirtualWorld::kDefaultStartUs;
  if (!a.start.empty()) {
    const auto start = control::parse_time_us(a.start);
    if (!start)
      return std::unexpected("--start: \"" + a.start + "\" is no time such as 2026-01-01T00:00:00Z");
    start_us = *start;
  }
  const uint64_t seed = a.worker.seed.value_or(1);
  auto stage = std::make_unique<Stage>("main", house, WorldState{seed, start_us, Faults(seed)});
  stage->virtual_world()->set_auto_skip(a.auto_skip);
  return stage;
}

// Gives each stage its readers: the console, and main a trace file. A world that takes main's place begins
// another file: FILE.1, …
class Readers {
 public:
  Readers(const DevArguments& a, std::string trace) : arguments_(a), trace_(std::move(trace)) {}
  // Before the Worker starts, so that its first words are heard.
  std::expected<void, std::string> attach(Stage& stage) {
    const ConsoleOptions options{.requests = !arguments_.quiet,
                                 .colour = static_cast<bool>(isatty(STDERR_FILENO)),
                                 .used = arguments_.verbose};
    stage.keep(std::make_unique<Console>(stage.world(), stderr, options));
    if (stage.id != "main" || trace_.empty()) return {};
    const std::string file = mains_ == 0 ? trace_ : trace_ + "." + std::to_string(mains_);
    ++mains_;
    const bool repeats = arguments_.virtual_clock || arguments_.worker.seed;
    auto output = TraceOutput::open(
        stage.world(), file, false,
        repeats && !arguments_.worker.trace_measured ? trace::Measured::kLeftOut
                                                      : trace::Measured::kWritten);
    if (!output) return std::unexpected(output.error());
    stage.keep(std::move(*output));
    return {};
  }

 private:
  const DevArguments& arguments_;
  std::string trace_;
  uint32_t mains_ = 0;
};

// Ends the daemon when the process that started it lets go of its input, however that one ends.
class InputEnd {
 public:
  InputEnd(RealWorld& house, Shutdown& shutdown) : shutdown_(shutdown) {
    uv_pipe_init(house.loop(), &input_, 0);
    input_.data = this;
    if (uv_pipe_open(&input_, STDIN_FILENO) != 0) return;
    uv_read_start(
        reinterpret_cast<uv_stream_t*>(&input_),
        [](uv_handle_t*, size_t, uv_buf_t* buffer) {
          static char ignored[256];
          *buffer = uv_buf_init(ignored, sizeof ignored);
        },
        [](uv_stream_t* stream, ssize_t count, const uv_buf_t*) {
          if (count >= 0) return;
          uv_read_stop(stream);
          static_cast<InputEnd*>(stream->data)->shutdown_.begin();
        });
  }

 private:
  Shutdown& shutdown_;
  uv_pipe_t input_;
};

static void print_ready(const http::ServerOptions& options, const http::Server& server,
                        const S3Door* s3, Stage& main) {
  const bool v6 = options.host.find(':') != std::string::npos;
  std::printf("offing: ready on http://%s%s%s:%u\n", v6 ? "[" : "", options.host.c_str(),
              v6 ? "]" : "", server.port());
  if (s3) std::printf("%s\n", s3->ready_line().c_str());
  if (VirtualWorld* world = main.virtual_world()) {
    const std::string url =
        server.port() == 8787 ? "" : " --url http://127.0.0.1:" + std::to_string(server.port());
    std::printf("offing: its clock is virtual and stands at %s; `offing ctl clock advance 60s%s` moves it\n",
                control::time_text(world->now_us()).c_str(), url.c_str());
  }
  std::fflush(stdout);
}

static int fail(const std::string& text, int code) {
  std::fprintf(stderr, "offing: %s\n", text.c_str());
  return code;
}

int run_dev(const Process& process, const DevArguments& a) {
  RealWorld house(a.worker.seed);
  const std::unique_ptr<ParentLink> parent = ParentLink::open();
  if (parent) house.share_running(parent->note());
  Readers readers(a, go_on_after_death(a, parent ? parent->restarts() : 0));
  auto stage = open_stage(house, a);
  if (!stage) return fail(stage.error(), 2);
  if (auto attached = readers.attach(**stage); !attached) return fail(attached.error(), 2);
  WorkerArguments worker = a.worker;
  const bool repeats = a.virtual_clock || worker.seed;
  worker.measure_memory =
      a.verbose || (!worker.trace.empty() && (!repeats || worker.trace_measured));
  auto stack = Stack::build((*stage)->world(), process, worker);
  if (!stack) return fail(stack.error(), 2);
  (*stage)->set_stack(std::move(*stack));
  const config::Project& project = (*stage)->stack().project();
  house.running().set_worker(project.worker.name);
  for (const config::Problem& warning : project.warnings)
    std::fprintf(stderr, "warning: %s\n", warning.text().c_str());
  if (auto started = (*stage)->stack().start_first_isolate(); !started)
    return fail("the Worker does not start: " + started.error(), 1);

  Stages stages(house, std::move(*stage), [&readers](Stage& made) {
    if (auto attached = readers.attach(made); !attached)
      std::fprintf(stderr, "offing: %s\n", attached.error().c_str());
  });
  http::ServerOptions options = server_options(a, project);
  const std::string key = listener_key("worker", options.host, options.port);
  const std::string s3_key = listener_key("s3", options.host, a.s3_port);
  if (parent) options.listener = parent->take_listener(key);
  control::ControlFront front(stages, version());
  auto server = http::Server::listen(house, front,
                                     limited(options, stages.main().stack().limits().limits));
  if (!server) return fail(listen_error(server.error(), options.port), 1);
  keep(parent.get(), key, **server);
  std::vector<http::Server*> servers = {server->get()};
  std::unique_ptr<S3Door> s3;
  if (wants_s3(a, stages.main().stack())) {
    options.listener = parent ? parent->take_listener(s3_key) : -1;
    auto door = S3Door::open(stages, options, a.s3_port);
    if (!door) return fail(door.error(), 1);
    s3 = std::move(*door);
    servers.push_back(&s3->server());
    keep(parent.get(), s3_key, s3->server());
  }
  if (parent) parent->drop_untaken();
  Shutdown shutdown(house, std::move(servers));
  std::optional<InputEnd> input;
  if (a.exit_with_stdin) input.emplace(house, shutdown);
  Reload reload(stages);
  print_ready(options, **server, s3.get(), stages.main());
  house.run();
  stages.main().stack().flush();
  return 0;
}

}  // namespace offing::cli
