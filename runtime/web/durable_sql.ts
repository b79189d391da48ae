// storage.sql (spec/durable-objects.md 2.5). exec() prepares and steps a statement at once; the
// cursor then gives its rows, one call into C++ each for next(), one for all the rest for
// toArray(). The cursor in C++ is one row ahead of what was given, and closed with its last row.

import type { ActorIo } from "./actor";
import {
  exposeState, PRIVATE, requireActor, requirePrivate, STORAGE_TYPE,
} from "./durable_owner";
import { badArgument, enumerateMembers } from "./errors";
import { illegalInvocation } from "./io";

type Row = Record<string, any>;
type RawRow = any[];

// What C++ says of the cursor it was last asked about: [id or 0 at its end, rows read, rows
// written].
let said: Float64Array | undefined;

function sayInto(): Float64Array {
  said = new Float64Array(new ArrayBuffer(24));
  native.sqlShare(said);
  return said;
}

// What SQLite does not know becomes text, as the platform's conversion does it. In place.
function toBindings(values: unknown[]): unknown[] {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    switch (typeof value) {
      case "string": case "number": case "undefined": continue;
      case "bigint": throw new TypeError("Cannot convert a BigInt value to a number");
      default:
        if (value === null || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) continue;
        values[i] = `${value as string}`;
    }
  }
  return values;
}

let isCursor: (value: unknown) => value is SqlStorageCursor<Row>;
let nextOf: (cursor: SqlStorageCursor<Row>, raw: boolean) => unknown;   // undefined at the end
let restOf: (cursor: SqlStorageCursor<Row>, raw: boolean) => unknown[];

export class SqlStorageCursor<T extends Row = Row> {
  #io: ActorIo;
  #id: number;   // 0: at the end
  #read: number;
  #written: number;
  #names: string[] | undefined;
  #error: unknown = undefined;   // what it was cancelled with

  constructor(key: unknown, io: unknown, query: string, bindings: unknown[]) {
    requirePrivate(key);
    this.#io = io as ActorIo;
    const now = said ?? sayInto();
    this.#names = native.sqlExec(this.#io.request, query, bindings, this);
    this.#id = now[0]!;
    this.#read = now[1]!;
    this.#written = now[2]!;
  }

  next(): IteratorResult<T, undefined> {
    if (!isCursor(this)) throw illegalInvocation();
    const row = nextOf(this, false) as T | undefined;
    return row === undefined ? { done: true, value: undefined } : { done: false, value: row };
  }

  toArray(): T[] {
    if (!isCursor(this)) throw illegalInvocation();
    return restOf(this, false) as T[];
  }

  one(): T {
    if (!isCursor(this)) throw illegalInvocation();
    const row = nextOf(this, false);
    if (row === undefined) {
      throw new Error("Expected exactly one result from SQL query, but got no results.");
    }
    if (this.#id !== 0) {
      throw new Error("Expected exactly one result from SQL query, but got multiple results.");
    }
    return row as T;
  }

