// The R2 that both runtimes ask: workerd has none of its own, so in its run a daemon of offing
// serves it through the protocol door (emulator/gateway/r2_door.h). Only the runtime differs then.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const BINDINGS = ["BUCKET", "OTHER"];

/** An area's R2 bindings: [{binding, bucket}]; no two areas share a bucket. */
export function bucketsOf(area) {
  if (!area.needs.includes("r2")) return [];
  const bucket = (binding) => `${area.area}-${binding}`.toLowerCase().replaceAll("_", "-");
  return BINDINGS.map((binding) => ({ binding, bucket: bucket(binding) }));
}

/** Starts the daemon; resolves to {port, stop()}. */
export function startR2(offing, scratch) {
  const dir = join(scratch, "r2-backend");
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "index.js"), "export default { fetch: () => new Response() };\n");
  const config = { name: "r2", main: "index.js", no_bundle: true };
  const dated = { ...config, compatibility_date: "2026-06-01" };
  writeFileSync(join(dir, "wrangler.json"), JSON.stringify(dated));
  const args = ["dev", dir, "--port", "0", "--allow-host", "fake-host", "--quiet"];
  return new Promise((done, failed) => {
    const child = spawn(offing, args, { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    let ready = false;
    const stop = () => new Promise((ended) => {
      child.on("close", ended);
      child.kill("SIGKILL");
    });
    child.on("error", failed);
    child.on("exit", (code) => {
      if (!ready) failed(new Error(`offing dev ended with ${code}: ${said.trim()}`));
    });
    for (const pipe of [child.stdout, child.stderr]) {
      pipe.setEncoding("utf8").on("data", (text) => {
        if (ready) return;
        said += text;
        const port = /^offing: ready on http:\S+:(\d+)$/m.exec(said)?.[1];
        if (port === undefined) return;
        ready = true;
        done({ port: Number(port), stop });
      });
    }
  });
}
