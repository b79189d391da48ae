#include "emulator/s3/aws_chunked.h"
#include "tests/unit/s3_wire_kit.h"

using namespace offing;
using namespace offing::test;
using digest::Algorithm;
using s3::ChunkedHead;
using s3::Trailers;

namespace {

struct Result {
  std::string bytes, error;
  std::shared_ptr<Trailers> trailers = std::make_shared<Trailers>();
};

Result decode(std::deque<Chunk> chunks, ChunkedHead head) {
  Result result;
  auto decoded =
      s3::decode_aws_chunked(std::make_unique<Pieces>(std::move(chunks)), head, result.trailers);
  for (bool more = true; more;) {
    decoded->read([&](Chunk chunk) {
      more = chunk.kind == Chunk::Kind::kData;
      if (chunk.kind == Chunk::Kind::kError) {
        result.error = chunk.bytes;
      } else {
        CHECK((chunk.kind == Chunk::Kind::kEnd) == chunk.bytes.empty());
        result.bytes += chunk.bytes;
      }
    });
  }
  return result;
}

std::string failure_code(std::string_view coded, ChunkedHead head) {
  const Result result = decode(cut(coded, 3), head);
  CHECK(!result.trailers->complete);
  CHECK(!result.error.empty());
  REQUIRE(result.trailers->failure);
  return result.trailers->failure->code;
}

std::string chunked(std::string_view bytes, size_t size, std::string_view trailer) {
  std::string out;
  char hex[32];
  for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
    const std::string_view one = bytes.substr(0, size);
    std::snprintf(hex, sizeof hex, "%zx\r\n", one.size());
    out.append(hex).append(one).append("\r\n");
  }
  return out.append("0\r\n").append(trailer).append("\r\n");
}

}  // namespace

TEST_CASE("spec/r2.md 5.1 aws-chunked: bytes and trailer however the body is cut") {
  std::string bytes;
  for (int i = 0; i < 5000; ++i) bytes += static_cast<char>('a' + i % 26);
  for (const auto& [algorithm, name] :
       {std::pair{Algorithm::kCrc32, "crc32"}, std::pair{Algorithm::kCrc32c, "crc32c"},
        std::pair{Algorithm::kCrc64Nvme, "crc64nvme"}, std::pair{Algorithm::kSha1, "sha1"},
        std::pair{Algorithm::kSha256, "sha256"}}) {
    const r2::Checksum right{algorithm, digest::digest_of(algorithm, bytes)};
    const std::string coded = chunked(
        bytes, 700,
        "x-amz-checksum-" + std::string(name) + ": " + digest::to_base64(right.bytes) + "\r\n");
    for (const size_t size : {size_t{1}, size_t{7}, size_t{699}, size_t{1000}, coded.size()}) {
      const Result result = decode(cut(coded, size), {bytes.size(), algorithm});
      CHECK(result.error == "");
      CHECK(result.bytes == bytes);
      REQUIRE(result.trailers->complete);
      CHECK(result.trailers->checksum == right);
      auto check = s3::trailer_check(result.trailers);
      CHECK(!check({right}));
      CHECK(!check({{Algorithm::kMd5, "x"}, right}));
      const auto wrong = check({{algorithm, std::string(right.bytes.size(), 'x')}});
      REQUIRE(wrong);
      CHECK(wrong->code == r2::Code::kBadDigest);
      CHECK(wrong->text.find("did not match what we received.") != std::string::npos);
      CHECK(check({})->code == r2::Code::kBadDigest);
    }
  }
}

TEST_CASE("spec/r2.md 5.1 aws-chunked: no trailer, an empty body, extensions of a chunk") {
  CHECK(decode(cut("0\r\n\r\n", 100), {0, {}}).trailers->complete);
  CHECK(decode(cut("0\r\n", 100), {0, {}}).trailers->complete);
  const Result result = decode(cut("3;chunk-signature=00ff\r\nabc\r\n0;x=1\r\n\r\n", 4), {3, {}});
  CHECK(result.bytes == "abc");
  CHECK(result.trailers->complete);
  CHECK(!result.trailers->checksum);
  CHECK(!s3::trailer_check(result.trailers)({}));
  CHECK(s3::trailer_check(std::make_shared<Trailers>())({})->code == r2::Code::kIncompleteBody);
  CHECK(decode(cut("A\r\n0123456789\r\n0\r\nx-other: 1\r\n\r\n", 5), {10, {}}).bytes ==
        "0123456789");
}

TEST_CASE("spec/r2.md 5.1 aws-chunked: a body that says one length and has another") {
  CHECK(failure_code("3\r\nabc\r\n0\r\n\r\n", {4, {}}) == "IncompleteBody");
  CHECK(failure_code("3\r\nabc\r\n0\r\n\r\n", {2, {}}) == "IncompleteBody");
  CHECK(failure_code("ffffffffffffffff\r\nabc", {2, {}}) == "IncompleteBody");
  CHECK(failure_code("3\r\nab", {3, {}}) == "IncompleteBody");
  CHECK(failure_code("3\r\nabc\r\n", {3, {}}) == "IncompleteBody");
  CHECK(failure_code("", {0, {}}) == "IncompleteBody");
}

