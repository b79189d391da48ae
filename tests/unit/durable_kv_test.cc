// Key-value, alarm, deleteAll: spec/durable-objects.md 2.2 to 2.4, 2.6, 3.4, 3.6.
#include "tests/unit/durable_fixture.h"

using offing::test::DurableFixture;
using namespace offing::test;

TEST_CASE("2.2 get, put, delete: what was put is read, deleted once") {
  DurableFixture f;
  CHECK(f.get("a") == "undefined");
  CHECK(f.put("a", "1") == "");
  CHECK(f.get("a") == "1");
  CHECK(f.put("a", std::string_view("\0\xff", 2)) == "");
  CHECK(f.get("a") == std::string("\0\xff", 2));
  CHECK(f.put("", "empty key") == "");
  CHECK(f.get("") == "empty key");
  CHECK(f.put("e", "") == "");
  CHECK(f.get("e") == "");
  CHECK(f.remove("a") == "true");
  CHECK(f.remove("a") == "false");
  CHECK(f.get("a") == "undefined");
}

TEST_CASE("2.1 nothing is opened for reads of an object that has nothing stored") {
  DurableFixture f;
  const size_t before = f.object->memory_bytes();
  CHECK(f.get("a") == "undefined");
  CHECK(f.remove("a") == "false");
  CHECK(f.list() == "");
  CHECK(f.alarm() == "null");
  CHECK(f.object->set_alarm(std::nullopt).has_value());
  CHECK(*f.object->database_size_bytes() == 0);
  CHECK(f.object->memory_bytes() == before);
  CHECK(f.begun == 0);
  CHECK(f.commit() == "0");
  CHECK_FALSE(f.store->exists(object_name()));
}

TEST_CASE("2.2 list: UTF-8 byte order, bounds, prefix, reverse, limit") {
  DurableFixture f;
  for (const char* key :
       {"b", "a", "aa", "ab", "\xc3\xa9", "\xf0\x9f\x98\x80", "\xef\xbf\xbf", "B"})
    CHECK(f.put(key, "v") == "");
  CHECK(f.list() == "B=v a=v aa=v ab=v b=v \xc3\xa9=v \xef\xbf\xbf=v \xf0\x9f\x98\x80=v");
  CHECK(f.list({.start = "aa", .end = "b"}) == "aa=v ab=v");
  CHECK(f.list({.start_after = "aa", .end = "b"}) == "ab=v");
  CHECK(f.list({.start = "aa", .end = "b", .reverse = true}) == "ab=v aa=v");
  CHECK(f.list({.prefix = "a"}) == "a=v aa=v ab=v");
  CHECK(f.list({.start = "ab", .prefix = "a"}) == "ab=v");
  CHECK(f.list({.end = "ab", .prefix = "a", .reverse = true, .limit = 1}) == "aa=v");
  CHECK(f.list({.limit = 2}) == "B=v a=v");
  CHECK(f.list({.reverse = true, .limit = 1}) == "\xf0\x9f\x98\x80=v");
  CHECK(f.list({.start = "b", .end = "a"}) == "");
  CHECK(f.list({.prefix = "z"}) == "");
  CHECK(f.list({.start_after = "a", .prefix = "a"}) == "aa=v ab=v");
  CHECK(f.put("\xff\xff", "w") == "");
  CHECK(f.list({.prefix = "\xff"}) == "\xff\xff=w");
}

TEST_CASE("2.3 one list iterator: a newer one cancels it") {
  DurableFixture f;
  f.put("a", "1");
  f.put("b", "2");
  auto first = f.object->list({});
  REQUIRE((*first)->next()->has_value());
  CHECK(f.list() == "a=1 b=2");
  CHECK(
      error_of((*first)->next()) ==
      "! kv.list() iterator was invalidated because a new call to kv.list() was started. Only one "
      "kv.list() iterator can exist at a time.");
  auto second = f.object->list({});
  CHECK(f.put("c", "3") == "");
  CHECK(f.get("c") == "3");
  CHECK((*second)->next()->value().first == "a");
  CHECK(f.commit() == "1");
  CHECK((*second)->next()->value().first == "b");
}

TEST_CASE("2.4 the reserved tables are made by the first write and seen in sqlite_master") {
  DurableFixture f;
  CHECK(f.sql("SELECT name FROM sqlite_master") == "");
  f.put("k", "v");
  CHECK(f.sql("SELECT name FROM sqlite_master") == "\"_cf_KV\"");
  CHECK(f.object->set_alarm(5).has_value());
  CHECK(f.sql("SELECT name FROM sqlite_master ORDER BY 1") == "\"_cf_KV\" \"_cf_METADATA\"");
  CHECK(
      f.sql("SELECT name FROM pragma_table_list WHERE name LIKE '\\_cf%' ESCAPE '\\' ORDER BY 1") ==
      "\"_cf_KV\" \"_cf_METADATA\"");
}

