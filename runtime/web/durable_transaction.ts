// transaction() and transactionSync() (spec/durable-objects.md 2.6). A transaction runs in a
// critical section; one begun inside another is a savepoint of it.

import type { ActorIo } from "./actor";
import * as kv from "./durable_kv";
import { exposeState, PRIVATE, requireActor, requirePrivate, STORAGE_TYPE } from "./durable_owner";
import { enterSection } from "./durable_section";
import { illegalInvocation } from "./io";

const OUTER_TEXT =
  "Cannot roll back an outer transaction while a nested transaction is still running.";

const then = Promise.prototype.then;
const resolve = Promise.resolve.bind(Promise) as (value: unknown) => Promise<unknown>;

// The transactions of one object, innermost last.
export interface OpenTransactions {
  innermost: Open | undefined;
  sync: number;   // transactionSync() calls that run now
}

class Open implements kv.Target {
  readonly owner = "DurableObjectTransaction";
  readonly io: ActorIo;
  readonly all: OpenTransactions;
  readonly around: Open | undefined;
  readonly begun: number;      // native.storageBegin's
  readonly syncAround: number;
  state: "open" | "committed" | "rolled back" = "open";
  wantsEnd: (() => void) | undefined = undefined;   // its callback is done, a nested one is not

  constructor(io: ActorIo, all: OpenTransactions) {
    this.io = io;
    this.all = all;
    this.around = all.innermost;
    this.begun = native.storageBegin(io.request);
    this.syncAround = all.sync;
    all.innermost = this;
  }

  check(operation: string): void {
    if (this.state === "open") return;
    throw new Error(this.state === "rolled back" ? `Cannot ${operation} on rolled back transaction`
      : `Cannot call ${operation} on transaction that has already committed: did you move ` +
        "`txn` outside of the closure?");
  }

  rollback(): void {
    if (this.state === "rolled back") return;
    this.check("rollback()");
    requireActor(this.io, STORAGE_TYPE);
    if (this.all.innermost !== this || this.all.sync > this.syncAround) throw new Error(OUTER_TEXT);
    this.state = "rolled back";
    native.storageRollback(this.io.request, this.begun);
  }

  // Ends it when no nested one runs any more: the callback's work was done, or threw.
  end(succeeded: boolean, ended: () => void, failed: (error: unknown) => void): void {
    if (this.all.innermost !== this) {
      this.wantsEnd = () => this.end(succeeded, ended, failed);
      return;
    }
    try {
      if (this.state === "open" && succeeded) {
        this.state = "committed";
        native.storageCommit(this.io.request, this.begun);
      } else if (!succeeded) {
        const wasOpen = this.state === "open";
        this.state = "rolled back";
        if (wasOpen) native.storageRollback(this.io.request, this.begun);
      }
      this.leave();
      ended();
    } catch (error) {
      this.leave();
      failed(error);
    }
    const { around } = this;
    if (around?.wantsEnd !== undefined) around.wantsEnd();
  }

  leave(): void {
    this.all.innermost = this.around;
  }
}

let isTransaction: (value: unknown) => value is DurableObjectTransaction;

export class DurableObjectTransaction {
  #open: Open;

  constructor(key: unknown, open: unknown) {
    requirePrivate(key);
    this.#open = open as Open;
  }

  get(key: unknown, options?: unknown): Promise<any> {
    if (!isTransaction(this)) throw illegalInvocation();
    return kv.get(this.#open, arguments.length, key, options);
  }
  list(options?: unknown): Promise<any> {
    if (!isTransaction(this)) throw illegalInvocation();
    return kv.list(this.#open, options);
  }
  put(key: unknown, value?: unknown, options?: unknown): Promise<void> {
    if (!isTransaction(this)) throw illegalInvocation();
    return kv.put(this.#open, arguments.length, key, value, options);
  }
  delete(key: unknown, options?: unknown): Promise<any> {
    if (!isTransaction(this)) throw illegalInvocation();
    return kv.remove(this.#open, arguments.length, key, options);
  }
  deleteAll(): never {
    throw new Error("Cannot call deleteAll() within a transaction");
  }
  rollback(): void {
    if (!isTransaction(this)) throw illegalInvocation();
    this.#open.rollback();
  }
  getAlarm(options?: unknown): Promise<number | null> {
    if (!isTransaction(this)) throw illegalInvocation();
    return kv.getAlarm(this.#open, options);
  }
  setAlarm(time: unknown, options?: unknown): Promise<void> {
    if (!isTransaction(this)) throw illegalInvocation();
    return kv.setAlarm(this.#open, time, options);
  }
  deleteAlarm(options?: unknown): Promise<void> {
    if (!isTransaction(this)) throw illegalInvocation();
    return kv.deleteAlarm(this.#open, options);
  }

  static {
    isTransaction = (value): value is DurableObjectTransaction =>
      typeof value === "object" && value !== null && #open in value;
  }
}
exposeState("DurableObjectTransaction", DurableObjectTransaction);

export function transaction(io: ActorIo, all: OpenTransactions,
                            callback: (txn: DurableObjectTransaction) => unknown): Promise<any> {
  return new Promise((done, failed) => {
    enterSection(io, (section) => {
      const leave = (): void => native.sectionEnd(io.request, section);
      let open: Open;
      try {
        open = new Open(io, all);
      } catch (error) {
        leave();
        return failed(error);
      }
      // A commit that fails has reset the object: nobody is told by this promise.
      const fail = (error: unknown): void => {
        open.end(false, () => {
          leave();
          failed(error);
        }, leave);
      };
      let result: unknown;
      try {
        result = callback(new DurableObjectTransaction(PRIVATE, open));
      } catch (error) {
        return fail(error);
      }
      then.call(resolve(result), (value: unknown) => {
        open.end(true, () => {
          leave();
          done(value);
        }, (error: unknown) => {
          leave();
          failed(error);
        });
      }, fail);
    });
  });
}

// A savepoint around `callback`, which must be done when it returns.
export function transactionSync(io: ActorIo, all: OpenTransactions,
                                callback: () => unknown): unknown {
  const begun = native.storageSavepoint(io.request);
  all.sync++;
  let result: unknown;
  try {
    result = callback();
  } catch (error) {
    native.storageSavepointEnd(io.request, begun, false);
    throw error;
  } finally {
    all.sync--;
  }
  native.storageSavepointEnd(io.request, begun, true);
  return result;
}
