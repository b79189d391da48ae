// AbortController and AbortSignal (spec/runtime-api.md 5). A signal that follows others (`any`) is
// kept alive by them only as long as it may still abort.

import { domException } from "./dom_exception";
import { badArgument } from "./errors";
import { dispatch, Event, EventTarget, trust } from "./events";
import { illegalInvocation } from "./io";
import { setTimeout } from "./timers";

export const ABORT_TEXT = "The operation was aborted";
export const TIMEOUT_TEXT = "The operation was aborted due to timeout";

const MAKING = Symbol("making");

export let isAbortSignal: (value: unknown) => value is AbortSignal;
// For the runtime: aborts a signal; runs `work` at once when it aborts, before any listener.
export let abortSignal: (signal: AbortSignal, reason: unknown) => void;
export let onAbort: (signal: AbortSignal, work: (reason: unknown) => void) => () => void;
export let newSignal: () => AbortSignal;

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason: unknown = undefined;
  #onabort: unknown = null;
  #works: Set<(reason: unknown) => void> | undefined = undefined;

  constructor(making: unknown) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    super();
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal(MAKING);
    signal.#aborted = true;
    signal.#reason = reason === undefined ? abortError() : reason;
    return signal;
  }

  static timeout(delay: number): AbortSignal {
    if (arguments.length === 0) throw badArgument("timeout", "AbortSignal", 1, "number");
    const signal = new AbortSignal(MAKING);
    setTimeout(() => abortSignal(signal, domException("TimeoutError", TIMEOUT_TEXT)), delay);
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    if (typeof signals !== "object" || signals === null) {
      throw badArgument("any", "AbortSignal", 1, "Array");
    }
    const sources = [...signals];
    for (const source of sources) {
      if (!isAbortSignal(source)) throw badArgument("any", "AbortSignal", 1, "Array");
    }
    const result = new AbortSignal(MAKING);
    const done = sources.find((source) => source.#aborted);
    if (done !== undefined) {
      result.#aborted = true;
      result.#reason = done.#reason;
      return result;
    }
    const undo: (() => void)[] = [];
    for (const source of sources) {
      undo.push(onAbort(source, (reason) => {
        for (const remove of undo) remove();
        abortSignal(result, reason);
      }));
    }
    return result;
  }

  get aborted(): boolean {
    if (!isAbortSignal(this)) throw illegalInvocation();
    return this.#aborted;
  }
  get reason(): unknown {
    if (!isAbortSignal(this)) throw illegalInvocation();
    return this.#reason;
  }
  get onabort(): unknown {
    if (!isAbortSignal(this)) throw illegalInvocation();
    return this.#onabort;
  }
  set onabort(handler: unknown) {
    if (!isAbortSignal(this)) throw illegalInvocation();
    this.#onabort = typeof handler === "function" || typeof handler === "object" ? handler : null;
  }

  throwIfAborted(): void {
    if (!isAbortSignal(this)) throw illegalInvocation();
    if (this.#aborted) throw this.#reason;
  }

  static {
    isAbortSignal = (value): value is AbortSignal =>
      typeof value === "object" && value !== null && #aborted in value;
    newSignal = () => new AbortSignal(MAKING);
    onAbort = (signal, work) => {
      const works = signal.#works ??= new Set<(reason: unknown) => void>();
      works.add(work);
      return () => void works.delete(work);
    };
    abortSignal = (signal, reason) => {
      if (signal.#aborted) return;
      signal.#aborted = true;
      signal.#reason = reason === undefined ? abortError() : reason;
      const works = signal.#works;
      signal.#works = undefined;
      if (works !== undefined) for (const work of [...works]) work(signal.#reason);
      dispatch(signal, trust(new Event("abort")), signal.#onabort);
    };
  }
}

function abortError(): Error {
  return domException("AbortError", ABORT_TEXT);
}

let isController: (value: unknown) => value is AbortController;

export class AbortController {
  #signal = newSignal();

  get signal(): AbortSignal {
    if (!isController(this)) throw illegalInvocation();
    return this.#signal;
  }

  abort(reason?: unknown): void {
    if (!isController(this)) throw illegalInvocation();
    abortSignal(this.#signal, reason);
  }

  static {
    isController = (value): value is AbortController =>
      typeof value === "object" && value !== null && #signal in value;
  }
}
Object.defineProperty(AbortController.prototype.abort, "length", { value: 0 });
Object.defineProperty(AbortSignal, "length", { value: 0 });
