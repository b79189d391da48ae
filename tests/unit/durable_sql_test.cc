// storage.sql: spec/durable-objects.md 2.5 and 2.8.
#include "tests/unit/durable_fixture.h"

using offing::test::DurableFixture;
using namespace offing::test;

TEST_CASE("2.5 eager: the statement has run when exec returns, and the cursor may be dropped") {
  DurableFixture f;
  CHECK(f.sql("CREATE TABLE t(x INTEGER)") == "");
  { auto dropped = f.object->exec("INSERT INTO t VALUES(1),(2) RETURNING x", {}); }
  CHECK(f.sql("SELECT x FROM t") == "1 2");
}

TEST_CASE("2.5 several statements: all but the last run to the end") {
  DurableFixture f;
  CHECK(f.sql("CREATE TABLE t(x); INSERT INTO t VALUES(1),(2); SELECT x FROM t;") == "1 2");
  CHECK(f.sql("SELECT 1; SELECT 2 ; \n\t SELECT 3  \r\n") == "3");
  CHECK(f.sql("SELECT ?; SELECT 1", {1.0}) ==
        "! When executing multiple SQL statements in a single call, only the last statement can "
        "have parameters.");
  CHECK(f.sql("INSERT INTO t VALUES(3); SELECT x FROM t WHERE x = ?", {3.0}) == "3");
  // What stands before a bad statement has happened.
  CHECK(f.sql("INSERT INTO t VALUES(4); nonsense") ==
        "! near \"nonsense\": syntax error at offset 0: SQLITE_ERROR");
  CHECK(f.sql("SELECT count(*) FROM t") == "4");
}

TEST_CASE("2.5 empty text, a lone semicolon and a comment at the end are no statement") {
  DurableFixture f;
  for (const char* text : {"", ";", "-- nothing", "SELECT 1; -- end", "  "})
    CHECK(f.sql(text) == "! SQL code did not contain a statement.");
  CHECK(f.sql("SELECT 1 -- end") == "1");
}

TEST_CASE("2.5 bindings: the right number, of the right type") {
  DurableFixture f;
  CHECK(f.sql("SELECT ?", {}) == "! Wrong number of parameter bindings for SQL query.");
  CHECK(f.sql("SELECT 1", {1.0}) == "! Wrong number of parameter bindings for SQL query.");
  CHECK(f.sql("SELECT typeof(?), typeof(?), typeof(?), typeof(?)",
              {1.0, std::string_view("a"), SqlBlob{"b"}, SqlNull{}}) ==
        "\"real\",\"text\",\"blob\",\"null\"");
  CHECK(f.sql("CREATE TABLE t(i INTEGER, a)") == "");
  CHECK(f.sql("INSERT INTO t VALUES(?, ?) RETURNING typeof(i), typeof(a)", {7.0, 7.0}) ==
        "\"integer\",\"real\"");
  CHECK(f.sql("SELECT ?", {std::string_view("a\0b", 3)}) == "\"" + std::string("a\0b", 3) + "\"");
  CHECK(f.sql("SELECT ?, ?", {std::string_view(), SqlBlob{}}) == "\"\",x''");
  CHECK(f.sql("SELECT ?2, ?1, :c", {1.0, 2.0, 3.0}) == "2.0,1.0,3.0");
  // Values of a cursor that is still open do not depend on what was passed.
  std::string text = "kept";
  std::vector<SqlValue> bindings{std::string_view(text)};
  auto cursor = f.object->exec("SELECT ?1 UNION ALL SELECT ?1", bindings);
  text = "xxxx";
  CHECK(DurableFixture::rest(**cursor) == "\"kept\" \"kept\"");
}

