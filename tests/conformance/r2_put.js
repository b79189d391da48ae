// put of an R2 binding: values (V1), metadata, what it gives back. spec/r2.md sections 1.1-1.3, 1.7.
import { eq, same, ok, match, rejects, hex } from "./assert.js";

const NO_VALUE = "Failed to execute 'put' on 'R2Bucket': parameter 2 is not of type " +
  "'JsReadableStream or ArrayBuffer or ArrayBufferView or string or Blob'.";
const stored = async (env, key) => (await env.BUCKET.get(key)).text();
const field = (name, type, on = "PutOptions") =>
  `Incorrect type for the '${name}' field on '${on}': the provided value is not of type '${type}'.`;

export const r2_put_gives_the_object = {
  async test(_, env) {
    const before = Date.now();
    const o = await env.BUCKET.put("put/object", "hello");
    eq(Object.prototype.toString.call(o), "[object HeadResult]");
    eq(o.key, "put/object");
    eq(o.size, 5);
    eq(o.etag, "5d41402abc4b2a76b9719d911017c592");
    eq(o.httpEtag, '"5d41402abc4b2a76b9719d911017c592"');
    ok(o.uploaded instanceof Date);
    ok(Math.abs(o.uploaded - before) < 60_000);
    eq(o.storageClass, "Standard");
    eq(o.range, undefined);
    eq("body" in o, false);
  },
};
export const r2_put_result_is_what_head_says = {
  async test(_, env) {
    const put = await env.BUCKET.put("put/same", "v");
    const head = await env.BUCKET.head("put/same");
    for (const name of ["version", "etag", "size"]) eq(put[name], head[name], name);
    eq(+put.uploaded, +head.uploaded);
  },
};
export const r2_put_versions_differ = {
  async test(_, env) {
    const a = await env.BUCKET.put("put/version", "v");
    const b = await env.BUCKET.put("put/version", "v");
    ok(a.version.length >= 16);
    ok(a.version !== b.version);
    eq(a.etag, b.etag);
  },
};
export const r2_v1_string = {
  async test(_, env) {
    await env.BUCKET.put("v1/string", "grüße 🎈");
    eq(await stored(env, "v1/string"), "grüße 🎈");
  },
};
export const r2_v1_array_buffer = {
  async test(_, env) {
    await env.BUCKET.put("v1/buffer", new Uint8Array([104, 105]).buffer);
    eq(await stored(env, "v1/buffer"), "hi");
  },
};
export const r2_v1_views = {
  async test(_, env) {
    const bytes = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7]);
    await env.BUCKET.put("v1/view", bytes.subarray(2, 5));
    eq(hex(await (await env.BUCKET.get("v1/view")).bytes()), "020304");
    await env.BUCKET.put("v1/dataview", new DataView(bytes.buffer, 6));
    eq(hex(await (await env.BUCKET.get("v1/dataview")).bytes()), "0607");
    await env.BUCKET.put("v1/uint16", new Uint16Array(bytes.buffer, 2, 1));
    eq(hex(await (await env.BUCKET.get("v1/uint16")).bytes()), "0203");
  },
};
export const r2_v1_value_is_taken_at_the_call = {
  async test(_, env) {
    const bytes = new Uint8Array([97, 98]);
    const put = env.BUCKET.put("v1/taken", bytes);
    bytes[0] = 120;
    await put;
    eq(await stored(env, "v1/taken"), "ab");
  },
};
export const r2_v1_blob = {
  async test(_, env) {
    await env.BUCKET.put("v1/blob", new Blob(["a", "b"], { type: "text/plain" }));
    eq(await stored(env, "v1/blob"), "ab");
    same((await env.BUCKET.head("v1/blob")).httpMetadata, {}, "the type of a Blob is not taken");
  },
};
export const r2_v1_file = {
  async test(_, env) {
    await env.BUCKET.put("v1/file", new File(["file"], "f.txt"));
    eq(await stored(env, "v1/file"), "file");
  },
};
export const r2_v1_null_stores_no_bytes = {
  async test(_, env) {
    const o = await env.BUCKET.put("v1/null", null);
    eq(o.size, 0);
    eq(o.etag, "d41d8cd98f00b204e9800998ecf8427e");
    eq((await env.BUCKET.put("v1/undefined", undefined)).size, 0);
  },
};
export const r2_v1_empty_values = {
  async test(_, env) {
    eq((await env.BUCKET.put("v1/empty", "")).size, 0);
    eq((await env.BUCKET.put("v1/empty-buffer", new ArrayBuffer(0))).size, 0);
    eq((await env.BUCKET.put("v1/empty-blob", new Blob([]))).size, 0);
  },
};
export const r2_v1_other_values_are_refused = {
  async test(_, env) {
    for (const value of [5, true, {}, [1], new Date(), new String("s"), new URLSearchParams("a=b"),
      new FormData(), new Response("x"), 5n, () => {}]) {
      await rejects(() => env.BUCKET.put("v1/refused", value), "TypeError", NO_VALUE);
    }
    eq(await env.BUCKET.head("v1/refused"), null);
  },
};
export const r2_put_without_value = {
  async test(_, env) { await rejects(() => env.BUCKET.put("put/none"), "TypeError", NO_VALUE); },
};
export const r2_put_without_arguments = {
  async test(_, env) {
    await rejects(() => env.BUCKET.put(), "TypeError",
      "Failed to execute 'put' on 'R2Bucket': parameter 1 is not of type 'string'.");
  },
};
export const r2_put_options_of_other_types = {
  async test(_, env) {
    await rejects(() => env.BUCKET.put("put/options", "v", 5), "TypeError",
      "Failed to execute 'put' on 'R2Bucket': parameter 3 is not of type 'PutOptions'.");
    ok(await env.BUCKET.put("put/options", "v", null));
    ok(await env.BUCKET.put("put/options", "v", {}));
  },
};
export const r2_put_overwrites = {
  async test(_, env) {
    await env.BUCKET.put("put/over", "first", { customMetadata: { a: "1" }, httpMetadata: { contentType: "a/b" } });
    await env.BUCKET.put("put/over", "second");
    const o = await env.BUCKET.head("put/over");
    same(o.customMetadata, {}, "C3: metadata goes with its version");
    same(o.httpMetadata, {});
    eq(await stored(env, "put/over"), "second");
  },
};
const HTTP = {
  contentType: "text/html; charset=utf-8", contentLanguage: "en-GB", contentDisposition: 'attachment; filename="a.html"',
  contentEncoding: "gzip", cacheControl: "max-age=60", cacheExpiry: new Date("2030-01-02T03:04:05Z"),
};
export const r2_put_http_metadata = {
  async test(_, env) {
    const o = await env.BUCKET.put("http/all", "v", { httpMetadata: HTTP });
    same(o.httpMetadata, HTTP);
    const head = await env.BUCKET.head("http/all");
    same(head.httpMetadata, HTTP);
    ok(head.httpMetadata.cacheExpiry instanceof Date);
  },
};
export const r2_put_http_metadata_from_headers = {
  async test(_, env) {
    const headers = new Headers({
      "content-type": "a/b", "content-language": "de", "content-disposition": "inline",
      "content-encoding": "br", "cache-control": "no-store", expires: "Wed, 02 Jan 2030 03:04:05 GMT", "x-other": "1",
    });
    const wanted = {
      contentType: "a/b", contentLanguage: "de", contentDisposition: "inline", contentEncoding: "br",
      cacheControl: "no-store", cacheExpiry: new Date("2030-01-02T03:04:05Z"),
    };
    same((await env.BUCKET.put("http/headers", "v", { httpMetadata: headers })).httpMetadata, wanted);
    same((await env.BUCKET.head("http/headers")).httpMetadata, wanted);
  },
};
export const r2_put_http_metadata_with_bad_expires = {
  async test(_, env) {
    const expiry = async (expires) =>
      (await env.BUCKET.put("http/expires", "v", { httpMetadata: new Headers({ expires }) })).httpMetadata.cacheExpiry.getTime();
    eq(await expiry("junk"), 0);
    eq(await expiry("0"), Date.parse("2000-01-01"));
  },
};
export const r2_put_http_metadata_is_kept_as_given = {
  async test(_, env) {
    await env.BUCKET.put("http/odd", "v", { httpMetadata: { contentType: "", contentLanguage: "Ünïcode ✓" } });
    same((await env.BUCKET.head("http/odd")).httpMetadata, { contentType: "", contentLanguage: "Ünïcode ✓" });
  },
};
export const r2_put_http_metadata_coerces = {
  async test(_, env) {
    const o = await env.BUCKET.put("http/coerced", "v", { httpMetadata: { contentType: 5, contentLanguage: null, contentEncoding: undefined } });
    same(o.httpMetadata, { contentType: "5", contentLanguage: "null" });
    eq((await env.BUCKET.put("http/coerced", "v", { httpMetadata: { cacheExpiry: 1 } })).httpMetadata.cacheExpiry.getTime(), 1);
  },
};
export const r2_put_http_metadata_of_other_types = {
  async test(_, env) {
    await rejects(env.BUCKET.put("http/bad", "v", { httpMetadata: 5 }), "TypeError", field("httpMetadata", "HttpMetadata or Headers"));
    await rejects(env.BUCKET.put("http/bad", "v", { httpMetadata: { cacheExpiry: "soon" } }), "TypeError", field("cacheExpiry", "date", "HttpMetadata"));
    await rejects(env.BUCKET.put("http/bad", "v", { httpMetadata: { cacheExpiry: new Date(NaN) } }), "TypeError",
      "The value cannot be converted because it is not a valid Date.");
    eq(await env.BUCKET.head("http/bad"), null);
  },
};
export const r2_put_custom_metadata = {
  async test(_, env) {
    const custom = { a: "1", Upper: "kept", "with space": "x y", é: "ü ✓", empty: "" };
    same((await env.BUCKET.put("custom/all", "v", { customMetadata: custom })).customMetadata, custom);
    same((await env.BUCKET.head("custom/all")).customMetadata, custom);
    same((await env.BUCKET.get("custom/all")).customMetadata, custom);
  },
};
export const r2_put_custom_metadata_coerces = {
  async test(_, env) {
    const o = await env.BUCKET.put("custom/coerced", "v", { customMetadata: { n: 5, z: null, u: undefined, o: {} } });
    same(o.customMetadata, { n: "5", z: "null", u: "undefined", o: "[object Object]" });
    same((await env.BUCKET.head("custom/coerced")).customMetadata, { n: "5", z: "null", u: "undefined", o: "[object Object]" });
  },
};
export const r2_put_custom_metadata_of_other_types = {
  async test(_, env) {
    for (const customMetadata of ["x", null, 5, ["x"]]) {
      await rejects(env.BUCKET.put("custom/bad", "v", { customMetadata }), "TypeError", field("customMetadata", "object"));
    }
  },
};
export const r2_put_without_metadata = {
  async test(_, env) {
    const put = await env.BUCKET.put("custom/none", "v");
    same(put.customMetadata, {});
    same(put.httpMetadata, {});
    const head = await env.BUCKET.head("custom/none");
    same(head.customMetadata, {});
    same(head.httpMetadata, {});
  },
};
export const r2_put_result_echoes_what_was_sent = {
  async test(_, env) {
    const sent = { contentType: "a/b" };
    const o = await env.BUCKET.put("custom/echo", "v", { httpMetadata: sent, customMetadata: { k: "v" } });
    ok(o.httpMetadata !== sent);
    same(o.httpMetadata, sent);
    same(o.customMetadata, { k: "v" });
  },
};
export const r2_put_metadata_of_8192_bytes_fits = {
  async test(_, env) {
    ok(await env.BUCKET.put("meta/fits", "v", { customMetadata: { k: "x".repeat(8191) } }));
    ok(await env.BUCKET.put("meta/fits", "v", { customMetadata: { k: "é".repeat(4000) } }), "Latin-1 counts once");
  },
};
export const r2_put_metadata_too_large = {
  async test(_, env) {
    const text = "put: Your metadata headers exceed the maximum allowed metadata size. (10012)";
    await rejects(env.BUCKET.put("meta/large", "v", { customMetadata: { k: "x".repeat(8192) } }), "Error", text);
    await rejects(env.BUCKET.put("meta/large", "v", { customMetadata: { k: "✓".repeat(4096) } }), "Error", text);
    eq(await env.BUCKET.head("meta/large"), null);
  },
};
export const r2_put_storage_class = {
  async test(_, env) {
    eq((await env.BUCKET.put("class/ia", "v", { storageClass: "InfrequentAccess" })).storageClass, "InfrequentAccess");
    eq((await env.BUCKET.head("class/ia")).storageClass, "InfrequentAccess");
    eq((await env.BUCKET.put("class/ia", "v", { storageClass: "Standard" })).storageClass, "Standard");
    eq((await env.BUCKET.put("class/default", "v")).storageClass, "Standard");
  },
};
export const r2_put_other_storage_class_is_refused_by_the_service = {
  async test(_, env) {
    const e = await rejects(env.BUCKET.put("class/other", "v", { storageClass: "Glacier" }), "Error");
    match(e.message, /^put: .*\(\d+\)$/);
    await rejects(env.BUCKET.put("class/other", "v", { storageClass: null }), "Error", /^put: /);
    eq(await env.BUCKET.head("class/other"), null);
  },
};
export const r2_put_options_are_read_from_getters = {
  async test(_, env) {
    class Options { get customMetadata() { return { from: "getter" }; } }
    same((await env.BUCKET.put("put/getter", "v", new Options())).customMetadata, { from: "getter" });
  },
};
export const r2_put_error_in_a_getter_rejects = {
  async test(_, env) {
    await rejects(() => env.BUCKET.put("put/throws", "v", { get customMetadata() { throw new RangeError("mine"); } }), "RangeError", "mine");
  },
};
export const r2_put_large = {
  async test(_, env) {
    const o = await env.BUCKET.put("put/large", new Uint8Array(3_000_000));
    eq(o.size, 3_000_000);
    match(o.etag, /^[0-9a-f]{32}$/);
  },
};
export const r2_c6_failed_put_leaves_what_was_there = {
  async test(_, env) {
    await env.BUCKET.put("put/kept", "before");
    await rejects(env.BUCKET.put("put/kept", "after", { md5: "0".repeat(32) }), "Error", /10037/);
    eq(await stored(env, "put/kept"), "before");
  },
};
