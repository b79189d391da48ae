// Objects: get, head, put, delete, copy, and how bodies come in. spec/r2.md 5.2, 5.3, 1.4, 1.5, 4.
#include <doctest/doctest.h>

#include "emulator/s3/s3_headers.h"
#include "tests/unit/r2_kit.h"
#include "tests/unit/s3_kit.h"

namespace offing {

using digest::Algorithm;

static std::string message(const S3Reply& reply) { return reply.element("Message"); }
static std::string quoted_md5(std::string_view bytes) { return "\"" + md5_hex(bytes) + "\""; }

TEST_CASE("spec/r2.md 5.3 Put and Get: bytes, etag, metadata, version") {
  S3Kit s3;
  const S3Reply put = s3.put("/bucket/key", "0123456789",
                             {{"Content-Type", "text/markdown"},
                              {"Cache-Control", "max-age=60"},
                              {"Content-Language", "de"},
                              {"Content-Disposition", "inline"},
                              {"Content-Encoding", "gzip"},
                              {"Expires", "Sun, 06 Nov 2033 08:49:37 GMT"},
                              {"x-amz-meta-Hello", "=?utf-8?Q?W=C3=A4rld?="}});
  CHECK(put.status == 200);
  CHECK(put.body == "");
  CHECK(put.header("etag") == quoted_md5("0123456789"));
  const S3Reply got = s3.get("/bucket/key");
  CHECK(got.status == 200);
  CHECK(got.body == "0123456789");
  CHECK(got.header("content-type") == "text/markdown");
  CHECK(got.header("cache-control") == "max-age=60");
  CHECK(got.header("content-language") == "de");
  CHECK(got.header("content-disposition") == "inline");
  CHECK(got.header("content-encoding") == "gzip");
  CHECK(got.header("expires") == "Sun, 06 Nov 2033 08:49:37 GMT");
  CHECK(got.header("x-amz-meta-hello") == "=?UTF-8?B?V8Okcmxk?=");
  CHECK(got.header("accept-ranges") == "bytes");
  CHECK(got.header("last-modified") == "Thu, 01 Jan 2026 00:00:00 GMT");
  CHECK(got.header("x-amz-storage-class") == "STANDARD");
  CHECK(got.header("x-amz-version-id") == put.header("x-amz-version-id"));
  CHECK(s3.r2->find_bucket("bucket")->objects.begin()->second->custom ==
        r2::CustomMetadata{{"hello", "Wärld"}});
}

TEST_CASE("spec/r2.md 5.3 Head: length and metadata, no body; errors have none either") {
  S3Kit s3;
  s3.put("/bucket/key", "abcde");
  const S3Reply head = s3.send("HEAD", "/bucket/key");
  CHECK(head.status == 200);
  CHECK(head.body == "");
  CHECK(head.header("content-length") == "5");
  CHECK(head.header("content-type") == "application/octet-stream");
  const S3Reply none = s3.send("HEAD", "/bucket/none");
  CHECK(none.status == 404);
  CHECK(none.body == "");
  CHECK(s3.get("/bucket/none").body ==
        R"(<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoSuchKey</Code>)"
        R"(<Message>The specified key does not exist.</Message></Error>)");
}

TEST_CASE("spec/r2.md 5.3 Delete: 204 whether there was one or not") {
  S3Kit s3;
  s3.put("/bucket/key", "x");
  for (int i = 0; i < 2; ++i) {
    const S3Reply reply = s3.remove("/bucket/key");
    CHECK(reply.status == 204);
    CHECK(reply.body == "");
  }
  CHECK(s3.get("/bucket/key").said() == "404 NoSuchKey");
}

TEST_CASE("spec/r2.md 5.3 Get conditionals: 304 and 412") {
  S3Kit s3;
  s3.put("/bucket/key", "x", {{"Cache-Control", "no-cache"}});
  const std::string etag = quoted_md5("x"), other = quoted_md5("y");
  const std::string before = "Wed, 31 Dec 2025 00:00:00 GMT", now = "Thu, 01 Jan 2026 00:00:00 GMT";
  const S3Reply same = s3.get("/bucket/key", {{"If-None-Match", etag}});
  CHECK(same.status == 304);
  CHECK(same.body == "");
  CHECK(same.header("etag") == etag);
  CHECK(same.header("cache-control") == "no-cache");
  CHECK(s3.send("HEAD", "/bucket/key", {{"If-None-Match", "*"}}).status == 304);
  CHECK(s3.get("/bucket/key", {{"If-Modified-Since", now}}).status == 304);
  CHECK(s3.get("/bucket/key", {{"If-Modified-Since", before}}).status == 200);
  const S3Reply failed = s3.get("/bucket/key", {{"If-Match", other}});
  CHECK(failed.said() == "412 PreconditionFailed");
  CHECK(message(failed) == "At least one of the pre-conditions you specified did not hold.");
  CHECK(s3.get("/bucket/key", {{"If-Unmodified-Since", before}}).status == 412);
  CHECK(s3.get("/bucket/key", {{"If-Match", etag}, {"If-None-Match", etag}}).status == 304);
  CHECK(s3.get("/bucket/key", {{"If-Match", other}, {"If-None-Match", etag}}).status == 412);
  CHECK(s3.get("/bucket/none", {{"If-Match", etag}}).said() == "404 NoSuchKey");
}

TEST_CASE("spec/r2.md 5.3 Put conditionals: 412; create-only, and compare-and-swap") {
  S3Kit s3;
  const S3Kit::Headers create = {{"If-None-Match", "*"}};
  CHECK(s3.put("/bucket/key", "one", create).status == 200);
  CHECK(s3.put("/bucket/key", "two", create).said() == "412 PreconditionFailed");
  CHECK(s3.put("/bucket/key", "two", {{"If-Match", quoted_md5("one")}}).status == 200);
  CHECK(s3.put("/bucket/key", "three", {{"If-Match", quoted_md5("one")}}).said() ==
        "412 PreconditionFailed");
  CHECK(s3.put("/bucket/key", "three", {{"If-Unmodified-Since", "Wed, 31 Dec 2025 00:00:00 GMT"}})
            .said() == "412 PreconditionFailed");
  CHECK(s3.put("/bucket/none", "x", {{"If-Match", "*"}}).said() == "412 PreconditionFailed");
  CHECK(s3.get("/bucket/key").body == "two");
}

TEST_CASE("spec/r2.md 5.3 ranges: 206, HEAD too; malformed, inverted, unsatisfiable") {
  S3Kit s3;
  s3.put("/bucket/key", "0123456789");
  s3.put("/bucket/empty", "");
  auto ranged = [&s3](std::string range, const char* target = "/bucket/key") {
    return s3.get(target, {{"Range", std::move(range)}});
  };
  const S3Reply middle = ranged("bytes=2-4");
  CHECK(middle.status == 206);
  CHECK(middle.body == "234");
  CHECK(middle.header("content-range") == "bytes 2-4/10");
  CHECK(ranged("bytes=-3").body == "789");
  CHECK(ranged("bytes=7-").body == "789");
  CHECK(ranged("bytes=8-99").header("content-range") == "bytes 8-9/10");
  CHECK(ranged("bytes=-99").body == "0123456789");
  const S3Reply head = s3.send("HEAD", "/bucket/key", {{"Range", "bytes=0-4"}});
  CHECK(head.status == 206);
  CHECK(head.header("content-length") == "5");
  CHECK(head.header("content-range") == "bytes 0-4/10");
  CHECK(head.body == "");
  const S3Reply malformed = ranged("bytes=zzz");
  CHECK(malformed.said() == "400 InvalidArgument");
  CHECK(message(malformed) ==
        "range must be in format &apos;bytes=start-end&apos;, &apos;bytes=start-&apos; or "
        "&apos;bytes=-suffix&apos;.&apos;");
  CHECK(ranged("bytes=0-1,3-4").said() == "400 InvalidArgument");
  CHECK(message(ranged("bytes=5-2")) == "range must be positive.");
  for (const char* bad : {"bytes=-0", "bytes=10-", "bytes=99-100"}) {
    const S3Reply reply = ranged(bad);
    CHECK(reply.said() == "416 InvalidRange");
    CHECK(message(reply) == "The requested range is not satisfiable");
  }
  CHECK(ranged("bytes=0-", "/bucket/empty").said() == "416 InvalidRange");
  CHECK(s3.get("/bucket/empty").status == 200);
}

TEST_CASE("5.2 GetObject: a presigned URL's response-* parameters") {
  S3Kit s3;
  s3.put("/bucket/key", "x", {{"Content-Type", "text/plain"}});
  const S3Reply reply = s3.presigned(
      "GET",
      "/bucket/key?response-content-type=text%2Fcsv&response-content-disposition=attachment");
  CHECK(reply.header("content-type") == "text/csv");
  CHECK(reply.header("content-disposition") == "attachment");
}

// ---- Checksums, SSE-C, storage classes

TEST_CASE("spec/r2.md 5.2 Content-MD5, x-amz-checksum-*: compared, kept, and shown on request") {
  S3Kit s3;
  CHECK(s3.put("/bucket/key", "data", {{"Content-MD5", base64_of(Algorithm::kMd5, "data")}})
            .status == 200);
  const S3Reply bad =
      s3.put("/bucket/key", "x", {{"Content-MD5", base64_of(Algorithm::kMd5, "other")}});
  CHECK(bad.said() == "400 BadDigest");
  CHECK(message(bad).starts_with("The MD5 checksum you specified did not match what we received."));
  CHECK(s3.put("/bucket/key", "x", {{"Content-MD5", "not-base64!!!"}}).said() ==
        "400 InvalidDigest");
  CHECK(s3.get("/bucket/key").body == "data");
  for (Algorithm algorithm : {Algorithm::kCrc32, Algorithm::kCrc32c, Algorithm::kCrc64Nvme,
                              Algorithm::kSha1, Algorithm::kSha256}) {
    const std::string header(s3::checksum_header(algorithm));
    const std::string right = base64_of(algorithm, "data");
    CHECK(s3.put("/bucket/key", "data", {{header, base64_of(algorithm, "x")}}).said() ==
          "400 BadDigest");
    CHECK(s3.put("/bucket/key", "data", {{header, right}}).header(header) == right);
    CHECK(s3.get("/bucket/key").header(header) == "<none>");
    CHECK(s3.get("/bucket/key", {{"x-amz-checksum-mode", "ENABLED"}}).header(header) == right);
  }
}

TEST_CASE("spec/r2.md 5.2 SSE-C: the triple, wrong keys, and keys for plain objects") {
  S3Kit s3;
  const S3Kit::Headers key = ssec_headers('k');
  const S3Reply put = s3.put("/bucket/key", "secret", key);
  CHECK(put.status == 200);
  CHECK(put.header("x-amz-server-side-encryption-customer-algorithm") == "AES256");
  CHECK(s3.get("/bucket/key", key).body == "secret");
  CHECK(s3.get("/bucket/key").said() == "400 InvalidRequest");
  CHECK(s3.get("/bucket/key", ssec_headers('w')).said() == "403 AccessDenied");
  CHECK(s3.send("HEAD", "/bucket/key").status == 400);
  CHECK(message(s3.get("/bucket/key", {key[0]})) ==
        "Requests specifying Server Side Encryption with Customer provided keys must provide an "
        "appropriate secret key.");
  CHECK(message(s3.get("/bucket/key", {key[0], key[1]}))
            .ends_with("must provide the client calculated MD5 of the secret key."));
  CHECK(message(s3.get("/bucket/key", {key[1], key[2]}))
            .ends_with("must provide a valid encryption algorithm."));
  CHECK(s3.get("/bucket/key", {{key[0].first, "AES128"}, key[1], key[2]}).said() ==
        "400 InvalidEncryptionAlgorithmError");
  s3.put("/bucket/plain", "plain");
  CHECK(message(s3.get("/bucket/plain", key)) ==
        "The encryption parameters are not applicable to this object.");
}

TEST_CASE("spec/r2.md 3.3 storage classes: STANDARD, STANDARD_IA, the bucket's default") {
  S3Kit s3;
  auto stored = [&s3](S3Kit::Headers headers) {
    s3.put("/bucket/key", "x", std::move(headers));
    return s3.get("/bucket/key").header("x-amz-storage-class");
  };
  CHECK(stored({}) == "STANDARD");
  CHECK(stored({{"x-amz-storage-class", "STANDARD_IA"}}) == "STANDARD_IA");
  REQUIRE(s3.r2->set_default_class("bucket", r2::StorageClass::kInfrequentAccess));
  CHECK(stored({}) == "STANDARD_IA");
  CHECK(stored({{"x-amz-storage-class", "STANDARD"}}) == "STANDARD");
  const S3Reply bad = s3.put("/bucket/key", "x", {{"x-amz-storage-class", "GLACIER"}});
  CHECK(bad.said() == "400 InvalidStorageClass");
  CHECK(message(bad) == "The storage class specified is not valid.");
}

TEST_CASE("spec/r2.md 1.12: too much metadata; x-amz-missing-meta for what no header can carry") {
  S3Kit s3;
  CHECK(s3.put("/bucket/key", "x", {{"x-amz-meta-a", std::string(8200, 'm')}}).said() ==
        "400 MetadataTooLarge");
  r2::Object object;
  object.key = "key";
  object.custom = {{"schlüssel", "1"}, {"plain", "2"}};
  REQUIRE(s3.r2->seed("bucket", object, "x"));
  const S3Reply got = s3.get("/bucket/key");
  CHECK(got.header("x-amz-missing-meta") == "1");
  CHECK(got.header("x-amz-meta-plain") == "2");
}

// ---- DeleteObjects

TEST_CASE("spec/r2.md 5.3 DeleteObjects: missing keys are Deleted, Quiet is checked and ignored") {
  S3Kit s3;
  s3.put("/bucket/a", "x");
  s3.put("/bucket/b&c", "x");
  const S3Reply reply = s3.post("/bucket?delete",
                                "<Delete><Quiet>true</Quiet><Object><Key>a</Key></Object>"
                                "<Object><Key>b&amp;c</Key></Object>"
                                "<Object><Key>none</Key></Object></Delete>");
  CHECK(reply.status == 200);
  CHECK(reply.elements("Key") == std::vector<std::string>{"a", "b&amp;c", "none"});
  CHECK(reply.elements("Error").empty());
  CHECK(s3.stored_keys().empty());
}

TEST_CASE("spec/r2.md 5.3 DeleteObjects: 1 to 1,000 keys, else MalformedXML") {
  S3Kit s3;
  s3.put("/bucket/k1", "x");
  auto with = [&s3](size_t count) {
    std::string xml = "<Delete>";
    for (size_t i = 0; i < count; ++i)
      xml += "<Object><Key>k" + std::to_string(i) + "</Key></Object>";
    return s3.post("/bucket?delete", xml + "</Delete>");
  };
  CHECK(with(0).said() == "400 MalformedXML");
  CHECK(with(1001).said() == "400 MalformedXML");
  CHECK(s3.stored_keys().size() == 1);
  CHECK(with(1000).elements("Deleted").size() == 1000);
  CHECK(s3.stored_keys().empty());
  for (const char* bad : {"", "<NotDelete/>",
                          "<Delete><Object><NotKey>x</NotKey></Object></Delete>",
                          "<Delete><Quiet>TRUE</Quiet><Object><Key>x</Key></Object></Delete>"})
    CHECK(s3.post("/bucket?delete", bad).said() == "400 MalformedXML");
}

// ---- Copy

TEST_CASE("spec/r2.md 5.3 CopyObject: metadata by COPY, REPLACE and MERGE") {
  S3Kit s3;
  s3.put("/bucket/a b", "copy me",
         {{"Content-Type", "text/csv"}, {"x-amz-meta-one", "1"}, {"x-amz-meta-two", "2"}});
  auto copy = [&s3](std::string directive, S3Kit::Headers headers) {
    const S3Reply reply = s3.put("/bucket/copy", "",
                                 S3Kit::Headers{{"x-amz-copy-source", "/bucket/a%20b"},
                                                {"x-amz-metadata-directive", directive}} + headers);
    CHECK(reply.element("ETag") == "&quot;" + md5_hex("copy me") + "&quot;");
    CHECK(reply.element("LastModified") == "2026-01-01T00:00:00.000Z");
    CHECK(reply.header("x-amz-version-id").size() == 36);
    return s3.get("/bucket/copy");
  };
  const S3Kit::Headers own = {{"Content-Language", "de"}, {"x-amz-meta-two", "zwei"}};
  S3Reply got = copy("COPY", own);
  CHECK(got.body == "copy me");
  CHECK(got.header("content-type") == "text/csv");
  CHECK(got.header("content-language") == "<none>");
  CHECK(got.header("x-amz-meta-two") == "2");
  got = copy("REPLACE", own);
  CHECK(got.header("content-type") == "application/octet-stream");
  CHECK(got.header("content-language") == "de");
  CHECK(got.header("x-amz-meta-one") == "<none>");
  CHECK(got.header("x-amz-meta-two") == "zwei");
  got = copy("MERGE", own);
  CHECK(got.header("content-type") == "text/csv");
  CHECK(got.header("content-language") == "de");
  CHECK(got.header("x-amz-meta-one") == "1");
  CHECK(got.header("x-amz-meta-two") == "zwei");
}

TEST_CASE("spec/r2.md 5.3 CopyObject: across buckets, onto itself, and its errors") {
  S3Kit s3;
  s3.r2->bucket_for_binding("other", "");
  s3.put("/other/key", "other");
  auto copy = [&s3](std::string source, S3Kit::Headers headers = {}) {
    return s3.put("/bucket/copy", "", S3Kit::Headers{{"x-amz-copy-source", source}} + headers);
  };
  CHECK(copy("other/key").status == 200);
  CHECK(copy("/bucket/copy", {{"x-amz-storage-class", "STANDARD_IA"}}).status == 200);
  CHECK(s3.get("/bucket/copy").body == "other");
  CHECK(s3.get("/bucket/copy").header("x-amz-storage-class") == "STANDARD_IA");
  CHECK(copy("/other/none").said() == "404 NoSuchKey");
  CHECK(copy("/none/key").said() == "404 NoSuchBucket");
  const S3Reply bad = copy("no-slash");
  CHECK(bad.said() == "400 InvalidArgument");
  CHECK(message(bad) == "copy source bucket name");
  const S3Reply directive = copy("/other/key", {{"x-amz-metadata-directive", "WAT"}});
  CHECK(directive.said() == "400 InvalidArgument");
  CHECK(message(directive) == "metadata directive WAT.");
}

TEST_CASE("spec/r2.md C13 CopyObject: conditions of the source, and of the destination") {
  S3Kit s3;
  s3.put("/bucket/source", "x");
  s3.put("/bucket/copy", "y");
  auto copy = [&s3](std::string header, std::string value) {
    return s3.put("/bucket/copy", "", {{"x-amz-copy-source", "/bucket/source"}, {header, value}})
        .said();
  };
  const std::string past = "Wed, 31 Dec 2025 00:00:00 GMT";
  CHECK(copy("x-amz-copy-source-if-match", quoted_md5("y")) == "412 PreconditionFailed");
  CHECK(copy("x-amz-copy-source-if-none-match", quoted_md5("x")) == "412 PreconditionFailed");
  CHECK(copy("x-amz-copy-source-if-unmodified-since", past) == "412 PreconditionFailed");
  CHECK(copy("cf-copy-destination-if-none-match", "*") == "412 PreconditionFailed");
  CHECK(copy("cf-copy-destination-if-match", quoted_md5("x")) == "412 PreconditionFailed");
  CHECK(copy("cf-copy-destination-if-unmodified-since", past) == "412 PreconditionFailed");
  CHECK(s3.get("/bucket/copy").body == "y");
  CHECK(copy("cf-copy-destination-if-match", quoted_md5("y")) == "200");
  CHECK(copy("x-amz-copy-source-if-modified-since", past) == "200");
}

TEST_CASE("spec/r2.md 5.2 CopyObject of SSE-C objects: one key for the source, one for the copy") {
  S3Kit s3;
  s3.put("/bucket/source", "secret", ssec_headers('a'));
  const S3Kit::Headers source = {{"x-amz-copy-source", "/bucket/source"}};
  CHECK(s3.put("/bucket/copy", "", source).said() == "400 InvalidRequest");
  CHECK(s3.put("/bucket/copy", "", source + ssec_headers('b', true)).said() == "403 AccessDenied");
  CHECK(s3.put("/bucket/copy", "", source + ssec_headers('a', true) + ssec_headers('b')).status ==
        200);
  CHECK(s3.get("/bucket/copy", ssec_headers('b')).body == "secret");
}

// ---- Bodies

static Request streamed(S3Kit& s3, std::string body, std::string_view hash,
                        std::unique_ptr<ByteSource> stream = nullptr) {
  Request request = s3.sign(s3.make("PUT", "/bucket/key", {}, body), hash);
  request.stream = stream ? std::move(stream) : source_of(std::move(request.body));
  request.body.clear();
  return request;
}

TEST_CASE("spec/r2.md 5.1 a streamed body: its signed hash is checked before the commit") {
  S3Kit s3;
  const std::string large(300'000, 'l');
  CHECK(s3.handle(streamed(s3, large, sha256_hex(large))).status == 200);
  const S3Reply got = s3.get("/bucket/key");
  CHECK(got.body == large);
  CHECK(got.header("etag") == quoted_md5(large));
  CHECK(got.header("x-amz-checksum-sha256") == "<none>");
  CHECK(s3.handle(streamed(s3, large + "x", sha256_hex(large))).said() ==
        "400 XAmzContentSHA256Mismatch");
  CHECK(s3.get("/bucket/key").header("etag") == quoted_md5(large));
}

// Says how long it is, as the body of an HTTP request does.
class Announced final : public ByteSource {
 public:
  Announced(std::unique_ptr<ByteSource> source, uint64_t bytes)
      : source_(std::move(source)), bytes_(bytes) {}
  void read(Done done) override { source_->read(std::move(done)); }
  void cancel(std::string_view reason) override { source_->cancel(reason); }
  std::optional<uint64_t> length_bytes() const override { return bytes_; }

 private:
  std::unique_ptr<ByteSource> source_;
  uint64_t bytes_;
};

TEST_CASE("spec/r2.md C6: a client that leaves in the middle of an upload leaves nothing") {
  S3Kit s3;
  s3.put("/bucket/key", "before");
  for (const char* hash : {"UNSIGNED-PAYLOAD", "hex"}) {
    HeldSource body;
    const std::string signed_as = hash == std::string("hex") ? sha256_hex("0123456789") : hash;
    auto slot = s3.start(streamed(s3, "0123456789", signed_as,
                                  std::make_unique<Announced>(body.source(), 10)));
    body.give("01234");
    s3.advance(1000);
    body.fail("the client left");
    CHECK(s3.finish(slot).said() == "400 ClientDisconnect");
    CHECK(s3.get("/bucket/key").body == "before");
  }
  CHECK(s3.seen.back().error == "");
}

TEST_CASE("spec/r2.md 5.3, 1.11: a body without a length is a 411; one that is too long a 400") {
  S3Kit s3;
  Request request = s3.make("PUT", "/bucket/key", {{"Transfer-Encoding", "chunked"}}, "x");
  request.headers.remove("Content-Length");
  CHECK(s3.handle(s3.sign(std::move(request), "UNSIGNED-PAYLOAD")).said() ==
        "411 MissingContentLength");
  Request endless = s3.make("PUT", "/bucket/key", {}, "");
  endless.headers.set("Content-Length", "5368709120");
  endless.stream = std::make_unique<Announced>(source_of("x"), 5368709120ull);
  CHECK(s3.handle(s3.sign(std::move(endless), "UNSIGNED-PAYLOAD")).said() == "400 EntityTooLarge");
}

// ---- aws-chunked

static std::string chunked(const std::vector<std::string>& pieces, const std::string& trailer) {
  std::string coded;
  char size[20];
  for (const std::string& piece : pieces) {
    std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    coded += size + piece + "\r\n";
  }
  return coded + "0\r\n" + trailer + "\r\n";
}

static Request with_trailer(S3Kit& s3, const std::string& coded, size_t decoded_bytes,
                            S3Kit::Headers headers = {{"x-amz-trailer", "x-amz-checksum-crc32"}}) {
  return s3.sign(s3.make("PUT", "/bucket/key",
                         headers + S3Kit::Headers{{"Content-Encoding", "aws-chunked"},
                                                  {"x-amz-decoded-content-length",
                                                   std::to_string(decoded_bytes)}},
                         coded),
                 "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
}

TEST_CASE("spec/r2.md 5.1 STREAMING-UNSIGNED-PAYLOAD-TRAILER: decoded, verified, kept") {
  S3Kit s3;
  const std::string crc = base64_of(Algorithm::kCrc32, "hello world");
  const std::string coded = chunked({"hello ", "world"}, "x-amz-checksum-crc32:" + crc + "\r\n");
  for (bool streams : {false, true}) {
    Request request = with_trailer(s3, coded, 11);
    if (streams) request.stream = source_of(std::move(request.body));
    const S3Reply put = s3.handle(std::move(request));
    CHECK(put.status == 200);
    CHECK(put.header("x-amz-checksum-crc32") == crc);
    const S3Reply got = s3.get("/bucket/key", {{"x-amz-checksum-mode", "ENABLED"}});
    CHECK(got.body == "hello world");
    CHECK(got.header("content-encoding") == "<none>");
    CHECK(got.header("x-amz-checksum-crc32") == crc);
  }
}

TEST_CASE("spec/r2.md 5.1 trailers: a wrong one stores nothing; the strict switch is 401") {
  S3Kit s3;
  const std::string wrong = "x-amz-checksum-crc32:" + base64_of(Algorithm::kCrc32, "x") + "\r\n";
  CHECK(s3.handle(with_trailer(s3, chunked({"hello"}, wrong), 5)).said() == "400 BadDigest");
  const std::string right =
      "x-amz-checksum-crc32:" + base64_of(Algorithm::kCrc32, "hello") + "\r\n";
  CHECK(s3.handle(with_trailer(s3, chunked({"hello"}, right), 6)).status == 400);
  CHECK(s3.handle(with_trailer(s3, chunked({"hello"}, right), 4)).status == 400);
  CHECK(s3.handle(with_trailer(s3, "zz\r\nhello", 5)).status == 400);
  CHECK(s3.stored_keys().empty());
  CHECK(s3.handle(with_trailer(s3, chunked({"hello"}, right), 5)).status == 200);
  R2Settings settings;
  settings.strict_unsigned_trailers = true;
  S3Kit strict(settings);
  CHECK(strict.handle(with_trailer(strict, chunked({"hello"}, right), 5)).said() ==
        "401 Unauthorized");
}

TEST_CASE("spec/r2.md 5.1: signed chunks are not implemented") {
  S3Kit s3;
  Request request = s3.make("PUT", "/bucket/key", {{"x-amz-decoded-content-length", "1"}}, "x");
  CHECK(s3.handle(s3.sign(std::move(request), "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")).said() ==
        "501 NotImplemented");
}

// ---- Consistency

TEST_CASE("spec/r2.md C7: a read under way keeps the version that it began with") {
  S3Kit s3;
  const std::string first(200'000, '1'), second(200'000, '2');
  s3.put("/bucket/key", first);
  auto slot = s3.start(s3.sign(s3.make("GET", "/bucket/key", {}, ""), sha256_hex("")));
  while (!*slot) {
    s3.world.go_on();
    s3.world.run();
  }
  s3.world.go_on();
  CHECK(s3.put("/bucket/key", second).status == 200);
  const S3Reply got = s3.finish(slot);
  CHECK(got.body == first);
  CHECK(got.header("etag") == quoted_md5(first));
  CHECK(s3.get("/bucket/key").body == second);
}

TEST_CASE("spec/r2.md C9: a write that overlaps another of its key is a 429") {
  S3Kit s3;
  HeldSource body;
  auto slot = s3.start(streamed(s3, "0123456789", "UNSIGNED-PAYLOAD",
                                std::make_unique<Announced>(body.source(), 10)));
  const S3Reply refused = s3.put("/bucket/key", "other");
  CHECK(refused.said() == "429 TooManyRequests");
  CHECK(message(refused) == "Reduce your concurrent request rate for the same object.");
  body.give("0123456789");
  body.end();
  CHECK(s3.finish(slot).status == 200);
}

TEST_CASE("spec/r2.md C6: with a state directory, what was acknowledged is there after a restart") {
  Folder folder;
  {
    S3Kit s3({}, folder.path.string());
    CHECK(s3.put("/bucket/small", "small").status == 200);
    CHECK(s3.put("/bucket/large", std::string(200'000, 'l')).status == 200);
  }
  S3Kit s3({}, folder.path.string());
  CHECK(s3.get("/bucket/small").body == "small");
  CHECK(s3.get("/bucket/large").body == std::string(200'000, 'l'));
}

TEST_CASE("DESIGN rule 7: faults show as S3's errors") {
  S3Kit s3;
  s3.put("/bucket/key", "x");
  REQUIRE(s3.world.faults().arm("r2.get.unavailable=1").has_value());
  REQUIRE(s3.world.faults().arm("r2.list.unavailable=1").has_value());
  REQUIRE(s3.world.faults().arm("r2.put.too-many=1").has_value());
  CHECK(s3.get("/bucket/key").said() == "503 ServiceUnavailable");
  CHECK(s3.get("/bucket?list-type=2").said() == "503 ServiceUnavailable");
  CHECK(s3.put("/bucket/key", "y").said() == "429 TooManyRequests");
}

}  // namespace offing
