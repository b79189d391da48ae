// Control calls on the wire: one HTTP/1.1 request at a time on a socket that stays open. Several times
// cheaper than a general client, which Worker requests go through: here both ends are offing.
import net from "node:net";

export class Wire {
  #host;
  #port;
  #idle = [];
  #all = new Set();

  constructor(host, port) {
    this.#host = host;
    this.#port = port;
  }

  // {status, body: Buffer}. `head`: method, path and header lines without the last empty one.
  async send(head, body = "") {
    const bytes = `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    const used = this.#idle.pop();
    if (used === undefined) return this.#open().exchange(bytes);
    try {
      return await used.exchange(bytes);
    } catch (error) {
      // The daemon may have closed it, unused for long, at this very moment; it read nothing of this.
      if (!used.silent) throw error;
      return this.#open().exchange(bytes);
    }
  }

  close() {
    for (const line of this.#all) line.close();
  }

  #open() {
    const line = new Line(this.#host, this.#port, (end) => {
      if (!end) return this.#idle.push(line);
      this.#all.delete(line);
      const at = this.#idle.indexOf(line);
      if (at >= 0) this.#idle.splice(at, 1);
    });
    this.#all.add(line);
    return line;
  }
}

// One socket. `free(end)`: it can take another request, or has come to its end.
class Line {
  // Nothing of the answer has come.
  silent = true;
  #socket;
  #free;
  #pending = undefined;
  #answer = new Answer();

  constructor(host, port, free) {
    this.#free = free;
    this.#socket = net.connect({ host, port, noDelay: true });
    this.#socket.on("data", (chunk) => this.#take(chunk));
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => this.#fail(Object.assign(new Error("the connection was closed"),
      { code: "ECONNRESET" })));
  }

  exchange(bytes) {
    return new Promise((resolve, reject) => {
      this.silent = true;
      this.#pending = { resolve, reject };
      this.#socket.ref();
      this.#socket.write(bytes);
    });
  }

  close() {
    this.#socket.destroy();
  }

  #take(chunk) {
    this.silent = false;
    let answer;
    try {
      answer = this.#answer.add(chunk);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (answer === undefined) return;
    const { resolve } = this.#pending;
    this.#pending = undefined;
    this.#answer = new Answer();
    if (answer.last) {
      this.#socket.end();
    } else {
      this.#socket.unref();
      this.#free(false);
    }
    resolve(answer);
  }

  #fail(error) {
    this.#free(true);
    this.#socket.destroy();
    this.#pending?.reject(error);
    this.#pending = undefined;
  }
}

// The bytes of one answer, until it is complete.
class Answer {
  #bytes = undefined;
  #head = undefined;

  add(chunk) {
    this.#bytes = this.#bytes === undefined ? chunk : Buffer.concat([this.#bytes, chunk]);
    this.#head ??= headOf(this.#bytes);
    if (this.#head === undefined) return undefined;
    const { status, last, length, start } = this.#head;
    const body = length === undefined ? unchunked(this.#bytes, start)
      : this.#bytes.length < start + length ? undefined : this.#bytes.subarray(start, start + length);
    return body && { status, last, body };
  }
}

function headOf(bytes) {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = bytes.latin1Slice(0, end).toLowerCase();
  const status = Number(head.slice(9, 12));
  if (!head.startsWith("http/1.") || !(status >= 200)) throw new Error(`no HTTP: ${head.slice(0, 60)}`);
  const length = /\r\ncontent-length: *(\d+)/.exec(head);
  if (length === null && !/\r\ntransfer-encoding: *chunked/.test(head))
    throw new Error("an answer without a length");
  return {
    status, start: end + 4, length: length === null ? undefined : Number(length[1]),
    last: /\r\nconnection: *close/.test(head),
  };
}

function unchunked(bytes, start) {
  const parts = [];
  for (let at = start; ;) {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const size = parseInt(bytes.latin1Slice(at, end), 16);
    if (!(size >= 0)) throw new Error("a chunk without a size");
    const next = end + 2 + size + 2;
    if (bytes.length < next) return undefined;
    if (size === 0) return Buffer.concat(parts);
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = next;
  }
}
