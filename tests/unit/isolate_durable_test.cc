#include <doctest/doctest.h>

#include "tests/unit/durable_guest.h"

namespace offing::test {

TEST_CASE("asynchronous key-value operations (spec/durable-objects.md 2.2)") {
  check_rows({
      {"storage.get('nope')", "-> undefined"},
      {"storage.get()", "rejects TypeError: Failed to execute 'get' on 'DurableObjectStorage': "
                        "parameter 1 is not of type 'string or Array'."},
      {"storage.get('a', 1)", "rejects TypeError: Failed to execute 'get' on "
                              "'DurableObjectStorage': parameter 2 is not of type 'GetOptions'."},
      {"storage.get(Symbol('x'))", "rejects TypeError: Cannot convert a Symbol value to a string"},
      {"storage.put('a')", "rejects TypeError: put() called with undefined value."},
      {"storage.put('a', null)", "-> undefined"},
      {"storage.get('a')", "-> null"},
      {"storage.put('a', () => 1)", "rejects DataCloneError: () => 1 could not be cloned."},
      {"storage.put({ a: 1, b: undefined, c: 3 })", "-> undefined"},
      {"storage.get(['c', 'a', 'b', 'zz'])", "-> Map[[\"a\",1],[\"c\",3]]"},
      {"storage.put({ a: 1 }, 5)",
       "rejects TypeError: put() may only be called with a single key-value pair and optional "
       "options as put(key, value, options) or with multiple key-value pairs and optional options "
       "as put(entries, options)"},
      {"storage.put({ ok: 1, bad: () => 1 })",
       "rejects DataCloneError: () => 1 could not be cloned."},
      {"storage.get('ok')", "-> undefined"},
      {"storage.put([1, 2])", "rejects TypeError: put() called with undefined value."},
      {"storage.put(5, 5)", "-> undefined"},
      {"storage.get('5')", "-> 5"},
      {"storage.put('m', new Map([[1, new Date(5)]])),"
       " storage.get('m').then((m) => m.get(1).getTime())",
       "-> 5"},
      {"storage.put('bytes', new Uint8Array([1, 2]).buffer), storage.get('bytes')", "-> bytes 1,2"},
      {"storage.put('id', ctx.id)",
       "rejects DataCloneError: Could not serialize object of type \"DurableObjectId\". This type "
       "does not support serialization."},
      {"storage.delete()",
       "throws TypeError: Failed to execute 'delete' on 'DurableObjectStorage': parameter 1 is not "
       "of type 'string or Array'."},
      {"storage.delete('a')", "-> true"},
      {"storage.delete('a')", "-> false"},
      {"storage.delete(['c', 'zz', 'c'])", "-> 1"},
      {"storage.deleteAll(1)", "rejects TypeError: Failed to execute 'deleteAll' on "
                               "'DurableObjectStorage': parameter 1 is not of type 'PutOptions'."},
      {"storage.deleteAll()", "-> undefined"},
      {"storage.list()", "-> Map[]"},
      {"storage.put({ a: 1, b: 2, c: 3, 'a\\u00e9': 4, B: 5 })", "-> undefined"},
      {"storage.list().then((m) => [...m.keys()].join())", "-> \"B,a,a\xc3\xa9,b,c\""},
      {"storage.list({ start: 'b', startAfter: 'a' })",
       "rejects TypeError: list() cannot be called with both start and startAfter values."},
      {"storage.list({ limit: 0 })", "rejects TypeError: List limit must be positive."},
      {"storage.list({ limit: 2.7 })", "-> Map[[\"B\",5],[\"a\",1]]"},
      {"storage.list({ limit: 1e10 })", "rejects TypeError: Value out of range. Must be between "
                                        "-2147483648 and 2147483647 (inclusive)."},
      {"storage.list({ reverse: true, limit: 1 })", "-> Map[[\"c\",3]]"},
      {"storage.list({ startAfter: 'a', end: 'c' }).then((m) => [...m.values()].join())",
       "-> \"4,2\""},
      {"storage.list({ prefix: 'b', start: 'c' })", "-> Map[]"},
      {"storage.get.call({}, 'a')",
       "throws TypeError: Illegal invocation: function called with incorrect `this` reference. See "
       "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors "
       "for details."},
      {"storage.sync()", "-> undefined"},
  });
}

TEST_CASE("alarms as the object sees them (spec/durable-objects.md 3.6, 36 to 38)") {
  check_rows({
      {"storage.getAlarm()", "-> null"},
      {"storage.setAlarm()", "rejects TypeError: Failed to execute 'setAlarm' on "
                             "'DurableObjectStorage': parameter 1 is not of type 'date'."},
      {"storage.setAlarm(0)",
       "rejects TypeError: setAlarm() cannot be called with an alarm time <= 0"},
      {"storage.setAlarm(NaN)",
       "rejects TypeError: The value cannot be converted because it is not a valid Date."},
      {"storage.setAlarm(1e13)", "rejects TypeError: This API doesn't support dates after 2189."},
      {"storage.setAlarm(1).then(() => storage.getAlarm()).then((at) => at === Date.now())",
       "-> true"},
      {"storage.setAlarm(new Date(4e12)), storage.getAlarm()", "-> 4000000000000"},
      {"storage.transaction(async (txn) => { await txn.setAlarm(5e12); txn.rollback() })",
       "-> undefined"},
      {"storage.getAlarm()", "-> 4000000000000"},
      {"storage.deleteAlarm(), storage.getAlarm()", "-> null"},
      {"storage.setAlarm(4e12), storage.deleteAll(), storage.getAlarm()", "-> null"},
  });
}

TEST_CASE("synchronous key-value operations (spec/durable-objects.md 2.3)") {
  check_rows({
      {"kv.get()", "throws TypeError: Failed to execute 'get' on 'SyncKvStorage': parameter 1 is "
                   "not of type 'string'."},
      {"kv.put('a')", "throws TypeError: Failed to execute 'put' on 'SyncKvStorage': parameter 2 "
                      "is not of type 'Value'."},
      {"kv.put('a', { x: [1] })", "undefined"},
      {"storage.get('a')", "-> {\"x\":[1]}"},
      {"kv.get('a')", "{\"x\":[1]}"},
      {"kv.delete('a')", "true"},
      {"kv.delete('a')", "false"},
      {"['a', 'b', 'c'].forEach((k) => kv.put(k, k)),"
       " JSON.stringify([...kv.list({ reverse: true })])",
       "\"[[\\\"c\\\",\\\"c\\\"],[\\\"b\\\",\\\"b\\\"],[\\\"a\\\",\\\"a\\\"]]\""},
      {"(() => { const i = kv.list(); i.next(); kv.list(); return i.next() })()",
       "throws Error: kv.list() iterator was invalidated because a new call to kv.list() was "
       "started. Only one kv.list() iterator can exist at a time."},
      {"(() => { const i = kv.list(); i.next(); kv.put('zz', 1); kv.delete('b');"
       " return i.toArray().length })()", "2"},
      {"kv.list({ limit: -1 })", "throws TypeError: List limit must be positive."},
      {"kv.list()", "[object ListIterator]"},
  });
}

TEST_CASE("SQL cursors (spec/durable-objects.md 2.5)") {
  check_rows({
      {"sql.exec()", "throws TypeError: Failed to execute 'exec' on 'SqlStorage': parameter 1 is "
                     "not of type 'String'."},
      {"sql.exec('selec')", "throws Error: near \"selec\": syntax error at offset 0: SQLITE_ERROR"},
      {"sql.exec('select ? as a', 5).one()", "{\"a\":5}"},
      {"sql.exec('select typeof(?) as a', 5).one()", "{\"a\":\"real\"}"},
      {"sql.exec('select ? as a', true).one()", "{\"a\":\"true\"}"},
      {"sql.exec('select ? as a', 5n)",
       "throws TypeError: Cannot convert a BigInt value to a number"},
      {"sql.exec('select ? as a', undefined).one()", "{\"a\":null}"},
      {"sql.exec('select ? as a', new Uint16Array([1, 2]).subarray(1)).one().a", "bytes 2,0"},
      {"sql.exec('select ? as a', 'x\\0y').one().a.length", "3"},
      {"sql.exec('select 1').one()", "{\"1\":1}"},
      {"Object.keys(sql.exec('select 1 b, 2 as \"0\", 3 a').one()).join()", "\"0,b,a\""},
      {"sql.exec('select 1 a, 2 b, 3 a').one()", "{\"a\":3,\"b\":2}"},
      {"sql.exec('select 1 a, 2 a').columnNames", "[\"a\",\"a\"]"},
      {"sql.exec('select 9007199254740993 a').one().a", "9007199254740992"},
      {"Object.getPrototypeOf(sql.exec('select 1 a').one()) === Object.prototype", "true"},
      {"sql.exec('create table t(a integer, b text)').columnNames", "[]"},
      {"sql.exec('insert into t values (1, ?), (2, ?)', 'x', 'y').rowsWritten", "2"},
      {"sql.exec('select * from t').toArray()", "[{\"a\":1,\"b\":\"x\"},{\"a\":2,\"b\":\"y\"}]"},
      {"sql.exec('select a, b from t').raw().toArray()", "[[1,\"x\"],[2,\"y\"]]"},
      {"[...sql.exec('select a from t')]", "[{\"a\":1},{\"a\":2}]"},
      {"sql.exec('select * from t').one()", "throws Error: Expected exactly one result from SQL "
                                            "query, but got multiple results."},
      {"sql.exec('select * from t where a = 9').one()",
       "throws Error: Expected exactly one result from SQL query, but got no results."},
      {"(() => { const c = sql.exec('select a from t'), r = c.raw();"
       " return [r.next().value, c.next().value, r.next().done, c.toArray()] })()",
       "[[1],{\"a\":2},true,[]]"},
      {"(() => { const c = sql.exec('select a from t'), read = [c.rowsRead]; c.next();"
       " read.push(c.rowsRead); c.toArray(); return [...read, c.rowsRead] })()", "[1,2,2]"},
      {"(() => { const c = sql.exec('select a from t'); for (const row of c) break;"
       " return c.toArray() })()", "[{\"a\":2}]"},
      {"sql.databaseSize > 0", "true"},
      {"new sql.Cursor()", "throws TypeError: Illegal constructor"},
      {"sql.exec('select 1').constructor === sql.Cursor", "true"},
      {"(async () => { const c = sql.exec('select a from t'); await storage.deleteAll();"
       " return c.next() })()",
       "rejects Error: SQLite query was canceled because the database was deleted."},
  });
}

TEST_CASE("transactions (spec/durable-objects.md 2.6)") {
  check_rows({
      {"storage.put('a', 0)", "-> undefined"},
      {"storage.transaction()", "rejects TypeError: Failed to execute 'transaction' on "
                                "'DurableObjectStorage': parameter 1 is not of type 'function'."},
      {"storage.transaction(async (t) => { await t.put('a', 1); t.rollback(); return 'r' })",
       "-> \"r\""},
      {"storage.get('a')", "-> 0"},
      {"storage.transaction(async (t) => { t.rollback(); await t.get('a') })",
       "rejects Error: Cannot get() on rolled back transaction"},
      {"storage.transaction(async (t) => { t.rollback(); await storage.put('after', 1) })",
       "-> undefined"},
      {"storage.get('after')", "-> 1"},
      {"storage.transaction(async (t) => { keep = t; await t.put('a', 7); return 'ok' })",
       "-> \"ok\""},
      {"storage.get('a')", "-> 7"},
      {"keep.get('a')", "rejects Error: Cannot call get() on transaction that has already "
                        "committed: did you move `txn` outside of the closure?"},
      {"keep.delete('a')", "throws Error: Cannot call delete() on transaction that has already "
                           "committed: did you move `txn` outside of the closure?"},
      {"keep.deleteAll()", "throws Error: Cannot call deleteAll() within a transaction"},
      {"storage.transaction(async () => { await storage.deleteAll() })",
       "rejects Error: Cannot call deleteAll() within a transaction"},
      {"storage.transaction(async (t) => { await t.put('a', 8); throw new RangeError('no') })",
       "rejects RangeError: no"},
      {"storage.get('a')", "-> 7"},
      {"storage.transaction(async (t) => { await t.put('a', 10); await storage.transaction("
       "async (u) => { await u.put('a', 11); u.rollback() }); return t.get('a') })", "-> 10"},
      {"storage.transaction(async (t) => { await t.put('a', 12); await storage.transaction("
       "async (u) => { t.rollback() }) })",
       "rejects Error: Cannot roll back an outer transaction while a nested transaction is still "
       "running."},
      {"storage.get('a')", "-> 10"},
      {"storage.transaction(async (t) => { storage.transaction(async (u) => { await"
       " scheduler.wait(5); await u.put('late', 1) }); await t.put('early', 1) })", "-> undefined"},
      {"storage.transaction(async () => storage.get(['early', 'late']))",
       "-> Map[[\"early\",1],[\"late\",1]]"},
      {"storage.transaction(async (t) => { await scheduler.wait(5); await t.put('a', 99) })",
       "-> undefined"},
      {"storage.get('a')", "-> 99"},
      {"storage.transactionSync(() => 5)", "5"},
      {"storage.transactionSync(() => { kv.put('a', 1); throw new RangeError('no') })",
       "throws RangeError: no"},
      {"kv.get('a')", "99"},
      {"storage.transactionSync(() => { kv.put('n', 1); try { storage.transactionSync(() => {"
       " kv.put('n', 2); throw 1 }) } catch {} return kv.get('n') })", "1"},
  });
}

TEST_CASE("critical sections (spec/durable-objects.md 3.2)") {
  check_rows({
      {"ctx.blockConcurrencyWhile(() => 5)", "-> 5"},
      {"ctx.blockConcurrencyWhile()",
       "rejects TypeError: Failed to execute 'blockConcurrencyWhile' on 'DurableObjectState': "
       "parameter 1 is not of type 'function'."},
      {"(async () => { const log = []; const p = ctx.blockConcurrencyWhile(async () => {"
       " log.push('in') }); log.push('out'); await p; return log.join() })()", "-> \"out,in\""},
      {"(async () => { const log = []; ctx.blockConcurrencyWhile(async () => { log.push('a1');"
       " await scheduler.wait(1); log.push('a2') }); await ctx.blockConcurrencyWhile(async () => {"
       " log.push('b') }); return log.join() })()", "-> \"a1,a2,b\""},
      {"(async () => { const log = []; await ctx.blockConcurrencyWhile(async () => { log.push(1);"
       " await ctx.blockConcurrencyWhile(async () => { log.push(2) }); log.push(3) });"
       " return log.join() })()", "-> \"1,2,3\""},
  });
}

TEST_CASE("the state object (spec/durable-objects.md 1.5.3)") {
  check_rows({
      {"Object.keys(ctx).sort().join()", "\"container,exports,facets,id,props,storage\""},
      {"Object.prototype.toString.call(ctx)", "\"[object DurableObjectState]\""},
      {"ctx.id.name", "\"x\""},
      {"ctx.id.toString().length", "64"},
      {"Object.keys(ctx.id).join()", "\"jurisdiction,name\""},
      {"new ctx.constructor()", "throws TypeError: Illegal constructor"},
      {"ctx.waitUntil()", "throws TypeError: Failed to execute 'waitUntil' on "
                          "'DurableObjectState': parameter 1 is not of type 'Promise'."},
      {"structuredClone(storage)",
       "throws DataCloneError: Could not serialize object of type \"DurableObjectStorage\". This "
       "type does not support serialization."},
  });
}

TEST_CASE("the legacy key-value backend (spec/durable-objects.md 2.1, 2.2)") {
  DurableGuest bench("import { DurableObject } from 'cloudflare:workers';"
                     "export class A extends DurableObject { async fetch(request) {"
                     " const s = this.ctx.storage; try { return new Response(String(await ["
                     "() => s.sql.exec('select 1'), () => s.kv.get('a'), () => s.transactionSync("
                     "() => 1), () => s.put('k'.repeat(2049), 1), () => s.put('v', 'x'.repeat("
                     "131200)), () => s.get(Array(129).fill('a')), () => s.put('a', 1)"
                     "][new URL(request.url).pathname.slice(1)]())) }"
                     " catch (e) { return new Response(String(e)) } } }",
                     false);
  const RequestId actor = bench.open(1, "", false);
  CHECK(bench.text(actor, "0").starts_with("Error: SQL is not enabled for this Durable Object "
                                           "class. To enable it, change `new_classes` to "
                                           "`new_sqlite_classes`"));
  CHECK(bench.text(actor, "1").starts_with("Error: The storage.kv (synchronous KV) API is only "
                                           "available for SQLite-backed Durable Objects"));
  CHECK(bench.text(actor, "2") == "Error: Durable Object is not backed by SQL.");
  CHECK(bench.text(actor, "3") == "RangeError: Keys cannot be larger than 2048 bytes. A key of "
                                  "size 2049 was provided.");
  CHECK(bench.text(actor, "4") == "RangeError: Values cannot be larger than 131072 bytes. A value "
                                  "of size 131206 was provided.");
  CHECK(bench.text(actor, "5") == "RangeError: Maximum number of key value pairs is 128. 129 "
                                  "pairs were provided.");
  CHECK(bench.text(actor, "6") == "undefined");
}

TEST_CASE("namespaces mint the ids that workerd mints (spec/durable-objects.md 1.1, 1.2)") {
  check_rows({
      {"String(env.A.idFromName('x'))",
       "\"4d37a3b5553a5a717312be9cd5bdb0a9084ced47d89023f2c9be7960fb189fc5\""},
      {"env.A.idFromName('x').name", "\"x\""},
      {"env.A.idFromName('\\ud800').name.length", "3"},
      {"env.A.idFromString(String(env.A.idFromName('x')).toUpperCase()).equals("
       "env.A.idFromName('x'))", "true"},
      {"env.A.idFromString('x')",
       "throws TypeError: Invalid Durable Object ID: must be 64 hex digits"},
      {"env.A.idFromString('0'.repeat(64))",
       "throws TypeError: Durable Object ID is not valid for this namespace."},
      {"env.A.jurisdiction('eu').idFromName('x').equals(env.A.idFromName('x'))", "false"},
      {"env.A.idFromString(String(env.A.jurisdiction('eu').idFromName('x'))).jurisdiction",
       "\"eu\""},
      {"env.A.jurisdiction('eu').get(env.A.idFromName('x'))",
       "throws TypeError: get called on jurisdictional subnamespace with an ID from a different "
       "jurisdiction"},
      {"env.A.newUniqueId({ jurisdiction: 'mars' })",
       "throws TypeError: \"mars\" is not a jurisdiction: it must be one of eu, fedramp, "
       "fedramp-high, us."},
      {"env.A.get(env.A.idFromName('x'), { routingMode: 'x' })",
       "throws RangeError: unknown routingMode: x"},
      {"env.A.get('x')", "throws TypeError: Failed to execute 'get' on 'DurableObjectNamespace': "
                         "parameter 1 is not of type 'DurableObjectId'."},
      {"env.A.idFromName('x').equals('x')",
       "throws TypeError: Failed to execute 'equals' on 'DurableObjectId': parameter 1 is not of "
       "type 'DurableObjectId'."},
      {"structuredClone(env.A)",
       "throws DataCloneError: Could not serialize object of type \"DurableObjectNamespace\". This "
       "type does not support serialization."},
  });
}

TEST_CASE("storage belongs to its own object (spec/limits.md 6.3)") {
  DurableGuest bench("import { DurableObject } from 'cloudflare:workers'; let first;"
                     "export class A extends DurableObject { async fetch() {"
                     " first ||= this.ctx.storage; try { await first.get('a');"
                     " return new Response('ok') }"
                     " catch (e) { return new Response(e.message) } } }");
  CHECK(bench.text(bench.open(1)) == "ok");
  CHECK(bench.text(bench.open(2)).starts_with(
      "Cannot perform I/O on behalf of a different Durable Object."));
}

TEST_CASE("what was written stays when the instance goes; memory does not (rules 33, 34)") {
  DurableGuest bench("import { DurableObject } from 'cloudflare:workers';"
                     "export class A extends DurableObject { n = 0; async fetch() {"
                     " const s = this.ctx.storage; await s.put('n', (await s.get('n') ?? 0) + 1);"
                     " return new Response(`${++this.n} ${await s.get('n')}`) } }");
  const RequestId first = bench.open();
  CHECK(bench.text(first) == "1 1");
  CHECK(bench.text(first) == "2 2");
  bench.close(first);
  CHECK(bench.text(bench.open()) == "1 3");
}

TEST_CASE("abort() discards the open transaction and stops the object (spec 1.5.5, rule 22)") {
  DurableGuest bench("import { DurableObject } from 'cloudflare:workers';"
                     "export class A extends DurableObject { async fetch(request) {"
                     " const s = this.ctx.storage; if (request.url.endsWith('abort')) {"
                     " s.put('a', 1); try { this.ctx.abort('why') } catch {} s.put('a', 2) }"
                     " return new Response(String(await s.get('a'))) } }");
  const RequestId first = bench.open();
  auto result = bench.begin(first, "abort");
  REQUIRE(result->has_value());
  CHECK((*result)->outcome == Outcome::kException);
  CHECK((*result)->thrown.message == "why");
  CHECK((*result)->thrown.object_reset);
  bench.storages.clear();
  CHECK(bench.text(bench.open()) == "undefined");
}

TEST_CASE("setAlarm() needs an alarm() handler, but not in the constructor (rule 37)") {
  DurableGuest bench("import { DurableObject } from 'cloudflare:workers';"
                     "export class A extends DurableObject { constructor(ctx, env) {"
                     " super(ctx, env); ctx.storage.setAlarm(4e12) } async fetch() {"
                     " let text = String(await this.ctx.storage.getAlarm());"
                     " try { await this.ctx.storage.setAlarm(5e12) }"
                     " catch (e) { text += e.message }"
                     " return new Response(text) } }");
  CHECK(bench.text(bench.open()) == "4000000000000Your Durable Object class must have an alarm() "
                                    "handler in order to call setAlarm()");
}

}  // namespace offing::test
