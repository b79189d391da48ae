// The seam between the runtime's TypeScript (this folder, bundled into the startup snapshot) and its
// C++ (runtime/isolate, runtime/bindings). `native` is the only argument of the bundle's function.
// Nothing here is reachable from a guest.
//
// Conventions. A `RequestId` is a number given by C++; 0 is module evaluation ("global scope").
// Header lists cross flat: [name, value, name, value, …], values as byte strings (Latin-1 of the
// raw bytes, so that UTF-8 survives). Functions that begin work give a Promise that C++ settles; it
// rejects with an Error that C++ made. A *source* is a number naming a C++ ByteSource.

type RequestId = number;
type SourceId = number;
type FlatHeaders = string[];

interface Native {
  // ---- time, timers, randomness (Host)
  now(): number;                                   // ms, frozen while the guest computes
  setTimer(request: RequestId, delayMs: number): number;   // then entry.timer(id) is called once
  clearTimer(id: number): void;
  random(): number;
  randomBytes(into: Uint8Array): void;
  randomUUID(): string;

  // ---- the current frame: which request this code runs for; follows promises (V8's
  // continuation-preserved embedder data). `undefined` in global scope.
  getFrame(): Frame | undefined;
  setFrame(frame: Frame | undefined): void;

  // ---- incoming request
  requestHeaders(request: RequestId): FlatHeaders;  // once; C++ may forget them then
  requestCf(request: RequestId): string;            // JSON text
  // The body: undefined = none; a Uint8Array when it is all there; else a source.
  requestBody(request: RequestId): Uint8Array | SourceId | undefined;

  // ---- answering it. `body`: undefined = null body; string = UTF-8 text; Uint8Array; or a number,
  // the id of a guest stream that entry.pull serves, or a negated source, which is passed on unread.
  // `length`: known length of a guest stream or -1.
  // `cfError`: never given here.
  respond(request: RequestId, status: number, statusText: string, headers: FlatHeaders,
          body: undefined | string | Uint8Array | number, length: number,
          encodedByGuest: boolean, webSocket?: WebSocketId): void;
  // The handler failed. `passThrough`: passThroughOnException() had been called.
  respondError(request: RequestId, error: unknown, passThrough: boolean): void;
  // A scheduled event is over, what waitUntil was given too; `error`: the first that failed, if `failed`.
  scheduledEnd(request: RequestId, failed: boolean, error: unknown): void;
  scheduledNoRetry(request: RequestId): void;
  // waitUntil bookkeeping: +1 when a promise is added, -1 when it settles.
  waitUntil(request: RequestId, change: 1 | -1): void;

  // ---- guest streams served to C++: the answer to entry.pull(id). Uint8Array = a chunk (its bytes
  // are copied out at once), undefined = the end, anything else thrown = `pullError`.
  pullChunk(stream: number, chunk: Uint8Array | undefined): void;
  pullError(stream: number, error: unknown): void;

  // ---- sources from C++
  sourceRead(source: SourceId): Promise<Uint8Array | undefined>;   // undefined at the end
  sourceCancel(source: SourceId, reason: string): void;
  sourceLength(source: SourceId): number;                           // -1 when unknown

  // ---- outbound fetch, one hop. body as in `respond`.
  fetch(request: RequestId, method: string, url: string, headers: FlatHeaders,
        body: undefined | string | Uint8Array | number, length: number): Promise<{
    status: number; statusText: string; headers: FlatHeaders;
    body: Uint8Array | SourceId | undefined; webSocket: WebSocketId | undefined;
  }>;

  // ---- KV. `binding` indexes WorkerOptions::kv_bindings. Metadata is JSON text. Rejects with the
  // service's error. `value` of put: string | Uint8Array (copied at the call) | guest stream id.
  kvGet(request: RequestId, binding: number, key: string, cacheTtl: number | undefined,
        withMetadata: boolean, as: 0 /*text*/ | 1 /*bytes*/ | 2 /*stream*/): Promise<
    undefined /* absent */ | string | ArrayBuffer | SourceId |
    { value: undefined | string | ArrayBuffer | SourceId; metadata: string | undefined;
      cacheStatus: string | undefined }>;   // the object form when withMetadata
  kvGetBulk(request: RequestId, binding: number, keys: string[], type: string | undefined,
            cacheTtl: number | undefined, withMetadata: boolean): Promise<
    (undefined | { value: string; metadata: string | undefined })[]>;   // in the order of `keys`
  kvPut(request: RequestId, binding: number, key: string, value: string | Uint8Array | number,
        metadata: string | undefined, expiration: number | undefined,
        expirationTtl: number | undefined): Promise<void>;
  kvDelete(request: RequestId, binding: number, key: string): Promise<void>;
  kvList(request: RequestId, binding: number, prefix: string | undefined,
         cursor: string | undefined, limit: number | undefined): Promise<{
    keys: { name: string; expiration: number | undefined; metadata: string | undefined }[];
    listComplete: boolean; cursor: string | undefined; cacheStatus: string | undefined }>;

