#include "tests/unit/r2_kit.h"

#include <unistd.h>

#include "runtime/bindings/r2_action.h"

namespace offing {

using Op = R2Call::Op;

// In memory where that is possible: what a copy of the files finds does not depend on the disk.
Folder::Folder() {
  const std::filesystem::path memory = "/dev/shm";
  std::error_code none;
  const bool usable = std::filesystem::is_directory(memory, none);
  std::string pattern =
      ((usable ? memory : std::filesystem::temp_directory_path()) / "offing-r2-XXXXXX").string();
  path = mkdtemp(pattern.data());
}

R2Kit::R2Kit(R2Settings settings, std::string state, uint64_t seed) : world(seed) {
  auto opened = R2Service::open(world, std::move(settings), std::move(state));
  if (!opened) std::fprintf(stderr, "R2Service::open: %s\n", opened.error().c_str());
  assert(opened);
  r2 = std::move(*opened);
  bucket = r2->bucket_for_binding("bucket", "");
}

R2Kit::~R2Kit() = default;

std::shared_ptr<std::optional<R2Answer>> R2Kit::start(R2Call call, std::string_view door) {
  auto slot = std::make_shared<std::optional<R2Answer>>();
  r2->call({0, "LHR", door}, std::move(call), [this, slot](R2Answer answer) {
    slot->emplace(std::move(answer));
    world.stop();
  });
  return slot;
}

void R2Kit::run_until_answered(
    const std::vector<std::shared_ptr<std::optional<R2Answer>>>& answers) {
  for (const auto& answer : answers) {
    while (!*answer) {
      world.go_on();
      world.run();
    }
  }
}

R2Answer R2Kit::call(R2Call call, std::string_view door) {
  auto answer = start(std::move(call), door);
  run_until_answered({answer});
  return std::move(**answer);
}

void R2Kit::advance(int64_t ms) {
  bool there = false;
  world.schedule_after(ms * 1000, [&] {
    there = true;
    world.stop();
  });
  while (!there) {
    world.go_on();
    world.run();
  }
}

R2Call R2Kit::make(Op op, std::string key) {
  R2Call call;
  call.op = op;
  call.bucket = bucket;
  call.key = std::move(key);
  return call;
}

R2Call R2Kit::put_call(std::string key, std::string value) {
  R2Call call = make(Op::kPut, std::move(key));
  call.value = std::move(value);
  return call;
}

R2Answer R2Kit::put_if_absent(std::string key, std::string value) {
  R2Call call = put_call(std::move(key), std::move(value));
  call.only_if.emplace();
  call.only_if->etag_does_not_match = {{"", r2::EtagTag::Kind::kWildcard}};
  return this->call(std::move(call));
}

R2Answer R2Kit::remove(std::vector<std::string> keys) {
  R2Call call = make(Op::kDelete, "");
  call.keys = std::move(keys);
  call.is_multi_delete = true;
  return this->call(std::move(call));
}

R2Answer R2Kit::list(std::string prefix) {
  R2Call call = make(Op::kList, "");
  call.prefix = std::move(prefix);
  return this->call(std::move(call));
}

R2Answer R2Kit::copy(std::string from, std::string to) {
  R2Call call = make(Op::kCopy, std::move(to));
  call.source_bucket = bucket;
  call.source_key = std::move(from);
  return this->call(std::move(call), "s3");
}

std::string R2Kit::begin_upload(std::string key) {
  return call(make(Op::kCreateMultipartUpload, std::move(key))).upload_id;
}

std::string R2Kit::upload_part(std::string key, std::string upload, uint32_t number,
                               std::string value) {
  R2Call call = make(Op::kUploadPart, std::move(key));
  call.upload_id = std::move(upload);
  call.part_number = number;
  call.value = std::move(value);
  R2Answer answer = this->call(std::move(call));
  return answer.error ? said(Op::kUploadPart, answer) : answer.etag;
}

R2Answer R2Kit::complete(std::string key, std::string upload,
                         std::vector<R2Call::ChosenPart> parts) {
  R2Call call = make(Op::kCompleteMultipartUpload, std::move(key));
  call.upload_id = std::move(upload);
  call.parts = std::move(parts);
  return this->call(std::move(call));
}

R2Answer R2Kit::abort(std::string key, std::string upload) {
  R2Call call = make(Op::kAbortMultipartUpload, std::move(key));
  call.upload_id = std::move(upload);
  return this->call(std::move(call));
}

std::string R2Kit::text(R2Answer answer) {
  if (answer.error) return "<" + std::to_string(answer.error->row().v4_code) + ">";
  if (answer.condition_failed) return "<condition>";
  if (!answer.object) return "<absent>";
  if (answer.bytes) return *answer.bytes;
  std::string all;
  bool ended = false;
  while (!ended) {
    answer.body->read([&](Chunk chunk) {
      ended = chunk.kind != Chunk::Kind::kData;
      if (!ended) all += chunk.bytes;
    });
  }
  return all;
}

std::string R2Kit::said(Op op, const R2Answer& answer) {
  if (answer.condition_failed) return "condition";
  if (!answer.error) return "ok";
  return std::string(r2_action(op)) + ": " + answer.error->text + " (" +
         std::to_string(answer.error->row().v4_code) + ")";
}

std::vector<std::string> R2Kit::keys(std::string prefix) {
  std::vector<std::string> keys;
  for (const r2::ObjectRef& object : list(std::move(prefix)).objects) keys.push_back(object->key);
  return keys;
}

namespace {

class Held final : public ByteSource {
 public:
  explicit Held(std::shared_ptr<HeldSource::State> state) : state_(std::move(state)) {}
  void read(Done done) override {
    if (state_->ready.empty()) {
      state_->waiting = std::move(done);
      return;
    }
    Chunk chunk = std::move(state_->ready.front());
    state_->ready.erase(state_->ready.begin());
    done(std::move(chunk));
  }
  void cancel(std::string_view) override { state_->cancelled = true; }

 private:
  std::shared_ptr<HeldSource::State> state_;
};

}  // namespace

std::unique_ptr<ByteSource> HeldSource::source() { return std::make_unique<Held>(state_); }
void HeldSource::give(std::string bytes) { add(Chunk::data(std::move(bytes))); }
void HeldSource::end() { add(Chunk::end()); }
void HeldSource::fail(std::string text) { add(Chunk::error(std::move(text))); }
bool HeldSource::cancelled() const { return state_->cancelled; }

void HeldSource::add(Chunk chunk) {
  if (!state_->waiting) {
    state_->ready.push_back(std::move(chunk));
    return;
  }
  ByteSource::Done done = std::move(*state_->waiting);
  state_->waiting.reset();
  done(std::move(chunk));
}

}  // namespace offing
