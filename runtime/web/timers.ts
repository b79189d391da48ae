// setTimeout, setInterval, scheduler.wait (spec/runtime-api.md 5, limits.md 5 and 6). A timer
// belongs to the event that set it, fires with that event's frame, and goes with it.

import { domException } from "./dom_exception";
import { badArgument } from "./errors";
import { illegalInvocation, type IoContext, requireRequest } from "./io";
import { limits } from "./limits";

const DELAY_MAX_MS = 2 ** 53 - 1;
const GLOBAL = "ServiceWorkerGlobalScope";

type Callback = (...args: unknown[]) => unknown;

interface Timer {
  readonly id: number;           // what the guest holds; stays the same over an interval's rounds
  nativeId: number;
  readonly owner: Owner;
  readonly frame: Frame | undefined;   // of the code that set it
  readonly callback: Callback;
  readonly args: unknown[] | undefined;
  readonly repeatMs: number;     // -1: fires once
}

// One event's timers.
interface Owner {
  readonly io: IoContext;
  readonly active: Set<Timer>;
  finished: number;
}

// Per isolate; empty in the snapshot.
let lastId = 0;
const byId = new Map<number, Timer>();
const byNativeId = new Map<number, Timer>();
const owners = new WeakMap<IoContext, Owner>();

function delayOf(delay: unknown): number {
  const ms = Math.trunc(Number(delay ?? 0));
  return ms > 0 ? Math.min(ms, DELAY_MAX_MS) : 0;   // NaN is 0
}

function start(what: string, callback: Callback, delayMs: number, repeat: boolean,
               args: unknown[] | undefined): number {
  const io = requireRequest(what);
  let owner = owners.get(io);
  if (owner === undefined) owners.set(io, owner = { io, active: new Set(), finished: 0 });
  if (owner.active.size >= limits.timers) {
    throw domException("QuotaExceededError",
                       "You have exceeded the number of active timeouts you may set. max active " +
                       `timeouts: ${limits.timers}, current active timeouts: ${owner.active.size}, ` +
                       `finished timeouts: ${owner.finished}`);
  }
  const repeatMs = repeat ? Math.max(delayMs, 1) : -1;   // 0 would never let time go on
  const timer: Timer = { id: ++lastId, nativeId: 0, owner, frame: native.getFrame(), callback, args, repeatMs };
  arm(timer, repeat ? repeatMs : delayMs);
  owner.active.add(timer);
  byId.set(timer.id, timer);
  return timer.id;
}

function arm(timer: Timer, delayMs: number): void {
  timer.nativeId = native.setTimer(timer.owner.io.request, delayMs);
  byNativeId.set(timer.nativeId, timer);
}

function forget(timer: Timer): void {
  byId.delete(timer.id);
  if (timer.owner.active.delete(timer)) timer.owner.finished++;
}

export function setTimeout(callback: Callback, delay?: unknown, ...args: unknown[]): number {
  if (typeof callback !== "function") throw badArgument("setTimeout", GLOBAL, 1, "function");
  return start("setTimeout", callback, delayOf(delay), false, args.length > 0 ? args : undefined);
}

export function setInterval(callback: Callback, delay?: unknown, ...args: unknown[]): number {
  if (typeof callback !== "function") throw badArgument("setInterval", GLOBAL, 1, "function");
  return start("setInterval", callback, delayOf(delay), true, args.length > 0 ? args : undefined);
}

function clear(id: unknown): void {
  const timer = byId.get(Number(id));
  if (timer === undefined) return;
  // Another event's timer is not this one's to stop.
  const frame = native.getFrame();
  if (frame !== undefined && frame.io !== timer.owner.io) return;
  stop(timer);
}

function stop(timer: Timer): void {
  forget(timer);
  if (byNativeId.delete(timer.nativeId)) native.clearTimer(timer.nativeId);
}

export function clearTimeout(id?: unknown): void {
  if (arguments.length === 0) throw badArgument("clearTimeout", GLOBAL, 1, "Number");
  clear(id);
}

export function clearInterval(id?: unknown): void {
  if (arguments.length === 0) throw badArgument("clearInterval", GLOBAL, 1, "Number");
  clear(id);
}

// From entry.timer. True when the timer was one of ours.
export function fireTimer(nativeId: number): boolean {
  const timer = byNativeId.get(nativeId);
  if (timer === undefined) return false;
  byNativeId.delete(nativeId);
  const { io } = timer.owner;
  if (io.ended) {
    forget(timer);
    return true;
  }
  const once = timer.repeatMs < 0;
  if (once) forget(timer);
  native.setFrame(timer.frame);
  try {
    const { callback } = timer;
    if (timer.args === undefined) Reflect.apply(callback, globalThis, []);
    else Reflect.apply(callback, globalThis, timer.args);
  } catch (error) {
    native.uncaught(io.request, "timer", error);
  } finally {
    // Not when the callback cleared its own interval.
    if (!once && byId.has(timer.id)) {
      if (io.ended) forget(timer);
      else arm(timer, timer.repeatMs);
    }
    native.setFrame(undefined);
  }
  return true;
}

// The event is over: nothing fires for it any more.
export function cancelTimers(io: IoContext): void {
  const owner = owners.get(io);
  if (owner !== undefined) for (const timer of [...owner.active]) stop(timer);
}

const MAKING = Symbol("making");

export class Scheduler {
  constructor(making: unknown) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
  }

  wait(delay: number, options?: { signal?: unknown }): Promise<void> {
    if (this !== scheduler) return Promise.reject(illegalInvocation());
    if (arguments.length === 0) {
      return Promise.reject(badArgument("wait", "Scheduler", 1, "number"));
    }
    const signal = options?.signal as {
      aborted: boolean; reason: unknown;
      addEventListener(type: string, work: () => void, options: object): void;
      removeEventListener(type: string, work: () => void): void;
    } | undefined;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw signal.reason;
      const aborted = (): void => {
        clear(id);
        reject(signal?.reason);
      };
      const id = start("scheduler.wait", () => {
        signal?.removeEventListener("abort", aborted);
        resolve();
      }, delayOf(delay), false, undefined);
      signal?.addEventListener("abort", aborted, { once: true });
    });
  }
}
Object.defineProperty(Scheduler.prototype.wait, "length", { value: 1 });
export const scheduler = new Scheduler(MAKING);

const engineQueueMicrotask = Promise.prototype.then;
const settled = Promise.resolve();

export function queueMicrotask(callback: () => void): void {
  if (typeof callback !== "function") throw badArgument("queueMicrotask", GLOBAL, 1, "function");
  void Reflect.apply(engineQueueMicrotask, settled, [() => {
    try {
      callback();
    } catch (error) {
      native.uncaught(native.getFrame()?.request ?? 0, "microtask", error);
    }
  }]);
}
