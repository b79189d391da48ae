// A store in a directory: what `sync` acknowledged survives, whatever ends the process.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "tests/unit/durable_fixture.h"

using offing::test::DurableFixture;
using namespace offing::test;

namespace {

offing::durable::StoreOptions options_of(const ScratchDirectory& directory,
                                         size_t log_bytes_max = 64 << 20) {
  offing::durable::StoreOptions options;
  options.directory = directory.path();
  options.log_bytes_max = log_bytes_max;
  return options;
}

size_t size_of(const std::string& path) {
  return std::filesystem::exists(path) ? std::filesystem::file_size(path) : 0;
}

}  // namespace

TEST_CASE("2.1 with a directory: data, alarm and name are there when it is opened again") {
  ScratchDirectory directory;
  std::string bookmark;
  {
    DurableFixture f(options_of(directory));
    f.open(3, "alice");
    f.put("a", "1");
    f.sql("CREATE TABLE t(x); INSERT INTO t VALUES(zeroblob(30000))");
    CHECK(f.object->set_alarm(99).has_value());
    CHECK(f.commit() == "1");
    f.put("a", "unsynced");
    CHECK(*f.object->commit(0) == 2);
    bookmark = *f.object->current_bookmark();
  }
  {
    DurableFixture f(options_of(directory));
    CHECK(f.store->ids("worker-Counter") == std::vector{object_name(3).id});
    REQUIRE(f.store->alarms().size() == 1);
    CHECK(f.store->alarms()[0].name == "alice");
    CHECK(f.store->alarms()[0].at_ms == 99);
    f.open(3);
    CHECK(f.get("a") == "1");  // what was not synced was never promised
    CHECK(f.sql("SELECT length(x) FROM t") == "30000");
    CHECK(f.put("a", "2") == "");
    CHECK(f.commit() == "2");
    CHECK(*f.object->current_bookmark() == bookmark);
  }
  DurableFixture f(options_of(directory));
  f.open(3);
  CHECK(f.get("a") == "2");
  CHECK(size_of(directory.path() + "/do/worker-Counter/" + object_name(3).id + ".sqlite") > 30000);
  CHECK(f.object->remove_all(true).has_value());
  CHECK(f.commit() == "3");
  f.object.reset();
  f.store.reset();
  CHECK(size_of(directory.path() + "/do/worker-Counter/" + object_name(3).id + ".sqlite") == 0);
}

TEST_CASE("one process at a time; the errors say which file and what to do") {
  ScratchDirectory directory;
  {
    DurableFixture f(options_of(directory));
    auto second = Store::open(options_of(directory));
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error() == directory.path() + "/do is in use by another process; stop that one or "
                                               "choose another state directory");
    f.put("a", "1");
    f.commit();
  }
  const std::string log = directory.path() + "/do/redo.log";
  std::filesystem::rename(log, log + ".away");
  CHECK(Store::open(options_of(directory)).error() ==
        log + " is missing, and with it what the databases beside it need; put it back or choose "
              "another state directory");
  std::ofstream(log) << "something else, long enough to be a header of a log";
  CHECK(Store::open(options_of(directory)).error() ==
        log + " is not a log that this version of offing can read; restore it from a copy, or "
              "choose another state directory");
  std::filesystem::rename(log + ".away", log);
  CHECK(Store::open(options_of(directory)).has_value());
  offing::durable::StoreOptions nowhere;
  nowhere.directory = "/proc/nowhere";
  CHECK(Store::open(nowhere).error().starts_with("/proc/nowhere/do cannot be made: "));
}

TEST_CASE("unique keys of any letters become file names") {
  ScratchDirectory directory;
  const ObjectName odd{"../w\xc3\xb6rker/$Klass .x", object_name(1).id};
  {
    DurableFixture f(options_of(directory));
    auto object = f.store->object(odd, "");
    CHECK(object->put("a", "1").has_value());
    CHECK(object->commit(0).has_value());
    CHECK(f.store->sync().has_value());
  }
  CHECK(std::filesystem::exists(directory.path() + "/do/%2e.%2fw%c3%b6rker%2f%24Klass%20.x"));
  DurableFixture f(options_of(directory));
  CHECK(f.store->object(odd, "")->get("a")->value() == "1");
}

