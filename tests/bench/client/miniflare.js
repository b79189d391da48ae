import { readFileSync } from "node:fs";
import { Miniflare } from "miniflare";

export const make = () => new Miniflare({
  modules: true, script: readFileSync(new URL("worker.js", import.meta.url), "utf8"),
  compatibilityDate: "2026-06-01", kvNamespaces: ["KV"], r2Buckets: ["BUCKET"],
  durableObjects: { COUNTER: { className: "Counter", useSQLite: true } },
});
export const stores = async (mf) => ({
  kv: await mf.getKVNamespace("KV"), r2: await mf.getR2Bucket("BUCKET"),
  hit: async (name) => (await mf.dispatchFetch(`http://localhost/${name}`)).text(),
});
