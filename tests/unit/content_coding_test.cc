// Content codings in both directions: as streams, and on whole responses.
#include "emulator/http/content_coding.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace offing;
using offing::http::ContentCoding;

namespace {

// Gives its chunks one a read; past them it waits, until `give` or `finish`.
class Fed final : public ByteSource {
 public:
  explicit Fed(std::vector<std::string> chunks, bool ends)
      : chunks_(std::move(chunks)), ends_(ends) {}
  void read(Done done) override {
    if (next_ < chunks_.size()) return done(Chunk::data(chunks_[next_++]));
    if (ends_) return done(Chunk::end());
    waiting_ = std::move(done);
  }
  void cancel(std::string_view) override { waiting_ = nullptr; }
  void give(Chunk chunk) { std::exchange(waiting_, nullptr)(std::move(chunk)); }
  bool waiting() const { return static_cast<bool>(waiting_); }

 private:
  std::vector<std::string> chunks_;
  bool ends_;
  size_t next_ = 0;
  Done waiting_;
};

std::unique_ptr<ByteSource> in_pieces(const std::string& all, size_t piece_bytes) {
  std::vector<std::string> pieces;
  for (size_t at = 0; at < all.size(); at += piece_bytes) {
    pieces.push_back(all.substr(at, piece_bytes));
  }
  return std::make_unique<Fed>(std::move(pieces), true);
}

// Everything, or "error: ...".
std::string all_of(std::unique_ptr<ByteSource> source) {
  std::string out = "never answered";
  read_all(std::move(source), 1ull << 32, [&](Chunk all) {
    out = all.kind == Chunk::Kind::kError ? "error: " + all.bytes : all.bytes;
  });
  return out;
}

std::string sample(size_t size_bytes) {
  std::string text;
  uint32_t x = 1;
  while (text.size() < size_bytes) text += std::to_string(x = x * 1664525 + 1013904223) + " tide ";
  text.resize(size_bytes);
  return text;
}

std::string coded(ContentCoding coding, const std::string& plain) {
  return all_of(http::encode(coding, source_of(plain)));
}

constexpr ContentCoding kAll[] = {ContentCoding::kGzip, ContentCoding::kDeflate,
                                  ContentCoding::kBrotli};

Response response_of(std::string body, const char* coding) {
  Response response;
  response.has_body = true;
  response.headers.add("content-encoding", coding);
  response.headers.add("content-length", std::to_string(body.size()));
  response.body = std::move(body);
  return response;
}
std::string body_of(Response& response) {
  return response.stream ? all_of(std::move(response.stream)) : response.body;
}

}  // namespace

