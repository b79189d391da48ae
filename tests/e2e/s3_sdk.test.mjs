// R2's S3 door with AWS's own JavaScript SDK as it is installed today: its defaults (CRC32 checksums,
// trailers on streams) are not changed here, retries are switched off (spec/r2.md 5).
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import * as aws from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { clientOf, failure, key, onlyOffing, patterned, serve } from "./s3.mjs";

const Bucket = "media";
const md5 = (bytes) => createHash("md5").update(bytes).digest("hex");
const text = (object) => object.Body.transformToString();

// One daemon for the tests that do not need their own.
let server, client;
const cleanups = [];
before(async () => {
  server = await serve({ after: (f) => cleanups.push(f) }, { buckets: [Bucket, "other"] });
  client = server.client;
  if (onlyOffing.skip) {
    for (const name of [Bucket, "other"])
      await client.send(new aws.CreateBucketCommand({ Bucket: name })).catch(() => {});
  }
});
after(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});
const send = (Command, input) => client.send(new aws[`${Command}Command`]({ Bucket, ...input }));
const put = (Key, Body = Key, more = {}) => send("PutObject", { Key, Body, ...more });

test("spec/r2.md 5.2: an object and its metadata come back as they were put", async () => {
  const written = await put("notes/übersicht ✓+.txt", "hello, wörld", {
    ContentType: "text/plain; charset=utf-8",
    ContentLanguage: "de",
    CacheControl: "max-age=60",
    ContentDisposition: "attachment",
    Metadata: { author: "ann", "two-words": "a b" },
  });
  assert.equal(written.ETag, `"${md5("hello, wörld")}"`);
  assert.match(written.ChecksumCRC32, /^[A-Za-z0-9+/]{6}==$/, "what the SDK has computed and sent");
  const Key = "notes/übersicht ✓+.txt";
  const got = await send("GetObject", { Key });
  assert.equal(await text(got), "hello, wörld");
  assert.equal(got.ETag, written.ETag);
  assert.equal(got.ContentLength, 13);
  assert.deepEqual(
    [got.ContentType, got.ContentLanguage, got.CacheControl, got.ContentDisposition],
    ["text/plain; charset=utf-8", "de", "max-age=60", "attachment"],
  );
  assert.deepEqual(got.Metadata, { author: "ann", "two-words": "a b" });
  const head = await send("HeadObject", { Key });
  assert.equal(head.ContentLength, 13);
  assert.equal(head.LastModified.getTime(), got.LastModified.getTime());
  assert.ok(Math.abs(head.LastModified - Date.now()) < 60_000);
});

test("spec/r2.md 5.1: bodies of every kind, with the SDK's checksums", async () => {
  const bytes = patterned(300_000);
  const bodies = {
    empty: ["", {}],
    string: ["x".repeat(70_000), {}],
    buffer: [bytes, {}],
    stream: [
      Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]),
      { ContentLength: bytes.length },
    ],
  };
  for (const [name, [Body, more]] of Object.entries(bodies)) {
    await put(`bodies/${name}`, Body, more);
    const expected = name === "stream" ? bytes : Buffer.from(Body);
    const got = Buffer.from(
      await (await send("GetObject", { Key: `bodies/${name}` })).Body.transformToByteArray(),
    );
    assert.ok(got.equals(expected), `${name}: ${got.length} bytes for ${expected.length}`);
  }
});

test("spec/r2.md 5.2: each checksum algorithm is verified, and told again", async () => {
  for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
    const Key = `checksums/${ChecksumAlgorithm}`;
    const sent = await put(Key, "checked", { ChecksumAlgorithm });
    const head = await send("HeadObject", { Key, ChecksumMode: "ENABLED" });
    assert.ok(
      sent[`Checksum${ChecksumAlgorithm}`],
      `${ChecksumAlgorithm}: ${JSON.stringify(sent)}`,
    );
    assert.equal(head[`Checksum${ChecksumAlgorithm}`], sent[`Checksum${ChecksumAlgorithm}`]);
    assert.equal(await text(await send("GetObject", { Key })), "checked");
  }
  const wrong = await failure(put("checksums/wrong", "checked", { ChecksumCRC32: "AAAAAA==" }));
  assert.equal(wrong.name, "BadDigest");
  assert.equal((await failure(send("HeadObject", { Key: "checksums/wrong" }))).name, "NotFound");
});

