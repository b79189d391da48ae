// Namespaces and ids of Durable Objects: spec/durable-objects.md sections 1.1 and 1.2.
import { DurableObject } from "cloudflare:workers";
import { eq, ok, same, match, throws } from "./assert.js";
import { inside, within, fresh } from "./actor.js";

export { Actor } from "./actor.js";
export class Other extends DurableObject {}

const own = within((_, self) => ({ id: String(self.ctx.id), name: self.ctx.id.name, named: "name" in self.ctx.id }));

export const do_ids_namespace_class = {
  test(_, env) { eq(Object.prototype.toString.call(env.ACTOR), "[object DurableObjectNamespace]"); },
};
export const do_ids_unique_is_64_lower_case_hex_digits = {
  test(_, env) { match(env.ACTOR.newUniqueId().toString(), /^[0-9a-f]{64}$/); },
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
export const do_ids_from_name_is_deterministic = {
  test(_, env) {
    match(String(env.ACTOR.idFromName("a")), /^[0-9a-f]{64}$/);
    eq(String(env.ACTOR.idFromName("a")), String(env.ACTOR.idFromName("a")));
    ok(String(env.ACTOR.idFromName("a")) !== String(env.ACTOR.idFromName("b")));
  },
};
export const do_ids_from_name_depends_on_namespace = {
  test(_, env) { ok(String(env.ACTOR.idFromName("a")) !== String(env.OTHER.idFromName("a"))); },
};
export const do_ids_from_name_has_the_name = {
  test(_, env) { eq(env.ACTOR.idFromName("a name é").name, "a name é"); },
};
export const do_ids_from_string_round_trip = {
  test(_, env) {
    const id = env.ACTOR.newUniqueId();
    const back = env.ACTOR.idFromString(id.toString());
    eq(back.toString(), id.toString());
    ok(back.equals(id) && id.equals(back));
  },
};
