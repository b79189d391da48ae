// Runs one process to its end.
import { spawn } from "node:child_process";

const LIMIT_MS = 60_000;

/** Resolves to {code, signal, stdout, stderr}; never rejects. */
export function run(command, args, options = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (d) => (stdout += d));
    child.stderr.setEncoding("utf8").on("data", (d) => (stderr += d));
    const limit = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
    child.on("error", (e) => done({ code: -1, signal: null, stdout, stderr: String(e) }));
    child.on("close", (code, signal) => {
      clearTimeout(limit);
      done({ code, signal, stdout, stderr });
    });
  });
}
