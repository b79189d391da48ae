// Vitest's API, whose `test` has a world: test("…", async ({ w }) => …). Each test has its own, fresh.
//
// Options are those of start(): `provide: { offing: {…} }` in vitest.config.mjs, `test.override({ offing: {…} })`
// (Vitest 3: test.scoped) in a file or a describe. With globalSetup "offing/vitest-global" all files share one
// daemon, else each worker starts one.
import { inject, test as base } from "vitest";
import { failureReport, pattern, quote } from "./lib/failure.js";
import { connect, start } from "./lib/start.js";

export * from "vitest";

// Everything but the seed belongs to the daemon.
const daemonPart = ({ seed, log, timeout, grace, ...options }) => JSON.stringify(options);

function open(overrides) {
  const options = { ...inject("offing"), ...overrides };
  const running = inject("offingDaemon");
  if (running !== undefined && daemonPart(options) === running.options)
    return connect({ url: running.url, fork: running.fork, seed: options.seed });
  return start(options);
}

function commandOf(task) {
  const names = [];
  for (let at = task; at && at !== task.file; at = at.suite) names.unshift(at.name);
  return `npx vitest run ${quote(task.file.name)} -t ${quote(`^${pattern(names.join(" "))}$`)}`;
}

export const test = base.extend({
  offing: {},
  w: async ({ offing, task }, use) => {
    const w = await open(offing);
    try {
      await use(w);
    } finally {
      if (task.result?.state === "fail" && !task.fails)
        console.error(await failureReport(w, { command: commandOf(task) }));
      await w.close();
    }
  },
});
export const it = test;
