// A namespace of Durable Objects: mints ids and makes stubs (spec/durable-objects.md 1.1, 1.2).
// Nothing here leaves the isolate; the first call of a stub does.

import { digitsOf, DurableObjectId, isId } from "./durable_id";
import { exposeState, isOptions, PRIVATE, requirePrivate } from "./durable_owner";
import { badArgument } from "./errors";
import { illegalInvocation, requireRequest } from "./io";
import { makeStub } from "./rpc";

const ACTOR = 1;   // NativeTarget's kind
const CLASS = "DurableObjectNamespace";
const REMEMBERED_MAX = 4096;
const JURISDICTIONS = ["eu", "fedramp", "fedramp-high", "us"];

interface GetOptions {
  locationHint?: unknown;
  routingMode?: unknown;
}

// Lone surrogates read back as the three bytes that they are kept as.
function readable(name: string): string {
  return name.isWellFormed() ? name : name.replace(/\p{Surrogate}/gu, "\ufffd\ufffd\ufffd");
}

// "" for none.
function jurisdictionOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  const name = `${value as string}`;
  if (JURISDICTIONS.includes(name)) return name;
  throw new TypeError(`"${name}" is not a jurisdiction: it must be one of ` +
                      `${JURISDICTIONS.join(", ")}.`);
}

export let isNamespace: (value: unknown) => value is DurableObjectNamespace;

export class DurableObjectNamespace {
  #space: number;
  #jurisdiction: string;
  readonly #digits = new Map<string, string>();   // of names asked for lately: two HMACs each

  constructor(key: unknown, space: number, jurisdiction: string) {
    requirePrivate(key);
    this.#space = space;
    this.#jurisdiction = jurisdiction;
  }

  newUniqueId(options?: unknown): DurableObjectId {
    if (!isNamespace(this)) throw illegalInvocation();
    if (!isOptions(options)) throw badArgument("newUniqueId", CLASS, 1, "NewUniqueIdOptions");
    const asked = jurisdictionOf((options as { jurisdiction?: unknown } | undefined)?.jurisdiction);
    const jurisdiction = asked === "" ? this.#jurisdiction : asked;
    return new DurableObjectId(PRIVATE, native.actorIdUnique(this.#space, jurisdiction), undefined,
                               jurisdiction);
  }

  idFromName(name: string): DurableObjectId {
    if (!isNamespace(this)) throw illegalInvocation();
    if (arguments.length === 0) throw badArgument("idFromName", CLASS, 1, "string");
    return this.#named(name);
  }

  #named(name: unknown): DurableObjectId {
    const text = typeof name === "string" ? name : `${name as string}`;
    let digits = this.#digits.get(text);
    if (digits === undefined) {
      digits = native.actorIdFromName(this.#space, text, this.#jurisdiction);
      if (this.#digits.size >= REMEMBERED_MAX || text.length > 256) this.#digits.clear();
      this.#digits.set(text, digits);
    }
    return new DurableObjectId(PRIVATE, digits, readable(text), this.#jurisdiction);
  }

  idFromString(id: string): DurableObjectId {
    if (!isNamespace(this)) throw illegalInvocation();
    if (arguments.length === 0) throw badArgument("idFromString", CLASS, 1, "string");
    const digits = `${id}`;
    if (!/^[0-9a-fA-F]{64}$/.test(digits)) {
      throw new TypeError("Invalid Durable Object ID: must be 64 hex digits");
    }
    const lower = digits.toLowerCase();
    const jurisdiction = native.actorIdCheck(this.#space, lower);
    if (jurisdiction === undefined) {
      throw new TypeError("Durable Object ID is not valid for this namespace.");
    }
    return new DurableObjectId(PRIVATE, lower, undefined, jurisdiction);
  }

  get(id: unknown, options?: unknown): any {
    if (!isNamespace(this)) throw illegalInvocation();
    if (!isId(id)) throw badArgument("get", CLASS, 1, "DurableObjectId");
    return this.#stub("get", id, options);
  }

  getByName(name: string, options?: unknown): any {
    if (!isNamespace(this)) throw illegalInvocation();
    if (arguments.length === 0) throw badArgument("getByName", CLASS, 1, "string");
    return this.#stub("getByName", this.#named(name), options);
  }

  #stub(method: string, id: DurableObjectId, options: unknown): object {
    let hint = "";
    if (options !== undefined) {
      if (!isOptions(options)) throw badArgument(method, CLASS, 2, "GetDurableObjectOptions");
      const { locationHint, routingMode } = (options ?? {}) as GetOptions;
      if (locationHint !== undefined) hint = `${locationHint as string}`;
      if (routingMode !== undefined && `${routingMode as string}` !== "primary-only") {
        throw new RangeError(`unknown routingMode: ${routingMode as string}`);
      }
    }
    const jurisdiction = id.jurisdiction ?? "";
    if (this.#jurisdiction !== "" && jurisdiction !== this.#jurisdiction) {
      throw new TypeError("get called on jurisdictional subnamespace with an ID from a different " +
                          "jurisdiction");
    }
    requireRequest("Durable Object stub");
    const target: NativeTarget = [ACTOR, this.#space, digitsOf(id), id.name ?? "", hint,
                                  jurisdiction, native.newNumber()];
    return makeStub(target, { name: id.name, id });
  }

  jurisdiction(jurisdiction?: unknown): DurableObjectNamespace {
    if (!isNamespace(this)) throw illegalInvocation();
    return new DurableObjectNamespace(PRIVATE, this.#space, jurisdictionOf(jurisdiction));
  }

  static {
    isNamespace = (value): value is DurableObjectNamespace =>
      typeof value === "object" && value !== null && #space in value;
  }
}
exposeState(CLASS, DurableObjectNamespace);

// `space` indexes WorkerOptions::actor_classes.
export function makeNamespace(space: number): DurableObjectNamespace {
  return new DurableObjectNamespace(PRIVATE, space, "");
}
