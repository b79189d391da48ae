#include <filesystem>
#include <fstream>

#include "storage/sqlite/database.h"
#include "tests/unit/kv_fixture.h"

using offing::test::Directory;
using offing::test::KvFixture;

TEST_CASE("DESIGN rule 8: what was acknowledged is there after a reopen") {
  Directory dir;
  {
    KvFixture f({}, 1, dir.path);
    CHECK(f.put(f.A, "k", std::string("a\0b", 3), 3600, "{\"m\":1}") == "");
    CHECK(f.put(f.A, "gone", "x") == "");
    CHECK(f.del(f.A, "gone") == "");
    CHECK(f.put(f.A, "short", "x", 60) == "");
    REQUIRE(f.kv->seed("ns", "seeded", "s"));
    CHECK(f.get(f.A, "k") == std::string("a\0b", 3));
  }
  KvFixture f({}, 1, dir.path);
  CHECK(f.get(f.C, "k") == std::string("a\0b", 3));
  CHECK(f.metadata == "{\"m\":1}");
  CHECK(f.last.served == 1);
  CHECK(f.get(f.A, "gone") == "null");
  CHECK(f.names(f.C) == "k seeded short");
  f.after_ms(60'000);
  CHECK(f.get(f.A, "short") == "null");
  CHECK(f.put(f.A, "k", "new") == "");
  CHECK(f.kv->newest("ns", "k")->version == 6);
}

TEST_CASE("a write is not visible before the turn's commit") {
  Directory dir;
  KvFixture f({}, 1, dir.path);
  std::string seen;
  f.kv->call(f.A, 0, "ns", f.put_call("k", "v"), [](offing::KvAnswer) {});
  offing::KvCall get;
  get.key = "k";
  f.kv->call(f.B, 0, "ns", std::move(get), [&seen](offing::KvAnswer a) {
    seen = a.value.found ? "value" : "null";
  });
  f.at_turn();
  CHECK(seen == "null");
  CHECK(f.get(f.C, "k") == "v");
}

TEST_CASE("a state directory in use, newer or damaged is refused with a reason") {
  Directory dir;
  KvFixture other;
  {
    KvFixture f({}, 1, dir.path);
    auto second = offing::KvService::open(other.world, {}, {"LHR"}, dir.path);
    REQUIRE_FALSE(second);
    CHECK(second.error().find("in use by another process") != std::string::npos);
  }
  {
    auto db = offing::Database::open(dir.path + "/kv.sqlite");
    REQUIRE(db);
    REQUIRE((*db)->exec("PRAGMA user_version=9"));
  }
  auto newer = offing::KvService::open(other.world, {}, {"LHR"}, dir.path);
  REQUIRE_FALSE(newer);
  CHECK(newer.error().find("newer offing") != std::string::npos);
  std::filesystem::remove(dir.path + "/kv.sqlite-wal");
  std::ofstream(dir.path + "/kv.sqlite") << "this is not a database, whatever its name may say";
  CHECK_FALSE(offing::KvService::open(other.world, {}, {"LHR"}, dir.path));
}
