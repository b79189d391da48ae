// The Durable Object fixtures, each replayed against what workerd answers (their traffic.ndjson,
// checked by tests/conformance/verify_traffic.mjs), and the two session stores on the same traffic.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { root, run } from "./offing.mjs";

const fixture = (name) => join(root, "fixtures", name);
const traffic = (name) => join(fixture(name), "traffic.ndjson");
const OBJECTS = ["counter", "rate-limiter", "session-store", "workspace", "chat-room"];

before(() => {
  for (const name of ["signed-out-but-valid", ...OBJECTS]) {
    execFileSync(join(root, "tools/bundle"), [fixture(name)]);
  }
});
const replay = (name, file, ...args) => run(["replay", file, "--project", fixture(name), ...args]);
const traceOf = ({ stdout }) => /trace ([0-9a-f]{16})/.exec(stdout)?.[1];

for (const name of OBJECTS) {
  test(`${name} answers as in workerd, twice with the same trace`, async () => {
    const first = await replay(name, traffic(name), "--kv-mode", "strong", "--seed", "5");
    assert.equal(first.code, 0, first.stdout + first.stderr);
    const again = await replay(name, traffic(name), "--kv-mode", "strong", "--seed", "5");
    assert.ok(traceOf(first), first.stdout);
    assert.equal(traceOf(again), traceOf(first));
  });

  test(`spec/durable-objects.md 33: ${name} loses nothing with an isolate a request`, async () => {
    const faults = ["--fault", "isolate.evict=always"];
    const result = await replay(name, traffic(name), "--kv-mode", "strong", ...faults);
    assert.equal(result.code, 0, result.stdout + result.stderr);
  });
}

// Same browser recording, same lag, same seed. Only where the sessions live is different.
test("a revoked session: accepted for a while from KV, never from a Durable Object", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "offing-sessions-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const recording = join(fixture("signed-out-but-valid"), "recording.har");
  const world = ["--locations", "LHR,SIN", "--kv-lag", "60s", "--seed", "7"];
  const judge = async (name) => {
    const json = join(folder, `${name}.json`);
    const result = await replay(name, recording, ...world, "--json", json);
    return { ...result, report: JSON.parse(readFileSync(json, "utf8")) };
  };
  // After the sign-out at +5 s, what the copied cookie gets in Singapore.
  const afterSignOut = ({ report }) => report.requests
    .filter((r) => r.url.endsWith("/me") && r.location === "SIN" && r.at_us > 5e6).map((r) => r.status);

  const fromKv = await judge("signed-out-but-valid");
  assert.equal(fromKv.code, 1, fromKv.stderr);
  assert.ok(fromKv.report.staleness.stale_reads >= 3);
  assert.deepEqual(afterSignOut(fromKv), [200, 200, 200, 200, 401]);

  const fromObjects = await judge("session-store");
  assert.equal(fromObjects.code, 0, fromObjects.stdout + fromObjects.stderr);
  assert.equal(fromObjects.report.as_expected, fromObjects.report.requests.length);
  assert.deepEqual(afterSignOut(fromObjects), [401, 401, 401, 401, 401]);
});