  raw<U extends RawRow = RawRow>(): IterableIterator<U> {
    if (!isCursor(this)) throw illegalInvocation();
    requireActor(this.#io, "State");
    return new RawIterator(PRIVATE, this) as unknown as IterableIterator<U>;
  }

  get columnNames(): string[] {
    if (!isCursor(this)) throw illegalInvocation();
    return this.#names ??= [];
  }
  get rowsRead(): number {
    if (!isCursor(this)) throw illegalInvocation();
    if (this.#error !== undefined) throw this.#error;
    return this.#read;
  }
  get rowsWritten(): number {
    if (!isCursor(this)) throw illegalInvocation();
    if (this.#error !== undefined) throw this.#error;
    return this.#written;
  }

  [Symbol.iterator](): IterableIterator<T> {
    if (!isCursor(this)) throw illegalInvocation();
    return new RowIterator(PRIVATE, this) as unknown as IterableIterator<T>;
  }

  #heard(): void {
    const now = said!;
    this.#id = now[0]!;
    this.#read = now[1]!;
    this.#written = now[2]!;
  }

  static {
    isCursor = (value): value is SqlStorageCursor =>
      typeof value === "object" && value !== null && #id in value;
    nextOf = (cursor, raw) => {
      requireActor(cursor.#io, "State");
      if (cursor.#id === 0) return undefined;
      try {
        const row = native.sqlNext(cursor.#io.request, cursor.#id, raw);
        cursor.#heard();
        return row;
      } catch (error) {
        cursor.#error = error;
        throw error;
      }
    };
    restOf = (cursor, raw) => {
      requireActor(cursor.#io, "State");
      if (cursor.#id === 0) return [];
      const rows = native.sqlRest(cursor.#io.request, cursor.#id, raw);
      cursor.#heard();
      return rows;
    };
  }
}
exposeState("Cursor", SqlStorageCursor as never);

class RowIterator extends Iterator<Row, undefined> {
  #cursor: SqlStorageCursor;
  constructor(key: unknown, cursor: unknown) {
    requirePrivate(key);
    super();
    this.#cursor = cursor as SqlStorageCursor;
  }
  override next(): IteratorResult<Row, undefined> {
    if (typeof this !== "object" || this === null || !(#cursor in this)) throw illegalInvocation();
    const row = nextOf(this.#cursor, false) as Row | undefined;
    return row === undefined ? { done: true, value: undefined } : { done: false, value: row };
  }
}
exposeState("RowIterator", RowIterator);

class RawIterator extends Iterator<RawRow, undefined> {
  #cursor: SqlStorageCursor;
  constructor(key: unknown, cursor: unknown) {
    requirePrivate(key);
    super();
    this.#cursor = cursor as SqlStorageCursor;
  }
  override next(): IteratorResult<RawRow, undefined> {
    if (typeof this !== "object" || this === null || !(#cursor in this)) throw illegalInvocation();
    const row = nextOf(this.#cursor, true) as RawRow | undefined;
    return row === undefined ? { done: true, value: undefined } : { done: false, value: row };
  }
  // As Iterator's, without a call for each row.
  override toArray(): RawRow[] {
    if (typeof this !== "object" || this === null || !(#cursor in this)) throw illegalInvocation();
    return restOf(this.#cursor, true) as RawRow[];
  }
}
exposeState("RawIterator", RawIterator);
Object.defineProperty(RawIterator.prototype, "toArray", { enumerable: false });

// Its use is behind an experimental flag of the platform; the name is there.
class SqlStorageStatement {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}
exposeState("Statement", SqlStorageStatement);

let isSql: (value: unknown) => value is SqlStorage;

export class SqlStorage {
  #io: ActorIo;
  declare Cursor: any;   // the class, which guests cannot construct
  declare Statement: typeof SqlStorageStatement;

  constructor(key: unknown, io: unknown) {
    requirePrivate(key);
    this.#io = io as ActorIo;
  }

  exec<T extends Row = Row>(query: string, ...bindings: any[]): SqlStorageCursor<T> {
    if (!isSql(this)) throw illegalInvocation();
    if (arguments.length === 0) throw badArgument("exec", "SqlStorage", 1, "String");
    const text = typeof query === "string" ? query : `${query as string}`;
    const values = toBindings(bindings);
    requireActor(this.#io, STORAGE_TYPE);
    return new SqlStorageCursor<T>(PRIVATE, this.#io, text, values);
  }

  get databaseSize(): number {
    if (!isSql(this)) throw illegalInvocation();
    requireActor(this.#io, STORAGE_TYPE);
    return native.sqlSize(this.#io.request);
  }

  static {
    isSql = (value): value is SqlStorage =>
      typeof value === "object" && value !== null && #io in value;
  }
}
Object.defineProperty(SqlStorage.prototype, "Cursor",
                      { value: SqlStorageCursor, writable: true, configurable: true });
Object.defineProperty(SqlStorage.prototype, "Statement",
                      { value: SqlStorageStatement, writable: true, configurable: true });
exposeState("SqlStorage", SqlStorage);
enumerateMembers(SqlStorage.prototype);
