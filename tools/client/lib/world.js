// A world: stores, objects, isolates, a clock and a trace of its own; and views of it from a location or by
// a client. Names are JavaScript's; events, reports and settings keep the names of their documentation.
import { OffingError } from "./error.js";
import { fetchFrom, groupEntry, groupResponse } from "./fetch.js";
import { KvNamespace } from "./kv.js";
import { DurableObjectStub, listDurableObjectIds, runDurableObjectAlarm } from "./objects.js";
import { R2Bucket } from "./r2.js";
import { openWebSocket } from "./socket.js";
import { Clock, Faults, Links, queryOf } from "./controls.js";

const TRACE_PAGE = 1000;

// What a test may do from a place, as somebody. Made by World.at() and World.as().
export class View {
  #link;
  #place;

  constructor(link, id, place) {
    this.#link = link;
    this.#place = place;
    this.id = id;
  }

  get location() {
    return this.#place.location;
  }
  get session() {
    return this.#place.session;
  }
  // With these any other HTTP client reaches the world: w.url and w.headers.
  get url() {
    return this.#link.url;
  }
  get headers() {
    const marks = { "offing-world": this.id };
    if (this.location !== undefined) marks["offing-location"] = this.location;
    if (this.session !== undefined) marks["offing-session"] = this.session;
    return marks;
  }
  // The daemon's link, for the parts of this package.
  get link() {
    return this.#link;
  }

  at(location) {
    return new View(this.#link, this.id, { ...this.#place, location });
  }
  as(session) {
    return new View(this.#link, this.id, { ...this.#place, session });
  }

  call(path, body) {
    return this.#link.call("POST", path, this.id, body);
  }
  ask(path, query) {
    return this.#link.call("GET", path + queryOf(query), this.id);
  }

  fetch(input, init) {
    return fetchFrom(this.#link, this.headers, input, init);
  }
  webSocket(path, options) {
    return openWebSocket(this, path, options);
  }
  kv(namespace) {
    return new KvNamespace(this, namespace);
  }
  r2(bucket) {
    return new R2Bucket(this, bucket);
  }
  durableObject(className, which) {
    return new DurableObjectStub(this, className, which);
  }
}

export class World extends View {
  #free;
  #stderr;
  #owned;
  #closed = undefined;

  constructor(link, id, { seed, free, stderr, owned }) {
    super(link, id, {});
    this.#free = free;
    this.#stderr = stderr ?? (() => "");
    this.#owned = owned;
    this.seed = seed;
    this.clock = new Clock(this);
    this.links = new Links(this);
    this.faults = new Faults(this);
  }

  // What the daemon has said so far; empty when somebody else has started it.
  get stderr() {
    return this.#stderr();
  }

  status() {
    return this.ask("status");
  }
  increaseTime(by) {
    return this.clock.advance(by);
  }

  async snapshot() {
    return (await this.call("snapshot")).snapshot;
  }
  async dropSnapshot(snapshot) {
    await this.call("snapshot/drop", { snapshot });
  }
  async revert(snapshot) {
    await this.call("revert", { snapshot });
  }
  async reset({ seed } = {}) {
    await this.call("reset", seed === undefined ? undefined : { seed });
  }
  async fork({ snapshot, seed, options } = {}) {
    const { world } = await this.call("fork", { snapshot, seed, options });
    return makeWorld(this.link, world,
      { seed: seed ?? this.seed, free: async () => {}, stderr: this.#stderr, owned: true });
  }
  async dump(directory) {
    return this.call("dump", { directory });
  }
  async load(directory) {
    return this.call("load", { directory });
  }

  // All begin at one instant, in this order; the same order gives the same run.
  async parallel(requests) {
    const group = await Promise.all(requests.map(groupEntry));
    const { responses } = await this.call("requests", { group });
    return responses.map((answer, i) => groupResponse(answer, group[i]));
  }

  async kvSettings(changes) {
    return changes === undefined ? this.ask("kv/settings") : this.call("kv/settings", changes);
  }
  // Isolates lose their module state, as they may at any time; here or everywhere.
  async evictIsolates(location) {
    return (await this.call("isolates/evict", { location })).evicted;
  }
  // Isolates and Durable Objects: nothing is left in memory, everything stays that is stored.
  async evict() {
    const objects = (await this.call("objects/evict")).evicted;
    return { objects, isolates: await this.evictIsolates() };
  }
  // Without `cron`, the only one that is configured. Fails only if there is no run: the outcome tells the rest.
  async runScheduled({ cron, time, location } = {}) {
    const at = time instanceof Date ? time.getTime() : time;
    const ran = await this.call("crons/run", { cron, time: at, location });
    return { outcome: ran.outcome, noRetry: ran.no_retry, error: ran.error ?? undefined, request: ran.request };
  }
  async crons() {
    const { crons } = await this.ask("crons");
    return crons.map(({ cron, next_ms: ms }) => ({ cron, next: ms === null ? null : new Date(ms) }));
  }
  runDurableObjectAlarm(stub) {
    return runDurableObjectAlarm(stub);
  }
  listDurableObjectIds(className) {
    return listDurableObjectIds(this, className);
  }
  async durableObjects(className) {
    const { objects } = await this.call("objects/list", { class: className });
    return objects.map((o) => new DurableObjectStub(this, o.class, { id: o.id, name: o.name || undefined }, o));
  }

  // The events so far, oldest first.
  async trace({ event, request, key, after = 0, limit } = {}) {
    const all = [];
    for (;;) {
      const page = Math.min(TRACE_PAGE, limit === undefined ? TRACE_PAGE : limit - all.length);
      if (page <= 0) return all;
      const query = { event: listed(event), request, key, after, limit: page };
      const { events, next } = await this.ask("trace", query);
      all.push(...events);
      if (events.length < page || next === undefined || next === after) return all;
      after = next;
    }
  }
  // Every event of this world (`after`: those behind it), and then each as it happens. Ends with the loop, or
  // with `signal`.
  events({ event, after = 0, signal } = {}) {
    return this.link.events("trace/stream" + queryOf({ event: listed(event), after }), this.id, signal);
  }
  report() {
    return this.ask("report");
  }
  invariants(rules) {
    return this.call("invariants", rules);
  }

  close() {
    this.#closed ??= this.#end();
    return this.#closed;
  }
  async #end() {
    try {
      if (this.#owned) await this.call("worlds/close", { world: this.id });
    } catch (error) {
      // It is gone: that is what was wanted.
      if (!(error instanceof OffingError) || !["ended", "unreachable", "no_such_world"].includes(error.code))
        throw error;
    } finally {
      await this.#free();
    }
  }
  [Symbol.asyncDispose ?? Symbol.for("nodejs.asyncDispose")]() {
    return this.close();
  }
}

const listed = (event) => (Array.isArray(event) ? event.join(",") : event);

export const makeWorld = (link, id, rest) => new World(link, id, rest);
