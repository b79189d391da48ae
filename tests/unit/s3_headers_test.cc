#include "emulator/s3/s3_headers.h"

#include "emulator/s3/s3_uri.h"
#include "tests/unit/s3_wire_kit.h"

using namespace offing;
using namespace offing::s3;
using digest::Algorithm;
using offing::test::headers_of;

namespace {

template <class T>
std::string message(const std::expected<T, S3Error>& result) {
  return result ? std::string()
                : std::to_string(result.error().http_status) + " " + result.error().code + ": " +
                      result.error().message;
}

std::string refused(std::string_view name, std::string_view value, bool is_delete = false) {
  const auto error = refused_header(headers_of({{name, value}}), is_delete);
  return error ? error->message : std::string();
}

std::string crc32_of(std::string_view bytes) {
  return digest::to_base64(digest::digest_of(Algorithm::kCrc32, bytes));
}

r2::Object object() {
  r2::Object object;
  object.key = "k";
  object.version = "v1";
  object.etag = "0cc175b9c0f1b6a831c399e269772661";
  object.size_bytes = 1;
  object.uploaded_ms = 784'111'777'500;
  return object;
}

}  // namespace

TEST_CASE("spec/r2.md 5.2 Rejected headers: each with its name and value") {
  for (const char* name :
       {"x-amz-expected-bucket-owner", "x-amz-tagging", "x-amz-grant-full-control",
        "x-amz-grant-read", "x-amz-grant-read-acp", "x-amz-grant-write", "x-amz-grant-write-acp",
        "x-amz-website-redirect-location", "x-amz-object-lock-mode",
        "x-amz-object-lock-retain-until-date", "x-amz-object-lock-legal-hold",
        "x-amz-server-side-encryption-aws-kms-key-id", "x-amz-server-side-encryption-context",
        "x-amz-server-side-encryption-bucket-key-enabled"}) {
    CHECK(refused(name, "v") ==
          "Header '" + std::string(name) + "' with value 'v' not implemented");
  }
  CHECK(refused("x-amz-server-side-encryption", "aws:kms") ==
        "Header 'x-amz-server-side-encryption' with value 'aws:kms' not implemented");
  CHECK(refused("x-amz-server-side-encryption", "AES256") == "");
  CHECK(refused("x-amz-acl", "public-read") == "");
  CHECK(refused("x-amz-acl", "mine") != "");
  CHECK(refused("x-amz-bucket-object-lock-enabled", "false") == "");  // 2.5
  CHECK(refused("x-amz-bucket-object-lock-enabled", "true") != "");
  CHECK(refused("x-amz-request-payer", "requester") == "");  // unknown ones are ignored
  CHECK(refused("x-amz-mfa", "1") == "");
  CHECK(refused("x-amz-mfa", "1", true) != "");
  CHECK(refused("x-amz-bypass-governance-retention", "true", true) != "");
  CHECK(refused("x-amz-tagging", "v", true) == "");
  const auto copy = [](std::string_view name) {
    return refused_header(headers_of({{"x-amz-copy-source", "b/k"}, {name, "v"}}), false)
        .has_value();
  };
  CHECK(copy("x-amz-source-expected-bucket-owner"));
  CHECK(copy("x-amz-tagging-directive"));
  CHECK(copy("x-amz-checksum-algorithm"));
  CHECK(refused("x-amz-checksum-algorithm", "CRC32") == "");
}

