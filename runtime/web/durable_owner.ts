// What the objects of a Durable Object's state have in common: guests cannot construct them, cannot
// clone them, and only the code of their own object may use them (spec/durable-objects.md 2, 3).

import { currentActor } from "./actor";
import { domException } from "./dom_exception";
import { exposeClass } from "./errors";
import { type IoContext, requireOwner } from "./io";
import { registerCloneable } from "./structured_clone";

// The first argument of constructors that only the runtime may call.
export const PRIVATE = Symbol("private");

export function requirePrivate(key: unknown): void {
  if (key !== PRIVATE) throw new TypeError("Illegal constructor");
}

export const STORAGE_TYPE = "ActorCacheInterface";   // as the platform's texts name it

// `owner`: the instance an object of type `what` belongs to.
export function requireActor(owner: IoContext, what: string): void {
  const frame = native.getFrame();
  if (frame !== undefined && frame.io === owner) return;
  if (currentActor() === undefined) return requireOwner(owner, what);
  throw new Error(
    "Cannot perform I/O on behalf of a different Durable Object. I/O objects (such as streams, " +
    "request/response bodies, and others) created in the context of one Durable Object cannot be " +
    "accessed from a different Durable Object in the same isolate. This is a limitation of " +
    `Cloudflare Workers which allows us to improve overall performance. (I/O type: ${what})`);
}

const prototypes = new Map<object, string>();
const prototypeOf = Object.getPrototypeOf as (value: object) => object | null;

function nameOf(value: object): string | undefined {
  const prototype = prototypeOf(value);
  return prototype === null ? undefined : prototypes.get(prototype);
}

// A class that has a tag and enumerable members, but no global name and no clones.
export function exposeState(name: string, made: abstract new (...args: never[]) => object): void {
  exposeClass({}, name, made);
  prototypes.set(made.prototype as object, name);
}

function refuse(value: object): never {
  throw domException("DataCloneError", `Could not serialize object of type "${nameOf(value)}". ` +
                                       "This type does not support serialization.");
}
registerCloneable<object>(
  "DurableObjectState", (value): value is object => nameOf(value as object) !== undefined, refuse,
  refuse as never);

// An options argument: nothing, or anything with properties.
export function isOptions(value: unknown): value is object | undefined | null {
  return value === undefined || value === null || typeof value === "object" ||
         typeof value === "function";
}