TEST_CASE("2.5 columns: names with duplicates, readable after the end; none without a result") {
  DurableFixture f;
  auto cursor = f.object->exec("SELECT 1 AS a, 2 AS a, 3 AS b", {});
  CHECK(DurableFixture::rest(**cursor) == "1,2,3");
  REQUIRE((*cursor)->column_count() == 3);
  CHECK((*cursor)->column_name(0) == "a");
  CHECK((*cursor)->column_name(1) == "a");
  CHECK((*cursor)->column_name(2) == "b");
  auto none = f.object->exec("CREATE TABLE t(x)", {});
  CHECK((*none)->column_count() == 0);
  CHECK_FALSE(*(*none)->next());
  // A cached statement follows the schema.
  CHECK(f.sql("INSERT INTO t VALUES(1)") == "");
  CHECK(f.sql("SELECT * FROM t") == "1");
  CHECK(f.sql("ALTER TABLE t ADD COLUMN y DEFAULT 5") == "");
  auto wider = f.object->exec("SELECT * FROM t", {});
  CHECK((*wider)->column_count() == 2);
  CHECK((*wider)->column_name(1) == "y");
  CHECK(DurableFixture::rest(**wider) == "1,5");
}

TEST_CASE("2.5 rowsRead and rowsWritten count as the platform does") {
  DurableFixture f;
  auto counts = [&f](const char* query) {
    auto cursor = f.object->exec(query, {});
    REQUIRE_MESSAGE(cursor.has_value(), error_of(cursor));
    DurableFixture::rest(**cursor);
    return std::to_string((*cursor)->rows_read()) + "/" + std::to_string((*cursor)->rows_written());
  };
  f.sql("CREATE TABLE t(x, y)");
  CHECK(counts("INSERT INTO t VALUES(1,1),(2,2),(3,3)") == "0/3");
  CHECK(counts("SELECT x FROM t") == "3/0");
  CHECK(counts("SELECT x FROM t WHERE x = 2") == "3/0");
  CHECK(counts("SELECT x FROM t LIMIT 1") == "1/0");
  CHECK(counts("SELECT count(*) FROM t") == "3/0");
  CHECK(counts("UPDATE t SET y = 5 WHERE x = 1") == "3/1");
  f.sql("CREATE INDEX i ON t(x)");
  CHECK(counts("INSERT INTO t VALUES(4,4)").ends_with("/2"));  // the index's row too
  CHECK(counts("SELECT y FROM t WHERE x = 2") == "2/0");
  CHECK(counts("DELETE FROM t WHERE x = 4").ends_with("/1"));
  CHECK(counts("DELETE FROM t") == "0/3");
  // Running counters: one row ahead of what was given.
  f.sql("INSERT INTO t VALUES(1,1),(2,2),(3,3)");
  auto cursor = f.object->exec("SELECT y FROM t", {});
  CHECK((*cursor)->rows_read() == 1);
  CHECK(*(*cursor)->next());
  CHECK(*(*cursor)->next());
  CHECK((*cursor)->rows_read() == 2);
  // Each run counts for itself.
  CHECK(counts("SELECT y FROM t") == "3/0");
  CHECK(counts("SELECT y FROM t") == "3/0");
}

TEST_CASE("2.5 the same text with an open cursor is compiled again; the first stays valid") {
  DurableFixture f;
  f.sql("CREATE TABLE t(x); INSERT INTO t VALUES(1),(2),(3)");
  auto first = f.object->exec("SELECT x FROM t", {});
  CHECK(*(*first)->next());
  CHECK(f.sql("SELECT x FROM t") == "1 2 3");
  auto second = f.object->exec("SELECT x FROM t", {});
  CHECK(DurableFixture::rest(**first) == "2 3");
  CHECK(DurableFixture::rest(**second) == "1 2 3");
}

TEST_CASE("2.5 a cursor across a commit sees later writes; a write's rows stay as they were") {
  DurableFixture f;
  f.sql("CREATE TABLE t(x); INSERT INTO t VALUES(1),(2)");
  auto reader = f.object->exec("SELECT x FROM t", {});
  CHECK(*(*reader)->next());
  auto writer =
      f.object->exec("INSERT INTO t VALUES(3),(4) RETURNING x, 'v' || x, x'00', null, 1.5", {});
  CHECK(*(*writer)->next());
  CHECK(f.commit() == "1");
  CHECK(DurableFixture::rest(**writer) == "4,\"v4\",x'00',null,1.5");
  CHECK((*writer)->rows_written() == 2);
  CHECK((*writer)->column_name(0) == "x");
  CHECK(DurableFixture::rest(**reader) == "2 3 4");
  auto fresh = f.object->exec("INSERT INTO t VALUES(5),(6) RETURNING x", {});
  CHECK(f.commit() == "2");
  CHECK(DurableFixture::rest(**fresh) == "5 6");
}

