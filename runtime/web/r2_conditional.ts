// Conditions of R2 reads and writes (spec/r2.md 1.4). `read…` coerces what the guest gave, in the
// platform's order; `encode…` checks it, later, and makes what crosses the seam.

import { type Headers, isHeaders, peekHeader } from "./headers";

export function wrongType(field: string, owner: string, type: string): TypeError {
  return new TypeError(`Incorrect type for the '${field}' field on '${owner}': the provided ` +
                       `value is not of type '${type}'.`);
}

export function isObject(value: unknown): value is object {
  return typeof value === "object" ? value !== null : typeof value === "function";
}

const parseDate = Date.parse;
const getTime = Date.prototype.getTime;

const MS_MAX = 2 ** 63 / 1e6;

// Milliseconds.
export function readDate(value: unknown, field: string, owner: string): number | undefined {
  if (value === undefined) return undefined;
  let ms: number;
  if (typeof value === "number") ms = Math.trunc(value);
  else if (value instanceof Date) ms = getTime.call(value);
  else throw wrongType(field, owner, "date");
  if (!Number.isFinite(ms)) {
    throw new TypeError("The value cannot be converted because it is not a valid Date.");
  }
  // The platform counts nanoseconds in 64 bits; its texts name other years than these are.
  if (ms >= MS_MAX) throw new TypeError("This API doesn't support dates after 2189.");
  if (ms <= -MS_MAX) throw new TypeError("This API doesn't support dates before 1687.");
  return ms;
}

// A header's date; one that is none is the epoch.
export function headerDate(text: string | null): number | undefined {
  return text === null ? undefined : parseDate(text) || 0;
}

// Strings are taken as they are, never made of something else.
export function readString(value: unknown, field: string, owner: string): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw wrongType(field, owner, "string");
}

interface Conditional {
  readonly etagMatches: string | undefined;
  readonly etagDoesNotMatch: string | undefined;
  readonly uploadedBefore: number | undefined;
  readonly uploadedAfter: number | undefined;
  readonly secondsGranularity: boolean;
}
export type Condition = Headers | Conditional | undefined;

// `owner`: the options it stands in.
export function readCondition(value: unknown, owner: string): Condition {
  if (value === undefined || isHeaders(value)) return value;
  if (value !== null && !isObject(value)) {
    throw wrongType("onlyIf", owner, "Conditional or Headers");
  }
  const given = (value ?? {}) as { [field in keyof Conditional]?: unknown };
  return {
    etagMatches: readString(given.etagMatches, "etagMatches", "Conditional"),
    etagDoesNotMatch: readString(given.etagDoesNotMatch, "etagDoesNotMatch", "Conditional"),
    uploadedBefore: readDate(given.uploadedBefore, "uploadedBefore", "Conditional"),
    uploadedAfter: readDate(given.uploadedAfter, "uploadedAfter", "Conditional"),
    secondsGranularity: Boolean(given.secondsGranularity),
  };
}

export function encodeCondition(condition: Condition): R2NativeCondition | undefined {
  if (condition === undefined) return undefined;
  if (isHeaders(condition)) return fromHeaders(condition);
  return [single(condition.etagMatches), single(condition.etagDoesNotMatch),
          condition.uploadedBefore, condition.uploadedAfter, condition.secondsGranularity];
}

// K1.
function single(etag: string | undefined): string[] | undefined {
  if (etag === undefined) return undefined;
  if (etag.startsWith('"') && etag.endsWith('"')) {
    throw new TypeError(`Conditional ETag should not be wrapped in quotes (${etag}).`);
  }
  return [etag === "*" ? "*" : `s${etag}`];
}

// K2.
function fromHeaders(headers: Headers): R2NativeCondition {
  return [
    tagsOf(headers, "if-match"), tagsOf(headers, "if-none-match"),
    headerDate(peekHeader(headers, "if-unmodified-since")),
    headerDate(peekHeader(headers, "if-modified-since")), true,
  ];
}

function tagsOf(headers: Headers, name: string): string[] | undefined {
  const text = peekHeader(headers, name);
  if (text === null) return undefined;
  const tags = parseTags(text);
  if (tags.length === 0) throw new Error(`Invalid ETag in ${name} header`);
  return tags;
}

function noComma(what: string): Error {
  return new Error(`Comma was expected to separate etags. Encountered a ${what}`);
}
const WILDCARD_TEXT = "wildcard character '*' instead.";
const WEAK_TEXT = "weak quotation character 'W' instead. This would otherwise indicate the start " +
                  "of a new weak etag.";
const STRONG_TEXT = "double quote character '\"' instead. This would otherwise indicate the " +
                    "start of a new strong etag.";

// K3, K4.
function parseTags(text: string): string[] {
  const tags: string[] = [];
  let separated = true;
  for (let at = 0; at < text.length;) {
    const c = text[at]!;
    if (c === " " || c === "\t" || c === ",") {
      if (c === ",") separated = true;
      at++;
    } else if (c === "*") {
      if (!separated) throw noComma(WILDCARD_TEXT);
      return ["*"];
    } else if (c === '"' || c === "W") {
      if (!separated) throw noComma(c === "W" ? WEAK_TEXT : STRONG_TEXT);
      const weak = c === "W";
      if (weak && !text.startsWith('/"', at + 1)) {
        throw new Error("Weak etags must start with W/ and their value must be quoted");
      }
      const from = at + (weak ? 3 : 1), to = text.indexOf('"', from);
      if (to < 0) throw new Error("Unclosed double quote for Etag");
      tags.push((weak ? "w" : "s") + text.slice(from, to));
      separated = false;
      at = to + 1;
    } else {
      break;
    }
  }
  return tags;
}
