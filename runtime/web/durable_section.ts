// Critical sections of an object's input gate, as JavaScript asks for them
// (spec/durable-objects.md 3.2). The gate says when one starts: entry.sectionStart.

import type { ActorIo } from "./actor";
import { type IoContext, SectionFrame } from "./io";
import { errorFields } from "./remote_error";

const TOO_DEEP_TEXT = "blockConcurrencyWhile() calls are nested too deeply.";

const then = Promise.prototype.then;
const resolve = Promise.resolve.bind(Promise) as (value: unknown) => Promise<unknown>;

// Per isolate: what waits for its section to start, by actor and section.
const waiting = new Map<RequestId, Map<number, () => void>>();

export function startSection(actor: RequestId, section: number): void {
  const starts = waiting.get(actor);
  const start = starts?.get(section);
  if (starts === undefined || start === undefined) return;
  starts.delete(section);
  if (starts.size === 0) waiting.delete(actor);
  start();
}

// The instance is gone, and with it what waits.
export function forgetSections(actor: RequestId): void {
  waiting.delete(actor);
}

// Asks for a section inside the current one. When it has the lock, `start` runs in a frame of its
// own.
export function enterSection(io: IoContext, start: (section: number) => void): void {
  const around = native.getFrame()!;
  const section = native.sectionAsk(io.request);
  if (section === 0) throw new Error(TOO_DEEP_TEXT);
  let starts = waiting.get(io.request);
  if (starts === undefined) waiting.set(io.request, starts = new Map());
  starts.set(section, () => {
    native.setFrame(new SectionFrame(around, section));
    try {
      start(section);
    } finally {
      native.setFrame(undefined);
    }
  });
}

function breakWith(io: IoContext, error: unknown): void {
  native.actorBreak(io.request, { ...errorFields(error), objectReset: true }, false, true);
}

// What the callback throws resets the object, and the promise never settles (rule 10).
export function blockConcurrencyWhile(io: ActorIo, callback: () => unknown): Promise<any> {
  return new Promise((done) => {
    enterSection(io, (section) => {
      let result: unknown;
      try {
        result = callback();
      } catch (error) {
        return breakWith(io, error);
      }
      then.call(resolve(result), (value: unknown) => {
        native.sectionEnd(io.request, section);
        done(value);
      }, (error: unknown) => breakWith(io, error));
    });
  });
}
