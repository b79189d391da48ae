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
#include "emulator/stage/stages.h"

namespace offing::cli {

class S3Door final : public http::Server::Handler {
 public:
  // `options` are the Worker's; its limits on sizes are not. Without a port it is 9000 or, when
  // that is taken, any free one. `stages` outlives the door. The error is for the user.
  static std::expected<std::unique_ptr<S3Door>, std::string> open(Stages& stages,
                                                                  http::ServerOptions options,
                                                                  std::optional<uint16_t> port);

  // To the stage that the header `offing-world` names, else to main.
  void on_request(uint64_t ticket, Request request, ResponseCallback respond) override;
  // An upload's stream ends in an error then, so nothing of it is stored.
  void on_client_gone(uint64_t) override {}
  http::Server& server() { return *server_; }
  // What the user has to know to use it, in one line.
  std::string ready_line() const;

 private:
  explicit S3Door(Stages& stages) : stages_(stages) {}

  Stages& stages_;
  std::string host_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace offing::cli

#endif  // OFFING_EMULATOR_CLI_S3_DOOR_H_
