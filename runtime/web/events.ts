// Event and EventTarget (spec/runtime-api.md 5): the subset without a tree, so nothing bubbles and
// nothing is captured. A listener that throws stops the dispatch and its error reaches the caller
// of dispatchEvent, as on the platform.

import { badArgument, badConstruction } from "./errors";
import { illegalInvocation } from "./io";
import { domException } from "./dom_exception";

// A listener may ask for the kind of event that comes.
type Listener = ((event: any) => unknown) | { handleEvent(event: any): unknown };
interface Registered {
  callback: Listener;
  once: boolean;
  removed: boolean;
}
interface EventInit { bubbles?: unknown; cancelable?: unknown; composed?: unknown }

export let isEvent: (value: unknown) => value is Event;
export let isEventTarget: (value: unknown) => value is EventTarget;
// Runs the listeners of `target`; `extra` (an on… attribute) runs first when it is a function.
export let dispatch: (target: EventTarget, event: Event, extra?: unknown) => boolean;
export let hasListeners: (target: EventTarget, type: string) => boolean;

let beginDispatch: (event: Event, target: EventTarget) => string;
let stopped: (event: Event) => boolean;
let endDispatch: (event: Event) => boolean;
// Marks an event as the platform's own (isTrusted).
export let trust: <E extends Event>(event: E) => E;

const enum Flag { Bubbles = 1, Cancelable = 2, Composed = 4, Canceled = 8, Stopped = 16,
                  StoppedNow = 32, Dispatching = 64, Trusted = 128 }

export class Event {
  #type: string;
  #flags: number;
  #target: EventTarget | undefined = undefined;

  constructor(type: string, init?: EventInit) {
    if (arguments.length === 0) throw badConstruction("Event", 1, "string");
    this.#type = `${type}`;
    this.#flags = init === undefined || init === null ? 0 :
      (init.bubbles ? Flag.Bubbles : 0) | (init.cancelable ? Flag.Cancelable : 0) |
      (init.composed ? Flag.Composed : 0);
  }

