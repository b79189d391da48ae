// A project (a folder with a wrangler.jsonc and what it was built into) in the real workerd: the same
// bundle behind an HTTP port, its KV on kv_double.js, its Durable Objects on disk in a scratch folder.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { workerdConfig, workerdPath } from "./workerd.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const KIND = { ".js": "esm", ".mjs": "esm", ".wasm": "wasm", ".txt": "text", ".html": "text", ".bin": "data" };

/** JSON with comments and trailing commas. */
function parseJsonc(text) {
  const bare = text.replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_, string) => string ?? "");
  return JSON.parse(bare.replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_, string) => string ?? ""));
}

/** The configuration's Durable Object bindings, each with the backend its migration chose. */
function durableOf(config) {
  const sqlite = new Set((config.migrations ?? []).flatMap((step) => step.new_sqlite_classes ?? []));
  return (config.durable_objects?.bindings ?? []).map(({ name, class_name }) => {
    return { binding: name, class: class_name, sqlite: sqlite.has(class_name) };
  });
}

/** Writes a workerd configuration for the project into `scratch`; returns its path. */
function configure(project, scratch) {
  const config = parseJsonc(readFileSync(join(project, "wrangler.jsonc"), "utf8"));
  const main = join(project, config.main);
  const base = dirname(main);
  const files = readdirSync(base, { recursive: true })
    .map((name) => ({ name, kind: KIND[/\.\w+$/.exec(name)?.[0]] }))
    .filter((file) => file.kind !== undefined)
    .sort((a, b) => (b.name === relative(base, main)) - (a.name === relative(base, main)));
  for (const { name } of files) {
    mkdirSync(dirname(join(scratch, name)), { recursive: true });
    cpSync(join(base, name), join(scratch, name));
  }
  cpSync(join(here, "kv_double.js"), join(scratch, "kv_double.js"));
  const kv_names = (config.kv_namespaces ?? []).map((namespace) => namespace.binding);
  const area = {
    files, kv_names, vars: config.vars ?? {}, needs: kv_names.length > 0 ? ["kv"] : [],
    compatibility_date: config.compatibility_date,
    compatibility_flags: config.compatibility_flags ?? [],
    durable: durableOf(config),
  };
  const objects = join(scratch, "objects");
  mkdirSync(objects);
  const file = join(scratch, "config.capnp");
  const options = area.durable.length > 0 ? { socket: true, objects } : { socket: true };
  writeFileSync(file, workerdConfig(area, options));
  return file;
}

/** Serves the project; resolves to {port, log(), stop()} once workerd listens. */
export async function serveProject(project) {
  const scratch = mkdtempSync(join(tmpdir(), "workerd-project-"));
  const remove = () => rmSync(scratch, { recursive: true, force: true });
  try {
    const file = configure(project, scratch);
    const server = await new Promise((done, failed) => {
      const stdio = ["ignore", "pipe", "pipe", "pipe"];
      const child = spawn(workerdPath(root), ["serve", file, "--control-fd=3"], { stdio });
      let log = "";
      for (const pipe of [child.stdout, child.stderr]) pipe.setEncoding("utf8").on("data", (d) => (log += d));
      child.on("error", failed);
      child.on("exit", (code) => failed(new Error(`workerd ended with ${code}: ${log.trim()}`)));
      let said = "";
      child.stdio[3].setEncoding("utf8").on("data", (d) => {
        said += d;
        const port = /"event":"listen".*"port":(\d+)/.exec(said)?.[1];
        if (port) done({ child, port: Number(port), log: () => log });
      });
    });
    const stop = () => new Promise((done) => {
      server.child.on("close", () => done(remove()));
      server.child.kill("SIGKILL");  // it would wait for open WebSockets otherwise
    });
    return { port: server.port, log: server.log, stop };
  } catch (error) {
    remove();
    throw error;
  }
}