TEST_CASE("2.5 the error's shape: text, offset, code, extended code") {
  DurableFixture f;
  f.sql("CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE, n NOT NULL, c CHECK(c > 0))");
  CHECK(f.sql("SELECT * FROM nowhere") == "! no such table: nowhere: SQLITE_ERROR");
  CHECK(f.sql("SELEC 1") == "! near \"SELEC\": syntax error at offset 0: SQLITE_ERROR");
  CHECK(f.sql("SELECT nope FROM t") == "! no such column: nope at offset 7: SQLITE_ERROR");
  f.sql("INSERT INTO t VALUES(1, 1, 1, 1)");
  CHECK(f.sql("INSERT INTO t VALUES(2, 1, 1, 1)") ==
        "! UNIQUE constraint failed: t.u: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)");
  CHECK(f.sql("INSERT INTO t VALUES(1, 2, 1, 1)") ==
        "! UNIQUE constraint failed: t.id: SQLITE_CONSTRAINT (extended: "
        "SQLITE_CONSTRAINT_PRIMARYKEY)");
  CHECK(f.sql("INSERT INTO t VALUES(3, 3, NULL, 1)") ==
        "! NOT NULL constraint failed: t.n: SQLITE_CONSTRAINT (extended: "
        "SQLITE_CONSTRAINT_NOTNULL)");
  CHECK(f.sql("INSERT INTO t VALUES(3, 3, 3, 0)") ==
        "! CHECK constraint failed: c > 0: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_CHECK)");
  // Rule 27: ordinary errors; the transaction goes on.
  CHECK(f.commit() == "1");
  CHECK(f.sql("SELECT id FROM t") == "1");
}

TEST_CASE("2.5 the authorizer: transactions, attached and temporary databases") {
  DurableFixture f;
  const std::string transactions =
      "! To execute a transaction, please use the state.storage.transaction() or "
      "state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT "
      "statements. The JavaScript API is safer because it will automatically roll back on "
      "exceptions, and because it interacts correctly with Durable Objects' automatic atomic write "
      "coalescing.";
  for (const char* text : {"BEGIN", "BEGIN IMMEDIATE", "COMMIT", "END", "ROLLBACK", "SAVEPOINT s",
                           "RELEASE s", "ROLLBACK TO s"})
    CHECK_MESSAGE(f.sql(text) == transactions, text);
  const std::string refused = "! not authorized: SQLITE_AUTH";
  for (const char* text :
       {"ATTACH 'x' AS y", "DETACH y", "CREATE TEMP TABLE t(x)", "CREATE TEMP VIEW v AS SELECT 1",
        "CREATE VIRTUAL TABLE v USING fts5vocabulary(a)", "PRAGMA user_version",
        "PRAGMA journal_mode", "PRAGMA journal_mode=WAL", "PRAGMA max_page_count",
        "PRAGMA integrity_check", "PRAGMA synchronous=OFF", "PRAGMA page_size=512",
        "PRAGMA data_version=1", "PRAGMA table_info(_cf_KV)", "PRAGMA quick_check(_CF_KV)",
        "PRAGMA foreign_keys=maybe", "PRAGMA temp.table_info(x)", "PRAGMA encoding"})
    CHECK_MESSAGE(f.sql(text).starts_with(refused), text << ": " << f.sql(text));
  CHECK(f.sql("SELECT 1") == "1");  // a refusal's text does not stay
  CHECK(f.sql("SELECT nope") == "! no such column: nope at offset 7: SQLITE_ERROR");
  CHECK(f.sql("VACUUM").starts_with("!"));
}

