// Buckets, their configuration and their list: spec/r2.md 5.2, 5.3, 3.1, 3.3.
#include <doctest/doctest.h>

#include "tests/unit/s3_kit.h"

namespace offing {

static std::vector<std::string> names(const S3Reply& reply) { return reply.elements("Name"); }
using Names = std::vector<std::string>;

TEST_CASE("spec/r2.md 5.2 CreateBucket, HeadBucket, DeleteBucket") {
  S3Kit s3;
  const S3Reply made = s3.put("/made", "");
  CHECK(made.status == 200);
  CHECK(made.header("location") == "/made");
  CHECK(s3.send("HEAD", "/made").status == 200);
  CHECK(s3.put("/made", "").said() == "409 BucketAlreadyExists");
  CHECK(s3.put("/A_b", "").said() == "400 InvalidBucketName");
  CHECK(s3.put("/made/key", "x").status == 200);
  CHECK(s3.remove("/made").said() == "409 BucketNotEmpty");
  CHECK(s3.remove("/made/key").status == 204);
  CHECK(s3.remove("/made").status == 204);
  CHECK(s3.send("HEAD", "/made").status == 404);
  CHECK(s3.send("HEAD", "/made").body == "");
  CHECK(s3.remove("/made").said() == "404 NoSuchBucket");
  CHECK(s3.get("/made/key").said() == "404 NoSuchBucket");
}

TEST_CASE("spec/r2.md 5.1 regions: GetBucketLocation returns the hint; auto is no hint") {
  S3Kit s3;
  auto location = [&s3](const std::string& name, const std::string& constraint) {
    s3.put("/" + name, "<CreateBucketConfiguration><LocationConstraint>" + constraint +
                           "</LocationConstraint></CreateBucketConfiguration>");
    return s3.get("/" + name + "?location").element("LocationConstraint");
  };
  CHECK(location("east", "ENAM") == "ENAM");
  CHECK(location("lower", "apac") == "APAC");
  CHECK(location("auto", "auto") == "WEUR");
  CHECK(location("usual", "us-east-1") == "WEUR");
  CHECK(s3.get("/bucket?location").body ==
        R"(<?xml version="1.0" encoding="UTF-8"?><LocationConstraint )"
        R"(xmlns="http://s3.amazonaws.com/doc/2006-03-01/">WEUR</LocationConstraint>)");
  const S3Reply odd = s3.get("/bucket?location&foobar=1");
  CHECK(odd.said() == "400 InvalidArgument");
  CHECK(odd.element("Message") == "Search param foobar is unsupported for bucket location");
  CHECK(s3.put("/odd", "<wat/>").said() == "400 MalformedXML");
}

TEST_CASE("spec/r2.md 5.3 cf-create-bucket-if-missing: on PutObject and CreateMultipartUpload") {
  S3Kit s3;
  CHECK(s3.put("/made/key", "x").said() == "404 NoSuchBucket");
  const S3Kit::Headers makes = {{"cf-create-bucket-if-missing", "true"}};
  CHECK(s3.put("/made/key", "x", makes).status == 200);
  CHECK(s3.put("/made/key", "y", makes).status == 200);
  CHECK(s3.get("/made/key").body == "y");
  CHECK(s3.post("/second/key?uploads", "", makes).status == 200);
  CHECK(s3.put("/third/key", "x", {{"cf-create-bucket-if-missing", "false"}}).said() ==
        "404 NoSuchBucket");
  CHECK(s3.send("GET", "/third/key", makes).said() == "404 NoSuchBucket");
  CHECK(s3.put("/Bad_Name/key", "x", makes).said() == "400 InvalidBucketName");
}

TEST_CASE("spec/r2.md 5.2 ListBuckets: names, dates, owner") {
  S3Kit s3;
  s3.r2->bucket_for_binding("another", "");
  const S3Reply reply = s3.get("/");
  CHECK(names(reply) == Names{"another", "bucket"});
  CHECK(reply.element("CreationDate") == "2026-01-01T00:00:00.000Z");
  CHECK(reply.element("ID") == s3.r2->settings().account_id);
  CHECK(reply.element("IsTruncated") == "false");
  CHECK(reply.header("cf-is-truncated") == "false");
  CHECK(reply.header("cf-next-continuation-token") == "<none>");
}

TEST_CASE("spec/r2.md 5.3 ListBuckets paging: by parameters and by headers, which win") {
  S3Kit s3;
  for (const char* name : {"aa1", "aa2", "aa3", "zz1"}) s3.r2->bucket_for_binding(name, "");
  const S3Reply first = s3.get("/?prefix=aa&max-keys=2");
  CHECK(names(first) == Names{"aa1", "aa2"});
  CHECK(first.element("IsTruncated") == "true");
  CHECK(first.element("KeyCount") == "2");
  CHECK(first.element("MaxKeys") == "2");
  CHECK(first.header("cf-is-truncated") == "true");
  const std::string token = first.header("cf-next-continuation-token");
  CHECK(first.element("NextContinuationToken") == token);
  const S3Reply second =
      s3.get("/?prefix=zz", {{"cf-prefix", "aa"}, {"cf-continuation-token", token},
                             {"cf-max-keys", "2"}});
  CHECK(names(second) == Names{"aa3"});
  CHECK(second.header("cf-is-truncated") == "false");
  CHECK(second.element("ContinuationToken") == token);
  CHECK(names(s3.get("/?start-after=aa2")) == Names{"aa3", "bucket", "zz1"});
  CHECK(names(s3.get("/", {{"cf-start-after", "bucket"}})) == Names{"zz1"});
  CHECK(s3.get("/?max-keys=abc").said() == "400 InvalidMaxKeys");
  CHECK(s3.get("/?continuation-token=%%%").said() == "400 InvalidArgument");
  const S3Reply odd = s3.get("/?foobar=1");
  CHECK(odd.said() == "501 NotImplemented");
  CHECK(odd.element("Message") == "ListBuckets search parameter foobar not implemented");
}

TEST_CASE("spec/r2.md 3.3 CORS configuration: put, get, delete; none set is 404") {
  S3Kit s3;
  CHECK(s3.get("/bucket?cors").said() == "404 NoSuchCORSConfiguration");
  const std::string xml =
      "<CORSConfiguration><CORSRule><AllowedOrigin>https://a.example</AllowedOrigin>"
      "<AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader>"
      "<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule>"
      "</CORSConfiguration>";
  CHECK(s3.put("/bucket?cors", xml).status == 200);
  const S3Reply got = s3.get("/bucket?cors");
  CHECK(got.element("AllowedOrigin") == "https://a.example");
  CHECK(got.element("MaxAgeSeconds") == "60");
  REQUIRE(s3.r2->find_bucket("bucket")->cors.size() == 1);
  CHECK(s3.put("/bucket?cors", "<CORSConfiguration/>").said() == "400 MalformedXML");
  CHECK(s3.put("/bucket?cors", xml, {{"Content-MD5", base64_of(digest::Algorithm::kMd5, "no")}})
            .said() == "400 BadDigest");
  CHECK(s3.remove("/bucket?cors").status == 204);
  CHECK(s3.get("/bucket?cors").said() == "404 NoSuchCORSConfiguration");
  CHECK(s3.get("/none?cors").said() == "404 NoSuchBucket");
}

TEST_CASE("spec/r2.md 3.1 lifecycle configuration: the default rule, replacement, deletion") {
  S3Kit s3;
  CHECK(s3.get("/bucket?lifecycle").element("DaysAfterInitiation") == "7");
  CHECK(s3.put("/bucket?lifecycle",
               "<LifecycleConfiguration><Rule><ID>old</ID><Status>Enabled</Status><Filter><Prefix>"
               "a/</Prefix></Filter><Expiration><Days>30</Days></Expiration></Rule>"
               "</LifecycleConfiguration>")
            .status == 200);
  const S3Reply got = s3.get("/bucket?lifecycle");
  CHECK(got.element("ID") == "old");
  CHECK(got.element("Days") == "30");
  const S3Reply put = s3.put("/bucket/a/1", "x");
  CHECK(put.header("x-amz-expiration") ==
        "expiry-date=\"Sat, 31 Jan 2026 00:00:00 GMT\", rule-id=\"old\"");
  CHECK(s3.get("/bucket/a/1").header("x-amz-expiration") == put.header("x-amz-expiration"));
  CHECK(s3.put("/bucket/b", "x").header("x-amz-expiration") == "<none>");
  CHECK(s3.put("/bucket?lifecycle", "<nonsense").said() == "400 MalformedXML");
  CHECK(s3.remove("/bucket?lifecycle").status == 204);
  CHECK(s3.get("/bucket?lifecycle").said() == "404 NoSuchLifecycleConfiguration");
}

TEST_CASE("spec/r2.md 5.2 encryption, versioning, acl: answered, without effect") {
  S3Kit s3;
  const S3Reply encryption = s3.get("/bucket?encryption");
  CHECK(encryption.element("SSEAlgorithm") == "AES256");
  CHECK(encryption.element("BucketKeyEnabled") == "true");
  const std::string aes =
      "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>"
      "AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>"
      "</ServerSideEncryptionConfiguration>";
  CHECK(s3.put("/bucket?encryption", aes).status == 200);
  CHECK(s3.put("/bucket?encryption", "<no/>").status == 400);
  CHECK(s3.remove("/bucket?encryption").status == 204);
  CHECK(s3.get("/bucket?encryption").element("SSEAlgorithm") == "AES256");
  CHECK(s3.put("/bucket?versioning",
               "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
            .status == 200);
  CHECK(s3.put("/bucket?versioning", "<no/>").said() == "400 MalformedXML");
  CHECK(s3.get("/bucket?versioning").element("Status") == "<none>");
  const S3Reply acl = s3.get("/bucket?acl");
  CHECK(acl.element("Permission") == "FULL_CONTROL");
  CHECK(acl.elements("ID").size() == 2);
}

TEST_CASE("spec/r2.md 5.2: a document may be streamed, chunked, and not too large") {
  S3Kit s3;
  const std::string xml =
      "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET"
      "</AllowedMethod></CORSRule></CORSConfiguration>";
  Request streamed = s3.sign(s3.make("PUT", "/bucket?cors", {}, xml), sha256_hex(xml));
  streamed.stream = source_of(std::move(streamed.body));
  CHECK(s3.handle(std::move(streamed)).status == 200);
  Request changed = s3.sign(s3.make("PUT", "/bucket?cors", {}, xml), sha256_hex("other"));
  changed.stream = source_of(std::move(changed.body));
  CHECK(s3.handle(std::move(changed)).said() == "400 XAmzContentSHA256Mismatch");
  Request large = s3.sign(s3.make("PUT", "/bucket?cors", {}, ""), "UNSIGNED-PAYLOAD");
  large.stream = source_of(std::string(9 << 20, ' '));
  CHECK(s3.handle(std::move(large)).said() == "400 EntityTooLarge");
}

}  // namespace offing
