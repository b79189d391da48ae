// Digests and customers' keys: spec/r2.md section 1.6.
import { eq, same, ok, rejects, hex, unhex } from "./assert.js";

// Of "hello".
const DIGESTS = {
  md5: "5d41402abc4b2a76b9719d911017c592",
  sha1: "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d",
  sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
  sha384: "59e1748777448c69de6b800d7a33bbfb9ff1b463e44354c3553bcdb9c666fa90125a3c79f90397bdf5f6a13de828684f",
  sha512: "9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca7" +
    "2323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043",
};
const LABELS = { md5: "MD5", sha1: "SHA-1", sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" };
const put = (env, key, options) => env.BUCKET.put(key, "hello", options);
const KEY_A = "a".repeat(64);
const KEY_B = "b".repeat(64);
const KEY_A_MD5 = "baf72a5be99c3271cada410bd0e19bf6";

export const r2_md5_as_hex = {
  async test(_, env) {
    const o = await put(env, "md5/hex", { md5: DIGESTS.md5 });
    eq(hex(o.checksums.md5), DIGESTS.md5);
    eq((await env.BUCKET.head("md5/hex")).checksums.toJSON().md5, DIGESTS.md5);
  },
};
export const r2_md5_as_bytes = {
  async test(_, env) {
    const bytes = unhex(DIGESTS.md5);
    ok(await put(env, "md5/bytes", { md5: bytes }));
    ok(await put(env, "md5/bytes", { md5: bytes.buffer }));
    ok(await put(env, "md5/bytes", { md5: DIGESTS.md5.toUpperCase() }));
  },
};
export const r2_md5_mismatch = {
  async test(_, env) {
    const given = "0".repeat(DIGESTS.md5.length);
    await rejects(put(env, "md5/mismatch", { md5: given }), "Error",
      `put: The ${LABELS.md5} checksum you specified did not match what we received.\n` +
      `You provided a ${LABELS.md5} checksum with value: ${given}\nActual ${LABELS.md5} was: ${DIGESTS.md5} (10037)`);
    eq(await env.BUCKET.head("md5/mismatch"), null);
  },
};
export const r2_md5_of_wrong_length = {
  async test(_, env) {
    const size = DIGESTS.md5.length / 2;
    await rejects(put(env, "md5/bad", { md5: new Uint8Array(3) }), "TypeError", `${LABELS.md5} is ${size} bytes, not 3`);
    await rejects(put(env, "md5/bad", { md5: "abc" }), "TypeError", `${LABELS.md5} is ${2 * size} hex characters, not 3`);
    await rejects(put(env, "md5/bad", { md5: "" }), "TypeError", `${LABELS.md5} is ${2 * size} hex characters, not 0`);
  },
};
export const r2_md5_not_hex = {
  async test(_, env) {
    await rejects(put(env, "md5/bad", { md5: "z".repeat(DIGESTS.md5.length) }), "TypeError",
      `Provided ${LABELS.md5} wasn't a valid hex string`);
  },
};
export const r2_sha1_as_hex = {
  async test(_, env) {
    const o = await put(env, "sha1/hex", { sha1: DIGESTS.sha1 });
    eq(hex(o.checksums.sha1), DIGESTS.sha1);
    eq((await env.BUCKET.head("sha1/hex")).checksums.toJSON().sha1, DIGESTS.sha1);
  },
};
export const r2_sha1_as_bytes = {
  async test(_, env) {
    const bytes = unhex(DIGESTS.sha1);
    ok(await put(env, "sha1/bytes", { sha1: bytes }));
    ok(await put(env, "sha1/bytes", { sha1: bytes.buffer }));
    ok(await put(env, "sha1/bytes", { sha1: DIGESTS.sha1.toUpperCase() }));
  },
};
export const r2_sha1_mismatch = {
  async test(_, env) {
    const given = "0".repeat(DIGESTS.sha1.length);
    await rejects(put(env, "sha1/mismatch", { sha1: given }), "Error",
      `put: The ${LABELS.sha1} checksum you specified did not match what we received.\n` +
      `You provided a ${LABELS.sha1} checksum with value: ${given}\nActual ${LABELS.sha1} was: ${DIGESTS.sha1} (10037)`);
    eq(await env.BUCKET.head("sha1/mismatch"), null);
  },
};
export const r2_sha1_of_wrong_length = {
  async test(_, env) {
    const size = DIGESTS.sha1.length / 2;
    await rejects(put(env, "sha1/bad", { sha1: new Uint8Array(3) }), "TypeError", `${LABELS.sha1} is ${size} bytes, not 3`);
    await rejects(put(env, "sha1/bad", { sha1: "abc" }), "TypeError", `${LABELS.sha1} is ${2 * size} hex characters, not 3`);
    await rejects(put(env, "sha1/bad", { sha1: "" }), "TypeError", `${LABELS.sha1} is ${2 * size} hex characters, not 0`);
  },
};
export const r2_sha1_not_hex = {
  async test(_, env) {
    await rejects(put(env, "sha1/bad", { sha1: "z".repeat(DIGESTS.sha1.length) }), "TypeError",
      `Provided ${LABELS.sha1} wasn't a valid hex string`);
  },
};
export const r2_sha256_as_hex = {
  async test(_, env) {
    const o = await put(env, "sha256/hex", { sha256: DIGESTS.sha256 });
    eq(hex(o.checksums.sha256), DIGESTS.sha256);
    eq((await env.BUCKET.head("sha256/hex")).checksums.toJSON().sha256, DIGESTS.sha256);
  },
};
export const r2_sha256_as_bytes = {
  async test(_, env) {
    const bytes = unhex(DIGESTS.sha256);
    ok(await put(env, "sha256/bytes", { sha256: bytes }));
    ok(await put(env, "sha256/bytes", { sha256: bytes.buffer }));
    ok(await put(env, "sha256/bytes", { sha256: DIGESTS.sha256.toUpperCase() }));
  },
};
export const r2_sha256_mismatch = {
  async test(_, env) {
    const given = "0".repeat(DIGESTS.sha256.length);
    await rejects(put(env, "sha256/mismatch", { sha256: given }), "Error",
      `put: The ${LABELS.sha256} checksum you specified did not match what we received.\n` +
      `You provided a ${LABELS.sha256} checksum with value: ${given}\nActual ${LABELS.sha256} was: ${DIGESTS.sha256} (10037)`);
    eq(await env.BUCKET.head("sha256/mismatch"), null);
  },
};
export const r2_sha256_of_wrong_length = {
  async test(_, env) {
    const size = DIGESTS.sha256.length / 2;
    await rejects(put(env, "sha256/bad", { sha256: new Uint8Array(3) }), "TypeError", `${LABELS.sha256} is ${size} bytes, not 3`);
    await rejects(put(env, "sha256/bad", { sha256: "abc" }), "TypeError", `${LABELS.sha256} is ${2 * size} hex characters, not 3`);
    await rejects(put(env, "sha256/bad", { sha256: "" }), "TypeError", `${LABELS.sha256} is ${2 * size} hex characters, not 0`);
  },
};
export const r2_sha256_not_hex = {
  async test(_, env) {
    await rejects(put(env, "sha256/bad", { sha256: "z".repeat(DIGESTS.sha256.length) }), "TypeError",
      `Provided ${LABELS.sha256} wasn't a valid hex string`);
  },
};
export const r2_sha384_as_hex = {
  async test(_, env) {
    const o = await put(env, "sha384/hex", { sha384: DIGESTS.sha384 });
    eq(hex(o.checksums.sha384), DIGESTS.sha384);
    eq((await env.BUCKET.head("sha384/hex")).checksums.toJSON().sha384, DIGESTS.sha384);
  },
};
export const r2_sha384_as_bytes = {
  async test(_, env) {
    const bytes = unhex(DIGESTS.sha384);
    ok(await put(env, "sha384/bytes", { sha384: bytes }));
    ok(await put(env, "sha384/bytes", { sha384: bytes.buffer }));
    ok(await put(env, "sha384/bytes", { sha384: DIGESTS.sha384.toUpperCase() }));
  },
};
export const r2_sha384_mismatch = {
  async test(_, env) {
    const given = "0".repeat(DIGESTS.sha384.length);
    await rejects(put(env, "sha384/mismatch", { sha384: given }), "Error",
      `put: The ${LABELS.sha384} checksum you specified did not match what we received.\n` +
      `You provided a ${LABELS.sha384} checksum with value: ${given}\nActual ${LABELS.sha384} was: ${DIGESTS.sha384} (10037)`);
    eq(await env.BUCKET.head("sha384/mismatch"), null);
  },
};
export const r2_sha384_of_wrong_length = {
  async test(_, env) {
    const size = DIGESTS.sha384.length / 2;
    await rejects(put(env, "sha384/bad", { sha384: new Uint8Array(3) }), "TypeError", `${LABELS.sha384} is ${size} bytes, not 3`);
    await rejects(put(env, "sha384/bad", { sha384: "abc" }), "TypeError", `${LABELS.sha384} is ${2 * size} hex characters, not 3`);
    await rejects(put(env, "sha384/bad", { sha384: "" }), "TypeError", `${LABELS.sha384} is ${2 * size} hex characters, not 0`);
  },
};
export const r2_sha384_not_hex = {
  async test(_, env) {
    await rejects(put(env, "sha384/bad", { sha384: "z".repeat(DIGESTS.sha384.length) }), "TypeError",
      `Provided ${LABELS.sha384} wasn't a valid hex string`);
  },
};
export const r2_sha512_as_hex = {
  async test(_, env) {
    const o = await put(env, "sha512/hex", { sha512: DIGESTS.sha512 });
    eq(hex(o.checksums.sha512), DIGESTS.sha512);
    eq((await env.BUCKET.head("sha512/hex")).checksums.toJSON().sha512, DIGESTS.sha512);
  },
};
export const r2_sha512_as_bytes = {
  async test(_, env) {
    const bytes = unhex(DIGESTS.sha512);
    ok(await put(env, "sha512/bytes", { sha512: bytes }));
    ok(await put(env, "sha512/bytes", { sha512: bytes.buffer }));
    ok(await put(env, "sha512/bytes", { sha512: DIGESTS.sha512.toUpperCase() }));
  },
};
export const r2_sha512_mismatch = {
  async test(_, env) {
    const given = "0".repeat(DIGESTS.sha512.length);
    await rejects(put(env, "sha512/mismatch", { sha512: given }), "Error",
      `put: The ${LABELS.sha512} checksum you specified did not match what we received.\n` +
      `You provided a ${LABELS.sha512} checksum with value: ${given}\nActual ${LABELS.sha512} was: ${DIGESTS.sha512} (10037)`);
    eq(await env.BUCKET.head("sha512/mismatch"), null);
  },
};
export const r2_sha512_of_wrong_length = {
  async test(_, env) {
    const size = DIGESTS.sha512.length / 2;
    await rejects(put(env, "sha512/bad", { sha512: new Uint8Array(3) }), "TypeError", `${LABELS.sha512} is ${size} bytes, not 3`);
    await rejects(put(env, "sha512/bad", { sha512: "abc" }), "TypeError", `${LABELS.sha512} is ${2 * size} hex characters, not 3`);
    await rejects(put(env, "sha512/bad", { sha512: "" }), "TypeError", `${LABELS.sha512} is ${2 * size} hex characters, not 0`);
  },
};
export const r2_sha512_not_hex = {
  async test(_, env) {
    await rejects(put(env, "sha512/bad", { sha512: "z".repeat(DIGESTS.sha512.length) }), "TypeError",
      `Provided ${LABELS.sha512} wasn't a valid hex string`);
  },
};
export const r2_hash_of_other_types = {
  async test(_, env) {
    for (const name of Object.keys(DIGESTS)) {
      for (const value of [5, null, [1], {}]) {
        await rejects(put(env, "type", { [name]: value }), "TypeError",
          `Incorrect type for the '${name}' field on 'PutOptions': the provided value is not of type 'BufferSource or string'.`);
      }
    }
  },
};
export const r2_hash_only_one = {
  async test(_, env) {
    const text = "You cannot specify multiple hashing algorithms.";
    await rejects(put(env, "two", { md5: DIGESTS.md5, sha1: DIGESTS.sha1 }), "TypeError", text);
    await rejects(put(env, "two", { sha256: DIGESTS.sha256, sha512: "bad" }), "TypeError", text);
    ok(await put(env, "two", { md5: DIGESTS.md5, sha1: undefined }));
  },
};
export const r2_hash_the_first_is_checked_first = {
  async test(_, env) {
    await rejects(put(env, "first", { sha1: DIGESTS.sha1, md5: "bad" }), "TypeError", "MD5 is 32 hex characters, not 3");
  },
};
export const r2_checksums_md5_is_always_there = {
  async test(_, env) {
    await put(env, "always");
    for (const o of [await env.BUCKET.head("always"), await env.BUCKET.get("always")]) {
      eq(hex(o.checksums.md5), DIGESTS.md5);
      for (const name of ["sha1", "sha256", "sha384", "sha512"]) eq(o.checksums[name], undefined, name);
      same(o.checksums.toJSON(), { md5: DIGESTS.md5 });
    }
  },
};
export const r2_checksums_the_other_was_given = {
  async test(_, env) {
    await put(env, "given", { sha256: DIGESTS.sha256 });
    const { checksums } = await env.BUCKET.head("given");
    ok(checksums.sha256 instanceof ArrayBuffer);
    eq(checksums.sha256.byteLength, 32);
    same(checksums.toJSON(), { md5: DIGESTS.md5, sha256: DIGESTS.sha256 });
  },
};
export const r2_checksums_go_with_the_version = {
  async test(_, env) {
    await put(env, "version", { sha1: DIGESTS.sha1 });
    await put(env, "version");
    eq((await env.BUCKET.head("version")).checksums.sha1, undefined);
  },
};
export const r2_checksums_in_lists = {
  async test(_, env) {
    await put(env, "listed/a", { sha1: DIGESTS.sha1 });
    const [o] = (await env.BUCKET.list({ prefix: "listed/" })).objects;
    same(o.checksums.toJSON(), { md5: DIGESTS.md5, sha1: DIGESTS.sha1 });
  },
};
export const r2_ssec_round_trip = {
  async test(_, env) {
    const o = await put(env, "ssec/hex", { ssecKey: KEY_A });
    eq(o.ssecKeyMd5, KEY_A_MD5);
    eq(await (await env.BUCKET.get("ssec/hex", { ssecKey: KEY_A })).text(), "hello");
    eq(await (await env.BUCKET.get("ssec/hex", { ssecKey: unhex(KEY_A).buffer })).text(), "hello");
    eq(await (await env.BUCKET.get("ssec/hex", { ssecKey: unhex(KEY_A) })).text(), "hello");
  },
};
export const r2_ssec_head_needs_no_key = {
  async test(_, env) {
    await put(env, "ssec/head", { ssecKey: unhex(KEY_A).buffer });
    eq((await env.BUCKET.head("ssec/head")).ssecKeyMd5, KEY_A_MD5);
    await put(env, "ssec/plain");
    eq((await env.BUCKET.head("ssec/plain")).ssecKeyMd5, undefined);
  },
};
export const r2_ssec_read_without_the_key = {
  async test(_, env) {
    await put(env, "ssec/without", { ssecKey: KEY_A });
    await rejects(env.BUCKET.get("ssec/without"), "Error", /^get: .* \(\d+\)$/);
    await rejects(env.BUCKET.get("ssec/without", { ssecKey: KEY_B }), "Error", /^get: .* \(\d+\)$/);
  },
};
export const r2_ssec_key_for_a_plain_object = {
  async test(_, env) {
    await put(env, "ssec/not");
    await rejects(env.BUCKET.get("ssec/not", { ssecKey: KEY_A }), "Error", /^get: .* \(\d+\)$/);
  },
};
export const r2_ssec_key_of_bad_format = {
  async test(_, env) {
    for (const ssecKey of ["xyz", "A".repeat(64), "", `${KEY_A} `]) {
      await rejects(() => env.BUCKET.get("ssec/bad", { ssecKey }), "Error", "SSE-C Key has invalid format");
      await rejects(() => put(env, "ssec/bad", { ssecKey }), "Error", "SSE-C Key has invalid format");
    }
  },
};
export const r2_ssec_key_of_wrong_length = {
  async test(_, env) {
    for (const ssecKey of ["ab", "a".repeat(65), new ArrayBuffer(31), new Uint8Array(0)]) {
      await rejects(() => env.BUCKET.get("ssec/bad", { ssecKey }), "Error", "SSE-C Key must be 32 bytes in length");
      await rejects(() => env.BUCKET.createMultipartUpload("ssec/bad", { ssecKey }), "Error",
        "SSE-C Key must be 32 bytes in length");
    }
  },
};
