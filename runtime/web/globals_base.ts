// The base half of what a Worker finds on its global object: everything but HTTP. Installed once,
// into the snapshot; what depends on the compatibility flags is done in each isolate.

import { AbortController, AbortSignal } from "./abort";
import { atob, btoa } from "./base64";
import { installClock, Performance, performance } from "./clock";
import { installConsole } from "./console";
import { Crypto, crypto, CryptoKey, SubtleCrypto } from "./crypto";
import { DOMException } from "./dom_exception";
import { makeEncodingStreams, TextDecoder, TextEncoder } from "./encoding";
import { badArgument, exposeClass } from "./errors";
import {
  CustomEvent, dispatch, ErrorEvent, Event, EventTarget, ExtendableEvent, hasListeners,
  PromiseRejectionEvent, trust,
} from "./events";
import { initNavigator, Navigator, navigator } from "./navigator";
import { inspectGetters } from "./inspect";
import * as streams from "./streams";
import { structuredClone } from "./structured_clone";
import {
  clearInterval, clearTimeout, queueMicrotask, Scheduler, scheduler, setInterval, setTimeout,
} from "./timers";
import { installUnsupported, lackingFetchListener } from "./unsupported";
import { URL } from "./url";
import { URLSearchParams, useValueArgument } from "./url_search_params";

type Global = Record<string, unknown>;

const SCOPE = "ServiceWorkerGlobalScope";
const globalEvents = new EventTarget();

function reportError(error: unknown): void {
  if (arguments.length === 0) throw badArgument("reportError", SCOPE, 1, "Value");
  if (hasListeners(globalEvents, "error")) {
    const message = `Uncaught ${String(error)}`;
    const event = new ErrorEvent("error", { message, error, cancelable: true });
    if (!dispatch(globalEvents, trust(event))) return;
  }
  native.uncaught(native.getFrame()?.request ?? 0, "reportError", error);
}

// True when a listener took it (spec/runtime-api.md 5: after the microtask checkpoint).
export function dispatchUnhandledRejection(promise: Promise<unknown>, reason: unknown): boolean {
  if (!hasListeners(globalEvents, "unhandledrejection")) return false;
  const event = new PromiseRejectionEvent("unhandledrejection",
                                          { promise, reason, cancelable: true });
  return !dispatch(globalEvents, trust(event));
}

const functions = {
  atob, btoa, clearInterval, clearTimeout, queueMicrotask, reportError, setInterval, setTimeout,
  structuredClone,
  addEventListener(...args: Parameters<EventTarget["addEventListener"]>): void {
    lackingFetchListener(args[0]);
    globalEvents.addEventListener(...args);
  },
  removeEventListener(...args: Parameters<EventTarget["removeEventListener"]>): void {
    globalEvents.removeEventListener(...args);
  },
  dispatchEvent(event: Event): boolean {
    return globalEvents.dispatchEvent(event);
  },
};

// They exist for `self instanceof WorkerGlobalScope`.
class WorkerGlobalScope extends EventTarget {
  constructor() {
    super();
    throw new TypeError("Illegal constructor");
  }
  static [Symbol.hasInstance](value: unknown): boolean {
    return value === globalThis;
  }
}
class ServiceWorkerGlobalScope extends WorkerGlobalScope {}

function expose(global: object, name: string, value: unknown, enumerable = true): void {
  Object.defineProperty(global, name, { value, writable: true, configurable: true, enumerable });
}

function tag(value: object, name: string): void {
  Object.defineProperty(value, Symbol.toStringTag, { value: name, configurable: true });
}

function hideEngineParts(global: Global): void {
  delete global.SharedArrayBuffer;
  const wait = (): never => {
    throw new TypeError("Atomics.wait cannot be called in this context");
  };
  expose(Atomics, "wait", wait, false);
  delete (Atomics as { waitAsync?: unknown }).waitAsync;   // its timeout is the host's clock
}

// The library's stream objects show their getters, not what it keeps in them.
function showStreams(): void {
  for (const made of [
    streams.ReadableByteStreamController, streams.ReadableStream, streams.ReadableStreamBYOBReader,
    streams.ReadableStreamBYOBRequest, streams.ReadableStreamDefaultController,
    streams.ReadableStreamDefaultReader, streams.TransformStreamDefaultController,
    streams.WritableStream, streams.WritableStreamDefaultController,
    streams.WritableStreamDefaultWriter,
  ]) inspectGetters(made.prototype as object);
  inspectGetters(streams.TransformStream.prototype, ["readable", "writable"]);
}

// Once, when the snapshot is built.
export function installBaseGlobals(target: object): void {
  const global = target as Global;
  installClock(global);
  installConsole(global);
  hideEngineParts(global);
  const { TextEncoderStream, TextDecoderStream } =
    makeEncodingStreams(streams.TransformStream as never);
  const classes = {
    AbortController, AbortSignal, Crypto, CryptoKey, CustomEvent, DOMException, ErrorEvent, Event,
    EventTarget, ExtendableEvent, Navigator, PromiseRejectionEvent, ServiceWorkerGlobalScope,
    SubtleCrypto, TextDecoder, TextDecoderStream, TextEncoder, TextEncoderStream, URL,
    URLSearchParams, WorkerGlobalScope,
  };
  for (const [name, made] of Object.entries(classes)) exposeClass(global, name, made);
  showStreams();
  const hidden = {};
  exposeClass(hidden, "Scheduler", Scheduler);
  exposeClass(hidden, "Performance", Performance);
  for (const [name, value] of Object.entries(functions)) expose(global, name, value);
  const objects = { crypto, navigator, performance, scheduler, self: global };
  for (const [name, value] of Object.entries(objects)) expose(global, name, value);
  Object.defineProperty(global, "origin",
                        { value: "null", enumerable: true, configurable: true, writable: false });
  tag(global, SCOPE);
  installUnsupported(global);
}

// In each isolate. `flags`: the enable-names of every flag that is on.
export function initBase(flags: ReadonlySet<string>): void {
  const global = globalThis as unknown as Global;
  if (!flags.has("enable_weak_ref")) {
    delete global.WeakRef;
    delete global.FinalizationRegistry;
  }
  if (flags.has("global_navigator")) initNavigator(flags.has("enable_navigator_language"));
  else delete global.navigator;
  useValueArgument(flags.has("urlsearchparams_delete_has_value_arg"));
  const compatibilityFlags = Object.create(null) as Record<string, boolean>;
  for (const flag of flags) compatibilityFlags[flag] = true;
  const cloudflare = { compatibilityFlags: Object.freeze(compatibilityFlags) };
  tag(cloudflare, "Cloudflare");
  expose(global, "Cloudflare", cloudflare);
}
