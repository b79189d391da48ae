// Lists of an R2 binding: spec/r2.md section 1.8, L1-L8. Every check lists under a prefix of its own.
import { eq, same, ok, match, rejects } from "./assert.js";

const fill = async (env, prefix, names, options) => {
  for (const name of names) await env.BUCKET.put(prefix + name, name, options);
};
const keys = (page) => page.objects.map((o) => o.key);
/** All pages of a list. */
const pages = async (env, options) => {
  const all = [];
  let cursor;
  do {
    const page = await env.BUCKET.list(cursor === undefined ? options : { ...options, cursor });
    all.push(page);
    eq(page.truncated, page.cursor !== undefined, "cursor only when truncated");
    cursor = page.cursor;
  } while (cursor !== undefined && all.length < 100);
  return all;
};
const field = (name, type) => `Incorrect type for the '${name}' field on 'ListOptions': the provided value is not of type '${type}'.`;
const MAX_KEYS = "list: MaxKeys params must be positive integer <= 1000. (10022)";

export const r2_l1_shape = {
  async test(_, env) {
    await fill(env, "l1/", ["a"]);
    const page = await env.BUCKET.list({ prefix: "l1/" });
    eq(Object.prototype.toString.call(page), "[object Object]");
    same(Object.keys(page), ["objects", "truncated", "cursor", "delimitedPrefixes"]);
    ok(Array.isArray(page.objects));
    eq(page.truncated, false);
    eq(page.cursor, undefined);
    same(page.delimitedPrefixes, []);
    eq(Object.prototype.toString.call(page.objects[0]), "[object HeadResult]");
  },
};
export const r2_l1_nothing_found = {
  async test(_, env) {
    const page = await env.BUCKET.list({ prefix: "l1-none/" });
    same(page.objects, []);
    eq(page.truncated, false);
  },
};
export const r2_l1_without_options = {
  async test(_, env) {
    await env.BUCKET.put("l1-any", "v");
    for (const options of [undefined, null, {}]) {
      const page = await env.BUCKET.list(options);
      ok(page.objects.length >= 1);
    }
    ok(keys(await env.BUCKET.list()).length >= 1);
  },
};
export const r2_l8_fields_of_an_item = {
  async test(_, env) {
    const put = await env.BUCKET.put("l8/a", "hello", { storageClass: "InfrequentAccess" });
    const [o] = (await env.BUCKET.list({ prefix: "l8/" })).objects;
    eq(o.key, "l8/a");
    eq(o.size, 5);
    eq(o.etag, put.etag);
    eq(o.httpEtag, `"${put.etag}"`);
    eq(o.version, put.version);
    eq(+o.uploaded, +put.uploaded);
    eq(o.storageClass, "InfrequentAccess");
    same(o.checksums.toJSON(), { md5: put.etag });
    eq("body" in o, false);
  },
};
export const r2_l8_items_have_no_range = {
  async test(_, env) {
    await fill(env, "l8-range/", ["a"]);
    eq((await env.BUCKET.list({ prefix: "l8-range/" })).objects[0].range, undefined);
  },
};
export const r2_l6_order_is_of_utf8_bytes = {
  async test(_, env) {
    const names = ["a", "B", "a/", "a0", "é", "z", "\u{1F511}", "\uFF5E", "10", "9"];
    await fill(env, "l6/", names);
    same(keys(await env.BUCKET.list({ prefix: "l6/" })),
      ["10", "9", "B", "a", "a/", "a0", "z", "é", "\uFF5E", "\u{1F511}"].map((n) => `l6/${n}`));
  },
};
export const r2_l6_prefix_is_a_plain_one = {
  async test(_, env) {
    await fill(env, "l6-prefix", ["", "/a", "s", "%", "_"]);
    eq((await env.BUCKET.list({ prefix: "l6-prefix" })).objects.length, 5);
    same(keys(await env.BUCKET.list({ prefix: "l6-prefix/" })), ["l6-prefix/a"]);
    same(keys(await env.BUCKET.list({ prefix: "l6-prefix%" })), ["l6-prefix%"]);
    same(keys(await env.BUCKET.list({ prefix: "l6-prefix_" })), ["l6-prefix_"]);
    same(keys(await env.BUCKET.list({ prefix: "L6-prefix" })), []);
  },
};
export const r2_l6_pages = {
  async test(_, env) {
    const names = ["a", "b", "c", "d", "e"];
    await fill(env, "l6-pages/", names);
    const all = await pages(env, { prefix: "l6-pages/", limit: 2 });
    same(all.map(keys), [["a", "b"], ["c", "d"], ["e"]].map((p) => p.map((n) => `l6-pages/${n}`)));
    ok(typeof all[0].cursor === "string" && all[0].cursor.length > 0);
  },
};
export const r2_l6_a_full_last_page_is_not_truncated = {
  async test(_, env) {
    await fill(env, "l6-full/", ["a", "b"]);
    eq((await env.BUCKET.list({ prefix: "l6-full/", limit: 2 })).truncated, false);
  },
};
export const r2_l6_start_after_is_exclusive = {
  async test(_, env) {
    await fill(env, "l6-after/", ["a", "b", "c"]);
    same(keys(await env.BUCKET.list({ prefix: "l6-after/", startAfter: "l6-after/a" })), ["l6-after/b", "l6-after/c"]);
    same(keys(await env.BUCKET.list({ prefix: "l6-after/", startAfter: "l6-after/aa" })), ["l6-after/b", "l6-after/c"]);
    same(keys(await env.BUCKET.list({ prefix: "l6-after/", startAfter: "a" })).length, 3);
    same(keys(await env.BUCKET.list({ prefix: "l6-after/", startAfter: "z" })), []);
    same(keys(await env.BUCKET.list({ prefix: "l6-after/", startAfter: "" })).length, 3);
  },
};
export const r2_l6_the_later_of_cursor_and_start_after_wins = {
  async test(_, env) {
    await fill(env, "l6-both/", ["a", "b", "c", "d"]);
    const { cursor } = await env.BUCKET.list({ prefix: "l6-both/", limit: 2 });
    same(keys(await env.BUCKET.list({ prefix: "l6-both/", cursor, startAfter: "l6-both/a" })), ["l6-both/c", "l6-both/d"]);
    same(keys(await env.BUCKET.list({ prefix: "l6-both/", cursor, startAfter: "l6-both/c" })), ["l6-both/d"]);
  },
};
export const r2_l6_inserted_between_pages = {
  async test(_, env) {
    await fill(env, "l6-insert/", ["b", "d", "f"]);
    const { cursor } = await env.BUCKET.list({ prefix: "l6-insert/", limit: 2 });
    await fill(env, "l6-insert/", ["a", "e"]);
    await env.BUCKET.delete("l6-insert/f");
    same(keys(await env.BUCKET.list({ prefix: "l6-insert/", cursor })), ["l6-insert/e"]);
  },
};
export const r2_l6_cursor_of_a_deleted_key = {
  async test(_, env) {
    await fill(env, "l6-deleted/", ["a", "b", "c"]);
    const { cursor } = await env.BUCKET.list({ prefix: "l6-deleted/", limit: 2 });
    await env.BUCKET.delete("l6-deleted/b");
    same(keys(await env.BUCKET.list({ prefix: "l6-deleted/", cursor })), ["l6-deleted/c"]);
  },
};
export const r2_l7_delimiter = {
  async test(_, env) {
    await fill(env, "l7/", ["a", "b/1", "b/2", "c/1/x", "d"]);
    const page = await env.BUCKET.list({ prefix: "l7/", delimiter: "/" });
    same(keys(page), ["l7/a", "l7/d"]);
    same(page.delimitedPrefixes, ["l7/b/", "l7/c/"]);
  },
};
export const r2_l7_delimiter_below_a_prefix = {
  async test(_, env) {
    await fill(env, "l7-below/", ["b/1", "b/2/x"]);
    const page = await env.BUCKET.list({ prefix: "l7-below/b/", delimiter: "/" });
    same(keys(page), ["l7-below/b/1"]);
    same(page.delimitedPrefixes, ["l7-below/b/2/"]);
  },
};
export const r2_l7_delimiter_of_several_characters = {
  async test(_, env) {
    await fill(env, "l7-long/", ["a--b", "a--c", "a-d", "--e"]);
    const page = await env.BUCKET.list({ prefix: "l7-long/", delimiter: "--" });
    same(keys(page), ["l7-long/a-d"]);
    same(page.delimitedPrefixes, ["l7-long/--", "l7-long/a--"]);
  },
};
export const r2_l7_empty_delimiter_is_none = {
  async test(_, env) {
    await fill(env, "l7-empty/", ["a/b", "c"]);
    const page = await env.BUCKET.list({ prefix: "l7-empty/", delimiter: "" });
    eq(page.objects.length, 2);
    same(page.delimitedPrefixes, []);
  },
};
export const r2_l7_key_that_is_the_prefix = {
  async test(_, env) {
    await fill(env, "l7-self/", ["", "a/b"]);
    const page = await env.BUCKET.list({ prefix: "l7-self/", delimiter: "/" });
    same(keys(page), ["l7-self/"]);
    same(page.delimitedPrefixes, ["l7-self/a/"]);
  },
};
export const r2_l2_limit_counts_prefixes = {
  async test(_, env) {
    await fill(env, "l2/", ["a", "b/1", "b/2", "c", "d/1"]);
    const all = await pages(env, { prefix: "l2/", delimiter: "/", limit: 2 });
    same(all.map((p) => [keys(p), p.delimitedPrefixes]), [[["l2/a"], ["l2/b/"]], [["l2/c"], ["l2/d/"]]]);
  },
};
export const r2_l7_a_group_counts_once_over_pages = {
  async test(_, env) {
    await fill(env, "l7-once/", ["a/1", "a/2", "a/3", "b"]);
    const all = await pages(env, { prefix: "l7-once/", delimiter: "/", limit: 1 });
    same(all.flatMap((p) => [...p.delimitedPrefixes, ...keys(p)]), ["l7-once/a/", "l7-once/b"]);
  },
};
export const r2_l3_limit_zero = {
  async test(_, env) { await rejects(() => env.BUCKET.list({ limit: 0 }), "Error", MAX_KEYS); },
};
export const r2_l3_limit_1001 = {
  async test(_, env) { await rejects(() => env.BUCKET.list({ limit: 1001 }), "Error", MAX_KEYS); },
};
export const r2_l3_limit_below_zero = {
  async test(_, env) {
    await rejects(() => env.BUCKET.list({ limit: -2 }), "Error", MAX_KEYS);
    eq((await env.BUCKET.list({ limit: -1, prefix: "l3-none/" })).truncated, false);
  },
};
export const r2_l3_limit_1000 = {
  async test(_, env) { eq((await env.BUCKET.list({ limit: 1000, prefix: "l3-none/" })).truncated, false); },
};
export const r2_l3_limit_is_coerced = {
  async test(_, env) {
    await fill(env, "l3/", ["a", "b", "c"]);
    eq((await env.BUCKET.list({ prefix: "l3/", limit: "2" })).objects.length, 2);
    eq((await env.BUCKET.list({ prefix: "l3/", limit: 1.9 })).objects.length, 1);
    await rejects(() => env.BUCKET.list({ prefix: "l3/", limit: NaN }), "Error", MAX_KEYS);
    await rejects(() => env.BUCKET.list({ prefix: "l3/", limit: null }), "Error", MAX_KEYS);
    eq((await env.BUCKET.list({ prefix: "l3/", limit: undefined })).objects.length, 3);
  },
};
export const r2_l3_limit_beyond_32_bits = {
  async test(_, env) {
    await rejects(() => env.BUCKET.list({ limit: 2 ** 31 }), "TypeError",
      "Value out of range. Must be between -2147483648 and 2147483647 (inclusive).");
  },
};
export const r2_l4_not_included_is_undefined = {
  async test(_, env) {
    await env.BUCKET.put("l4/a", "v", { httpMetadata: { contentType: "a/b" }, customMetadata: { k: "v" } });
    for (const options of [{ prefix: "l4/" }, { prefix: "l4/", include: [] }]) {
      const [o] = (await env.BUCKET.list(options)).objects;
      eq(o.httpMetadata, undefined);
      eq(o.customMetadata, undefined);
    }
  },
};
export const r2_l4_include_http = {
  async test(_, env) {
    await env.BUCKET.put("l4-http/a", "v", { httpMetadata: { contentType: "a/b", cacheExpiry: new Date(5000) }, customMetadata: { k: "v" } });
    const [o] = (await env.BUCKET.list({ prefix: "l4-http/", include: ["httpMetadata"] })).objects;
    same(o.httpMetadata, { contentType: "a/b", cacheExpiry: new Date(5000) });
    eq(o.customMetadata, undefined);
  },
};
export const r2_l4_include_custom = {
  async test(_, env) {
    await env.BUCKET.put("l4-custom/a", "v", { httpMetadata: { contentType: "a/b" }, customMetadata: { k: "v", Ü: "é" } });
    const [o] = (await env.BUCKET.list({ prefix: "l4-custom/", include: ["customMetadata"] })).objects;
    same(o.customMetadata, { k: "v", Ü: "é" });
    eq(o.httpMetadata, undefined);
  },
};
export const r2_l4_include_both = {
  async test(_, env) {
    await env.BUCKET.put("l4-both/a", "v", { httpMetadata: { contentType: "a/b" }, customMetadata: { k: "v" } });
    const [o] = (await env.BUCKET.list({ prefix: "l4-both/", include: ["customMetadata", "httpMetadata", "customMetadata"] })).objects;
    same(o.customMetadata, { k: "v" });
    same(o.httpMetadata, { contentType: "a/b" });
  },
};
export const r2_l4_included_but_there_is_none = {
  async test(_, env) {
    await fill(env, "l4-none/", ["a"]);
    const [o] = (await env.BUCKET.list({ prefix: "l4-none/", include: ["customMetadata", "httpMetadata"] })).objects;
    same(o.customMetadata, {});
    same(o.httpMetadata, {});
  },
};
export const r2_l4_unsupported_include = {
  async test(_, env) {
    await rejects(() => env.BUCKET.list({ include: ["body"] }), "RangeError", "Unsupported include value body");
    await rejects(() => env.BUCKET.list({ include: ["httpMetadata", ""] }), "RangeError", "Unsupported include value ");
  },
};
export const r2_l4_include_of_other_types = {
  async test(_, env) {
    await rejects(() => env.BUCKET.list({ include: "httpMetadata" }), "TypeError", field("include", "Array"));
    await rejects(() => env.BUCKET.list({ include: [5] }), "TypeError",
      "Incorrect type for array element 0: the provided value is not of type 'string'.");
  },
};
export const r2_list_strings_are_not_coerced = {
  async test(_, env) {
    for (const name of ["prefix", "cursor", "delimiter", "startAfter"]) {
      for (const value of [5, null]) await rejects(() => env.BUCKET.list({ [name]: value }), "TypeError", field(name, "string"));
    }
  },
};
export const r2_list_options_of_other_types = {
  async test(_, env) {
    for (const options of [5, "prefix", true]) {
      await rejects(() => env.BUCKET.list(options), "TypeError",
        "Failed to execute 'list' on 'R2Bucket': parameter 1 is not of type 'ListOptions'.");
    }
  },
};
export const r2_list_cursor_that_no_page_gave = {
  async test(_, env) {
    const e = await rejects(() => env.BUCKET.list({ cursor: "no cursor of ours" }), "Error");
    match(e.message, /^list: .* \(\d+\)$/);
  },
};
export const r2_l5_pages_with_include_may_be_short = {
  async test(_, env) {
    const value = "m".repeat(8000);
    for (let i = 0; i < 40; i++) {
      await env.BUCKET.put(`l5/${String(i).padStart(2, "0")}`, "v", { customMetadata: { value } });
    }
    const all = await pages(env, { prefix: "l5/", include: ["customMetadata"] });
    ok(all.length > 1, "40 times 8,000 bytes do not fit in one page");
    const objects = all.flatMap((p) => p.objects);
    eq(objects.length, 40);
    ok(objects.every((o) => o.customMetadata.value === value));
    eq((await env.BUCKET.list({ prefix: "l5/" })).objects.length, 40, "without include they do");
  },
};
export const r2_c4_list_after_write = {
  async test(_, env) {
    await fill(env, "c4/", ["a"]);
    same(keys(await env.BUCKET.list({ prefix: "c4/" })), ["c4/a"]);
    await env.BUCKET.delete("c4/a");
    same(keys(await env.BUCKET.list({ prefix: "c4/" })), []);
  },
};
export const r2_l8_incomplete_uploads_are_not_listed = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("l8-upload/a");
    await upload.uploadPart(1, "part");
    same(keys(await env.BUCKET.list({ prefix: "l8-upload/" })), []);
    await upload.abort();
  },
};
