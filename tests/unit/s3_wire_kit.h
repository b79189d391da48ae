// Small helpers of the S3 wire tests: keys, requests, and a body that comes in pieces.
#ifndef OFFING_TESTS_UNIT_S3_WIRE_KIT_H_
#define OFFING_TESTS_UNIT_S3_WIRE_KIT_H_

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "emulator/s3/s3_keys.h"
#include "emulator/s3/sigv4.h"
#include "runtime/http/message.h"
#include "storage/digest/digest.h"

namespace offing::test {

// AWS's published examples: these keys, this moment.
inline constexpr std::string_view kExampleKey = "AKIAIOSFODNN7EXAMPLE";
inline constexpr std::string_view kExampleSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
inline constexpr int64_t kExampleMs = 1'369'353'600'000;  // 2013-05-24T00:00:00Z
inline constexpr std::string_view kEmptySha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

inline R2Token token(R2Token::Scope scope = R2Token::Scope::kAdminReadWrite,
                     std::vector<std::string> buckets = {}) {
  R2Token token;
  token.access_key_id = kExampleKey;
  token.secret_access_key = kExampleSecret;
  token.scope = scope;
  token.buckets = std::move(buckets);
  return token;
}

inline HeaderList headers_of(
    std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  HeaderList headers;
  for (const auto& [name, value] : fields) headers.add(name, value);
  return headers;
}

inline Request request_of(std::string method, std::string url) {
  Request request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.headers.add("Host", s3::split_url(request.url).host);
  return request;
}

// Gives its pieces one by one; `later`: each only when `step` is called.
class Pieces final : public ByteSource {
 public:
  explicit Pieces(std::deque<Chunk> chunks, bool later = false)
      : chunks_(std::move(chunks)), later_(later) {}
  void read(Done done) override {
    done_ = std::move(done);
    if (!later_) step();
  }
  void step() {
    Chunk chunk = chunks_.empty() ? Chunk::end() : std::move(chunks_.front());
    if (!chunks_.empty()) chunks_.pop_front();
    Done done = std::move(done_);
    done_ = nullptr;
    done(std::move(chunk));
  }
  bool is_waiting() const { return done_ != nullptr; }
  void cancel(std::string_view) override { chunks_.clear(); }

 private:
  std::deque<Chunk> chunks_;
  bool later_;
  Done done_;
};

inline std::deque<Chunk> cut(std::string_view text, size_t size) {
  std::deque<Chunk> chunks;
  for (; !text.empty(); text.remove_prefix(std::min(size, text.size()))) {
    chunks.push_back(Chunk::data(std::string(text.substr(0, size))));
  }
  return chunks;
}

}  // namespace offing::test

#endif  // OFFING_TESTS_UNIT_S3_WIRE_KIT_H_
