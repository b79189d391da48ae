// head and get of an R2 binding: spec/r2.md sections 1.1, 1.7 and C1. Every check has its own keys.
import { eq, same, ok, rejects, hex, textOf } from "./assert.js";

const USED = "Body has already been used. It can only be used once. Use tee() first if you need to read it twice.";
const tag = (v) => Object.prototype.toString.call(v);

export const r2_head_absent_is_null = {
  async test(_, env) { eq(await env.BUCKET.head("head/none"), null); },
};
export const r2_get_absent_is_null = {
  async test(_, env) { eq(await env.BUCKET.get("get/none"), null); },
};
export const r2_head_gives_an_object_without_body = {
  async test(_, env) {
    await env.BUCKET.put("head/a", "hello");
    const o = await env.BUCKET.head("head/a");
    eq(tag(o), "[object HeadResult]");
    eq(o.key, "head/a");
    eq(o.size, 5);
    eq("body" in o, false);
    eq(o.text, undefined);
  },
};
export const r2_r5_head_has_the_range_of_all = {
  async test(_, env) {
    await env.BUCKET.put("head/range", "hello");
    same((await env.BUCKET.head("head/range")).range, { offset: 0, length: 5 });
  },
};
export const r2_head_ignores_a_second_argument = {
  async test(_, env) {
    await env.BUCKET.put("head/second", "v");
    eq((await env.BUCKET.head("head/second", { onlyIf: { etagMatches: "nope" } })).key, "head/second");
    eq((await env.BUCKET.head("head/second", 5)).key, "head/second");
  },
};
export const r2_get_text = {
  async test(_, env) {
    await env.BUCKET.put("get/text", "héllo");
    const o = await env.BUCKET.get("get/text");
    eq(tag(o), "[object GetResult]");
    eq(o.size, 6);
    eq(await o.text(), "héllo");
  },
};
export const r2_get_array_buffer = {
  async test(_, env) {
    await env.BUCKET.put("get/buffer", new Uint8Array([0, 255, 128]));
    const b = await (await env.BUCKET.get("get/buffer")).arrayBuffer();
    ok(b instanceof ArrayBuffer);
    eq(hex(b), "00ff80");
  },
};
export const r2_get_bytes = {
  async test(_, env) {
    await env.BUCKET.put("get/bytes", new Uint8Array([1, 2]));
    const b = await (await env.BUCKET.get("get/bytes")).bytes();
    ok(b instanceof Uint8Array);
    same(b, new Uint8Array([1, 2]));
  },
};
export const r2_get_json = {
  async test(_, env) {
    await env.BUCKET.put("get/json", '{"a":[1,null]}');
    same(await (await env.BUCKET.get("get/json")).json(), { a: [1, null] });
  },
};
export const r2_get_json_of_text_rejects = {
  async test(_, env) {
    await env.BUCKET.put("get/no-json", "hello");
    await rejects((await env.BUCKET.get("get/no-json")).json(), "SyntaxError");
  },
};
export const r2_get_blob_has_the_content_type = {
  async test(_, env) {
    await env.BUCKET.put("get/blob", "abc", { httpMetadata: { contentType: "text/csv" } });
    const b = await (await env.BUCKET.get("get/blob")).blob();
    ok(b instanceof Blob);
    eq(b.type, "text/csv");
    eq(b.size, 3);
    eq(await b.text(), "abc");
  },
};
export const r2_get_blob_without_content_type = {
  async test(_, env) {
    await env.BUCKET.put("get/blob-plain", "abc");
    eq((await (await env.BUCKET.get("get/blob-plain")).blob()).type, "");
  },
};
export const r2_get_body_is_a_stream = {
  async test(_, env) {
    await env.BUCKET.put("get/stream", "streamed");
    const o = await env.BUCKET.get("get/stream");
    ok(o.body instanceof ReadableStream);
    eq(o.body, o.body);
    eq(await textOf(o.body), "streamed");
  },
};
export const r2_get_body_used = {
  async test(_, env) {
    await env.BUCKET.put("get/used", "v");
    const o = await env.BUCKET.get("get/used");
    eq(o.bodyUsed, false);
    const reader = o.body.getReader();
    eq(o.bodyUsed, false);
    await reader.read();
    eq(o.bodyUsed, true);
  },
};
export const r2_get_second_read_rejects = {
  async test(_, env) {
    await env.BUCKET.put("get/twice", "v");
    const o = await env.BUCKET.get("get/twice");
    await o.text();
    for (const how of ["text", "arrayBuffer", "bytes", "json", "blob"]) {
      await rejects(() => o[how](), "TypeError", USED);
    }
  },
};
export const r2_get_read_after_a_partial_read_rejects = {
  async test(_, env) {
    await env.BUCKET.put("get/partial", "v");
    const o = await env.BUCKET.get("get/partial");
    const reader = o.body.getReader();
    await reader.read();
    reader.releaseLock();
    await rejects(o.text(), "TypeError", USED);
  },
};
export const r2_get_read_of_a_locked_body_rejects = {
  async test(_, env) {
    await env.BUCKET.put("get/locked", "v");
    const o = await env.BUCKET.get("get/locked");
    o.body.getReader();
    await rejects(o.text(), "TypeError", "This ReadableStream is currently locked to a reader.");
  },
};
export const r2_get_body_tee = {
  async test(_, env) {
    await env.BUCKET.put("get/tee", "both");
    const [a, b] = (await env.BUCKET.get("get/tee")).body.tee();
    eq(await textOf(a), "both");
    eq(await textOf(b), "both");
  },
};
export const r2_get_body_byob = {
  async test(_, env) {
    await env.BUCKET.put("get/byob", "abcdef");
    const reader = (await env.BUCKET.get("get/byob")).body.getReader({ mode: "byob" });
    const { value } = await reader.read(new Uint8Array(4));
    ok(value.length >= 1 && value.length <= 4);
    eq(value[0], 97);
  },
};
export const r2_get_body_as_a_response = {
  async test(_, env) {
    await env.BUCKET.put("get/response", "sent on");
    const o = await env.BUCKET.get("get/response");
    eq(await new Response(o.body).text(), "sent on");
    eq(o.bodyUsed, true);
  },
};
export const r2_get_empty_object = {
  async test(_, env) {
    await env.BUCKET.put("get/empty", "");
    const o = await env.BUCKET.get("get/empty");
    eq(o.size, 0);
    eq(await o.text(), "");
    same(o.range, { offset: 0, length: 0 });
  },
};
export const r2_get_null_options_are_none = {
  async test(_, env) {
    await env.BUCKET.put("get/null", "v");
    eq(await (await env.BUCKET.get("get/null", null)).text(), "v");
    eq(await (await env.BUCKET.get("get/null", undefined)).text(), "v");
    eq(await (await env.BUCKET.get("get/null", {})).text(), "v");
  },
};
export const r2_get_unknown_options_are_ignored = {
  async test(_, env) {
    await env.BUCKET.put("get/unknown", "v");
    eq(await (await env.BUCKET.get("get/unknown", { nonsense: 1, type: "json" })).text(), "v");
  },
};
export const r2_keys_are_coerced_to_strings = {
  async test(_, env) {
    await env.BUCKET.put(123, "n");
    eq((await env.BUCKET.head("123")).key, "123");
    eq(await (await env.BUCKET.get(123)).text(), "n");
    await env.BUCKET.put(null, "null");
    eq((await env.BUCKET.head("null")).size, 4);
  },
};
export const r2_keys_beyond_ascii = {
  async test(_, env) {
    const key = "ключ/鍵/🔑 \"quoted\"\\\n%41";
    await env.BUCKET.put(key, "v");
    eq((await env.BUCKET.head(key)).key, key);
    eq(await (await env.BUCKET.get(key)).text(), "v");
  },
};
export const r2_keys_are_the_same_after_nfc = {
  async test(_, env) {
    await env.BUCKET.put("nfc/caf\u00e9", "composed");
    eq(await (await env.BUCKET.get("nfc/cafe\u0301")).text(), "composed");
    await env.BUCKET.put("nfc/cafe\u0301", "decomposed");
    eq(await (await env.BUCKET.get("nfc/caf\u00e9")).text(), "decomposed");
    const { objects } = await env.BUCKET.list({ prefix: "nfc/" });
    same(objects.map((o) => o.key), ["nfc/cafe\u0301"], "the encoding last uploaded");
  },
};
export const r2_keys_like_paths_stay_as_they_are = {
  async test(_, env) {
    for (const key of ["..", ".", "/", "//a", "a/../b", "a//b", "?x=y#z"]) {
      await env.BUCKET.put(key, key);
      eq(await (await env.BUCKET.get(key)).text(), key, key);
    }
  },
};
export const r2_c1_read_after_write = {
  async test(_, env) {
    for (let i = 0; i < 5; i++) {
      await env.BUCKET.put("c1", `v${i}`);
      eq(await (await env.BUCKET.get("c1")).text(), `v${i}`);
    }
  },
};
export const r2_c7_a_body_is_of_its_version = {
  async test(_, env) {
    await env.BUCKET.put("c7", "first");
    const first = await env.BUCKET.get("c7");
    await env.BUCKET.put("c7", "second, longer");
    eq(await first.text(), "first");
    eq(first.size, 5);
  },
};
export const r2_other_bucket_is_another = {
  async test(_, env) {
    await env.BUCKET.put("which", "mine");
    eq(await env.OTHER.get("which"), null);
    await env.OTHER.put("which", "other");
    eq(await (await env.BUCKET.get("which")).text(), "mine");
  },
};
export const r2_get_large_object = {
  async test(_, env) {
    const bytes = new Uint8Array(700_000).map((_, i) => i * 31 + (i >> 8));
    await env.BUCKET.put("get/large", bytes);
    const got = await (await env.BUCKET.get("get/large")).bytes();
    eq(got.length, bytes.length);
    ok(got.every((b, i) => b === bytes[i]));
  },
};
export const r2_promises_are_native = {
  async test(_, env) {
    const p = env.BUCKET.head("x");
    ok(p instanceof Promise);
    await p;

  },
};
