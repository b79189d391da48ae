// A WebSocket to the Worker: Node's own, opened with the world's headers.
import { OffingError } from "./error.js";
import { ORIGIN } from "./fetch.js";

export function openWebSocket(view, path, { protocols = [], headers = {} } = {}) {
  if (typeof globalThis.WebSocket !== "function")
    return Promise.reject(new OffingError("bad_option", "webSocket() needs the global WebSocket of Node.js " +
      `22 or later, this is ${process.version}; or open one of your own to w.url with w.headers`));
  const url = new URL(String(path), ORIGIN);
  const target = view.url.replace(/^http/, "ws") + url.pathname + url.search;
  const own = Object.fromEntries(new Headers(headers));
  // Node's WebSocket takes headers in its second argument; browsers' do not.
  const socket = new WebSocket(target, { protocols, headers: { ...own, ...view.headers } });
  socket.binaryType = "arraybuffer";
  return new Promise((opened, failed) => {
    const fail = (event) => failed(new OffingError("no_web_socket", `${url.href}: the Worker did not open a ` +
      `WebSocket${event.message ? `: ${event.message}` : ""}. fetch() with "upgrade: websocket" shows its answer.`));
    socket.addEventListener("open", () => {
      socket.removeEventListener("error", fail);
      opened(socket);
    }, { once: true });
    socket.addEventListener("error", fail, { once: true });
  });
}
