// HMAC and AES-GCM for SubtleCrypto (spec/runtime-api.md 6): what each accepts, and its bytes. The
// other algorithms the platform has are known by name only, so that asking for one says so.

import { domException } from "./dom_exception";

export type KeyUsage = "encrypt" | "decrypt" | "sign" | "verify" | "deriveKey" | "deriveBits" |
                       "wrapKey" | "unwrapKey";
export interface KeyAlgorithm { name: string; length: number; hash?: { name: string } }
export interface KeyMaterial { readonly algorithm: KeyAlgorithm; readonly bytes: Uint8Array }
export interface AlgorithmParams { name: string; [field: string]: unknown }
export interface JsonWebKey {
  kty?: unknown; k?: unknown; alg?: unknown; use?: unknown; key_ops?: unknown; ext?: unknown;
}

const DIGESTS = new Map(["SHA-1", "SHA-256", "SHA-384", "SHA-512", "MD5"].map((n) => [n, n]));
const OTHERS = ["AES-CTR", "AES-CBC", "AES-KW", "RSASSA-PKCS1-v1_5", "RSA-PSS", "RSA-OAEP",
                "RSA-RAW", "ECDSA", "ECDH", "Ed25519", "X25519", "NODE-ED25519", "PBKDF2", "HKDF"];
const USAGES: Record<string, readonly string[]> = {
  "HMAC": ["sign", "verify"],
  "AES-GCM": ["encrypt", "decrypt", "wrapKey", "unwrapKey"],
};
const HASH_BLOCK_BITS: Record<string, number> = {
  "MD5": 512, "SHA-1": 512, "SHA-256": 512, "SHA-384": 1024, "SHA-512": 1024,
};
const HMAC_ALG: Record<string, string> = {
  "SHA-1": "HS1", "SHA-256": "HS256", "SHA-384": "HS384", "SHA-512": "HS512",
};
const TAG_BITS = [32, 64, 96, 104, 112, 120, 128];

export function notSupported(what: string): Error {
  return domException("NotSupportedError", `${what} is not supported by this version of offing; ` +
                                           'see "Not supported" in its README');
}

export function digestName(algorithm: unknown): string {
  const name = typeof algorithm === "object" && algorithm !== null ?
    (algorithm as { name?: unknown }).name : algorithm;
  const known = DIGESTS.get(name as string) ??
    (typeof name === "string" ? DIGESTS.get(name.toUpperCase()) : undefined);
  if (known === undefined) {
    throw domException("NotSupportedError",
                       "Unrecognized or unimplemented digest algorithm requested.");
  }
  return known;
}

// The implemented name in its canonical spelling. `what`: "import" or "generation".
export function keyAlgorithmName(name: string, what: string): "HMAC" | "AES-GCM" {
  const upper = name.toUpperCase();
  if (upper === "HMAC" || upper === "AES-GCM") return upper;
  const other = OTHERS.find((known) => known.toUpperCase() === upper);
  if (other !== undefined) throw notSupported(`The algorithm "${other}"`);
  throw domException("NotSupportedError",
                     `Unrecognized key ${what} algorithm "${name}" requested.`);
}

export function bytesOfSource(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
}

export function checkUsages(name: string, action: "import secret" | "generate",
                            usages: unknown): KeyUsage[] {
  const list = [...new Set(usages as Iterable<KeyUsage>)];
  for (const usage of list) {
    if (!USAGES[name]?.includes(usage)) {
      throw domException("SyntaxError",
                         `Attempt to ${action} ${name} key with invalid usage "${usage}".`);
    }
  }
  if (list.length === 0) {
    throw domException("SyntaxError", "Secret/private CryptoKeys must have at least one usage.");
  }
  return list;
}

function required(params: AlgorithmParams, field: string): unknown {
  const value = params[field];
  if (value === undefined) throw new TypeError(`Missing field "${field}" in "algorithm".`);
  return value;
}

