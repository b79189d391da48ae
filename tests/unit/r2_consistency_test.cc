// What R2 promises about order and visibility (spec/r2.md 4), in virtual time.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/r2_kit.h"

namespace offing {
namespace {

using Op = R2Call::Op;
const std::string kTooMany =
    "put: Reduce your concurrent request rate for the same object. (10058)";

R2Settings without_limiter() {
  R2Settings settings;
  settings.refuse_overlapping_writes = false;
  return settings;
}

// A put whose bytes come when the test says.
struct SlowPut {
  HeldSource body;
  std::shared_ptr<std::optional<R2Answer>> answer;
  SlowPut(R2Kit& kit, std::string key, uint64_t size_bytes) {
    R2Call call = kit.make(Op::kPut, std::move(key));
    call.value_stream = body.source();
    call.declared_bytes = size_bytes;
    answer = kit.start(std::move(call));
  }
};

}  // namespace

TEST_CASE("spec/r2.md C1 C2 C4: what was written is read, deleted and listed by every door at once") {
  R2Kit kit;
  kit.put("a", "1");
  CHECK(kit.text(kit.call(kit.make(Op::kGet, "a"), "s3")) == "1");
  kit.copy("a", "b");
  CHECK(kit.value("b") == "1");
  CHECK(kit.keys() == std::vector<std::string>{"a", "b"});
  kit.remove("a");
  CHECK(kit.value("a") == "<absent>");
  CHECK(kit.head("a").object == nullptr);
  CHECK(kit.keys() == std::vector<std::string>{"b"});
  kit.put("a", "2");
  CHECK(kit.value("a") == "2");
}

TEST_CASE("spec/r2.md C3: metadata changes with the version only, by an overwrite or a copy onto itself") {
  R2Kit kit;
  R2Call put = kit.put_call("k", "v");
  put.custom = {{"a", "1"}};
  put.http.content_type = "text/plain";
  const r2::ObjectRef first = kit.call(std::move(put)).object;
  R2Call copy = kit.make(Op::kCopy, "k");
  copy.source_bucket = kit.bucket;
  copy.source_key = "k";
  copy.directive = R2Call::Directive::kReplace;
  copy.custom = {{"b", "2"}};
  const r2::ObjectRef second = kit.call(std::move(copy), "s3").object;
  CHECK(first->version != second->version);
  CHECK(first->etag == second->etag);
  CHECK(second->custom == r2::CustomMetadata{{"b", "2"}});
  CHECK(!second->http.content_type);
  CHECK(first->custom == r2::CustomMetadata{{"a", "1"}});
  R2Call merge = kit.make(Op::kCopy, "k");
  merge.source_bucket = kit.bucket;
  merge.source_key = "k";
  merge.directive = R2Call::Directive::kMerge;
  merge.custom = {{"c", "3"}, {"b", "9"}};
  merge.http.cache_control = "no-store";
  const r2::ObjectRef third = kit.call(std::move(merge), "s3").object;
  CHECK(third->custom == r2::CustomMetadata{{"c", "3"}, {"b", "9"}});
  CHECK(third->http.cache_control == "no-store");
}

TEST_CASE("spec/r2.md C4: pages are no snapshot: keys beyond the cursor are seen, those before are not") {
  R2Kit kit;
  for (const char* key : {"b", "d", "f"}) kit.put(key, "v");
  R2Call first = kit.make(Op::kList, "");
  first.limit = 2;
  const R2Answer page = kit.call(std::move(first));
  REQUIRE(page.truncated);
  kit.put("a", "v");
  kit.put("e", "v");
  R2Call next = kit.make(Op::kList, "");
  next.cursor = page.cursor;
  const R2Answer rest = kit.call(std::move(next));
  REQUIRE(rest.objects.size() == 2);
  CHECK(rest.objects[0]->key == "e");
  CHECK(rest.objects[1]->key == "f");
}

TEST_CASE("spec/r2.md C5: of two writers the last to complete wins, whoever began first") {
  R2Kit kit(without_limiter());
  SlowPut slow(kit, "k", 4);
  CHECK(R2Kit::said(Op::kPut, kit.put("k", "fast")) == "ok");
  slow.body.give("slow");
  slow.body.end();
  kit.run_until_answered({slow.answer});
  CHECK(kit.value("k") == "slow");
  SlowPut again(kit, "k", 5);
  kit.remove("k");
  again.body.give("again");
  again.body.end();
  kit.run_until_answered({again.answer});
  CHECK(kit.value("k") == "again");
}

TEST_CASE("spec/r2.md C6 V4: a write that fails or ends early leaves the object that was there") {
  R2Kit kit(without_limiter());
  kit.put("k", "old");
  SlowPut broken(kit, "k", 10);
  broken.body.give("new");
  broken.body.fail("the client left");
  kit.run_until_answered({broken.answer});
  CHECK((*broken.answer)->body_failed);
  CHECK((*broken.answer)->error->text == "the client left");
  SlowPut early(kit, "k", 10);
  early.body.give("new");
  early.body.end();
  kit.run_until_answered({early.answer});
  CHECK((*early.answer)->error->code == r2::Code::kIncompleteBody);
  SlowPut late(kit, "k", 2);
  late.body.give("new");
  kit.run_until_answered({late.answer});
  CHECK((*late.answer)->error->code == r2::Code::kIncompleteBody);
  CHECK(kit.value("k") == "old");
}

TEST_CASE("spec/r2.md C7: a reader goes on with the version that it began with") {
  for (const bool durable : {false, true}) {
    Folder state;
    R2Kit kit({}, durable ? state.path.string() : "");
    const std::string old(700'000, 'o'), fresh(600'000, 'n');
    kit.put("k", old);
    R2Answer reader = kit.get("k");
    std::string seen;
    reader.body->read([&](Chunk chunk) { seen = chunk.bytes; });
    kit.put("k", fresh);
    kit.remove("k");
    kit.put("k", "other");
    CHECK(seen + kit.text(std::move(reader)) == old);
    CHECK(kit.value("k") == "other");
  }
}

TEST_CASE("spec/r2.md C8: parts are invisible until complete has resolved") {
  R2Kit kit;
  const std::string upload = kit.begin_upload("k");
  const std::string etag = kit.upload_part("k", upload, 1, "part");
  CHECK(kit.value("k") == "<absent>");
  CHECK(kit.keys().empty());
  kit.complete("k", upload, {{1, etag}});
  CHECK(kit.value("k") == "part");
  CHECK(kit.keys() == std::vector<std::string>{"k"});
}

TEST_CASE("spec/r2.md C9: simultaneous writes to a key: one is stored, the others get 10058") {
  R2Kit kit;
  std::vector<std::shared_ptr<std::optional<R2Answer>>> answers;
  for (int i = 0; i < 10; ++i) answers.push_back(kit.start(kit.put_call("k", std::to_string(i))));
  kit.run_until_answered(answers);
  int stored = 0, refused = 0;
  for (const auto& answer : answers) {
    const std::string said = R2Kit::said(Op::kPut, **answer);
    if (said == "ok") ++stored;
    if (said == kTooMany) ++refused;
  }
  CHECK(stored == 1);
  CHECK(refused == 9);
  CHECK(kit.value("k") == "0");
}

TEST_CASE("spec/r2.md C9: writes one after another are never refused, nor are those to other keys") {
  R2Kit kit;
  for (int i = 0; i < 5; ++i)
    CHECK(R2Kit::said(Op::kPut, kit.put("k", std::to_string(i))) == "ok");
  auto a = kit.start(kit.put_call("a", "1"));
  auto b = kit.start(kit.put_call("b", "2"));
  kit.run_until_answered({a, b});
  CHECK(R2Kit::said(Op::kPut, **a) == "ok");
  CHECK(R2Kit::said(Op::kPut, **b) == "ok");
}

TEST_CASE("spec/r2.md C9: after an overlap a key takes one write a second until its writers keep apart") {
  R2Kit kit;
  SlowPut slow(kit, "k", 1);
  CHECK(R2Kit::said(Op::kPut, kit.put("k", "x")) == kTooMany);
  CHECK(R2Kit::said(Op::kDelete, kit.remove("k")) ==
        "delete: Reduce your concurrent request rate for the same object. (10058)");
  slow.body.give("s");
  slow.body.end();
  kit.run_until_answered({slow.answer});
  CHECK(R2Kit::said(Op::kPut, kit.put("k", "y")) == kTooMany);
  kit.advance(1000);
  CHECK(R2Kit::said(Op::kPut, kit.put("k", "z")) == "ok");
  CHECK(R2Kit::said(Op::kPut, kit.put("k", "zz")) == "ok");
}

TEST_CASE("spec/r2.md C10: under load parts, lists and reads may be refused too (faults)") {
  R2Kit kit;
  kit.put("k", "v");
  REQUIRE(kit.world.faults().arm("r2.get.unavailable=#1"));
  REQUIRE(kit.world.faults().arm("r2.list.unavailable=#1"));
  CHECK(R2Kit::said(Op::kGet, kit.get("k")) ==
        "get: Reduce your concurrent request rate for the same object. (10043)");
  CHECK(kit.list().error->code == r2::Code::kServiceUnavailable);
  CHECK(kit.value("k") == "v");
  REQUIRE(kit.world.faults().arm("r2.commit.fail=always"));
  CHECK(R2Kit::said(Op::kPut, kit.put("k", "w")) ==
        "put: We encountered an internal error. Please try again. (10001)");
  CHECK(kit.value("k") == "v");
}

TEST_CASE("spec/r2.md C11: of many create-only puts at most one succeeds") {
  for (const bool limiter : {true, false}) {
    R2Kit kit(limiter ? R2Settings{} : without_limiter());
    std::vector<std::shared_ptr<std::optional<R2Answer>>> answers;
    for (int i = 0; i < 8; ++i) {
      R2Call call = kit.put_call("k", std::to_string(i));
      call.only_if.emplace();
      call.only_if->etag_does_not_match = {{"", r2::EtagTag::Kind::kWildcard}};
      answers.push_back(kit.start(std::move(call)));
    }
    kit.run_until_answered(answers);
    const auto stored = std::ranges::count_if(answers, [](const auto& answer) {
      return (*answer)->object != nullptr;
    });
    CHECK(stored == 1);
    for (const auto& answer : answers) {
      const std::string said = R2Kit::said(Op::kPut, **answer);
      CHECK((said == "ok" || said == "condition" || said == kTooMany));
    }
  }
}

TEST_CASE("spec/r2.md C11 C12: with a state directory writes of one turn are decided in order") {
  Folder state;
  R2Kit kit(without_limiter(), state.path);
  const std::string etag = kit.put("k", "0").object->etag;
  std::vector<std::shared_ptr<std::optional<R2Answer>>> answers;
  for (int i = 1; i < 5; ++i) {
    R2Call call = kit.put_call("k", std::to_string(i));
    call.only_if.emplace();
    call.only_if->etag_matches = {{etag, r2::EtagTag::Kind::kStrong}};
    answers.push_back(kit.start(std::move(call)));
  }
  kit.run_until_answered(answers);
  CHECK((*answers[0])->object != nullptr);
  for (size_t i = 1; i < answers.size(); ++i) CHECK((*answers[i])->condition_failed);
  CHECK(kit.value("k") == "1");
}

TEST_CASE("spec/r2.md C13: a copy asks the source when it is chosen, the destination at the commit") {
  R2Settings settings = without_limiter();
  settings.latency_ms = 100;
  R2Kit kit(settings);
  const std::string etag = kit.put("from", "1").object->etag;
  R2Call call = kit.make(Op::kCopy, "to");
  call.source_bucket = kit.bucket;
  call.source_key = "from";
  call.source_only_if.emplace();
  call.source_only_if->etag_matches = {{etag, r2::EtagTag::Kind::kStrong}};
  call.only_if.emplace();
  call.only_if->etag_does_not_match = {{"", r2::EtagTag::Kind::kWildcard}};
  auto copy = kit.start(std::move(call), "s3");
  auto change = kit.start(kit.put_call("from", "2"));
  kit.run_until_answered({copy, change});
  CHECK((*copy)->object != nullptr);
  CHECK(kit.value("to") == "1");
  R2Call stale = kit.make(Op::kCopy, "to");
  stale.source_bucket = kit.bucket;
  stale.source_key = "from";
  stale.source_only_if.emplace();
  stale.source_only_if->etag_matches = {{etag, r2::EtagTag::Kind::kStrong}};
  CHECK(kit.call(std::move(stale), "s3").error->code == r2::Code::kPreconditionFailed);
}

TEST_CASE("spec/r2.md C15 C16: bindings and S3 read what was committed, whatever KV's lag") {
  R2Kit kit;
  kit.put("k", "1");
  kit.call(kit.put_call("k", "2"), "s3");
  CHECK(kit.value("k") == "2");
}

TEST_CASE("spec/r2.md 1.3 V1: an empty value is an object of no bytes") {
  for (const bool durable : {false, true}) {
    Folder state;
    R2Kit kit({}, durable ? state.path.string() : "");
    const R2Answer put = kit.put("k", "");
    CHECK(put.object->etag == "d41d8cd98f00b204e9800998ecf8427e");
    CHECK(kit.value("k") == "");
    CHECK(kit.get("k").range.length == 0);
  }
}

TEST_CASE("spec/r2.md 1.6: a checksum that does not match is refused and nothing is stored") {
  R2Kit kit;
  R2Call call = kit.put_call("k", "hello");
  call.expected = {{digest::Algorithm::kMd5, std::string(16, '\0')}};
  CHECK(R2Kit::said(Op::kPut, kit.call(std::move(call))) ==
        "put: The MD5 checksum you specified did not match what we received.\nYou provided a MD5 "
        "checksum with value: 00000000000000000000000000000000\nActual MD5 was: "
        "5d41402abc4b2a76b9719d911017c592 (10037)");
  CHECK(kit.value("k") == "<absent>");
  R2Call good = kit.put_call("k", "hello");
  good.expected = {{digest::Algorithm::kSha256,
                    digest::digest_of(digest::Algorithm::kSha256, "hello")}};
  const R2Answer stored = kit.call(std::move(good));
  REQUIRE(stored.object->checksums.size() == 2);
  CHECK(stored.object->checksums[0].algorithm == digest::Algorithm::kMd5);
}

TEST_CASE("spec/r2.md 1.6: SSE-C: without the key or with another one there is no body") {
  R2Kit kit;
  R2Call put = kit.put_call("k", "secret");
  put.ssec_key = std::string(32, 'a');
  const R2Answer stored = kit.call(std::move(put));
  CHECK(stored.object->ssec_key_md5.size() == 16);
  auto get_with = [&](std::optional<std::string> key) {
    R2Call get = kit.make(Op::kGet, "k");
    get.ssec_key = std::move(key);
    return kit.text(kit.call(std::move(get)));
  };
  CHECK(get_with(std::nullopt) == "<10046>");
  CHECK(get_with(std::string(32, 'b')) == "<10045>");
  CHECK(get_with(std::string(32, 'a')) == "secret");
  kit.put("plain", "v");
  R2Call plain = kit.make(Op::kGet, "plain");
  plain.ssec_key = std::string(32, 'a');
  CHECK(kit.call(std::move(plain)).error->code == r2::Code::kSsecNotApplicable);
}

TEST_CASE("spec/r2.md 1.9 1.11 1.12: limits of keys, metadata, names and counts, by their codes") {
  R2Kit kit;
  CHECK(R2Kit::said(Op::kPut, kit.put(std::string(1025, 'k'), "v")) ==
        "put: The specified object name is not valid. (10020)");
  CHECK(R2Kit::said(Op::kPut, kit.put(std::string(1024, 'k'), "v")) == "ok");
  R2Call large = kit.put_call("k", "v");
  large.custom = {{"name", std::string(8189, 'm')}};
  CHECK(R2Kit::said(Op::kPut, kit.call(std::move(large))) ==
        "put: Your metadata headers exceed the maximum allowed metadata size. (10012)");
  R2Call fits = kit.put_call("k", "v");
  fits.custom = {{"name", std::string(8188, 'm')}};
  CHECK(R2Kit::said(Op::kPut, kit.call(std::move(fits))) == "ok");
  const std::string count =
      "delete: The number of keys in the request must be between 1 and 1000 inclusive. (10027)";
  CHECK(R2Kit::said(Op::kDelete, kit.remove(std::vector<std::string>{})) == count);
  CHECK(R2Kit::said(Op::kDelete, kit.remove(std::vector<std::string>(1001, "k"))) == count);
  CHECK(R2Kit::said(Op::kDelete, kit.remove(std::vector<std::string>(1000, "k"))) == "ok");
  for (const int64_t limit : {int64_t{0}, int64_t{1001}}) {
    R2Call list = kit.make(Op::kList, "");
    list.limit = limit;
    list.pages_by_metadata = true;
    CHECK(R2Kit::said(Op::kList, kit.call(std::move(list))) ==
          "list: MaxKeys params must be positive integer <= 1000. (10022)");
  }
  R2Call huge = kit.make(Op::kPut, "k");
  HeldSource body;
  huge.value_stream = body.source();
  huge.declared_bytes = uint64_t{5} << 30;
  CHECK(R2Kit::said(Op::kPut, kit.call(std::move(huge))) ==
        "put: Your proposed upload exceeds the maximum allowed object size. (100100)");
  CHECK(body.cancelled());
  R2Call nowhere = kit.put_call("k", "v");
  nowhere.bucket = 99;
  CHECK(R2Kit::said(Op::kPut, kit.call(std::move(nowhere))) ==
        "put: The specified bucket does not exist. (10006)");
  kit.put("k", "v");
  R2Call range = kit.make(Op::kGet, "k");
  range.range.offset = 2;
  CHECK(R2Kit::said(Op::kGet, kit.call(std::move(range))) ==
        "get: The requested range is not satisfiable (10039)");
}

TEST_CASE("spec/r2.md 1.7: every write has a version of its own, also after a restart with the same seed") {
  Folder state;
  std::string first;
  {
    R2Kit kit({}, state.path);
    first = kit.put("k", "v").object->version;
    CHECK(first.size() == 36);
  }
  R2Kit kit({}, state.path);
  CHECK(kit.head("k").object->version == first);
  CHECK(kit.put("k", "v").object->version != first);
}

TEST_CASE("spec/r2.md 1.12: a key's identity is after NFC, a list shows the spelling last written") {
  R2Kit kit;
  kit.put("caf\u00e9", "1");
  kit.put("cafe\u0301", "2");
  CHECK(kit.value("caf\u00e9") == "2");
  CHECK(kit.keys() == std::vector<std::string>{"cafe\u0301"});
}

}  // namespace offing
