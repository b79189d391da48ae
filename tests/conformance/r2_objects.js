// Shapes: classes, tags, properties and JSON of the R2 binding and what it gives. spec/r2.md 1.1, 1.7.
import { eq, same, ok, throws, refuses, hex } from "./assert.js";

const tag = (v) => Object.prototype.toString.call(v);
const PROPERTIES = ["checksums", "customMetadata", "etag", "httpEtag", "httpMetadata", "key", "range", "size",
  "ssecKeyMd5", "storageClass", "uploaded", "version"];
const own = (o) => Object.getOwnPropertyNames(o).sort();
const put = (env, key, options) => env.BUCKET.put(key, "hello", options);
const ILLEGAL = /^Illegal invocation/;
const NOT_SERIALIZED = "R2 resources can only be serialized for RPC.";

export const r2_bucket_class = {
  test(_, env) {
    eq(tag(env.BUCKET), "[object R2Bucket]");
    eq(env.BUCKET.constructor.name, "R2Bucket");
    same(own(env.BUCKET), []);
  },
};
export const r2_bucket_methods = {
  test(_, env) {
    const prototype = Object.getPrototypeOf(env.BUCKET);
    same(own(prototype), ["constructor", "createMultipartUpload", "delete", "get", "head", "list", "put", "resumeMultipartUpload"]);
    for (const name of own(prototype)) {
      const d = Object.getOwnPropertyDescriptor(prototype, name);
      eq(typeof d.value, "function", name);
      same([d.enumerable, d.writable, d.configurable], [name !== "constructor", true, true], name);
      if (name !== "constructor") eq(d.value.name, name);
    }
  },
};
export const r2_classes_are_not_global = {
  test() {
    for (const name of ["R2Bucket", "R2Object", "R2ObjectBody", "R2MultipartUpload", "R2Objects", "HeadResult", "GetResult", "Checksums"]) {
      eq(typeof globalThis[name], "undefined", name);
    }
  },
};
export const r2_bucket_constructor_is_illegal = {
  test(_, env) {
    throws(() => new env.BUCKET.constructor(), "TypeError", "Illegal constructor");
    throws(() => env.BUCKET.constructor(), "TypeError");
  },
};
export const r2_bucket_methods_need_their_bucket = {
  async test(_, env) {
    for (const name of ["head", "get", "put", "delete", "list", "createMultipartUpload", "resumeMultipartUpload"]) {
      const { [name]: method } = env.BUCKET;
      await refuses(() => method.call({}, "k", "v"), "TypeError", ILLEGAL);
      await refuses(() => method.call(undefined, "k", "v"), "TypeError", ILLEGAL);
    }
  },
};
export const r2_bucket_is_not_cloned = {
  test(_, env) { throws(() => structuredClone(env.BUCKET), "DataCloneError", "An R2 bucket binding cannot be serialized."); },
};
export const r2_bucket_binding_is_one_object = {
  test(_, env) {
    eq(env.BUCKET, env.BUCKET);
    ok(env.BUCKET !== env.OTHER);
    eq(env.BUCKET.get, env.OTHER.get);
  },
};
export const r2_bucket_json = {
  test(_, env) { eq(JSON.stringify({ b: env.BUCKET }), '{"b":{}}'); },
};
export const r2_bucket_can_be_extended = {
  async test(_, env) {
    env.BUCKET.mine = 1;
    eq(env.BUCKET.mine, 1);
    delete env.BUCKET.mine;
  },
};
export const r2_head_result_class = {
  async test(_, env) {
    const o = await put(env, "class/head");
    eq(o.constructor.name, "HeadResult");
    same(own(Object.getPrototypeOf(o)), ["constructor", "writeHttpMetadata"]);
    throws(() => new o.constructor(), "TypeError", "Illegal constructor");
  },
};
export const r2_get_result_class = {
  async test(_, env) {
    await put(env, "class/get");
    const o = await env.BUCKET.get("class/get");
    const head = await env.BUCKET.head("class/get");
    eq(o.constructor.name, "GetResult");
    const prototype = Object.getPrototypeOf(o);
    same(own(prototype), ["arrayBuffer", "blob", "body", "bodyUsed", "bytes", "constructor", "json", "text"]);
    eq(Object.getPrototypeOf(prototype), Object.getPrototypeOf(head));
    ok(o instanceof head.constructor);
  },
};
export const r2_get_result_accessors = {
  async test(_, env) {
    await put(env, "class/accessors");
    const o = await env.BUCKET.get("class/accessors");
    for (const name of ["body", "bodyUsed"]) {
      const d = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(o), name);
      same([typeof d.get, d.set === undefined, d.enumerable, d.configurable], ["function", true, true, true], name);
      throws(() => { o[name] = 1; }, "TypeError");
    }
    await o.text();
  },
};
export const r2_object_properties_are_its_own = {
  async test(_, env) {
    await put(env, "own");
    for (const o of [await env.BUCKET.head("own"), await env.BUCKET.get("own"), (await env.BUCKET.list({ prefix: "own" })).objects[0]]) {
      same(own(o), PROPERTIES);
      same(Object.keys(o).sort(), PROPERTIES);
      for (const name of PROPERTIES) {
        const d = Object.getOwnPropertyDescriptor(o, name);
        same([d.enumerable, d.writable, d.configurable, "value" in d], [true, false, true, true], name);
      }
    }
  },
};
export const r2_object_properties_are_read_only = {
  async test(_, env) {
    const o = await put(env, "read-only");
    throws(() => { o.key = "x"; }, "TypeError", "Cannot assign to read only property 'key' of object '#<HeadResult>'");
    throws(() => { o.size = 7; }, "TypeError", "Cannot assign to read only property 'size' of object '#<HeadResult>'");
    eq(o.key, "read-only");
  },
};
export const r2_object_properties_keep_their_identity = {
  async test(_, env) {
    await put(env, "identity", { httpMetadata: { contentType: "a/b" } });
    const o = await env.BUCKET.get("identity");
    for (const name of ["httpMetadata", "customMetadata", "checksums", "uploaded", "range"]) eq(o[name], o[name], name);
    eq(o.checksums.md5, o.checksums.md5);
    o.httpMetadata.contentType = "changed";
    eq(o.httpMetadata.contentType, "changed", "the object is the reader's");
    eq((await env.BUCKET.head("identity")).httpMetadata.contentType, "a/b");
  },
};
export const r2_object_types = {
  async test(_, env) {
    const o = await put(env, "types", { customMetadata: { a: "1" } });
    for (const name of ["key", "version", "etag", "httpEtag", "storageClass"]) eq(typeof o[name], "string", name);
    eq(typeof o.size, "number");
    eq(tag(o.uploaded), "[object Date]");
    eq(tag(o.httpMetadata), "[object Object]");
    eq(Object.getPrototypeOf(o.customMetadata), Object.prototype);
    eq(o.ssecKeyMd5, undefined);
  },
};
export const r2_object_json = {
  async test(_, env) {
    await put(env, "json", { httpMetadata: { contentType: "a/b", cacheExpiry: new Date(1000) }, customMetadata: { k: "v" } });
    const o = await env.BUCKET.get("json");
    const json = JSON.parse(JSON.stringify(o));
    same(Object.keys(json).sort(), PROPERTIES.filter((n) => n !== "ssecKeyMd5"));
    eq(json.uploaded, o.uploaded.toISOString());
    same(json.checksums, { md5: o.etag });
    same(json.httpMetadata, { contentType: "a/b", cacheExpiry: "1970-01-01T00:00:01.000Z" });
    same(json.range, { offset: 0, length: 5 });
    same(json.customMetadata, { k: "v" });
    await o.text();
  },
};
export const r2_object_json_of_put = {
  async test(_, env) {
    const json = JSON.parse(JSON.stringify(await put(env, "json-put")));
    same(Object.keys(json).sort(), PROPERTIES.filter((n) => n !== "ssecKeyMd5" && n !== "range"));
  },
};
export const r2_http_metadata_has_all_six_keys = {
  async test(_, env) {
    await put(env, "six", { httpMetadata: { contentType: "a/b" } });
    same(Object.keys((await env.BUCKET.head("six")).httpMetadata),
      ["contentType", "contentLanguage", "contentDisposition", "contentEncoding", "cacheControl", "cacheExpiry"]);
  },
};
export const r2_object_copies_by_spread = {
  async test(_, env) {
    const o = await put(env, "spread");
    const copy = { ...o };
    same(Object.keys(copy).sort(), PROPERTIES);
    eq(copy.key, "spread");
    eq(copy.writeHttpMetadata, undefined);
  },
};
export const r2_objects_are_not_cloned = {
  async test(_, env) {
    const o = await put(env, "clone");
    throws(() => structuredClone(o), "DataCloneError", NOT_SERIALIZED);
    throws(() => structuredClone({ deep: [o] }), "DataCloneError", NOT_SERIALIZED);
  },
};
export const r2_etag_and_http_etag = {
  async test(_, env) {
    const o = await put(env, "etag");
    eq(o.etag, "5d41402abc4b2a76b9719d911017c592");
    eq(o.httpEtag, `"${o.etag}"`);
  },
};
export const r2_checksums_class = {
  async test(_, env) {
    const { checksums } = await put(env, "checksums");
    eq(tag(checksums), "[object Checksums]");
    eq(checksums.constructor.name, "Checksums");
    same(own(checksums), ["md5", "sha1", "sha256", "sha384", "sha512"]);
    same(own(Object.getPrototypeOf(checksums)), ["constructor", "toJSON"]);
    ok(checksums.md5 instanceof ArrayBuffer);
    eq(hex(checksums.md5), "5d41402abc4b2a76b9719d911017c592");
    eq(JSON.stringify(checksums), '{"md5":"5d41402abc4b2a76b9719d911017c592"}');
  },
};
export const r2_checksums_to_json_has_all_five_keys = {
  async test(_, env) {
    const json = (await put(env, "checksums-json")).checksums.toJSON();
    same(Object.keys(json), ["md5", "sha1", "sha256", "sha384", "sha512"]);
  },
};
export const r2_multipart_upload_class = {
  test(_, env) {
    const upload = env.BUCKET.resumeMultipartUpload("key", "id");
    eq(tag(upload), "[object R2MultipartUpload]");
    same(own(upload), ["key", "uploadId"]);
    same(own(Object.getPrototypeOf(upload)), ["abort", "complete", "constructor", "uploadPart"]);
    throws(() => { upload.key = "x"; }, "TypeError", "Cannot assign to read only property 'key' of object '#<R2MultipartUpload>'");
    const { key, uploadId, ...rest } = JSON.parse(JSON.stringify(upload));
    same([key, uploadId, rest], ["key", "id", {}]);
  },
};
const METADATA = {
  contentType: "text/plain", contentLanguage: "en", contentDisposition: "inline", contentEncoding: "identity",
  cacheControl: "no-cache", cacheExpiry: new Date("2030-01-02T03:04:05.678Z"),
};
export const r2_write_http_metadata = {
  async test(_, env) {
    await put(env, "write/all", { httpMetadata: METADATA });
    const headers = new Headers({ "x-kept": "1", "content-type": "replaced" });
    eq((await env.BUCKET.head("write/all")).writeHttpMetadata(headers), undefined);
    same([...headers], [
      ["cache-control", "no-cache"], ["content-disposition", "inline"], ["content-encoding", "identity"],
      ["content-language", "en"], ["content-type", "text/plain"], ["expires", "Wed, 02 Jan 2030 03:04:05 GMT"], ["x-kept", "1"],
    ]);
  },
};
export const r2_write_http_metadata_only_what_is_there = {
  async test(_, env) {
    await put(env, "write/some", { httpMetadata: { contentLanguage: "fr" } });
    const headers = new Headers({ "content-type": "kept" });
    (await env.BUCKET.get("write/some")).writeHttpMetadata(headers);
    same([...headers], [["content-language", "fr"], ["content-type", "kept"]]);
  },
};
export const r2_write_http_metadata_of_put = {
  async test(_, env) {
    const headers = new Headers();
    (await put(env, "write/put", { httpMetadata: { contentType: "a/b" } })).writeHttpMetadata(headers);
    same([...headers], [["content-type", "a/b"]]);
  },
};
export const r2_write_http_metadata_unknown = {
  async test(_, env) {
    await put(env, "write/listed");
    const [o] = (await env.BUCKET.list({ prefix: "write/listed" })).objects;
    throws(() => o.writeHttpMetadata(new Headers()), "TypeError",
      "HTTP metadata unknown for key `write/listed`. Did you forget to add 'httpMetadata' to `include` when listing?");
  },
};
export const r2_write_http_metadata_needs_headers = {
  async test(_, env) {
    const o = await put(env, "write/bad");
    for (const value of [undefined, {}, [], "x"]) {
      throws(() => o.writeHttpMetadata(value), "TypeError",
        "Failed to execute 'writeHttpMetadata' on 'HeadResult': parameter 1 is not of type 'Headers'.");
    }
  },
};
export const r2_list_result_is_plain = {
  async test(_, env) {
    const page = await env.BUCKET.list({ prefix: "none/" });
    eq(Object.getPrototypeOf(page), Object.prototype);
    page.objects.push(1);
    page.truncated = "mine";
    eq(page.truncated, "mine");
  },
};
export const r2_uploaded_part_is_plain = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("part-shape");
    const part = await upload.uploadPart(1, "v");
    same(Object.keys(part), ["partNumber", "etag"]);
    eq(Object.getPrototypeOf(part), Object.prototype);
    await upload.abort();
  },
};
