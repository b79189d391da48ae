// The verbs of links, and what KV and R2 make of them (docs/faults.md).
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "emulator/services/r2_service.h"
#include "emulator/topology/network.h"
#include "tests/unit/run_kv.h"

namespace offing::test {
namespace {

using Changed = std::vector<std::pair<size_t, size_t>>;

struct Net {
  explicit Net(KvSettings settings = {}) : run(std::move(settings)) {
    r2 = std::move(*R2Service::open(run.world, {}, ""));
    bucket = r2->bucket_for_binding("bucket", "");
    network.emplace(run.world, links, *run.kv, *r2,
                    [this](size_t from, size_t to) { changed.emplace_back(from, to); });
  }
  std::shared_ptr<std::string> r2_put(std::string_view location, std::string key) {
    auto said = std::make_shared<std::string>("(no answer)");
    R2Call call;
    call.op = R2Call::Op::kPut;
    call.bucket = bucket;
    call.key = std::move(key);
    call.value = "x";
    r2->call({0, location, "binding"}, std::move(call), [said](R2Answer answer) {
      *said = answer.error ? std::to_string(answer.error->row().v4_code) : "ok";
    });
    return said;
  }
  RunKv run;
  Links links{{"LHR", "SIN", "IAD"}};
  Changed changed;
  std::unique_ptr<R2Service> r2;
  uint32_t bucket = 0;
  std::optional<Network> network;
};

KvSettings adversarial() {
  auto settings = parse_kv_settings(R"({"mode": "adversarial", "lag": "1s", "negative_hold": false})");
  REQUIRE_MESSAGE(settings.has_value(), settings.error());
  return *settings;
}

}  // namespace

TEST_CASE("partition, hold, release, repair: each direction once, each change traced") {
  Net net;
  REQUIRE(net.network->partition({"LHR"}, {"SIN"}));
  REQUIRE(net.network->partition({"LHR"}, {"SIN"}));
  CHECK(net.run.links == std::vector<std::string>{"cut LHR>SIN", "cut SIN>LHR"});
  CHECK(net.changed == Changed{{0, 1}, {1, 0}});
  REQUIRE(net.network->hold({"SIN"}, {"IAD"}));
  CHECK(net.links.state(1, 2) == LinkState::kHeld);
  REQUIRE(net.network->release());
  CHECK(net.links.state(1, 2) == LinkState::kOpen);
  CHECK(net.links.state(0, 1) == LinkState::kCut);
  REQUIRE(net.network->repair({"SIN"}));
  CHECK(net.links.state(0, 1) == LinkState::kOpen);
  CHECK(net.run.links.back() == "repaired SIN>LHR");
  SUBCASE("b absent: everyone else, central too") {
    REQUIRE(net.network->partition({"SIN"}, {}));
    std::string cut;
    for (const Network::Link& link : net.network->links()) {
      if (link.state == LinkState::kCut)
        cut += std::string(link.from) + ">" + std::string(link.to) + " ";
    }
    CHECK(cut == "LHR>SIN SIN>LHR SIN>IAD IAD>SIN SIN>central ");
  }
  SUBCASE("errors change nothing") {
    CHECK(net.network->partition({"LHR", "FRA"}, {}).error().starts_with("\"FRA\" is not a location"));
    CHECK(net.network->partition({"LHR"}, {"LHR"}).error().ends_with("they are one location."));
    CHECK_FALSE(net.network->partition({}, {"LHR"}));
    CHECK(net.links.state(0, 2) == LinkState::kOpen);
  }
  SUBCASE("set") {
    REQUIRE(net.network->set("LHR-SIN=1ms"));
    CHECK(net.network->links()[0].us == 1000);
    CHECK_FALSE(net.network->set("LHR-FRA=1ms"));
  }
}

TEST_CASE("kv documented: a location cut off from central serves its cache, the rest is 503") {
  Net net;
  CHECK(net.run.put(0, "k", "old") == "");
  CHECK(net.run.get(1, "k") == "old");
  CHECK(net.run.get(1, "gone") == "null");
  REQUIRE(net.network->partition({"SIN"}, {"central"}));
  CHECK(net.run.get(1, "k") == "old");
  CHECK(net.run.get(1, "gone") == "null");
  CHECK(net.run.get(1, "other") == "KV GET failed: 503 Service Unavailable");
  CHECK(net.run.put(1, "k", "mine") == "KV PUT failed: 503 Service Unavailable");
  CHECK(net.run.list(1) == "KV GET failed: 503 Service Unavailable");
  CHECK(net.run.get(0, "other") == "null");
  net.run.advance(61'000);
  CHECK(net.run.get(1, "k") == "KV GET failed: 503 Service Unavailable");
  REQUIRE(net.network->repair());
  CHECK(net.run.get(1, "k") == "old");
}

TEST_CASE("kv documented: two locations cut from each other share a central store as before") {
  Net net;
  REQUIRE(net.network->partition({"LHR"}, {"SIN"}));
  CHECK(net.run.put(0, "k", "1") == "");
  CHECK(net.run.get(1, "k") == "1");
}

TEST_CASE("kv: on a held way to central calls wait, in order, until it is released") {
  Net net;
  REQUIRE(net.network->hold({"SIN"}, {"central"}));
  auto put = net.run.start(1, RunKv::make(KvCall::Op::kPut, "k", "1"));
  auto get = net.run.start(1, RunKv::make(KvCall::Op::kGet, "k"));
  net.run.advance(5'000);
  CHECK(put->text == "(no answer)");
  CHECK(net.run.get(0, "k") == "null");
  REQUIRE(net.network->release());
  net.run.advance(1);
  CHECK(put->text == "");
  CHECK(get->text == "1");
  SUBCASE("a cut ends the wait with its error") {
    REQUIRE(net.network->hold({"SIN"}, {"central"}));
    auto second = net.run.start(1, RunKv::make(KvCall::Op::kPut, "q", "1"));
    REQUIRE(net.network->partition({"SIN"}, {"central"}));
    net.run.advance(1);
    CHECK(second->text == "KV PUT failed: 503 Service Unavailable");
  }
}

TEST_CASE("kv adversarial: what replicas send each other waits for a cut link, in copies too") {
  Net net(adversarial());
  REQUIRE(net.network->partition({"LHR"}, {"SIN"}));
  CHECK(net.run.put(0, "k", "1") == "");
  net.run.advance(600'000);
  CHECK(net.run.get(1, "k") == "null");
  CHECK(net.run.get(2, "k") == "1");
  const auto state = net.run.kv->copy_state();
  RunKv copy(*state, net.run.world);
  REQUIRE(net.network->repair());
  net.run.advance(1);
  CHECK(net.run.get(1, "k") == "1");
  CHECK(copy.get(1, "k") == "null");
  copy.kv->set_link(0, 1, LinkState::kOpen);
  CHECK(copy.get(1, "k") == "1");
}

TEST_CASE("kv adversarial: off central a replica is read, nothing comes or goes") {
  Net net(adversarial());
  CHECK(net.run.put(0, "k", "1") == "");
  REQUIRE(net.network->partition({"SIN"}, {"central"}));
  net.run.advance(10'000);
  CHECK(net.run.get(1, "k") == "null");
  CHECK(net.run.put(1, "k", "2") == "KV PUT failed: 503 Service Unavailable");
  REQUIRE(net.network->repair());
  CHECK(net.run.get(1, "k") == "1");
}

TEST_CASE("kv: other settings leave the links as they are") {
  Net net;
  REQUIRE(net.network->partition({"SIN"}, {"central"}));
  REQUIRE(net.run.kv->set_settings(adversarial()).has_value());
  CHECK(net.run.put(1, "k", "2") == "KV PUT failed: 503 Service Unavailable");
}

TEST_CASE("r2: a location cut off from central is told 503, a held one waits") {
  Net net;
  REQUIRE(net.network->partition({"SIN"}, {"central"}));
  auto cut = net.r2_put("SIN", "a");
  auto other = net.r2_put("LHR", "b");
  auto door = net.r2_put("", "c");
  net.run.advance(1);
  CHECK(*cut == "10043");
  CHECK(*other == "ok");
  CHECK(*door == "ok");
  REQUIRE(net.network->hold({"SIN"}, {"central"}));
  auto held = net.r2_put("SIN", "a");
  net.run.advance(1000);
  CHECK(*held == "(no answer)");
  REQUIRE(net.network->release());
  net.run.advance(1);
  CHECK(*held == "ok");
}

TEST_CASE("a copied state of links is passed on to new services, without events") {
  Net net;
  REQUIRE(net.network->partition({"SIN"}, {"central"}));
  RunKv other;
  auto r2 = std::move(*R2Service::open(other.world, {}, ""));
  Links links = net.links;
  Network again(other.world, links, *other.kv, *r2, [](size_t, size_t) {});
  CHECK(other.links.empty());
  CHECK(other.put(1, "k", "2") == "KV PUT failed: 503 Service Unavailable");
}

}  // namespace offing::test
