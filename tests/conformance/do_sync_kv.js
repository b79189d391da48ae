// The synchronous key-value storage, `storage.kv`: spec/durable-objects.md section 2.3.
import { eq, same, ok, throws } from "./assert.js";
import { inside } from "./actor.js";

export { Actor } from "./actor.js";

const INVALIDATED = "kv.list() iterator was invalidated because a new call to kv.list() was started. " +
  "Only one kv.list() iterator can exist at a time.";
const letters = (s) => { for (const k of "abcde") s.kv.put(k, k.toUpperCase()); };
const keys = (s, options) => [...s.kv.list(options)].map(([k]) => k).join("");

export const do_sync_kv_members = {
  test: inside((s) => {
    for (const name of ["get", "put", "delete", "list"]) eq(typeof s.kv[name], "function", name);
    eq(Object.prototype.toString.call(s.kv), "[object SyncKvStorage]");
    eq(s.kv.sql, undefined);
  }),
};
export const do_sync_kv_put_get_delete = {
  test: inside((s) => {
    eq(s.kv.get("k"), undefined);
    eq(s.kv.put("k", { v: 1 }), undefined);
    same(s.kv.get("k"), { v: 1 });
    eq(s.kv.delete("k"), true);
    eq(s.kv.delete("k"), false);
    eq(s.kv.get("k"), undefined);
  }),
};
export const do_sync_kv_values_keep_their_kinds = {
  test: inside((s) => {
    s.kv.put("v", { date: new Date(7), map: new Map([["a", 1n]]), bytes: new Uint8Array([9]), none: null });
    const v = s.kv.get("v");
    eq(v.date.getTime(), 7);
    eq(v.map.get("a"), 1n);
    same(v.bytes, new Uint8Array([9]));
    eq(v.none, null);
    s.kv.put("null", null);
    eq(s.kv.get("null"), null);
  }),
};
export const do_sync_kv_values_are_copies = {
  test: inside((s) => {
    const value = { n: 1 };
    s.kv.put("v", value);
    value.n = 2;
    s.kv.get("v").n = 3;
    eq(s.kv.get("v").n, 1);
  }),
};
export const do_sync_kv_same_data_as_async = {
  test: inside(async (s) => {
    s.kv.put("sync", 1);
    await s.put("async", 2);
    eq(await s.get("sync"), 1);
    eq(s.kv.get("async"), 2);
    same([...s.kv.list()], [...(await s.list())]);
    await s.delete("sync");
    eq(s.kv.get("sync"), undefined);
    s.kv.delete("async");
    eq(await s.get("async"), undefined);
  }),
};
export const do_sync_kv_sees_unawaited_async_put = {
  test: inside((s) => {
    s.put("k", 1);
    eq(s.kv.get("k"), 1);
    s.delete("k");
    eq(s.kv.get("k"), undefined);
  }),
};
export const do_sync_kv_put_what_cannot_be_cloned = {
  test: inside((s) => {
    throws(() => s.kv.put("k", () => 1), "DataCloneError", "() => 1 could not be cloned.");
    eq(s.kv.get("k"), undefined);
  }),
};
export const do_sync_kv_put_needs_two_arguments = {
  test: inside((s) => { throws(() => s.kv.put({ a: 1 }), "TypeError"); }),
};
export const do_sync_kv_value_too_large = {
  test: inside((s) => {
    throws(() => s.kv.put("k", new Uint8Array(9_000_000)), "Error", "string or blob too big: SQLITE_TOOBIG");
    s.kv.put("k", 1);
    eq(s.kv.get("k"), 1);
  }),
};
export const do_sync_kv_list_is_an_iterator_of_pairs = {
  test: inside((s) => {
    letters(s);
    const list = s.kv.list();
    eq(list[Symbol.iterator]() === list, true);
    const first = list.next();
    eq(first.done, false);
    same(first.value, ["a", "A"]);
    same([...list].map(([k]) => k), ["b", "c", "d", "e"]);
    eq(list.next().done, true);
  }),
};
export const do_sync_kv_list_order_is_by_utf8_bytes = {
  test: inside((s) => {
    for (const k of ["b", "\u{10000}", "\uffee", "Z"]) s.kv.put(k, 1);
    eq(keys(s), "Zb\uffee\u{10000}");
  }),
};
export const do_sync_kv_list_options = {
  test: inside((s) => {
    letters(s);
    eq(keys(s, { prefix: "b" }), "b");
    eq(keys(s, { start: "b", end: "d" }), "bc");
    eq(keys(s, { startAfter: "b" }), "cde");
    eq(keys(s, { start: "b", end: "d", reverse: true }), "cb");
    eq(keys(s, { limit: 2 }), "ab");
    eq(keys(s, { start: "d", end: "b" }), "");
  }),
};
export const do_sync_kv_list_bad_options = {
  test: inside((s) => {
    throws(() => s.kv.list({ limit: 0 }), "TypeError", "List limit must be positive.");
    throws(() => s.kv.list({ start: "a", startAfter: "b" }), "TypeError",
      "list() cannot be called with both start and startAfter values.");
  }),
};
export const do_sync_kv_list_second_call_ends_the_first = {
  test: inside((s) => {
    letters(s);
    const first = s.kv.list();
    first.next();
    const second = s.kv.list();
    same(second.next().value, ["a", "A"]);
    throws(() => first.next(), "Error", INVALIDATED);
    eq([...second].length, 4);
  }),
};
export const do_sync_kv_list_sees_changes_ahead_of_it = {
  test: inside((s) => {
    letters(s);
    const list = s.kv.list();
    list.next();
    s.kv.delete("c");
    s.kv.put("dd", 1);
    const rest = [...list].map(([k]) => k);
    ok(!rest.includes("c") && rest.includes("dd"), rest.join());
  }),
};
export const do_sync_kv_list_may_be_dropped = {
  test: inside(async (s) => {
    letters(s);
    for (const [key] of s.kv.list()) if (key === "b") break;
    s.kv.put("f", 1);
    await scheduler.wait(1);
    eq(keys(s), "abcdef");
  }),
};
export const do_sync_kv_is_gone_after_delete_all = {
  test: inside(async (s) => {
    letters(s);
    await s.deleteAll();
    eq(keys(s), "");
    s.kv.put("new", 1);
    eq(keys(s), "new");
  }),
};
