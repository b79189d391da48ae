// Sockets for the WebSocket areas: connected, accepted, and with everything they receive noted.
import { eq, until } from "./assert.js";

let opened = []; // sockets of the check that is running
let hosts = []; // the objects they lead to

/** The running check will close this socket. */
export const tracked = (ws) => {
  opened.push(ws);
  return ws;
};

/** Closes `ws`, if it is this side's to close. */
function end(ws) {
  try {
    ws.accept();
  } catch {
    // accepted in another way
  }
  try {
    ws.close();
    return true;
  } catch {
    return false;
  }
}

/** A check that closes the sockets it opened, on both sides: a context lives as long as its accepted
 * sockets. An object may have a method hangUp() for its own. */
export const closing = (body) => async (controller, env, ctx) => {
  opened = [];
  hosts = [];
  try {
    await body(controller, env, ctx);
  } finally {
    const ending = opened.filter(end);
    for (const stub of hosts) await stub.hangUp().catch(() => {});
    await until(() => ending.every((ws) => ws.readyState === WebSocket.CLOSED)).catch(() => {});
  }
};

/** Both ends of a new pair. */
export function newPair() {
  const p = new WebSocketPair();
  return [tracked(p[0]), tracked(p[1])];
}

export const tick = () => scheduler.wait(2);

/** Notes what an accepted socket receives: `seen` holds data and closes "close CODE REASON CLEAN". */
export function record(ws) {
  const seen = [];
  ws.addEventListener("message", (e) => { seen.push(e.data); });
  ws.addEventListener("close", (e) => { seen.push(`close ${e.code} ${e.reason} ${e.wasClean}`); });
  const count = (n) => until(() => seen.length >= n, `${n} events, of which came ${JSON.stringify(seen)}`);
  /** The first `n` events, when they have come. */
  const first = async (n) => {
    await count(n);
    return seen.slice(0, n);
  };
  return { ws, seen, first };
}

/** A new pair, both ends accepted and recorded. */
export function pair(options) {
  const [a, b] = newPair();
  a.accept(options);
  b.accept(options);
  return [record(a), record(b)];
}

/** The client's end of a socket to a stub, before accept(). */
export async function handshake(stub, query = "") {
  hosts.push(stub);
  const response = await stub.fetch(`http://object/?${query}`, { headers: { Upgrade: "websocket" } });
  eq(response.status, 101);
  return tracked(response.webSocket);
}

/** The same, accepted and recorded. */
export async function connect(stub, query) {
  const ws = await handshake(stub, query);
  ws.accept();
  return record(ws);
}
