// Transactions, savepoints, what breaks an object, recovery to a point in time:
// spec/durable-objects.md 2.6, 2.7, 3.3, 3.4.
#include "tests/unit/durable_fixture.h"

using offing::test::DurableFixture;
using namespace offing::test;

TEST_CASE("2.6 transactionSync: savepoints nest in the implicit transaction") {
  DurableFixture f;
  CHECK(f.object->savepoint().has_value());
  CHECK(f.begun == 1);
  f.put("a", "1");
  CHECK(f.object->savepoint().has_value());
  CHECK(f.object->savepoints() == 2);
  f.put("a", "2");
  f.sql("CREATE TABLE t(x)");
  CHECK(f.object->rollback_savepoint().has_value());
  CHECK(f.get("a") == "1");
  CHECK(f.sql("SELECT * FROM t") == "! no such table: t: SQLITE_ERROR");
  CHECK(f.object->savepoint().has_value());
  f.put("b", "2");
  CHECK(f.object->release_savepoint().has_value());
  CHECK(f.object->release_savepoint().has_value());
  CHECK(f.object->savepoints() == 0);
  CHECK(f.commit() == "1");
  CHECK(f.list() == "a=1 b=2");
  CHECK(f.object->savepoint().has_value());  // nothing written: nothing committed
  CHECK(f.object->release_savepoint().has_value());
  CHECK(f.commit() == "0");
  CHECK(f.object->savepoint().has_value());  // nor when it was taken back, or is as before
  f.put("a", "2");
  CHECK(f.object->rollback_savepoint().has_value());
  CHECK(f.commit() == "0");
  f.put("a", "1");
  CHECK(f.commit() == "0");
}

TEST_CASE("2.6 a savepoint's rollback takes back the table and the alarm made in it") {
  DurableFixture f;
  CHECK(f.object->savepoint().has_value());
  f.put("a", "1");
  CHECK(f.object->set_alarm(5).has_value());
  CHECK(f.object->rollback_savepoint().has_value());
  CHECK(f.get("a") == "undefined");
  CHECK(f.alarm() == "null");
  CHECK(f.put("a", "2") == "");
  CHECK(f.commit() == "1");
  CHECK(f.store->alarms().empty());
  CHECK(f.get("a") == "2");
}

TEST_CASE("2.6 a write's cursor that is still open does not hold up transactions") {
  DurableFixture f;
  f.sql("CREATE TABLE t(x)");
  auto before = f.object->exec("INSERT INTO t VALUES(1),(2) RETURNING x", {});
  CHECK(f.object->savepoint().has_value());
  auto inside = f.object->exec("INSERT INTO t VALUES(3),(4) RETURNING x", {});
  CHECK(f.object->savepoint().has_value());
  auto undone = f.object->exec("INSERT INTO t VALUES(5),(6) RETURNING x", {});
  CHECK(f.object->rollback_savepoint().has_value());
  CHECK(f.object->release_savepoint().has_value());
  CHECK(DurableFixture::rest(**before) == "1 2");
  CHECK(DurableFixture::rest(**inside) == "3 4");
  CHECK(DurableFixture::rest(**undone) == "5 6");
  CHECK(f.sql("SELECT x FROM t") == "1 2 3 4");
  CHECK(f.commit() == "1");
  // A reader that is open across a rollback goes on, unless the schema was changed.
  auto reader = f.object->exec("SELECT x FROM t", {});
  CHECK(*(*reader)->next());
  CHECK(f.object->savepoint().has_value());
  f.sql("DELETE FROM t WHERE x > 1");
  CHECK(f.object->rollback_savepoint().has_value());
  CHECK(DurableFixture::rest(**reader) == "2 3 4");
  CHECK(f.commit() == "0");
}

