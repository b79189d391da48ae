// crypto and crypto.subtle (spec/runtime-api.md 6). Random values belong to an event: none in
// global scope. Everything computes at once; the promises are the interface's, not work's.

import {
  aesGcm, type AlgorithmParams, bytesOfSource, checkUsages, digestName, exportJwk, generateMaterial,
  hmacSign, hmacVerify, importMaterial, keyAlgorithmName, type KeyAlgorithm, type KeyMaterial,
  type KeyUsage, notSupported,
} from "./crypto_algorithms";
import { domException } from "./dom_exception";
import { badArgument } from "./errors";
import { illegalInvocation, requireRequest } from "./io";
import { registerCloneable } from "./structured_clone";

const MAKING = Symbol("making");
const RANDOM_BYTES_MAX = 65_536;

export let isCryptoKey: (value: unknown) => value is CryptoKey;
let materialOf: (key: CryptoKey) => KeyMaterial;

export class CryptoKey {
  #material: KeyMaterial;
  #extractable: boolean;
  #usages: KeyUsage[];

  constructor(making: unknown, material: KeyMaterial, extractable: boolean, usages: KeyUsage[]) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    this.#material = material;
    this.#extractable = extractable;
    this.#usages = usages;
  }

  get type(): "secret" {
    if (!isCryptoKey(this)) throw illegalInvocation();
    return "secret";
  }
  get extractable(): boolean {
    if (!isCryptoKey(this)) throw illegalInvocation();
    return this.#extractable;
  }
  get algorithm(): KeyAlgorithm {
    if (!isCryptoKey(this)) throw illegalInvocation();
    return this.#material.algorithm;
  }
  get usages(): KeyUsage[] {
    if (!isCryptoKey(this)) throw illegalInvocation();
    return this.#usages;
  }

  static {
    isCryptoKey = (value): value is CryptoKey =>
      typeof value === "object" && value !== null && #material in value;
    materialOf = (key) => key.#material;
  }
}

registerCloneable("CryptoKey", isCryptoKey, () => {
  throw domException("DataCloneError", 'Could not serialize object of type "CryptoKey". This ' +
                                       "type does not support serialization.");
}, () => {
  throw domException("DataCloneError", "A CryptoKey cannot be read back.");
});

// Runs a method's work; what it throws rejects. A method torn from its object throws at once.
function run<T>(self: unknown, work: () => T): Promise<T> {
  if (self !== subtle) {
    if (self === undefined) throw illegalInvocation();
    return Promise.reject(illegalInvocation());
  }
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error);
  }
}

function source(method: string, at: number, value: unknown): Uint8Array {
  const bytes = bytesOfSource(value);
  if (bytes === undefined) throw badArgument(method, "SubtleCrypto", at, "BufferSource");
  return bytes;
}

function paramsOf(method: string, at: number, algorithm: unknown): AlgorithmParams {
  if (typeof algorithm === "string") return { name: algorithm };
  if (typeof algorithm !== "object" || algorithm === null) {
    throw badArgument(method, "SubtleCrypto", at, "string or Algorithm");
  }
  const params = algorithm as AlgorithmParams;
  if (params.name === undefined) throw new TypeError('Missing field "name" in "algorithm".');
  return params;
}

// The key for `usage` under that algorithm.
function keyFor(method: string, params: AlgorithmParams, key: unknown,
                usage: KeyUsage): KeyMaterial {
  if (!isCryptoKey(key)) throw badArgument(method, "SubtleCrypto", 2, "CryptoKey");
  const { name } = key.algorithm;
  if (`${params.name}`.toUpperCase() !== name) {
    throw domException("InvalidAccessError", `Requested algorithm "${params.name}" does not ` +
                                             `match this CryptoKey's algorithm "${name}".`);
  }
  if (!key.usages.includes(usage)) {
    throw domException("InvalidAccessError", `Requested key usage "${usage}" does not match any ` +
                                             "usage listed in this CryptoKey.");
  }
  return materialOf(key);
}

