// Values as text for the log: nested to a depth, quoted where nested, with what JavaScript alone
// cannot see (a promise's state, a proxy's target). Getters of guests' objects are never called;
// those of platform classes are, since they are how such an object shows itself.

import { joinParts, type Layout } from "./inspect_layout";

const ITEMS_MAX = 100;
const STRING_MAX = 10_000;
// Controls, quotes and halves of a surrogate pair.
const ESCAPED = new RegExp("[\\x00-\\x1f\\x7f-\\x9f\\\\'\"`]|[\\ud800-\\udbff](?![\\udc00-\\udfff])|" +
                           "(?<![\\ud800-\\udbff])[\\udc00-\\udfff]", "g");

// A class may show itself: `[inspectSymbol](depth, options, inspect)` gives what to show.
export const inspectSymbol: unique symbol = Symbol.for("nodejs.util.inspect.custom") as never;

export interface InspectOptions { depth?: number | null; showHidden?: boolean }

interface Context extends Layout {
  readonly depthMax: number;
  readonly showHidden: boolean;
  readonly seen: object[];
  circular: Map<object, number> | undefined;
}

type Key = string | symbol;

const platform = new Map<object, string[]>();   // prototype → names of its getters

// Makes instances of a platform class show the values of its getters.
export function inspectGetters(prototype: object, names?: string[]): void {
  platform.set(prototype, names ?? Object.getOwnPropertyNames(prototype).filter(
    (name) => Object.getOwnPropertyDescriptor(prototype, name)?.get !== undefined));
}

export function inspect(value: unknown, options?: InspectOptions): string {
  const depth = options?.depth;
  const ctx: Context = {
    depthMax: depth === null ? Infinity : depth ?? 2, showHidden: options?.showHidden ?? false,
    seen: [], circular: undefined, indentation: 0, deepest: 0,
  };
  return format(ctx, value, 0);
}

export function quote(text: string): string {
  const mark = !text.includes("'") ? "'" : !text.includes('"') ? '"' :
    !text.includes("`") && !text.includes("${") ? "`" : "'";
  const escaped = text.replace(ESCAPED, (c) => {
    if (c === "\\") return "\\\\";
    if (c === "'" || c === '"' || c === "`") return c === mark ? `\\${c}` : c;
    const short = "\b\t\n\f\r".indexOf(c);
    if (short >= 0) return ["\\b", "\\t", "\\n", "\\f", "\\r"][short] as string;
    const hex = c.charCodeAt(0).toString(16).toUpperCase();
    return hex.length > 2 ? `\\u${hex}` : `\\x${hex.padStart(2, "0")}`;
  });
  return mark + escaped + mark;
}

function formatString(ctx: Context, text: string): string {
  let shown = text;
  let trailer = "";
  if (text.length > STRING_MAX) {
    const rest = text.length - STRING_MAX;
    shown = text.slice(0, STRING_MAX);
    trailer = `... ${rest} more character${rest > 1 ? "s" : ""}`;
  }
  if (shown.length > 16 && shown.length > 72 - ctx.indentation - 4 && shown.includes("\n")) {
    const newline = ` +\n${" ".repeat(ctx.indentation + 2)}`;
    return shown.split(/(?<=\n)/).map(quote).join(newline) + trailer;
  }
  return quote(shown) + trailer;
}

