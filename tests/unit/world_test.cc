#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "emulator/trace/readers.h"
#include "emulator/world/world.h"

using offing::Random;
using offing::Scheduler;
using offing::VirtualWorld;

TEST_CASE("DESIGN rule 2: events run by due time, then by sequence") {
  VirtualWorld world(1);
  std::vector<std::string> ran;
  const int64_t t0 = world.now_us();
  world.schedule(t0 + 20, [&] { ran.push_back("late"); });
  world.schedule(t0 + 10, [&] {
    ran.push_back("a");
    world.post([&] { ran.push_back("posted by a"); });
  });
  world.schedule(t0 + 10, [&] { ran.push_back("b"); });
  world.post([&] { ran.push_back("now"); });
  world.run();
  CHECK(ran == std::vector<std::string>{"now", "a", "b", "posted by a", "late"});
  CHECK(world.now_us() == t0 + 20);
}

TEST_CASE("a cancelled event does not run, whether it is due now or later") {
  VirtualWorld world(1);
  int ran = 0;
  auto now = world.post([&] { ++ran; });
  auto later = world.schedule_after(5, [&] { ++ran; });
  CHECK(world.cancel(now));
  CHECK(world.cancel(later));
  CHECK_FALSE(world.cancel(later));
  world.run();
  CHECK(ran == 0);
}

TEST_CASE("turn-end hooks run when the instant has no event left, before time moves") {
  VirtualWorld world(1);
  std::vector<int> order;
  world.schedule_after(1000, [&] { order.push_back(3); });
  world.post([&] {
    world.at_turn_end([&] { order.push_back(2); });
    world.post([&] { order.push_back(1); });
  });
  world.run();
  CHECK(order == std::vector<int>{1, 2, 3});
}

TEST_CASE("an external result keeps its place in the order, early or late") {
  VirtualWorld world(1);
  std::vector<std::string> ran;
  auto early = world.begin_external(world.now_us() + 10);
  world.schedule_after(11, [&] { ran.push_back("after"); });
  world.complete_external(early, [&] { ran.push_back("external"); });
  world.run();
  CHECK(ran == std::vector<std::string>{"external", "after"});
}

TEST_CASE("DESIGN rule 3: streams are independent and repeat under a seed") {
  VirtualWorld a(7), b(7);
  a.random("noise").next();
  CHECK(a.random("link/LHR/SIN").next() == b.random("link/LHR/SIN").next());
  CHECK(Random(7, "x").next() != Random(8, "x").next());
  CHECK(Random(7, "x").next() != Random(7, "y").next());
}

TEST_CASE("DESIGN rule 7: fault points are armed by name and counted") {
  offing::Faults faults(1);
  CHECK(faults.arm("kv.put.unavailable=#2").has_value());
  CHECK_FALSE(faults.hit(offing::FaultPoint::kKvPutUnavailable));
  CHECK(faults.hit(offing::FaultPoint::kKvPutUnavailable));
  CHECK(faults.passed(offing::FaultPoint::kKvPutUnavailable) == 2);
  CHECK(faults.arm("no.such=1").error().find("kv.get.unavailable") != std::string::npos);
  CHECK_FALSE(faults.arm("kv.put.unavailable=2").has_value());
}

TEST_CASE("a trace line is one line of valid JSON, whatever bytes an event holds") {
  std::string line;
  offing::trace::append_line(line, {1, 2}, offing::trace::ConsoleEvent{3, "LHR", "log", "a\"\n\xff"});
  CHECK(line == "{\"seq\":1,\"at_us\":2,\"event\":\"console\",\"request\":3,\"location\":\"LHR\","
                "\"level\":\"log\",\"text\":\"a\\\"\\n\xEF\xBF\xBD\"}\n");
}

TEST_CASE("a stopped world's clock stays at the event that stopped it") {
  VirtualWorld world(1);
  const int64_t start_us = world.now_us();
  world.schedule_after(10, [&] { world.stop(); });
  world.schedule_after(1000, [] {});
  world.run();
  CHECK(world.now_us() == start_us + 10);
}
