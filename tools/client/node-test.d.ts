import type { TestContext, TestOptions } from "node:test";
import type { StartOptions, World } from "./index.js";

export { after, afterEach, before, beforeEach, describe, suite } from "node:test";

/** Options of node:test (`timeout`, `skip`, …: its own) and of start(). */
export type Options = TestOptions & Omit<StartOptions, "timeout">;
type Body = (w: World, t: TestContext) => unknown;
interface Test {
  (name: string, body: Body): Promise<void>;
  (name: string, options: Options, body?: Body): Promise<void>;
}
/** Options of start() for the tests of this file that come after it. */
export function configure(options: StartOptions): void;
export const test: Test & { skip: Test; only: Test; todo: Test };
export const it: typeof test;
export default test;
