// Response: spec/runtime-api.md section 2.
import { eq, same, ok, throws, rejects, streamOf, utf8 } from "./assert.js";

const STATUS_TEXT =
  "Responses may only be constructed with status codes in the range 200 to 599, inclusive.";

export const response_defaults = {
  async test() {
    const r = new Response();
    eq(r.status, 200);
    eq(r.statusText, "");
    eq(r.ok, true);
    eq(r.redirected, false);
    eq(r.url, "");
    eq(r.type, "default");
    eq(r.body, null);
    eq(r.webSocket, null);
    eq(await r.text(), "");
  },
};
export const response_string_body = {
  async test() {
    const r = new Response("hi");
    eq(r.headers.get("content-type"), "text/plain;charset=UTF-8");
    eq(await r.text(), "hi");
  },
};
export const response_init_status_and_headers = {
  test() {
    const r = new Response("x", { status: 404, statusText: "Nope", headers: { a: "1" } });
    eq(r.status, 404);
    eq(r.statusText, "Nope");
    eq(r.ok, false);
    eq(r.headers.get("a"), "1");
  },
};
export const response_init_from_response = {
  async test() {
    const a = new Response("x", { status: 201, headers: { a: "1" } });
    const b = new Response("y", a);
    eq(b.status, 201);
    eq(b.headers.get("a"), "1");
    b.headers.set("a", "2");
    eq(a.headers.get("a"), "1");
    eq(await b.text(), "y");
  },
};
export const response_status_too_low = {
  test() { throws(() => new Response("", { status: 199 }), "RangeError", STATUS_TEXT); },
};
export const response_status_too_high = {
  test() { throws(() => new Response("", { status: 600 }), "RangeError", STATUS_TEXT); },
};
export const response_status_101_without_socket = {
  test() { throws(() => new Response(null, { status: 101 }), "RangeError"); },
};
export const response_null_body_status_with_body = {
  test() {
    for (const status of [204, 205, 304]) {
      throws(() => new Response("x", { status }), "TypeError",
        "Response with null body status (101, 204, 205, or 304) cannot have a body.");
    }
  },
};
export const response_204_without_body = {
  test() { eq(new Response(null, { status: 204 }).status, 204); },
};
export const response_204_with_empty_string_is_allowed = {
  test() { eq(new Response("", { status: 204 }).status, 204); },
};
export const response_json = {
  async test() {
    const r = Response.json({ a: [1, null] }, { status: 201 });
    eq(r.status, 201);
    eq(r.headers.get("content-type"), "application/json");
    same(await r.json(), { a: [1, null] });
  },
};
export const response_json_keeps_given_type = {
  test() {
    const r = Response.json(1, { headers: { "content-type": "application/problem+json" } });
    eq(r.headers.get("content-type"), "application/problem+json");
  },
};
export const response_json_of_undefined = {
  async test() { eq(await Response.json(undefined).text(), "undefined"); },
};
export const response_redirect_default_is_302 = {
  test() {
    const r = Response.redirect("https://e.com/a b");
    eq(r.status, 302);
    eq(r.headers.get("location"), "https://e.com/a%20b");
    eq(r.body, null);
  },
};
export const response_redirect_308 = {
  test() { eq(Response.redirect("https://e.com/", 308).status, 308); },
};
export const response_redirect_bad_status = {
  test() {
    throws(() => Response.redirect("https://e.com/", 200), "RangeError",
      "200 is not a redirect status code. It must be one of: 301, 302, 303, 307, or 308.");
  },
};
export const response_redirect_bad_url = {
  test() { throws(() => Response.redirect("/relative"), "TypeError"); },
};
export const response_redirect_headers_are_immutable = {
  test() {
    throws(() => Response.redirect("https://e.com/").headers.set("a", "1"), "TypeError",
      "Can't modify immutable headers.");
  },
};
export const response_error = {
  test() {
    const r = Response.error();
    eq(r.type, "error");
    eq(r.ok, false);
    eq(r.body, null);
  },
};
export const response_clone_reads_twice = {
  async test() {
    const a = new Response("ab", { status: 202, headers: { x: "1" } });
    const b = a.clone();
    eq(b.status, 202);
    eq(b.headers.get("x"), "1");
    eq(await a.text(), "ab");
    eq(await b.text(), "ab");
  },
};
export const response_clone_of_stream_body = {
  async test() {
    const a = new Response(streamOf(utf8("ab"), utf8("cd")));
    const b = a.clone();
    same(await Promise.all([a.text(), b.text()]), ["abcd", "abcd"]);
  },
};
export const response_clone_of_used = {
  async test() {
    const a = new Response("x");
    await a.text();
    throws(() => a.clone(), "TypeError");
  },
};
export const response_body_is_readable_stream = {
  test() { ok(new Response("x").body instanceof ReadableStream); },
};
export const response_body_property_is_stable = {
  test() {
    const r = new Response("x");
    ok(r.body === r.body);
  },
};
export const response_encode_body_bad_value = {
  test() {
    throws(() => new Response("x", { encodeBody: "no" }), "TypeError", "encodeBody: unexpected value: no");
  },
};
export const response_encode_body_manual = {
  test() { eq(new Response("x", { encodeBody: "manual" }).status, 200); },
};
export const response_from_disturbed_stream = {
  async test() {
    const s = streamOf(utf8("a"), utf8("b"));
    const reader = s.getReader();
    await reader.read();
    reader.releaseLock();
    throws(() => new Response(s), "TypeError",
      "This ReadableStream is disturbed (has already been read from), and cannot be used as a body.");
  },
};
export const response_number_body_is_stringified = {
  async test() { eq(await new Response(42).text(), "42"); },
};
export const response_object_body_is_stringified = {
  async test() { eq(await new Response({}).text(), "[object Object]"); },
};
export const response_blob_body_takes_its_type = {
  async test() {
    const r = new Response(new Blob(["hi"], { type: "text/x-a" }));
    eq(r.headers.get("content-type"), "text/x-a");
    eq(await r.text(), "hi");
  },
};
export const response_invalid_status_text = {
  test() { throws(() => new Response("x", { statusText: "a\nb" }), "TypeError"); },
};
export const response_class_string = {
  test() { eq(Object.prototype.toString.call(new Response()), "[object Response]"); },
};
export const response_constructor_needs_new = {
  test() { throws(() => Response("x"), "TypeError"); },
};
