// The built-in module `cloudflare:workers` (spec/runtime-api.md 9).

import { waitUntil as addWaitUntil } from "./context";
import { badConstruction } from "./errors";
import { requireRequest } from "./io";
import { RpcPromise, RpcProperty, RpcTarget } from "./rpc";
import { RpcStub } from "./rpc_stub";
import { Fetcher } from "./service";

function unsupported(what: string): Error {
  return new Error(`${what} is not supported by this version of offing.`);
}

// The base of classes that the platform instantiates with (ctx, env).
function entrypointBase(name: string): new (ctx: unknown, env: unknown) => object {
  const made = {
    [name]: class {
      constructor(ctx: unknown, env: unknown) {
        if (typeof ctx !== "object" || ctx === null) throw badConstruction(name, 1, "Object");
        const fixed = { writable: true, enumerable: true, configurable: true };
        Object.defineProperty(this, "ctx", { value: ctx, ...fixed });
        Object.defineProperty(this, "env", { value: env, ...fixed });
      }
    },
  }[name]!;
  return made;
}

export const WorkerEntrypoint = entrypointBase("WorkerEntrypoint");
export const DurableObject = entrypointBase("DurableObject");
export const WorkflowEntrypoint = entrypointBase("WorkflowEntrypoint");

function unsupportedFunction(name: string): () => never {
  return () => {
    throw unsupported(`${name}()`);
  };
}

// Any use of a member names the whole.
function unsupportedObject(name: string): object {
  return new Proxy({}, {
    get(_target, key): undefined {
      if (typeof key === "symbol") return undefined;
      throw unsupported(`${name}.${key}`);
    },
  });
}

function waitUntil(promise: unknown): void {
  addWaitUntil(requireRequest("waitUntil()"), promise);
}

export function makeWorkersModule(env: Record<string, unknown>,
                                  exported: object): Record<string, unknown> {
  return {
    WorkerEntrypoint, DurableObject, WorkflowEntrypoint, RpcTarget,
    RpcStub, RpcPromise, RpcProperty, ServiceStub: Fetcher,
    env,
    waitUntil,
    exports: exported,
    cache: unsupportedObject("cache"),
    tracing: unsupportedObject("tracing"),
    withEnv: unsupportedFunction("withEnv"),
    withExports: unsupportedFunction("withExports"),
    withEnvAndExports: unsupportedFunction("withEnvAndExports"),
    abortIsolate: unsupportedFunction("abortIsolate"),
    restore: unsupportedFunction("restore"),
  };
}
