// Cron triggers of the real command: by hand in real time, by time in virtual time, and what cannot work.
import assert from "node:assert/strict";
import { test } from "node:test";
import { command, dev, project, run } from "./offing.mjs";
import { start } from "../../tools/client/index.js";

const worker = `import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint {
  async fetch() { return Response.json(await this.env.NOTES.get("ran", "json")); }
  async scheduled(controller) {
    if (controller.cron === "fail") throw new Error("no luck");
    const { cron, scheduledTime, type } = controller;
    const before = await this.env.NOTES.get("ran", "json") ?? { runs: 0 };
    this.ctx.waitUntil(this.env.NOTES.put("ran", JSON.stringify({ runs: before.runs + 1, cron, scheduledTime, type })));
  }
}`;
const config = { kv_namespaces: [{ binding: "NOTES", id: "notes" }], triggers: { crons: ["0  2 * * SUN"] } };
const door = "/cdn-cgi/handler/scheduled";

test("real time: a class's scheduled() by hand, its outcome, its console line, other origins' pages", async (t) => {
  const server = await dev(t, project(t, { "index.js": worker }, config));
  let answer = await fetch(`${server.url}${door}?time=1700000000000`);
  assert.deepEqual([answer.status, await answer.text()], [200, "ok"]);
  assert.deepEqual(await (await fetch(server.url)).json(),
                   { runs: 1, cron: "0  2 * * SUN", scheduledTime: 1700000000000, type: "scheduled" });
  answer = await fetch(`${server.url}/cdn-cgi/local/scheduled?cron=fail`, { method: "POST" });
  assert.deepEqual([answer.status, await answer.text()], [500, "exception"]);
  answer = await fetch(`${server.url}/cdn-cgi/local/scheduled?cron=fail&format=json`);
  assert.deepEqual([answer.status, await answer.json()], [200, { outcome: "exception", noRetry: false }]);
  answer = await fetch(server.url + door, { headers: { "sec-fetch-site": "cross-site" } });
  assert.equal(answer.status, 403);
  const crons = await run(["ctl", "--url", server.url, "crons"]);
  assert.equal(crons.code, 0, crons.stderr);
  assert.match(crons.stdout, /0  2 \* \* SUN/);
  await server.stop();
  assert.match(server.stderr, /^cron 0  2 \* \* SUN ok LHR /m);
  assert.match(server.stderr, /^cron fail exception LHR /m);
  assert.match(server.stderr, /Uncaught \(in scheduled, LHR\) Error: no luck\n.*index\.js:5/);
});

test("virtual time: a year of Sundays, and a run for a time of one's own, from the test client", async (t) => {
  const w = await start({ config: project(t, { "index.js": worker }, config), command, grace: 0 });
  t.after(() => w.close());
  const [{ cron, next }] = await w.crons();
  assert.deepEqual([cron, next.toISOString()], ["0  2 * * SUN", "2026-01-04T02:00:00.000Z"]);
  await w.clock.advance("364d");
  assert.equal((await (await w.fetch("/")).json()).runs, 52);
  assert.equal((await w.trace({ event: "cron.end" })).filter((e) => e.outcome === "ok").length, 52);
  const ran = await w.runScheduled({ cron: "* * * * *", time: new Date(5) });
  assert.deepEqual([ran.outcome, ran.noRetry, ran.error], ["ok", false, undefined]);
  assert.deepEqual(await (await w.fetch("/")).json(),
                   { runs: 53, cron: "* * * * *", scheduledTime: 5, type: "scheduled" });
  assert.equal((await w.runScheduled({ cron: "fail" })).error, "Error: no luck");
});

test("a Worker without scheduled(): the platform's words", async (t) => {
  const server = await dev(t, project(t, { "index.js": "export default { fetch: () => new Response('hi') }" }));
  const answer = await fetch(server.url + door);
  assert.deepEqual([answer.status, await answer.text()], [500, "exception"]);
  await server.stop();
  assert.match(server.stderr, /Error: Handler does not export a scheduled\(\) function\n/);
  const lacking = project(t, { "index.js": "export default { fetch: () => new Response('hi') }" }, config);
  const check = async (folder) => (await run(["check", folder, "--runs", "2", "--profile", ""])).stdout;
  assert.match(await check(lacking), /triggers\.crons: the Worker exports no scheduled handler/);
  assert.doesNotMatch(await check(project(t, { "index.js": worker }, config)), /scheduled handler/);
});

test("an expression that is none: file, entry, field, value and what is allowed", async (t) => {
  const folder = project(t, { "index.js": worker }, { triggers: { crons: ["0 2 * * *", "0 2 * * 0"] } });
  for (const words of [["dev", folder], ["check", folder, "--profile", ""]]) {
    const out = await run(words);
    assert.notEqual(out.code, 0);
    assert.match(out.stdout + out.stderr, /wrangler\.json:\d+:\d+: triggers\.crons\[1\]: "0 2 \* \* 0": weekday: "0" is not allowed; it may be \*, 1 \(Sunday\) to 7/);
  }
});
