// HTTP/1.1 to the daemon: one request at a time on a socket that stays open. Several times cheaper than a
// general client, because the other end is known: it answers with a length, in chunks, or without a body.
// What it does not do (bodies that are sent as streams, event streams, upgrades) goes through node:http.
import net from "node:net";
import { Readable } from "node:stream";

const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]/;

export class Wire {
  #at;
  #idle = [];
  #all = new Set();

  constructor(at) {
    this.#at = at;
  }

  // {status, reason, headers: [name, value, …], body: Buffer, or Readable if there is more to come}.
  // `body`: a string or bytes.
  async send(method, path, headers, body, signal) {
    const head = headOf(method, path, headers, body);
    const used = this.#idle.pop();
    if (used === undefined) return this.#open().exchange(head, body, method === "HEAD", signal);
    try {
      return await used.exchange(head, body, method === "HEAD", signal);
    } catch (error) {
      // The daemon may have closed it, unused for long, at this very moment; it read nothing of this.
      if (!used.silent || signal?.aborted) throw error;
      return this.#open().exchange(head, body, method === "HEAD", signal);
    }
  }

  close() {
    for (const line of this.#all) line.close();
  }

  #open() {
    const line = new Line(this.#at, (end) => {
      if (!end) return this.#idle.push(line);
      this.#all.delete(line);
      const at = this.#idle.indexOf(line);
      if (at >= 0) this.#idle.splice(at, 1);
    });
    this.#all.add(line);
    return line;
  }
}

function headOf(method, path, headers, body) {
  let head = `${method} ${path} HTTP/1.1\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    if (FORBIDDEN.test(value)) throw new TypeError(`${name}: ${JSON.stringify(value)} cannot be a header's value`);
    head += `${name}: ${value}\r\n`;
  }
  if (body !== undefined) head += `content-length: ${Buffer.byteLength(body)}\r\n`;
  else if (method !== "GET" && method !== "HEAD") head += "content-length: 0\r\n";
  return `${head}\r\n`;
}

// One socket. `free(end)`: it can take another request, or has come to its end.
class Line {
  // Nothing of the answer has come.
  silent = true;
  #socket;
  #free;
  #exchange = undefined;
  #ended = false;

  constructor({ host, port }, free) {
    this.#free = free;
    this.#socket = net.connect({ host, port, noDelay: true });
    this.#socket.on("data", (chunk) => this.#take(chunk));
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => this.#fail(Object.assign(new Error("the connection was closed"),
      { code: "ECONNRESET" })));
  }

  exchange(head, body, headOnly, signal) {
    return new Promise((resolve, reject) => {
      this.silent = true;
      const abort = signal && (() => this.#fail(signal.reason));
      signal?.addEventListener("abort", abort, { once: true });
      this.#exchange = { answer: new Answer(headOnly), stream: undefined, resolve, reject, signal, abort };
      this.#socket.ref();
      this.#socket.cork();
      this.#socket.write(head, "latin1");
      if (body !== undefined) this.#socket.write(body);
      this.#socket.uncork();
    });
  }

  close() {
    this.#socket.destroy();
  }

  #take(chunk) {
    this.silent = false;
    const exchange = this.#exchange;
    if (exchange === undefined) return this.#fail(new Error("an answer that nobody asked for"));
    const { answer } = exchange;
    let parts;
    try {
      parts = answer.add(chunk);
    } catch (error) {
      return this.#fail(error);
    }
    if (answer.head === undefined) return;
    if (answer.complete) this.#done(exchange);
    if (exchange.stream !== undefined) {
      // What is over is somebody else's socket already.
      for (const part of parts) if (!exchange.stream.push(part) && !answer.complete) this.#socket.pause();
      if (answer.complete) exchange.stream.push(null);
    } else if (answer.complete) {
      exchange.resolve({ ...answer.head, body: parts.length === 1 ? parts[0] : Buffer.concat(parts) });
    } else {
      exchange.stream = this.#stream(exchange);
      for (const part of parts) exchange.stream.push(part);
      exchange.resolve({ ...answer.head, body: exchange.stream });
    }
  }

  #stream(exchange) {
    return new Readable({
      read: () => this.#exchange === exchange && this.#socket.resume(),
      destroy: (error, done) => {
        if (this.#exchange === exchange) this.#fail(error ?? new Error("canceled"));
        done(error);
      },
    });
  }

  #done({ signal, abort, answer }) {
    signal?.removeEventListener("abort", abort);
    this.#exchange = undefined;
    this.#socket.resume();
    if (answer.last) {
      this.#free(true);
      this.#socket.end();
    } else {
      this.#socket.unref();
      this.#free(false);
    }
  }

  #fail(error) {
    if (this.#ended) return;
    this.#ended = true;
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#free(true);
    this.#socket.destroy();
    exchange?.signal?.removeEventListener("abort", exchange.abort);
    if (exchange?.stream !== undefined) exchange.stream.destroy(error);
    else exchange?.reject(error);
  }
}

