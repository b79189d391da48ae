// The KV binding's calls and shapes: spec/kv.md sections 1.1, 1.2 and 1.5. Every check has its own keys.
import { eq, same, ok, throws, rejects, refuses, streamOf, utf8, textOf } from "./assert.js";

const RANGE = "Value out of range. Must be between -2147483648 and 2147483647 (inclusive).";
const pause = () => scheduler.wait(1100); // one write a second to one key
const names = (r) => r.keys.map((k) => k.name);

export const kv_binding_class = {
  test(_, env) { eq(Object.prototype.toString.call(env.KV), "[object KvNamespace]"); },
};
export const kv_put_resolves_undefined = {
  async test(_, env) { eq(await env.KV.put("put-undefined", "v"), undefined); },
};
export const kv_get_text = {
  async test(_, env) {
    await env.KV.put("text", "héllo");
    eq(await env.KV.get("text"), "héllo");
    eq(await env.KV.get("text", "text"), "héllo");
    eq(await env.KV.get("text", { type: "text" }), "héllo");
    eq(await env.KV.get("text", {}), "héllo");
    eq(await env.KV.get("text", null), "héllo");
  },
};
export const kv_get_absent_is_null = {
  async test(_, env) { eq(await env.KV.get("absent"), null); },
};
export const kv_get_json = {
  async test(_, env) {
    await env.KV.put("json", '{"a":[1]}');
    same(await env.KV.get("json", "json"), { a: [1] });
    same(await env.KV.get("json", { type: "json" }), { a: [1] });
  },
};
export const kv_get_array_buffer = {
  async test(_, env) {
    await env.KV.put("buffer", new Uint8Array([0, 255]));
    const b = await env.KV.get("buffer", "arrayBuffer");
    ok(b instanceof ArrayBuffer);
    same(new Uint8Array(b), new Uint8Array([0, 255]));
  },
};
export const kv_get_stream = {
  async test(_, env) {
    await env.KV.put("stream", "flow");
    const s = await env.KV.get("stream", "stream");
    ok(s instanceof ReadableStream);
    eq(await textOf(s), "flow");
  },
};
export const kv_put_value_kinds = {
  async test(_, env) {
    await env.KV.put("kind-buffer", utf8("ab").buffer);
    eq(await env.KV.get("kind-buffer"), "ab");
    await env.KV.put("kind-view", utf8("abcdef").subarray(1, 3));
    eq(await env.KV.get("kind-view"), "bc");
    await env.KV.put("kind-empty", "");
    eq(await env.KV.get("kind-empty"), "");
  },
};
export const kv_put_stream_value = {
  async test(_, env) {
    await env.KV.put("from-body", new Response("streamed").body);
    eq(await env.KV.get("from-body"), "streamed");
  },
};
export const kv_a1_key_is_stringified = {
  async test(_, env) {
    await env.KV.put(1, "one");
    eq(await env.KV.get("1"), "one");
    eq(await env.KV.get(1), "one");
  },
};
export const kv_a1_unknown_options_are_ignored = {
  async test(_, env) {
    await env.KV.put("options", "v", { nope: 1 });
    eq(await env.KV.get("options", { nope: 1, type: undefined }), "v");
  },
};
export const kv_a2_cache_ttl_out_of_range = {
  async test(_, env) {
    await refuses(() => env.KV.get("a2", { cacheTtl: 2 ** 31 }), "TypeError", RANGE);
  },
};
export const kv_a2_expiration_out_of_range = {
  async test(_, env) {
    await refuses(() => env.KV.put("a2", "v", { expiration: 2 ** 31 }), "TypeError", RANGE);
    await refuses(() => env.KV.put("a2", "v", { expirationTtl: -(2 ** 31) - 1 }), "TypeError", RANGE);
  },
};
export const kv_a2_not_a_number_is_zero = {
  async test(_, env) {
    await rejects(env.KV.put("a2-nan", "v", { expirationTtl: NaN }), "Error",
      "KV PUT failed: 400 Invalid expiration_ttl of 0. Please specify integer greater than 0.");
  },
};
export const kv_a2_fraction_is_truncated = {
  async test(_, env) {
    await rejects(env.KV.put("a2-fraction", "v", { expirationTtl: 59.9 }), "Error",
      "KV PUT failed: 400 Invalid expiration_ttl of 59. Expiration TTL must be at least 60.");
  },
};
export const kv_a3_limit_zero_means_default = {
  async test(_, env) {
    await env.KV.put("a3/x", "v");
    same(names(await env.KV.list({ prefix: "a3/", limit: 0 })), ["a3/x"]);
    same(names(await env.KV.list({ prefix: "a3/", limit: -5 })), ["a3/x"]);
  },
};
export const kv_a4_metadata_null_is_none = {
  async test(_, env) {
    await env.KV.put("a4-null", "v", { metadata: null });
    eq((await env.KV.getWithMetadata("a4-null")).metadata, null);
  },
};
export const kv_a4_metadata_any_json_value = {
  async test(_, env) {
    await env.KV.put("a4-number", "v", { metadata: 5 });
    eq((await env.KV.getWithMetadata("a4-number")).metadata, 5);
    await env.KV.put("a4-text", "v", { metadata: "é😀" });
    eq((await env.KV.getWithMetadata("a4-text")).metadata, "é😀");
    await env.KV.put("a4-object", "v", { metadata: { a: [null] } });
    same((await env.KV.getWithMetadata("a4-object")).metadata, { a: [null] });
  },
};
export const kv_a5_primitive_values_are_stringified = {
  async test(_, env) {
    await env.KV.put("a5-number", 12);
    eq(await env.KV.get("a5-number"), "12");
    await env.KV.put("a5-null", null);
    eq(await env.KV.get("a5-null"), "null");
    await env.KV.put("a5-undefined", undefined);
    eq(await env.KV.get("a5-undefined"), "undefined");
    await env.KV.put("a5-true", true);
    eq(await env.KV.get("a5-true"), "true");
  },
};
export const kv_a5_buffer_is_copied_at_the_call = {
  async test(_, env) {
    const b = utf8("abc");
    const put = env.KV.put("a5-copy", b);
    b[0] = 122;
    await put;
    eq(await env.KV.get("a5-copy"), "abc");
  },
};
export const kv_a6_bad_type_of_absent_key_is_null = {
  async test(_, env) { eq(await env.KV.get("a6-absent", "nope"), null); },
};
export const kv_a7_json_of_text_is_syntax_error = {
  async test(_, env) {
    await env.KV.put("a7", "not json");
    await rejects(env.KV.get("a7", "json"), "SyntaxError");
  },
};
export const kv_a10_integer_like_keys_vanish_from_bulk = {
  async test(_, env) {
    await env.KV.put("42", "v");
    const m = await env.KV.get(["42", "a10-absent"]);
    same([...m], [["a10-absent", null]]);
  },
};
export const kv_a11_get_of_empty_key_rejects = {
  async test(_, env) { await rejects(() => env.KV.get(""), "TypeError", "Key name cannot be empty."); },
};
export const kv_a12_bulk_duplicates_collapse = {
  async test(_, env) {
    await env.KV.put("a12", "v");
    same([...(await env.KV.get(["a12", "a12"]))], [["a12", "v"]]);
  },
};
export const kv_bulk_get_map = {
  async test(_, env) {
    await env.KV.put("bulk-a", "1");
    const m = await env.KV.get(["bulk-a", "bulk-none"]);
    ok(m instanceof Map);
    eq(m.get("bulk-a"), "1");
    eq(m.get("bulk-none"), null);
    eq(m.size, 2);
  },
};
export const kv_bulk_get_json = {
  async test(_, env) {
    await env.KV.put("bulk-json", '{"n":1}');
    same((await env.KV.get(["bulk-json"], "json")).get("bulk-json"), { n: 1 });
    same((await env.KV.get(["bulk-json"], { type: "json" })).get("bulk-json"), { n: 1 });
  },
};
export const kv_bulk_get_with_metadata = {
  async test(_, env) {
    await env.KV.put("bulk-meta", "v", { metadata: { m: 1 } });
    const m = await env.KV.getWithMetadata(["bulk-meta", "bulk-meta-none"]);
    same(m.get("bulk-meta"), { value: "v", metadata: { m: 1 } });
    eq(m.get("bulk-meta-none"), null);
  },
};
export const kv_get_with_metadata_shape = {
  async test(_, env) {
    await env.KV.put("meta", '{"v":1}', { metadata: { m: 1 } });
    const r = await env.KV.getWithMetadata("meta", "json");
    same(r.value, { v: 1 });
    same(r.metadata, { m: 1 });
    ok(r.cacheStatus === null || typeof r.cacheStatus === "string");
  },
};
export const kv_get_with_metadata_absent = {
  async test(_, env) {
    const r = await env.KV.getWithMetadata("meta-absent");
    eq(r.value, null);
    eq(r.metadata, null);
  },
};
export const kv_delete = {
  async test(_, env) {
    await env.KV.put("gone", "v");
    eq(await env.KV.delete("gone"), undefined);
    eq(await env.KV.get("gone"), null);
    eq(await env.KV.delete("never-there"), undefined);
  },
};
export const kv_keys_with_odd_characters = {
  async test(_, env) {
    for (const key of ["odd/a b", "odd/%41", "odd/é😀", "odd/a+b?c#d&e=f", "odd/../x", "odd/\\\"<>"]) {
      await env.KV.put(key, `v:${key}`);
      eq(await env.KV.get(key), `v:${key}`, key);
    }
  },
};
export const kv_key_of_512_bytes = {
  async test(_, env) {
    const key = "é".repeat(256);
    await env.KV.put(key, "v");
    eq(await env.KV.get(key), "v");
  },
};
export const kv_k13_put_replaces_metadata_and_expiration = {
  async test(_, env) {
    await env.KV.put("k13/x", "1", { metadata: { m: 1 }, expirationTtl: 100 });
    await pause();
    await env.KV.put("k13/x", "2");
    const r = await env.KV.getWithMetadata("k13/x");
    eq(r.value, "2");
    eq(r.metadata, null);
    eq("expiration" in (await env.KV.list({ prefix: "k13/" })).keys[0], false);
  },
};
export const kv_list_empty_shape = {
  async test(_, env) {
    const r = await env.KV.list({ prefix: "nothing-has-this/" });
    same(r.keys, []);
    eq(r.list_complete, true);
    eq("cursor" in r, false);
    ok("cacheStatus" in r);
  },
};
export const kv_l1_order_is_by_utf8_bytes = {
  async test(_, env) {
    for (const k of ["l1/b", "l1/a", "l1/\u{10000}", "l1/\uffee", "l1/Z"]) await env.KV.put(k, "v");
    same(names(await env.KV.list({ prefix: "l1/" })), ["l1/Z", "l1/a", "l1/b", "l1/\uffee", "l1/\u{10000}"]);
  },
};
export const kv_l2_pages_with_cursor = {
  async test(_, env) {
    for (const k of ["1", "2", "3"]) await env.KV.put(`l2/${k}`, "v");
    const a = await env.KV.list({ prefix: "l2/", limit: 2 });
    same(names(a), ["l2/1", "l2/2"]);
    eq(a.list_complete, false);
    ok(typeof a.cursor === "string" && a.cursor !== "");
    const b = await env.KV.list({ prefix: "l2/", limit: 2, cursor: a.cursor });
    same(names(b), ["l2/3"]);
    eq(b.list_complete, true);
    eq("cursor" in b, false);
  },
};
export const kv_l5_list_shows_metadata_and_expiration = {
  async test(_, env) {
    const before = Math.floor(Date.now() / 1000);
    await env.KV.put("l5/plain", "v");
    await env.KV.put("l5/rich", "v", { metadata: { m: 1 }, expirationTtl: 100 });
    const [plain, rich] = (await env.KV.list({ prefix: "l5/" })).keys;
    same(Object.keys(plain), ["name"]);
    same(rich.metadata, { m: 1 });
    ok(rich.expiration >= before + 99 && rich.expiration <= before + 110, `expiration ${rich.expiration}`);
  },
};
export const kv_l6_limit_one = {
  async test(_, env) {
    await env.KV.put("l6/a", "v");
    await env.KV.put("l6/b", "v");
    eq((await env.KV.list({ prefix: "l6/", limit: 1 })).keys.length, 1);
  },
};
export const kv_list_null_options = {
  async test(_, env) {
    await env.KV.put("ln/a", "v");
    ok((await env.KV.list({ prefix: null, cursor: null })).keys.length >= 1);
    ok((await env.KV.list()).keys.length >= 1);
  },
};
