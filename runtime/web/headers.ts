// Headers (spec/runtime-api.md 2). Held flat, [lower-case name, value, …], in order of arrival: that
// is the shape C++ takes and gives, so a header list crosses the seam without being rebuilt. A
// message has few headers: a scan over them beats a map.
//
// In here values are JavaScript text; on the seam they are byte strings (native.d.ts). The two are
// the same array unless some value is not ASCII.

import { illegalInvocation } from "./io";
import { freeze, badArgument, badConstruction } from "./errors";
import { EntryIterator, KeyIterator, ValueIterator } from "./iterators";

const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]*$/;
const BAD_VALUE = /[\0\r\n]/;
const EDGES = /^[\t\r\n ]+|[\t\r\n ]+$/g;
// eslint-disable-next-line no-control-regex
const NON_ASCII = /[^\0-\x7f]/;

export const TEXT_HEADERS = freeze(["content-type", "text/plain;charset=UTF-8"]);

// The runtime's own ways into a Headers object; names arrive in lower case.
export let listOf: (headers: Headers) => FlatHeaders;
export let hasHeader: (headers: Headers, name: string) => boolean;
export let peekHeader: (headers: Headers, name: string) => string | null;
export let lockHeaders: (headers: Headers) => Headers;
// `where`: the initializer's type, for the error.
export let initHeaders: (init: unknown, where: string) => Headers;
export let isHeaders: (value: unknown) => value is Headers;

function checkName(name: unknown): string {
  const lower = `${name as string}`.toLowerCase();
  if (!NAME.test(lower)) throw new TypeError("Invalid header name.");
  return lower;
}

function checkValue(value: unknown): string {
  let text = `${value as string}`;
  const first = text.charCodeAt(0), last = text.charCodeAt(text.length - 1);
  if (first <= 32 || last <= 32) text = text.replace(EDGES, "");
  if (BAD_VALUE.test(text)) throw new TypeError("Invalid header value.");
  return text;
}

// Byte strings of the seam to text, in place.
export function fromWire(flat: FlatHeaders): FlatHeaders {
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!, lower = name.toLowerCase();
    if (lower !== name) flat[i] = lower;
    const value = flat[i + 1]!;
    if (NON_ASCII.test(value)) {
      flat[i + 1] = native.utf8Decode(native.latin1Encode(value), false, true);
    }
  }
  return flat;
}

// The array itself when every value is ASCII.
export function toWire(flat: FlatHeaders): FlatHeaders {
  for (let i = 1; i < flat.length; i += 2) {
    if (NON_ASCII.test(flat[i]!)) {
      return flat.map((text, at) =>
        at % 2 === 1 && NON_ASCII.test(text) ? native.latin1Decode(native.utf8Encode(text)) : text);
    }
  }
  return flat;
}

// The content-type to add unless the guest gave one.
export function withDefaultType(headers: Headers, type: string | undefined): void {
  if (type !== undefined && !hasHeader(headers, "content-type")) {
    listOf(headers).push("content-type", type);
  }
}

const INTERNAL = Symbol("internal");

export class Headers {
  #list: FlatHeaders;
  #immutable = false;

  constructor(init?: unknown, given?: FlatHeaders) {
    if (init === INTERNAL) {
      this.#list = given!;
      return;
    }
    this.#list = [];
    if (init !== undefined) this.#fill(init, "constructor");
  }