test(
  "spec/r2.md 5.1: streams with a trailer are refused when settings say so",
  onlyOffing,
  async (t) => {
    const strict = await serve(t, { settings: { strict_unsigned_trailers: true } });
    const input = { Bucket, Key: "k", Body: Readable.from([Buffer.from("abc")]), ContentLength: 3 };
    const error = await failure(strict.client.send(new aws.PutObjectCommand(input)));
    assert.ok([401, 501].includes(error.$metadata?.httpStatusCode), String(error));
  },
);

test("spec/r2.md 5.3: ranges", async () => {
  await put("range", "0123456789");
  const part = async (Range) => {
    const got = await send("GetObject", { Key: "range", Range });
    return [await text(got), got.ContentRange, got.$metadata.httpStatusCode];
  };
  assert.deepEqual(await part("bytes=2-4"), ["234", "bytes 2-4/10", 206]);
  assert.deepEqual(await part("bytes=7-"), ["789", "bytes 7-9/10", 206]);
  assert.deepEqual(await part("bytes=-2"), ["89", "bytes 8-9/10", 206]);
  assert.deepEqual(await part("bytes=8-99"), ["89", "bytes 8-9/10", 206]);
  const past = await failure(part("bytes=10-"));
  assert.deepEqual([past.name, past.$metadata.httpStatusCode], ["InvalidRange", 416]);
});

test("spec/r2.md 5.3, K5, K6: conditional reads and writes", async () => {
  const { ETag } = await put("conditions", "one");
  const refused = async (promise, status, name) => {
    const error = await failure(promise);
    assert.deepEqual([error.$metadata?.httpStatusCode, error.name], [status, name]);
  };
  await refused(put("conditions", "two", { IfNoneMatch: "*" }), 412, "PreconditionFailed");
  await refused(
    put("conditions", "two", { IfMatch: '"0123456789abcdef0123456789abcdef"' }),
    412,
    "PreconditionFailed",
  );
  const same = await failure(send("GetObject", { Key: "conditions", IfNoneMatch: ETag }));
  assert.equal(same.$metadata.httpStatusCode, 304);
  await refused(
    send("GetObject", { Key: "conditions", IfMatch: '"x"' }),
    412,
    "PreconditionFailed",
  );
  await refused(
    send("GetObject", { Key: "conditions", IfUnmodifiedSince: new Date(0) }),
    412,
    "PreconditionFailed",
  );
  const second = await put("conditions", "two", { IfMatch: ETag });
  assert.equal(
    await text(await send("GetObject", { Key: "conditions", IfMatch: second.ETag })),
    "two",
  );
  await put("conditions/new", "new", { IfNoneMatch: "*" });
});