TEST_CASE("2.6 transaction(): its own BEGIN and COMMIT, and a rollback that the object survives") {
  DurableFixture f;
  f.put("a", "1");
  f.commit();
  CHECK(f.object->begin_explicit().has_value());
  CHECK(f.object->transaction_open());
  f.put("a", "2");
  CHECK(f.begun == 1);
  CHECK(f.object->savepoint().has_value());
  f.put("a", "3");
  CHECK(f.object->rollback_savepoint().has_value());
  CHECK(f.get("a") == "2");
  auto reader = f.object->exec("SELECT 1 UNION ALL SELECT 2", {});
  f.object->rollback_explicit();
  CHECK_FALSE(f.object->transaction_open());
  CHECK(f.get("a") == "1");
  CHECK(f.object->begin_explicit().has_value());
  f.put("b", "2");
  CHECK(*f.object->commit_explicit(f.now_ms) == 2);
  CHECK(f.list() == "a=1 b=2");
  CHECK(f.object->begin_explicit().has_value());
  CHECK(*f.object->commit_explicit(f.now_ms) == 0);
}

TEST_CASE("3.4 rule 23: a deferred constraint that the commit refuses breaks the object") {
  DurableFixture f;
  f.sql("CREATE TABLE p(id INTEGER PRIMARY KEY);"
        "CREATE TABLE c(p REFERENCES p(id) DEFERRABLE INITIALLY DEFERRED)");
  f.put("a", "1");
  f.commit();
  f.put("a", "2");
  CHECK(f.sql("INSERT INTO c VALUES(1)") == "");
  auto done = f.object->commit(f.now_ms);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().breaks_object);
  CHECK(done.error().text ==
        "Durable Object was reset and rolled back to its last known good state because the "
        "application left the database in a state where constraints were violated: FOREIGN KEY "
        "constraint failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)");
  CHECK_FALSE(f.object->transaction_open());
  f.open();
  CHECK(f.get("a") == "1");
  CHECK(f.sql("SELECT count(*) FROM c") == "0");
}

TEST_CASE(
    "2.8, 3.4 rule 24: a full database: SQLITE_FULL, and broken once the transaction is gone") {
  offing::durable::StoreOptions options;
  options.object_bytes_max = 20 * 4096;
  DurableFixture f(options);
  f.sql("CREATE TABLE t(x)");
  f.put("kept", "1");
  f.commit();
  f.put("lost", "1");
  auto full = f.object->exec("INSERT INTO t VALUES(zeroblob(200000))", {});
  REQUIRE_FALSE(full.has_value());
  CHECK(full.error().text == "database or disk is full: SQLITE_FULL");
  auto done = f.object->commit(f.now_ms);
  CHECK(done.has_value() == !full.error().breaks_object);
  f.open();
  CHECK(f.get("kept") == "1");
  CHECK(f.get("lost") == (full.error().breaks_object ? "undefined" : "1"));
  CHECK(f.sql("PRAGMA quick_check") == "\"ok\"");
}

TEST_CASE("3.4 rule 24: an error that rolls the whole transaction back breaks the object") {
  DurableFixture f;
  f.sql("CREATE TABLE t(x UNIQUE); INSERT INTO t VALUES(1)");
  f.commit();
  f.put("a", "1");
  CHECK(f.object->savepoint().has_value());
  auto lost = f.object->exec("INSERT OR ROLLBACK INTO t VALUES(1)", {});
  REQUIRE_FALSE(lost.has_value());
  CHECK(lost.error().breaks_object);
  CHECK(lost.error().text ==
        "UNIQUE constraint failed: t.x: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)");
  auto released = f.object->release_savepoint();
  REQUIRE_FALSE(released.has_value());
  CHECK(released.error().text ==
        "Cannot commit transaction due to an earlier SQL critical error");
  CHECK(f.get("a") == "! " + lost.error().text);
  auto done = f.object->commit(f.now_ms);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().breaks_object);
  CHECK(done.error().text == lost.error().text);
  f.open();
  CHECK(f.get("a") == "undefined");
  CHECK(f.sql("SELECT x FROM t") == "1");
}

