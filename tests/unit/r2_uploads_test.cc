// Multipart uploads (spec/r2.md 1.10), lifecycle and event notifications (3) through the service.
#include <doctest/doctest.h>

#include "tests/unit/r2_kit.h"

namespace offing {
namespace {

using Op = R2Call::Op;
constexpr size_t kMin = 5 * 1024 * 1024;

std::string completed(R2Kit& kit, std::string upload, std::vector<R2Call::ChosenPart> parts) {
  return R2Kit::said(Op::kCompleteMultipartUpload, kit.complete("k", std::move(upload), parts));
}

const std::string kAction = "completeMultipartUpload: ";
const std::string kNoPart =
    kAction + "One or more of the specified parts could not be found. (10025)";
const std::string kTooSmall =
    kAction + "Your proposed upload is smaller than the minimum allowed object size. (10011)";
const std::string kUnequal =
    kAction + "All non-trailing parts must have the same length. (10048)";
const std::string kNoUpload = "The specified multipart upload does not exist. (10024)";
const std::string kInternal = "We encountered an internal error. Please try again. (10001)";

}  // namespace

TEST_CASE("spec/r2.md M2: parts but the last are of 5 MiB and equal, the last is not larger") {
  R2Kit kit;
  const std::string upload = kit.begin_upload("k");
  const std::string a = kit.upload_part("k", upload, 1, std::string(kMin, 'a'));
  const std::string b = kit.upload_part("k", upload, 2, std::string(kMin, 'b'));
  const std::string c = kit.upload_part("k", upload, 3, "c");
  const std::string d = kit.upload_part("k", upload, 4, std::string(kMin + 1, 'd'));
  CHECK(completed(kit, upload, {{3, c}, {1, a}}) == kTooSmall);   // M3 M6: in argument order
  CHECK(completed(kit, upload, {{1, a}, {3, c}, {4, d}}) == kTooSmall);
  CHECK(completed(kit, upload, {{1, a}, {4, d}}) == kUnequal);    // M4
  CHECK(completed(kit, upload, {{1, a}, {2, b}, {3, c}}) == "ok");
  const R2Answer got = kit.get("k");
  CHECK(got.object->size_bytes == 2 * kMin + 1);
  CHECK(got.object->etag.ends_with("-3"));
  CHECK(got.object->etag.size() == 34);
  CHECK(got.object->checksums.empty());   // 1.6
  R2Call range = kit.make(Op::kGet, "k");
  range.range.offset = kMin - 1;
  range.range.length = 3;
  CHECK(kit.text(kit.call(std::move(range))) == "abb");
}

TEST_CASE("spec/r2.md M2: a single part of no bytes; complete of no parts gives an empty object") {
  R2Kit kit;
  std::string upload = kit.begin_upload("k");
  const std::string etag = kit.upload_part("k", upload, 1, "");
  CHECK(completed(kit, upload, {{1, etag}}) == "ok");
  CHECK(kit.value("k") == "");
  upload = kit.begin_upload("k");
  CHECK(completed(kit, upload, {}) == "ok");
  CHECK(kit.head("k").object->etag == "d41d8cd98f00b204e9800998ecf8427e-0");
  CHECK(kit.value("k") == "");
}

TEST_CASE("spec/r2.md M5 M6: unknown parts and tags, duplicates, any order, parts left out") {
  R2Kit kit;
  std::string upload = kit.begin_upload("k");
  const std::string a = kit.upload_part("k", upload, 7, std::string(kMin, 'a'));
  const std::string b = kit.upload_part("k", upload, 90, "b");
  kit.upload_part("k", upload, 8, "left out");
  CHECK(completed(kit, upload, {{7, a}, {91, b}}) == kNoPart);
  CHECK(completed(kit, upload, {{7, b}}) == kNoPart);
  CHECK(completed(kit, upload, {{7, a}, {7, a}}) == kAction + kInternal);
  CHECK(completed(kit, upload, {{7, a}, {90, b}}) == "ok");
  CHECK(kit.head("k").object->size_bytes == kMin + 1);
}

TEST_CASE("spec/r2.md M7: ended and unknown uploads") {
  R2Kit kit;
  const std::string upload = kit.begin_upload("k");
  const std::string etag = kit.upload_part("k", upload, 1, "x");
  CHECK(completed(kit, upload, {{1, etag}}) == "ok");
  CHECK(completed(kit, upload, {{1, etag}}) == kAction + kNoUpload);
  CHECK(kit.upload_part("k", upload, 1, "x") == "uploadPart: " + kNoUpload);
  CHECK(R2Kit::said(Op::kAbortMultipartUpload, kit.abort("k", upload)) == "ok");
  CHECK(kit.upload_part("k", "never", 1, "x") == "uploadPart: " + kNoUpload);
  CHECK(completed(kit, "never", {}) == kAction + kInternal);
  CHECK(R2Kit::said(Op::kAbortMultipartUpload, kit.abort("k", "never")) ==
        "abortMultipartUpload: " + kInternal);
  const std::string aborted = kit.begin_upload("k");
  CHECK(R2Kit::said(Op::kAbortMultipartUpload, kit.abort("k", aborted)) == "ok");
  CHECK(R2Kit::said(Op::kAbortMultipartUpload, kit.abort("k", aborted)) == "ok");
  CHECK(completed(kit, aborted, {}) == kAction + kNoUpload);
  const std::string other = kit.begin_upload("other");
  CHECK(kit.upload_part("k", other, 1, "x") == "uploadPart: " + kNoUpload);
}

TEST_CASE("spec/r2.md M8: a part's tag is its MD5; uploading a number again replaces it") {
  R2Kit kit;
  const std::string upload = kit.begin_upload("k");
  const std::string first = kit.upload_part("k", upload, 1, "one");
  CHECK(first == "f97c5d29941bfb1b2fdab0874906ab82");
  const std::string second = kit.upload_part("k", upload, 1, "two");
  CHECK(completed(kit, upload, {{1, first}}) == kNoPart);
  CHECK(completed(kit, upload, {{1, second}}) == "ok");
  CHECK(kit.value("k") == "two");
}

TEST_CASE("spec/r2.md M8: a number that is uploaded again and fails has lost its earlier part") {
  Folder folder;
  for (const std::string& state : {std::string(), folder.path.string()}) {
    std::string upload, first;
    {
      R2Kit kit({}, state);
      upload = kit.begin_upload("k");
      first = kit.upload_part("k", upload, 1, "one");
      const std::string other = kit.upload_part("k", upload, 2, "two");
      R2Call again = kit.make(Op::kUploadPart, "k");
      again.upload_id = upload;
      again.part_number = 1;
      HeldSource body;
      again.value_stream = body.source();
      again.declared_bytes = 10;
      auto answer = kit.start(std::move(again));
      body.give("thre");
      body.end();
      kit.run_until_answered({answer});
      CHECK((*answer)->error.has_value());
      CHECK(completed(kit, upload, {{1, first}}) == kNoPart);
      R2Call wrong = kit.make(Op::kUploadPart, "k");
      wrong.upload_id = upload;
      wrong.part_number = 2;
      wrong.value = "four";
      wrong.expected = {{digest::Algorithm::kMd5, std::string(16, 'x')}};
      CHECK(kit.call(std::move(wrong), "s3").error->code == r2::Code::kBadDigest);
      CHECK(completed(kit, upload, {{2, other}}) == kNoPart);
    }
    if (state.empty()) continue;
    R2Kit kit({}, state);
    CHECK(completed(kit, upload, {{1, first}}) == kNoPart);
    const std::string last = kit.upload_part("k", upload, 1, "five");
    CHECK(completed(kit, upload, {{1, last}}) == "ok");
    CHECK(kit.value("k") == "five");
  }
}

TEST_CASE("spec/r2.md M9: an incomplete upload is aborted after 7 days, and not before") {
  R2Kit kit;
  const std::string upload = kit.begin_upload("k");
  kit.advance(7 * R2Kit::kDay - 1);
  CHECK(kit.upload_part("k", upload, 1, "x").size() == 32);
  kit.advance(R2Kit::kDay + 1);
  CHECK(kit.upload_part("k", upload, 1, "x") == "uploadPart: " + kNoUpload);
}

TEST_CASE("spec/r2.md M10: metadata is fixed at create, the upload time is the completion's") {
  R2Kit kit;
  R2Call create = kit.make(Op::kCreateMultipartUpload, "k");
  create.custom = {{"a", "1"}};
  create.storage_class = r2::StorageClass::kInfrequentAccess;
  const std::string upload = kit.call(std::move(create)).upload_id;
  const std::string etag = kit.upload_part("k", upload, 1, "x");
  kit.advance(5000);
  const int64_t now_ms = kit.world.now_ms();
  const R2Answer done = kit.complete("k", upload, {{1, etag}});
  CHECK(done.object->uploaded_ms == now_ms);
  CHECK(done.object->custom == r2::CustomMetadata{{"a", "1"}});
  CHECK(done.object->storage_class == r2::StorageClass::kInfrequentAccess);
}

TEST_CASE("spec/r2.md M11: a completion that a condition refuses ends the upload") {
  R2Kit kit;
  kit.put("k", "there");
  const std::string upload = kit.begin_upload("k");
  const std::string etag = kit.upload_part("k", upload, 1, "x");
  R2Call complete = kit.make(Op::kCompleteMultipartUpload, "k");
  complete.upload_id = upload;
  complete.parts = {{1, etag}};
  complete.only_if.emplace();
  complete.only_if->etag_does_not_match = {{"", r2::EtagTag::Kind::kWildcard}};
  CHECK(kit.call(std::move(complete), "s3").condition_failed);
  CHECK(completed(kit, upload, {{1, etag}}) == kAction + kNoUpload);
  CHECK(kit.value("k") == "there");
}

TEST_CASE("spec/r2.md 1.10: uploads with their parts survive a restart") {
  Folder state;
  std::string upload, etag;
  {
    R2Kit kit({}, state.path);
    upload = kit.begin_upload("k");
    etag = kit.upload_part("k", upload, 1, std::string(kMin, 'a'));
  }
  R2Kit kit({}, state.path);
  const std::string last = kit.upload_part("k", upload, 2, "b");
  CHECK(completed(kit, upload, {{1, etag}, {2, last}}) == "ok");
  CHECK(kit.value("k") == std::string(kMin, 'a') + "b");
}

TEST_CASE("spec/r2.md 3.1: objects expire by age and date within a day of when they are due") {
  R2Kit kit;
  r2::LifecycleRule by_age;
  by_age.id = "age";
  by_age.prefix = "tmp/";
  by_age.expire = r2::LifecycleCondition{r2::LifecycleCondition::Kind::kAge, 36'000, 0, ""};
  r2::LifecycleRule by_date;
  by_date.id = "date";
  by_date.prefix = "old/";
  by_date.expire = r2::LifecycleCondition{r2::LifecycleCondition::Kind::kDate, 0,
                                          kit.world.now_ms() + 3 * R2Kit::kDay, ""};
  REQUIRE(kit.r2->set_lifecycle("bucket", {by_age, by_date}));
  for (const char* key : {"tmp/1", "old/1", "kept"}) kit.put(key, "v");
  kit.advance(9 * 3'600'000);
  CHECK(kit.keys().size() == 3);
  kit.advance(R2Kit::kDay);
  CHECK(kit.keys() == std::vector<std::string>{"kept", "old/1"});
  kit.advance(3 * R2Kit::kDay);
  CHECK(kit.keys() == std::vector<std::string>{"kept"});
}

TEST_CASE("spec/r2.md 3.1: a transition moves to Infrequent Access and keeps the version") {
  Folder state;
  std::string version;
  {
    R2Kit kit({}, state.path);
    r2::LifecycleRule rule;
    rule.id = "cold";
    rule.to_infrequent_access = {{r2::LifecycleCondition::Kind::kAge, 86'400, 0, ""}};
    REQUIRE(kit.r2->set_lifecycle("bucket", {rule}));
    version = kit.put("k", "v").object->version;
    kit.advance(3 * R2Kit::kDay);
    CHECK(kit.head("k").object->storage_class == r2::StorageClass::kInfrequentAccess);
    CHECK(kit.head("k").object->version == version);
  }
  R2Kit again({}, state.path);
  CHECK(again.head("k").object->storage_class == r2::StorageClass::kInfrequentAccess);
  CHECK(again.value("k") == "v");
}

TEST_CASE("spec/r2.md 3.3: the bucket's class is the default, a put may name another") {
  R2Kit kit;
  CHECK(kit.put("a", "v").object->storage_class == r2::StorageClass::kStandard);
  REQUIRE(kit.r2->set_default_class("bucket", r2::StorageClass::kInfrequentAccess));
  CHECK(kit.put("b", "v").object->storage_class == r2::StorageClass::kInfrequentAccess);
  R2Call put = kit.put_call("c", "v");
  put.storage_class = r2::StorageClass::kStandard;
  CHECK(kit.call(std::move(put)).object->storage_class == r2::StorageClass::kStandard);
}

TEST_CASE("spec/r2.md 3.2: what was done reaches the queues of the rules that match") {
  R2Kit kit;
  r2::NotificationRule rule;
  rule.queue_name = "events";
  rule.prefix = "in/";
  rule.suffix = ".txt";
  rule.actions = {r2::Action::kPutObject, r2::Action::kCopyObject,
                  r2::Action::kCompleteMultipartUpload, r2::Action::kDeleteObject,
                  r2::Action::kLifecycleDeletion};
  REQUIRE(kit.r2->set_notifications("bucket", {rule}));
  std::vector<std::string> bodies;
  kit.r2->deliver_notifications_to([&](std::string_view queue, const std::string& body) {
    CHECK(queue == "events");
    bodies.push_back(body);
  });
  kit.put("in/a.txt", "hello");
  kit.put("in/a.jpg", "no");
  kit.put("out/a.txt", "no");
  kit.copy("in/a.txt", "in/b.txt");
  kit.remove("in/a.txt");
  kit.remove("in/a.txt");   // nothing there: nothing to tell (UNKNOWN)
  REQUIRE(bodies.size() == 3);
  CHECK(bodies[0].find("\"action\":\"PutObject\"") != std::string::npos);
  CHECK(bodies[0].find("\"size\":5") != std::string::npos);
  CHECK(bodies[0].find("\"eTag\":\"5d41402abc4b2a76b9719d911017c592\"") != std::string::npos);
  CHECK(bodies[1].find("\"copySource\":{\"bucket\":\"bucket\",\"object\":\"in/a.txt\"}") !=
        std::string::npos);
  CHECK(bodies[2].find("\"action\":\"DeleteObject\"") != std::string::npos);
  CHECK(bodies[2].find("eTag") == std::string::npos);
  r2::LifecycleRule expire;
  expire.id = "expire";
  expire.expire = r2::LifecycleCondition{r2::LifecycleCondition::Kind::kAge, 60, 0, ""};
  REQUIRE(kit.r2->set_lifecycle("bucket", {expire}));
  kit.advance(2 * R2Kit::kDay);
  REQUIRE(bodies.size() == 4);
  CHECK(bodies[3].find("\"action\":\"LifecycleDeletion\"") != std::string::npos);
}

TEST_CASE("spec/r2.md 3.2: rules and notifications go with their bucket") {
  Folder state;
  {
    R2Kit kit({}, state.path);
    r2::NotificationRule rule;
    rule.queue_name = "events";
    rule.actions = {r2::Action::kPutObject};
    REQUIRE(kit.r2->set_notifications("bucket", {rule}));
    r2::LockRule lock;
    lock.id = "forever";
    REQUIRE(kit.r2->set_locks("bucket", {lock}));
    REQUIRE(kit.r2->delete_bucket("bucket"));
    r2::BucketSettings again;
    again.name = "bucket";
    REQUIRE(kit.r2->create_bucket(again));
  }
  R2Kit kit({}, state.path);
  REQUIRE(kit.r2->buckets().size() == 1);
  const r2::Bucket& bucket = *kit.r2->buckets().front();
  CHECK(bucket.notifications.empty());
  CHECK(bucket.locks.empty());
  CHECK(bucket.lifecycle.size() == 1);   // the default rule
}

TEST_CASE("spec/r2.md 1.12: names of buckets; a second bucket of a name") {
  R2Kit kit;
  auto create = [&](std::string name) {
    r2::BucketSettings settings;
    settings.name = std::move(name);
    auto made = kit.r2->create_bucket(std::move(settings));
    return made ? std::string("ok") : std::string(made.error().row().s3_code);
  };
  CHECK(create("ab") == "InvalidBucketName");
  CHECK(create("Upper") == "InvalidBucketName");
  CHECK(create("-abc") == "InvalidBucketName");
  CHECK(create(std::string(64, 'a')) == "InvalidBucketName");
  CHECK(create("abc-1") == "ok");
  CHECK(create("abc-1") == "BucketAlreadyExists");
  CHECK(kit.r2->buckets().size() == 2);
}

}  // namespace offing
