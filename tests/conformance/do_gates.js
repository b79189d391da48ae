// Input gate, blockConcurrencyWhile, output gate: spec/durable-objects.md sections 3.1 to 3.4. What happened in
// which order is read from the object's log.
import { eq, same, rejects } from "./assert.js";
import { Actor, inside, within, fresh, again, overlap } from "./actor.js";

export { Actor };
export default {
  async fetch() {
    await scheduler.wait(2);
    return new Response("far");
  },
};

const BROKEN = "in the section";
const add = within(async (s) => { await s.put("n", ((await s.get("n")) ?? 0) + 1); });
const total = within((s) => s.get("n"));
const note = within((_, self, name) => { self.log.push(name); });
const log = within((_, self) => self.log);
const far = async (self) => { await (await self.env.SELF.fetch("http://far/")).text(); };
/** Two marks in the log with something awaited between them. */
const around = (wait) => within(async (s, self, name) => {
  self.log.push(`${name}1`);
  await wait(s, self);
  self.log.push(`${name}2`);
});
const section = (body) => within(async (s, self, name) => {
  await self.ctx.blockConcurrencyWhile(async () => {
    self.log.push(`${name}1`);
    await body(s, self);
    self.log.push(`${name}2`);
  });
  self.log.push(`${name}3`);
});
const timer = around(() => scheduler.wait(3));
const timerSection = section(() => scheduler.wait(3));

export const do_gates_4_concurrent_increments_lose_nothing = {
  async test(_, env) {
    const stub = fresh(env);
    await Promise.all(Array.from({ length: 10 }, () => add(stub)));
    eq(await total(stub), 10);
  },
};
export const do_gates_4_increments_of_many_stubs_lose_nothing = {
  async test(_, env) {
    const stub = fresh(env);
    await Promise.all(Array.from({ length: 10 }, () => add(again(env, stub))));
    eq(await total(stub), 10);
  },
};
const addSlowly = (wait) => within(async (s, self) => {
  const n = (await s.get("n")) ?? 0;
  await wait(self);
  await s.put("n", n + 1);
});
const addAroundTimer = addSlowly(() => scheduler.wait(5));
const addAroundFetch = addSlowly(far);
export const do_gates_4_increments_around_a_timer_are_lost = {
  async test(_, env) {
    const stub = fresh(env);
    await Promise.all(Array.from({ length: 5 }, () => addAroundTimer(stub)));
    eq(await total(stub), 1);
  },
};
export const do_gates_4_increments_around_a_fetch_are_lost = {
  async test(_, env) {
    const stub = fresh(env);
    await Promise.all([addAroundFetch(stub), addAroundFetch(stub)]);
    eq(await total(stub), 1);
  },
};
const storage = around(async (s) => {
  await s.get("a");
  await s.get(["a", "b"]);
  await s.put("a", 1);
  await s.put({ b: 1, c: 1 });
  await s.delete("a");
  await s.list();
  await s.getAlarm();
});
export const do_gates_4_storage_calls_let_no_event_in = {
  async test(_, env) { same(await overlap(fresh(env), [storage, "a"], [note, "b"]), ["a1", "a2", "b"]); },
};
export const do_gates_4_storage_calls_of_two_events_take_turns = {
  async test(_, env) {
    same(await overlap(fresh(env), [storage, "a"], [storage, "b"]), ["a1", "a2", "b1", "b2"]);
  },
};
const wipe = around(async (s) => { await s.put("a", 1); await s.deleteAll(); });
export const do_gates_4_delete_all_lets_no_event_in = {
  async test(_, env) { same(await overlap(fresh(env), [wipe, "a"], [note, "b"]), ["a1", "a2", "b"]); },
};
const microtasks = around(async () => { for (let i = 0; i < 50; i++) await null; });
export const do_gates_1_microtasks_let_no_event_in = {
  async test(_, env) { same(await overlap(fresh(env), [microtasks, "a"], [note, "b"]), ["a1", "a2", "b"]); },
};
const several = within(async (s, self) => {
  await Promise.all([1, 2, 3].map(async (i) => { await s.get("k"); self.log.push(i); }));
});
export const do_gates_2_calls_begun_together_complete_in_order = {
  async test(_, env) { same(await overlap(fresh(env), [several], [note, "b"]), [1, 2, 3, "b"]); },
};
export const do_gates_3_timer_lets_events_in = {
  async test(_, env) { same(await overlap(fresh(env), [timer, "a"], [note, "b"]), ["a1", "b", "a2"]); },
};
const fetches = around((s, self) => far(self));
export const do_gates_3_fetch_lets_events_in = {
  async test(_, env) { same(await overlap(fresh(env), [fetches, "a"], [note, "b"]), ["a1", "b", "a2"]); },
};
const calls = around(async (s, self) => { await timer(self.env.ACTOR.getByName("other"), "x"); });
export const do_gates_3_call_of_another_object_lets_events_in = {
  async test(_, env) { same(await overlap(fresh(env), [calls, "a"], [note, "b"]), ["a1", "b", "a2"]); },
};
const syncs = around(async (s) => { await s.put("a", 1); await s.sync(); });
export const do_gates_sync_lets_events_in = {
  async test(_, env) { same(await overlap(fresh(env), [syncs, "a"], [note, "b"]), ["a1", "b", "a2"]); },
};
export const do_gates_28_calls_of_one_stub_arrive_in_order = {
  async test(_, env) {
    const names = Array.from({ length: 20 }, (_, i) => i);
    same(await overlap(fresh(env), ...names.map((n) => [note, n])), names);
  },
};
export const do_gates_28_completion_order_is_its_own = {
  async test(_, env) {
    same(await overlap(fresh(env), [sleep, 9], [sleep, 1]), [1, 9]);
  },
};
const sleep = within(async (s, self, ms) => { await scheduler.wait(ms); self.log.push(ms); });

