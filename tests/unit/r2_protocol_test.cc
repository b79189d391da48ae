// The messages of workerd's r2Bucket binding (spec/r2.md section 6). Requests are as the real
// runtime sends them.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

#include "emulator/gateway/r2_protocol.h"

using namespace offing;
using Op = R2Call::Op;

static R2Call parsed(std::string_view json) {
  auto call = r2_protocol::parse_request(json);
  REQUIRE_MESSAGE(call, (call ? "" : call.error()));
  return std::move(*call);
}
static std::string refused(std::string_view json) {
  auto call = r2_protocol::parse_request(json);
  REQUIRE_FALSE(call);
  return call.error();
}

TEST_CASE("spec/r2.md 6: which operations are of the GET class, and which take a value") {
  for (Op op : {Op::kHead, Op::kGet, Op::kList}) CHECK(r2_protocol::is_get_class(op));
  for (Op op : {Op::kPut, Op::kDelete, Op::kCreateMultipartUpload, Op::kUploadPart,
                Op::kCompleteMultipartUpload, Op::kAbortMultipartUpload})
    CHECK_FALSE(r2_protocol::is_get_class(op));
  CHECK(r2_protocol::takes_value(Op::kPut));
  CHECK(r2_protocol::takes_value(Op::kUploadPart));
  CHECK_FALSE(r2_protocol::takes_value(Op::kDelete));
}

TEST_CASE("spec/r2.md 6: head") {
  const R2Call call = parsed(R"({"version":1,"method":"head","object":"h é"})");
  CHECK(call.op == Op::kHead);
  CHECK(call.key == "h é");
  CHECK(parsed(R"({"version":1,"method":"head","object":""})").key.empty());
}

TEST_CASE("spec/r2.md 6: get with range, condition and key; 64-bit numbers as strings") {
  const R2Call call = parsed(
      R"({"version":1,"method":"get","object":"g","range":{"offset":"0","length":"5"},"onlyIf":)"
      R"({"etagMatches":[{"value":"abc","type":"strong"}],"etagDoesNotMatch":[{"type":)"
      R"("wildcard"}],"uploadedBefore":"5000","uploadedAfter":"18446744073709551611",)"
      R"("secondsGranularity":true},)"
      R"("ssec":{"key":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}})");
  CHECK(call.range.offset == 0);
  CHECK(call.range.length == 5);
  CHECK_FALSE(call.range.suffix);
  REQUIRE(call.only_if);
  REQUIRE(call.only_if->etag_matches->size() == 1);
  CHECK(call.only_if->etag_matches->front().value == "abc");
  CHECK(call.only_if->etag_matches->front().kind == r2::EtagTag::Kind::kStrong);
  CHECK(call.only_if->etag_does_not_match->front().kind == r2::EtagTag::Kind::kWildcard);
  CHECK(call.only_if->uploaded_before_ms == 5000);
  CHECK(call.only_if->uploaded_after_ms == -5);
  CHECK(call.only_if->seconds_granularity);
  CHECK(call.ssec_key == std::string(32, '\xaa'));
}

TEST_CASE("spec/r2.md 6: get with a suffix, a weak tag, a raw Range header") {
  const R2Call call = parsed(
      R"({"version":1,"method":"get","object":"g","range":{"suffix":"5"},"onlyIf":{"etagMatches":)"
      R"([{"value":"a","type":"weak"},{"value":"b","type":"strong"}],"uploadedAfter":"0"}})");
  CHECK(call.range.suffix == 5);
  CHECK(call.only_if->etag_matches->at(0).kind == r2::EtagTag::Kind::kWeak);
  CHECK(call.only_if->uploaded_after_ms == 0);
  CHECK_FALSE(call.only_if->uploaded_before_ms);
  CHECK_FALSE(call.only_if->etag_does_not_match);
  CHECK(parsed(R"({"method":"get","object":"g","rangeHeader":"bytes=0-1"})").range.header ==
        "bytes=0-1");
  CHECK_FALSE(parsed(R"({"method":"get","object":"g","range":{}})").range.any());
  CHECK(parsed(R"({"method":"get","object":"g","onlyIf":{}})").only_if);
}