TEST_CASE("codings: what is encoded decodes to itself, however it is cut") {
  for (ContentCoding coding : kAll) {
    for (size_t size : {0, 1, 1000, 64 * 1024, 64 * 1024 + 1, 1 << 20}) {
      const std::string plain = sample(size);
      const std::string bytes = all_of(http::encode(coding, in_pieces(plain, 10'000)));
      if (size > 1000) CHECK(bytes.size() < size);
      const size_t piece = size > 1000 ? 777 : 1;
      CHECK(all_of(http::decode(coding, in_pieces(bytes, piece))) == plain);
      CHECK(all_of(http::decode(coding, source_of(bytes))) == plain);
    }
  }
}

TEST_CASE("codings: a body of a few bytes that unfolds to much comes in bounded chunks") {
  for (ContentCoding coding : kAll) {
    const std::string bomb = coded(coding, std::string(64 << 20, 'x'));
    CHECK(bomb.size() < 100'000);
    auto source = http::decode(coding, source_of(bomb));
    size_t total = 0, largest = 0;
    for (bool more = true; more;) {
      source->read([&](Chunk chunk) {
        more = chunk.kind == Chunk::Kind::kData;
        total += chunk.bytes.size();
        largest = std::max(largest, chunk.bytes.size());
      });
    }
    CHECK(total == 64 << 20);
    CHECK(largest <= 64 * 1024);
    Response response = response_of(bomb, coding == ContentCoding::kBrotli ? "br" : "gzip");
    http::decode_body(response);
    CHECK(response.stream != nullptr);
  }
}

TEST_CASE("codings: broken and shortened bodies end in an error that says so") {
  const std::string gzip = coded(ContentCoding::kGzip, sample(10'000));
  const std::string br = coded(ContentCoding::kBrotli, sample(10'000));
  const auto decoded = [](ContentCoding coding, std::string bytes) {
    return all_of(http::decode(coding, source_of(std::move(bytes))));
  };
  CHECK(decoded(ContentCoding::kGzip, "this is no gzip") ==
        "error: Gzip decompression failed. (the response's body: incorrect header check)");
  CHECK(decoded(ContentCoding::kGzip, gzip.substr(0, 100)) ==
        "error: Gzip compressed stream ended prematurely.");
  CHECK(decoded(ContentCoding::kBrotli, br.substr(0, 100)) ==
        "error: Brotli compressed stream ended prematurely.");
  CHECK(decoded(ContentCoding::kBrotli, std::string(100, '\xff'))
            .starts_with("error: Brotli decompression failed."));
  CHECK(decoded(ContentCoding::kGzip, "") == "");
  // A small body says it when it is read, as one from the network does.
  Response response = response_of("this is no gzip", "gzip");
  http::decode_body(response);
  CHECK(body_of(response).starts_with("error: Gzip decompression failed."));
}

TEST_CASE("codings: several gzip members are one body, padding behind them is none of it") {
  const std::string one = coded(ContentCoding::kGzip, "one");
  const std::string two = coded(ContentCoding::kGzip, "two");
  for (size_t piece : {1, 7, 1000}) {
    CHECK(all_of(http::decode(ContentCoding::kGzip, in_pieces(one + two, piece))) == "onetwo");
    const std::string padded = one + std::string(20, '\0');
    CHECK(all_of(http::decode(ContentCoding::kGzip, in_pieces(padded, piece))) == "one");
  }
}

TEST_CASE("codings: bare deflate is told from zlib's format") {
  const std::string zlib = coded(ContentCoding::kDeflate, sample(5000));
  const std::string bare = zlib.substr(2, zlib.size() - 6);
  CHECK(all_of(http::decode(ContentCoding::kDeflate, source_of(bare))) == sample(5000));
}

TEST_CASE("codings: an encoder holds nothing back while its source waits") {
  for (ContentCoding coding : kAll) {
    auto owned = std::make_unique<Fed>(std::vector<std::string>{"data: 1\n\n"}, false);
    Fed* fed = owned.get();
    auto source = http::decode(coding, http::encode(coding, std::move(owned)));
    std::string got;
    bool ended = false;
    const auto read = [&] {
      source->read([&](Chunk chunk) {
        ended = chunk.kind == Chunk::Kind::kEnd;
        got += chunk.bytes;
      });
    };
    read();
    CHECK(got == "data: 1\n\n");
    read();
    REQUIRE(fed->waiting());
    fed->give(Chunk::data("data: 2\n\n"));
    CHECK(got == "data: 1\n\ndata: 2\n\n");
    read();
    REQUIRE(fed->waiting());
    fed->give(Chunk::end());
    CHECK(ended);
  }
}

TEST_CASE("codings: the source's own error is passed on, behind what came before it") {
  auto owned = std::make_unique<Fed>(
      std::vector<std::string>{coded(ContentCoding::kGzip, sample(9000)).substr(0, 2000)}, false);
  Fed* fed = owned.get();
  std::string error;
  auto source = http::decode(ContentCoding::kGzip, std::move(owned));
  source->read([&](Chunk chunk) { CHECK(chunk.kind == Chunk::Kind::kData); });
  source->read([&](Chunk chunk) { error = chunk.bytes; });
  fed->give(Chunk::error("Network connection lost."));
  CHECK(error == "Network connection lost.");
}

TEST_CASE("codings: a fetched response returned unchanged reaches the client as it came") {
  for (const char* name : {"gzip", "br"}) {
    for (size_t size : {200, 1 << 20}) {
      const auto coding = *name == 'g' ? ContentCoding::kGzip : ContentCoding::kBrotli;
      Response response = response_of(coded(coding, sample(size)), name);
      http::decode_body(response);
      CHECK_FALSE(response.headers.has("content-length"));
      CHECK(response.headers.get("content-encoding") == name);
      CHECK((response.stream == nullptr) == (size <= 64 * 1024));
      http::encode_body(response);
      CHECK(response.headers.get("content-encoding") == name);
      CHECK(all_of(http::decode(coding, source_of(body_of(response)))) == sample(size));
    }
  }
  Response response = response_of(coded(ContentCoding::kDeflate, "plain"), "deflate");
  http::decode_body(response);
  http::encode_body(response);
  CHECK_FALSE(response.headers.has("content-encoding"));
  CHECK(body_of(response) == "plain");
}

TEST_CASE("spec/runtime-api.md 2: encodeBody manual, unknown codings and no body are left alone") {
  Response manual = response_of("as the guest made it", "gzip");
  manual.encoded_by_guest = true;
  http::encode_body(manual);
  CHECK(manual.body == "as the guest made it");
  CHECK(manual.headers.has("content-length"));
  for (const char* name : {"zstd", "gzip, br", "identity", "deflate"}) {
    Response other = response_of("bytes", name);
    http::encode_body(other);
    CHECK(other.body == "bytes");
  }
  Response twice = response_of("bytes", "gzip");
  twice.headers.add("content-encoding", "gzip");
  http::decode_body(twice);
  http::encode_body(twice);
  CHECK(twice.body == "bytes");
  Response head = response_of("", "gzip");
  head.has_body = false;
  http::decode_body(head);
  http::encode_body(head);
  CHECK(head.headers.get("content-length") == "0");
}
