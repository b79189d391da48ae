// console.table: rows and columns in a frame.

import { inspect } from "./inspect";

const INDEX = "(index)";
const VALUES = "Values";

function cell(value: unknown): string {
  return inspect(value, { depth: 0 });
}

// undefined when `data` is nothing that has rows.
export function tableText(data: unknown, chosen: string[] | undefined): string | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const columns = new Set<string>(chosen ?? []);
  const rows: { index: string; cells: Map<string, string>; value: string | undefined }[] = [];
  let plainValues = false;
  for (const [index, row] of rowsOf(data)) {
    const cells = new Map<string, string>();
    let value: string | undefined;
    if (typeof row === "object" && row !== null) {
      for (const key of Object.keys(row)) {
        if (chosen !== undefined && !chosen.includes(key)) continue;
        columns.add(key);
        cells.set(key, cell((row as Record<string, unknown>)[key]));
      }
    } else {
      value = cell(row);
      plainValues = true;
    }
    rows.push({ index, cells, value });
  }
  const names = [...columns];
  const head = [INDEX, ...names, ...(plainValues ? [VALUES] : [])];
  const body = rows.map(({ index, cells, value }) => [
    index, ...names.map((name) => cells.get(name) ?? ""), ...(plainValues ? [value ?? ""] : [])]);
  return frame(head, body);
}

function rowsOf(data: object): [string, unknown][] {
  if (data instanceof Map) {
    return [...(data as Map<unknown, unknown>).values()].map((value, i) => [`${i}`, value]);
  }
  if (data instanceof Set) return [...(data as Set<unknown>)].map((value, i) => [`${i}`, value]);
  return Object.entries(data);
}

function frame(head: string[], body: string[][]): string {
  const widths = head.map((name, i) =>
    2 + Math.max(name.length, ...body.map((row) => (row[i] as string).length)));
  const rule = (left: string, middle: string, right: string): string =>
    left + widths.map((width) => "─".repeat(width)).join(middle) + right;
  const line = (row: string[]): string =>
    `│${row.map((text, i) => ` ${text}`.padEnd(widths[i] as number)).join("│")}│`;
  return [rule("┌", "┬", "┐"), line(head), rule("├", "┼", "┤"), ...body.map(line),
          rule("└", "┴", "┘")].join("\n");
}
