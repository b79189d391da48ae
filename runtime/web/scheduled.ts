// The event of a cron trigger (spec/services.md 2). It is over when the handler and everything that was given
// to waitUntil are; the first of them that fails is what the run failed with.

import { ExecutionContext } from "./context";
import { currentEnv, entrypointObject } from "./dispatch";
import { exposeClass } from "./errors";
import { HUNG_TEXT, illegalInvocation, invocationOver, type IoContext, openContext } from "./io";

const NO_SCHEDULED_TEXT = "Handler does not export a scheduled() function";

const then = Promise.prototype.then;
const resolve = Promise.resolve.bind(Promise) as (value: unknown) => Promise<unknown>;

class ScheduledController {
  readonly scheduledTime: number;
  readonly cron: string;
  readonly type = "scheduled";
  #request: RequestId;

  constructor(request: RequestId, scheduledTime: number, cron: string) {
    this.#request = request;
    this.scheduledTime = scheduledTime;
    this.cron = cron;
  }

  noRetry(): void {
    if (!(#request in this)) throw illegalInvocation();
    native.scheduledNoRetry(this.#request);
  }
}
exposeClass({}, "ScheduledController", ScheduledController);

// One run. `open` counts the handler and what waitUntil was given.
class Run {
  #io: IoContext;
  #open = true;
  #failed = false;
  #error: unknown = undefined;

  constructor(io: IoContext) {
    this.#io = io;
    io.settled = (error, failed) => this.settled(error, failed);
  }

  handlerDone(): void {
    this.#open = false;
    this.#endIfDone();
  }
  handlerFailed(error: unknown): void {
    if (!this.#io.answered) native.uncaught(this.#io.request, "scheduled", error);
    this.#note(error);
    this.handlerDone();
  }
  settled(error: unknown, failed: boolean): void {
    if (failed) this.#note(error);
    this.#endIfDone();
  }
  // Nothing can settle what is still open.
  hung(): void {
    const error = new Error(HUNG_TEXT);
    native.uncaught(this.#io.request, "scheduled", error);
    this.#note(error);
    this.#end();
  }

  #note(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#error = error;
  }
  #endIfDone(): void {
    if (!this.#open && this.#io.pending === 0) this.#end();
  }
  #end(): void {
    const io = this.#io;
    if (io.answered) return;
    io.answered = true;
    native.scheduledEnd(io.request, this.#failed, this.#error);
    runs.delete(io.request);
    invocationOver(io);
  }
}

// Per isolate; empty in the snapshot.
const runs = new Map<RequestId, Run>();

export function dispatchScheduled(request: RequestId, scheduledTime: number, cron: string): void {
  const io = openContext(request);
  const run = new Run(io);
  runs.set(request, run);
  native.setFrame(io);
  try {
    const ctx = new ExecutionContext(io);
    const target = entrypointObject("default", ctx, NO_SCHEDULED_TEXT);
    const handler = target.scheduled;
    if (typeof handler !== "function") throw new Error(NO_SCHEDULED_TEXT);
    const controller = new ScheduledController(request, scheduledTime, cron);
    const result: unknown = handler.call(target, controller, currentEnv(), ctx);
    then.call(resolve(result), () => run.handlerDone(), (error: unknown) => run.handlerFailed(error));
  } catch (error) {
    run.handlerFailed(error);
  } finally {
    native.setFrame(undefined);
  }
}

// Nothing can settle this event any more. False: it is no scheduled one.
export function hungScheduled(request: RequestId): boolean {
  const run = runs.get(request);
  run?.hung();
  return run !== undefined;
}

// It took too long, and has ended.
export function forgetScheduled(request: RequestId): void {
  runs.delete(request);
}
