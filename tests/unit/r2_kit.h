// An R2 service in virtual time, driven from a test: each helper makes one call and runs the world
// until it is answered.
#ifndef OFFING_TESTS_UNIT_R2_KIT_H_
#define OFFING_TESTS_UNIT_R2_KIT_H_

#include <cassert>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "emulator/services/r2_service.h"
#include "emulator/world/world.h"

namespace offing {

// A directory that is gone with the test.
struct Folder {
  Folder();
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  std::filesystem::path path;
};

class R2Kit {
 public:
  static constexpr int64_t kSecond = 1000, kDay = 86'400'000;

  explicit R2Kit(R2Settings settings = {}, std::string state = "", uint64_t seed = 1);
  ~R2Kit();

  R2Answer call(R2Call call, std::string_view door = "binding");
  // Begins a call; `run` delivers its answer.
  std::shared_ptr<std::optional<R2Answer>> start(R2Call call, std::string_view door = "binding");
  void run_until_answered(const std::vector<std::shared_ptr<std::optional<R2Answer>>>& answers);
  void advance(int64_t ms);

  R2Call make(R2Call::Op op, std::string key);
  R2Call put_call(std::string key, std::string value);
  R2Answer put(std::string key, std::string value) {
    return call(put_call(std::move(key), std::move(value)));
  }
  R2Answer put_if_absent(std::string key, std::string value);
  R2Answer get(std::string key) { return call(make(R2Call::Op::kGet, std::move(key))); }
  R2Answer head(std::string key) { return call(make(R2Call::Op::kHead, std::move(key))); }
  R2Answer remove(std::string key) { return call(make(R2Call::Op::kDelete, std::move(key))); }
  R2Answer remove(std::vector<std::string> keys);
  R2Answer list(std::string prefix = "");
  R2Answer copy(std::string from, std::string to);
  std::string begin_upload(std::string key);
  // The ETag.
  std::string upload_part(std::string key, std::string upload, uint32_t number, std::string value);
  R2Answer complete(std::string key, std::string upload, std::vector<R2Call::ChosenPart> parts);
  R2Answer abort(std::string key, std::string upload);

  // What an answer of get holds, streamed or not; "<absent>", "<condition>", "<error code>".
  std::string text(R2Answer answer);
  std::string value(std::string key) { return text(get(std::move(key))); }
  // "ok", "condition", or the message as a binding shows it: "put: … (10069)".
  static std::string said(R2Call::Op op, const R2Answer& answer);
  std::vector<std::string> keys(std::string prefix = "");

  VirtualWorld world;
  std::unique_ptr<R2Service> r2;
  uint32_t bucket = 0;   // "bucket"
};

// Gives `pieces` one at a time, each when the test says `next`.
class HeldSource {
 public:
  std::unique_ptr<ByteSource> source();
  void give(std::string bytes);
  void end();
  void fail(std::string text);
  bool cancelled() const;

  struct State {
    std::optional<ByteSource::Done> waiting;
    std::vector<Chunk> ready;
    bool cancelled = false;
  };

 private:
  void add(Chunk chunk);
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace offing

#endif  // OFFING_TESTS_UNIT_R2_KIT_H_
