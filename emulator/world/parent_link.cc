#include "emulator/world/parent_link.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

#include "emulator/world/world.h"

namespace offing {

// A number and the character after it, taken from the front of `text`; -1 when there is none.
static int take_number(std::string_view& text) {
  int value = -1;
  const char* end = text.data() + text.size();
  const auto [p, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || p == end) return -1;
  text.remove_prefix(static_cast<size_t>(p - text.data()) + 1);
  return value;
}

std::unique_ptr<ParentLink> ParentLink::open() {
  const std::string text = environment("OFFING_PARENT");
  std::unique_ptr<ParentLink> link(new ParentLink);
  if (text.empty() || !link->read(text)) return nullptr;
  return link;
}

// "SOCKET PAGE RESTARTS\n", then "DESCRIPTOR KEY\n" for each listening socket.
bool ParentLink::read(const std::string& text) {
  std::string_view rest = text;
  const int socket = take_number(rest), page = take_number(rest), restarts = take_number(rest);
  struct stat status {};
  if (socket < 0 || page < 0 || restarts < 0 || fstat(socket, &status) != 0 ||
      !S_ISSOCK(status.st_mode) || fstat(page, &status) != 0 ||
      status.st_size != static_cast<off_t>(sizeof(RunningNote)))
    return false;
  void* mapped = mmap(nullptr, sizeof(RunningNote), PROT_READ | PROT_WRITE, MAP_SHARED, page, 0);
  if (mapped == MAP_FAILED) return false;
  close(page);
  note_ = static_cast<RunningNote*>(mapped);
  if (note_->magic != RunningNote::kMagic) return false;
  fcntl(socket, F_SETFD, FD_CLOEXEC);
  socket_ = socket;
  restarts_ = static_cast<unsigned>(restarts);
  while (!rest.empty()) {
    const int listener = take_number(rest);
    const size_t end = rest.find('\n');
    if (listener < 0 || end == rest.npos) return false;
    fcntl(listener, F_SETFD, FD_CLOEXEC);
    listeners_.emplace_back(rest.substr(0, end), listener);
    rest.remove_prefix(end + 1);
  }
  return true;
}

ParentLink::~ParentLink() {
  if (socket_ >= 0) close(socket_);
}

int ParentLink::take_listener(std::string_view key) {
  for (auto it = listeners_.begin(); it != listeners_.end(); ++it) {
    if (it->first != key) continue;
    const int listener = it->second;
    listeners_.erase(it);
    return listener;
  }
  return -1;
}

// One message: the key, and the socket beside it; without a socket the parent closes its copy.
static void send(int socket, std::string_view key, int listener) {
  iovec bytes{const_cast<char*>(key.data()), key.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  if (listener >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &listener, sizeof listener);
  }
  // A parent that is gone takes this process with it; nothing is to be said about that.
  (void)sendmsg(socket, &message, MSG_NOSIGNAL);
}

void ParentLink::keep_listener(std::string_view key, int listener) { send(socket_, key, listener); }

void ParentLink::drop_untaken() {
  for (const auto& [key, listener] : std::exchange(listeners_, {})) {
    close(listener);
    send(socket_, key, -1);
  }
}

}  // namespace offing
