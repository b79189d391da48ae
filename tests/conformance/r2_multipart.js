// Multipart uploads: spec/r2.md section 1.10, M1-M8.
import { eq, same, ok, match, rejects, hex } from "./assert.js";

const MIB = 1024 * 1024;
const part = (letter, size = 5 * MIB) => new Uint8Array(size).fill(letter.charCodeAt(0));
const NO_UPLOAD = "The specified multipart upload does not exist. (10024)";
const NO_PART = "completeMultipartUpload: One or more of the specified parts could not be found. (10025)";
const TOO_SMALL = "completeMultipartUpload: Your proposed upload is smaller than the minimum allowed object size. (10011)";
const INTERNAL = "We encountered an internal error. Please try again. (10001)";
const NUMBER = (n) => `Part number must be between 1 and 10000 (inclusive). Actual value was: ${n}`;
const VALUE = "Failed to execute 'uploadPart' on 'R2MultipartUpload': parameter 2 is not of type " +
  "'JsReadableStream or ArrayBuffer or ArrayBufferView or string or Blob'.";

export const r2_m_create = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("create");
    eq(Object.prototype.toString.call(upload), "[object R2MultipartUpload]");
    eq(upload.key, "create");
    eq(typeof upload.uploadId, "string");
    ok(upload.uploadId.length > 8);
    eq(await env.BUCKET.head("create"), null);
    await upload.abort();
  },
};
export const r2_m_uploads_of_one_key_have_their_own_ids = {
  async test(_, env) {
    const a = await env.BUCKET.createMultipartUpload("ids");
    const b = await env.BUCKET.createMultipartUpload("ids");
    ok(a.uploadId !== b.uploadId);
    await a.uploadPart(1, "first");
    const p = await b.uploadPart(1, "second");
    await b.complete([p]);
    eq(await (await env.BUCKET.get("ids")).text(), "second");
    await a.abort();
    eq(await (await env.BUCKET.get("ids")).text(), "second");
  },
};
export const r2_m_one_part = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("one");
    const p = await upload.uploadPart(1, "hello");
    same(p, { partNumber: 1, etag: "5d41402abc4b2a76b9719d911017c592" });
    const o = await upload.complete([p]);
    eq(Object.prototype.toString.call(o), "[object HeadResult]");
    eq(o.key, "one");
    eq(o.size, 5);
    match(o.etag, /^[0-9a-f]{32}-1$/);
    eq(await (await env.BUCKET.get("one")).text(), "hello");
  },
};
export const r2_m_etag_is_of_the_parts_digests = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("etag");
    const o = await upload.complete([await upload.uploadPart(1, "hello")]);
    const md5 = await crypto.subtle.digest("MD5", Uint8Array.from("5d41402abc4b2a76b9719d911017c592".match(/../g), (h) => parseInt(h, 16)));
    eq(o.etag, `${hex(md5)}-1`);
    eq(o.httpEtag, `"${o.etag}"`);
  },
};
export const r2_m2_two_parts_and_a_shorter_last = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("three");
    const parts = [await upload.uploadPart(1, part("a")), await upload.uploadPart(2, part("b")), await upload.uploadPart(3, "end")];
    const o = await upload.complete(parts);
    eq(o.size, 10 * MIB + 3);
    match(o.etag, /-3$/);
    const seam = await env.BUCKET.get("three", { range: { offset: 5 * MIB - 2, length: 4 } });
    eq(await seam.text(), "aabb");
    eq(await (await env.BUCKET.get("three", { range: { suffix: 5 } })).text(), "bbend");
  },
};
export const r2_m6_parts_in_any_order = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("order");
    const second = await upload.uploadPart(2, part("b"));
    const first = await upload.uploadPart(1, part("a"));
    await upload.complete([second, first]);
    eq(await (await env.BUCKET.get("order", { range: { offset: 5 * MIB - 1, length: 2 } })).text(), "ab");
  },
};
export const r2_m6_size_check_is_in_argument_order = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("order-small");
    const first = await upload.uploadPart(1, part("a"));
    const last = await upload.uploadPart(2, "end");
    await rejects(upload.complete([last, first]), "Error", TOO_SMALL);
    ok(await upload.complete([first, last]), "the upload stays open");
  },
};
export const r2_m1_sparse_numbers = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("sparse");
    const parts = [await upload.uploadPart(7, part("a")), await upload.uploadPart(10_000, "z")];
    eq((await upload.complete(parts)).size, 5 * MIB + 1);
  },
};
export const r2_m6_parts_left_out_are_dropped = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("dropped");
    await upload.uploadPart(1, "dropped");
    const kept = await upload.uploadPart(2, "kept");
    await upload.complete([kept]);
    eq(await (await env.BUCKET.get("dropped")).text(), "kept");
  },
};
export const r2_m8_a_number_again_replaces = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("again");
    const old = await upload.uploadPart(1, "old");
    const fresh = await upload.uploadPart(1, "new");
    ok(old.etag !== fresh.etag);
    await rejects(upload.complete([old]), "Error", NO_PART);
    await upload.complete([fresh]);
    eq(await (await env.BUCKET.get("again")).text(), "new");
  },
};
export const r2_m1_part_numbers_of_upload_part = {
  async test(_, env) {
    const upload = env.BUCKET.resumeMultipartUpload("m1", "id");
    for (const n of [0, -1, 10_001, 123_456]) await rejects(() => upload.uploadPart(n, "v"), "TypeError", NUMBER(n));
    await rejects(() => upload.uploadPart(NaN, "v"), "TypeError", NUMBER(0));
    await rejects(() => upload.uploadPart(undefined, "v"), "TypeError", NUMBER(0));
    await rejects(() => upload.uploadPart(2 ** 31, "v"), "TypeError",
      "Value out of range. Must be between -2147483648 and 2147483647 (inclusive).");
  },
};
export const r2_m1_part_numbers_are_coerced = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("m1-coerced");
    eq((await upload.uploadPart("3", "v")).partNumber, 3);
    eq((await upload.uploadPart(1.9, "v")).partNumber, 1);
    await upload.abort();
  },
};
export const r2_m1_part_numbers_of_complete = {
  async test(_, env) {
    const upload = env.BUCKET.resumeMultipartUpload("m1", "id");
    for (const n of [0, 10_001]) await rejects(() => upload.complete([{ partNumber: n, etag: "e" }]), "TypeError", NUMBER(n));
    await rejects(() => upload.complete([{}]), "TypeError", NUMBER(0));
  },
};
export const r2_m_values_of_a_part = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("values");
    const etag = "5d41402abc4b2a76b9719d911017c592";
    eq((await upload.uploadPart(1, "hello")).etag, etag);
    eq((await upload.uploadPart(2, new TextEncoder().encode("hello"))).etag, etag);
    eq((await upload.uploadPart(3, new TextEncoder().encode("hello").buffer)).etag, etag);
    eq((await upload.uploadPart(4, new Blob(["hello"]))).etag, etag);
    eq((await upload.uploadPart(5, new Response("hello").body)).etag, etag);
    await upload.abort();
  },
};
export const r2_m_other_values_of_a_part = {
  async test(_, env) {
    const upload = env.BUCKET.resumeMultipartUpload("values", "id");
    for (const value of [null, 5, {}, true]) await rejects(() => upload.uploadPart(1, value), "TypeError", VALUE);
    await rejects(() => upload.uploadPart(1), "TypeError", VALUE);
  },
};
export const r2_m_stream_of_unknown_length = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("unknown");
    await rejects(upload.uploadPart(1, new ReadableStream()), "TypeError",
      "Provided readable stream must have a known length (request/response body or readable half of FixedLengthStream)");
    await upload.abort();
  },
};
export const r2_m3_too_small = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("m3");
    const parts = [await upload.uploadPart(1, part("a", 5 * MIB - 1)), await upload.uploadPart(2, "b")];
    await rejects(upload.complete(parts), "Error", TOO_SMALL);
    eq(await env.BUCKET.head("m3"), null);
    await upload.abort();
  },
};
export const r2_m4_unequal_parts = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("m4");
    const parts = [await upload.uploadPart(1, part("a")), await upload.uploadPart(2, part("b", 5 * MIB + 1)), await upload.uploadPart(3, "c")];
    await rejects(upload.complete(parts), "Error",
      "completeMultipartUpload: All non-trailing parts must have the same length. (10048)");
    await upload.abort();
  },
};
export const r2_m4_last_part_longer_than_the_others = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("m4-last");
    const parts = [await upload.uploadPart(1, part("a")), await upload.uploadPart(2, part("b", 5 * MIB + 1))];
    await rejects(upload.complete(parts), "Error", /\(10048\)$/);
    await upload.abort();
  },
};
export const r2_m2_single_empty_part = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("m2-empty");
    const o = await upload.complete([await upload.uploadPart(1, "")]);
    eq(o.size, 0);
    match(o.etag, /^[0-9a-f]{32}-1$/);
  },
};
export const r2_m2_complete_without_parts = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("m2-none");
    const o = await upload.complete([]);
    eq(o.size, 0);
    eq(o.etag, "d41d8cd98f00b204e9800998ecf8427e-0");
    eq(await (await env.BUCKET.get("m2-none")).text(), "");
  },
};
export const r2_m5_unknown_part = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("m5");
    const p = await upload.uploadPart(1, "v");
    await rejects(upload.complete([{ partNumber: 2, etag: p.etag }]), "Error", NO_PART);
    await upload.abort();
  },
};
export const r2_m5_other_etag = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("m5-etag");
    await upload.uploadPart(1, "v");
    await rejects(upload.complete([{ partNumber: 1, etag: "0".repeat(32) }]), "Error", NO_PART);
    await rejects(upload.complete([{ partNumber: 1 }]), "Error", NO_PART);
    await upload.abort();
  },
};
export const r2_m6_duplicate_numbers = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("m6-twice");
    const p = await upload.uploadPart(1, part("a"));
    await rejects(upload.complete([p, p]), "Error", `completeMultipartUpload: ${INTERNAL}`);
    await upload.abort();
  },
};
export const r2_m7_upload_part_after_abort = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("m7-abort");
    const p = await upload.uploadPart(1, "v");
    eq(await upload.abort(), undefined);
    await rejects(upload.uploadPart(2, "v"), "Error", `uploadPart: ${NO_UPLOAD}`);
    await rejects(upload.complete([p]), "Error", `completeMultipartUpload: ${NO_UPLOAD}`);
    eq(await env.BUCKET.head("m7-abort"), null);
  },
};
export const r2_m7_after_complete = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("m7-complete");
    const p = await upload.uploadPart(1, "v");
    await upload.complete([p]);
    await rejects(upload.uploadPart(2, "v"), "Error", `uploadPart: ${NO_UPLOAD}`);
    await rejects(upload.complete([p]), "Error", `completeMultipartUpload: ${NO_UPLOAD}`);
  },
};
export const r2_m7_abort_twice_and_after_complete = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("m7-twice");
    await upload.abort();
    eq(await upload.abort(), undefined);
    const other = await env.BUCKET.createMultipartUpload("m7-twice");
    await other.complete([await other.uploadPart(1, "v")]);
    eq(await other.abort(), undefined);
    eq(await (await env.BUCKET.get("m7-twice")).text(), "v");
  },
};
export const r2_m7_id_that_was_never_given = {
  async test(_, env) {
    const upload = env.BUCKET.resumeMultipartUpload("m7-never", "never given");
    await rejects(upload.uploadPart(1, "v"), "Error", `uploadPart: ${NO_UPLOAD}`);
    await rejects(upload.complete([{ partNumber: 1, etag: "e" }]), "Error", `completeMultipartUpload: ${INTERNAL}`);
    await rejects(upload.abort(), "Error", `abortMultipartUpload: ${INTERNAL}`);
  },
};
export const r2_m_resume = {
  async test(_, env) {
    const { key, uploadId } = await env.BUCKET.createMultipartUpload("resume");
    const first = env.BUCKET.resumeMultipartUpload(key, uploadId);
    eq(first.key, key);
    eq(first.uploadId, uploadId);
    const p = await first.uploadPart(1, "resumed");
    const o = await env.BUCKET.resumeMultipartUpload(key, uploadId).complete([{ partNumber: p.partNumber, etag: p.etag }]);
    eq(o.key, "resume");
    eq(await (await env.BUCKET.get("resume")).text(), "resumed");
  },
};
export const r2_m_resume_is_synchronous_and_checks_nothing = {
  test(_, env) {
    const upload = env.BUCKET.resumeMultipartUpload(5, 6);
    eq(upload.key, "5");
    eq(upload.uploadId, "6");
    ok(!(upload instanceof Promise));
  },
};
export const r2_m_metadata_is_of_the_creation = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("metadata", {
      httpMetadata: { contentType: "a/b", cacheExpiry: new Date(1000) }, customMetadata: { k: "v" }, storageClass: "InfrequentAccess",
    });
    const o = await upload.complete([await upload.uploadPart(1, "v")]);
    for (const x of [o, await env.BUCKET.head("metadata")]) {
      same(x.httpMetadata, { contentType: "a/b", cacheExpiry: new Date(1000) });
      same(x.customMetadata, { k: "v" });
      eq(x.storageClass, "InfrequentAccess");
    }
  },
};
export const r2_m_metadata_from_headers = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("metadata-headers", { httpMetadata: new Headers({ "content-type": "x/y" }) });
    await upload.complete([await upload.uploadPart(1, "v")]);
    same((await env.BUCKET.head("metadata-headers")).httpMetadata, { contentType: "x/y" });
  },
};
export const r2_m_no_checksums = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("checksums");
    await upload.complete([await upload.uploadPart(1, "v")]);
    same((await env.BUCKET.head("checksums")).checksums.toJSON(), {});
  },
};
export const r2_m_conditions_are_not_taken = {
  async test(_, env) {
    await env.BUCKET.put("not-taken", "before");
    const upload = await env.BUCKET.createMultipartUpload("not-taken", { onlyIf: { etagMatches: "x" }, md5: "bad" });
    ok(await upload.complete([await upload.uploadPart(1, "after")]));
    eq(await (await env.BUCKET.get("not-taken")).text(), "after");
  },
};
export const r2_c8_invisible_until_complete = {
  async test(_, env) {
    await env.BUCKET.put("c8", "before");
    const upload = await env.BUCKET.createMultipartUpload("c8");
    const p = await upload.uploadPart(1, "after");
    eq(await (await env.BUCKET.get("c8")).text(), "before");
    await upload.complete([p]);
    eq(await (await env.BUCKET.get("c8")).text(), "after");
  },
};
export const r2_m10_uploaded_is_of_the_completion = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("m10");
    const p = await upload.uploadPart(1, "v");
    const { uploaded } = await env.BUCKET.put("m10-between", "v");
    const o = await upload.complete([p]);
    ok(+o.uploaded >= +uploaded);
  },
};
export const r2_m_complete_of_other_types = {
  async test(_, env) {
    const upload = env.BUCKET.resumeMultipartUpload("types", "id");
    const text = "Failed to execute 'complete' on 'R2MultipartUpload': parameter 1 is not of type 'Array'.";
    for (const parts of [undefined, {}, 5, new Set()]) await rejects(() => upload.complete(parts), "TypeError", text);
    await rejects(() => upload.complete([1]), "TypeError",
      "Incorrect type for array element 0: the provided value is not of type 'UploadedPart'.");
  },
};
export const r2_m_ssec = {
  async test(_, env) {
    const ssecKey = "c".repeat(64);
    const upload = await env.BUCKET.createMultipartUpload("ssec", { ssecKey });
    const p = await upload.uploadPart(1, "secret", { ssecKey });
    const o = await upload.complete([p]);
    match(o.ssecKeyMd5, /^[0-9a-f]{32}$/);
    eq(await (await env.BUCKET.get("ssec", { ssecKey })).text(), "secret");
  },
};
export const r2_m_create_key_that_is_not_valid = {
  async test(_, env) {
    await rejects(env.BUCKET.createMultipartUpload("k".repeat(1025)), "Error",
      "createMultipartUpload: The specified object name is not valid. (10020)");
  },
};
export const r2_m_create_metadata_too_large = {
  async test(_, env) {
    await rejects(env.BUCKET.createMultipartUpload("large", { customMetadata: { k: "x".repeat(9000) } }), "Error",
      "createMultipartUpload: Your metadata headers exceed the maximum allowed metadata size. (10012)");
  },
};