function formatPrimitive(ctx: Context, value: unknown): string {
  if (typeof value === "string") return formatString(ctx, value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : `${value}`;
  return String(value);   // undefined, boolean, symbol, null
}

function format(ctx: Context, value: unknown, depth: number): string {
  if (value === null || typeof value !== "object" && typeof value !== "function") {
    return formatPrimitive(ctx, value);
  }
  const target = native.proxyTarget(value);
  if (target !== undefined) {
    return `Proxy(${format(ctx, target, depth)})`;
  }
  const custom = customOf(value);
  if (custom !== undefined) {
    const shown = Reflect.apply(custom, value, [ctx.depthMax - depth, {}, inspect]) as unknown;
    if (shown !== value) {
      if (typeof shown !== "object") {
        return `${shown as string}`.replaceAll("\n", `\n${" ".repeat(ctx.indentation)}`);
      }
      return format(ctx, shown, depth);
    }
  }
  if (ctx.seen.includes(value)) {
    const circular = ctx.circular ??= new Map<object, number>();
    if (!circular.has(value)) circular.set(value, circular.size + 1);
    return `[Circular *${circular.get(value)}]`;
  }
  return formatObject(ctx, value, depth);
}

function customOf(value: object): ((...args: unknown[]) => unknown) | undefined {
  try {
    const custom = (value as { [inspectSymbol]?: unknown })[inspectSymbol];
    return typeof custom === "function" ? custom as () => unknown : undefined;
  } catch {
    return undefined;
  }
}

function constructorName(value: object): string | null {
  for (let at: object | null = value; at !== null;
       at = Object.getPrototypeOf(at) as object | null) {
    const own = Object.getOwnPropertyDescriptor(at, "constructor");
    if (own !== undefined && typeof own.value === "function" && own.value.name !== "") {
      return own.value.name as string;
    }
  }
  return null;
}

function tagOf(value: object, name: string | null): string {
  let tag: unknown;
  try {
    tag = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  } catch {
    tag = undefined;
  }
  return typeof tag === "string" && tag !== "" && tag !== name ? tag : "";
}

function prefix(name: string | null, tag: string, fallback: string, size = ""): string {
  const suffix = tag === "" || tag === fallback && name === null ? "" : ` [${tag}]`;
  const front = name === null ? `[${fallback}${size}: null prototype]` : `${name}${size}`;
  return `${front}${suffix} `;
}

function visibleKeys(ctx: Context, value: object): Key[] {
  const keys: Key[] = ctx.showHidden ? Object.getOwnPropertyNames(value) : Object.keys(value);
  for (const symbol of Object.getOwnPropertySymbols(value)) {
    const enumerable = Object.prototype.propertyIsEnumerable.call(value, symbol);
    if (ctx.showHidden || enumerable) keys.push(symbol);
  }
  return keys;
}

// What kind of object it is decides braces, the text before them and the parts that are no
// properties.
interface Shape {
  braces: [string, string];
  base: string;
  parts: (() => string[]) | undefined;
  keys: Key[];
  isArray: boolean;
  // Shown instead of empty braces.
  alone?: string;
}

function formatObject(ctx: Context, value: object, depth: number): string {
  const shape = shapeOf(ctx, value, depth);
  if (shape.parts === undefined && shape.keys.length === 0 && shape.alone !== undefined) {
    return shape.alone;
  }
  if (depth > ctx.depthMax) {
    const name = constructorName(value);
    if (Array.isArray(value)) return "[Array]";
    return name === null ? "[Object: null prototype]" : `[${name}]`;
  }
  ctx.seen.push(value);
  ctx.deepest = depth;
  const parts = shape.parts?.() ?? [];
  for (const key of shape.keys) parts.push(formatProperty(ctx, value, key, depth));
  ctx.seen.pop();
  const index = ctx.circular?.get(value);
  let { base } = shape;
  if (index !== undefined) {
    if (base === "") shape.braces[0] = `<ref *${index}> ${shape.braces[0]}`;
    else base = `<ref *${index}> ${base}`;
  }
  if (parts.length === 0) {
    return base !== "" ? base : `${shape.braces[0]}${shape.braces[1]}`;
  }
  return joinParts(ctx, parts, base, shape.braces, depth, shape.isArray);
}

function formatProperty(ctx: Context, value: object, key: Key, depth: number): string {
  const own = Object.getOwnPropertyDescriptor(value, key);
  let text: string;
  if (own === undefined || own.get === undefined && own.set === undefined) {
    ctx.indentation += 2;
    text = format(ctx, own === undefined ? Reflect.get(value, key) : own.value, depth + 1);
    ctx.indentation -= 2;
  } else {
    text = own.get === undefined ? "[Setter]" :
      own.set === undefined ? "[Getter]" : "[Getter/Setter]";
  }
  const name = typeof key === "symbol" ? key.toString() :
    /^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key);
  return `${own !== undefined && !own.enumerable ? `[${String(key)}]` : name}: ${text}`;
}

