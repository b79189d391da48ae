// Fault rules: what they match, when they strike, and what KV and R2 make of them (docs/faults.md).
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "emulator/trace/readers.h"
#include "tests/unit/r2_kit.h"
#include "tests/unit/run_kv.h"

namespace offing::test {
namespace {

FaultRule rule(FaultService service, FaultEffect effect = {}) {
  FaultRule made;
  made.service = service;
  made.effect = std::move(effect);
  return made;
}

FaultEffect latency(int64_t us) { return {.kind = FaultEffect::Kind::kLatency, .us = us}; }
FaultEffect timeout(int64_t us) { return {.kind = FaultEffect::Kind::kTimeout, .us = us}; }
FaultEffect drop() { return {.kind = FaultEffect::Kind::kDrop}; }
FaultEffect error(std::string text, uint16_t status = 0) {
  return {.kind = FaultEffect::Kind::kError, .text = std::move(text), .status = status};
}

FaultPlace get_of(std::string_view key, std::string_view location = "LHR") {
  return {FaultService::kKv, "get", key, location};
}

// For each of `count` matches, x when the rule struck.
std::string strikes(FaultRule one, uint64_t seed = 1, int count = 8) {
  FaultRules rules;
  REQUIRE(rules.add(std::move(one)).has_value());
  std::string all;
  for (int i = 0; i < count; ++i) all += rules.hit(get_of("k"), seed) ? 'x' : '-';
  return all;
}

}  // namespace

TEST_CASE("a glob's * takes any text, its ? one byte") {
  CHECK(glob_matches("", ""));
  CHECK_FALSE(glob_matches("", "a"));
  CHECK(glob_matches("*", ""));
  CHECK(glob_matches("user:*", "user:1/2"));
  CHECK_FALSE(glob_matches("user:*", "users:1"));
  CHECK(glob_matches("*:cart:*", "a:b:cart:c:cart:"));
  CHECK(glob_matches("a*b*c", "abcbc"));
  CHECK_FALSE(glob_matches("a*b*c", "abcb"));
  CHECK(glob_matches("k?y", "key"));
  CHECK_FALSE(glob_matches("k?y", "ky"));
  CHECK(glob_matches("**", "x"));
}

TEST_CASE("nth, every, times: a rule counts what it matches") {
  FaultRule one = rule(FaultService::kKv);
  CHECK(strikes(one) == "xxxxxxxx");
  one.times = 2;
  CHECK(strikes(one) == "xx------");
  one.every = 3;
  CHECK(strikes(one) == "--x--x--");
  one.times = 1;
  CHECK(strikes(one) == "--x-----");
  one.every = 0;
  one.nth = 4;
  CHECK(strikes(one) == "---x----");
}

TEST_CASE("probability: by seed, the same again, and by no other rule") {
  FaultRule chance = rule(FaultService::kKv);
  chance.probability = 0.5;
  const std::string first = strikes(chance, 7, 64);
  CHECK(first == strikes(chance, 7, 64));
  CHECK(first != strikes(chance, 8, 64));
  CHECK(std::count(first.begin(), first.end(), 'x') > 16);
  chance.probability = 0;
  CHECK(strikes(chance) == "--------");
  chance.probability = 1;
  CHECK(strikes(chance) == "xxxxxxxx");
  // A second rule, of the same calls, changes nothing for the first.
  chance.probability = 0.5;
  FaultRules rules;
  const uint64_t id = *rules.add(chance);
  FaultRule other = rule(FaultService::kKv);
  other.nth = 3;
  REQUIRE(rules.add(other).has_value());
  std::string again;
  for (int i = 0; i < 64; ++i) {
    const auto strike = rules.hit(get_of("k"), 7);
    again += strike && strike->rule->id == id ? 'x' : '-';
  }
  CHECK(again == first);
  CHECK(rules.all()[0].hits == 64);
  CHECK(rules.all()[1].hits == 64);
}

TEST_CASE("a rule matches by service, operation, key and location") {
  FaultRule one = rule(FaultService::kKv);
  one.operation = "get";
  one.key = "user:*";
  one.location = "SIN";
  FaultRules rules;
  const uint64_t id = *rules.add(one);
  CHECK_FALSE(rules.hit(get_of("user:1"), 1));
  CHECK_FALSE(rules.hit(get_of("cart:1", "SIN"), 1));
  CHECK_FALSE(rules.hit({FaultService::kKv, "put", "user:1", "SIN"}, 1));
  CHECK_FALSE(rules.hit({FaultService::kR2, "get", "user:1", "SIN"}, 1));
  CHECK(rules.hit(get_of("user:1", "SIN"), 1));
  const std::vector<std::string> keys = {"a", "user:2"};
  const auto strike = rules.hit({FaultService::kKv, "get", "", "SIN", keys}, 1);
  REQUIRE(strike);
  CHECK(strike->key == "user:2");
  CHECK(rules.all()[0].hits == 2);
  CHECK(rules.all()[0].fired == 2);
  CHECK(rules.clear(id));
  CHECK_FALSE(rules.clear(id));
  CHECK(rules.empty());
  CHECK(*rules.add(one) == id + 1);
  FaultRule fetch = rule(FaultService::kFetch);
  fetch.operation = "post";
  REQUIRE(rules.add(fetch));
  CHECK(rules.hit({FaultService::kFetch, "POST", "http://x/", "LHR"}, 1));
}

TEST_CASE("a rule that cannot be is refused with the way out") {
  FaultRules rules;
  FaultRule one = rule(FaultService::kKv);
  one.operation = "fetch";
  CHECK(rules.add(one).error() ==
        "fault rule: \"fetch\" is no operation of kv. There are get, list, put, delete.");
  one.operation = "";
  one.nth = 1;
  one.probability = 0.5;
  CHECK(rules.add(one).error().ends_with("Give one, or none for always."));
  one.nth = 0;
  one.probability = 1.5;
  CHECK(rules.add(one).error().ends_with("is not from 0 to 1."));
  CHECK(rules.add(rule(FaultService::kKv, latency(0))).error().ends_with("at most 30 days."));
  CHECK(rules.add(rule(FaultService::kObject, error("x", 503))).error().ends_with(
      "Give the text of the error."));
  CHECK(rules.add(rule(FaultService::kKv, error("x", 200))).error().ends_with("from 400 to 599."));
  CHECK(rules.add(rule(FaultService::kFetch, error("x", 200))).has_value());
}

TEST_CASE("a copied world has the rules and goes on counting; the original does not notice") {
  VirtualWorld world(1);
  FaultRule third = rule(FaultService::kKv);
  third.nth = 3;
  REQUIRE(world.faults().rules().add(third).has_value());
  CHECK(world.fault_for(get_of("k")) == nullptr);
  VirtualWorld copy(world.state());
  CHECK(copy.fault_for(get_of("k")) == nullptr);
  CHECK(copy.fault_for(get_of("k")) != nullptr);
  CHECK(copy.faults().rules().all()[0].fired == 1);
  CHECK(world.faults().rules().all()[0].hits == 1);
}

TEST_CASE("kv: an error has the service's own form, and nothing is stored") {
  RunKv run;
  FaultRule puts = rule(FaultService::kKv);
  puts.operation = "put";
  puts.times = 1;
  REQUIRE(run.world.faults().rules().add(puts).has_value());
  CHECK(run.put(0, "k", "1") == "KV PUT failed: 503 Service Unavailable");
  CHECK(run.get(0, "k") == "null");
  CHECK(run.put(0, "k", "2") == "");
  puts.effect = error("", 429);
  REQUIRE(run.world.faults().rules().add(puts).has_value());
  CHECK(run.put(0, "k", "3") == "KV PUT failed: 429 Too Many Requests");
  puts.effect = error("Slow down", 429);
  REQUIRE(run.world.faults().rules().add(puts).has_value());
  CHECK(run.put(0, "k", "3") == "KV PUT failed: 429 Slow down");
  puts.effect = error("just this");
  REQUIRE(run.world.faults().rules().add(puts).has_value());
  CHECK(run.put(0, "k", "3") == "just this");
  REQUIRE(run.faults.size() == 4);
  CHECK(run.faults[0] == "1 kv.put k LHR error");
}

TEST_CASE("kv: latency answers later, timeout fails later, drop never answers") {
  RunKv run;
  CHECK(run.put(0, "k", "1") == "");
  auto& rules = run.world.faults().rules();
  REQUIRE(rules.add(rule(FaultService::kKv, latency(2'000'000))).has_value());
  int64_t from_us = run.world.now_us();
  CHECK(run.get(0, "k") == "1");
  CHECK(run.world.now_us() - from_us == 2'000'000);
  rules.clear();
  REQUIRE(rules.add(rule(FaultService::kKv, timeout(30'000'000))).has_value());
  from_us = run.world.now_us();
  CHECK(run.put(0, "k", "2") == "KV PUT failed: 503 Service Unavailable");
  CHECK(run.world.now_us() - from_us == 30'000'000);
  rules.clear();
  REQUIRE(rules.add(rule(FaultService::kKv, drop())).has_value());
  CHECK(run.put(0, "k", "3") == "(no answer)");
  rules.clear();
  CHECK(run.kv->newest("ns", "k")->value->compare("1") == 0);
}

TEST_CASE("r2: an error is a code and its text, by code, by status, or with another text") {
  R2Kit kit;
  auto& rules = kit.world.faults().rules();
  const auto said = [&](FaultEffect effect) {
    rules.clear();
    FaultRule puts = rule(FaultService::kR2, std::move(effect));
    puts.operation = "put";
    puts.key = "a*";
    REQUIRE(rules.add(puts).has_value());
    return R2Kit::said(R2Call::Op::kPut, kit.put("a1", "x"));
  };
  CHECK(said({}).ends_with("(10043)"));
  CHECK(said({.status = 429}).ends_with("(10058)"));
  CHECK(said({.status = 500}).ends_with("(10001)"));
  CHECK(said({.code = 10069}) == "put: The object is locked by the bucket policy. (10069)");
  CHECK(said({.text = "odd", .status = 503}) == "put: odd (10043)");
  CHECK(kit.value("a1") == "<absent>");
  CHECK(R2Kit::said(R2Call::Op::kPut, kit.put("b", "x")) == "ok");
  const int64_t from_us = kit.world.now_us();
  CHECK(said(latency(500'000)) == "ok");
  CHECK(kit.world.now_us() - from_us == 500'000);
  CHECK(kit.value("a1") == "x");
}

TEST_CASE("the same seed, rules and calls are the same run") {
  const auto hash = [](uint64_t seed) {
    RunKv run({}, seed);
    FaultRule chance = rule(FaultService::kKv);
    chance.probability = 0.3;
    REQUIRE(run.world.faults().rules().add(chance).has_value());
    for (int i = 0; i < 50; ++i) run.put(i % 3, "k" + std::to_string(i), "v");
    for (int i = 0; i < 50; ++i) run.get(i % 3, "k" + std::to_string(i));
    return run.hash.hex();
  };
  CHECK(hash(1) == hash(1));
  CHECK(hash(1) != hash(2));
}

}  // namespace offing::test
