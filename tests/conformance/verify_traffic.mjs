// Proves a traffic file's expectations: sends its requests, one after another, to the same bundle in
// the real workerd, and compares as `offing replay` does. Times in the file are not kept, except that
// a gap of a second or more before a request is waited for: KV's rate limit, alarms and expiry notice.
//   node tests/conformance/verify_traffic.mjs PROJECT [TRAFFIC] [--show] [--port N]
// --show prints each answer; --port asks a server that runs already (`offing dev`) instead of workerd.
// Exit 0: all as expected; 1: not; 2: could not run.
import { readFileSync } from "node:fs";
import { request as send } from "node:http";
import { basename, join, resolve } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { serveProject } from "./workerd_project.mjs";

const BASE = "http://localhost";

function bodyOf(request) {
  if (request.bodyBase64 !== undefined) return Buffer.from(request.bodyBase64, "base64");
  if (request.json !== undefined) return Buffer.from(JSON.stringify(request.json));
  return request.body === undefined ? undefined : Buffer.from(request.body);
}

/** Resolves to {status, headers: Map of lower-case name to values, body: Buffer}. */
function ask(port, request) {
  const url = new URL(request.url, BASE);
  const headers = { host: url.host, ...request.headers };
  const body = bodyOf(request);
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  if (request.json !== undefined && !names.includes("content-type")) headers["content-type"] = "application/json";
  if (body !== undefined) headers["content-length"] = body.length;
  return new Promise((done, failed) => {
    const path = url.pathname + url.search;
    const options = { host: "127.0.0.1", port, method: request.method ?? "GET", path, headers, agent: false };
    const outgoing = send(options, (answer) => {
      const chunks = [];
      answer.on("data", (d) => chunks.push(d)).on("error", failed).on("end", () => {
        const found = new Map();
        for (let i = 0; i < answer.rawHeaders.length; i += 2) {
          const name = answer.rawHeaders[i].toLowerCase();
          found.set(name, [...(found.get(name) ?? []), answer.rawHeaders[i + 1]]);
        }
        done({ status: answer.statusCode, headers: found, body: Buffer.concat(chunks) });
      });
    });
    outgoing.on("error", failed).end(body);
  });
}

function differences(expect, answer) {
  const out = [];
  const text = answer.body.toString();
  if (expect.status !== undefined && expect.status !== answer.status) {
    out.push(`status: expected ${expect.status}, got ${answer.status}`);
  }
  for (const [name, value] of Object.entries(expect.headers ?? {})) {
    const values = answer.headers.get(name.toLowerCase());
    const same = value === null ? values === undefined : values?.includes(value) || values?.join(", ") === value;
    if (!same) out.push(`header ${name}: expected ${JSON.stringify(value)}, got ${JSON.stringify(values ?? null)}`);
  }
  for (const name of expect.setCookie ?? []) {
    const set = answer.headers.get("set-cookie")?.some((value) => value.startsWith(`${name}=`));
    if (!set) out.push(`set-cookie: expected ${name}, got ${answer.headers.get("set-cookie") ?? "none"}`);
  }
  if (expect.body !== undefined && expect.body !== text) {
    out.push(`body: expected ${JSON.stringify(expect.body)}, got ${JSON.stringify(text)}`);
  }
  if (expect.matches !== undefined && !new RegExp(expect.matches).test(text)) {
    out.push(`body: does not match ${expect.matches}: ${JSON.stringify(text)}`);
  }
  if (expect.json !== undefined) {
    let got;
    try {
      got = JSON.parse(text);
    } catch {}
    if (!isDeepStrictEqual(got, expect.json)) {
      out.push(`json: expected ${JSON.stringify(expect.json)}, got ${JSON.stringify(text)}`);
    }
  }
  return out;
}

/** Sends every entry; returns how many differed. */
async function replay(port, entries, show) {
  let differing = 0;
  let last = 0;
  for (const entry of entries) {
    if (entry.at - last >= 1000) await new Promise((wake) => setTimeout(wake, entry.at - last));
    last = entry.at;
    const answer = await ask(port, entry.request);
    if (show) console.log(JSON.stringify({ line: entry.line, status: answer.status,
      headers: Object.fromEntries(answer.headers), body: answer.body.toString() }));
    const found = differences(entry.expect ?? {}, answer);
    if (found.length > 0) differing++;
    for (const difference of found) {
      console.log(`line ${entry.line}: ${entry.request.method ?? "GET"} ${entry.request.url}: ${difference}`);
    }
  }
  return differing;
}

const readTraffic = (path) => readFileSync(path, "utf8").split("\n")
  .map((text, i) => ({ text, line: i + 1 }))
  .filter(({ text }) => text.trim() !== "")
  .map(({ text, line }) => ({ ...JSON.parse(text), line }));

async function main({ values, positionals: [path, traffic] }) {
  if (path === undefined) throw new Error("usage: verify_traffic.mjs PROJECT [TRAFFIC] [--show] [--port N]");
  const project = resolve(path);
  let server;
  try {
    const entries = readTraffic(traffic ?? join(project, "traffic.ndjson"));
    if (values.port === undefined) server = await serveProject(project);
    const differing = await replay(server?.port ?? Number(values.port), entries, values.show);
    const where = server ? "workerd" : `the server on port ${values.port}`;
    console.log(`${basename(project)}: ${entries.length - differing} of ${entries.length} as expected in ${where}`);
    if (differing > 0 && server?.log()) console.log(server.log().trim());
    return differing > 0 ? 1 : 0;
  } finally {
    await server?.stop();
  }
}

try {
  const options = { show: { type: "boolean" }, port: { type: "string" } };
  process.exitCode = await main(parseArgs({ options, allowPositionals: true }));
} catch (error) {
  console.error(`verify_traffic: ${error.message}`);
  process.exitCode = 2;
}
