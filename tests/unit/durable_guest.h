// A Worker with one Durable Object class over a real store in memory: for tests of what an object
// sees.
#ifndef OFFING_TESTS_UNIT_DURABLE_GUEST_H_
#define OFFING_TESTS_UNIT_DURABLE_GUEST_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "storage/durable/store.h"
#include "tests/unit/guest_bench.h"

namespace offing::test {

struct DurableGuest {
  std::unique_ptr<durable::Store> store;
  std::map<RequestId, std::unique_ptr<durable::ObjectStorage>> storages;
  std::map<RequestId, std::string> ids;
  std::unique_ptr<Guest> guest;
  RequestId last_number = 1000;

  // The main module exports a class A.
  explicit DurableGuest(const std::string& main, bool sqlite = true,
                        std::set<std::string> flags = {"delete_all_deletes_alarm"},
                        const Limits& limits = kPlainLimits) {
    durable::StoreOptions stored;
    stored.world.now_ms = [this] { return guest->host.now; };
    auto opened = durable::Store::open(std::move(stored));
    REQUIRE_MESSAGE(opened.has_value(), opened.error());
    store = std::move(*opened);
    WorkerOptions options;
    options.compatibility_date = "2026-06-01";
    options.limits = limits;
    options.flags = std::move(flags);
    options.actor_classes.push_back({"A", "k-A", sqlite});
    options.actor_bindings.push_back({"A", "A", "k-A"});
    options.r2_bindings.push_back({"BUCKET", "bucket", ""});
    guest = std::make_unique<Guest>(Guest::bundle_of(main), options);
    guest->host.storage_for = [this](RequestId actor) -> durable::ObjectStorage* {
      auto& storage = storages[actor];
      if (!storage) storage = store->object({"k-A", ids.at(actor)}, "");
      return storage.get();
    };
  }
  ~DurableGuest() {
    guest->isolate.reset();
    storages.clear();
  }

  static std::string id_of(int n) {
    std::string id = std::to_string(n);
    return std::string(64 - id.size(), '0') + id;
  }
  RequestId open(int n = 1, const std::string& name = "", bool sqlite = true) {
    const RequestId actor = ++last_number;
    ids[actor] = id_of(n);
    ActorOptions options;
    options.object_id = id_of(n);
    options.name = name;
    options.sqlite = sqlite;
    guest->isolate->open_actor(actor, std::move(options));
    return actor;
  }
  void close(RequestId actor) {
    guest->isolate->close_actor(actor, GuestError::reset("closed"));
    storages.erase(actor);
  }

  std::shared_ptr<std::optional<FetchResult>> begin(RequestId actor, std::string path = "") {
    Request request;
    request.url = "http://object/" + path;
    auto result = std::make_shared<std::optional<FetchResult>>();
    guest->isolate->actor_fetch(actor, ++last_number, std::move(request), "{}",
                                [result](FetchResult r) { *result = std::move(r); });
    return result;
  }
  std::string text(RequestId actor, std::string path = "") {
    auto result = begin(actor, std::move(path));
    for (int i = 0; i < 100 && !result->has_value(); ++i) {
      guest->host.run_posted();
      guest->host.advance(10);
    }
    std::string said;
    for (const std::string& line : guest->host.uncaughts) said += line + "; ";
    REQUIRE_MESSAGE(result->has_value(), "the object has not answered: ", said);
    return (*result)->outcome == Outcome::kOk ? (*result)->response.body
                                              : "! " + (*result)->error;
  }
};

// Each expression is a row with the answer it gives in an object, one after the other: `storage`,
// `sql`,
// `kv`, `ctx`, `env` are at hand. "-> 1" a promise's value, "1" a plain one, "rejects Error: text",
// "throws Error: text". The answers are those that the platform's open runtime gives.
using Row = std::pair<std::string, std::string>;

inline void check_rows(const std::vector<Row>& rows, bool sqlite = true) {
  std::string main =
      "import { DurableObject } from 'cloudflare:workers';"
      "const show = (v) => v instanceof Map ? 'Map' + JSON.stringify([...v])"
      " : v instanceof ArrayBuffer ? 'bytes ' + [...new Uint8Array(v)]"
      " : v instanceof Error ? `${v.name}: ${v.message}` : typeof v === 'number' ? String(v)"
      " : v === undefined ? 'undefined' : Array.isArray(v) ? `[${v.map(show)}]`"
      " : typeof v === 'object' && v !== null && Object.getPrototypeOf(v) !== Object.prototype"
      " ? Object.prototype.toString.call(v) : typeof v === 'function' ? 'function'"
      " : JSON.stringify(v);"
      "async function tell(f) { let r; try { r = f() } catch (e) { return 'throws ' + show(e) }"
      " if (!(r instanceof Promise)) return show(r);"
      " try { return '-> ' + show(await r) } catch (e) { return 'rejects ' + show(e) } }"
      "export class A extends DurableObject { alarm() {} async fetch() {"
      " const { ctx, env } = this, storage = ctx.storage, { sql, kv } = storage, lines = [];"
      " let keep; for (const f of [";
  for (const Row& row : rows) main += "() => (" + row.first + "),\n";
  main += "]) lines.push(await tell(f)); return new Response(lines.join('\\u0001')) } }";
  DurableGuest bench(main, sqlite);
  std::string left = bench.text(bench.open(1, "x")) + '\x01';
  for (const Row& row : rows) {
    const size_t end = left.find('\x01');
    REQUIRE_MESSAGE(end != std::string::npos, left);
    CHECK_MESSAGE(left.substr(0, end) == row.second, row.first, " gave ", left.substr(0, end));
    left.erase(0, end + 1);
  }
}

}  // namespace offing::test

#endif  // OFFING_TESTS_UNIT_DURABLE_GUEST_H_
