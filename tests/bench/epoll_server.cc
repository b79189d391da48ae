// The yardstick: a bare epoll server on one thread that answers a fixed hello to every request head
// and does nothing else. No parsing beyond the search for the empty line; keep-alive always.
//   build/tests/bench/epoll_server [PORT]              then  wrk -t1 -c16 -d3 http://127.0.0.1:PORT/
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

static int open_listener(uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      listen(listener, 4096) != 0) {
    std::perror("listen");
    std::exit(1);
  }
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
  std::printf("http://127.0.0.1:%u/\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return listener;
}

// Heads are assumed to come whole, which a benchmark's client grants.
static void serve(int fd) {
  static const std::string answer =
      "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello";
  char buffer[65536];
  const ssize_t size = read(fd, buffer, sizeof buffer);
  if (size <= 0) {
    close(fd);
    return;
  }
  const std::string_view input(buffer, static_cast<size_t>(size));
  std::string out;
  for (size_t at = 0; (at = input.find("\r\n\r\n", at)) != input.npos; at += 4) out += answer;
  if (write(fd, out.data(), out.size()) != static_cast<ssize_t>(out.size())) close(fd);
}

int main(int argc, char** argv) {
  const int listener = open_listener(argc > 1 ? static_cast<uint16_t>(std::atoi(argv[1])) : 0);
  const int poll = epoll_create1(0);
  epoll_event event{EPOLLIN, {.fd = listener}};
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  epoll_event ready[256];
  for (;;) {
    const int count = epoll_wait(poll, ready, 256, -1);
    for (int i = 0; i < count; ++i) {
      if (ready[i].data.fd != listener) {
        serve(ready[i].data.fd);
        continue;
      }
      const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
      if (fd < 0) continue;
      epoll_event added{EPOLLIN, {.fd = fd}};
      epoll_ctl(poll, EPOLL_CTL_ADD, fd, &added);
    }
  }
}
