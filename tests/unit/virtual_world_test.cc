// A virtual world that somebody drives: on a real world's loop, by waits and by moves.
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "emulator/stage/crossing.h"
#include "emulator/world/world.h"

namespace offing {
namespace {

constexpr int64_t kSecondUs = 1'000'000;

struct Driven {
  VirtualWorld world{7, 0};
  std::vector<std::string> happened;
  void at(int64_t due_us, std::string what) {
    world.schedule(due_us, [this, what] {
      happened.push_back(what + "@" + std::to_string(world.now_us()));
    });
  }
};

TEST_CASE("a virtual clock stands still while nobody waits and nobody moves it") {
  Driven driven;
  driven.at(0, "now");
  driven.at(5, "later");
  CHECK_FALSE(driven.world.settle());
  CHECK(driven.happened == std::vector<std::string>{"now@0"});
  CHECK(driven.world.now_us() == 0);
  CHECK(driven.world.next_due_us() == 5);
}

TEST_CASE("a virtual clock skips as far as a wait needs, and no further") {
  Driven driven;
  driven.at(60 * kSecondUs, "a");
  driven.world.schedule(61 * kSecondUs, [&driven] { driven.world.end_wait(); });
  driven.at(62 * kSecondUs, "c");
  driven.world.begin_wait();
  driven.world.settle();
  CHECK(driven.happened == std::vector<std::string>{"a@60000000"});
  CHECK(driven.world.now_us() == 61 * kSecondUs);
}

TEST_CASE("a wait for nothing ends at the skip's bound, however much goes on meanwhile") {
  Driven driven;
  std::function<void()> again = [&] {
    driven.world.schedule_after(3600 * kSecondUs, [&again] { again(); });
  };
  again();
  driven.world.begin_wait();
  CHECK_FALSE(driven.world.settle());
  CHECK(driven.world.now_us() == VirtualWorld::kSkipUsMax);
}

TEST_CASE("without auto-skip a wait moves nothing") {
  Driven driven;
  driven.at(5, "later");
  driven.world.set_auto_skip(false);
  driven.world.begin_wait();
  driven.world.settle();
  CHECK(driven.happened.empty());
}

TEST_CASE("advance runs everything on the way, in order, at its time, and ends at the target") {
  Driven driven;
  driven.at(30, "b");
  driven.at(10, "a");
  driven.at(31, "never");
  uint64_t events = 0;
  driven.world.advance_to(30, [&events](VirtualWorld::Moved moved) {
    events = moved.events;
    CHECK_FALSE(moved.idle);
  });
  std::vector<int64_t> order;
  driven.world.advance_to(30, [&order](VirtualWorld::Moved) { order.push_back(2); });
  driven.world.settle();
  CHECK(driven.happened == std::vector<std::string>{"a@10", "b@30"});
  CHECK(events == 2);
  CHECK(order.size() == 1);
  CHECK(driven.world.now_us() == 30);
}

TEST_CASE("run until idle stays at what happened last; a limit ends what never does") {
  Driven driven;
  driven.at(10, "a");
  bool idle = false;
  driven.world.run_until_idle(100, [&idle](VirtualWorld::Moved moved) { idle = moved.idle; });
  driven.world.settle();
  CHECK(idle);
  CHECK(driven.world.now_us() == 10);
  driven.at(1000, "b");
  driven.world.run_until_idle(100, [&idle](VirtualWorld::Moved moved) { idle = moved.idle; });
  driven.world.settle();
  CHECK_FALSE(idle);
  CHECK(driven.world.now_us() == 100);
}

TEST_CASE("what recurs, and upkeep, happens on the way and in order, and is nothing to wait for") {
  Driven driven;
  std::function<void()> again = [&] {
    driven.world.schedule(driven.world.now_us() + 10, EventKind::kRecurring, [&] {
      driven.happened.push_back("again@" + std::to_string(driven.world.now_us()));
      again();
    });
  };
  again();
  driven.world.schedule(40, EventKind::kUpkeep, [&] { driven.happened.push_back("upkeep"); });
  bool idle = false;
  const auto told = [&idle](VirtualWorld::Moved moved) { idle = moved.idle; };
  driven.world.run_until_idle(1000, told);
  driven.world.settle();
  CHECK(idle);
  CHECK(driven.world.now_us() == 0);
  driven.world.begin_wait();
  driven.world.settle();
  CHECK(driven.world.now_us() == 0);
  driven.at(10, "b");
  driven.world.settle();
  CHECK(driven.happened == std::vector<std::string>{"again@10", "b@10"});
  driven.world.end_wait();
  driven.at(25, "c");
  driven.world.run_until_idle(1000, told);
  driven.world.settle();
  CHECK(idle);
  CHECK(driven.happened == std::vector<std::string>{"again@10", "b@10", "again@20", "c@25"});
  driven.world.advance_to(42, told);
  driven.world.settle();
  CHECK(driven.happened.back() == "again@40");
  CHECK(driven.happened[driven.happened.size() - 2] == "upkeep");
  driven.world.schedule(60, EventKind::kUpkeep, [&] { driven.happened.push_back("last"); });
  driven.world.run();
  CHECK(driven.happened.back() == "again@60");
  CHECK(driven.happened[driven.happened.size() - 2] == "last");
  CHECK(driven.world.now_us() == 60);
}

TEST_CASE("a move waits for real I/O that is due on its way") {
  Driven driven;
  const auto place = driven.world.begin_external(20);
  bool there = false;
  driven.world.advance_to(50, [&there](VirtualWorld::Moved) { there = true; });
  driven.world.settle();
  CHECK_FALSE(there);
  CHECK(driven.world.now_us() == 20);
  int64_t delivered_us = 0;
  driven.world.complete_external(place, [&] { delivered_us = driven.world.now_us(); });
  driven.world.settle();
  CHECK(there);
  CHECK(delivered_us == 20);
}

TEST_CASE("a world made from another's state draws on where that one stood") {
  VirtualWorld first(9, 100);
  first.random("a").next();
  REQUIRE(first.faults().arm("kv.get.unavailable=#2"));
  CHECK_FALSE(first.fault(FaultPoint::kKvGetUnavailable));
  VirtualWorld second(first.state());
  CHECK(second.now_us() == 100);
  CHECK(second.random("a").next() == first.random("a").next());
  CHECK(second.random("b").next() == first.random("b").next());
  CHECK(second.fault(FaultPoint::kKvGetUnavailable));
  CHECK(first.fault(FaultPoint::kKvGetUnavailable));
}

// A real world that has one virtual world on its loop.
struct House {
  RealWorld house{1};
  std::unique_ptr<VirtualWorld> world = std::make_unique<VirtualWorld>(7, 0, house.loop());
  InsideRef inside = std::make_shared<Inside>(world.get());
  House() { house.hold(*world); }
  ~House() {
    inside->world = nullptr;
    if (world) house.let_go(*world);
  }
  void close() {
    inside->world = nullptr;
    house.let_go(*world);
    world.reset();
  }
};

TEST_CASE("crossing: a request is an event of the inner world, and its wait moves that world's time") {
  House h;
  std::optional<Response> answer;
  h.house.post([&] {
    cross(h.inside, {}, [&answer](Response response) { answer = std::move(response); },
          [&h](Request, ResponseCallback respond) {
            CHECK(h.world->waiting() == 1);
            h.world->schedule_after(3 * kSecondUs, [respond = std::move(respond)]() mutable {
              Response response;
              response.status = 204;
              respond(std::move(response));
            });
          });
  });
  h.house.turn();
  REQUIRE(answer);
  CHECK(answer->status == 204);
  CHECK(h.world->now_us() == 3 * kSecondUs);
  CHECK(h.world->waiting() == 0);
}

// Gives a piece a second of its world's time, then ends.
class Slow final : public ByteSource {
 public:
  explicit Slow(VirtualWorld& world) : world_(world) {}
  void read(Done done) override {
    world_.schedule_after(kSecondUs, [this, done = std::move(done)]() mutable {
      done(pieces_++ < 2 ? Chunk::data("piece") : Chunk::end());
    });
  }
  void cancel(std::string_view) override {}

