// The asynchronous key-value storage of Durable Objects: spec/durable-objects.md section 2.2.
import { eq, same, ok, match, rejects, refuses } from "./assert.js";
import { inside, within, fresh } from "./actor.js";

export { Actor } from "./actor.js";

const UNDEFINED = "put() called with undefined value.";
const BAD_PUT = "put() may only be called with a single key-value pair and optional options as " +
  "put(key, value, options) or with multiple key-value pairs and optional options as put(entries, options)";
const letters = (s, keys = "abcde") => s.put(Object.fromEntries([...keys].map((k) => [k, k.toUpperCase()])));
const keysOf = async (promise) => [...(await promise).keys()].join("");
const write = within(async (s, _, key) => { await s.put(key, { stored: key }); });
const read = within(async (s, _, key) => s.get(key));

export const do_storage_methods = {
  test: inside((s) => {
    for (const name of ["get", "list", "put", "delete", "deleteAll", "transaction", "getAlarm", "setAlarm",
      "deleteAlarm", "sync", "transactionSync", "getCurrentBookmark", "getBookmarkForTime",
      "onNextSessionRestoreBookmark"]) eq(typeof s[name], "function", name);
    eq(Object.prototype.toString.call(s), "[object DurableObjectStorage]");
  }),
};
export const do_storage_every_method_gives_a_promise = {
  test: inside((s) => {
    for (const p of [s.get("a"), s.get(["a"]), s.put("a", 1), s.put({}), s.delete("a"), s.list(),
      s.getAlarm(), s.deleteAlarm(), s.sync(), s.deleteAll()]) ok(p instanceof Promise);
  }),
};
export const do_storage_get_absent = {
  test: inside(async (s) => { eq(await s.get("none"), undefined); }),
};
export const do_storage_put_and_get = {
  test: inside(async (s) => {
    eq(await s.put("k", "v"), undefined);
    eq(await s.get("k"), "v");
    await s.put("k", "w");
    eq(await s.get("k"), "w");
  }),
};
export const do_storage_outlives_the_request = {
  async test(_, env) {
    const stub = fresh(env);
    await write(stub, "kept");
    same(await read(stub, "kept"), { stored: "kept" });
  },
};
export const do_storage_is_each_objects_own = {
  async test(_, env) {
    await write(fresh(env), "private");
    eq(await read(fresh(env), "private"), undefined);
  },
};
export const do_storage_reads_see_unawaited_writes = {
  test: inside(async (s) => {
    const put = s.put("k", 1);
    eq(await s.get("k"), 1);
    const gone = s.delete("k");
    eq(await s.get("k"), undefined);
    await put;
    eq(await gone, true);
  }),
};
export const do_storage_get_many_gives_sorted_map = {
  test: inside(async (s) => {
    await letters(s);
    const m = await s.get(["d", "none", "a", "c"]);
    ok(m instanceof Map);
    same([...m], [["a", "A"], ["c", "C"], ["d", "D"]]);
    eq((await s.get([])).size, 0);
  }),
};
export const do_storage_get_many_collapses_duplicates = {
  test: inside(async (s) => {
    await letters(s);
    same([...(await s.get(["a", "a"]))], [["a", "A"]]);
  }),
};
export const do_storage_get_more_than_128_keys = {
  test: inside(async (s) => {
    const keys = Array.from({ length: 200 }, (_, i) => `k${i}`);
    await s.put(Object.fromEntries(keys.map((k) => [k, 1])));
    eq((await s.get(keys)).size, 200);
    eq(await s.delete(keys), 200);
  }),
};
export const do_storage_keys_are_stringified = {
  test: inside(async (s) => {
    await s.put(5, "five");
    eq(await s.get("5"), "five");
    eq(await s.get(5), "five");
  }),
};
export const do_storage_empty_key = {
  test: inside(async (s) => {
    await s.put("", "empty");
    eq(await s.get(""), "empty");
    eq(await keysOf(s.list()), "");
    eq((await s.list()).size, 1);
  }),
};
export const do_storage_long_key = {
  test: inside(async (s) => {
    await s.put("k".repeat(3000), 1);
    eq(await s.get("k".repeat(3000)), 1);
  }),
};
export const do_storage_key_with_nul_and_quotes = {
  test: inside(async (s) => {
    for (const key of ["a\0b", "it's", '"q"', "%_*?", "é😀", "a/b"]) {
      await s.put(key, key);
      eq(await s.get(key), key, key);
    }
    eq((await s.list()).size, 6);
  }),
};
export const do_storage_lone_surrogate_in_key_is_replaced = {
  test: inside(async (s) => {
    await s.put("\ud800", 1);
    eq(await keysOf(s.list()), "\ufffd\ufffd\ufffd");
  }),
};
export const do_storage_get_needs_a_key = {
  test: inside(async (s) => {
    await refuses(() => s.get(), "TypeError");
    await refuses(() => s.delete(), "TypeError");
    await refuses(() => s.put(), "TypeError");
  }),
};
export const do_storage_put_undefined = {
  test: inside(async (s) => {
    await rejects(() => s.put("k", undefined), "TypeError", UNDEFINED);
    await rejects(() => s.put("k"), "TypeError", UNDEFINED);
  }),
};
export const do_storage_put_many = {
  test: inside(async (s) => {
    eq(await s.put({ b: 2, a: 1 }), undefined);
    same([...(await s.list())], [["a", 1], ["b", 2]]);
    await s.put({ c: 3 }, { allowUnconfirmed: true });
    eq(await s.get("c"), 3);
    await s.put({});
  }),
};
export const do_storage_put_many_skips_undefined = {
  test: inside(async (s) => {
    await s.put({ a: 1, b: undefined, c: 3 });
    eq(await keysOf(s.list()), "ac");
  }),
};
export const do_storage_put_many_bad_second_argument = {
  test: inside(async (s) => {
    await rejects(() => s.put({ a: 1 }, 5), "TypeError", BAD_PUT);
    await rejects(() => s.put({ a: 1 }, "x"), "TypeError", BAD_PUT);
    eq(await s.get("a"), undefined);
  }),
};
export const do_storage_put_many_is_all_or_nothing = {
  test: inside(async (s) => {
    await rejects(() => s.put({ a: 1, b: () => {}, c: 3 }), "DataCloneError");
    eq((await s.list()).size, 0);
  }),
};
export const do_storage_values_of_many_kinds = {
  test: inside(async (s) => {
    await s.put("v", [1.5, -0, NaN, 10n, null, undefined, true, "é", [], { a: { b: 1 } }]);
    const v = await s.get("v");
    eq(v.length, 10);
    ok(Object.is(v[1], -0) && Number.isNaN(v[2]) && v[3] === 10n && v[4] === null && v[5] === undefined);
    eq(v[7], "é");
    same(v[9], { a: { b: 1 } });
    await s.put("null", null);
    eq(await s.get("null"), null);
  }),
};
export const do_storage_values_objects_of_the_language = {
  test: inside(async (s) => {
    await s.put("v", {
      date: new Date(5), re: /x/gi, map: new Map([[1, { a: 1 }]]), set: new Set(["s"]),
      bytes: new Uint8Array([1, 2]), buffer: new Uint16Array([258]).buffer, error: new RangeError("r"),
    });
    const v = await s.get("v");
    ok(v.date instanceof Date && v.date.getTime() === 5);
    ok(v.re instanceof RegExp && String(v.re) === "/x/gi");
    same([...v.map], [[1, { a: 1 }]]);
    ok(v.set.has("s"));
    same(v.bytes, new Uint8Array([1, 2]));
    same(v.buffer, new Uint8Array([2, 1]).buffer);
    ok(v.error instanceof RangeError);
    eq(v.error.message, "r");
  }),
};
export const do_storage_values_cycles_and_identity = {
  test: inside(async (s) => {
    const o = { list: [] };
    o.self = o;
    o.list.push(o.list);
    await s.put("v", o);
    const v = await s.get("v");
    ok(v !== o && v.self === v && v.list[0] === v.list);
  }),
};
export const do_storage_values_are_copied_at_the_call = {
  test: inside(async (s) => {
    const value = { n: 1 };
    const put = s.put("v", value);
    value.n = 2;
    await put;
    const got = await s.get("v");
    eq(got.n, 1);
    got.n = 3;
    eq((await s.get("v")).n, 1);
  }),
};
export const do_storage_values_class_instance_loses_its_class = {
  test: inside(async (s) => {
    class Point { x = 1; }
    await s.put("v", new Point());
    const v = await s.get("v");
    eq(Object.getPrototypeOf(v), Object.prototype);
    eq(v.x, 1);
  }),
};
export const do_storage_values_that_cannot_be_cloned = {
  test: inside(async (s, self) => {
    await rejects(() => s.put("v", () => 1), "DataCloneError", "() => 1 could not be cloned.");
    await rejects(() => s.put("v", Symbol("x")), "DataCloneError", "Symbol(x) could not be cloned.");
    await rejects(() => s.put("v", Promise.resolve()), "DataCloneError", "#<Promise> could not be cloned.");
    await rejects(() => s.put("v", self.ctx.id), "DataCloneError",
      'Could not serialize object of type "DurableObjectId". This type does not support serialization.');
    eq(await s.get("v"), undefined);
  }),
};
export const do_storage_value_of_two_megabytes = {
  test: inside(async (s) => {
    await s.put("v", "x".repeat(2_000_000 - 100));
    eq((await s.get("v")).length, 2_000_000 - 100);
  }),
};
export const do_storage_value_too_large = {
  test: inside(async (s) => {
    await rejects(() => s.put("v", new Uint8Array(9_000_000)), "Error", "string or blob too big: SQLITE_TOOBIG");
    eq(await s.get("v"), undefined);
  }),
};
export const do_storage_delete_tells_if_it_existed = {
  test: inside(async (s) => {
    await letters(s);
    eq(await s.delete("a"), true);
    eq(await s.delete("a"), false);
    eq(await s.delete(["a", "b", "c"]), 2);
    eq(await s.delete([]), 0);
    eq(await keysOf(s.list()), "de");
  }),
};
export const do_storage_list_is_a_map_in_utf8_order = {
  test: inside(async (s) => {
    for (const k of ["b", "a", "\u{10000}", "\uffee", "Z", "aa"]) await s.put(k, 1);
    const m = await s.list();
    ok(m instanceof Map);
    same([...m.keys()], ["Z", "a", "aa", "b", "\uffee", "\u{10000}"]);
  }),
};
export const do_storage_list_bounds = {
  test: inside(async (s) => {
    await letters(s);
    eq(await keysOf(s.list({ start: "b" })), "bcde");
    eq(await keysOf(s.list({ startAfter: "b" })), "cde");
    eq(await keysOf(s.list({ end: "d" })), "abc");
    eq(await keysOf(s.list({ start: "b", end: "d" })), "bc");
    eq(await keysOf(s.list({ startAfter: "b", end: "e" })), "cd");
    eq(await keysOf(s.list({ start: "bb" })), "cde");
  }),
};
export const do_storage_list_reverse_keeps_bounds = {
  test: inside(async (s) => {
    await letters(s);
    eq(await keysOf(s.list({ reverse: true })), "edcba");
    eq(await keysOf(s.list({ start: "b", end: "d", reverse: true })), "cb");
    eq(await keysOf(s.list({ startAfter: "b", reverse: true, limit: 2 })), "ed");
  }),
};
export const do_storage_list_limit = {
  test: inside(async (s) => {
    await letters(s);
    eq(await keysOf(s.list({ limit: 2 })), "ab");
    eq(await keysOf(s.list({ limit: 100 })), "abcde");
    eq(await keysOf(s.list({ limit: 1, reverse: true })), "e");
    eq(await keysOf(s.list({ limit: 1.9 })), "a");
  }),
};
export const do_storage_list_prefix = {
  test: inside(async (s) => {
    for (const k of ["p", "p/", "p/a", "p/b", "p0", "q", "p/\u{10ffff}"]) await s.put(k, 1);
    same([...(await s.list({ prefix: "p/" })).keys()], ["p/", "p/a", "p/b", "p/\u{10ffff}"]);
    same([...(await s.list({ prefix: "p/", start: "p/b" })).keys()], ["p/b", "p/\u{10ffff}"]);
    same([...(await s.list({ prefix: "p/", end: "p/b" })).keys()], ["p/", "p/a"]);
    same([...(await s.list({ prefix: "p/", start: "a", end: "z", limit: 1 })).keys()], ["p/"]);
    eq((await s.list({ prefix: "zz" })).size, 0);
    eq((await s.list({ prefix: "" })).size, 7);
  }),
};
export const do_storage_list_prefix_outside_the_bounds = {
  test: inside(async (s) => {
    await letters(s);
    eq((await s.list({ prefix: "b", start: "c" })).size, 0);
    eq((await s.list({ prefix: "b", end: "a" })).size, 0);
    eq((await s.list({ prefix: "b", startAfter: "b" })).size, 0);
  }),
};
export const do_storage_list_empty_range = {
  test: inside(async (s) => {
    await letters(s);
    eq((await s.list({ start: "d", end: "b" })).size, 0);
    eq((await s.list({ start: "b", end: "b" })).size, 0);
  }),
};
export const do_storage_list_start_and_start_after = {
  test: inside(async (s) => {
    await rejects(() => s.list({ start: "a", startAfter: "b" }), "TypeError",
      "list() cannot be called with both start and startAfter values.");
  }),
};
export const do_storage_list_limit_must_be_positive = {
  test: inside(async (s) => {
    for (const limit of [0, -1, NaN]) {
      await rejects(() => s.list({ limit }), "TypeError", "List limit must be positive.");
    }
  }),
};
export const do_storage_list_options_kinds = {
  test: inside(async (s) => {
    await letters(s);
    eq((await s.list(null)).size, 5);
    eq((await s.list({})).size, 5);
    eq((await s.list({ prefix: undefined, limit: undefined })).size, 5);
    await rejects(() => s.list(5), "TypeError");
  }),
};
export const do_storage_delete_all = {
  test: inside(async (s) => {
    await letters(s);
    s.sql.exec("CREATE TABLE t(a)");
    eq(await s.deleteAll(), undefined);
    eq((await s.list()).size, 0);
    same(s.sql.exec("SELECT name FROM sqlite_master").toArray(), []);
    await s.put("after", 1);
    eq(await s.get("after"), 1);
  }),
};
export const do_storage_delete_all_of_nothing = {
  test: inside(async (s) => {
    await s.deleteAll();
    await s.deleteAll({ allowUnconfirmed: true });
    eq((await s.list()).size, 0);
  }),
};
export const do_storage_sync = {
  test: inside(async (s) => {
    eq(await s.sync(), undefined);
    s.put("a", 1, { allowUnconfirmed: true });
    eq(await s.sync(), undefined);
    eq(await s.get("a"), 1);
  }),
};
export const do_storage_options_are_accepted_everywhere = {
  test: inside(async (s) => {
    const all = { allowConcurrency: true, allowUnconfirmed: true, noCache: true };
    await s.put("a", 1, all);
    await s.put({ b: 2 }, all);
    eq(await s.get("a", all), 1);
    eq((await s.get(["a", "b"], all)).size, 2);
    eq((await s.list({ ...all, limit: 1 })).size, 1);
    eq(await s.delete("a", all), true);
    eq(await s.delete(["b"], all), 1);
  }),
};
export const do_storage_unused_database_is_small = {
  test: inside((s) => { ok(s.sql.databaseSize <= 8192, `databaseSize ${s.sql.databaseSize}`); }),
};
export const do_storage_bookmark_grows_with_writes = {
  test: inside(async (s) => {
    const before = await s.getCurrentBookmark();
    match(before, /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/);
    await s.put("a", 1);
    await s.sync();
    const after = await s.getCurrentBookmark();
    ok(before < after, `${before} < ${after}`);
  }),
};
