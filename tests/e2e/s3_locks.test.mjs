// AWS's JavaScript SDK against writers that overlap and against bucket locks: what it is told, and
// that nothing changes (spec/r2.md 2.3, 2.4, C9, C11).
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import * as aws from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { failure, forever, onlyOffing, patterned, serve, setLocks } from "./s3.mjs";

const Bucket = "media";
const text = (object) => object.Body.transformToString();
const asker = (server) => (Command, input) =>
  server.client.send(new aws[`${Command}Command`]({ Bucket, ...input }));

test(
  "spec/r2.md C9: overlapping writes to one key are refused, serial ones never",
  onlyOffing,
  async (t) => {
    const ask = asker(await serve(t));
    const put = (Key, Body, more = {}) => ask("PutObject", { Key, Body, ...more });
    for (let i = 0; i < 5; ++i) await put("serial", `${i}`);
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        put("crowd", patterned(400_000, i + 1)).then(
          () => "stored",
          (error) => `${error.name} ${error.$metadata?.httpStatusCode}`,
        ),
      ),
    );
    assert.ok(outcomes.includes("stored"), outcomes.join());
    assert.ok(
      outcomes.every((o) => o === "stored" || o === "TooManyRequests 429"),
      outcomes.join(),
    );
  },
);

test("spec/r2.md C11: of many conditional writes at once one creates", onlyOffing, async (t) => {
  const ask = asker(await serve(t));
  const put = (Key, Body, more = {}) => ask("PutObject", { Key, Body, ...more });
  const outcomes = await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      put("once", `${i}`, { IfNoneMatch: "*" }).then(
        () => i,
        (error) => error.name,
      ),
    ),
  );
  const winners = outcomes.filter((o) => typeof o === "number");
  assert.ok(winners.length <= 1, outcomes.join());
  if (winners.length === 1)
    assert.equal(await text(await ask("GetObject", { Key: "once" })), `${winners[0]}`);
});

test("spec/r2.md 2.3, 2.4: what is locked stays, whatever the SDK asks", onlyOffing, async (t) => {
  const locked = await serve(t, { buckets: ["media"] });
  const ask = asker(locked);
  for (const k of ["keep/a", "keep/b", "free/a"]) await ask("PutObject", { Key: k, Body: k });
  const before = await ask("CreateMultipartUpload", { Key: "keep/a" });
  await setLocks(locked, Bucket, [forever("keep/")]);
  const refused = async (promise) => {
    const error = await failure(promise);
    assert.deepEqual(
      [error.name, error.message, error.$metadata?.httpStatusCode],
      ["ObjectLockedByBucketPolicy", "The object is locked by the bucket policy.", 409],
    );
  };
  await refused(ask("PutObject", { Key: "keep/a", Body: "other" }));
  await refused(ask("PutObject", { Key: "keep/a", Body: "keep/a" }));
  await refused(ask("PutObject", { Key: "keep/a", Body: "x", IfNoneMatch: "*" }));
  await refused(
    ask("PutObject", { Key: "keep/a", Body: Readable.from(["abc"]), ContentLength: 3 }),
  );
  await refused(ask("DeleteObject", { Key: "keep/a" }));
  await refused(ask("CopyObject", { Key: "keep/a", CopySource: `${Bucket}/free/a` }));
  await refused(
    ask("CopyObject", {
      Key: "keep/a",
      CopySource: `${Bucket}/keep/a`,
      MetadataDirective: "REPLACE",
      Metadata: { a: "b" },
    }),
  );
  for (const UploadId of [
    before.UploadId,
    (await ask("CreateMultipartUpload", { Key: "keep/a" })).UploadId,
  ]) {
    const { ETag } = await ask("UploadPart", {
      Key: "keep/a",
      UploadId,
      PartNumber: 1,
      Body: "part",
    });
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await refused(ask("CompleteMultipartUpload", { Key: "keep/a", UploadId, MultipartUpload }));
    await ask("AbortMultipartUpload", { Key: "keep/a", UploadId });
  }
  const { Deleted, Errors } = await ask("DeleteObjects", {
    Delete: { Objects: ["keep/a", "free/a", "keep/absent"].map((Key) => ({ Key })) },
  });
  assert.deepEqual(
    Deleted.map((d) => d.Key),
    ["free/a", "keep/absent"],
  );
  assert.deepEqual(
    Errors.map((e) => [e.Key, e.Code]),
    [["keep/a", "ObjectLockedByBucketPolicy"]],
  );
  const upload = new Upload({
    client: locked.client,
    params: { Bucket, Key: "keep/b", Body: patterned(6 << 20) },
  });
  await refused(upload.done());
  const url = await getSignedUrl(
    locked.client,
    new aws.DeleteObjectCommand({ Bucket, Key: "keep/b" }),
    { expiresIn: 60 },
  );
  assert.equal((await fetch(url, { method: "DELETE" })).status, 409);

  // What is not locked: reading, new keys, copying from.
  assert.equal(await text(await ask("GetObject", { Key: "keep/a" })), "keep/a");
  await ask("PutObject", { Key: "keep/new", Body: "new" });
  await ask("CopyObject", { Key: "free/copy", CopySource: `${Bucket}/keep/a` });
  assert.deepEqual(
    (await ask("ListObjectsV2", { Prefix: "keep/" })).Contents.map((o) => o.Key),
    ["keep/a", "keep/b", "keep/new"],
  );
  await refused(ask("DeleteObject", { Key: "keep/new" }));
  await setLocks(locked, Bucket, []);
  await ask("PutObject", { Key: "keep/a", Body: "other" });
  assert.equal(await text(await ask("GetObject", { Key: "keep/a" })), "other");
  await ask("DeleteObject", { Key: "keep/new" });
});

test(
  "spec/r2.md 2.4: the documented status of a locked object, by settings",
  onlyOffing,
  async (t) => {
    const documented = await serve(t, {
      settings: { locked_status: 403, buckets: { media: { locks: { rules: [forever("")] } } } },
    });
    const ask = () =>
      documented.client.send(new aws.PutObjectCommand({ Bucket, Key: "k", Body: "v" }));
    await ask();
    const error = await failure(ask());
    assert.deepEqual(
      [error.name, error.$metadata.httpStatusCode],
      ["ObjectLockedByBucketPolicy", 403],
    );
  },
);
