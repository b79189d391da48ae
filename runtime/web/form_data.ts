// FormData (spec/runtime-api.md 2): an ordered list of names with text or files.

import { badArgument, exposeClass } from "./errors";
import { blobBytes, File, isBlob, isFile } from "./blob";
import { illegalInvocation } from "./io";
import { EntryIterator, KeyIterator, ValueIterator } from "./iterators";

// What `append` takes beside text; that it is one of our Blobs is seen at run time.
export interface BlobLike {
  readonly size: number;
  readonly type: string;
}
export type FormValue = string | File;

export let isFormData: (value: unknown) => value is FormData;
export let formEntries: (form: FormData) => [string, FormValue][];

function toValue(value: unknown, filename: unknown): FormValue {
  if (!isBlob(value)) return `${value as string}`.toWellFormed();
  if (filename === undefined && isFile(value)) return value;
  const name = filename === undefined ? "blob" : `${filename as string}`;
  const lastModified = isFile(value) ? value.lastModified : undefined;
  return new File([blobBytes(value)], name, { type: value.type, lastModified });
}

export class FormData {
  #entries: [string, FormValue][] = [];

  append(name: string, value: string | BlobLike, filename?: string): void {
    if (!isFormData(this)) throw illegalInvocation();
    if (arguments.length < 2) throw missing("append", arguments.length);
    this.#entries.push([`${name}`.toWellFormed(), toValue(value, this.#filename(name, value, filename))]);
  }

  // A Blob without a name of its own takes the entry's.
  #filename(name: unknown, value: unknown, filename: unknown): unknown {
    return filename === undefined && isBlob(value) && !isFile(value) ? name : filename;
  }

  delete(name: string): void {
    if (!isFormData(this)) throw illegalInvocation();
    if (arguments.length < 1) throw badArgument("delete", "FormData", 1, "string");
    const key = `${name}`;
    this.#entries = this.#entries.filter((entry) => entry[0] !== key);
  }

  get(name: string): FormValue | null {
    if (!isFormData(this)) throw illegalInvocation();
    if (arguments.length < 1) throw badArgument("get", "FormData", 1, "string");
    const key = `${name}`;
    return this.#entries.find((entry) => entry[0] === key)?.[1] ?? null;
  }

  getAll(name: string): FormValue[] {
    if (!isFormData(this)) throw illegalInvocation();
    if (arguments.length < 1) throw badArgument("getAll", "FormData", 1, "string");
    const key = `${name}`;
    return this.#entries.filter((entry) => entry[0] === key).map((entry) => entry[1]);
  }

  has(name: string): boolean {
    if (!isFormData(this)) throw illegalInvocation();
    if (arguments.length < 1) throw badArgument("has", "FormData", 1, "string");
    const key = `${name}`;
    return this.#entries.some((entry) => entry[0] === key);
  }

  set(name: string, value: string | BlobLike, filename?: string): void {
    if (!isFormData(this)) throw illegalInvocation();
    if (arguments.length < 2) throw missing("set", arguments.length);
    const key = `${name}`.toWellFormed();
    const made = toValue(value, this.#filename(name, value, filename));
    const at = this.#entries.findIndex((entry) => entry[0] === key);
    if (at < 0) {
      this.#entries.push([key, made]);
      return;
    }
    this.#entries[at]![1] = made;
    this.#entries = this.#entries.filter((entry, i) => i <= at || entry[0] !== key);
  }

  forEach<This = unknown>(
    callback: (this: This, value: FormValue, key: string, parent: FormData) => void,
    thisArg?: This): void {
    if (!isFormData(this)) throw illegalInvocation();
    if (typeof callback !== "function") throw badArgument("forEach", "FormData", 1, "function");
    for (const [name, value] of this.#entries) callback.call(thisArg as This, value, name, this);
  }

  entries(): ArrayIterator<[key: string, value: FormValue]> {
    if (!isFormData(this)) throw illegalInvocation();
    return new EntryIterator(
      this.#entries.map((entry): [string, FormValue] => [entry[0], entry[1]]));
  }

  keys(): ArrayIterator<string> {
    if (!isFormData(this)) throw illegalInvocation();
    return new KeyIterator(this.#entries.map((entry) => entry[0]));
  }

  values(): ArrayIterator<FormValue> {
    if (!isFormData(this)) throw illegalInvocation();
    return new ValueIterator(this.#entries.map((entry) => entry[1]));
  }

  declare [Symbol.iterator]: () => ArrayIterator<[key: string, value: FormValue]>;

  static {
    isFormData = (value): value is FormData =>
      typeof value === "object" && value !== null && #entries in value;
    formEntries = (form) => form.#entries;
  }
}
Object.defineProperty(FormData.prototype, Symbol.iterator,
                      { value: FormData.prototype.entries, writable: true, configurable: true });

function missing(method: string, given: number): TypeError {
  return badArgument(method, "FormData", given + 1,
                     given === 0 ? "string" : "File or Blob or string");
}

export function installFormData(target: object): void {
  exposeClass(target, "FormData", FormData);
}
