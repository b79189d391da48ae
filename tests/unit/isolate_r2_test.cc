// What a guest gets from R2: objects, bodies, lists, uploads, errors.
#include <doctest/doctest.h>

#include "runtime/bindings/r2_action.h"
#include "tests/unit/r2_guest.h"

namespace offing::test {
namespace {

using Op = R2Call::Op;

static_assert(r2_action(Op::kHead) == "head");
static_assert(r2_action(Op::kCreateMultipartUpload) == "createMultipartUpload");
static_assert(r2_action(Op::kCompleteMultipartUpload) == "completeMultipartUpload");
static_assert(r2_action(Op::kAbortMultipartUpload) == "abortMultipartUpload");

r2::Object full_object() {
  r2::Object object = hello_object();
  object.http.content_type = "text/plain";
  object.http.cache_expiry_ms = 86'400'000;
  object.custom = {{"b", "1"}, {"a", "2"}};
  object.checksums.push_back({digest::Algorithm::kSha1, std::string(20, '\xaa')});
  object.storage_class = r2::StorageClass::kInfrequentAccess;
  return object;
}

WorkerOptions fast_structs() {
  return with_bucket({"r2_list_honor_include", "enable_fast_jsg_struct"});
}

TEST_CASE("spec/r2.md 1.1: head and get of what is not there") {
  R2Call call;
  CHECK(r2_value("await B.head('k')", {}, &call) == "null");
  CHECK(call.op == Op::kHead);
  CHECK(call.bucket == 1);
  CHECK(call.key == "k");
  CHECK(r2_value("await B.get('k')", {}, &call) == "null");
  CHECK(call.op == Op::kGet);
  CHECK(!call.only_if.has_value());
  // Code 10007 says the same.
  CHECK(r2_value("await B.get('k')", refusal(r2::Code::kNoSuchKey)) == "null");
  CHECK(r2_value("await B.head('k')", refusal(r2::Code::kNoSuchKey)) == "null");
  CHECK(r2_value("String(await B.delete('k'))", refusal(r2::Code::kNoSuchKey)) == "undefined");
}

TEST_CASE("spec/r2.md 1.7: what an object shows") {
  CHECK(r2_value("await B.head('k')", answer_with(full_object())) ==
        "{\"storageClass\":\"InfrequentAccess\",\"range\":{\"offset\":0,\"length\":5},"
        "\"customMetadata\":{\"b\":\"1\",\"a\":\"2\"},\"httpMetadata\":{\"contentType\":"
        "\"text/plain\",\"cacheExpiry\":\"1970-01-02T00:00:00.000Z\"},\"uploaded\":"
        "\"2023-11-14T22:13:20.000Z\",\"checksums\":{\"md5\":\"5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d\","
        "\"sha1\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"},\"httpEtag\":"
        "\"\\\"5d41402abc4b2a76b9719d911017c592\\\"\",\"etag\":"
        "\"5d41402abc4b2a76b9719d911017c592\",\"size\":5,\"version\":\"v-1\",\"key\":\"k\"}");
  CHECK(r2_value("Object.keys(await B.head('k')).join()", answer_with(hello_object())) ==
        "ssecKeyMd5,storageClass,range,customMetadata,httpMetadata,uploaded,checksums,httpEtag,"
        "etag,size,version,key");
  // head and get always have both kinds of metadata.
  CHECK(r2_value("((o) => [o.httpMetadata, o.customMetadata, o.storageClass,"
                 " o.ssecKeyMd5 === undefined])"
                 "(await B.head('k'))",
                 answer_with(hello_object())) == "[{},{},\"Standard\",true]");
  r2::Object encrypted = hello_object();
  encrypted.ssec_key_md5 = std::string(16, '\x0f');
  CHECK(r2_value("(await B.head('k')).ssecKeyMd5", answer_with(encrypted)) ==
        "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f");
}

TEST_CASE("spec/r2.md 1.7: properties are own, enumerable, read-only, and stay the same") {
  CHECK(r2_value("((o) => { const d = (k) => { const { value, writable, enumerable, configurable }"
                 " = Object.getOwnPropertyDescriptor(o, k);"
                 " return [typeof value, writable, enumerable, configurable] };"
                 " return [d('key'), d('uploaded'), d('range'), d('ssecKeyMd5')] })"
                 "(await B.put('k', 'v'))",
                 answer_with(hello_object())) ==
        "[[\"string\",false,true,true],[\"object\",false,true,true],"
        "[\"undefined\",false,true,true],[\"undefined\",false,true,true]]");
  CHECK(r2_value("((o) => [o.checksums === o.checksums, o.uploaded === o.uploaded,"
                 " o.httpMetadata === o.httpMetadata, o.checksums.md5 === o.checksums.md5,"
                 " o.checksums.md5.byteLength, o.checksums.sha1 === undefined])(await B.head('k'))",
                 answer_with(hello_object())) == "[true,true,true,true,16,true]");
  CHECK(r2_value("((o) => { 'use strict'; try { o.key = 5 } catch (e) { return e.message } })"
                 "(await B.head('k'))",
                 answer_with(hello_object())) ==
        "Cannot assign to read only property 'key' of object '#<HeadResult>'");
  CHECK(r2_value("((o) => Object.create(o).etag.length + o.etag.length)(await B.head('k'))",
                 answer_with(hello_object())) == "64");
  CHECK(r2_value("JSON.stringify({ ...(await B.head('k')) }).length > 100 ? 'all' : 'none'",
                 answer_with(hello_object())) == "all");
}

TEST_CASE("spec/r2.md 1.7: fields of plain objects, by compatibility flag") {
  const std::string shapes = "((o) => [Object.keys(o.httpMetadata), Object.keys(o.range),"
                             " Object.keys(o.checksums.toJSON()), o.range.constructor === Object])"
                             "(await B.head('k'))";
  CHECK(r2_value(shapes, answer_with(hello_object())) ==
        "[[],[\"offset\",\"length\"],[\"md5\"],true]");
  CHECK(r2_value(shapes, answer_with(hello_object()), nullptr, fast_structs()) ==
        "[[\"contentType\",\"contentLanguage\",\"contentDisposition\",\"contentEncoding\","
        "\"cacheControl\",\"cacheExpiry\"],[\"offset\",\"length\",\"suffix\"],"
        "[\"md5\",\"sha1\",\"sha256\",\"sha384\",\"sha512\"],true]");
  const std::string list = "Object.keys(await B.list()).join()";
  CHECK(r2_value(list, {}) == "objects,truncated,delimitedPrefixes");
  CHECK(r2_value(list, {}, nullptr, fast_structs()) ==
        "objects,truncated,cursor,delimitedPrefixes");
}

TEST_CASE("spec/r2.md 1.7: classes") {
  CHECK(r2_value("((o) => { const P = Object.getPrototypeOf, s = (x) =>"
                 " Object.prototype.toString.call(x); return [s(o), s(P(P(o))), s(o.checksums),"
                 " s(B),"
                 " o.constructor.name, P(P(o)).constructor.name, o instanceof P(P(o)).constructor,"
                 " typeof globalThis.R2Bucket, Object.keys(P(B)).join(),"
                 " Object.keys(P(o)).join()] })"
                 "(await B.get('k'))",
                 body_answer("x")) ==
        "[\"[object GetResult]\",\"[object HeadResult]\",\"[object Checksums]\","
        "\"[object R2Bucket]\",\"GetResult\",\"HeadResult\",true,\"undefined\",\"head,get,put,"
        "createMultipartUpload,resumeMultipartUpload,delete,list\",\"body,bodyUsed,arrayBuffer,"
        "bytes,text,json,blob\"]");
  CHECK(r2_value("(console.log(await B.get('k')), 'done')", body_answer("x"), nullptr,
                 fast_structs()) == "done");
  R2Bench bench("(console.log(await B.get('k')), 'done')");
  bench.answer(body_answer("hello", full_object()));
  REQUIRE(bench.guest.host.logs.size() == 1);
  const std::string& log = bench.guest.host.logs[0];
  CHECK(log.starts_with("log: GetResult {\n  ssecKeyMd5: undefined,\n  storageClass: "
                        "'InfrequentAccess',\n  range: { offset: 0, length: 5 },\n  "
                        "customMetadata: { b: '1', a: '2' },\n  httpMetadata: { contentType: "));
  CHECK(log.find("  key: 'k',\n  body: ReadableStream {") != std::string::npos);
  CHECK(log.ends_with("  bodyUsed: false\n}"));
  CHECK(log.find("checksums: Checksums {\n    sha512: undefined") != std::string::npos);
}

TEST_CASE("spec/r2.md 1.7: nobody can make, borrow or clone them") {
  const std::string illegal =
      "SYNC TypeError: Illegal invocation: function called with incorrect `this` reference. See "
      "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors "
      "for details.";
  check_refusals({
      {"new B.constructor()", "SYNC TypeError: Illegal constructor"},
      {"new (B.resumeMultipartUpload('k', 'u').constructor)()",
       "SYNC TypeError: Illegal constructor"},
      {"B.get.call({}, 'k')", illegal}, {"B.head.call(undefined, 'k')", illegal},
      {"B.list.call({})", illegal},
      {"B.resumeMultipartUpload('k', 'u').uploadPart.call({}, 1, 'x')", illegal},
      {"structuredClone(B)", "SYNC DataCloneError: An R2 bucket binding cannot be serialized."},
      {"structuredClone(B.resumeMultipartUpload('k', 'u'))",
       "SYNC DataCloneError: Could not serialize object of type \"R2MultipartUpload\". This type "
       "does not support serialization."},
  });
  auto caught = [](const std::string& call) {
    return r2_value("((o) => { try { " + call + "; return 'fine' } catch (e) { return e.name + ': '"
                    " + e.message } })(await B.get('k'))",
                    body_answer("x")).substr(0, 90);
  };
  CHECK(caught("new o.constructor()") == "TypeError: Illegal constructor");
  CHECK(caught("o.text.call({})").starts_with("TypeError: Illegal invocation"));
  CHECK(caught("o.writeHttpMetadata.call({}, new Headers())")
            .starts_with("TypeError: Illegal invocation"));
  CHECK(caught("o.checksums.toJSON.call({})").starts_with("TypeError: Illegal invocation"));
  CHECK(caught("o.checksums.toJSON.call(o)").starts_with("TypeError: Illegal invocation"));
  CHECK(caught("structuredClone(o)")
            .starts_with("DataCloneError: Could not serialize object of type \"GetResult\""));
  CHECK(caught("structuredClone(o.checksums)")
            .starts_with("DataCloneError: Could not serialize object of type \"Checksums\""));
}

TEST_CASE("spec/r2.md 1.7: writeHttpMetadata") {
  const std::string headers = "((o) => { const h = new Headers({ x: 'y', 'cache-control': 'old' });"
                              " const r = o.writeHttpMetadata(h); return [r === undefined, ...h] })"
                              "(await B.head('k'))";
  r2::Object object = hello_object();
  object.http = {"a/b", "en", "inline", "br", "no-store", 1'445'412'480'000};
  CHECK(r2_value(headers, answer_with(object)) ==
        "[true,[\"cache-control\",\"no-store\"],[\"content-disposition\",\"inline\"],"
        "[\"content-encoding\",\"br\"],[\"content-language\",\"en\"],[\"content-type\",\"a/b\"],"
        "[\"expires\",\"Wed, 21 Oct 2015 07:28:00 GMT\"],[\"x\",\"y\"]]");
  CHECK(r2_value(headers, answer_with(hello_object())) ==
        "[true,[\"cache-control\",\"old\"],[\"x\",\"y\"]]");
  CHECK(r2_value("(await B.head('k')).writeHttpMetadata({})", answer_with(hello_object())) ==
        "TypeError: Failed to execute 'writeHttpMetadata' on 'HeadResult': parameter 1 is not of "
        "type 'Headers'.");
  R2Answer listed;
  listed.objects.push_back(std::make_shared<const r2::Object>(full_object()));
  CHECK(r2_value("(await B.list()).objects[0].writeHttpMetadata(new Headers())",
                 std::move(listed)) ==
        "TypeError: HTTP metadata unknown for key `k`. Did you forget to add 'httpMetadata' to "
        "`include` when listing?");
}

TEST_CASE("spec/r2.md 1.7: bodies that are at hand") {
  CHECK(r2_value("await (await B.get('k')).text()", body_answer("caf\xc3\xa9")) == "caf\xc3\xa9");
  CHECK(r2_value("(await (await B.get('k')).json()).a", body_answer("{\"a\":7}")) == "7");
  CHECK(r2_value("await (await B.get('k')).json()", body_answer("hello"))
            .starts_with("SyntaxError: "));
  CHECK(r2_value("((b) => [b.constructor.name, ...new Uint8Array(b)])"
                 "(await (await B.get('k')).arrayBuffer())",
                 body_answer("ab")) == "[\"ArrayBuffer\",97,98]");
  CHECK(r2_value("((b) => [b.constructor.name, ...b])(await (await B.get('k')).bytes())",
                 body_answer("ab")) == "[\"Uint8Array\",97,98]");
  CHECK(r2_value("await (await (await B.get('k')).blob()).text()", body_answer("blob")) == "blob");
  CHECK(r2_value("(await (await B.get('k')).blob()).type", body_answer("x", full_object())) ==
        "text/plain");
  CHECK(r2_value("(await (await B.get('k')).blob()).type", body_answer("x")) == "");
  CHECK(r2_value("await (await B.get('k')).text()", body_answer("")) == "");
  CHECK(r2_value("((o) => [o.body === o.body, o.body.locked, o.bodyUsed])(await B.get('k'))",
                 body_answer("x")) == "[true,false,false]");
  CHECK(r2_value("(await (await B.get('k')).body.getReader({ mode: 'byob' })"
                 ".read(new Uint8Array(9))).value.length",
                 body_answer("four")) == "4");
}

TEST_CASE("spec/r2.md 1.7: a body is read once") {
  const std::string used = "TypeError: Body has already been used. It can only be used once. Use "
                           "tee() first if you need to read it twice.";
  for (const char* again : {"text", "json", "arrayBuffer", "bytes", "blob"}) {
    for (const char* first : {"text", "arrayBuffer", "blob"}) {
      CAPTURE(again);
      CHECK(r2_value("await (async (o) => { await o." + std::string(first) + "();"
                     " return o." + again + "() })(await B.get('k'))",
                     body_answer("1")) == used);
    }
  }
  CHECK(r2_value("await (async (o) => { await o.text(); return [o.bodyUsed, o.body.locked] })"
                 "(await B.get('k'))",
                 body_answer("1")) == "[true,true]");
  CHECK(r2_value("await (async (o) => { const r = o.body.getReader(); await r.read();"
                 " r.releaseLock(); return [o.bodyUsed, await o.text().catch((e) => e.name + ': ' +"
                 " e.message)] })(await B.get('k'))",
                 body_answer("1")) == "[true,\"" + used + "\"]");
  CHECK(r2_value("await ((o) => { o.body.getReader(); return o.text() })(await B.get('k'))",
                 body_answer("1")) ==
        "TypeError: This ReadableStream is currently locked to a reader.");
  CHECK(r2_value("await (async (o) => { const r = new Response(o.body), before = o.bodyUsed;"
                 " return [before, await r.text(), o.bodyUsed] })(await B.get('k'))",
                 body_answer("1")) == "[false,\"1\",true]");
}

class NamedSource final : public ByteSource {
 public:
  NamedSource(std::string bytes, int* alive) : bytes_(std::move(bytes)), alive_(alive) {
    ++*alive_;
  }
  ~NamedSource() override { --*alive_; }
  void read(Done done) override {
    if (bytes_.empty()) return done(Chunk::end());
    done(Chunk::data(std::exchange(bytes_, {})));
  }
  void cancel(std::string_view) override { bytes_.clear(); }
  std::optional<uint64_t> length_bytes() const override { return bytes_.size(); }

