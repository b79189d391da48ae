// URL (spec/runtime-api.md 5): href and the offsets of its parts, as the engine's parser gives
// them; a getter is one slice. In ada's terms: protocolEnd is after the ":", usernameEnd and
// hostStart say where credentials are ("@" stands at hostStart when there are any), searchStart and
// hashStart point to the "?" and "#" or are negative.

import { badArgument, badConstruction } from "./errors";
import { illegalInvocation } from "./io";
import { linkedParams, replaceParams, type URLSearchParams } from "./url_search_params";

type Parsed = [href: string, ...offsets: number[]];
const enum At { ProtocolEnd = 1, UsernameEnd, HostStart, HostEnd, Port, PathnameStart, SearchStart,
                HashStart }

export let isURL: (value: unknown) => value is URL;

const at = (parsed: Parsed, which: At): number => parsed[which] as number;

// ada writes "omitted" as 2^32-1; the seam says -1. Either way: not an offset.
function offset(parsed: Parsed, which: At): number {
  const value = at(parsed, which);
  return value < 0 || value > parsed[0].length ? -1 : value;
}

export class URL {
  #parsed: Parsed;
  #params: URLSearchParams | undefined = undefined;

  constructor(url: string | URL, base?: string | URL) {
    if (arguments.length === 0) throw badConstruction("URL", 1, "USVString");
    const parsed = native.urlParse(`${url as string}`,
                                   base === undefined ? undefined : `${base as string}`);
    if (parsed === undefined) throw new TypeError("Invalid URL string.");
    this.#parsed = parsed;
  }

  static canParse(url: string, base?: string): boolean {
    if (arguments.length === 0) throw badArgument("canParse", "URL", 1, "USVString");
    return native.urlCanParse(`${url}`, base === undefined ? undefined : `${base}`);
  }

  static parse(url: string, base?: string): URL | null {
    if (arguments.length === 0) throw badArgument("parse", "URL", 1, "USVString");
    const parsed = native.urlParse(`${url}`, base === undefined ? undefined : `${base}`);
    if (parsed === undefined) return null;
    const made = new URL("a:");
    made.#parsed = parsed;
    return made;
  }

  static createObjectURL(_object: unknown): string {
    throw new Error("URL.createObjectURL() is not implemented");
  }
  static revokeObjectURL(_url: unknown): void {
    throw new Error("URL.revokeObjectURL() is not implemented");
  }

  get origin(): string { check(this); return native.urlOrigin(this.#parsed[0]); }

  get href(): string { check(this); return this.#parsed[0]; }
  set href(value: string) {
    check(this);
    const parsed = native.urlParse(`${value}`, undefined);
    if (parsed === undefined) {
      throw new TypeError("Failed to set the 'href' property on 'URL': the provided value is not " +
                          "of type 'valid URL string'.");
    }
    this.#take(parsed);
  }

  get protocol(): string {
    check(this);
    return this.#parsed[0].slice(0, at(this.#parsed, At.ProtocolEnd));
  }
  set protocol(value: string) { check(this); this.#set("protocol", value); }

  get username(): string {
    check(this);
    const start = at(this.#parsed, At.ProtocolEnd) + 2;
    const end = at(this.#parsed, At.UsernameEnd);
    return start < end ? this.#parsed[0].slice(start, end) : "";
  }
  set username(value: string) { check(this); this.#set("username", value); }

  get password(): string {
    check(this);
    const start = at(this.#parsed, At.UsernameEnd);
    const end = at(this.#parsed, At.HostStart);
    return end - start > 0 ? this.#parsed[0].slice(start + 1, end) : "";
  }
  set password(value: string) { check(this); this.#set("password", value); }

  #hostStart(): number {
    const start = at(this.#parsed, At.HostStart);
    return this.#parsed[0].charCodeAt(start) === 0x40 && at(this.#parsed, At.HostEnd) > start ?
      start + 1 : start;
  }

  get host(): string {
    check(this);
    return this.#parsed[0].slice(this.#hostStart(), this.#authorityEnd());
  }
  set host(value: string) { check(this); this.#set("host", value); }

  get hostname(): string {
    check(this);
    return this.#parsed[0].slice(this.#hostStart(), at(this.#parsed, At.HostEnd));
  }
  set hostname(value: string) { check(this); this.#set("hostname", value); }

  // pathnameStart stands after a "/." that only serialization put between host and path.
  #authorityEnd(): number {
    const end = at(this.#parsed, At.HostEnd);
    return at(this.#parsed, At.Port) >= 0 && at(this.#parsed, At.Port) <= 0xffff ?
      at(this.#parsed, At.PathnameStart) : end;
  }

  get port(): string {
    check(this);
    const port = at(this.#parsed, At.Port);
    return port >= 0 && port <= 0xffff ? `${port}` : "";
  }
  set port(value: string) { check(this); this.#set("port", value); }

  get pathname(): string {
    check(this);
    const search = offset(this.#parsed, At.SearchStart);
    const hash = offset(this.#parsed, At.HashStart);
    return this.#parsed[0].slice(at(this.#parsed, At.PathnameStart),
                                 search >= 0 ? search : hash >= 0 ? hash : undefined);
  }
  set pathname(value: string) { check(this); this.#set("pathname", value); }

  get search(): string { check(this); return this.#query(); }
  set search(value: string) { check(this); this.#set("search", value); }

  // A lone "?" or "#" reads as nothing.
  #query(): string {
    const start = offset(this.#parsed, At.SearchStart);
    if (start < 0) return "";
    const hash = offset(this.#parsed, At.HashStart);
    const end = hash >= 0 ? hash : this.#parsed[0].length;
    return end - start > 1 ? this.#parsed[0].slice(start, end) : "";
  }

  get hash(): string {
    check(this);
    const start = offset(this.#parsed, At.HashStart);
    return start < 0 || this.#parsed[0].length - start <= 1 ? "" : this.#parsed[0].slice(start);
  }
  set hash(value: string) { check(this); this.#set("hash", value); }

  get searchParams(): URLSearchParams {
    check(this);
    return this.#params ??= linkedParams(this.#query().slice(1), (query) => {
      const parsed = native.urlSet(this.#parsed[0], "search", query);
      if (parsed !== undefined) this.#parsed = parsed;
    });
  }

  toJSON(): string { check(this); return this.#parsed[0]; }
  toString(): string { check(this); return this.#parsed[0]; }

  #set(part: string, value: unknown): void {
    const parsed = native.urlSet(this.#parsed[0], part, `${value as string}`);
    if (parsed !== undefined) this.#take(parsed);
  }

  #take(parsed: Parsed): void {
    this.#parsed = parsed;
    if (this.#params !== undefined) replaceParams(this.#params, this.#query().slice(1));
  }

  static {
    isURL = (value): value is URL =>
      typeof value === "object" && value !== null && #parsed in value;
  }
}

function check(value: unknown): void {
  if (!isURL(value)) throw illegalInvocation();
}
