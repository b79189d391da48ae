// WebSocketPair, accept, send, close and events: spec/durable-objects.md section 4, spec/runtime-api.md section 7.
import { eq, same, ok, throws, utf8, until } from "./assert.js";
import { closing, newPair, pair, record, tick } from "./sockets.js";

const NOT_ACCEPTED =
  "You must call one of accept() or state.acceptWebSocket() on this WebSocket before sending messages.";

export const ws_pair_shape = {
  test: closing(async () => {
    const p = new WebSocketPair();
    same(Object.keys(p), ["0", "1"]);
    eq(Object.values(p).length, 2);
    eq(Object.prototype.toString.call(p), "[object WebSocketPair]");
    ok(p[0] instanceof WebSocket && p[1] instanceof WebSocket && p[0] !== p[1]);
    eq(p[0] === p[0], true);
  }),
};
export const ws_pair_can_be_destructured = {
  test: closing(async () => {
    const [a, b] = new WebSocketPair();
    ok(a instanceof WebSocket && b instanceof WebSocket);
  }),
};
export const ws_pair_needs_new = {
  test: closing(async () => { throws(() => WebSocketPair(), "TypeError"); }),
};
export const ws_pair_fields = {
  test: closing(async () => {
    const ws = newPair()[0];
    eq(ws.url, null);
    eq(ws.protocol, "");
    eq(ws.extensions, "");
    eq(ws.readyState, WebSocket.OPEN);
    eq(ws.binaryType, "blob");
  }),
};
export const ws_constants = {
  test: closing(async () => {
    same([WebSocket.CONNECTING, WebSocket.OPEN, WebSocket.CLOSING, WebSocket.CLOSED], [0, 1, 2, 3]);
    same([WebSocket.READY_STATE_CONNECTING, WebSocket.READY_STATE_OPEN, WebSocket.READY_STATE_CLOSING,
      WebSocket.READY_STATE_CLOSED], [0, 1, 2, 3]);
    eq(newPair()[0].CLOSED, 3);
  }),
};
export const ws_text_both_ways = {
  test: closing(async () => {
    const [a, b] = pair();
    a.ws.send("from a");
    b.ws.send("from b é😀");
    same(await b.first(1), ["from a"]);
    same(await a.first(1), ["from b é😀"]);
  }),
};
export const ws_messages_keep_their_order = {
  test: closing(async () => {
    const [a, b] = pair();
    const sent = Array.from({ length: 50 }, (_, i) => String(i));
    for (const m of sent) a.ws.send(m);
    same(await b.first(50), sent);
  }),
};
export const ws_empty_message = {
  test: closing(async () => {
    const [a, b] = pair();
    a.ws.send("");
    same(await b.first(1), [""]);
  }),
};
export const ws_send_stringifies = {
  test: closing(async () => {
    const [a, b] = pair();
    a.ws.send(5);
    a.ws.send(null);
    same(await b.first(2), ["5", "null"]);
  }),
};
export const ws_binary_is_a_blob_by_default = {
  test: closing(async () => {
    const [a, b] = pair();
    a.ws.send(new Uint8Array([1, 2, 255]));
    const [data] = await b.first(1);
    ok(data instanceof Blob);
    same(new Uint8Array(await data.arrayBuffer()), new Uint8Array([1, 2, 255]));
  }),
};
export const ws_binary_type_array_buffer = {
  test: closing(async () => {
    const [a, b] = pair();
    b.ws.binaryType = "arraybuffer";
    a.ws.send(new Uint8Array([1, 2, 3, 4]).subarray(1, 3));
    a.ws.send(new Uint8Array([9]).buffer);
    const [view, buffer] = await b.first(2);
    ok(view instanceof ArrayBuffer);
    same(new Uint8Array(view), new Uint8Array([2, 3]));
    same(new Uint8Array(buffer), new Uint8Array([9]));
  }),
};
export const ws_binary_type_ignores_other_values = {
  test: closing(async () => {
    const ws = newPair()[0];
    ws.binaryType = "arraybuffer";
    ws.binaryType = "text";
    eq(ws.binaryType, "arraybuffer");
  }),
};
export const ws_binary_is_copied_at_send = {
  test: closing(async () => {
    const [a, b] = pair();
    b.ws.binaryType = "arraybuffer";
    const bytes = utf8("abc");
    a.ws.send(bytes);
    bytes[0] = 0;
    same(new Uint8Array((await b.first(1))[0]), utf8("abc"));
  }),
};
export const ws_large_message = {
  test: closing(async () => {
    const [a, b] = pair();
    a.ws.send("x".repeat(300_000));
    eq((await b.first(1))[0].length, 300_000);
  }),
};
export const ws_message_event = {
  test: closing(async () => {
    const [a, b] = pair();
    let event;
    b.ws.addEventListener("message", (e) => { event = e; });
    a.ws.send("m");
    await b.first(1);
    ok(event instanceof MessageEvent);
    eq(event.type, "message");
    eq(event.data, "m");
    eq(event.target, b.ws);
  }),
};
export const ws_close_event = {
  test: closing(async () => {
    const [a, b] = pair();
    let event;
    b.ws.addEventListener("close", (e) => { event = e; });
    a.ws.close(3001, "bye");
    await b.first(1);
    ok(event instanceof CloseEvent);
    eq(event.code, 3001);
    eq(event.reason, "bye");
    eq(event.wasClean, true);
  }),
};
export const ws_handler_attributes = {
  test: closing(async () => {
    const [a, b] = pair();
    const seen = [];
    b.ws.onmessage = (e) => { seen.push(e.data); };
    b.ws.onclose = (e) => { seen.push(e.code); };
    a.ws.send("m");
    a.ws.close(1000);
    await b.first(2);
    same(seen, ["m", 1000]);
  }),
};
export const ws_listener_can_be_removed = {
  test: closing(async () => {
    const [a, b] = pair();
    let calls = 0;
    const listener = () => { calls++; };
    b.ws.addEventListener("message", listener);
    b.ws.removeEventListener("message", listener);
    a.ws.send("m");
    await b.first(1);
    eq(calls, 0);
  }),
};
export const ws_messages_wait_for_accept = {
  test: closing(async () => {
    const ends = newPair();
    ends[0].accept();
    ends[0].send("1");
    ends[0].send("2");
    await tick();
    const b = record(ends[1]);
    eq(b.seen.length, 0);
    ends[1].accept();
    same(await b.first(2), ["1", "2"]);
  }),
};
export const ws_messages_without_listener_are_lost = {
  test: closing(async () => {
    const ends = newPair();
    ends[0].accept();
    ends[1].accept();
    ends[0].send("lost");
    await tick();
    const b = record(ends[1]);
    ends[0].send("seen");
    same(await b.first(1), ["seen"]);
  }),
};
export const ws_listeners_added_at_once_after_accept = {
  test: closing(async () => {
    const ends = newPair();
    ends[0].accept();
    ends[0].send("early");
    await tick();
    ends[1].accept();
    const b = record(ends[1]);
    same(await b.first(1), ["early"]);
  }),
};
export const ws_accept_twice_is_harmless = {
  test: closing(async () => {
    const ws = newPair()[0];
    ws.accept();
    eq(ws.accept(), undefined);
  }),
};
export const ws_accept_options_must_be_an_object = {
  test: closing(async () => {
    throws(() => newPair()[0].accept(5), "TypeError",
      "Failed to execute 'accept' on 'WebSocket': parameter 1 is not of type 'AcceptOptions'.");
  }),
};
export const ws_send_before_accept = {
  test: closing(async () => {
    throws(() => newPair()[0].send("x"), "TypeError", NOT_ACCEPTED);
  }),
};
export const ws_close_before_accept = {
  test: closing(async () => { throws(() => newPair()[0].close(), "TypeError", NOT_ACCEPTED); }),
};
export const ws_send_after_close = {
  test: closing(async () => {
    const [a] = pair();
    a.ws.close(1000);
    throws(() => a.ws.send("x"), "TypeError", "Can't call WebSocket send() after close().");
  }),
};
export const ws_close_twice_is_ignored = {
  test: closing(async () => {
    const [a, b] = pair();
    a.ws.close(3001, "first");
    eq(a.ws.close(3002, "second"), undefined);
    same(await b.first(1), ["close 3001 first true"]);
  }),
};
export const ws_close_codes = {
  test: closing(async () => {
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 5000]) {
      throws(() => pair()[0].ws.close(code), "InvalidAccessError", `Invalid WebSocket close code: ${code}.`);
    }
    for (const code of [1000, 1001, 1003, 1007, 1014, 2999, 3000, 4999]) eq(pair()[0].ws.close(code), undefined);
  }),
};
export const ws_close_code_is_a_dom_exception = {
  test: closing(async () => {
    const e = throws(() => pair()[0].ws.close(999), "InvalidAccessError");
    ok(e instanceof DOMException);
    eq(e.code, 15);
  }),
};
export const ws_close_reason_needs_a_code = {
  test: closing(async () => {
    throws(() => pair()[0].ws.close(undefined, "x"), "InvalidAccessError",
      "If you specify a WebSocket close reason, you must also specify a code.");
  }),
};
export const ws_close_reason_length = {
  test: closing(async () => {
    const text = "WebSocket close reason must not be longer than 123 bytes when UTF-8 encoded.";
    throws(() => pair()[0].ws.close(1000, "x".repeat(124)), "SyntaxError", text);
    throws(() => pair()[0].ws.close(1000, "é".repeat(62)), "SyntaxError", text);
    eq(pair()[0].ws.close(1000, "x".repeat(123)), undefined);
  }),
};
export const ws_close_without_code = {
  test: closing(async () => {
    const [a, b] = pair();
    a.ws.close();
    same(await b.first(1), ["close 1005  true"]);
  }),
};
export const ws_close_is_answered = {
  test: closing(async () => {
    const [a, b] = pair();
    a.ws.close(3001, "bye");
    same(await b.first(1), ["close 3001 bye true"]);
    same(await a.first(1), ["close 3001 bye true"]);
    eq(a.ws.readyState, WebSocket.CLOSED);
    eq(b.ws.readyState, WebSocket.CLOSED);
  }),
};
export const ws_closing_until_answered = {
  test: closing(async () => {
    const [a, b] = pair({ allowHalfOpen: true });
    a.ws.close(3001, "bye");
    eq(a.ws.readyState, WebSocket.CLOSING);
    await b.first(1);
    eq(b.ws.readyState, WebSocket.CLOSING);
    await tick();
    same(a.seen, []);
  }),
};
export const ws_half_open_can_still_send = {
  test: closing(async () => {
    const [a, b] = pair({ allowHalfOpen: true });
    a.ws.close(3001, "bye");
    await b.first(1);
    b.ws.send("still");
    b.ws.close(3002, "own");
    same(await a.first(2), ["still", "close 3002 own true"]);
    eq(a.ws.readyState, WebSocket.CLOSED);
  }),
};
export const ws_no_send_after_an_answered_close = {
  test: closing(async () => {
    const [a, b] = pair();
    a.ws.close(3001, "bye");
    await b.first(1);
    throws(() => b.ws.send("x"), "TypeError", "Can't call WebSocket send() after close().");
  }),
};
export const ws_close_after_messages = {
  test: closing(async () => {
    const [a, b] = pair();
    a.ws.send("1");
    a.ws.send("2");
    a.ws.close(1000, "done");
    same(await b.first(3), ["1", "2", "close 1000 done true"]);
  }),
};
export const ws_both_close = {
  test: closing(async () => {
    const [a, b] = pair();
    a.ws.close(3001, "A");
    b.ws.close(3002, "B");
    same(await a.first(1), ["close 3002 B true"]);
    same(await b.first(1), ["close 3001 A true"]);
  }),
};
export const ws_listener_that_throws_breaks_the_socket = {
  test: closing(async () => {
    const ends = newPair();
    ends[0].accept();
    ends[1].accept();
    const errors = [];
    let calls = 0;
    ends[1].addEventListener("message", () => { calls++; throw new RangeError("in a listener"); });
    ends[1].addEventListener("error", (e) => { errors.push(e.message); });
    ends[0].send("1");
    ends[0].send("2");
    await until(() => errors.length);
    same(errors, ["Uncaught RangeError: in a listener"]);
    await tick();
    eq(calls, 1);
  }),
};
export const ws_constructor_checks_its_url = {
  test: closing(async () => {
    const refuses = (url, protocols, text) =>
      throws(() => new WebSocket(url, protocols), "SyntaxError", `WebSocket Constructor: ${text}`);
    refuses("not a url", undefined, "The url is invalid.");
    refuses("ftp://a/", undefined, "The url scheme must be ws or wss.");
    refuses("ws://a/#f", undefined, "The url fragment must be empty.");
    refuses("ws://a/", "a b", "The protocol header token is invalid.");
    refuses("ws://a/", ["a", "a"], "The protocols header cannot have repeating values.");
  }),
};
export const ws_attachment_of_any_socket = {
  test: closing(async () => {
    const ws = newPair()[0];
    eq(ws.deserializeAttachment(), null);
    ws.serializeAttachment({ a: [1] });
    same(ws.deserializeAttachment(), { a: [1] });
  }),
};