TEST_CASE("spec/r2.md 6: put with metadata; md5 in base64, the others in hex") {
  R2Call call = parsed(
      R"({"version":1,"method":"put","object":"p","customFields":[{"k":"a","v":"1"},)"
      R"({"k":"é","v":"ü"}],"httpFields":{"contentType":"text/plain","cacheExpiry":"1000"},)"
      R"("md5":"XUFAKrxLKna5cZ2REBfFkg==","storageClass":"InfrequentAccess"})");
  CHECK(call.custom == r2::CustomMetadata{{"a", "1"}, {"é", "ü"}});
  CHECK(call.http.content_type == "text/plain");
  CHECK(call.http.cache_expiry_ms == 1000);
  CHECK_FALSE(call.http.content_language);
  CHECK(call.storage_class == r2::StorageClass::kInfrequentAccess);
  REQUIRE(call.expected.size() == 1);
  CHECK(call.expected[0].algorithm == digest::Algorithm::kMd5);
  CHECK(digest::to_hex(call.expected[0].bytes) == "5d41402abc4b2a76b9719d911017c592");
  for (const auto& [name, size] : {std::pair("sha1", 20), {"sha256", 32}, {"sha384", 48},
                                   {"sha512", 64}}) {
    const std::string hex(2 * size, 'a');
    call = parsed(std::string(R"({"method":"put","object":"p",")") + name + "\":\"" + hex + "\"}");
    REQUIRE(call.expected.size() == 1);
    CHECK(call.expected[0].bytes.size() == static_cast<size_t>(size));
  }
  CHECK(parsed(R"({"method":"put","object":"p","storageClass":"Deep"})").bad_storage_class);
  CHECK_FALSE(parsed(R"({"method":"put","object":"p"})").storage_class);
}

TEST_CASE("spec/r2.md 6: delete of one key and of several") {
  const R2Call one = parsed(R"({"version":1,"method":"delete","object":"d"})");
  CHECK(one.key == "d");
  CHECK_FALSE(one.is_multi_delete);
  const R2Call several = parsed(R"({"version":1,"method":"delete","objects":["d","e"]})");
  CHECK(several.is_multi_delete);
  CHECK(several.keys == std::vector<std::string>{"d", "e"});
  const R2Call none = parsed(R"({"version":1,"method":"delete","objects":[]})");
  CHECK(none.is_multi_delete);
  CHECK(none.keys.empty());
}

TEST_CASE("spec/r2.md 6 L3 L4: list, its unset limit and its include") {
  const R2Call call = parsed(
      R"({"version":1,"method":"list","limit":0,"prefix":"p","cursor":"c","delimiter":"/",)"
      R"("startAfter":"s","include":[0,1],"newRuntime":true})");
  CHECK(call.limit == 0);
  CHECK(call.prefix == "p");
  CHECK(call.cursor == "c");
  CHECK(call.delimiter == "/");
  CHECK(call.start_after == "s");
  CHECK(call.include_http);
  CHECK(call.include_custom);
  const R2Call plain = parsed(R"({"method":"list","limit":4294967295,"include":[]})");
  CHECK_FALSE(plain.limit);
  CHECK_FALSE(plain.include_http);
  CHECK(plain.pages_by_metadata);
  CHECK(parsed(R"({"method":"list","limit":4294967294})").limit == 4294967294);   // -2
  CHECK_FALSE(parsed(R"({"method":"list","include":[1]})").include_http);
}

