// fixtures/worm-audit: an audit log under an indefinite lock. Every way to change what was written is
// tried and refused, through the Worker and through S3; then the rule goes, and what the lock was for
// shows at once: the change succeeds, and only the hash chain tells of it (spec/r2.md 2.2-2.5).
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import * as aws from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { dev, root, run } from "./offing.mjs";
import { clientOf, failure, patterned, s3Of, scratch } from "./s3.mjs";

const fixture = join(root, "fixtures/worm-audit");
const settings = join(fixture, "r2.json");
const traffic = join(fixture, "traffic.ndjson");
const [operator] = JSON.parse(readFileSync(settings, "utf8")).tokens;
const Bucket = "audit-log";
const LOCKED = "The object is locked by the bucket policy.";

before(() => execFileSync(join(root, "tools/bundle"), [fixture]));

const replay = (...args) =>
  run(["replay", traffic, "--project", fixture, "--r2-settings", settings, "--seed", "5", ...args]);
const traceOf = ({ stdout }) => /trace ([0-9a-f]{16})/.exec(stdout)?.[1];

test("the recorded day answers as expected, twice with the same trace", async (t) => {
  const first = await replay();
  assert.equal(first.code, 0, first.stdout + first.stderr);
  assert.ok(traceOf(first), first.stdout);
  assert.equal(traceOf(await replay()), traceOf(first));
  const kept = await replay("--state", scratch(t));
  assert.equal(kept.code, 0, kept.stdout + kept.stderr);
});

test("spec/durable-objects.md 33: it loses nothing with an isolate a request, or slow commits", async () => {
  for (const more of [
    ["--fault", "isolate.evict=always"],
    ["--do-commit-delay", "50ms"],
  ]) {
    const result = await replay(...more);
    assert.equal(result.code, 0, result.stdout + result.stderr);
  }
});

async function serve(t) {
  const server = await dev(t, fixture, [
    "--quiet",
    "--s3-port",
    "0",
    "--r2-settings",
    settings,
    "--state",
    scratch(t),
  ]);
  const client = clientOf(await s3Of(server), operator);
  const s3 = (Command, input) => client.send(new aws[`${Command}Command`]({ Bucket, ...input }));
  const ask = async (method, path, body) => {
    const answer = await fetch(server.url + path, { method, body: body && JSON.stringify(body) });
    return { status: answer.status, ...(await answer.json()) };
  };
  return { server, client, s3, ask };
}

/** Three objects of the log; gives their keys. */
async function logged(ask) {
  const keys = [];
  for (const [actor, action] of [
    ["ada", "sign-in"],
    ["eve", "role.grant"],
    ["ada", "sign-out"],
  ]) {
    await ask("POST", "/audit", { actor, action, target: "user:ada" });
    keys.push((await ask("POST", "/flush")).key);
  }
  return keys;
}

test("a retry, a cleanup and S3 clients are refused; the chain stays whole", async (t) => {
  const { client, s3, ask } = await serve(t);
  const [first, second, last] = await logged(ask);
  const whole = await ask("GET", "/verify");
  assert.deepEqual([whole.ok, whole.objects, whole.lines], [true, 3, 3]);

  assert.deepEqual(await ask("POST", "/retry"), { status: 409, error: `put: ${LOCKED} (10069)` });
  const cleaned = await ask("POST", "/cleanup");
  assert.deepEqual(cleaned.deleted, []);
  assert.deepEqual(
    cleaned.refused,
    [first, second, last].map((key) => ({ key, error: `delete: ${LOCKED} (10069)` })),
  );
  assert.deepEqual(await ask("POST", "/cleanup?bulk"), {
    status: 409,
    error: `delete: ${LOCKED} (10069)`,
  });

  const refused = async (promise) => {
    const error = await failure(promise);
    assert.deepEqual([error.name, error.message], ["ObjectLockedByBucketPolicy", LOCKED]);
  };
  await s3("PutObject", { Key: "elsewhere", Body: "forged" });
  await refused(s3("DeleteObject", { Key: first }));
  await refused(s3("PutObject", { Key: first, Body: "forged" }));
  await refused(s3("CopyObject", { Key: first, CopySource: `${Bucket}/elsewhere` }));
  await refused(
    new Upload({ client, params: { Bucket, Key: first, Body: patterned(6 << 20) } }).done(),
  );
  const several = await s3("DeleteObjects", {
    Delete: { Objects: [{ Key: first }, { Key: "elsewhere" }, { Key: last }] },
  });
  assert.deepEqual(
    several.Deleted.map((d) => d.Key),
    ["elsewhere"],
  );
  assert.deepEqual(
    several.Errors.map((e) => [e.Key, e.Code, e.Message]),
    [first, last].map((key) => [key, "ObjectLockedByBucketPolicy", LOCKED]),
  );
  assert.deepEqual(await ask("GET", "/verify"), whole);
});

test("without the rule the retry rewrites history at once, and the chain tells", async (t) => {
  const { server, s3, ask } = await serve(t);
  const [, second, last] = await logged(ask);
  assert.equal((await ask("POST", "/retry")).status, 409);

  const remove = await run([
    "r2",
    "lock",
    "remove",
    Bucket,
    "--name",
    "audit-forever",
    "--url",
    server.url,
  ]);
  assert.equal(remove.code, 0, remove.stdout + remove.stderr);
  await new Promise((done) => setTimeout(done, 5)); // the retry stamps another millisecond
  const retried = await ask("POST", "/retry");
  assert.deepEqual([retried.status, retried.key], [200, last]);
  const after = await ask("GET", "/verify");
  assert.deepEqual([after.ok, after.why], [false, "the writer's 3 end otherwise"]);

  const text = await (await s3("GetObject", { Key: second })).Body.transformToString();
  await s3("PutObject", { Key: second, Body: text.replace("role.grant", "role.check") });
  const forged = await ask("GET", "/verify");
  assert.deepEqual(
    [forged.ok, forged.key, forged.seq, forged.why],
    [false, second, 2, "was changed"],
  );
  await s3("DeleteObject", { Key: second });
  const gone = await ask("GET", "/verify");
  assert.deepEqual([gone.ok, gone.key, gone.why], [false, last, "does not follow the line before"]);
});
