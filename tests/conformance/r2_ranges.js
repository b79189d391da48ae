// Ranges of get: spec/r2.md section 1.5, R1-R5.
import { eq, same, rejects } from "./assert.js";

const KEY = "alphabet";
const ALPHABET = "abcdefghijklmnopqrstuvwxyz";
/** The text and the range that come for this range. */
const part = async (env, range) => {
  await env.BUCKET.put(KEY, ALPHABET);
  const o = await env.BUCKET.get(KEY, { range });
  eq(o.size, 26, "R5: size stays the whole object's");
  return [await o.text(), o.range];
};
const is = async (env, range, offset, length) =>
  same(await part(env, range), [ALPHABET.slice(offset, offset + length), { offset, length }]);
const UNSATISFIABLE = "get: The requested range is not satisfiable (10039)";
const refused = async (env, range) => {
  await env.BUCKET.put(KEY, ALPHABET);
  await rejects(env.BUCKET.get(KEY, { range }), "Error", UNSATISFIABLE);
};
const invalid = (env, range, name, text) => rejects(() => env.BUCKET.get(KEY, { range }), name, text);

export const r2_range_offset = {
  async test(_, env) { await is(env, { offset: 20 }, 20, 6); },
};
export const r2_range_offset_zero = {
  async test(_, env) { await is(env, { offset: 0 }, 0, 26); },
};
export const r2_range_offset_last_byte = {
  async test(_, env) { await is(env, { offset: 25 }, 25, 1); },
};
export const r2_range_length = {
  async test(_, env) { await is(env, { length: 3 }, 0, 3); },
};
export const r2_range_offset_and_length = {
  async test(_, env) { await is(env, { offset: 2, length: 3 }, 2, 3); },
};
export const r2_range_suffix = {
  async test(_, env) { await is(env, { suffix: 4 }, 22, 4); },
};
export const r2_range_suffix_of_all = {
  async test(_, env) { await is(env, { suffix: 26 }, 0, 26); },
};
export const r2_range_empty_object_is_everything = {
  async test(_, env) { await is(env, {}, 0, 26); },
};
export const r2_range_null_is_everything = {
  async test(_, env) { await is(env, null, 0, 26); },
};
export const r2_range_undefined_fields = {
  async test(_, env) { await is(env, { offset: undefined, length: undefined, suffix: 2 }, 24, 2); },
};
export const r2_range_r4_length_is_clamped = {
  async test(_, env) { await is(env, { offset: 24, length: 100 }, 24, 2); },
};
export const r2_range_r4_suffix_is_clamped = {
  async test(_, env) { await is(env, { suffix: 100 }, 0, 26); },
};
export const r2_range_r4_huge_length_is_clamped = {
  async test(_, env) { await is(env, { offset: 1, length: Number.MAX_SAFE_INTEGER }, 1, 25); },
};
export const r2_range_r4_offset_at_the_end = {
  async test(_, env) { await refused(env, { offset: 26 }); },
};
export const r2_range_r4_offset_beyond_the_end = {
  async test(_, env) { await refused(env, { offset: 27 }); },
};
export const r2_range_r4_offset_far_beyond_the_end = {
  async test(_, env) { await refused(env, { offset: Number.MAX_SAFE_INTEGER }); },
};
export const r2_range_r4_infinite_offset = {
  async test(_, env) { await refused(env, { offset: Infinity }); },
};
export const r2_range_r4_length_zero = {
  async test(_, env) { await refused(env, { length: 0 }); },
};
export const r2_range_r4_offset_and_length_zero = {
  async test(_, env) { await refused(env, { offset: 3, length: 0 }); },
};
export const r2_range_r4_suffix_zero = {
  async test(_, env) { await refused(env, { suffix: 0 }); },
};
export const r2_range_strings_are_numbers = {
  async test(_, env) { await is(env, { offset: "2", length: "3" }, 2, 3); },
};
export const r2_range_null_field_is_zero = {
  async test(_, env) { await is(env, { offset: null, length: 2 }, 0, 2); },
};
export const r2_range_minus_zero = {
  async test(_, env) { await is(env, { offset: -0, length: 1 }, 0, 1); },
};
export const r2_range_unknown_fields_are_ignored = {
  async test(_, env) { await is(env, { offset: 1, length: 1, end: 9 }, 1, 1); },
};
export const r2_range_r1_offset_below_zero = {
  async test(_, env) {
    await invalid(env, { offset: -1 }, "RangeError",
      "Invalid range. Starting offset (-1) must be greater than or equal to 0.");
  },
};
export const r2_range_r1_offset_not_whole = {
  async test(_, env) {
    await invalid(env, { offset: 1.5 }, "RangeError",
      "Invalid range. Starting offset (1.5) must be an integer, not floating point.");
  },
};
export const r2_range_r1_length_below_zero = {
  async test(_, env) {
    await invalid(env, { length: -7 }, "RangeError",
      "Invalid range. Length (-7) must be greater than or equal to 0.");
  },
};
export const r2_range_r1_length_not_whole = {
  async test(_, env) {
    await invalid(env, { length: 0.25 }, "RangeError",
      "Invalid range. Length (0.25) must be an integer, not floating point.");
  },
};
export const r2_range_r1_suffix_below_zero = {
  async test(_, env) {
    await invalid(env, { suffix: -1 }, "RangeError",
      "Invalid suffix. Suffix (-1) must be greater than or equal to 0.");
  },
};
export const r2_range_r1_suffix_not_whole = {
  async test(_, env) {
    await invalid(env, { suffix: 2.5 }, "RangeError",
      "Invalid range. Suffix (2.5) must be an integer, not floating point.");
  },
};
export const r2_range_r1_not_a_number = {
  async test(_, env) {
    await invalid(env, { offset: NaN }, "RangeError",
      "Invalid range. Starting offset (nan) must be greater than or equal to 0.");
  },
};
export const r2_range_r1_text_is_not_a_number = {
  async test(_, env) {
    await invalid(env, { length: "x" }, "RangeError",
      "Invalid range. Length (nan) must be greater than or equal to 0.");
  },
};
export const r2_range_r1_below_zero_and_not_whole = {
  async test(_, env) {
    await invalid(env, { offset: -0.5 }, "RangeError",
      "Invalid range. Starting offset (-0.5) must be greater than or equal to 0.");
  },
};
export const r2_range_r1_large_number_below_zero = {
  async test(_, env) {
    await invalid(env, { offset: -1e21 }, "RangeError",
      "Invalid range. Starting offset (-1e21) must be greater than or equal to 0.");
  },
};
export const r2_range_r1_infinity_below_zero = {
  async test(_, env) {
    await invalid(env, { length: -Infinity }, "RangeError",
      "Invalid range. Length (-inf) must be greater than or equal to 0.");
  },
};
export const r2_range_r1_offset_is_checked_before_length = {
  async test(_, env) {
    await invalid(env, { offset: -1, length: -1 }, "RangeError",
      "Invalid range. Starting offset (-1) must be greater than or equal to 0.");
  },
};
export const r2_range_r2_suffix_with_offset = {
  async test(_, env) {
    await invalid(env, { suffix: 1, offset: 0 }, "TypeError", "Suffix is incompatible with offset.");
  },
};
export const r2_range_r2_suffix_with_length = {
  async test(_, env) {
    await invalid(env, { suffix: 1, length: 1 }, "TypeError", "Suffix is incompatible with length.");
  },
};
export const r2_range_r2_suffix_with_both = {
  async test(_, env) {
    await invalid(env, { suffix: -1, offset: 0, length: 1 }, "TypeError", "Suffix is incompatible with offset.");
  },
};
export const r2_range_r3_header = {
  async test(_, env) { await is(env, new Headers({ range: "bytes=2-4" }), 2, 3); },
};
export const r2_range_r3_header_one_byte = {
  async test(_, env) { await is(env, new Headers({ range: "bytes=0-0" }), 0, 1); },
};
export const r2_range_r3_header_open_end = {
  async test(_, env) { await is(env, new Headers({ range: "bytes=24-" }), 24, 2); },
};
export const r2_range_r3_header_suffix = {
  async test(_, env) { await is(env, new Headers({ range: "bytes=-3" }), 23, 3); },
};
export const r2_range_r3_header_end_is_clamped = {
  async test(_, env) { await is(env, new Headers({ range: "bytes=20-99" }), 20, 6); },
};
export const r2_range_r3_header_suffix_is_clamped = {
  async test(_, env) { await is(env, new Headers({ range: "bytes=-99" }), 0, 26); },
};
export const r2_range_r3_header_of_several_ranges_is_everything = {
  async test(_, env) { await is(env, new Headers({ range: "bytes=0-1,3-4" }), 0, 26); },
};
export const r2_range_r3_header_of_nothing_that_is_there = {
  async test(_, env) { await refused(env, new Headers({ range: "bytes=26-" })); },
};
export const r2_range_r3_header_absent_is_everything = {
  async test(_, env) { await is(env, new Headers({ "content-type": "x/y" }), 0, 26); },
};
export const r2_range_r3_header_malformed_is_everything = {
  async test(_, env) {
    for (const range of ["bytes", "bytes=", "bytes=a-b", "lines=0-1", "0-1", "bytes=4-2", "bytes=-", "bytes=1"]) {
      await is(env, new Headers({ range }), 0, 26);
    }
  },
};
export const r2_range_of_other_types = {
  async test(_, env) {
    for (const range of [5, "bytes=0-1", true]) {
      await invalid(env, range, "TypeError",
        "Incorrect type for the 'range' field on 'GetOptions': the provided value is not of type 'Range or Headers'.");
    }
  },
};
export const r2_range_array_of_pairs_is_no_headers = {
  async test(_, env) { await is(env, [["range", "bytes=5-9"]], 0, 1); }, // but an object whose length is 1
};
export const r2_range_r5_full_get_has_a_range = {
  async test(_, env) {
    await env.BUCKET.put(KEY, ALPHABET);
    const { range } = await env.BUCKET.get(KEY);
    same(range, { offset: 0, length: 26 });
    same(Object.keys(range), ["offset", "length", "suffix"]);
    eq(range.suffix, undefined);
  },
};
export const r2_range_r4_of_an_empty_object = {
  async test(_, env) {
    await env.BUCKET.put("empty", "");
    await rejects(env.BUCKET.get("empty", { range: { offset: 0 } }), "Error", UNSATISFIABLE);
    await rejects(env.BUCKET.get("empty", { range: { suffix: 1 } }), "Error", UNSATISFIABLE);
  },
};
export const r2_range_of_an_absent_object = {
  async test(_, env) { eq(await env.BUCKET.get("absent", { range: { offset: 5 } }), null); },
};
export const r2_range_of_a_large_object = {
  async test(_, env) {
    const bytes = new Uint8Array(600_000).map((_, i) => i * 7 + (i >> 9));
    await env.BUCKET.put("large", bytes);
    const got = await (await env.BUCKET.get("large", { range: { offset: 65_530, length: 200_000 } })).bytes();
    eq(got.length, 200_000);
    same(got.slice(0, 16), bytes.slice(65_530, 65_546));
    same(got.slice(-16), bytes.slice(265_514, 265_530));
  },
};
export const r2_range_goes_with_a_condition = {
  async test(_, env) {
    const { etag } = await env.BUCKET.put(KEY, ALPHABET);
    const o = await env.BUCKET.get(KEY, { onlyIf: { etagMatches: etag }, range: { offset: 1, length: 2 } });
    eq(await o.text(), "bc");
  },
};
