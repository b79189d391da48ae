// From options to a world: a daemon for each set of options, a fresh fork of its "main" for each caller.
import { resolve } from "node:path";
import { checkOptions, Daemon, findCommand } from "./daemon.js";
import { OffingError } from "./error.js";
import { Link } from "./link.js";
import { makeWorld } from "./world.js";

const SEED = 1;
const GRACE_MS = 5000;
// Key of the options: {daemon: Promise<Daemon>, handles, timer}.
const shared = new Map();
// URL: the link to a daemon that somebody else has started. Its sockets do not keep the process alive.
const links = new Map();

// OFFING_SEED replays, or searches: it wins over what a test asks for.
export function seedOf(options) {
  const given = process.env.OFFING_SEED || options.seed;
  if (given === undefined) return SEED;
  const seed = Number(given);
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new OffingError("bad_option", `seed: a whole number from 0 to 2^53 - 1, got ${given}`);
}

function clean(given) {
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  checkOptions(options);
  return { clock: "virtual", ...options };
}

// Whether a daemon with these options can be asked for worlds: what is on disk or in real time is one.
export const canFork = (options) => (options.clock ?? "virtual") === "virtual" && options.state === undefined;

function keyOf(command, options) {
  const { seed, log, timeout, grace, ...rest } = options;
  return JSON.stringify([command, resolve(rest.config ?? "."), process.cwd(), canFork(options) ? 0 : seed,
    Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

async function acquire(options) {
  const command = findCommand(options.command);
  const key = keyOf(command, options);
  let entry = shared.get(key);
  if (entry === undefined) {
    entry = { key, handles: 0, timer: undefined, daemon: Daemon.start(command, options) };
    shared.set(key, entry);
  }
  clearTimeout(entry.timer);
  ++entry.handles;
  try {
    const daemon = await entry.daemon;
    if (daemon.running) return { entry, daemon };
  } catch (error) {
    if (shared.get(key) === entry) shared.delete(key);
    throw error;
  }
  // It died between two tests: the next one begins with a new one.
  if (shared.get(key) === entry) shared.delete(key);
  return acquire(options);
}

async function release(entry, daemon, grace) {
  if (--entry.handles > 0) return;
  const end = () => {
    if (shared.get(entry.key) === entry) shared.delete(entry.key);
    return daemon.stop();
  };
  if (grace === 0) return end();
  entry.timer = setTimeout(end, grace);
  entry.timer.unref();
}

export async function start(given = {}) {
  const options = clean(given);
  const seed = seedOf(options);
  const { entry, daemon } = await acquire({ ...options, seed });
  const free = () => release(entry, daemon, options.grace ?? GRACE_MS);
  try {
    return await enter(daemon.link, { seed, fork: canFork(options), free, stderr: () => daemon.stderr });
  } catch (error) {
    await free();
    throw error;
  }
}

// A daemon without a world taken from it, for others to connect to; it ends with stop() or this process.
export async function serve(given = {}) {
  const options = clean(given);
  const daemon = await Daemon.start(findCommand(options.command), { ...options, seed: seedOf(options) });
  return {
    url: daemon.url, fork: canFork(options),
    get stderr() {
      return daemon.stderr;
    },
    stop: () => daemon.stop(),
    [Symbol.asyncDispose ?? Symbol.for("nodejs.asyncDispose")]: () => daemon.stop(),
  };
}

// A world of a daemon that somebody else has started. `world`: this one as it is, else a fork of main.
export async function connect({ url, seed: given, world, fork } = {}) {
  if (typeof url !== "string") throw new OffingError("bad_option", `url: where offing listens, got ${url}`);
  let link = links.get(url);
  if (link === undefined) links.set(url, link = new Link(url));
  const seed = seedOf({ seed: given });
  const free = async () => {};
  if (world !== undefined) return makeWorld(link, world, { seed, free, owned: false });
  return enter(link, { seed, free, fork: fork ?? (await link.call("GET", "clock")).virtual });
}

async function enter(link, { seed, fork, free, stderr }) {
  if (!fork) return makeWorld(link, "main", { seed, free, stderr, owned: false });
  const { world } = await link.call("POST", "fork", "main", { seed });
  return makeWorld(link, world, { seed, free, stderr, owned: true });
}
