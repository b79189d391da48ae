// A daemon without sockets: a Worker in a virtual world, and the front door that its server would have.
#ifndef OFFING_TESTS_UNIT_CONTROL_KIT_H_
#define OFFING_TESTS_UNIT_CONTROL_KIT_H_

#include <doctest/doctest.h>
#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "emulator/control/front.h"

namespace offing::test {

struct ControlReply {
  uint16_t status = 0;
  HeaderList headers;
  std::string body;
  rapidjson::Document json;
  std::unique_ptr<ByteSource> stream;

  // "/error/code": a text as it is, anything else as JSON; "(none)" when it is not there.
  std::string at(const char* pointer) const;
  int64_t number(const char* pointer) const;
};

using ControlHeaders = std::vector<std::pair<std::string, std::string>>;

// One for the process: engines start once. Each test begins with `fresh`.
class ControlDaemon {
 public:
  static ControlDaemon& get();
  // main as at the start, no other world.
  void fresh();
  ControlReply send(const std::string& method, const std::string& path, const std::string& body,
                    ControlHeaders headers);
  // With the header that the control API wants.
  ControlReply post(const std::string& verb, const std::string& body = "", const std::string& world = "");
  ControlReply get(const std::string& verb, const std::string& world = "");
  // To the Worker.
  ControlReply fetch(const std::string& path, const std::string& location = "LHR",
                     const std::string& world = "");
  // Begins a request and returns; `*into` is set when it is answered.
  void begin(const std::string& method, const std::string& path, const std::string& body,
             ControlHeaders headers, std::optional<ControlReply>* into);
  void run_until(std::optional<ControlReply>& reply);
  // Lets the loop turn a few times.
  void turn();
  Stages& stages() { return *stages_; }
  RealWorld& house() { return house_; }

 private:
  ControlDaemon();
  RealWorld house_{1};
  std::unique_ptr<Stages> stages_;
  std::unique_ptr<control::ControlFront> front_;
  uint64_t next_ticket_ = 1;
};

}  // namespace offing::test

#endif  // OFFING_TESTS_UNIT_CONTROL_KIT_H_
