// The storage of Durable Objects as a whole: its copy, its dump, its load.
#include <doctest/doctest.h>

#include "tests/unit/copies_kit.h"
#include "tests/unit/durable_fixture.h"

namespace offing::test {
namespace {

// A fixture that goes on with a copy of another's store.
struct Copy : DurableFixture {
  explicit Copy(const Store& of, int n = 0) {
    object.reset();
    store = of.copy({.now_ms = [this] { return now_ms; }, .random_bytes = {}, .interrupted = {}});
    open(n);
  }
};

}  // namespace

TEST_CASE("a copy of the store shows what is committed, and goes its own way") {
  DurableFixture original;
  original.put("a", "1");
  (void)original.sql("CREATE TABLE t(x)");
  (void)original.sql("INSERT INTO t VALUES (1), (2)");
  (void)original.object->set_alarm(5'000);
  CHECK(original.commit() == "1");
  original.put("a", "uncommitted");
  (void)original.sql("DELETE FROM t");

  Copy copy(*original.store);
  CHECK(copy.get("a") == "1");
  CHECK(copy.sql("SELECT x FROM t ORDER BY x") == "1 2");
  CHECK(copy.alarm() == "5000");
  CHECK(copy.store->alarms().size() == 1);
  copy.put("a", "copy's");
  CHECK(copy.commit() == "2");
  CHECK(original.get("a") == "uncommitted");
  CHECK(original.commit() == "2");
  CHECK(original.sql("SELECT x FROM t") == "");
  CHECK(copy.get("a") == "copy's");

  Copy second(*copy.store);
  CHECK(second.get("a") == "copy's");
  CHECK(second.sql("SELECT count(*) FROM t") == "2");
}

TEST_CASE("2.7 a copy has the history: each recovers by itself") {
  DurableFixture original;
  for (const char* value : {"1", "2", "3"}) {
    original.put("a", value);
    (void)original.commit();
  }
  original.put("b", "x");
  const std::string first = [&] {
    DurableFixture other;  // bookmarks name commits, of whatever store
    other.put("a", "1");
    (void)other.commit();
    return *other.object->current_bookmark();
  }();
  (void)original.commit();
  Copy copy(*original.store);
  REQUIRE(copy.object->restore_at_next_open(first).has_value());
  Copy armed(*copy.store);   // an armed restore goes along, and is done by the first to open
  CHECK(armed.get("a") == "1");
  CHECK(copy.get("a") == "3");
  copy.open();
  CHECK(copy.get("a") == "1");
  CHECK(original.get("a") == "3");
  CHECK(original.get("b") == "x");
}

TEST_CASE("commits that are not acknowledged count in a copy; the original may take them back") {
  DurableFixture original;
  original.put("a", "1");
  (void)original.commit();
  original.put("a", "2");
  REQUIRE(original.object->commit(original.now_ms).has_value());
  Copy copy(*original.store);
  CHECK_FALSE(copy.store->needs_sync());
  original.object.reset();
  original.store->discard_unsynced(object_name());
  original.open();
  CHECK(original.get("a") == "1");
  CHECK(copy.get("a") == "2");
}

TEST_CASE("random() of a copy goes on with the seed; of a world with chance it does not") {
  DurableFixture original;
  original.put("a", "1");
  (void)original.commit();
  Copy one(*original.store), two(*original.store);
  const std::string drawn = one.sql("SELECT random()");
  CHECK(two.sql("SELECT random()") == drawn);
  auto other = original.store->copy({.now_ms = {}, .random_bytes = [](std::span<uint8_t> bytes) {
                                       for (uint8_t& byte : bytes) byte = 77;
                                     }, .interrupted = {}});
  auto object = other->object(object_name(), "");
  auto cursor = object->exec("SELECT random()", {});
  CHECK(DurableFixture::rest(**cursor) != drawn);
}

TEST_CASE("a dump opened as a state directory, or loaded, shows the same; what is there stays") {
  ScratchFolder folder;
  DurableFixture original;
  for (int n = 0; n < 30; ++n) {
    original.open(n, "name " + std::to_string(n));
    original.put("n", std::to_string(n));
    (void)original.sql("CREATE TABLE t(x)");
    (void)original.sql("INSERT INTO t VALUES (randomblob(20000))");
    if (n % 3 == 0) (void)original.object->set_alarm(1'800'000'000'000 + n);
    (void)original.commit();
  }
  (void)original.object->remove_all(true);   // an object that is empty again
  (void)original.commit();
  original.object.reset();
  auto dumped = original.store->dump(folder.path());
  REQUIRE_MESSAGE(dumped.has_value(), dumped.error());
  auto check = [&](Store& store) {
    CHECK(store.ids("worker-Counter") == original.store->ids("worker-Counter"));
    CHECK(store.alarms().size() == 10);
    for (int n = 0; n < 29; ++n) {
      CHECK(store.name_of(object_name(n)) == "name " + std::to_string(n));
      auto object = store.object(object_name(n), "");
      CHECK(**object->get("n") == std::to_string(n));
      auto cursor = object->exec("SELECT length(x) FROM t", {});
      CHECK(DurableFixture::rest(**cursor) == "20000");
    }
  };
  StoreOptions options;
  options.directory = folder.path();
  {
    auto loaded = Store::load(options);
    REQUIRE_MESSAGE(loaded.has_value(), loaded.error());
    check(**loaded);
    check(*(*loaded)->copy({}));
    auto opened = Store::open(options);
    REQUIRE_MESSAGE(opened.has_value(), opened.error());
    check(**opened);
    CHECK(Store::load(options).error().find("is in use by another process") != std::string::npos);
  }
  std::filesystem::resize_file(folder.path() + "/do/worker-Counter/" + object_name(3).id + ".sqlite",
                               4096);
  auto damaged = Store::load(options);
  REQUIRE_FALSE(damaged.has_value());
  CHECK(damaged.error().find("cannot be read; restore it from a copy") != std::string::npos);
}

}  // namespace offing::test
