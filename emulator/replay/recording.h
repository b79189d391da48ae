// Canned answers to the Worker's own outbound requests, from a HAR, so that a run needs no network.
//
// A request finds an answer by method and URL; where several recorded requests share both and differ
// in their bodies, the body decides too. Repeated requests get the recorded answers one after another,
// then the last one again and again. Each copy of a Recording counts on its own.
#ifndef OFFING_EMULATOR_REPLAY_RECORDING_H_
#define OFFING_EMULATOR_REPLAY_RECORDING_H_

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/replay/input_error.h"
#include "runtime/http/message.h"

namespace offing::replay {

class Recording {
 public:
  static std::expected<Recording, InputError> read(const std::string& path);
  static std::expected<Recording, InputError> parse(std::string_view text, std::string file);

  // `request.body` has to be read in already (a `stream` is not looked at). The error names the
  // method, the URL and the file, and says what was recorded nearest.
  std::expected<Response, std::string> answer(const Request& request);

  size_t size() const { return size_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Answer {
    uint16_t status = 200;
    std::string reason;
    HeaderList headers;
    bool has_body = false;
    std::string body;
    bool lost = false;  // the recording has a body here that its exporter left out or damaged
  };
  struct Series {
    std::string request_body;
    std::vector<Answer> answers;
    size_t next = 0;
  };
  using Target = std::pair<std::string, std::string>;  // method, URL without fragment
  std::string miss(const Request& request) const;

  std::string file_;
  std::map<Target, std::vector<Series>> by_target_;
  std::vector<std::string> warnings_;
  size_t size_ = 0;
};

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_RECORDING_H_
