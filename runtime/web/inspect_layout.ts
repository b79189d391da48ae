// How inspected parts become lines: short ones share a line, long arrays stand in columns.

const WIDTH_MAX = 80;
const ROW_MAX = 16;         // columns of a long array
const COMPACT_LEVELS = 3;   // that many inner levels may stand on one line

export interface Layout {
  indentation: number;
  // Depth of the value formatted last: how deep the parts of the present one go.
  deepest: number;
}

// Puts parts between braces. `base` stands before them (a function's name, a date).
export function joinParts(layout: Layout, parts: string[], base: string, braces: [string, string],
                          depth: number, isArray: boolean): string {
  const entries = parts.length;
  let lines = parts;
  if (isArray && entries > 6) lines = inColumns(layout, parts);
  if (layout.deepest - depth < COMPACT_LEVELS && entries === lines.length) {
    const start = lines.length + layout.indentation + braces[0].length + base.length + 10;
    let width = lines.length + start;
    for (const line of lines) width += line.length;
    if (width <= WIDTH_MAX && !base.includes("\n")) {
      const joined = lines.join(", ");
      if (!joined.includes("\n")) {
        return `${base === "" ? "" : `${base} `}${braces[0]} ${joined} ${braces[1]}`;
      }
    }
  }
  const newline = `\n${" ".repeat(layout.indentation)}`;
  return `${base === "" ? "" : `${base} `}${braces[0]}${newline}  ` +
         `${lines.join(`,${newline}  `)}${newline}${braces[1]}`;
}

function inColumns(layout: Layout, parts: string[]): string[] {
  const last = parts[parts.length - 1] as string;
  const more = last.startsWith("... ");
  const count = more ? parts.length - 1 : parts.length;
  const separator = 2;
  let total = 0;
  let longest = 0;
  const widths: number[] = [];
  for (let i = 0; i < count; i++) {
    const width = (parts[i] as string).length;
    if ((parts[i] as string).includes("\n")) return parts;
    widths.push(width);
    total += width + separator;
    longest = Math.max(longest, width);
  }
  const column = longest + separator;
  const fits = column * 3 + layout.indentation < WIDTH_MAX &&
    (total / column > 5 || longest <= 6);
  if (!fits) return parts;
  const bias = Math.sqrt(column - total / parts.length);
  const biased = Math.max(column - 3 - bias, 1);
  const columns = Math.min(
    Math.round(Math.sqrt(2.5 * biased * count) / biased),
    Math.floor((WIDTH_MAX - layout.indentation) / column), COMPACT_LEVELS * 4, ROW_MAX - 1);
  if (columns <= 1) return parts;
  return rows(parts, count, columns, widths, more);
}

function rows(parts: string[], count: number, columns: number, widths: number[],
              more: boolean): string[] {
  const columnWidths: number[] = [];
  for (let c = 0; c < columns; c++) {
    let width = 0;
    for (let i = c; i < count; i += columns) width = Math.max(width, widths[i] as number);
    columnWidths.push(width + 2);
  }
  const numbers = parts.slice(0, count).every((part) => /^-?[\d.]+(e[+-]\d+)?n?$/.test(part));
  const lines: string[] = [];
  for (let i = 0; i < count; i += columns) {
    const end = Math.min(i + columns, count);
    let line = "";
    for (let j = i; j < end - 1; j++) {
      const cell = `${parts[j] as string}, `;
      const width = columnWidths[j - i] as number;
      line += numbers ? cell.padStart(width) : cell.padEnd(width);
    }
    const lastCell = parts[end - 1] as string;
    const width = (columnWidths[end - 1 - i] as number) - 2;
    line += numbers ? lastCell.padStart(width) : lastCell;
    lines.push(line);
  }
  if (more) lines.push(parts[count] as string);
  return lines;
}
