// atob and btoa (spec/runtime-api.md 5).

import { domException } from "./dom_exception";
import { badArgument } from "./errors";

const GLOBAL = "ServiceWorkerGlobalScope";

export function atob(data: unknown): string {
  if (arguments.length === 0) throw badArgument("atob", GLOBAL, 1, "string");
  const text = native.atob(`${data as string}`);
  if (text === undefined) {
    throw domException("InvalidCharacterError",
                       "atob() called with invalid base64-encoded data. (Only whitespace, '+', " +
                       "'/', alphanumeric ASCII, and up to two terminal '=' signs when the input " +
                       "data length is divisible by 4 are allowed.)");
  }
  return text;
}

export function btoa(data: unknown): string {
  if (arguments.length === 0) throw badArgument("btoa", GLOBAL, 1, "String");
  const text = native.btoa(`${data as string}`);
  if (text === undefined) {
    throw domException("InvalidCharacterError", "btoa() can only operate on characters in the " +
                                                "Latin1 (ISO/IEC 8859-1) range.");
  }
  return text;
}
