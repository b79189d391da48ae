// Every clock and dice a guest can reach (spec/limits.md 6.1): Date, performance, Intl's and
// Temporal's "now", Math.random. They read the world's, through `native`; in global scope the time is 0.

import { illegalInvocation } from "./io";

const EngineDate = Date;
type DateConstructor = typeof Date;

export function now(): number {
  return native.getFrame() === undefined ? 0 : native.now();
}

// A function, not a class: Date() without `new` gives text.
function makeDate(): DateConstructor {
  const made = function Date(this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) return new EngineDate(now()).toString();
    if (args.length === 0) args = [now()];
    return new.target === made ? new (EngineDate as new (...args: unknown[]) => Date)(...args) :
      Reflect.construct(EngineDate, args, new.target);
  } as unknown as DateConstructor;
  const { prototype } = EngineDate;
  Object.defineProperty(made, "prototype", { value: prototype, writable: false });
  Object.defineProperty(made, "length", { value: 7 });
  Object.defineProperty(made, "name", { value: "Date" });
  for (const key of ["parse", "UTC"] as const) {
    Object.defineProperty(made, key, Object.getOwnPropertyDescriptor(EngineDate, key) as object);
  }
  const own = { now(): number { return now(); } };
  Object.defineProperty(made, "now", { value: own.now, writable: true, configurable: true });
  prototype.constructor = made;
  return made;
}

// Formatters called without a date show the present.
function patchIntl(): void {
  const { prototype } = Intl.DateTimeFormat;
  const engineFormat = Object.getOwnPropertyDescriptor(prototype, "format")?.get as
    (this: unknown) => (date?: unknown) => string;
  const bound = new WeakMap<object, (date?: unknown) => string>();
  const patched = {
    get format(): (date?: unknown) => string {
      const known = bound.get(this);
      if (known !== undefined) return known;
      const format = Reflect.apply(engineFormat, this, []) as (date?: unknown) => string;
      const made = (date?: unknown): string => format(date === undefined ? now() : date);
      Object.defineProperty(made, "name", { value: "" });
      Object.defineProperty(made, "length", { value: 1 });
      bound.set(this, made);
      return made;
    },
  };
  Object.defineProperty(prototype, "format", {
    get: Object.getOwnPropertyDescriptor(patched, "format")?.get as () => unknown,
    configurable: true,
  });
  const engineToParts = prototype.formatToParts;
  const parts = {
    formatToParts(date?: unknown): unknown {
      return Reflect.apply(engineToParts, this, [date === undefined ? now() : date]);
    },
  };
  Object.defineProperty(prototype, "formatToParts", {
    value: parts.formatToParts, writable: true, configurable: true });
}

interface TemporalLike {
  Now: Record<string, (zone?: unknown) => unknown>;
  Instant: { fromEpochMilliseconds(ms: number): {
    toZonedDateTimeISO(zone: unknown): Record<string, () => unknown> } };
}

function patchTemporal(temporal: TemporalLike): void {
  const { Instant, Now } = temporal;
  const fromMs = Instant.fromEpochMilliseconds.bind(Instant);
  const zoneId = Now.timeZoneId as () => unknown;
  const zoned = (zone: unknown) => fromMs(now()).toZonedDateTimeISO(zone ?? zoneId());
  const methods = {
    instant(): unknown { return fromMs(now()); },
    zonedDateTimeISO(zone?: unknown): unknown { return zoned(zone); },
    plainDateTimeISO(zone?: unknown): unknown { return zoned(zone).toPlainDateTime?.(); },
    plainDateISO(zone?: unknown): unknown { return zoned(zone).toPlainDate?.(); },
    plainTimeISO(zone?: unknown): unknown { return zoned(zone).toPlainTime?.(); },
  };
  for (const [name, value] of Object.entries(methods)) {
    if (!(name in Now)) continue;
    Object.defineProperty(value, "length", { value: 0 });
    Object.defineProperty(Now, name, { value, writable: true, configurable: true });
  }
}

export function installClock(global: Record<string, unknown>): void {
  Object.defineProperty(global, "Date", {
    value: makeDate(), writable: true, configurable: true, enumerable: false });
  patchIntl();
  if (global.Temporal !== undefined) patchTemporal(global.Temporal as TemporalLike);
  const dice = { random(): number { return native.random(); } };
  Object.defineProperty(Math, "random", {
    value: dice.random, writable: true, configurable: true, enumerable: false });
}

const MAKING = Symbol("making");

export class Performance {
  constructor(making: unknown) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
  }
  get timeOrigin(): number {
    if (this !== performance) throw illegalInvocation();
    return 0;
  }
  now(): number {
    if (this !== performance) throw illegalInvocation();
    return now();
  }
  toJSON(): { timeOrigin: number } {
    if (this !== performance) throw illegalInvocation();
    return { timeOrigin: 0 };
  }
}
export const performance = new Performance(MAKING);
