/** Milliseconds, or a text with a unit: "60s", "90ms", "1.5h", "30d". */
export type Duration = number | string;
/** ISO 8601, milliseconds since the Unix epoch, or a Date. */
export type Time = string | number | Date;
/** An IATA code of one of the locations: "LHR". */
export type Location = string;

/** Options of {@link start}; those that are not explained stand for the flag of `offing dev` of that name. */
export interface StartOptions {
  /** The project: a folder with a Wrangler file, the file itself, or one built module. Default: ".". */
  config?: string;
  env?: string;
  /** The same seed gives the same run. Default: 1. The variable OFFING_SEED wins over it. */
  seed?: number;
  /** "virtual" (default): time moves when a test moves it. "real": the machine's; all tests share one world. */
  clock?: "virtual" | "real";
  /** Where virtual time begins. Default: 2026-01-01T00:00:00Z. */
  startTime?: Time;
  /** Whether time jumps while a request waits for it. Default: true. */
  autoSkip?: boolean;
  locations?: Location[];
  isolates?: number;
  isolateIdle?: Duration;
  kvLag?: Duration;
  kvMode?: "documented" | "adversarial" | "strong";
  /** A file, or its content (docs/kv.md). */
  kvSettings?: string | Record<string, unknown>;
  /** A file, or its content (docs/r2.md). */
  r2Settings?: string | Record<string, unknown>;
  doCommitDelay?: Duration;
  /** ["LHR-SIN=90ms"] */
  links?: string[];
  /** ["kv.put.unavailable=0.1"], of every world from its beginning. */
  faults?: string[];
  /** A folder that keeps the state. Then there is one world, as with clock: "real". */
  state?: string;
  limits?: string;
  /** {"actor-cpu": "5s"} */
  limit?: Record<string, string | number>;
  /** Names beside localhost that requests may be for (`--allow-host`). */
  hosts?: string[];
  allowNet?: string[];
  allowLoopback?: boolean;
  /** A HAR file that answers the Worker's fetches. */
  outbound?: string;
  traceFile?: string;
  s3Port?: number;
  /** More flags, as they are. */
  args?: string[];
  /** The program `offing`. Default: the variable OFFING, then PATH. */
  command?: string;
  /** Passes on what the daemon says. It is kept, and part of a failure's report, in any case. */
  log?: boolean;
  /** Milliseconds until the daemon has to be ready. Default: 60000. */
  timeout?: number;
  /** Milliseconds for which a daemon outlives its last world, for the next one. Default: 5000; 0: none. */
  grace?: number;
}

/**
 * A world of its own, fresh, within milliseconds: a fork of a daemon that is started once for each set of
 * options and ends with this process. With clock "real" or `state`, the daemon's one world.
 */
export function start(options?: StartOptions): Promise<World>;

/** A daemon for others to connect to. */
export function serve(options?: StartOptions): Promise<Server>;
export interface Server extends AsyncDisposable {
  readonly url: string;
  /** Whether it can give each test a world of its own. */
  readonly fork: boolean;
  readonly stderr: string;
  stop(): Promise<void>;
}

/** A fork of "main" of a daemon that runs, or the world given. */
export function connect(options: { url: string; seed?: number; world?: string; fork?: boolean }): Promise<World>;

export class OffingError extends Error {
  /** For programs: the daemon's (`no_such_world`, `real_clock`, …) or the client's (`no_command`, …). */
  readonly code: string;
  /** Of the daemon's answer, if there was one. */
  readonly status?: number;
}

/** What a failed test prints: seed, last events, what the daemon said, and `command` to run it again. */
export function failureReport(world: World, options?: { command?: string; events?: number }): Promise<string>;

/** The world from a place, or as somebody. */
export interface View {
  /** The world's id. */
  readonly id: string;
  readonly location: Location | undefined;
  readonly session: string | undefined;
  /** Any HTTP client reaches the world at `url` with `headers`. */
  readonly url: string;
  readonly headers: Record<string, string>;

  /** From this location: its requests land there, its reads see what it is shown. */
  at(location: Location): View;
  /** As this client: checks of read-your-writes and monotonic reads tell clients apart by it. */
  as(session: string): View;

  /**
   * A request to the Worker. A path is on http://localhost; other hosts need the option `hosts`. Unlike the
   * global fetch it does not follow redirects unless asked to (redirect: "follow").
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** An open WebSocket (Node.js 22 or later); its binaryType is "arraybuffer". */
  webSocket(path: string | URL, options?: { protocols?: string | string[]; headers?: HeadersInit }):
    Promise<WebSocket>;

  /** A namespace, by its binding or id. */
  kv(namespace: string): KvNamespace;
  /** A bucket, by its binding or name. */
  r2(bucket: string): R2Bucket;
  /** An object, by its class or binding and its name or id. */
  durableObject(className: string, which: string | { name: string } | { id: string }): DurableObjectStub;