  // ---- R2 (runtime/bindings/r2_natives.cc). `bucket` indexes WorkerOptions::r2_bindings. Rejects with
  // the service's error. A value: undefined (no bytes) | string | Uint8Array (copied at the call) |
  // guest stream id | a negated source, which is passed on unread; `length` is a stream's, else -1.
  // Objects come as they are, made by C++; null: absent, or the condition of a put failed.
  r2Head(request: RequestId, bucket: number, key: string): Promise<object | null>;
  r2Get(request: RequestId, bucket: number, key: string,
        options: R2NativeGetOptions | undefined): Promise<object | null>;
  r2Put(request: RequestId, bucket: number, key: string, value: R2NativeValue, length: number,
        options: R2NativeWriteOptions | undefined): Promise<object | null>;
  r2Delete(request: RequestId, bucket: number, keys: string | string[]): Promise<void>;
  r2List(request: RequestId, bucket: number, limit: number | undefined, prefix: string | undefined,
         cursor: string | undefined, delimiter: string | undefined, startAfter: string | undefined,
         includeHttp: boolean, includeCustom: boolean): Promise<object>;
  // Gives the upload's id.
  r2CreateMultipartUpload(request: RequestId, bucket: number, key: string,
                          options: R2NativeWriteOptions | undefined): Promise<string>;
  // Gives the part's etag.
  r2UploadPart(request: RequestId, bucket: number, key: string, uploadId: string,
               partNumber: number, value: R2NativeValue, length: number,
               ssecKey: Uint8Array | undefined): Promise<string>;
  // `parts`: [number, etag, …].
  r2CompleteMultipartUpload(request: RequestId, bucket: number, key: string, uploadId: string,
                            parts: (number | string)[]): Promise<object>;
  r2AbortMultipartUpload(request: RequestId, bucket: number, key: string,
                         uploadId: string): Promise<void>;

  // R2's objects (runtime/bindings/r2_objects.cc). The prototypes of HeadResult, GetResult and
  // Checksums, once in each isolate; `allFields`: plain objects have fields that are absent.
  r2Classes(head: object, get: object, checksums: object, allFields: boolean): void;
  // undefined: not known, since a list did not ask for it. null: `object` is none of C++'s.
  r2HttpMetadata(object: object): R2NativeHttp | undefined | null;
  r2Checksums(checksums: object): Record<string, string> | undefined;   // hex; undefined: is none
  // The body of a get, once: its text when the bytes are at hand; else undefined, nothing is taken.
  r2TakeText(object: object): string | undefined;
  r2TakeBody(object: object): Uint8Array | SourceId;

  // ---- Durable Objects: ids and calls (runtime/bindings/actor_natives.cc). `space` indexes
  // WorkerOptions::actor_classes; `jurisdiction` "" is none. Ids are 64 hex digits.
  actorIdUnique(space: number, jurisdiction: string): string;
  actorIdFromName(space: number, name: string, jurisdiction: string): string;
  // The jurisdiction ("" none) of an id of this space, or undefined when it is not one.
  actorIdCheck(space: number, hex: string): string | undefined;
  newNumber(): number;
  // stub.fetch, and fetch of a service binding. Rejects with an Error made by entry.remoteError.
  // `target`: see CallTarget; body as in `respond`.
  callFetch(request: RequestId, target: NativeTarget, method: string, url: string,
            headers: FlatHeaders, body: undefined | string | Uint8Array | number, length: number): Promise<{
    status: number; statusText: string; headers: FlatHeaders;
    body: Uint8Array | SourceId | undefined; webSocket: WebSocketId | undefined;
  }>;