TEST_CASE("2.5 functions: the allowed ones work, the others are refused by name") {
  DurableFixture f;
  for (const char* name : {"sqlite_version()", "sqlite_source_id()", "log10(1)", "power(1,2)",
                           "ceiling(1)", "sqlite_compileoption_used('x')"}) {
    const std::string function(name, std::string_view(name).find('('));
    CHECK_MESSAGE(f.sql(std::string("SELECT ") + name).find("not authorized to use function: " +
                                                            function) != std::string::npos,
                  f.sql(std::string("SELECT ") + name));
  }
  CHECK(f.sql("SELECT sqlite_rename_table(1,2,3,4,5,6,7)").starts_with("! no such function"));
  CHECK(f.sql("SELECT abs(-1), upper('a'), concat_ws('-', 1, 2), iif(1, 2, 3), soundex('a')") ==
        "1,\"A\",\"1-2\",2,\"A000\"");
  CHECK(f.sql("SELECT json_extract('{\"a\":1}', '$.a'), '{\"a\":2}' ->> 'a', json(jsonb('[1]'))") ==
        "1,2,\"[1]\"");
  CHECK(f.sql("SELECT value FROM json_each('[1,2]')") == "1 2");
  CHECK(f.sql("SELECT sqrt(4), pow(2, 3), log2(8), trunc(1.5)") == "2.0,8.0,3.0,1.0");
  CHECK(f.sql("SELECT row_number() OVER (ORDER BY value) FROM json_each('[5,6]')") == "1 2");
  CHECK(f.sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) "
              "SELECT i FROM n") == "1 2 3");
  CHECK(f.sql("SELECT \"a string\"") == "\"a string\"");  // as the platform's build of SQLite
}

TEST_CASE("2.5 time and chance are the world's") {
  offing::durable::StoreOptions options;
  options.world.random_bytes = [](std::span<uint8_t> out) { std::fill(out.begin(), out.end(), 7); };
  DurableFixture f(options), again(options);
  CHECK(f.sql("SELECT datetime('now'), unixepoch(), CURRENT_TIMESTAMP, date('now')") ==
        "\"2023-11-14 22:13:20\",1700000000,\"2023-11-14 22:13:20\",\"2023-11-14\"");
  f.now_ms += 1500;
  CHECK(f.sql("SELECT unixepoch('now', 'subsec')") == "1700000001.5");
  const std::string drawn = f.sql("SELECT random(), hex(randomblob(9)), random()");
  CHECK(drawn == again.sql("SELECT random(), hex(randomblob(9)), random()"));
  CHECK(drawn != f.sql("SELECT random(), hex(randomblob(9)), random()"));
  f.open();
  CHECK(drawn != f.sql("SELECT random(), hex(randomblob(9)), random()"));
  options.world.random_bytes = [](std::span<uint8_t> out) { std::fill(out.begin(), out.end(), 8); };
  DurableFixture other(options);
  CHECK(drawn != other.sql("SELECT random(), hex(randomblob(9)), random()"));
}

TEST_CASE("2.4 names beginning _cf_ can be seen but not used") {
  DurableFixture f;
  f.put("k", "v");
  f.sql("CREATE TABLE t(x); CREATE TABLE u(x)");
  CHECK(f.sql("SELECT key FROM _cf_KV") == "! access to _cf_KV.key is prohibited: SQLITE_AUTH");
  const std::string refused = "! not authorized: SQLITE_AUTH";
  for (const char* text :
       {"CREATE TABLE _cf_x(x)", "CREATE TABLE _CF_x(x)", "INSERT INTO _cf_KV VALUES('a', 'b')",
        "DELETE FROM _cf_KV", "DROP TABLE _cf_KV", "CREATE INDEX _cf_i ON t(x)",
        "CREATE INDEX i ON _cf_KV(value)", "CREATE VIEW _cf_v AS SELECT 1",
        "CREATE TRIGGER r AFTER INSERT ON _cf_KV BEGIN SELECT 1; END",
        "ALTER TABLE t RENAME TO _cf_t", "ALTER TABLE _cf_KV RENAME TO kv",
        "CREATE VIRTUAL TABLE _cf_f USING fts5(a)"})
    CHECK_MESSAGE(f.sql(text).starts_with(refused), text << ": " << f.sql(text));
  CHECK(f.sql("UPDATE _cf_KV SET value = 'x'").starts_with("!"));
  // Through a trigger or a view it is refused when used.
  CHECK(f.sql("CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM _cf_KV; END") == "");
  CHECK(f.sql("INSERT INTO t VALUES(1)").starts_with(refused));
  CHECK(f.sql("CREATE VIEW v AS SELECT value FROM _cf_KV").find("SQLITE") == std::string::npos);
  CHECK(f.sql("SELECT * FROM v").ends_with("is prohibited: SQLITE_AUTH"));
  CHECK(f.get("k") == "v");
}

