// Runs an area in offing: a generated project directory, one process, one JSON line for each test.
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "./process.mjs";

/** Writes the project; returns its directory. */
export function offingProject(here, scratch, area) {
  const dir = join(scratch, `offing-${area.area}`);
  for (const m of area.files) {
    mkdirSync(dirname(join(dir, m.name)), { recursive: true });
    cpSync(join(here, m.name), join(dir, m.name));
  }
  const config = {
    name: "conformance",
    main: area.main,
    compatibility_date: area.compatibility_date,
    compatibility_flags: area.compatibility_flags,
    no_bundle: true,
    find_additional_modules: true,
    rules: [
      { type: "ESModule", globs: ["**/*.js"] },
      { type: "CommonJS", globs: ["**/*.cjs"] },
    ],
  };
  if (Object.keys(area.vars).length > 0) config.vars = area.vars;
  if (area.needs.includes("kv")) config.kv_namespaces = [{ binding: "KV", id: "conformance" }];
  if (area.needs.includes("self")) config.services = [{ binding: "SELF", service: "conformance" }];
  writeFileSync(join(dir, "wrangler.json"), JSON.stringify(config, null, 2));
  return dir;
}

export async function runOffing({ here, scratch, offing }, area) {
  const dir = offingProject(here, scratch, area);
  const { code, signal, stdout, stderr } = await run(offing, ["test", dir, "--json"]);
  const tests = new Map();
  for (const line of stdout.split("\n")) {
    if (!line.startsWith('{"')) continue;
    try {
      const { name, passed, error } = JSON.parse(line);
      tests.set(name, { passed, error: error || "failed" });
    } catch {
      continue;
    }
  }
  const last = stderr.trim().slice(-600);
  const error = tests.size === 0 || signal || code > 1 ? `offing ended with ${signal ?? code}: ${last}` : "";
  return { tests, error };
}