 private:
  VirtualWorld& world_;
  int pieces_ = 0;
};

TEST_CASE("crossing: a body is waited for piece by piece") {
  House h;
  std::string body;
  h.house.post([&] {
    cross(h.inside, {},
          [&body](Response response) {
            read_all(std::move(response.stream), 1000, [&body](Chunk all) { body = all.bytes; });
          },
          [&h](Request, ResponseCallback respond) {
            Response response;
            response.stream = std::make_unique<Slow>(*h.world);
            respond(std::move(response));
          });
  });
  h.house.turn();
  CHECK(body == "piecepiece");
  CHECK(h.world->now_us() == 3 * kSecondUs);
  CHECK(h.world->waiting() == 0);
}

TEST_CASE("crossing: what a world that is taken away leaves unanswered is a 503") {
  House h;
  std::optional<Response> answer;
  h.house.post([&] {
    cross(h.inside, {}, [&answer](Response response) { answer = std::move(response); },
          [&h](Request, ResponseCallback respond) {
            h.world->schedule_after(VirtualWorld::kSkipUsMax * 2, [respond = std::move(respond)] {});
          });
  });
  h.house.turn();
  CHECK_FALSE(answer);
  h.close();
  REQUIRE(answer);
  CHECK(answer->status == 503);
  CHECK(answer->body.find("reverted, reset or closed") != std::string::npos);
}

}  // namespace
}  // namespace offing
