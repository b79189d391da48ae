// Random operations against a plain model, in memory and in a directory with a tiny log:
// commits, rollbacks, savepoints, deleteAll, discarded commits, restores, restarts (spec 2.2
// to 2.7).
#include <map>

#include "tests/unit/durable_fixture.h"

using namespace offing::test;

namespace {

class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}
  int below(int limit) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<int>((state_ >> 20) % static_cast<uint64_t>(limit));
  }

 private:
  uint64_t state_;
};

struct Contents {
  std::map<std::string, std::string> values;
  std::map<int, std::string> rows;
  std::optional<int64_t> alarm;
};

struct Version {
  Contents contents;
  std::string bookmark;
};

struct Subject {
  std::unique_ptr<ObjectStorage> storage;
  Contents now;
  std::vector<Contents> savepoints;
  std::map<uint64_t, Version> versions;
  uint64_t number = 0, durable = 0;
};

class Run {
 public:
  Run(uint64_t seed, std::string directory) : dice_(seed), directory_(std::move(directory)) {
    open_store();
    for (int i = 0; i < 2; ++i) {
      open(i);
      subject(i).versions[0] = {{}, *subject(i).storage->current_bookmark()};
    }
  }
  void steps(int count) {
    for (int i = 0; i < count; ++i) step(dice_.below(2));
    for (int i = 0; i < 2; ++i) verify(i);
  }

 private:
  Subject& subject(int i) { return subjects_[static_cast<size_t>(i)]; }

  void open_store() {
    StoreOptions options;
    options.directory = directory_;
    options.log_bytes_max = 60'000;
    auto opened = Store::open(options);
    REQUIRE_MESSAGE(opened.has_value(), opened.error());
    store_ = std::move(*opened);
  }
  void open(int i) {
    Subject& s = subject(i);
    s.storage.reset();
    s.savepoints.clear();
    s.storage = store_->object(object_name(i), "");
  }
  std::string text() {
    const int size = dice_.below(20) == 0 ? 30'000 : dice_.below(10) == 0 ? 3000 : dice_.below(40);
    return std::string(static_cast<size_t>(size), static_cast<char>('a' + dice_.below(26)));
  }

  void verify(int i) {
    Subject& s = subject(i);
    auto list = s.storage->list({});
    REQUIRE(list.has_value());
    auto it = s.now.values.begin();
    for (;; ++it) {
      auto row = (*list)->next();
      REQUIRE_MESSAGE(row.has_value(), error_of(row));
      if (!*row) break;
      REQUIRE(it != s.now.values.end());
      REQUIRE((*row)->first == it->first);
      REQUIRE((*row)->second == it->second);
    }
    REQUIRE(it == s.now.values.end());
    REQUIRE(*s.storage->alarm() == s.now.alarm);
    auto cursor = s.storage->exec("SELECT count(*) FROM sqlite_master WHERE name = 't'", {});
    REQUIRE(*(*cursor)->next());
    const bool table = std::get<int64_t>((*cursor)->value(0)) > 0;
    cursor->reset();
    if (!table) {
      REQUIRE(s.now.rows.empty());
      return;
    }
    auto rows = s.storage->exec("SELECT k, v FROM t ORDER BY k", {});
    REQUIRE_MESSAGE(rows.has_value(), error_of(rows));
    auto row = s.now.rows.begin();
    for (;; ++row) {
      auto more = (*rows)->next();
      REQUIRE_MESSAGE(more.has_value(), error_of(more));
      if (!*more) break;
      REQUIRE(row != s.now.rows.end());
      REQUIRE(std::get<int64_t>((*rows)->value(0)) == row->first);
      REQUIRE(std::get<std::string_view>((*rows)->value(1)) == row->second);
    }
    REQUIRE(row == s.now.rows.end());
  }

  void commit(int i) {
    Subject& s = subject(i);
    if (!s.savepoints.empty()) return;
    auto done = s.storage->commit(++time_ms_);
    REQUIRE_MESSAGE(done.has_value(), error_of(done));
    if (*done == 0) return;
    REQUIRE(*done > s.number);
    s.number = *done;
    s.versions[s.number] = {s.now, *s.storage->current_bookmark()};
  }

  void sync() {
    auto done = store_->sync();
    REQUIRE_MESSAGE(done.has_value(), done.error());
    for (Subject& s : subjects_) s.durable = s.number;
  }

  void discard(int i) {
    Subject& s = subject(i);
    s.storage.reset();
    store_->discard_unsynced(object_name(i));
    s.versions.erase(s.versions.upper_bound(s.durable), s.versions.end());
    s.number = s.versions.rbegin()->first;
    s.durable = s.number;
    s.now = s.versions.rbegin()->second.contents;
    open(i);
    verify(i);
  }

