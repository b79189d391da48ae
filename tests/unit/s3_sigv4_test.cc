#include "tests/unit/s3_wire_kit.h"

using namespace offing;
using namespace offing::test;
using s3::Keys;
using s3::Payload;
using s3::Query;
using s3::S3Error;
using s3::Verifier;

namespace {

const s3::Credentials kExample{std::string(kExampleKey), std::string(kExampleSecret), {}};

struct Door {
  explicit Door(Verifier::Options options = {}) : keys({token()}), verifier(keys, options) {}
  std::expected<s3::Verified, S3Error> verify(const Request& request, int64_t now_ms = kExampleMs) {
    return verifier.verify(request, Query::parse(s3::split_url(request.url).query), now_ms);
  }
  S3Error refusal(const Request& request, int64_t now_ms = kExampleMs) {
    auto verified = verify(request, now_ms);
    REQUIRE(!verified);
    return verified.error();
  }
  Keys keys;
  Verifier verifier;
};

Request signed_get(std::string url = "http://b.example/k",
                   std::string_view payload = kEmptySha256) {
  Request request = request_of("GET", std::move(url));
  s3::sign(request, kExample, "auto", payload, kExampleMs);
  return request;
}

// One of AWS's examples: the signature is the published one.
Request example(std::string method, std::string path,
                std::initializer_list<std::pair<std::string_view, std::string_view>> headers,
                std::string_view payload, std::string_view signed_headers,
                std::string_view signature) {
  Request request = request_of(std::move(method), "http://examplebucket.s3.amazonaws.com" + path);
  for (const auto& [name, value] : headers) request.headers.add(name, value);
  request.headers.add("x-amz-content-sha256", payload);
  request.headers.add("x-amz-date", "20130524T000000Z");
  request.headers.add("Authorization",
                      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
                      "aws4_request,SignedHeaders=" +
                          std::string(signed_headers) + ",Signature=" + std::string(signature));
  return request;
}

std::string authorization_with(std::string_view credential) {
  return "AWS4-HMAC-SHA256 Credential=" + std::string(credential) +
         ", SignedHeaders=host, Signature=00";
}

void check_error(const S3Error& error, uint16_t status, std::string_view code,
                 std::string_view message) {
  CHECK(error.http_status == status);
  CHECK(error.code == code);
  CHECK(error.message == message);
}

}  // namespace

