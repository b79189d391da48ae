// What the storage of Durable Objects costs: time of the usual operations, memory of an open
// object.
//   ninja durable_bench && tests/bench/durable_bench [DIRECTORY]    (without one: in memory only)
#include <malloc.h>
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "storage/durable/store.h"

namespace {

using namespace offing::durable;

double now_us() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

ObjectName name_of(int n) {
  char id[65];
  std::snprintf(id, sizeof id, "%064x", n);
  return {"worker-Counter", id};
}

void check(bool done) {
  if (!done) std::abort();
}

template <class Body>
void measure(const char* what, int count, Body body) {
  const double begin = now_us();
  for (int i = 0; i < count; ++i) body(i);
  std::printf("  %-52s %8.2f us\n", what, (now_us() - begin) / count);
}

void operations(Store& store, const char* where, int syncs) {
  std::printf("%s\n", where);
  auto object = store.object(name_of(0), "");
  int64_t time = 0;
  const std::string value(100, 'v');
  for (int i = 0; i < 1000; ++i) check(object->put("key" + std::to_string(i), value).has_value());
  check(object->commit(++time).has_value() && store.sync().has_value());
  const int fast = 100'000 < syncs * 50 ? 100'000 : syncs * 50;
  measure("get", fast,
          [&](int i) { check(object->get("key" + std::to_string(i % 1000)).has_value()); });
  measure("put, one commit and sync for all", fast, [&](int i) {
    check(object->put("key" + std::to_string(i % 1000), value).has_value());
  });
  check(object->commit(++time).has_value() && store.sync().has_value());
  measure("get + put + commit + sync", syncs, [&](int) {
    check(object->get("key7").has_value() && object->put("key7", std::to_string(time)).has_value());
    check(object->commit(++time).has_value() && store.sync().has_value());
  });
  check(object->exec("CREATE TABLE t(id INTEGER PRIMARY KEY, n)", {}).has_value());
  check(object->exec("INSERT INTO t VALUES(1, 0)", {}).has_value());
  measure("sql UPDATE + SELECT + commit + sync", syncs, [&](int i) {
    const SqlValue bindings[] = {static_cast<double>(i)};
    check(object->exec("UPDATE t SET n = n + ? WHERE id = 1", bindings).has_value());
    auto rows = object->exec("SELECT n FROM t WHERE id = 1", {});
    check(rows.has_value() && *(*rows)->next());
    check(object->commit(++time).has_value() && store.sync().has_value());
  });
  std::vector<std::unique_ptr<ObjectStorage>> many;
  for (int i = 1; i <= 100; ++i) {
    many.push_back(store.object(name_of(i), ""));
    check(many.back()->put("n", "0").has_value() && many.back()->commit(++time).has_value());
  }
  check(store.sync().has_value());
  measure("put + commit in 100 objects, one sync: each", syncs * 10, [&](int i) {
    ObjectStorage& one = *many[static_cast<size_t>(i % 100)];
    check(one.put("n", std::to_string(i)).has_value() && one.commit(++time).has_value());
    if (i % 100 == 99) check(store.sync().has_value());
  });
  check(store.sync().has_value());
  many.clear();
  measure("open an object with data and get", 2000, [&](int i) {
    auto one = store.object(name_of(1 + i % 100), "");
    check(one->get("n").has_value());
  });
}

void memory(Store& store) {
  constexpr int kCount = 2000;
  std::vector<std::unique_ptr<ObjectStorage>> open;
  open.reserve(kCount);
  malloc_trim(0);
  const size_t before = mallinfo2().uordblks;
  const double begin = now_us();
  for (int i = 0; i < kCount; ++i) {
    open.push_back(store.object(name_of(10'000 + i), ""));
    check(open.back()->get("n").has_value() && open.back()->put("n", "1").has_value());
    check(open.back()->commit(1).has_value());
  }
  check(store.sync().has_value());
  const double spent = now_us() - begin;
  std::printf("  new object: get + put + commit, one sync for all: %.1f us\n", spent / kCount);
  std::printf("  memory of an open object with one key: %.1f KiB (it says %.1f KiB)\n",
              static_cast<double>(mallinfo2().uordblks - before) / kCount / 1024,
              static_cast<double>(open.back()->memory_bytes()) / 1024);
  open.clear();
  std::printf("  memory of it closed: %.1f KiB\n",
              static_cast<double>(mallinfo2().uordblks - before) / kCount / 1024);
}

}  // namespace

int main(int argc, char** argv) {
  {
    auto store = Store::open({});
    check(store.has_value());
    operations(**store, "in memory", 20'000);
    memory(**store);
  }
  if (argc < 2) return 0;
  StoreOptions options;
  options.directory = argv[1];
  auto store = Store::open(options);
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().c_str());
    return 1;
  }
  operations(**store, "in a directory", 500);
  memory(**store);
}
