import { afterAll, beforeAll, test } from "vitest";
import { make, stores } from "./miniflare.js";
import { TESTS, work } from "./work.js";

let mf;
beforeAll(async () => {
  mf = make();
  await mf.ready;
});
afterAll(() => mf.dispose());
for (let i = 0; i < TESTS; ++i) {
  test(`test ${i}`, async () => work(await stores(mf), { key: `key-${i}`, object: `object-${i}` }));
}
