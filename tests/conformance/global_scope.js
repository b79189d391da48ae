// What module evaluation may not do: spec/limits.md section 6.
import { eq, ok, match } from "./assert.js";

const TEXT = "Disallowed operation called within global scope. Asynchronous I/O (ex: fetch() or connect()), " +
  "setting a timeout, and generating random values are not allowed within global scope. To fix this error, " +
  "perform this operation within a handler. https://developers.cloudflare.com/workers/runtime-apis/handlers/";

const attempt = (call) => {
  try {
    const value = call();
    return value instanceof Promise ? value.then((v) => ({ value: v }), (error) => ({ error })) : { value };
  } catch (error) {
    return { error };
  }
};
const seen = {
  fetch: attempt(() => fetch("https://example.com/")),
  timeout: attempt(() => setTimeout(() => {}, 1)),
  interval: attempt(() => setInterval(() => {}, 1)),
  wait: attempt(() => scheduler.wait(1)),
  random: attempt(() => crypto.getRandomValues(new Uint8Array(1))),
  uuid: attempt(() => crypto.randomUUID()),
  key: attempt(() => crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"])),
  now: attempt(() => [Date.now(), new Date().getTime(), performance.now()]),
  evaluated: attempt(() => eval("1+1")),
  objects: attempt(() => [new Request("https://e.com/").url, new Response(null).status, new URL("https://e.com").host]),
  responseBody: attempt(() => new Response("x")),
  requestBody: attempt(() => new Request("https://e.com/", { method: "POST", body: "x" })),
  digest: attempt(() => crypto.subtle.digest("SHA-256", new Uint8Array(0))),
  timeoutSignal: attempt(() => AbortSignal.timeout(1)),
};
const settled = await Promise.resolve("settled");

const refused = async (name) => {
  const { error } = await seen[name];
  ok(error instanceof Error, `${name} refused`);
  eq(error.constructor, Error);
  eq(error.message, TEXT);
};

export const global_scope_fetch = {
  async test() { await refused("fetch"); },
};
export const global_scope_set_timeout = {
  async test() { await refused("timeout"); },
};
export const global_scope_set_interval = {
  async test() { await refused("interval"); },
};
export const global_scope_scheduler_wait = {
  async test() { await refused("wait"); },
};
export const global_scope_get_random_values = {
  async test() { await refused("random"); },
};
export const global_scope_random_uuid = {
  async test() { await refused("uuid"); },
};
export const global_scope_generate_key = {
  async test() { await refused("key"); },
};
export const global_scope_clock_is_zero = {
  test() { eq(seen.now.value.join(), "0,0,0"); },
};
export const global_scope_eval_is_allowed = {
  test() { eq(seen.evaluated.value, 2); },
};
export const global_scope_objects_are_allowed = {
  test() { eq(seen.objects.value.join(), "https://e.com/,200,e.com"); },
};
export const global_scope_response_with_body = {
  async test() { await refused("responseBody"); },
};
export const global_scope_request_with_body = {
  async test() { await refused("requestBody"); },
};
export const global_scope_top_level_await = {
  test() { eq(settled, "settled"); },
};
export const global_scope_digest_is_allowed = {
  async test() { eq((await seen.digest).value.byteLength, 32); },
};
