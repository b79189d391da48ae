// R2 where clients do not behave or the daemon ends: uploads that are cut off, a lock that comes
// while one runs, restarts with --state (spec/r2.md 2.2, C6, C7, M9).
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import * as aws from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { eventually, run } from "./offing.mjs";
import { failure, forever, onlyOffing, patterned, scratch, serve, setLocks, works } from "./s3.mjs";

const Bucket = "media";
const worker = `export default { async fetch(request, env) {
  const { pathname } = new URL(request.url);
  if (request.method === "GET") {
    const object = await env.MEDIA.get(pathname.slice(1));
    return new Response(object?.body ?? "absent");
  }
  try {
    const { size } = await env.MEDIA.put(pathname.slice(1), request.body);
    return Response.json({ size });
  } catch (error) {
    return new Response(error.message, { status: 500 });
  }
} };`;
const asker = (server) => (Command, input) =>
  server.client.send(new aws[`${Command}Command`]({ Bucket, ...input }));
const text = async (promise) => (await promise).Body.transformToString();
const filesOf = (state) =>
  readdirSync(join(state, "r2"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^(lock$|r2\.sqlite)/.test(entry.name))
    .map((entry) => entry.name);

/** A PUT whose body is sent in two halves: {first(), rest(), cut(), answer}. */
function slowPut(url, bytes) {
  const half = bytes.length >> 1;
  const sent = request(url, { method: "PUT", headers: { "content-length": bytes.length } });
  const answer = new Promise((done) => {
    sent.on("error", () => done({ status: 0, body: "" }));
    sent.on("response", async (got) => {
      let body = "";
      try {
        for await (const chunk of got) body += chunk;
      } catch {}
      done({ status: got.statusCode, body });
    });
  });
  return {
    answer,
    first: () => new Promise((done) => sent.write(bytes.subarray(0, half), done)),
    rest: () => sent.end(bytes.subarray(half)),
    cut: () => sent.destroy(),
  };
}
const putUrl = (server, Key) =>
  getSignedUrl(server.client, new aws.PutObjectCommand({ Bucket, Key }), { expiresIn: 600 });

test(
  "spec/r2.md C6: an upload that is cut off leaves nothing, and what was there stays",
  onlyOffing,
  async (t) => {
    const state = scratch(t);
    const server = await serve(t, { worker, args: ["--state", state] });
    const ask = asker(server);
    await ask("PutObject", { Key: "old", Body: "old" });
    const bytes = patterned(1024 * 1024);
    for (const url of [
      await putUrl(server, "old"),
      await putUrl(server, "new"),
      `${server.url}/old`,
      `${server.url}/new`,
    ]) {
      const put = slowPut(url, bytes);
      await put.first();
      put.cut();
      assert.equal((await put.answer).status, 0);
    }
    await eventually(() => filesOf(state).length === 0, "no file of an upload that was cut off");
    assert.deepEqual(
      (await ask("ListObjectsV2", {})).Contents.map((o) => o.Key),
      ["old"],
    );
    assert.equal(await text(ask("GetObject", { Key: "old" })), "old");
    // The key does not stay taken by the writer that went away.
    await eventually(
      () => ask("PutObject", { Key: "old", Body: "newer" }).then(() => true, () => false),
      "the key is free again",
    );
    assert.equal(await (await fetch(`${server.url}/old`)).text(), "newer");
  },
);

test(
  "spec/r2.md 2.2 item 7: a lock that comes while an upload runs stops its commit",
  onlyOffing,
  async (t) => {
    const server = await serve(t, { worker });
    const ask = asker(server);
    const bytes = patterned(300_000);
    for (const [Key, url] of [
      ["a", await putUrl(server, "a")],
      ["b", `${server.url}/b`],
    ]) {
      await setLocks(server, Bucket, []);
      await ask("PutObject", { Key, Body: "before" });
      const put = slowPut(url, bytes);
      await put.first();
      await setLocks(server, Bucket, [forever("")]);
      put.rest();
      const { status, body } = await put.answer;
      assert.match(
        `${status} ${body}`,
        /^409 .*<Code>ObjectLockedByBucketPolicy<|^500 put: The object is locked by the bucket policy\. \(10069\)$/s,
      );
      assert.equal(await text(ask("GetObject", { Key })), "before");
    }
    // The other way: a rule that goes while an upload runs.
    const put = slowPut(await putUrl(server, "a"), bytes);
    await put.first();
    await setLocks(server, Bucket, []);
    put.rest();
    assert.equal((await put.answer).status, 200);
  },
);

test(
  "spec/r2.md C7: who reads an object while it is replaced or deleted gets all of the old one",
  onlyOffing,
  async (t) => {
    const server = await serve(t, { worker, args: ["--state", scratch(t)] });
    const ask = asker(server);
    const bytes = patterned(24 * 1024 * 1024);
    for (const change of [
      () => ask("PutObject", { Key: "k", Body: patterned(bytes.length, 5) }),
      () => ask("DeleteObject", { Key: "k" }),
    ]) {
      await ask("PutObject", { Key: "k", Body: bytes });
      const fromWorker = new Promise((done) => request(`${server.url}/k`, done).end());
      const readers = [(await ask("GetObject", { Key: "k" })).Body, await fromWorker];
      await change();
      for (const reader of readers) {
        const chunks = [];
        for await (const chunk of reader) chunks.push(chunk);
        assert.ok(Buffer.concat(chunks).equals(bytes));
      }
    }
  },
);

test(
  "with --state rules, keys, uploads under way and objects are there after kill -9",
  onlyOffing,
  async (t) => {
    const state = scratch(t);
    const args = ["--state", state];
    const first = await serve(t, { worker, args });
    const ask = asker(first);
    const small = "small",
      large = patterned(5 * 1024 * 1024);
    await ask("PutObject", {
      Key: "kept/small",
      Body: small,
      Metadata: { a: "b" },
      ContentType: "text/x",
    });
    await ask("PutObject", { Key: "kept/large", Body: large });
    await ask("CreateBucket", { Bucket: "made-later" });
    await setLocks(first, Bucket, [forever("kept/")]);
    const { UploadId } = await ask("CreateMultipartUpload", { Key: "parts" });
    const one = await ask("UploadPart", { Key: "parts", UploadId, PartNumber: 1, Body: large });
    const made = await run([
      "r2",
      "token",
      "create",
      "--name",
      "later",
      "--url",
      first.url,
      "--json",
    ]);
    assert.equal(made.code, 0, made.stdout + made.stderr);
    const other = await run(["dev", join(state, "..", "nothing"), "--port", "0", ...args]);
    assert.equal(other.code, 2, "no project");
    await first.stop("SIGKILL");

    const second = await serve(t, { worker, args });
    const again = asker(second);
    const got = await again("GetObject", { Key: "kept/small" });
    assert.deepEqual(
      [await got.Body.transformToString(), got.Metadata, got.ContentType],
      [small, { a: "b" }, "text/x"],
    );
    assert.ok(
      Buffer.from(
        await (await again("GetObject", { Key: "kept/large" })).Body.transformToByteArray(),
      ).equals(large),
    );
    for (const Key of ["kept/small", "kept/large"]) {
      assert.equal(
        (await failure(again("DeleteObject", { Key }))).name,
        "ObjectLockedByBucketPolicy",
      );
    }
    await again("HeadBucket", { Bucket: "made-later" });
    const two = await again("UploadPart", { Key: "parts", UploadId, PartNumber: 2, Body: "end" });
    const Parts = [one, two].map(({ ETag }, i) => ({ PartNumber: i + 1, ETag }));
    await again("CompleteMultipartUpload", { Key: "parts", UploadId, MultipartUpload: { Parts } });
    assert.equal((await again("HeadObject", { Key: "parts" })).ContentLength, large.length + 3);
  },
);

test("spec/r2.md 5.1: the bucket in the host's name", onlyOffing, async (t) => {
  const server = await serve(t);
  const { access_key_id, secret_access_key } = server.operator;
  const { port } = new URL(server.s3);
  const curl = (...args) =>
    works("curl", [
      "-sS",
      "--aws-sigv4",
      "aws:amz:auto:s3",
      "--user",
      `${access_key_id}:${secret_access_key}`,
      "-H",
      "x-amz-content-sha256: UNSIGNED-PAYLOAD",
      "--connect-to",
      `media.localhost:${port}:127.0.0.1:${port}`,
      ...args,
    ]);
  const origin = `http://media.localhost:${port}`;
  await curl("-X", "PUT", "--data-binary", "hosted", `${origin}/k`);
  assert.equal((await curl(`${origin}/k`)).stdout, "hosted");
  assert.match(
    (await curl(`${origin}/?list-type=2`)).stdout,
    /<Name>media<\/Name>.*<Key>k<\/Key>/s,
  );
});
