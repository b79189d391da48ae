// TextEncoder, TextDecoder, base64: spec/runtime-api.md sections 4 and 5.
import { eq, same, ok, throws, utf8 } from "./assert.js";

const decode = (label, bytes, options) => new TextDecoder(label, options).decode(new Uint8Array(bytes));

export const encoder_encode = {
  test() { same(new TextEncoder().encode("aé€😀"), new Uint8Array([97, 195, 169, 226, 130, 172, 240, 159, 152, 128])); },
};
export const encoder_lone_surrogate_becomes_replacement = {
  test() { same(new TextEncoder().encode("\ud800"), new Uint8Array([0xef, 0xbf, 0xbd])); },
};
export const encoder_encode_into = {
  test() {
    const b = new Uint8Array(4);
    const r = new TextEncoder().encodeInto("a€é", b);
    eq(r.read, 2);
    eq(r.written, 4);
    same(b, new Uint8Array([97, 226, 130, 172]));
  },
};
export const encoder_encoding_and_default = {
  test() {
    eq(new TextEncoder().encoding, "utf-8");
    eq(new TextEncoder().encode().length, 0);
  },
};
export const decoder_defaults = {
  test() {
    const d = new TextDecoder();
    eq(d.encoding, "utf-8");
    eq(d.fatal, false);
    eq(d.ignoreBOM, false);
    eq(d.decode(), "");
  },
};
export const decoder_labels = {
  test() {
    eq(new TextDecoder("UTF8").encoding, "utf-8");
    eq(new TextDecoder(" latin1 ").encoding, "windows-1252");
    eq(new TextDecoder("ascii").encoding, "windows-1252");
    eq(new TextDecoder("utf-16").encoding, "utf-16le");
    eq(new TextDecoder("sjis").encoding, "shift_jis");
    eq(new TextDecoder("gb2312").encoding, "gbk");
  },
};
export const decoder_unknown_label = {
  test() { throws(() => new TextDecoder("nope"), "RangeError", '"nope" is not a valid encoding.'); },
};
export const decoder_replaces_invalid = {
  test() {
    eq(decode("utf-8", [0xe2, 0x82, 97]), "\ufffda");
    eq(decode("utf-8", [0xc0, 0x80]), "\ufffd\ufffd");
  },
};
export const decoder_fatal = {
  test() { throws(() => decode("utf-8", [255], { fatal: true }), "TypeError", "Failed to decode input."); },
};
export const decoder_fatal_incomplete_end = {
  test() { throws(() => decode("utf-8", [0xe2, 0x82], { fatal: true }), "TypeError", "Failed to decode input."); },
};
export const decoder_bom = {
  test() {
    eq(decode("utf-8", [0xef, 0xbb, 0xbf, 97]), "a");
    eq(decode("utf-8", [0xef, 0xbb, 0xbf, 97], { ignoreBOM: true }), "\ufeffa");
  },
};
export const decoder_streaming = {
  test() {
    const d = new TextDecoder();
    eq(d.decode(new Uint8Array([0xe2, 0x82]), { stream: true }), "");
    eq(d.decode(new Uint8Array([0xac]), { stream: true }), "€");
    eq(d.decode(), "");
  },
};
export const decoder_utf16 = {
  test() {
    eq(decode("utf-16le", [0x61, 0, 0x3d, 0xd8, 0, 0xde]), "a😀");
    eq(decode("utf-16be", [0, 0x61, 0x20, 0xac]), "a€");
  },
};
export const decoder_windows_1252 = {
  test() { eq(decode("iso-8859-1", [0x80, 0xe9]), "€é"); },
};
export const decoder_shift_jis = {
  test() { eq(decode("shift_jis", [0x93, 0xfa, 0x96, 0x7b]), "日本"); },
};
export const decoder_koi8 = {
  test() { eq(decode("koi8-r", [0xc1, 0xc2]), "аб"); },
};
export const decoder_accepts_buffer_and_view = {
  test() {
    eq(new TextDecoder().decode(utf8("ab").buffer), "ab");
    eq(new TextDecoder().decode(new DataView(utf8("abc").buffer, 1)), "bc");
  },
};
export const base64_encode = {
  test() {
    eq(btoa("hello"), "aGVsbG8=");
    eq(btoa("\xff\x00"), "/wA=");
    eq(btoa(""), "");
    eq(btoa(12), "MTI=");
  },
};
export const base64_encode_non_latin1 = {
  test() {
    throws(() => btoa("€"), "InvalidCharacterError",
      "btoa() can only operate on characters in the Latin1 (ISO/IEC 8859-1) range.");
  },
};
export const base64_decode = {
  test() {
    eq(atob("aGVsbG8="), "hello");
    eq(atob(" aGVs bG8 \n"), "hello");
    eq(atob(""), "");
  },
};
export const base64_decode_invalid = {
  test() {
    const text = "atob() called with invalid base64-encoded data. (Only whitespace, '+', '/', alphanumeric ASCII, " +
      "and up to two terminal '=' signs when the input data length is divisible by 4 are allowed.)";
    for (const bad of ["a", "a===", "ab=c", "*"]) throws(() => atob(bad), "InvalidCharacterError", text);
  },
};
