// storage.kv: the same keys and values as the asynchronous operations, without promises
// (spec/durable-objects.md 2.3).

import type { ActorIo } from "./actor";
import { type ListOptions, listArguments } from "./durable_kv";
import {
  exposeState, isOptions, PRIVATE, requireActor, requirePrivate, STORAGE_TYPE,
} from "./durable_owner";
import { badArgument } from "./errors";
import { illegalInvocation } from "./io";

const CLASS = "SyncKvStorage";
type Entry = [key: string, value: unknown];

let isKv: (value: unknown) => value is SyncKvStorage;

export class SyncKvStorage {
  #io: ActorIo;

  constructor(key: unknown, io: unknown) {
    requirePrivate(key);
    this.#io = io as ActorIo;
  }

  #begin(method: string, count: number): RequestId {
    if (count === 0) throw badArgument(method, CLASS, 1, "string");
    requireActor(this.#io, STORAGE_TYPE);
    native.storageNeedsSqlite(this.#io.request, "kv");
    return this.#io.request;
  }

  get(key: string): any {
    if (!isKv(this)) throw illegalInvocation();
    return native.storageGet(this.#begin("get", arguments.length), `${key}`);
  }

  list(options?: unknown): Iterable<[string, any]> {
    if (!isKv(this)) throw illegalInvocation();
    if (!isOptions(options)) throw badArgument("list", CLASS, 1, "ListOptions");
    const asked = listArguments(options as ListOptions);
    const actor = this.#begin("list", 1);
    return new ListIterator(PRIVATE, this.#io, native.storageListOpen(actor, ...asked));
  }

  put(key: string, value: unknown): void {
    if (!isKv(this)) throw illegalInvocation();
    const actor = this.#begin("put", arguments.length);
    if (arguments.length === 1) throw badArgument("put", CLASS, 2, "Value");
    native.storagePut(actor, `${key}`, value, true);
  }

  delete(key: string): boolean {
    if (!isKv(this)) throw illegalInvocation();
    return native.storageDelete(this.#begin("delete", arguments.length), `${key}`, true);
  }

  static {
    isKv = (value): value is SyncKvStorage =>
      typeof value === "object" && value !== null && #io in value;
  }
}
exposeState(CLASS, SyncKvStorage);

// Reads as it is asked; a newer list() of the object ends it.
class ListIterator extends Iterator<Entry, undefined> {
  #io: ActorIo;
  #list: number;   // 0: at the end

  constructor(key: unknown, io: unknown, list: unknown) {
    requirePrivate(key);
    super();
    this.#io = io as ActorIo;
    this.#list = list as number;
  }

  override next(): IteratorResult<Entry, undefined> {
    if (typeof this !== "object" || this === null || !(#list in this)) throw illegalInvocation();
    if (this.#list !== 0) {
      requireActor(this.#io, STORAGE_TYPE);
      const entry = native.storageListNext(this.#io.request, this.#list);
      if (entry !== undefined) return { done: false, value: entry };
      this.#list = 0;
    }
    return { done: true, value: undefined };
  }
}
exposeState("ListIterator", ListIterator);