  // ---- Durable Objects: storage (runtime/bindings/durable_*.cc). Everything is synchronous and
  // throws the platform's exceptions; values are serialized and read back in C++.
  storageGet(actor: RequestId, key: string): unknown;   // undefined: absent
  storageGetMany(actor: RequestId, keys: string[]): unknown[];   // [key, value, …] in key order
  storagePut(actor: RequestId, key: string, value: unknown, confirmed: boolean): void;
  // [key, value, …]; all or none.
  storagePutMany(actor: RequestId, entries: unknown[], confirmed: boolean): void;
  storageDelete(actor: RequestId, key: string, confirmed: boolean): boolean;
  storageDeleteMany(actor: RequestId, keys: string[], confirmed: boolean): number;
  storageList(actor: RequestId, ...options: NativeListArguments): unknown[];   // [key, value, …]
  // One list at a time for each object; storageListNext throws when a newer one was opened.
  storageListOpen(actor: RequestId, ...options: NativeListArguments): number;
  storageListNext(actor: RequestId, list: number): [key: string, value: unknown] | undefined;
  storageDeleteAll(actor: RequestId, alarmToo: boolean): void;
  // Throws when the class has the legacy key-value backend.
  storageNeedsSqlite(actor: RequestId, api: "kv" | "sql" | "transactionSync"): void;
  storageAlarm(actor: RequestId): number | null;
  storageSetAlarm(actor: RequestId, atMs: number | undefined, confirmed: boolean): void;
  // What begin and savepoint give is for the call that ends them.
  storageBegin(actor: RequestId): number;
  storageCommit(actor: RequestId, begun: number): void;
  storageRollback(actor: RequestId, begun: number): void;
  storageSavepoint(actor: RequestId): number;
  storageSavepointEnd(actor: RequestId, begun: number, keep: boolean): void;
  storageSync(actor: RequestId): Promise<void> | undefined;   // undefined: all is durable already
  storageBookmark(actor: RequestId): string;
  storageBookmarkAt(actor: RequestId, atMs: number): string;
  storageRestore(actor: RequestId, bookmark: string): string;
  // Every call about a cursor fills `said`: [the cursor's id, 0 when it is at its end; rows read; rows
  // written].
  sqlShare(said: Float64Array): void;
  // Gives the column names, undefined when there are no columns. The rows belong to `cursor`: they are
  // let go when it is collected.
  sqlExec(actor: RequestId, query: string, bindings: unknown[], cursor: object): string[] | undefined;
  sqlNext(actor: RequestId, id: number, raw: boolean): unknown;
  sqlRest(actor: RequestId, id: number, raw: boolean): unknown[];
  sqlSize(actor: RequestId): number;

  // ---- Durable Objects: the instance (runtime/bindings/actor_natives.cc). `actor` is the instance's
  // context; its pending work carries the critical section of the frame that began it.
  // Asks for a critical section inside the current frame's; entry.sectionStart(actor, n) follows when
  // it has the lock. 0: nested too deeply.
  sectionAsk(actor: RequestId): number;
  sectionEnd(actor: RequestId, section: number): void;
  // Breaks the instance: nothing of it runs any more. `error` as of RemoteError's fields.
  // `stop`: JavaScript stops right here.
  actorBreak(actor: RequestId, error: RemoteErrorFields, stop: boolean, retryAlarm: boolean): void;

  // ---- RPC (runtime/bindings/rpc_natives.cc). A call gives a promise of a number that rpcTake turns
  // into the value, once; throws what the arguments cannot be written for.
  rpcCall(request: RequestId, target: NativeTarget, path: readonly string[], isGet: boolean,
          callNumber: number, args: unknown[] | undefined): Promise<number>;
  rpcPending(callNumber: number): boolean;          // it has no answer yet
  rpcTake(arrived: number): unknown;
  rpcArguments(event: RequestId, owner: RequestId): unknown[] | undefined;   // once
  rpcReturn(event: RequestId, value: unknown): void;
  rpcUnkeep(callNumber: number): void;              // its result is nothing to pipeline on
  rpcHold(context: RequestId, change: 1 | -1): void;
  // Within entry.rpcAttach, each adds the next attachment of its kind.
  attachExport(context: RequestId, exported: number): void;
  attachImport(importId: number): void;
  attachStream(request: RequestId, body: string | Uint8Array | number, length: number): void;
  attachTarget(target: NativeTarget): void;
  rpcDup(importId: number): number;
  rpcDrop(importId: number): void;
  rpcLoopback(context: RequestId, exported: number): number;   // an import of one's own export
  rpcPack(value: unknown): Uint8Array;              // without attachments
  rpcUnpack(bytes: Uint8Array): unknown;
  eventProps(request: RequestId): unknown;          // ctx.props, or undefined

