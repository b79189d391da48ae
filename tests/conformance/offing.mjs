// Runs an area in offing: a generated project directory, one process, one JSON line for each test.
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { classesOf } from "./areas.mjs";
import { run } from "./process.mjs";
import { bucketsOf } from "./r2_backend.mjs";

const NAME = "conformance";

/** The configuration's keys for the area's Durable Objects and its bindings to itself. */
function bindingsOf(area) {
  const keys = {};
  const services = area.services.map((s) => ({ ...s, service: NAME }));
  if (area.needs.includes("self")) services.unshift({ binding: "SELF", service: NAME });
  if (services.length > 0) keys.services = services;
  if (area.durable.length === 0) return keys;
  const bound = area.durable.filter((d) => d.binding);
  keys.durable_objects = { bindings: bound.map((d) => ({ name: d.binding, class_name: d.class })) };
  const names = (sqlite) => classesOf(area).filter((c) => c.sqlite === sqlite).map((c) => c.class);
  keys.migrations = [{ tag: "v1", new_sqlite_classes: names(true), new_classes: names(false) }];
  return keys;
}

/** Writes the project; returns its directory. */
export function offingProject(here, scratch, area) {
  const dir = join(scratch, `offing-${area.area}`);
  for (const m of area.files) {
    mkdirSync(dirname(join(dir, m.name)), { recursive: true });
    cpSync(join(here, m.name), join(dir, m.name));
  }
  const config = {
    name: NAME,
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
  if (area.needs.includes("r2")) {
    config.r2_buckets = bucketsOf(area).map((b) => ({ binding: b.binding, bucket_name: b.bucket }));
  }
  Object.assign(config, bindingsOf(area));
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
