// Headers: spec/runtime-api.md section 2, row "Headers".
import { eq, same, throws, ok } from "./assert.js";

export const headers_init_from_record = {
  test() { eq(new Headers({ A: "1", b: "2" }).get("a"), "1"); },
};
export const headers_init_from_pairs = {
  test() { eq(new Headers([["x", "1"], ["x", "2"]]).get("X"), "1, 2"); },
};
export const headers_init_from_headers_copies = {
  test() {
    const a = new Headers({ x: "1" });
    const b = new Headers(a);
    b.set("x", "2");
    eq(a.get("x"), "1");
  },
};
export const headers_init_from_iterable = {
  test() { eq(new Headers(new Map([["x", "1"]])).get("x"), "1"); },
};
export const headers_init_undefined_is_empty = {
  test() { same([...new Headers(undefined)], []); },
};
export const headers_init_pair_of_wrong_length = {
  test() {
    throws(() => new Headers([["a"]]), "TypeError",
      "To initialize a Headers object from a sequence, each inner sequence must have exactly two elements.");
  },
};
export const headers_init_pair_of_three = {
  test() {
    throws(() => new Headers([["a", "b", "c"]]), "TypeError",
      "To initialize a Headers object from a sequence, each inner sequence must have exactly two elements.");
  },
};
export const headers_get_absent_is_null = {
  test() { eq(new Headers().get("nope"), null); },
};
export const headers_append_joins_with_comma_space = {
  test() {
    const h = new Headers();
    h.append("accept", "a");
    h.append("Accept", "b");
    eq(h.get("ACCEPT"), "a, b");
  },
};
export const headers_set_replaces_all = {
  test() {
    const h = new Headers([["x", "1"], ["x", "2"]]);
    h.set("X", "3");
    eq(h.get("x"), "3");
  },
};
export const headers_delete_and_has = {
  test() {
    const h = new Headers({ "X-A": "1" });
    eq(h.has("x-a"), true);
    h.delete("X-a");
    eq(h.has("x-a"), false);
    h.delete("x-a");
  },
};
export const headers_value_is_trimmed = {
  test() { eq(new Headers({ x: " \t a b \r\n" }).get("x"), "a b"); },
};
export const headers_value_is_stringified = {
  test() {
    const h = new Headers();
    h.set("n", 5);
    h.set("u", undefined);
    eq(h.get("n"), "5");
    eq(h.get("u"), "undefined");
  },
};
export const headers_empty_value_is_kept = {
  test() {
    const h = new Headers({ x: "" });
    eq(h.get("x"), "");
    eq(h.has("x"), true);
  },
};
export const headers_iteration_is_sorted_and_lower_case = {
  test() {
    const h = new Headers([["Zebra", "1"], ["Alpha", "2"], ["Mid", "3"]]);
    same([...h], [["alpha", "2"], ["mid", "3"], ["zebra", "1"]]);
  },
};
export const headers_iteration_joins_duplicates = {
  test() { same([...new Headers([["b", "1"], ["B", "2"]])], [["b", "1, 2"]]); },
};
export const headers_iteration_splits_set_cookie = {
  test() {
    const h = new Headers([["set-cookie", "a=1"], ["x", "y"], ["Set-Cookie", "b=2"]]);
    same([...h], [["set-cookie", "a=1"], ["set-cookie", "b=2"], ["x", "y"]]);
  },
};
export const headers_keys_values_entries = {
  test() {
    const h = new Headers({ b: "2", a: "1" });
    same([...h.keys()], ["a", "b"]);
    same([...h.values()], ["1", "2"]);
    same([...h.entries()], [["a", "1"], ["b", "2"]]);
  },
};
export const headers_for_each_arguments_and_this = {
  test() {
    const h = new Headers({ a: "1" });
    const self = {};
    const seen = [];
    h.forEach(function (value, key, parent) { seen.push(this === self, value, key, parent === h); }, self);
    same(seen, [true, "1", "a", true]);
  },
};
export const headers_iterator_is_iterable = {
  test() {
    const it = new Headers({ a: "1" }).entries();
    ok(it[Symbol.iterator]() === it);
    same(it.next(), { done: false, value: ["a", "1"] });
    same(it.next(), { done: true });
  },
};
export const headers_get_set_cookie = {
  test() {
    const h = new Headers();
    same(h.getSetCookie(), []);
    h.append("Set-Cookie", "a=1; Path=/");
    h.append("set-cookie", "b=2, c");
    same(h.getSetCookie(), ["a=1; Path=/", "b=2, c"]);
    eq(h.get("set-cookie"), "a=1; Path=/, b=2, c");
  },
};
export const headers_get_all_of_set_cookie = {
  test() {
    const h = new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2"]]);
    same(h.getAll("Set-Cookie"), ["a=1", "b=2"]);
  },
};
export const headers_get_all_of_other_name = {
  test() {
    throws(() => new Headers().getAll("x"), "TypeError",
      'getAll() can only be used with the header name "Set-Cookie".');
  },
};
export const headers_invalid_name = {
  test() {
    for (const name of ["a b", "a:b", "a,b"]) {
      throws(() => new Headers().set(name, "x"), "TypeError", /^Invalid header name\b/);
    }
  },
};
export const headers_invalid_value_newline = {
  test() {
    throws(() => new Headers().set("a", "b\nc"), "TypeError", /^Invalid header value\b/);
    throws(() => new Headers().append("a", "b\0c"), "TypeError", /^Invalid header value\b/);
  },
};
export const headers_get_with_invalid_name_throws = {
  test() { throws(() => new Headers().get("a b"), "TypeError", /^Invalid header name\b/); },
};
export const headers_non_ascii_value_is_kept = {
  test() { eq(new Headers({ x: "é" }).get("x"), "é"); },
};
export const headers_class_string = {
  test() { eq(Object.prototype.toString.call(new Headers()), "[object Headers]"); },
};
export const headers_illegal_invocation = {
  test() {
    const { get } = new Headers();
    throws(() => get("a"), "TypeError",
      "Illegal invocation: function called with incorrect `this` reference. See " +
      "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors " +
      "for details.");
  },
};
