// R2 as a whole: copies of a service, its dump and load, and its tokens.
#include <doctest/doctest.h>

#include <string>

#include "emulator/services/r2_tokens.h"
#include "storage/r2/limits.h"
#include "storage/r2/store.h"
#include "tests/unit/copies_kit.h"
#include "tests/unit/r2_kit.h"

namespace offing::test {
namespace {

using Op = R2Call::Op;

std::string large(char fill) { return std::string(300'000, fill); }

// A kit that goes on from a state.
struct Copy : R2Kit {
  explicit Copy(const R2Service::State& state, uint64_t seed = 1) : R2Kit({}, "", seed) {
    r2.reset();
    auto opened = R2Service::open(world, state);
    REQUIRE_MESSAGE(opened.has_value(), opened.error());
    r2 = std::move(*opened);
    bucket = r2->find_bucket("bucket")->id;
  }
  explicit Copy(const R2Kit& of, uint64_t seed = 1) : Copy(*of.r2->copy_state(), seed) {}
};

}  // namespace

TEST_CASE("a copy of R2 shows the same, and what one does the other does not see") {
  R2Kit kit;
  kit.put("small", "one");
  kit.put("large", large('a'));
  kit.r2->create_bucket({.name = "second"}).value();
  r2::LockRule lock;
  lock.id = "all";
  lock.enabled = true;
  kit.r2->set_locks("second", {lock}).value();
  Copy copy(kit);
  CHECK(copy.value("small") == "one");
  CHECK(copy.value("large") == large('a'));
  CHECK(copy.head("small").object->version == kit.head("small").object->version);
  CHECK(copy.r2->find_bucket("second")->locks.size() == 1);

  copy.put("small", "two");
  copy.remove("large");
  copy.put("more", large('b'));
  CHECK(kit.value("small") == "one");
  CHECK(kit.value("large") == large('a'));
  CHECK(kit.keys() == std::vector<std::string>{"large", "small"});
  kit.put("large", large('c'));
  kit.r2->create_bucket({.name = "third"}).value();
  CHECK(copy.keys() == std::vector<std::string>{"more", "small"});
  CHECK(copy.r2->find_bucket("third") == nullptr);
  Copy second(*copy.r2->copy_state());
  CHECK(second.value("more") == large('b'));
  CHECK(second.value("small") == "two");
}

TEST_CASE("copies of one state in worlds of one seed name versions alike; of another seed they do not") {
  R2Kit kit;
  kit.put("k", "1");
  const auto state = kit.r2->copy_state();
  Copy a(*state, 5), b(*state, 5), c(*state, 6);
  for (Copy* copy : {&a, &b, &c}) copy->put("k", "2");
  CHECK(a.head("k").object->version == b.head("k").object->version);
  CHECK(a.head("k").object->version != c.head("k").object->version);
}

TEST_CASE("C7: who reads a body goes on reading it, whatever a copy does to its key") {
  R2Kit kit;
  kit.put("k", large('a'));
  R2Answer reading = kit.get("k");
  auto copy = std::make_unique<Copy>(kit);
  R2Answer of_copy = copy->get("k");
  kit.put("k", large('b'));
  copy->put("k", large('c'));
  CHECK(copy->text(std::move(of_copy)) == large('a'));
  copy.reset();
  CHECK(kit.text(std::move(reading)) == large('a'));
  CHECK(kit.value("k") == large('b'));
}

TEST_CASE("an upload under way stays with the original") {
  R2Kit kit;
  HeldSource held;
  R2Call put = kit.make(Op::kPut, "k");
  put.value_stream = held.source();
  auto answer = kit.start(std::move(put));
  held.give(large('a'));
  kit.advance(10);
  Copy copy(kit);
  CHECK(copy.put("k", "copy's").error == std::nullopt);   // no writer overlaps here
  held.give("end");
  held.end();
  kit.run_until_answered({answer});
  CHECK(kit.value("k") == large('a') + "end");
  CHECK(copy.value("k") == "copy's");
}

TEST_CASE("a multipart upload that is open can be completed in one copy and aborted in another") {
  R2Kit kit;
  const std::string upload = kit.begin_upload("m");
  const std::string part(r2::kPartBytesMin, 'p');
  const std::string first = kit.upload_part("m", upload, 1, part);
  Copy copy(kit);
  kit.abort("m", upload);
  const std::string second = copy.upload_part("m", upload, 2, "tail");
  CHECK(R2Kit::said(Op::kCompleteMultipartUpload, copy.complete("m", upload, {{1, first}, {2, second}})) ==
        "ok");
  CHECK(copy.value("m") == part + "tail");
  CHECK(kit.value("m") == "<absent>");
}

TEST_CASE("3.3 a deletion by prefix that has not run runs in each copy") {
  R2Kit kit;
  kit.put("a/1", "x");
  kit.put("b/1", "x");
  const std::string id = kit.r2->delete_prefix("bucket", "a/").value().id;
  Copy copy(kit);
  for (R2Kit* one : {static_cast<R2Kit*>(&copy), &kit}) {
    CHECK_FALSE(one->r2->find_job(id)->completed);
    one->advance(1);
    CHECK(one->r2->find_job(id)->deleted == 1);
    CHECK(one->keys() == std::vector<std::string>{"b/1"});
  }
}

TEST_CASE("3.1 what a rule is to expire goes in each copy at its time") {
  R2Kit kit;
  kit.put("k", "x");
  r2::LifecycleRule rule;
  rule.id = "gone";
  rule.enabled = true;
  rule.expire = r2::LifecycleCondition{.age_s = 86'400};
  kit.r2->set_lifecycle("bucket", {rule}).value();
  Copy copy(kit);
  copy.advance(3 * R2Kit::kDay);
  CHECK(copy.keys().empty());
  CHECK(kit.keys().size() == 1);
}

TEST_CASE("bytes in files are shared by copies, and free with the last of them") {
  uint64_t drawn = 0;
  const auto random = [&drawn] { return ++drawn; };
  auto store = r2::Store::open({"", true, random}).value();
  store->begin();
  r2::Bucket* bucket = store->create_bucket({.name = "bucket"}).value();
  auto writer = store->blobs().writer();
  writer->append(large('a')).value();
  r2::Object object;
  object.key = "k";
  object.size_bytes = 300'000;
  object.body = {writer->finish().value()};
  writer.reset();
  store->commit_object(*bucket, std::move(object), std::nullopt, 0).value();
  store->commit().value();
  const uint64_t stored_bytes = store->blobs().stored_bytes();
  CHECK(stored_bytes >= 300'000);
  auto copy = store->copy(random);
  CHECK(copy->blobs().stored_bytes() == stored_bytes);
  const auto remove = [](r2::Store& from) {
    from.begin();
    (void)from.remove(*from.find("bucket"), "k", 1);
    from.commit().value();
  };
  remove(*store);
  store.reset();
  CHECK(copy->find("bucket")->objects.begin()->second->body[0]->read(0, 3) == "aaa");
  CHECK(copy->blobs().stored_bytes() == stored_bytes);
  remove(*copy);
  CHECK(copy->blobs().stored_bytes() == 0);
}

TEST_CASE("a dump opened with --state, or loaded, shows the same") {
  ScratchFolder folder;
  R2Kit kit;
  kit.put("small", "one");
  kit.put("empty", "");
  kit.put("large", large('a'));
  const std::string part(r2::kPartBytesMin, 'p');
  for (const char* key : {"whole", "open"}) {
    const std::string upload = kit.begin_upload(key);
    const std::string first = kit.upload_part(key, upload, 1, part);
    const std::string second = kit.upload_part(key, upload, 2, "tail");
    if (key == std::string("whole")) kit.complete(key, upload, {{1, first}, {2, second}});
  }
  const std::string state = folder.path() + "/state";
  auto dumped = kit.r2->dump(state);
  REQUIRE_MESSAGE(dumped.has_value(), dumped.error());
  CHECK(kit.r2->dump(state).error().find("/r2 is there already") != std::string::npos);
  const auto check = [&](R2Kit& other) {
    CHECK(other.keys() == kit.keys());
    for (const char* key : {"small", "empty", "large", "whole"}) {
      CHECK(other.value(key) == kit.value(key));
      CHECK(other.head(key).object->etag == kit.head(key).object->etag);
      CHECK(other.head(key).object->version == kit.head(key).object->version);
    }
    const auto& uploads = other.r2->find_bucket("bucket")->uploads;
    REQUIRE(uploads.size() == 1);
    CHECK(uploads.begin()->second.parts.size() == 2);
    other.put("small", "two");
  };
  auto loaded = R2Service::load_state(kit.world, {}, state);
  REQUIRE_MESSAGE(loaded.has_value(), loaded.error());
  Copy copy(**loaded);
  check(copy);
  {
    R2Kit stored({}, state);
    check(stored);
    auto in_use = R2Service::load_state(kit.world, {}, state);
    REQUIRE_FALSE(in_use.has_value());
    CHECK(in_use.error().find("is in use by another process") != std::string::npos);
  }
  Copy again(*R2Service::load_state(kit.world, {}, state).value());
  CHECK(again.value("small") == "two");
  CHECK(R2Service::load_state(kit.world, {}, folder.path() + "/none").error().find(
            "there is no state directory") == 0);
  CHECK(Copy(*R2Service::load_state(kit.world, {.buckets = {{.settings = {.name = "bucket"}}}},
                                    folder.path()).value()).keys().empty());
}

TEST_CASE("R2 tokens: a copy has them, and makes its own; a dump keeps those made while it ran") {
  ScratchFolder folder;
  VirtualWorld world(1), other(2);
  auto tokens = R2Tokens::open(world, {}, "").value();
  const std::string made = tokens->create("mine", R2Token::Scope::kObjectRead, {"b"}).value()->access_key_id;
  auto copy = R2Tokens::open(other, *tokens->copy_state());
  CHECK(copy->find(made)->name == "mine");
  const std::string late = copy->create("late", R2Token::Scope::kAdminRead, {}).value()->access_key_id;
  CHECK(tokens->find(late) == nullptr);
  tokens->dump(folder.path()).value();
  CHECK_FALSE(tokens->dump(folder.path()).has_value());
  auto loaded = R2Tokens::open(other, *R2Tokens::load_state(world, {}, folder.path()).value());
  CHECK(loaded->all().size() == 2);
  CHECK(loaded->find(made)->buckets == std::vector<std::string>{"b"});
  CHECK(R2Tokens::open(world, {}, folder.path()).value()->find(made) != nullptr);
}

}  // namespace offing::test
