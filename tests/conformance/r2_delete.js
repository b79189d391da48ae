// delete of an R2 binding: spec/r2.md section 1.9 and C2.
import { eq, same, rejects } from "./assert.js";

const COUNT = "delete: The number of keys in the request must be between 1 and 1000 inclusive. (10027)";

export const r2_delete_one = {
  async test(_, env) {
    await env.BUCKET.put("one", "v");
    eq(await env.BUCKET.delete("one"), undefined);
    eq(await env.BUCKET.head("one"), null);
    eq(await env.BUCKET.get("one"), null);
  },
};
export const r2_delete_absent_succeeds = {
  async test(_, env) {
    eq(await env.BUCKET.delete("absent"), undefined);
    eq(await env.BUCKET.delete(["absent", "absent/too"]), undefined);
  },
};
export const r2_delete_several = {
  async test(_, env) {
    for (const k of ["a", "b", "c"]) await env.BUCKET.put(`several/${k}`, k);
    eq(await env.BUCKET.delete(["several/a", "several/c", "several/none"]), undefined);
    same((await env.BUCKET.list({ prefix: "several/" })).objects.map((o) => o.key), ["several/b"]);
  },
};
export const r2_delete_same_key_twice_in_a_call = {
  async test(_, env) {
    await env.BUCKET.put("twice", "v");
    eq(await env.BUCKET.delete(["twice", "twice"]), undefined);
    eq(await env.BUCKET.head("twice"), null);
  },
};
export const r2_delete_no_keys = {
  async test(_, env) { await rejects(() => env.BUCKET.delete([]), "Error", COUNT); },
};
export const r2_delete_1000_keys = {
  async test(_, env) {
    await env.BUCKET.put("many/7", "v");
    eq(await env.BUCKET.delete(Array.from({ length: 1000 }, (_, i) => `many/${i}`)), undefined);
    eq(await env.BUCKET.head("many/7"), null);
  },
};
export const r2_delete_1001_keys = {
  async test(_, env) {
    await env.BUCKET.put("more/7", "v");
    await rejects(() => env.BUCKET.delete(Array.from({ length: 1001 }, (_, i) => `more/${i}`)), "Error", COUNT);
    eq((await env.BUCKET.head("more/7")).key, "more/7");
  },
};
export const r2_delete_coerces = {
  async test(_, env) {
    await env.BUCKET.put("5", "v");
    await env.BUCKET.put("6", "v");
    await env.BUCKET.delete(5);
    await env.BUCKET.delete([6]);
    eq(await env.BUCKET.head("5"), null);
    eq(await env.BUCKET.head("6"), null);
  },
};
export const r2_delete_of_other_iterables_is_one_key = {
  async test(_, env) {
    await env.BUCKET.put("in-set", "v");
    await env.BUCKET.delete(new Set(["in-set"]));
    eq((await env.BUCKET.head("in-set")).key, "in-set");
  },
};
export const r2_delete_without_arguments = {
  async test(_, env) {
    await rejects(() => env.BUCKET.delete(), "TypeError",
      "Failed to execute 'delete' on 'R2Bucket': parameter 1 is not of type 'string or Array'.");
  },
};
export const r2_c2_deleted_until_created_again = {
  async test(_, env) {
    await env.BUCKET.put("again", "first");
    await env.BUCKET.delete("again");
    eq((await env.BUCKET.list({ prefix: "again" })).objects.length, 0);
    await env.BUCKET.put("again", "second");
    eq(await (await env.BUCKET.get("again")).text(), "second");
  },
};
export const r2_delete_while_a_body_is_read = {
  async test(_, env) {
    await env.BUCKET.put("reading", "still here");
    const o = await env.BUCKET.get("reading");
    await env.BUCKET.delete("reading");
    eq(await o.text(), "still here");
  },
};
export const r2_delete_key_that_is_not_valid = {
  async test(_, env) {
    await rejects(env.BUCKET.delete("k".repeat(1025)), "Error", "delete: The specified object name is not valid. (10020)");
  },
};
