// The connection to one daemon: control calls (JSON in, JSON out), the event stream, and the bytes of
// Worker requests. Sockets are kept open and do not keep the process alive while they are idle.
import http from "node:http";
import { OffingError } from "./error.js";
import { Wire } from "./wire.js";

const CONTROL = "/cdn-cgi/offing/";
const CLIENT_ERRORS = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ENOENT"]);

export class Link {
  #agent = new http.Agent({ keepAlive: true, scheduling: "lifo", noDelay: true });
  #at;
  #wire;
  // Why the daemon is gone, when it is: set by whoever started it.
  ended = undefined;

  constructor(url) {
    const { hostname, port, protocol } = new URL(url);
    if (protocol !== "http:") throw new OffingError("bad_option", `url: http://…, got ${url}`);
    this.url = `http://${hostname}:${port || 80}`;
    this.#at = { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 80), agent: this.#agent };
    this.#wire = new Wire(this.#at.host, this.#at.port);
  }

  close() {
    this.#agent.destroy();
    this.#wire.close();
  }

  // One request; resolves with node's IncomingMessage when its headers are there. `body`: a string, bytes,
  // a Readable, or nothing.
  send(method, path, headers, body, signal) {
    return new Promise((resolve, reject) => {
      const request = http.request({ ...this.#at, method, path, headers, signal }, resolve);
      request.on("error", (error) => reject(this.#explain(error, signal)));
      if (body !== undefined && typeof body.pipe === "function") {
        body.on("error", (error) => request.destroy(error));
        body.pipe(request);
      } else {
        request.end(body);
      }
    });
  }

  // A control call. `world` is the id (letters and digits), `body` an object or nothing.
  async call(method, path, world, body) {
    const marks = world === undefined ? "" : `offing-world: ${world}\r\n`;
    const text = method !== "POST" ? "" : body === undefined ? "{}" : JSON.stringify(body);
    const type = text === "" ? "" : "content-type: application/json\r\n";
    try {
      const answer = await this.#wire.send(`${method} ${CONTROL}${path} HTTP/1.1\r\nhost: localhost\r\n` +
        `offing-control: 1\r\n${marks}${type}`, text);
      return parseAnswer(answer.status, answer.body, method, path);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  // The daemon's event stream, one parsed event after the other.
  async *stream(path, world, signal) {
    const headers = { "offing-control": "1", host: "localhost", accept: "text/event-stream" };
    if (world !== undefined) headers["offing-world"] = world;
    const message = await this.send("GET", CONTROL + path, headers, undefined, signal);
    if (message.statusCode !== 200)
      parseAnswer(message.statusCode, await wholeBody(message), "GET", path);
    message.setEncoding("utf8");
    let rest = "";
    try {
      for await (const chunk of message) {
        const blocks = (rest + chunk).split("\n\n");
        rest = blocks.pop();
        for (const block of blocks) {
          const data = block.split("\n").filter((line) => line.startsWith("data:"))
            .map((line) => line.slice(line[5] === " " ? 6 : 5));
          if (data.length > 0) yield JSON.parse(data.join("\n"));
        }
      }
    } catch (error) {
      if (signal?.aborted) return;
      throw this.#explain(error, signal);
    } finally {
      message.destroy();
    }
  }

  #explain(error, signal) {
    if (error instanceof OffingError) return error;
    if (signal?.aborted) return signal.reason ?? error;
    if (this.ended) return new OffingError("ended", this.ended, { cause: error });
    if (!CLIENT_ERRORS.has(error.code)) return error;
    return new OffingError("unreachable", `offing at ${this.url} does not answer: ${error.message}. ` +
      "Is it still running? Its own output says why it ended.", { cause: error });
  }
}

function parseAnswer(status, bytes, method, path) {
  let answer;
  try {
    answer = JSON.parse(bytes.toString());
  } catch {
    answer = undefined;
  }
  if (status < 300 && answer !== undefined) return answer;
  const error = answer?.error;
  if (error) throw new OffingError(error.code, error.message, { status });
  const text = bytes.toString().trim().slice(0, 300);
  throw new OffingError(`http_${status}`, `${method} ${CONTROL}${path} was answered ${status}: ${text}`,
    { status });
}

// Everything of the body. What came with the headers is there a tick later, without a stream's detours.
export async function wholeBody(message) {
  const early = await earlyBody(message);
  if (early !== undefined) return early;
  const chunks = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

// The whole body if it came together with the headers, else undefined and nothing is consumed.
export function earlyBody(message) {
  return new Promise((resolve) => {
    process.nextTick(() => {
      resolve(message.complete ? (message.read() ?? Buffer.alloc(0)) : undefined);
    });
  });
}