TEST_CASE("spec/r2.md 5.1: AWS's published examples of header signatures verify") {
  Door door;
  const Request requests[] = {
      example("GET", "/test.txt", {{"Range", "bytes=0-9"}}, kEmptySha256,
              "host;range;x-amz-content-sha256;x-amz-date",
              "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
      example("PUT", "/test%24file.text",
              {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
               {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
              "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
              "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
              "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
      example("GET", "/?lifecycle", {}, kEmptySha256, "host;x-amz-content-sha256;x-amz-date",
              "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
      example("GET", "/?max-keys=2&prefix=J", {}, kEmptySha256,
              "host;x-amz-content-sha256;x-amz-date",
              "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")};
  for (const Request& request : requests) {
    CAPTURE(request.url);
    const auto verified = door.verify(request);
    REQUIRE(verified);
    CHECK(verified->who.token->access_key_id == kExampleKey);
    CHECK(verified->payload == Payload::kHash);
    CHECK(digest::to_hex(verified->payload_sha256) == *request.headers.get("x-amz-content-sha256"));
  }
}

TEST_CASE("spec/r2.md 5.1: AWS's published presigned URL verifies, and is what presign makes") {
  Door door;
  const Request request = request_of(
      "GET",
      "http://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
      "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
      "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
      "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
  const auto verified = door.verify(request, kExampleMs + 86'400'000);
  REQUIRE(verified);
  CHECK(verified->is_presigned);
  CHECK(verified->payload == Payload::kUnsigned);
  CHECK(s3::presign("GET", "http://examplebucket.s3.amazonaws.com/test.txt", kExample, "us-east-1",
                    86400, kExampleMs) == request.url);
}

TEST_CASE("spec/r2.md 5.1: the canonical path is verbatim, the query sorted, values trimmed") {
  Door door;
  for (const char* url : {"http://h/b/a%2Fb%20c//../d", "http://h/b/k?b=2&a=%7E+x&a=&delete",
                          "http://h:9000", "http://h/b/\xc3\xa9?prefix=\xc3\xa9"}) {
    CAPTURE(url);
    CHECK(door.verify(signed_get(url)));
  }
  Request request = request_of("GET", "http://h/b/k");
  request.headers.add("X-Amz-Meta-A", "  two   spaces  ");
  request.headers.add("x-amz-meta-a", "again");
  s3::sign(request, kExample, "", kEmptySha256, kExampleMs);
  CHECK(door.verify(request));
  request.headers.remove("x-amz-meta-a");
  request.headers.add("X-Amz-Meta-A", "two spaces");
  request.headers.add("X-Amz-Meta-A", "again ");
  CHECK(door.verify(request));
  request.headers.remove("x-amz-meta-a");
  CHECK(door.refusal(request).code == "SignatureDoesNotMatch");
}

TEST_CASE("spec/r2.md 5.1: every region is taken") {
  Door door;
  for (const char* region : {"auto", "", "us-east-1", "eu-central-1"}) {
    Request request = request_of("GET", "http://h/b");
    s3::sign(request, kExample, region, kEmptySha256, kExampleMs);
    CHECK(door.verify(request));
    CHECK(door.verify(request));  // from the kept signing key
  }
}

TEST_CASE("spec/r2.md 5.1: no credentials, no hash, another algorithm, no date") {
  Door door;
  Request request = request_of("GET", "http://h/b");
  check_error(door.refusal(request), 400, "InvalidArgument", "Authorization");
  CHECK(!s3::has_authentication(request, Query::parse("")));
  CHECK(s3::has_authentication(request, Query::parse("X-Amz-Credential=a")));
  request.headers.add("Authorization", "Basic abc");
  check_error(door.refusal(request), 400, "InvalidRequest", "Missing x-amz-content-sha256");
  request.headers.add("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
  check_error(door.refusal(request), 400, "InvalidArgument",
              "No date provided in x-amz-date nor date header");
  request.headers.add("Date", "Fri, 24 May 2013 00:00:00 GMT");
  check_error(door.refusal(request), 400, "InvalidArgument",
              "Date provided in 'date' header (Fri, 24 May 2013 00:00:00 GMT) didn't parse "
              "successfully");
  request.headers.add("x-amz-date", "2013-05-24");
  check_error(door.refusal(request), 400, "InvalidArgument",
              "Date provided in 'x-amz-date' header (2013-05-24) didn't parse successfully");
  request.headers.set("x-amz-date", "20130524T000000Z");
  for (const char* value :
       {"Basic abc", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a, Signature=b",
        "AWS4-HMAC-SHA512 Credential=a,SignedHeaders=host,Signature=b"}) {
    request.headers.set("Authorization", value);
    check_error(door.refusal(request), 400, "InvalidRequest", "Please use AWS4-HMAC-SHA256");
  }
}

TEST_CASE("spec/r2.md 5.1: what is wrong with a credential, in R2's order") {
  Door door;
  const auto refusal = [&door](std::string_view credential) {
    Request request = request_of("GET", "http://h/b");
    request.headers.add("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    request.headers.add("x-amz-date", "20130524T000000Z");
    request.headers.add("Authorization", authorization_with(credential));
    return door.refusal(request);
  };
  check_error(refusal("a/b/c"), 400, "InvalidArgument",
              "Credential sigv4 header should have at least 5 slash-separated parts, not 3");
  check_error(refusal("a/20130523/auto/ec2/x"), 400, "InvalidArgument",
              "Credential service should be s3, not ec2");
  check_error(refusal("a/20130523/auto/s3/x"), 400, "InvalidArgument",
              "Credential termination string should be aws4_request, not x");
  check_error(refusal("a/20130523/auto/s3/aws4_request"), 400, "InvalidArgument",
              "Credential signed date 20130523 does not match 20130524 from 'x-amz-date' header");
  check_error(refusal("a/20130524/auto/s3/aws4_request"), 401, "Unauthorized", "Unauthorized");
  CHECK(refusal(std::string(kExampleKey) + "/20130524/auto/s3/aws4_request").code ==
        "SignatureDoesNotMatch");
}

TEST_CASE("spec/r2.md 5.1: SignedHeaders must contain host") {
  Door door;
  Request request = signed_get();
  std::string value(*request.headers.get("authorization"));
  value.replace(value.find("SignedHeaders=host;"), 19, "SignedHeaders=");
  request.headers.set("authorization", value);
  check_error(door.refusal(request), 401, "Unauthorized", "Unauthorized");
}

TEST_CASE("spec/r2.md 5.1: fifteen minutes of skew, not more, either way") {
  Door door;
  const Request request = signed_get();
  for (const int64_t sign : {-1, 1}) {
    CHECK(door.verify(request, kExampleMs + sign * 900'000));
    const S3Error error = door.refusal(request, kExampleMs + sign * 900'001);
    CHECK(error.http_status == 403);
    CHECK(error.code == "RequestTimeTooSkewed");
  }
}

TEST_CASE("spec/r2.md 5.1: a wrong signature says what was expected to be signed") {
  Door door;
  Request request = signed_get();
  request.url = "http://b.example/other";
  const S3Error error = door.refusal(request);
  check_error(
      error, 403, "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check "
      "your secret access key and signing method.");
  REQUIRE(error.extra.size() == 5);
  CHECK(error.extra[0].first == "StringToSign");
  CHECK(error.extra[0].second.starts_with(
      "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/auto/s3/aws4_request\n"));
  CHECK(error.extra[1].first == "StringToSignBytes");
  CHECK(error.extra[1].second.starts_with("41 57 53 34 2d"));
  CHECK(error.extra[2].first == "CanonicalRequest");
  CHECK(error.extra[2].second.starts_with("GET\n/other\n\nhost:b.example\n"));
  CHECK(error.extra[3].first == "CanonicalRequestBytes");
  CHECK(error.extra[3].second.starts_with("47 45 54 0a"));
  CHECK(error.extra[4].first == "SignatureProvided");
  CHECK(error.extra[4].second.size() == 64);
}

TEST_CASE("spec/r2.md 5.1: what x-amz-content-sha256 may say") {
  Door door;
  const auto payload_of = [&door](std::string_view value) {
    return door.verify(signed_get("http://b.example/k", value));
  };
  CHECK(payload_of("UNSIGNED-PAYLOAD")->payload == Payload::kUnsigned);
  CHECK(payload_of(kEmptySha256)->payload == Payload::kHash);
  CHECK(payload_of("STREAMING-UNSIGNED-PAYLOAD-TRAILER")->payload == Payload::kUnsignedTrailer);
  for (const char* value :
       {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"}) {
    check_error(payload_of(value).error(), 501, "NotImplemented",
                std::string(value) + " not implemented");
  }
  CHECK(payload_of("deadbeef").error().code == "InvalidArgument");
  Door strict({.strict_unsigned_trailers = true});
  check_error(
      strict.refusal(signed_get("http://b.example/k", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")), 401,
      "Unauthorized", "Unauthorized");
  check_error(s3::content_hash_mismatch(), 400, "XAmzContentSHA256Mismatch",
              "The provided 'x-amz-content-sha256' header does not match what was computed.");
}

TEST_CASE("spec/r2.md 5.1: the header goes before the query") {
  Door door;
  Request request =
      request_of("GET", s3::presign("GET", "http://h/b/k", kExample, "auto", 60, kExampleMs));
  CHECK(door.verify(request));
  request.headers.add("Authorization", "nonsense");
  check_error(door.refusal(request), 400, "InvalidRequest", "Missing x-amz-content-sha256");
}

TEST_CASE("spec/r2.md 5.1 Presign: missing parameters, expiry and its limits") {
  Door door;
  const auto refusal = [&door](std::string_view query) {
    return door.refusal(request_of("GET", "http://h/b/k?" + std::string(query)));
  };
  check_error(refusal("X-Amz-Credential=a&X-Amz-Algorithm=b&X-Amz-Signature=c&X-Amz-Date=d&"
                      "X-Amz-SignedHeaders=e"),
              400, "InvalidArgument", "Required search parameter X-Amz-Expires missing");
  check_error(refusal("X-Amz-Credential=a&X-Amz-Algorithm=b&X-Amz-Signature=c&X-Amz-Date=d"), 400,
              "InvalidArgument",
              "Required search parameters X-Amz-SignedHeaders,  X-Amz-Expires missing");
  const auto with = [&](std::string_view algorithm, std::string_view date, std::string_view expires,
                        std::string_view signed_headers = "host") {
    return refusal("X-Amz-Algorithm=" + std::string(algorithm) +
                   "&X-Amz-Credential=" + std::string(kExampleKey) +
                   "/20130524/auto/s3/aws4_request&X-Amz-Date=" + std::string(date) +
                   "&X-Amz-Expires=" + std::string(expires) +
                   "&X-Amz-SignedHeaders=" + std::string(signed_headers) + "&X-Amz-Signature=0");
  };
  constexpr std::string_view kV4 = "AWS4-HMAC-SHA256", kDate = "20130524T000000Z";
  check_error(with("AWS2", kDate, "60"), 400, "InvalidRequest", "Please use AWS4-HMAC-SHA256");
  check_error(with(kV4, "yesterday", "60"), 400, "InvalidArgument",
              "Date provided in X-Amz-Date (yesterday) didn't parse successfully");
  check_error(with(kV4, "20130525T000000Z", "60"), 400, "InvalidArgument",
              "Credential signed date 20130524 does not match 20130525 from 'x-amz-date' header");
  for (const char* expires : {"", "soon", "1x"}) {
    check_error(with(kV4, kDate, expires), 400, "InvalidArgument",
                "X-Amz-Expires should be a number");
  }
  for (const char* expires : {"604801", "1e400"}) {
    check_error(with(kV4, kDate, expires), 400, "InvalidArgument",
                "X-Amz-Expires must be less than a week (in seconds); that is, the given "
                "X-Amz-Expires must be less than 604800 seconds");
  }
  for (const char* expires : {"0", "-5"}) {
    check_error(with(kV4, kDate, expires), 403, "ExpiredRequest", "Request has expired");
  }
  check_error(with(kV4, kDate, "60", "range"), 401, "Unauthorized", "Unauthorized");
  CHECK(with(kV4, kDate, "60").code == "SignatureDoesNotMatch");

  const Request week = request_of("PUT", s3::presign("PUT", "http://h/b/k?partNumber=1", kExample,
                                                     "auto", 604'800, kExampleMs));
  CHECK(door.verify(week, kExampleMs + 604'800'000));
  check_error(door.refusal(week, kExampleMs + 604'800'001), 403, "ExpiredRequest",
              "Request has expired");
  Door lenient({.expired_status = 400});
  CHECK(lenient.refusal(week, kExampleMs + 604'800'001).http_status == 400);
  Request get = request_of("GET", week.url);
  CHECK(door.refusal(get).code == "SignatureDoesNotMatch");  // another method
}

TEST_CASE("spec/r2.md 5.1 Presign: an aws-chunked body is seen, its hash is not signed") {
  Door door;
  Request request =
      request_of("PUT", s3::presign("PUT", "http://h/b/k", kExample, "auto", 60, kExampleMs));
  request.headers.add("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
  CHECK(door.verify(request)->payload == Payload::kUnsignedTrailer);
  request.headers.set("x-amz-content-sha256", kEmptySha256);
  CHECK(door.verify(request)->payload == Payload::kUnsigned);
}

TEST_CASE("spec/r2.md 5.1: temporary credentials sign with the hash of their JWT") {
  Door door;
  s3::Grant grant;
  grant.bucket = "b";
  grant.scope = R2Token::Scope::kObjectRead;
  grant.expires_ms = kExampleMs + 60'000;
  const auto issued = s3::issue(door.keys.tokens()[0], grant, "account", kExampleMs);
  const s3::Credentials temporary{issued.access_key_id, issued.secret_access_key,
                                  issued.session_token};
  Request request = request_of("GET", "http://h/b/k");
  s3::sign(request, temporary, "auto", kEmptySha256, kExampleMs);
  const auto verified = door.verify(request);
  REQUIRE(verified);
  REQUIRE(verified->who.grant);
  CHECK(verified->who.grant->bucket == "b");
  const Request presigned =
      request_of("GET", s3::presign("GET", "http://h/b/k", temporary, "auto", 30, kExampleMs));
  CHECK(door.verify(presigned));
  check_error(door.refusal(request, kExampleMs + 60'000), 401, "Unauthorized", "Unauthorized");

  Request bogus = signed_get();
  bogus.headers.add("x-amz-security-token", "bogus");
  check_error(door.refusal(bogus), 400, "InvalidArgument", "X-Amz-Security-Token");
}