  // ---- WebSockets (runtime/bindings/web_socket_natives.cc). A WebSocketId names an end that a
  // context holds, until it is given away (respond, socketHibernate), dropped, or over.
  socketPair(owner: RequestId): [WebSocketId, WebSocketId];
  // From now on entry.socketEvent is called.
  socketAccept(socket: WebSocketId): void;
  socketSend(owner: RequestId, socket: WebSocketId, message: string | Uint8Array): void;
  socketClose(owner: RequestId, socket: WebSocketId, code: number, reason: string): void;
  socketDrop(socket: WebSocketId): void;            // the peer is told 1006 unless we have closed
  requestUpgrades(request: RequestId): boolean;     // it has `Upgrade: websocket`
  // Hibernatable ones have a number of the object's own. 0: there are too many.
  socketHibernate(actor: RequestId, socket: WebSocketId, tags: string[],
                  attachment: Uint8Array | undefined): number;
  hibernatedList(actor: RequestId, tag: string | undefined): number[];
  hibernatedLook(actor: RequestId, socket: number):
    [closed: boolean, tags: string[], attachment: Uint8Array | undefined] | undefined;
  hibernatedSend(actor: RequestId, socket: number, message: string | Uint8Array): void;
  hibernatedClose(actor: RequestId, socket: number, code: number, reason: string): void;
  hibernatedAttach(actor: RequestId, socket: number, bytes: Uint8Array): void;
  hibernatedAutoResponseMs(actor: RequestId, socket: number): number | undefined;
  hibernatedAutoResponse(actor: RequestId): [request: string, response: string] | undefined;
  hibernatedSetAutoResponse(actor: RequestId, request: string | undefined,
                            response: string | undefined): void;
  hibernatedTimeout(actor: RequestId): number;      // ms, 0: none
  hibernatedSetTimeout(actor: RequestId, ms: number): void;
  // The serializer's bytes of a value, as storage keeps them.
  valueToBytes(value: unknown): Uint8Array;
  valueFromBytes(bytes: Uint8Array): unknown;

  // ---- the log
  log(request: RequestId, level: string, text: string): void;
  uncaught(request: RequestId, where: string, error: unknown): void;

  // ---- URL (WHATWG, the engine's parser). The result is [href, protocolEnd, usernameEnd, hostStart,
  // hostEnd, port (-1 = none), pathnameStart, searchStart (-1), hashStart (-1)] in ada's
  // url_components meaning, or undefined when it does not parse.
  urlParse(input: string, base: string | undefined): [string, ...number[]] | undefined;
  urlCanParse(input: string, base: string | undefined): boolean;
  urlOrigin(href: string): string;
  // `part`: "href", "protocol", "username", "password", "host", "hostname", "port", "pathname",
  // "search", "hash". Gives the new urlParse result, or undefined when the setter refused.
  urlSet(href: string, part: string, value: string): [string, ...number[]] | undefined;

  // ---- text and bytes
  utf8Encode(text: string): Uint8Array;
  utf8EncodeInto(text: string, into: Uint8Array): [read: number, written: number];
  // `ignoreBom` false strips a leading BOM. Throws TypeError `Failed to decode input.` when fatal.
  utf8Decode(bytes: ArrayBuffer | ArrayBufferView, fatal: boolean, ignoreBom: boolean): string;
  // Every other encoding, through ICU; `label` is the WHATWG name in lower case. Streaming state is
  // in C++ under the id; `flush` ends it and forgets it.
  decoderOpen(label: string, fatal: boolean, ignoreBom: boolean): number;  // 0: no such encoding
  decoderDecode(id: number, bytes: ArrayBuffer | ArrayBufferView, flush: boolean): string;
  latin1Encode(text: string): Uint8Array;          // code units & 0xff
  latin1Decode(bytes: Uint8Array): string;
  atob(text: string): string | undefined;          // undefined: not valid
  btoa(text: string): string | undefined;          // undefined: beyond Latin-1

  // ---- structured clone through V8's serializer. `cloneHost` (below) writes and reads platform
  // objects. Throws DOMException DataCloneError (made by entry.domException).
  structuredClone(value: unknown, transfer: ArrayBuffer[]): unknown;

