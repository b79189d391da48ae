// transactionSync and transaction: spec/durable-objects.md section 2.6.
import { eq, same, ok, throws, rejects } from "./assert.js";
import { Actor, inside, within, fresh, overlap } from "./actor.js";

export { Actor };
/** For the checks that set an alarm, which is far off. */
export class Alarmed extends Actor { alarm() {} }

const rolledBack = (op) => `Cannot ${op} on rolled back transaction`;
const committed = (op) =>
  `Cannot call ${op} on transaction that has already committed: did you move \`txn\` outside of the closure?`;
const exists = (s, name) => s.sql.exec("SELECT count(*) AS n FROM sqlite_master WHERE name = ?", name).one().n === 1;

/** Begins a transaction, keeps `txn` past its end. */
const escaped = async (s) => {
  let kept;
  await s.transaction(async (txn) => { kept = txn; });
  return kept;
};

export const do_transaction_sync_returns_the_callbacks_value = {
  test: inside((s) => {
    const value = { a: 1 };
    eq(s.transactionSync(() => value), value);
    eq(s.transactionSync((...args) => args.length), 0);
  }),
};
export const do_transaction_sync_commits = {
  test: inside((s) => {
    s.transactionSync(() => { s.kv.put("a", 1); s.sql.exec("CREATE TABLE t(x)"); });
    eq(s.kv.get("a"), 1);
    ok(exists(s, "t"));
  }),
};
export const do_transaction_sync_throw_rolls_back = {
  test: inside((s) => {
    s.kv.put("before", 1);
    throws(() => s.transactionSync(() => {
      s.kv.put("a", 1);
      s.kv.delete("before");
      s.sql.exec("CREATE TABLE t(x)");
      throw new RangeError("no");
    }), "RangeError", "no");
    eq(s.kv.get("a"), undefined);
    eq(s.kv.get("before"), 1);
    eq(exists(s, "t"), false);
  }),
};
export const do_transaction_sync_rethrows_the_very_value = {
  test: inside((s) => {
    const value = {};
    let caught;
    try {
      s.transactionSync(() => { throw value; });
    } catch (e) {
      caught = e;
    }
    eq(caught, value);
  }),
};
export const do_transaction_sync_nests = {
  test: inside((s) => {
    s.transactionSync(() => {
      s.kv.put("a", 1);
      throws(() => s.transactionSync(() => { s.kv.put("b", 1); throw new Error("inner"); }), "Error", "inner");
      s.transactionSync(() => s.kv.put("c", 1));
    });
    same([...s.kv.list()], [["a", 1], ["c", 1]]);
  }),
};
export const do_transaction_sync_outer_rolls_back_inner = {
  test: inside((s) => {
    throws(() => s.transactionSync(() => {
      s.transactionSync(() => s.kv.put("a", 1));
      throw new Error("outer");
    }), "Error", "outer");
    eq(s.kv.get("a"), undefined);
  }),
};
export const do_transaction_sync_rolls_back_unawaited_async_writes = {
  test: inside((s) => {
    throws(() => s.transactionSync(() => { s.put("a", 1); throw new Error("x"); }), "Error", "x");
    eq(s.kv.get("a"), undefined);
  }),
};
export const do_transaction_sync_rolls_back_the_alarm = {
  test: inside(async (s) => {
    throws(() => s.transactionSync(() => { s.setAlarm(Date.now() + 1e6); throw new Error("x"); }), "Error", "x");
    eq(await s.getAlarm(), null);
  }, "ALARMED"),
};
export const do_transaction_sync_does_not_await_a_promise = {
  test: inside(async (s) => {
    const result = s.transactionSync(async () => { s.kv.put("a", 1); throw new Error("late"); });
    ok(result instanceof Promise);
    await rejects(result, "Error", "late");
    eq(s.kv.get("a"), 1);
  }),
};
export const do_transaction_sync_needs_a_function = {
  test: inside((s) => { throws(() => s.transactionSync(), "TypeError"); }),
};
export const do_transaction_sync_cursor_ends_with_rollback = {
  test: inside((s) => {
    s.sql.exec("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (3)");
    let cursor;
    throws(() => s.transactionSync(() => {
      s.sql.exec("CREATE TABLE other(a)");
      cursor = s.sql.exec("SELECT a FROM t");
      cursor.next();
      throw new Error("x");
    }), "Error", "x");
    throws(() => cursor.toArray(), "Error", "abort due to ROLLBACK: SQLITE_ABORT (extended: SQLITE_ABORT_ROLLBACK)");
  }),
};
export const do_transaction_sync_failed_statement_can_be_caught = {
  test: inside((s) => {
    s.sql.exec("CREATE TABLE u(a UNIQUE)");
    s.transactionSync(() => {
      s.sql.exec("INSERT INTO u VALUES (1)");
      throws(() => s.sql.exec("INSERT INTO u VALUES (2), (1)"), "Error");
      s.sql.exec("INSERT INTO u VALUES (3)");
    });
    same(s.sql.exec("SELECT a FROM u ORDER BY a").raw().toArray(), [[1], [3]]);
  }),
};
export const do_transaction_resolves_with_the_callbacks_value = {
  test: inside(async (s) => {
    eq(await s.transaction(async () => 5), 5);
    eq(await s.transaction(() => 6), 6);
  }),
};
export const do_transaction_txn_methods = {
  test: inside((s) => s.transaction(async (txn) => {
    eq(Object.prototype.toString.call(txn), "[object DurableObjectTransaction]");
    for (const name of ["get", "list", "put", "delete", "deleteAll", "rollback", "getAlarm", "setAlarm",
      "deleteAlarm"]) eq(typeof txn[name], "function", name);
  })),
};
export const do_transaction_txn_reads_and_writes = {
  test: inside(async (s) => {
    await s.put("old", 1);
    await s.transaction(async (txn) => {
      await txn.put("a", 1);
      await txn.put({ b: 2, c: 3 });
      eq(await txn.get("a"), 1);
      eq(await txn.get("old"), 1);
      eq((await txn.get(["a", "b"])).size, 2);
      eq(await txn.delete("b"), true);
      same([...(await txn.list()).keys()], ["a", "c", "old"]);
    });
    same([...(await s.list()).keys()], ["a", "c", "old"]);
  }),
};
export const do_transaction_throw_rolls_back = {
  test: inside(async (s) => {
    await rejects(s.transaction(async (txn) => {
      await txn.put("a", 1);
      await scheduler.wait(1);
      await txn.put("b", 1);
      throw new RangeError("no");
    }), "RangeError", "no");
    eq((await s.list()).size, 0);
    await s.put("alive", 1);
  }),
};
export const do_transaction_includes_storage_kv_and_sql = {
  test: inside(async (s) => {
    await rejects(s.transaction(async () => {
      await s.put("a", 1);
      s.kv.put("b", 1);
      s.sql.exec("CREATE TABLE t(x)");
      throw new Error("no");
    }), "Error", "no");
    eq((await s.list()).size, 0);
    eq(exists(s, "t"), false);
  }),
};
export const do_transaction_rollback = {
  test: inside(async (s) => {
    eq(await s.transaction(async (txn) => { await txn.put("a", 1); txn.rollback(); return 7; }), 7);
    eq(await s.get("a"), undefined);
  }),
};
export const do_transaction_rollback_twice = {
  test: inside(async (s) => {
    eq(await s.transaction(async (txn) => { txn.rollback(); txn.rollback(); return 1; }), 1);
  }),
};
export const do_transaction_storage_works_after_rollback = {
  test: inside(async (s) => {
    await s.transaction(async (txn) => {
      await txn.put("a", 1);
      txn.rollback();
      await s.put("b", 2);
    });
    same([...(await s.list())], [["b", 2]]);
  }),
};
export const do_transaction_txn_use_after_rollback = {
  test: inside((s) => s.transaction(async (txn) => {
    txn.rollback();
    await refusesAll(txn, rolledBack);
  }), "ALARMED"),
};
export const do_transaction_txn_use_after_commit = {
  test: inside(async (s) => {
    const txn = await escaped(s);
    await refusesAll(txn, committed);
    throws(() => txn.rollback(), "Error", committed("rollback()"));
  }, "ALARMED"),
};
async function refusesAll(txn, message) {
  const calls = {
    "get()": () => txn.get("a"), "put()": () => txn.put("a", 1), "list()": () => txn.list(),
    "delete()": () => txn.delete("a"), "getAlarm()": () => txn.getAlarm(),
    "setAlarm()": () => txn.setAlarm(Date.now() + 1e6), "deleteAlarm()": () => txn.deleteAlarm(),
  };
  for (const [name, call] of Object.entries(calls)) {
    await rejects((async () => call())(), "Error", message(name));
  }
}
export const do_transaction_nests = {
  test: inside(async (s) => {
    await s.transaction(async (outer) => {
      await outer.put("a", 1);
      eq(await s.transaction(async (inner) => {
        await inner.put("b", 1);
        return inner.get("a");
      }), 1);
      await s.transaction(async (inner) => { await inner.put("c", 1); inner.rollback(); });
      await rejects(s.transaction(async (inner) => { await inner.put("d", 1); throw new Error("x"); }), "Error", "x");
    });
    same([...(await s.list()).keys()], ["a", "b"]);
  }),
};
export const do_transaction_outer_rollback_while_inner_runs = {
  test: inside(async (s) => {
    await rejects(s.transaction(async (outer) => {
      await s.transaction(async () => { outer.rollback(); });
    }), "Error", "Cannot roll back an outer transaction while a nested transaction is still running.");
  }),
};
export const do_transaction_with_transaction_sync_inside = {
  test: inside(async (s) => {
    await s.transaction(async (txn) => {
      await txn.put("a", 1);
      throws(() => s.transactionSync(() => { s.kv.put("b", 1); throw new Error("x"); }), "Error", "x");
    });
    same([...(await s.list()).keys()], ["a"]);
  }),
};
export const do_transaction_delete_all_is_refused = {
  test: inside(async (s) => {
    await s.put("a", 1);
    await rejects(s.transaction(() => s.deleteAll()), "Error", "Cannot call deleteAll() within a transaction");
    eq(await s.get("a"), 1);
  }),
};
export const do_transaction_sql_cannot_end_it = {
  test: inside(async (s) => {
    throws(() => s.transactionSync(() => s.sql.exec("ROLLBACK")), "Error", /^To execute a transaction, please use/);
    await s.transaction(async (txn) => {
      await txn.put("a", 1);
      throws(() => s.sql.exec("COMMIT"), "Error", /^To execute a transaction, please use/);
    });
    eq(await s.get("a"), 1);
  }),
};
export const do_transaction_rolls_back_the_alarm = {
  test: inside(async (s) => {
    await s.setAlarm(Date.now() + 1e6);
    const at = await s.getAlarm();
    await s.transaction(async (txn) => {
      await txn.deleteAlarm();
      eq(await txn.getAlarm(), null);
      txn.rollback();
    });
    eq(await s.getAlarm(), at);
    await s.deleteAlarm();
  }, "ALARMED"),
};
export const do_transaction_needs_a_function = {
  test: inside(async (s) => { await rejects((async () => s.transaction())(), "TypeError"); }),
};
const slowTransaction = within(async (s, self, name) => {
  await s.transaction(async (txn) => {
    self.log.push(`${name} begins`);
    await scheduler.wait(3);
    await txn.put(name, 1);
    self.log.push(`${name} ends`);
  });
  self.log.push(`${name} after`);
});
const note = within((_, self, name) => { self.log.push(name); });
export const do_transaction_lets_no_other_event_in = {
  async test(_, env) {
    same(await overlap(fresh(env), [slowTransaction, "a"], [note, "b"]), ["a begins", "a ends", "a after", "b"]);
  },
};
export const do_transaction_of_two_events_take_turns = {
  async test(_, env) {
    same(await overlap(fresh(env), [slowTransaction, "a"], [slowTransaction, "b"]),
      ["a begins", "a ends", "a after", "b begins", "b ends", "b after"]);
  },
};
