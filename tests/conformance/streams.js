// ReadableStream and readers: spec/runtime-api.md section 4.
import { eq, same, ok, throws, rejects, streamOf, drain, utf8, textOf } from "./assert.js";

const LOCKED = "This ReadableStream is currently locked to a reader.";

export const stream_read_chunks_then_done = {
  async test() {
    const reader = streamOf("a", 2).getReader();
    same(await reader.read(), { value: "a", done: false });
    same(await reader.read(), { value: 2, done: false });
    same(await reader.read(), { done: true });
  },
};
export const stream_pull_is_called_on_demand = {
  async test() {
    let n = 0;
    const s = new ReadableStream({ pull(c) { c.enqueue(++n); if (n === 3) c.close(); } });
    same(await drain(s), [1, 2, 3]);
  },
};
export const stream_async_start = {
  async test() {
    const s = new ReadableStream({
      async start(c) { await null; c.enqueue("late"); c.close(); },
    });
    same(await drain(s), ["late"]);
  },
};
export const stream_locked_property = {
  test() {
    const s = streamOf();
    eq(s.locked, false);
    s.getReader();
    eq(s.locked, true);
  },
};
export const stream_second_reader_throws = {
  test() {
    const s = streamOf();
    s.getReader();
    throws(() => s.getReader(), "TypeError", LOCKED);
  },
};
export const stream_cancel_when_locked_rejects = {
  async test() {
    const s = streamOf();
    s.getReader();
    await rejects(s.cancel(), "TypeError", LOCKED);
  },
};
export const stream_release_lock_allows_new_reader = {
  async test() {
    const s = streamOf(1, 2);
    const a = s.getReader();
    await a.read();
    a.releaseLock();
    eq((await s.getReader().read()).value, 2);
  },
};
export const stream_read_after_release = {
  async test() {
    const reader = streamOf(1).getReader();
    reader.releaseLock();
    await rejects(reader.read(), "TypeError", "This ReadableStream reader has been released.");
  },
};
export const stream_error_rejects_reads_and_closed = {
  async test() {
    const s = new ReadableStream({ start(c) { c.error(new RangeError("bad")); } });
    const reader = s.getReader();
    await rejects(reader.read(), "RangeError", "bad");
    await rejects(reader.closed, "RangeError", "bad");
  },
};
export const stream_throw_in_pull_errors_it = {
  async test() {
    const s = new ReadableStream({ pull() { throw new RangeError("pull"); } });
    await rejects(s.getReader().read(), "RangeError", "pull");
  },
};
export const stream_cancel_passes_reason = {
  async test() {
    let reason;
    const s = new ReadableStream({ cancel(r) { reason = r; } });
    await s.cancel("why");
    eq(reason, "why");
  },
};
export const stream_closed_promise_resolves = {
  async test() {
    const reader = streamOf().getReader();
    eq(await reader.closed, undefined);
  },
};
export const stream_desired_size_follows_queue = {
  test() {
    const sizes = [];
    new ReadableStream({
      start(c) { sizes.push(c.desiredSize); c.enqueue("a"); sizes.push(c.desiredSize); },
    }, { highWaterMark: 2 });
    same(sizes, [2, 1]);
  },
};
export const stream_size_strategy = {
  test() {
    let size;
    new ReadableStream({ start(c) { c.enqueue("abc"); size = c.desiredSize; } },
      { highWaterMark: 10, size: (chunk) => chunk.length });
    eq(size, 7);
  },
};
export const stream_enqueue_after_close_throws = {
  test() {
    new ReadableStream({
      start(c) { c.close(); throws(() => c.enqueue("x"), "TypeError"); },
    });
  },
};
export const stream_for_await_stops_and_cancels = {
  async test() {
    let cancelled = false;
    const s = new ReadableStream({ pull(c) { c.enqueue(1); }, cancel() { cancelled = true; } });
    for await (const _ of s) break;
    eq(cancelled, true);
    eq(s.locked, false);
  },
};
export const stream_values_prevent_cancel = {
  async test() {
    const s = streamOf(1, 2);
    for await (const _ of s.values({ preventCancel: true })) break;
    same(await drain(s), [2]);
  },
};
export const stream_from_array = {
  async test() { same(await drain(ReadableStream.from([1, 2])), [1, 2]); },
};
export const stream_from_async_generator = {
  async test() {
    async function* numbers() { yield "a"; await null; yield "b"; }
    same(await drain(ReadableStream.from(numbers())), ["a", "b"]);
  },
};
export const stream_from_non_iterable = {
  test() { throws(() => ReadableStream.from(5), "TypeError"); },
};
export const stream_tee_gives_both_everything = {
  async test() {
    const [a, b] = streamOf(1, 2, 3).tee();
    same(await Promise.all([drain(a), drain(b)]), [[1, 2, 3], [1, 2, 3]]);
  },
};
export const stream_tee_locks_source = {
  test() {
    const s = streamOf(1);
    s.tee();
    eq(s.locked, true);
    throws(() => s.tee(), "TypeError");
  },
};
export const stream_tee_cancel_of_one_branch = {
  async test() {
    const [a, b] = streamOf(1, 2).tee();
    a.cancel();
    same(await drain(b), [1, 2]);
  },
};
export const stream_tee_error_reaches_both = {
  async test() {
    const [a, b] = new ReadableStream({ pull(c) { c.error(new RangeError("e")); } }).tee();
    await rejects(a.getReader().read(), "RangeError", "e");
    await rejects(b.getReader().read(), "RangeError", "e");
  },
};
export const bytes_byob_read_fills_view = {
  async test() {
    const s = new ReadableStream({ type: "bytes", start(c) { c.enqueue(utf8("abcdef")); c.close(); } });
    const reader = s.getReader({ mode: "byob" });
    const first = await reader.read(new Uint8Array(4));
    same(first.value, utf8("abcd"));
    const second = await reader.read(new Uint8Array(4));
    same(second.value, utf8("ef"));
    const end = await reader.read(new Uint8Array(4));
    eq(end.done, true);
    eq(end.value.byteLength, 0);
  },
};
export const bytes_byob_read_detaches_view = {
  async test() {
    const s = new ReadableStream({ type: "bytes", start(c) { c.enqueue(utf8("ab")); } });
    const view = new Uint8Array(4);
    await s.getReader({ mode: "byob" }).read(view);
    eq(view.byteLength, 0);
  },
};
export const bytes_byob_request_respond = {
  async test() {
    const s = new ReadableStream({
      type: "bytes",
      pull(c) { c.byobRequest.view[0] = 7; c.byobRequest.respond(1); },
    });
    same((await s.getReader({ mode: "byob" }).read(new Uint8Array(3))).value, new Uint8Array([7]));
  },
};
export const bytes_default_reader_on_byte_stream = {
  async test() {
    const s = new ReadableStream({ type: "bytes", start(c) { c.enqueue(utf8("ab")); c.close(); } });
    same(await drain(s), [utf8("ab")]);
  },
};
export const bytes_byob_on_value_stream_throws = {
  test() {
    throws(() => streamOf(1).getReader({ mode: "byob" }), "TypeError",
      "This ReadableStream does not support BYOB reads.");
  },
};
export const bytes_byob_on_body = {
  async test() {
    const reader = new Response("hello").body.getReader({ mode: "byob" });
    same((await reader.read(new Uint8Array(16))).value, utf8("hello"));
  },
};
export const bytes_read_at_least = {
  async test() {
    const s = new ReadableStream({
      type: "bytes",
      start(c) { c.enqueue(utf8("ab")); c.enqueue(utf8("cd")); c.enqueue(utf8("ef")); },
    });
    const r = await s.getReader({ mode: "byob" }).readAtLeast(4, new Uint8Array(4));
    same(r.value, utf8("abcd"));
  },
};
export const stream_body_of_response_is_iterable = {
  async test() { eq(await textOf(new Response("abc").body), "abc"); },
};
export const stream_strategies = {
  test() {
    eq(new CountQueuingStrategy({ highWaterMark: 3 }).highWaterMark, 3);
    eq(new CountQueuingStrategy({ highWaterMark: 3 }).size("abc"), 1);
    eq(new ByteLengthQueuingStrategy({ highWaterMark: 3 }).size(utf8("abc")), 3);
  },
};
