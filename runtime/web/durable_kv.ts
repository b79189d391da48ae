// The asynchronous key-value operations and alarms, which storage and the transaction object share
// (spec/durable-objects.md 2.2, 3.6). Storage answers at once, so the promises are settled already:
// no other event can come between (rule 4). What is wrong with the arguments rejects, except for
// delete(), which throws, as on the platform.

import { requireActor, isOptions, STORAGE_TYPE } from "./durable_owner";
import type { ActorIo } from "./actor";
import { badArgument } from "./errors";

const DATE_MS_MAX = 9e12;
const PUT_TEXT =
  "put() may only be called with a single key-value pair and optional options as " +
  "put(key, value, options) or with multiple key-value pairs and optional options as " +
  "put(entries, options)";

export const resolved = Promise.resolve.bind(Promise) as (value: unknown) => Promise<any>;
export const rejected = Promise.reject.bind(Promise) as (error: unknown) => Promise<never>;

// Compatibility flags that change storage; entry.init sets them.
export const storageFlags = { deleteAllDeletesAlarm: true };

export function initDurable(flags: ReadonlySet<string>): void {
  storageFlags.deleteAllDeletesAlarm = flags.has("delete_all_deletes_alarm");
}

// Whose operations these are.
export interface Target {
  readonly io: ActorIo;
  readonly owner: "DurableObjectStorage" | "DurableObjectTransaction";
  // Throws when `operation` may not be done any more.
  check(operation: string): void;
}

interface WriteOptions {
  allowUnconfirmed?: unknown;
}
export interface ListOptions {
  start?: unknown;
  startAfter?: unknown;
  end?: unknown;
  prefix?: unknown;
  reverse?: unknown;
  limit?: unknown;
}

function begin(target: Target, operation: string): RequestId {
  target.check(operation);
  requireActor(target.io, STORAGE_TYPE);
  return target.io.request;
}

function checkOptions(target: Target, method: string, at: number, type: string,
                      options: unknown): void {
  if (!isOptions(options)) throw badArgument(method, target.owner, at, type);
}

// Whether a write locks the output gate (rules 13, 18).
export function confirmed(options: unknown): boolean {
  return options === undefined || options === null || !(options as WriteOptions).allowUnconfirmed;
}

const text = (value: unknown): string => (typeof value === "string" ? value : `${value as string}`);

export function get(target: Target, count: number, key: unknown,
                    options: unknown): Promise<any> {
  try {
    if (count === 0) throw badArgument("get", target.owner, 1, "string or Array");
    const keys = Array.isArray(key) ? key.map(text) : undefined;
    const name = keys === undefined ? text(key) : "";
    if (options !== undefined) checkOptions(target, "get", 2, "GetOptions", options);
    const actor = begin(target, "get()");
    if (keys !== undefined) return resolved(toMap(native.storageGetMany(actor, keys)));
    return resolved(native.storageGet(actor, name));
  } catch (error) {
    return rejected(error);
  }
}

// [key, value, key, value, …]
function toMap(flat: unknown[]): Map<string, unknown> {
  const map = new Map<string, unknown>();
  for (let i = 0; i < flat.length; i += 2) map.set(flat[i] as string, flat[i + 1]);
  return map;
}

