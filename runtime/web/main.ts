// The bundle's entry: `entry` is what C++ calls (native.d.ts: Entry). Everything else a Worker sees
// is defined by the modules this one pulls in.

type FetchHandler = (request: unknown, env: unknown, ctx: unknown) => unknown;

class Response {
  readonly body: string;
  constructor(body: string) {
    this.body = String(body);
  }
}
Object.defineProperty(globalThis, "Response", {
  value: Response, writable: true, configurable: true, enumerable: false,
});

let main: Record<string, unknown> = {};

export const entry: Entry = {
  init(): void {},
  builtin(specifier: string): string {
    return `No such module "${specifier}".`;
  },
  setMain(namespace: Record<string, unknown>): void {
    main = namespace;
  },
  fetch(request: number, method: string, url: string): void {
    const handler = main.default as { fetch?: FetchHandler } | undefined;
    if (typeof handler?.fetch !== "function") {
      native.respondError(
        request, new Error("Handler does not export a fetch() function."), false);
      return;
    }
    Promise.resolve(handler.fetch({ method, url }, {}, {})).then(
      (response) => native.respond(request, 200, "OK", ["content-type", "text/plain;charset=UTF-8"],
                                   (response as Response).body, -1, false),
      (error: unknown) => native.respondError(request, error, false));
  },
  clientGone(): void {},
  hung(): void {},
  timer(): void {},
  pull(): void {},
  cancel(): void {},
  testNames(): string[] {
    return [];
  },
  test(): void {},
  unhandledRejection(): void {},
  domException(name: string, message: string): Error {
    const error = new Error(message);
    error.name = name;
    return error;
  },
  describe(error: unknown): [string, string] {
    return [String(error), error instanceof Error ? String(error.stack) : ""];
  },
  cloneWrite(): undefined {},
  cloneRead(): object {
    return {};
  },
};