TEST_CASE("2.5 allowed: schema changes, triggers, views, RETURNING, UPSERT, FTS5, R*Tree, LIMIT") {
  DurableFixture f;
  CHECK(f.sql("CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, x)") == "");
  CHECK(f.sql("ALTER TABLE t RENAME TO t2; ALTER TABLE t2 RENAME COLUMN x TO y;"
              "ALTER TABLE t2 ADD COLUMN z; ALTER TABLE t2 DROP COLUMN z; CREATE INDEX i ON t2(y);"
              "REINDEX; ANALYZE") == "");
  CHECK(f.sql("INSERT INTO t2(y) VALUES(1),(2),(3),(4) RETURNING id") == "1 2 3 4");
  CHECK(
      f.sql(
          "INSERT INTO t2(id, y) VALUES(1, 9) ON CONFLICT(id) DO UPDATE SET y = 10 RETURNING y") ==
      "10");
  CHECK(f.sql("DELETE FROM t2 ORDER BY id LIMIT 1 RETURNING id").starts_with("! near"));
  CHECK(f.sql("DELETE FROM t2 ORDER BY id LIMIT 1") == "");
  CHECK(f.sql("UPDATE t2 SET y = 0 ORDER BY id DESC LIMIT 1") == "");
  CHECK(f.sql("SELECT id, y FROM t2") == "2,2 3,3 4,0");
  CHECK(f.sql("CREATE VIRTUAL TABLE d USING fts5(body)") == "");
  CHECK(f.sql("INSERT INTO d VALUES('a quick fox'), ('a slow dog')") == "");
  CHECK(f.sql("SELECT highlight(d, 0, '<', '>') FROM d WHERE d MATCH 'fox'") ==
        "\"a quick <fox>\"");
  CHECK(f.sql("SELECT rowid FROM d WHERE body MATCH 'dog' ORDER BY bm25(d)") == "2");
  CHECK(f.sql("CREATE VIRTUAL TABLE r USING rtree(id, a, b); INSERT INTO r VALUES(1, 0, 5)") == "");
  CHECK(f.sql("SELECT id FROM r WHERE a < 1") == "1");
  CHECK(f.sql("CREATE TABLE log(n); CREATE TRIGGER g AFTER INSERT ON t2 BEGIN INSERT INTO log "
              "VALUES(new.id); END; INSERT INTO t2(y) VALUES(7)") == "");
  CHECK(f.sql("SELECT n FROM log") == "5");
  CHECK(f.commit() == "1");
  f.open();
  CHECK(f.sql("SELECT rowid FROM d WHERE d MATCH 'quick'") == "1");
  CHECK(f.sql("PRAGMA quick_check") == "\"ok\"");
}

TEST_CASE("2.5 pragmas: what shows state, and what may be set") {
  DurableFixture f;
  f.sql("CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p(id))");
  f.commit();
  CHECK(f.sql("PRAGMA page_size") == "4096");
  CHECK(f.sql("PRAGMA table_info(p)") == "0,\"id\",\"INTEGER\",0,null,1");
  CHECK(f.sql("PRAGMA foreign_key_list(c)").starts_with("0,0,\"p\",\"p\",\"id\""));
  CHECK(f.sql("PRAGMA foreign_key_check") == "");
  CHECK(f.sql("PRAGMA quick_check(1)") == "\"ok\"");
  CHECK(f.sql("PRAGMA data_version") == f.sql("PRAGMA data_version"));
  CHECK(f.sql("PRAGMA foreign_keys") == "1");
  CHECK(f.sql("INSERT INTO c VALUES(1)") ==
        "! FOREIGN KEY constraint failed: SQLITE_CONSTRAINT (extended: "
        "SQLITE_CONSTRAINT_FOREIGNKEY)");
  CHECK(f.sql("PRAGMA foreign_keys = OFF") == "");  // a write is pending: no effect
  CHECK(f.sql("PRAGMA foreign_keys") == "1");
  f.commit();
  CHECK(f.sql("PRAGMA foreign_keys = OFF") == "");
  CHECK(f.sql("PRAGMA foreign_keys") == "0");
  CHECK(f.sql("INSERT INTO c VALUES(1)") == "");
  CHECK(f.sql("PRAGMA case_sensitive_like = 1") == "");
  CHECK(f.sql("SELECT 'A' LIKE 'a'") == "0");
  f.commit();
  CHECK(f.sql("PRAGMA optimize") == "");
  CHECK(f.sql("PRAGMA optimize(0x10002)") == "");
  CHECK(f.commit() != "! ");
  CHECK(f.sql("SELECT count(*) FROM c") == "1");
}

