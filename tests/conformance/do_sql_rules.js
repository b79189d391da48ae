// What SQL in an object may do: authorizer, functions, pragmas, limits: spec/durable-objects.md 2.4, 2.5, 2.8.
import { eq, same, ok, throws } from "./assert.js";
import { inside } from "./actor.js";

export { Actor } from "./actor.js";

const NO = "not authorized: SQLITE_AUTH";
const TRANSACTION = "To execute a transaction, please use the state.storage.transaction() or " +
  "state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. " +
  "The JavaScript API is safer because it will automatically roll back on exceptions, and because it " +
  "interacts correctly with Durable Objects' automatic atomic write coalescing.";
const rows = (s, text, ...bindings) => s.sql.exec(text, ...bindings).raw().toArray();
const value = (s, text, ...bindings) => rows(s, text, ...bindings)[0][0];
const refused = (s, text, message = NO) => throws(() => s.sql.exec(text), "Error", message);
const table = (s) => {
  s.sql.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  s.sql.exec("INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z')");
};
const list = (n, each) => Array.from({ length: n }, (_, i) => each(i)).join(",");

/** Every call is allowed: "name(arguments)". */
const allows = (...calls) => inside((s) => {
  for (const call of calls) rows(s, `SELECT ${call}`);
});

export const do_sql_rules_transaction_statements = {
  test: inside((s) => {
    for (const text of ["BEGIN", "BEGIN IMMEDIATE", "COMMIT", "END", "ROLLBACK", "SAVEPOINT x", "RELEASE x",
      "ROLLBACK TO x"]) refused(s, text, TRANSACTION);
  }),
};
export const do_sql_rules_attach_and_detach = {
  test: inside((s) => {
    refused(s, "ATTACH DATABASE ':memory:' AS x");
    refused(s, "DETACH DATABASE main");
  }),
};
export const do_sql_rules_temporary_objects = {
  test: inside((s) => {
    table(s);
    refused(s, "CREATE TEMP TABLE x(a)");
    refused(s, "CREATE TEMP VIEW x AS SELECT 1");
    refused(s, "CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END");
  }),
};
export const do_sql_rules_vacuum = {
  test: inside((s) => {
    refused(s, "VACUUM", "cannot VACUUM from within a transaction: SQLITE_ERROR");
  }),
};
export const do_sql_rules_virtual_tables_refused = {
  test: inside((s) => {
    refused(s, "CREATE VIRTUAL TABLE v USING fts4(x)");
    refused(s, "CREATE VIRTUAL TABLE v USING nosuch(x)");
    refused(s, "SELECT * FROM dbstat", "no such table: dbstat: SQLITE_ERROR");
  }),
};
export const do_sql_rules_fts5 = {
  test: inside((s) => {
    s.sql.exec("CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO f VALUES ('hello world'), ('bye')");
    same(rows(s, "SELECT highlight(f, 0, '[', ']'), bm25(f) < 0, snippet(f, 0, '<', '>', '..', 1) " +
      "FROM f WHERE f MATCH 'world'"), [["hello [world]", 1, "..<world>"]]);
    s.sql.exec("CREATE VIRTUAL TABLE v USING fts5vocab(f, row)");
    same(rows(s, "SELECT term FROM v ORDER BY term"), [["bye"], ["hello"], ["world"]]);
  }),
};
export const do_sql_rules_rtree = {
  test: inside((s) => {
    s.sql.exec("CREATE VIRTUAL TABLE r USING rtree(id, a, b); INSERT INTO r VALUES (1, 0, 5), (2, 8, 9)");
    same(rows(s, "SELECT id FROM r WHERE a < 3"), [[1]]);
    s.sql.exec("CREATE VIRTUAL TABLE i USING rtree_i32(id, a, b); INSERT INTO i VALUES (1, 0, 5)");
    same(rows(s, "SELECT a, b FROM i"), [[0, 5]]);
  }),
};
export const do_sql_rules_reserved_names_cannot_be_created = {
  test: inside((s) => {
    s.sql.exec("CREATE TABLE fine(a)");
    for (const text of ["CREATE TABLE _cf_x(a)", "CREATE TABLE _CF_y(a)", "CREATE VIEW _cf_v AS SELECT 1",
      "CREATE INDEX _cf_i ON fine(a)", "ALTER TABLE fine RENAME TO _cf_z",
      "CREATE TRIGGER _cf_t AFTER INSERT ON fine BEGIN SELECT 1; END"]) refused(s, text);
  }),
};
export const do_sql_rules_reserved_tables_cannot_be_used = {
  test: inside((s) => {
    s.kv.put("a", 1);
    refused(s, "SELECT * FROM _cf_KV", "access to _cf_KV.key is prohibited: SQLITE_AUTH");
    refused(s, "SELECT value FROM _cf_KV", "access to _cf_KV.value is prohibited: SQLITE_AUTH");
    for (const text of ["SELECT count(*) FROM _cf_KV", "INSERT INTO _cf_KV VALUES ('b', x'00')",
      "DELETE FROM _cf_KV", "UPDATE _cf_KV SET value = NULL", "DROP TABLE _cf_KV",
      "CREATE INDEX i ON _cf_KV(value)", "CREATE TRIGGER g AFTER INSERT ON _cf_KV BEGIN SELECT 1; END"]) {
      throws(() => s.sql.exec(text), "Error", /^(not authorized|access to _cf_KV\.\w+ is prohibited): SQLITE_AUTH$/);
    }
    eq(s.kv.get("a"), 1);
  }),
};
export const do_sql_rules_reserved_tables_show_in_the_schema = {
  test: inside((s) => {
    same(rows(s, "SELECT name FROM sqlite_master"), []);
    s.kv.put("a", 1);
    same(rows(s, "SELECT type, name, sql IS NULL FROM sqlite_master"), [["table", "_cf_KV", 0]]);
    ok(rows(s, "PRAGMA table_list").some((r) => r[1] === "_cf_KV"));
  }),
};
export const do_sql_rules_kv_table_has_two_columns = {
  test: inside((s) => {
    s.kv.put("a", 1);
    same(rows(s, "PRAGMA table_list(_cf_KV)"), [["main", "_cf_KV", "table", 2, 1, 0]]);
  }),
};
export const do_sql_rules_schema_table_is_defended = {
  test: inside((s) => {
    refused(s, "INSERT INTO sqlite_master VALUES (1, 1, 1, 1, 1)",
      "table sqlite_master may not be modified: SQLITE_ERROR");
  }),
};
export const do_sql_rules_alter_table = {
  test: inside((s) => {
    table(s);
    s.sql.exec("ALTER TABLE t ADD COLUMN n DEFAULT 5; ALTER TABLE t RENAME COLUMN n TO m");
    eq(value(s, "SELECT sum(m) FROM t"), 15);
    s.sql.exec("ALTER TABLE t DROP COLUMN m; ALTER TABLE t RENAME TO u");
    eq(value(s, "SELECT count(*) FROM u"), 3);
  }),
};
export const do_sql_rules_analyze_and_reindex = {
  test: inside((s) => {
    table(s);
    s.sql.exec("CREATE INDEX i ON t(a); ANALYZE; REINDEX");
    same(rows(s, "SELECT * FROM sqlite_stat1"), [["t", "i", "3 1"]]);
  }),
};
export const do_sql_rules_explain = {
  test: inside((s) => {
    same(rows(s, "EXPLAIN QUERY PLAN SELECT 1"), [[1, 0, 0, "SCAN CONSTANT ROW"]]);
    ok(rows(s, "EXPLAIN SELECT 1").length > 2);
  }),
};
export const do_sql_rules_triggers_and_views = {
  test: inside((s) => {
    table(s);
    s.sql.exec("CREATE TABLE gone(id); " +
      "CREATE TRIGGER g AFTER DELETE ON t BEGIN INSERT INTO gone VALUES (old.id); END");
    s.sql.exec("CREATE VIEW v AS SELECT id FROM gone ORDER BY id");
    s.sql.exec("DELETE FROM t WHERE id < 3");
    same(rows(s, "SELECT * FROM v"), [[1], [2]]);
  }),
};
export const do_sql_rules_upsert = {
  test: inside((s) => {
    table(s);
    same(rows(s, "INSERT INTO t VALUES (1, 'new') ON CONFLICT(id) DO UPDATE SET a = excluded.a RETURNING a"),
      [["new"]]);
  }),
};
export const do_sql_rules_recursive_query_and_window = {
  test: inside((s) => {
    table(s);
    eq(value(s, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 5) SELECT sum(x) FROM c"), 15);
    same(rows(s, "SELECT id, row_number() OVER (ORDER BY id DESC) FROM t"), [[3, 1], [2, 2], [1, 3]]);
  }),
};
export const do_sql_rules_delete_with_limit = {
  test: inside((s) => {
    table(s);
    s.sql.exec("DELETE FROM t ORDER BY id LIMIT 1");
    s.sql.exec("UPDATE t SET a = 'last' ORDER BY id DESC LIMIT 1");
    same(rows(s, "SELECT * FROM t"), [[2, "y"], [3, "last"]]);
  }),
};
export const do_sql_rules_autoincrement = {
  test: inside((s) => {
    s.sql.exec("CREATE TABLE n(a INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO n DEFAULT VALUES");
    same(rows(s, "SELECT * FROM sqlite_sequence"), [["n", 1]]);
  }),
};
export const do_sql_rules_double_quoted_text = {
  test: inside((s) => { eq(value(s, 'SELECT "abc"'), "abc"); }),
};
export const do_sql_rules_functions_core = {
  test: allows("abs(-1)", "changes()", "char(65)", "coalesce(1, 2)", "concat(1, 2)", "concat_ws(',', 1)",
    "format('%d', 1)", "glob('a*', 'ab')", "hex('a')", "ifnull(1, 2)", "iif(1, 2, 3)", "instr('ab', 'b')",
    "last_insert_rowid()", "length('a')", "like('a', 'A')", "likelihood(1, 0.5)", "likely(1)", "lower('A')",
    "ltrim(' a')", "max(1, 2)", "min(1, 2)", "nullif(1, 2)", "octet_length('é')", "printf('%d', 1)", "quote('a')",
    "random()", "randomblob(4)", "replace('a', 'a', 'b')", "round(1.5)", "rtrim('a ')", "sign(-1)",
    "substr('abc', 2)", "substring('abc', 2)", "total_changes()", "trim(' a ')", "typeof(1)", "unhex('00')",
    "unicode('a')", "unlikely(1)", "upper('a')", "zeroblob(2)"),
};
export const do_sql_rules_functions_date = {
  test: allows("date('now')", "time('now')", "datetime('now')", "julianday('now')", "unixepoch('now')",
    "strftime('%Y', 'now')", "timediff('2025-01-02', '2025-01-01')", "current_date", "current_time",
    "current_timestamp"),
};
export const do_sql_rules_functions_aggregate = {
  test: allows("avg(1)", "count(*)", "group_concat(1)", "max(1)", "min(1)", "string_agg(1, ',')", "sum(1)", "total(1)"),
};
export const do_sql_rules_functions_window = {
  test: allows(...["row_number()", "rank()", "dense_rank()", "percent_rank()", "cume_dist()", "ntile(1)", "lag(1)",
    "lead(1)", "first_value(1)", "last_value(1)", "nth_value(1, 1)"].map((f) => `${f} OVER ()`)),
};
export const do_sql_rules_functions_math = {
  test: allows("acos(1)", "acosh(1)", "asin(1)", "asinh(1)", "atan(1)", "atan2(1, 1)", "atanh(0)", "ceil(1.5)",
    "cos(0)", "cosh(0)", "degrees(1)", "exp(1)", "floor(1.5)", "ln(1)", "log(10)", "log2(2)", "mod(3, 2)", "pi()",
    "pow(2, 3)", "radians(1)", "sin(0)", "sinh(0)", "sqrt(4)", "tan(0)", "tanh(0)", "trunc(1.5)"),
};
export const do_sql_rules_functions_json = {
  test: inside((s) => {
    eq(value(s, "SELECT json_set('{\"a\":1}', '$.b', json_array(2, 3))"), '{"a":1,"b":[2,3]}');
    eq(value(s, "SELECT '{\"a\":[1,2]}' ->> '$.a[1]'"), 2);
    eq(value(s, "SELECT '{\"a\":[1,2]}' -> 'a'"), "[1,2]");
    same(rows(s, "SELECT key, value FROM json_each('[7,8]')"), [[0, 7], [1, 8]]);
    eq(value(s, "SELECT count(*) FROM json_tree('{\"a\":[1]}')"), 3);
    eq(value(s, "SELECT json_group_object(id, a) FROM (SELECT 1 AS id, 'x' AS a)"), '{"1":"x"}');
    eq(value(s, "SELECT json_extract(jsonb_patch('{}', '{\"q\":5}'), '$.q')"), 5);
    eq(value(s, "SELECT json_type(json_remove('[1]', '$[0]')) || json_valid('{') || json_quote('x')"), 'array0"x"');
  }),
};
export const do_sql_rules_functions_refused = {
  test: inside((s) => {
    const calls = ["sqlite_version()", "sqlite_source_id()", "sqlite_compileoption_get(1)",
      "sqlite_compileoption_used('x')", "log10(1)", "power(2, 3)", "ceiling(1)", "unistr('a')", "json_pretty('{}')",
      "json_error_position('{')", "subtype('a')", "fts5_source_id()"];
    for (const call of calls) {
      const name = call.slice(0, call.indexOf("("));
      refused(s, `SELECT ${call}`, `not authorized to use function: ${name} at offset 7: SQLITE_ERROR`);
    }
  }),
};
export const do_sql_rules_functions_unknown = {
  test: inside((s) => {
    refused(s, "SELECT nosuch(1)", "no such function: nosuch at offset 7: SQLITE_ERROR");
    throws(() => s.sql.exec("SELECT load_extension('x')"), "Error");
  }),
};
export const do_sql_rules_pragma_read_only = {
  test: inside((s) => {
    eq(value(s, "PRAGMA page_size"), 4096);
    eq(typeof value(s, "PRAGMA data_version"), "number");
    refused(s, "PRAGMA page_size = 512");
    refused(s, "PRAGMA data_version = 1");
  }),
};
export const do_sql_rules_pragma_about_tables = {
  test: inside((s) => {
    s.sql.exec("CREATE TABLE t(a, b); CREATE INDEX i ON t(a)");
    same(rows(s, "PRAGMA table_info(t)"), [[0, "a", "", 0, null, 0], [1, "b", "", 0, null, 0]]);
    same(rows(s, "PRAGMA table_xinfo(t)")[1], [1, "b", "", 0, null, 0, 0]);
    same(rows(s, "PRAGMA index_list(t)"), [[0, "i", 0, "c", 0]]);
    same(rows(s, "PRAGMA index_info(i)"), [[0, 0, "a"]]);
    same(rows(s, "PRAGMA index_xinfo(i)")[0], [0, 0, "a", 0, "BINARY", 1]);
    same(rows(s, "PRAGMA foreign_key_list(t)"), []);
    same(rows(s, "SELECT name FROM pragma_table_info('t')"), [["a"], ["b"]]);
    ok(rows(s, "PRAGMA table_list").some((r) => r[0] === "main" && r[1] === "t"));
  }),
};
export const do_sql_rules_pragma_about_reserved_tables = {
  test: inside((s) => {
    s.kv.put("a", 1);
    for (const name of ["table_info", "table_xinfo", "index_list", "foreign_key_list"]) {
      refused(s, `PRAGMA ${name}(_cf_KV)`);
    }
  }),
};
export const do_sql_rules_pragma_checks = {
  test: inside((s) => {
    table(s);
    same(rows(s, "PRAGMA foreign_key_check"), []);
    same(rows(s, "PRAGMA foreign_key_check(t)"), []);
    for (const text of ["quick_check", "quick_check(1)", "quick_check(t)"]) same(rows(s, `PRAGMA ${text}`), [["ok"]]);
    same(rows(s, "PRAGMA optimize"), []);
    same(rows(s, "PRAGMA optimize(1)"), []);
  }),
};
export const do_sql_rules_pragma_switches = {
  test: inside((s) => {
    for (const name of ["defer_foreign_keys", "ignore_check_constraints", "legacy_alter_table",
      "recursive_triggers", "reverse_unordered_selects"]) {
      eq(value(s, `PRAGMA ${name}`), 0, name);
      for (const word of ["on", "true", "yes", "1"]) s.sql.exec(`PRAGMA ${name} = ${word}`);
      eq(value(s, `PRAGMA ${name}`), 1, name);
      for (const word of ["off", "false", "no", "0"]) s.sql.exec(`PRAGMA ${name}(${word})`);
      eq(value(s, `PRAGMA ${name}`), 0, name);
      refused(s, `PRAGMA ${name} = maybe`);
    }
  }),
};
export const do_sql_rules_pragma_case_sensitive_like = {
  test: inside((s) => {
    eq(value(s, "SELECT 'A' LIKE 'a'"), 1);
    s.sql.exec("PRAGMA case_sensitive_like = on");
    eq(value(s, "SELECT 'A' LIKE 'a'"), 0);
  }),
};
export const do_sql_rules_pragma_foreign_keys = {
  test: inside((s) => {
    eq(value(s, "PRAGMA foreign_keys"), 1);
    s.sql.exec("PRAGMA foreign_keys = off");
    eq(value(s, "PRAGMA foreign_keys"), 0);
    s.sql.exec("PRAGMA foreign_keys = on");
    s.sql.exec("CREATE TABLE t(a)");
    s.sql.exec("PRAGMA foreign_keys = off");
    eq(value(s, "PRAGMA foreign_keys"), 1, "in a transaction");
  }),
};
export const do_sql_rules_pragma_refused = {
  test: inside((s) => {
    for (const name of ["user_version", "user_version = 1", "journal_mode", "max_page_count", "integrity_check",
      "synchronous", "cache_size", "encoding", "page_count", "freelist_count", "compile_options", "function_list",
      "module_list", "collation_list", "database_list", "writable_schema = on", "auto_vacuum", "application_id",
      "schema_version", "wal_checkpoint", "busy_timeout", "temp_store", "query_only", "secure_delete", "nosuch"]) {
      refused(s, `PRAGMA ${name}`);
    }
    refused(s, "SELECT * FROM pragma_user_version");
  }),
};
export const do_sql_rules_foreign_keys_are_on = {
  test: inside((s) => {
    s.sql.exec("CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p(id) ON DELETE CASCADE)");
    refused(s, "INSERT INTO c VALUES (1)",
      "FOREIGN KEY constraint failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)");
    s.sql.exec("INSERT INTO p VALUES (1); INSERT INTO c VALUES (1); DELETE FROM p");
    eq(value(s, "SELECT count(*) FROM c"), 0);
  }),
};
export const do_sql_rules_limit_columns = {
  test: inside((s) => {
    s.sql.exec(`CREATE TABLE fits(${list(100, (i) => `c${i}`)})`);
    refused(s, `CREATE TABLE big(${list(101, (i) => `c${i}`)})`, "too many columns on big: SQLITE_ERROR");
    refused(s, `SELECT ${list(101, (i) => i)}`, "too many columns in result set: SQLITE_ERROR");
  }),
};
export const do_sql_rules_limit_bound_parameters = {
  test: inside((s) => {
    eq(rows(s, `SELECT ${list(100, () => "?")}`, ...Array(100).fill(1))[0].length, 100);
    throws(() => s.sql.exec(`SELECT ${list(50, () => "?+?")},?`, ...Array(101).fill(1)), "Error",
      "too many SQL variables at offset 207: SQLITE_ERROR");
    refused(s, "SELECT ?101", "variable number must be between ?1 and ?100 at offset 7: SQLITE_ERROR");
  }),
};
export const do_sql_rules_limit_statement_text = {
  test: inside((s) => {
    const text = (bytes) => `SELECT 1 /*${"x".repeat(bytes - 13)}*/`;
    eq(value(s, text(100_000)), 1);
    refused(s, text(100_001), "statement too long: SQLITE_TOOBIG");
  }),
};
export const do_sql_rules_limit_like_pattern = {
  test: inside((s) => {
    eq(value(s, "SELECT 'x' LIKE ?", "x".repeat(50)), 0);
    throws(() => s.sql.exec("SELECT 'x' LIKE ?", "x".repeat(51)), "Error",
      "LIKE or GLOB pattern too complex: SQLITE_ERROR");
    throws(() => s.sql.exec("SELECT 'x' GLOB ?", "x".repeat(51)), "Error",
      "LIKE or GLOB pattern too complex: SQLITE_ERROR");
  }),
};
export const do_sql_rules_limit_compound_select = {
  test: inside((s) => {
    eq(rows(s, Array(5).fill("SELECT 1").join(" UNION ALL ")).length, 5);
    refused(s, Array(6).fill("SELECT 1").join(" UNION ALL "), "too many terms in compound SELECT: SQLITE_ERROR");
    eq(value(s, `SELECT count(*) FROM (VALUES ${list(600, (i) => `(${i})`)})`), 600);
  }),
};
export const do_sql_rules_limit_function_arguments = {
  test: inside((s) => {
    eq(value(s, `SELECT max(${list(32, (i) => i)})`), 31);
    refused(s, `SELECT max(${list(128, (i) => i)})`, "too many arguments on function max at offset 7: SQLITE_ERROR");
  }),
};
export const do_sql_rules_limit_expression_depth = {
  test: inside((s) => {
    eq(value(s, `SELECT ${"1+".repeat(90)}1`), 91);
    refused(s, `SELECT ${"1+".repeat(101)}1`, "Expression tree is too large (maximum depth 100): SQLITE_ERROR");
  }),
};
export const do_sql_rules_limit_value = {
  test: inside((s) => {
    s.sql.exec("CREATE TABLE t(a)");
    s.sql.exec("INSERT INTO t VALUES (?)", new Uint8Array(1_999_000));
    eq(value(s, "SELECT length(a) FROM t"), 1_999_000);
    throws(() => s.sql.exec("INSERT INTO t VALUES (?)", new Uint8Array(9_000_000)), "Error",
      "string or blob too big: SQLITE_TOOBIG");
    throws(() => s.sql.exec("SELECT zeroblob(9000000)"), "Error", "string or blob too big: SQLITE_TOOBIG");
    eq(value(s, "SELECT count(*) FROM t"), 1);
  }),
};
