// ctx.exports (spec/runtime-api.md 1.1): a loopback stub for each entrypoint that the main module
// exports, a namespace for each Durable Object class that the configuration names.

import { mainExport, mainNames } from "./dispatch";
import { makeNamespace } from "./durable_namespace";
import { makeLoopback } from "./service";
import { DurableObject } from "./workers_module";

export interface Exports {
  own(): Record<string, unknown>;    // ctx.exports
  readonly shared: object;           // of cloudflare:workers; importers hold it before there are any
}

function isEntrypoint(value: unknown): boolean {
  if (typeof value === "object") return value !== null;
  if (typeof value !== "function") return false;
  return typeof value.prototype === "object" && !(value.prototype instanceof DurableObject);
}

export function initExports(classes: readonly { className: string }[]): Exports {
  let made: Record<string, unknown> | undefined;
  const own = (): Record<string, unknown> => {
    if (made !== undefined) return made;
    const names = mainNames();
    if (names.length === 0) return {};   // the main module is being evaluated
    made = {};
    for (const name of names) {
      const space = classes.findIndex(({ className }) => className === name);
      if (space >= 0) made[name] = makeNamespace(space);
      else if (isEntrypoint(mainExport(name))) made[name] = makeLoopback(name);
    }
    return made;
  };
  const shared = new Proxy({}, {
    get: (_target, key) => Reflect.get(own(), key) as unknown,
    has: (_target, key) => key in own(),
    ownKeys: () => Reflect.ownKeys(own()),
    getOwnPropertyDescriptor: (_target, key) => Reflect.getOwnPropertyDescriptor(own(), key),
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
  });
  return { own, shared };
}