TEST_CASE("spec/r2.md 6: the multipart operations") {
  const R2Call create = parsed(
      R"({"version":1,"method":"createMultipartUpload","object":"c","customFields":[{"k":"k",)"
      R"("v":"v"}],"httpFields":{"contentType":"x/y"},"storageClass":"Standard"})");
  CHECK(create.op == Op::kCreateMultipartUpload);
  CHECK(create.storage_class == r2::StorageClass::kStandard);
  CHECK(create.custom.size() == 1);
  const R2Call part = parsed(
      R"({"version":1,"method":"uploadPart","object":"key","uploadId":"id","partNumber":3})");
  CHECK(part.upload_id == "id");
  CHECK(part.part_number == 3);
  const R2Call complete = parsed(
      R"({"version":1,"method":"completeMultipartUpload","object":"key","uploadId":"id","parts":)"
      R"([{"etag":"e1","part":1},{"etag":"e2","part":2}]})");
  REQUIRE(complete.parts.size() == 2);
  CHECK(complete.parts[1].number == 2);
  CHECK(complete.parts[1].etag == "e2");
  const R2Call abort = parsed(
      R"({"version":1,"method":"abortMultipartUpload","object":"key","uploadId":"id"})");
  CHECK(abort.op == Op::kAbortMultipartUpload);
  CHECK(abort.upload_id == "id");
}

TEST_CASE("spec/r2.md 6: what is not of the protocol is refused by the name of its field") {
  CHECK(refused("").starts_with("not JSON at byte 0"));
  CHECK(refused("[]") == "the request is not a JSON object");
  CHECK(refused(R"({"method":"take"})") == "there is no method \"take\"");
  CHECK(refused(R"({"version":2,"method":"head","object":"k"})") == "\"version\" is not 1");
  CHECK(refused(R"({"method":"head","object":7})") == "\"object\" is not a string");
  CHECK(refused(R"({"method":"get","object":"k","range":{"offset":"-1"}})").starts_with(
      "\"range.offset\" is a string that is no number"));
  CHECK(refused(R"({"method":"get","object":"k","range":{"offset":1.5}})").starts_with(
      "\"range.offset\" is no number"));
  CHECK(refused(R"({"method":"get","object":"k","range":{"suffix":1,"length":1}})") ==
        "\"range.suffix\" stands beside an offset or a length");
  CHECK(refused(R"({"method":"get","object":"k","ssec":{"key":"ab"}})") ==
        "\"ssec.key\" is not 64 hex digits");
  CHECK(refused(R"({"method":"get","object":"k","onlyIf":{"etagMatches":[{"type":"?"}]}})") ==
        "\"onlyIf.etagMatches[].type\" is none of strong, weak and wildcard");
  CHECK(refused(R"({"method":"get","object":"k","onlyIf":{"etagMatches":["a"]}})") ==
        "\"onlyIf.etagMatches\" holds something that is not an object");
  CHECK(refused(R"({"method":"put","object":"k","md5":"YQ=="})") ==
        "\"md5\" is not the base64 of 16 bytes");
  CHECK(refused(R"({"method":"put","object":"k","sha1":"aa"})") ==
        "\"sha1\" has not the length of its algorithm");
  CHECK(refused(R"({"method":"put","object":"k","customFields":[{"k":"a"},{"k":"a"}]})") ==
        "\"customFields\" gives a name twice");
  CHECK(refused(R"({"method":"put","object":"k","customFields":{}})") ==
        "\"customFields\" is not an array");
  CHECK(refused(R"({"method":"list","include":[2]})").starts_with("\"include\" holds something"));
  CHECK(refused(R"({"method":"uploadPart","object":"k","uploadId":"i","partNumber":10001})") ==
        "\"partNumber\" is no number from 1 to 10000");
  CHECK(refused(R"({"method":"completeMultipartUpload","uploadId":"i","parts":[{"part":0}]})") ==
        "\"parts[].part\" is no number from 1 to 10000");
  CHECK(refused(R"({"method":"delete","objects":[1]})") ==
        "\"objects\" holds something that is not a string");
  CHECK(refused("{\"method\":\"head\",\"object\":\"\xff\"}").starts_with("not JSON at byte"));
  CHECK(refused(std::string(r2_protocol::kRequestBytesMax + 1, ' ')).find("8388608") !=
        std::string::npos);
}

static r2::Object object() {
  r2::Object o;
  o.key = "k\"é";
  o.version = "v1";
  o.etag = "e1";
  o.size_bytes = 5'000'000'000'000;
  o.uploaded_ms = 1'700'000'000'000;
  return o;
}
static std::string reply(r2_protocol::Shown shown, const R2Answer& answer) {
  return r2_protocol::reply_json(shown, answer);
}
constexpr std::string_view kBase =
    R"({"name":"k\"é","version":"v1","size":"5000000000000","etag":"e1",)"
    R"("uploaded":"1700000000000")";

