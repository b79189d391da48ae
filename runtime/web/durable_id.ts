// DurableObjectId: 32 bytes in hexadecimal digits, minted by a namespace (spec/durable-objects.md
// 1.2).

import { badArgument } from "./errors";
import { exposeState, requirePrivate } from "./durable_owner";
import { illegalInvocation } from "./io";

// Whether it is one; its digits; its jurisdiction, "" for none.
export let isId: (value: unknown) => value is DurableObjectId;
export let digitsOf: (id: DurableObjectId) => string;

const fixed = { enumerable: true, configurable: true, writable: false };

export class DurableObjectId {
  #digits: string;
  declare readonly name?: string;
  declare readonly jurisdiction?: string;

  constructor(key: unknown, digits: string, name: string | undefined, jurisdiction: string) {
    requirePrivate(key);
    this.#digits = digits;
    Object.defineProperty(this, "jurisdiction",
                          { value: jurisdiction === "" ? undefined : jurisdiction, ...fixed });
    Object.defineProperty(this, "name", { value: name, ...fixed });
  }

  toString(): string {
    if (!isId(this)) throw illegalInvocation();
    return this.#digits;
  }

  equals(other: DurableObjectId): boolean {
    if (!isId(this)) throw illegalInvocation();
    if (!isId(other)) throw badArgument("equals", "DurableObjectId", 1, "DurableObjectId");
    return this.#digits === other.#digits;
  }

  static {
    isId = (value): value is DurableObjectId =>
      typeof value === "object" && value !== null && #digits in value;
    digitsOf = (id) => id.#digits;
  }
}
exposeState("DurableObjectId", DurableObjectId);
