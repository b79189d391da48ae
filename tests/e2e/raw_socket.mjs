// A WebSocket client of bare bytes: frames as a test wants them, also those that no library would send.
import { connect } from "node:net";
import { randomBytes } from "node:crypto";

export const TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;
const KEY = "dGhlIHNhbXBsZSBub25jZQ=="; // RFC 6455, 1.3

/** One frame. `length` may claim another length than the payload's; `first` sets the first byte. */
export function frame(opcode, payload = "", { fin = true, mask = true, length, first } = {}) {
  const body = Buffer.from(payload);
  const size = length ?? body.length;
  const head = [first ?? ((fin ? 0x80 : 0) | opcode)];
  const maskBit = mask ? 0x80 : 0;
  if (size < 126) {
    head.push(maskBit | size);
  } else if (size < 65536) {
    head.push(maskBit | 126, size >> 8, size & 255);
  } else {
    const long = Buffer.alloc(8);
    long.writeBigUInt64BE(BigInt(size));
    head.push(maskBit | 127, ...long);
  }
  if (!mask) return Buffer.concat([Buffer.from(head), body]);
  const key = randomBytes(4);
  const masked = Buffer.from(body);
  for (let i = 0; i < masked.length; ++i) masked[i] ^= key[i & 3];
  return Buffer.concat([Buffer.from(head), key, masked]);
}

export const closeFrame = (code, reason = "") =>
  frame(CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]));

/** The first frame of `bytes`: {opcode, payload, size}, or how many bytes it takes to go on. */
function readFrame(bytes) {
  if (bytes.length < 2) return 2;
  const short = bytes[1] & 127;
  const start = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < start) return start;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  const size = start + length;
  return bytes.length < size ? size : { opcode: bytes[0] & 15, payload: bytes.subarray(start, size), size };
}

class RawSocket {
  #chunks = [];
  #ended = false;
  #wake = () => {};

  constructor(socket) {
    this.socket = socket;
    socket.on("data", (d) => { this.#chunks.push(d); this.#wake(); });
    socket.on("close", () => { this.#ended = true; this.#wake(); });
    socket.on("error", () => {});
  }
  /** All that has come, once it is `size` bytes; null if the connection ends before. */
  async #atLeast(size) {
    while (this.#chunks.reduce((sum, d) => sum + d.length, 0) < size) {
      if (this.#ended) return null;
      await new Promise((done) => (this.#wake = done));
    }
    this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0];
  }
  #drop(size) { this.#chunks = [this.#chunks[0].subarray(size)]; }
  /** The response's status, headers, and (for a refusal) its body. */
  async head() {
    let bytes = await this.#atLeast(1);
    let end;
    while (bytes !== null && (end = bytes.indexOf("\r\n\r\n")) < 0) bytes = await this.#atLeast(bytes.length + 1);
    if (bytes === null) throw new Error("the connection ended before a response's head");
    const [first, ...lines] = bytes.subarray(0, end).toString().split("\r\n");
    this.#drop(end + 4);
    this.status = Number(first.split(" ")[1]);
    this.headers = Object.fromEntries(lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }));
    const length = this.status === 101 ? 0 : Number(this.headers["content-length"] ?? 0);
    this.body = length === 0 ? "" : (await this.#atLeast(length)).subarray(0, length).toString();
    return this;
  }
  send(...frames) { this.socket.write(Buffer.concat(frames)); }
  /** The next frame, {opcode, payload}; null once the connection has ended. */
  async next() {
    for (let size = 2; ;) {
      const bytes = await this.#atLeast(size);
      if (bytes === null) return null;
      const got = readFrame(bytes);
      if (typeof got === "object") {
        this.#drop(got.size);
        return got;
      }
      size = got;
    }
  }
  /** The next frame, which has to be a Close: "CODE reason". */
  async close() {
    const got = await this.next();
    if (got === null) return "end of the connection";
    if (got.opcode !== CLOSE) return `frame ${got.opcode} ${got.payload}`;
    return got.payload.length < 2 ? "1005" : `${got.payload.readUInt16BE(0)} ${got.payload.subarray(2)}`.trim();
  }
  async text() {
    const got = await this.next();
    return got === null ? "end of the connection" : got.payload.toString();
  }
}

/** Sends an upgrade request with these headers (undefined leaves one out); resolves after its head. */
export async function rawSocket(t, url, headers = {}, method = "GET") {
  const { hostname, port, pathname, search, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  t.after(() => socket.destroy());
  const all = {
    host, upgrade: "websocket", connection: "Upgrade", "sec-websocket-version": "13",
    "sec-websocket-key": KEY, ...headers,
  };
  const lines = Object.entries(all).filter(([, v]) => v !== undefined).map(([k, v]) => `${k}: ${v}\r\n`);
  socket.write(`${method} ${pathname}${search} HTTP/1.1\r\n${lines.join("")}\r\n`);
  return await new RawSocket(socket).head();
}
