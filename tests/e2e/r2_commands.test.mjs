import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { dev, eventually, project, run } from "./offing.mjs";

const worker = {
  "index.js": `export default { async fetch(request, env) {
    const key = new URL(request.url).pathname.slice(1);
    try {
      if (request.method === "PUT") await env.AUDIT.put(key, await request.text());
      else if (request.method === "DELETE") await env.AUDIT.delete(key);
      const object = await env.AUDIT.get(key);
      return new Response(object ? await object.text() : "absent");
    } catch (e) { return new Response(e.message, { status: 500 }); }
  } };`,
};
const config = { r2_buckets: [{ binding: "AUDIT", bucket_name: "audit-logs" }] };
const s3Line = (server) => eventually(
  () => /S3 on (http:\S+) \(access key id (\w{32}), secret access key (\w{64})\)/.exec(server.stdout),
  "the line about S3");
const folderOf = (t) => {
  const folder = mkdtempSync(join(tmpdir(), "offing-r2-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

test("spec/r2.md 2.1-2.4: offing r2 lock locks what a Worker writes, at once", async (t) => {
  const server = await dev(t, project(t, worker, config), ["--s3-port", "0"]);
  const r2 = (...args) => run(["r2", ...args, "--url", server.url]);
  const put = async (key, value) =>
    (await fetch(`${server.url}/${key}`, { method: "PUT", body: value })).text();
  assert.equal(await put("logs/1", "one"), "one");
  assert.match((await r2("lock", "list", "audit-logs")).stdout, /^There are no lock rules/);

  const added = await r2("lock", "add", "audit-logs", "--name", "keep", "--prefix", "logs/",
                         "--retention-days", "30");
  assert.deepEqual([added.code, added.stdout], [0, 'Added lock rule "keep" to bucket "audit-logs".\n']);
  const locked = await fetch(`${server.url}/logs/1`, { method: "DELETE" });
  assert.equal(await locked.text(), "delete: The object is locked by the bucket policy. (10069)");
  assert.equal(await put("other", "two"), "two");
  const list = await r2("bucket", "lock", "list", "audit-logs");   // Wrangler's words
  assert.equal(list.stdout, 'keep: locks keys that begin with "logs/" for 30 days after the upload\n');
  const json = JSON.parse((await r2("lock", "list", "audit-logs", "--json")).stdout);
  assert.deepEqual(json, { rules: [{ id: "keep", enabled: true, prefix: "logs/",
                                     condition: { type: "Age", maxAgeSeconds: 2592000 } }] });

  const again = await r2("lock", "add", "audit-logs", "--id", "keep", "--prefix", "", "--retention-indefinite");
  assert.match(again.stderr, /has a rule "keep" already/);
  assert.equal(again.code, 1);
  await r2("lock", "add", "audit-logs", "until", "a/", "--retention-date", "2099-01-31");
  await r2("lock", "add", "audit-logs", "all", "-y", "--retention-indefinite");
  const three = (await r2("lock", "list", "audit-logs")).stdout;
  assert.match(three, /^all: locks all keys indefinitely$/m);
  assert.match(three, /^until: locks keys that begin with "a\/" until 2099-01-31T00:00:00.000Z$/m);
  for (const rule of ["all", "until", "keep"])
    assert.equal((await r2("lock", "remove", "audit-logs", "--name", rule)).code, 0);
  assert.equal(await (await fetch(`${server.url}/logs/1`, { method: "DELETE" })).text(), "absent");
});

test("offing r2: what is wrong is said, with the way out", async (t) => {
  const server = await dev(t, project(t, worker, config), ["--s3-port", "0"]);
  const r2 = (...args) => run(["r2", ...args, "--url", server.url]);
  const says = async (pattern, ...args) => {
    const { code, stderr } = await r2(...args);
    assert.equal(code, 1, stderr);
    assert.match(stderr, pattern);
  };
  await says(/there is no bucket "audit"; there are: audit-logs/, "lock", "list", "audit");
  await says(/say how long .*--retention-days/, "lock", "add", "audit-logs", "--name", "x", "--prefix", "p");
  await says(/locks every object of the bucket; say so with --prefix "" or -y/,
             "lock", "add", "audit-logs", "--name", "x", "--retention-days", "1");
  await says(/--retention-date is "tomorrow"/,
             "lock", "add", "audit-logs", "x", "p", "--retention-date", "tomorrow");
  await says(/--retention-date is "2026-02-30"/,
             "lock", "add", "audit-logs", "x", "p", "--retention-date", "2026-02-30");
  await says(/positive number of days/, "lock", "add", "audit-logs", "x", "p", "--retention-days", "0");
  await says(/no lock rule "x" in bucket "audit-logs"; it has none/,
             "lock", "remove", "audit-logs", "--name", "x");
  const file = join(folderOf(t), "rules.json");
  await says(/rules.json: cannot be read/, "lock", "set", "audit-logs", "--file", file);
  writeFileSync(file, "{");
  await says(/rules.json: /, "lock", "set", "audit-logs", "--file", file);
  writeFileSync(file, '{"rules":[{"id":"a","enabled":true,"condition":{"type":"Age","maxAgeSeconds":-1}}]}');
  await says(/-1/, "lock", "set", "audit-logs", "--file", file);
  await says(/\(10005\)/, "bucket", "create", "No");
  await says(/\(10004\)/, "bucket", "create", "audit-logs");
  await says(/there is no scope "root"/, "token", "create", "--scope", "root");
  const nobody = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => nobody.on("listening", done));
  const { port } = nobody.address();
  await new Promise((done) => nobody.close(done));
  const dead = await run(["r2", "bucket", "list", "--url", `http://127.0.0.1:${port}`]);
  assert.match(dead.stderr, /nothing answers at .*Start the Worker with `offing dev`/);
  const none = await run(["r2", "bucket", "list", "--state", join(tmpdir(), "offing-there-is-none")]);
  assert.match(none.stderr, /is no directory/);
});

test("offing r2 bucket and token, and keys that work at the S3 door at once", async (t) => {
  const server = await dev(t, project(t, worker, config), ["--s3-port", "0"]);
  const r2 = (...args) => run(["r2", ...args, "--url", server.url]);
  assert.equal((await r2("bucket", "create", "files", "--location", "apac")).code, 0);
  assert.match((await r2("bucket", "list")).stdout, /^files {2}\S+Z {2}APAC {2}Standard$/m);
  assert.equal((await r2("bucket", "delete", "files")).code, 0);
  const made = JSON.parse((await r2("token", "create", "--name", "ci", "--scope", "object-read-only",
                                    "--bucket", "audit-logs", "--json")).stdout);
  assert.match(made.secretAccessKey, /^\w{64}$/);
  assert.match((await r2("token", "list")).stdout,
               new RegExp(`^${made.accessKeyId} {2}object-read-only {2}audit-logs {2}ci$`, "m"));
  const [, url] = await s3Line(server);
  // A known key with a wrong signature is told so; an unknown one is not known (spec/r2.md 5.1).
  const ask = (id) => fetch(`${url}/audit-logs`, { headers: {
    authorization: `AWS4-HMAC-SHA256 Credential=${id}/${new Date().toISOString().slice(0, 10).replaceAll("-", "")}` +
      "/auto/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=" + "0".repeat(64),
    "x-amz-date": new Date().toISOString().replace(/[-:]|\.\d+/g, ""),
    "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
  } });
  assert.equal((await ask(made.accessKeyId)).status, 403);
  assert.equal((await ask("f".repeat(32))).status, 401);
});

test("offing r2 --state: manages what no daemon uses, and what one left", async (t) => {
  const state = folderOf(t);
  const folder = project(t, worker, config);
  const r2 = (...args) => run(["r2", ...args, "--state", state]);
  const first = await dev(t, folder, ["--state", state, "--s3-port", "0"]);
  await fetch(`${first.url}/k`, { method: "PUT", body: "v" });
  const [, , id] = await s3Line(first);
  const busy = await r2("bucket", "list");
  assert.equal(busy.code, 1);
  assert.match(busy.stderr, /in use by another process/);
  await first.stop();
  assert.equal((await r2("lock", "add", "audit-logs", "keep", "", "--retention-indefinite")).code, 0);
  const made = JSON.parse((await r2("token", "create", "--json")).stdout);
  const second = await dev(t, folder, ["--state", state, "--s3-port", "0"]);
  assert.equal((await s3Line(second))[2], id);
  const deleted = await fetch(`${second.url}/k`, { method: "DELETE" });
  assert.equal(await deleted.text(), "delete: The object is locked by the bucket policy. (10069)");
  const tokens = await run(["r2", "token", "list", "--url", second.url]);
  assert.match(tokens.stdout, new RegExp(made.accessKeyId));
});

test("--s3-port: the usual one, a free one when that is taken, none without buckets", async (t) => {
  const nobody = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => nobody.on("listening", done));
  t.after(() => nobody.close());
  const taken = await run(["dev", project(t, worker, config), "--port", "0", "--s3-port",
                           String(nobody.address().port)]);
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /the S3 API: .*in use; stop what listens there, or take another port/);
  const [one, two] = await Promise.all([dev(t, project(t, worker, config)), dev(t, project(t, worker, config))]);
  assert.notEqual((await s3Line(one))[1], (await s3Line(two))[1]);
  const none = await dev(t, project(t, worker));
  assert.doesNotMatch(none.stdout, /S3 on/);
});

