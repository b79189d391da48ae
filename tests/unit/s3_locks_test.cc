// spec/r2.md 2.2-2.5 through the S3 door: a case for each row of 2.3 that S3 has.
#include <doctest/doctest.h>

#include "tests/unit/s3_kit.h"

namespace offing {

using Kind = r2::LockRule::Kind;

constexpr std::string_view kLocked =
    R"(<?xml version="1.0" encoding="UTF-8"?><Error><Code>ObjectLockedByBucketPolicy</Code>)"
    R"(<Message>The object is locked by the bucket policy.</Message></Error>)";

static S3Kit::Headers from_source(std::string source) {
  return {{"x-amz-copy-source", std::move(source)}};
}

TEST_CASE("spec/r2.md 2.3 PutObject: refused with 409 and the text of 2.4; the object stays") {
  S3Kit s3;
  s3.put("/bucket/logs/1", "first");
  s3.lock("logs/");
  const S3Reply reply = s3.put("/bucket/logs/1", "second");
  CHECK(reply.status == 409);
  CHECK(reply.body == kLocked);
  CHECK(reply.header("content-type") == "application/xml");
  CHECK(s3.put("/bucket/logs/1", "first").said() == "409 ObjectLockedByBucketPolicy");   // 2.2.6
  CHECK(s3.presigned("PUT", "/bucket/logs/1", "x").said() == "409 ObjectLockedByBucketPolicy");
  CHECK(s3.get("/bucket/logs/1").body == "first");
  CHECK(s3.put("/bucket/other", "free").status == 200);
}

TEST_CASE("spec/r2.md 2.2.4: a new key under a locked prefix is allowed, once") {
  S3Kit s3;
  s3.lock("logs/");
  CHECK(s3.put("/bucket/logs/new", "first").status == 200);
  CHECK(s3.put("/bucket/logs/new", "second").said() == "409 ObjectLockedByBucketPolicy");
}

TEST_CASE("spec/r2.md 2.2.5: the lock comes before the condition: 409, not 412") {
  S3Kit s3;
  s3.put("/bucket/logs/1", "first");
  s3.lock("logs/");
  CHECK(s3.put("/bucket/logs/1", "x", {{"If-None-Match", "*"}}).said() ==
        "409 ObjectLockedByBucketPolicy");
  CHECK(s3.put("/bucket/logs/1", "x", {{"If-Match", "\"0\""}}).said() ==
        "409 ObjectLockedByBucketPolicy");
}

TEST_CASE("spec/r2.md 2.3 DeleteObject: refused") {
  S3Kit s3;
  s3.put("/bucket/logs/1", "first");
  s3.lock("logs/");
  CHECK(s3.remove("/bucket/logs/1").said() == "409 ObjectLockedByBucketPolicy");
  CHECK(s3.remove("/bucket/logs/none").status == 204);
  CHECK(s3.get("/bucket/logs/1").body == "first");
}

TEST_CASE("spec/r2.md 2.3 DeleteObjects: an <Error> for each locked key, the others are deleted") {
  S3Kit s3;
  for (const char* key : {"/bucket/logs/1", "/bucket/logs/2", "/bucket/free"}) s3.put(key, "x");
  s3.lock("logs/");
  const S3Reply reply = s3.post("/bucket?delete",
                                "<Delete><Object><Key>logs/1</Key></Object><Object><Key>free</Key>"
                                "</Object><Object><Key>logs/2</Key></Object></Delete>");
  CHECK(reply.status == 200);
  CHECK(reply.elements("Deleted") == std::vector<std::string>{"<Key>free</Key>"});
  const std::string said = "<Code>ObjectLockedByBucketPolicy</Code><Message>The object is locked "
                           "by the bucket policy.</Message>";
  CHECK(reply.elements("Error") ==
        std::vector<std::string>{"<Key>logs/1</Key>" + said, "<Key>logs/2</Key>" + said});
  CHECK(s3.stored_keys() == std::vector<std::string>{"logs/1", "logs/2"});
}

TEST_CASE("spec/r2.md 2.3 CopyObject: refused onto a locked key or itself; allowed from it") {
  S3Kit s3;
  s3.put("/bucket/logs/1", "first");
  s3.put("/bucket/free", "free");
  s3.lock("logs/");
  CHECK(s3.put("/bucket/logs/1", "", from_source("/bucket/free")).said() ==
        "409 ObjectLockedByBucketPolicy");
  CHECK(s3.put("/bucket/logs/1", "",
               from_source("/bucket/logs/1") +
                   S3Kit::Headers{{"x-amz-metadata-directive", "REPLACE"},
                                  {"x-amz-meta-a", "b"}})
            .said() == "409 ObjectLockedByBucketPolicy");
  CHECK(s3.put("/bucket/copy", "", from_source("/bucket/logs/1")).status == 200);
  CHECK(s3.get("/bucket/copy").body == "first");
  CHECK(s3.get("/bucket/logs/1").body == "first");
}

TEST_CASE("spec/r2.md 2.3 multipart: parts succeed, complete is refused, the upload stays") {
  S3Kit s3;
  s3.put("/bucket/logs/1", "first");
  s3.lock("logs/", Kind::kAge, 3600);
  const std::string upload = s3.create_upload("/bucket/logs/1");
  const std::string etag = s3.upload_part("/bucket/logs/1", upload, 1, "second");
  CHECK(etag == "\"" + md5_hex("second") + "\"");
  CHECK(s3.complete("/bucket/logs/1", upload, {{1, etag}}).said() ==
        "409 ObjectLockedByBucketPolicy");
  CHECK(s3.get("/bucket/logs/1?uploadId=" + upload).element("PartNumber") == "1");
  s3.advance(3600 * 1000);   // 2.2.8: unlocked at the deadline
  CHECK(s3.complete("/bucket/logs/1", upload, {{1, etag}}).status == 200);
  CHECK(s3.get("/bucket/logs/1").body == "second");
}

TEST_CASE("spec/r2.md 2.3 abort: an upload is not an object") {
  S3Kit s3;
  s3.put("/bucket/logs/1", "first");
  s3.lock("logs/");
  const std::string upload = s3.create_upload("/bucket/logs/1");
  CHECK(s3.remove("/bucket/logs/1?uploadId=" + upload).status == 204);
}

TEST_CASE("spec/r2.md 2.3 head, get, list: unaffected, and no header reveals a lock") {
  S3Kit s3;
  s3.put("/bucket/logs/1", "first");
  const S3Reply before = s3.get("/bucket/logs/1");
  s3.lock("");
  const S3Reply after = s3.get("/bucket/logs/1");
  CHECK(after.body == "first");
  CHECK(after.headers.size() == before.headers.size());
  for (Header header : after.headers)
    CHECK(std::string(header.name).find("lock") == std::string::npos);
  CHECK(s3.send("HEAD", "/bucket/logs/1").status == 200);
  CHECK(s3.get("/bucket?list-type=2").elements("Key") == std::vector<std::string>{"logs/1"});
}

TEST_CASE("spec/r2.md 2.3 delete bucket: a locked object blocks it as any other does") {
  S3Kit s3;
  s3.put("/bucket/logs/1", "first");
  s3.lock("logs/");
  CHECK(s3.remove("/bucket").said() == "409 BucketNotEmpty");
}

TEST_CASE("spec/r2.md 2.3: no bypass: an admin key is refused too, and a bypass header says 501") {
  S3Kit s3;   // its key is Admin Read & Write
  s3.put("/bucket/logs/1", "first");
  s3.lock("");
  CHECK(s3.remove("/bucket/logs/1").said() == "409 ObjectLockedByBucketPolicy");
  const S3Kit::Headers bypass = {{"x-amz-bypass-governance-retention", "true"}};
  CHECK(s3.send("DELETE", "/bucket/logs/1", bypass).said() == "501 NotImplemented");
}

TEST_CASE("spec/r2.md 2.2.3: rules are asked at the mutation: adding covers, removing frees") {
  S3Kit s3;
  s3.put("/bucket/logs/1", "first");
  s3.lock("logs/", Kind::kAge, 60);
  CHECK(s3.put("/bucket/logs/1", "x").said() == "409 ObjectLockedByBucketPolicy");
  REQUIRE(s3.r2->set_locks("bucket", {}));
  CHECK(s3.put("/bucket/logs/1", "x").status == 200);
}

TEST_CASE("spec/r2.md 2.2.9: an overwrite after the lock's end restarts Age") {
  S3Kit s3;
  s3.put("/bucket/logs/1", "first");
  s3.lock("logs/", Kind::kAge, 60);
  s3.advance(59'999);
  CHECK(s3.put("/bucket/logs/1", "second").said() == "409 ObjectLockedByBucketPolicy");
  s3.advance(1);
  CHECK(s3.put("/bucket/logs/1", "second").status == 200);
  CHECK(s3.put("/bucket/logs/1", "third").said() == "409 ObjectLockedByBucketPolicy");
}

TEST_CASE("spec/r2.md 2.4: the status is a switch: 403 as the documentation has it") {
  R2Settings settings;
  settings.locked_status = 403;
  S3Kit s3(settings);
  s3.put("/bucket/logs/1", "first");
  s3.lock("");
  CHECK(s3.put("/bucket/logs/1", "x").said() == "403 ObjectLockedByBucketPolicy");
  CHECK(s3.put("/bucket/logs/1", "", from_source("/bucket/logs/1")).said() ==
        "403 ObjectLockedByBucketPolicy");
}

TEST_CASE("spec/r2.md 2.5: S3's own lock interface is not there") {
  S3Kit s3;
  CHECK(s3.put("/bucket?object-lock", "<ObjectLockConfiguration/>").element("Message") ==
        "PutObjectLockConfiguration not implemented");
  CHECK(s3.get("/bucket?object-lock").said() == "404 ObjectLockConfigurationNotFoundError");
  CHECK(s3.put("/other", "", {{"x-amz-bucket-object-lock-enabled", "true"}}).said() ==
        "501 NotImplemented");
  CHECK(s3.put("/other", "", {{"x-amz-bucket-object-lock-enabled", "false"}}).status == 200);
  CHECK(s3.put("/bucket/key", "x", {{"x-amz-object-lock-mode", "COMPLIANCE"}}).element("Message") ==
        "Header &apos;x-amz-object-lock-mode&apos; with value &apos;COMPLIANCE&apos; not "
        "implemented");
  CHECK(s3.get("/bucket/key?retention").element("Message") == "GetObjectRetention not implemented");
  CHECK(s3.put("/bucket/key?legal-hold", "").element("Message") ==
        "PutObjectLegalHold not implemented");
}

TEST_CASE("spec/r2.md 2.2.7: a write that began before the rule is refused at its commit") {
  R2Settings settings;
  settings.latency_ms = 1000;
  S3Kit s3(settings);
  s3.put("/bucket/logs/1", "first");
  auto slot = s3.start(
      s3.sign(s3.make("PUT", "/bucket/logs/1", {}, "second"), sha256_hex("second")));
  s3.lock("logs/");
  CHECK(s3.finish(slot).said() == "409 ObjectLockedByBucketPolicy");
  CHECK(s3.get("/bucket/logs/1").body == "first");
}

}  // namespace offing
