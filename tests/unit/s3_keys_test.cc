#include "emulator/s3/s3_error.h"
#include "tests/unit/s3_token.h"
#include "tests/unit/s3_wire_kit.h"

using namespace offing;
using namespace offing::test;
using s3::Access;
using s3::Asked;
using s3::Grant;
using s3::Identity;
using s3::Keys;
using Scope = R2Token::Scope;

namespace {

struct Granted {
  explicit Granted(Grant given, Scope parent = Scope::kAdminReadWrite) : keys({token(parent)}) {
    given.expires_ms = kExampleMs + 1000;
    const auto issued = s3::issue(keys.tokens()[0], given, "account", kExampleMs);
    auto found = keys.identify(issued.access_key_id, issued.session_token, kExampleMs);
    REQUIRE(found);
    who = *found;
    CHECK(who.secret == issued.secret_access_key);
  }
  bool may(Access access, std::string_view operation, std::string_view key,
           std::string_view bucket = "b") const {
    return s3::may(who, {access, operation, bucket, key});
  }
  Keys keys;
  Identity who;
};

std::string allowed(const R2Token& token, std::string_view bucket) {
  const Identity who{&token, std::nullopt, {}};
  std::string out;
  for (const auto& [letter, access] :
       {std::pair{'L', Access::kListBuckets}, std::pair{'h', Access::kHeadBucket},
        std::pair{'c', Access::kReadConfiguration}, std::pair{'E', Access::kEditBucket},
        std::pair{'l', Access::kListObjects}, std::pair{'r', Access::kReadObject},
        std::pair{'w', Access::kWriteObject}}) {
    if (s3::may(who, {access, "", bucket, "k"})) out += letter;
  }
  return out;
}

std::string jwt_of(const s3::TemporaryCredentials& credentials) {
  return digest::from_base64(credentials.session_token)->substr(4);
}

}  // namespace

TEST_CASE("spec/r2.md 5.1 Token scopes: what each allows") {
  CHECK(allowed(token(Scope::kAdminReadWrite), "b") == "LhcElrw");
  CHECK(allowed(token(Scope::kAdminRead), "b") == "Lhclr");
  CHECK(allowed(token(Scope::kObjectReadWrite), "b") == "hlrw");
  CHECK(allowed(token(Scope::kObjectRead), "b") == "hlr");
  CHECK(allowed(token(Scope::kObjectReadWrite, {"a", "b"}), "b") == "hlrw");
  CHECK(allowed(token(Scope::kObjectReadWrite, {"a"}), "b") == "");
  const s3::S3Error denied = s3::access_denied();
  CHECK(denied.http_status == 403);
  CHECK(denied.code == "AccessDenied");
}

TEST_CASE("spec/r2.md 5.1 Keys: nobody but the tokens that are there") {
  Keys nobody({});
  CHECK(nobody.find(s3_token().access_key_id) == nullptr);
  CHECK(nobody.identify("", std::nullopt, 0).error().http_status == 401);
  Keys keys({s3_token()});
  const R2Token* token = keys.find("0ff1490ff1490ff1490ff1490ff14901");
  REQUIRE(token != nullptr);
  CHECK(keys.find("nobody") == nullptr);
  CHECK(keys.identify("nobody", std::nullopt, 0).error().http_status == 401);
  CHECK(keys.identify(token->access_key_id, std::nullopt, 0)->secret == token->secret_access_key);
}

TEST_CASE("spec/r2.md 5.1 Temporary: the form that is documented") {
  Keys keys({token()});
  Grant grant;
  grant.bucket = "b";
  grant.scope = Scope::kObjectReadWrite;
  grant.expires_ms = kExampleMs + 1000;
  const auto issued = s3::issue(keys.tokens()[0], grant, "account", kExampleMs);
  CHECK(issued.access_key_id == kExampleKey);
  CHECK(digest::from_base64(issued.session_token)->starts_with("jwt/"));
  const std::string jwt = jwt_of(issued);
  CHECK(issued.secret_access_key ==
        digest::to_hex(digest::digest_of(digest::Algorithm::kSha256, jwt)));
  CHECK(jwt.starts_with("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."));
}

TEST_CASE("spec/r2.md 5.1 Temporary: bound to one bucket and its scope, under its parent") {
  Grant grant;
  grant.bucket = "b";
  grant.scope = Scope::kObjectRead;
  const Granted read(grant);
  CHECK(read.may(Access::kReadObject, "GetObject", "k"));
  CHECK(read.may(Access::kListObjects, "ListObjectsV2", ""));
  CHECK(!read.may(Access::kWriteObject, "PutObject", "k"));
  CHECK(!read.may(Access::kReadObject, "GetObject", "k", "other"));
  CHECK(!read.may(Access::kListBuckets, "ListBuckets", "", ""));
  grant.scope = Scope::kAdminReadWrite;
  const Granted admin(grant, Scope::kObjectRead);
  CHECK(admin.may(Access::kReadObject, "GetObject", "k"));
  CHECK(!admin.may(Access::kWriteObject, "PutObject", "k"));
}

