#include "emulator/control/reply.h"

#include "emulator/control/json.h"

namespace offing::control {

std::string failure_json(const Failure& failure) {
  Json json;
  json.open('{').key("error").open('{').field("code", failure.code);
  return json.field("message", failure.message).close('}').close('}').take();
}

Reply::~Reply() {
  if (done_)
    fail({503, "world_gone",
          "The world that was asked is gone (reverted, reset or closed) and never answered."});
}

}  // namespace offing::control