TEST_CASE("2.8 limits: text, columns, parameters, arguments, patterns, compound terms") {
  DurableFixture f;
  auto repeated = [](const char* word, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += (i ? "," : "") + std::string(word) + std::to_string(i);
    return out;
  };
  CHECK(f.sql("SELECT '" + std::string(100'001, 'x') + "'") ==
        "! statement too long: SQLITE_TOOBIG");
  CHECK(f.sql("SELECT '" + std::string(99'900, 'x') + "'").size() == 99'902);
  CHECK(f.sql("CREATE TABLE wide(" + repeated("c", 100) + ")") == "");
  CHECK(f.sql("CREATE TABLE wider(" + repeated("c", 101) + ")") ==
        "! too many columns on wider: SQLITE_ERROR");
  CHECK(f.sql("SELECT " + repeated("", 101)) == "! too many columns in result set: SQLITE_ERROR");
  CHECK(f.sql("SELECT ?101").find("variable number must be between ?1 and ?100") !=
        std::string::npos);
  CHECK(f.sql("SELECT max(" + repeated("", 32) + ")") == "31");
  CHECK(f.sql("SELECT max(" + repeated("", 33) + ")")
            .starts_with("! too many arguments on function max"));
  CHECK(f.sql("SELECT 'a' LIKE '" + std::string(51, '%') + "'") ==
        "! LIKE or GLOB pattern too complex: SQLITE_ERROR");
  CHECK(f.sql("SELECT 'a' LIKE '" + std::string(50, '%') + "'") == "1");
  CHECK(f.sql("SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5") ==
        "1 2 3 4 5");
  CHECK(f.sql("SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6")
            .starts_with("! too many terms in compound SELECT"));
  CHECK(f.sql("SELECT length(zeroblob(2000000))") == "2000000");
  CHECK(f.sql("SELECT length(zeroblob(2000001))") == "! string or blob too big: SQLITE_TOOBIG");
  CHECK(f.sql("SELECT length(randomblob(2000001))") == "! string or blob too big: SQLITE_TOOBIG");
  f.sql("CREATE TABLE t(x)");
  CHECK(f.sql("INSERT INTO t VALUES(?)", {std::string_view(std::string(2'000'001, 'x'))}) ==
        "! string or blob too big: SQLITE_TOOBIG");
  CHECK(f.sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200000) "
              "SELECT count(*) FROM n") == "200000");
}

TEST_CASE("2.5 databaseSize: pages in use") {
  DurableFixture f;
  CHECK(*f.object->database_size_bytes() == 0);
  f.sql("CREATE TABLE t(x)");
  CHECK(*f.object->database_size_bytes() == 2 * 4096);
  f.sql("INSERT INTO t VALUES(zeroblob(40000))");
  const uint64_t full = *f.object->database_size_bytes();
  CHECK(full > 40000);
  f.commit();
  f.sql("DELETE FROM t");
  CHECK(*f.object->database_size_bytes() == 2 * 4096);
  f.commit();
}

TEST_CASE("2.5 the statement cache holds 1 MiB of text and gives back what it pushed out") {
  DurableFixture f;
  for (int i = 0; i < 40; ++i) {
    const std::string query = "SELECT " + std::to_string(i) + " -- " + std::string(60'000, 'x');
    CHECK(f.sql(query) == std::to_string(i));
  }
  auto open = f.object->exec("SELECT 1", {});
  for (int i = 0; i < 40; ++i)
    f.sql("SELECT " + std::to_string(i) + " -- " + std::string(60'000, 'y'));
  CHECK(DurableFixture::rest(**open) == "1");
  CHECK(f.object->memory_bytes() < (3u << 20));  // SQLite keeps the text as well
}
