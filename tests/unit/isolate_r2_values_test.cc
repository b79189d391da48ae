// What a guest gives to R2: values, conditions, ranges, hashes, and what of it the runtime refuses.
#include <doctest/doctest.h>

#include "tests/unit/durable_guest.h"
#include "tests/unit/r2_guest.h"

namespace offing::test {
namespace {

constexpr const char* kLength =
    "TypeError: Provided readable stream must have a known length (request/response body or "
    "readable half of FixedLengthStream)";

R2Call put_call(const std::string& arguments) {
  R2Call call;
  r2_value("(await B.put(" + arguments + ")).key", answer_with(hello_object()), &call);
  CHECK(call.op == R2Call::Op::kPut);
  CHECK(call.bucket == 1);
  return call;
}

std::string read_stream(ByteSource& source) {
  std::string all;
  for (bool over = false; !over;) {
    over = true;
    source.read([&](Chunk chunk) {
      over = chunk.kind != Chunk::Kind::kData;
      all += chunk.kind == Chunk::Kind::kError ? "! " + chunk.bytes : chunk.bytes;
    });
  }
  return all;
}

r2::Conditional condition(const std::string& only_if) {
  R2Call call;
  r2_value("await B.get('k', { onlyIf: " + only_if + " })", {}, &call);
  REQUIRE(call.only_if.has_value());
  return *call.only_if;
}

std::string tags(const std::optional<std::vector<r2::EtagTag>>& list) {
  if (!list) return "none";
  std::string text;
  for (const r2::EtagTag& tag : *list) {
    text += tag.kind == r2::EtagTag::Kind::kWildcard ? "*"
            : tag.kind == r2::EtagTag::Kind::kWeak   ? "W/" + tag.value
                                                     : tag.value;
    text += ";";
  }
  return text;
}

std::string if_match(const std::string& header) {
  return tags(condition("new Headers({ 'if-match': '" + header + "' })").etag_matches);
}

TEST_CASE("spec/r2.md V1: values of put") {
  CHECK(put_call("'k\\u00e9', 'caf\\u00e9'").value == "caf\xc3\xa9");
  CHECK(put_call("'k\\u00e9', 'x'").key == "k\xc3\xa9");
  CHECK(put_call("5, 'x'").key == "5");
  CHECK(put_call("'k', new Uint8Array([97, 98, 99]).buffer").value == "abc");
  CHECK(put_call("'k', new Uint8Array([97, 98, 99]).subarray(1)").value == "bc");
  CHECK(put_call("'k', new DataView(new Uint8Array([97, 98]).buffer, 1)").value == "b");
  CHECK(put_call("'k', new Blob(['blob'], { type: 'x/y' })").value == "blob");
  CHECK(put_call("'k', null").value.empty());
  CHECK(put_call("'k', undefined").value.empty());
  CHECK(put_call("'k', new Response('whole').body").value == "whole");
  CHECK(!put_call("'k', new Response('whole').body").declared_bytes.has_value());
  CHECK(put_call("'k', ''").value_stream == nullptr);
  const std::string type =
      "TypeError: Failed to execute 'put' on 'R2Bucket': parameter 2 is not of type "
      "'JsReadableStream or ArrayBuffer or ArrayBufferView or string or Blob'.";
  check_refusals({{"B.put('k')", type}, {"B.put('k', 5)", type}, {"B.put('k', {})", type},
                  {"B.put('k', [1])", type}, {"B.put('k', () => 1)", type},
                  {"B.put('k', new Response('x'))", type}});
}

TEST_CASE("spec/r2.md V2: a stream's length must be known") {
  check_refusals({
      {"B.put('k', new TransformStream().readable)", kLength},
      {"B.put('k', new ReadableStream({}))", kLength},
      {"B.put('k', new Response('x').body.pipeThrough(new IdentityTransformStream()))", kLength},
      {"B.resumeMultipartUpload('k', 'u').uploadPart(1, new ReadableStream({}))", kLength},
  });
}

TEST_CASE("spec/r2.md V2: FixedLengthStream, read as the store asks") {
  R2Bench bench("(() => { const f = new FixedLengthStream(5); const w = f.writable.getWriter();"
                " w.write(new TextEncoder().encode('hello')); w.close();"
                " return B.put('k', f.readable) })() && 'put'");
  REQUIRE(bench.guest.host.r2_calls.size() == 1);
  R2Call& call = bench.guest.host.r2_calls.front().call;
  CHECK(call.declared_bytes == 5);
  REQUIRE(call.value_stream != nullptr);
  CHECK(read_stream(*call.value_stream) == "hello");
}

TEST_CASE("spec/r2.md V4: what the guest's own stream fails with is what put rejects with") {
  R2Bench bench("await (() => { const f = new FixedLengthStream(5), w = f.writable.getWriter();"
                " w.write(new TextEncoder().encode('hel')).catch(() => {});"
                " w.close().catch(() => {}); return B.put('k', f.readable) })()");
  REQUIRE(bench.guest.host.r2_calls.size() == 1);
  R2Call& call = bench.guest.host.r2_calls.front().call;
  CHECK(call.declared_bytes == 5);
  CHECK(read_stream(*call.value_stream).starts_with("hel! "));
  bench.answer(refusal(r2::Code::kIncompleteBody));
  CHECK(bench.text() ==
        "TypeError: FixedLengthStream did not see all expected bytes before close().");
}

class NamedSource final : public ByteSource {
 public:
  void read(Done done) override { done(Chunk::end()); }
  void cancel(std::string_view) override {}
  std::optional<uint64_t> length_bytes() const override { return 7; }
};

TEST_CASE("spec/r2.md V2: a request's body is passed on by its source, unread") {
  auto source = std::make_unique<NamedSource>();
  ByteSource* const original = source.get();
  Request request;
  request.method = "PUT";
  request.url = "http://example.com/";
  request.has_body = true;
  request.stream = std::move(source);
  R2Bench bench("(await B.put('k', request.body)).etag", with_bucket(), std::move(request));
  R2Call call = bench.answer(answer_with(hello_object()));
  CHECK(call.value_stream.get() == original);
  CHECK(call.declared_bytes == 7);
  CHECK(bench.text() == hello_object().etag);
}

TEST_CASE("spec/r2.md V2: a request's body without a length is refused; a whole one is bytes") {
  Request request;
  request.method = "PUT";
  request.url = "http://example.com/";
  request.has_body = true;
  request.stream = source_of("x");
  class Unknown final : public ByteSource {
   public:
    void read(Done done) override { done(Chunk::end()); }
    void cancel(std::string_view) override {}
  };
  request.stream = std::make_unique<Unknown>();
  R2Bench chunked("await B.put('k', request.body)", with_bucket(), std::move(request));
  CHECK(chunked.text() == kLength);
  Request whole;
  whole.method = "PUT";
  whole.url = "http://example.com/";
  whole.has_body = true;
  whole.body = "bytes";
  R2Bench bench("(await B.put('k', request.body)).key", with_bucket(), std::move(whole));
  CHECK(bench.answer(answer_with(hello_object())).value == "bytes");
}

TEST_CASE("spec/r2.md V2: locked and used streams") {
  Guest guest(Guest::bundle_of(
                  "export default { async fetch(request, { BUCKET: B }) { const out = [];"
                  " const say = (p) => p.catch((e) => out.push(e.name + ': ' + e.message));"
                  " const locked = new Response('x').body; locked.getReader();"
                  " await say(B.put('k', locked));"
                  " const used = new Response('x'), body = used.body; await used.text();"
                  " await say(B.put('k', body));"
                  " const part = new Response('xyz').body, r = part.getReader(); await r.read();"
                  " r.releaseLock(); await say(B.put('k', part));"
                  " return new Response(out.join('\\n')) } }"),
              with_bucket());
  CHECK(guest.text() == "TypeError: The ReadableStream has been locked to a reader.\n"
                        "TypeError: The ReadableStream has been locked to a reader.\n"
                        "TypeError: This ReadableStream is disturbed.");
}

TEST_CASE("spec/r2.md V3: a stream is cancelled when the options are wrong") {
  Guest guest(Guest::bundle_of(
                  "export default { async fetch(request, { BUCKET: B }) { let why = 'none';"
                  " const s = () => new ReadableStream({ pull() {}, cancel(r) {"
                  " why = r.name + ': ' + r.message } }, { highWaterMark: 0 });"
                  " const out = []; const go = async (o) => { why = 'none';"
                  "  try { await B.put('k', s(), o) } catch (e) { out.push(why) } };"
                  " await go({ md5: 'x' }); await go({ onlyIf: { etagMatches: '\"a\"' } });"
                  " await go({ md5: 5 });"   // a wrong type is noticed before the stream is taken
                  " return new Response(out.join('\\n')) } }"),
              with_bucket());
  const std::string cancelled =
      "Error: Stream cancelled because the associated put operation encountered an error.";
  CHECK(guest.text() == cancelled + "\n" + cancelled + "\nnone");
}

TEST_CASE("spec/r2.md K1: conditions as objects") {
  r2::Conditional all = condition("{ etagMatches: 'abc', etagDoesNotMatch: '*',"
                                  " uploadedBefore: new Date(5000), uploadedAfter: 4000,"
                                  " secondsGranularity: true }");
  CHECK(tags(all.etag_matches) == "abc;");
  CHECK(tags(all.etag_does_not_match) == "*;");
  CHECK(all.uploaded_before_ms == 5000);
  CHECK(all.uploaded_after_ms == 4000);
  CHECK(all.seconds_granularity);
  r2::Conditional none = condition("null");
  CHECK(tags(none.etag_matches) == "none");
  CHECK(!none.seconds_granularity);
  CHECK(tags(condition("{ etagMatches: 'W/\"a\"' }").etag_matches) == "W/\"a\";");
  const std::string date = " field on 'Conditional': the provided value is not of type 'date'.";
  check_refusals({
      {"B.get('k', { onlyIf: { etagMatches: '\"abc\"' } })",
       "TypeError: Conditional ETag should not be wrapped in quotes (\"abc\")."},
      {"B.put('k', 'v', { onlyIf: { etagDoesNotMatch: '\"' } })",
       "TypeError: Conditional ETag should not be wrapped in quotes (\")."},
      {"B.get('k', { onlyIf: { etagMatches: 5 } })",
       "TypeError: Incorrect type for the 'etagMatches' field on 'Conditional': the provided value "
       "is not of type 'string'."},
      {"B.get('k', { onlyIf: { uploadedBefore: 'x' } })",
       "TypeError: Incorrect type for the 'uploadedBefore'" + date},
      {"B.get('k', { onlyIf: { uploadedAfter: new Date(NaN) } })",
       "TypeError: The value cannot be converted because it is not a valid Date."},
      {"B.get('k', { onlyIf: 5 })",
       "TypeError: Incorrect type for the 'onlyIf' field on 'GetOptions': the provided value is "
       "not of type 'Conditional or Headers'."},
      {"B.put('k', 'v', { onlyIf: 5 })",
       "TypeError: Incorrect type for the 'onlyIf' field on 'PutOptions': the provided value is "
       "not of type 'Conditional or Headers'."},
      {"B.get('k', 5)",
       "TypeError: Failed to execute 'get' on 'R2Bucket': parameter 2 is not of "
       "type 'GetOptions'."},
      {"B.put('k', 'v', 's')",
       "TypeError: Failed to execute 'put' on 'R2Bucket': parameter 3 is not of "
       "type 'PutOptions'."},
  });
}

TEST_CASE("spec/r2.md K2, K3: conditions as Headers") {
  r2::Conditional all = condition(
      "new Headers({ 'if-match': '\"a\", , \\tW/\"b\"', 'if-none-match': '\"c\"',"
      " 'if-modified-since': 'Wed, 21 Oct 2015 07:28:00 GMT', 'if-range': '\"z\"',"
      " 'if-unmodified-since': 'Wed, 21 Oct 2015 07:28:01 GMT' })");
  CHECK(tags(all.etag_matches) == "a;W/b;");
  CHECK(tags(all.etag_does_not_match) == "c;");
  CHECK(all.uploaded_after_ms == 1445412480000);
  CHECK(all.uploaded_before_ms == 1445412481000);
  CHECK(all.seconds_granularity);
  CHECK(if_match("\"x\" , , *") == "*;");
  CHECK(if_match("*, \"x\"") == "*;");
  CHECK(if_match("\"x\"z, \"y\"") == "x;");
  CHECK(if_match("\"aaa\", z, *") == "aaa;");
  CHECK(if_match("\"a,b\"") == "a,b;");
  // A date that is none is the epoch.
  CHECK(condition("new Headers({ 'if-modified-since': 'garbage' })").uploaded_after_ms == 0);
}

TEST_CASE("spec/r2.md K4: errors of entity tag lists") {
  auto row = [](const std::string& name, const std::string& value, const std::string& text) {
    return std::pair("B.get('k', { onlyIf: new Headers({ '" + name + "': '" + value + "' }) })",
                     "Error: " + text);
  };
  const std::string weak = "Weak etags must start with W/ and their value must be quoted";
  const std::string comma = "Comma was expected to separate etags. Encountered a ";
  check_refusals({
      row("if-match", "abc", "Invalid ETag in if-match header"),
      row("if-none-match", "", "Invalid ETag in if-none-match header"),
      row("if-match", ",", "Invalid ETag in if-match header"),
      row("if-match", "W\"x\"", weak), row("if-match", "W/x", weak), row("if-match", "W", weak),
      row("if-match", "\"x", "Unclosed double quote for Etag"),
      row("if-match", "W/\"x", "Unclosed double quote for Etag"),
      row("if-match", "\"x\"*", comma + "wildcard character '*' instead."),
      row("if-match", "\"x\" \"y\"",
          comma + "double quote character '\"' instead. This would otherwise indicate the start of "
                  "a new strong etag."),
      row("if-none-match", "\"x\"W/\"y\"",
          comma + "weak quotation character 'W' instead. This would otherwise indicate the start "
                  "of a new weak etag."),
  });
}

TEST_CASE("spec/r2.md R1, R2, R3: ranges") {
  auto range = [](const std::string& given) {
    R2Call call;
    r2_value("await B.get('k', { range: " + given + " })", {}, &call);
    return call.range;
  };
  CHECK(range("{ offset: 1, length: 2 }").offset == 1);
  CHECK(range("{ offset: 1, length: 2 }").length == 2);
  CHECK(range("{ length: 2 }").length == 2);
  CHECK(range("{ suffix: 3 }").suffix == 3);
  CHECK(!range("{ suffix: 3 }").offset.has_value());
  CHECK(range("{}").offset == 0);
  CHECK(range("{ offset: '7' }").offset == 7);
  CHECK(range("{ offset: Infinity }").offset == UINT64_MAX);
  CHECK(range("new Headers({ range: 'bytes=1-2' })").header == "bytes=1-2");
  CHECK(!range("new Headers({})").any());
  CHECK(!range("undefined").any());
  auto row = [](const std::string& given, const std::string& text) {
    return std::pair("B.get('k', { range: " + given + " })", text);
  };
  const std::string low = ") must be greater than or equal to 0.";
  const std::string whole = ") must be an integer, not floating point.";
  check_refusals({
      row("{ offset: -1 }", "RangeError: Invalid range. Starting offset (-1" + low),
      row("{ offset: -1.5 }", "RangeError: Invalid range. Starting offset (-1.5" + low),
      row("{ offset: NaN }", "RangeError: Invalid range. Starting offset (nan" + low),
      row("{ offset: 1.5 }", "RangeError: Invalid range. Starting offset (1.5" + whole),
      row("{ length: -3 }", "RangeError: Invalid range. Length (-3" + low),
      row("{ length: 1.25 }", "RangeError: Invalid range. Length (1.25" + whole),
      row("{ suffix: -2 }", "RangeError: Invalid suffix. Suffix (-2" + low),
      row("{ suffix: 2.5 }", "RangeError: Invalid range. Suffix (2.5" + whole),
      row("{ suffix: 2, offset: 1 }", "TypeError: Suffix is incompatible with offset."),
      row("{ suffix: 2, length: 1 }", "TypeError: Suffix is incompatible with length."),
      row("{ suffix: 2, offset: -1 }", "RangeError: Invalid range. Starting offset (-1" + low),
      row("5", "TypeError: Incorrect type for the 'range' field on 'GetOptions': the provided "
               "value is not of type 'Range or Headers'."),
  });
}

TEST_CASE("spec/r2.md 1.6: hashes") {
  R2Call call = put_call("'k', 'v', { md5: '5D41402ABC4B2A76B9719D911017C592' }");
  REQUIRE(call.expected.size() == 1);
  CHECK(call.expected[0].algorithm == digest::Algorithm::kMd5);
  CHECK(call.expected[0].bytes ==
        "\x5d\x41\x40\x2a\xbc\x4b\x2a\x76\xb9\x71\x9d\x91\x10\x17\xc5\x92");
  CHECK(put_call("'k', 'v', { sha1: new Uint8Array(20) }").expected[0].algorithm ==
        digest::Algorithm::kSha1);
  CHECK(put_call("'k', 'v', { sha256: new Uint8Array(32).buffer }").expected[0].bytes ==
        std::string(32, '\0'));
  CHECK(put_call("'k', 'v', { sha384: 'ab'.repeat(48) }").expected[0].bytes ==
        std::string(48, '\xab'));
  CHECK(put_call("'k', 'v', { sha512: new Uint8Array(64) }").expected[0].algorithm ==
        digest::Algorithm::kSha512);
  CHECK(put_call("'k', 'v', {}").expected.empty());
  auto row = [](const std::string& given, const std::string& text) {
    return std::pair("B.put('k', 'v', { " + given + " })", "TypeError: " + text);
  };
  const std::string hex = " wasn't a valid hex string";
  check_refusals({
      row("md5: new Uint8Array(16), sha1: new Uint8Array(20)",
          "You cannot specify multiple hashing algorithms."),
      row("sha1: 'x', md5: 'y'", "MD5 is 32 hex characters, not 1"),
      row("md5: new Uint8Array(15)", "MD5 is 16 bytes, not 15"),
      row("md5: ''", "MD5 is 32 hex characters, not 0"),
      row("sha1: new Uint8Array(3)", "SHA-1 is 20 bytes, not 3"),
      row("sha1: 'ab'", "SHA-1 is 40 hex characters, not 2"),
      row("sha256: new Uint8Array(3)", "SHA-256 is 32 bytes, not 3"),
      row("sha256: '00'", "SHA-256 is 64 hex characters, not 2"),
      row("sha384: new Uint8Array(3)", "SHA-384 is 48 bytes, not 3"),
      row("sha384: '00'", "SHA-384 is 96 hex characters, not 2"),
      row("sha512: new Uint8Array(1)", "SHA-512 is 64 bytes, not 1"),
      row("sha512: '00'", "SHA-512 is 128 hex characters, not 2"),
      row("md5: 'z'.repeat(32)", "Provided MD5" + hex),
      row("sha1: 'z'.repeat(40)", "Provided SHA-1" + hex),
      row("sha256: 'z'.repeat(64)", "Provided SHA-256" + hex),
      row("sha384: 'z'.repeat(96)", "Provided SHA-384" + hex),
      row("sha512: 'z'.repeat(128)", "Provided SHA-512" + hex),
      row("md5: 5", "Incorrect type for the 'md5' field on 'PutOptions': the provided value is not "
                    "of type 'BufferSource or string'."),
  });
}

TEST_CASE("spec/r2.md 1.6: keys of SSE-C") {
  const std::string key(32, '\xab');
  R2Call call;
  r2_value("await B.get('k', { ssecKey: 'ab'.repeat(32) })", {}, &call);
  CHECK(call.ssec_key == key);
  CHECK(put_call("'k', 'v', { ssecKey: new Uint8Array(32).fill(171).buffer }").ssec_key == key);
  r2_value("await B.head('k', { ssecKey: 'ab'.repeat(32) })", {}, &call);   // 1.1: ignored
  CHECK(!call.ssec_key.has_value());
  const std::string format = "Error: SSE-C Key has invalid format";
  const std::string length = "Error: SSE-C Key must be 32 bytes in length";
  check_refusals({
      {"B.get('k', { ssecKey: 'x' })", format}, {"B.get('k', { ssecKey: '' })", format},
      {"B.get('k', { ssecKey: 'A'.repeat(64) })", format},
      {"B.get('k', { ssecKey: null })", format},
      {"B.put('k', 'v', { ssecKey: 'a'.repeat(63) })", length},
      {"B.get('k', { ssecKey: new ArrayBuffer(31) })", length},
      {"B.createMultipartUpload('k', { ssecKey: 'x' })", format},
      {"B.resumeMultipartUpload('k', 'u').uploadPart(1, 'v', { ssecKey: 5 })", length},
  });
}

TEST_CASE("spec/r2.md 1.2: metadata and storage class") {
  R2Call call = put_call(
      "'k', 'v', { httpMetadata: { contentType: 'a/b', contentLanguage: 'en', contentEncoding: 5,"
      " contentDisposition: 'd', cacheControl: 'c', cacheExpiry: new Date(1000) },"
      " customMetadata: { b: 1, a: null, '\\u00e9': '\\u4e2d' },"
      " storageClass: 'InfrequentAccess' }");
  CHECK(call.http.content_type == "a/b");
  CHECK(call.http.content_language == "en");
  CHECK(call.http.content_encoding == "5");
  CHECK(call.http.content_disposition == "d");
  CHECK(call.http.cache_control == "c");
  CHECK(call.http.cache_expiry_ms == 1000);
  CHECK(call.custom == r2::CustomMetadata{{"b", "1"}, {"a", "null"}, {"\xc3\xa9", "\xe4\xb8\xad"}});
  CHECK(call.storage_class == r2::StorageClass::kInfrequentAccess);
  CHECK(put_call("'k', 'v', { storageClass: 'Standard' }").storage_class ==
        r2::StorageClass::kStandard);
  CHECK(put_call("'k', 'v', { storageClass: 'Cold' }").bad_storage_class);
  CHECK(!put_call("'k', 'v', { x: 1 }").storage_class.has_value());
  call = put_call("'k', 'v', { httpMetadata: new Headers({ 'content-type': 'a/b', x: 'y',"
                  " expires: 'Wed, 21 Oct 2015 07:28:00 GMT' }) }");
  CHECK(call.http.content_type == "a/b");
  CHECK(!call.http.cache_control.has_value());
  CHECK(call.http.cache_expiry_ms == 1445412480000);
  const std::string custom = "TypeError: Incorrect type for the 'customMetadata' field on "
                             "'PutOptions': the provided value is not of type 'object'.";
  check_refusals({
      {"B.put('k', 'v', { customMetadata: 5 })", custom},
      {"B.put('k', 'v', { customMetadata: [] })", custom},
      {"B.put('k', 'v', { customMetadata: null })", custom},
      {"B.put('k', 'v', { httpMetadata: 5 })",
       "TypeError: Incorrect type for the 'httpMetadata' field on 'PutOptions': the provided value "
       "is not of type 'HttpMetadata or Headers'."},
      {"B.put('k', 'v', { httpMetadata: { cacheExpiry: 'x' } })",
       "TypeError: Incorrect type for the 'cacheExpiry' field on 'HttpMetadata': the provided "
       "value is not of type 'date'."},
      {"B.createMultipartUpload('k', { httpMetadata: 5 })",
       "TypeError: Incorrect type for the 'httpMetadata' field on 'MultipartOptions': the provided "
       "value is not of type 'HttpMetadata or Headers'."},
  });
}

TEST_CASE("spec/r2.md 1.1: writes wait at an object's output gate, reads do not") {
  DurableGuest bench("export class A {"
                     " constructor(ctx, env) { this.ctx = ctx; this.B = env.BUCKET }"
                     " async fetch(request) { const { ctx, B } = this; ctx.storage.put('x', 1);"
                     " B.put('k', 'v'); B.delete('k'); B.createMultipartUpload('k');"
                     " const u = B.resumeMultipartUpload('k', 'u'); u.uploadPart(1, 'p');"
                     " u.complete([]); u.abort(); B.get('k'); B.head('k'); B.list();"
                     " await new Promise(() => {}) } } export default { fetch() {} }");
  bench.guest->host.durable_at_once = false;
  const RequestId actor = bench.open();
  auto result = bench.begin(actor);
  auto ops = [&] {
    std::vector<R2Call::Op> made;
    for (const auto& entry : bench.guest->host.r2_calls) made.push_back(entry.call.op);
    return made;
  };
  using Op = R2Call::Op;
  bench.guest->host.run_posted();
  CHECK(ops() == std::vector{Op::kGet, Op::kHead, Op::kList});
  REQUIRE(!bench.guest->host.durable_waiting.empty());
  while (!bench.guest->host.durable_waiting.empty()) {
    auto durable = std::move(bench.guest->host.durable_waiting.front());
    bench.guest->host.durable_waiting.pop_front();
    durable({});
  }
  bench.guest->host.run_posted();
  CHECK(ops() == std::vector{Op::kGet, Op::kHead, Op::kList, Op::kPut, Op::kDelete,
                             Op::kCreateMultipartUpload, Op::kUploadPart,
                             Op::kCompleteMultipartUpload, Op::kAbortMultipartUpload});
}

}  // namespace
}  // namespace offing::test
