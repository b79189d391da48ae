// Web Crypto: spec/runtime-api.md sections 5 and 6.
import { eq, same, ok, match, throws, rejects, utf8, hex, unhex } from "./assert.js";

const hmacKey = (usages = ["sign", "verify"], extractable = true) =>
  crypto.subtle.importKey("raw", utf8("key"), { name: "HMAC", hash: "SHA-256" }, extractable, usages);
const aesKey = () =>
  crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, ["encrypt", "decrypt"]);
const digestOf = async (name, text) => hex(await crypto.subtle.digest(name, utf8(text)));

export const random_values_fill_in_place = {
  test() {
    const b = new Uint8Array(32);
    ok(crypto.getRandomValues(b) === b);
    ok(b.some((x) => x !== 0));
  },
};
export const random_values_of_float_array = {
  test() {
    throws(() => crypto.getRandomValues(new Float32Array(1)), "TypeMismatchError",
      "ArrayBufferView argument to getRandomValues() must be an integer-typed view.");
  },
};
export const random_values_too_many = {
  test() {
    throws(() => crypto.getRandomValues(new Uint8Array(65537)), "QuotaExceededError",
      "getRandomValues() only accepts buffers of size <= 64K but provided 65537 bytes.");
  },
};
export const random_uuid_is_version_4 = {
  test() {
    match(crypto.randomUUID(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    ok(crypto.randomUUID() !== crypto.randomUUID());
  },
};
export const digest_sha1 = {
  async test() { eq(await digestOf("SHA-1", "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d"); },
};
export const digest_sha256 = {
  async test() {
    eq(await digestOf("SHA-256", "abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  },
};
export const digest_sha384 = {
  async test() { match(await digestOf({ name: "SHA-384" }, "abc"), /^cb00753f45a35e8bb5a03d699ac65007/); },
};
export const digest_sha512 = {
  async test() { match(await digestOf("sha-512", "abc"), /^ddaf35a193617abacc417349ae204131/); },
};
export const digest_md5 = {
  async test() { eq(await digestOf("MD5", "abc"), "900150983cd24fb0d6963f7d28e17f72"); },
};
export const digest_unknown = {
  async test() {
    await rejects(() => crypto.subtle.digest("SHA-9", new Uint8Array(1)), "NotSupportedError",
      "Unrecognized or unimplemented digest algorithm requested.");
  },
};
export const hmac_sign = {
  async test() {
    const mac = await crypto.subtle.sign("HMAC", await hmacKey(), utf8("The quick brown fox jumps over the lazy dog"));
    eq(hex(mac), "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
  },
};
export const hmac_verify = {
  async test() {
    const key = await hmacKey();
    const mac = await crypto.subtle.sign("HMAC", key, utf8("m"));
    eq(await crypto.subtle.verify("HMAC", key, mac, utf8("m")), true);
    eq(await crypto.subtle.verify("HMAC", key, mac, utf8("n")), false);
  },
};
export const hmac_key_properties = {
  async test() {
    const key = await hmacKey(["sign"]);
    eq(key.type, "secret");
    eq(key.extractable, true);
    same(key.usages, ["sign"]);
    same(key.algorithm, { name: "HMAC", hash: { name: "SHA-256" }, length: 24 });
  },
};
export const hmac_jwk_round_trip = {
  async test() {
    const jwk = await crypto.subtle.exportKey("jwk", await hmacKey());
    eq(jwk.kty, "oct");
    eq(jwk.k, "a2V5");
    eq(jwk.alg, "HS256");
    const key = await crypto.subtle.importKey("jwk", jwk, { name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    same(new Uint8Array(await crypto.subtle.exportKey("raw", key)), utf8("key"));
  },
};
export const hmac_generate = {
  async test() {
    const key = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    eq((await crypto.subtle.exportKey("raw", key)).byteLength, 64);
  },
};
export const aes_gcm_known_answer = {
  async test() {
    const out = await crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, await aesKey(), new Uint8Array(16));
    eq(hex(out), "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf");
  },
};
export const aes_gcm_round_trip_with_additional_data = {
  async test() {
    const key = await aesKey();
    const p = { name: "AES-GCM", iv: new Uint8Array(12).fill(3), additionalData: utf8("aad") };
    const sealed = await crypto.subtle.encrypt(p, key, utf8("secret"));
    eq(new TextDecoder().decode(await crypto.subtle.decrypt(p, key, sealed)), "secret");
    await rejects(() => crypto.subtle.decrypt({ ...p, additionalData: utf8("no") }, key, sealed), "OperationError");
  },
};
export const aes_gcm_tampered = {
  async test() {
    await rejects(async () => crypto.subtle.decrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, await aesKey(), new Uint8Array(20)),
      "OperationError", /^Decryption failed\./);
  },
};
export const aes_gcm_bad_tag_length = {
  async test() {
    const key = await aesKey();
    await rejects(() => crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12), tagLength: 31 }, key, new Uint8Array(1)),
      "OperationError", "Invalid AES-GCM tag length 31.");
  },
};
export const aes_gcm_without_iv = {
  async test() {
    const key = await aesKey();
    await rejects(() => crypto.subtle.encrypt({ name: "AES-GCM" }, key, new Uint8Array(1)), "TypeError",
      'Missing field "iv" in "algorithm".');
  },
};
export const aes_gcm_generate_and_jwk = {
  async test() {
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt"]);
    const jwk = await crypto.subtle.exportKey("jwk", key);
    eq(jwk.alg, "A256GCM");
    eq(jwk.ext, true);
    const again = await crypto.subtle.importKey("jwk", jwk, "AES-GCM", false, ["decrypt"]);
    eq(again.algorithm.length, 256);
  },
};
export const import_aes_bad_length = {
  async test() {
    await rejects(() => crypto.subtle.importKey("raw", new Uint8Array(15), "AES-GCM", true, ["encrypt"]), "DataError",
      "Imported AES key length must be 128, 192, or 256 bits but provided 120.");
  },
};
export const import_unknown_algorithm = {
  async test() {
    await rejects(() => crypto.subtle.importKey("raw", new Uint8Array(16), "nope", true, ["sign"]), "NotSupportedError",
      'Unrecognized key import algorithm "nope" requested.');
  },
};
export const import_without_usages = {
  async test() {
    await rejects(() => crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, []), "SyntaxError",
      "Secret/private CryptoKeys must have at least one usage.");
  },
};
export const import_jwk_of_buffer = {
  async test() {
    await rejects(() => crypto.subtle.importKey("jwk", new Uint8Array(16), "AES-GCM", true, ["encrypt"]), "TypeError",
      'Import data provided for "jwk" import format must be a JsonWebKey.');
  },
};
export const import_invalid_usage = {
  async test() {
    await rejects(() => crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, ["sign"]), "SyntaxError",
      'Attempt to import secret AES-GCM key with invalid usage "sign".');
  },
};
export const export_not_extractable = {
  async test() {
    const key = await hmacKey(["sign"], false);
    await rejects(() => crypto.subtle.exportKey("raw", key), "InvalidAccessError",
      "Attempt to export non-extractable HMAC key.");
  },
};
export const key_usage_mismatch = {
  async test() {
    const key = await hmacKey(["sign"]);
    await rejects(() => crypto.subtle.verify("HMAC", key, new Uint8Array(1), new Uint8Array(1)), "InvalidAccessError",
      'Requested key usage "verify" does not match any usage listed in this CryptoKey.');
  },
};
export const key_algorithm_mismatch = {
  async test() {
    const key = await hmacKey();
    await rejects(() => crypto.subtle.sign("ECDSA", key, new Uint8Array(1)), "InvalidAccessError",
      'Requested algorithm "ECDSA" does not match this CryptoKey\'s algorithm "HMAC".');
  },
};
export const timing_safe_equal = {
  test() {
    eq(crypto.subtle.timingSafeEqual(utf8("ab"), utf8("ab")), true);
    eq(crypto.subtle.timingSafeEqual(utf8("ab"), utf8("ac")), false);
    throws(() => crypto.subtle.timingSafeEqual(utf8("a"), utf8("ab")), "TypeError",
      "Input buffers must have the same byte length.");
  },
};
