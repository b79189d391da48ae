// Histories of concurrent operations on Durable Objects are linearizable, whatever evictions, resets, delays
// and failing commits come between; and a gate that does not hold is found out.
#include <doctest/doctest.h>

#include <array>
#include <string>

#include "emulator/world/random.h"
#include "tests/unit/actors_kit.h"
#include "tests/unit/linearizable.h"

namespace offing::test {
namespace {

// A register: the value in storage, a copy in memory, and operations that wait in the middle.
constexpr std::string_view kRegister = R"js(
import { DurableObject } from "cloudflare:workers";
export class Actor extends DurableObject {
  async value() { return (await this.ctx.storage.get("v")) ?? 0; }
  async fetch(request) {
    const [kind, argument, expected] = new URL(request.url).pathname.slice(1).split("/");
    const n = Number(argument);
    switch (kind) {
      case "read":
        return new Response(String(await this.value()));
      case "write":
        await this.ctx.storage.put("v", n);
        return new Response("0");
      case "add": {
        const sum = (await this.value()) + n;
        await this.ctx.storage.put("v", sum);
        return new Response(String(sum));
      }
      case "slowadd":   // keeps everybody out while it waits
        return this.ctx.blockConcurrencyWhile(async () => {
          const sum = (await this.value()) + n;
          await scheduler.wait(7);
          await this.ctx.storage.put("v", sum);
          return new Response(String(sum));
        });
      case "transactionadd":
        return this.ctx.storage.transaction(async (txn) => {
          const sum = ((await txn.get("v")) ?? 0) + n;
          await scheduler.wait(3);
          await txn.put("v", sum);
          return new Response(String(sum));
        });
      case "swap": {
        if ((await this.value()) !== Number(expected)) return new Response("0");
        this.ctx.storage.put("v", n);
        return new Response("1");
      }
      case "sqladd": {
        const sum = this.ctx.storage.transactionSync(() => {
          const sum = (this.ctx.storage.kv.get("v") ?? 0) + n;
          this.ctx.storage.kv.put("v", sum);
          return sum;
        });
        return new Response(String(sum));
      }
      case "abort":
        this.ctx.storage.put("v", -1);
        this.ctx.abort("aborted");
    }
  }
}
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const name = url.searchParams.get("object");
    try {
      const answer = await env.ACTOR.getByName(name).fetch("http://object" + url.pathname);
      return new Response(await answer.text());
    } catch (error) {
      return new Response(error.message, { status: 500 });
    }
  }
};
)js";

struct Planned {
  Operation operation;
  const ActorsRun::Answer* answer = nullptr;
};

