// What a run is told as: a table for the terminal, and the page CONFORMANCE.md.

const RUNNERS = ["workerd", "offing"];

function score(report, runner, area) {
  if (report.missing[runner]) return "not built";
  const rows = report.rows.filter((r) => r.runner === runner && (!area || r.area === area));
  return `${rows.filter((r) => r.passed).length}/${rows.length}`;
}

export function table(report, runners) {
  const lines = [["area", ...runners]];
  for (const { area } of report.areas) lines.push([area, ...runners.map((r) => score(report, r, area))]);
  lines.push(["total", ...runners.map((r) => score(report, r))]);
  const widths = lines[0].map((_, i) => Math.max(...lines.map((l) => l[i].length)));
  let out = lines.map((l) => l.map((c, i) => (i ? c.padStart(widths[i]) : c.padEnd(widths[i]))).join("  ") + "\n").join("");
  const wrong = report.rows.filter((r) => !r.agrees);
  if (wrong.length > 0) out += `\n${wrong.length} unexpected:\n`;
  let silent;
  for (const r of wrong) {
    if (r.error.startsWith("did not run") && silent === r.runner + r.area) {
      out += `  ${r.runner} ${r.area} ${r.name}: did not run either\n`;
      continue;
    }
    if (r.error.startsWith("did not run")) silent = r.runner + r.area;
    out += `  ${r.runner} ${r.area} ${r.name}: ${r.passed ? "passes, but differences.json expects it to fail" : r.error}\n`;
  }
  return out;
}

export function markdown(report) {
  const lines = [
    "# Conformance", "",
    "Each check is one small test inside a Worker (`tests/conformance/<area>.js`). The same files run in",
    "`workerd`, the open-source runtime of Cloudflare Workers, which proves the check, and in offing.",
    "`tools/conformance` runs both and rewrites this page.", "",
    "workerd has no KV store of its own. In its column the `kv` areas talk to a small stand-in",
    "(`kv_double.js`): what the binding itself does is workerd's, but the refusals of the store",
    "(TTLs, sizes, bulk rules, one write a second) are our reading of the sources, not proved by it.", "",
    "Nor has it an R2. In the `r2` areas both runtimes ask the same service, offing's: workerd through",
    "its own binding and the protocol that this binding speaks. So the client's side of each call is",
    "proved by workerd; what the service answers is our reading of the sources again.", "",
    "| area | checks | workerd | offing |", "|---|---:|---:|---:|",
  ];
  for (const { area, total } of report.areas) {
    lines.push(`| ${area} | ${total} | ${score(report, "workerd", area)} | ${score(report, "offing", area)} |`);
  }
  const total = report.areas.reduce((n, a) => n + a.total, 0);
  lines.push(`| **total** | **${total}** | **${score(report, "workerd")}** | **${score(report, "offing")}** |`, "");
  lines.push("## Checks where the runners are expected to differ", "");
  lines.push("| check | workerd | offing | why |", "|---|---|---|---|");
  for (const [name, d] of Object.entries(report.differences)) {
    lines.push(`| \`${name}\` | ${RUNNERS.map((r) => d[r] ?? "pass").join(" | ")} | ${d.reason} |`);
  }
  const failing = report.rows.filter((r) => r.runner === "offing" && !r.agrees);
  if (failing.length > 0) {
    lines.push("", "## Checks offing does not pass yet", "", "| area | check |", "|---|---|");
    for (const r of failing) lines.push(`| ${r.area} | \`${r.name}\` |`);
  }
  return lines.join("\n") + "\n";
}