  #fill(init: unknown, where: string): void {
    if ((typeof init !== "object" && typeof init !== "function") || init === null) {
      throw where === "constructor"
        ? badConstruction("Headers", 1, "Headers or Sequence or object")
        : new TypeError(`Incorrect type for the 'headers' field on '${where}': the provided value ` +
                        "is not of type 'Headers or Sequence or object'.");
    }
    if (#list in init) {
      this.#list = init.#list.slice();
      return;
    }
    if (typeof (init as Iterable<unknown>)[Symbol.iterator] !== "function") {
      for (const name of Object.keys(init)) {
        this.#append(checkName(name), checkValue((init as Record<string, unknown>)[name]));
      }
      return;
    }
    for (const pair of init as Iterable<Iterable<unknown>>) {
      const both = typeof pair === "object" && pair !== null ? [...pair] : [];
      if (both.length !== 2) {
        throw new TypeError("To initialize a Headers object from a sequence, each inner sequence " +
                            "must have exactly two elements.");
      }
      this.#append(checkName(both[0]), checkValue(both[1]));
    }
  }

  #append(name: string, value: string): void {
    this.#list.push(name, value);
  }

  #get(name: string): string | null {
    const list = this.#list;
    let found: string | null = null;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === name) found = found === null ? list[i + 1]! : `${found}, ${list[i + 1]!}`;
    }
    return found;
  }

  #remove(name: string, from: number): void {
    const list = this.#list;
    let kept = from;
    for (let i = from; i < list.length; i += 2) {
      if (list[i] === name) continue;
      list[kept] = list[i]!;
      list[kept + 1] = list[i + 1]!;
      kept += 2;
    }
    list.length = kept;
  }

  #all(name: string): string[] {
    return this.#list.filter((_, at) => at % 2 === 1 && this.#list[at - 1] === name);
  }

  #mutable(): void {
    if (this.#immutable) throw new TypeError("Can't modify immutable headers.");
  }

  // Sorted by name, values of one name joined, Set-Cookie apart.
  #sorted(): [string, string][] {
    const list = this.#list, out: [string, string][] = [];
    const at = new Map<string, [string, string]>();
    for (let i = 0; i < list.length; i += 2) {
      const name = list[i]!, value = list[i + 1]!;
      const seen = name === "set-cookie" ? undefined : at.get(name);
      if (seen !== undefined) {
        seen[1] += `, ${value}`;
        continue;
      }
      const entry: [string, string] = [name, value];
      at.set(name, entry);
      out.push(entry);
    }
    return out.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  }

  get(name: string): string | null {
    if (!isHeaders(this)) throw illegalInvocation();
    if (arguments.length < 1) throw badArgument("get", "Headers", 1, "string");
    return this.#get(checkName(name));
  }

  getAll(name: string): string[] {
    if (!isHeaders(this)) throw illegalInvocation();
    if (arguments.length < 1) throw badArgument("getAll", "Headers", 1, "string");
    if (`${name}`.toLowerCase() !== "set-cookie") {
      throw new TypeError('getAll() can only be used with the header name "Set-Cookie".');
    }
    return this.#all("set-cookie");
  }

  getSetCookie(): string[] {
    if (!isHeaders(this)) throw illegalInvocation();
    return this.#all("set-cookie");
  }

  has(name: string): boolean {
    if (!isHeaders(this)) throw illegalInvocation();
    if (arguments.length < 1) throw badArgument("has", "Headers", 1, "string");
    return hasHeader(this, `${name}`.toLowerCase());
  }

  set(name: string, value: string): void {
    if (!isHeaders(this)) throw illegalInvocation();
    if (arguments.length < 2) throw badArgument("set", "Headers", arguments.length + 1, "string");
    this.#mutable();
    const key = checkName(name), text = checkValue(value), list = this.#list;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] !== key) continue;
      list[i + 1] = text;
      this.#remove(key, i + 2);
      return;
    }
    list.push(key, text);
  }

  append(name: string, value: string): void {
    if (!isHeaders(this)) throw illegalInvocation();
    if (arguments.length < 2) throw badArgument("append", "Headers", arguments.length + 1, "string");
    this.#mutable();
    this.#append(checkName(name), checkValue(value));
  }

  delete(name: string): void {
    if (!isHeaders(this)) throw illegalInvocation();
    if (arguments.length < 1) throw badArgument("delete", "Headers", 1, "string");
    this.#mutable();
    this.#remove(`${name}`.toLowerCase(), 0);
  }

  forEach<This = unknown>(
    callback: (this: This, value: string, key: string, parent: Headers) => void,
    thisArg?: This): void {
    if (!isHeaders(this)) throw illegalInvocation();
    if (typeof callback !== "function") throw badArgument("forEach", "Headers", 1, "function");
    for (const [name, value] of this.#sorted()) callback.call(thisArg as This, value, name, this);
  }

  entries(): ArrayIterator<[key: string, value: string]> {
    if (!isHeaders(this)) throw illegalInvocation();
    return new EntryIterator(this.#sorted());
  }

  keys(): ArrayIterator<string> {
    if (!isHeaders(this)) throw illegalInvocation();
    return new KeyIterator(this.#sorted().map((entry) => entry[0]));
  }

  values(): ArrayIterator<string> {
    if (!isHeaders(this)) throw illegalInvocation();
    return new ValueIterator(this.#sorted().map((entry) => entry[1]));
  }

  declare [Symbol.iterator]: () => ArrayIterator<[key: string, value: string]>;

  // For the runtime: the ways in that a guest does not have.
  static {
    listOf = (headers) => headers.#list;
    hasHeader = (headers, name) => {
      const list = headers.#list;
      for (let i = 0; i < list.length; i += 2) {
        if (list[i] === name) return true;
      }
      return false;
    };
    peekHeader = (headers, name) => headers.#get(name);
    lockHeaders = (headers) => {
      headers.#immutable = true;
      return headers;
    };
    initHeaders = (init, where) => {
      const headers = new Headers();
      headers.#fill(init, where);
      return headers;
    };
    isHeaders = (value): value is Headers =>
      typeof value === "object" && value !== null && #list in value;
  }
}
Headers.prototype[Symbol.iterator] = Headers.prototype.entries;
Object.defineProperty(Headers.prototype, Symbol.iterator, { enumerable: false });

// Takes `flat` over.
export function makeHeaders(flat: FlatHeaders): Headers {
  return new Headers(INTERNAL, flat);
}