export class SubtleCrypto {
  constructor(making: unknown) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
  }

  encrypt(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    return run(this, () => {
      const params = paramsOf("encrypt", 1, algorithm);
      const material = keyFor("encrypt", params, key, "encrypt");
      return aesGcm(true, params, material, source("encrypt", 3, data));
    });
  }

  decrypt(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    return run(this, () => {
      const params = paramsOf("decrypt", 1, algorithm);
      const material = keyFor("decrypt", params, key, "decrypt");
      return aesGcm(false, params, material, source("decrypt", 3, data));
    });
  }

  sign(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    return run(this, () => {
      const bytes = source("sign", 3, data);
      return hmacSign(keyFor("sign", paramsOf("sign", 1, algorithm), key, "sign"), bytes);
    });
  }

  verify(algorithm: unknown, key: unknown, signature: unknown, data: unknown): Promise<boolean> {
    return run(this, () => {
      const expected = source("verify", 3, signature);
      const bytes = source("verify", 4, data);
      const material = keyFor("verify", paramsOf("verify", 1, algorithm), key, "verify");
      return hmacVerify(material, expected, bytes);
    });
  }

  digest(algorithm: unknown, data: unknown): Promise<ArrayBuffer> {
    return run(this, () => {
      if (algorithm === undefined) {
        throw badArgument("digest", "SubtleCrypto", 1, "string or HashAlgorithm");
      }
      const bytes = source("digest", 2, data);
      return native.digest(digestName(algorithm), bytes);
    });
  }

  generateKey(algorithm: unknown, extractable: unknown, usages: unknown): Promise<CryptoKey> {
    return run(this, () => {
      const params = paramsOf("generateKey", 1, algorithm);
      const name = keyAlgorithmName(`${params.name}`, "generation");
      const list = checkUsages(name, "generate", usages);
      requireRequest("crypto.subtle.generateKey");
      return new CryptoKey(MAKING, generateMaterial(name, params), Boolean(extractable), list);
    });
  }

  deriveKey(algorithm: unknown): Promise<never> {
    return run(this, () => {
      const { name } = paramsOf("deriveKey", 1, algorithm);
      throw notSupported(`crypto.subtle.deriveKey("${name}")`);
    });
  }

  deriveBits(algorithm: unknown): Promise<never> {
    return run(this, () => {
      const { name } = paramsOf("deriveBits", 1, algorithm);
      throw notSupported(`crypto.subtle.deriveBits("${name}")`);
    });
  }

  importKey(format: unknown, data: unknown, algorithm: unknown, extractable: unknown,
            usages: unknown): Promise<CryptoKey> {
    return run(this, () => {
      if (typeof data !== "object" || data === null) {
        throw badArgument("importKey", "SubtleCrypto", 2, "BufferSource or JsonWebKey");
      }
      const params = paramsOf("importKey", 3, algorithm);
      const name = keyAlgorithmName(`${params.name}`, "import");
      const list = checkUsages(name, "import secret", usages);
      const keep = Boolean(extractable);
      const material = importMaterial(name, `${format as string}`, data, params, keep, list);
      return new CryptoKey(MAKING, material, keep, list);
    });
  }

  exportKey(format: unknown, key: unknown): Promise<unknown> {
    return run(this, (): unknown => {
      if (!isCryptoKey(key)) throw badArgument("exportKey", "SubtleCrypto", 2, "CryptoKey");
      const material = materialOf(key);
      if (!key.extractable) {
        throw domException("InvalidAccessError", "Attempt to export non-extractable " +
                                                 `${material.algorithm.name} key.`);
      }
      if (format === "raw") return material.bytes.slice().buffer;
      if (format === "jwk") return exportJwk(material, key.usages, key.extractable);
      throw domException("NotSupportedError",
                         `Unimplemented key export format "${format as string}".`);
    });
  }

  wrapKey(): Promise<never> {
    return run(this, () => { throw notSupported("crypto.subtle.wrapKey()"); });
  }

  unwrapKey(): Promise<never> {
    return run(this, () => { throw notSupported("crypto.subtle.unwrapKey()"); });
  }

  timingSafeEqual(a: unknown, b: unknown): boolean {
    if (this !== subtle) throw illegalInvocation();
    const left = source("timingSafeEqual", 1, a);
    const right = source("timingSafeEqual", 2, b);
    if (left.length !== right.length) {
      throw new TypeError("Input buffers must have the same byte length.");
    }
    return native.timingSafeEqual(left, right);
  }
}
const subtle = new SubtleCrypto(MAKING);

function isIntegerView(view: ArrayBufferView): boolean {
  const tag = (view as unknown as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? "";
  return /^(Big)?(Ui|I)nt\d+(Clamped)?Array$/.test(tag);
}

export class Crypto {
  constructor(making: unknown) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
  }

  get subtle(): SubtleCrypto {
    if (this !== crypto) throw illegalInvocation();
    return subtle;
  }

  getRandomValues<T extends ArrayBufferView>(into: T): T {
    if (this !== crypto) throw illegalInvocation();
    if (!ArrayBuffer.isView(into)) {
      throw badArgument("getRandomValues", "Crypto", 1, "ArrayBufferView");
    }
    if (!isIntegerView(into)) {
      throw domException("TypeMismatchError",
        "ArrayBufferView argument to getRandomValues() must be an integer-typed view.");
    }
    if (into.byteLength > RANDOM_BYTES_MAX) {
      throw domException("QuotaExceededError", "getRandomValues() only accepts buffers of size " +
                                               `<= 64K but provided ${into.byteLength} bytes.`);
    }
    requireRequest("crypto.getRandomValues");
    native.randomBytes(new Uint8Array(into.buffer, into.byteOffset, into.byteLength));
    return into;
  }

  randomUUID(): string {
    if (this !== crypto) throw illegalInvocation();
    requireRequest("crypto.randomUUID");
    return native.randomUUID();
  }
}
export const crypto = new Crypto(MAKING);

// crypto.DigestStream is a property of the prototype on the platform.
class DigestStream {
  constructor() {
    throw notSupported("crypto.DigestStream");
  }
}
Object.defineProperty(Crypto.prototype, "DigestStream",
                      { value: DigestStream, writable: true, configurable: true });
