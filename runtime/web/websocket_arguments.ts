// What guests may give WebSockets, and the platform's words for what they may not
// (spec/durable-objects.md 4, spec/runtime-api.md 7).

import { domException } from "./dom_exception";
import { badArgument } from "./errors";

const REASON_BYTES_MAX = 123;
const INT32_MIN = -(2 ** 31), INT32_MAX = 2 ** 31 - 1;
const REASON_TEXT =
  `WebSocket close reason must not be longer than ${REASON_BYTES_MAX} bytes when UTF-8 encoded.`;

// Compatibility flags that change WebSockets; entry.init sets them.
export const socketFlags = { blobs: true, reasonBytes: true, autoReply: true };

export function messageOf(message: unknown): string | Uint8Array {
  if (typeof message === "string") return message;
  if (message instanceof ArrayBuffer) return new Uint8Array(message);
  if (ArrayBuffer.isView(message)) {
    return new Uint8Array(message.buffer, message.byteOffset, message.byteLength);
  }
  return `${message as string}`;
}

// undefined: none was given.
export function closeCodeOf(code: unknown): number | undefined {
  if (code === undefined) return undefined;
  const value = Math.trunc(Number(code)) || 0;
  if (value < INT32_MIN || value > INT32_MAX) {
    throw new TypeError(
      `Value out of range. Must be between ${INT32_MIN} and ${INT32_MAX} (inclusive).`);
  }
  return value;
}

export function checkClose(code: number | undefined, reason: string | undefined): void {
  if (code !== undefined && (code < 1000 || code > 4999 || code === 1004 || code === 1005 ||
                             code === 1006 || code === 1015)) {
    throw domException("InvalidAccessError", `Invalid WebSocket close code: ${code}.`);
  }
  if (reason === undefined) return;
  if (code === undefined) {
    throw domException("InvalidAccessError", "If you specify a WebSocket close reason, you must " +
                                             "also specify a code.");
  }
  // Three bytes at most for each code unit.
  const fits = reason.length * 3 <= REASON_BYTES_MAX ||
    (socketFlags.reasonBytes ? native.utf8Encode(reason).length : reason.length) <=
      REASON_BYTES_MAX;
  if (!fits) throw domException("SyntaxError", REASON_TEXT);
}

export function checkAcceptOptions(options: unknown): boolean {
  if (options === undefined || options === null) return !socketFlags.autoReply;
  if (typeof options !== "object" && typeof options !== "function") {
    throw badArgument("accept", "WebSocket", 1, "AcceptOptions");
  }
  const { allowHalfOpen } = options as { allowHalfOpen?: unknown };
  return allowHalfOpen === undefined ? !socketFlags.autoReply : Boolean(allowHalfOpen);
}

const SEPARATORS = new Set('()<>@,;:\\/[]?={}"');

function isToken(text: string): boolean {
  if (text === "") return false;
  for (const character of text) {
    if (character < "!" || character > "~" || SEPARATORS.has(character)) return false;
  }
  return true;
}

function syntaxError(text: string): Error {
  return domException("SyntaxError", `WebSocket Constructor: ${text}`);
}

// The http(s) URL of the handshake.
export function handshakeUrl(url: string): string {
  const parsed = native.urlParse(url, undefined);
  if (parsed === undefined) throw syntaxError("The url is invalid.");
  const [href] = parsed;
  if (!href.startsWith("ws:") && !href.startsWith("wss:")) {
    throw syntaxError("The url scheme must be ws or wss.");
  }
  if (href.includes("#")) throw syntaxError("The url fragment must be empty.");
  return `http${href.slice(2)}`;
}

// The value of Sec-WebSocket-Protocol; undefined when no protocol is asked for.
export function protocolsOf(protocols: unknown): string | undefined {
  if (protocols === undefined) return undefined;
  if (!Array.isArray(protocols)) {
    const one = `${protocols as string}`;
    if (!isToken(one)) throw syntaxError("The protocol header token is invalid.");
    return one;
  }
  const all = protocols.map((protocol) => `${protocol as string}`);
  for (const [at, protocol] of all.entries()) {
    if (!isToken(protocol)) throw syntaxError("One of the protocol header tokens is invalid.");
    if (all.indexOf(protocol) < at) {
      throw syntaxError("The protocols header cannot have repeating values.");
    }
  }
  return all.length === 0 ? undefined : all.join(", ");
}
