// Routing, static replies, refused headers, permissions, CORS and what every answer has: spec/r2.md
// 5.2, 5.3, 3.3.
#include <doctest/doctest.h>

#include "emulator/s3/s3_static.h"
#include "tests/unit/r2_kit.h"
#include "tests/unit/s3_kit.h"

namespace offing {

static std::string message(const S3Reply& reply) { return reply.element("Message"); }

TEST_CASE("spec/r2.md 5.3 Routing: a POST on a key is PutObject, whatever copy source it names") {
  S3Kit s3;
  s3.put("/bucket/source", "source");
  CHECK(s3.post("/bucket/posted", "posted").status == 200);
  CHECK(s3.get("/bucket/posted").body == "posted");
  CHECK(s3.post("/bucket/posted", "wins", {{"x-amz-copy-source", "/bucket/source"}}).body == "");
  CHECK(s3.get("/bucket/posted").body == "wins");
}

TEST_CASE("spec/r2.md 5.3 Routing: a signed POST on a bucket without ?delete is an empty 200") {
  S3Kit s3;
  const S3Reply reply = s3.post("/bucket", "whatever");
  CHECK(reply.status == 200);
  CHECK(reply.body == "");
}

TEST_CASE("spec/r2.md 5.1: an unsigned POST on a bucket is a form upload: not implemented") {
  S3Kit s3;
  const S3Reply reply = s3.handle(s3.make("POST", "/bucket", {}, "form"));
  CHECK(reply.status == 501);
  CHECK(message(reply) == "Presigned post requests are not yet implemented not implemented");
  CHECK(s3.handle(s3.make("POST", "/bucket?delete", {}, "x")).said() == "400 InvalidArgument");
}

TEST_CASE("spec/r2.md 5.3 Routing: PUT with uploadId but no partNumber is a plain PutObject") {
  S3Kit s3;
  const std::string upload = s3.create_upload("/bucket/key");
  CHECK(s3.put("/bucket/key?uploadId=" + upload, "plain").status == 200);
  CHECK(s3.get("/bucket/key").body == "plain");
  CHECK(s3.get("/bucket/key?uploadId=" + upload).elements("Part").empty());
}

TEST_CASE("spec/r2.md 5.3 Routing: unroutable methods and odd part numbers are RouteNotFound") {
  S3Kit s3;
  const S3Reply patch = s3.send("PATCH", "/bucket/key");
  CHECK(patch.said() == "404 RouteNotFound");
  CHECK(message(patch) == "No route matches this url.");
  CHECK(s3.send("PATCH", "/bucket").said() == "404 RouteNotFound");
  CHECK(s3.send("POST", "/").said() == "404 RouteNotFound");
  CHECK(s3.put("/bucket/key?uploadId=u&partNumber=1.0", "x").said() == "404 RouteNotFound");
  CHECK(s3.put("/bucket/key?uploadId=u&partNumber=a", "x").said() == "404 RouteNotFound");
  CHECK(s3.get("/bucket/key?partNumber=1.5").said() == "404 RouteNotFound");
}

TEST_CASE("spec/r2.md 5.3 Routing: unknown parameters on a bucket's PUT and DELETE") {
  S3Kit s3;
  const S3Reply put = s3.put("/bucket?junk", "");
  CHECK(put.said() == "400 InvalidArgument");
  CHECK(message(put) == "Unsupported search param(s) &quot;junk&quot; on a PUT bucket route");
  CHECK(message(s3.remove("/bucket?versioning&junk&x-id=DeleteBucket")) ==
        "Unsupported search param(s) &quot;versioning&quot;, &quot;junk&quot; on a DELETE bucket "
        "route");
  CHECK(message(s3.put("/bucket?junk&tagging", "")) == "PutBucketTagging not implemented");
}

TEST_CASE("spec/r2.md 5.3 Routing: HEAD ignores subresources, DELETE of a key likewise") {
  S3Kit s3;
  s3.put("/bucket/key", "x");
  CHECK(s3.send("HEAD", "/bucket/key?acl").status == 200);
  CHECK(s3.send("HEAD", "/bucket?policy").status == 200);
  CHECK(s3.remove("/bucket/key?tagging").status == 204);
  CHECK(s3.stored_keys().empty());
}

TEST_CASE("spec/r2.md 5.2: every subresource that R2 does not implement says so by its name") {
  S3Kit s3;
  s3.put("/bucket/key", "x");
  auto check = [&s3](std::span<const s3::Subresource> table, const std::string& path) {
    for (const s3::Subresource& row : table) {
      if (row.operation) continue;
      const S3Reply reply = s3.send(row.method, path + "?" + std::string(row.parameter), {},
                                    row.method == "GET" ? "" : "x");
      CHECK(reply.said() == "501 NotImplemented");
      CHECK(message(reply) == std::string(row.name) + " not implemented");
    }
  };
  check(s3::bucket_subresources(), "/bucket");
  check(s3::object_subresources(), "/bucket/key");
  CHECK(message(s3.get("/bucket?policyStatus")) == "GetGetBucketPolicyStatus not implemented");
  CHECK(s3.get("/bucket/key").body == "x");
}

TEST_CASE("spec/r2.md 5.2: static replies") {
  S3Kit s3;
  CHECK(s3.get("/bucket?versioning").body ==
        R"(<?xml version="1.0" encoding="UTF-8"?><VersioningConfiguration )"
        R"(xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></VersioningConfiguration>)");
  CHECK(s3.get("/bucket?tagging").said() == "404 NoSuchTagSet");
  CHECK(s3.get("/bucket?object-lock").said() == "404 ObjectLockConfigurationNotFoundError");
  CHECK(s3.get("/bucket?replication").said() == "404 ReplicationConfigurationNotFoundError");
  CHECK(s3.get("/none?tagging").said() == "404 NoSuchBucket");
}

TEST_CASE("spec/r2.md 5.2: refused headers, by operation") {
  S3Kit s3;
  s3.put("/bucket/key", "x");
  const S3Reply tagging = s3.put("/bucket/key", "y", {{"x-amz-tagging", "a=b"}});
  CHECK(tagging.said() == "501 NotImplemented");
  CHECK(message(tagging) ==
        "Header &apos;x-amz-tagging&apos; with value &apos;a=b&apos; not implemented");
  CHECK(s3.get("/bucket/key", {{"x-amz-tagging", "a=b"}}).status == 200);
  CHECK(s3.put("/bucket/key", "z", {{"x-amz-mfa", "device 1"}}).status == 200);
  CHECK(s3.send("DELETE", "/bucket/key", {{"x-amz-mfa", "device 1"}}).status == 501);
  for (const char* target : {"/bucket/key", "/bucket", "/"})
    CHECK(s3.get(target, {{"x-amz-expected-bucket-owner", "1"}}).status == 501);
  CHECK(s3.put("/bucket/key", "z", {{"x-amz-acl", "public-read"}}).status == 200);
  CHECK(s3.put("/bucket/key", "z", {{"x-amz-acl", "lol-no"}}).status == 501);
  CHECK(s3.put("/bucket/key", "z", {{"x-amz-server-side-encryption", "AES256"}}).status == 200);
  CHECK(s3.put("/bucket/key", "z", {{"x-amz-server-side-encryption", "aws:kms"}}).status == 501);
  CHECK(s3.put("/bucket/key?x-id=PutObject", "z", {{"x-amz-foobar", "any"}}).status == 200);
  CHECK(s3.put("/bucket/key", "",
               {{"x-amz-copy-source", "/bucket/key"}, {"x-amz-source-expected-bucket-owner", "1"}})
            .status == 501);
}

TEST_CASE("spec/r2.md 5.1: authentication precedes everything else") {
  S3Kit s3;
  const S3Reply anonymous = s3.handle(s3.make("GET", "/none/key", {}, ""));
  CHECK(anonymous.said() == "400 InvalidArgument");
  CHECK(message(anonymous) == "Authorization");
  s3.credentials.secret_access_key = "wrong";
  CHECK(s3.get("/none/key").said() == "403 SignatureDoesNotMatch");
  CHECK(s3.get("/bucket?policy").said() == "403 SignatureDoesNotMatch");
  CHECK(s3.send("HEAD", "/none/key").status == 403);
  CHECK(s3.send("HEAD", "/none/key").body == "");
  s3.credentials.access_key_id = std::string(32, 'b');
  CHECK(s3.get("/bucket/key").said() == "401 Unauthorized");
}

TEST_CASE("spec/r2.md 5.1: a body that is not the one that was signed is refused, and not stored") {
  S3Kit s3;
  Request request = s3.sign(s3.make("PUT", "/bucket/key", {}, "sent"), sha256_hex("signed"));
  CHECK(s3.handle(std::move(request)).said() == "400 XAmzContentSHA256Mismatch");
  request = s3.sign(s3.make("PUT", "/bucket/key", {}, "sent"), "UNSIGNED-PAYLOAD");
  CHECK(s3.handle(std::move(request)).status == 200);
}

TEST_CASE("spec/r2.md 5.1: an expired presigned URL, by its switch") {
  for (uint16_t status : {403, 400}) {
    R2Settings settings;
    settings.expired_status = status;
    S3Kit s3(settings);
    Request request = s3.make("GET", "/bucket/key", {}, "");
    request.url = s3::presign("GET", request.url, s3.credentials, "auto", 60, s3.world.now_ms());
    s3.advance(61'000);
    const S3Reply reply = s3.handle(std::move(request));
    CHECK(reply.said() == std::to_string(status) + " ExpiredRequest");
    CHECK(message(reply) == "Request has expired");
  }
}

TEST_CASE("in virtual time: what a client's own clock dated is taken as dated now") {
  S3Kit s3;
  const int64_t ahead_ms = s3.world.now_ms() + int64_t{400} * 86'400'000;
  const std::string url = s3.make("GET", "/bucket/key", {}, "").url;
  Request request = s3.make("GET", "/bucket/key", {}, "");
  request.url = s3::presign("GET", url, s3.credentials, "auto", 60, ahead_ms);
  CHECK(s3.handle(std::move(request)).said() == "404 NoSuchKey");
}

// ---- Hosts

TEST_CASE("spec/r2.md 5.1: virtual hosts name the bucket; other labels do not") {
  S3Kit s3;
  const std::string account(32, 'a');
  s3.put("/bucket/dir/key", "value");
  for (const std::string& host :
       {std::string("bucket.localhost:9000"), "bucket." + account + ".r2.cloudflarestorage.com"}) {
    s3.host = host;
    CHECK(s3.get("/dir/key").body == "value");
    CHECK(s3.get("/?list-type=2").element("Name") == "bucket");
  }
  for (const std::string& host : {account + ".r2.cloudflarestorage.com", std::string("127.0.0.1"),
                                  std::string("s3.localhost"), std::string("[::1]:9000")}) {
    s3.host = host;
    CHECK(s3.get("/bucket/dir/key").body == "value");
  }
}

TEST_CASE("spec/r2.md 5.1: a jurisdiction's endpoint shows its own buckets only") {
  S3Kit s3;
  r2::BucketSettings settings;
  settings.name = "european";
  settings.jurisdiction = "eu";
  REQUIRE(s3.r2->create_bucket(settings));
  const std::string account(32, 'a');
  s3.host = account + ".eu.r2.cloudflarestorage.com";
  CHECK(s3.get("/").elements("Name") == std::vector<std::string>{"european"});
  CHECK(s3.send("HEAD", "/european").status == 200);
  CHECK(s3.get("/bucket/key").said() == "404 NoSuchBucket");
  s3.host = "european." + account + ".eu.r2.cloudflarestorage.com";
  CHECK(s3.put("/key", "x").status == 200);
  s3.host = account + ".r2.cloudflarestorage.com";
  CHECK(s3.get("/european/key").said() == "404 NoSuchBucket");
  CHECK(s3.put("/bucket/key", "", {{"x-amz-copy-source", "/european/key"}}).said() ==
        "404 NoSuchBucket");
}

TEST_CASE("spec/r2.md 5.1: keys are decoded once, and stand as they were sent") {
  S3Kit s3;
  CHECK(s3.put("/bucket/sp%C3%A4cial%20dir/a+b&c%2Bd//100%25/../x", "value").status == 200);
  CHECK(s3.stored_keys() == std::vector<std::string>{"späcial dir/a+b&c+d//100%/../x"});
  CHECK(s3.put("/bucket/literal%2525", "x").status == 200);
  CHECK(s3.get("/bucket/literal%2525").body == "x");
  CHECK(s3.put("/bucket/%ff%fe", "x").said() == "400 InvalidObjectName");
  CHECK(s3.put("/bucket/" + std::string(1025, 'k'), "x").said() == "400 InvalidObjectName");
}

// ---- Permissions

static R2Settings with_tokens() {
  R2Settings settings;
  using Scope = R2Token::Scope;
  auto add = [&settings](Scope scope, char digit, std::vector<std::string> buckets) {
    R2Token token;
    token.access_key_id = std::string(32, digit);
    token.secret_access_key = std::string(64, digit);
    token.scope = scope;
    token.buckets = std::move(buckets);
    settings.tokens.push_back(std::move(token));
  };
  add(Scope::kAdminReadWrite, '1', {});
  add(Scope::kAdminRead, '2', {});
  add(Scope::kObjectReadWrite, '3', {"bucket"});
  add(Scope::kObjectRead, '4', {"bucket"});
  return settings;
}

TEST_CASE("spec/r2.md 5.1 token scopes: a limited token learns of no other bucket") {
  S3Kit s3(with_tokens());
  s3.r2->bucket_for_binding("other", "");
  auto as = [&s3](char digit) {
    s3.credentials = {std::string(32, digit), std::string(64, digit), ""};
  };
  as('1');
  CHECK(s3.put("/bucket/key", "x").status == 200);
  CHECK(s3.put("/third", "").status == 200);
  as('2');
  CHECK(s3.get("/bucket/key").status == 200);
  CHECK(s3.get("/").status == 200);
  CHECK(s3.get("/bucket?lifecycle").status == 200);
  CHECK(s3.put("/bucket/key", "y").said() == "403 AccessDenied");
  CHECK(s3.put("/fourth", "").said() == "403 AccessDenied");
  as('3');
  CHECK(s3.put("/bucket/key", "z").status == 200);
  CHECK(s3.get("/bucket?list-type=2").status == 200);
  CHECK(s3.put("/other/key", "z").said() == "403 AccessDenied");
  CHECK(s3.put("/none/key", "z").said() == "403 AccessDenied");
  CHECK(s3.get("/").said() == "403 AccessDenied");
  CHECK(s3.get("/bucket?cors").said() == "403 AccessDenied");
  CHECK(s3.put("/bucket/copy", "", {{"x-amz-copy-source", "/other/key"}}).said() ==
        "403 AccessDenied");
  CHECK(s3.put("/bucket2/key", "x", {{"cf-create-bucket-if-missing", "true"}}).said() ==
        "403 AccessDenied");
  as('4');
  CHECK(s3.get("/bucket/key").body == "z");
  CHECK(s3.put("/bucket/key", "w").said() == "403 AccessDenied");
  CHECK(s3.remove("/bucket/key").said() == "403 AccessDenied");
  CHECK(s3.post("/bucket?delete", "<Delete><Object><Key>key</Key></Object></Delete>").said() ==
        "403 AccessDenied");
}

TEST_CASE("spec/r2.md 5.1: temporary credentials are bound to their bucket, prefix and time") {
  S3Kit s3;
  s3.put("/bucket/in/key", "in");
  s3.put("/bucket/out", "out");
  const s3::Grant grant{"bucket", R2Token::Scope::kObjectReadWrite, {}, {"in/"}, {},
                        s3.world.now_ms() + 60'000};
  const s3::TemporaryCredentials made =
      s3::issue(s3.keys.tokens().front(), grant, "account", s3.world.now_ms());
  s3.credentials = {made.access_key_id, made.secret_access_key, made.session_token};
  CHECK(s3.get("/bucket/in/key").body == "in");
  CHECK(s3.get("/bucket/out").said() == "403 AccessDenied");
  CHECK(s3.get("/bucket?list-type=2&prefix=in/").elements("Key") ==
        std::vector<std::string>{"in/key"});
  CHECK(s3.get("/bucket?list-type=2").said() == "403 AccessDenied");
  CHECK(s3.put("/bucket/in/copy", "", {{"x-amz-copy-source", "/bucket/out"}}).said() ==
        "403 AccessDenied");
  const S3Reply deleted = s3.post("/bucket?delete",
                                  "<Delete><Object><Key>in/key</Key></Object>"
                                  "<Object><Key>out</Key></Object></Delete>");
  CHECK(deleted.elements("Deleted") == std::vector<std::string>{"<Key>in/key</Key>"});
  CHECK(deleted.element("Error").starts_with("<Key>out</Key><Code>AccessDenied</Code>"));
  CHECK(s3.stored_keys() == std::vector<std::string>{"out"});
  CHECK(s3.presigned("GET", "/bucket/in/key").said() == "404 NoSuchKey");
}

// ---- CORS

static void allow(S3Kit& s3, std::vector<std::string> origins, std::vector<std::string> headers) {
  r2::CorsRule rule;
  rule.origins = std::move(origins);
  rule.methods = {"GET", "PUT"};
  rule.headers = std::move(headers);
  rule.expose_headers = {"ETag", "x-amz-version-id"};
  rule.max_age_s = 600;
  REQUIRE(s3.r2->set_cors("bucket", {rule}));
}

TEST_CASE("spec/r2.md 3.3 CORS: a preflight is answered by the bucket's rules, unsigned") {
  S3Kit s3;
  const S3Kit::Headers asks = {{"Origin", "https://a.example"},
                               {"Access-Control-Request-Method", "PUT"},
                               {"Access-Control-Request-Headers", "Content-Type, X-Amz-Date"}};
  auto preflight = [&](S3Kit::Headers headers) {
    return s3.handle(s3.make("OPTIONS", "/bucket/key?X-Amz-Signature=1", std::move(headers), ""));
  };
  S3Reply reply = preflight(asks);
  CHECK(reply.said() == "403 Unauthorized");
  CHECK(message(reply) == "CORS not configured for this bucket");
  allow(s3, {"https://a.example"}, {"content-type", "x-amz-date"});
  reply = preflight(asks);
  CHECK(reply.status == 204);
  CHECK(reply.header("access-control-allow-origin") == "https://a.example");
  CHECK(reply.header("access-control-allow-methods") == "GET, PUT");
  CHECK(reply.header("access-control-allow-headers") == "Content-Type, X-Amz-Date");
  CHECK(reply.header("access-control-expose-headers") == "ETag, x-amz-version-id");
  CHECK(reply.header("access-control-max-age") == "600");
  CHECK(reply.header("vary") == "Origin");
  CHECK(preflight({{"Origin", "https://b.example"}, {"Access-Control-Request-Method", "PUT"}})
            .status == 403);
  CHECK(preflight({{"Origin", "https://a.example"}, {"Access-Control-Request-Method", "DELETE"}})
            .status == 403);
  CHECK(preflight({{"Origin", "https://a.example"},
                   {"Access-Control-Request-Method", "PUT"},
                   {"Access-Control-Request-Headers", "x-other"}})
            .status == 403);
  CHECK(s3.handle(s3.make("OPTIONS", "/none/key", asks, "")).said() == "403 Unauthorized");
  CHECK(s3.handle(s3.make("OPTIONS", "/bucket/key", {}, "")).said() == "400 InvalidArgument");
}

TEST_CASE("spec/r2.md 3.3 CORS: headers only with an Origin that is allowed; no other authority") {
  S3Kit s3;
  allow(s3, {"*"}, {"*"});
  s3.put("/bucket/key", "x");
  CHECK(s3.get("/bucket/key").header("access-control-allow-origin") == "<none>");
  const S3Kit::Headers origin = {{"Origin", "https://a.example"}};
  const S3Reply got = s3.presigned("GET", "/bucket/key", "", origin);
  CHECK(got.header("access-control-allow-origin") == "*");
  CHECK(got.header("access-control-allow-credentials") == "<none>");
  CHECK(s3.get("/bucket/none", origin).header("access-control-allow-origin") == "*");
  CHECK(s3.send("DELETE", "/bucket/key", origin).header("access-control-allow-origin") == "<none>");
  const S3Reply unsigned_one = s3.handle(s3.make("GET", "/bucket/key", origin, ""));
  CHECK(unsigned_one.status == 400);
}

// ---- Every answer

TEST_CASE("spec/r2.md 5.3: every answer has a date, a server and an id of its own") {
  S3Kit s3;
  const S3Reply a = s3.get("/"), b = s3.get("/bucket/none");
  for (const S3Reply* reply : {&a, &b}) {
    CHECK(reply->header("date") == "Thu, 01 Jan 2026 00:00:00 GMT");
    CHECK(reply->header("server") == "offing");
    CHECK(reply->header("x-amz-request-id").size() == 16);
  }
  CHECK(a.header("x-amz-request-id") != b.header("x-amz-request-id"));
}

TEST_CASE("DESIGN rule 5: each request leaves one event, without what could be used again") {
  S3Kit s3;
  s3.put("/bucket/key", "x");
  s3.presigned("GET", "/bucket/key?response-expires=1");
  s3.handle(s3.make("GET", "/bucket/key", {}, ""));
  s3.send("PATCH", "/bucket/key");
  REQUIRE(s3.seen.size() == 4);
  CHECK(s3.seen[0].operation == "PutObject");
  CHECK(s3.seen[0].key_id == s3.credentials.access_key_id);
  CHECK(s3.seen[0].status == 200);
  CHECK(s3.seen[1].path ==
        "/bucket/key?response-expires=1&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date="
        "20260101T000000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host");
  CHECK(s3.seen[2].error == "InvalidArgument");
  CHECK(s3.seen[2].key_id == "");
  CHECK(s3.seen[3].operation == "");
  CHECK(s3.seen[3].error == "RouteNotFound");
}

}  // namespace offing