function plain(keys: Key[], braces: [string, string], parts?: () => string[],
               isArray = false): Shape {
  return { braces, base: "", parts, keys, isArray, alone: braces.join("") };
}

function shapeOf(ctx: Context, value: object, depth: number): Shape {
  const name = constructorName(value);
  const tag = tagOf(value, name);
  const keys = visibleKeys(ctx, value);
  if (Array.isArray(value)) return arrayShape(ctx, value, depth, name, tag, keys);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return typedArrayShape(ctx, value as Uint8Array, name, tag, keys);
  }
  const getters = platformGetters(value);
  if (getters !== undefined) return platformShape(ctx, value, depth, getters, keys);
  if (typeof value === "function") return functionShape(value, name, tag, keys);
  if (value instanceof Map) return mapShape(ctx, value, depth, name, tag, keys);
  if (value instanceof Set) return setShape(ctx, value, depth, name, tag, keys);
  if (value instanceof Error) return errorShape(ctx, value, keys);
  return exoticShape(ctx, value, depth, name, tag, keys) ?? plainShape(value, name, tag, keys);
}

function plainShape(value: object, name: string | null, tag: string, keys: Key[]): Shape {
  const isArguments = Object.prototype.toString.call(value) === "[object Arguments]";
  if (isArguments) return plain(keys, ["[Arguments] {", "}"]);
  const front = name === "Object" && tag === "" ? "" : prefix(name, tag, "Object");
  return plain(keys, [`${front}{`, "}"]);
}

function items(ctx: Context, count: number, total: number,
               one: (index: number) => string): string[] {
  ctx.indentation += 2;
  const parts: string[] = [];
  for (let i = 0; i < count; i++) parts.push(one(i));
  ctx.indentation -= 2;
  if (total > count) parts.push(moreItems(total - count));
  return parts;
}

function moreItems(rest: number): string {
  return `... ${rest} more item${rest > 1 ? "s" : ""}`;
}

function arrayShape(ctx: Context, value: unknown[], depth: number, name: string | null, tag: string,
                    keys: Key[]): Shape {
  const front = name === "Array" && tag === "" ? "" :
    prefix(name, tag, "Array", `(${value.length})`);
  const others = keys.filter((key) => typeof key === "symbol" || !/^(?:0|[1-9]\d*)$/.test(key) &&
                                      key !== "length");
  return plain(others, [`${front}[`, "]"],
               value.length === 0 ? undefined : () => arrayParts(ctx, value, depth), true);
}

function arrayParts(ctx: Context, value: unknown[], depth: number): string[] {
  const parts: string[] = [];
  ctx.indentation += 2;
  let at = 0;
  while (at < value.length && parts.length < ITEMS_MAX) {
    if (Object.hasOwn(value, at)) {
      const own = Object.getOwnPropertyDescriptor(value, at);
      parts.push(own?.get !== undefined ? "[Getter]" : format(ctx, own?.value, depth + 1));
      at++;
      continue;
    }
    const from = at;
    while (at < value.length && !Object.hasOwn(value, at)) at++;
    parts.push(`<${at - from} empty item${at - from > 1 ? "s" : ""}>`);
  }
  ctx.indentation -= 2;
  if (at < value.length) parts.push(moreItems(value.length - at));
  return parts;
}

function typedArrayShape(ctx: Context, value: Uint8Array, name: string | null, tag: string,
                         keys: Key[]): Shape {
  const front = prefix(name, tag, "TypedArray", `(${value.length})`);
  const others = keys.filter((key) => typeof key === "symbol" || !/^\d+$/.test(key));
  const count = Math.min(value.length, ITEMS_MAX);
  const parts = () => items(ctx, count, value.length, (i) => formatPrimitive(ctx, value[i]));
  return plain(others, [`${front}[`, "]"], value.length === 0 ? undefined : parts, true);
}

function mapShape(ctx: Context, value: Map<unknown, unknown>, depth: number, name: string | null,
                  tag: string, keys: Key[]): Shape {
  const front = prefix(name, tag, "Map", `(${value.size})`);
  return plain(keys, [`${front}{`, "}"], value.size === 0 ? undefined : () => {
    const pairs = [...Map.prototype.entries.call(value).take(ITEMS_MAX)] as [unknown, unknown][];
    return items(ctx, pairs.length, value.size, (i) => {
      const [key, of] = pairs[i] as [unknown, unknown];
      return `${format(ctx, key, depth + 1)} => ${format(ctx, of, depth + 1)}`;
    });
  });
}

