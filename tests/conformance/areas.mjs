// The manifest areas.json: which files make an area's Worker, what it needs, and its checks' names.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const KINDS = ["esm", "cjs", "text", "data", "wasm"];

export function loadAreas(here) {
  const { defaults, areas } = JSON.parse(readFileSync(join(here, "areas.json"), "utf8"));
  const seen = new Set();
  return areas.map((given) => {
    const area = { needs: [], vars: {}, modules: [], compatibility_flags: [], ...defaults, ...given };
    for (const m of area.modules) {
      if (!KINDS.includes(m.kind)) throw new Error(`areas.json: ${area.area}: kind "${m.kind}"`);
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

/** Names of the exported checks, in the order of the source. */
export function checksOf(here, area) {
  const source = readFileSync(join(here, area.main), "utf8");
  return [...source.matchAll(/^export const (\w+) = \{$/gm)].map((m) => m[1]);
}
