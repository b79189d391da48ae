// Exceptions between contexts (spec/durable-objects.md 1.4; runtime/actor/guest_error.h). Class and
// message cross, and a few marks; never the stack. With enhanced error serialization (compatibility
// date 2026-04-21) own properties, the cause and thrown objects that are no errors cross as well.

import { DOMException, isDOMException } from "./dom_exception";

const CLASSES: Record<string, ErrorConstructor> = {
  __proto__: null as never, Error, TypeError, RangeError, SyntaxError, ReferenceError,
};
const DOM_PREFIX = "DOMException:";

// Compatibility flags that change errors; entry.init sets them.
export const errorFlags = { enhanced: false };

// What rpcPack is given for an exception that class and message do not describe.
type Packed = { value: unknown } |
  { error: string; name: string; message: string; own: Record<string, unknown>;
    cause?: { value: unknown } };


function textOf(read: () => unknown, otherwise: string): string {
  try {
    return `${read() as string}`;
  } catch {
    return otherwise;
  }
}

function packed(value: Packed): Uint8Array | undefined {
  try {
    return native.rpcPack(value);
  } catch {
    return undefined;
  }
}

// The properties that can travel.
function ownProperties(error: Error): Record<string, unknown> {
  const own: Record<string, unknown> = {};
  for (const key of Object.keys(error)) {
    if (key === "name" || key === "message" || key === "stack" || key === "cause") continue;
    try {
      const value = (error as unknown as Record<string, unknown>)[key];
      native.rpcPack(value);
      own[key] = value;
    } catch {
      // Left behind, as the platform does with what does not serialize.
    }
  }
  return own;
}

function packError(error: Error, name: string, message: string): Uint8Array | undefined {
  const own = ownProperties(error);
  const hasCause = Object.prototype.hasOwnProperty.call(error, "cause");
  const known = name in CLASSES;
  if (known && !hasCause && Object.keys(own).length === 0) return undefined;
  const value: Packed = { error: known ? name : "Error", name, message, own };
  if (hasCause) {
    const whole = packed({ ...value, cause: { value: error.cause } });
    if (whole !== undefined) return whole;
  }
  return packed(value);
}

export function errorFields(error: unknown): RemoteErrorFields {
  const fields: RemoteErrorFields = {
    name: "Error", message: "", remote: true, retryable: false, overloaded: false,
    objectReset: false, objectId: "", value: undefined,
  };
  if (isDOMException(error)) {
    fields.name = DOM_PREFIX + error.name;
    fields.message = error.message;
    return fields;
  }
  if (error instanceof Error) {
    const name = textOf(() => error.name, "Error");
    const message = textOf(() => error.message, "");
    if (name in CLASSES) {
      fields.name = name;
      fields.message = message;
    } else {
      fields.message = `${name}: ${message}`;
    }
    if (errorFlags.enhanced) fields.value = packError(error, name, message);
    return fields;
  }
  fields.message = textOf(() => error, "an exception that cannot be described");
  if (errorFlags.enhanced && typeof error === "object" && error !== null) {
    fields.value = packed({ value: error });
  }
  return fields;
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true });
}

function unpacked(bytes: Uint8Array): object | undefined {
  let from: Packed;
  try {
    from = native.rpcUnpack(bytes) as Packed;
  } catch {
    return undefined;
  }
  if ("value" in from) {
    return typeof from.value === "object" && from.value !== null ? from.value : undefined;
  }
  const made = new CLASSES[from.error]!(from.message);
  if (from.name !== from.error) define(made, "name", from.name);
  if (from.cause !== undefined) define(made, "cause", from.cause.value);
  return Object.assign(made, from.own);
}

function plainly(fields: RemoteErrorFields): Error {
  if (fields.name.startsWith(DOM_PREFIX)) {
    return new DOMException(fields.message, fields.name.slice(DOM_PREFIX.length));
  }
  const known = CLASSES[fields.name];
  return known !== undefined ? new known(fields.message)
    : new Error(`${fields.name}: ${fields.message}`);
}

export function remoteError(fields: RemoteErrorFields): Error {
  const made = (fields.value && unpacked(fields.value)) ?? plainly(fields);
  const marks = made as Record<string, unknown>;
  if (fields.remote) marks.remote = true;
  if (fields.retryable) marks.retryable = true;
  if (fields.overloaded) marks.overloaded = true;
  if (fields.objectReset) marks.durableObjectReset = true;
  if (fields.objectId !== "") marks.durableObjectId = fields.objectId;
  return made as Error;
}
