// list before compatibility date 2022-08-04: both kinds of metadata always come. spec/r2.md L4.
import { eq, same, rejects } from "./assert.js";

const fill = (env, key) =>
  env.BUCKET.put(key, "v", { httpMetadata: { contentType: "a/b" }, customMetadata: { k: "v" } });
const both = (o) => {
  same(o.httpMetadata, { contentType: "a/b" });
  same(o.customMetadata, { k: "v" });
};

export const r2_old_list_gives_both = {
  async test(_, env) {
    await fill(env, "old/a");
    both((await env.BUCKET.list({ prefix: "old/" })).objects[0]);
  },
};
export const r2_old_list_without_options_gives_both = {
  async test(_, env) {
    await fill(env, "0-first");
    both((await env.BUCKET.list()).objects[0]);
  },
};
export const r2_old_list_does_not_honor_include = {
  async test(_, env) {
    await fill(env, "old-include/a");
    for (const include of [[], ["httpMetadata"], ["customMetadata"], ["httpMetadata", "customMetadata"]]) {
      both((await env.BUCKET.list({ prefix: "old-include/", include })).objects[0]);
    }
  },
};
export const r2_old_list_of_objects_without_metadata = {
  async test(_, env) {
    await env.BUCKET.put("old-plain/a", "v");
    const [o] = (await env.BUCKET.list({ prefix: "old-plain/" })).objects;
    same(o.httpMetadata, {});
    same(o.customMetadata, {});
  },
};
export const r2_old_list_still_checks_include = {
  async test(_, env) {
    await rejects(() => env.BUCKET.list({ include: ["x"] }), "RangeError", "Unsupported include value x");
  },
};
export const r2_old_write_http_metadata_of_listed = {
  async test(_, env) {
    await fill(env, "old-write/a");
    const headers = new Headers();
    (await env.BUCKET.list({ prefix: "old-write/" })).objects[0].writeHttpMetadata(headers);
    eq(headers.get("content-type"), "a/b");
  },
};
