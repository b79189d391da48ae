// The bundle's entry: `entry` is what C++ calls (native.d.ts: Entry). Loading this module defines
// everything a Worker sees; it happens once, when the snapshot is built. What belongs to one isolate
// starts in `init`.

import {
  actorAlarm, actorClose, actorConstruct, actorFetch, actorHasMethod, actorOpen, setActorClasses,
} from "./actor";
import { setContextExports } from "./context";
import { clientGone, dispatchFetch, hung, runTest, setEnv, setMain, testNames } from "./dispatch";
import { domException } from "./dom_exception";
import { initDurable } from "./durable_kv";
import { actorSocketEvent, installDurableSockets } from "./durable_sockets";
import { startSection } from "./durable_state";
import { makeEnv } from "./env";
import { dispatchUnhandledRejection, initBase, installBaseGlobals } from "./globals_base";
import { initHttp, installHttpGlobals } from "./http_globals";
import { setEvaluating, whenContextEnds } from "./io";
import { setLimits } from "./limits";
import { cancelStream, pullStream } from "./outgoing";
import { initExports } from "./exports";
import { errorFields, errorFlags, remoteError } from "./remote_error";
import { rpcFlags } from "./rpc";
import "./rpc_call";
import {
  rpcCall, rpcContextEnded, rpcForget, rpcHung, rpcRelease,
} from "./rpc_serve";
import { attach, replaceDeep } from "./rpc_values";
import { dispatchScheduled, forgetScheduled, hungScheduled } from "./scheduled";
import { cloneRead, cloneWrite } from "./structured_clone";
import { cancelTimers, fireTimer } from "./timers";
import { socketEvent } from "./websocket";
import { makeWorkersModule } from "./workers_module";

let workersModule: Record<string, unknown> = {};

installBaseGlobals(globalThis);
installHttpGlobals(globalThis);
installDurableSockets(globalThis);
whenContextEnds((io) => {
  cancelTimers(io);
  rpcContextEnded(io);
});

export const entry: Entry = {
  init(options): void {
    const flags = new Set(options.flags);
    setLimits(options.limits);
    initBase(flags);
    initHttp(flags, options.r2.length > 0);
    initDurable(flags);
    setActorClasses(options.actorClasses);
    rpcFlags.enabled = flags.has("rpc");
    rpcFlags.allClasses = flags.has("js_rpc");
    rpcFlags.dupParameters = flags.has("rpc_params_dup_stubs");
    errorFlags.enhanced = flags.has("enhanced_error_serialization");
    const exported = initExports(options.actorClasses);
    if (flags.has("enable_ctx_exports")) setContextExports(() => exported.own());
    const env = makeEnv(options);
    setEnv(env);
    setEvaluating(true);
    // Importers have an object of their own, as on the platform: the same bindings.
    const importable = !options.flags.includes("disallow_importable_env");
    workersModule = makeWorkersModule(importable ? { ...env } : {}, exported.shared);
  },
  builtin(specifier): Record<string, unknown> | string {
    return specifier === "cloudflare:workers" ? workersModule : `No such module "${specifier}".`;
  },
  setMain(namespace): void {
    setEvaluating(false);
    setMain(namespace);
  },
  fetch: dispatchFetch,
  scheduled: dispatchScheduled,
  clientGone(request): void {
    forgetScheduled(request);
    clientGone(request);
  },
  hung(request): void {
    if (hungScheduled(request)) return;
    hung(request);
    rpcHung(request);
  },
  timer(id): void {
    fireTimer(id);
  },
  pull: pullStream,
  cancel: cancelStream,
  testNames,
  test: runTest,
  unhandledRejection(promise, reason): void {
    if (dispatchUnhandledRejection(promise, reason)) return;
    native.uncaught(native.getFrame()?.request ?? 0, "rejection", reason);
  },
  domException,
  describe,
  actorOpen,
  actorConstruct,
  actorFetch,
  actorAlarm,
  actorSocketEvent,
  socketEvent,
  actorClose,
  sectionStart: startSection,
  actorHasMethod,
  remoteError,
  errorFields,
  rpcCall,
  rpcRelease,
  rpcForget,
  rpcReplace: replaceDeep,
  rpcAttach: attach,
  cloneWrite,
  cloneRead,
};

function describe(error: unknown): [text: string, stack: string] {
  try {
    const text = String(error);
    const stack: unknown = typeof error === "object" && error !== null
      ? (error as { stack?: unknown }).stack : undefined;
    return [text, typeof stack === "string" ? stack : ""];
  } catch {
    return ["an exception that cannot be described", ""];
  }
}
