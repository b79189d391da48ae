// Runs an area in the real workerd: a generated configuration, one process, its log read back.
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { classesOf } from "./areas.mjs";
import { run } from "./process.mjs";
import { bucketsOf } from "./r2_backend.mjs";

const KIND = { esm: "esModule", cjs: "commonJsModule", text: "text", data: "data", wasm: "wasm" };
const quote = (s) => JSON.stringify(s);

export const workerdPath = (root) =>
  join(root, "node_modules/@cloudflare/workerd-linux-64/bin/workerd");

function serviceBinding({ binding, entrypoint, props }) {
  const target = [`name = "main"`];
  if (entrypoint !== undefined) target.push(`entrypoint = ${quote(entrypoint)}`);
  if (props !== undefined) target.push(`props = (json = ${quote(JSON.stringify(props))})`);
  return `(name = ${quote(binding)}, service = (${target.join(", ")}))`;
}

/** The Worker's fields that declare its Durable Object classes, each with a comma before it. */
function durableFields(area) {
  const classes = classesOf(area).map((c) =>
    `(className = ${quote(c.class)}, uniqueKey = ${quote(`conformance-${c.class}`)}, enableSql = ${c.sqlite})`);
  if (classes.length === 0) return "";
  const storage = area.durable_storage === "memory" ? "inMemory = void" : `localDisk = "objects"`;
  return `,
      durableObjectNamespaces = [${classes.join(", ")}],
      durableObjectStorage = (${storage})`;
}

/** A service that is one bucket of the R2 behind this port. */
function bucketService({ binding, bucket }, port) {
  const header = (name, value) => `(name = ${quote(name)}, value = ${quote(value)})`;
  return `    (name = ${quote(`r2-${binding}`)}, external = (address = "127.0.0.1:${port}", http = (
      injectRequestHeaders = [${header("offing-control", "1")}, ${header("offing-r2-bucket", bucket)}]))),`;
}

/** The text of a workerd configuration with this area as service "main"; its `embed`s are relative.
 * `objects` is the absolute directory for the area's Durable Objects on disk, `r2_port` where R2 is. */
export function workerdConfig(area, { socket = false, objects, r2_port } = {}) {
  const modules = area.files.map(
    (m) => `(name = ${quote(m.name)}, ${KIND[m.kind]} = embed ${quote(m.name)})`);
  const bindings = Object.entries(area.vars).map(([name, value]) =>
    typeof value === "string"
      ? `(name = ${quote(name)}, text = ${quote(value)})`
      : `(name = ${quote(name)}, json = ${quote(JSON.stringify(value))})`);
  const services = [];
  if (area.needs.includes("self")) bindings.push(`(name = "SELF", service = "main")`);
  if (area.needs.includes("kv")) {
    for (const name of area.kv_names ?? ["KV"]) bindings.push(`(name = ${quote(name)}, kvNamespace = "kv")`);
    services.push(`    (name = "kv", worker = (
      modules = [(name = "kv_double.js", esModule = embed "kv_double.js")],
      compatibilityDate = "2026-06-01")),`);
  }
  for (const b of bucketsOf(area)) {
    bindings.push(`(name = ${quote(b.binding)}, r2Bucket = ${quote(`r2-${b.binding}`)})`);
    services.push(bucketService(b, r2_port));
  }
  for (const service of area.services ?? []) bindings.push(serviceBinding(service));
  for (const d of area.durable ?? []) {
    if (d.binding) bindings.push(`(name = ${quote(d.binding)}, durableObjectNamespace = ${quote(d.class)})`);
  }
  if (objects !== undefined) {
    services.push(`    (name = "objects", disk = (path = ${quote(objects)}, writable = true)),`);
  }
  const flags = area.compatibility_flags.map(quote).join(", ");
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [
        ${modules.join(",\n        ")}
      ],
      bindings = [${bindings.join(", ")}],
      compatibilityDate = ${quote(area.compatibility_date)},
      compatibilityFlags = [${flags}]${durableFields(area)})),
${services.join("\n")}
  ]${socket ? `,\n  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]` : ""}
);
`;
}

/** From the log: which tests passed, and for the others the exception logged while they ran. */
export function readLog(log) {
  const tests = new Map();
  let name;
  let noise = [];
  for (const line of log.split("\n")) {
    const mark = /\[ (TEST|PASS|FAIL) \] main:(\S+)/.exec(line);
    if (mark?.[1] === "TEST") {
      name = mark[2];
      noise = [];
    } else if (mark) {
      tests.set(mark[2], { passed: mark[1] === "PASS", error: exceptionIn(noise) });
    } else if (name !== undefined) {
      noise.push(line);
    }
  }
  return tests;
}

function exceptionIn(lines) {
  const text = lines.join("\n");
  // Objects log theirs too; the test's own comes last.
  const stack = [...text.matchAll(/stack = ([\s\S]*?)(?:\n {4}at |\nworkerd\/|$)/g)].at(-1);
  const plain = /exception = (?:\S+: failed: )?(?:jsg\.)?([^\n]*)/.exec(text);
  return (stack?.[1] ?? plain?.[1] ?? "failed").replace(/\s+/g, " ").trim();
}

export async function runWorkerd({ here, root, scratch, check, r2, no_r2 }, area) {
  if (area.needs.includes("r2") && r2 === undefined) {
    return { tests: new Map(), error: `no R2 to ask: ${no_r2 ?? "offing is not built"}` };
  }
  const dir = join(scratch, `workerd-${area.area}`);
  for (const name of [...area.files.map((m) => m.name), "kv_double.js"]) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    cpSync(join(here, name), join(dir, name));
  }
  let objects;
  if (area.durable.length > 0 && area.durable_storage === "disk") {
    objects = join(dir, "objects");
    mkdirSync(objects);
  }
  const file = join(dir, "config.capnp");
  writeFileSync(file, workerdConfig(area, { objects, r2_port: r2?.port }));
  const filter = check ? [`main:${check}`] : ["main"];
  const { code, signal, stderr } = await run(workerdPath(root), ["test", file, ...filter]);
  const tests = readLog(stderr);
  const error = tests.size === 0 || signal ? `workerd ended with ${signal ?? code}: ${stderr.trim().slice(-600)}` : "";
  return { tests, error };
}
