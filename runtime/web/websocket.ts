// WebSocket and WebSocketPair (spec/durable-objects.md 4, spec/runtime-api.md 7). The bytes go
// through C++ (runtime/isolate/guest_socket.h): each message comes back as an event of its own.
//
// A socket waits until it is accepted, is given away in a Response, or hibernates with a Durable
// Object (durable_sockets.ts has that half). One made by `new WebSocket(url)` accepts itself when it
// is connected.

import { makeBlob } from "./blob";
import { domException } from "./dom_exception";
import { badArgument, badConstruction, exposeClass } from "./errors";
import { dispatch, ErrorEvent, Event, EventTarget, trust } from "./events";
import { fromWire, toWire } from "./headers";
import {
  illegalInvocation, type IoContext, requireOwner, requireRequest, socketClosed, socketOpened,
} from "./io";
import { limits } from "./limits";
import { registerCloneable } from "./structured_clone";
import { queueMicrotask } from "./timers";
import {
  checkAcceptOptions, checkClose, closeCodeOf, handshakeUrl, messageOf, protocolsOf, socketFlags,
} from "./websocket_arguments";
import { CloseEvent, MessageEvent } from "./websocket_events";

const NOT_ACCEPTED_TEXT =
  "You must call one of accept() or state.acceptWebSocket() on this WebSocket before sending " +
  "messages.";
const CONNECTION_LOST_TEXT = "Network connection lost.";

const enum State { Connecting, Waiting, Accepted, Hibernating, Released }
// Of native.d.ts: Entry.socketEvent.
const enum Kind { Message, Close, Error }

type ConnectAnswer = Awaited<ReturnType<Native["fetch"]>>;

export let isWebSocket: (value: unknown) => value is WebSocket;
// An end that came with a response.
export let adoptSocket: (id: WebSocketId, io: IoContext) => WebSocket;
// The end goes with a response. Throws when the guest uses it already.
export let giveSocketAway: (socket: WebSocket) => WebSocketId;
// The end goes to the actor's hibernatable ones; gives its number. Throws when it cannot.
export let hibernateSocket: (socket: WebSocket, tags: string[]) => number;
// A hibernatable one that this instance sees for the first time.
export let reviveSocket: (io: IoContext, id: number, closed: boolean, tags: string[],
                          attachment: Uint8Array | undefined) => WebSocket;
export let hibernatedNumber: (socket: WebSocket) => number | undefined;
export let tagsOfSocket: (socket: WebSocket) => string[];
// The peer of a hibernatable one has closed (`code`), or is lost (undefined).
export let peerHasClosed: (socket: WebSocket, code: number | undefined, reason: string) => void;
export let forgetHibernated: (socket: WebSocket) => void;
let makePair: (io: IoContext) => [WebSocket, WebSocket];
let receive: (socket: WebSocket, kind: Kind, data: string | ArrayBuffer, code: number,
              clean: boolean) => void;

const making = { io: undefined as IoContext | undefined, state: State.Waiting, id: 0 };
// Accepted ones that can still be told something. Per isolate; empty in the snapshot.
const open = new Map<WebSocketId, WebSocket>();

export class WebSocket extends EventTarget {
  readonly #io: IoContext;
  #state: State;
  #id: WebSocketId;          // Hibernating: the number among the actor's
  #peer: WebSocket | undefined = undefined;   // of its pair
  #frame: Frame | undefined = undefined;      // what its listeners run in
  #halfOpen = false;
  #closedOut = false;
  #closedIn = false;
  #failed = false;
  #url: string | null = null;
  #protocol: string | null = "";
  #extensions: string | null = "";
  #binaryType: "blob" | "arraybuffer" = socketFlags.blobs ? "blob" : "arraybuffer";
  #attachment: Uint8Array | undefined = undefined;
  #tags: string[] | undefined = undefined;