TEST_CASE("spec/r2.md 5.1 aws-chunked: broken forms") {
  CHECK(failure_code("xyz\r\nabc\r\n0\r\n\r\n", {3, {}}) == "InvalidRequest");
  CHECK(failure_code("\r\n", {3, {}}) == "InvalidRequest");
  CHECK(failure_code("-3\r\nabc\r\n0\r\n\r\n", {3, {}}) == "InvalidRequest");
  CHECK(failure_code("11111111111111111\r\n", {3, {}}) == "InvalidRequest");
  CHECK(failure_code("3\nabc\n0\n\n", {3, {}}) == "InvalidRequest");
  CHECK(failure_code("3\r\nabcd\r\n0\r\n\r\n", {4, {}}) == "InvalidRequest");
  CHECK(failure_code("0\r\n\r\nmore", {0, {}}) == "InvalidRequest");
  CHECK(failure_code(std::string(5000, '0'), {3, {}}) == "InvalidRequest");
}

TEST_CASE("spec/r2.md 5.1 aws-chunked: trailers that are not what was announced") {
  const ChunkedHead crc{0, Algorithm::kCrc32};
  CHECK(decode(cut("0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", 3), crc).trailers->complete);
  CHECK(decode(cut("0\r\nX-Amz-Checksum-CRC32:  AAAAAA== \r\n\r\n", 3), crc).trailers->complete);
  CHECK(failure_code("0\r\n\r\n", crc) == "MalformedTrailerError");
  CHECK(failure_code("0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n", crc) == "MalformedTrailerError");
  CHECK(failure_code("0\r\nx-amz-checksum-crc32:!\r\n\r\n", crc) == "MalformedTrailerError");
  CHECK(failure_code("0\r\nx-amz-checksum-crc32c:AAAAAA==\r\n\r\n", crc) ==
        "MalformedTrailerError");
  CHECK(failure_code("0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", {0, {}}) ==
        "MalformedTrailerError");
  CHECK(failure_code("0\r\nx-amz-checksum-crc7:AAAAAA==\r\n\r\n", crc) == "MalformedTrailerError");
  CHECK(failure_code("0\r\nno colon\r\n\r\n", crc) == "MalformedTrailerError");
  std::string many = "0\r\n";
  for (int i = 0; i < 17; ++i) many += "a: b\r\n";
  CHECK(failure_code(many + "\r\n", {0, {}}) == "MalformedTrailerError");
}

TEST_CASE("spec/r2.md C6: an error of the connection is passed on, and is no fault of the form") {
  std::deque<Chunk> chunks;
  chunks.push_back(Chunk::data("3\r\nab"));
  chunks.push_back(Chunk::error("gone"));
  const Result result = decode(std::move(chunks), {3, {}});
  CHECK(result.bytes == "ab");
  CHECK(result.error == "gone");
  CHECK(!result.trailers->failure);
  CHECK(!result.trailers->complete);
}

TEST_CASE("aws-chunked: pulls one piece at a time, and may be destroyed by whom it answers") {
  auto owned = std::make_unique<Pieces>(cut("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", 4), true);
  Pieces* source = owned.get();
  auto trailers = std::make_shared<Trailers>();
  auto decoded = s3::decode_aws_chunked(std::move(owned), {6, {}}, trailers);
  CHECK(decoded->length_bytes() == 6);
  std::string got;
  decoded->read([&](Chunk chunk) { got = chunk.bytes; });
  CHECK(source->is_waiting());
  source->step();
  CHECK(got == "a");
  CHECK(!source->is_waiting());  // nothing is read before it is asked for
  CHECK(decoded->length_bytes() == 5);
  decoded->read([&](Chunk chunk) {
    got = chunk.bytes;
    decoded.reset();
  });
  auto sync = s3::decode_aws_chunked(std::make_unique<Pieces>(cut("3\r\nabc\r\n0\r\n\r\n", 2)),
                                     {3, {}}, trailers);
  sync->read([&](Chunk chunk) {
    got = chunk.bytes;
    sync.reset();
  });
  CHECK(got == "a");
}

TEST_CASE("spec/r2.md 5.1 aws-chunked: what the headers have to say") {
  const auto read = [](auto... fields) { return s3::read_chunked_head(headers_of({fields...})); };
  using Field = std::pair<std::string_view, std::string_view>;
  CHECK(read().error().code == "MissingContentLength");
  CHECK(read(Field{"x-amz-decoded-content-length", "5"})->decoded_bytes == 5);
  CHECK(!read(Field{"x-amz-decoded-content-length", "5"})->trailer_checksum);
  for (const char* value : {"", "-1", "5 ", "0x5", "99999999999999999999"}) {
    CHECK(read(Field{"x-amz-decoded-content-length", value}).error().code == "InvalidArgument");
  }
  CHECK(read(Field{"x-amz-decoded-content-length", "5497558138880"}).error().code ==
        "EntityTooLarge");
  CHECK(read(Field{"x-amz-decoded-content-length", "5"},
             Field{"x-amz-trailer", "X-Amz-Checksum-Crc32"})
            ->trailer_checksum == Algorithm::kCrc32);
  CHECK(read(Field{"x-amz-decoded-content-length", "5"}, Field{"x-amz-trailer", "x-other"})
            .error()
            .http_status == 501);
}

TEST_CASE("spec/r2.md 5.1 aws-chunked: other content codings are kept") {
  CHECK(!s3::without_aws_chunked("aws-chunked"));
  CHECK(!s3::without_aws_chunked("AWS-Chunked, "));
  CHECK(s3::without_aws_chunked("aws-chunked,gzip") == "gzip");
  CHECK(s3::without_aws_chunked("gzip, aws-chunked, br") == "gzip,br");
  CHECK(s3::without_aws_chunked("gzip, br") == "gzip, br");
  CHECK(!s3::without_aws_chunked(""));
}
