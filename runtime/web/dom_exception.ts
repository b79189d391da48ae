// DOMException (spec/runtime-api.md 5): an Error whose name carries the meaning, with the legacy
// codes. Made as a real Error so that `stack` and `Error.isError` work.

import { enumerateMembers } from "./errors";
import { illegalInvocation } from "./io";

// Position + 1 is the legacy code; names that never had a code are simply not in the list.
const LEGACY: readonly (readonly [name: string, constant: string])[] = [
  ["IndexSizeError", "INDEX_SIZE_ERR"], ["DOMStringSizeError", "DOMSTRING_SIZE_ERR"],
  ["HierarchyRequestError", "HIERARCHY_REQUEST_ERR"],
  ["WrongDocumentError", "WRONG_DOCUMENT_ERR"],
  ["InvalidCharacterError", "INVALID_CHARACTER_ERR"], ["NoDataAllowedError", "NO_DATA_ALLOWED_ERR"],
  ["NoModificationAllowedError", "NO_MODIFICATION_ALLOWED_ERR"],
  ["NotFoundError", "NOT_FOUND_ERR"], ["NotSupportedError", "NOT_SUPPORTED_ERR"],
  ["InUseAttributeError", "INUSE_ATTRIBUTE_ERR"], ["InvalidStateError", "INVALID_STATE_ERR"],
  ["SyntaxError", "SYNTAX_ERR"], ["InvalidModificationError", "INVALID_MODIFICATION_ERR"],
  ["NamespaceError", "NAMESPACE_ERR"], ["InvalidAccessError", "INVALID_ACCESS_ERR"],
  ["ValidationError", "VALIDATION_ERR"], ["TypeMismatchError", "TYPE_MISMATCH_ERR"],
  ["SecurityError", "SECURITY_ERR"], ["NetworkError", "NETWORK_ERR"], ["AbortError", "ABORT_ERR"],
  ["URLMismatchError", "URL_MISMATCH_ERR"], ["QuotaExceededError", "QUOTA_EXCEEDED_ERR"],
  ["TimeoutError", "TIMEOUT_ERR"], ["InvalidNodeTypeError", "INVALID_NODE_TYPE_ERR"],
  ["DataCloneError", "DATA_CLONE_ERR"],
];
const CODES = new Map(LEGACY.map(([name], index) => [name, index + 1]));

export let isDOMException: (value: unknown) => value is DOMException;

const captureStackTrace = (Error as unknown as {
  captureStackTrace(target: object, above: unknown): void }).captureStackTrace;

export class DOMException extends Error {
  #message: string;
  #name: string;

  constructor(message: unknown = "", nameOrOptions?: unknown) {
    const text = `${message as string}`;
    super();
    this.#message = text;
    if (typeof nameOrOptions === "object" && nameOrOptions !== null) {
      const options = nameOrOptions as { name?: unknown; cause?: unknown };
      this.#name = options.name === undefined ? "Error" : `${options.name as string}`;
      if ("cause" in options) {
        Object.defineProperty(this, "cause", {
          value: options.cause, writable: true, configurable: true, enumerable: false,
        });
      }
    } else {
      this.#name = nameOrOptions === undefined ? "Error" : `${nameOrOptions as string}`;
    }
    captureStackTrace(this, new.target);
  }

  override get name(): string {
    if (!isDOMException(this)) throw illegalInvocation();
    return this.#name;
  }

  override get message(): string {
    if (!isDOMException(this)) throw illegalInvocation();
    return this.#message;
  }

  get code(): number {
    if (!isDOMException(this)) throw illegalInvocation();
    return CODES.get(this.#name) ?? 0;
  }

  static {
    isDOMException = (value): value is DOMException =>
      typeof value === "object" && value !== null && #name in value;
  }
}

for (const [index, [, constant]] of LEGACY.entries()) {
  const property = { value: index + 1, enumerable: true, configurable: true };
  Object.defineProperty(DOMException, constant, property);
  Object.defineProperty(DOMException.prototype, constant, property);
}
enumerateMembers(DOMException.prototype);

export function domException(name: string, message: string): DOMException {
  return new DOMException(message, name);
}