function checkJwk(name: string, jwk: JsonWebKey, extractable: boolean, usages: readonly string[],
                  use: string): void {
  if (jwk.kty !== "oct") {
    throw domException("DataError", 'Symmetric "jwk" key import requires a JSON Web Key with Key ' +
      `Type parameter "kty" equal to "oct" (encountered "${jwk.kty as string}").`);
  }
  if (jwk.use !== undefined && jwk.use !== use && name !== "HMAC") {
    throw domException("DataError",
      `Symmetric "jwk" key must have a "use" of "${use}", not "${jwk.use as string}".`);
  }
  if (Array.isArray(jwk.key_ops)) {
    for (const usage of usages) {
      if (!jwk.key_ops.includes(usage)) {
        throw domException("DataError", `"jwk" key missing usage "${usage}", in "key_ops".`);
      }
    }
  }
  if (jwk.ext === false && extractable) {
    throw domException("DataError",
                       `JWK ext field for "${name}" is set to false but extractable is true`);
  }
}

function jwkBytes(jwk: JsonWebKey): Uint8Array {
  const text = typeof jwk.k === "string" ?
    native.atob(jwk.k.replaceAll("-", "+").replaceAll("_", "/")) : undefined;
  if (text === undefined) {
    throw domException("DataError",
                       'Symmetric "jwk" key import requires a base64Url encoding of the key.');
  }
  return native.latin1Encode(text);
}

function dataOf(name: string, format: string, data: unknown, extractable: boolean,
                usages: readonly string[], use: string): [Uint8Array, JsonWebKey | undefined] {
  if (format === "raw") {
    const bytes = bytesOfSource(data);
    if (bytes === undefined) {
      throw new TypeError('Import data provided for "raw" import format must be a buffer source.');
    }
    return [bytes.slice(), undefined];
  }
  if (format !== "jwk") {
    throw domException("NotSupportedError", `Unrecognized key import format "${format}".`);
  }
  if (typeof data !== "object" || data === null || bytesOfSource(data) !== undefined) {
    throw new TypeError('Import data provided for "jwk" import format must be a JsonWebKey.');
  }
  const jwk = data as JsonWebKey;
  checkJwk(name, jwk, extractable, usages, use);
  return [jwkBytes(jwk), jwk];
}

export function importMaterial(name: "HMAC" | "AES-GCM", format: string, data: unknown,
                               params: AlgorithmParams, extractable: boolean,
                               usages: readonly string[]): KeyMaterial {
  if (name === "AES-GCM") {
    const [bytes, jwk] = dataOf(name, format, data, extractable, usages, "enc");
    const length = bytes.length * 8;
    if (length !== 128 && length !== 192 && length !== 256) {
      throw domException("DataError", "Imported AES key length must be 128, 192, or 256 bits but " +
                                      `provided ${length}.`);
    }
    if (jwk?.alg !== undefined && jwk.alg !== `A${length}GCM`) {
      throw domException("DataError", 'Symmetric "jwk" key contains invalid "alg" value ' +
                                      `"${jwk.alg as string}", expected "A${length}GCM".`);
    }
    return { algorithm: { name, length }, bytes };
  }
  const hash = digestName(required(params, "hash"));
  const [bytes, jwk] = dataOf(name, format, data, extractable, usages, "sig");
  if (jwk?.alg !== undefined && jwk.alg !== HMAC_ALG[hash]) {
    throw domException("DataError", 'HMAC "jwk" key import specifies "alg" that is incompatible ' +
      `with the hash name (encountered "${jwk.alg as string}", expected "${HMAC_ALG[hash]}").`);
  }
  const bits = bytes.length * 8;
  const length = params.length === undefined ? bits : Number(params.length);
  if (!(length > 0 && length <= bits && length > bits - 8)) {
    throw domException("DataError", `Imported HMAC key length (${length}) must be a non-zero ` +
      "value up to 7 bits less than, and no greater than, the bit length of the raw key data " +
      `(${bits}).`);
  }
  clearRest(bytes, length);
  return { algorithm: { name, hash: { name: hash }, length }, bytes };
}