TEST_CASE("3.4 rule 21: the first write begins the implicit transaction, commit ends it") {
  DurableFixture f;
  CHECK(f.begun == 0);
  f.put("a", "1");
  CHECK(f.begun == 1);
  CHECK(f.object->transaction_open());
  f.put("b", "2");
  CHECK(f.sql("CREATE TABLE t(x)") == "");
  CHECK(f.begun == 1);
  CHECK(f.commit() == "1");
  CHECK_FALSE(f.object->transaction_open());
  CHECK(f.get("a") == "1");
  CHECK(f.begun == 1);
  CHECK(f.commit() == "0");
  CHECK(f.sql("INSERT INTO t VALUES(1)") == "");
  CHECK(f.begun == 2);
  CHECK(f.commit() == "2");
  CHECK(f.sql("UPDATE t SET x = 2 WHERE x = 7") == "");  // a write that changes nothing
  CHECK(f.begun == 3);
  CHECK(f.commit() == "0");
}

TEST_CASE("3.4 rule 22: a rollback takes key-value, SQL and the alarm back together") {
  DurableFixture f;
  f.put("a", "1");
  f.commit();
  f.put("a", "2");
  f.put("b", "2");
  f.sql("CREATE TABLE t(x)");
  CHECK(f.object->set_alarm(1000).has_value());
  f.object->rollback();
  CHECK_FALSE(f.object->transaction_open());
  CHECK(f.get("a") == "1");
  CHECK(f.get("b") == "undefined");
  CHECK(f.alarm() == "null");
  CHECK(f.sql("SELECT * FROM t") == "! no such table: t: SQLITE_ERROR");
  CHECK(f.commit() == "0");
  // The tables that the rollback took are made again.
  f.open(1);
  f.put("a", "1");
  f.object->rollback();
  CHECK(f.get("a") == "undefined");
  CHECK(f.put("a", "3") == "");
  CHECK(f.get("a") == "3");
}

TEST_CASE("3.4 rule 22: destroying an object's storage drops what was not committed") {
  DurableFixture f;
  f.put("a", "1");
  f.commit();
  f.put("a", "2");
  f.open();
  CHECK(f.get("a") == "1");
  CHECK(f.store->exists(object_name()));
}

TEST_CASE("3.6 rules 36, 38: the alarm is part of the transaction and told after the commit") {
  DurableFixture f;
  std::vector<std::string> told;
  f.store->on_alarm_changed([&told](const AlarmRecord& record) {
    told.push_back(record.name + "@" + std::to_string(record.at_ms));
  });
  f.open(0, "alice");
  CHECK(f.object->set_alarm(1000).has_value());
  CHECK(f.alarm() == "1000");
  CHECK(told.empty());
  CHECK(f.commit() == "1");
  CHECK(told == std::vector<std::string>{"alice@1000"});
  CHECK(f.object->set_alarm(2000).has_value());
  CHECK(f.object->set_alarm(1000).has_value());
  CHECK(f.commit() != "");
  CHECK(told.size() == 1);  // nothing moved
  CHECK(f.object->set_alarm(3000).has_value());
  f.object->rollback();
  CHECK(f.alarm() == "1000");
  CHECK(f.object->set_alarm(std::nullopt).has_value());
  CHECK(f.alarm() == "null");
  f.commit();
  CHECK(told.back() == "alice@-1");
  CHECK(f.store->alarms().empty());
  CHECK(f.object->set_alarm(4'102'444'800'000).has_value());
  f.commit();
  REQUIRE(f.store->alarms().size() == 1);
  CHECK(f.store->alarms()[0].at_ms == 4'102'444'800'000);
  CHECK(f.store->alarms()[0].name == "alice");
  CHECK(f.store->alarms()[0].object == object_name());
  CHECK(f.store->name_of(object_name()) == "alice");
}

TEST_CASE("2.2 deleteAll wipes tables too, atomically, and keeps the alarm unless told") {
  DurableFixture f;
  f.put("a", "1");
  f.sql("CREATE TABLE t(x); INSERT INTO t VALUES(1)");
  CHECK(f.object->set_alarm(1000).has_value());
  f.commit();
  CHECK(f.put("b", "2") == "");  // rolled back first
  CHECK(f.object->remove_all(false).has_value());
  CHECK(f.get("a") == "undefined");
  CHECK(f.get("b") == "undefined");
  CHECK(f.sql("SELECT * FROM t") == "! no such table: t: SQLITE_ERROR");
  CHECK(f.alarm() == "1000");
  CHECK(f.object->transaction_open());
  f.object->rollback();
  CHECK(f.get("a") == "1");
  CHECK(f.sql("SELECT * FROM t") == "1");
  CHECK(f.object->remove_all(false).has_value());
  CHECK(f.put("c", "3") == "");
  CHECK(f.commit() == "2");
  CHECK(f.list() == "c=3");
  CHECK(f.alarm() == "1000");
  CHECK(f.object->remove_all(true).has_value());
  CHECK(f.commit() == "3");
  CHECK(f.alarm() == "null");
  CHECK_FALSE(f.store->exists(object_name()));
  CHECK(f.store->alarms().empty());
  CHECK(f.object->remove_all(true).has_value());
  CHECK(f.commit() == "0");
  CHECK(f.put("d", "4") == "");
  CHECK(f.commit() == "4");
  f.open();
  CHECK(f.list() == "d=4");
}

