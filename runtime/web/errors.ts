// The wording that argument checks share, and how a class is put before a guest.

import { inspectGetters } from "./inspect";

export const freeze = Object.freeze as <T>(value: T) => T;

export function badArgument(method: string, owner: string, at: number, type: string): TypeError {
  return new TypeError(
    `Failed to execute '${method}' on '${owner}': parameter ${at} is not of type '${type}'.`);
}

export function badConstruction(owner: string, at: number, type: string): TypeError {
  return new TypeError(
    `Failed to construct '${owner}': constructor parameter ${at} is not of type '${type}'.`);
}

// Of every class that the platform has: what is made by one of them is no plain data.
const platformPrototypes = new Set<object>();
export function isPlatformObject(value: object): boolean {
  for (let at = Reflect.getPrototypeOf(value); at !== null; at = Reflect.getPrototypeOf(at)) {
    if (platformPrototypes.has(at)) return true;
  }
  return false;
}

type AnyClass = abstract new (...args: never[]) => object;

// Members are enumerable on the prototype and `toString` names the class.
export function exposeClass(target: object, name: string, made: AnyClass): void {
  platformPrototypes.add(made.prototype as object);
  enumerateMembers(made.prototype as object);
  inspectGetters(made.prototype as object);
  Object.defineProperty(made.prototype, Symbol.toStringTag, { value: name, configurable: true });
  if (made.name !== name) Object.defineProperty(made, "name", { value: name, configurable: true });
  Object.defineProperty(target, name,
                        { value: made, writable: true, enumerable: true, configurable: true });
}

export function enumerateMembers(prototype: object): void {
  for (const key of Object.getOwnPropertyNames(prototype)) {
    if (key === "constructor") continue;
    Object.defineProperty(prototype, key, { enumerable: true });
  }
}