// One run: 3 locations, 2 objects, 24 operations within a short time. Gives the histories.
std::array<std::vector<Operation>, 2> histories(uint64_t seed, std::vector<std::string> faults,
                                                std::string* hash = nullptr) {
  Random draw(seed, "history");
  ActorsRunOptions options;
  options.seed = seed;
  options.faults = std::move(faults);
  options.commit_delay_us = draw.chance(0.5) ? draw.between(0, 20'000) : 0;
  ActorsRun run(kRegister, options);
  std::array<std::vector<Planned>, 2> planned;
  static constexpr const char* kLocations[] = {"LHR", "SIN", "IAD"};
  int64_t next_value = 100;
  for (size_t i = 0; i < 24; ++i) {
    const size_t object = static_cast<size_t>(draw.between(0, 1));
    const std::string location = kLocations[draw.between(0, 2)];
    const int64_t at_us = draw.between(0, 400'000);
    Operation operation;
    std::string path;
    switch (draw.between(0, 7)) {
      case 0:
      case 1: path = "/read"; break;
      case 2:
        operation.kind = Operation::Kind::kWrite;
        operation.argument = next_value += 100;
        path = "/write/" + std::to_string(operation.argument);
        break;
      case 3: path = "/add"; break;
      case 4: path = "/slowadd"; break;
      case 5: path = "/transactionadd"; break;
      case 6: path = draw.chance(0.3) ? "/abort" : "/sqladd"; break;
      case 7:
        operation.kind = Operation::Kind::kSwapIf;
        operation.argument = next_value += 100;
        operation.expected = draw.between(0, 3);
        path = "/swap/" + std::to_string(operation.argument) + "/" +
               std::to_string(operation.expected);
        break;
    }
    if (path.ends_with("add")) {
      operation.kind = Operation::Kind::kAdd;
      operation.argument = draw.between(1, 3);
      path += "/" + std::to_string(operation.argument);
    }
    const ActorsRun::Answer& answer =
        run.send(at_us, location, path + "?object=o" + std::to_string(object));
    if (path != "/abort") planned[object].push_back({operation, &answer});
  }
  run.run();
  run.advance(1'000'000);
  std::array<std::vector<Operation>, 2> made;
  for (size_t object = 0; object < 2; ++object) {
    for (Planned& one : planned[object]) {
      one.operation.called_us = one.answer->sent_us;
      if (one.answer->came && one.answer->status == 200) {
        one.operation.result = std::stoll(one.answer->body);
        one.operation.returned_us = one.answer->came_us;
      }
      made[object].push_back(one.operation);
    }
    // What is there in the end was written by somebody.
    Operation last;
    last.called_us = INT64_MAX - 1;
    const ActorsRun::Answer answer = run.ask("/read?object=o" + std::to_string(object));
    if (answer.status == 200) {
      last.result = std::stoll(answer.body);
      last.returned_us = INT64_MAX;
      made[object].push_back(last);
    }
  }
  if (hash != nullptr) *hash = run.hash();
  return made;
}

const std::vector<std::string> kWeather = {"do.commit.fail=0.04", "do.evict=0.2"};

}  // namespace

TEST_CASE("the checker: a stale read, a lost update and a lost write are not linearizable") {
  using Kind = Operation::Kind;
  const Operation write{Kind::kWrite, 5, 0, 0, 0, 10};
  CHECK(is_linearizable({write, {Kind::kRead, 0, 0, 5, 20, 30}}));
  CHECK(is_linearizable({write, {Kind::kRead, 0, 0, 0, 5, 30}}));  // concurrent: either
  CHECK_FALSE(is_linearizable({write, {Kind::kRead, 0, 0, 0, 20, 30}}));
  CHECK_FALSE(is_linearizable({{Kind::kAdd, 1, 0, 1, 0, 10}, {Kind::kAdd, 1, 0, 1, 5, 15}}));
  CHECK(is_linearizable({{Kind::kAdd, 1, 0, 1, 0, 10}, {Kind::kAdd, 1, 0, 2, 5, 15}}));
  Operation unknown = write;
  unknown.result.reset();
  CHECK(is_linearizable({unknown, {Kind::kRead, 0, 0, 0, 20, 30}}));
  CHECK(is_linearizable({unknown, {Kind::kRead, 0, 0, 5, 20, 30}}));
  CHECK_FALSE(is_linearizable(
      {unknown, {Kind::kRead, 0, 0, 5, 20, 30}, {Kind::kRead, 0, 0, 0, 40, 50}}));
}

TEST_CASE("durable-objects.md 3: 1,000 seeded histories with evictions, resets, delays and failing "
          "commits are linearizable") {
  size_t unknown = 0, known = 0;
  for (uint64_t seed = 1; seed <= 1000; ++seed) {
    for (const std::vector<Operation>& history : histories(seed, kWeather)) {
      for (const Operation& operation : history) (operation.result ? known : unknown) += 1;
      const bool holds = is_linearizable(history);
      CHECK_MESSAGE(holds, "seed ", seed, "\n", text_of(history));
    }
  }
  // The weather was bad enough to be worth it, and not so bad that nothing was seen.
  CHECK(unknown > 500);
  CHECK(known > 15'000);
}

TEST_CASE("a run of objects is the same under the same seed, faults and all") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    std::string first, second;
    (void)histories(seed, kWeather, &first);
    (void)histories(seed, kWeather, &second);
    CHECK(first == second);
  }
}

TEST_CASE("3.1 and 3.2: an input gate that lets everything pass is found out") {
  size_t violations = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    for (const auto& history : histories(seed, {"gate.input.defective"})) {
      violations += !is_linearizable(history);
    }
  }
  CHECK(violations > 5);
}

TEST_CASE("3.3: an output gate that does not wait for the commit is found out") {
  size_t violations = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    for (const auto& history :
         histories(seed, {"gate.output.defective", "do.commit.fail=0.15"})) {
      violations += !is_linearizable(history);
    }
  }
  CHECK(violations > 5);
}

}  // namespace offing::test