  void restore(int i) {
    Subject& s = subject(i);
    auto it = s.versions.begin();
    std::advance(it, dice_.below(static_cast<int>(s.versions.size())));
    auto undo = s.storage->restore_at_next_open(it->second.bookmark);
    REQUIRE_MESSAGE(undo.has_value(), error_of(undo));
    const uint64_t number = s.number + (s.storage->transaction_open() ? 2 : 1);
    s.now = it->second.contents;
    s.number = number;
    open(i);
    s.versions[number] = {s.now, *s.storage->current_bookmark()};
    verify(i);
  }

  void restart() {
    if (directory_.empty()) return;
    for (int i = 0; i < 2; ++i)
      while (!subject(i).savepoints.empty()) savepoint_end(i, false);
    for (int i = 0; i < 2; ++i) commit(i);
    sync();
    for (Subject& s : subjects_) s.storage.reset();
    store_.reset();
    open_store();
    for (int i = 0; i < 2; ++i) {
      Subject& s = subject(i);
      s.versions.erase(s.versions.begin(), std::prev(s.versions.end()));  // history is of this run
      s.now = s.versions.begin()->second.contents;
      open(i);
      verify(i);
    }
  }

  void savepoint_end(int i, bool back) {
    Subject& s = subject(i);
    if (s.savepoints.empty()) return;
    if (back) s.now = s.savepoints.back();
    s.savepoints.pop_back();
    auto done = back ? s.storage->rollback_savepoint() : s.storage->release_savepoint();
    REQUIRE_MESSAGE(done.has_value(), error_of(done));
    if (back) verify(i);
  }

  void write_row(int i) {
    Subject& s = subject(i);
    const int key = dice_.below(30);
    const std::string value = text();
    REQUIRE(s.storage->exec("CREATE TABLE IF NOT EXISTS t(k INTEGER PRIMARY KEY, v TEXT)", {}));
    const SqlValue row[] = {static_cast<double>(key), std::string_view(value)};
    REQUIRE(s.storage->exec("INSERT OR REPLACE INTO t VALUES(?, ?)", row));
    s.now.rows[key] = value;
  }

  void step(int i) {
    Subject& s = subject(i);
    const std::string key(1, static_cast<char>('a' + dice_.below(8)));
    switch (dice_.below(40)) {
      case 0: case 1: case 2: case 3: case 4: case 5: case 6: case 7: {
        const std::string value = text();
        REQUIRE(s.storage->put(key, value));
        s.now.values[key] = value;
        break;
      }
      case 8: case 9:
        REQUIRE(*s.storage->remove(key) == (s.now.values.erase(key) > 0));
        break;
      case 10: case 11: case 12: case 13: {
        auto got = s.storage->get(key);
        REQUIRE(got->has_value() == s.now.values.contains(key));
        if (*got) REQUIRE(**got == s.now.values[key]);
        break;
      }
      case 14: case 15: case 16: case 17: write_row(i); break;
      case 18: {
        const auto at =
            dice_.below(3) ? std::optional<int64_t>(1 + dice_.below(1000)) : std::nullopt;
        REQUIRE(s.storage->set_alarm(at).has_value());
        s.now.alarm = at;
        break;
      }
      case 19: case 20:
        REQUIRE(s.storage->savepoint().has_value());
        s.savepoints.push_back(s.now);
        break;
      case 21: case 22: savepoint_end(i, false); break;
      case 23: savepoint_end(i, true); break;
      case 24:
        s.storage->rollback();
        s.savepoints.clear();
        s.now = s.versions.rbegin()->second.contents;
        verify(i);
        break;
      case 25:
        if (!s.savepoints.empty()) break;
        REQUIRE(s.storage->remove_all(true).has_value());
        s.now = {};
        break;
      case 26: discard(i); break;
      case 27: restore(i); break;
      case 28: restart(); break;
      case 29: case 30: case 31: sync(); break;
      case 32: verify(i); break;
      default: commit(i); break;
    }
  }

  Dice dice_;
  std::string directory_;
  std::unique_ptr<Store> store_;
  std::array<Subject, 2> subjects_;
  int64_t time_ms_ = 1000;
};

}  // namespace

TEST_CASE("random operations give what the model gives, in memory") {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Run(seed, "").steps(400);
  }
}

TEST_CASE("random operations give what the model gives, in a directory") {
  for (uint64_t seed = 1; seed <= 25; ++seed) {
    CAPTURE(seed);
    ScratchDirectory directory;
    Run(seed + 1000, directory.path()).steps(400);
  }
}
