import { test as base } from "vitest";
import { make, stores } from "./miniflare.js";
import { TESTS, work } from "./work.js";

const test = base.extend({
  mf: async ({}, use) => {
    const mf = make();
    await use(mf);
    await mf.dispose();
  },
});
for (let i = 0; i < TESTS; ++i) {
  test(`test ${i}`, async ({ mf }) => work(await stores(mf), { key: "key", object: "object" }));
}
