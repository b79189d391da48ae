// Point-in-time recovery: spec/durable-objects.md section 2.7. The open-source runtime has only the bookmarks.
import { eq, ok, match, rejects } from "./assert.js";
import { inside, within, fresh, again } from "./actor.js";

export { Actor } from "./actor.js";

const BOOKMARK = /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/;
const put = within(async (s, _, [key, value]) => {
  s.kv.put(key, value);
  s.sql.exec("CREATE TABLE IF NOT EXISTS t(a TEXT)");
  s.sql.exec("INSERT INTO t VALUES (?)", value);
  await s.sync();
  return s.getCurrentBookmark();
});
const read = within((s, _, key) => [s.kv.get(key), s.sql.exec("SELECT count(*) AS n FROM t").one().n]);
const restore = within(async (s, self, bookmark) => {
  const undo = await s.onNextSessionRestoreBookmark(bookmark);
  self.ctx.waitUntil(scheduler.wait(1).then(() => self.ctx.abort("restore")));
  return undo;
});
/** Restores, waits for the reset, gives a new stub and the bookmark that takes it back. */
async function restored(env, stub, bookmark) {
  const undo = await restore(stub, bookmark);
  await scheduler.wait(10);
  return { stub: again(env, stub), undo };
}

export const do_recovery_bookmark_shape = {
  test: inside(async (s) => { match(await s.getCurrentBookmark(), BOOKMARK); }),
};
export const do_recovery_bookmarks_grow = {
  async test(_, env) {
    const stub = fresh(env);
    const first = await put(stub, ["a", "1"]);
    const second = await put(stub, ["a", "2"]);
    const third = await put(stub, ["a", "3"]);
    ok(first < second && second < third, `${first} ${second} ${third}`);
  },
};
export const do_recovery_bookmark_for_time = {
  test: inside(async (s) => {
    await s.put("a", 1);
    await s.sync();
    match(await s.getBookmarkForTime(Date.now()), BOOKMARK);
    match(await s.getBookmarkForTime(new Date()), BOOKMARK);
  }),
};
export const do_recovery_restores_sql_and_kv = {
  async test(_, env) {
    const stub = fresh(env);
    const bookmark = await put(stub, ["a", "old"]);
    await put(stub, ["a", "new"]);
    const { stub: next } = await restored(env, stub, bookmark);
    const [value, rows] = await read(next, "a");
    eq(value, "old");
    eq(rows, 1);
  },
};
export const do_recovery_can_be_undone = {
  async test(_, env) {
    const stub = fresh(env);
    const bookmark = await put(stub, ["a", "old"]);
    await put(stub, ["a", "new"]);
    const { stub: back, undo } = await restored(env, stub, bookmark);
    match(undo, BOOKMARK);
    eq((await read(back, "a"))[0], "old");
    const { stub: again } = await restored(env, back, undo);
    eq((await read(again, "a"))[0], "new");
  },
};
export const do_recovery_needs_a_bookmark = {
  test: inside(async (s) => {
    const e = await rejects(s.onNextSessionRestoreBookmark("not a bookmark"), "Error");
    ok(!/does not implement/.test(e.message), e.message);
  }),
};
