#include "emulator/invariants/history.h"

#include <doctest/doctest.h>

#include <random>

using namespace offing;
using namespace offing::invariants;

namespace {

using Op = RegisterOperation;
constexpr uint64_t kNever = Op::kNever;

bool linearizable(const std::vector<Op>& history) {
  return check_registers(history).linearizable.empty();
}
bool sequential(const std::vector<Op>& history) {
  return check_registers(history).sequential.empty();
}

// By trying every order: what check_registers says in n log n.
bool by_search(const std::vector<Op>& history, bool real_time) {
  std::vector<size_t> left;
  for (size_t i = 0; i < history.size(); ++i) left.push_back(i);
  const auto before = [&](const Op& a, const Op& b) {
    return a.ended < b.began && (real_time || a.process == b.process);
  };
  const auto search = [&](auto&& self, std::vector<size_t> rest, uint64_t value,
                          uint64_t high) -> bool {
    if (rest.empty()) return true;
    for (size_t i = 0; i < rest.size(); ++i) {
      const Op& next = history[rest[i]];
      bool first = true;
      for (size_t other : rest)
        first = first && (other == rest[i] || !before(history[other], next));
      if (!first) continue;
      if (next.is_write ? next.version <= high : next.version != value) continue;
      std::vector<size_t> after = rest;
      after.erase(after.begin() + static_cast<long>(i));
      if (self(self, std::move(after), next.version, std::max(high, next.version))) return true;
    }
    return false;
  };
  return search(search, left, 0, 0);
}

}  // namespace

TEST_CASE("registers: one after the other") {
  CHECK(linearizable({}));
  CHECK(linearizable({{"k", 0, true, 1, 1, 2}, {"k", 1, false, 1, 3, 4}, {"k", 1, true, 2, 5, 6}}));
  CHECK(linearizable({{"k", 0, false, 0, 1, 1}, {"k", 0, true, 1, 2, 2}}));
}

TEST_CASE("registers: an old version read after a new one was written") {
  const std::vector<Op> stale = {
      {"k", 0, true, 1, 1, 2}, {"k", 0, true, 2, 3, 4}, {"k", 1, false, 1, 5, 6}};
  const RegisterCheck check = check_registers(stale);
  REQUIRE(check.linearizable.size() == 1);
  CHECK(check.linearizable[0].earlier == 1);
  CHECK(check.linearizable[0].later == 2);
  CHECK(check.linearizable[0].text ==
        "process 1 read version 1 of k after process 0 wrote version 2");
  CHECK(check.sequential.empty());  // it is the other process's view
}

TEST_CASE(
    "registers: while the write is under way either version may be read, but not back and forth") {
  const Op write{"k", 0, true, 2, 10, 20};
  const Op first{"k", 0, true, 1, 1, 2};
  CHECK(linearizable({first, write, {"k", 1, false, 1, 11, 12}, {"k", 1, false, 2, 13, 14}}));
  CHECK(linearizable({first, write, {"k", 1, false, 2, 11, 15}, {"k", 2, false, 1, 12, 14}}));
  CHECK(!linearizable({first, write, {"k", 1, false, 2, 11, 12}, {"k", 2, false, 1, 13, 14}}));
  CHECK(sequential({first, write, {"k", 1, false, 2, 11, 12}, {"k", 2, false, 1, 13, 14}}));
  CHECK(!sequential({first, write, {"k", 1, false, 2, 11, 12}, {"k", 1, false, 1, 13, 14}}));
}

TEST_CASE("registers: a version read before its write began") {
  CHECK(!linearizable({{"k", 1, false, 1, 1, 2}, {"k", 0, true, 1, 3, 4}}));
  CHECK(sequential({{"k", 1, false, 1, 1, 2}, {"k", 0, true, 1, 3, 4}}));
  CHECK(!sequential({{"k", 0, false, 1, 1, 2}, {"k", 0, true, 1, 3, 4}}));
}

TEST_CASE("registers: keys apart; a write without an end may be seen or not") {
  CHECK(linearizable({{"a", 0, true, 2, 1, 2}, {"b", 0, false, 0, 3, 4}}));
  CHECK(linearizable(
      {{"a", 0, true, 2, 1, kNever}, {"a", 1, false, 0, 3, 4}, {"a", 1, false, 2, 5, 6}}));
  CHECK(!linearizable(
      {{"a", 0, true, 2, 1, kNever}, {"a", 1, false, 2, 3, 4}, {"a", 1, false, 0, 5, 6}}));
}

