// Multipart uploads by AWS's JavaScript SDK: its lib-storage as it comes, and the operations by hand
// (spec/r2.md 1.10, 5.2, 5.3).
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { test } from "node:test";
import * as aws from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { failure, onlyOffing, patterned, serve } from "./s3.mjs";

const Bucket = "media";
const md5 = (bytes) => createHash("md5").update(bytes).digest("hex");

async function begin(t) {
  const { client } = await serve(t);
  const send = (Command, input) => client.send(new aws[`${Command}Command`]({ Bucket, ...input }));
  if (onlyOffing.skip) await send("CreateBucket", {}).catch(() => {});
  return { client, send, put: (Key, Body) => send("PutObject", { Key, Body }) };
}

test("spec/r2.md M2, 1.7: 20 MiB in parts by lib-storage", async (t) => {
  const { client, send } = await begin(t);
  const Body = patterned(20 * 1024 * 1024 + 17);
  const parts = [];
  const upload = new Upload({
    client,
    params: { Bucket, Key: "big", Body, ContentType: "video/mp4" },
  });
  upload.on("httpUploadProgress", ({ part }) => parts.push(part));
  const done = await upload.done();
  assert.equal(parts.length, 5);
  const sums = Buffer.concat(
    Array.from({ length: 5 }, (_, i) =>
      createHash("md5")
        .update(Body.subarray(i * 5 * 1024 * 1024, (i + 1) * 5 * 1024 * 1024))
        .digest(),
    ),
  );
  assert.equal(done.ETag, `"${md5(sums)}-5"`);
  const got = await send("GetObject", { Key: "big" });
  assert.equal(got.ContentType, "video/mp4");
  assert.ok(Buffer.from(await got.Body.transformToByteArray()).equals(Body));
  const slice = await send("GetObject", { Key: "big", Range: "bytes=5242870-5242889" });
  assert.ok(
    Buffer.from(await slice.Body.transformToByteArray()).equals(Body.subarray(5242870, 5242890)),
  );
});

test("spec/r2.md M2: a stream of unknown length in parts by lib-storage", async (t) => {
  const { client, send } = await begin(t);
  const bytes = patterned(11 * 1024 * 1024, 3);
  const Body = Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += 70_001) yield bytes.subarray(at, at + 70_001);
    })(),
  );
  await new Upload({ client, queueSize: 2, params: { Bucket, Key: "stream", Body } }).done();
  const got = await send("GetObject", { Key: "stream" });
  assert.ok(Buffer.from(await got.Body.transformToByteArray()).equals(bytes));
});

test("spec/r2.md M1-M8: parts by hand, listed, copied, aborted", async (t) => {
  const { send, put } = await begin(t);
  const MiB5 = patterned(5 * 1024 * 1024, 9);
  const Key = "parts";
  const { UploadId } = await send("CreateMultipartUpload", { Key });
  const part = async (PartNumber, Body) => {
    const { ETag } = await send("UploadPart", { Key, UploadId, PartNumber, Body });
    return { PartNumber, ETag };
  };
  const one = await part(1, MiB5);
  assert.equal(one.ETag, `"${md5(MiB5)}"`);
  await put("parts/source", Buffer.concat([MiB5, Buffer.from("end")]));
  const copied = await send("UploadPartCopy", {
    Key,
    UploadId,
    PartNumber: 2,
    CopySource: `${Bucket}/parts/source`,
    CopySourceRange: `bytes=0-${MiB5.length - 1}`,
  });
  const three = await part(3, "tail");
  const listed = await send("ListParts", { Key, UploadId });
  assert.deepEqual(
    listed.Parts.map((p) => [p.PartNumber, p.Size]),
    [
      [1, MiB5.length],
      [2, MiB5.length],
      [3, 4],
    ],
  );
  const { Uploads } = await send("ListMultipartUploads", { Prefix: "parts" });
  assert.deepEqual(
    Uploads.map((u) => [u.Key, u.UploadId]),
    [[Key, UploadId]],
  );
  assert.equal((await failure(send("HeadObject", { Key }))).name, "NotFound");
  const Parts = [one, { PartNumber: 2, ETag: copied.CopyPartResult.ETag }, three];
  const done = await send("CompleteMultipartUpload", { Key, UploadId, MultipartUpload: { Parts } });
  assert.match(done.ETag, /^"[0-9a-f]{32}-3"$/);
  const got = Buffer.from(await (await send("GetObject", { Key })).Body.transformToByteArray());
  assert.ok(got.equals(Buffer.concat([MiB5, MiB5, Buffer.from("tail")])));

  const other = (await send("CreateMultipartUpload", { Key: "aborted" })).UploadId;
  await send("UploadPart", { Key: "aborted", UploadId: other, PartNumber: 1, Body: "x" });
  await send("AbortMultipartUpload", { Key: "aborted", UploadId: other });
  assert.equal(
    (
      await failure(
        send("UploadPart", { Key: "aborted", UploadId: other, PartNumber: 1, Body: "x" }),
      )
    ).name,
    "NoSuchUpload",
  );
  const small = (await send("CreateMultipartUpload", { Key: "small" })).UploadId;
  const tags = [];
  for (const PartNumber of [1, 2]) {
    tags.push({
      PartNumber,
      ETag: (await send("UploadPart", { Key: "small", UploadId: small, PartNumber, Body: "x" }))
        .ETag,
    });
  }
  const error = await failure(
    send("CompleteMultipartUpload", {
      Key: "small",
      UploadId: small,
      MultipartUpload: { Parts: tags },
    }),
  );
  assert.equal(error.name, "EntityTooSmall");
});