  // ---- crypto (OpenSSL). Algorithms: "SHA-1" "SHA-256" "SHA-384" "SHA-512" "MD5".
  digest(algorithm: string, data: Uint8Array): ArrayBuffer;
  hmac(algorithm: string, key: Uint8Array, data: Uint8Array): ArrayBuffer;
  timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean;
  // tagLength in bytes. Decrypt gives undefined when the tag does not match.
  aesGcmEncrypt(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, tagLength: number,
                data: Uint8Array): ArrayBuffer;
  aesGcmDecrypt(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, tagLength: number,
                data: Uint8Array): ArrayBuffer | undefined;

  // ---- inspection for console: what JavaScript alone cannot see.
  promiseState(promise: Promise<unknown>): [state: 0 | 1 | 2, result: unknown];
  proxyTarget(value: object): object | undefined;   // undefined when it is no proxy
  className(value: object): string;                 // V8's constructor name
}

// `matches`, `doesNotMatch`: "*", or an entity tag after "s" (strong) or "w" (weak). Times in ms.
type R2NativeCondition = readonly [
  matches: string[] | undefined, doesNotMatch: string[] | undefined,
  uploadedBefore: number | undefined, uploadedAfter: number | undefined, seconds: boolean];
// `range`: the value of a Range header, or [offset, length, suffix].
type R2NativeGetOptions = readonly [
  onlyIf: R2NativeCondition | undefined,
  range: string | [offset: number | undefined, length: number | undefined,
                   suffix: number | undefined] | undefined,
  ssecKey: Uint8Array | undefined];
type R2NativeHttp = [
  contentType: string | undefined, contentLanguage: string | undefined,
  contentDisposition: string | undefined, contentEncoding: string | undefined,
  cacheControl: string | undefined, cacheExpiryMs: number | undefined];
// `algorithm`: 0 MD5, 1 SHA-1, 2 SHA-256, 3 SHA-384, 4 SHA-512. `custom`: [name, value, …].
type R2NativeWriteOptions = readonly [
  onlyIf: R2NativeCondition | undefined, http: R2NativeHttp | undefined,
  custom: string[] | undefined, algorithm: number, digest: Uint8Array | undefined,
  storageClass: string | undefined, ssecKey: Uint8Array | undefined];
type R2NativeValue = undefined | string | Uint8Array | number;

type WebSocketId = number;

// `limit` 0 is none.
type NativeListArguments = [start: string | undefined, startAfter: string | undefined,
                            end: string | undefined, prefix: string | undefined,
                            reverse: boolean, limit: number];

// runtime/actor/call.h: CallTarget. kind: 0 entrypoint, 1 actor, 2 export (an id this context has
// imported), 3 result of a call.
type NativeTarget = readonly [kind: 0 | 1 | 2 | 3, index: number, id: string, name: string,
                              hint: string | Uint8Array, jurisdiction: string, stub: number];
// Of an entrypoint `name` is the export's and `hint` its props, JSON text or packed.

// runtime/actor/guest_error.h
interface RemoteErrorFields {
  name: string; message: string; remote: boolean; retryable: boolean; overloaded: boolean;
  objectReset: boolean; objectId: string;
  value?: Uint8Array | undefined;   // packed, when class and message do not tell all of it
}

// What code runs for. Kept in V8's continuation-preserved slot; later also AsyncLocalStorage's map.
interface Frame {
  readonly request: RequestId;
  readonly io: object;      // the runtime's per-request state (runtime/web/io.ts)
  readonly section: number; // the critical section of an actor this code belongs to, 0 = none
}

