// What a verb of the control API comes to: the JSON of its answer, or a failure with a word for programs and
// a text for people, which names the value and the way out. The same for HTTP, scenarios and tests.
#ifndef OFFING_EMULATOR_CONTROL_REPLY_H_
#define OFFING_EMULATOR_CONTROL_REPLY_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace offing::control {

struct Failure {
  uint16_t status = 400;  // of HTTP
  std::string code;       // no_such_world, bad_argument, real_clock, …
  std::string message;

  static Failure bad(std::string message) { return {400, "bad_argument", std::move(message)}; }
};

// The text of a JSON object.
using Outcome = std::expected<std::string, Failure>;
using Done = std::move_only_function<void(Outcome)>;

// {"error":{"code":…,"message":…}}
std::string failure_json(const Failure& failure);

// Answers once. One that is dropped unanswered was asked of a world that is gone, and says so.
class Reply {
 public:
  explicit Reply(Done done) : done_(std::move(done)) {}
  Reply(Reply&& other) noexcept : done_(std::exchange(other.done_, nullptr)) {}
  Reply& operator=(Reply&&) = delete;
  ~Reply();
  void operator()(Outcome outcome) { std::exchange(done_, nullptr)(std::move(outcome)); }
  void fail(Failure failure) { (*this)(std::unexpected(std::move(failure))); }

 private:
  Done done_;
};

}  // namespace offing::control

#endif  // OFFING_EMULATOR_CONTROL_REPLY_H_
