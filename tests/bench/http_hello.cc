// The HTTP server alone, with a handler that says hello: what offing could reach at most.
//   node build/tests/bench/http_hello.node [PORT]      then  wrk -t1 -c16 -d3 http://127.0.0.1:PORT/
// Prints the port; runs until it is killed.
#include <node.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "emulator/http/server.h"

namespace {

class Hello final : public offing::http::Server::Handler {
 public:
  void on_request(uint64_t, offing::Request, offing::ResponseCallback respond) override {
    offing::Response response;
    response.headers.add("content-type", "text/plain");
    response.has_body = true;
    response.body = "hello";
    respond(std::move(response));
  }
  void on_client_gone(uint64_t) override {}
};

uint16_t port_argument() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  const std::string all((std::istreambuf_iterator<char>(in)), {});
  const size_t module = all.find(".node\0", 0, 6);
  return module == all.npos ? 0 : static_cast<uint16_t>(std::atoi(all.c_str() + module + 6));
}

}  // namespace

NODE_MODULE_INIT() {
  offing::RealWorld world(1);
  Hello hello;
  offing::http::ServerOptions options;
  options.port = port_argument();
  auto server = offing::http::Server::listen(world, hello, options);
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().c_str());
    std::exit(1);
  }
  std::printf("http://127.0.0.1:%u/\n", (*server)->port());
  std::fflush(stdout);
  world.run();
}
