#include "emulator/cli/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "emulator/cli/supervisor_report.h"
#include "emulator/world/clocks.h"
#include "emulator/world/running_note.h"

namespace offing {
namespace {

// After a start that was not the first, the wait before the next one grows; more than these in a minute
// are not tried.
constexpr int64_t kDelaysMs[] = {0, 200, 500, 1000, 2000};
constexpr int64_t kWindowMs = 60'000;
// A second Ctrl-C ends the daemon at once; when a guest keeps it from hearing that, the parent does it.
constexpr int64_t kDeafMs = 500;
// One Ctrl-C may reach the parent on two ways.
constexpr int64_t kSameMs = 100;

int64_t now_ms() { return monotonic_us() / 1000; }

bool is_crash(int status) {
  if (WIFEXITED(status)) return WEXITSTATUS(status) == 133 || WEXITSTATUS(status) == 134;
  if (!WIFSIGNALED(status)) return false;
  const int signal = WTERMSIG(status);
  return signal == SIGABRT || signal == SIGSEGV || signal == SIGILL || signal == SIGTRAP ||
         signal == SIGBUS || signal == SIGFPE;
}

class Supervisor {
 public:
  Supervisor(const char* engine, char* const* arguments) : engine_(engine), arguments_(arguments) {}
  bool prepare();
  int run();

 private:
  bool start();
  [[noreturn]] void become_engine();
  void on_signal(const signalfd_siginfo& info);
  void receive_listeners();
  void close_listeners();
  void on_end(int status);
  int wait_ms() const;
  int end_as(int status);

