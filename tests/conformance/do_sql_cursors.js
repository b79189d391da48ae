// Cursors of storage.sql at their edges, numbers and texts, and errors: spec/durable-objects.md section 2.5.
import { eq, same, throws } from "./assert.js";
import { inside, within, fresh } from "./actor.js";

export { Actor } from "./actor.js";

const CANCELED = "SQLite query was canceled because the database was deleted.";
const rows = (s, text, ...bindings) => s.sql.exec(text, ...bindings).raw().toArray();
const table = (s) => {
  s.sql.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  s.sql.exec("INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)");
};
const fails = (s, text, message) => throws(() => s.sql.exec(text).toArray(), "Error", message);

export const do_sql_cursor_text_is_stringified = {
  test: inside((s) => {
    same(rows(s, { toString: () => "SELECT 1" }), [[1]]);
    fails(s, 5, 'near "5": syntax error at offset 0: SQLITE_ERROR');
    throws(() => s.sql.exec(), "TypeError");
  }),
};
export const do_sql_cursor_next_has_done_and_value = {
  test: inside((s) => {
    const c = s.sql.exec("SELECT 1 AS a");
    same(Object.keys(c.next()).sort(), ["done", "value"]);
    eq(c.next().value, undefined);
  }),
};
export const do_sql_cursor_can_be_iterated_once = {
  test: inside((s) => {
    const c = s.sql.exec("SELECT 1 AS a UNION SELECT 2");
    eq([...c].length, 2);
    eq([...c].length, 0);
  }),
};
export const do_sql_cursor_goes_on_after_break = {
  test: inside((s) => {
    const c = s.sql.exec("SELECT 1 AS a UNION SELECT 2");
    for (const row of c) {
      eq(row.a, 1);
      break;
    }
    same(c.toArray(), [{ a: 2 }]);
  }),
};
export const do_sql_cursor_is_kept_between_requests = {
  async test(_, env) {
    const stub = fresh(env);
    await opens(stub);
    same(await goesOn(stub), [{ id: 2 }, { id: 3 }]);
  },
};
const opens = within((s, self) => {
  table(s);
  self.cursor = s.sql.exec("SELECT id FROM t ORDER BY id");
  self.cursor.next();
  s.kv.put("written", 1);
});
const goesOn = within((_, self) => self.cursor.toArray());
export const do_sql_cursor_writes_while_reading = {
  test: inside((s) => {
    table(s);
    for (const { id } of s.sql.exec("SELECT id FROM t")) s.sql.exec("UPDATE t SET a = a * 10 WHERE id = ?", id);
    same(rows(s, "SELECT a FROM t"), [[10], [20], [30]]);
    for (const { id } of s.sql.exec("SELECT id FROM t")) s.sql.exec("DELETE FROM t WHERE id = ?", id);
    same(rows(s, "SELECT count(*) FROM t"), [[0]]);
  }),
};
export const do_sql_cursor_schema_changes_are_seen = {
  test: inside((s) => {
    s.sql.exec("CREATE TABLE t(a)");
    same(s.sql.exec("SELECT * FROM t").columnNames, ["a"]);
    s.sql.exec("ALTER TABLE t ADD COLUMN b");
    same(s.sql.exec("SELECT * FROM t").columnNames, ["a", "b"]);
  }),
};
export const do_sql_cursor_canceled_by_delete_all = {
  test: inside(async (s) => {
    table(s);
    const c = s.sql.exec("SELECT id FROM t");
    await s.deleteAll();
    same(c.columnNames, ["id"]);
    throws(() => c.next(), "Error", CANCELED);
    throws(() => c.rowsRead, "Error", CANCELED);
  }),
};
export const do_sql_cursor_odd_column_names = {
  test: inside((s) => {
    const [row] = s.sql.exec("SELECT 1 AS __proto__, 2 AS constructor").toArray();
    eq(Object.getPrototypeOf(row), Object.prototype);
    eq(row.constructor, 2);
    same(s.sql.exec('SELECT 1 AS ""').columnNames, [""]);
    same(s.sql.exec('SELECT 1 AS "5", 2 AS a, 3 AS "1"').one(), { 1: 3, 5: 1, a: 2 });
  }),
};
export const do_sql_cursor_arithmetic = {
  test: inside((s) => {
    same(rows(s, "SELECT 1.0, 0.1 + 0.2, 5 / 2, 5 % 3, ? / 2", 5), [[1, 0.30000000000000004, 2, 2, 2.5]]);
    eq(rows(s, "SELECT 1e300 * 1e300")[0][0], Infinity);
  }),
};
export const do_sql_cursor_numbers_as_text = {
  test: inside((s) => {
    same(rows(s, "SELECT ? || '', CAST(? AS TEXT), quote(?), json_array(?, ?)", 5, 5.5, 1e21, 1, 1.5),
      [["5.0", "5.5", "1.0e+21", "[1.0,1.5]"]]);
  }),
};
export const do_sql_cursor_invalid_utf8_is_replaced = {
  test: inside((s) => {
    same(rows(s, "SELECT CAST(x'ff41' AS TEXT), CAST(x'c3' AS TEXT)"), [["\ufffdA", "\ufffd"]]);
  }),
};
export const do_sql_cursor_empty_blob = {
  test: inside((s) => {
    const [[b]] = rows(s, "SELECT x''");
    eq(b instanceof ArrayBuffer && b.byteLength, 0);
  }),
};
export const do_sql_cursor_limit_and_offset_bound = {
  test: inside((s) => {
    table(s);
    same(rows(s, "SELECT id FROM t LIMIT ? OFFSET ?", 2, 1), [[2], [3]]);
    throws(() => s.sql.exec("SELECT 1 LIMIT ?", 1.5), "Error", "datatype mismatch: SQLITE_MISMATCH");
  }),
};
export const do_sql_cursor_primary_key_must_be_whole = {
  test: inside((s) => {
    table(s);
    for (const bad of [1.5, "x"]) {
      throws(() => s.sql.exec("INSERT INTO t(id) VALUES (?)", bad), "Error", "datatype mismatch: SQLITE_MISMATCH");
    }
    s.sql.exec("INSERT INTO t(id) VALUES (?)", "77");
    same(rows(s, "SELECT max(id) FROM t"), [[77]]);
  }),
};
export const do_sql_cursor_last_row_id_and_changes = {
  test: inside((s) => {
    table(s);
    same(rows(s, "SELECT last_insert_rowid(), changes()"), [[3, 3]]);
  }),
};
export const do_sql_cursor_insert_or = {
  test: inside((s) => {
    s.sql.exec("CREATE TABLE u(a UNIQUE)");
    fails(s, "INSERT OR FAIL INTO u VALUES (1), (2), (1)",
      "UNIQUE constraint failed: u.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)");
    same(rows(s, "SELECT a FROM u"), [[1], [2]]);
    s.sql.exec("INSERT OR IGNORE INTO u VALUES (1), (3)");
    s.sql.exec("INSERT OR REPLACE INTO u VALUES (1)");
    same(rows(s, "SELECT a FROM u ORDER BY a"), [[1], [2], [3]]);
  }),
};
export const do_sql_cursor_failed_insert_leaves_nothing = {
  test: inside((s) => {
    s.sql.exec("CREATE TABLE u(a UNIQUE)");
    fails(s, "INSERT INTO u VALUES (1), (2), (1)",
      "UNIQUE constraint failed: u.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)");
    same(rows(s, "SELECT count(*) FROM u"), [[0]]);
  }),
};
export const do_sql_cursor_error_while_stepping = {
  test: inside((s) => {
    s.sql.exec("CREATE TABLE j(a); INSERT INTO j VALUES ('1'), ('2'), ('nonsense')");
    const c = s.sql.exec("SELECT json(a) FROM j");
    eq(c.next().done, false);
    throws(() => c.next(), "Error", "malformed JSON: SQLITE_ERROR");
  }),
};
export const do_sql_cursor_error_texts = {
  test: inside((s) => {
    s.sql.exec("CREATE TABLE a(x); CREATE TABLE b(x)");
    fails(s, "CREATE TABLE a(x)", "table a already exists at offset 13: SQLITE_ERROR");
    fails(s, "CREATE TABLE c(x, x)", "duplicate column name: x: SQLITE_ERROR");
    fails(s, "SELECT x FROM a, b", "ambiguous column name: x at offset 7: SQLITE_ERROR");
    fails(s, "INSERT INTO a VALUES (1, 2)", "table a has 1 columns but 2 values were supplied: SQLITE_ERROR");
    fails(s, "SELECT 'abc", "unrecognized token: \"'abc\" at offset 7: SQLITE_ERROR");
    fails(s, "SELECT sum(max(1))", "misuse of aggregate function max() at offset 11: SQLITE_ERROR");
    fails(s, "SELECT abs(-9223372036854775808)", "integer overflow: SQLITE_ERROR");
  }),
};
