// What a guest writes to R2 (spec/r2.md 1.3): text, bytes, a Blob, or a stream whose length is
// known. Bytes are copied once, at the seam; a body that C++ has is passed on unread.

import { blobBytes, isBlob } from "./blob";
import { sendStream } from "./outgoing";
import type { IoContext } from "./io";
import { SourceOrigin } from "./source";
import {
  isDisturbed, isLocked, isReadableStream, knownLength, ReadableStream, takeStream,
} from "./streams";

const LENGTH_TEXT = "Provided readable stream must have a known length (request/response body or " +
                    "readable half of FixedLengthStream)";
const CANCELLED_TEXT =
  "Stream cancelled because the associated put operation encountered an error.";

const then = Promise.prototype.then;
const cancel = ReadableStream.prototype.cancel;

export const VALUE_TYPE =
  "JsReadableStream or ArrayBuffer or ArrayBufferView or string or Blob";

export function isValue(value: unknown): boolean {
  if (typeof value === "string") return true;
  return typeof value === "object" && value !== null &&
         (value instanceof ArrayBuffer || ArrayBuffer.isView(value) || isBlob(value) ||
          isReadableStream(value));
}

// V3: nobody will read it.
export function cancelValue(value: unknown): void {
  if (!isReadableStream(value)) return;
  then.call(cancel.call(value, new Error(CANCELLED_TEXT)), undefined, () => {});
}

// As native.r2Put takes it.
export interface Sent {
  readonly value: undefined | string | Uint8Array | number;
  readonly length: number;   // of a stream, else -1
  // What the guest's own stream failed with.
  failure: unknown;
  failed: boolean;
}

function whole(value: undefined | string | Uint8Array): Sent {
  return { value, length: -1, failure: undefined, failed: false };
}

export function takeValue(value: unknown, io: IoContext): Sent {
  if (typeof value === "string") return whole(value);
  if (value === undefined || value === null) return whole(undefined);
  if (value instanceof ArrayBuffer) return whole(new Uint8Array(value));
  if (ArrayBuffer.isView(value)) {
    return whole(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  return isBlob(value) ? whole(blobBytes(value)) : takeStreamValue(value as ReadableStream, io);
}

function takeStreamValue(stream: ReadableStream, io: IoContext): Sent {
  const length = knownLength(stream);
  if (length < 0) throw new TypeError(LENGTH_TEXT);
  if (isLocked(stream)) throw new TypeError("The ReadableStream has been locked to a reader.");
  if (isDisturbed(stream)) throw new TypeError("This ReadableStream is disturbed.");
  const origin = takeStream(stream);
  if (origin.bytes !== undefined) return whole(origin.bytes);
  const passed = origin instanceof SourceOrigin ? origin.passOn() : 0;
  if (passed !== 0) return { value: -passed, length, failure: undefined, failed: false };
  const sent = {
    value: sendStream(io, origin, (how, error) => {
      if (how !== "error") return;
      sent.failed = true;
      sent.failure = error;
    }),
    length, failure: undefined as unknown, failed: false,
  };
  return sent;
}

// Where the guest's own stream failed, its error is what the guest is told.
export function orFailure<T>(work: Promise<T>, sent: Sent): Promise<T> {
  if (typeof sent.value !== "number") return work;
  return then.call(work, undefined, (error: unknown) => {
    throw sent.failed ? sent.failure : error;
  }) as Promise<T>;
}
