// WritableStream, TransformStream, pipes, fixed-length and compression streams: section 4.
import { eq, same, ok, throws, rejects, streamOf, drain, utf8, textOf } from "./assert.js";

const sink = (into, extra = {}) => new WritableStream({ write(chunk) { into.push(chunk); }, ...extra });

export const writable_write_and_close = {
  async test() {
    const seen = [];
    const w = sink(seen, { close() { seen.push("closed"); } }).getWriter();
    await w.write(1);
    await w.write(2);
    await w.close();
    same(seen, [1, 2, "closed"]);
  },
};
export const writable_abort_calls_sink = {
  async test() {
    let reason;
    const w = new WritableStream({ abort(r) { reason = r; } });
    await w.abort("stop");
    eq(reason, "stop");
  },
};
export const writable_error_in_write = {
  async test() {
    const w = new WritableStream({ write() { throw new RangeError("full"); } }).getWriter();
    w.closed.catch(() => {});
    await rejects(w.write(1), "RangeError", "full");
  },
};
export const writable_desired_size_and_ready = {
  async test() {
    const w = new WritableStream({}, { highWaterMark: 2 }).getWriter();
    eq(w.desiredSize, 2);
    await w.write("a");
    await w.ready;
    eq(w.desiredSize, 2);
  },
};
export const writable_second_writer_throws = {
  test() {
    const s = new WritableStream();
    s.getWriter();
    eq(s.locked, true);
    throws(() => s.getWriter(), "TypeError");
  },
};
export const writable_write_after_close_rejects = {
  async test() {
    const w = new WritableStream().getWriter();
    await w.close();
    await rejects(w.write(1), "TypeError");
  },
};
export const pipe_to_moves_all_and_closes = {
  async test() {
    const seen = [];
    await streamOf(1, 2).pipeTo(sink(seen, { close() { seen.push("end"); } }));
    same(seen, [1, 2, "end"]);
  },
};
export const pipe_to_prevent_close = {
  async test() {
    const seen = [];
    const w = sink(seen);
    await streamOf(1).pipeTo(w, { preventClose: true });
    const writer = w.getWriter();
    await writer.write(2);
    same(seen, [1, 2]);
  },
};
export const pipe_to_source_error_aborts_destination = {
  async test() {
    let aborted;
    const s = new ReadableStream({ pull(c) { c.error(new RangeError("src")); } });
    await rejects(s.pipeTo(new WritableStream({ abort(r) { aborted = r.message; } })), "RangeError", "src");
    eq(aborted, "src");
  },
};
export const pipe_to_destination_error_cancels_source = {
  async test() {
    let cancelled;
    const s = new ReadableStream({ pull(c) { c.enqueue(1); }, cancel(r) { cancelled = r.message; } });
    const w = new WritableStream({ write() { throw new RangeError("dst"); } });
    await rejects(s.pipeTo(w), "RangeError", "dst");
    eq(cancelled, "dst");
  },
};
export const pipe_to_aborted_signal = {
  async test() {
    await rejects(streamOf(1).pipeTo(new WritableStream(), { signal: AbortSignal.abort() }), "AbortError");
  },
};
export const pipe_to_locked_source_rejects = {
  async test() {
    const s = streamOf(1);
    s.getReader();
    await rejects(s.pipeTo(new WritableStream()), "TypeError");
  },
};
export const pipe_through_transform = {
  async test() {
    const double = new TransformStream({ transform(x, c) { c.enqueue(x * 2); } });
    same(await drain(streamOf(1, 2).pipeThrough(double)), [2, 4]);
  },
};
export const transform_start_and_flush = {
  async test() {
    const t = new TransformStream({
      start(c) { c.enqueue("first"); },
      flush(c) { c.enqueue("last"); },
    });
    same(await drain(streamOf("mid").pipeThrough(t)), ["first", "mid", "last"]);
  },
};
export const transform_without_transformer_passes_through = {
  async test() { same(await drain(streamOf("a", 1).pipeThrough(new TransformStream())), ["a", 1]); },
};
export const transform_error_reaches_both_sides = {
  async test() {
    const { readable, writable } = new TransformStream({ transform() { throw new RangeError("t"); } });
    const w = writable.getWriter();
    w.closed.catch(() => {});
    const read = readable.getReader().read();
    w.write(1).catch(() => {});
    await rejects(read, "RangeError", "t");
  },
};
export const transform_terminate_closes_readable = {
  async test() {
    const { readable, writable } = new TransformStream({ transform(x, c) { c.enqueue(x); c.terminate(); } });
    writable.getWriter().write("only").catch(() => {});
    same(await drain(readable), ["only"]);
  },
};
export const identity_transform_passes_bytes = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const w = writable.getWriter();
    w.write(utf8("ab"));
    w.close();
    eq(await textOf(readable), "ab");
  },
};
export const identity_transform_refuses_numbers = {
  async test() {
    const { writable } = new IdentityTransformStream();
    await rejects(writable.getWriter().write(5), "TypeError",
      "This TransformStream is being used as a byte stream, but received an object of " +
      "non-ArrayBuffer/ArrayBufferView type on its writable side.");
  },
};
export const fixed_length_stream_exact = {
  async test() {
    const { readable, writable } = new FixedLengthStream(3);
    const w = writable.getWriter();
    w.write(utf8("abc"));
    w.close();
    eq(await new Response(readable).text(), "abc");
  },
};
export const fixed_length_stream_too_many = {
  async test() {
    const { readable, writable } = new FixedLengthStream(2);
    const w = writable.getWriter();
    w.write(utf8("abc")).catch(() => {});
    w.closed.catch(() => {});
    await rejects(new Response(readable).text(), "TypeError",
      "Attempt to write too many bytes through a FixedLengthStream.");
  },
};
export const fixed_length_stream_too_few = {
  async test() {
    const { readable, writable } = new FixedLengthStream(5);
    const w = writable.getWriter();
    w.closed.catch(() => {});
    w.write(utf8("abc")).catch(() => {});
    w.close().catch(() => {});
    await rejects(new Response(readable).text(), "TypeError",
      "FixedLengthStream did not see all expected bytes before close().");
  },
};
export const compression_round_trip = {
  async test() {
    for (const format of ["gzip", "deflate", "deflate-raw"]) {
      const packed = new Blob(["hello ".repeat(100)]).stream().pipeThrough(new CompressionStream(format));
      eq(await textOf(packed.pipeThrough(new DecompressionStream(format))), "hello ".repeat(100), format);
    }
  },
};
export const compression_bad_format = {
  test() {
    throws(() => new CompressionStream("zip"), "TypeError",
      "The compression format must be either 'deflate', 'deflate-raw' or 'gzip'.");
  },
};
export const text_decoder_stream_joins_split_characters = {
  async test() {
    const [a, b] = [utf8("é").subarray(0, 1), utf8("é").subarray(1)];
    const out = await drain(streamOf(a, b).pipeThrough(new TextDecoderStream()));
    eq(out.join(""), "é");
  },
};
export const text_encoder_stream = {
  async test() {
    eq(await textOf(streamOf("h", "é").pipeThrough(new TextEncoderStream())), "hé");
  },
};
