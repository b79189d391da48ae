// Errors of the R2 binding: spec/r2.md sections 1.10-1.12. Texts of the service are `<action>: … (<code>)`.
import { eq, same, ok, throws, rejects } from "./assert.js";

const LONG = "k".repeat(1025);
const NAME = "The specified object name is not valid. (10020)";
const argument = (method, n, type) => `Failed to execute '${method}' on 'R2Bucket': parameter ${n} is not of type '${type}'.`;

export const r2_error_is_a_plain_error = {
  async test(_, env) {
    const e = await rejects(env.BUCKET.list({ limit: 1001 }), "Error");
    eq(e.constructor, Error);
    eq(Object.prototype.toString.call(e), "[object Error]");
    same(Object.getOwnPropertyNames(e).sort(), ["message", "stack"]);
    for (const name of ["code", "status", "cause", "action", "v4Code"]) eq(e[name], undefined, name);
  },
};
export const r2_error_names_its_action = {
  async test(_, env) {
    await rejects(env.BUCKET.head(LONG), "Error", `head: ${NAME}`);
    await rejects(env.BUCKET.get(LONG), "Error", `get: ${NAME}`);
    await rejects(env.BUCKET.put(LONG, "v"), "Error", `put: ${NAME}`);
    await rejects(env.BUCKET.createMultipartUpload(LONG), "Error", `createMultipartUpload: ${NAME}`);
  },
};
export const r2_key_of_1024_bytes = {
  async test(_, env) {
    const key = "é".repeat(512);
    eq((await env.BUCKET.put(key, "v")).key, key);
    eq(await (await env.BUCKET.get(key)).text(), "v");
  },
};
export const r2_key_of_1025_bytes_in_utf8 = {
  async test(_, env) { await rejects(env.BUCKET.put(`${"é".repeat(512)}x`, "v"), "Error", `put: ${NAME}`); },
};
export const r2_empty_key = {
  async test(_, env) {
    await rejects(env.BUCKET.put("", "v"), "Error", `put: ${NAME}`);
    await rejects(env.BUCKET.get(""), "Error", `get: ${NAME}`);
    await rejects(env.BUCKET.head(""), "Error", `head: ${NAME}`);
  },
};
export const r2_without_arguments = {
  async test(_, env) {
    for (const method of ["head", "get", "createMultipartUpload"]) {
      await rejects(() => env.BUCKET[method](), "TypeError", argument(method, 1, "string"));
    }
    throws(() => env.BUCKET.resumeMultipartUpload(), "TypeError", argument("resumeMultipartUpload", 1, "string"));
    throws(() => env.BUCKET.resumeMultipartUpload("k"), "TypeError", argument("resumeMultipartUpload", 2, "string"));
  },
};
export const r2_key_that_is_a_symbol = {
  async test(_, env) {
    await rejects(() => env.BUCKET.head(Symbol("s")), "TypeError", "Cannot convert a Symbol value to a string");
    await rejects(() => env.BUCKET.put(Symbol("s"), "v"), "TypeError", "Cannot convert a Symbol value to a string");
  },
};
export const r2_key_whose_to_string_throws = {
  async test(_, env) {
    await rejects(() => env.BUCKET.get({ toString() { throw new RangeError("mine"); } }), "RangeError", "mine");
  },
};
export const r2_get_options_of_other_types = {
  async test(_, env) {
    for (const options of [5, "text", true]) {
      await rejects(() => env.BUCKET.get("k", options), "TypeError", argument("get", 2, "GetOptions"));
    }
  },
};
export const r2_create_options_of_other_types = {
  async test(_, env) {
    await rejects(() => env.BUCKET.createMultipartUpload("k", 5), "TypeError",
      argument("createMultipartUpload", 2, "MultipartOptions"));
  },
};
export const r2_checks_reject_and_never_throw = {
  async test(_, env) {
    // `rejects` fails when the call itself throws.
    await rejects(() => env.BUCKET.put("k", "v", { md5: 5 }), "TypeError");
    await rejects(() => env.BUCKET.get("k", { range: { offset: -1 } }), "RangeError");
    await rejects(() => env.BUCKET.list({ include: ["x"] }), "RangeError");
    await rejects(() => env.BUCKET.delete(Symbol("s")), "TypeError");
    await rejects(() => env.BUCKET.resumeMultipartUpload("k", "i").uploadPart(0, "v"), "TypeError");
  },
};
export const r2_nothing_is_stored_when_a_check_fails = {
  async test(_, env) {
    await rejects(() => env.BUCKET.put("unstored", "v", { onlyIf: { etagMatches: '"q"' } }), "TypeError");
    await rejects(() => env.BUCKET.put("unstored", "v", { md5: "abc" }), "TypeError");
    await rejects(() => env.BUCKET.put("unstored", "v", { ssecKey: "abc" }), "Error");
    eq(await env.BUCKET.head("unstored"), null);
  },
};
export const r2_order_of_checks_in_put = {
  async test(_, env) {
    const bad = { onlyIf: { etagMatches: '"q"' }, md5: "abc", ssecKey: "abc" };
    await rejects(() => env.BUCKET.put("k", "v", bad), "TypeError", /^Conditional ETag/);
    delete bad.onlyIf;
    await rejects(() => env.BUCKET.put("k", "v", bad), "TypeError", "MD5 is 32 hex characters, not 3");
    delete bad.md5;
    await rejects(() => env.BUCKET.put("k", "v", bad), "Error", "SSE-C Key must be 32 bytes in length");
  },
};
export const r2_order_of_checks_in_get = {
  async test(_, env) {
    const bad = { onlyIf: { etagMatches: '"q"' }, range: { offset: -1 }, ssecKey: "abc" };
    await rejects(() => env.BUCKET.get("k", bad), "TypeError", /^Conditional ETag/);
    delete bad.onlyIf;
    await rejects(() => env.BUCKET.get("k", bad), "RangeError", /^Invalid range/);
    delete bad.range;
    await rejects(() => env.BUCKET.get("k", bad), "Error", "SSE-C Key must be 32 bytes in length");
  },
};
export const r2_key_is_checked_before_metadata_and_digest = {
  async test(_, env) {
    const large = { k: "x".repeat(9000) };
    await rejects(env.BUCKET.put(LONG, "v", { customMetadata: large }), "Error", `put: ${NAME}`);
    await rejects(env.BUCKET.put("order", "v", { customMetadata: large, md5: "0".repeat(32) }), "Error",
      "put: Your metadata headers exceed the maximum allowed metadata size. (10012)");
  },
};
export const r2_c9_overlapping_writes = {
  async test(_, env) {
    const results = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => env.BUCKET.put("c9", `v${i}`)));
    const refused = results.filter((r) => r.status === "rejected");
    for (const { reason } of refused) {
      eq(reason.message, "put: Reduce your concurrent request rate for the same object. (10058)");
    }
    ok(refused.length < 10, "at least one is stored");
    ok((await (await env.BUCKET.get("c9")).text()).startsWith("v"));
  },
};
export const r2_c9_serial_writes_are_never_refused = {
  async test(_, env) {
    for (let i = 0; i < 10; i++) ok(await env.BUCKET.put("c9-serial", `v${i}`));
  },
};
export const r2_c9_writes_to_different_keys = {
  async test(_, env) {
    const results = await Promise.all(Array.from({ length: 10 }, (_, i) => env.BUCKET.put(`c9-keys/${i}`, "v")));
    eq(results.length, 10);
  },
};
export const r2_c11_at_most_one_creates = {
  async test(_, env) {
    const put = (i) => env.BUCKET.put("c11", `v${i}`, { onlyIf: { etagDoesNotMatch: "*" } });
    const results = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => put(i)));
    const stored = results.filter((r) => r.status === "fulfilled" && r.value !== null);
    eq(stored.length, 1);
    eq((await env.BUCKET.head("c11")).etag, stored[0].value.etag);
  },
};
