// `env`: variables, KV namespaces, R2 buckets, and stand-ins for bindings that offing does not have, which say
// so at the first use (spec/runtime-api.md 1; spec/config.md 3).

import { makeNamespace } from "./durable_namespace";
import { KvNamespace } from "./kv";
import { R2Bucket } from "./r2";
import { makeService } from "./service";

type InitOptions = Parameters<Entry["init"]>[0];

function refuse(name: string, what: string): () => never {
  return () => {
    throw new Error(`The binding "${name}" (${what}) is not supported by this version of offing. ` +
                    "Remove it from the configuration, or do not use it here.");
  };
}

// Symbols are left alone: the engine and the console ask for them without the guest's doing.
function unsupportedBinding(name: string, what: string): object {
  const no = refuse(name, what);
  return new Proxy(function () {}, {
    get: (_target, key): undefined => (typeof key === "symbol" ? undefined : no()),
    set: no, has: no, apply: no, construct: no, defineProperty: no, deleteProperty: no,
  });
}

export function makeEnv(options: InitOptions): Record<string, unknown> {
  const env: Record<string, unknown> = {};
  for (const [name, json] of options.vars) env[name] = JSON.parse(json) as unknown;
  options.kv.forEach((name, at) => {
    env[name] = new KvNamespace(at);
  });
  options.r2.forEach((name, at) => {
    env[name] = new R2Bucket(at);
  });
  for (const { name, space } of options.actors) env[name] = makeNamespace(space);
  for (const { name, entrypoint, propsJson } of options.services) {
    env[name] = makeService(entrypoint, propsJson);
  }
  for (const [name, what] of options.unsupported) env[name] = unsupportedBinding(name, what);
  return env;
}
