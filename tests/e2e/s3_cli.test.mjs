// s3cmd and curl against R2's S3 door; the AWS CLI where it is installed.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { forever, onlyOffing, patterned, scratch, serve, setLocks, tool, works } from "./s3.mjs";

function s3cmdOf(t, { s3, operator }) {
  const config = join(scratch(t), "s3cfg");
  const { host } = new URL(s3);
  writeFileSync(
    config,
    `[default]
access_key = ${operator.access_key_id}
secret_key = ${operator.secret_access_key}
host_base = ${host}
host_bucket = ${host}
use_https = False
bucket_location = auto
max_retries = 1
`,
  );
  const args = ["-c", config, "--no-progress"];
  return {
    ok: (...more) => works("s3cmd", [...args, ...more]),
    any: (...more) => tool("s3cmd", [...args, ...more]),
  };
}

test("s3cmd: put, ls, get, sync, multipart, del", async (t) => {
  const { ok, any } = s3cmdOf(t, await serve(t));
  if (onlyOffing.skip) await any("mb", "s3://media");
  const folder = scratch(t);
  const file = (name) => join(folder, name);
  mkdirSync(file("tree/sub"), { recursive: true });
  writeFileSync(file("tree/a b+ü.txt"), "hello");
  writeFileSync(file("tree/sub/c.bin"), patterned(100_000));
  writeFileSync(file("big.bin"), patterned(12 * 1024 * 1024 + 5));

  await ok("put", file("tree/a b+ü.txt"), "s3://media/a b+ü.txt");
  assert.match((await ok("ls", "s3://media/")).stdout, / 5 +s3:\/\/media\/a b\+ü\.txt/);
  assert.match((await ok("ls")).stdout, /s3:\/\/media/);
  await ok("get", "s3://media/a b+ü.txt", file("back.txt"));
  assert.equal(readFileSync(file("back.txt"), "utf8"), "hello");
  assert.match((await ok("info", "s3://media/a b+ü.txt")).stdout, /File size: +5\b/);
  assert.match((await ok("du", "s3://media/")).stdout, /^ *5 +1 objects/);

  await ok("put", "--multipart-chunk-size-mb=5", file("big.bin"), "s3://media/big.bin");
  await ok("get", "s3://media/big.bin", file("big.back"));
  assert.ok(readFileSync(file("big.back")).equals(readFileSync(file("big.bin"))));

  await ok("sync", `${file("tree")}/`, "s3://media/tree/");
  assert.equal(
    (await ok("sync", `${file("tree")}/`, "s3://media/tree/")).stdout.includes("upload:"),
    false,
  );
  await ok("cp", "s3://media/tree/sub/c.bin", "s3://media/copy.bin");
  await ok("mv", "s3://media/copy.bin", "s3://media/moved.bin");
  await ok("sync", "s3://media/tree/", `${file("restored")}/`);
  assert.ok(readFileSync(file("restored/sub/c.bin")).equals(patterned(100_000)));
  await ok("del", "s3://media/moved.bin");
  await ok("del", "--recursive", "--force", "s3://media/");
  assert.equal((await ok("ls", "--recursive", "s3://media/")).stdout, "");
  assert.match(
    (await any("get", "s3://media/absent", file("absent"))).all,
    /404|NoSuchKey|does not exist/,
  );
});

test(
  "spec/r2.md 2.4: s3cmd says that an object is locked, and leaves it",
  onlyOffing,
  async (t) => {
    const server = await serve(t);
    const { ok, any } = s3cmdOf(t, server);
    const folder = scratch(t);
    writeFileSync(join(folder, "one"), "one");
    writeFileSync(join(folder, "big"), patterned(11 * 1024 * 1024));
    await ok("put", join(folder, "one"), "s3://media/kept/one");
    await setLocks(server, "media", [forever("kept/")]);
    writeFileSync(join(folder, "one"), "two");
    for (const args of [
      ["put", join(folder, "one"), "s3://media/kept/one"],
      ["put", "--multipart-chunk-size-mb=5", join(folder, "big"), "s3://media/kept/one"],
      ["cp", "s3://media/kept/one", "s3://media/kept/one"],
      ["del", "s3://media/kept/one"],
    ]) {
      const { code, all } = await any(...args);
      assert.notEqual(code, 0, `${args.join(" ")}: ${all}`);
      assert.match(all, /locked by the bucket policy|ObjectLockedByBucketPolicy/, args.join(" "));
    }
    // It does not look at each key's <Error> of a DeleteObjects: it says "delete", the object stays.
    await any("del", "--recursive", "--force", "s3://media/kept/");
    await ok("get", "s3://media/kept/one", join(folder, "back"));
    assert.equal(readFileSync(join(folder, "back"), "utf8"), "one");
    await setLocks(server, "media", []);
    await ok("put", join(folder, "one"), "s3://media/kept/one");
    await ok("del", "s3://media/kept/one");
  },
);

