// Large objects go through, not into, memory: uploaded by S3, answered by a Worker, copied by it
// through a FixedLengthStream, put in parts from requests' bodies; the daemon stays small
// (spec/r2.md V2, M2).
// A request's body has the platform's limit of 100 MB, so a Worker gets more only in parts.
//   OFFING_STREAM_MIB=1024   how large the object is, for a longer test (128)
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { Readable } from "node:stream";
import { test } from "node:test";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { onlyOffing, patterned, scratch, serve } from "./s3.mjs";

const MiB = 1024 * 1024;
const SIZE = Number(process.env.OFFING_STREAM_MIB ?? 128) * MiB;
const PARTS = 16;
const RSS_MAX_MIB = 150;

const worker = `
const answerOf = ({ size, etag }) => Response.json({ size, etag });
export default { async fetch(request, env) {
  const { pathname, searchParams } = new URL(request.url);
  const key = searchParams.get("key");
  const upload = () => env.MEDIA.resumeMultipartUpload(key, searchParams.get("id"));
  switch (pathname) {
    case "/get": return new Response((await env.MEDIA.get(key)).body);
    case "/copy": {
      const { body, size } = await env.MEDIA.get(key);
      const fixed = new FixedLengthStream(size);
      const writing = env.MEDIA.put(searchParams.get("to"), fixed.readable);
      const [written] = await Promise.all([writing, body.pipeTo(fixed.writable)]);
      return answerOf(written);
    }
    case "/begin": return new Response((await env.MEDIA.createMultipartUpload(key)).uploadId);
    case "/part": {
      const part = await upload().uploadPart(Number(searchParams.get("n")), request.body);
      return Response.json(part);
    }
    case "/complete": return answerOf(await upload().complete(await request.json()));
    case "/delete": await env.MEDIA.delete(key); return new Response("");
  }
  return new Response("ok");
} };`;

// A mebibyte of noise over and over, each time with its number in front: nothing can be mixed up.
const noise = patterned(MiB);
function* bytesOf(from, size) {
  for (let at = from; at < from + size; at += MiB) {
    const block = Buffer.from(noise.subarray(0, Math.min(MiB, from + size - at)));
    block.writeDoubleBE(at, 0);
    yield block;
  }
}
function md5Of(from, size) {
  const hash = createHash("md5");
  for (const block of bytesOf(from, size)) hash.update(block);
  return hash.digest();
}

/** Sends a body as it is asked for; resolves to the answer's text. */
const send = (url, method, size, from = 0) =>
  new Promise((done, failed) => {
    const headers = size === undefined ? {} : { "content-length": size };
    const sent = request(url, { method, headers }, async (answer) => {
      let text = "";
      for await (const chunk of answer) text += chunk;
      if (answer.statusCode === 200) done(text);
      else failed(new Error(`${answer.statusCode}: ${text}`));
    });
    sent.on("error", failed);
    Readable.from(size === undefined ? [] : bytesOf(from, size)).pipe(sent);
  });

/** The MD5 of a stream, and how many bytes it had. */
async function digest(stream) {
  const hash = createHash("md5");
  let size = 0;
  for await (const chunk of stream) {
    hash.update(chunk);
    size += chunk.length;
  }
  return [hash.digest("hex"), size];
}
const download = (url) =>
  new Promise((done, failed) => {
    request(url, (answer) => digest(answer).then(done, failed))
      .on("error", failed)
      .end();
  });

const childrenOf = (pid) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
const treeOf = (pid) => [pid, ...childrenOf(pid).flatMap(treeOf)];
const rssMib = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;

/** Watches the largest process of the daemon; `most()` is what it had. */
function watch(t, server) {
  let most = 0;
  const look = () => {
    try {
      for (const pid of treeOf(server.child.pid)) most = Math.max(most, rssMib(pid));
    } catch {} // a process ended while it was looked at
  };
  const timer = setInterval(look, 20);
  t.after(() => clearInterval(timer));
  return () => (look(), most);
}

for (const where of ["in memory", "with --state"]) {
  test(
    `an object of ${SIZE / MiB} MiB ${where}: by S3, the Worker, in parts, and the daemon stays small`,
    { ...onlyOffing, timeout: 300_000 },
    async (t) => {
      const server = await serve(t, {
        worker,
        args: where === "in memory" ? [] : ["--state", scratch(t)],
      });
      const most = watch(t, server);
      const began = performance.now();
      const took = (what) =>
        t.diagnostic(
          `${what}: ${Math.round(performance.now() - began)} ms, ${Math.round(most())} MiB`,
        );
      const md5 = md5Of(0, SIZE).toString("hex");
      took("computed here");

      const object = new PutObjectCommand({ Bucket: "media", Key: "a" });
      await send(await getSignedUrl(server.client, object, { expiresIn: 3600 }), "PUT", SIZE);
      took("put by S3");
      assert.deepEqual(await download(`${server.url}/get?key=a`), [md5, SIZE]);
      took("got from the Worker");
      const copy = JSON.parse(await send(`${server.url}/copy?key=a&to=b`, "POST"));
      assert.deepEqual(copy, { size: SIZE, etag: md5 });
      took("copied by the Worker");
      for (const key of ["a", "b"]) await send(`${server.url}/delete?key=${key}`, "POST");

      const id = await send(`${server.url}/begin?key=c`, "POST");
      const size = SIZE / PARTS;
      const parts = [];
      for (let n = 1; n <= PARTS; ++n) {
        parts.push(
          JSON.parse(
            await send(`${server.url}/part?key=c&id=${id}&n=${n}`, "PUT", size, (n - 1) * size),
          ),
        );
        assert.equal(parts.at(-1).etag, md5Of((n - 1) * size, size).toString("hex"));
      }
      const answer = await fetch(`${server.url}/complete?key=c&id=${id}`, {
        method: "POST",
        body: JSON.stringify(parts),
      });
      const done = await answer.json();
      const sums = Buffer.concat(parts.map((part) => Buffer.from(part.etag, "hex")));
      assert.deepEqual(done, {
        size: SIZE,
        etag: `${createHash("md5").update(sums).digest("hex")}-${PARTS}`,
      });
      took("in parts");
      const got = await server.client.send(new GetObjectCommand({ Bucket: "media", Key: "c" }));
      assert.deepEqual(await digest(got.Body), [md5, SIZE]);
      took("got by S3");
      assert.ok(
        most() < RSS_MAX_MIB,
        `the daemon had ${Math.round(most())} MiB, ${RSS_MAX_MIB} are allowed`,
      );
    },
  );
}
