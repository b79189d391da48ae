// One test's operations, and what fresh state means for them. `names`: of what the test uses.
import { expect } from "vitest";

export const TESTS = Number(process.env.BENCH_TESTS ?? 200);

export async function work({ kv, r2, hit }, names) {
  expect(await kv.get(names.key)).toBe(null);
  await kv.put(names.key, "one");
  expect(await kv.get(names.key)).toBe("one");
  await kv.delete(names.key);
  expect(await kv.get(names.key)).toBe(null);
  for (let n = 1; n <= 5; ++n) expect(await hit(names.object)).toBe(String(n));
  await r2.put(names.key, "an object");
  expect(await (await r2.get(names.key)).text()).toBe("an object");
}
