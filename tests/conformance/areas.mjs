// The manifest areas.json: which files make an area's Worker, what it needs, and its checks' names.
import { readFileSync } from "node:fs";
import { join } from "node:path";

//   durable   [{binding?, class, sqlite?}]: Durable Object classes the main module exports; without
//             `sqlite` the class has the older key-value backend
//   services  [{binding, entrypoint?, props?}]: bindings to entrypoints of the same Worker
//   durable_storage  where workerd keeps objects: "disk" (default) or "memory"
const KINDS = ["esm", "cjs", "text", "data", "wasm"];
const STORAGE = ["disk", "memory"];
const NONE = { needs: [], vars: {}, modules: [], compatibility_flags: [], durable: [], services: [] };

export function loadAreas(here) {
  const { defaults, areas } = JSON.parse(readFileSync(join(here, "areas.json"), "utf8"));
  const seen = new Set();
  return areas.map((given) => {
    const area = { ...NONE, durable_storage: "disk", ...defaults, ...given };
    for (const m of area.modules) {
      if (!KINDS.includes(m.kind)) throw new Error(`areas.json: ${area.area}: kind "${m.kind}"`);
    }
    if (!STORAGE.includes(area.durable_storage)) {
      throw new Error(`areas.json: ${area.area}: durable_storage "${area.durable_storage}"`);
    }
    area.files = [
      { name: area.main, kind: "esm" },
      { name: "assert.js", kind: "esm" },
      ...area.modules,
    ];
    for (const name of checksOf(here, area)) {
      if (seen.has(name)) throw new Error(`two checks are called "${name}"`);
      seen.add(name);
    }
    return area;
  });
}

/** An area's Durable Object classes, each once: [{class, sqlite}]. */
export function classesOf(area) {
  const classes = new Map((area.durable ?? []).map((d) => [d.class, d.sqlite === true]));
  return [...classes].map(([name, sqlite]) => ({ class: name, sqlite }));
}

/** Names of the exported checks, in the order of the source. */
export function checksOf(here, area) {
  const source = readFileSync(join(here, area.main), "utf8");
  return [...source.matchAll(/^export const (\w+) = \{$/gm)].map((m) => m[1]);
}
