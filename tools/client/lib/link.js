// The connections to one daemon: control calls (JSON in, JSON out), the event stream, and the bytes of
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
    this.#wire = new Wire(this.#at);
  }

  close() {
    this.#agent.destroy();
    this.#wire.close();
  }

  // One request with a stream as its body, or with a stream as its answer. As Wire.send.
  stream(method, path, headers, body, signal) {
    return new Promise((resolve, reject) => {
      const request = http.request({ ...this.#at, method, path, headers, signal }, (message) => resolve({
        status: message.statusCode, reason: message.statusMessage, headers: message.rawHeaders, body: message,
      }));
      request.on("error", (error) => reject(this.#explain(error, signal)));
      if (body === undefined) return request.end();
      body.on("error", (error) => request.destroy(error));
      body.pipe(request);
    });
  }

  // A control call. `world` is the id, `body` an object or nothing.
  async call(method, path, world, body) {
    const headers = { host: "localhost", "offing-control": "1" };
    if (world !== undefined) headers["offing-world"] = world;
    let text;
    if (method === "POST") {
      headers["content-type"] = "application/json";
      text = body === undefined ? "{}" : JSON.stringify(body);
    }
    const answer = await this.exchange(method, CONTROL + path, headers, text);
    return parseAnswer(answer.status, await wholeBody(answer.body), method, path);
  }

  // One request with a body of text or bytes; see Wire.send.
  async exchange(method, path, headers, body, signal) {
    try {
      return await this.#wire.send(method, path, headers, body, signal);
    } catch (error) {
      throw this.#explain(error, signal);
    }
  }

  // The daemon's event stream, one parsed event after the other.
  async *events(path, world, signal) {
    const headers = { "offing-control": "1", host: "localhost", accept: "text/event-stream" };
    if (world !== undefined) headers["offing-world"] = world;
    const { status, body } = await this.stream("GET", CONTROL + path, headers, undefined, signal);
    if (status !== 200) parseAnswer(status, await wholeBody(body), "GET", path);
    body.setEncoding("utf8");
    let rest = "";
    try {
      for await (const chunk of body) {
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
      body.destroy();
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

async function wholeBody(body) {
  if (body instanceof Uint8Array) return body;
  const chunks = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