  get type(): string { check(this); return this.#type; }
  get eventPhase(): number { check(this); return this.#flags & Flag.Dispatching ? 2 : 0; }
  get composed(): boolean { check(this); return (this.#flags & Flag.Composed) !== 0; }
  get bubbles(): boolean { check(this); return (this.#flags & Flag.Bubbles) !== 0; }
  get cancelable(): boolean { check(this); return (this.#flags & Flag.Cancelable) !== 0; }
  get defaultPrevented(): boolean { check(this); return (this.#flags & Flag.Canceled) !== 0; }
  get returnValue(): boolean { check(this); return (this.#flags & Flag.Canceled) === 0; }
  get currentTarget(): EventTarget | undefined {
    check(this);
    return this.#flags & Flag.Dispatching ? this.#target : undefined;
  }
  get target(): EventTarget | undefined { check(this); return this.#target; }
  get srcElement(): EventTarget | undefined { check(this); return this.#target; }
  get timeStamp(): number { check(this); return 0; }
  get isTrusted(): boolean { check(this); return (this.#flags & Flag.Trusted) !== 0; }
  get cancelBubble(): boolean { check(this); return (this.#flags & Flag.Stopped) !== 0; }
  set cancelBubble(stop: boolean) { check(this); if (stop) this.#flags |= Flag.Stopped; }

  stopImmediatePropagation(): void {
    check(this);
    this.#flags |= Flag.Stopped | Flag.StoppedNow;
  }
  preventDefault(): void {
    check(this);
    if (this.#flags & Flag.Cancelable) this.#flags |= Flag.Canceled;
  }
  stopPropagation(): void { check(this); this.#flags |= Flag.Stopped; }
  composedPath(): EventTarget[] {
    check(this);
    return this.#target !== undefined && this.#flags & Flag.Dispatching ? [this.#target] : [];
  }

  static {
    isEvent = (value): value is Event =>
      typeof value === "object" && value !== null && #type in value;
    beginDispatch = (event, target) => {
      if (event.#flags & Flag.Dispatching) {
        throw domException("InvalidStateError", "Event is already being dispatched.");
      }
      event.#flags |= Flag.Dispatching;
      event.#target = target;
      return event.#type;
    };
    stopped = (event) => (event.#flags & Flag.StoppedNow) !== 0;
    endDispatch = (event) => {
      event.#flags &= ~(Flag.Dispatching | Flag.Stopped | Flag.StoppedNow);
      return (event.#flags & Flag.Canceled) === 0;
    };
    trust = (event) => {
      event.#flags |= Flag.Trusted;
      return event;
    };
  }
}

function check(value: unknown): void {
  if (!isEvent(value)) throw illegalInvocation();
}

for (const [name, value] of [["NONE", 0], ["CAPTURING_PHASE", 1], ["AT_TARGET", 2],
                             ["BUBBLING_PHASE", 3]] as const) {
  Object.defineProperty(Event, name, { value, enumerable: true, configurable: true });
  Object.defineProperty(Event.prototype, name, { value, enumerable: true, configurable: true });
}

function checkListener(method: string, callback: unknown): callback is Listener {
  if (callback === null) return false;
  if (typeof callback === "function") return true;
  if (typeof callback !== "object") {
    throw badArgument(method, "EventTarget", 2, "function or HandlerObject");
  }
  if (typeof (callback as { handleEvent?: unknown }).handleEvent !== "function") {
    throw new TypeError("Incorrect type for the 'handleEvent' field on 'HandlerObject': the " +
                        "provided value is not of type 'function'.");
  }
  return true;
}

interface ListenerOptions { capture?: unknown; once?: unknown; signal?: unknown }
// What `signal` must be able to do; abort.ts builds on this file.
interface SignalLike extends EventTarget { readonly aborted: boolean }

function checkCapture(method: string, options: unknown): ListenerOptions | undefined {
  if (options === true) throw new TypeError(`${method}(): useCapture must be false.`);
  if (typeof options !== "object" || options === null) return undefined;
  if ((options as ListenerOptions).capture) {
    throw new TypeError(`${method}(): options.capture must be false.`);
  }
  return options as ListenerOptions;
}

export class EventTarget {
  #listeners: Map<string, Registered[]> | undefined = undefined;

  addEventListener(type: string, callback: Listener | null, options?: unknown): void {
    if (!isEventTarget(this)) throw illegalInvocation();
    if (arguments.length < 2) {
      throw badArgument("addEventListener", "EventTarget", arguments.length + 1,
                        arguments.length === 0 ? "string" : "function or HandlerObject");
    }
    const name = `${type}`;
    const present = checkListener("addEventListener", callback);
    const chosen = checkCapture("addEventListener", options);
    if (!present) return;
    const signal = chosen?.signal as SignalLike | undefined;
    if (signal !== undefined && !isEventTarget(signal)) {
      throw new TypeError("Incorrect type for the 'signal' field on 'AddEventListenerOptions': " +
                          "the provided value is not of type 'AbortSignal'.");
    }
    if (signal?.aborted) return;
    const listeners = this.#listeners ??= new Map<string, Registered[]>();
    const list = listeners.get(name);
    if (list?.some((entry) => entry.callback === callback)) return;
    const entry = { callback, once: Boolean(chosen?.once), removed: false };
    if (list === undefined) listeners.set(name, [entry]);
    else list.push(entry);
    signal?.addEventListener("abort", () => this.removeEventListener(name, callback),
                             { once: true });
  }

  removeEventListener(type: string, callback: Listener | null, options?: unknown): void {
    if (!isEventTarget(this)) throw illegalInvocation();
    checkCapture("removeEventListener", options);
    const name = `${type}`;
    const list = this.#listeners?.get(name);
    const at = list?.findIndex((entry) => entry.callback === callback) ?? -1;
    if (list === undefined || at < 0) return;
    (list[at] as Registered).removed = true;
    if (list.length === 1) this.#listeners?.delete(name);
    else this.#listeners?.set(name, list.toSpliced(at, 1));   // a running dispatch keeps its list
  }

  dispatchEvent(event: Event): boolean {
    if (!isEventTarget(this)) throw illegalInvocation();
    if (!isEvent(event)) throw badArgument("dispatchEvent", "EventTarget", 1, "Event");
    return dispatch(this, event);
  }

  static {
    isEventTarget = (value): value is EventTarget =>
      typeof value === "object" && value !== null && #listeners in value;
    hasListeners = (target, type) => target.#listeners?.has(type) ?? false;
    dispatch = (target, event, extra) => {
      const type = beginDispatch(event, target);
      try {
        if (typeof extra === "function") Reflect.apply(extra, target, [event]);
        const list = target.#listeners?.get(type);
        const count = list?.length ?? 0;   // those added meanwhile wait for the next dispatch
        const snapshot = count > 1 ? (list as Registered[]).slice() : list;
        for (let i = 0; i < count && !stopped(event); i++) {
          const entry = (snapshot as Registered[])[i] as Registered;
          if (entry.removed) continue;
          if (entry.once) target.removeEventListener(type, entry.callback);
          if (typeof entry.callback === "function") Reflect.apply(entry.callback, target, [event]);
          else entry.callback.handleEvent(event);
        }
      } finally {
        endDispatch(event);
      }
      return !event.defaultPrevented;
    };
  }
}

export class CustomEvent extends Event {
  #detail: unknown;
  constructor(type: string, init?: EventInit & { detail?: unknown }) {
    if (arguments.length === 0) throw badConstruction("CustomEvent", 1, "string");
    super(type, init);
    this.#detail = init?.detail ?? null;
  }
  get detail(): unknown {
    if (!(#detail in this)) throw illegalInvocation();
    return this.#detail;
  }
}

interface ErrorEventInit extends EventInit {
  message?: unknown; filename?: unknown; lineno?: unknown; colno?: unknown; error?: unknown;
}

export class ErrorEvent extends Event {
  #init: ErrorEventInit;
  constructor(type: string, init?: ErrorEventInit) {
    if (arguments.length === 0) throw badConstruction("ErrorEvent", 1, "string");
    super(type, init);
    this.#init = init === undefined ? {} : { ...init };
  }
  get filename(): string { return `${(this.#init.filename ?? "") as string}`; }
  get message(): string { return `${(this.#init.message ?? "") as string}`; }
  get lineno(): number { return Number(this.#init.lineno ?? 0); }
  get colno(): number { return Number(this.#init.colno ?? 0); }
  get error(): unknown { return this.#init.error; }
}

// Given to listeners of unhandledrejection and rejectionhandled.
export class PromiseRejectionEvent extends Event {
  readonly #promise: Promise<unknown> | undefined;
  readonly #reason: unknown;
  constructor(type: string, init?: EventInit & { promise?: Promise<unknown>; reason?: unknown }) {
    super(type, init);
    this.#promise = init?.promise;
    this.#reason = init?.reason;
  }
  get promise(): Promise<unknown> | undefined { return this.#promise; }
  get reason(): unknown { return this.#reason; }
}

export class ExtendableEvent extends Event {
  // Only the platform makes events that last; one made by a guest has nothing to extend.
  waitUntil(_promise: unknown): void {
    check(this);
    throw domException("InvalidStateError", "waitUntil() can only be called on an event that the " +
                                            "runtime dispatched.");
  }
}
