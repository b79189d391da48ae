// storage.sql: statements, bindings, cursors, counters and errors: spec/durable-objects.md section 2.5.
import { eq, same, ok, throws, rejects } from "./assert.js";
import { inside, within, fresh } from "./actor.js";

export { Actor } from "./actor.js";

const EMPTY = "SQL code did not contain a statement.";
const COUNT = "Wrong number of parameter bindings for SQL query.";
const one = (s, text, ...bindings) => s.sql.exec(text, ...bindings).one();
const all = (s, text, ...bindings) => s.sql.exec(text, ...bindings).raw().toArray();
const table = (s) => {
  s.sql.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, a, b TEXT)");
  s.sql.exec("INSERT INTO t VALUES (1, 'x', 'y'), (2, 'z', 'w'), (3, NULL, 'v')");
};
const write = within((s) => { table(s); });
const count = within((s) => one(s, "SELECT count(*) AS n FROM t").n);

export const do_sql_members = {
  test: inside((s) => {
    eq(typeof s.sql.exec, "function");
    eq(typeof s.sql.databaseSize, "number");
    eq(Object.prototype.toString.call(s.sql), "[object SqlStorage]");
    const cursor = s.sql.exec("SELECT 1");
    for (const name of ["next", "toArray", "one", "raw"]) eq(typeof cursor[name], "function", name);
    eq(typeof cursor[Symbol.iterator], "function");
    for (const name of ["prepare", "ingest", "setMaxPageCountForTest"]) eq(s.sql[name], undefined, name);
  }),
};
export const do_sql_tables_outlive_the_request = {
  async test(_, env) {
    const stub = fresh(env);
    await write(stub);
    eq(await count(stub), 3);
    await rejects(count(fresh(env)), "Error", "Error: no such table: t: SQLITE_ERROR");
  },
};
export const do_sql_empty_text = {
  test: inside((s) => {
    for (const text of ["", ";", "  \n", "-- nothing", "SELECT 1; -- trailing", "/* */"]) {
      throws(() => s.sql.exec(text), "Error", EMPTY);
    }
  }),
};
export const do_sql_trailing_semicolon_and_space = {
  test: inside((s) => {
    eq(one(s, "SELECT 1 AS x;").x, 1);
    eq(one(s, "SELECT 1 AS x;  \n ").x, 1);
    eq(one(s, "SELECT 1 AS x -- comment").x, 1);
    eq(one(s, "/* first */ SELECT 1 AS x").x, 1);
  }),
};
export const do_sql_many_statements_give_the_last_cursor = {
  test: inside((s) => {
    same(all(s, "CREATE TABLE x(a); INSERT INTO x VALUES (1), (2); SELECT a FROM x"), [[1], [2]]);
  }),
};
export const do_sql_only_the_last_statement_has_parameters = {
  test: inside((s) => {
    eq(one(s, "CREATE TABLE x(a); SELECT ? AS q", 7).q, 7);
    throws(() => s.sql.exec("INSERT INTO x VALUES (?); SELECT 1", 1), "Error",
      "When executing multiple SQL statements in a single call, only the last statement can have parameters.");
  }),
};
export const do_sql_failing_statement_keeps_earlier_ones = {
  test: inside((s) => {
    throws(() => s.sql.exec("CREATE TABLE x(a); INSERT INTO x VALUES (1); SELECT * FROM none"), "Error",
      "no such table: none: SQLITE_ERROR");
    eq(one(s, "SELECT count(*) AS n FROM x").n, 1);
  }),
};
export const do_sql_exec_is_eager = {
  test: inside((s) => {
    table(s);
    s.sql.exec("INSERT INTO t(a) VALUES (8)");
    eq(one(s, "SELECT count(*) AS n FROM t").n, 4);
  }),
};
export const do_sql_binding_count = {
  test: inside((s) => {
    throws(() => s.sql.exec("SELECT ?"), "Error", COUNT);
    throws(() => s.sql.exec("SELECT ?", 1, 2), "Error", COUNT);
    throws(() => s.sql.exec("SELECT 1", 1), "Error", COUNT);
  }),
};
export const do_sql_bindings_by_position = {
  test: inside((s) => {
    same(one(s, "SELECT ?2 AS x, ?1 AS y", 1, 2), { x: 2, y: 1 });
    same(one(s, "SELECT :a AS x, $b AS y, @c AS z", 1, 2, 3), { x: 1, y: 2, z: 3 });
  }),
};
export const do_sql_bindings_of_each_kind = {
  test: inside((s) => {
    same(all(s, "SELECT typeof(?), typeof(?), typeof(?), typeof(?), typeof(?), typeof(?)",
      1, "x", null, undefined, new ArrayBuffer(2), new Uint16Array([1])),
    [["real", "text", "null", "null", "blob", "blob"]]);
  }),
};
export const do_sql_numbers_are_bound_as_real = {
  test: inside((s) => {
    s.sql.exec("CREATE TABLE n(a INTEGER, b, c TEXT, d REAL, e BLOB)");
    s.sql.exec("INSERT INTO n VALUES (?, ?, ?, ?, ?)", 1, 1, 1, 1, 1);
    same(all(s, "SELECT typeof(a), typeof(b), c, typeof(d), typeof(e) FROM n"),
      [["integer", "real", "1.0", "real", "real"]]);
  }),
};
export const do_sql_not_a_number_is_null = {
  test: inside((s) => {
    same(all(s, "SELECT typeof(?), typeof(?), typeof(?)", NaN, Infinity, -0), [["null", "real", "real"]]);
    eq(one(s, "SELECT ? AS x", Infinity).x, Infinity);
  }),
};
export const do_sql_bindings_made_into_text = {
  test: inside((s) => {
    same(all(s, "SELECT ?, ?, ?, ?", true, false, {}, [1, 2]), [["true", "false", "[object Object]", "1,2"]]);
  }),
};
export const do_sql_bindings_that_are_refused = {
  test: inside((s) => {
    throws(() => s.sql.exec("SELECT ?", 5n), "TypeError", "Cannot convert a BigInt value to a number");
    throws(() => s.sql.exec("SELECT ?", Symbol("x")), "TypeError", "Cannot convert a Symbol value to a string");
  }),
};
export const do_sql_text_with_nul_and_beyond_the_bmp = {
  test: inside((s) => {
    eq(one(s, "SELECT ? AS x", "a\0b😀é").x, "a\0b😀é");
    eq(one(s, "SELECT ? AS x", "").x, "");
  }),
};
export const do_sql_blob_bindings_use_the_views_range = {
  test: inside((s) => {
    const bytes = new Uint8Array([1, 2, 3, 4]);
    eq(one(s, "SELECT hex(?) AS x", bytes.subarray(1, 3)).x, "0203");
    eq(one(s, "SELECT hex(?) AS x", new DataView(bytes.buffer, 2)).x, "0304");
    eq(one(s, "SELECT hex(?) AS x", bytes.buffer).x, "01020304");
    eq(one(s, "SELECT length(?) AS x", new ArrayBuffer(0)).x, 0);
  }),
};
export const do_sql_values_out = {
  test: inside((s) => {
    const row = one(s, "SELECT 7 AS i, 1.5 AS r, 'é' AS t, x'00ff' AS b, NULL AS n");
    same([row.i, row.r, row.t, row.n], [7, 1.5, "é", null]);
    ok(row.b instanceof ArrayBuffer);
    same(row.b, new Uint8Array([0, 255]).buffer);
  }),
};
export const do_sql_large_integers_lose_precision = {
  test: inside((s) => {
    const row = one(s, "SELECT 9007199254740993 AS a, -9223372036854775808 AS b");
    eq(row.a, 9007199254740992);
    eq(row.b, -9223372036854775808);
  }),
};
export const do_sql_next = {
  test: inside((s) => {
    const c = s.sql.exec("SELECT 1 AS a");
    same(c.next(), { done: false, value: { a: 1 } });
    eq(c.next().done, true);
    eq(c.next().done, true);
  }),
};
export const do_sql_iteration = {
  test: inside((s) => {
    table(s);
    const ids = [];
    for (const row of s.sql.exec("SELECT id FROM t ORDER BY id")) ids.push(row.id);
    same(ids, [1, 2, 3]);
  }),
};
export const do_sql_rows_are_plain_objects_in_column_order = {
  test: inside((s) => {
    const row = one(s, "SELECT 1 AS z, 2 AS a");
    same(Object.keys(row), ["z", "a"]);
    eq(row instanceof Object, true);
  }),
};
export const do_sql_to_array_gives_the_remaining_rows = {
  test: inside((s) => {
    table(s);
    const c = s.sql.exec("SELECT id FROM t ORDER BY id");
    c.next();
    same(c.toArray(), [{ id: 2 }, { id: 3 }]);
    same(c.toArray(), []);
  }),
};
export const do_sql_one = {
  test: inside((s) => {
    table(s);
    same(s.sql.exec("SELECT id FROM t WHERE id = 2").one(), { id: 2 });
    throws(() => s.sql.exec("SELECT 1 WHERE 0").one(), "Error",
      "Expected exactly one result from SQL query, but got no results.");
    throws(() => s.sql.exec("SELECT id FROM t").one(), "Error",
      "Expected exactly one result from SQL query, but got multiple results.");
  }),
};
export const do_sql_raw = {
  test: inside((s) => {
    table(s);
    const raw = s.sql.exec("SELECT id, b FROM t ORDER BY id").raw();
    same(raw.next(), { done: false, value: [1, "y"] });
    same([...raw], [[2, "w"], [3, "v"]]);
    eq(raw.next().done, true);
  }),
};
export const do_sql_raw_shares_the_cursors_position = {
  test: inside((s) => {
    table(s);
    const c = s.sql.exec("SELECT id FROM t ORDER BY id");
    same(c.next().value, { id: 1 });
    same(c.raw().next().value, [2]);
    same(c.toArray(), [{ id: 3 }]);
  }),
};
export const do_sql_column_names = {
  test: inside((s) => {
    table(s);
    const c = s.sql.exec("SELECT id, a AS other, count(*) FROM t");
    same(c.columnNames, ["id", "other", "count(*)"]);
    c.toArray();
    same(c.columnNames, ["id", "other", "count(*)"]);
    same(s.sql.exec("DELETE FROM t").columnNames, []);
  }),
};
export const do_sql_duplicate_columns = {
  test: inside((s) => {
    const text = "SELECT 1 AS a, 2 AS a, 3 AS b";
    same(s.sql.exec(text).columnNames, ["a", "a", "b"]);
    same(one(s, text), { a: 2, b: 3 });
    same(all(s, text), [[1, 2, 3]]);
  }),
};
export const do_sql_rows_read_is_one_row_ahead = {
  test: inside((s) => {
    table(s);
    const c = s.sql.exec("SELECT * FROM t");
    eq(c.rowsRead, 1);
    c.next();
    eq(c.rowsRead, 2);
    c.toArray();
    eq(c.rowsRead, 3);
    eq(c.rowsWritten, 0);
  }),
};
export const do_sql_rows_read_counts_scanned_rows = {
  test: inside((s) => {
    table(s);
    const scan = s.sql.exec("SELECT count(a) FROM t");
    scan.toArray();
    eq(scan.rowsRead, 3);
    const look = s.sql.exec("SELECT * FROM t WHERE id = 2");
    look.toArray();
    eq(look.rowsRead, 1);
  }),
};
export const do_sql_rows_written = {
  test: inside((s) => {
    table(s);
    eq(s.sql.exec("INSERT INTO t VALUES (10, 1, 1), (11, 2, 2)").rowsWritten, 2);
    eq(s.sql.exec("UPDATE t SET b = 'q' WHERE id > 9").rowsWritten, 2);
    eq(s.sql.exec("DELETE FROM t WHERE id = 10").rowsWritten, 1);
    eq(s.sql.exec("DELETE FROM t WHERE id = 99").rowsWritten, 0);
  }),
};
export const do_sql_rows_written_counts_index_entries = {
  test: inside((s) => {
    table(s);
    s.sql.exec("CREATE INDEX i ON t(a)");
    eq(s.sql.exec("INSERT INTO t VALUES (20, 1, 1), (21, 2, 2)").rowsWritten, 4);
    eq(s.sql.exec("UPDATE t SET b = 'q' WHERE id = 20").rowsWritten, 1);
    eq(s.sql.exec("UPDATE t SET a = 5 WHERE id = 20").rowsWritten, 2);
  }),
};
export const do_sql_returning = {
  test: inside((s) => {
    table(s);
    same(s.sql.exec("INSERT INTO t(a) VALUES (5), (6) RETURNING id, a").toArray(),
      [{ id: 4, a: 5 }, { id: 5, a: 6 }]);
  }),
};
export const do_sql_same_text_twice_while_open = {
  test: inside((s) => {
    table(s);
    const first = s.sql.exec("SELECT id FROM t ORDER BY id");
    eq(first.next().value.id, 1);
    const second = s.sql.exec("SELECT id FROM t ORDER BY id");
    eq(second.next().value.id, 1);
    eq(first.next().value.id, 2);
    same(second.toArray(), [{ id: 2 }, { id: 3 }]);
    same(first.toArray(), [{ id: 3 }]);
  }),
};
export const do_sql_same_text_many_times = {
  test: inside((s) => {
    s.sql.exec("CREATE TABLE x(a INTEGER)");
    for (let i = 0; i < 300; i++) s.sql.exec("INSERT INTO x VALUES (?)", i);
    eq(one(s, "SELECT sum(a) AS n FROM x").n, 44850);
  }),
};
export const do_sql_cursor_survives_an_await = {
  test: inside(async (s) => {
    table(s);
    const c = s.sql.exec("SELECT id FROM t ORDER BY id");
    eq(c.next().value.id, 1);
    await scheduler.wait(1);
    same(c.toArray(), [{ id: 2 }, { id: 3 }]);
  }),
};
export const do_sql_open_cursor_locks_its_table_against_drop = {
  test: inside((s) => {
    table(s);
    const c = s.sql.exec("SELECT id FROM t ORDER BY id");
    c.next();
    throws(() => s.sql.exec("DROP TABLE t"), "Error", "database table is locked: SQLITE_LOCKED");
    eq(c.toArray().length, 2);
    s.sql.exec("DROP TABLE t");
  }),
};
export const do_sql_cursor_after_delete_all = {
  test: inside(async (s) => {
    table(s);
    const c = s.sql.exec("SELECT id FROM t");
    c.next();
    await s.deleteAll();
    throws(() => c.toArray(), "Error", "SQLite query was canceled because the database was deleted.");
    throws(() => s.sql.exec("SELECT * FROM t"), "Error", "no such table: t: SQLITE_ERROR");
  }),
};
export const do_sql_database_size_grows = {
  test: inside((s) => {
    const before = s.sql.databaseSize;
    s.sql.exec("CREATE TABLE t(a)");
    s.sql.exec("INSERT INTO t VALUES (zeroblob(100000))");
    ok(s.sql.databaseSize >= before + 100000, `${before} to ${s.sql.databaseSize}`);
    eq(s.sql.databaseSize % 4096, 0);
  }),
};
export const do_sql_error_no_such_table = {
  test: inside((s) => {
    throws(() => s.sql.exec("SELECT * FROM zz"), "Error", "no such table: zz: SQLITE_ERROR");
    throws(() => s.sql.exec("INSERT INTO zz VALUES (1)"), "Error", "no such table: zz: SQLITE_ERROR");
  }),
};
export const do_sql_error_syntax_has_its_offset = {
  test: inside((s) => {
    throws(() => s.sql.exec("selec 1"), "Error", 'near "selec": syntax error at offset 0: SQLITE_ERROR');
    throws(() => s.sql.exec("SELECT 1 +"), "Error", "incomplete input: SQLITE_ERROR");
    throws(() => s.sql.exec("SELECT nope"), "Error", "no such column: nope at offset 7: SQLITE_ERROR");
  }),
};
export const do_sql_error_constraints_have_extended_codes = {
  test: inside((s) => {
    s.sql.exec("CREATE TABLE c(id INTEGER PRIMARY KEY, u UNIQUE, n NOT NULL, k CHECK (k > 0))");
    s.sql.exec("INSERT INTO c VALUES (1, 1, 1, 1)");
    const text = "SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_";
    const fails = (values, message) =>
      throws(() => s.sql.exec(`INSERT INTO c VALUES (${values})`), "Error", message);
    fails("1, 2, 1, 1", `UNIQUE constraint failed: c.id: ${text}PRIMARYKEY)`);
    fails("2, 1, 1, 1", `UNIQUE constraint failed: c.u: ${text}UNIQUE)`);
    fails("2, 2, NULL, 1", `NOT NULL constraint failed: c.n: ${text}NOTNULL)`);
    fails("2, 2, 1, -1", `CHECK constraint failed: k > 0: ${text}CHECK)`);
  }),
};
export const do_sql_error_of_strict_table = {
  test: inside((s) => {
    s.sql.exec("CREATE TABLE st(a INT) STRICT");
    throws(() => s.sql.exec("INSERT INTO st VALUES ('x')"), "Error",
      "cannot store TEXT value in INT column st.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_DATATYPE)");
  }),
};
export const do_sql_error_raised_by_trigger = {
  test: inside((s) => {
    s.sql.exec("CREATE TABLE r(a); " +
      "CREATE TRIGGER tr BEFORE INSERT ON r BEGIN SELECT raise(ABORT, 'no way'); END");
    throws(() => s.sql.exec("INSERT INTO r VALUES (1)"), "Error",
      "no way: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_TRIGGER)");
  }),
};
