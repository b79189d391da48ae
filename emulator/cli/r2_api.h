// Where `offing r2 …` asks: the REST API of a running `offing dev`, or the same API over a state
// directory, in this process.
#ifndef OFFING_EMULATOR_CLI_R2_API_H_
#define OFFING_EMULATOR_CLI_R2_API_H_

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "emulator/cli/r2_arguments.h"

namespace offing::cli {

class R2Api {
 public:
  struct Failure {
    uint32_t code = 0;    // of the API; 0: it was not reached
    std::string text;     // for the user
  };
  // The JSON of `result`.
  using Outcome = std::expected<std::string, Failure>;

  // The error is for the user.
  static std::expected<std::unique_ptr<R2Api>, std::string> open(const R2Arguments& arguments);
  virtual ~R2Api() = default;
  // `path` is behind …/accounts/{account}, encoded. Returns when the answer is there.
  Outcome ask(const std::string& method, const std::string& path, std::string body = "");

 protected:
  struct Answer {
    uint16_t status = 0;
    std::string body;
  };
  explicit R2Api(std::string jurisdiction) : jurisdiction_(std::move(jurisdiction)) {}
  virtual std::expected<Answer, std::string> send(const std::string& method,
                                                  const std::string& path,
                                                  const std::string& jurisdiction,
                                                  std::string body) = 0;
  virtual std::string where() const = 0;

 private:
  std::string jurisdiction_;
};

}  // namespace offing::cli

#endif  // OFFING_EMULATOR_CLI_R2_API_H_