function clearRest(bytes: Uint8Array, bits: number): void {
  if (bits % 8 === 0) return;
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] as number) & (0xff << (8 - bits % 8));
}

export function generateMaterial(name: "HMAC" | "AES-GCM", params: AlgorithmParams): KeyMaterial {
  let length: number;
  let algorithm: KeyAlgorithm;
  if (name === "AES-GCM") {
    length = Number(required(params, "length"));
    if (length !== 128 && length !== 192 && length !== 256) {
      throw domException("OperationError", "Generated AES key length must be 128, 192, or 256 " +
                                           `bits but requested ${length}.`);
    }
    algorithm = { name, length };
  } else {
    const hash = digestName(required(params, "hash"));
    length = params.length === undefined ? HASH_BLOCK_BITS[hash] as number : Number(params.length);
    if (!(Number.isInteger(length) && length > 0 && length < 2 ** 32)) {
      throw domException("OperationError", "HMAC key length must be a non-zero unsigned long " +
                                           `integer (requested ${length}).`);
    }
    algorithm = { name, hash: { name: hash }, length };
  }
  const bytes = new Uint8Array(Math.ceil(length / 8));
  native.randomBytes(bytes);
  clearRest(bytes, length);
  return { algorithm, bytes };
}

export function exportJwk(key: KeyMaterial, usages: readonly string[],
                          extractable: boolean): JsonWebKey {
  const { name, length, hash } = key.algorithm;
  const k = (native.btoa(native.latin1Decode(key.bytes)) as string)
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return { kty: "oct", k, alg: name === "HMAC" ? HMAC_ALG[hash?.name ?? ""] : `A${length}GCM`,
           key_ops: [...usages], ext: extractable };
}

export function hmacSign(key: KeyMaterial, data: Uint8Array): ArrayBuffer {
  return native.hmac(key.algorithm.hash?.name as string, key.bytes, data);
}

export function hmacVerify(key: KeyMaterial, signature: Uint8Array, data: Uint8Array): boolean {
  const expected = new Uint8Array(hmacSign(key, data));
  return expected.length === signature.length && native.timingSafeEqual(expected, signature);
}

function gcmField(params: AlgorithmParams, field: string): Uint8Array {
  const bytes = bytesOfSource(params[field]);
  if (bytes === undefined) {
    throw new TypeError(`Incorrect type for the '${field}' field on 'EncryptAlgorithm': the ` +
                        "provided value is not of type 'BufferSource'.");
  }
  return bytes;
}

const EMPTY = new Uint8Array(0);

export function aesGcm(encrypt: boolean, params: AlgorithmParams, key: KeyMaterial,
                       data: Uint8Array): ArrayBuffer {
  required(params, "iv");
  const iv = gcmField(params, "iv");
  if (iv.length === 0) throw domException("OperationError", "AES-GCM IV must not be empty.");
  const aad = params.additionalData === undefined ? EMPTY : gcmField(params, "additionalData");
  const tagBits = params.tagLength === undefined ? 128 : Number(params.tagLength);
  if (!TAG_BITS.includes(tagBits)) {
    throw domException("OperationError", `Invalid AES-GCM tag length ${tagBits}.`);
  }
  const tagLength = tagBits / 8;
  if (encrypt) return native.aesGcmEncrypt(key.bytes, iv, aad, tagLength, data);
  if (data.length < tagLength) {
    throw domException("OperationError", `Ciphertext length of ${data.length * 8} bits must be ` +
      `greater than or equal to the size of the AES-GCM tag length of ${tagBits} bits.`);
  }
  const plain = native.aesGcmDecrypt(key.bytes, iv, aad, tagLength, data);
  if (plain === undefined) {
    const size = data.length - tagLength;
    throw domException("OperationError", "Decryption failed. This could be due to a ciphertext " +
      "authentication failure, bad padding, incorrect CryptoKey, or another algorithm-specific " +
      `reason. Input length was ${size}, output length expected to be ${size} for AES-GCM`);
  }
  return plain;
}
