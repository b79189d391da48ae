import { test } from "../../../tools/client/vitest.js";
import { TESTS, work } from "./work.js";

test.override({ offing: { config: new URL("wrangler.json", import.meta.url).pathname } });
for (let i = 0; i < TESTS; ++i) {
  test(`test ${i}`, async ({ w }) => {
    const hit = async (name) => (await w.fetch(`/${name}`)).text();
    await work({ kv: w.kv("KV"), r2: w.r2("BUCKET"), hit }, { key: "key", object: "object" });
  });
}
