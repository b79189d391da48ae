// A KV service of three locations in a virtual world, whose time moves to each answer, and the fault and
// link events of its trace as text.
#ifndef OFFING_TESTS_UNIT_RUN_KV_H_
#define OFFING_TESTS_UNIT_RUN_KV_H_

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "emulator/services/kv_service.h"
#include "emulator/trace/readers.h"
#include "emulator/world/world.h"

namespace offing::test {

class RunKv final : public trace::Reader {
 public:
  explicit RunKv(KvSettings settings = {}, uint64_t seed = 1) : world(seed) {
    world.trace().add_reader(this);
    auto opened = KvService::open(world, std::move(settings), {"LHR", "SIN", "IAD"});
    REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error()));
    kv = std::move(*opened);
  }
  // Goes on from a state, at the time of `from`.
  RunKv(const KvService::State& state, const World& from) : world(from.state()) {
    world.trace().add_reader(this);
    auto opened = KvService::open(world, state);
    REQUIRE(opened.has_value());
    kv = std::move(*opened);
  }
  ~RunKv() override { world.trace().remove_reader(this); }

  // "(no answer)" when nothing is left to happen without it.
  struct Answer {
    std::string text = "(no answer)";   // the error, the value, "null" or "" of a write
  };
  std::shared_ptr<Answer> start(size_t location, KvCall call) {
    auto slot = std::make_shared<Answer>();
    const KvCall::Op op = call.op;
    kv->call(location, 0, "ns", std::move(call), [this, slot, op](KvAnswer answer) {
      slot->text = answer.error                ? *answer.error
                   : op == KvCall::Op::kGet    ? (answer.value.found ? *answer.value.value : "null")
                   : op == KvCall::Op::kList   ? std::to_string(answer.listed.size())
                                               : "";
      world.stop();
    });
    return slot;
  }
  std::string call(size_t location, KvCall call) {
    auto slot = start(location, std::move(call));
    world.go_on();
    world.run();
    world.go_on();
    return slot->text;
  }
  static KvCall make(KvCall::Op op, std::string key, std::string value = "") {
    KvCall call;
    call.op = op;
    call.key = std::move(key);
    call.value = std::move(value);
    return call;
  }
  std::string get(size_t location, std::string key) {
    return call(location, make(KvCall::Op::kGet, std::move(key)));
  }
  std::string put(size_t location, std::string key, std::string value) {
    return call(location, make(KvCall::Op::kPut, std::move(key), std::move(value)));
  }
  std::string list(size_t location) { return call(location, make(KvCall::Op::kList, "")); }
  void advance(int64_t ms) {
    const int64_t until_us = world.now_us() + ms * 1000;
    while (world.now_us() < until_us) {
      world.schedule(until_us, [this] { world.stop(); });
      world.run();
      world.go_on();
    }
  }

  void on_event(const trace::Stamp& stamp, const trace::Event& event) override {
    hash.on_event(stamp, event);
    if (const auto* fault = std::get_if<trace::FaultEvent>(&event)) {
      faults.push_back(std::to_string(fault->rule) + " " + std::string(fault->service) + "." +
                       std::string(fault->operation) + " " + std::string(fault->key) + " " +
                       std::string(fault->location) + " " + std::string(fault->effect));
    }
    if (const auto* link = std::get_if<trace::LinkEvent>(&event))
      links.push_back(std::string(link->what) + " " + std::string(link->from) + ">" +
                      std::string(link->to));
  }

  VirtualWorld world;
  std::unique_ptr<KvService> kv;
  trace::Hash hash;
  std::vector<std::string> faults, links;
};

}  // namespace offing::test

#endif  // OFFING_TESTS_UNIT_RUN_KV_H_