test("spec/r2.md 1.11: errors have the names that clients look for", onlyOffing, async () => {
  const of = async (promise) => {
    const error = await failure(promise);
    return [error.name, error.$metadata?.httpStatusCode];
  };
  assert.deepEqual(await of(send("GetObject", { Key: "absent" })), ["NoSuchKey", 404]);
  assert.deepEqual(await of(send("HeadObject", { Key: "absent" })), ["NotFound", 404]);
  assert.deepEqual(await of(send("GetObject", { Bucket: "absent", Key: "k" })), [
    "NoSuchBucket",
    404,
  ]);
  assert.deepEqual(await of(send("ListObjectsV2", { Bucket: "absent" })), ["NoSuchBucket", 404]);
  assert.deepEqual(await of(put("k".repeat(1025))), ["InvalidObjectName", 400]);
  assert.deepEqual(await of(put("meta", "", { Metadata: { a: "x".repeat(8193) } })), [
    "MetadataTooLarge",
    400,
  ]);
  assert.deepEqual(await of(put("class", "", { StorageClass: "GLACIER" })), [
    "InvalidStorageClass",
    400,
  ]);
  assert.equal((await of(send("PutObjectTagging", { Key: "k", Tagging: { TagSet: [] } })))[1], 501);
  const forged = clientOf(server.s3, { ...server.operator, secret_access_key: "0".repeat(64) });
  assert.deepEqual(await of(forged.send(new aws.ListBucketsCommand({}))), [
    "SignatureDoesNotMatch",
    403,
  ]);
  const unknown = clientOf(server.s3, { ...server.operator, access_key_id: "0".repeat(32) });
  assert.deepEqual(await of(unknown.send(new aws.ListBucketsCommand({}))), ["Unauthorized", 401]);
});

test("spec/r2.md 5.1: a key can do what its scope says, in its buckets", onlyOffing, async (t) => {
  const [reader, writer] = [
    key("reader", "object-read-only", ["media"]),
    key("writer", "object-read-write", ["media"]),
  ];
  const scoped = await serve(t, {
    buckets: ["media", "other"],
    settings: { tokens: [reader, writer] },
  });
  const as = (token) => {
    const own = clientOf(scoped.s3, token);
    return (Command, input) => own.send(new aws[`${Command}Command`]({ Bucket, ...input }));
  };
  await as(writer)("PutObject", { Key: "k", Body: "v" });
  assert.equal(await text(await as(reader)("GetObject", { Key: "k" })), "v");
  for (const [token, Command, input] of [
    [reader, "PutObject", { Key: "k", Body: "w" }],
    [reader, "DeleteObject", { Key: "k" }],
    [writer, "PutObject", { Bucket: "other", Key: "k", Body: "w" }],
    [reader, "GetObject", { Bucket: "other", Key: "k" }],
    [writer, "CreateBucket", { Bucket: "third" }],
    [writer, "DeleteBucket", {}],
  ]) {
    const error = await failure(as(token)(Command, input));
    assert.deepEqual([error.name, error.$metadata?.httpStatusCode], ["AccessDenied", 403], Command);
  }
});

test("spec/r2.md 5.3, L1-L7: both lists, pages, folders", async () => {
  const names = ["l/a", "l/b c", "l/b/1", "l/b/2", "l/d", "l/ü&<>"];
  for (const name of names) await put(name);
  const all = await send("ListObjectsV2", { Prefix: "l/" });
  assert.deepEqual(
    all.Contents.map((o) => o.Key),
    names,
  );
  assert.equal(all.KeyCount, 6);
  assert.deepEqual(
    [all.Contents[0].Size, all.Contents[0].ETag, all.Contents[0].StorageClass],
    [3, `"${md5("l/a")}"`, "STANDARD"],
  );
  const folders = await send("ListObjectsV2", { Prefix: "l/", Delimiter: "/" });
  assert.deepEqual(folders.CommonPrefixes, [{ Prefix: "l/b/" }]);
  assert.deepEqual(
    folders.Contents.map((o) => o.Key),
    ["l/a", "l/b c", "l/d", "l/ü&<>"],
  );
  const seen = [];
  for await (const page of aws.paginateListObjectsV2(
    { client, pageSize: 2 },
    { Bucket, Prefix: "l/" },
  )) {
    assert.ok(page.Contents.length <= 2);
    seen.push(...page.Contents.map((o) => o.Key));
  }
  assert.deepEqual(seen, names);
  const old = [];
  for (let Marker, more = true; more;) {
    const page = await send("ListObjects", { Prefix: "l/", MaxKeys: 4, Marker });
    old.push(...page.Contents.map((o) => o.Key));
    more = page.IsTruncated;
    Marker = page.NextMarker ?? page.Contents.at(-1).Key;
  }
  assert.deepEqual(old, names);
  assert.deepEqual(
    (await send("ListObjectsV2", { Prefix: "l/", StartAfter: "l/b/2" })).Contents.map((o) => o.Key),
    ["l/d", "l/ü&<>"],
  );
  const encoded = await send("ListObjectsV2", { Prefix: "l/b c", EncodingType: "url" });
  assert.equal(decodeURIComponent(encoded.Contents[0].Key.replaceAll("+", " ")), "l/b c");
});

