// One IoContext for each event (a fetch, a test): what guest code runs on behalf of. It is the Frame
// that V8 carries across promises, so `native.getFrame()` always names the event whose code runs.
// No frame means module evaluation, the "global scope" of spec/limits.md 6.
//
// A context ends when the response is out, its body read, and the waitUntil promises settled; from
// then on nothing can be started in its name.

export const GLOBAL_SCOPE_TEXT =
  "Disallowed operation called within global scope. Asynchronous I/O (ex: fetch() or connect()), " +
  "setting a timeout, and generating random values are not allowed within global scope. To fix " +
  "this error, perform this operation within a handler. " +
  "https://developers.cloudflare.com/workers/runtime-apis/handlers/";
export const CONTEXT_ENDED_TEXT =
  "Couldn't complete operation because the execution context has ended.";
export const HUNG_TEXT =
  "The Workers runtime canceled this request because it detected that your Worker's code had hung " +
  "and would never generate a response. Refer to: " +
  "https://developers.cloudflare.com/workers/observability/errors/";
const ILLEGAL_INVOCATION_TEXT =
  "Illegal invocation: function called with incorrect `this` reference. See https://developers." +
  "cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.";

// Why a request's body cannot be read any more (spec/runtime-api.md 2).
export type BodyEnd = "after response has been sent" | "because client disconnected" |
                      "after responding with an exception";

export class IoContext implements Frame {
  readonly request: RequestId;
  readonly io: IoContext;   // whose I/O objects its code makes: itself, or the actor's (actor.ts)
  readonly section = 0;
  ended = false;
  answered = false;         // native.respond or respondError was called
  streaming = 0;            // id of the guest stream that is the response's body, 0 = none
  passThrough = false;
  incoming: object | undefined = undefined;   // its Request, when its signal can abort
  pending = 0;              // waitUntil promises not settled
  sockets = 0;              // accepted WebSockets that are open
  session = false;          // serves RPC: lives while other contexts hold something of it
  holds = 0;                // … so many things (rpc_stub.ts)
  bodyEnd: BodyEnd | undefined = undefined;
  settled: ((error: unknown, failed: boolean) => void) | undefined = undefined;   // of each waitUntil

  constructor(request: RequestId, actor?: IoContext) {
    this.request = request;
    this.io = actor ?? this;
  }
}

// What code of a critical section runs in: the same event and actor.
export class SectionFrame implements Frame {
  readonly request: RequestId;
  readonly io: IoContext;
  readonly section: number;

  constructor(around: Frame, section: number) {
    this.request = around.request;
    this.io = around.io as IoContext;
    this.section = section;
  }
}

// Events whose response is not out yet. Per isolate; empty in the snapshot.
const contexts = new Map<RequestId, IoContext>();

// `actor`: of the instance that this is an event of.
export function openContext(request: RequestId, actor?: IoContext): IoContext {
  const io = new IoContext(request, actor);
  contexts.set(request, io);
  return io;
}

export function contextOf(request: RequestId): IoContext | undefined {
  return contexts.get(request);
}

// Whether the main module is being evaluated. A body makes a stream, and streams are I/O: the real
// workerd refuses to construct one then, whatever spec/limits.md 6 says of Request and Response.
let evaluating = false;
export function setEvaluating(now: boolean): void {
  evaluating = now;
}
export function refuseBodyAtStartup(): void {
  if (evaluating) requireRequest("body");
}

// The event this code runs for. Throws in global scope and after the event's end.
export function requireRequest(_what?: string): IoContext {
  const frame = native.getFrame();
  if (frame === undefined) throw new Error(GLOBAL_SCOPE_TEXT);
  const io = frame.io as IoContext;
  if (io.ended) throw new Error(CONTEXT_ENDED_TEXT);
  return io;
}

// `owner` made an I/O object of type `what`; only its own event may use it (spec/limits.md 6.3).
export function requireOwner(owner: IoContext, what: string): void {
  const frame = native.getFrame();
  if (frame === owner) {
    if (owner.ended) throw new Error(CONTEXT_ENDED_TEXT);
    return;
  }
  if (frame === undefined) throw new Error(GLOBAL_SCOPE_TEXT);
  if (frame.io === owner.io) {
    if (owner.ended && frame.io === owner) throw new Error(CONTEXT_ENDED_TEXT);
    return;
  }
  throw new Error(
    "Cannot perform I/O on behalf of a different request. I/O objects (such as streams, " +
    "request/response bodies, and others) created in the context of one request handler cannot be " +
    "accessed from a different request's handler. This is a limitation of Cloudflare Workers which " +
    `allows us to improve overall performance. (I/O type: ${what})`);
}

export function illegalInvocation(): TypeError {
  return new TypeError(ILLEGAL_INVOCATION_TEXT);
}

const then = Promise.prototype.then;

export function addWaitUntil(io: IoContext, promise: Promise<unknown>): void {
  io.pending++;
  native.waitUntil(io.request, 1);
  then.call(promise, () => settleWaitUntil(io, undefined, false), (error: unknown) => {
    if (!io.ended) native.uncaught(io.request, "waitUntil", error);
    settleWaitUntil(io, error, true);
  });
}

function settleWaitUntil(io: IoContext, error: unknown, failed: boolean): void {
  if (io.ended) return;
  io.pending--;
  native.waitUntil(io.request, -1);
  io.settled?.(error, failed);
  finishIfIdle(io);
}

// The response, its body too, is out or its client is gone. What waitUntil was given goes on; C++
// counts it, and cuts it off after 30 s (spec/limits.md 2.2).
export function invocationOver(io: IoContext): void {
  contexts.delete(io.request);
  finishIfIdle(io);
}

// An accepted WebSocket belongs to the context until it is closed.
export function socketOpened(io: IoContext): void {
  io.sockets++;
}
export function socketClosed(io: IoContext): void {
  io.sockets--;
  finishIfIdle(io);
}

let atEnd: (io: IoContext) => void = () => {};
// `work` runs once for each context, when it ends. There is one such function, set at start.
export function whenContextEnds(work: (io: IoContext) => void): void {
  atEnd = work;
}

export function finishIfIdle(io: IoContext): void {
  if (io.ended || !io.answered || io.streaming !== 0 || io.pending !== 0 ||
      io.sockets !== 0) {
    return;
  }
  if (io.holds !== 0) return;
  io.ended = true;
  atEnd(io);
}