 private:
  std::string bytes_;
  int* alive_;
};

R2Answer stream_answer(std::string text, int* alive, ByteSource** source = nullptr) {
  r2::Object object = hello_object();
  object.size_bytes = text.size();
  R2Answer answer = answer_with(std::move(object));
  auto body = std::make_unique<NamedSource>(std::move(text), alive);
  if (source != nullptr) *source = body.get();
  answer.body = std::move(body);
  return answer;
}

TEST_CASE("spec/r2.md 1.7: bodies that are streams") {
  int alive = 0;
  CHECK(r2_value("await (await B.get('k')).text()", stream_answer("streamed", &alive)) ==
        "streamed");
  CHECK(r2_value("(await (await B.get('k')).bytes()).length", stream_answer("abc", &alive)) == "3");
  CHECK(alive == 0);
  // What is not read goes with the request.
  CHECK(r2_value("(await B.get('k')).size", stream_answer("abc", &alive)) == "3");
  CHECK(alive == 0);
}

TEST_CASE("spec/r2.md 1.7: a Response of an object's body passes the source on, with its length") {
  int alive = 0;
  ByteSource* source = nullptr;
  R2Bench bench("new Response((await B.get('k')).body, { headers: { a: 'b' } })");
  bench.answer(stream_answer("streamed", &alive, &source));
  REQUIRE(bench.result->has_value());
  Response& response = (*bench.result)->response;
  CHECK(response.stream.get() == source);
  CHECK(response.stream->length_bytes() == 8);
  CHECK(bench.guest.isolate->active() == 0);   // the guest has nothing to do with it any more
  CHECK(alive == 1);
  response.stream.reset();
  CHECK(alive == 0);
}

TEST_CASE("spec/r2.md 1.7: a Response of bytes at hand is whole") {
  R2Bench bench("new Response((await B.get('k')).body)");
  bench.answer(body_answer("whole"));
  CHECK(bench.text() == "whole");
  CHECK((*bench.result)->response.stream == nullptr);
}

TEST_CASE("spec/r2.md R5: ranges of results") {
  R2Answer part = body_answer("hello");
  part.range = {1, 2};
  CHECK(r2_value("(await B.get('k')).range", std::move(part)) == "{\"offset\":1,\"length\":2}");
  CHECK(r2_value("((o) => [o.range === undefined, 'range' in o])(await B.put('k', 'v'))",
                 answer_with(hello_object())) == "[true,true]");
}

TEST_CASE("spec/r2.md K8: failed conditions") {
  R2Answer failed = answer_with(hello_object());
  failed.condition_failed = true;
  CHECK(r2_value("((o) => ['body' in o, o.constructor.name, o.size])"
                 "(await B.get('k', { onlyIf: { etagMatches: 'x' } }))",
                 std::move(failed)) == "[false,\"HeadResult\",5]");
  R2Answer refused;
  refused.condition_failed = true;
  CHECK(r2_value("await B.put('k', 'v', { onlyIf: { etagDoesNotMatch: '*' } })",
                 std::move(refused)) == "null");
}

TEST_CASE("spec/r2.md 1.7: put's result shows what the caller sent") {
  r2::Object stored = full_object();
  CHECK(r2_value("((o) => [o.httpMetadata, o.customMetadata])(await B.put('k', 'v', {"
                 " httpMetadata: { contentLanguage: 'en' }, customMetadata: { z: 'y' } }))",
                 answer_with(stored)) == "[{\"contentLanguage\":\"en\"},{\"z\":\"y\"}]");
  CHECK(r2_value("((o) => [o.httpMetadata, o.customMetadata])(await B.put('k', 'v'))",
                 answer_with(stored)) == "[{},{}]");
}

TEST_CASE("spec/r2.md L1, L3, L4: list") {
  R2Call call;
  R2Answer page;
  page.objects.push_back(std::make_shared<const r2::Object>(full_object()));
  page.prefixes = {"a/"};
  page.truncated = true;
  page.cursor = "next";
  CHECK(r2_value("((l) => [l.objects.length, l.truncated, l.cursor, l.delimitedPrefixes,"
                 " l.objects[0].key, l.objects[0].httpMetadata === undefined,"
                 " l.objects[0].customMetadata === undefined, l.objects[0].range === undefined,"
                 " l.objects[0].storageClass, l.objects[0].constructor.name])"
                 "(await B.list({ prefix: 'p', delimiter: '/', cursor: 'c', startAfter: 's',"
                 " limit: '2.5' }))",
                 std::move(page), &call) ==
        "[1,true,\"next\",[\"a/\"],\"k\",true,true,true,\"InfrequentAccess\",\"HeadResult\"]");
  CHECK(call.op == Op::kList);
  CHECK(call.prefix == "p");
  CHECK(call.delimiter == "/");
  CHECK(call.cursor == "c");
  CHECK(call.start_after == "s");
  CHECK(call.limit == 2);
  CHECK(!call.include_http);
  CHECK(call.pages_by_metadata);
  CHECK(r2_value("await B.list()", {}, &call) ==
        "{\"objects\":[],\"truncated\":false,\"delimitedPrefixes\":[]}");
  CHECK(!call.limit.has_value());
  r2_value("await B.list({ limit: -1 })", {}, &call);
  CHECK(!call.limit.has_value());
  r2_value("await B.list({ limit: 0 })", {}, &call);
  CHECK(call.limit == 0);
  r2_value("await B.list({ limit: -2 })", {}, &call);
  CHECK(call.limit == -2);
  const std::string type = "' field on 'ListOptions': the provided value is not of type '";
  check_refusals({
      {"B.list({ include: ['nah'] })", "RangeError: Unsupported include value nah"},
      {"B.list({ include: 'httpMetadata' })",
       "TypeError: Incorrect type for the 'include" + type + "Array'."},
      {"B.list({ include: [1] })",
       "TypeError: Incorrect type for array element 0: the provided value is not of type "
       "'string'."},
      {"B.list({ prefix: 1 })", "TypeError: Incorrect type for the 'prefix" + type + "string'."},
      {"B.list({ prefix: null })", "TypeError: Incorrect type for the 'prefix" + type + "string'."},
      {"B.list({ cursor: 1 })", "TypeError: Incorrect type for the 'cursor" + type + "string'."},
      {"B.list({ limit: 4294967297 })",
       "TypeError: Value out of range. Must be between -2147483648 and 2147483647 (inclusive)."},
      {"B.list(5)", "TypeError: Failed to execute 'list' on 'R2Bucket': parameter 1 is not of type "
                    "'ListOptions'."},
  });
}

TEST_CASE("spec/r2.md L4, L5: include, and before it was honoured") {
  auto page = [] {
    R2Answer answer;
    answer.objects.push_back(std::make_shared<const r2::Object>(full_object()));
    return answer;
  };
  R2Call call;
  const std::string fields = "((o) => [o.httpMetadata?.contentType, o.customMetadata])"
                             "((await B.list(OPTIONS)).objects[0])";
  auto with = [&](const std::string& options) {
    std::string expression = fields;
    return expression.replace(expression.find("OPTIONS"), 7, options);
  };
  CHECK(r2_value(with("{ include: ['httpMetadata'] }"), page(), &call) == "[\"text/plain\",null]");
  CHECK(call.include_http);
  CHECK(!call.include_custom);
  CHECK(call.pages_by_metadata);
  CHECK(r2_value(with("{ include: ['customMetadata'] }"), page(), &call) ==
        "[null,{\"b\":\"1\",\"a\":\"2\"}]");
  CHECK(r2_value(with("{ include: [] }"), page(), &call) == "[null,null]");
  for (const char* options : {"", "{ include: ['httpMetadata'] }"}) {
    CHECK(r2_value(with(options), page(), &call, with_bucket({})) ==
          "[\"text/plain\",{\"b\":\"1\",\"a\":\"2\"}]");
    CHECK(call.include_http);
    CHECK(call.include_custom);
  }
}

TEST_CASE("spec/r2.md 1.9: delete") {
  R2Call call;
  CHECK(r2_value("String(await B.delete(5))", {}, &call) == "undefined");
  CHECK(call.op == Op::kDelete);
  CHECK(call.key == "5");
  CHECK(!call.is_multi_delete);
  r2_value("await B.delete(['a', 1])", {}, &call);
  CHECK(call.is_multi_delete);
  CHECK(call.keys == std::vector<std::string>{"a", "1"});
  CHECK(r2_value("await B.delete([])", refusal(r2::Code::kKeyCount), &call) ==
        "Error: delete: The number of keys in the request must be between 1 and 1000 inclusive. "
        "(10027)");
}

TEST_CASE("spec/r2.md 1.10: multipart uploads") {
  R2Call call;
  R2Answer created;
  created.upload_id = "up";
  CHECK(r2_value("((u) => [Object.keys(u), u.key, u.uploadId, Object.prototype.toString.call(u),"
                 " Object.getOwnPropertyDescriptor(u, 'key').writable])"
                 "(await B.createMultipartUpload('k', { customMetadata: { a: 'b' }, md5: 'x',"
                 " httpMetadata: { contentType: 'x/y' }, storageClass: 'InfrequentAccess' }))",
                 std::move(created), &call) ==
        "[[\"uploadId\",\"key\"],\"k\",\"up\",\"[object R2MultipartUpload]\",false]");
  CHECK(call.op == Op::kCreateMultipartUpload);
  CHECK(call.http.content_type == "x/y");
  CHECK(call.custom == r2::CustomMetadata{{"a", "b"}});
  CHECK(call.storage_class == r2::StorageClass::kInfrequentAccess);
  CHECK(call.expected.empty());
  R2Answer part;
  part.etag = "p1";
  CHECK(r2_value("await B.resumeMultipartUpload(5, 6).uploadPart('3', 'bytes')", std::move(part),
                 &call) == "{\"partNumber\":3,\"etag\":\"p1\"}");
  CHECK(call.op == Op::kUploadPart);
  CHECK(call.key == "5");
  CHECK(call.upload_id == "6");
  CHECK(call.part_number == 3);
  CHECK(call.value == "bytes");
  r2::Object whole = full_object();
  whole.checksums.clear();
  CHECK(r2_value("((o) => [o.constructor.name, o.checksums, o.customMetadata,"
                 " o.range === undefined])"
                 "(await B.resumeMultipartUpload('k', 'u').complete([{ partNumber: 2, etag: 'b' },"
                 " { partNumber: 1, etag: 'a' }]))",
                 answer_with(whole), &call) ==
        "[\"HeadResult\",{},{\"b\":\"1\",\"a\":\"2\"},true]");
  CHECK(call.op == Op::kCompleteMultipartUpload);
  REQUIRE(call.parts.size() == 2);
  CHECK(call.parts[0].number == 2);
  CHECK(call.parts[1].etag == "a");
  CHECK(r2_value("String(await B.resumeMultipartUpload('k', 'u').abort())", {}, &call) ==
        "undefined");
  CHECK(call.op == Op::kAbortMultipartUpload);
  CHECK(call.upload_id == "u");
  CHECK(r2_value("await B.resumeMultipartUpload('k', 'u').abort()",
                 refusal(r2::Code::kInternal)) ==
        "Error: abortMultipartUpload: We encountered an internal error. Please try again. (10001)");
}

TEST_CASE("spec/r2.md M1: part numbers, and other arguments of uploads") {
  const std::string upload = "B.resumeMultipartUpload('k', 'u')";
  auto number = [](const std::string& n) {
    return "TypeError: Part number must be between 1 and 10000 (inclusive). Actual value was: " + n;
  };
  const std::string range =
      "TypeError: Value out of range. Must be between -2147483648 and 2147483647 (inclusive).";
  const std::string type = "TypeError: Failed to execute 'uploadPart' on 'R2MultipartUpload': "
                           "parameter 2 is not of type 'JsReadableStream or ArrayBuffer or "
                           "ArrayBufferView or string or Blob'.";
  check_refusals({
      {upload + ".uploadPart(0, 'x')", number("0")},
      {upload + ".uploadPart(10001, 'x')", number("10001")},
      {upload + ".uploadPart(-1, 'x')", number("-1")},
      {upload + ".uploadPart({}, 'x')", number("0")},
      {upload + ".uploadPart(2 ** 31, 'x')", range},
      {upload + ".uploadPart(1)", type}, {upload + ".uploadPart(1, null)", type},
      {upload + ".uploadPart()", "TypeError: Failed to execute 'uploadPart' on "
                                 "'R2MultipartUpload': parameter 1 is not of type 'integer'."},
      {upload + ".uploadPart(1, 'x', 5)",
       "TypeError: Failed to execute 'uploadPart' on 'R2MultipartUpload': parameter 3 is not of "
       "type 'UploadPartOptions'."},
      {upload + ".complete([{ partNumber: 0, etag: 'x' }])", number("0")},
      {upload + ".complete([{ etag: 'x' }])", number("0")},
      {upload + ".complete()", "TypeError: Failed to execute 'complete' on 'R2MultipartUpload': "
                               "parameter 1 is not of type 'Array'."},
      {upload + ".complete([5])", "TypeError: Incorrect type for array element 0: the provided "
                                  "value is not of type 'UploadedPart'."},
      {"B.resumeMultipartUpload()", "SYNC TypeError: Failed to execute 'resumeMultipartUpload' on "
                                    "'R2Bucket': parameter 1 is not of type 'string'."},
      {"B.resumeMultipartUpload('k')", "SYNC TypeError: Failed to execute 'resumeMultipartUpload' "
                                       "on 'R2Bucket': parameter 2 is not of type 'string'."},
      {"B.createMultipartUpload()", "TypeError: Failed to execute 'createMultipartUpload' on "
                                    "'R2Bucket': parameter 1 is not of type 'string'."},
      {"B.createMultipartUpload('k', 5)",
       "TypeError: Failed to execute 'createMultipartUpload' on 'R2Bucket': parameter 2 is not of "
       "type 'MultipartOptions'."},
  });
}

TEST_CASE("spec/r2.md 1.1, 1.11: arguments and errors") {
  check_refusals({
      {"B.head()", "TypeError: Failed to execute 'head' on 'R2Bucket': parameter 1 is not of type "
                   "'string'."},
      {"B.get()", "TypeError: Failed to execute 'get' on 'R2Bucket': parameter 1 is not of type "
                  "'string'."},
      {"B.put()", "TypeError: Failed to execute 'put' on 'R2Bucket': parameter 1 is not of type "
                  "'string'."},
      {"B.delete()", "TypeError: Failed to execute 'delete' on 'R2Bucket': parameter 1 is not of "
                     "type 'string or Array'."},
      {"B.get(Symbol('x'))", "TypeError: Cannot convert a Symbol value to a string"},
      {"B.get({ toString() { throw new Error('mine') } })", "Error: mine"},
  });
  CHECK(r2_value("await B.put('k', 'v').catch((e) => [e.constructor === Error, Object.keys(e),"
                 " 'code' in e, 'status' in e, 'cause' in e, e.message])",
                 refusal(r2::Code::kObjectLocked)) ==
        "[true,[],false,false,false,\"put: The object is locked by the bucket policy. (10069)\"]");
  CHECK(r2_value("await B.get('k')", refusal(r2::Code::kInvalidRange)) ==
        "Error: get: The requested range is not satisfiable (10039)");
  CHECK(r2_value("await B.list()", refusal(r2::Code::kInvalidMaxKeys)) ==
        "Error: list: MaxKeys params must be positive integer <= 1000. (10022)");
  CHECK(r2_value("await B.resumeMultipartUpload('k', 'u').uploadPart(1, 'x')",
                 refusal(r2::Code::kNoSuchUpload)) ==
        "Error: uploadPart: The specified multipart upload does not exist. (10024)");
  CHECK(r2_value("await B.put('k', 'v')",
                 refusal({r2::Code::kBadDigest, "The MD5 checksum\nwas X"})) ==
        "Error: put: The MD5 checksum\nwas X (10037)");
}

TEST_CASE("spec/r2.md 1.12: keys that are no text stay themselves, and show as the platform's") {
  R2Call call;
  r2_value("await B.head('lone\\ud800')", {}, &call);
  r2::Object object = hello_object();
  object.key = call.key;
  CHECK(r2_value("(await B.head('x')).key", answer_with(object)) ==
        "lone\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("objects outlive their turn and go with the isolate") {
  auto guest = std::make_unique<Guest>(
      Guest::bundle_of("const kept = []; export default { async fetch(r, { BUCKET: B }) {"
                       " kept.push(await B.get('k')); return new Response(kept.map((o) => o.key +"
                       " (o.checksums.md5?.byteLength ?? '')).join()) } }"),
      with_bucket());
  auto first = guest->begin();
  guest->host.take_r2().done(body_answer("1"));
  auto second = guest->begin();
  guest->host.take_r2().done(body_answer("2"));
  REQUIRE(second->has_value());
  CHECK((*second)->response.body == "k16,k16");
  guest.reset();
}

}  // namespace
}  // namespace offing::test