const NOTHING = Buffer.alloc(0);

// What arrives of one answer: the head, then pieces of the body.
class Answer {
  head = undefined;  // {status, reason, headers}
  last = false;
  complete = false;
  #headOnly;
  #rest = NOTHING;  // of the head, or of a chunk's size
  #left = 0;        // bytes of the body, or of the chunk
  #chunked = false;

  constructor(headOnly) {
    this.#headOnly = headOnly;
  }

  // The pieces of the body in these bytes.
  add(bytes) {
    while (this.head === undefined) {
      bytes = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
      const end = bytes.indexOf("\r\n\r\n");
      if (end < 0) {
        this.#rest = bytes;
        return [];
      }
      this.#rest = NOTHING;
      this.#begin(bytes.latin1Slice(0, end));
      bytes = bytes.subarray(end + 4);
    }
    const parts = [];
    if (this.complete) return parts;
    if (this.#chunked) this.#addChunks(bytes, parts);
    else this.#addPart(bytes, parts);
    return parts;
  }

  #begin(text) {
    const lines = text.split("\r\n");
    const first = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(lines[0]);
    if (first === null) throw new Error(`no HTTP: ${lines[0].slice(0, 60)}`);
    const status = Number(first[1]);
    if (status < 200) return;  // the answer is still to come
    const headers = [];
    let length;
    for (let i = 1; i < lines.length; ++i) {
      const colon = lines[i].indexOf(":");
      const name = lines[i].slice(0, colon);
      const value = lines[i].slice(colon + 1).trim();
      headers.push(name, value);
      switch (name.toLowerCase()) {
        case "content-length": length = Number(value); break;
        case "transfer-encoding": this.#chunked = /chunked/i.test(value); break;
        case "connection": this.last = /close/i.test(value); break;
      }
    }
    this.head = { status, reason: first[2], headers };
    this.#left = this.#chunked ? 0 : length;
    if (this.#headOnly || status === 204 || status === 304) this.complete = true;
    else if (length === undefined && !this.#chunked) throw new Error("an answer without a length");
  }

  #addPart(bytes, parts) {
    if (bytes.length > 0 && this.#left > 0) parts.push(bytes.subarray(0, this.#left));
    this.#left -= Math.min(this.#left, bytes.length);
    this.complete = this.#left === 0;
  }

  // #left counts a chunk's bytes and the line's end behind them; between chunks it is 0.
  #addChunks(bytes, parts) {
    let at = 0;
    while (at < bytes.length) {
      if (this.#left > 0) {
        const data = Math.min(this.#left - 2, bytes.length - at);
        if (data > 0) parts.push(bytes.subarray(at, at + data));
        const step = Math.min(this.#left, bytes.length - at);
        this.#left -= step;
        at += step;
        continue;
      }
      const rest = Buffer.concat([this.#rest, bytes.subarray(at)]);
      const end = rest.indexOf("\r\n");
      if (end < 0) {
        this.#rest = rest;
        return;
      }
      const size = parseInt(rest.latin1Slice(0, end), 16);
      if (!(size >= 0)) throw new Error("a chunk without a size");
      // The last chunk is followed by an empty line; the daemon sends no trailers.
      if (size === 0) {
        if (rest.length < end + 4) {
          this.#rest = rest;
          return;
        }
        this.complete = true;
        return;
      }
      bytes = rest.subarray(end + 2);
      at = 0;
      this.#rest = NOTHING;
      this.#left = size + 2;
    }
  }
}
