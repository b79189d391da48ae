// node:test with a world: test("…", options, async (w, t) => …). Each test has its own, fresh.
import nodeTest from "node:test";
import { relative } from "node:path";
import { failureReport, pattern, quote } from "./lib/failure.js";
import { start } from "./lib/start.js";

export { after, afterEach, before, beforeEach, describe, suite } from "node:test";

// These are node:test's, everything else is start()'s.
const OWN = new Set(["concurrency", "expectFailure", "only", "plan", "signal", "skip", "tags", "timeout", "todo"]);
let defaults = {};

// Options of start() for the tests of this file that come after it.
export function configure(options) {
  defaults = options;
}

function commandOf(t) {
  const file = relative(process.cwd(), t.filePath ?? process.argv[1]);
  return `node --test --test-name-pattern=${quote(`^${pattern(t.name)}$`)} ${quote(file)}`;
}

function wrap(run) {
  return (name, options, fn) => {
    if (typeof options === "function") return wrap(run)(name, {}, options);
    const split = [{ ...defaults }, {}];
    for (const [key, value] of Object.entries(options ?? {})) split[OWN.has(key) ? 1 : 0][key] = value;
    if (fn === undefined) return run(name, split[1]);
    return run(name, split[1], (t) => inWorld(t, split[0], fn));
  };
}

async function inWorld(t, options, fn) {
  const w = await start(options);
  let over = false;
  const report = async () => console.error(await failureReport(w, { command: commandOf(t) }));
  t.after(async () => {
    if (!over) await report();  // timed out
    await w.close();
  });
  try {
    await fn(w, t);
  } catch (error) {
    await report();
    throw error;
  } finally {
    over = true;
  }
}

export const test = Object.assign(wrap(nodeTest), {
  skip: wrap(nodeTest.skip), only: wrap(nodeTest.only), todo: wrap(nodeTest.todo),
});
export const it = test;
export default test;
