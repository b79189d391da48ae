// Multipart uploads: spec/r2.md 5.2, 5.3 Complete and UploadPartCopy, 1.10.
#include <doctest/doctest.h>

#include "emulator/s3/s3_headers.h"
#include "tests/unit/s3_kit.h"

namespace offing {

using digest::Algorithm;

static const std::string kPart(5 << 20, 'p');   // M2: the smallest

TEST_CASE("spec/r2.md 5.2 multipart: create, parts, complete; C8: visible only then") {
  S3Kit s3;
  const S3Reply created = s3.post("/bucket/dir/key?uploads", "",
                                  {{"Content-Type", "application/x-thing"},
                                   {"x-amz-meta-mp", "1"}});
  CHECK(created.element("Bucket") == "bucket");
  CHECK(created.element("Key") == "dir/key");
  const std::string upload = created.element("UploadId");
  const std::string one = s3.upload_part("/bucket/dir/key", upload, 1, kPart);
  const std::string two = s3.upload_part("/bucket/dir/key", upload, 2, "tail");
  CHECK(one == "\"" + md5_hex(kPart) + "\"");
  CHECK(s3.get("/bucket/dir/key").said() == "404 NoSuchKey");
  const S3Reply done = s3.complete("/bucket/dir/key", upload, {{1, one}, {2, two}});
  CHECK(done.status == 200);
  CHECK(done.element("Location") == "http://localhost:9000/bucket/dir%2Fkey");
  CHECK(done.element("Bucket") == "bucket");
  CHECK(done.element("Key") == "dir/key");
  const auto raw = [](const std::string& bytes) {
    return digest::digest_of(Algorithm::kMd5, bytes);
  };
  const std::string etag = md5_hex(raw(kPart) + raw("tail")) + "-2";
  CHECK(done.element("ETag") == "&quot;" + etag + "&quot;");
  const S3Reply got = s3.get("/bucket/dir/key");
  CHECK(got.body == kPart + "tail");
  CHECK(got.header("content-type") == "application/x-thing");
  CHECK(got.header("x-amz-meta-mp") == "1");
  CHECK(got.header("etag") == "\"" + etag + "\"");
  CHECK(s3.complete("/bucket/dir/key", upload, {{1, one}}).said() == "404 NoSuchUpload");
}

TEST_CASE("spec/r2.md 5.2 partNumber reads: one part, with its range and the number of parts") {
  S3Kit s3;
  const std::string upload = s3.create_upload("/bucket/key");
  const std::string one = s3.upload_part("/bucket/key", upload, 1, kPart);
  const std::string two = s3.upload_part("/bucket/key", upload, 2, "tail");
  s3.complete("/bucket/key", upload, {{1, one}, {2, two}});
  const S3Reply part = s3.get("/bucket/key?partNumber=2");
  CHECK(part.status == 206);
  CHECK(part.body == "tail");
  CHECK(part.header("content-range") == "bytes 5242880-5242883/5242884");
  CHECK(part.header("x-amz-mp-parts-count") == "2");
  const S3Reply head = s3.send("HEAD", "/bucket/key?partNumber=1");
  CHECK(head.status == 206);
  CHECK(head.header("content-length") == "5242880");
  CHECK(s3.get("/bucket/key?partNumber=3").status == 416);
  CHECK(s3.get("/bucket/key?partNumber=0").said() == "400 InvalidArgument");
  CHECK(s3.get("/bucket/key?partNumber=1", {{"Range", "bytes=0-1"}}).said() ==
        "400 InvalidRequest");
  s3.put("/bucket/single", "single");
  const S3Reply single = s3.get("/bucket/single?partNumber=1");
  CHECK(single.body == "single");
  CHECK(single.header("x-amz-mp-parts-count") == "<none>");
}

TEST_CASE("spec/r2.md 5.3 Complete: unknown uploads, and a part number out of range") {
  S3Kit s3;
  CHECK(s3.put("/bucket/key?uploadId=bogus&partNumber=1", "x").said() == "404 NoSuchUpload");
  CHECK(s3.complete("/bucket/key", "bogus", {{1, "\"0\""}}).said() == "404 NoSuchUpload");
  CHECK(s3.remove("/bucket/key?uploadId=bogus").said() == "404 NoSuchUpload");
  const std::string upload = s3.create_upload("/bucket/key");
  for (const char* number : {"0", "10001", "-1", ""}) {
    const S3Reply reply =
        s3.put("/bucket/key?uploadId=" + upload + "&partNumber=" + number, "x");
    CHECK(reply.said() == "400 InvalidArgument");
    CHECK(reply.element("Message") ==
          "Part number must be an integer between 1 and 10000, inclusive.");
  }
  CHECK(s3.put("/bucket/key?uploadId=" + upload + "&partNumber=01", "x").status == 200);
  CHECK(s3.put("/bucket/other?uploadId=" + upload + "&partNumber=1", "x").said() ==
        "404 NoSuchUpload");
}

TEST_CASE("spec/r2.md 5.3 Complete: what the document may not say") {
  S3Kit s3;
  const std::string upload = s3.create_upload("/bucket/key");
  const std::string etag = s3.upload_part("/bucket/key", upload, 1, "data");
  const std::string other = "\"0123456789abcdef0123456789abcdef\"";
  auto complete = [&](const std::string& xml) {
    return s3.post("/bucket/key?uploadId=" + upload, xml);
  };
  auto with_number = [&](const std::string& number) {
    return complete("<CompleteMultipartUpload><Part><PartNumber>" + number +
                    "</PartNumber><ETag>" + etag + "</ETag></Part></CompleteMultipartUpload>");
  };
  CHECK(complete("<wat/>").said() == "400 MalformedXML");
  CHECK(complete("<CompleteMultipartUpload></CompleteMultipartUpload>").said() ==
        "400 MalformedXML");
  CHECK(complete("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part>"
                 "</CompleteMultipartUpload>")
            .said() == "400 MalformedXML");
  CHECK(with_number("abc").said() == "400 MalformedXML");
  CHECK(with_number("1.5").said() == "400 MalformedXML");
  CHECK(with_number("0").said() == "400 InvalidPart");
  CHECK(with_number("10001").said() == "400 InvalidPart");
  CHECK(with_number("2").said() == "400 InvalidPart");
  CHECK(s3.complete("/bucket/key", upload, {{1, other}}).element("Message") ==
        "One or more of the specified parts could not be found.");
  const S3Reply twice = s3.complete("/bucket/key", upload, {{1, etag}, {1, etag}});
  CHECK(twice.said() == "400 InvalidPart");
  CHECK(twice.element("Message") == "There was a problem with the multipart upload.");
  CHECK(s3.complete("/bucket/key", upload, {{1, md5_hex("data")}}).status == 200);   // unquoted
}

TEST_CASE("spec/r2.md M3, M4 through S3: small parts, unequal parts") {
  S3Kit s3;
  const std::string upload = s3.create_upload("/bucket/key");
  const std::string a = s3.upload_part("/bucket/key", upload, 1, "tiny");
  const std::string b = s3.upload_part("/bucket/key", upload, 2, "tiny");
  CHECK(s3.complete("/bucket/key", upload, {{1, a}, {2, b}}).said() == "400 EntityTooSmall");
  const std::string c = s3.upload_part("/bucket/key", upload, 1, kPart);
  const std::string d = s3.upload_part("/bucket/key", upload, 2, kPart + "longer");
  const S3Reply unequal = s3.complete("/bucket/key", upload, {{1, c}, {2, d}});
  CHECK(unequal.said() == "400 InvalidPart");
  CHECK(unequal.element("Message") == "All non-trailing parts must have the same length.");
}

TEST_CASE("spec/r2.md 1.4 K5, M11: a conditional complete; its failure ends the upload") {
  S3Kit s3;
  s3.put("/bucket/key", "there");
  const std::string upload = s3.create_upload("/bucket/key");
  const std::string etag = s3.upload_part("/bucket/key", upload, 1, "new");
  CHECK(s3.complete("/bucket/key", upload, {{1, etag}}, {{"If-None-Match", "*"}}).said() ==
        "412 PreconditionFailed");
  CHECK(s3.complete("/bucket/key", upload, {{1, etag}}).said() == "404 NoSuchUpload");
  CHECK(s3.get("/bucket/key").body == "there");
  const std::string again = s3.create_upload("/bucket/key");
  const std::string part = s3.upload_part("/bucket/key", again, 1, "new");
  CHECK(s3.complete("/bucket/key", again, {{1, part}},
                    {{"If-Match", "\"" + md5_hex("there") + "\""}})
            .status == 200);
}

TEST_CASE("spec/r2.md 5.2 abort: parts are gone; M7: aborting twice succeeds") {
  S3Kit s3;
  const std::string upload = s3.create_upload("/bucket/key");
  s3.upload_part("/bucket/key", upload, 1, "x");
  CHECK(s3.remove("/bucket/key?uploadId=" + upload).status == 204);
  CHECK(s3.remove("/bucket/key?uploadId=" + upload).status == 204);
  CHECK(s3.upload_part("/bucket/key", upload, 1, "x") == "404 NoSuchUpload");
}

// ---- UploadPartCopy

TEST_CASE("spec/r2.md 5.3 UploadPartCopy: ranges, their errors, and a clamped end") {
  S3Kit s3;
  s3.put("/bucket/source", "0123456789");
  const std::string upload = s3.create_upload("/bucket/key");
  auto copy = [&](S3Kit::Headers headers) {
    return s3.put("/bucket/key?uploadId=" + upload + "&partNumber=1", "",
                  S3Kit::Headers{{"x-amz-copy-source", "/bucket/source"}} + headers);
  };
  const S3Reply open_end = copy({{"x-amz-copy-source-range", "bytes=0-"}});
  CHECK(open_end.said() == "400 InvalidArgument");
  CHECK(open_end.element("Message") == "Invalid x-amz-copy-source-range: bytes=0-");
  CHECK(copy({{"x-amz-copy-source-range", "bytes=5-2"}}).element("Message") ==
        "x-amz-copy-source-range must be positive.");
  CHECK(copy({{"x-amz-copy-source-if-match", "\"x\""}}).said() == "501 NotImplemented");
  CHECK(copy({{"x-amz-copy-source-range", "bytes=8-99"}}).element("ETag") ==
        "&quot;" + md5_hex("89") + "&quot;");
  const S3Reply part = copy({{"x-amz-copy-source-range", "bytes=0-4"}});
  CHECK(part.element("ETag") == "&quot;" + md5_hex("01234") + "&quot;");
  CHECK(part.element("LastModified") == "2026-01-01T00:00:00.000Z");
  CHECK(s3.complete("/bucket/key", upload, {{1, md5_hex("01234")}}).status == 200);
  CHECK(s3.get("/bucket/key").body == "01234");
  CHECK(s3.put("/bucket/key?uploadId=u&partNumber=1", "", {{"x-amz-copy-source", "/bucket/none"}})
            .status == 404);
}

// ---- Checksums

TEST_CASE("spec/r2.md 5.2 checksums: CRC64NVME of the whole object, the others of its parts") {
  for (const auto& [name, algorithm, full] :
       {std::tuple{"CRC64NVME", Algorithm::kCrc64Nvme, true},
        std::tuple{"CRC32", Algorithm::kCrc32, false},
        std::tuple{"CRC32C", Algorithm::kCrc32c, false}}) {
    S3Kit s3;
    const std::string upload =
        s3.create_upload("/bucket/key", {{"x-amz-checksum-algorithm", name}});
    const std::string header(s3::checksum_header(algorithm));
    CHECK(s3.put("/bucket/key?partNumber=1&uploadId=" + upload, kPart,
                 {{header, base64_of(algorithm, "other")}})
              .said() == "400 BadDigest");
    const std::string one = s3.upload_part("/bucket/key", upload, 1, kPart,
                                           {{header, base64_of(algorithm, kPart)}});
    const std::string two = s3.upload_part("/bucket/key", upload, 2, "tail");
    const std::string element = "Checksum" + std::string(name);
    CHECK(s3.get("/bucket/key?uploadId=" + upload).elements(element) ==
          std::vector{base64_of(algorithm, kPart), base64_of(algorithm, "tail")});
    const std::string whole =
        full ? base64_of(algorithm, kPart + "tail")
             : base64_of(algorithm, digest::digest_of(algorithm, kPart) +
                                        digest::digest_of(algorithm, "tail")) + "-2";
    const S3Reply wrong = s3.complete("/bucket/key", upload, {{1, one}, {2, two}},
                                      {{header, base64_of(algorithm, "other")}});
    CHECK(wrong.said() == "400 BadDigest");
    CHECK(s3.get("/bucket/key").said() == "404 NoSuchKey");
    const S3Reply done =
        s3.complete("/bucket/key", upload, {{1, one}, {2, two}}, {{header, whole}});
    CHECK(done.status == 200);
    CHECK(done.element(element) == whole);
    CHECK(done.element("ChecksumType") == (full ? "FULL_OBJECT" : "COMPOSITE"));
    CHECK(s3.send("HEAD", "/bucket/key", {{"x-amz-checksum-mode", "ENABLED"}}).header(header) ==
          whole);
  }
}

TEST_CASE("spec/r2.md 5.2 checksums: SHA-1 and SHA-256 on UploadPart are not implemented") {
  S3Kit s3;
  const std::string upload = s3.create_upload("/bucket/key");
  for (Algorithm algorithm : {Algorithm::kSha1, Algorithm::kSha256}) {
    const std::string header(s3::checksum_header(algorithm));
    CHECK(s3.upload_part("/bucket/key", upload, 1, "x", {{header, base64_of(algorithm, "x")}}) ==
          "501 NotImplemented");
  }
}

TEST_CASE("spec/r2.md 5.2 SSE-C: parts need the key that the upload was created with") {
  S3Kit s3;
  const std::string upload = s3.create_upload("/bucket/key", ssec_headers('k'));
  CHECK(s3.upload_part("/bucket/key", upload, 1, "x") == "400 InvalidRequest");
  CHECK(s3.upload_part("/bucket/key", upload, 1, "x", ssec_headers('w')) == "403 AccessDenied");
  const std::string etag = s3.upload_part("/bucket/key", upload, 1, "x", ssec_headers('k'));
  CHECK(s3.complete("/bucket/key", upload, {{1, etag}}).status == 200);
  CHECK(s3.get("/bucket/key").status == 400);
  CHECK(s3.get("/bucket/key", ssec_headers('k')).body == "x");
}

}  // namespace offing
