// Streams as values of put and uploadPart: spec/r2.md section 1.3, V2-V4.
import { eq, ok, rejects, streamOf, utf8 } from "./assert.js";

const UNKNOWN = "Provided readable stream must have a known length (request/response body or readable half of FixedLengthStream)";
const stored = async (env, key) => (await env.BUCKET.get(key)).text();
/** Writes these chunks into a FixedLengthStream; the promise is the writer's. */
const fixed = (length, ...chunks) => {
  const { readable, writable } = new FixedLengthStream(length);
  const write = async () => {
    const writer = writable.getWriter();
    for (const chunk of chunks) await writer.write(utf8(chunk));
    await writer.close();
  };
  return { readable, written: write() };
};

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/put") {
      const o = await env.BUCKET.put("from-request", request.body);
      return Response.json({ size: o.size });
    }
    return new Response("from a service", { headers: { "content-length": "14" } });
  },
};

export const r2_v2_fixed_length_stream = {
  async test(_, env) {
    const { readable, written } = fixed(6, "abc", "def");
    const o = await env.BUCKET.put("fixed", readable);
    await written;
    eq(o.size, 6);
    eq(o.etag, "e80b5017098950fc58aad83c8c14978e");
    eq(await stored(env, "fixed"), "abcdef");
  },
};
export const r2_v2_fixed_length_stream_of_nothing = {
  async test(_, env) {
    const { readable, written } = fixed(0);
    eq((await env.BUCKET.put("fixed-empty", readable)).size, 0);
    await written;
  },
};
export const r2_v2_fixed_length_stream_large = {
  async test(_, env) {
    const { readable, writable } = new FixedLengthStream(1_000_000);
    const put = env.BUCKET.put("fixed-large", readable);
    const writer = writable.getWriter();
    for (let i = 0; i < 10; i++) await writer.write(new Uint8Array(100_000).fill(i));
    await writer.close();
    eq((await put).size, 1_000_000);
    const tail = await (await env.BUCKET.get("fixed-large", { range: { offset: 899_999, length: 2 } })).bytes();
    eq(tail[0], 8);
    eq(tail[1], 9);
  },
};
export const r2_v2_response_body = {
  async test(_, env) {
    eq((await env.BUCKET.put("response", new Response("hello").body)).size, 5);
    eq(await stored(env, "response"), "hello");
  },
};
export const r2_v2_response_body_of_bytes_and_blob = {
  async test(_, env) {
    await env.BUCKET.put("response-bytes", new Response(utf8("bytes")).body);
    eq(await stored(env, "response-bytes"), "bytes");
    await env.BUCKET.put("response-blob", new Response(new Blob(["blob"])).body);
    eq(await stored(env, "response-blob"), "blob");
    await env.BUCKET.put("blob-stream", new Blob(["stream"]).stream());
    eq(await stored(env, "blob-stream"), "stream");
  },
};
export const r2_v2_request_body = {
  async test(_, env) {
    await env.BUCKET.put("request", new Request("http://x", { method: "POST", body: "sent" }).body);
    eq(await stored(env, "request"), "sent");
  },
};
export const r2_v2_body_of_a_request_that_was_served = {
  async test(_, env) {
    const r = await env.SELF.fetch("http://self/put", { method: "PUT", body: "through a service" });
    eq((await r.json()).size, 17);
    eq(await stored(env, "from-request"), "through a service");
  },
};
export const r2_v2_body_of_a_response_that_came = {
  async test(_, env) {
    await env.BUCKET.put("fetched", (await env.SELF.fetch("http://self/")).body);
    eq(await stored(env, "fetched"), "from a service");
  },
};
export const r2_v2_body_of_an_object = {
  async test(_, env) {
    await env.BUCKET.put("copy/from", "copied by streaming");
    const from = await env.BUCKET.get("copy/from");
    await env.BUCKET.put("copy/to", from.body);
    eq(await stored(env, "copy/to"), "copied by streaming");
  },
};
export const r2_v2_body_of_a_range = {
  async test(_, env) {
    await env.BUCKET.put("copy/from-range", "0123456789");
    const from = await env.BUCKET.get("copy/from-range", { range: { offset: 2, length: 3 } });
    eq((await env.BUCKET.put("copy/to-range", from.body)).size, 3);
    eq(await stored(env, "copy/to-range"), "234");
  },
};
export const r2_v2_body_of_a_large_object = {
  async test(_, env) {
    await env.BUCKET.put("copy/large", new Uint8Array(400_000).fill(7));
    const o = await env.BUCKET.put("copy/large-to", (await env.BUCKET.get("copy/large")).body);
    eq(o.size, 400_000);
    eq(o.etag, (await env.BUCKET.head("copy/large")).etag);
  },
};
export const r2_v2_stream_of_unknown_length = {
  async test(_, env) {
    await rejects(env.BUCKET.put("unknown", streamOf(utf8("a"))), "TypeError", UNKNOWN);
    await rejects(env.BUCKET.put("unknown", new Response(streamOf(utf8("a"))).body), "TypeError", UNKNOWN);
    eq(await env.BUCKET.head("unknown"), null);
  },
};
export const r2_v2_transform_stream_has_no_length = {
  async test(_, env) {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    writer.write(utf8("a")).catch(() => {});
    await rejects(env.BUCKET.put("identity", readable), "TypeError", UNKNOWN);
  },
};
export const r2_v2_pipe_through_fixed_length = {
  async test(_, env) {
    await env.BUCKET.put("piped", streamOf(utf8("ab"), utf8("cd")).pipeThrough(new FixedLengthStream(4)));
    eq(await stored(env, "piped"), "abcd");
  },
};
export const r2_v3_stream_is_cancelled_when_options_are_bad = {
  async test(_, env) {
    let why;
    const stream = new ReadableStream({ cancel(reason) { why = reason; } });
    await rejects(env.BUCKET.put("v3", stream, { md5: "x" }), "TypeError", "MD5 is 32 hex characters, not 1");
    await Promise.resolve();
    ok(why instanceof Error);
    eq(why.message, "Stream cancelled because the associated put operation encountered an error.");
  },
};
export const r2_v3_stream_of_unknown_length_is_not_cancelled = {
  async test(_, env) {
    let cancelled = false;
    const stream = new ReadableStream({ cancel() { cancelled = true; } });
    await rejects(env.BUCKET.put("v3", stream), "TypeError", UNKNOWN);
    await Promise.resolve();
    eq(cancelled, false);
  },
};
export const r2_v4_stream_that_ends_early = {
  async test(_, env) {
    const { readable, writable } = new FixedLengthStream(10);
    const put = env.BUCKET.put("v4/early", readable);
    const writer = writable.getWriter();
    await writer.write(utf8("abc"));
    const refused = rejects(put, "TypeError", "FixedLengthStream did not see all expected bytes before close().");
    await writer.close().catch(() => {}); // whether this fails too depends on who reads
    await refused;
    eq(await env.BUCKET.head("v4/early"), null);
  },
};
export const r2_v4_stream_that_goes_on = {
  async test(_, env) {
    const { readable, writable } = new FixedLengthStream(4);
    const put = env.BUCKET.put("v4/late", readable).then(() => "stored", (e) => e.name);
    const writer = writable.getWriter();
    const ends = writer.write(utf8("abcdef")).then(() => writer.close());
    await ends.catch(() => {}); // whether this fails too depends on who reads
    eq(await put, "TypeError");
    eq(await env.BUCKET.head("v4/late"), null);
  },
};
export const r2_v5_compressed_request_body_is_stored_as_sent = {
  async test(_, env) {
    const zipped = Uint8Array.from(atob("H4sIAAAAAAACA0vOzy0oSi0uTk1RSB5uTACkFvrp3AAAAA=="), (c) => c.charCodeAt(0));
    const headers = { "content-encoding": "gzip" };
    const request = new Request("http://x/", { method: "POST", body: zipped, headers });
    eq((await env.BUCKET.put("v5/request", request.body)).size, zipped.byteLength);
    const stored = await (await env.BUCKET.get("v5/request")).bytes();
    eq([...stored].join(), [...zipped].join());
  },
};
export const r2_v4_stream_that_is_aborted = {
  async test(_, env) {
    await env.BUCKET.put("v4/aborted", "before");
    const { readable, writable } = new FixedLengthStream(10);
    const put = env.BUCKET.put("v4/aborted", readable);
    const writer = writable.getWriter();
    await writer.write(utf8("abc"));
    const refused = rejects(put, "RangeError", "enough");
    await writer.abort(new RangeError("enough"));
    await refused;
    eq(await stored(env, "v4/aborted"), "before");
  },
};
export const r2_stream_is_used_up = {
  async test(_, env) {
    const response = new Response("once");
    await env.BUCKET.put("used", response.body);
    eq(response.bodyUsed, true);
    await rejects(response.text(), "TypeError");
  },
};
export const r2_locked_stream = {
  async test(_, env) {
    const { body } = new Response("locked");
    body.getReader();
    await rejects(env.BUCKET.put("locked", body), "TypeError");
    eq(await env.BUCKET.head("locked"), null);
  },
};
export const r2_stream_with_a_digest = {
  async test(_, env) {
    const md5 = "e80b5017098950fc58aad83c8c14978e";
    ok(await env.BUCKET.put("digest", fixed(6, "abcdef").readable, { md5 }));
    await rejects(env.BUCKET.put("digest-bad", fixed(6, "abcdeX").readable, { md5 }), "Error", /\(10037\)$/);
    eq(await env.BUCKET.head("digest-bad"), null);
  },
};
export const r2_stream_of_a_part = {
  async test(_, env) {
    const upload = await env.BUCKET.createMultipartUpload("part");
    const p = await upload.uploadPart(1, fixed(6, "abc", "def").readable);
    eq(p.etag, "e80b5017098950fc58aad83c8c14978e");
    await upload.complete([p]);
    eq(await stored(env, "part"), "abcdef");
  },
};
export const r2_body_of_an_object_read_in_pieces = {
  async test(_, env) {
    await env.BUCKET.put("pieces", new Uint8Array(300_000).map((_, i) => i));
    let seen = 0;
    for await (const chunk of (await env.BUCKET.get("pieces")).body) {
      for (let i = 0; i < chunk.length; i += 997) eq(chunk[i], (seen + i) & 255);
      seen += chunk.length;
    }
    eq(seen, 300_000);
  },
};
export const r2_body_of_an_object_cancelled = {
  async test(_, env) {
    await env.BUCKET.put("cancelled", new Uint8Array(300_000));
    const { body } = await env.BUCKET.get("cancelled");
    const reader = body.getReader();
    await reader.read();
    await reader.cancel("enough");
    ok(await env.BUCKET.head("cancelled"));
  },
};
export const r2_body_of_an_object_left_unread = {
  async test(_, env) {
    await env.BUCKET.put("unread", new Uint8Array(300_000));
    for (let i = 0; i < 5; i++) ok(await env.BUCKET.get("unread"));
    ok(await env.BUCKET.put("unread", "replaced"));
  },
};
