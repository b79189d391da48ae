// URLSearchParams (URL Standard, application/x-www-form-urlencoded). Keeps one flat list
// [name, value, name, value, …]; a URL that owns the object is told of every change.

import { badArgument } from "./errors";
import { illegalInvocation } from "./io";

const PLAIN = /^[\w*.\-]*$/;
const ESCAPE = /[^\w*.\- ]/u;

let valueArgument = true;

// compat urlsearchparams_delete_has_value_arg (2023-07-01).
export function useValueArgument(on: boolean): void {
  valueArgument = on;
}

function decodePart(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return decodeLossy(spaced);
  }
}

// Bytes that are not UTF-8, or a % that starts no escape.
function decodeLossy(text: string): string {
  const source = native.utf8Encode(text);
  const bytes = new Uint8Array(source.length);
  let size = 0;
  for (let i = 0; i < source.length; i++) {
    const high = source[i] === 0x25 ? hexValue(source[i + 1]) : -1;
    const low = high < 0 ? -1 : hexValue(source[i + 2]);
    if (low < 0) {
      bytes[size++] = source[i] as number;
    } else {
      bytes[size++] = high * 16 + low;
      i += 2;
    }
  }
  return native.utf8Decode(bytes.subarray(0, size), false, true);
}

function hexValue(code: number | undefined): number {
  if (code === undefined) return -1;
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

export function parseUrlEncoded(text: string): string[] {
  const list: string[] = [];
  for (let start = 0; start < text.length;) {
    let end = text.indexOf("&", start);
    if (end < 0) end = text.length;
    if (end > start) {
      const equals = text.indexOf("=", start);
      if (equals < 0 || equals >= end) {
        list.push(decodePart(text.slice(start, end)), "");
      } else {
        list.push(decodePart(text.slice(start, equals)), decodePart(text.slice(equals + 1, end)));
      }
    }
    start = end + 1;
  }
  return list;
}

function encodePart(text: string): string {
  if (PLAIN.test(text)) return text;
  if (!ESCAPE.test(text)) return text.replaceAll(" ", "+");
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}

export function writeUrlEncoded(list: readonly string[]): string {
  let text = "";
  for (let i = 0; i < list.length; i += 2) {
    if (i > 0) text += "&";
    text += `${encodePart(list[i] as string)}=${encodePart(list[i + 1] as string)}`;
  }
  return text;
}

function usv(value: unknown): string {
  return `${value as string}`.toWellFormed();
}

const BAD_SEQUENCE = "Invalid URL search params sequence.";

function listOf(init: unknown): string[] {
  if (typeof init === "object" && init !== null || typeof init === "function") {
    if (isURLSearchParams(init)) return paramsList(init).slice();
    const iterate = (init as Partial<Iterable<unknown>>)[Symbol.iterator];
    const list: string[] = [];
    if (typeof iterate === "function") {
      for (const pair of init as Iterable<unknown>) {
        if (typeof pair !== "object" || pair === null) throw new TypeError(BAD_SEQUENCE);
        const both = [...(pair as Iterable<unknown>)];
        if (both.length !== 2) throw new TypeError(BAD_SEQUENCE);
        list.push(usv(both[0]), usv(both[1]));
      }
      return list;
    }
    const seen = new Map<string, string>();
    for (const key of Reflect.ownKeys(init)) {
      const property = Reflect.getOwnPropertyDescriptor(init, key);
      if (property?.enumerable) seen.set(usv(key), usv(Reflect.get(init, key)));
    }
    for (const [name, value] of seen) list.push(name, value);
    return list;
  }
  const text = usv(init);
  return parseUrlEncoded(text.startsWith("?") ? text.slice(1) : text);
}

export let isURLSearchParams: (value: unknown) => value is URLSearchParams;
export let paramsList: (params: URLSearchParams) => string[];
// The object a URL shows as searchParams; `changed` gets the new query after each change.
export let linkedParams: (query: string, changed: (query: string) => void) => URLSearchParams;
export let replaceParams: (params: URLSearchParams, query: string) => void;

export class URLSearchParams {
  #list: string[];
  #changed: ((query: string) => void) | undefined = undefined;

  constructor(init?: unknown) {
    this.#list = init === undefined ? [] : listOf(init);
  }

  get size(): number {
    check(this);
    return this.#list.length / 2;
  }

  append(name: string, value: string): void {
    check(this);
    need("append", arguments.length, 2);
    this.#list.push(usv(name), usv(value));
    this.#tell();
  }

  delete(name: string, value?: string): void {
    check(this);
    need("delete", arguments.length, 1);
    const key = usv(name);
    const only = valueArgument && value !== undefined ? usv(value) : undefined;
    const list = this.#list;
    let kept = 0;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === key && (only === undefined || list[i + 1] === only)) continue;
      list[kept++] = list[i] as string;
      list[kept++] = list[i + 1] as string;
    }
    if (kept === list.length) return;
    list.length = kept;
    this.#tell();
  }

  get(name: string): string | null {
    check(this);
    need("get", arguments.length, 1);
    const key = usv(name);
    for (let i = 0; i < this.#list.length; i += 2) {
      if (this.#list[i] === key) return this.#list[i + 1] as string;
    }
    return null;
  }

  getAll(name: string): string[] {
    check(this);
    need("getAll", arguments.length, 1);
    const key = usv(name);
    return this.#list.filter((_, i) => i % 2 === 1 && this.#list[i - 1] === key);
  }

  has(name: string, value?: string): boolean {
    check(this);
    need("has", arguments.length, 1);
    const key = usv(name);
    const only = valueArgument && value !== undefined ? usv(value) : undefined;
    for (let i = 0; i < this.#list.length; i += 2) {
      if (this.#list[i] === key && (only === undefined || this.#list[i + 1] === only)) return true;
    }
    return false;
  }

  set(name: string, value: string): void {
    check(this);
    need("set", arguments.length, 2);
    const key = usv(name);
    const list = this.#list;
    let kept = 0;
    let found = false;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === key && found) continue;
      const mine = list[i] === key;
      found ||= mine;
      list[kept++] = list[i] as string;
      list[kept++] = mine ? usv(value) : list[i + 1] as string;
    }
    list.length = kept;
    if (!found) list.push(key, usv(value));
    this.#tell();
  }

  sort(): void {
    check(this);
    const pairs: [string, string][] = [];
    for (let i = 0; i < this.#list.length; i += 2) {
      pairs.push([this.#list[i] as string, this.#list[i + 1] as string]);
    }
    pairs.sort((a, b) => a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);   // by UTF-16 code units
    this.#list.splice(0, Infinity, ...pairs.flat());
    this.#tell();
  }

  entries(): IterableIterator<[string, string]> {
    check(this);
    return makeIterator(this, 0) as IterableIterator<[string, string]>;
  }
  keys(): IterableIterator<string> {
    check(this);
    return makeIterator(this, 1) as IterableIterator<string>;
  }
  values(): IterableIterator<string> {
    check(this);
    return makeIterator(this, 2) as IterableIterator<string>;
  }

  forEach(callback: (value: string, name: string, params: URLSearchParams) => void,
          thisArg?: unknown): void {
    check(this);
    if (typeof callback !== "function") {
      throw badArgument("forEach", "URLSearchParams", 1, "function");
    }
    for (let i = 0; i < this.#list.length; i += 2) {
      Reflect.apply(callback, thisArg, [this.#list[i + 1], this.#list[i], this]);
    }
  }

  toString(): string {
    check(this);
    return writeUrlEncoded(this.#list);
  }

  #tell(): void {
    this.#changed?.(writeUrlEncoded(this.#list));
  }

  static {
    isURLSearchParams = (value): value is URLSearchParams =>
      typeof value === "object" && value !== null && #list in value;
    paramsList = (params) => params.#list;
    linkedParams = (query, changed) => {
      const params = new URLSearchParams();
      params.#list = parseUrlEncoded(query);
      params.#changed = changed;
      return params;
    };
    replaceParams = (params, query) => {
      params.#list = parseUrlEncoded(query);
    };
  }
}
export interface URLSearchParams extends Iterable<[string, string]> {}
Object.defineProperty(URLSearchParams.prototype, Symbol.iterator, {
  value: URLSearchParams.prototype.entries, writable: true, configurable: true,
});

function check(value: unknown): void {
  if (!isURLSearchParams(value)) throw illegalInvocation();
}

function need(method: string, given: number, wanted: number): void {
  if (given < wanted) throw badArgument(method, "URLSearchParams", given + 1, "USVString");
}

// Live: an iterator sees changes made while it runs.
const iteratorState = new WeakMap<object, { of: URLSearchParams; at: number; what: 0 | 1 | 2 }>();
function iteratorPrototype(tag: string): object {
  const base = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object;
  const prototype = Object.create(base) as object;
  const next = function (this: object): IteratorResult<unknown> {
    const state = typeof this === "object" && this !== null ? iteratorState.get(this) : undefined;
    if (state === undefined) throw illegalInvocation();
    const list = paramsList(state.of);
    if (state.at >= list.length) return { value: undefined, done: true };
    const name = list[state.at] as string;
    const value = list[state.at + 1] as string;
    state.at += 2;
    return { value: state.what === 0 ? [name, value] : state.what === 1 ? name : value,
             done: false };
  };
  Object.defineProperty(prototype, "next", {
    value: next, writable: true, enumerable: true, configurable: true });
  Object.defineProperty(prototype, Symbol.toStringTag, { value: tag, configurable: true });
  return prototype;
}
const PROTOTYPES = [iteratorPrototype("EntryIterator"), iteratorPrototype("KeyIterator"),
                    iteratorPrototype("ValueIterator")];
function makeIterator(of: URLSearchParams, what: 0 | 1 | 2): object {
  const iterator = Object.create(PROTOTYPES[what] as object) as object;
  iteratorState.set(iterator, { of, at: 0, what });
  return iterator;
}
