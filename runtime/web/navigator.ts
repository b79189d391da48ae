// navigator (spec/runtime-api.md 5).

import { illegalInvocation } from "./io";

const MAKING = Symbol("making");

export class Navigator {
  declare userAgent: string;
  constructor(making: unknown) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
  }
  sendBeacon(_url: string, _body?: unknown): boolean {
    if (this !== navigator) throw illegalInvocation();
    throw new Error("navigator.sendBeacon is not supported by this version of offing; see \"Not " +
                    "supported\" in its README");
  }
}
export const navigator = new Navigator(MAKING);

// The properties are the object's own, as on the platform; `language` has a date.
export function initNavigator(withLanguage: boolean): void {
  const values: Record<string, unknown> = {
    ...(withLanguage ? { languages: Object.freeze(["en"]), language: "en" } : {}),
    platform: "", hardwareConcurrency: 1, userAgent: "Cloudflare-Workers",
  };
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(navigator, name, { value, enumerable: true, configurable: true });
  }
}
