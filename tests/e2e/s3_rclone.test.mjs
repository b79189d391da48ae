// rclone against R2's S3 door, as a user sets it up: provider Cloudflare, nothing else.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { forever, onlyOffing, patterned, scratch, serve, setLocks, tool, works } from "./s3.mjs";

function remoteOf({ s3, operator }) {
  const env = {
    RCLONE_CONFIG: "/dev/null",
    RCLONE_CONFIG_R2_TYPE: "s3",
    RCLONE_CONFIG_R2_PROVIDER: "Cloudflare",
    RCLONE_CONFIG_R2_ENDPOINT: s3,
    RCLONE_CONFIG_R2_ACCESS_KEY_ID: operator.access_key_id,
    RCLONE_CONFIG_R2_SECRET_ACCESS_KEY: operator.secret_access_key,
  };
  const once = ["--retries", "1", "--low-level-retries", "1"];
  return {
    ok: (...args) => works("rclone", [...args, ...once], { env }),
    any: (...args) => tool("rclone", [...args, ...once], { env }),
  };
}
const big = ["--s3-chunk-size", "5M", "--s3-upload-cutoff", "5M"];

function tree(t) {
  const folder = join(scratch(t), "tree");
  const files = {
    "a.txt": "a",
    empty: "",
    "with space/ü &+.txt": "text",
    "deep/er/b.bin": patterned(200_000),
  };
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
}
const lines = (text) => text.split("\n").filter(Boolean).sort();

test("rclone sync, check, lsf, delete", async (t) => {
  const { ok, any } = remoteOf(await serve(t));
  const folder = tree(t);
  if (onlyOffing.skip) await any("mkdir", "R2:media");
  writeFileSync(join(folder, "big.bin"), patterned(12 * 1024 * 1024));
  await ok("sync", folder, "R2:media/tree", ...big);
  const names = ["a.txt", "big.bin", "deep/er/b.bin", "empty", "with space/ü &+.txt"];
  assert.deepEqual(lines((await ok("lsf", "-R", "--files-only", "R2:media/tree")).stdout), names);
  await ok("check", folder, "R2:media/tree");
  assert.match(
    (await ok("sync", folder, "R2:media/tree", ...big, "-v")).all,
    /There was nothing to transfer/,
  );

  writeFileSync(join(folder, "a.txt"), "changed");
  unlinkSync(join(folder, "empty"));
  assert.notEqual((await any("check", folder, "R2:media/tree")).code, 0);
  await ok("sync", folder, "R2:media/tree", ...big);
  await ok("check", folder, "R2:media/tree");
  assert.equal((await ok("cat", "R2:media/tree/a.txt")).stdout, "changed");
  assert.equal(
    (await ok("cat", "--offset", "3", "--count", "2", "R2:media/tree/a.txt")).stdout,
    "ng",
  );

  const back = join(scratch(t), "back");
  await ok("copy", "R2:media/tree", back);
  assert.ok(readFileSync(join(back, "big.bin")).equals(readFileSync(join(folder, "big.bin"))));
  await ok("moveto", "R2:media/tree/a.txt", "R2:media/tree/moved.txt");
  assert.deepEqual(lines((await ok("lsf", "R2:media/tree", "--files-only")).stdout), [
    "big.bin",
    "moved.txt",
  ]);
  await ok("delete", "R2:media/tree");
  assert.equal((await ok("lsf", "-R", "--files-only", "R2:media")).stdout, "");
  const sum = await ok("rcat", "R2:media/piped", "--s3-chunk-size", "5M");
  assert.equal(sum.code, 0);
  assert.deepEqual(
    lines((await ok("lsd", "R2:")).stdout)
      .map((line) => line.split(" ").at(-1))
      .includes("media"),
    true,
  );
  rmSync(back, { recursive: true });
});

test(
  "spec/r2.md 2.4: rclone says that an object is locked, and leaves it",
  onlyOffing,
  async (t) => {
    const server = await serve(t);
    const { ok, any } = remoteOf(server);
    const folder = tree(t);
    await ok("sync", folder, "R2:media/kept");
    await setLocks(server, "media", [forever("kept/")]);

    writeFileSync(join(folder, "a.txt"), "changed");
    const changed = await any("sync", folder, "R2:media/kept");
    assert.notEqual(changed.code, 0);
    assert.match(
      changed.all,
      /a\.txt.*ObjectLockedByBucketPolicy: The object is locked by the bucket policy/s,
    );
    assert.equal((await ok("cat", "R2:media/kept/a.txt")).stdout, "a");

    writeFileSync(join(folder, "deep/er/b.bin"), patterned(12 * 1024 * 1024));
    const parts = await any(
      "copyto",
      join(folder, "deep/er/b.bin"),
      "R2:media/kept/deep/er/b.bin",
      ...big,
    );
    assert.notEqual(parts.code, 0);
    assert.match(parts.all, /ObjectLockedByBucketPolicy/);

    const removed = await any("delete", "R2:media/kept");
    assert.notEqual(removed.code, 0);
    assert.match(removed.all, /ObjectLockedByBucketPolicy/);
    const server_side = await any("copyto", "R2:media/kept/a.txt", "R2:media/kept/empty");
    assert.match(server_side.all, /ObjectLockedByBucketPolicy/);
    assert.equal(lines((await ok("lsf", "-R", "--files-only", "R2:media/kept")).stdout).length, 4);

    writeFileSync(join(folder, "new.txt"), "new");
    await ok("copy", join(folder, "new.txt"), "R2:media/kept");
    await setLocks(server, "media", []);
    await ok("sync", folder, "R2:media/kept", ...big);
    await ok("check", folder, "R2:media/kept");
  },
);
