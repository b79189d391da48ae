// R2's S3 API on a port of its own: `offing dev --s3-port`. Its keys are the account's tokens, also
// those that are made while it is open.
#ifndef OFFING_EMULATOR_CLI_S3_DOOR_H_
#define OFFING_EMULATOR_CLI_S3_DOOR_H_

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "emulator/http/server.h"
#include "emulator/s3/s3_front.h"
#include "emulator/services/r2_tokens.h"

namespace offing::cli {

class S3Door {
 public:
  // `options` are the Worker's; its limits on sizes are not. Without a port it is 9000 or, when
  // that is taken, any free one. All of them outlive the door. The error is for the user.
  static std::expected<std::unique_ptr<S3Door>, std::string> open(World& world, R2Service& r2,
                                                                  R2Tokens& tokens,
                                                                  http::ServerOptions options,
                                                                  std::optional<uint16_t> port);
  ~S3Door();

  http::Server& server() { return *server_; }
  // What the user has to know to use it, in one line.
  std::string ready_line() const;

 private:
  S3Door(World& world, R2Service& r2, R2Tokens& tokens);

  R2Tokens& tokens_;
  s3::Keys keys_;
  S3Front front_;
  std::string host_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace offing::cli

#endif  // OFFING_EMULATOR_CLI_S3_DOOR_H_
