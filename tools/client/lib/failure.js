// What a failed test should say: the seed, what happened last, and the command that runs it again.

const EVENTS = 20;
// What stands in front of a line, and what a request used.
const HIDDEN = new Set(["seq", "at_us", "event", "location", "request", "stack", "subrequests", "service_calls",
  "worker_calls", "kv_operations", "r2_operations", "object_calls", "chained_workers", "connections", "log_bytes"]);

// `command`: without the seed, which is put before it.
export async function failureReport(world, { command, events = EVENTS } = {}) {
  const lines = [`offing: seed ${world.seed}, world ${world.id}`];
  try {
    lines.push(...await lastEvents(world, events));
  } catch (error) {
    lines.push(`  (no trace: ${error.message})`);
  }
  if (command !== undefined) lines.push(`again: OFFING_SEED=${world.seed} ${command}`);
  const said = world.stderr?.trim();
  if (said) lines.push("offing said:", ...said.split("\n").slice(-10).map((line) => `  ${line}`));
  return lines.join("\n");
}

async function lastEvents(world, count) {
  const { trace } = await world.status();
  const events = await world.trace({ after: Math.max(0, trace.events - count) });
  const shown = events.slice(-count);
  if (shown.length === 0) return ["  nothing happened"];
  const first = shown[0].at_us;
  const begins = `${new Date(first / 1000).toISOString()}:`;
  return [`  last ${shown.length} of ${trace.events} events, from ${begins}`,
          ...shown.map((event) => `  ${eventLine(event, first)}`)];
}

export function eventLine(event, from_us = 0) {
  const at = `+${((event.at_us - from_us) / 1e6).toFixed(3)}s`.padStart(10);
  const who = event.request ? `#${event.request}` : "";
  const rest = Object.entries(event)
    .filter(([name, value]) => !HIDDEN.has(name) && value !== "" && value !== null)
    .map(([name, value]) => `${name}=${short(value)}`);
  return [at, who.padEnd(4), (event.location ?? "").padEnd(4), event.event.padEnd(12), ...rest].join(" ")
    .trimEnd();
}

function short(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const line = text.replaceAll("\n", " ");
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

export const quote = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;
export const pattern = (text) => String(text).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
