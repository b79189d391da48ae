// For the tests of R2 with real clients: a daemon with an S3 port, buckets, keys and locks, and the
// programs that talk to it.
//   OFFING_S3_PEER=http://KEY:SECRET@HOST:PORT   asks another S3 server instead; what only offing has
//                                                (locks, its own Worker) is left out then
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { dev, eventually, project } from "./offing.mjs";

export const peer = process.env.OFFING_S3_PEER ? new URL(process.env.OFFING_S3_PEER) : undefined;
export const onlyOffing = { skip: peer === undefined ? false : "of offing only" };

const digits = (n) => randomBytes(n / 2).toString("hex");
export const key = (name, scope, buckets = []) => ({
  name,
  scope,
  buckets,
  access_key_id: digits(32),
  secret_access_key: digits(64),
});
export const ACCOUNT = "0ff1490ff1490ff1490ff1490ff14900";

/** A folder that goes when the test `t` is over. */
export function scratch(t) {
  const folder = mkdtempSync(join(tmpdir(), "offing-r2-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

// What a Worker of a test that is about S3 needs of one.
const idle = `export default { fetch() { return new Response("ok"); } };`;

/** Starts `offing dev` with an S3 port: {url, s3, operator, client}, an admin's key and its client. */
export async function serve(
  t,
  { worker = idle, buckets = ["media"], settings = {}, args = [] } = {},
) {
  const operator = key("operator", "admin-read-write");
  if (peer !== undefined) {
    const [access_key_id, secret_access_key] = [peer.username, peer.password];
    return {
      s3: peer.origin,
      operator: { access_key_id, secret_access_key },
      client: clientOf(peer.origin, { access_key_id, secret_access_key }),
    };
  }
  const folder = project(
    t,
    { "index.js": worker },
    {
      r2_buckets: buckets.map((name) => ({
        binding: name.toUpperCase().replaceAll("-", "_"),
        bucket_name: name,
      })),
    },
  );
  const file = join(folder, "r2.json");
  writeFileSync(
    file,
    JSON.stringify({ ...settings, tokens: [operator, ...(settings.tokens ?? [])] }),
  );
  const server = await dev(t, folder, [
    "--quiet",
    "--s3-port",
    "0",
    "--r2-settings",
    file,
    ...args,
  ]);
  const s3 = await s3Of(server);
  return Object.assign(server, { s3, operator, client: clientOf(s3, operator) });
}

/** The S3 door's origin, which the daemon prints. */
export const s3Of = (server) =>
  eventually(
    () => /S3 on (http:\/\/[^\s/]+)/.exec(server.stdout + server.stderr)?.[1],
    "the S3 port",
  );

/** An SDK client with the SDK's own defaults, but no retries. */
export function clientOf(endpoint, { access_key_id, secret_access_key }, options = {}) {
  return new S3Client({
    endpoint,
    region: "auto",
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: access_key_id, secretAccessKey: secret_access_key },
    ...options,
  });
}

/** Replaces a bucket's lock rules over REST. */
export async function setLocks(server, bucket, rules) {
  const path = `/cdn-cgi/offing/client/v4/accounts/${ACCOUNT}/r2/buckets/${bucket}/lock`;
  const answer = await fetch(server.url + path, {
    method: "PUT",
    headers: { "offing-control": "1", "content-type": "application/json" },
    body: JSON.stringify({ rules }),
  });
  assert.equal(answer.status, 200, await answer.text());
}
export const forever = (prefix) => ({
  id: `keep-${prefix.replaceAll("/", "")}`,
  enabled: true,
  prefix,
  condition: { type: "Indefinite" },
});

// Nothing that this machine's user has set for AWS.
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_")),
);

/** Runs a program to its end: {code, stdout, stderr, all}. */
export function tool(command, args, { env = {}, input, timeoutMs = 120_000 } = {}) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, {
      env: { ...environment, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    const result = { code: null, stdout: "", stderr: "" };
    child.stdout.on("data", (d) => (result.stdout += d));
    child.stderr.on("data", (d) => (result.stderr += d));
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    child.on("error", (error) =>
      failed(
        error.code === "ENOENT"
          ? new Error(`${command} is not installed: tools/setup --test installs it`)
          : error,
      ),
    );
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      done({ ...result, code: code ?? signal, all: result.stdout + result.stderr });
    });
  });
}

/** Runs it and wants 0. */
export async function works(command, args, options) {
  const result = await tool(command, args, options);
  assert.equal(result.code, 0, `${command} ${args.join(" ")}: ${result.all}`);
  return result;
}

/** The failure of a promise that has to fail. */
export async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: "it did not fail" });
}

/** Bytes that no two places of have in common, the same each time. */
export function patterned(size, seed = 1) {
  const bytes = Buffer.allocUnsafe(size);
  let state = seed >>> 0;
  for (let i = 0; i < size; ++i) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