export const do_section_gives_the_callbacks_value = {
  test: inside(async (_, self) => {
    eq(await self.ctx.blockConcurrencyWhile(async () => 7), 7);
    eq(await self.ctx.blockConcurrencyWhile(() => 8), 8);
  }),
};
export const do_section_needs_a_function = {
  test: inside(async (_, self) => {
    await rejects((async () => self.ctx.blockConcurrencyWhile(5))(), "TypeError");
  }),
};
export const do_section_7_starts_after_the_current_turn = {
  test: inside(async (_, self) => {
    const order = [];
    const done = self.ctx.blockConcurrencyWhile(async () => { order.push("section"); });
    order.push("turn");
    await null;
    await done;
    same(order, ["turn", "section"]);
  }),
};
export const do_section_7_lets_no_event_in = {
  async test(_, env) {
    same(await overlap(fresh(env), [timerSection, "a"], [note, "b"], [note, "c"]), ["a1", "a2", "a3", "b", "c"]);
  },
};
const fetchSection = section((s, self) => far(self));
export const do_section_7_gets_its_own_fetch_result = {
  async test(_, env) {
    same(await overlap(fresh(env), [fetchSection, "a"], [note, "b"]), ["a1", "a2", "a3", "b"]);
  },
};
const bothQueue = within(async (_, self) => {
  const run = (name) => self.ctx.blockConcurrencyWhile(async () => {
    self.log.push(`${name}1`);
    await scheduler.wait(2);
    self.log.push(`${name}2`);
  });
  await Promise.all([run("x"), run("y")]);
});
export const do_section_7_concurrent_calls_queue = {
  async test(_, env) {
    same(await overlap(fresh(env), [bothQueue], [note, "b"]), ["x1", "x2", "y1", "y2", "b"]);
  },
};
export const do_section_7_of_two_events_take_turns = {
  async test(_, env) {
    same(await overlap(fresh(env), [timerSection, "a"], [timerSection, "b"], [note, "c"]),
      ["a1", "a2", "a3", "b1", "b2", "b3", "c"]);
  },
};
export const do_section_6_waiters_are_first_come_first_served = {
  async test(_, env) {
    same(await overlap(fresh(env), [timerSection, "a"], [note, "x"], [timerSection, "b"], [note, "y"]),
      ["a1", "a2", "a3", "x", "b1", "b2", "b3", "y"]);
  },
};
const nested = section((s, self) => self.ctx.blockConcurrencyWhile(async () => {
  self.log.push("inner1");
  await scheduler.wait(2);
  self.log.push("inner2");
}));
const readsWhileFetching = section(async (s, self) => {
  const fetched = far(self).then(() => self.log.push("fetched"));
  for (let i = 0; i < 20; i++) await s.get("a");
  self.log.push("read");
  await fetched;
});
export const do_section_8_its_own_storage_calls_hold_back_its_fetch_result = {
  async test(_, env) {
    same(await overlap(fresh(env), [readsWhileFetching, "a"]), ["a1", "read", "fetched", "a2", "a3"]);
  },
};
export const do_section_7_nests = {
  async test(_, env) {
    same(await overlap(fresh(env), [nested, "a"], [note, "b"]), ["a1", "inner1", "inner2", "a2", "a3", "b"]);
  },
};
const outerTimer = section(async (s, self) => {
  const late = scheduler.wait(1).then(() => self.log.push("outer's timer"));
  await self.ctx.blockConcurrencyWhile(async () => {
    await scheduler.wait(4);
    self.log.push("inner ends");
  });
  await late;
});
export const do_section_7_inner_one_holds_back_the_outer_ones_timer = {
  async test(_, env) {
    same(await overlap(fresh(env), [outerTimer, "a"]), ["a1", "inner ends", "outer's timer", "a2", "a3"]);
  },
};
const depth = within(async (_, self, n) => {
  const go = async (left) => left === 0 ? n : self.ctx.blockConcurrencyWhile(() => go(left - 1));
  return go(n);
});
export const do_section_7_nests_sixty_deep = {
  async test(_, env) { eq(await depth(fresh(env), 60), 60); },
};
export const do_section_7_nests_too_deep = {
  async test(_, env) {
    const e = await rejects(depth.raw(fresh(env), 70), "Error", "blockConcurrencyWhile() calls are nested too deeply.");
    eq(e.durableObjectReset, true);
  },
};
const timerBefore = within(async (_, self) => {
  setTimeout(() => self.log.push("timer"), 1);
  await self.ctx.blockConcurrencyWhile(async () => {
    await scheduler.wait(5);
    self.log.push("section ends");
  });
  self.log.push("after");
  await scheduler.wait(5);
});
export const do_section_7_holds_back_a_timer_from_before = {
  async test(_, env) { same(await overlap(fresh(env), [timerBefore]), ["section ends", "after", "timer"]); },
};
const timerWithin = section(async (s, self) => {
  setTimeout(() => self.log.push("timer"), 1);
  await scheduler.wait(5);
});
export const do_section_7_runs_its_own_timers = {
  async test(_, env) {
    same(await overlap(fresh(env), [timerWithin, "a"], [note, "b"]), ["a1", "timer", "a2", "a3", "b"]);
  },
};
export const do_section_7_holds_back_another_events_timer = {
  async test(_, env) {
    same(await overlap(fresh(env), [timer, "a"], [longSection, "b"]), ["a1", "b1", "b2", "b3", "a2"]);
  },
};
const longSection = section(() => scheduler.wait(8));
export const do_section_9_continuation_comes_before_waiting_events = {
  async test(_, env) {
    same(await overlap(fresh(env), [timerSection, "a"], [note, "b"]), ["a1", "a2", "a3", "b"]);
  },
};
export const do_section_writes_are_kept = {
  test: inside(async (s, self) => {
    await self.ctx.blockConcurrencyWhile(async () => { await s.put("a", 1); await scheduler.wait(1); });
    eq(await s.get("a"), 1);
  }),
};
const breaks = within(async (s, self) => {
  self.log.push("old");
  await s.put("kept", 1);
  await scheduler.wait(1);
  try {
    await self.ctx.blockConcurrencyWhile(async () => {
      await scheduler.wait(3);
      throw new TypeError(BROKEN);
    });
  } catch {
    await s.put("caught", 1);
  }
});
const kept = within((s) => [...s.kv.list()].map(([k]) => k).join());
export const do_section_10_throw_resets_the_object = {
  async test(_, env) {
    const stub = fresh(env);
    const e = await rejects(breaks.raw(stub), "TypeError", BROKEN);
    eq(e.remote, true);
    eq(e.durableObjectReset, true);
    const next = again(env, stub);
    same(await log(next), []);
    eq(await kept(next), "kept");
  },
};
const failing = section(async () => { await scheduler.wait(3); throw new TypeError(BROKEN); });
export const do_section_10_throw_fails_all_waiting_events = {
  async test(_, env) {
    const stub = fresh(env);
    await log(stub);
    const all = await Promise.allSettled([sleep.raw(stub, 40), failing.raw(stub, "a"), note.raw(stub, "x")]);
    same(all.map((r) => r.reason?.message), [BROKEN, BROKEN, BROKEN]);
    await rejects(log(stub), "TypeError", BROKEN);
  },
};
const writes = within(async (s, _, options) => { await s.put("a", 1, options); });
const abort = within((_, self) => { self.ctx.abort("reset by the check"); });
export const do_gates_13_answered_writes_are_durable = {
  async test(_, env) {
    const stub = fresh(env);
    await writes(stub, {});
    await rejects(abort.raw(stub), "Error", "reset by the check");
    eq(await kept(again(env, stub)), "a");
  },
};
const writesAndThrows = within((s) => { s.put("a", 1); throw new RangeError("thrown"); });
export const do_gates_14_answered_errors_come_after_the_writes = {
  async test(_, env) {
    const stub = fresh(env);
    await rejects(writesAndThrows.raw(stub), "RangeError", "thrown");
    await rejects(abort.raw(stub), "Error", "reset by the check");
    eq(await kept(again(env, stub)), "a");
  },
};
const writesAndCalls = within(async (s, self, other) => {
  s.put("mine", 1);
  await note(self.env.ACTOR.getByName(other), "told");
  self.ctx.abort("reset by the check");
});
export const do_gates_14_writes_before_a_call_are_durable_when_it_is_made = {
  async test(_, env) {
    const stub = fresh(env);
    await rejects(writesAndCalls.raw(stub, "told"), "Error", "reset by the check");
    same(await log(env.ACTOR.getByName("told")), ["told"]);
    eq(await kept(again(env, stub)), "mine");
  },
};
export const do_gates_18_unconfirmed_writes_are_kept = {
  async test(_, env) {
    const stub = fresh(env);
    await writes(stub, { allowUnconfirmed: true });
    eq(await kept(stub), "a");
  },
};