TEST_CASE("registers: agrees with a search of all orders on random histories") {
  std::mt19937 random(7);
  int bad = 0, bad_sequential = 0;
  for (int round = 0; round < 3000; ++round) {
    std::vector<Op> history;
    const size_t n = 2 + random() % 5;
    uint64_t version = 0;
    for (size_t i = 0; i < n; ++i) {
      const uint64_t began = random() % 12;
      const bool write = random() % 2 == 0;
      history.push_back({"k", i % 3, write, write ? ++version : 0, began, began + random() % 6});
    }
    for (Op& o : history) {
      if (!o.is_write) o.version = random() % (version + 1);
    }
    // One process does one thing at a time.
    bool proper = true;
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = i + 1; j < n; ++j) {
        proper =
            proper && (history[i].process != history[j].process ||
                       history[i].ended < history[j].began || history[j].ended < history[i].began);
      }
    }
    if (!proper) continue;
    CHECK(linearizable(history) == by_search(history, true));
    CHECK(sequential(history) == by_search(history, false));
    bad += !linearizable(history);
    bad_sequential += !sequential(history);
  }
  CHECK(bad > 100);
  CHECK(bad_sequential > 10);
}

namespace {

History story() {
  History history;
  uint64_t sequence = 0;
  const auto emit = [&](int64_t at_us, const trace::Event& event) {
    history.on_event({++sequence, at_us}, event);
  };
  emit(0, trace::RequestEvent{1, "LHR", 0, "POST", "https://x/", "ada"});
  emit(1, trace::KvWriteEvent{1, "LHR", "S", "u", "put", 3, 1, ""});
  emit(2, trace::KvWriteEvent{1, "LHR", "S", "u", "put", 0, 1, "KV PUT failed: 503"});
  emit(3, trace::RequestEvent{2, "SIN", 0, "GET", "https://x/"});
  emit(4, trace::KvReadEvent{2, "SIN", "S", "u", "get", 0, true, 3, false, 1, "central", ""});
  emit(5, trace::R2WriteEvent{2, "SIN", "binding", "B", "o", "put", "abc", 1, "ok", ""});
  emit(6, trace::R2ReadEvent{2, "SIN", "binding", "B", "o", "get", "abc", 1, "ok", ""});
  return history;
}

}  // namespace

TEST_CASE("history: EDN as Elle reads it") {
  const History history = story();
  CHECK(history.sessions() == std::vector<std::string>{"ada", "SIN"});
  CHECK(history.edn() ==
        "{:index 0, :time 1000, :process 0, :type :invoke, :f :txn, :value [[:w \"kv/S/u\" 3]]}\n"
        "{:index 1, :time 1000, :process 0, :type :ok, :f :txn, :value [[:w \"kv/S/u\" 3]]}\n"
        "{:index 2, :time 2000, :process 0, :type :invoke, :f :txn, :value [[:w \"kv/S/u\" "
        "4503599627370499]]}\n"
        "{:index 3, :time 2000, :process 0, :type :fail, :f :txn, :value [[:w \"kv/S/u\" "
        "4503599627370499]]}\n"
        "{:index 4, :time 4000, :process 1, :type :invoke, :f :txn, :value [[:r \"kv/S/u\" nil]]}\n"
        "{:index 5, :time 4000, :process 1, :type :ok, :f :txn, :value [[:r \"kv/S/u\" nil]]}\n"
        "{:index 6, :time 5000, :process 1, :type :invoke, :f :txn, :value [[:w \"r2/B/o\" 1]]}\n"
        "{:index 7, :time 5000, :process 1, :type :ok, :f :txn, :value [[:w \"r2/B/o\" 1]]}\n"
        "{:index 8, :time 6000, :process 1, :type :invoke, :f :txn, :value [[:r \"r2/B/o\" nil]]}\n"
        "{:index 9, :time 6000, :process 1, :type :ok, :f :txn, :value [[:r \"r2/B/o\" 1]]}\n");
  CHECK(history.json_lines().starts_with(
      "{\"index\":0,\"time\":1000,\"process\":0,\"type\":\"invoke\",\"f\":\"txn\","
      "\"value\":[[\"w\",\"kv/S/u\",3]]}\n"));
}

TEST_CASE("history: what it holds is what the checker is given") {
  const RegisterCheck check = check_registers(story().registers());
  CHECK(check.keys == 2);
  CHECK(check.operations == 4);
  REQUIRE(check.linearizable.size() == 1);
  CHECK(check.linearizable[0].key == "kv/S/u");
  CHECK(check.sequential.empty());
}
