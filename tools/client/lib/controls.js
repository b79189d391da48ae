// A world's clock, the links between its locations, and the faults it is to have.

export function queryOf(query) {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}

const timeOf = (time) => (time instanceof Date ? time.getTime() : time);
const moved = (answer) => ({
  now: new Date(answer.now_ms), events: answer.events,
  ...(answer.idle === undefined ? {} : { idle: answer.idle }),
});

export class Clock {
  #world;
  constructor(world) {
    this.#world = world;
  }

  async now() {
    return new Date((await this.#world.ask("clock")).now_ms);
  }
  async state() {
    const state = await this.#world.ask("clock");
    return {
      virtual: state.virtual, autoSkip: state.auto_skip, now: new Date(state.now_ms),
      nextDue: state.next_due_ms === null ? null : new Date(state.next_due_ms), waiting: state.waiting,
    };
  }
  // Everything that is due on the way happens, in order.
  async advance(by) {
    return moved(await this.#world.call("clock/advance", { by }));
  }
  async set(to) {
    return moved(await this.#world.call("clock/set", { to: timeOf(to) }));
  }
  async runUntilIdle({ limit } = {}) {
    return moved(await this.#world.call("clock/run-until-idle", { limit }));
  }
  // On, as it is at first: while a request waits for a time, that time comes at once.
  async autoSkip(on) {
    await this.#world.call("clock/auto-skip", { on });
  }
}

const places = (location) => (location === undefined || Array.isArray(location) ? location : [location]);

export class Links {
  #world;
  constructor(world) {
    this.#world = world;
  }

  async list() {
    return (await this.#world.ask("links")).links;
  }
  async set(rule) {
    await this.#world.call("links/set", { rule });
  }
  // Without `b`: from everybody else.
  async partition(a, b) {
    await this.#world.call("links/partition", { a: places(a), b: places(b) });
  }
  async hold(a, b) {
    await this.#world.call("links/hold", { a: places(a), b: places(b) });
  }
  async release(a, b) {
    await this.#world.call("links/release", { a: places(a), b: places(b) });
  }
  async repair(a, b) {
    await this.#world.call("links/repair", { a: places(a), b: places(b) });
  }
}

export class Faults {
  #world;
  constructor(world) {
    this.#world = world;
  }

  // The id, to clear it by.
  async add(rule) {
    return (await this.#world.call("faults", rule)).id;
  }
  async clear(id) {
    await this.#world.call("faults/clear", { id });
  }
  list() {
    return this.#world.ask("faults");
  }
}