TEST_CASE("checkpoints move pages to the files and begin the log anew; undo works across them") {
  ScratchDirectory directory;
  DurableFixture f(options_of(directory, 100'000));
  const std::string log = directory.path() + "/do/redo.log";
  f.sql("CREATE TABLE t(id INTEGER PRIMARY KEY, x)");
  size_t checkpoints = 0, before = 0;
  std::vector<std::string> bookmarks;
  for (int i = 0; i < 60; ++i) {
    f.sql("INSERT INTO t VALUES(?, zeroblob(5000))", {static_cast<double>(i)});
    f.put("n", std::to_string(i));
    REQUIRE(f.commit() == std::to_string(i + 1));
    bookmarks.push_back(*f.object->current_bookmark());
    checkpoints += size_of(log) < before;
    before = size_of(log);
    CHECK(before < 150'000);
  }
  CHECK(checkpoints > 3);
  f.open();
  CHECK(f.sql("SELECT count(*) FROM t") == "60");
  CHECK(f.sql("PRAGMA quick_check") == "\"ok\"");
  CHECK(f.object->restore_at_next_open(bookmarks[9]).has_value());
  f.open();
  CHECK(f.get("n") == "9");
  CHECK(f.sql("SELECT count(*) FROM t") == "10");
  CHECK(f.sql("PRAGMA quick_check") == "\"ok\"");
  CHECK(f.commit() == "0");
  CHECK(f.object->restore_at_next_open(bookmarks[59]).has_value());
  f.open();
  CHECK(f.sql("SELECT count(*) FROM t") == "60");
  CHECK(f.sql("PRAGMA quick_check") == "\"ok\"");
}

TEST_CASE("deleteAll and a checkpoint: the history still has the old database") {
  ScratchDirectory directory;
  DurableFixture f(options_of(directory, 10'000));
  f.sql("CREATE TABLE t(x); INSERT INTO t VALUES(zeroblob(60000))");
  f.commit();  // above the log's bound: a checkpoint
  const std::string full = *f.object->current_bookmark();
  CHECK(f.object->remove_all(true).has_value());
  CHECK(*f.object->commit(f.now_ms) == 2);
  f.object.reset();
  f.store->discard_unsynced(object_name());
  f.open();
  CHECK(f.sql("SELECT length(x) FROM t") == "60000");
  CHECK(f.object->remove_all(true).has_value());
  f.put("a", std::string(20'000, 'x'));
  CHECK(f.commit() == "2");  // a checkpoint again
  CHECK(f.sql("SELECT * FROM t") == "! no such table: t: SQLITE_ERROR");
  CHECK(f.object->restore_at_next_open(full).has_value());
  f.open();
  CHECK(f.sql("SELECT length(x) FROM t") == "60000");
  CHECK(f.sql("PRAGMA quick_check") == "\"ok\"");
  CHECK(f.store->sync().has_value());
  f.object.reset();
  f.store.reset();
  DurableFixture again(options_of(directory));
  CHECK(again.sql("SELECT length(x) FROM t") == "60000");
}

TEST_CASE("a removed namespace stays removed, and may be used again at once") {
  ScratchDirectory directory;
  {
    DurableFixture f(options_of(directory));
    f.put("a", "1");
    f.commit();
  }
  {
    DurableFixture f(options_of(directory));
    f.object.reset();
    f.store->remove_namespace("worker-Counter");
    CHECK(f.store->needs_sync());
    f.open(1);
    f.put("b", "2");
    CHECK(f.commit() == "1");
  }
  DurableFixture f(options_of(directory));
  CHECK(f.store->ids("worker-Counter") == std::vector{object_name(1).id});
  CHECK(f.get("a") == "undefined");
  f.open(1);
  CHECK(f.get("b") == "2");
}

TEST_CASE("many objects share descriptors") {
  ScratchDirectory directory;
  DurableFixture f(options_of(directory, 4 << 20));
  for (int i = 0; i < 400; ++i) {
    f.open(i);
    f.put("n", std::to_string(i));
    REQUIRE(*f.object->commit(0) == 1);
    if (i % 50 == 0) REQUIRE(f.store->sync().has_value());
  }
  REQUIRE(f.store->sync().has_value());
  f.object.reset();
  f.store.reset();
  DurableFixture again(options_of(directory));
  std::vector<std::unique_ptr<ObjectStorage>> open;
  again.object.reset();
  for (int i = 0; i < 400; ++i) {
    open.push_back(again.store->object(object_name(i), ""));
    REQUIRE(open.back()->get("n")->value() == std::to_string(i));
  }
  for (int i = 0; i < 400; ++i) REQUIRE(open[static_cast<size_t>(i)]->list({}).has_value());
  open.clear();
}

TEST_CASE("3.3 rule 16: a log that cannot be written acknowledges nothing and recovers") {
  ScratchDirectory directory;
  DurableFixture f(options_of(directory));
  f.put("a", "1");
  CHECK(f.commit() == "1");
  const std::string log = directory.path() + "/do/redo.log";
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{size_of(log) + 3000, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  f.put("a", "2");
  const std::string failed = f.commit();
  setrlimit(RLIMIT_FSIZE, &before);
  CHECK(failed == "! " + log + " cannot be written: File too large");
  CHECK(f.store->needs_sync());
  CHECK(size_of(log) == small.rlim_cur - 3000);
  f.object.reset();
  f.store->discard_unsynced(object_name());
  CHECK_FALSE(f.store->needs_sync());
  f.open();
  CHECK(f.get("a") == "1");
  f.put("a", "3");
  CHECK(f.commit() == "2");
  f.object.reset();
  f.store.reset();
  DurableFixture again(options_of(directory));
  CHECK(again.get("a") == "3");
}

namespace {

constexpr int kObjects = 3;

// Commits in a loop until it is killed; after each sync writes (object, number) to the pipe.
[[noreturn]] void commit_until_killed(const std::string& directory, int pipe, uint32_t seed) {
  offing::durable::StoreOptions options;
  options.directory = directory;
  options.log_bytes_max = 60'000;
  auto store = Store::open(options);
  if (!store) _exit(1);
  std::unique_ptr<ObjectStorage> objects[kObjects];
  int next[kObjects];
  for (int i = 0; i < kObjects; ++i) {
    objects[i] = (*store)->object(object_name(i), "n" + std::to_string(i));
    auto value = objects[i]->get("a");
    next[i] = *value ? std::stoi(std::string(**value)) + 1 : 1;
    if (!objects[i]->exec("CREATE TABLE IF NOT EXISTS t(i INTEGER PRIMARY KEY, x)", {})) _exit(1);
  }
  for (;;) {
    std::vector<int> touched;
    for (int i = 0; i < kObjects; ++i) {
      seed = seed * 1664525 + 1013904223;
      if (seed >> 31) touched.push_back(i);
    }
    for (const int i : touched) {
      const std::string text = std::to_string(next[i]);
      const SqlValue row[] = {static_cast<double>(next[i])};
      const bool done = objects[i]->put("a", text) && objects[i]->set_alarm(next[i]) &&
                        objects[i]->exec("INSERT INTO t VALUES(?, zeroblob(900))", row) &&
                        objects[i]->put("b", text) && objects[i]->commit(0);
      if (!done) _exit(1);
    }
    if (!(*store)->sync()) _exit(1);
    for (const int i : touched) {
      const int report[2] = {i, next[i]++};
      if (write(pipe, report, sizeof report) != sizeof report) _exit(1);
    }
  }
}

}  // namespace

TEST_CASE("kill -9 at any moment: nothing acknowledged is lost, nothing half-written is there") {
  ScratchDirectory directory;
  std::map<int, int> acknowledged;
  uint32_t seed = 12345;
  for (int round = 0; round < 100; ++round) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    seed = seed * 1664525 + 1013904223;
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      close(ends[0]);
      commit_until_killed(directory.path(), ends[1], seed);
    }
    close(ends[1]);
    const uint32_t reports = seed >> 27;  // up to 31
    int report[2];
    for (uint32_t i = 0; i <= reports && read(ends[0], report, sizeof report) == sizeof report; ++i)
      acknowledged[report[0]] = report[1];
    kill(child, SIGKILL);
    while (read(ends[0], report, sizeof report) == sizeof report)
      acknowledged[report[0]] = report[1];
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));

    DurableFixture f(options_of(directory));
    std::map<std::string, int64_t> alarms;
    for (const AlarmRecord& alarm : f.store->alarms()) alarms[alarm.object.id] = alarm.at_ms;
    for (const auto& [i, number] : acknowledged) {
      f.open(i);
      const std::string a = f.get("a");
      REQUIRE_MESSAGE(std::stoi(a) >= number, "round " << round);
      REQUIRE(f.get("b") == a);
      REQUIRE(f.sql("SELECT count(*) || ',' || max(i) FROM t") == "\"" + a + "," + a + "\"");
      REQUIRE(f.alarm() == a);
      REQUIRE(std::to_string(alarms[object_name(i).id]) == a);
      REQUIRE(f.store->name_of(object_name(i)) == "n" + std::to_string(i));
      REQUIRE(f.sql("PRAGMA quick_check") == "\"ok\"");
    }
  }
  CHECK(acknowledged.size() == kObjects);
}