TEST_CASE("spec/r2.md 5.3: HTTP metadata of a put") {
  const r2::HttpMetadata http =
      http_metadata(headers_of({{"Content-Type", "text/plain"},
                                {"content-language", "en"},
                                {"Content-Disposition", "inline"},
                                {"Content-Encoding", "aws-chunked,gzip"},
                                {"Cache-Control", "no-store"},
                                {"Expires", "Sun, 06 Nov 1994 08:49:37 GMT"}}));
  CHECK(http.content_type == "text/plain");
  CHECK(http.content_language == "en");
  CHECK(http.content_disposition == "inline");
  CHECK(http.content_encoding == "gzip");
  CHECK(http.cache_control == "no-store");
  CHECK(http.cache_expiry_ms == 784'111'777'000);
  CHECK(http_metadata(headers_of({{"Content-Encoding", "aws-chunked"}, {"Expires", "0"}})) ==
        r2::HttpMetadata{});
}

TEST_CASE("spec/r2.md 5.3 R2 extensions: RFC 2047 metadata, both encodings") {
  const r2::CustomMetadata custom =
      custom_metadata(headers_of({{"X-Amz-Meta-Name", "=?UTF-8?Q?caf=C3=A9_x?="},
                                  {"x-amz-meta-b", "=?utf-8?B?w6k=?= =?utf-8?b?w6k=?= end"},
                                  {"x-amz-meta-twice", "1"},
                                  {"x-amz-meta-Twice", "2"},
                                  {"x-amz-meta-", "no name"},
                                  {"x-amz-metadata-directive", "COPY"}}));
  CHECK(custom == r2::CustomMetadata{
                      {"name", "caf\xc3\xa9 x"}, {"b", "\xc3\xa9\xc3\xa9 end"}, {"twice", "1,2"}});
  CHECK(decode_words("=?iso-8859-1?Q?=E9?=") == "\xc3\xa9");
  for (const char* kept : {"plain =?", "=?koi8-r?Q?x?=", "=?utf-8?X?x?=", "=?utf-8?B?*?=",
                           "=?utf-8?Q?=Z?=", "=?utf-8?Q?a", "=?", "=?utf-8?"}) {
    CHECK(decode_words(kept) == kept);
  }
  CHECK(encode_words("plain") == "plain");
  for (const char* value : {"caf\xc3\xa9", " edge ", "=?utf-8?Q?a?=", "line\nbreak"}) {
    const std::string encoded = encode_words(value);
    CHECK(encoded.starts_with("=?UTF-8?B?"));
    CHECK(decode_words(encoded) == value);
  }
  std::string lengthy;
  for (int i = 0; i < 100; ++i) lengthy += "\xe2\x82\xac";
  CHECK(decode_words(encode_words(lengthy)) == lengthy);
}

TEST_CASE("spec/r2.md 3.3: S3's storage classes") {
  CHECK(*storage_class(HeaderList()) == std::nullopt);
  CHECK(*storage_class(headers_of({{"x-amz-storage-class", "STANDARD"}})) ==
        r2::StorageClass::kStandard);
  CHECK(*storage_class(headers_of({{"x-amz-storage-class", "STANDARD_IA"}})) ==
        r2::StorageClass::kInfrequentAccess);
  CHECK(message(storage_class(headers_of({{"x-amz-storage-class", "GLACIER"}}))) ==
        "400 InvalidStorageClass: The storage class specified is not valid.");
}

TEST_CASE("spec/r2.md K2, 5.3: conditional headers, each family") {
  CHECK(*conditional(HeaderList(), kIf) == std::nullopt);
  for (const std::string_view prefix : {kIf, kCopySourceIf, kCopyDestinationIf}) {
    HeaderList headers;
    headers.add(std::string(prefix) + "match", "\"a\", W/\"b\"");
    headers.add(std::string(prefix) + "none-match", "*");
    headers.add(std::string(prefix) + "modified-since", "Sun, 06 Nov 1994 08:49:37 GMT");
    headers.add(std::string(prefix) + "unmodified-since", "Sunday, 06-Nov-94 08:49:38 GMT");
    const auto found = conditional(headers, prefix);
    REQUIRE(found);
    const r2::Conditional& condition = **found;
    REQUIRE(condition.etag_matches->size() == 2);
    CHECK((*condition.etag_matches)[0].value == "a");
    CHECK((*condition.etag_matches)[1].kind == r2::EtagTag::Kind::kWeak);
    CHECK((*condition.etag_does_not_match)[0].kind == r2::EtagTag::Kind::kWildcard);
    CHECK(condition.uploaded_after_ms == 784'111'777'000);
    CHECK(condition.uploaded_before_ms == 784'111'778'000);
    CHECK(condition.seconds_granularity);
  }
  const auto bare = conditional(headers_of({{"If-Match", "0cc175"}}), kIf);
  CHECK((**bare).etag_matches->front().value == "0cc175");
  CHECK(*conditional(headers_of({{"If-Modified-Since", "yesterday"}}), kIf) == std::nullopt);
  CHECK(message(conditional(headers_of({{"If-Match", "\"a"}}), kIf)) ==
        "400 InvalidArgument: Unclosed double quote for Etag");
}

TEST_CASE("spec/r2.md 5.3 Get/Head: 412 when If-Match or If-Unmodified-Since failed, else 304") {
  const r2::Object stored = object();
  const auto status = [&stored](std::string_view name, std::string_view value) {
    return failed_condition_status(**conditional(headers_of({{name, value}}), kIf), stored);
  };
  CHECK(status("If-None-Match", "\"" + stored.etag + "\"") == 304);
  CHECK(status("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT") == 304);
  CHECK(status("If-Match", "\"other\"") == 412);
  CHECK(status("If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT") == 412);
}

TEST_CASE("spec/r2.md 5.3 Get/Head: ranges") {
  const auto of = [](std::string_view value) { return range(headers_of({{"Range", value}})); };
  CHECK(!range(HeaderList())->any());
  CHECK(of("bytes=2-5")->offset == 2);
  CHECK(of("bytes=2-5")->length == 4);
  CHECK(of("bytes=7-")->offset == 7);
  CHECK(!of("bytes=7-")->length);
  CHECK(of("bytes=-3")->suffix == 3);
  CHECK(of("bytes=-0")->suffix == 0);  // 416 once the object is known
  CHECK(of("bytes=0-99999999999999999999999")->length == UINT64_MAX);
  for (const char* value : {"bytes=", "bytes=-", "bytes=a-b", "bytes=1-2,4-5", "bytes 1-2", "1-2",
                            "bytes=1", "bytes=1-2-3", "bytes= 1-2", "lines=1-2"}) {
    CHECK(message(of(value)) ==
          "400 InvalidArgument: range must be in format 'bytes=start-end', 'bytes=start-' or "
          "'bytes=-suffix'.'");
  }
  CHECK(message(of("bytes=5-2")) == "400 InvalidArgument: range must be positive.");
}

TEST_CASE("spec/r2.md 5.3 UploadPartCopy: the source's range") {
  const auto of = [](std::string_view value) {
    return copy_source_range(headers_of({{"x-amz-copy-source-range", value}}));
  };
  CHECK(!copy_source_range(HeaderList())->any());
  CHECK(of("bytes=5-9")->offset == 5);
  CHECK(of("bytes=5-9")->length == 5);
  for (const char* value : {"bytes=0-", "bytes=-5", "5-9", "bytes=", ""}) {
    CHECK(message(of(value)) ==
          "400 InvalidArgument: Invalid x-amz-copy-source-range: " + std::string(value));
  }
  CHECK(message(of("bytes=5-2")) ==
        "400 InvalidArgument: x-amz-copy-source-range must be positive.");
}

TEST_CASE("spec/r2.md 5.2 SSE-C: the whole triple, for an object and for a copy's source") {
  const std::string key(32, 'k');
  const std::string md5 = digest::digest_of(Algorithm::kMd5, key);
  for (const bool of_copy_source : {false, true}) {
    const std::string prefix = std::string(of_copy_source ? "x-amz-copy-source-" : "x-amz-") +
                               "server-side-encryption-customer-";
    const auto read = [&](std::string_view algorithm, std::string_view base64_key,
                          std::string_view base64_md5) {
      HeaderList headers;
      if (!algorithm.empty()) headers.add(prefix + "algorithm", algorithm);
      if (!base64_key.empty()) headers.add(prefix + "key", base64_key);
      if (!base64_md5.empty()) headers.add(prefix + "key-MD5", base64_md5);
      return ssec_key(headers, of_copy_source);
    };
    const std::string k = digest::to_base64(key), m = digest::to_base64(md5);
    CHECK(*read("", "", "") == std::nullopt);
    CHECK(*read("AES256", k, m) == key);
    constexpr const char* kMust =
        "400 InvalidArgument: Requests specifying Server Side Encryption with Customer provided "
        "keys "
        "must provide ";
    CHECK(message(read("AES256", "", m)) == kMust + std::string("an appropriate secret key."));
    CHECK(message(read("AES256", k, "")) ==
          kMust + std::string("the client calculated MD5 of the secret key."));
    CHECK(message(read("", k, m)) == kMust + std::string("a valid encryption algorithm."));
    CHECK(message(read("AES128", k, m)) ==
          "400 InvalidEncryptionAlgorithmError: The encryption request that you specified is not "
          "valid. The valid value is AES256.");
    CHECK(read("AES256", "c2hvcnQ=", m).error().code == "InvalidArgument");
    CHECK(read("AES256", k, k).error().code == "InvalidArgument");
  }
}

TEST_CASE("spec/r2.md 5.2 Checksums: values of every algorithm, and malformed ones") {
  for (const Algorithm algorithm : {Algorithm::kCrc32, Algorithm::kCrc32c, Algorithm::kCrc64Nvme,
                                    Algorithm::kSha1, Algorithm::kSha256}) {
    const std::string bytes = digest::digest_of(algorithm, "a");
    const std::string_view name = checksum_header(algorithm);
    CHECK(checksum_of_header(name) == algorithm);
    const auto found =
        checksum_headers(headers_of({{name, digest::to_base64(bytes)}}), ChecksumUse::kPut);
    REQUIRE(found);
    CHECK(found->expected == std::vector<r2::Checksum>{{algorithm, bytes}});
    CHECK(found->type == r2::ChecksumType::kFullObject);
    CHECK(message(checksum_headers(headers_of({{name, "AA=="}}), ChecksumUse::kPut)) ==
          "400 InvalidDigest: The checksum or Content-MD5 you specified is not valid.");
  }
  const std::string md5 = digest::digest_of(Algorithm::kMd5, "a");
  CHECK(checksum_headers(headers_of({{"Content-MD5", digest::to_base64(md5)}}), ChecksumUse::kPut)
            ->expected.front() == r2::Checksum{Algorithm::kMd5, md5});
  for (const char* value : {"", "x", "AAAA", "0cc175b9c0f1b6a831c399e269772661"}) {
    CHECK(checksum_headers(headers_of({{"Content-MD5", value}}), ChecksumUse::kPut).error().code ==
          "InvalidDigest");
  }
  CHECK(checksum_headers(headers_of({{"x-amz-checksum-crc32", crc32_of("a")},
                                     {"x-amz-checksum-crc32c", crc32_of("a")}}),
                         ChecksumUse::kPut)
            .error()
            .code == "InvalidRequest");
}

TEST_CASE(
    "spec/r2.md 5.2 Checksums: multipart types, and SHA headers of a part are not implemented") {
  const auto created = [](std::string_view algorithm, std::string_view type) {
    HeaderList headers = headers_of({{"x-amz-checksum-algorithm", algorithm}});
    if (!type.empty()) headers.add("x-amz-checksum-type", type);
    return checksum_headers(headers, ChecksumUse::kCreateMultipartUpload);
  };
  CHECK(created("CRC64NVME", "")->type == r2::ChecksumType::kFullObject);
  CHECK(created("CRC64NVME", "FULL_OBJECT")->algorithm == Algorithm::kCrc64Nvme);
  CHECK(created("CRC32", "")->type == r2::ChecksumType::kComposite);
  CHECK(created("sha256", "COMPOSITE")->algorithm == Algorithm::kSha256);
  CHECK(
      message(created("CRC64NVME", "COMPOSITE")) ==
      "400 InvalidRequest: The COMPOSITE checksum type cannot be used with the CRC64NVME checksum "
      "algorithm.");
  CHECK(!created("CRC32", "FULL_OBJECT"));
  CHECK(!created("CRC7", ""));
  CHECK(!created("CRC32", "PARTIAL"));
  CHECK(message(checksum_headers(headers_of({{"x-amz-checksum-sha256", "abc"}}),
                                 ChecksumUse::kUploadPart)) ==
        "501 NotImplemented: Header 'x-amz-checksum-sha256' with value 'abc' not implemented");
  CHECK(checksum_headers(headers_of({{"x-amz-checksum-crc32", crc32_of("a")}}),
                         ChecksumUse::kUploadPart));
  const auto complete = checksum_headers(
      headers_of({{"x-amz-checksum-crc32", crc32_of("a") + "-3"}}), ChecksumUse::kComplete);
  REQUIRE(complete);
  CHECK(complete->type == r2::ChecksumType::kComposite);
  CHECK(checksum_headers(headers_of({{"x-amz-sdk-checksum-algorithm", "CRC32"}}), ChecksumUse::kPut)
            ->algorithm == Algorithm::kCrc32);
}

TEST_CASE("spec/r2.md 5.3 CopyObject: source and directive") {
  const auto source = [](std::string_view value) {
    return copy_source(headers_of({{"x-amz-copy-source", value}}));
  };
  CHECK(source("/b/a%20b/c%2Fd")->bucket == "b");
  CHECK(source("/b/a%20b/c%2Fd")->key == "a b/c/d");
  CHECK(source("b/k+l")->key == "k+l");
  for (const char* value : {"", "/", "b", "/b", "b/", "/b/", "//k", "b/%zz", "b/%4"}) {
    CHECK(message(source(value)) == "400 InvalidArgument: copy source bucket name");
  }
  const auto directive = [](std::string_view value) {
    return metadata_directive(headers_of({{"x-amz-metadata-directive", value}}));
  };
  CHECK(*metadata_directive(HeaderList()) == R2Call::Directive::kCopy);
  CHECK(*directive("COPY") == R2Call::Directive::kCopy);
  CHECK(*directive("REPLACE") == R2Call::Directive::kReplace);
  CHECK(*directive("MERGE") == R2Call::Directive::kMerge);
  CHECK(message(directive("WAT")) == "400 InvalidArgument: metadata directive WAT.");
}

TEST_CASE("spec/r2.md 5.3: what an object says about itself") {
  r2::Object stored = object();
  stored.http.content_type = "text/plain";
  stored.http.cache_control = "bad\r\nSet-Cookie: x";
  stored.http.cache_expiry_ms = 784'111'777'000;
  stored.custom = {{"a", "1"}, {"caf\xc3\xa9", "2"}, {"b", "\xc3\xa9"}, {"c d", "3"}};
  stored.storage_class = r2::StorageClass::kInfrequentAccess;
  stored.ssec_key_md5 = std::string(16, 'm');
  stored.checksums = {{Algorithm::kMd5, std::string(16, 'x')},
                      {Algorithm::kCrc32, digest::digest_of(Algorithm::kCrc32, "a")}};
  HeaderList out;
  add_object_headers(out, stored, {.with_checksums = true});
  CHECK(*out.get("etag") == "\"0cc175b9c0f1b6a831c399e269772661\"");
  CHECK(*out.get("last-modified") == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(*out.get("content-type") == "text/plain");
  CHECK(!out.has("cache-control"));
  CHECK(*out.get("expires") == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(*out.get("x-amz-meta-a") == "1");
  CHECK(*out.get("x-amz-meta-b") == "=?UTF-8?B?w6k=?=");
  CHECK(*out.get("x-amz-missing-meta") == "2");
  CHECK(*out.get("x-amz-version-id") == "v1");
  CHECK(*out.get("x-amz-storage-class") == "STANDARD_IA");
  CHECK(*out.get("x-amz-server-side-encryption-customer-algorithm") == "AES256");
  CHECK(*out.get("x-amz-server-side-encryption-customer-key-md5") ==
        digest::to_base64(std::string(16, 'm')));
  CHECK(*out.get("x-amz-checksum-crc32") == crc32_of("a"));
  CHECK(*out.get("x-amz-checksum-type") == "FULL_OBJECT");
  HeaderList plain;
  add_object_headers(plain, object(), {});
  CHECK(plain.size() == 4);  // ETag, Last-Modified, version, class
  HeaderList written;
  add_written_headers(written, object(), {});
  CHECK(written.size() == 2);
}

TEST_CASE("spec/r2.md 5.2 Checksums: a composite one names its parts") {
  r2::Object stored = object();
  stored.etag += "-3";
  stored.checksum_type = r2::ChecksumType::kComposite;
  stored.checksums = {{Algorithm::kCrc32, digest::digest_of(Algorithm::kCrc32, "a")}};
  HeaderList out;
  add_object_headers(out, stored, {.with_checksums = true});
  CHECK(*out.get("x-amz-checksum-crc32") == crc32_of("a") + "-3");
  CHECK(*out.get("x-amz-checksum-type") == "COMPOSITE");
}

TEST_CASE("spec/r2.md 3.1 Timing: x-amz-expiration") {
  r2::LifecycleRule rule;
  rule.id = "old logs";
  rule.prefix = "k";
  rule.expire.emplace().age_s = 86'400;
  HeaderList out;
  const std::vector<r2::LifecycleRule> rules = {r2::default_abort_rule(), rule};
  add_object_headers(out, object(), {.lifecycle = rules});
  CHECK(*out.get("x-amz-expiration") ==
        "expiry-date=\"Mon, 07 Nov 1994 08:49:37 GMT\", rule-id=\"old%20logs\"");
  HeaderList none;
  add_written_headers(none, object(), std::vector{r2::default_abort_rule()});
  CHECK(!none.has("x-amz-expiration"));
  CHECK(content_range({2, 4}, 100) == "bytes 2-5/100");
}

TEST_CASE("spec/r2.md 5.3: times, queries and percent-encoding") {
  constexpr int64_t kMs = 784'111'777'000;
  CHECK(http_date(kMs) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == kMs);
  CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == kMs);
  CHECK(parse_http_date("Sun Nov  6 08:49:37 1994") == kMs);
  for (const char* text : {"", "Sun", "Sun, 06 Nov 1994", "Sun, 32 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT+"}) {
    CHECK(!parse_http_date(text));
  }
  CHECK(iso_date(kMs + 5) == "1994-11-06T08:49:37.005Z");
  CHECK(parse_iso_date("1994-11-06T08:49:37.005Z") == kMs + 5);
  CHECK(parse_iso_date("1994-11-06T08:49:37.0057Z") == kMs + 5);
  CHECK(parse_iso_date("1994-11-06T10:49:37+02:00") == kMs);
  CHECK(parse_iso_date("1994-11-06") == 784'080'000'000);
  CHECK(parse_iso_date("1969-12-31T23:59:59Z") == -1000);
  CHECK(iso_date(-1000) == "1969-12-31T23:59:59.000Z");
  for (const char* text : {"", "1994", "1994-13-01", "1994-02-30", "1994-11-06T08:49:37"}) {
    CHECK(!parse_iso_date(text));
  }
  CHECK(basic_date(kMs) == "19941106T084937Z");
  CHECK(parse_basic_date("19941106T084937Z") == kMs);
  CHECK(!parse_basic_date("19941106T084937"));

  const Query query = Query::parse("a=1&b&&c=%20+%zz&a=2&=x");
  CHECK(query.all().size() == 5);
  CHECK(*query.get("a") == "1");
  CHECK(*query.get("b") == "");
  CHECK(*query.get("c") == "  %zz");
  CHECK(!query.has("A"));
  CHECK(percent_encode("a/b c~\xc3\xa9", true) == "a/b%20c~%C3%A9");
  CHECK(percent_encode("a/b", false) == "a%2Fb");
  CHECK(percent_decode("a%2fb+", false) == "a/b+");
  CHECK(!percent_decode("%2", false));
  CHECK(split_url("http://h:1/p?q#f").query == "q");
  CHECK(split_url("http://h:1?q").path == "/");
  CHECK(split_url("http://h:1/a//b").path == "/a//b");
  CHECK(split_url("http://h:1/").host == "h:1");
}