  constructor(url: string, protocols?: string[] | string) {
    super();
    if (url as unknown === making) {
      this.#io = making.io!;
      this.#state = making.state;
      this.#id = making.id;
      return;
    }
    if (arguments.length === 0) throw badConstruction("WebSocket", 1, "string");
    this.#io = requireRequest("WebSocket");
    this.#state = State.Connecting;
    this.#id = 0;
    this.#url = `${url}`;
    const target = handshakeUrl(this.#url), wanted = protocolsOf(protocols);
    void this.#connect(target, wanted);
  }

  async #connect(url: string, protocols: string | undefined): Promise<void> {
    const headers = ["upgrade", "websocket"];
    if (protocols !== undefined) headers.push("sec-websocket-protocol", protocols);
    let answer: ConnectAnswer | undefined;
    try {
      answer = await native.fetch(this.#io.request, "GET", url, toWire(headers), undefined, -1);
      if (answer.status !== 101 || answer.webSocket === undefined) {
        if (typeof answer.body === "number") native.sourceCancel(answer.body, "");
        throw new TypeError(
          "Failed to establish the WebSocket connection: expected server to reply with HTTP " +
          `status code 101 (switching protocols), but received ${answer.status} instead.`);
      }
    } catch (error) {
      if (this.#state === State.Connecting) this.#refused(error);
      return;
    }
    if (this.#state !== State.Connecting) {   // closed meanwhile
      native.socketDrop(answer.webSocket);
      return;
    }
    const fields = fromWire(answer.headers);
    const field = (name: string): string | null => {
      const at = fields.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === name);
      return at < 0 ? null : fields[at + 1]!;
    };
    this.#protocol = field("sec-websocket-protocol");
    this.#extensions = field("sec-websocket-extensions");
    this.#id = answer.webSocket;
    this.#accept(!socketFlags.autoReply);
    this.#tell(() => this.#dispatch(new Event("open")));
  }

  #refused(error: unknown): void {
    this.#closedIn = true;
    this.#tell(() => {
      this.#fail(error);
      this.#dispatch(new CloseEvent("close", {
        code: 1006, reason: "Failed to establish websocket connection", wasClean: false }));
    });
  }

  accept(options?: { allowHalfOpen?: boolean }): void {
    if (!isWebSocket(this)) throw illegalInvocation();
    const halfOpen = checkAcceptOptions(options);
    switch (this.#state) {
      case State.Connecting:
        throw new TypeError("Websockets obtained from the 'new WebSocket()' constructor cannot " +
                            "call accept");
      case State.Released:
        throw new TypeError("Can't accept() WebSocket that was already used in a response.");
      case State.Hibernating:
        throw new TypeError("Can't accept() WebSocket after enabling hibernation.");
      case State.Accepted:
        return;
      case State.Waiting:
        requireOwner(this.#io, "WebSocket");
        this.#accept(halfOpen);
    }
  }

  #accept(halfOpen: boolean): void {
    const frame = native.getFrame()!;
    this.#frame = frame.section === 0 ? frame.io as IoContext : frame;
    this.#halfOpen = halfOpen;
    this.#state = State.Accepted;
    open.set(this.#id, this);
    socketOpened(this.#io);
    native.socketAccept(this.#id);
  }

  send(message: ArrayBuffer | ArrayBufferView | string): void {
    if (!isWebSocket(this)) throw illegalInvocation();
    if (arguments.length === 0) {
      throw badArgument("send", "WebSocket", 1, "ArrayBuffer or ArrayBufferView or string");
    }
    const content = messageOf(message);
    if (this.#closedOut) throw new TypeError("Can't call WebSocket send() after close().");
    if (this.#state === State.Released) return;   // the peer is gone
    this.#requireAccepted();
    if (this.#state === State.Hibernating) {
      native.hibernatedSend(this.#io.request, this.#id, content);
    } else {
      native.socketSend(this.#io.request, this.#id, content);
    }
  }

  #requireAccepted(): void {
    if (this.#state !== State.Accepted && this.#state !== State.Hibernating) {
      throw new TypeError(NOT_ACCEPTED_TEXT);
    }
    requireOwner(this.#io, "WebSocket");
  }

  close(code?: number, reason?: string): void {
    if (!isWebSocket(this)) throw illegalInvocation();
    const number = closeCodeOf(code);
    const text = reason === undefined ? undefined : `${reason}`;
    if (this.#state === State.Connecting) {
      this.#state = State.Released;
      queueMicrotask(() => this.#refused(new Error(CONNECTION_LOST_TEXT)));
      return;
    }
    if (this.#closedOut || this.#state === State.Released) return;
    this.#requireAccepted();
    checkClose(number, text);
    this.#close(number ?? 1005, text ?? "");
    if (this.#closedIn) this.#over();
  }

  #close(code: number, reason: string): void {
    this.#closedOut = true;
    if (this.#state === State.Hibernating) {
      native.hibernatedClose(this.#io.request, this.#id, code, reason);
    } else {
      native.socketClose(this.#io.request, this.#id, code, reason);
    }
  }

  // Nothing more will come or go.
  #over(): void {
    if (this.#state === State.Accepted) {
      open.delete(this.#id);
      socketClosed(this.#io);
    }
    if (this.#state !== State.Hibernating) this.#state = State.Released;
  }

  // Runs `work` for the listeners; what one throws breaks the socket.
  #tell(work: () => void): void {
    native.setFrame(this.#frame ?? this.#io);
    try {
      work();
    } catch (error) {
      native.uncaught(this.#io.request, "webSocket", error);
      this.#closedIn = true;
      this.#fail(error);
    } finally {
      native.setFrame(undefined);
    }
  }

  #dispatch(event: Event): void {
    const attribute = (this as unknown as Record<string, unknown>)[`on${event.type}`];
    dispatch(this, trust(event), attribute);
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    try {
      let text = "";
      try {
        text = String(error);
      } catch {
        // It defends itself against being put into words.
      }
      this.#dispatch(new ErrorEvent("error", { message: `Uncaught ${text}`, error }));
    } catch (again) {
      native.uncaught(this.#io.request, "webSocket", again);
    }
    if (this.#state === State.Accepted) native.socketDrop(this.#id);
    this.#over();
  }

  #receive(kind: Kind, data: string | ArrayBuffer, code: number, clean: boolean): void {
    if (kind === Kind.Message) {
      const asBlob = typeof data !== "string" && this.#binaryType === "blob";
      this.#dispatch(new MessageEvent("message", {
        data: asBlob ? makeBlob(new Uint8Array(data as ArrayBuffer), "") : data }));
      return;
    }
    if (kind === Kind.Error) {
      this.#closedIn = true;
      this.#fail(new Error(protocolErrorText(code, data as string)));
      return;
    }
    const reason = data as string;
    const event = new CloseEvent("close", { code, reason, wasClean: clean });
    if (clean) {
      this.#closedIn = true;
      if (!this.#closedOut && !this.#halfOpen) this.#close(code, reason);
    }
    this.#dispatch(event);
    this.#closedIn = true;
    if (this.#closedOut || !clean) this.#over();
  }

  serializeAttachment(attachment: any): void {
    if (!isWebSocket(this)) throw illegalInvocation();
    if (arguments.length === 0) throw badArgument("serializeAttachment", "WebSocket", 1, "Value");
    const bytes = native.valueToBytes(attachment);
    if (bytes.length > limits.attachmentBytes) {
      throw new Error("A WebSocket 'attachment' cannot be larger than " +
                      `${limits.attachmentBytes} bytes.'attachment' was ${bytes.length} bytes.`);
    }
    this.#attachment = bytes;
    if (this.#state === State.Hibernating) {
      native.hibernatedAttach(this.#io.request, this.#id, bytes);
    }
  }

  deserializeAttachment(): any {
    if (!isWebSocket(this)) throw illegalInvocation();
    return this.#attachment === undefined ? null : native.valueFromBytes(this.#attachment);
  }

  get readyState(): number {
    if (!isWebSocket(this)) throw illegalInvocation();
    if (this.#failed || (this.#closedIn && this.#closedOut)) return 3;
    if (this.#closedIn || this.#closedOut) return 2;
    return this.#state === State.Connecting ? 0 : 1;
  }
  get bufferedAmount(): number {
    if (!isWebSocket(this)) throw illegalInvocation();
    return 0;
  }
  get url(): string | null {
    if (!isWebSocket(this)) throw illegalInvocation();
    return this.#url;
  }
  get protocol(): string | null {
    if (!isWebSocket(this)) throw illegalInvocation();
    return this.#protocol;
  }
  get extensions(): string | null {
    if (!isWebSocket(this)) throw illegalInvocation();
    return this.#extensions;
  }
  get binaryType(): "blob" | "arraybuffer" {
    if (!isWebSocket(this)) throw illegalInvocation();
    return this.#binaryType;
  }
  set binaryType(type: "blob" | "arraybuffer") {
    if (!isWebSocket(this)) throw illegalInvocation();
    if (type === "blob" || type === "arraybuffer") this.#binaryType = type;
  }

  static #make(io: IoContext, state: State, id: number): WebSocket {
    making.io = io;
    making.state = state;
    making.id = id;
    const made = new WebSocket(making as unknown as string);
    making.io = undefined;
    return made;
  }

  static {
    isWebSocket = (value): value is WebSocket =>
      typeof value === "object" && value !== null && #id in value;
    adoptSocket = (id, io) => WebSocket.#make(io, State.Waiting, id);
    makePair = (io) => {
      const ids = native.socketPair(io.request);
      const first = WebSocket.#make(io, State.Waiting, ids[0]);
      const second = WebSocket.#make(io, State.Waiting, ids[1]);
      first.#peer = second;
      second.#peer = first;
      return [first, second];
    };
    giveSocketAway = (socket) => {
      switch (socket.#state) {
        case State.Connecting:
          throw new TypeError("Can't return WebSocket in a Response if it was created with " +
                              "`new WebSocket()`");
        case State.Released:
          throw new TypeError("Can't return WebSocket that was already used in a response.");
        case State.Hibernating:
          throw new TypeError("Can't return WebSocket in a Response after calling " +
                              "acceptWebSocket().");
        case State.Accepted:
          throw new TypeError("Can't return WebSocket in a Response after calling accept().");
        case State.Waiting:
          requireOwner(socket.#io, "WebSocket");
          socket.#state = State.Released;
          return socket.#id;
      }
    };
    receive = (socket, ...what) => socket.#tell(() => socket.#receive(...what));
    hibernateSocket = (socket, tags) => {
      if (socket.#state === State.Accepted || socket.#state === State.Hibernating) {
        throw new Error("Cannot call `acceptWebSocket()` if the WebSocket was already accepted " +
                        "via `accept()`");
      }
      if (socket.#peer === undefined || socket.#peer.#state !== State.Waiting) {
        throw new Error("Cannot call `acceptWebSocket()` on this WebSocket because its pair has " +
                        "already been accepted or used in a Response.");
      }
      if (socket.#state !== State.Waiting) {
        throw new TypeError("Tried to make an api::WebSocket hibernatable when it was in an " +
                            "incompatible state.");
      }
      requireOwner(socket.#io, "WebSocket");
      const number = native.socketHibernate(socket.#io.request, socket.#id, tags,
                                            socket.#attachment);
      if (number === 0) {
        throw new Error("only 32768 websockets can be accepted on a single Durable Object " +
                        "instance");
      }
      socket.#state = State.Hibernating;
      socket.#id = number;
      socket.#tags = tags;
      return number;
    };
    reviveSocket = (io, id, closed, tags, attachment) => {
      const socket = WebSocket.#make(io, State.Hibernating, id);
      socket.#closedOut = closed;
      socket.#tags = tags;
      socket.#attachment = attachment;
      return socket;
    };
    hibernatedNumber = (socket) => socket.#state === State.Hibernating ? socket.#id : undefined;
    tagsOfSocket = (socket) => {
      if (socket.#tags !== undefined) return socket.#tags.slice();
      throw new Error(socket.#state === State.Accepted
        ? "only hibernatable websockets can have tags."
        : "you must call 'acceptWebSocket()' before attempting to access the tags of a WebSocket.");
    };
    peerHasClosed = (socket, code, reason) => {
      socket.#closedIn = true;
      if (code === undefined) socket.#failed = true;
      else if (socketFlags.autoReply && !socket.#closedOut) socket.#close(code, reason);
    };
    forgetHibernated = (socket) => {
      socket.#closedIn = socket.#closedOut = true;
      socket.#state = State.Released;
    };
  }
}

for (const [value, name] of ["CONNECTING", "OPEN", "CLOSING", "CLOSED"].entries()) {
  for (const key of [`READY_STATE_${name}`, name]) {
    const constant = { value, enumerable: true };
    Object.defineProperty(WebSocket, key, constant);
    Object.defineProperty(WebSocket.prototype, key, constant);
  }
}

export function protocolErrorText(code: number, reason: string): string {
  return `WebSocket protocol error; protocolError.statusCode = ${code}; ` +
         `protocolError.description = ${reason}`;
}

export class WebSocketPair {
  readonly 0: WebSocket;
  readonly 1: WebSocket;

  constructor() {
    [this[0], this[1]] = makePair(requireRequest("WebSocketPair"));
  }
  *[Symbol.iterator](): Generator<WebSocket> {
    yield this[0];
    yield this[1];
  }
}

// Something came for an accepted socket.
export function socketEvent(id: WebSocketId, kind: number, data: string | ArrayBuffer,
                            code: number, clean: boolean): void {
  const socket = open.get(id);
  if (socket !== undefined) receive(socket, kind, data, code, clean);
}

function noClone(): never {
  throw domException("DataCloneError", 'Could not serialize object of type "WebSocket". This ' +
                                       "type does not support serialization.");
}
registerCloneable<WebSocket>("WebSocket", (value) => isWebSocket(value), noClone, noClone);

// Once, when the snapshot is built.
export function installWebSockets(target: object): void {
  exposeClass(target, "WebSocket", WebSocket);
  exposeClass(target, "WebSocketPair", WebSocketPair);
  exposeClass(target, "MessageEvent", MessageEvent);
  exposeClass(target, "CloseEvent", CloseEvent);
}

// In each isolate.
export function initWebSockets(flags: ReadonlySet<string>): void {
  socketFlags.blobs = flags.has("websocket_standard_binary_type");
  socketFlags.reasonBytes = flags.has("websocket_close_reason_byte_limit");
  socketFlags.autoReply = flags.has("web_socket_auto_reply_to_close");
}
