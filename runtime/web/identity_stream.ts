// IdentityTransformStream and FixedLengthStream (spec/runtime-api.md 4): bytes written to one side
// come out of the other, one write at a time; the write settles when its bytes were taken.

import { badConstruction, exposeClass } from "./errors";
import {
  originStream, setKnownLength, TransformStream, WritableStream, type ReadableStream,
} from "./streams";

const NOT_BYTES_TEXT =
  "This TransformStream is being used as a byte stream, but received an object of " +
  "non-ArrayBuffer/ArrayBufferView type on its writable side.";

interface Waiting<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

// Where writer and reader meet.
class Rendezvous {
  #offered: { chunk: Uint8Array; taken: Waiting<void> } | undefined;
  #wanted: Waiting<Uint8Array | undefined> | undefined;
  #closed = false;
  #failed = false;
  #error: unknown;
  readonly length: number;
  readonly bytes = undefined;

  constructor(length: number) {
    this.length = length;
  }

  write(chunk: Uint8Array): Promise<void> {
    if (this.#failed) return Promise.reject(this.#error);
    if (chunk.length === 0) return Promise.resolve();
    const wanted = this.#wanted;
    if (wanted !== undefined) {
      this.#wanted = undefined;
      wanted.resolve(chunk);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.#offered = { chunk, taken: { resolve, reject } };
    });
  }

  close(): void {
    this.#closed = true;
    this.#wanted?.resolve(undefined);
    this.#wanted = undefined;
  }

  fail(error: unknown): void {
    this.#failed = true;
    this.#error = error;
    this.#wanted?.reject(error);
    this.#offered?.taken.reject(error);
    this.#wanted = undefined;
    this.#offered = undefined;
  }

  read(): Promise<Uint8Array | undefined> {
    if (this.#failed) return Promise.reject(this.#error);
    const offered = this.#offered;
    if (offered !== undefined) {
      this.#offered = undefined;
      offered.taken.resolve();
      return Promise.resolve(offered.chunk);
    }
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#wanted = { resolve, reject };
    });
  }

  cancel(reason: unknown): void {
    this.fail(reason ?? new TypeError("This ReadableStream has been closed."));
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (typeof chunk === "string") return native.utf8Encode(chunk);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk.slice(0));
  if (!ArrayBuffer.isView(chunk)) throw new TypeError(NOT_BYTES_TEXT);
  return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength).slice();
}

function connect(stream: object, expected: number): void {
  const meet = new Rendezvous(expected);
  let left = expected;
  const readable: ReadableStream = originStream(meet);
  const writable = new WritableStream({
    write(chunk: unknown): Promise<void> {
      const bytes = bytesOf(chunk);
      if (expected >= 0 && bytes.length > left) {
        const error =
          new TypeError("Attempt to write too many bytes through a FixedLengthStream.");
        meet.fail(error);
        throw error;
      }
      left -= bytes.length;
      return meet.write(bytes);
    },
    close(): void {
      if (expected >= 0 && left > 0) {
        const error =
          new TypeError("FixedLengthStream did not see all expected bytes before close().");
        meet.fail(error);
        throw error;
      }
      meet.close();
    },
    abort(reason: unknown): void {
      meet.fail(reason);
    },
  });
  if (expected >= 0) setKnownLength(readable, expected);
  Object.assign(stream, { _readable: readable, _writable: writable });
}

// Out of a guest's reach: how FixedLengthStream tells its base the length.
class Expected {
  readonly length: number;
  constructor(length: number) {
    this.length = length;
  }
}

export class IdentityTransformStream extends TransformStream {
  constructor(strategy?: unknown) {
    super();
    connect(this, strategy instanceof Expected ? strategy.length : -1);
  }
}

export class FixedLengthStream extends IdentityTransformStream {
  constructor(expectedLength: number | bigint, _strategy?: unknown) {
    if (typeof expectedLength !== "number" && typeof expectedLength !== "bigint") {
      throw badConstruction("FixedLengthStream", 1, "bigint");
    }
    const length = Number(expectedLength);
    if (length < 0) {
      throw new TypeError("The value cannot be converted because it is negative and this API " +
                          "expects a positive bigint.");
    }
    if (!Number.isSafeInteger(length)) {
      throw new TypeError(
        "FixedLengthStream requires an integer expected length less than 2^53.");
    }
    super(new Expected(length));
  }
}

export function installIdentityStreams(target: object): void {
  exposeClass(target, "IdentityTransformStream", IdentityTransformStream);
  exposeClass(target, "FixedLengthStream", FixedLengthStream);
}