  /** POST /cdn-cgi/offing/PATH: whatever of the control API has no method here. */
  call(path: string, body?: object): Promise<any>;
  /** GET /cdn-cgi/offing/PATH */
  ask(path: string, query?: Record<string, unknown>): Promise<any>;
}

export interface World extends View, AsyncDisposable {
  readonly seed: number;
  readonly clock: Clock;
  readonly links: Links;
  readonly faults: Faults;
  /** What the daemon has said; empty if somebody else has started it. */
  readonly stderr: string;

  status(): Promise<any>;
  /** clock.advance */
  increaseTime(by: Duration): Promise<Moved>;

  /** The stored state, the clock and the course of chance, to return to; its id. Memory is none of it. */
  snapshot(): Promise<string>;
  revert(snapshot: string): Promise<void>;
  dropSnapshot(snapshot: string): Promise<void>;
  /** As at the start. */
  reset(options?: { seed?: number }): Promise<void>;
  /** Another world that begins as this one is, or was at a snapshot. `options`: what is different there. */
  fork(options?: {
    snapshot?: string;
    seed?: number;
    options?: { auto_skip?: boolean; kv?: object; links?: unknown; faults?: unknown };
  }): Promise<World>;
  dump(directory: string): Promise<any>;
  load(directory: string): Promise<any>;

  /** All begin at one instant, in this order: the same order gives the same run. */
  parallel(requests: GroupRequest[]): Promise<GroupResponse[]>;

  kvSettings(): Promise<any>;
  kvSettings(changes: Record<string, unknown>): Promise<any>;

  /** Isolates and objects leave memory; everything stays that is stored. */
  evict(): Promise<{ objects: number; isolates: number }>;
  evictIsolates(location?: Location): Promise<number>;
  /**
   * Runs the Worker's scheduled(), whatever the time. `cron`: what controller.cron is; default the only one
   * configured. `time`: what controller.scheduledTime is; default now.
   */
  runScheduled(options?: { cron?: string; time?: Time; location?: Location }): Promise<ScheduledResult>;
  /** The configured cron triggers, and when each is due next. */
  crons(): Promise<{ cron: string; next: Date | null }[]>;
  runDurableObjectAlarm(stub: DurableObjectStub): Promise<boolean>;
  listDurableObjectIds(className: string): Promise<string[]>;
  durableObjects(className?: string): Promise<DurableObjectStub[]>;

  /** Events so far (docs/trace.md), oldest first. */
  trace(filter?: TraceFilter): Promise<TraceEvent[]>;
  /** Events as they happen, until the loop ends or `signal` does. */
  events(filter?: { event?: string | string[]; after?: number; signal?: AbortSignal }): AsyncGenerator<TraceEvent>;
  /** Hash, staleness, limits, invariants and faults of the run so far. */
  report(): Promise<any>;
  invariants(rules: object): Promise<any>;

  close(): Promise<void>;
}

export interface ScheduledResult {
  outcome: "ok" | "exception" | "exceededCpu" | "exceededMemory" | "exceededWallTime";
  /** controller.noRetry() was called. */
  noRetry: boolean;
  /** What failed first: of the handler and what it gave to waitUntil. */
  error?: string;
  /** The run's number in the trace. */
  request: number;
}

export interface Moved {
  now: Date;
  /** How many events ran. */
  events: number;
  /** Of runUntilIdle: whether nothing is left to do. */
  idle?: boolean;
}

export interface Clock {
  now(): Promise<Date>;
  state(): Promise<{ virtual: boolean; autoSkip: boolean; now: Date; nextDue: Date | null; waiting: number }>;
  /** Everything that is due on the way happens, in order. */
  advance(by: Duration): Promise<Moved>;
  set(to: Time): Promise<Moved>;
  /** Until nothing is due any more, but no further than `limit` (30 days). */
  runUntilIdle(options?: { limit?: Duration }): Promise<Moved>;
  /** On (as at first): while a request waits for a time, that time comes at once. */
  autoSkip(on: boolean): Promise<void>;
}

export interface Links {
  list(): Promise<{ from: Location; to: Location; us: number; state: "open" | "held" | "cut" }[]>;
  /** "LHR-SIN=90ms", "LHR->SIN=90ms" */
  set(rule: string): Promise<void>;
  /** Nothing passes. Without `b`: between `a` and everybody else. */
  partition(a: Location | Location[], b?: Location | Location[]): Promise<void>;
  /** What is sent waits. */
  hold(a: Location | Location[], b?: Location | Location[]): Promise<void>;
  release(a?: Location | Location[], b?: Location | Location[]): Promise<void>;
  repair(a?: Location | Location[], b?: Location | Location[]): Promise<void>;
}

export type FaultRule =
  | { point: string; rule: string }
  | {
      service: "kv" | "r2" | "object" | "fetch";
      operation?: string;
      key?: string;
      location?: Location;
      nth?: number;
      every?: number;
      probability?: number;
      times?: number;
      effect: { error?: string; status?: number; latency?: Duration; drop?: boolean; timeout?: Duration };
    };