TEST_CASE("spec/r2.md 5.1 Temporary: narrowed to actions and paths") {
  Grant grant;
  grant.bucket = "b";
  grant.actions = {"GetObject", "ListObjectsV1", "CopyObject"};
  grant.prefixes = {"data/"};
  grant.objects = {"one.txt"};
  const Granted narrow(grant);
  CHECK(narrow.may(Access::kReadObject, "GetObject", "data/x"));
  CHECK(narrow.may(Access::kReadObject, "GetObject", "one.txt"));
  CHECK(!narrow.may(Access::kReadObject, "GetObject", "one.txt.bak"));
  CHECK(!narrow.may(Access::kReadObject, "HeadObject", "data/x"));
  CHECK(narrow.may(Access::kListObjects, "ListObjects", "data/sub"));
  CHECK(!narrow.may(Access::kListObjects, "ListObjects", ""));
  CHECK(!narrow.may(Access::kListObjects, "ListObjectsV2", "data/"));
  CHECK(narrow.may(Access::kReadObject, "CopyObject", "data/source"));
  CHECK(narrow.may(Access::kWriteObject, "CopyObject", "data/target"));
  CHECK(!narrow.may(Access::kWriteObject, "CopyObject", "elsewhere"));
}

TEST_CASE("spec/r2.md 5.1 Temporary: tokens that this key did not sign, or that are none") {
  Keys keys({token()});
  Grant grant;
  grant.bucket = "b";
  grant.scope = Scope::kObjectRead;
  grant.expires_ms = kExampleMs + 1000;
  R2Token other = token();
  other.secret_access_key = "another";
  const auto code = [&keys](std::string_view session_token) {
    const auto who = keys.identify(kExampleKey, session_token, kExampleMs);
    return who ? std::string() : who.error().code + " " + who.error().message;
  };
  constexpr std::string_view kRefused = "InvalidArgument X-Amz-Security-Token";
  CHECK(code(s3::issue(keys.tokens()[0], grant, "a", kExampleMs).session_token) == "");
  CHECK(code(s3::issue(other, grant, "a", kExampleMs).session_token) == kRefused);
  grant.scope.reset();  // neither a scope nor actions
  CHECK(code(s3::issue(keys.tokens()[0], grant, "a", kExampleMs).session_token) == kRefused);
  grant.actions = {"GetObject"};
  grant.bucket = "";
  CHECK(code(s3::issue(keys.tokens()[0], grant, "a", kExampleMs).session_token) == kRefused);
  for (const char* text : {"", "bogus", "and0Lw==", "and0L2EuYi5j", "and0L2EuYg=="}) {
    CHECK(code(text) == kRefused);
  }
}

TEST_CASE("spec/r2.md 5.1: a key that is made while the door is open is good at once") {
  Keys keys({token()});
  R2Token made = token(Scope::kObjectRead);
  made.access_key_id = "made";
  keys.add(made);
  REQUIRE(keys.find("made") != nullptr);
  CHECK(keys.find("made")->scope == Scope::kObjectRead);
}

TEST_CASE("spec/r2.md 5.3 Error XML: no namespace, apostrophes escaped, none for HEAD") {
  s3::S3Error error = s3::header_not_implemented("x-amz-tagging", "a<b&\"c\"");
  CHECK(error.http_status == 501);
  CHECK(
      s3::error_xml(error) ==
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>NotImplemented</Code><Message>Header "
      "&apos;x-amz-tagging&apos; with value &apos;a&lt;b&amp;&quot;c&quot;&apos; not "
      "implemented</Message></Error>");
  error.extra.emplace_back("Key", "k");
  CHECK(s3::error_xml(error).ends_with("</Message><Key>k</Key></Error>"));
  const Response response = s3::error_response(error, false);
  CHECK(response.status == 501);
  CHECK(*response.headers.get("content-type") == "application/xml");
  CHECK(response.body == s3::error_xml(error));
  const Response head = s3::error_response(error, true);
  CHECK(!head.has_body);
  CHECK(head.body.empty());
  CHECK(head.status == 501);
}

TEST_CASE("spec/r2.md 1.11, 2.4: the store's errors with their S3 codes and switchable statuses") {
  using r2::Code;
  CHECK(s3::from(Code::kNoSuchKey).http_status == 404);
  CHECK(s3::from(Code::kNoSuchKey).code == "NoSuchKey");
  CHECK(s3::from(Code::kObjectLocked).http_status == 409);
  CHECK(s3::from(Code::kObjectLocked, 403).http_status == 403);
  CHECK(s3::from(Code::kObjectLocked).code == "ObjectLockedByBucketPolicy");
  CHECK(s3::from(Code::kExpiredRequest, 409, 400).http_status == 400);
  CHECK(s3::from(Code::kTooManyRequests).http_status == 429);
  CHECK(s3::from(r2::Error(Code::kBadDigest, "why")).message == "why");
  CHECK(s3::route_not_found().message == "No route matches this url.");
}
