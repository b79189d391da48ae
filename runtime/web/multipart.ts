// FormData to bytes and back (RFC 7578; spec/runtime-api.md 2).

import { blobBytes, File } from "./blob";
import { FormData, formEntries } from "./form_data";
import { parseUrlEncoded } from "./url_search_params";

const MULTIPART = "multipart/form-data";
const URLENCODED = "application/x-www-form-urlencoded";

// `name` of a Content-Disposition: quotes and line breaks escaped as browsers do.
function quoted(text: string): string {
  return text.replace(/\r\n|\r|\n/g, "%0D%0A").replaceAll('"', "%22");
}

function joinBytes(parts: Uint8Array[]): Uint8Array {
  let size = 0;
  for (const part of parts) size += part.length;
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function formToBytes(form: FormData): { bytes: Uint8Array; type: string } {
  const boundary = native.randomUUID().replaceAll("-", "");
  const parts: Uint8Array[] = [];
  const text = (piece: string): void => {
    parts.push(native.utf8Encode(piece));
  };
  for (const [name, value] of formEntries(form)) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"`;
    if (typeof value === "string") {
      text(`${head}\r\n\r\n${value}\r\n`);
      continue;
    }
    text(`${head}; filename="${quoted(value.name)}"\r\n` +
         `Content-Type: ${value.type || "application/octet-stream"}\r\n\r\n`);
    parts.push(blobBytes(value));
    text("\r\n");
  }
  text(`--${boundary}--`);
  return { bytes: joinBytes(parts), type: `${MULTIPART}; boundary=${boundary}` };
}

interface MediaType {
  essence: string;
  parameters: Map<string, string>;
}

// "a/b; name=value; name="quoted \" value"", names in lower case.
export function parseHeaderParameters(header: string): MediaType {
  const semicolon = header.indexOf(";");
  const essence = (semicolon < 0 ? header : header.slice(0, semicolon)).trim().toLowerCase();
  const parameters = new Map<string, string>();
  if (semicolon >= 0) {
    const each = /;\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g;
    for (const found of header.slice(semicolon).matchAll(each)) {
      const value = found[2] !== undefined ? found[2].replace(/\\(.)/g, "$1") : found[3]!.trim();
      const name = found[1]!.toLowerCase();
      if (!parameters.has(name)) parameters.set(name, value);
    }
  }
  return { essence, parameters };
}

export function parseForm(bytes: Uint8Array, contentType: string | null,
                          filesAsText: boolean): FormData {
  if (contentType === null) {
    throw new TypeError("Parsing a Body as FormData requires a Content-Type header.");
  }
  const { essence, parameters } = parseHeaderParameters(contentType);
  if (essence === MULTIPART) {
    const boundary = parameters.get("boundary");
    if (boundary === undefined) {
      throw new TypeError(
        "No boundary string in Content-Type header. The multipart/form-data MIME type requires a " +
        "boundary parameter, e.g. 'Content-Type: multipart/form-data; boundary=\"abcd\"'. " +
        "See RFC 7578, section 4.");
    }
    if (boundary.length < 1 || boundary.length > 70) {
      throw new TypeError(
        "Length of multipart/form-data boundary string must be in the range [1, 70].");
    }
    return parseMultipart(bytes, boundary, filesAsText);
  }
  if (essence === URLENCODED) {
    const charset = parameters.get("charset")?.toLowerCase();
    if (charset !== undefined && charset !== "utf-8" && charset !== "utf8") {
      throw new TypeError("Non-utf-8 application/x-www-form-urlencoded body.");
    }
    const form = new FormData();
    const list = parseUrlEncoded(native.utf8Decode(bytes, false, false));
    for (let i = 0; i < list.length; i += 2) form.append(list[i]!, list[i + 1]!);
    return form;
  }
  throw new TypeError(
    "Unrecognized Content-Type header value. FormData can only parse the following MIME types: " +
    `${MULTIPART}, ${URLENCODED}`);
}

// The body as one character per byte: its search is native, and bytes survive the way back.
function parseMultipart(bytes: Uint8Array, boundary: string, filesAsText: boolean): FormData {
  const raw = native.latin1Decode(bytes);
  const delimiter = `--${boundary}`;
  const truncated = (): TypeError => new TypeError(
    "No initial boundary string (or you have a truncated message).");
  let at = raw.startsWith(delimiter) ? 0 : raw.indexOf(`\r\n${delimiter}`);
  if (at < 0) throw truncated();
  at += (at === 0 && raw.startsWith(delimiter) ? 0 : 2) + delimiter.length;
  const form = new FormData();
  for (;;) {
    if (raw.startsWith("--", at)) return form;
    const line = /[ \t]*\r?\n/y;
    line.lastIndex = at;
    if (!line.test(raw)) throw truncated();
    at = line.lastIndex;
    const headEnd = raw.indexOf("\r\n\r\n", at - 2);
    if (headEnd < 0) throw truncated();
    const bodyAt = headEnd + 4;
    const end = raw.indexOf(`\r\n${delimiter}`, bodyAt - 2);
    if (end < 0) {
      throw new TypeError(
        "Unexpected end of FormData body: no final boundary string (or you have a truncated " +
        "message).");
    }
    addPart(form, raw.slice(at, Math.max(headEnd, at)), bytes, bodyAt, Math.max(end, bodyAt),
            filesAsText);
    at = end + 2 + delimiter.length;
  }
}

function addPart(form: FormData, head: string, bytes: Uint8Array, from: number, to: number,
                 filesAsText: boolean): void {
  let disposition: MediaType | undefined;
  let type = "";
  const text = native.utf8Decode(native.latin1Encode(head), false, true);
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "content-disposition") disposition = parseHeaderParameters(value);
    if (name === "content-type") type = value;
  }
  if (disposition === undefined) {
    throw new TypeError("No valid Content-Disposition header found in FormData part.");
  }
  if (disposition.essence !== "form-data") {
    throw new TypeError(
      'Content-Disposition header for FormData part must have the value "form-data", possibly ' +
      `followed by parameters. Got: "${disposition.essence}"`);
  }
  const name = disposition.parameters.get("name");
  if (name === undefined) {
    throw new TypeError("Content-Disposition header in FormData part is missing a name.");
  }
  const filename = disposition.parameters.get("filename");
  const content = bytes.slice(from, to);
  if (filename === undefined || filesAsText) {
    form.append(unescape(name), native.utf8Decode(content, false, true));
  } else {
    form.append(unescape(name),
                new File([content], unescape(filename), { type: type || "application/octet-stream" }));
  }
}

function unescape(text: string): string {
  return text.replace(/%0D%0A/gi, "\r\n").replace(/%22/g, '"');
}
