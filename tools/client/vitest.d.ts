import type { TestAPI } from "vitest";
import type { StartOptions, World } from "./index.js";

export * from "vitest";
/** Vitest's `test` with a fresh world `w` for each test; `test.override({ offing: {…} })` changes its options. */
export const test: TestAPI<{ offing: StartOptions; w: World }>;
export const it: typeof test;

declare module "vitest" {
  interface ProvidedContext {
    /** In vitest.config: provide: { offing: {…} }. */
    offing: StartOptions;
    /** Set by "offing/vitest-global". */
    offingDaemon: { url: string; fork: boolean; options: string };
  }
}
