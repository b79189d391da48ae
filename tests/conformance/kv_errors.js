// Errors of the KV binding as a guest sees them: spec/kv.md section 1.3.
import { eq, rejects, refuses } from "./assert.js";

const LONG = "k".repeat(513);
const TOO_LONG = "414 UTF-8 encoded length of 513 exceeds key length limit of 512.";
const KINDS = "KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.";
const later = (seconds) => Math.floor(Date.now() / 1000) + seconds;

export const kv_empty_key = {
  async test(_, env) {
    for (const op of ["get", "delete", "getWithMetadata"]) {
      await refuses(() => env.KV[op](""), "TypeError", "Key name cannot be empty.");
    }
    await refuses(() => env.KV.put("", "v"), "TypeError", "Key name cannot be empty.");
  },
};
export const kv_dot_key = {
  async test(_, env) { await refuses(() => env.KV.get("."), "TypeError", '"." is not allowed as a key name.'); },
};
export const kv_dot_dot_key = {
  async test(_, env) {
    await refuses(() => env.KV.put("..", "v"), "TypeError", '".." is not allowed as a key name.');
  },
};
export const kv_long_key_get = {
  async test(_, env) { await refuses(() => env.KV.get(LONG), "Error", `KV GET failed: ${TOO_LONG}`); },
};
export const kv_long_key_put = {
  async test(_, env) { await rejects(() => env.KV.put(LONG, "v"), "Error", `KV PUT failed: ${TOO_LONG}`); },
};
export const kv_long_key_delete = {
  async test(_, env) { await rejects(() => env.KV.delete(LONG), "Error", `KV DELETE failed: ${TOO_LONG}`); },
};
export const kv_bad_type = {
  async test(_, env) {
    await env.KV.put("bad-type", "v");
    await rejects(env.KV.get("bad-type", "nope"), "TypeError",
      'Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".');
  },
};
export const kv_cache_ttl_below_30 = {
  async test(_, env) {
    await rejects(env.KV.get("ttl", { cacheTtl: 29 }), "Error",
      "KV GET failed: 400 Invalid cache_ttl of 29. Cache TTL must be at least 30.");
  },
};
export const kv_a3_cache_ttl_zero_is_sent = {
  async test(_, env) {
    await rejects(env.KV.get("ttl", { cacheTtl: 0 }), "Error",
      "KV GET failed: 400 Invalid cache_ttl of 0. Cache TTL must be at least 30.");
  },
};
export const kv_bulk_no_keys = {
  async test(_, env) {
    await rejects(env.KV.get([]), "Error", "KV GET_BULK failed: 400 You must request a minimum of 1 key");
  },
};
export const kv_bulk_too_many_keys = {
  async test(_, env) {
    await rejects(env.KV.get(Array.from({ length: 101 }, (_, i) => `k${i}`)), "Error",
      "KV GET_BULK failed: 400 You can request a maximum of 100 keys");
  },
};
export const kv_bulk_bad_type = {
  async test(_, env) {
    await rejects(env.KV.get(["a"], "stream"), "Error",
      'KV GET_BULK failed: 400 "stream" is not a valid type. Use "json" or "text"');
  },
};
export const kv_bulk_dot_key = {
  async test(_, env) {
    await rejects(env.KV.get(["."]), "Error", "KV GET_BULK failed: 400 Key name . is not legal");
  },
};
export const kv_bulk_empty_key_has_two_spaces = {
  async test(_, env) {
    await rejects(env.KV.get([""]), "Error", "KV GET_BULK failed: 400 Key name  is not legal");
  },
};
export const kv_bulk_long_key = {
  async test(_, env) {
    await rejects(env.KV.get([LONG]), "Error", "KV GET_BULK failed: 414 Encoded length of 513 is too long");
  },
};
export const kv_bulk_json_of_text = {
  async test(_, env) {
    await env.KV.put("bulk-not-json", "not json");
    await rejects(env.KV.get(["bulk-not-json"], "json"), "Error",
      "KV GET_BULK failed: 400 At least one of the requested keys corresponds to a non-json value");
  },
};
export const kv_put_of_object = {
  async test(_, env) { await refuses(() => env.KV.put("object", {}), "TypeError", KINDS); },
};
export const kv_expiration_ttl_zero = {
  async test(_, env) {
    await rejects(env.KV.put("e", "v", { expirationTtl: 0 }), "Error",
      "KV PUT failed: 400 Invalid expiration_ttl of 0. Please specify integer greater than 0.");
  },
};
export const kv_expiration_ttl_below_60 = {
  async test(_, env) {
    await rejects(env.KV.put("e", "v", { expirationTtl: 59 }), "Error",
      "KV PUT failed: 400 Invalid expiration_ttl of 59. Expiration TTL must be at least 60.");
  },
};
export const kv_expiration_in_the_past = {
  async test(_, env) {
    await rejects(env.KV.put("e", "v", { expiration: 1000 }), "Error", "KV PUT failed: 400 Invalid expiration of 1000. " +
      "Please specify integer greater than the current number of seconds since the UNIX epoch.");
  },
};
export const kv_expiration_too_soon = {
  async test(_, env) {
    const at = later(30);
    await rejects(env.KV.put("e", "v", { expiration: at }), "Error",
      `KV PUT failed: 400 Invalid expiration of ${at}. Expiration times must be at least 60 seconds in the future.`);
  },
};
export const kv_expiration_ttl_wins_over_expiration = {
  async test(_, env) { eq(await env.KV.put("both", "v", { expirationTtl: 60, expiration: 1 }), undefined); },
};
export const kv_value_too_large = {
  async test(_, env) {
    await rejects(env.KV.put("large", new Uint8Array(26_214_401)), "Error",
      "KV PUT failed: 413 Value length of 26214401 exceeds limit of 26214400.");
  },
};
export const kv_metadata_too_large = {
  async test(_, env) {
    await rejects(env.KV.put("m", "v", { metadata: "x".repeat(1023) }), "Error", /^KV PUT failed: 413 /);
  },
};
export const kv_metadata_of_1024_bytes = {
  async test(_, env) { eq(await env.KV.put("m-fits", "v", { metadata: "x".repeat(1022) }), undefined); },
};
export const kv_list_limit_too_large = {
  async test(_, env) {
    await rejects(env.KV.list({ limit: 1001 }), "Error",
      "KV GET failed: 400 Invalid key_count_limit of 1001. Please specify integer less than 1000.");
  },
};
export const kv_list_limit_1000_is_accepted = {
  async test(_, env) { eq((await env.KV.list({ limit: 1000, prefix: "none/" })).list_complete, true); },
};
export const kv_k22_second_write_in_a_second = {
  async test(_, env) {
    await env.KV.put("k22", "first");
    await rejects(env.KV.put("k22", "second"), "Error", "KV PUT failed: 429 Too Many Requests");
    eq(await env.KV.get("k22"), "first");
  },
};
