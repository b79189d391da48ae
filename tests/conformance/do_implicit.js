// Writes without a transaction of their own: what commits together: spec/durable-objects.md 3.4, rules 21 to 27.
import { eq, same, rejects, throws } from "./assert.js";
import { inside, within, fresh, again } from "./actor.js";

export { Actor } from "./actor.js";

const ABORTED = "Application called abort() to reset Durable Object.";
const VIOLATED = "Durable Object was reset and rolled back to its last known good state because the " +
  "application left the database in a state where constraints were violated: FOREIGN KEY constraint " +
  "failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)";
const parents = (s) => s.sql.exec("CREATE TABLE p(id INTEGER PRIMARY KEY); " +
  "CREATE TABLE c(p REFERENCES p(id) DEFERRABLE INITIALLY DEFERRED)");
const keys = within((s) => [...s.kv.list()].map(([k]) => k).join(""));
/** Runs `body` in an object of its own, which it resets; gives the keys its storage has afterwards. */
const keysAfterReset = (body, message = ABORTED) => {
  const call = within(body);
  return async (env) => {
    const stub = fresh(env);
    await rejects(call.raw(stub), "Error", message);
    return keys(again(env, stub));
  };
};

const putTwoAndAbort = keysAfterReset((s, self) => { s.put("a", 1); s.put("b", 2); self.ctx.abort(); });
export const do_implicit_22_writes_of_a_turn_vanish_with_abort = {
  async test(_, env) { eq(await putTwoAndAbort(env), ""); },
};
const putAwaitAndAbort = keysAfterReset(async (s, self) => {
  await s.put("a", 1);
  await s.get("a");
  await null;
  await s.put("b", 2);
  self.ctx.abort();
});
export const do_implicit_21_transaction_spans_awaits_of_storage = {
  async test(_, env) { eq(await putAwaitAndAbort(env), ""); },
};
const splitByTimer = keysAfterReset(async (s, self) => {
  s.put("a", 1);
  await scheduler.wait(1);
  s.put("b", 2);
  self.ctx.abort();
});
export const do_implicit_21_transaction_is_split_by_a_timer = {
  async test(_, env) { eq(await splitByTimer(env), "a"); },
};
const splitByFetch = keysAfterReset(async (s, self) => {
  s.put("a", 1);
  await keys(self.env.ACTOR.getByName("elsewhere"));
  s.put("b", 2);
  self.ctx.abort();
});
export const do_implicit_21_transaction_is_split_by_a_call = {
  async test(_, env) { eq(await splitByFetch(env), "a"); },
};
const splitBySync = keysAfterReset(async (s, self) => {
  s.put("a", 1);
  await s.sync();
  s.put("b", 2);
  self.ctx.abort();
});
export const do_implicit_21_transaction_ends_with_sync = {
  async test(_, env) { eq(await splitBySync(env), "a"); },
};
const abortAfterTransactionSync = keysAfterReset((s, self) => {
  s.transactionSync(() => s.kv.put("a", 1));
  self.ctx.abort();
});
export const do_implicit_21_transaction_holds_transaction_sync = {
  async test(_, env) { eq(await abortAfterTransactionSync(env), ""); },
};
const abortAfterTransaction = keysAfterReset(async (s, self) => {
  await s.transaction(async (txn) => { await txn.put("a", 1); });
  s.put("b", 1);
  self.ctx.abort();
});
export const do_transaction_is_committed_when_it_resolves = {
  async test(_, env) { eq(await abortAfterTransaction(env), "a"); },
};
const abortInTransaction = keysAfterReset(async (s, self) => {
  s.put("before", 1);
  await s.transaction(async (txn) => { await txn.put("a", 1); self.ctx.abort(); });
});
export const do_transaction_vanishes_with_abort_but_not_what_was_before = {
  async test(_, env) { eq(await abortInTransaction(env), "before"); },
};
const throwAfterWrites = within((s) => { s.put("a", 1); s.put("b", 2); throw new TypeError("handler"); });
export const do_implicit_22_writes_survive_a_throwing_handler = {
  async test(_, env) {
    const stub = fresh(env);
    await rejects(throwAfterWrites.raw(stub), "TypeError", "handler");
    eq(await keys(stub), "ab");
  },
};
export const do_implicit_27_transaction_goes_on_after_a_sql_error = {
  test: inside((s) => {
    s.kv.put("a", 1);
    throws(() => s.sql.exec("INSERT INTO none VALUES (1)"), "Error");
    s.kv.put("b", 1);
    eq([...s.kv.list()].length, 2);
  }),
};
const violate = keysAfterReset(async (s) => {
  s.kv.put("a", 1);
  parents(s);
  await scheduler.wait(1);
  s.kv.put("b", 2);
  s.sql.exec("INSERT INTO c VALUES (1)");
  await scheduler.wait(1);
  s.kv.put("c", 3);
}, VIOLATED);
export const do_implicit_23_commit_refused_by_deferred_constraint_resets = {
  async test(_, env) { eq(await violate(env), "a"); },
};
export const do_implicit_23_deferred_constraint_mended_in_time = {
  test: inside(async (s) => {
    parents(s);
    s.transactionSync(() => s.sql.exec("INSERT INTO c VALUES (1)"));
    s.sql.exec("INSERT INTO p VALUES (1)");
    await scheduler.wait(1);
    eq(s.sql.exec("SELECT count(*) AS n FROM c").one().n, 1);
  }),
};
export const do_implicit_23_defer_foreign_keys_lasts_one_transaction = {
  test: inside(async (s) => {
    s.sql.exec("CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p(id))");
    s.sql.exec("PRAGMA defer_foreign_keys = on");
    s.sql.exec("INSERT INTO c VALUES (1)");
    s.sql.exec("INSERT INTO p VALUES (1)");
    await scheduler.wait(1);
    same(s.sql.exec("PRAGMA defer_foreign_keys").raw().toArray(), [[0]]);
  }),
};
