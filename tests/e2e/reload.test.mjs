// `offing dev` and a project whose files change.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dev, eventually, project } from "./offing.mjs";

const config = {
  name: "e2e", main: "index.js", compatibility_date: "2026-06-01",
  durable_objects: { bindings: [{ name: "COUNTER", class_name: "Counter" }] },
  migrations: [{ tag: "v1", new_sqlite_classes: ["Counter"] }],
};
const worker = (version) => `
  import { DurableObject } from "cloudflare:workers";
  export class Counter extends DurableObject {
    memory = 0;
    add() {
      const stored = (this.ctx.storage.kv.get("n") ?? 0) + 1;
      this.ctx.storage.kv.put("n", stored);
      return { version: ${version}, memory: ++this.memory, stored };
    }
  }
  export default {
    async fetch(request, env) { return Response.json(await env.COUNTER.getByName("one").add()); },
  };`;

async function serve(t) {
  const folder = project(t, { "index.js": worker(1) }, config);
  const server = await dev(t, folder);
  return {
    server,
    write: (name, text) => writeFileSync(join(folder, name), text),
    ask: async () => (await fetch(server.url)).json(),
  };
}

test("a Worker that does not start says why, and the next one takes its place", async (t) => {
  const { server, write, ask } = await serve(t);
  assert.deepEqual(await ask(), { version: 1, memory: 1, stored: 1 });
  write("index.js", "export default {");
  const refused = /the Worker does not start: .*SyntaxError/;
  await eventually(() => refused.test(server.stderr), "reload");
  const answer = await fetch(server.url);
  assert.equal(answer.status, 500);
  assert.match(await answer.text(), /does not start: .*SyntaxError/);
  write("index.js", worker(3));
  await eventually(() => /offing: reloaded index\.js/.test(server.stderr), "reload");
  assert.deepEqual(await ask(), { version: 3, memory: 1, stored: 2 });
});

test("a Wrangler file that cannot be read leaves the Worker and its objects alone", async (t) => {
  const { server, write, ask } = await serve(t);
  assert.deepEqual(await ask(), { version: 1, memory: 1, stored: 1 });
  write("wrangler.json", `{"name": 3}`);
  const refused = /not reloaded: .*wrangler\.json.*"name"/;
  await eventually(() => refused.test(server.stderr), "reload");
  assert.deepEqual(await ask(), { version: 1, memory: 2, stored: 2 });
});
