// Conditions of get and put: spec/r2.md section 1.4, K1-K8.
import { eq, same, ok, rejects } from "./assert.js";

const HELLO = "5d41402abc4b2a76b9719d911017c592"; // etag of "hello"
const put = (env, key) => env.BUCKET.put(key, "hello");
/** Whether get gives the body under this condition. */
const passes = async (env, key, onlyIf) => {
  const o = await env.BUCKET.get(key, { onlyIf });
  if (o === null) return null;
  eq(o.key, key);
  return "body" in o;
};
const field = (name, type, on = "Conditional") =>
  `Incorrect type for the '${name}' field on '${on}': the provided value is not of type '${type}'.`;
const header = (name, value) => new Headers({ [name]: value });
const second = (date) => new Date(Math.floor(+date / 1000) * 1000);

export const r2_k6_etag_matches = {
  async test(_, env) {
    await put(env, "k6/match");
    eq(await passes(env, "k6/match", { etagMatches: HELLO }), true);
    eq(await passes(env, "k6/match", { etagMatches: "other" }), false);
    eq(await passes(env, "k6/match", { etagMatches: "*" }), true);
    eq(await passes(env, "k6/match", { etagMatches: "" }), false);
  },
};
export const r2_k6_etag_does_not_match = {
  async test(_, env) {
    await put(env, "k6/none");
    eq(await passes(env, "k6/none", { etagDoesNotMatch: HELLO }), false);
    eq(await passes(env, "k6/none", { etagDoesNotMatch: "other" }), true);
    eq(await passes(env, "k6/none", { etagDoesNotMatch: "*" }), false);
  },
};
export const r2_k6_both_etags = {
  async test(_, env) {
    await put(env, "k6/both");
    eq(await passes(env, "k6/both", { etagMatches: HELLO, etagDoesNotMatch: "x" }), true);
    eq(await passes(env, "k6/both", { etagMatches: HELLO, etagDoesNotMatch: HELLO }), false);
    eq(await passes(env, "k6/both", { etagMatches: "x", etagDoesNotMatch: "x" }), false);
  },
};
export const r2_k6_etags_are_compared_by_case = {
  async test(_, env) {
    await put(env, "k6/case");
    eq(await passes(env, "k6/case", { etagMatches: HELLO.toUpperCase() }), false);
  },
};
export const r2_k6_dates_are_strict = {
  async test(_, env) {
    const at = +(await put(env, "k6/date")).uploaded;
    eq(await passes(env, "k6/date", { uploadedBefore: new Date(at) }), false);
    eq(await passes(env, "k6/date", { uploadedBefore: new Date(at + 1) }), true);
    eq(await passes(env, "k6/date", { uploadedAfter: new Date(at) }), false);
    eq(await passes(env, "k6/date", { uploadedAfter: new Date(at - 1) }), true);
    eq(await passes(env, "k6/date", { uploadedAfter: new Date(at - 1), uploadedBefore: new Date(at + 1) }), true);
  },
};
export const r2_k6_dates_long_ago_and_far_ahead = {
  async test(_, env) {
    await put(env, "k6/far");
    eq(await passes(env, "k6/far", { uploadedAfter: new Date(0) }), true);
    eq(await passes(env, "k6/far", { uploadedAfter: new Date(-1000) }), true);
    eq(await passes(env, "k6/far", { uploadedBefore: new Date(-1000) }), false);
    eq(await passes(env, "k6/far", { uploadedBefore: new Date("2100-01-01") }), true);
  },
};
export const r2_k6_after_holds_when_the_etag_differs = {
  async test(_, env) {
    const { uploaded } = await put(env, "k6/after");
    eq(await passes(env, "k6/after", { etagDoesNotMatch: "other", uploadedAfter: uploaded }), true);
    eq(await passes(env, "k6/after", { etagDoesNotMatch: HELLO, uploadedAfter: new Date(0) }), false);
  },
};
export const r2_k6_before_holds_when_the_etag_matches = {
  async test(_, env) {
    await put(env, "k6/before");
    eq(await passes(env, "k6/before", { etagMatches: HELLO, uploadedBefore: new Date(0) }), true);
    eq(await passes(env, "k6/before", { etagMatches: "x", uploadedBefore: new Date("2100-01-01") }), false);
  },
};
export const r2_k6_after_and_matching_etag = {
  async test(_, env) {
    const { uploaded } = await put(env, "k6/cross");
    eq(await passes(env, "k6/cross", { etagMatches: HELLO, uploadedAfter: uploaded }), false);
    eq(await passes(env, "k6/cross", { etagDoesNotMatch: "x", uploadedBefore: uploaded }), false);
  },
};
export const r2_k6_no_condition_at_all = {
  async test(_, env) {
    await put(env, "k6/empty");
    eq(await passes(env, "k6/empty", {}), true);
    eq(await passes(env, "k6/empty", null), true);
    eq(await passes(env, "k6/empty", new Headers()), true);
    eq(await passes(env, "k6/empty", { etagMatches: undefined }), true);
    eq(await passes(env, "k6/empty", { secondsGranularity: true }), true);
  },
};
export const r2_k7_seconds_granularity = {
  async test(_, env) {
    const { uploaded } = await put(env, "k7/object");
    const s = +second(uploaded);
    const before = (ms) => passes(env, "k7/object", { uploadedBefore: new Date(ms), secondsGranularity: true });
    const after = (ms) => passes(env, "k7/object", { uploadedAfter: new Date(ms), secondsGranularity: true });
    eq(await before(s + 999), false);
    eq(await before(s + 1000), true);
    eq(await after(s), false);
    eq(await after(s - 1), true);
  },
};
export const r2_k2_if_match = {
  async test(_, env) {
    await put(env, "k2/match");
    const header_passes = (value) => passes(env, "k2/match", header("if-match", value));
    eq(await header_passes(`"${HELLO}"`), true);
    eq(await header_passes('"x"'), false);
    eq(await header_passes("*"), true);
    eq(await header_passes(`"x", "${HELLO}"`), true);
    eq(await header_passes(`W/"${HELLO}"`), false, "a weak tag never matches");
  },
};
export const r2_k2_if_none_match = {
  async test(_, env) {
    await put(env, "k2/none");
    const header_passes = (value) => passes(env, "k2/none", header("if-none-match", value));
    eq(await header_passes(`"${HELLO}"`), false);
    eq(await header_passes('"x"'), true);
    eq(await header_passes("*"), false);
    eq(await header_passes(`"x", W/"${HELLO}"`), false, "compared weakly");
  },
};
export const r2_k2_if_modified_since = {
  async test(_, env) {
    const { uploaded } = await put(env, "k2/modified");
    const s = +second(uploaded);
    const header_passes = (ms) => passes(env, "k2/modified", header("if-modified-since", new Date(ms).toUTCString()));
    eq(await header_passes(s), false);
    eq(await header_passes(s - 1000), true);
    eq(await header_passes(s + 60_000), false);
  },
};
export const r2_k2_if_unmodified_since = {
  async test(_, env) {
    const { uploaded } = await put(env, "k2/unmodified");
    const s = +second(uploaded);
    const header_passes = (ms) => passes(env, "k2/unmodified", header("if-unmodified-since", new Date(ms).toUTCString()));
    eq(await header_passes(s), false);
    eq(await header_passes(s + 1000), true);
    eq(await header_passes(s - 1000), false);
  },
};
export const r2_k2_bad_dates_are_the_epoch = {
  async test(_, env) {
    await put(env, "k2/epoch");
    eq(await passes(env, "k2/epoch", header("if-modified-since", "junk")), true);
    eq(await passes(env, "k2/epoch", header("if-unmodified-since", "junk")), false);
  },
};
export const r2_k2_if_range_is_ignored = {
  async test(_, env) {
    await put(env, "k2/range");
    eq(await passes(env, "k2/range", header("if-range", '"x"')), true);
  },
};
export const r2_k2_array_of_pairs_is_no_headers = {
  async test(_, env) {
    await put(env, "k2/pairs");
    eq(await passes(env, "k2/pairs", [["if-match", '"x"']]), true);
  },
};
const GRAMMAR = [
  // header, tags that it holds (HELLO is the object's): does If-Match pass?
  [`,, "${HELLO}" ,,`, true], [`"x","${HELLO}"`, true], [`"x" , "${HELLO}"`, true], [`\t"${HELLO}"`, true],
  [`"x", *`, true], [`*, "x"`, true], [`W/"x" , *`, true], [`"${HELLO}" junk`, true], [`"${HELLO}"junk`, true],
  [`"x", junk "${HELLO}"`, false], [`"*"`, false], [`"x,${HELLO}"`, false], [`""`, false], [`W/""`, false],
];
export const r2_k3_header_grammar = {
  async test(_, env) {
    await put(env, "k3/object");
    for (const [value, wanted] of GRAMMAR) eq(await passes(env, "k3/object", header("if-match", value)), wanted, value);
  },
};
const NO_TAGS = ["", "junk", `'${HELLO}'`, 'x"a"', 'w/"a"', ","];
export const r2_k4_nothing_parsed = {
  async test(_, env) {
    for (const value of NO_TAGS) {
      await rejects(() => env.BUCKET.get("k4", { onlyIf: header("if-match", value) }), "Error", "Invalid ETag in if-match header");
      await rejects(() => env.BUCKET.get("k4", { onlyIf: header("if-none-match", value) }), "Error", "Invalid ETag in if-none-match header");
    }
  },
};
export const r2_k4_weak_without_quotes = {
  async test(_, env) {
    for (const value of ['W/a"', 'W"a"', "W", "W/", '"a",W', "W *"]) {
      await rejects(() => env.BUCKET.get("k4", { onlyIf: header("if-match", value) }), "Error",
        "Weak etags must start with W/ and their value must be quoted");
    }
  },
};
export const r2_k4_unclosed_quote = {
  async test(_, env) {
    for (const value of ['"a', '"', 'W/"a', '"a","b']) {
      await rejects(() => env.BUCKET.get("k4", { onlyIf: header("if-match", value) }), "Error", "Unclosed double quote for Etag");
    }
  },
};
const COMMA = "Comma was expected to separate etags. Encountered a ";
export const r2_k4_comma_expected_before_wildcard = {
  async test(_, env) {
    await rejects(() => env.BUCKET.get("k4", { onlyIf: header("if-match", '"a" *') }), "Error", `${COMMA}wildcard character '*' instead.`);
  },
};
export const r2_k4_comma_expected_before_strong = {
  async test(_, env) {
    await rejects(() => env.BUCKET.get("k4", { onlyIf: header("if-match", '"a" "b"') }), "Error",
      `${COMMA}double quote character '"' instead. This would otherwise indicate the start of a new strong etag.`);
  },
};
export const r2_k4_comma_expected_before_weak = {
  async test(_, env) {
    await rejects(() => env.BUCKET.get("k4", { onlyIf: header("if-match", '"a" W/"b"') }), "Error",
      `${COMMA}weak quotation character 'W' instead. This would otherwise indicate the start of a new weak etag.`);
  },
};
export const r2_k1_quoted_etag = {
  async test(_, env) {
    const text = (tag) => `Conditional ETag should not be wrapped in quotes (${tag}).`;
    for (const name of ["etagMatches", "etagDoesNotMatch"]) {
      await rejects(() => env.BUCKET.get("k1", { onlyIf: { [name]: '"abc"' } }), "TypeError", text('"abc"'));
      await rejects(() => env.BUCKET.put("k1", "v", { onlyIf: { [name]: '""' } }), "TypeError", text('""'));
      await rejects(() => env.BUCKET.get("k1", { onlyIf: { [name]: '"' } }), "TypeError", text('"'));
    }
    eq(await env.BUCKET.head("k1"), null);
  },
};
export const r2_k1_weak_looking_etag_is_a_strong_value = {
  async test(_, env) {
    await put(env, "k1/weak");
    eq(await passes(env, "k1/weak", { etagMatches: `W/"${HELLO}"` }), false);
    eq(await passes(env, "k1/weak", { etagDoesNotMatch: `W/"${HELLO}"` }), true);
  },
};
export const r2_k1_etags_are_not_coerced = {
  async test(_, env) {
    for (const value of [5, null, ["a"], {}]) {
      await rejects(() => env.BUCKET.get("k1", { onlyIf: { etagMatches: value } }), "TypeError", field("etagMatches", "string"));
      await rejects(() => env.BUCKET.get("k1", { onlyIf: { etagDoesNotMatch: value } }), "TypeError", field("etagDoesNotMatch", "string"));
    }
  },
};
export const r2_k1_dates_of_other_types = {
  async test(_, env) {
    await rejects(() => env.BUCKET.get("k1", { onlyIf: { uploadedBefore: "2020-01-01" } }), "TypeError", field("uploadedBefore", "date"));
    await rejects(() => env.BUCKET.get("k1", { onlyIf: { uploadedAfter: null } }), "TypeError", field("uploadedAfter", "date"));
    await rejects(() => env.BUCKET.get("k1", { onlyIf: { uploadedAfter: new Date(NaN) } }), "TypeError",
      "The value cannot be converted because it is not a valid Date.");
  },
};
export const r2_k1_dates_beyond_what_the_runtime_holds = {
  async test(_, env) {
    await rejects(() => env.BUCKET.get("k1", { onlyIf: { uploadedBefore: new Date(8.64e15) } }), "TypeError",
      "This API doesn't support dates after 2189.");
    await rejects(() => env.BUCKET.get("k1", { onlyIf: { uploadedBefore: new Date(-8.64e15) } }), "TypeError",
      "This API doesn't support dates before 1687.");
  },
};
export const r2_k1_numbers_are_dates = {
  async test(_, env) {
    await put(env, "k1/number");
    eq(await passes(env, "k1/number", { uploadedBefore: 5 }), false);
    eq(await passes(env, "k1/number", { uploadedAfter: 5 }), true);
  },
};
export const r2_k1_only_if_of_other_types = {
  async test(_, env) {
    for (const onlyIf of [5, "abc", true]) {
      await rejects(() => env.BUCKET.get("k1", { onlyIf }), "TypeError", field("onlyIf", "Conditional or Headers", "GetOptions"));
      await rejects(() => env.BUCKET.put("k1", "v", { onlyIf }), "TypeError", field("onlyIf", "Conditional or Headers", "PutOptions"));
    }
  },
};
export const r2_k5_absent_create_only = {
  async test(_, env) {
    ok(await env.BUCKET.put("k5/create", "first", { onlyIf: { etagDoesNotMatch: "*" } }));
    eq(await env.BUCKET.put("k5/create", "second", { onlyIf: { etagDoesNotMatch: "*" } }), null);
    eq(await (await env.BUCKET.get("k5/create")).text(), "first");
  },
};
export const r2_k5_absent_create_only_by_header = {
  async test(_, env) {
    ok(await env.BUCKET.put("k5/header", "first", { onlyIf: header("if-none-match", "*") }));
    eq(await env.BUCKET.put("k5/header", "second", { onlyIf: header("if-none-match", "*") }), null);
  },
};
export const r2_k5_absent_etag_matches_fails = {
  async test(_, env) {
    eq(await env.BUCKET.put("k5/match", "v", { onlyIf: { etagMatches: "x" } }), null);
    eq(await env.BUCKET.put("k5/match", "v", { onlyIf: { etagMatches: "*" } }), null);
    eq(await env.BUCKET.put("k5/match", "v", { onlyIf: { etagMatches: "x", etagDoesNotMatch: "*" } }), null);
    eq(await env.BUCKET.head("k5/match"), null);
  },
};
export const r2_k5_absent_uploaded_after_fails = {
  async test(_, env) {
    eq(await env.BUCKET.put("k5/after", "v", { onlyIf: { uploadedAfter: new Date(0) } }), null);
    eq(await env.BUCKET.head("k5/after"), null);
  },
};
export const r2_k5_absent_uploaded_before_passes = {
  async test(_, env) { ok(await env.BUCKET.put("k5/before", "v", { onlyIf: { uploadedBefore: new Date(0) } })); },
};
export const r2_k5_absent_other_etag_passes = {
  async test(_, env) { ok(await env.BUCKET.put("k5/none", "v", { onlyIf: { etagDoesNotMatch: "x" } })); },
};
export const r2_k8_put_failed_is_null = {
  async test(_, env) {
    const { version } = await put(env, "k8/put");
    eq(await env.BUCKET.put("k8/put", "other", { onlyIf: { etagMatches: "x" } }), null);
    const o = await env.BUCKET.get("k8/put");
    eq(o.version, version);
    eq(await o.text(), "hello");
  },
};
export const r2_k8_get_failed_is_metadata = {
  async test(_, env) {
    await env.BUCKET.put("k8/get", "hello", { customMetadata: { a: "1" }, httpMetadata: { contentType: "a/b" } });
    const o = await env.BUCKET.get("k8/get", { onlyIf: { etagMatches: "x" } });
    eq(Object.prototype.toString.call(o), "[object HeadResult]");
    eq("body" in o, false);
    eq(o.size, 5);
    eq(o.etag, HELLO);
    same(o.customMetadata, { a: "1" });
    same(o.httpMetadata, { contentType: "a/b" });
    same(o.range, { offset: 0, length: 5 });
  },
};
export const r2_k8_get_absent_is_null_whatever_the_condition = {
  async test(_, env) {
    for (const onlyIf of [{ etagMatches: "x" }, { etagDoesNotMatch: "*" }, { uploadedAfter: new Date(0) }, {}]) {
      eq(await env.BUCKET.get("k8/none", { onlyIf }), null);
    }
  },
};
export const r2_c12_compare_and_swap = {
  async test(_, env) {
    await env.BUCKET.put("cas", "0");
    for (let i = 0; i < 5; i++) {
      const seen = await env.BUCKET.get("cas");
      const next = String(Number(await seen.text()) + 1);
      ok(await env.BUCKET.put("cas", next, { onlyIf: { etagMatches: seen.etag } }));
      eq(await env.BUCKET.put("cas", "stale", { onlyIf: { etagMatches: seen.etag } }), null);
    }
    eq(await (await env.BUCKET.get("cas")).text(), "5");
  },
};
export const r2_condition_before_range = {
  async test(_, env) {
    await put(env, "order/get");
    const o = await env.BUCKET.get("order/get", { onlyIf: { etagMatches: "x" }, range: { offset: 99 } });
    eq("body" in o, false);
  },
};
export const r2_digest_before_condition = {
  async test(_, env) {
    await put(env, "order/put");
    await rejects(env.BUCKET.put("order/put", "v", { onlyIf: { etagMatches: "x" }, md5: "0".repeat(32) }), "Error", /10037/);
  },
};