TEST_CASE(
    "3.4 rule 24: a statement that is interrupted: SQLITE_INTERRUPT, and the object can break") {
  offing::durable::StoreOptions options;
  bool stop = false;
  options.world.interrupted = [&stop] { return stop; };
  DurableFixture f(options);
  f.sql("CREATE TABLE t(x)");
  f.put("a", "1");
  f.commit();
  stop = true;
  const char* endless =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
  CHECK(f.sql(endless) == "! interrupted: SQLITE_INTERRUPT");
  CHECK(f.get("a") == "1");
  f.put("a", "2");
  auto lost = f.object->exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                             "INSERT INTO t SELECT i FROM n", {});
  REQUIRE_FALSE(lost.has_value());
  CHECK(lost.error().text == "interrupted: SQLITE_INTERRUPT");
  CHECK(lost.error().breaks_object);
  stop = false;
  CHECK_FALSE(f.object->commit(f.now_ms).has_value());
  f.open();
  CHECK(f.get("a") == "1");
  CHECK(f.sql("SELECT count(*) FROM t") == "0");
}

TEST_CASE("3.3 rule 16: commits that were not made durable can be taken back, newest first") {
  DurableFixture f;
  f.put("a", "1");
  CHECK(f.object->set_alarm(5).has_value());
  f.commit();
  f.put("a", "2");
  CHECK(*f.object->commit(f.now_ms) == 2);
  CHECK(f.store->needs_sync());
  f.sql("CREATE TABLE t(x); INSERT INTO t VALUES(zeroblob(50000))");
  CHECK(f.object->set_alarm(6).has_value());
  CHECK(*f.object->commit(f.now_ms) == 3);
  CHECK(f.object->remove_all(true).has_value());
  CHECK(*f.object->commit(f.now_ms) == 4);
  f.object.reset();
  std::vector<int64_t> told;
  f.store->on_alarm_changed([&told](const AlarmRecord& record) { told.push_back(record.at_ms); });
  f.store->discard_unsynced(object_name());
  CHECK_FALSE(f.store->needs_sync());
  CHECK(told.back() == 5);
  f.open();
  CHECK(f.get("a") == "1");
  CHECK(f.alarm() == "5");
  CHECK(f.sql("SELECT * FROM t") == "! no such table: t: SQLITE_ERROR");
  f.put("a", "3");
  CHECK(f.commit() == "2");
}

TEST_CASE("2.7 bookmarks: the documented shape, in order of time, of one object") {
  DurableFixture f;
  const std::string empty = *f.object->current_bookmark();
  REQUIRE(empty.size() == 8 + 1 + 8 + 1 + 8 + 1 + 32);
  CHECK(empty.substr(0, 18) == "00000000-00000000-");
  std::string before = empty;
  for (int i = 0; i < 20; ++i) {
    f.put("a", std::to_string(i));
    const std::string inside = *f.object->current_bookmark();
    f.commit();
    const std::string after = *f.object->current_bookmark();
    CHECK(before < after);
    CHECK(inside == after);
    before = after;
  }
  f.open(1);
  CHECK(error_of(f.object->restore_at_next_open(before)) ==
        "! The bookmark \"" + before + "\" is of another object; take one from "
        "getCurrentBookmark() or getBookmarkForTime() of this object.");
  CHECK(error_of(f.object->restore_at_next_open("yesterday")) ==
        "! The bookmark \"yesterday\" does not have the form of a bookmark; take one from "
        "getCurrentBookmark() or getBookmarkForTime() of this object.");
}