// What the bundle's function returns: how C++ calls the runtime's JavaScript.
interface Entry {
  // Before the first module: compatibility and bindings. Called once in each isolate, after the
  // snapshot was loaded.
  init(options: {
    compatibilityDate: string; flags: string[];
    vars: [name: string, json: string][]; kv: string[]; r2: string[];
    // Bindings to classes of this Worker; `space` indexes actorClasses. And to its entrypoints.
    actorClasses: { className: string; sqlite: boolean }[];
    actors: { name: string; space: number }[];
    services: { name: string; entrypoint: string; propsJson: string }[];
    unsupported: [name: string, what: string][];
    // runtime/limits/limits.h; 0: no limit. `bufferedBytes`: of a body that is read as a whole.
    limits: { timers: number; redirects: number; blobBytes: number; attachmentBytes: number;
              bufferedBytes: number };
  }): void;
  // The exports of a built-in module ("cloudflare:workers"), or a text that says why there is none.
  builtin(specifier: string): Record<string, unknown> | string;
  // After evaluation: the main module's namespace object.
  setMain(namespace: Record<string, unknown>): void;
  fetch(request: RequestId, method: string, url: string, hasBody: boolean, entrypoint: string): void;
  // Answered by native.scheduledEnd.
  scheduled(request: RequestId, scheduledTime: number, cron: string): void;
  clientGone(request: RequestId): void;
  // The loop found that nothing can ever settle this request (no I/O pending): fail it with the
  // platform's "would never generate a response" error.
  hung(request: RequestId): void;
  timer(id: number): void;
  // C++ wants the next chunk of a guest stream / no more of it.
  pull(stream: number): void;
  cancel(stream: number, reason: string): void;
  // Export names that have test(), in order; and running one.
  testNames(): string[];
  // Answers `request` by respond (passed) or respondError.
  test(name: string, request: RequestId): void;
  // Promise rejections without a handler, after the microtask checkpoint.
  unhandledRejection(promise: Promise<unknown>, reason: unknown): void;
  domException(name: string, message: string): Error;
  // Text for an exception that leaves the guest: ["TypeError: x", stack or ""].
  describe(error: unknown): [text: string, stack: string];
  // Structured clone of platform objects: writes give [tag, payload] or undefined when it cannot be
  // cloned; reads take them back.
  // ---- Durable Objects. `actor` is the instance's context, `event` the request to answer with
  // respond or respondError.
  actorOpen(actor: RequestId, space: number, id: string, name: string | undefined): void;
  // Runs the constructor, before the first event. Throws what it throws.
  actorConstruct(actor: RequestId): void;
  actorFetch(actor: RequestId, event: RequestId, method: string, url: string, body: boolean): void;
  actorAlarm(actor: RequestId, event: RequestId, scheduledMs: number, retryCount: number,
             isRetry: boolean): void;
  // What came for an accepted WebSocket. kind 0: a message; 1: a close with `data` as its reason;
  // 2: the peer broke the rules. 0 has no code and no `clean`.
  socketEvent(socket: WebSocketId, kind: number, data: string | ArrayBuffer, code: number,
              clean: boolean): void;
  // The same for a hibernatable one, as an event of its object's class.
  actorSocketEvent(actor: RequestId, event: RequestId, socket: number, kind: number,
                   data: string | ArrayBuffer, code: number, clean: boolean): void;
  // The instance is gone; nothing of it is called any more.
  actorClose(actor: RequestId): void;
  sectionStart(actor: RequestId, section: number): void;
  // Test helper: whether the class of this space has a method of that name ("alarm").
  actorHasMethod(space: number, name: string): boolean;
  // The Error that a failed call rejects with, made of what crossed.
  remoteError(fields: RemoteErrorFields): Error;
  // The fields of an exception that leaves a context.
  errorFields(error: unknown): RemoteErrorFields;

  // ---- RPC (runtime/web/rpc_serve.ts). Serves a call, which native.rpcReturn or respondError
  // answers. `kind` and `base`: 0 an entrypoint's name, 1 an actor, 2 an export's number, 3 what call
  // rpcCall gave back. Gives what calls on the result are to find, or undefined.
  rpcCall(context: RequestId, event: RequestId, kind: number, base: unknown,
          path: readonly string[], isGet: boolean, callNumber: number): unknown;
  // Nobody holds this export any more.
  rpcRelease(context: RequestId, exported: number): void;
  // A caller has its result: nobody can pipeline on that call into a stateless context any more.
  rpcForget(context: RequestId): void;
  // The value with functions and stubs replaced by what can be written.
  rpcReplace(value: unknown): unknown;
  // [kind, thing, …]: takes each, in order, by native.attach….
  rpcAttach(things: unknown[]): void;

  // `rpc`: also what only RPC carries; a tag of "" asks for rpcReplace. `kind`, `thing`: its attachment
  // (runtime/bindings/serializer.h).
  cloneWrite(object: object, rpc?: boolean):
    [tag: string, payload: unknown, kind: number, thing: unknown] | undefined;
  cloneRead(tag: string, payload: unknown, thing?: unknown): object;
}

// The parameter of the function that the bundle is the body of.
declare const native: Native;
