// A Durable Object that runs the checks' own functions, so that a check reads as one piece. Functions
// are known by their place in the source, which is the same in every isolate.
import { DurableObject } from "cloudflare:workers";

const bodies = [];
const address = (index, arg) => `http://actor/${index}?${new URLSearchParams({ arg: JSON.stringify(arg ?? null) })}`;

/** Calls bodies by fetch: /N answers {value} or {error}, /raw/N lets an exception out of the object. */
export class Actor extends DurableObject {
  log = []; // for checks of the order in which things happen

  async fetch(request) {
    const url = new URL(request.url);
    const [, index, raw] = /^\/(\d+)(\/raw)?$/.exec(url.pathname);
    const body = bodies[index];
    const arg = JSON.parse(url.searchParams.get("arg"));
    if (raw) return Response.json({ value: await body(this.ctx.storage, this, arg) });
    try {
      return Response.json({ value: await body(this.ctx.storage, this, arg) });
    } catch (e) {
      return Response.json({ error: `${e?.name}: ${e?.message}` });
    }
  }
}

/** Defines `body(storage, instance, arg)` to run inside an object; gives `(stub, arg) → value` (JSON).
 * What the body throws comes as an Error whose message is "Name: text". */
export function within(body) {
  const index = bodies.push(body) - 1;
  const call = async (stub, arg) => {
    const { value, error } = await (await stub.fetch(address(index, arg))).json();
    if (error !== undefined) throw new Error(error);
    return value;
  };
  /** The same, but what the body throws leaves the object as it would from a handler. */
  call.raw = async (stub, arg) => {
    const response = await stub.fetch(address(index, arg).replace("?", "/raw?"));
    return (await response.json()).value;
  };
  return call;
}

let checks = 0;

/** A check that runs wholly inside an object of its own. */
export function inside(body, binding = "ACTOR") {
  const call = within(body);
  const name = `check-${checks++}`;
  return async (_, env) => { await call(env[binding].getByName(name)); };
}

/** An object of the check's own. */
export const fresh = (env, binding = "ACTOR") => env[binding].get(env[binding].newUniqueId());

/** A second stub for the same object: the first stays broken after a reset. */
export const again = (env, stub, binding = "ACTOR") => env[binding].get(stub.id);

const logOf = within((_, self) => self.log);

/** The object's log after these calls, begun at once in this order: [function of within, arg]. */
export async function overlap(stub, ...calls) {
  await logOf(stub);
  await Promise.all(calls.map(([call, arg]) => call(stub, arg)));
  return logOf(stub);
}
