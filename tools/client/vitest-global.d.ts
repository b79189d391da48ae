import type { TestProject } from "vitest/node";
/** For `globalSetup`: one daemon for all test files. */
export default function setup(project: TestProject): Promise<() => Promise<void>>;
