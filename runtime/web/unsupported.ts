// What the platform has and this version lacks. The table is data: README and CONFORMANCE list it.
// A name stays undefined where guests ask `typeof X` to choose another way; where they would go on
// as if it worked, it exists and says what is missing when it is used.

export interface Unsupported {
  readonly name: string;
  // class: throws when constructed; object: throws at any property; absent: not defined, so that
  // feature detection says no; builtin: a module that cannot be imported.
  readonly kind: "class" | "object" | "absent" | "builtin";
  readonly row: string;   // where the specification lists it
}

export const UNSUPPORTED: readonly Unsupported[] = [
  { name: "HTMLRewriter", kind: "class", row: "runtime-api.md 7" },
  { name: "EventSource", kind: "class", row: "runtime-api.md 7" },
  { name: "caches", kind: "object", row: "runtime-api.md 3" },
  { name: "CompressionStream", kind: "class", row: "runtime-api.md 4" },
  { name: "DecompressionStream", kind: "class", row: "runtime-api.md 4" },
  { name: "URLPattern", kind: "absent", row: "runtime-api.md 5" },
  { name: "MessageChannel", kind: "absent", row: "runtime-api.md 5" },
  { name: "MessagePort", kind: "absent", row: "runtime-api.md 5" },
  { name: "BroadcastChannel", kind: "absent", row: "runtime-api.md 5" },
  { name: "process", kind: "absent", row: "runtime-api.md 8" },
  { name: "Buffer", kind: "absent", row: "runtime-api.md 8" },
  { name: "setImmediate", kind: "absent", row: "runtime-api.md 8" },
  { name: "node:*", kind: "builtin", row: "runtime-api.md 8" },
  { name: "cloudflare:sockets", kind: "builtin", row: "runtime-api.md 7" },
  { name: "cloudflare:email", kind: "builtin", row: "runtime-api.md 9" },
  { name: "cloudflare:workflows", kind: "builtin", row: "runtime-api.md 9" },
  { name: "cloudflare:pipelines", kind: "builtin", row: "runtime-api.md 9" },
];

export function unsupportedText(name: string): string {
  return `${name} is not supported by this version of offing; see "Not supported" in its README`;
}

export function unsupported(name: string): Error {
  return new Error(unsupportedText(name));
}

function lackingClass(name: string): unknown {
  const made = class {
    constructor() {
      throw unsupported(name);
    }
  };
  Object.defineProperty(made, "name", { value: name, configurable: true });
  return made;
}

// Inspecting it, or looking for a toStringTag, must not throw.
function lackingObject(name: string): unknown {
  return new Proxy({}, {
    get(_target, key): unknown {
      if (typeof key === "symbol") return undefined;
      throw unsupported(`${name}.${key}`);
    },
  });
}

function lackingFetchListener(type: unknown): void {
  if (type === "fetch" || type === "scheduled" || type === "queue") {
    throw unsupported(`The service-worker format (addEventListener("${type as string}"))`);
  }
}

export function installUnsupported(global: object): void {
  for (const { name, kind } of UNSUPPORTED) {
    if (kind === "absent" || kind === "builtin") continue;
    const value = kind === "class" ? lackingClass(name) : lackingObject(name);
    Object.defineProperty(global, name,
                          { value, writable: true, configurable: true, enumerable: false });
  }
}

export { lackingFetchListener };
