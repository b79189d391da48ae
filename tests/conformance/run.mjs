// Runs the conformance checks in workerd and in offing and compares both with what is expected.
//   run.mjs [--runner offing|workerd] [--area A] [--check NAME] [--json] [--offing PATH] [--keep]
// A full run (both runners, every area) rewrites CONFORMANCE.md.
import { readFileSync, writeFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { loadAreas, checksOf } from "./areas.mjs";
import { runWorkerd } from "./workerd.mjs";
import { runOffing } from "./offing.mjs";
import { startR2 } from "./r2_backend.mjs";
import { table, markdown } from "./report.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, "../..");
const PARALLEL = 2;

function parseArguments(argv) {
  const options = { runners: ["workerd", "offing"], json: false, keep: false };
  options.offing = join(ROOT, "build/offing");
  const rest = [...argv];
  const value = (flag) => rest.shift() ?? usage(`${flag} needs a value`);
  while (rest.length > 0) {
    const flag = rest.shift();
    if (flag === "--runner") options.runners = [value(flag)];
    else if (flag === "--area") options.area = value(flag);
    else if (flag === "--check") options.check = value(flag);
    else if (flag === "--offing") options.offing = resolve(value(flag));
    else if (flag === "--json") options.json = true;
    else if (flag === "--keep") options.keep = true;
    else usage(`unknown argument "${flag}"`);
  }
  const known = ["workerd", "offing"];
  for (const r of options.runners) {
    if (!known.includes(r)) usage(`--runner "${r}": one of ${known.join(", ")}`);
  }
  return options;
}

function usage(problem) {
  console.error(`conformance: ${problem}`);
  console.error("usage: tools/conformance [--runner offing|workerd] [--area A] [--check NAME] [--json]" +
    " [--offing PATH] [--keep]");
  process.exit(2);
}

/** Runs `jobs` (functions giving promises), PARALLEL at a time; results in the order of `jobs`. */
async function inPool(jobs) {
  const results = new Array(jobs.length);
  let next = 0;
  const worker = async () => {
    while (next < jobs.length) {
      const i = next++;
      results[i] = await jobs[i]();
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return results;
}

/** One row for each check: what both runners said, and whether that is what we expect. */
function judge(area, names, outcome, runner, differences) {
  return names.map((name) => {
    const seen = outcome.tests.get(name);
    const passed = seen?.passed === true;
    const error = passed ? "" : seen?.error ?? `did not run${outcome.error ? `: ${outcome.error}` : ""}`;
    const expected = differences[name]?.[runner] ?? "pass";
    return { area, name, runner, passed, error, expected, agrees: passed === (expected === "pass") };
  });
}

const options = parseArguments(process.argv.slice(2));
const differences = JSON.parse(readFileSync(join(HERE, "differences.json"), "utf8"));
const areas = loadAreas(HERE);
const everyCheck = new Set(areas.flatMap((a) => checksOf(HERE, a)));
for (const name of Object.keys(differences)) {
  if (!everyCheck.has(name)) usage(`differences.json names "${name}", which is no check`);
}
const chosen = areas
  .filter((a) => options.area === undefined || a.area === options.area)
  .map((a) => ({ area: a, names: checksOf(HERE, a) }))
  .filter(({ names }) => options.check === undefined || names.includes(options.check));
if (chosen.length === 0) {
  usage(options.check ? `no check "${options.check}"` : `no area "${options.area}"; there are ${areas.map((a) => a.area).join(", ")}`);
}

const scratch = mkdtempSync(join(tmpdir(), "conformance-"));
const context = { here: HERE, root: ROOT, scratch, offing: options.offing, check: options.check };
const missing = { offing: !existsSync(options.offing) };
const asks_r2 = options.runners.includes("workerd") && chosen.some(({ area }) => area.needs.includes("r2"));
if (asks_r2 && !missing.offing) {
  await startR2(options.offing, scratch).then((r2) => (context.r2 = r2), (e) => (context.no_r2 = e.message));
}
const jobs = [];
for (const runner of options.runners) {
  if (missing[runner]) continue;
  const run = runner === "workerd" ? runWorkerd : runOffing;
  for (const { area, names } of chosen) {
    jobs.push(async () => {
      const wanted = options.check ? [options.check] : names;
      return judge(area.area, wanted, await run(context, area), runner, differences);
    });
  }
}
const rows = (await inPool(jobs)).flat();
await context.r2?.stop();
if (!options.keep) rmSync(scratch, { recursive: true, force: true });
else console.error(`conformance: generated files kept in ${scratch}`);

const report = { areas: chosen.map(({ area, names }) => ({ area: area.area, total: names.length })), rows, missing, differences };
if (options.json) {
  for (const row of rows) console.log(JSON.stringify(row));
} else {
  process.stdout.write(table(report, options.runners));
}
const full = options.area === undefined && options.check === undefined && options.runners.length === 2;
if (full) writeFileSync(join(ROOT, "CONFORMANCE.md"), markdown(report));
if (rows.length === 0) console.error("conformance: nothing ran: offing is not built");
process.exitCode = rows.length > 0 && rows.every((r) => r.agrees) ? 0 : 1;
