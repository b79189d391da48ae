import { execFile } from "node:child_process";
import { promisify } from "node:util";

const exec = promisify(execFile);

/** Loads a URL from one thread, or what a Lua script asks of it; {rps, requests, p50us, failed}. */
export async function wrk(url, { connections, seconds, script }) {
  const how = ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", ...(script ? ["-s", script] : [])];
  const { stdout } = await exec("wrk", [...how, url]);
  const p50 = /50%\s+([\d.]+)(us|ms|s)/.exec(stdout);
  const failed = /Non-2xx or 3xx responses: (\d+)/.exec(stdout);
  return {
    rps: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]),
    requests: Number(/(\d+) requests in/.exec(stdout)[1]),
    p50us: p50[1] * { us: 1, ms: 1e3, s: 1e6 }[p50[2]],
    failed: failed ? Number(failed[1]) : 0,
  };
}