function setShape(ctx: Context, value: Set<unknown>, depth: number, name: string | null,
                  tag: string, keys: Key[]): Shape {
  const front = prefix(name, tag, "Set", `(${value.size})`);
  return plain(keys, [`${front}{`, "}"], value.size === 0 ? undefined : () => {
    const all = [...Set.prototype.values.call(value).take(ITEMS_MAX)] as unknown[];
    return items(ctx, all.length, value.size, (i) => format(ctx, all[i], depth + 1));
  });
}

function functionShape(value: object, name: string | null, tag: string, keys: Key[]): Shape {
  const made = value as { name?: unknown };
  const own = typeof made.name === "string" ? made.name : "";
  const source = Function.prototype.toString.call(value);
  let base: string;
  if (source.startsWith("class") && source.endsWith("}")) {
    const parent = Object.getPrototypeOf(value) as { name?: unknown } | null;
    const parentName = typeof parent === "function" ? (parent as { name: string }).name : "";
    base = `[class ${own === "" ? "(anonymous)" : own}` +
           `${parentName === "" ? "" : ` extends ${parentName}`}]`;
  } else {
    const kind = name ?? "Function";
    base = `[${kind}${own === "" ? " (anonymous)" : `: ${own}`}]` +
           (name === null ? " null prototype" : "");
  }
  if (tag !== "" && tag !== "AsyncFunction" && tag !== "GeneratorFunction") base += ` [${tag}]`;
  return { braces: ["{", "}"], base, parts: undefined, keys, isArray: false, alone: base };
}

function errorShape(ctx: Context, value: Error, keys: Key[]): Shape {
  let base: string;
  const stack = Object.getOwnPropertyDescriptor(value, "stack");
  const text = stack !== undefined && "value" in stack ? stack.value as unknown : readStack(value);
  base = typeof text === "string" && text !== "" ? text : `[${errorHead(value)}]`;
  if (!base.includes("\n    at")) base = base.startsWith("[") ? base : `[${base}]`;
  const indent = " ".repeat(ctx.indentation);
  if (indent !== "") base = base.replaceAll("\n", `\n${indent}`);
  const shown = keys.filter((key) => key !== "stack" && key !== "message");
  for (const hidden of ["cause", "errors"]) {
    if (Object.hasOwn(value, hidden) && !shown.includes(hidden)) shown.push(hidden);
  }
  return { braces: ["{", "}"], base, parts: undefined, keys: shown, isArray: false, alone: base };
}

function readStack(value: Error): unknown {
  try {
    return value.stack;
  } catch {
    return undefined;
  }
}

function errorHead(value: Error): string {
  try {
    return Error.prototype.toString.call(value);
  } catch {
    return "Error";
  }
}

function isBrand(value: object, test: (value: object) => unknown): boolean {
  try {
    test(value);
    return true;
  } catch {
    return false;
  }
}

function exoticShape(ctx: Context, value: object, depth: number, name: string | null, tag: string,
                     keys: Key[]): Shape | undefined {
  if (value instanceof Date && isBrand(value, (v) => Date.prototype.getTime.call(v))) {
    const time = Date.prototype.getTime.call(value);
    const text = Number.isNaN(time) ? "Invalid Date" : Date.prototype.toISOString.call(value);
    return based(text, keys);
  }
  if (value instanceof RegExp) return based(RegExp.prototype.toString.call(value), keys);
  if (value instanceof Promise) {
    const [state, result] = native.promiseState(value);
    return plain(keys, [`${prefix(name, tag === "Promise" ? "" : tag, "Promise")}{`, "}"], () => {
      if (state === 0) return ["<pending>"];
      const mark = state === 2 ? "<rejected> " : "";
      return items(ctx, 1, 1, () => mark + format(ctx, result, depth + 1));
    });
  }
  if (value instanceof WeakSet || value instanceof WeakMap) {
    return plain(keys, [`${prefix(name, tag, "WeakMap")}{`, "}"], () => ["<items unknown>"]);
  }
  if (value instanceof ArrayBuffer) {
    return plain(keys, [`${prefix(name, tag, "ArrayBuffer")}{`, "}"], () => bufferParts(value));
  }
  if (value instanceof DataView) {
    return plain(keys, [`${prefix(name, tag, "DataView")}{`, "}"], () => items(ctx, 3, 3, (i) =>
      i === 0 ? `byteLength: ${value.byteLength}` : i === 1 ? `byteOffset: ${value.byteOffset}` :
        `buffer: ${format(ctx, value.buffer, depth + 1)}`));
  }
  return boxedShape(ctx, value, keys);
}

