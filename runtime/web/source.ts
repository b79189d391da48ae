// A body whose bytes C++ provides piece by piece (native.d.ts: sources), as an origin of streams.
// It belongs to one event and is read by nobody else (spec/limits.md 6.3).

import { requireOwner, type IoContext } from "./io";
import type { Origin } from "./streams";

const then = Promise.prototype.then;

export class SourceOrigin implements Origin {
  readonly bytes = undefined;
  readonly #id: SourceId;
  readonly #io: IoContext;
  readonly #incoming: boolean;   // the event's own request body, not a fetched response's
  readonly ownLife: boolean;     // as a response's body it needs the event no more
  abortable = false;             // abort() may be called
  #over = false;
  #aborted = false;
  #reason: unknown;

  constructor(id: SourceId, io: IoContext, incoming: boolean, ownLife = false) {
    this.#id = id;
    this.#io = io;
    this.#incoming = incoming;
    this.ownLife = ownLife;
  }

  get length(): number {
    return native.sourceLength(this.#id);
  }

  read(): Promise<Uint8Array | undefined> {
    try {
      if (this.#aborted) throw this.#reason;
      const end = this.#io.bodyEnd;
      if (this.#incoming && end !== undefined && native.getFrame() === this.#io) {
        throw new TypeError(`Can't read from request stream ${end}.`);
      }
      requireOwner(this.#io, "ReadableStreamSource");
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#over ? Promise.resolve(undefined) : this.#next();
  }

  #next(): Promise<Uint8Array | undefined> {
    return then.call(native.sourceRead(this.#id), (chunk: unknown) => {
      if (this.#aborted) throw this.#reason;
      if (chunk === undefined) this.#over = true;
      else if ((chunk as Uint8Array).length === 0) return this.#next();
      return chunk;
    }) as Promise<Uint8Array | undefined>;
  }

  cancel(reason: unknown): void {
    if (this.#over) return;
    this.#over = true;
    let text = "";
    try {
      text = reason === undefined ? "" : String(reason);
    } catch {
      // A reason that cannot be put into words is no reason to keep the stream open.
    }
    native.sourceCancel(this.#id, text);
  }

  // Gives the source away, to be read by C++ alone; 0 when it has to be read here.
  passOn(): SourceId {
    if (this.#over || this.abortable) return 0;
    requireOwner(this.#io, "ReadableStreamSource");
    this.#over = true;
    return this.#id;
  }

  // The fetch this came from was aborted: reads fail with `reason`.
  abort(reason: unknown): void {
    if (this.#over) return;
    this.#aborted = true;
    this.#reason = reason;
    this.cancel(reason);
  }
}
