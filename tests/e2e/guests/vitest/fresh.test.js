// Another file, another process, the same daemon: nothing is left of anybody's tests.
import { describe, expect, test } from "offing/vitest";

for (const round of [1, 2, 3]) {
  test(`nobody is signed in at first, round ${round}`, async ({ w }) => {
    expect((await w.fetch("/ada")).status).toBe(401);
    await w.fetch("/ada", { method: "PUT" });
    expect((await w.fetch("/ada")).status).toBe(200);
  });
}

describe("with a seed of its own", () => {
  test.override({ offing: { seed: 42 } });
  test("the world has it", async ({ w }) => {
    expect(w.seed).toBe(42);
    expect((await w.status()).seed).toBe(42);
  });
});