TEST_CASE("2.2 deleteAll: an uncommitted alarm survives it; not within a transaction") {
  DurableFixture f;
  f.put("a", "1");
  CHECK(f.object->set_alarm(77).has_value());
  CHECK(f.object->remove_all(false).has_value());
  CHECK(f.begun == 1);
  f.commit();
  CHECK(f.alarm() == "77");
  CHECK(f.object->begin_explicit().has_value());
  CHECK(error_of(f.object->remove_all(false)) == "! Cannot call deleteAll() within a transaction");
  f.object->rollback_explicit();
  CHECK(f.object->savepoint().has_value());
  CHECK(error_of(f.object->remove_all(false)) == "! Cannot call deleteAll() within a transaction");
  CHECK(f.object->rollback_savepoint().has_value());
  f.commit();
}

TEST_CASE("2.5 after deleteAll a live cursor is cancelled, a write cursor too") {
  DurableFixture f;
  f.sql("CREATE TABLE t(x); INSERT INTO t VALUES(1),(2),(3)");
  f.put("a", "1");
  f.commit();
  auto cursor = f.object->exec("SELECT x FROM t", {});
  REQUIRE(*(*cursor)->next());
  auto list = f.object->list({});
  CHECK(f.object->remove_all(true).has_value());
  CHECK(error_of((*cursor)->next()) ==
        "! SQLite query was canceled because the database was deleted.");
  CHECK((*cursor)->column_name(0) == "x");
  CHECK(error_of((*list)->next()) ==
        "! SQLite query was canceled because the database was deleted.");
}

TEST_CASE("3.3 rule 25: cursors that outlive the storage fail") {
  DurableFixture f;
  f.sql("CREATE TABLE t(x); INSERT INTO t VALUES(1),(2),(3)");
  f.commit();
  auto cursor = f.object->exec("SELECT x FROM t", {});
  auto done = f.object->exec("SELECT 1", {});
  CHECK(f.rest(**done) == "1");
  f.object.reset();
  CHECK(error_of((*cursor)->next()) == "! Durable Object storage is no longer accessible.");
  CHECK((*cursor)->rows_read() == 1);
  CHECK_FALSE(*(*done)->next());
  cursor->reset();
  f.open();
  CHECK(f.sql("SELECT count(*) FROM t") == "3");
}

TEST_CASE("2.8 a value above 2 MB is refused and the transaction goes on") {
  DurableFixture f;
  f.put("a", "1");
  CHECK(f.put("big", std::string(2'000'001, 'x')) == "! string or blob too big: SQLITE_TOOBIG");
  CHECK(f.put("big", std::string(1'999'000, 'x')) == "");
  CHECK(f.commit() == "1");
  CHECK(f.get("a") == "1");
  CHECK(f.get("big").size() == 1'999'000);
}

TEST_CASE("objects are apart; ids are sorted; a namespace can be removed") {
  DurableFixture f;
  f.put("a", "zero");
  f.commit();
  f.open(2);
  f.put("a", "two");
  f.commit();
  f.open(1);
  CHECK(f.get("a") == "undefined");
  f.put("a", "one");
  CHECK(f.object->set_alarm(9).has_value());
  f.commit();
  auto other = f.store->object(object_name(1, "worker-Other"), "");
  CHECK_FALSE(other->get("a")->has_value());
  CHECK(other->put("a", "other").has_value());
  CHECK(other->commit(0).has_value());
  CHECK(f.store->sync().has_value());
  CHECK(f.store->ids("worker-Counter") ==
        std::vector{object_name(0).id, object_name(1).id, object_name(2).id});
  f.object.reset();
  f.store->remove_namespace("worker-Counter");
  CHECK(f.store->ids("worker-Counter").empty());
  CHECK(f.store->alarms().empty());
  CHECK(other->get("a")->value() == "other");
  f.open(1);
  CHECK(f.get("a") == "undefined");
  f.put("a", "again");
  CHECK(f.commit() == "1");
  other.reset();
}