TEST_CASE(
    "2.7 onNextSessionRestoreBookmark restores SQL, key-value and alarm; its bookmark undoes it") {
  DurableFixture f;
  const std::string empty = *f.object->current_bookmark();
  f.put("a", "1");
  CHECK(f.object->set_alarm(11).has_value());
  f.commit();
  const std::string one = *f.object->current_bookmark();
  f.sql("CREATE TABLE t(x); INSERT INTO t VALUES(1),(2)");
  f.put("a", "2");
  CHECK(f.object->set_alarm(22).has_value());
  f.commit();
  const std::string two = *f.object->current_bookmark();
  CHECK(f.object->remove_all(true).has_value());
  f.put("b", "3");
  f.commit();
  f.put("dropped", "1");
  const std::string undo = *f.object->restore_at_next_open(one);
  CHECK(f.list() == "b=3 dropped=1");  // not yet
  f.open();
  CHECK(f.list() == "a=1");
  CHECK(f.alarm() == "11");
  CHECK(f.sql("SELECT * FROM t") == "! no such table: t: SQLITE_ERROR");
  CHECK(f.store->needs_sync());
  CHECK(f.store->sync().has_value());
  CHECK(f.object->restore_at_next_open(undo).has_value());
  f.open();
  CHECK(f.list() == "b=3");
  CHECK(f.alarm() == "null");
  CHECK(f.object->restore_at_next_open(two).has_value());
  f.open();
  CHECK(f.list() == "a=2");
  CHECK(f.sql("SELECT x FROM t") == "1 2");
  CHECK(f.sql("PRAGMA quick_check") == "\"ok\"");
  CHECK(f.object->restore_at_next_open(empty).has_value());
  f.open();
  CHECK(f.list() == "");
  CHECK_FALSE(f.store->exists(object_name()));
  f.open();
  CHECK(f.list() == "");  // once
}

TEST_CASE("2.7 getBookmarkForTime: the state at a time, refused outside the history") {
  offing::durable::StoreOptions options;
  options.history_bytes_max = 60'000;
  DurableFixture f(options);
  const int64_t start = f.now_ms;
  std::vector<std::string> bookmarks;
  for (int i = 0; i < 3; ++i) {
    f.put("a", std::to_string(i));
    f.commit();
    bookmarks.push_back(*f.object->current_bookmark());
    f.now_ms += 1000;
  }
  CHECK(*f.object->bookmark_for_time(start, f.now_ms) == bookmarks[0]);
  CHECK(*f.object->bookmark_for_time(start + 999, f.now_ms) == bookmarks[0]);
  CHECK(*f.object->bookmark_for_time(start + 1000, f.now_ms) == bookmarks[1]);
  CHECK(*f.object->bookmark_for_time(f.now_ms, f.now_ms) == bookmarks[2]);
  const std::string before = *f.object->bookmark_for_time(start - 1, f.now_ms);
  CHECK(before < bookmarks[0]);
  CHECK(error_of(f.object->bookmark_for_time(f.now_ms + 1, f.now_ms)).find("future") !=
        std::string::npos);
  const int64_t days_31 = 31LL * 24 * 3600 * 1000;
  CHECK(
      error_of(f.object->bookmark_for_time(f.now_ms - days_31, f.now_ms)).find("reaches back to") !=
      std::string::npos);
  // Old undo records go first; a bookmark before them is refused with how far back it reaches.
  for (int i = 0; i < 200; ++i) {
    f.put("b" + std::to_string(i), std::string(1000, static_cast<char>('a' + i % 26)));
    f.commit();
    f.now_ms += 1000;
  }
  CHECK(error_of(f.object->bookmark_for_time(start, f.now_ms)).find("reaches back to") !=
        std::string::npos);
  CHECK(error_of(f.object->restore_at_next_open(bookmarks[0])).find("before the history") !=
        std::string::npos);
  const std::string late = *f.object->bookmark_for_time(f.now_ms - 5000, f.now_ms);
  CHECK(f.object->restore_at_next_open(late).has_value());
  f.open();
  CHECK(f.get("b195") == std::string(1000, static_cast<char>('a' + 195 % 26)));
  CHECK(f.get("b196") == "undefined");
}
