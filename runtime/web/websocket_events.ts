// What a WebSocket's listeners are given (spec/runtime-api.md 7).

import { badConstruction } from "./errors";
import { Event } from "./events";
import { illegalInvocation } from "./io";

interface EventInit { bubbles?: boolean; cancelable?: boolean; composed?: boolean }
interface MessageEventInit extends EventInit {
  data?: unknown; origin?: string; lastEventId?: string; source?: null; ports?: never[];
}
interface CloseEventInit extends EventInit { code?: number; reason?: string; wasClean?: boolean }

export class MessageEvent extends Event {
  #data: unknown;
  #init: MessageEventInit | undefined;

  constructor(type: string, init?: MessageEventInit) {
    if (arguments.length === 0) throw badConstruction("MessageEvent", 1, "string");
    super(type, init);
    this.#data = init?.data ?? null;
    this.#init = init;
  }
  get data(): any {
    if (!(#data in this)) throw illegalInvocation();
    return this.#data;
  }
  get origin(): string | null { return this.#init?.origin ?? null; }
  get lastEventId(): string { return this.#init?.lastEventId ?? ""; }
  get source(): null { return null; }
  get ports(): never[] { return this.#init?.ports ?? []; }
}

export class CloseEvent extends Event {
  #code: number;
  #reason: string;
  #clean: boolean;

  constructor(type: string, init?: CloseEventInit) {
    if (arguments.length === 0) throw badConstruction("CloseEvent", 1, "string");
    super(type, init);
    this.#code = Number(init?.code ?? 0);
    this.#reason = `${init?.reason ?? ""}`;
    this.#clean = Boolean(init?.wasClean);
  }
  get code(): number {
    if (!(#code in this)) throw illegalInvocation();
    return this.#code;
  }
  get reason(): string {
    if (!(#code in this)) throw illegalInvocation();
    return this.#reason;
  }
  get wasClean(): boolean {
    if (!(#code in this)) throw illegalInvocation();
    return this.#clean;
  }
}
