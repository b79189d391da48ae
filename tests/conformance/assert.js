// Assertions the checks share. A failure's message says what was expected and what came.

const show = (v) => {
  if (typeof v === "string") return JSON.stringify(v);
  if (typeof v === "bigint") return `${v}n`;
  if (v instanceof Error) return `${v.name}: ${v.message}`;
  if (ArrayBuffer.isView(v)) return `${v.constructor.name}[${Array.from(v).join(",")}]`;
  if (v instanceof ArrayBuffer) return `ArrayBuffer[${new Uint8Array(v).join(",")}]`;
  if (v instanceof Map) return `Map${JSON.stringify([...v])}`;
  if (typeof v === "object" && v !== null) return JSON.stringify(v);
  return Object.is(v, -0) ? "-0" : String(v);
};

const fail = (what, expected, actual) => {
  const label = what === undefined ? "" : `${what}: `;
  throw new Error(`${label}expected ${expected}, got ${actual}`);
};

/** Object.is. */
export function eq(actual, expected, what) {
  if (!Object.is(actual, expected)) fail(what, show(expected), show(actual));
}

/** Equal by the text `show` gives: for plain arrays, objects, Maps and bytes. */
export function same(actual, expected, what) {
  if (show(actual) !== show(expected)) fail(what, show(expected), show(actual));
}

export function ok(value, what) {
  if (!value) fail(what, "a true value", show(value));
}

export function match(text, pattern, what) {
  if (typeof text !== "string" || !pattern.test(text)) fail(what, String(pattern), show(text));
}

function isError(e, name, text) {
  const got = e instanceof Error ? `${e.name}: ${e.message}` : show(e);
  if (!(e instanceof Error)) fail("thrown value", `${name}`, got);
  if (e.name !== name) fail("error's name", name, got);
  if (text instanceof RegExp ? !text.test(e.message) : text !== undefined && e.message !== text) {
    fail("error's text", show(text instanceof RegExp ? String(text) : text), show(e.message));
  }
}

/** `call` throws synchronously an Error with this name and text (string: whole; RegExp: part). */
export function throws(call, name, text) {
  let result;
  try {
    result = call();
  } catch (e) {
    isError(e, name, text);
    return e;
  }
  return fail("call", `${name} thrown`, show(result));
}

/** The promise rejects with an Error with this name and text. A function is called first and must
 * not throw synchronously. */
export async function rejects(promise, name, text) {
  let result;
  if (typeof promise === "function") {
    try {
      promise = promise();
    } catch (e) {
      fail("call", "a rejected promise", `synchronous ${show(e)}`);
    }
  }
  try {
    result = await promise;
  } catch (e) {
    isError(e, name, text);
    return e;
  }
  return fail("promise", `${name} rejection`, show(result));
}

/** Throws synchronously or rejects: where the platform's two answers are both seen. */
export async function refuses(call, name, text) {
  let result;
  try {
    result = await call();
  } catch (e) {
    isError(e, name, text);
    return e;
  }
  return fail("call", `${name}`, show(result));
}

/** What `probe` gives once that is true; asked again after each short wait. */
export async function until(probe, what = "condition") {
  for (let i = 0; i < 100; i++) {
    const value = await probe();
    if (value) return value;
    await scheduler.wait(1);
  }
  return fail(what, "a true value in time", "none");
}

export const utf8 = (s) => new TextEncoder().encode(s);
export const hex = (b) =>
  [...new Uint8Array(b.buffer ?? b)].map((x) => x.toString(16).padStart(2, "0")).join("");
export const unhex = (s) => Uint8Array.from(s.match(/../g) ?? [], (h) => parseInt(h, 16));

/** A stream of these chunks. */
export const streamOf = (...chunks) =>
  new ReadableStream({
    start(c) {
      for (const chunk of chunks) c.enqueue(chunk);
      c.close();
    },
  });

/** Everything a stream gives, as an array of chunks. */
export async function drain(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

/** Everything a stream of bytes gives, as text. */
export async function textOf(stream) {
  const decoder = new TextDecoder();
  let out = "";
  for await (const chunk of stream) out += decoder.decode(chunk, { stream: true });
  return out + decoder.decode();
}