function isEntries(value: unknown): value is Record<string, unknown> {
  if (typeof value === "function") return true;
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function put(target: Target, count: number, first: unknown, value: unknown,
                    options: unknown): Promise<void> {
  try {
    if (count === 0) throw badArgument("put", target.owner, 1, "string or object");
    if (isEntries(first)) return putEntries(target, first, value, options);
    const key = text(first);
    if (options !== undefined) checkOptions(target, "put", 3, "PutOptions", options);
    if (value === undefined) throw new TypeError("put() called with undefined value.");
    native.storagePut(begin(target, "put()"), key, value, confirmed(options));
    return resolved(undefined);
  } catch (error) {
    return rejected(error);
  }
}

// put(entries, options): properties that are undefined are left out.
function putEntries(target: Target, entries: Record<string, unknown>, second: unknown,
                    third: unknown): Promise<void> {
  const flat: unknown[] = [];
  for (const key of Object.keys(entries)) {
    const value = entries[key];
    if (value !== undefined) flat.push(key, value);
  }
  checkOptions(target, "put", 3, "PutOptions", third);
  if (!isOptions(second)) throw new TypeError(PUT_TEXT);
  native.storagePutMany(begin(target, "put()"), flat, confirmed(second ?? third));
  return resolved(undefined);
}

export function remove(target: Target, count: number, key: unknown,
                       options: unknown): Promise<any> {
  if (count === 0) throw badArgument("delete", target.owner, 1, "string or Array");
  const keys = Array.isArray(key) ? key.map(text) : undefined;
  const name = keys === undefined ? text(key) : "";
  checkOptions(target, "delete", 2, "PutOptions", options);
  const actor = begin(target, "delete()");
  return resolved(keys !== undefined
    ? native.storageDeleteMany(actor, keys, confirmed(options))
    : native.storageDelete(actor, name, confirmed(options)));
}

// The platform's conversion to a 32-bit number.
function toInt32(value: unknown): number {
  const number = Number(value);
  if (!Number.isFinite(number)) return 0;
  const whole = Math.trunc(number);
  if (whole < -2147483648 || whole > 2147483647) {
    throw new TypeError(
      "Value out of range. Must be between -2147483648 and 2147483647 (inclusive).");
  }
  return whole;
}

// The arguments of native.storageList and storageListOpen after the actor.
export function listArguments(options: ListOptions | undefined | null): NativeListArguments {
  if (options === undefined || options === null) {
    return [undefined, undefined, undefined, undefined, false, 0];
  }
  const optional = (value: unknown): string | undefined =>
    value === undefined ? undefined : text(value);
  const start = optional(options.start), startAfter = optional(options.startAfter);
  const end = optional(options.end), prefix = optional(options.prefix);
  const reverse = Boolean(options.reverse);
  const limit = options.limit === undefined ? undefined : toInt32(options.limit);
  if (start !== undefined && startAfter !== undefined) {
    throw new TypeError("list() cannot be called with both start and startAfter values.");
  }
  if (limit !== undefined && limit <= 0) throw new TypeError("List limit must be positive.");
  return [start, startAfter, end, prefix, reverse, limit ?? 0];
}

export function list(target: Target, options: unknown): Promise<any> {
  try {
    checkOptions(target, "list", 1, "ListOptions", options);
    const asked = listArguments(options as ListOptions);
    return resolved(toMap(native.storageList(begin(target, "list()"), ...asked)));
  } catch (error) {
    return rejected(error);
  }
}

// A time as the platform takes it, in whole milliseconds.
export function toTime(value: unknown, method: string, owner: string): number {
  if (typeof value !== "number" && !(value instanceof Date)) {
    throw badArgument(method, owner, 1, "date");
  }
  const ms = Math.trunc(typeof value === "number" ? value : value.getTime());
  if (!Number.isFinite(ms)) {
    throw new TypeError("The value cannot be converted because it is not a valid Date.");
  }
  if (ms >= DATE_MS_MAX) throw new TypeError("This API doesn't support dates after 2189.");
  if (ms <= -DATE_MS_MAX) throw new TypeError("This API doesn't support dates before 1687.");
  return ms;
}

export function getAlarm(target: Target, options: unknown): Promise<number | null> {
  try {
    checkOptions(target, "getAlarm", 1, "GetAlarmOptions", options);
    return resolved(native.storageAlarm(begin(target, "getAlarm()")));
  } catch (error) {
    return rejected(error);
  }
}

export function setAlarm(target: Target, time: unknown, options: unknown): Promise<void> {
  try {
    const at = toTime(time, "setAlarm", target.owner);
    checkOptions(target, "setAlarm", 2, "SetAlarmOptions", options);
    if (at <= 0) throw new TypeError("setAlarm() cannot be called with an alarm time <= 0");
    const { io } = target;
    if (io.instance !== undefined && typeof io.instance.alarm !== "function") {
      throw new TypeError("Your Durable Object class must have an alarm() handler in order to " +
                          "call setAlarm()");
    }
    native.storageSetAlarm(begin(target, "setAlarm()"), at, confirmed(options));
    return resolved(undefined);
  } catch (error) {
    return rejected(error);
  }
}

export function deleteAlarm(target: Target, options: unknown): Promise<void> {
  try {
    checkOptions(target, "deleteAlarm", 1, "SetAlarmOptions", options);
    native.storageSetAlarm(begin(target, "deleteAlarm()"), undefined, confirmed(options));
    return resolved(undefined);
  } catch (error) {
    return rejected(error);
  }
}
