// The older key-value backend (new_classes): spec/durable-objects.md sections 2.1, 2.2 and 2.6.
import { eq, same, ok, throws, rejects, refuses, until } from "./assert.js";
import { inside, within, fresh, overlap, Actor as Base } from "./actor.js";

export class Actor extends Base {
  async alarm(info) { await this.ctx.storage.put("ran", { ...info }); }
}

const NO_SQL = new RegExp("^(SQL is not enabled for this Durable Object class\\. To enable it, change " +
  "`new_classes` to `new_sqlite_classes` within the 'migrations' field in |" +
  "This Durable Object is not backed by SQLite storage, so the SQL API is not available\\.)");
const NO_KV = new RegExp("^The storage\\.kv \\(synchronous KV\\) API is only available for SQLite-backed Durable " +
  "Objects, but this object's namespace is not declared to use SQLite\\.");
const many = (n) => Array.from({ length: n }, (_, i) => `k${i}`);
const order = async (promise) => [...(await promise).keys()].join("");

export const do_legacy_sql_is_refused = {
  test: inside((s) => {
    throws(() => s.sql.exec("SELECT 1"), "Error", NO_SQL);
    throws(() => s.sql.databaseSize, "Error", NO_SQL);
  }),
};
export const do_legacy_sync_kv_is_refused = {
  test: inside((s) => {
    throws(() => s.kv.get("a"), "Error", NO_KV);
    throws(() => s.kv.put("a", 1), "Error", NO_KV);
    throws(() => s.kv.list(), "Error", NO_KV);
  }),
};
export const do_legacy_transaction_sync_is_refused = {
  test: inside((s) => {
    throws(() => s.transactionSync(() => 1), "Error", "Durable Object is not backed by SQL.");
  }),
};
export const do_legacy_put_get_delete = {
  test: inside(async (s) => {
    eq(await s.get("a"), undefined);
    eq(await s.put("a", { n: [1] }), undefined);
    same(await s.get("a"), { n: [1] });
    eq(await s.delete("a"), true);
    eq(await s.delete("a"), false);
    eq(await s.get("a"), undefined);
  }),
};
export const do_legacy_many_at_once = {
  test: inside(async (s) => {
    await s.put({ b: 2, a: 1, c: undefined });
    const m = await s.get(["b", "none", "a"]);
    ok(m instanceof Map);
    same([...m], [["a", 1], ["b", 2]]);
    eq(await s.delete(["a", "b", "none"]), 2);
  }),
};
export const do_legacy_outlives_the_request = {
  async test(_, env) {
    const stub = fresh(env);
    await write(stub);
    eq(await read(stub), "kept");
    eq(await read(fresh(env)), undefined);
  },
};
const write = within(async (s) => { await s.put("a", "kept"); });
const read = within((s) => s.get("a"));
export const do_legacy_reads_see_unawaited_writes = {
  test: inside(async (s) => {
    const put = s.put("a", 1);
    eq(await s.get("a"), 1);
    await put;
    s.delete("a");
    eq(await s.get("a"), undefined);
    eq((await s.list()).size, 0);
  }),
};
export const do_legacy_list = {
  test: inside(async (s) => {
    await s.put({ b: 1, a: 1, d: 1, c: 1, "\u{10000}": 1, "\uffee": 1 });
    same([...(await s.list()).keys()], ["a", "b", "c", "d", "\uffee", "\u{10000}"]);
    eq(await order(s.list({ start: "b", end: "d" })), "bc");
    eq(await order(s.list({ startAfter: "b", limit: 2 })), "cd");
    eq(await order(s.list({ end: "d", reverse: true })), "cba");
    eq(await order(s.list({ prefix: "c" })), "c");
    eq((await s.list({ start: "d", end: "b" })).size, 0);
  }),
};
export const do_legacy_list_refuses = {
  test: inside(async (s) => {
    await refuses(() => s.list({ limit: 0 }), "TypeError", "List limit must be positive.");
    await refuses(() => s.list({ start: "a", startAfter: "b" }), "TypeError",
      "list() cannot be called with both start and startAfter values.");
  }),
};
export const do_legacy_put_undefined = {
  test: inside(async (s) => {
    await refuses(() => s.put("a", undefined), "TypeError", "put() called with undefined value.");
  }),
};
export const do_legacy_key_limit = {
  test: inside(async (s) => {
    await s.put("k".repeat(2048), 1);
    eq(await s.get("k".repeat(2048)), 1);
    const text = (n) => `Keys cannot be larger than 2048 bytes. A key of size ${n} was provided.`;
    await refuses(() => s.put("k".repeat(2049), 1), "RangeError", text(2049));
    await refuses(() => s.get("k".repeat(2049)), "RangeError", text(2049));
    await refuses(() => s.get("é".repeat(1025)), "RangeError", text(2050));
    await refuses(() => s.delete("k".repeat(3000)), "RangeError", text(3000));
  }),
};
export const do_legacy_value_limit = {
  test: inside(async (s) => {
    await s.put("a", "x".repeat(131_000));
    eq((await s.get("a")).length, 131_000);
    await refuses(() => s.put("a", new Uint8Array(132_000)), "RangeError",
      /^Values cannot be larger than 131072 bytes\. A value of size 1320\d\d was provided\.$/);
    eq((await s.get("a")).length, 131_000);
  }),
};
export const do_legacy_pairs_limit = {
  test: inside(async (s) => {
    eq((await s.get(many(128))).size, 0);
    await refuses(() => s.get(many(129)), "RangeError",
      "Maximum number of key value pairs is 128. 129 pairs were provided.");
  }),
};
export const do_legacy_delete_all = {
  test: inside(async (s) => {
    await s.put({ a: 1, b: 2 });
    eq(await s.deleteAll(), undefined);
    eq((await s.list()).size, 0);
    await s.put("c", 1);
    eq(await order(s.list()), "c");
  }),
};
export const do_legacy_sync = {
  test: inside(async (s) => {
    s.put("a", 1, { allowUnconfirmed: true, noCache: true });
    eq(await s.sync(), undefined);
    eq(await s.get("a", { allowConcurrency: true }), 1);
  }),
};
export const do_legacy_transaction_commits = {
  test: inside(async (s) => {
    eq(await s.transaction(async (txn) => {
      await txn.put({ a: 1, b: 2 });
      same([...(await txn.list())], [["a", 1], ["b", 2]]);
      same([...(await txn.get(["a"]))], [["a", 1]]);
      eq(await txn.delete("a"), true);
      return 5;
    }), 5);
    same([...(await s.list())], [["b", 2]]);
  }),
};
export const do_legacy_transaction_throw_rolls_back = {
  test: inside(async (s) => {
    await rejects(s.transaction(async (txn) => { await txn.put("a", 1); throw new RangeError("no"); }),
      "RangeError", "no");
    eq(await s.get("a"), undefined);
  }),
};
export const do_legacy_transaction_rollback = {
  test: inside(async (s) => {
    eq(await s.transaction(async (txn) => { await txn.put("a", 1); txn.rollback(); return 7; }), 7);
    eq(await s.get("a"), undefined);
    await rejects(s.transaction(async (txn) => { txn.rollback(); await txn.get("a"); }), "Error",
      "Cannot get() on rolled back transaction");
  }),
};
export const do_legacy_transaction_nests = {
  test: inside(async (s) => {
    await s.transaction(async (outer) => {
      await outer.put("a", 1);
      await s.transaction(async (inner) => { await inner.put("b", 2); inner.rollback(); });
      eq(await outer.get("a"), 1);
      eq(await outer.get("b"), undefined);
    });
    eq(await order(s.list()), "a");
  }),
};
export const do_legacy_transaction_does_not_include_storage = {
  test: inside(async (s) => {
    await rejects(s.transaction(async (txn) => {
      await txn.put("inside", 1);
      await s.put("beside", 1);
      throw new Error("x");
    }), "Error", "x");
    same([...(await s.list()).keys()], ["beside"]);
  }),
};
export const do_legacy_transaction_after_its_end = {
  test: inside(async (s) => {
    let kept;
    await s.transaction(async (txn) => { kept = txn; });
    await rejects((async () => kept.get("a"))(), "Error",
      "Cannot call get() on transaction that has already committed: did you move `txn` outside of the closure?");
  }),
};
export const do_legacy_alarm_runs = {
  async test(_, env) {
    const stub = fresh(env);
    const at = await setAlarm(stub);
    const ran = await until(() => look(stub));
    same([ran.scheduledTime, ran.retryCount, ran.isRetry], [at, 0, false]);
  },
};
const setAlarm = within(async (s) => { await s.setAlarm(Date.now() + 3); return s.getAlarm(); });
const look = within((s) => s.get("ran"));
export const do_legacy_alarm_set_get_delete = {
  test: inside(async (s) => {
    const at = Date.now() + 1_000_000;
    await s.setAlarm(at);
    eq(await s.getAlarm(), at);
    await s.deleteAlarm();
    eq(await s.getAlarm(), null);
  }),
};
const add = within(async (s) => { await s.put("n", ((await s.get("n")) ?? 0) + 1); });
const total = within((s) => s.get("n"));
export const do_legacy_concurrent_increments_lose_nothing = {
  async test(_, env) {
    const stub = fresh(env);
    await Promise.all(Array.from({ length: 10 }, () => add(stub)));
    eq(await total(stub), 10);
  },
};
const storage = within(async (s, self, name) => {
  self.log.push(`${name}1`);
  await s.get("a");
  await s.put("a", 1);
  await s.list();
  self.log.push(`${name}2`);
});
export const do_legacy_storage_calls_let_no_event_in = {
  async test(_, env) {
    same(await overlap(fresh(env), [storage, "a"], [storage, "b"]), ["a1", "a2", "b1", "b2"]);
  },
};