test("curl --aws-sigv4: put, get, a locked object; with Expect: 100-continue", async (t) => {
  const server = await serve(t);
  const { access_key_id, secret_access_key } = server.operator;
  const curl = (...args) =>
    works("curl", [
      "-sS",
      "--max-time",
      "30",
      "--aws-sigv4",
      "aws:amz:auto:s3",
      "--user",
      `${access_key_id}:${secret_access_key}`,
      "-w",
      "\n%{http_code}",
      ...args,
    ]);
  const status = ({ stdout }) => stdout.slice(stdout.lastIndexOf("\n") + 1);
  const url = `${server.s3}/media/curl.bin`;
  if (onlyOffing.skip) await curl("-X", "PUT", `${server.s3}/media`);
  const folder = scratch(t);
  const file = join(folder, "file");
  const bytes = patterned(3 * 1024 * 1024);
  writeFileSync(file, bytes);
  // curl announces a body of this size with "Expect: 100-continue" and waits a second for an answer.
  const unsigned = ["-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD"];
  assert.equal(status(await curl(...unsigned, "-T", file, url)), "200");
  await curl("-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD", "-o", join(folder, "back"), url);
  assert.ok(readFileSync(join(folder, "back")).equals(bytes));
  assert.equal(status(await curl(...unsigned, "-I", url)), "200");
  assert.match(
    (await curl(...unsigned, `${server.s3}/media?list-type=2`)).stdout,
    /<Key>curl\.bin<\/Key><.*<\/ListBucketResult>/s,
  );
  if (!onlyOffing.skip) {
    await setLocks(server, "media", [forever("")]);
    for (const args of [
      ["-X", "DELETE"],
      ["-T", file],
    ]) {
      const refused = await curl(...unsigned, ...args, url);
      assert.equal(status(refused), "409");
      assert.match(refused.stdout, /<Code>ObjectLockedByBucketPolicy<\/Code>/);
    }
    await setLocks(server, "media", []);
  }
  assert.equal(status(await curl(...unsigned, "-X", "DELETE", url)), "204");
  assert.equal(status(await curl(...unsigned, url)), "404");
});

test("aws s3: cp, ls, sync, rm, a locked object", async (t) => {
  const version = await tool("aws", ["--version"]).catch(() => ({ code: 1 }));
  if (version.code !== 0) return t.skip("the AWS CLI is not installed");
  t.diagnostic(version.all.trim());
  const server = await serve(t);
  const env = {
    AWS_ACCESS_KEY_ID: server.operator.access_key_id,
    AWS_SECRET_ACCESS_KEY: server.operator.secret_access_key,
    AWS_DEFAULT_REGION: "auto",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_MAX_ATTEMPTS: "1",
    AWS_PAGER: "",
  };
  const any = (...args) => tool("aws", ["--endpoint-url", server.s3, "s3", ...args], { env });
  const ok = (...args) => works("aws", ["--endpoint-url", server.s3, "s3", ...args], { env });
  if (onlyOffing.skip) await any("mb", "s3://media");
  const folder = scratch(t);
  const file = join(folder, "big.bin");
  const small = join(folder, "ü.txt");
  writeFileSync(file, patterned(20 * 1024 * 1024));
  writeFileSync(small, "small");
  await ok("sync", folder, "s3://media/x/");
  const listed = (await ok("ls", "--recursive", "s3://media/")).stdout;
  assert.match(listed, / 20971520 x\/big\.bin\n/);
  assert.match(listed, / 5 x\/ü\.txt\n/);
  await ok("cp", "s3://media/x/big.bin", join(folder, "back"));
  assert.ok(readFileSync(join(folder, "back")).equals(readFileSync(file)));
  // In parts it would send x-amz-copy-source-if-match with each, which R2 does not have (5.2).
  await ok("cp", "s3://media/x/ü.txt", "s3://media/y/small");
  if (!onlyOffing.skip) {
    await setLocks(server, "media", [forever("x/")]);
    const object = "s3://media/x/big.bin";
    for (const args of [
      ["cp", small, object],
      ["cp", file, object],
      ["cp", "s3://media/y/small", object],
      ["rm", object],
    ]) {
      const refused = await any(...args);
      assert.notEqual(refused.code, 0);
      assert.match(
        refused.all,
        /ObjectLockedByBucketPolicy.*The object is locked by the bucket policy/s,
        args.join(" "),
      );
    }
    await setLocks(server, "media", []);
  }
  await ok("rm", "--recursive", "s3://media/");
  assert.equal((await any("ls", "--recursive", "s3://media/")).stdout, "");
});
