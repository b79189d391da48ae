// Alarms: setting, running, order, transactions: spec/durable-objects.md section 3.6 (rules 36 to 45, 50).
import { eq, same, ok, throws, rejects, refuses, until } from "./assert.js";
import { Actor, inside, within, fresh, again } from "./actor.js";

export { Actor };

const FAR_MS = 1_000_000;
const NO_HANDLER = "Your Durable Object class must have an alarm() handler in order to call setAlarm()";
const BAD_TIME = "setAlarm() cannot be called with an alarm time <= 0";
const REASON = "reset by the check";

const nothing = () => {};
/** What alarm() does after it has written down its run, by the mode the check stored. */
const modes = {
  plain: nothing,
  async chain(s) { if (s.kv.get("runs").length < 3) await s.setAlarm(Date.now() + 2); },
  async deletes(s) { await s.deleteAlarm(); },
  async slow(s) {
    if (s.kv.get("runs").length < 2) await s.setAlarm(Date.now() + 2);
    await scheduler.wait(20);
  },
  async replaces(s) {
    if (s.kv.get("runs").length > 1) return;
    await s.setAlarm(Date.now() + 2);
    throw new Error("after setAlarm");
  },
  async sees(s) {
    const before = await s.getAlarm();
    await s.setAlarm(Date.now() + FAR_MS);
    s.kv.put("seen", [before, await s.getAlarm() > Date.now()]);
    await s.deleteAlarm();
  },
};

export class Alarmed extends Actor {
  async alarm(info) {
    const s = this.ctx.storage;
    this.log.push("start");
    const run = { ...info, tag: Object.prototype.toString.call(info), now: Date.now(), name: this.ctx.id.name };
    s.kv.put("runs", [...(s.kv.get("runs") ?? []), run]);
    await modes[s.kv.get("mode") ?? "plain"](s, this);
    this.log.push("end");
  }
}
export class SetsInConstructor extends Actor {
  constructor(ctx, env) {
    super(ctx, env);
    this.set = ctx.storage.setAlarm(Date.now() + FAR_MS).then(() => "set", String);
  }
}

const start = within(async (s, _, given) => {
  const { mode = "plain", after = 3 } = given ?? {};
  s.kv.put("mode", mode);
  await s.setAlarm(Date.now() + after);
  return s.getAlarm();
});
const runs = within((s) => s.kv.get("runs") ?? []);
const log = within((_, self) => self.log);
const pending = within((s) => s.getAlarm());
const made = (env) => fresh(env, "ALARMED");
const seen = (stub, count) => until(async () => {
  const all = await runs(stub);
  return all.length >= count && (await pending(stub)) === null && all;
});