test("spec/r2.md 5.3, 1.9: delete, and a thousand at once", async () => {
  await put("gone");
  await send("DeleteObject", { Key: "gone" });
  await send("DeleteObject", { Key: "gone" });
  assert.equal((await failure(send("HeadObject", { Key: "gone" }))).name, "NotFound");
  const keys = Array.from({ length: 40 }, (_, i) => `many/${i} &`);
  await Promise.all(keys.map((k) => put(k)));
  const Objects = [...keys, "many/absent"].map((Key) => ({ Key }));
  const { Deleted, Errors } = await send("DeleteObjects", { Delete: { Objects } });
  assert.deepEqual(Deleted.map((d) => d.Key).sort(), [...keys, "many/absent"].sort());
  assert.deepEqual(Errors ?? [], []);
  assert.equal((await send("ListObjectsV2", { Prefix: "many/" })).KeyCount, 0);
});

test("spec/r2.md 5.3: copies, also onto itself and into another bucket", async () => {
  await put("from/a b+ü", "copied", { ContentType: "text/css", Metadata: { v: "1" } });
  const CopySource = `${Bucket}/${encodeURIComponent("from/a b+ü")}`;
  const { CopyObjectResult } = await send("CopyObject", { Key: "to", CopySource });
  assert.equal(CopyObjectResult.ETag, `"${md5("copied")}"`);
  const copy = await send("GetObject", { Key: "to" });
  assert.deepEqual(
    [await text(copy), copy.ContentType, copy.Metadata],
    ["copied", "text/css", { v: "1" }],
  );
  await send("CopyObject", { Bucket: "other", Key: "far", CopySource });
  assert.equal(await text(await send("GetObject", { Bucket: "other", Key: "far" })), "copied");
  await send("CopyObject", {
    Key: "to",
    CopySource: `${Bucket}/to`,
    MetadataDirective: "REPLACE",
    Metadata: { v: "2" },
    ContentType: "text/plain",
  });
  const head = await send("HeadObject", { Key: "to" });
  assert.deepEqual([head.ContentType, head.Metadata], ["text/plain", { v: "2" }]);
  assert.equal(
    (await failure(send("CopyObject", { Key: "x", CopySource: `${Bucket}/absent` }))).name,
    "NoSuchKey",
  );
});

test("spec/r2.md 5.1: presigned URLs to read and to write", async () => {
  await put("signed", "by url");
  const url = (Command, input, options) =>
    getSignedUrl(client, new aws[`${Command}Command`]({ Bucket, ...input }), {
      expiresIn: 60,
      ...options,
    });
  const got = await fetch(await url("GetObject", { Key: "signed" }));
  assert.deepEqual([got.status, await got.text()], [200, "by url"]);
  const head = await fetch(await url("HeadObject", { Key: "signed" }), { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), "6");
  const written = await fetch(await url("PutObject", { Key: "signed/put ü" }), {
    method: "PUT",
    body: "written",
  });
  assert.equal(written.status, 200, await written.text());
  assert.equal(await text(await send("GetObject", { Key: "signed/put ü" })), "written");
  const deleted = await fetch(await url("DeleteObject", { Key: "signed/put ü" }), {
    method: "DELETE",
  });
  assert.equal(deleted.status, 204);

  const tampered = await fetch(
    (await url("GetObject", { Key: "signed" })).replace("/signed?", "/secret?"),
  );
  assert.equal(tampered.status, 403);
  assert.match(await tampered.text(), /<Code>SignatureDoesNotMatch<\/Code>/);
  const signingDate = new Date(Date.now() - 120_000);
  const late = await fetch(await url("GetObject", { Key: "signed" }, { signingDate }));
  assert.equal(late.status, 403);
  if (!onlyOffing.skip)
    assert.match(await late.text(), /<Code>ExpiredRequest<\/Code><Message>Request has expired</);
});

