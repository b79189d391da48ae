// `kill -9` at random moments under load, with --state: every acknowledged put, delete and completed
// upload is there afterwards, no object is a mixture, and no file is left that nothing names
// (spec/r2.md C1, C2, C6-C8).
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import * as aws from "@aws-sdk/client-s3";
import { onlyOffing, patterned, scratch, serve } from "./s3.mjs";

const ROUNDS = Number(process.env.OFFING_CRASH_ROUNDS ?? 100);
const SIZES = [0, 90, 9_000, 70_000, 200_000, 700_000]; // some are kept in SQLite, some in files
const IN_FILES = 64 * 1024;

const worker = `
const answerOf = (object) => new Response(object === null ? "null" : object.etag);
export default { async fetch(request, env) {
  const { pathname, searchParams } = new URL(request.url);
  const key = searchParams.get("key");
  const customMetadata = { n: searchParams.get("n") ?? "0" };
  switch (pathname) {
    case "/put": return answerOf(await env.MEDIA.put(key, request.body ?? "", { customMetadata }));
    case "/delete": await env.MEDIA.delete(key); return new Response("");
    case "/upload": {
      const upload = await env.MEDIA.createMultipartUpload(key, { customMetadata });
      return answerOf(await upload.complete([await upload.uploadPart(1, request.body ?? "")]));
    }
    case "/get": return new Response((await env.MEDIA.get(key)).body);
    case "/list": {
      const { objects } = await env.MEDIA.list({ include: ["customMetadata"] });
      return Response.json(objects.map(({ key, size, etag, customMetadata: { n } }) => ({ key, size, etag, n })));
    }
  }
  return new Response("ok");
} };`;

const ask = (agent, method, url, body = "") =>
  new Promise((done, failed) => {
    const sent = request(
      url,
      { agent, method, headers: { "content-length": body.length } },
      (answer) => {
        const chunks = [];
        answer.on("data", (chunk) => chunks.push(chunk));
        answer.on("end", () =>
          answer.statusCode === 200
            ? done(Buffer.concat(chunks))
            : failed(new Error(String(Buffer.concat(chunks)))),
        );
        answer.on("error", failed);
      },
    );
    sent.on("error", failed);
    sent.end(body);
  });

// A small generator of its own, so that a failing round can be had again.
function seeded(seed) {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}
const noise = patterned(SIZES.at(-1));
/** What key `at` holds after its write number `n`. */
function bodyOf(at, n) {
  const bytes = Buffer.from(noise.subarray(0, SIZES[(at + n) % SIZES.length]));
  for (let i = 0; i + 8 <= bytes.length; i += 4096)
    (bytes.writeUInt32BE(n, i), bytes.writeUInt32BE(at, i + 4));
  return bytes;
}
const md5 = (bytes) => createHash("md5").update(bytes);
const etagOf = (how, bytes) =>
  how === "upload" ? `${md5(md5(bytes).digest()).digest("hex")}-1` : md5(bytes).digest("hex");

// One writer for each key: puts, uploads in parts, and one that deletes every other time.
const WRITERS = ["put", "put", "put", "put", "upload", "upload", "delete", "delete"];
const howOf = (at, n) => (WRITERS[at] === "delete" ? (n % 2 ? "put" : "delete") : WRITERS[at]);

async function examine({ server, agent, state, may, text }) {
  const found = JSON.parse(await ask(agent, "GET", `${server.url}/list`));
  for (const [at] of WRITERS.entries()) {
    const is = found.find(({ key }) => key === `k${at}`);
    const n =
      is === undefined
        ? may[at].find((each) => each === 0 || howOf(at, each) === "delete")
        : Number(is.n);
    assert.ok(
      may[at].includes(n),
      `${text}, k${at}: found ${JSON.stringify(is)}, may be at ${may[at]}`,
    );
    may[at] = [n];
    if (is === undefined) continue;
    const bytes = await ask(agent, "GET", `${server.url}/get?key=k${at}`);
    assert.ok(
      bytes.equals(bodyOf(at, n)),
      `${text}, k${at}: its ${bytes.length} bytes are not those of ${JSON.stringify(is)}`,
    );
    assert.equal(is.size, bytes.length);
    assert.equal(is.etag, etagOf(howOf(at, n), bytes), `${text}, k${at}`);
  }
  assert.equal(found.length, new Set(found.map(({ key }) => key)).size);
  // Uploads that the kill left open are no objects; once they are gone, so are their files.
  const { Uploads = [] } = await server.client.send(
    new aws.ListMultipartUploadsCommand({ Bucket: "media" }),
  );
  for (const { Key, UploadId } of Uploads) {
    await server.client.send(
      new aws.AbortMultipartUploadCommand({ Bucket: "media", Key, UploadId }),
    );
  }
  const files = readdirSync(join(state, "r2"), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !/^(lock$|r2\.sqlite)/.test(entry.name),
  );
  assert.equal(
    files.length,
    found.filter(({ size }) => size > IN_FILES).length,
    `${text}: ${files.map((file) => file.name)} for ${JSON.stringify(found)}`,
  );
  return Uploads.length;
}

test(
  `kill -9 at ${ROUNDS} random moments loses no acknowledged object and leaves no half of one`,
  { ...onlyOffing, timeout: 600_000 },
  async (t) => {
    const state = scratch(t);
    const random = seeded(20261122);
    const may = WRITERS.map(() => [0]); // numbers of the write that each key may be at
    let writes = 0,
      cut = 0,
      open = 0;
    for (let round = 0; round < ROUNDS; ++round) {
      const server = await serve(t, { worker, args: ["--state", state] });
      const agent = new Agent({ keepAlive: true, maxSockets: WRITERS.length });
      open += await examine({ server, agent, state, may, text: `round ${round}` });
      let killed = false;
      const load = WRITERS.map(async (_, at) => {
        for (let n = may[at][0] + 1; !killed; ++n) {
          may[at] = [n - 1, n];
          const how = howOf(at, n);
          try {
            await ask(
              agent,
              "POST",
              `${server.url}/${how}?key=k${at}&n=${n}`,
              how === "delete" ? "" : bodyOf(at, n),
            );
            may[at] = [n];
            ++writes;
          } catch (error) {
            if (!killed)
              throw new Error(
                `a write failed while the server ran: ${error.message} ${server.stderr}`,
              );
            ++cut;
          }
        }
      });
      await new Promise((done) => setTimeout(done, 5 + random() * 150));
      killed = true;
      await server.stop("SIGKILL");
      agent.destroy();
      await Promise.all(load);
    }
    t.diagnostic(`${writes} writes acknowledged, ${cut} cut off, ${open} uploads left open`);
    assert.ok(writes > ROUNDS / 4 && cut > 0, `${writes} writes, ${cut} cut off`);
  },
);
