// Namespaces and ids of Durable Objects: spec/durable-objects.md sections 1.1 and 1.2.
import { DurableObject } from "cloudflare:workers";
import { eq, ok, match, throws } from "./assert.js";
import { within, inside, fresh } from "./actor.js";

export { Actor } from "./actor.js";
export class Other extends DurableObject {}

const HEX = /^[0-9a-f]{64}$/;
const MALFORMED = "Invalid Durable Object ID: must be 64 hex digits";
const FOREIGN = "Durable Object ID is not valid for this namespace.";
const own = within((_, self) => ({ id: String(self.ctx.id), name: self.ctx.id.name }));
const setMark = within((_, self) => { self.mark = 1; });
const mark = within((_, self) => self.mark ?? 0);

export const do_ids_namespace_class = {
  test(_, env) {
    eq(Object.prototype.toString.call(env.ACTOR), "[object DurableObjectNamespace]");
  },
};
export const do_ids_namespace_methods = {
  test(_, env) {
    for (const name of ["newUniqueId", "idFromName", "idFromString", "get", "getByName", "jurisdiction"]) {
      eq(typeof env.ACTOR[name], "function", name);
    }
  },
};
export const do_ids_get_existing_is_behind_a_flag = {
  test(_, env) { eq(env.ACTOR.getExisting, undefined); },
};
export const do_ids_id_class = {
  test(_, env) {
    eq(Object.prototype.toString.call(env.ACTOR.newUniqueId()), "[object DurableObjectId]");
  },
};
export const do_ids_unique_is_64_lower_case_hex_digits = {
  test(_, env) { match(env.ACTOR.newUniqueId().toString(), HEX); },
};
export const do_ids_unique_are_distinct = {
  test(_, env) {
    const ids = Array.from({ length: 50 }, () => String(env.ACTOR.newUniqueId()));
    eq(new Set(ids).size, 50);
  },
};
export const do_ids_unique_has_no_name = {
  test(_, env) { eq(env.ACTOR.newUniqueId().name, undefined); },
};
export const do_ids_unique_with_jurisdiction_null = {
  test(_, env) {
    match(String(env.ACTOR.newUniqueId({ jurisdiction: null })), HEX);
    match(String(env.ACTOR.newUniqueId({ jurisdiction: undefined })), HEX);
    match(String(env.ACTOR.newUniqueId({})), HEX);
  },
};
export const do_ids_from_name_is_deterministic = {
  test(_, env) {
    match(String(env.ACTOR.idFromName("a")), HEX);
    eq(String(env.ACTOR.idFromName("a")), String(env.ACTOR.idFromName("a")));
    ok(String(env.ACTOR.idFromName("a")) !== String(env.ACTOR.idFromName("b")));
  },
};
export const do_ids_from_name_depends_on_namespace = {
  test(_, env) { ok(String(env.ACTOR.idFromName("a")) !== String(env.OTHER.idFromName("a"))); },
};
export const do_ids_from_name_has_the_name = {
  test(_, env) {
    eq(env.ACTOR.idFromName("a name é").name, "a name é");
    eq(env.ACTOR.idFromName("").name, "");
    eq(env.ACTOR.idFromName("x".repeat(2000)).name.length, 2000);
  },
};
export const do_ids_from_name_stringifies = {
  test(_, env) {
    eq(env.ACTOR.idFromName(5).name, "5");
    ok(env.ACTOR.idFromName(5).equals(env.ACTOR.idFromName("5")));
  },
};
export const do_ids_from_name_needs_an_argument = {
  test(_, env) { throws(() => env.ACTOR.idFromName(), "TypeError"); },
};
export const do_ids_from_string_round_trip = {
  test(_, env) {
    for (const id of [env.ACTOR.newUniqueId(), env.ACTOR.idFromName("round")]) {
      const back = env.ACTOR.idFromString(id.toString());
      eq(back.toString(), id.toString());
      ok(back.equals(id) && id.equals(back));
    }
  },
};
export const do_ids_from_string_has_no_name = {
  test(_, env) {
    eq(env.ACTOR.idFromString(String(env.ACTOR.idFromName("a"))).name, undefined);
  },
};
export const do_ids_from_string_accepts_upper_case = {
  test(_, env) {
    const hex = String(env.ACTOR.newUniqueId());
    eq(String(env.ACTOR.idFromString(hex.toUpperCase())), hex);
  },
};
export const do_ids_from_string_malformed = {
  test(_, env) {
    for (const bad of ["", "zz", "ab", "g".repeat(64), "0".repeat(63), "0".repeat(65)]) {
      throws(() => env.ACTOR.idFromString(bad), "TypeError", MALFORMED);
    }
  },
};
export const do_ids_from_string_of_another_namespace = {
  test(_, env) {
    throws(() => env.ACTOR.idFromString(String(env.OTHER.newUniqueId())), "TypeError", FOREIGN);
    throws(() => env.ACTOR.idFromString(String(env.OTHER.idFromName("a"))), "TypeError", FOREIGN);
  },
};
export const do_ids_from_string_made_up = {
  test(_, env) { throws(() => env.ACTOR.idFromString("0".repeat(64)), "TypeError", FOREIGN); },
};
export const do_ids_equals = {
  test(_, env) {
    const a = env.ACTOR.newUniqueId();
    eq(a.equals(a), true);
    eq(a.equals(env.ACTOR.newUniqueId()), false);
    throws(() => a.equals(5), "TypeError");
  },
};
export const do_ids_are_read_only = {
  test(_, env) {
    const id = env.ACTOR.idFromName("read-only");
    throws(() => { id.name = "other"; }, "TypeError");
    eq(id.name, "read-only");
  },
};
export const do_ids_cannot_be_cloned = {
  test(_, env) {
    throws(() => structuredClone(env.ACTOR.newUniqueId()), "DataCloneError",
      'Could not serialize object of type "DurableObjectId". This type does not support serialization.');
  },
};
export const do_ids_get_needs_an_id = {
  test(_, env) {
    throws(() => env.ACTOR.get("text"), "TypeError");
    throws(() => env.ACTOR.get(), "TypeError");
    throws(() => env.ACTOR.getByName(), "TypeError");
  },
};
export const do_ids_get_routing_mode = {
  test(_, env) {
    const id = env.ACTOR.newUniqueId();
    eq(String(env.ACTOR.get(id, { routingMode: "primary-only" }).id), String(id));
    throws(() => env.ACTOR.get(id, { routingMode: "x" }), "RangeError", "unknown routingMode: x");
    throws(() => env.ACTOR.getByName("a", { routingMode: "x" }), "RangeError", "unknown routingMode: x");
  },
};
export const do_ids_get_location_hint = {
  async test(_, env) {
    for (const locationHint of ["weur", "apac-ne", "me"]) {
      const id = env.ACTOR.newUniqueId();
      eq((await own(env.ACTOR.get(id, { locationHint }))).id, String(id));
    }
  },
};
export const do_ids_get_by_name_is_get_of_id_from_name = {
  async test(_, env) {
    const stub = env.ACTOR.getByName("by-name");
    ok(stub.id.equals(env.ACTOR.idFromName("by-name")));
    eq(stub.name, "by-name");
    await setMark(stub);
    eq(await mark(env.ACTOR.get(env.ACTOR.idFromName("by-name"))), 1);
    eq(await mark(env.ACTOR.get(env.ACTOR.idFromString(String(stub.id)))), 1);
  },
};
export const do_ids_stub_has_id_and_name = {
  test(_, env) {
    const named = env.ACTOR.getByName("own");
    eq(Object.keys(named).sort().join(), "id,name");
    const unnamed = fresh(env);
    match(String(unnamed.id), HEX);
    eq(unnamed.name, undefined);
  },
};
export const do_ids_object_sees_its_id = {
  async test(_, env) {
    const unnamed = await own(fresh(env));
    match(unnamed.id, HEX);
    eq(unnamed.name, undefined);
    const named = await own(env.ACTOR.getByName("sees é"));
    eq(named.id, String(env.ACTOR.idFromName("sees é")));
    eq(named.name, "sees é");
  },
};
export const do_ids_name_over_1024_bytes_is_hidden_from_the_object = {
  async test(_, env) {
    eq((await own(env.ACTOR.getByName("x".repeat(1024)))).name, "x".repeat(1024));
    eq((await own(env.ACTOR.getByName("x".repeat(1025)))).name, undefined);
    eq((await own(env.ACTOR.getByName("é".repeat(513)))).name, undefined);
  },
};
export const do_ids_distinct_ids_are_distinct_objects = {
  async test(_, env) {
    const stub = fresh(env);
    await setMark(stub);
    eq(await mark(stub), 1);
    eq(await mark(fresh(env)), 0);
  },
};
export const do_ids_namespace_inside_an_object = {
  test: inside(async (_, self) => {
    const { env, ctx } = self;
    eq(String(env.ACTOR.idFromName(ctx.id.name)), String(ctx.id));
    ok(env.ACTOR.idFromString(String(ctx.id)).equals(ctx.id));
    match((await own(fresh(env))).id, HEX);
  }),
};
export const do_ids_no_jurisdiction = {
  test(_, env) {
    for (const none of [null, undefined]) {
      ok(env.ACTOR.jurisdiction(none).idFromName("a").equals(env.ACTOR.idFromName("a")));
    }
    eq(env.ACTOR.idFromName("a").jurisdiction, undefined);
  },
};
export const do_ids_jurisdiction_makes_other_ids = {
  test(_, env) {
    const eu = env.ACTOR.jurisdiction("eu").idFromName("a");
    eq(eu.jurisdiction, "eu");
    eq(eu.equals(env.ACTOR.idFromName("a")), false);
    eq(eu.equals(env.ACTOR.jurisdiction("fedramp").idFromName("a")), false);
    eq(env.ACTOR.newUniqueId({ jurisdiction: "eu" }).jurisdiction, "eu");
  },
};
export const do_ids_jurisdiction_refuses_another_ones_id = {
  test(_, env) {
    const id = env.ACTOR.jurisdiction("eu").newUniqueId();
    ok(env.ACTOR.get(id).id.equals(id));
    ok(env.ACTOR.jurisdiction("eu").get(id).id.equals(id));
    throws(() => env.ACTOR.jurisdiction("fedramp").get(id), "TypeError",
      "get called on jurisdictional subnamespace with an ID from a different jurisdiction");
  },
};