test("spec/r2.md 5.2, 3: buckets and their settings", onlyOffing, async () => {
  await send("CreateBucket", { Bucket: "made-here" });
  await send("HeadBucket", { Bucket: "made-here" });
  const names = (await send("ListBuckets", {})).Buckets.map((b) => b.Name);
  assert.deepEqual(names, [...names].sort());
  assert.ok(names.includes("made-here"));
  assert.match(
    (await send("GetBucketLocation", { Bucket: "made-here" })).LocationConstraint,
    /^[A-Z]{4}$/,
  );
  const CORSRules = [
    {
      AllowedOrigins: ["https://app.example"],
      AllowedMethods: ["GET", "PUT"],
      AllowedHeaders: ["x-a"],
      ExposeHeaders: ["ETag"],
      MaxAgeSeconds: 60,
    },
  ];
  await send("PutBucketCors", { Bucket: "made-here", CORSConfiguration: { CORSRules } });
  const cors = (await send("GetBucketCors", { Bucket: "made-here" })).CORSRules[0];
  assert.deepEqual(
    [cors.AllowedOrigins, cors.AllowedMethods, cors.MaxAgeSeconds],
    [["https://app.example"], ["GET", "PUT"], 60],
  );
  await send("DeleteBucketCors", { Bucket: "made-here" });
  const Rules = [
    { ID: "old", Status: "Enabled", Filter: { Prefix: "tmp/" }, Expiration: { Days: 3 } },
  ];
  await send("PutBucketLifecycleConfiguration", {
    Bucket: "made-here",
    LifecycleConfiguration: { Rules },
  });
  const rules = (await send("GetBucketLifecycleConfiguration", { Bucket: "made-here" })).Rules;
  assert.ok(
    rules.some((rule) => rule.ID === "old" && rule.Expiration.Days === 3),
    JSON.stringify(rules),
  );
  await send("PutObject", { Bucket: "made-here", Key: "k", Body: "v" });
  assert.equal(
    (await failure(send("DeleteBucket", { Bucket: "made-here" }))).name,
    "BucketNotEmpty",
  );
  await send("DeleteObject", { Bucket: "made-here", Key: "k" });
  await send("DeleteBucket", { Bucket: "made-here" });
  assert.equal((await failure(send("HeadBucket", { Bucket: "made-here" }))).name, "NotFound");
});

test(
  "spec/r2.md 1.6: a customer's key is needed to read what it encrypted",
  onlyOffing,
  async () => {
    const customer = (byte) => {
      const raw = Buffer.alloc(32, byte);
      return {
        SSECustomerAlgorithm: "AES256",
        SSECustomerKey: raw.toString("base64"),
        SSECustomerKeyMD5: createHash("md5").update(raw).digest("base64"),
      };
    };
    const written = await put("secret", "hidden", customer(7));
    assert.equal(written.SSECustomerAlgorithm, "AES256");
    assert.equal(await text(await send("GetObject", { Key: "secret", ...customer(7) })), "hidden");
    assert.ok(
      (await failure(send("GetObject", { Key: "secret" }))).$metadata.httpStatusCode >= 400,
    );
    assert.ok(
      (await failure(send("GetObject", { Key: "secret", ...customer(8) }))).$metadata
        .httpStatusCode >= 400,
    );
  },
);