function based(base: string, keys: Key[]): Shape {
  return { braces: ["{", "}"], base, parts: undefined, keys, isArray: false, alone: base };
}

function bufferParts(value: ArrayBuffer): string[] {
  if (value.detached) return ["(detached)", "byteLength: 0"];
  const shown = new Uint8Array(value, 0, Math.min(value.byteLength, 50));
  let hex = Array.from(shown, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const rest = value.byteLength - shown.length;
  if (rest > 0) hex += ` ... ${rest} more byte${rest > 1 ? "s" : ""}`;
  return [`[Uint8Contents]: <${hex}>`, `byteLength: ${value.byteLength}`];
}

function boxedShape(ctx: Context, value: object, keys: Key[]): Shape | undefined {
  for (const Box of [Number, String, Boolean, BigInt, Symbol]) {
    if (!(value instanceof Box)) continue;
    const prototype = Box.prototype as { valueOf(): unknown };
    if (!isBrand(value, (v) => prototype.valueOf.call(v))) continue;
    const others = keys.filter((key) => Box !== String || typeof key === "symbol" ||
                                        !/^\d+$/.test(key));
    return based(`[${Box.name}: ${formatPrimitive(ctx, prototype.valueOf.call(value))}]`, others);
  }
  return undefined;
}

function platformGetters(value: object): Map<string, object> | undefined {
  let found: Map<string, object> | undefined;
  for (let at = Object.getPrototypeOf(value) as object | null; at !== null;
       at = Object.getPrototypeOf(at) as object | null) {
    const names = platform.get(at);
    if (names === undefined) continue;
    found ??= new Map<string, object>();
    for (const name of names) if (!found.has(name)) found.set(name, at);
  }
  return found;
}

// Entries first (Headers, URLSearchParams, FormData), then own properties, then the getters' values.
function platformShape(ctx: Context, value: object, depth: number, getters: Map<string, object>,
                       keys: Key[]): Shape {
  if (value instanceof Error) return errorShape(ctx, value, keys);
  const name = constructorName(value) ?? "Object";
  const entries = (value as { entries?: unknown }).entries;
  const pairs = typeof entries === "function" ?
    [...(Reflect.apply(entries, value, []) as Iterable<[unknown, unknown]>)] : undefined;
  const size = pairs === undefined ? "" : `(${pairs.length})`;
  // Names with "_" are what a library keeps in its objects.
  const shown = keys.filter((key) => typeof key === "symbol" || !key.startsWith("_"));
  return plain([], [`${name}${size} {`, "}"], () => {
    const parts = pairs === undefined ? [] :
      items(ctx, Math.min(pairs.length, ITEMS_MAX), pairs.length, (i) => {
        const [key, of] = pairs[i] as [unknown, unknown];
        return `${format(ctx, key, depth + 1)} => ${format(ctx, of, depth + 1)}`;
      });
    for (const key of shown) parts.push(formatProperty(ctx, value, key, depth));
    ctx.indentation += 2;
    for (const getter of getters.keys()) {
      if (pairs !== undefined && getter === "size") continue;
      let text: string;
      try {
        text = format(ctx, Reflect.get(value, getter), depth + 1);
      } catch (error) {
        text = `[${error instanceof Error ? error.message : String(error)}]`;
      }
      parts.push(`${getter}: ${text}`);
    }
    ctx.indentation -= 2;
    return parts;
  });
}
