// The same runtime at compatibility date 2024-11-11: what an older Worker must and must not see.
import { eq, same, ok, throws } from "./assert.js";

export const compat_2024_no_weak_references = {
  test() {
    eq(typeof WeakRef, "undefined");
    eq(typeof FinalizationRegistry, "undefined");
  },
};
export const compat_2024_no_message_channel = {
  test() { eq(typeof MessageChannel, "undefined"); },
};
export const compat_2024_navigator_has_no_language = {
  test() {
    eq(navigator.userAgent, "Cloudflare-Workers");
    eq(navigator.language, undefined);
  },
};
export const compat_2024_streams_are_standard = {
  test() {
    ok(new ReadableStream() instanceof ReadableStream);
    ok(new TransformStream({}) instanceof TransformStream);
  },
};
export const compat_2024_text_keeps_bom = {
  async test() { eq(await new Response(new Uint8Array([0xef, 0xbb, 0xbf, 97])).text(), "\ufeffa"); },
};
export const compat_2024_cache_mode_no_store = {
  test() { eq(new Request("https://e.com", { cache: "no-store" }).cache, "no-store"); },
};
export const compat_2024_cache_mode_no_cache = {
  test() {
    throws(() => new Request("https://e.com", { cache: "no-cache" }), "TypeError", "Unsupported cache mode: no-cache");
  },
};
const evaluated = (() => {
  try {
    return eval("1");
  } catch (e) {
    return e.name;
  }
})();
export const compat_2024_no_eval_at_startup = {
  test() { eq(evaluated, "EvalError"); },
};
