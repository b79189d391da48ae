// Request: spec/runtime-api.md section 2.
import { eq, same, ok, throws, rejects, streamOf, utf8 } from "./assert.js";

export const request_defaults = {
  test() {
    const r = new Request("https://example.com/a");
    eq(r.method, "GET");
    eq(r.url, "https://example.com/a");
    eq(r.body, null);
    eq(r.bodyUsed, false);
    eq(r.redirect, "follow");
    same([...r.headers], []);
  },
};
export const request_url_is_normalised = {
  test() {
    eq(new Request("https://EXAMPLE.com:443/a b?q=ü#frag").url, "https://example.com/a%20b?q=%C3%BC#frag");
  },
};
export const request_from_url_object = {
  test() { eq(new Request(new URL("https://example.com/x")).url, "https://example.com/x"); },
};
export const request_relative_url = {
  test() { throws(() => new Request("/a"), "TypeError", "Invalid URL: /a"); },
};
export const request_invalid_url = {
  test() { throws(() => new Request("not a url"), "TypeError", "Invalid URL: not a url"); },
};
export const request_method_is_upper_cased = {
  test() { eq(new Request("https://e.com", { method: "post" }).method, "POST"); },
};
export const request_method_patch_is_kept = {
  test() { eq(new Request("https://e.com", { method: "PATCH" }).method, "PATCH"); },
};
export const request_invalid_method = {
  test() {
    throws(() => new Request("https://e.com", { method: "NO SUCH" }), "TypeError",
      "Invalid HTTP method string: NO SUCH");
  },
};
export const request_get_with_body = {
  test() {
    throws(() => new Request("https://e.com", { body: "x" }), "TypeError",
      "Request with a GET or HEAD method cannot have a body.");
  },
};
export const request_head_with_body = {
  test() {
    throws(() => new Request("https://e.com", { method: "HEAD", body: "x" }), "TypeError",
      "Request with a GET or HEAD method cannot have a body.");
  },
};
export const request_headers_init = {
  test() {
    const r = new Request("https://e.com", { headers: { "X-A": "1" } });
    eq(r.headers.get("x-a"), "1");
    r.headers.set("x-b", "2");
    eq(r.headers.get("x-b"), "2");
  },
};
export const request_string_body_has_content_type = {
  async test() {
    const r = new Request("https://e.com", { method: "POST", body: "hé" });
    eq(r.headers.get("content-type"), "text/plain;charset=UTF-8");
    eq(await r.text(), "hé");
    eq(r.bodyUsed, true);
  },
};
export const request_explicit_content_type_wins = {
  test() {
    const r = new Request("https://e.com", { method: "POST", body: "{}", headers: { "content-type": "application/json" } });
    eq(r.headers.get("content-type"), "application/json");
  },
};
export const request_params_body_content_type = {
  async test() {
    const r = new Request("https://e.com", { method: "POST", body: new URLSearchParams({ a: "1 2" }) });
    eq(r.headers.get("content-type"), "application/x-www-form-urlencoded;charset=UTF-8");
    eq(await r.text(), "a=1+2");
  },
};
export const request_buffer_body_has_no_content_type = {
  test() {
    eq(new Request("https://e.com", { method: "PUT", body: utf8("x") }).headers.get("content-type"), null);
  },
};
export const request_stream_body = {
  async test() {
    const r = new Request("https://e.com", { method: "POST", body: streamOf(utf8("ab"), utf8("cd")) });
    eq(await r.text(), "abcd");
  },
};
export const request_from_request_copies = {
  async test() {
    const a = new Request("https://e.com/x", { method: "POST", body: "b", headers: { x: "1" } });
    const b = new Request(a);
    eq(b.method, "POST");
    eq(b.url, "https://e.com/x");
    eq(b.headers.get("x"), "1");
    eq(await b.text(), "b");
    eq(a.bodyUsed, true);
  },
};
export const request_from_request_with_override = {
  test() {
    const a = new Request("https://e.com/x", { headers: { x: "1" } });
    const b = new Request(a, { method: "DELETE", headers: { y: "2" } });
    eq(b.method, "DELETE");
    eq(b.headers.get("x"), null);
    eq(b.headers.get("y"), "2");
  },
};
export const request_new_url_with_request_init = {
  test() {
    const a = new Request("https://e.com/x", { method: "PUT", headers: { x: "1" } });
    const b = new Request("https://other.com/", a);
    eq(b.url, "https://other.com/");
    eq(b.method, "PUT");
    eq(b.headers.get("x"), "1");
  },
};
export const request_from_used_request = {
  async test() {
    const a = new Request("https://e.com", { method: "POST", body: "b" });
    await a.text();
    throws(() => new Request(a), "TypeError", "Cannot reconstruct a Request with a used body.");
  },
};
export const request_clone_reads_twice = {
  async test() {
    const a = new Request("https://e.com", { method: "POST", body: "twice" });
    const b = a.clone();
    eq(await a.text(), "twice");
    eq(await b.text(), "twice");
  },
};
export const request_clone_of_used = {
  async test() {
    const a = new Request("https://e.com", { method: "POST", body: "x" });
    await a.text();
    throws(() => a.clone(), "TypeError");
  },
};
export const request_redirect_manual = {
  test() { eq(new Request("https://e.com", { redirect: "manual" }).redirect, "manual"); },
};
export const request_redirect_error_is_refused = {
  test() {
    throws(() => new Request("https://e.com", { redirect: "error" }), "TypeError",
      'Invalid redirect value, must be one of "follow" or "manual" ("error" won\'t be implemented ' +
      'since it does not make sense at the edge; use "manual" and check the response status code).');
  },
};
export const request_cache_mode_unsupported = {
  test() {
    throws(() => new Request("https://e.com", { cache: "force-cache" }), "TypeError",
      "Unsupported cache mode: force-cache");
  },
};
export const request_cache_mode_no_store = {
  test() { eq(new Request("https://e.com", { cache: "no-store" }).cache, "no-store"); },
};
export const request_integrity_is_refused = {
  test() {
    throws(() => new Request("https://e.com", { integrity: "sha256-x" }), "TypeError",
      "Subrequest integrity checking is not implemented. The integrity option must be either " +
      "undefined or an empty string.");
  },
};
export const request_lacks_browser_properties = {
  test() {
    const r = new Request("https://e.com");
    for (const p of ["mode", "credentials", "referrer", "destination"]) eq(p in r, false, p);
  },
};
export const request_keepalive_is_false = {
  test() { eq(new Request("https://e.com", { keepalive: true }).keepalive, false); },
};
export const request_signal_from_init = {
  test() {
    const c = new AbortController();
    const r = new Request("https://e.com", { signal: c.signal });
    ok(r.signal instanceof AbortSignal);
    eq(r.signal.aborted, false);
    c.abort();
    eq(r.signal.aborted, true);
  },
};
export const request_cf_of_own_request_is_undefined = {
  test() { eq(new Request("https://e.com").cf, undefined); },
};
export const request_cf_from_init = {
  test() { eq(new Request("https://e.com", { cf: { cacheTtl: 5 } }).cf.cacheTtl, 5); },
};
export const request_empty_string_body = {
  async test() {
    const r = new Request("https://e.com", { method: "POST", body: "" });
    eq(await r.text(), "");
  },
};
export const request_null_body_on_get = {
  test() { eq(new Request("https://e.com", { body: null }).body, null); },
};
export const fetch_unknown_scheme = {
  async test() {
    await rejects(() => fetch("ftp://e.com/"), "TypeError", "Fetch API cannot load: ftp://e.com/");
  },
};
export const fetch_relative_url = {
  async test() { await rejects(() => fetch("/a"), "TypeError", "Invalid URL: /a"); },
};
export const fetch_aborted_signal = {
  async test() {
    await rejects(() => fetch("https://e.com", { signal: AbortSignal.abort() }), "AbortError",
      "The operation was aborted");
  },
};
export const fetch_aborted_with_reason = {
  async test() {
    await rejects(() => fetch("https://e.com", { signal: AbortSignal.abort(new RangeError("why")) }),
      "RangeError", "why");
  },
};
export const fetch_used_body = {
  async test() {
    const r = new Request("https://e.com", { method: "POST", body: "x" });
    await r.text();
    await rejects(() => fetch(r), "TypeError");
  },
};
