// Streams as arguments and results: spec/durable-objects.md section 1.3, special types.
import { WorkerEntrypoint } from "cloudflare:workers";
import { eq, same, ok, rejects, streamOf, textOf, utf8, until } from "./assert.js";

const LOST = "ReadableStream received over RPC disconnected prematurely.";
const bytes = (...texts) => {
  let i = 0;
  return new ReadableStream({
    type: "bytes",
    pull(c) {
      if (i < texts.length) c.enqueue(utf8(texts[i++]));
      else c.close();
    },
  });
};
export class Named extends WorkerEntrypoint {
  give(...texts) { return bytes(...texts); }
  giveText() { return streamOf("text"); }
  giveObjects() { return streamOf({ a: 1 }); }
  giveFailing() { return new ReadableStream({ type: "bytes", pull() { throw new RangeError("of the source"); } }); }
  giveBoth() { return { first: bytes("1"), second: bytes("2") }; }
  giveResponse() { return new Response(bytes("body ", "in ", "parts"), { headers: { "x-a": "1" } }); }
  giveSlowly() {
    return new ReadableStream({
      async start(c) {
        for (const t of ["a", "b", "c"]) {
          await scheduler.wait(1);
          c.enqueue(utf8(t));
        }
        c.close();
      },
    });
  }
  read(stream) { return textOf(stream); }
  async count(stream) {
    let n = 0;
    for await (const chunk of stream) n += chunk.byteLength;
    return n;
  }
  async readOne(stream) {
    const reader = stream.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return value.byteLength;
  }
  echo(stream) { return stream; }
  upper(stream) {
    return stream.pipeThrough(new TransformStream({
      transform(chunk, c) { c.enqueue(utf8(new TextDecoder().decode(chunk).toUpperCase())); },
    }));
  }
  async write(writable, ...texts) {
    const writer = writable.getWriter();
    for (const t of texts) await writer.write(utf8(t));
    await writer.close();
  }
  async abortWriting(writable) { await writable.abort(new RangeError("given up")); }
  async pipe(readable, writable) { await readable.pipeTo(writable); }
  async useResponse(response) { return `${response.headers.get("x-a")} ${await response.text()}`; }
}

export const rpc_stream_result = {
  async test(_, env) {
    const stream = await env.NAMED.give("a", "b", "c");
    ok(stream instanceof ReadableStream);
    eq(await textOf(stream), "abc");
  },
};
export const rpc_stream_result_outlives_the_call = {
  async test(_, env) { eq(await textOf(await env.NAMED.giveSlowly()), "abc"); },
};
export const rpc_stream_empty = {
  async test(_, env) { eq(await textOf(await env.NAMED.give()), ""); },
};
export const rpc_stream_argument = {
  async test(_, env) { eq(await env.NAMED.read(bytes("x", "y")), "xy"); },
};
export const rpc_stream_argument_of_a_plain_source = {
  async test(_, env) {
    eq(await env.NAMED.read(streamOf(utf8("x"), utf8("y"))), "xy");
    eq(await env.NAMED.read(streamOf("text becomes bytes")), "text becomes bytes");
  },
};
export const rpc_stream_carries_bytes_only = {
  async test(_, env) {
    const reader = (await env.NAMED.giveText()).getReader();
    same((await reader.read()).value, utf8("text"));
    await rejects(textOf(await env.NAMED.giveObjects()), "Error", LOST);
  },
};
export const rpc_stream_failure_loses_its_reason = {
  async test(_, env) { await rejects(textOf(await env.NAMED.giveFailing()), "Error", LOST); },
};
export const rpc_stream_several_in_one_result = {
  async test(_, env) {
    const r = await env.NAMED.giveBoth();
    same(await Promise.all([textOf(r.second), textOf(r.first)]), ["2", "1"]);
  },
};
export const rpc_stream_there_and_back = {
  async test(_, env) { eq(await textOf(await env.NAMED.echo(bytes("a", "b"))), "ab"); },
};
export const rpc_stream_through_a_transform = {
  async test(_, env) { eq(await textOf(await env.NAMED.upper(bytes("abc", "def"))), "ABCDEF"); },
};
export const rpc_stream_is_not_bound_by_the_message_limit = {
  async test(_, env) {
    let left = 34;
    const stream = new ReadableStream({
      type: "bytes",
      pull(c) {
        if (left-- > 0) c.enqueue(new Uint8Array(1024 * 1024));
        else c.close();
      },
    });
    eq(await env.NAMED.count(stream), 34 * 1024 * 1024);
  },
};
export const rpc_stream_cancelled_by_the_callee = {
  async test(_, env) {
    let cancelled = false;
    const stream = new ReadableStream({
      type: "bytes",
      async pull(c) {
        await scheduler.wait(1);
        c.enqueue(new Uint8Array(10));
      },
      cancel() { cancelled = true; },
    });
    eq(await env.NAMED.readOne(stream), 10);
    await until(() => cancelled);
  },
};
export const rpc_stream_locked_is_refused = {
  async test(_, env) {
    const stream = bytes("x");
    stream.getReader();
    await rejects(env.NAMED.read(stream), "TypeError", "The ReadableStream has been locked to a reader.");
  },
};
export const rpc_stream_twice_is_refused = {
  async test(_, env) {
    const stream = bytes("x");
    eq(await env.NAMED.read(stream), "x");
    await rejects(env.NAMED.read(stream), "TypeError", "The ReadableStream has been locked to a reader.");
  },
};
export const rpc_stream_writable = {
  async test(_, env) {
    const { readable, writable } = new TransformStream();
    const text = textOf(readable);
    await env.NAMED.write(writable, "1", "2", "3");
    eq(await text, "123");
  },
};
export const rpc_stream_writable_of_a_sink = {
  async test(_, env) {
    const seen = [];
    const decoder = new TextDecoder();
    const writable = new WritableStream({
      write(chunk) { seen.push(decoder.decode(chunk)); },
      close() { seen.push("closed"); },
    });
    await env.NAMED.write(writable, "1", "2");
    eq(seen.join("").replace("closed", ""), "12");
    await until(() => seen.includes("closed"));
  },
};
export const rpc_stream_writable_is_locked_afterwards = {
  async test(_, env) {
    const writable = new WritableStream();
    await env.NAMED.write(writable);
    eq(writable.locked, true);
  },
};
export const rpc_stream_writable_aborted = {
  async test(_, env) {
    let aborted = false;
    const writable = new WritableStream({ abort() { aborted = true; } });
    await env.NAMED.abortWriting(writable);
    await until(() => aborted);
  },
};
export const rpc_stream_piped_by_the_callee = {
  async test(_, env) {
    const { readable, writable } = new TransformStream();
    const text = textOf(readable);
    await env.NAMED.pipe(bytes("through ", "the ", "callee"), writable);
    eq(await text, "through the callee");
  },
};
export const rpc_stream_body_of_a_response = {
  async test(_, env) {
    const r = await env.NAMED.giveResponse();
    eq(r.headers.get("x-a"), "1");
    eq(await r.text(), "body in parts");
    eq(await env.NAMED.useResponse(new Response(bytes("given"), { headers: { "x-a": "2" } })), "2 given");
  },
};
export const rpc_stream_used_response_is_refused = {
  async test(_, env) {
    const r = new Response("x");
    await r.text();
    await rejects(env.NAMED.useResponse(r), "TypeError");
  },
};
