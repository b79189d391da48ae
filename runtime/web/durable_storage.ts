// ctx.storage (spec/durable-objects.md 2): the asynchronous operations, transactions, alarms and
// point-in-time recovery; `sql` and `kv` beside them.

import type { ActorIo } from "./actor";
import * as kv from "./durable_kv";
import {
  exposeState, isOptions, PRIVATE, requireActor, requirePrivate, STORAGE_TYPE,
} from "./durable_owner";
import { SqlStorage } from "./durable_sql";
import { SyncKvStorage } from "./durable_sync_kv";
import { type OpenTransactions, transaction, transactionSync } from "./durable_transaction";
import { badArgument } from "./errors";
import { illegalInvocation } from "./io";

const CLASS = "DurableObjectStorage";

class Storage implements kv.Target {
  readonly owner = CLASS;
  readonly io: ActorIo;
  readonly open: OpenTransactions = { innermost: undefined, sync: 0 };
  constructor(io: ActorIo) {
    this.io = io;
  }
  check(): void {}
}

let isStorage: (value: unknown) => value is DurableObjectStorage;

export class DurableObjectStorage {
  #storage: Storage;
  kv: SyncKvStorage;
  sql: SqlStorage;

  constructor(key: unknown, io: unknown) {
    requirePrivate(key);
    this.#storage = new Storage(io as ActorIo);
    this.kv = new SyncKvStorage(PRIVATE, io);
    this.sql = new SqlStorage(PRIVATE, io);
  }

  get(key: unknown, options?: unknown): Promise<any> {
    if (!isStorage(this)) throw illegalInvocation();
    return kv.get(this.#storage, arguments.length, key, options);
  }
  list(options?: unknown): Promise<any> {
    if (!isStorage(this)) throw illegalInvocation();
    return kv.list(this.#storage, options);
  }
  put(key: unknown, value?: unknown, options?: unknown): Promise<void> {
    if (!isStorage(this)) throw illegalInvocation();
    return kv.put(this.#storage, arguments.length, key, value, options);
  }
  delete(key: unknown, options?: unknown): Promise<any> {
    if (!isStorage(this)) throw illegalInvocation();
    return kv.remove(this.#storage, arguments.length, key, options);
  }

  deleteAll(options?: unknown): Promise<void> {
    if (!isStorage(this)) throw illegalInvocation();
    return this.#later(() => {
      if (!isOptions(options)) throw badArgument("deleteAll", CLASS, 1, "PutOptions");
      return native.storageDeleteAll(this.#actor(), kv.storageFlags.deleteAllDeletesAlarm);
    });
  }

  transaction<T>(callback: (txn: any) => Promise<T>, options?: unknown): Promise<T> {
    if (!isStorage(this)) throw illegalInvocation();
    return this.#later(() => {
      if (typeof callback !== "function") throw badArgument("transaction", CLASS, 1, "function");
      if (!isOptions(options)) throw badArgument("transaction", CLASS, 2, "TransactionOptions");
      this.#actor();
      return transaction(this.#storage.io, this.#storage.open, callback);
    });
  }

  getAlarm(options?: unknown): Promise<number | null> {
    if (!isStorage(this)) throw illegalInvocation();
    return kv.getAlarm(this.#storage, options);
  }
  setAlarm(time: number | Date, options?: unknown): Promise<void> {
    if (!isStorage(this)) throw illegalInvocation();
    return kv.setAlarm(this.#storage, time, options);
  }
  deleteAlarm(options?: unknown): Promise<void> {
    if (!isStorage(this)) throw illegalInvocation();
    return kv.deleteAlarm(this.#storage, options);
  }

  sync(): Promise<void> {
    if (!isStorage(this)) throw illegalInvocation();
    return this.#later(() => native.storageSync(this.#actor()));
  }

  transactionSync<T>(callback: () => T): T {
    if (!isStorage(this)) throw illegalInvocation();
    if (typeof callback !== "function") throw badArgument("transactionSync", CLASS, 1, "function");
    const actor = this.#actor();
    native.storageNeedsSqlite(actor, "transactionSync");
    return transactionSync(this.#storage.io, this.#storage.open, callback) as T;
  }

  getCurrentBookmark(): Promise<string> {
    if (!isStorage(this)) throw illegalInvocation();
    return this.#later(() => native.storageBookmark(this.#actor()));
  }

  getBookmarkForTime(timestamp: number | Date): Promise<string> {
    if (!isStorage(this)) throw illegalInvocation();
    return this.#later(() => {
      const at = kv.toTime(timestamp, "getBookmarkForTime", CLASS);
      return native.storageBookmarkAt(this.#actor(), at);
    });
  }

  onNextSessionRestoreBookmark(bookmark: string): Promise<string> {
    if (!isStorage(this)) throw illegalInvocation();
    const count = arguments.length;
    return this.#later(() => {
      if (count === 0) throw badArgument("onNextSessionRestoreBookmark", CLASS, 1, "string");
      return native.storageRestore(this.#actor(), `${bookmark}`);
    });
  }

  #actor(): RequestId {
    requireActor(this.#storage.io, STORAGE_TYPE);
    return this.#storage.io.request;
  }

  // What `work` throws rejects.
  #later(work: () => unknown): Promise<any> {
    try {
      return kv.resolved(work());
    } catch (error) {
      return kv.rejected(error);
    }
  }

  static {
    isStorage = (value): value is DurableObjectStorage =>
      typeof value === "object" && value !== null && #storage in value;
  }
}
exposeState(CLASS, DurableObjectStorage);
