// Consuming bodies, FormData, Blob and File: spec/runtime-api.md section 2.
import { eq, same, ok, throws, rejects, streamOf, utf8, textOf } from "./assert.js";

const USED = "Body has already been used. It can only be used once. Use tee() first if you need to read it twice.";

export const body_text_decodes_utf8 = {
  async test() { eq(await new Response(utf8("héλ😀")).text(), "héλ😀"); },
};
export const body_text_replaces_invalid_bytes = {
  async test() { eq(await new Response(new Uint8Array([97, 0xff, 98])).text(), "a\ufffdb"); },
};
export const body_text_strips_bom = {
  async test() { eq(await new Response(new Uint8Array([0xef, 0xbb, 0xbf, 97])).text(), "a"); },
};
export const body_json = {
  async test() { same(await new Response('{"a":[1]}').json(), { a: [1] }); },
};
export const body_json_invalid = {
  async test() { await rejects(new Response("{no").json(), "SyntaxError"); },
};
export const body_json_empty = {
  async test() {
    await rejects(new Response("").json(), "SyntaxError", "Unexpected end of JSON input");
  },
};
export const body_array_buffer = {
  async test() {
    const b = await new Response("abc").arrayBuffer();
    ok(b instanceof ArrayBuffer);
    same(new Uint8Array(b), new Uint8Array([97, 98, 99]));
  },
};
export const body_bytes = {
  async test() {
    const b = await new Response("abc").bytes();
    ok(b instanceof Uint8Array);
    same(b, new Uint8Array([97, 98, 99]));
  },
};
export const body_blob = {
  async test() {
    const b = await new Response("abc", { headers: { "content-type": "text/x" } }).blob();
    ok(b instanceof Blob);
    eq(b.type, "text/x");
    eq(b.size, 3);
  },
};
export const body_null_consumers = {
  async test() {
    eq((await new Response(null).arrayBuffer()).byteLength, 0);
    eq(await new Response(null).text(), "");
  },
};
export const body_second_read_rejects = {
  async test() {
    const r = new Response("x");
    await r.text();
    await rejects(() => r.text(), "TypeError", USED);
  },
};
export const body_second_read_of_other_kind_rejects = {
  async test() {
    const r = new Response("{}");
    r.json();
    await rejects(() => r.arrayBuffer(), "TypeError", USED);
  },
};
export const body_used_after_consume_starts = {
  test() {
    const r = new Response("x");
    eq(r.bodyUsed, false);
    r.text();
    eq(r.bodyUsed, true);
  },
};
export const body_null_is_never_used = {
  async test() {
    const r = new Response(null);
    await r.text();
    eq(r.bodyUsed, false);
    eq(await r.text(), "");
  },
};
export const body_locked_stream_rejects = {
  async test() {
    const r = new Response("x");
    r.body.getReader();
    await rejects(() => r.text(), "TypeError");
  },
};
export const body_used_when_stream_was_read = {
  async test() {
    const r = new Response("x");
    const reader = r.body.getReader();
    await reader.read();
    eq(r.bodyUsed, true);
  },
};
export const body_stream_of_strings_rejects = {
  async test() { await rejects(new Response(streamOf("text")).text(), "TypeError"); },
};
export const body_stream_error_reaches_reader = {
  async test() {
    const s = new ReadableStream({ pull(c) { c.error(new RangeError("broken")); } });
    await rejects(new Response(s).text(), "RangeError", "broken");
  },
};
export const body_buffer_is_copied_at_construction = {
  async test() {
    const b = utf8("abc");
    const r = new Response(b);
    b[0] = 122;
    eq(await r.text(), "abc");
  },
};
export const body_view_with_offset = {
  async test() { eq(await new Response(utf8("abcdef").subarray(2, 4)).text(), "cd"); },
};
export const body_data_view = {
  async test() { eq(await new Response(new DataView(utf8("abcdef").buffer, 1, 2)).text(), "bc"); },
};
export const formdata_urlencoded = {
  async test() {
    const r = new Response("a=1&b=x+y&a=%C3%A9", { headers: { "content-type": "application/x-www-form-urlencoded" } });
    const f = await r.formData();
    same([...f], [["a", "1"], ["b", "x y"], ["a", "é"]]);
  },
};
export const formdata_multipart_parse = {
  async test() {
    const body = ["--B", 'content-disposition: form-data; name="t"', "", "v1", "--B",
      'Content-Disposition: form-data; name="f"; filename="a.txt"', "Content-Type: text/x", "", "file body",
      "--B--", ""].join("\r\n");
    const f = await new Response(body, { headers: { "content-type": "multipart/form-data; boundary=B" } }).formData();
    eq(f.get("t"), "v1");
    const file = f.get("f");
    ok(file instanceof File);
    eq(file.name, "a.txt");
    eq(file.type, "text/x");
    eq(await file.text(), "file body");
  },
};
export const formdata_multipart_round_trip = {
  async test() {
    const f = new FormData();
    f.append("a", "1");
    f.append("f", new Blob(["bytes"], { type: "x/y" }), "n.bin");
    const r = new Response(f);
    ok(/^multipart\/form-data; boundary=/.test(r.headers.get("content-type")), "content-type");
    const g = await r.formData();
    eq(g.get("a"), "1");
    eq(g.get("f").name, "n.bin");
    eq(await g.get("f").text(), "bytes");
  },
};
export const formdata_without_content_type = {
  async test() {
    await rejects(() => new Response(utf8("x")).formData(), "TypeError",
      "Parsing a Body as FormData requires a Content-Type header.");
  },
};
export const formdata_of_wrong_content_type = {
  async test() {
    await rejects(() => new Response("x", { headers: { "content-type": "text/plain" } }).formData(), "TypeError",
      /^Unrecognized Content-Type header value\. FormData can only parse the following MIME types: /);
  },
};
export const formdata_without_boundary = {
  async test() {
    await rejects(() => new Response("x", { headers: { "content-type": "multipart/form-data" } }).formData(),
      "TypeError", /^No boundary string in Content-Type header\./);
  },
};
export const formdata_operations = {
  test() {
    const f = new FormData();
    f.append("a", "1");
    f.append("a", 2);
    f.append("b", "3");
    eq(f.get("a"), "1");
    same(f.getAll("a"), ["1", "2"]);
    eq(f.get("none"), null);
    f.set("a", "9");
    same([...f.keys()], ["a", "b"]);
    f.delete("b");
    eq(f.has("b"), false);
    same([...f.values()], ["9"]);
  },
};
export const formdata_append_blob_becomes_file = {
  test() {
    const f = new FormData();
    f.append("x", new Blob(["a"]));
    const v = f.get("x");
    ok(v instanceof File);
    eq(v.name, "x");
  },
};
export const formdata_append_file_keeps_name = {
  test() {
    const f = new FormData();
    f.append("x", new File(["a"], "n.txt"));
    eq(f.get("x").name, "n.txt");
    f.set("x", new File(["a"], "n.txt"), "other.txt");
    eq(f.get("x").name, "other.txt");
  },
};
export const formdata_for_each = {
  test() {
    const f = new FormData();
    f.append("a", "1");
    const seen = [];
    f.forEach((value, key, parent) => seen.push(value, key, parent === f));
    same(seen, ["1", "a", true]);
  },
};
export const blob_parts_and_size = {
  async test() {
    const b = new Blob(["é", new Uint8Array([97]), utf8("b").buffer, new Blob(["c"])]);
    eq(b.size, 5);
    eq(await b.text(), "éabc");
  },
};
export const blob_type_is_lower_cased = {
  test() {
    eq(new Blob([], { type: "Text/HTML" }).type, "text/html");
    eq(new Blob([]).type, "");
  },
};
export const blob_slice = {
  async test() {
    const b = new Blob(["abcdef"], { type: "x/y" });
    eq(await b.slice(1, 3).text(), "bc");
    eq(await b.slice(-2).text(), "ef");
    eq(await b.slice(4, 2).text(), "");
    eq(b.slice(0, 1).type, "");
    eq(b.slice(0, 1, "t/u").type, "t/u");
  },
};
export const blob_stream_bytes_and_array_buffer = {
  async test() {
    const b = new Blob(["abc"]);
    eq(await textOf(b.stream()), "abc");
    same(await b.bytes(), utf8("abc"));
    eq((await b.arrayBuffer()).byteLength, 3);
  },
};
export const file_properties = {
  test() {
    const f = new File(["abc"], "n.txt", { type: "text/plain", lastModified: 12 });
    ok(f instanceof Blob);
    eq(f.name, "n.txt");
    eq(f.lastModified, 12);
    eq(f.size, 3);
    eq(f.type, "text/plain");
  },
};
export const blob_has_no_object_url = {
  test() {
    throws(() => URL.createObjectURL(new Blob([])), "Error", "URL.createObjectURL() is not implemented");
  },
};
