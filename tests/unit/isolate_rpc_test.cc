// RPC inside one isolate (spec/durable-objects.md 1.3, 1.4; spec/runtime-api.md 9.1).
#include <doctest/doctest.h>
#include <uv.h>

#include "tests/unit/host_process.h"
#include "tests/unit/rpc_bench.h"

namespace offing::test {

Engine& guest_engine() {
  static std::unique_ptr<Engine> engine = [] {
    auto started =
        Engine::start(host_process().platform, uv_default_loop(), OFFING_SNAPSHOT_PATH);
    REQUIRE_MESSAGE(started.has_value(), started.error());
    return std::move(*started);
  }();
  return *engine;
}

namespace {

// What `expression`, evaluated in a handler, gives as JSON. `classes` are declarations before it.
std::string value_of(const std::string& classes, const std::string& expression,
                     std::set<std::string> flags = RpcGuest::newest()) {
  RpcGuest guest(
      "import { WorkerEntrypoint, RpcTarget, RpcStub, RpcPromise, RpcProperty, exports }"
      " from 'cloudflare:workers';\n"
      "const said = (e) => `${e.name}: ${e.message}`;\n" +
          classes +
          "\nexport default { async fetch(request, env, ctx) {\n"
          "  const value = await (async () => (" + expression + "))();\n"
          "  return new Response(JSON.stringify(value) ?? 'undefined'); } }",
      std::move(flags));
  std::string text = guest.text();
  guest.host().run_posted();
  CHECK(guest.isolate().active() == 0);
  return text;
}

constexpr const char* kNamed = R"(
class Counter extends RpcTarget {
  own = 'own';
  #n = 0;
  next() { return ++this.#n; }
  get value() { return this.#n; }
  [Symbol.dispose]() { disposals++; }
}
let disposals = 0;
export class Named extends WorkerEntrypoint {
  hidden = 1;
  add(a, b) { return a + b; }
  async later(a) { await null; return a; }
  get label() { return 'named'; }
  get nested() { return { a: { b: [10, 20] }, f: (x) => x + 1, nothing: null }; }
  echo(v) { return v; }
  counter() { return new Counter(); }
  counters() { const c = new Counter(); return { a: c, b: c }; }
  shared() { return globalThis.one ??= new Counter(); }
  disposals() { return disposals; }
  adder(n) { return (x) => n + x; }
  async call(f, ...args) { return await f(...args); }
  keep(f) { globalThis.kept = f; }
  fail(text) { throw new RangeError(text); }
  failOdd() { throw Object.assign(new (class MyError extends Error { name = 'MyError' })('odd'), { code: 7 }); }
  throwObject() { throw { plain: 1 }; }
  props() { return this.ctx.props; }
  custom() { return new (class Custom {})(); }
  never() { return new Promise(() => {}); }
  viaExports() { return this.ctx.exports.Other.hello('you'); }
  giveStub() { return this.env.PROPS; }
  respond() { return new Response('made', { status: 201, headers: { 'x-a': '1' } }); }
  async read(r) { return `${r.method} ${r.url} ${await r.text()}`; }
  async text(stream) { return await new Response(stream).text(); }
  fetch(request) { return new Response(`named ${request.method} ${this.ctx.props.user}`); }
  alarm() {}
}
export class Other extends WorkerEntrypoint {
  hello(who) { return `other ${who}`; }
  props() { return this.ctx.props; }
}
)";

std::string named(const std::string& expression,
                  std::set<std::string> flags = RpcGuest::newest()) {
  return value_of(kNamed, expression, std::move(flags));
}

// Name and message of what the expression's promise rejects with.
std::string failure(const std::string& expression) {
  return named("await (async () => { try { await " + expression +
               "; return 'no error'; } catch (e) { return said(e); } })()");
}

}  // namespace

TEST_CASE("a method of an entrypoint is called with copies (spec/durable-objects.md 1.3)") {
  CHECK(named("await env.NAMED.add(1, 2)") == "3");
  CHECK(named("await env.NAMED.later({ a: [1, 'x', null] })") == R"({"a":[1,"x",null]})");
  CHECK(named("await env.NAMED.echo(new Date(5))") == "\"1970-01-01T00:00:00.005Z\"");
  CHECK(named("[...(await env.NAMED.echo(new Map([['k', new Set([1])]]))).keys()]") == "[\"k\"]");
}

TEST_CASE("getters are read by awaiting them, members by paths (spec/durable-objects.md 1.3)") {
  CHECK(named("await env.NAMED.label") == "\"named\"");
  CHECK(named("await env.NAMED.nested.a") == R"({"b":[10,20]})");
  CHECK(named("await env.NAMED.nested.f(1)") == "2");
  CHECK(named("env.NAMED.label instanceof RpcProperty") == "true");
  CHECK(named("env.NAMED.then === undefined && Object.prototype.toString.call(env.NAMED)") ==
        "\"[object Fetcher]\"");
}

TEST_CASE("only declared members are reachable (spec/durable-objects.md 1.3, \"Callable members\")") {
  const std::string lacks = "\"TypeError: The RPC receiver does not implement the method ";
  CHECK(failure("env.NAMED.absent()") == lacks + "\\\"absent\\\".\"");
  CHECK(failure("env.NAMED.hidden") == lacks + "\\\"hidden\\\".\"");
  CHECK(failure("env.NAMED.env") == lacks + "\\\"env\\\".\"");
  CHECK(failure("env.NAMED.nested.x.y") == lacks + "\\\"x\\\".\"");
  CHECK(failure("env.NAMED.nested.nothing.x()") == lacks + "\\\"nothing\\\".\"");
  CHECK(failure("env.NAMED.nested.a.b.length") == lacks + "\\\"b\\\".\"");
  CHECK(failure("env.NAMED.alarm()") ==
        "\"TypeError: 'alarm' is a reserved method and cannot be called over RPC.\"");
  CHECK(failure("env.NAMED.label()") == "\"TypeError: \\\"label\\\" is not a function.\"");
}

TEST_CASE("functions and RpcTargets become stubs (spec/durable-objects.md 1.3, \"By stub\")") {
  CHECK(named("await env.NAMED.call((a, b) => a * b, 3, 4)") == "12");
  CHECK(named("await (await env.NAMED.adder(10))(1)") == "11");
  CHECK(named("await (async () => { const c = await env.NAMED.counter();"
              " return [c instanceof RpcStub, typeof c, await c.next(), await c.next(),"
              " await c.value] })()") == R"([true,"function",1,2,2])");
  CHECK(named("await (async () => { const r = await env.NAMED.echo({ deep: [(x) => x + 1] });"
              " return await r.deep[0](1) })()") == "2");
  CHECK(failure("(await env.NAMED.counter()).own") ==
        "\"TypeError: The RPC receiver does not implement the method \\\"own\\\".\"");
}

TEST_CASE("a target's disposer runs once, after its last stub is gone "
          "(spec/durable-objects.md 1.3, \"Callee lifetime\")") {
  CHECK(named("await (async () => { const r = await env.NAMED.counters();"
              " const seen = [r.a === r.b, await r.a.next(), await r.b.next()];"
              " const copy = r.a.dup(); r.a[Symbol.dispose](); await env.NAMED.add(1, 1);"
              " seen.push(await env.NAMED.disposals());"
              " copy[Symbol.dispose](); await env.NAMED.add(1, 1);"
              " seen.push(await env.NAMED.disposals()); return seen; })()") == "[true,1,2,0,1]");
  // Given twice, it is disposed of twice.
  CHECK(named("await (async () => { const a = await env.NAMED.shared(), b = await env.NAMED.shared();"
              " const seen = [a === b, await a.next(), await b.next()];"
              " a[Symbol.dispose](); b[Symbol.dispose](); await env.NAMED.add(1, 1);"
              " seen.push(await env.NAMED.disposals()); return seen; })()") == "[false,1,2,2]");
}

TEST_CASE("what a context holds is given back when it ends (spec/durable-objects.md 1.3)") {
  RpcGuest guest(std::string("import { WorkerEntrypoint, RpcTarget } from 'cloudflare:workers';") +
                 kNamed +
                 "export default { async fetch(request, env) {"
                 " if (request.url.endsWith('count')) return new Response(String(disposals));"
                 " const c = await env.NAMED.counter(); await c.next(); return new Response('x') } }");
  CHECK(guest.text() == "x");
  guest.host().run_posted();
  CHECK(guest.text("http://example.com/count") == "1");
  CHECK(guest.isolate().active() == 0);
}

TEST_CASE("a disposed stub and promise are not used again (spec/durable-objects.md 1.3)") {
  const std::string disposed = "\"Error: RPC stub used after being disposed.\"";
  CHECK(named("await (async () => { const c = await env.NAMED.counter(); c[Symbol.dispose]();"
              " try { await c.next() } catch (e) { return said(e) } })()") == disposed);
  CHECK(named("await (async () => { const c = await env.NAMED.counter(); const d = c.dup();"
              " c[Symbol.dispose](); return await d.next() })()") == "1");
  CHECK(named("await (async () => { const p = env.NAMED.counter(); p[Symbol.dispose]();"
              " try { await p.next() } catch (e) { return said(e) } })()") ==
        "\"Error: RPC promise used after being disposed.\"");
  // Parameters end with the call.
  CHECK(named("await (async () => { await env.NAMED.keep(() => 1);"
              " try { await kept() } catch (e) { return e.message } })()") !=
        "undefined");
}

TEST_CASE("calls on results that have not come (spec/durable-objects.md 1.3, \"Pipelining\")") {
  CHECK(named("await env.NAMED.counter().next()") == "1");
  CHECK(named("await env.NAMED.adder(5)(6)") == "11");
  CHECK(named("await (async () => { const c = env.NAMED.counter();"
              " return [await c.next(), await (await c).next(), await c.next()] })()") == "[1,2,3]");
  CHECK(failure("env.NAMED.fail('no result').child().depth()") == "\"RangeError: no result\"");
  const std::string lacks_x =
      "\"TypeError: The RPC receiver does not implement the method \\\"x\\\".\"";
  CHECK(failure("env.NAMED.add(1, 2).x()") == lacks_x);
  CHECK(failure("env.NAMED.later(1).x") == lacks_x);
  CHECK(failure("env.NAMED.add(1, 2)()") ==
        "\"TypeError: Can't pipeline on RPC that did not return an object.\"");
  CHECK(failure("env.NAMED.custom()()") ==
        "\"DataCloneError: Could not serialize object of type \\\"Custom\\\". This type does not "
        "support serialization.\"");
  CHECK(failure("env.NAMED.echo(env.NAMED.counter())") ==
        "\"DataCloneError: Could not serialize object of type \\\"RpcPromise\\\". This type does not "
        "support serialization.\"");
}

TEST_CASE("errors keep class and message, and say that they are remote (spec/durable-objects.md 1.4)") {
  CHECK(named("await env.NAMED.fail('x').catch((e) => [e instanceof RangeError, said(e), e.remote,"
              " e.durableObjectReset])") == R"([true,"RangeError: x",true,null])");
  CHECK(named("await env.NAMED.failOdd().catch((e) => [said(e), e.code])") ==
        R"(["MyError: odd",7])");
  CHECK(named("await env.NAMED.throwObject().catch((e) => [e.plain, e.remote])") == "[1,true]");
  std::set<std::string> flags = RpcGuest::newest();
  flags.erase("enhanced_error_serialization");
  CHECK(named("await env.NAMED.failOdd().catch((e) => [said(e), e.code])", flags) ==
        R"(["Error: MyError: odd",null])");
}

TEST_CASE("what does not travel is refused in the platform's words (spec/durable-objects.md 1.3)") {
  const std::string refused =
      "\"DataCloneError: Could not serialize object of type \\\"Custom\\\". This type does not "
      "support serialization.\"";
  CHECK(failure("env.NAMED.echo({ a: [new (class Custom {})()] })") == refused);
  CHECK(failure("env.NAMED.echo(Symbol('s'))") ==
        "\"DataCloneError: Symbol(s) could not be cloned.\"");
  CHECK(failure("env.NAMED.echo({ p: Promise.resolve(1) })") ==
        "\"DataCloneError: #<Promise> could not be cloned.\"");
  CHECK(failure("env.NAMED.echo(new Uint8Array(32 * 1024 * 1024 + 1))")
            .starts_with("\"Error: Serialized RPC arguments or return values are limited to 32MiB"));
}

TEST_CASE("messages, streams and bodies travel (spec/durable-objects.md 1.3, \"Special types\")") {
  CHECK(named("await (async () => { const r = await env.NAMED.respond();"
              " return [r.status, r.headers.get('x-a'), await r.text()] })()") ==
        R"([201,"1","made"])");
  CHECK(named("await env.NAMED.read(new Request('http://a/b', { method: 'POST', body: 'hi' }))") ==
        "\"POST http://a/b hi\"");
  CHECK(named("await env.NAMED.text(new Response('streamed').body)") == "\"streamed\"");
  CHECK(named("await (await env.NAMED.echo(new Blob(['b'], { type: 'text/x' }))).text()") ==
        "\"b\"");
  CHECK(named("await env.NAMED.echo({ e: new RangeError('r', { cause: new TypeError('c') }) })"
              ".then(({ e }) => [e instanceof RangeError, said(e), said(e.cause)])") ==
        R"([true,"RangeError: r","TypeError: c"])");
  CHECK(named("[...await env.NAMED.echo(new Headers({ a: '1' }))]") == R"([["a","1"]])");
  CHECK(named("await (async () => { const d = await env.NAMED.echo(new DOMException('m', 'AbortError'));"
              " return [d instanceof DOMException, d.name, d.message] })()") ==
        R"([true,"AbortError","m"])");
}

TEST_CASE("a WritableStream writes back to where it came from (spec/durable-objects.md 1.3)") {
  CHECK(value_of(
            "export class Named extends WorkerEntrypoint { async write(w) {"
            " const to = w.getWriter(); await to.write(new TextEncoder().encode('one'));"
            " await to.close(); return w instanceof WritableStream; } }",
            "await (async () => { const { readable, writable } = new TransformStream();"
            " const text = new Response(readable).text();"
            " return [await env.NAMED.write(writable), await text] })()") == R"([true,"one"])");
}

TEST_CASE("props and fetch of a service binding (spec/runtime-api.md 1.1)") {
  CHECK(named("await env.PROPS.props()") == R"({"user":"ada","list":[1,2]})");
  CHECK(named("await env.NAMED.props()") == "{}");
  CHECK(named("await (await env.PROPS.fetch('http://a/', { method: 'PUT' })).text()") ==
        "\"named PUT ada\"");
  CHECK(named("await (await env.NAMED.giveStub()).props()") == R"({"user":"ada","list":[1,2]})");
}

TEST_CASE("ctx.exports calls back into the Worker (spec/runtime-api.md 1.1)") {
  CHECK(named("await ctx.exports.Other.hello('x')") == "\"other x\"");
  CHECK(named("await exports.Other.hello('x')") == "\"other x\"");
  CHECK(named("await env.NAMED.viaExports()") == "\"other you\"");
  CHECK(named("await ctx.exports.Other({ props: { when: new Date(0) } }).props()") ==
        R"({"when":"1970-01-01T00:00:00.000Z"})");
  CHECK(named("[ctx.exports.Absent === undefined, 'Absent' in ctx.exports]") == "[true,false]");
  std::set<std::string> flags = RpcGuest::newest();
  flags.erase("enable_ctx_exports");
  CHECK(named("ctx.exports === undefined", flags) == "true");
}

TEST_CASE("before 2026-01-20 a caller loses the stub it passes (spec/durable-objects.md 1.3)") {
  std::set<std::string> flags = RpcGuest::newest();
  flags.erase("rpc_params_dup_stubs");
  const char* pass = "await (async () => { const f = await env.NAMED.adder(1);"
                     " const seen = [await env.NAMED.call(f, 1)];"
                     " try { seen.push(await f(2)) } catch (e) { seen.push(e.message) } return seen })()";
  CHECK(named(pass, flags) == R"([2,"RPC stub used after being disposed."])");
  CHECK(named(pass) == "[2,3]");
}

TEST_CASE("a callee that can never answer has hung (spec/limits.md 5)") {
  CHECK(failure("env.NAMED.never()").starts_with(
      "\"Error: The Workers runtime canceled this request because it detected that your Worker's"));
}

TEST_CASE("without the flag stubs have no methods but their own (spec/durable-objects.md 1.3)") {
  CHECK(named("[typeof env.NAMED.fetch, typeof env.NAMED.add]", {}) == R"(["function","undefined"])");
}

}  // namespace offing::test
