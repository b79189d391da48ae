// Guest streams on their way to C++ (a response's or request's body, a KV value): C++ pulls a chunk
// at a time through entry.pull and is answered by native.pullChunk or pullError.

import type { IoContext } from "./io";
import type { Origin } from "./streams";

const then = Promise.prototype.then;

export type StreamEnd = "end" | "error" | "cancel";
type Ended = (how: StreamEnd, error: unknown) => void;

class Outgoing {
  readonly #id: number;
  readonly #io: IoContext;
  readonly #origin: Origin;
  readonly #ended: Ended | undefined;

  constructor(id: number, io: IoContext, origin: Origin,
              ended: Ended | undefined) {
    this.#id = id;
    this.#io = io;
    this.#origin = origin;
    this.#ended = ended;
  }

  pull(): void {
    native.setFrame(this.#io);
    try {
      then.call(this.#origin.read(), this.#deliver, this.#fail);
    } finally {
      native.setFrame(undefined);
    }
  }

  readonly #deliver = (chunk: unknown): void => {
    if (!streams.has(this.#id)) return;
    if (chunk === undefined) streams.delete(this.#id);
    native.pullChunk(this.#id, chunk as Uint8Array | undefined);
    if (chunk === undefined) this.#ended?.("end", undefined);
  };

  readonly #fail = (error: unknown): void => {
    if (!streams.delete(this.#id)) return;
    native.pullError(this.#id, error);
    this.#ended?.("error", error);
  };

  cancel(reason: unknown): void {
    streams.delete(this.#id);
    native.setFrame(this.#io);
    try {
      this.#origin.cancel(reason);
    } finally {
      native.setFrame(undefined);
    }
    this.#ended?.("cancel", reason);
  }

  fail(error: unknown): void {
    this.#fail(error);
  }
}

// Per isolate; empty in the snapshot.
const streams = new Map<number, Outgoing>();
let lastId = 0;

// `ended` is called once, after the last chunk, an error or C++'s cancel.
export function sendStream(io: IoContext, origin: Origin,
                           ended?: Ended): number {
  const id = ++lastId;
  streams.set(id, new Outgoing(id, io, origin, ended));
  return id;
}

export function pullStream(id: number): void {
  streams.get(id)?.pull();
}

export function cancelStream(id: number, reason: unknown): void {
  streams.get(id)?.cancel(reason);
}

export function failStream(id: number, error: unknown): void {
  streams.get(id)?.fail(error);
}
