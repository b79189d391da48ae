// structuredClone (spec/runtime-api.md 5), and the registry of platform objects that can be cloned.
// The engine's serializer does plain data; what it does not know it asks for through the entry's
// cloneWrite and cloneRead.

import { isDOMException, DOMException, domException } from "./dom_exception";
import { badArgument, isPlatformObject } from "./errors";

interface Cloneable {
  readonly tag: string;
  readonly test: (value: object) => boolean;
  readonly write: (value: object) => unknown;   // gives plain data (cloned in its turn)
  readonly read: (payload: unknown) => object;
}
const cloneables: Cloneable[] = [];
const byTag = new Map<string, Cloneable>();

export function registerCloneable<T extends object>(
    tag: string, test: (value: unknown) => value is T, write: (value: T) => unknown,
    read: (payload: unknown) => T): void {
  const made = { tag, test, write: write as (value: object) => unknown, read };
  cloneables.push(made);
  byTag.set(tag, made);
}

// What only RPC carries: besides its payload it may have one attachment (serializer.h).
type Written = [payload: unknown, kind: number, thing: unknown];
interface Attachable {
  readonly tag: string;
  readonly test: (value: object) => boolean;
  readonly write: (value: object) => Written;
  readonly read: (payload: unknown, thing: unknown) => object;
}
const attachables: Attachable[] = [];
const attachableByTag = new Map<string, Attachable>();

export function registerAttachment<T extends object>(
    tag: string, test: (value: unknown) => value is T, write: (value: T) => Written,
    read: (payload: unknown, thing: unknown) => object): void {
  const made = { tag, test, write: write as (value: object) => Written, read };
  attachables.push(made);
  attachableByTag.set(tag, made);
}

// What RPC refuses in words of its own. No words: it has to be replaced before it is written.
interface Refusal {
  readonly test: (value: object) => boolean;
  readonly text: () => string | undefined;
}
const refusals: Refusal[] = [];
export function registerRefusal(test: (value: unknown) => boolean,
                                text: () => string | undefined): void {
  refusals.push({ test, text });
}

export function cloneWrite(
    value: object, rpc?: boolean): [tag: string, payload: unknown, kind: number, thing: unknown] |
                                   undefined {
  if (rpc === true) {
    for (const attachable of attachables) {
      if (!attachable.test(value)) continue;
      const [payload, kind, thing] = attachable.write(value);
      return [attachable.tag, payload, kind, thing];
    }
    for (const refusal of refusals) {
      if (!refusal.test(value)) continue;
      const text = refusal.text();
      if (text === undefined) return ["", undefined, 0, undefined];
      throw domException("DataCloneError", text);
    }
  }
  for (const cloneable of cloneables) {
    if (cloneable.test(value)) return [cloneable.tag, cloneable.write(value), 0, undefined];
  }
  return rpc === true ? undefined : writeUnattached(value);
}

// For storage and structuredClone: what needs nothing attached is as good as by RPC.
function writeUnattached(value: object): ReturnType<typeof cloneWrite> {
  for (const { tag, test, write } of attachables) {
    if (!test(value)) continue;
    if (tag.endsWith("Stream")) throw onlyForRpc(tag);
    const [payload, kind] = write(value);
    if (kind !== 0) throw onlyForRpc(tag);
    return [tag, payload, 0, undefined];
  }
  for (const { test, text } of refusals) {
    if (test(value)) throw domException("DataCloneError", text() ?? REMOTE_TEXT);
  }
  if (!isPlatformObject(value)) return undefined;
  const { name } = (value as { constructor: { name: string } }).constructor;
  throw domException("DataCloneError", `Could not serialize object of type "${name}". This type ` +
                     "does not support serialization.");
}

const REMOTE_TEXT = "Remote RPC references can only be serialized for RPC.";

function onlyForRpc(tag: string): Error {
  return domException("DataCloneError", `${tag} can only be serialized for RPC.`);
}

export function cloneRead(tag: string, payload: unknown, thing?: unknown): object {
  const attachable = attachableByTag.get(tag);
  if (attachable !== undefined) return attachable.read(payload, thing);
  const cloneable = byTag.get(tag);
  if (cloneable === undefined) {
    throw domException("DataCloneError", `Could not deserialize an object of type "${tag}".`);
  }
  return cloneable.read(payload);
}

registerCloneable("DOMException", isDOMException,
                  (error) => [error.message, error.name, error.stack],
                  (payload) => {
                    const [message, name, stack] = payload as [string, string, string];
                    const made = new DOMException(message, name);
                    Object.defineProperty(made, "stack", {
                      value: stack, writable: true, configurable: true, enumerable: false });
                    return made;
                  });

export function structuredClone(value: unknown, options?: { transfer?: unknown }): unknown {
  if (arguments.length === 0) {
    throw badArgument("structuredClone", "ServiceWorkerGlobalScope", 1, "Value");
  }
  const transfer: ArrayBuffer[] = [];
  if (options?.transfer !== undefined) {
    for (const item of options.transfer as Iterable<unknown>) {
      if (!(item instanceof ArrayBuffer)) throw new TypeError("Object is not transferable");
      if (transfer.includes(item)) {
        throw domException("DataCloneError", "ArrayBuffer occurs in the transfer list twice.");
      }
      if (item.detached) {
        throw domException("DataCloneError", "An ArrayBuffer is detached and could not be cloned.");
      }
      transfer.push(item);
    }
  }
  return native.structuredClone(value, transfer);
}
