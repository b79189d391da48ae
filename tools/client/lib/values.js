// Values as JSON carries them: text, or base64 of bytes.

export async function encodeValue(value) {
  if (typeof value === "string") return { value };
  if (value === null || value === undefined)
    throw new TypeError(`put: a value is text, bytes, a Blob, a stream or a Response, got ${value}`);
  const bytes = value instanceof ArrayBuffer ? Buffer.from(value)
    : ArrayBuffer.isView(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(await new Response(value instanceof Response ? value.body : value).arrayBuffer());
  return { value_base64: bytes.toString("base64") };
}

export const bytesOf = (answer) =>
  answer.value_base64 === undefined ? Buffer.from(answer.value ?? "") : Buffer.from(answer.value_base64, "base64");

export const textOf = (answer) =>
  answer.value ?? new TextDecoder().decode(Buffer.from(answer.value_base64 ?? "", "base64"));

export function copyOf(bytes) {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

// {written_at_ms: 1} as {writtenAtMs: 1}, all the way down: for what the daemon itself has made.
export function camel(value) {
  if (Array.isArray(value)) return value.map(camel);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(
    ([name, inner]) => [name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase()), camel(inner)]));
}