export interface Faults {
  /** Its id, to clear it by. */
  add(rule: FaultRule): Promise<number | string>;
  /** One, or all. */
  clear(id?: number | string): Promise<void>;
  list(): Promise<any>;
}

export type Value = string | ArrayBuffer | ArrayBufferView | Blob | ReadableStream | Response;

export interface KvNamespace {
  readonly namespace: string;
  /** The newest value; of w.at("SIN").kv(…) what a Worker there would get: a real read. */
  get(key: string, type?: "text" | { type: "text" }): Promise<string | null>;
  get<T = unknown>(key: string, type: "json" | { type: "json" }): Promise<T | null>;
  get(key: string, type: "arrayBuffer" | { type: "arrayBuffer" }): Promise<ArrayBuffer | null>;
  getWithMetadata<T = string>(key: string, type?: "text" | "json" | "arrayBuffer" | { type: string }):
    Promise<{ value: T | null; metadata: any; expiration?: number; version?: number }>;
  /** As if written long ago, seen everywhere; of w.at("SIN").kv(…) as a Worker there writes. */
  put(key: string, value: Value, options?: { metadata?: unknown; expiration?: number; expirationTtl?: number }):
    Promise<void>;
  delete(key: string): Promise<void>;
  list(options?: { prefix?: string; limit?: number; cursor?: string }): Promise<any>;
  inspect(key: string): Promise<KvInspection>;
}

export interface KvInspection {
  newest: {
    version: number; absent: boolean; sizeBytes: number; writtenAtMs: number; expirationS: number | null;
  } | null;
  locations: {
    location: Location; version: number; absent: boolean; cause: string; stalenessMs: number;
    ageMs: number | null; cachedUntilMs: number | null;
  }[];
}

export interface R2Object {
  key: string;
  size: number;
  version: string;
  etag: string;
  uploaded: Date;
  storageClass: string;
  httpMetadata: Record<string, string>;
  customMetadata: Record<string, string>;
}
export interface R2ObjectBody extends R2Object {
  text(): Promise<string>;
  json<T = unknown>(): Promise<T>;
  arrayBuffer(): Promise<ArrayBuffer>;
}
export interface R2Bucket {
  readonly bucket: string;
  get(key: string): Promise<R2ObjectBody | null>;
  head(key: string): Promise<R2Object | null>;
  put(key: string, value: Value, options?: {
    httpMetadata?: Record<string, string>; customMetadata?: Record<string, string>;
  }): Promise<R2Object>;
  delete(key: string): Promise<void>;
  list(options?: { prefix?: string; limit?: number; cursor?: string; delimiter?: string; startAfter?: string }):
    Promise<{ objects: R2Object[]; truncated: boolean; cursor?: string; delimitedPrefixes: string[] }>;
}

export interface DurableObjectStub {
  readonly className: string;
  readonly name: string | undefined;
  readonly id: string | undefined;
  /** Of durableObjects(): as it was then. */
  readonly location?: Location | null;
  readonly inMemory?: boolean;
  readonly alarmTime?: Date | null;
  /** sql`select * from t where id = ${id}`, or sql("select * from t where id = ?", id). */
  sql<T = Record<string, any>>(query: string | TemplateStringsArray, ...bindings: unknown[]):
    Promise<T[] & { columns: string[]; rowsWritten: number }>;
  /** Its key-value storage. */
  get<T = unknown>(key: string): Promise<T | undefined>;
  put(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<boolean>;
  list(options?: { prefix?: string; start?: string; end?: string; limit?: number }): Promise<Map<string, unknown>>;
  /** Runs a set alarm now, whatever its time; false: none is set. If it fails: OffingError `alarm_failed`. */
  alarm(): Promise<boolean>;
  /** Out of memory, as after idling; storage and hibernated WebSockets stay. */
  evict(): Promise<number>;
  /** As after a failure: what it was doing fails with `reason`. */
  abort(reason?: string): Promise<void>;
}

export interface GroupRequest extends RequestInit {
  /** A path, or a URL. */
  url: string | URL;
  at?: Location;
  as?: string;
  /** How long after the common instant it begins. */
  after?: Duration;
}
export interface GroupResponse extends Response {
  /** Its number in the trace. */
  readonly requestNumber: number;
  /** When it was complete, by the world's clock. */
  readonly nowMs: number;
}

export interface TraceFilter {
  event?: string | string[];
  request?: number;
  key?: string;
  /** Only events after this `seq`. */
  after?: number;
  limit?: number;
}
export interface TraceEvent {
  seq: number;
  at_us: number;
  event: string;
  request?: number;
  location?: string;
  [field: string]: any;
}

export function runDurableObjectAlarm(stub: DurableObjectStub): Promise<boolean>;
export function evictDurableObject(stub: DurableObjectStub): Promise<number>;
export function listDurableObjectIds(world: World, className: string): Promise<string[]>;
