// The bundle's entry: `entry` is what C++ calls (native.d.ts: Entry). Loading this module defines
// everything a Worker sees; it happens once, when the snapshot is built. What belongs to one isolate
// starts in `init`.

import { AbortController, AbortSignal } from "./abort";
import { atob, btoa } from "./base64";
import { installClock, performance } from "./clock";
import { clientGone, dispatchFetch, hung, runTest, setEnv, setMain, testNames } from "./dispatch";
import { DOMException, domException } from "./dom_exception";
import { TextDecoder, TextEncoder } from "./encoding";
import { makeEnv } from "./env";
import { exposeClass } from "./errors";
import { CustomEvent, Event, EventTarget } from "./events";
import { initHttp, installHttpGlobals } from "./http_globals";
import { whenContextEnds } from "./io";
import { cancelStream, pullStream } from "./outgoing";
import { cloneRead, cloneWrite, structuredClone } from "./structured_clone";
import {
  cancelTimers, clearInterval, clearTimeout, fireTimer, queueMicrotask, scheduler, setInterval,
  setTimeout,
} from "./timers";
import { URL } from "./url";
import { URLSearchParams } from "./url_search_params";
import { makeWorkersModule } from "./workers_module";

let workersModule: Record<string, unknown> = {};

function installBase(target: object): void {
  installClock(target as Record<string, unknown>);
  const classes = {
    AbortController, AbortSignal, CustomEvent, DOMException, Event, EventTarget, TextDecoder,
    TextEncoder, URL, URLSearchParams,
  };
  for (const [name, made] of Object.entries(classes)) exposeClass(target, name, made as never);
  const values = {
    atob, btoa, clearInterval, clearTimeout, performance, queueMicrotask, scheduler, self: target,
    setInterval, setTimeout, structuredClone,
  };
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(target, name,
                          { value, writable: true, enumerable: true, configurable: true });
  }
}

installBase(globalThis);
installHttpGlobals(globalThis);
whenContextEnds(cancelTimers);

export const entry: Entry = {
  init(options): void {
    initHttp(new Set(options.flags));
    const env = makeEnv(options);
    setEnv(env);
    // Importers have an object of their own, as on the platform: the same bindings.
    const importable = !options.flags.includes("disallow_importable_env");
    workersModule = makeWorkersModule(importable ? { ...env } : {});
  },
  builtin(specifier): Record<string, unknown> | string {
    return specifier === "cloudflare:workers" ? workersModule : `No such module "${specifier}".`;
  },
  setMain,
  fetch: dispatchFetch,
  clientGone,
  hung,
  timer(id): void {
    fireTimer(id);
  },
  pull: pullStream,
  cancel: cancelStream,
  testNames,
  test: runTest,
  unhandledRejection(_promise, reason): void {
    native.uncaught(native.getFrame()?.request ?? 0, "rejection", reason);
  },
  domException,
  describe,
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