  const char* engine_;
  char* const* arguments_;
  sigset_t former_mask_;
  int signals_ = -1;
  int page_ = -1;
  RunningNote* note_ = nullptr;
  pid_t child_ = 0;       // 0: none runs
  int link_ = -1;         // to the child
  int childs_link_ = -1;  // between its making and the child's start
  std::vector<std::pair<std::string, int>> listeners_;
  std::vector<int64_t> restarts_;    // times, of the last minute
  unsigned restarts_in_all_ = 0;
  std::optional<int64_t> start_at_;  // while none runs
  bool asked_to_end_ = false;
  int64_t asked_ms_ = 0;
  std::optional<int64_t> kill_at_;
  std::optional<int> ended_;  // the last child's status, when there will be no other
};

bool Supervisor::prepare() {
  page_ = memfd_create("offing-running", MFD_CLOEXEC);
  if (page_ < 0 || ftruncate(page_, sizeof(RunningNote)) != 0) return false;
  void* mapped = mmap(nullptr, sizeof(RunningNote), PROT_READ | PROT_WRITE, MAP_SHARED, page_, 0);
  if (mapped == MAP_FAILED) return false;
  note_ = static_cast<RunningNote*>(mapped);
  // A parent of ours may have wished not to know; we do.
  signal(SIGCHLD, SIG_DFL);
  sigset_t watched;
  sigemptyset(&watched);
  for (int s : {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE})
    sigaddset(&watched, s);
  sigprocmask(SIG_BLOCK, &watched, &former_mask_);
  signals_ = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals_ >= 0) return true;
  sigprocmask(SIG_SETMASK, &former_mask_, nullptr);
  return false;
}

bool Supervisor::start() {
  if (link_ >= 0) close(std::exchange(link_, -1));
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return false;
  link_ = ends[0];
  childs_link_ = ends[1];
  *note_ = RunningNote{};
  std::string text = std::to_string(childs_link_) + " " + std::to_string(page_) + " " +
                     std::to_string(restarts_in_all_) + "\n";
  for (const auto& [key, listener] : listeners_) text += std::to_string(listener) + " " + key + "\n";
  setenv("OFFING_PARENT", text.c_str(), 1);
  const pid_t parent = getpid();
  child_ = fork();
  if (child_ == 0) {
    // Nobody is to be left serving when the parent is killed.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    become_engine();
  }
  close(std::exchange(childs_link_, -1));
  if (child_ > 0) return true;
  child_ = 0;
  return false;
}

void Supervisor::become_engine() {
  for (int descriptor : {childs_link_, page_}) fcntl(descriptor, F_SETFD, 0);
  for (const auto& [key, listener] : listeners_) fcntl(listener, F_SETFD, 0);
  sigprocmask(SIG_SETMASK, &former_mask_, nullptr);
  execv(engine_, arguments_);
  std::fprintf(stderr, "offing: cannot start the engine %s: %s (run tools/setup)\n", engine_,
               std::strerror(errno));
  _exit(1);
}

// The child's messages: a key with a socket to keep, or without one, to forget it.
void Supervisor::receive_listeners() {
  while (link_ >= 0) {
    char key[256];
    iovec bytes{key, sizeof key};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t length = recvmsg(link_, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (length <= 0) {
      close(std::exchange(link_, -1));
      return;
    }
    const std::string name(key, static_cast<size_t>(length));
    std::erase_if(listeners_, [&name](const auto& kept) {
      if (kept.first == name) close(kept.second);
      return kept.first == name;
    });
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_type != SCM_RIGHTS) continue;
    int listener;
    std::memcpy(&listener, CMSG_DATA(header), sizeof listener);
    if (asked_to_end_) close(listener);
    else listeners_.emplace_back(name, listener);
  }
}

// Once the daemon is to end, new clients are refused as it refuses them.
void Supervisor::close_listeners() {
  for (const auto& [key, listener] : listeners_) close(listener);
  listeners_.clear();
}

void Supervisor::on_signal(const signalfd_siginfo& info) {
  const int signal = static_cast<int>(info.ssi_signo);
  if (signal == SIGCHLD || signal == SIGPIPE) return;
  if (child_ == 0) {  // between two of them
    ended_ = signal == SIGINT || signal == SIGTERM ? 0 : signal;
    return;
  }
  // The terminal has told the child as well: it is in our group.
  if (info.ssi_code != SI_KERNEL) kill(child_, signal);
  if (signal != SIGINT && signal != SIGTERM) return;
  const int64_t now = now_ms();
  if (!std::exchange(asked_to_end_, true)) {
    asked_ms_ = now;
    receive_listeners();
    close_listeners();
  } else if (now - asked_ms_ > kSameMs && !kill_at_) {
    kill_at_ = now + kDeafMs;
  }
}

void Supervisor::on_end(int status) {
  receive_listeners();
  child_ = 0;
  if (kill_at_ && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
    ended_ = 130 << 8;  // what the daemon would have ended with
    return;
  }
  if (!is_crash(status)) {
    ended_ = status;
    return;
  }
  report_death(status, *note_);
  const int64_t now = now_ms();
  std::erase_if(restarts_, [now](int64_t at) { return now - at > kWindowMs; });
  // Without a socket it has never been ready: it would die of the same thing.
  if (asked_to_end_ || listeners_.empty()) {
    ended_ = status;
  } else if (restarts_.size() == std::size(kDelaysMs)) {
    std::fprintf(stderr, "offing: it died %zu times within a minute and is not started again\n",
                 restarts_.size() + 1);
    ended_ = status;
  } else {
    std::fprintf(stderr, "offing: starting again; clients that connect meanwhile wait\n");
    start_at_ = now + kDelaysMs[restarts_.size()];
  }
}

int Supervisor::wait_ms() const {
  const auto due = child_ == 0 ? start_at_ : kill_at_;
  return due ? static_cast<int>(std::max<int64_t>(0, *due - now_ms())) : -1;
}

int Supervisor::run() {
  if (!start()) {
    sigprocmask(SIG_SETMASK, &former_mask_, nullptr);
    return -1;
  }
  while (!ended_) {
    pollfd waits[2] = {{signals_, POLLIN, 0}, {link_, POLLIN, 0}};
    poll(waits, 2, wait_ms());  // a descriptor of -1 is left out
    receive_listeners();
    signalfd_siginfo info;
    while (!ended_ && read(signals_, &info, sizeof info) == sizeof info) on_signal(info);
    int status = 0;
    if (child_ > 0 && waitpid(child_, &status, WNOHANG) == child_) on_end(status);
    if (ended_) break;
    if (child_ > 0 && kill_at_ && now_ms() >= *kill_at_) kill(child_, SIGKILL);
    if (child_ == 0 && start_at_ && now_ms() >= *start_at_) {
      start_at_.reset();
      restarts_.push_back(now_ms());
      ++restarts_in_all_;
      if (!start()) {
        std::fprintf(stderr, "offing: cannot start again: %s\n", std::strerror(errno));
        return 1;
      }
    }
  }
  return end_as(*ended_);
}

int Supervisor::end_as(int status) {
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  const int signal_number = WTERMSIG(status);
  // The core that there may be is the engine's.
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  signal(signal_number, SIG_DFL);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal_number);
  raise(signal_number);
  sigprocmask(SIG_UNBLOCK, &one, nullptr);
  return 128 + signal_number;
}

}  // namespace

int supervise(const char* engine, char* const* arguments) {
  Supervisor supervisor(engine, arguments);
  return supervisor.prepare() ? supervisor.run() : -1;
}

}  // namespace offing
