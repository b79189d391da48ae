// Durable Objects before compatibility dates 2026-02-24 and 2026-04-21: spec/durable-objects.md 1.4 and 2.2.
import { eq, ok, rejects } from "./assert.js";
import { Actor as Base, inside, within, fresh } from "./actor.js";

export class Actor extends Base { alarm() {} }

const throwing = within((_, self, kind) => {
  if (kind === "named") {
    const e = new Error("message");
    e.name = "CustomError";
    throw e;
  }
  throw Object.assign(new RangeError("message"), { code: 5 });
});

export const do_compat_delete_all_keeps_the_alarm = {
  test: inside(async (s) => {
    const at = Date.now() + 1_000_000;
    await s.put("a", 1);
    await s.setAlarm(at);
    await s.deleteAll();
    eq(await s.getAlarm(), at);
    eq(await s.get("a"), undefined);
    await s.deleteAlarm();
  }),
};
export const do_compat_errors_lose_their_own_properties = {
  async test(_, env) {
    const e = await rejects(throwing.raw(fresh(env), "code"), "RangeError", "message");
    eq(e.code, undefined);
    ok(e.remote);
  },
};
export const do_compat_errors_of_other_names_are_plain = {
  async test(_, env) {
    const e = await rejects(throwing.raw(fresh(env), "named"), "Error");
    ok(e.message.includes("message"), e.message);
  },
};