export const do_alarm_none_is_null = {
  test: inside(async (s) => { eq(await s.getAlarm(), null); }, "ALARMED"),
};
export const do_alarm_36_set_get_delete = {
  test: inside(async (s) => {
    const at = Date.now() + FAR_MS;
    eq(await s.setAlarm(at), undefined);
    eq(await s.getAlarm(), at);
    await s.setAlarm(new Date(at + 5));
    eq(await s.getAlarm(), at + 5);
    eq(await s.deleteAlarm(), undefined);
    eq(await s.getAlarm(), null);
    await s.deleteAlarm();
  }, "ALARMED"),
};
export const do_alarm_36_seen_before_it_is_awaited = {
  test: inside(async (s) => {
    const at = Date.now() + FAR_MS;
    s.setAlarm(at);
    eq(await s.getAlarm(), at);
    s.deleteAlarm();
    eq(await s.getAlarm(), null);
  }, "ALARMED"),
};
export const do_alarm_36_time_not_above_zero = {
  test: inside(async (s) => {
    for (const bad of [0, -5, new Date(0)]) await refuses(() => s.setAlarm(bad), "TypeError", BAD_TIME);
  }, "ALARMED"),
};
export const do_alarm_36_not_a_time = {
  test: inside(async (s) => {
    await refuses(() => s.setAlarm(NaN), "TypeError");
    await refuses(() => s.setAlarm(new Date(NaN)), "TypeError");
    await refuses(() => s.setAlarm("2030-01-01"), "TypeError");
    await refuses(() => s.setAlarm(), "TypeError");
    eq(await s.getAlarm(), null);
  }, "ALARMED"),
};
export const do_alarm_36_fraction_is_cut = {
  test: inside(async (s) => {
    const at = Date.now() + FAR_MS;
    await s.setAlarm(at + 0.7);
    eq(await s.getAlarm(), at);
    await s.deleteAlarm();
  }, "ALARMED"),
};
export const do_alarm_36_past_means_now = {
  async test(_, env) {
    const stub = made(env);
    const late = await inPast(stub);
    ok(late >= -50 && late <= 1000, `set ${late} ms ago`);
    eq((await seen(stub, 1)).length, 1);
  },
};
const inPast = within(async (s) => {
  await s.setAlarm(1000);
  return Date.now() - await s.getAlarm();
});
export const do_alarm_36_set_replaces = {
  async test(_, env) {
    const stub = made(env);
    await start(stub, { after: FAR_MS });
    const at = await start(stub, { after: 3 });
    const all = await seen(stub, 1);
    eq(all.length, 1);
    eq(all[0].scheduledTime, at);
  },
};
export const do_alarm_36_deleted_does_not_run = {
  async test(_, env) {
    const stub = made(env);
    await start(stub, { after: 25 });
    await remove(stub);
    await scheduler.wait(45);
    same(await runs(stub), []);
  },
};
const remove = within((s) => s.deleteAlarm());
export const do_alarm_36_moved_later_does_not_run_early = {
  async test(_, env) {
    const stub = made(env);
    await start(stub, { after: 25 });
    await start(stub, { after: FAR_MS });
    await scheduler.wait(45);
    same(await runs(stub), []);
    await remove(stub);
  },
};
export const do_alarm_37_class_without_handler = {
  test: inside(async (s) => {
    await refuses(() => s.setAlarm(Date.now() + FAR_MS), "TypeError", NO_HANDLER);
    eq(await s.getAlarm(), null);
  }),
};
export const do_alarm_37_not_checked_in_the_constructor = {
  async test(_, env) {
    const stub = fresh(env, "IN_CONSTRUCTOR");
    eq(await outcome(stub), "set");
    ok(await pending(stub) > Date.now());
    await remove(stub);
  },
};
const outcome = within((_, self) => self.set);
export const do_alarm_38_rolled_back_with_the_transaction = {
  test: inside(async (s) => {
    await rejects(s.transaction(async () => { await s.setAlarm(Date.now() + FAR_MS); throw new Error("x"); }), "Error");
    eq(await s.getAlarm(), null);
    throws(() => s.transactionSync(() => { s.setAlarm(Date.now() + FAR_MS); throw new Error("x"); }), "Error");
    eq(await s.getAlarm(), null);
  }, "ALARMED"),
};
const setAndAbort = within((s, self) => { s.setAlarm(Date.now() + 3); self.ctx.abort(REASON); });
export const do_alarm_38_discarded_by_abort = {
  async test(_, env) {
    const stub = made(env);
    await rejects(setAndAbort.raw(stub), "Error", REASON);
    await scheduler.wait(20);
    const next = again(env, stub, "ALARMED");
    eq(await pending(next), null);
    same(await runs(next), []);
  },
};
const setAndThrow = within((s) => { s.setAlarm(Date.now() + 3); throw new RangeError("handler"); });
export const do_alarm_38_kept_when_the_handler_throws = {
  async test(_, env) {
    const stub = made(env);
    await rejects(setAndThrow.raw(stub), "RangeError", "handler");
    eq((await seen(stub, 1)).length, 1);
  },
};
export const do_alarm_39_never_early = {
  async test(_, env) {
    const stub = made(env);
    const at = await start(stub, { after: 8 });
    const [run] = await seen(stub, 1);
    ok(run.now >= at, `${run.now} is before ${at}`);
  },
};
export const do_alarm_40_handler_is_told = {
  async test(_, env) {
    const stub = made(env);
    const at = await start(stub);
    const [{ scheduledTime, retryCount, isRetry, tag }] = await seen(stub, 1);
    same({ scheduledTime, retryCount, isRetry }, { scheduledTime: at, retryCount: 0, isRetry: false });
    eq(tag, "[object AlarmInvocationInfo]");
  },
};
export const do_alarm_41_no_two_runs_at_once = {
  async test(_, env) {
    const stub = made(env);
    await start(stub, { mode: "slow" });
    await seen(stub, 2);
    await until(async () => (await log(stub)).length === 4);
    same(await log(stub), ["start", "end", "start", "end"]);
  },
};
export const do_alarm_41_requests_interleave = {
  async test(_, env) {
    const stub = made(env);
    await start(stub, { mode: "slow" });
    await until(async () => (await log(stub)).length >= 1);
    same(await log(stub), ["start"]);
    await until(async () => (await log(stub)).length === 4);
  },
};
export const do_alarm_42_none_pending_in_the_handler = {
  async test(_, env) {
    const stub = made(env);
    await start(stub, { mode: "sees" });
    await seen(stub, 1);
    same(await noted(stub), [null, true]);
  },
};
const noted = within((s) => s.kv.get("seen"));
export const do_alarm_43_gone_after_success = {
  async test(_, env) {
    const stub = made(env);
    await start(stub);
    await seen(stub, 1);
    eq(await pending(stub), null);
    await scheduler.wait(10);
    eq((await runs(stub)).length, 1);
  },
};
export const do_alarm_44_set_in_the_handler_is_the_next = {
  async test(_, env) {
    const stub = made(env);
    await start(stub, { mode: "chain" });
    const all = await seen(stub, 3);
    eq(all.length, 3);
    same(all.map((r) => [r.retryCount, r.isRetry]), [[0, false], [0, false], [0, false]]);
    ok(all[0].scheduledTime < all[1].scheduledTime && all[1].scheduledTime < all[2].scheduledTime);
  },
};
export const do_alarm_44_set_in_the_handler_replaces_a_retry = {
  async test(_, env) {
    const stub = made(env);
    await start(stub, { mode: "replaces" });
    const all = await seen(stub, 2);
    same(all.map((r) => [r.retryCount, r.isRetry]), [[0, false], [0, false]]);
  },
};
export const do_alarm_45_delete_in_the_handler_does_not_stop_it = {
  async test(_, env) {
    const stub = made(env);
    await start(stub, { mode: "deletes" });
    await seen(stub, 1);
    same(await log(stub), ["start", "end"]);
  },
};
export const do_alarm_name_is_kept = {
  async test(_, env) {
    const stub = env.ALARMED.getByName("alarm by name");
    await start(stub);
    eq((await seen(stub, 1))[0].name, "alarm by name");
  },
};
export const do_alarm_each_object_has_its_own = {
  async test(_, env) {
    const stubs = [made(env), made(env), made(env)];
    const times = await Promise.all(stubs.map((stub, i) => start(stub, { after: 9 - 3 * i })));
    const all = await Promise.all(stubs.map((stub) => seen(stub, 1)));
    same(all.map(([run]) => run.scheduledTime), times);
  },
};
export const do_alarm_delete_all_deletes_it = {
  test: inside(async (s) => {
    await s.setAlarm(Date.now() + FAR_MS);
    await s.deleteAll();
    eq(await s.getAlarm(), null);
  }, "ALARMED"),
};
