// Instances of Durable Objects in this isolate (runtime/actor/actor.h has the other half). The
// instance has an IoContext of its own, which its events share: timers, streams and stubs outlive the
// event that made them and go with the instance (spec/durable-objects.md 1.5, 3.5).

import { type DurableObjectState, forgetSections, makeState } from "./durable_state";
import { answerWith, currentEnv, fail, mainExport, passed } from "./dispatch";
import { exposeClass } from "./errors";
import { IoContext, openContext } from "./io";
import { makeIncoming } from "./request";

type Handler = (this: unknown, ...args: unknown[]) => unknown;
export type Instance = Record<string, unknown>;
type ActorClass = new (ctx: unknown, env: unknown) => Instance;

const NO_FETCH_TEXT = "Handler does not export a fetch() function.";
const NO_ALARM_TEXT =
  "Attempted to run a scheduled alarm without a handler, did you remember to export an alarm() " +
  "function?";

const then = Promise.prototype.then;
const resolve = Promise.resolve.bind(Promise) as (value: unknown) => Promise<unknown>;

export class ActorIo extends IoContext {
  readonly space: number;
  readonly objectId: string;
  readonly name: string | undefined;
  state: DurableObjectState | undefined = undefined;
  instance: Instance | undefined = undefined;
  constructing = false;

  constructor(actor: RequestId, space: number, objectId: string, name: string | undefined) {
    super(actor);
    this.space = space;
    this.objectId = objectId;
    this.name = name;
  }
}

// What alarm() is told (rule 40).
class AlarmInvocationInfo {
  readonly scheduledTime: number;
  readonly retryCount: number;
  readonly isRetry: boolean;

  constructor(scheduledTime: number, retryCount: number, isRetry: boolean) {
    this.scheduledTime = scheduledTime;
    this.retryCount = retryCount;
    this.isRetry = isRetry;
  }
}
exposeClass({}, "AlarmInvocationInfo", AlarmInvocationInfo);

export interface ClassOfSpace {
  readonly className: string;
  readonly sqlite: boolean;
}

// Per isolate; empty in the snapshot.
const actors = new Map<RequestId, ActorIo>();
let spaces: readonly ClassOfSpace[] = [];

export function setActorClasses(classes: readonly ClassOfSpace[]): void {
  spaces = classes;
}
export function classOfSpace(space: number): ClassOfSpace {
  return spaces[space]!;
}
export function findActor(actor: RequestId): ActorIo | undefined {
  return actors.get(actor);
}
// The actor whose code runs now, if it is one's.
export function currentActor(): ActorIo | undefined {
  const io = native.getFrame()?.io;
  return io instanceof ActorIo ? io : undefined;
}

function exportedClass(space: number): ActorClass {
  const { className } = classOfSpace(space);
  const exported = mainExport(className);
  if (typeof exported !== "function") {
    throw new TypeError(`The Worker does not export a class named "${className}", which the ` +
                        "configuration names as a Durable Object class.");
  }
  return exported as ActorClass;
}

export function actorHasMethod(space: number, name: string): boolean {
  return typeof (exportedClass(space).prototype as Instance)[name] === "function";
}

export function actorOpen(actor: RequestId, space: number, id: string,
                          name: string | undefined): void {
  actors.set(actor, new ActorIo(actor, space, id, name));
}

export function actorConstruct(actor: RequestId): void {
  const io = actors.get(actor)!;
  native.setFrame(io);
  io.constructing = true;
  try {
    const made = exportedClass(io.space);
    io.state = makeState(io);
    io.instance = new made(io.state, currentEnv());
  } finally {
    io.constructing = false;
    native.setFrame(undefined);
  }
}

// Runs `work` as an event of the actor; what it throws fails the event.
export function asEvent(actor: RequestId, event: RequestId,
                        work: (io: IoContext, instance: Instance) => void): void {
  const actorIo = actors.get(actor)!;
  const io = openContext(event, actorIo);
  native.setFrame(io);
  try {
    work(io, actorIo.instance!);
  } catch (error) {
    fail(io, error);
  } finally {
    native.setFrame(undefined);
  }
}

export function actorFetch(actor: RequestId, event: RequestId, method: string, url: string,
                           body: boolean): void {
  asEvent(actor, event, (io, instance) => {
    const handler = instance.fetch;
    if (typeof handler !== "function") throw new Error(NO_FETCH_TEXT);
    answerWith(io, (handler as Handler).call(instance, makeIncoming(io, method, url, body)));
  });
}

export function actorAlarm(actor: RequestId, event: RequestId, scheduledTime: number,
                           retryCount: number, isRetry: boolean): void {
  asEvent(actor, event, (io, instance) => {
    const handler = instance.alarm;
    if (typeof handler !== "function") {
      // Logged, not retried (rule 48).
      native.log(io.request, "warn", NO_ALARM_TEXT);
      return passed(io);
    }
    const info = new AlarmInvocationInfo(scheduledTime, retryCount, isRetry);
    then.call(resolve((handler as Handler).call(instance, info)),
              () => passed(io), (error: unknown) => fail(io, error));
  });
}

export function actorClose(actor: RequestId): void {
  const io = actors.get(actor);
  if (io === undefined) return;
  actors.delete(actor);
  forgetSections(actor);
  io.ended = true;
  io.instance = undefined;
}
