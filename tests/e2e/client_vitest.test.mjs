// A user's project with a Vitest suite of its own (guests/vitest), run as the user would. Needs Vitest, which
// `tools/setup --bench` installs; OFFING_VITEST names another folder of it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { command, root } from "./offing.mjs";

const vitest = process.env.OFFING_VITEST ?? join(root, "tests/bench/node_modules/vitest");
const skip = !existsSync(vitest) && "Vitest is not installed (tools/setup --bench)";

function install(t) {
  const folder = mkdtempSync(join(tmpdir(), "offing-vitest-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(root, "tests/e2e/guests/vitest"), folder, { recursive: true });
  mkdirSync(join(folder, "node_modules"));
  cpSync(join(root, "tools/client"), join(folder, "node_modules/offing"), { recursive: true });
  symlinkSync(vitest, join(folder, "node_modules/vitest"));
  return folder;
}

function run(folder, env = {}, args = []) {
  return new Promise((done) => {
    const child = spawn(process.execPath, [join(vitest, "vitest.mjs"), "run", "--no-color", ...args], {
      cwd: folder, env: { ...process.env, OFFING: command, NO_COLOR: "1", NODE_TEST_CONTEXT: "", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (d) => (output += d));
    child.stderr.on("data", (d) => (output += d));
    child.on("close", (code) => done({ code, output }));
  });
}

test("a stale read fails the suite, which says the seed, the events and how to run it again", { skip }, async (t) => {
  const { code, output } = await run(install(t));
  assert.equal(code, 1, output);
  assert.match(output, /1 failed \| 5 passed/);
  assert.match(output, /expected 200 to be 401/);
  assert.match(output, /offing: seed 1, world w\d+/);
  assert.match(output, /SIN +kv\.read .*key=ada .*staleness_ms=\d+ cause=cache-hit/);
  assert.match(output, /again: OFFING_SEED=1 npx vitest run 'signed_out\.test\.js' -t '\^who signs out/);
});

test("what it tells to run again runs that test alone", { skip }, async (t) => {
  const folder = install(t);
  const args = ["signed_out.test.js", "-t", "^who signs out is signed out everywhere$"];
  const { output } = await run(folder, { OFFING_SEED: "9" }, args);
  assert.match(output, /1 failed \| 1 skipped/);
  assert.match(output, /offing: seed 9,/);
});

test("with the sessions in a Durable Object the same suite is green", { skip }, async (t) => {
  const { code, output } = await run(install(t), { GUEST_CONFIG: "./object.jsonc" });
  assert.equal(code, 0, output);
  assert.match(output, /6 passed/);
});