test("spec/r2.md 5.1: the S3 door answers to the platform's hosts, the Worker's port does not", async (t) => {
  const server = await dev(t, project(t, worker, config), ["--s3-port", "0"]);
  const [, s3] = await s3Line(server);
  const ask = (url, host) => new Promise((done, failed) => {
    get(url, { headers: { host } }, (response) => {
      let text = "";
      response.on("data", (d) => (text += d));
      response.on("end", () => done({ status: response.statusCode, text }));
    }).on("error", failed);
  });
  for (const host of ["acc.r2.cloudflarestorage.com", "audit-logs.acc.eu.r2.cloudflarestorage.com",
                      "audit-logs.localhost"])
    assert.match((await ask(s3, host)).text, /<Code>InvalidArgument<.Code><Message>Authorization</);
  for (const host of ["r2.cloudflarestorage.com.evil.example", "evilr2.cloudflarestorage.com"])
    assert.equal((await ask(s3, host)).status, 421);
  assert.equal((await ask(server.url, "acc.r2.cloudflarestorage.com")).status, 421);
});

test("--r2-settings: buckets, locks and keys from a file; a mistake is named", async (t) => {
  const file = join(folderOf(t), "r2.json");
  const id = "0123456789abcdef".repeat(2);
  writeFileSync(file, JSON.stringify({
    tokens: [{ name: "mine", access_key_id: id, token_value: "not a secret" }],
    buckets: { "audit-logs": { locks: { rules: [
      { id: "all", enabled: true, condition: { type: "Indefinite" } }] } } },
  }));
  const folder = project(t, worker, config);
  const server = await dev(t, folder, ["--r2-settings", file, "--s3-port", "0"]);
  assert.equal((await s3Line(server))[2], id);
  await fetch(`${server.url}/k`, { method: "PUT", body: "v" });
  const again = await fetch(`${server.url}/k`, { method: "PUT", body: "w" });
  assert.match(await again.text(), /put: The object is locked by the bucket policy. \(10069\)/);
  writeFileSync(file, '{"locked_status": 404}');
  const wrong = await run(["dev", folder, "--port", "0", "--r2-settings", file]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--r2-settings .*r2.json: R2 settings: "locked_status" is 404; it must be 403 or 409/);
});

test("spec/r2.md 1.12: REST takes uploads that a Worker would not, and no web page may ask it", async (t) => {
  const server = await dev(t, project(t, worker, config), ["--s3-port", "0"]);
  const base = `${server.url}/cdn-cgi/offing/client/v4/accounts/a/r2/buckets/audit-logs/objects`;
  const headers = { authorization: "Bearer x" };
  const big = Buffer.alloc(110 * 1024 * 1024, "x");
  const put = await fetch(`${base}/big`, { method: "PUT", body: big, headers });
  assert.equal((await put.json()).result.size, String(big.length));
  const get = await fetch(`${base}/big`, { headers });
  assert.equal((await get.arrayBuffer()).byteLength, big.length);
  assert.equal((await fetch(`${base}/big`)).status, 401);
  const preflight = await fetch(`${base}/big`, { method: "OPTIONS", headers: {
    origin: "https://evil.example", "access-control-request-method": "PUT",
    "access-control-request-headers": "authorization" } });
  assert.equal(preflight.headers.get("access-control-allow-origin"), null);
});
