// Timers, microtasks, the clock, abort and events: spec/runtime-api.md section 5.
import { eq, same, ok, throws, rejects } from "./assert.js";

const wait = (ms) => new Promise((r) => setTimeout(r, ms));

export const timers_id_is_a_number = {
  test() {
    const id = setTimeout(() => {}, 0);
    eq(typeof id, "number");
    clearTimeout(id);
  },
};
export const timers_pass_arguments = {
  async test() { same(await new Promise((r) => setTimeout((...a) => r(a), 1, "x", 2)), ["x", 2]); },
};
export const timers_run_in_due_order = {
  async test() {
    const seen = [];
    setTimeout(() => seen.push("b"), 20);
    setTimeout(() => seen.push("a"), 1);
    await wait(40);
    same(seen, ["a", "b"]);
  },
};
export const timers_same_due_in_order_of_creation = {
  async test() {
    const seen = [];
    for (let i = 0; i < 5; i++) setTimeout(() => seen.push(i), 5);
    await wait(20);
    same(seen, [0, 1, 2, 3, 4]);
  },
};
export const timers_clear_timeout = {
  async test() {
    let ran = false;
    clearTimeout(setTimeout(() => { ran = true; }, 1));
    await wait(10);
    eq(ran, false);
  },
};
export const timers_clear_unknown_is_ignored = {
  test() {
    clearTimeout(undefined);
    clearTimeout(999999);
    clearInterval(null);
  },
};
export const timers_interval_repeats_until_cleared = {
  async test() {
    let n = 0;
    await new Promise((r) => {
      const id = setInterval(() => { if (++n === 3) { clearInterval(id); r(); } }, 1);
    });
    await wait(10);
    eq(n, 3);
  },
};
export const timers_callback_must_be_a_function = {
  test() {
    throws(() => setTimeout("x", 0), "TypeError",
      "Failed to execute 'setTimeout' on 'ServiceWorkerGlobalScope': parameter 1 is not of type 'function'.");
  },
};
export const timers_microtasks_run_before_timers = {
  async test() {
    const seen = [];
    const done = new Promise((r) => setTimeout(() => { seen.push("timer"); r(); }, 0));
    queueMicrotask(() => seen.push("micro"));
    Promise.resolve().then(() => seen.push("promise"));
    await done;
    same(seen, ["micro", "promise", "timer"]);
  },
};
export const timers_microtasks_run_between_timers = {
  async test() {
    const seen = [];
    setTimeout(() => { seen.push(1); Promise.resolve().then(() => seen.push("m")); }, 1);
    setTimeout(() => seen.push(2), 1);
    await wait(20);
    same(seen, [1, "m", 2]);
  },
};
export const timers_too_many = {
  test() {
    const ids = [];
    try {
      throws(() => { for (let i = 0; i < 10001; i++) ids.push(setTimeout(() => {}, 1e6)); },
        "QuotaExceededError", /^You have exceeded the number of active timeouts you may set\./);
    } finally {
      ids.forEach(clearTimeout);
    }
  },
};
export const scheduler_wait_resolves = {
  async test() { eq(await scheduler.wait(1), undefined); },
};
export const clock_advances_over_a_timer = {
  async test() {
    const before = Date.now();
    await wait(20);
    const passed = Date.now() - before;
    ok(passed >= 20, `${passed} ms passed`);
  },
};
export const clock_stands_still_while_computing = {
  test() {
    const before = Date.now();
    let sum = 0;
    for (let i = 0; i < 3e7; i++) sum += i;
    eq(Date.now() - before, 0, `after adding up to ${sum}`);
  },
};
export const clock_performance_is_date = {
  test() {
    eq(performance.timeOrigin, 0);
    ok(Math.abs(performance.now() - Date.now()) < 50);
  },
};
export const clock_date_forms_agree = {
  test() {
    ok(Date.now() > 0);
    ok(Math.abs(new Date().getTime() - Date.now()) < 50);
    ok(Math.abs(Date.parse(Date()) - Date.now()) < 1100);
  },
};
export const microtask_wants_a_function = {
  test() { throws(() => queueMicrotask(5), "TypeError"); },
};
export const abort_controller = {
  test() {
    const c = new AbortController();
    let events = 0;
    c.signal.addEventListener("abort", (e) => { events += e.type === "abort" ? 1 : 0; });
    eq(c.signal.aborted, false);
    eq(c.signal.reason, undefined);
    c.abort();
    c.abort();
    eq(events, 1);
    eq(c.signal.aborted, true);
  },
};
export const abort_default_reason = {
  test() { throws(() => AbortSignal.abort().throwIfAborted(), "AbortError", "The operation was aborted"); },
};
export const abort_own_reason = {
  test() {
    const c = new AbortController();
    c.abort("why");
    eq(c.signal.reason, "why");
  },
};
export const abort_onabort_property = {
  test() {
    const c = new AbortController();
    let called = false;
    c.signal.onabort = () => { called = true; };
    c.abort();
    eq(called, true);
  },
};
export const abort_timeout = {
  async test() {
    const s = AbortSignal.timeout(2);
    eq(s.aborted, false);
    await new Promise((r) => s.addEventListener("abort", r));
    eq(s.reason.name, "TimeoutError");
    eq(s.reason.message, "The operation was aborted due to timeout");
  },
};
export const abort_any = {
  test() {
    const a = new AbortController();
    const b = new AbortController();
    const s = AbortSignal.any([a.signal, b.signal]);
    eq(s.aborted, false);
    b.abort("b");
    eq(s.aborted, true);
    eq(s.reason, "b");
  },
};
export const abort_signal_not_constructible = {
  test() { throws(() => new AbortSignal(), "TypeError"); },
};
export const events_dispatch = {
  test() {
    const t = new EventTarget();
    const seen = [];
    t.addEventListener("x", function (e) { seen.push(e.type, e.target === t, this === t); });
    eq(t.dispatchEvent(new Event("x")), true);
    same(seen, ["x", true, true]);
  },
};
export const events_once_and_remove = {
  test() {
    const t = new EventTarget();
    let n = 0;
    const f = () => n++;
    t.addEventListener("x", f, { once: true });
    t.dispatchEvent(new Event("x"));
    t.dispatchEvent(new Event("x"));
    eq(n, 1);
    t.addEventListener("x", f);
    t.removeEventListener("x", f);
    t.dispatchEvent(new Event("x"));
    eq(n, 1);
  },
};
export const events_prevent_default = {
  test() {
    const t = new EventTarget();
    t.addEventListener("x", (e) => e.preventDefault());
    const e = new Event("x", { cancelable: true });
    eq(t.dispatchEvent(e), false);
    eq(e.defaultPrevented, true);
  },
};
export const events_stop_immediate = {
  test() {
    const t = new EventTarget();
    let n = 0;
    t.addEventListener("x", (e) => e.stopImmediatePropagation());
    t.addEventListener("x", () => n++);
    t.dispatchEvent(new Event("x"));
    eq(n, 0);
  },
};
export const events_handler_object = {
  test() {
    const t = new EventTarget();
    const h = { n: 0, handleEvent() { this.n++; } };
    t.addEventListener("x", h);
    t.dispatchEvent(new Event("x"));
    eq(h.n, 1);
  },
};
export const events_signal_removes_listener = {
  test() {
    const t = new EventTarget();
    const c = new AbortController();
    let n = 0;
    t.addEventListener("x", () => n++, { signal: c.signal });
    c.abort();
    t.dispatchEvent(new Event("x"));
    eq(n, 0);
  },
};
export const events_capture_is_refused = {
  test() {
    throws(() => new EventTarget().addEventListener("x", () => {}, true), "TypeError",
      "addEventListener(): useCapture must be false.");
    throws(() => new EventTarget().addEventListener("x", () => {}, { capture: true }), "TypeError",
      "addEventListener(): options.capture must be false.");
  },
};
export const events_custom_event_detail = {
  test() {
    const e = new CustomEvent("x", { detail: { a: 1 } });
    eq(e.detail.a, 1);
    ok(e instanceof Event);
  },
};
export const events_subclass_of_event_target = {
  test() {
    class Bus extends EventTarget {}
    const b = new Bus();
    let n = 0;
    b.addEventListener("x", () => n++);
    b.dispatchEvent(new Event("x"));
    eq(n, 1);
  },
};
