// console (spec/runtime-api.md 5): what a guest logs, as text, at the moment it logs it. Nothing is
// kept: an object changed later was logged as it was.

import { now } from "./clock";
import { inspect } from "./inspect";
import { tableText } from "./console_table";

type Level = "debug" | "info" | "log" | "warn" | "error";

// Per isolate; empty in the snapshot.
let indent = "";
const counts = new Map<string, number>();
const timers = new Map<string, number>();

function write(level: Level, text: string): void {
  const shown = indent === "" ? text : indent + text.replaceAll("\n", `\n${indent}`);
  native.log(native.getFrame()?.request ?? 0, level, shown);
}

function asString(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Error || hasOwnText(value)) {
    try {
      return String(value);
    } catch {
      return inspect(value, { depth: 0 });
    }
  }
  return inspect(value, { depth: 0 });
}

// A class of the guest's own that says how it reads.
function hasOwnText(value: object): boolean {
  let at: object | null = value;
  while (at !== null && at !== Object.prototype && at !== Error.prototype &&
         at !== Date.prototype) {
    const own = Object.getOwnPropertyDescriptor(at, "toString");
    if (own !== undefined) return !Array.isArray(value) && typeof value !== "function";
    at = Object.getPrototypeOf(at) as object | null;
  }
  return false;
}

function asNumber(value: unknown, read: (value: unknown) => number): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol" || typeof value === "object" && value !== null) return "NaN";
  const number = read(value);
  return Object.is(number, -0) ? "-0" : `${number}`;
}

function asJson(value: unknown): string {
  try {
    return String(JSON.stringify(value));
  } catch (error) {
    return error instanceof TypeError ? "[Circular]" : String(error);
  }
}

// The text of one %-directive; undefined when it is none.
function directive(kind: string, value: unknown): string | undefined {
  switch (kind) {
    case "s": return asString(value);
    case "d": return asNumber(value, Number);
    case "i": return asNumber(value, (v) => Number.parseInt(v as string, 10));
    case "f": return typeof value === "symbol" ? "NaN" : `${Number.parseFloat(value as string)}`;
    case "j": return asJson(value);
    case "o": return inspect(value, { showHidden: true, depth: 4 });
    case "O": return inspect(value);
    case "c": return "";
    default: return undefined;
  }
}

export function formatLog(args: readonly unknown[]): string {
  const first = args[0];
  if (args.length === 1) return typeof first === "string" ? first : inspect(first);
  let text = "";
  let used = 0;
  if (typeof first === "string") {
    used = 1;
    let from = 0;
    for (let at = first.indexOf("%"); at >= 0 && at + 1 < first.length;
         at = first.indexOf("%", from)) {
      const kind = first[at + 1] as string;
      const shown = kind === "%" ? "%" :
        used < args.length ? directive(kind, args[used]) : undefined;
      if (shown !== undefined && kind !== "%") used++;
      text += first.slice(from, at) + (shown ?? `%${kind}`);
      from = at + 2;
    }
    text += first.slice(from);
  }
  for (; used < args.length; used++) {
    const value = args[used];
    text += (used > 0 ? " " : "") + (typeof value === "string" ? value : inspect(value));
  }
  return text;
}

function labelOf(label: unknown): string {
  return label === undefined ? "default" : `${label as string}`;
}

function elapsed(label: string): string | undefined {
  const since = timers.get(label);
  if (since !== undefined) return `${label}: ${now() - since}ms`;
  write("warn", `Timer '${label}' does not exist`);
  return undefined;
}

const methods = {
  debug(...args: unknown[]): void { write("debug", formatLog(args)); },
  error(...args: unknown[]): void { write("error", formatLog(args)); },
  info(...args: unknown[]): void { write("info", formatLog(args)); },
  log(...args: unknown[]): void { write("log", formatLog(args)); },
  warn(...args: unknown[]): void { write("warn", formatLog(args)); },
  dir(value?: unknown, options?: { depth?: number | null; showHidden?: boolean }): void {
    write("log", inspect(value, options ?? undefined));
  },
  dirxml(...args: unknown[]): void { write("log", formatLog(args)); },
  table(data?: unknown, columns?: unknown): void {
    write("log", tableText(data, Array.isArray(columns) ? columns as string[] : undefined) ??
                 formatLog([data]));
  },
  trace(...args: unknown[]): void {
    const holder = new Error();
    const frames = (holder.stack ?? "").split("\n").slice(2).join("\n");
    write("log", `Trace${args.length > 0 ? `: ${formatLog(args)}` : ""}` +
                 (frames === "" ? "" : `\n${frames}`));
  },
  group(...args: unknown[]): void {
    if (args.length > 0) write("log", formatLog(args));
    indent += "  ";
  },
  groupCollapsed(...args: unknown[]): void {
    if (args.length > 0) write("log", formatLog(args));
    indent += "  ";
  },
  groupEnd(): void { indent = indent.slice(2); },
  clear(): void { indent = ""; },
  count(label?: unknown): void {
    const name = labelOf(label);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    write("log", `${name}: ${count}`);
  },
  countReset(label?: unknown): void {
    const name = labelOf(label);
    if (!counts.delete(name)) write("warn", `Count for '${name}' does not exist`);
  },
  assert(condition?: unknown, ...args: unknown[]): void {
    if (condition) return;
    if (typeof args[0] === "string") args[0] = `Assertion failed: ${args[0]}`;
    else args.unshift("Assertion failed");
    write("error", formatLog(args));
  },
  profile(): void {},
  profileEnd(): void {},
  time(label?: unknown): void {
    const name = labelOf(label);
    if (timers.has(name)) write("warn", `Timer '${name}' already exists`);
    else timers.set(name, now());
  },
  timeLog(label?: unknown, ...args: unknown[]): void {
    const text = elapsed(labelOf(label));
    if (text !== undefined) write("log", args.length > 0 ? formatLog([text, ...args]) : text);
  },
  timeEnd(label?: unknown): void {
    const text = elapsed(labelOf(label));
    if (text === undefined) return;
    timers.delete(labelOf(label));
    write("log", text);
  },
  timeStamp(): void {},
};

export function installConsole(global: object): void {
  const console = {};
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(console, name,
                          { value, writable: true, enumerable: true, configurable: true });
  }
  Object.defineProperty(console, Symbol.toStringTag, { value: "console", configurable: true });
  Object.defineProperty(global, "console",
                        { value: console, writable: true, configurable: true, enumerable: false });
}
