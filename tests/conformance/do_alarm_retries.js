// Alarms that fail: spec/durable-objects.md section 3.6 (rules 42, 46, 49). Retries take two seconds.
import { eq, same, ok } from "./assert.js";
import { Actor, within, fresh } from "./actor.js";

const FIRST_DELAY_MS = 2000;

export class Failing extends Actor {
  async alarm(info) {
    const s = this.ctx.storage;
    s.kv.put("runs", [...(s.kv.get("runs") ?? []), { ...info, now: Date.now() }]);
    await s.sync();
    const mode = s.kv.get("mode");
    if (info.retryCount > 0) return;
    if (mode === "throw") throw new Error("the alarm fails once");
    this.ctx.abort("the alarm resets its object", { retryAlarm: mode === "abort" });
  }
}

const start = within(async (s, _, mode) => {
  s.kv.put("mode", mode);
  await s.setAlarm(Date.now() + 1);
  return s.getAlarm();
});
const state = within(async (s) => ({ runs: s.kv.get("runs") ?? [], pending: await s.getAlarm() }));
const look = (env, id) => state(env.FAILING.get(id));

/** The object's state once it has had `count` runs; waits in small steps for up to four seconds. */
async function ran(env, id, count) {
  for (let i = 0; i < 100; i++) {
    const now = await look(env, id);
    if (now.runs.length >= count) return now;
    await scheduler.wait(40);
  }
  throw new Error(`no run ${count}: ${JSON.stringify(await look(env, id))}`);
}

export const do_alarm_46_failure_is_retried_after_two_seconds = {
  async test(_, env) {
    const stub = fresh(env, "FAILING");
    const at = await start(stub, "throw");
    const waiting = await ran(env, stub.id, 1);
    await scheduler.wait(20);
    eq((await look(env, stub.id)).pending, at, "getAlarm() while the retry waits (rule 42)");
    same(waiting.runs.map((r) => [r.retryCount, r.isRetry]), [[0, false]]);
    const { runs: [first, second] } = await ran(env, stub.id, 2);
    same([second.scheduledTime, second.retryCount, second.isRetry], [at, 1, true]);
    const delay = second.now - first.now;
    ok(delay >= FIRST_DELAY_MS, `retried after ${delay} ms`);
    await scheduler.wait(20);
    eq((await look(env, stub.id)).pending, null);
  },
};
export const do_alarm_49_abort_in_the_handler_is_retried = {
  async test(_, env) {
    const stub = fresh(env, "FAILING");
    const at = await start(stub, "abort");
    const { runs } = await ran(env, stub.id, 2);
    same([runs[1].scheduledTime, runs[1].retryCount, runs[1].isRetry], [at, 1, true]);
  },
};