TEST_CASE("spec/r2.md 6 R5: replies of head, get and put; put's has no range") {
  R2Answer answer;
  answer.object = std::make_shared<r2::Object>(object());
  answer.range = {2, 3};
  const std::string plain = std::string(kBase) + R"(,"storageClass":"Standard"})";
  const std::string whole =
      std::string(kBase) +
      R"(,"storageClass":"Standard","range":{"offset":"0","length":"5000000000000"}})";
  CHECK(reply({.op = Op::kHead}, answer) == whole);
  CHECK(reply({.op = Op::kPut}, answer) == plain);
  CHECK(reply({.op = Op::kCompleteMultipartUpload}, answer) == plain);
  CHECK(reply({.op = Op::kGet}, answer) ==
        std::string(kBase) +
            R"(,"storageClass":"Standard","range":{"offset":"2","length":"3"}})");
  answer.condition_failed = true;
  CHECK(reply({.op = Op::kGet}, answer) == whole);
  CHECK(reply({.op = Op::kDelete}, R2Answer()) == "{}");
}

TEST_CASE("spec/r2.md 6: metadata, checksums by number, storage class and SSE-C in a reply") {
  r2::Object o = object();
  o.http.content_type = "text/plain";
  o.http.cache_expiry_ms = -1000;
  o.custom = {{"a", "1"}, {"b", "\n"}};
  o.checksums = {{digest::Algorithm::kMd5, "\x01\x02"}, {digest::Algorithm::kSha512, "\xff"},
                 {digest::Algorithm::kCrc32, "\x05"}};
  o.storage_class = r2::StorageClass::kInfrequentAccess;
  o.ssec_key_md5 = "\xab\xcd";
  R2Answer answer;
  answer.object = std::make_shared<r2::Object>(o);
  CHECK(reply({.op = Op::kPut}, answer) ==
        std::string(kBase) +
            R"(,"httpFields":{"contentType":"text/plain","cacheExpiry":"18446744073709550616"},)"
            R"("customFields":[{"k":"a","v":"1"},{"k":"b","v":"\n"}],)"
            R"("checksums":{"0":"0102","4":"ff"},"storageClass":"InfrequentAccess",)"
            R"("ssec":{"algorithm":"AES256","keyMd5":"abcd"}})");
}

TEST_CASE("spec/r2.md 6 L4: a list shows the metadata that was included") {
  r2::Object o = object();
  o.http.content_type = "x/y";
  o.custom = {{"a", "1"}};
  R2Answer answer;
  answer.objects = {std::make_shared<r2::Object>(o)};
  answer.prefixes = {"a/", "b/"};
  const std::string tail = R"(,"storageClass":"Standard"}],"truncated":false,)"
                           R"("delimitedPrefixes":["a/","b/"]})";
  const std::string head = R"({"objects":[)" + std::string(kBase);
  CHECK(reply({Op::kList, false, false}, answer) == head + tail);
  CHECK(reply({Op::kList, true, false}, answer) ==
        head + R"(,"httpFields":{"contentType":"x/y"})" + tail);
  CHECK(reply({Op::kList, false, true}, answer) ==
        head + R"(,"customFields":[{"k":"a","v":"1"}])" + tail);
  answer = R2Answer();
  answer.truncated = true;
  answer.cursor = "next";
  CHECK(reply({.op = Op::kList}, answer) ==
        R"({"objects":[],"truncated":true,"cursor":"next","delimitedPrefixes":[]})");
}

TEST_CASE("spec/r2.md 6: replies of the multipart operations, and errors") {
  R2Answer answer;
  answer.upload_id = "id";
  answer.etag = "e";
  CHECK(reply({.op = Op::kCreateMultipartUpload}, answer) == R"({"uploadId":"id"})");
  CHECK(reply({.op = Op::kUploadPart}, answer) == R"({"etag":"e"})");
  CHECK(r2_protocol::error_json(10037, "one\ntwo") ==
        R"({"version":1,"v4code":10037,"message":"one\ntwo"})");
}
