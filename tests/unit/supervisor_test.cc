// What a parent says of a daemon that died (emulator/cli/supervisor_report.h).
#include <doctest/doctest.h>

#include <memory>

#include "emulator/cli/supervisor_report.h"

namespace offing {
namespace {

constexpr int kAborted = 6;  // as wait() gives it

bool has(const std::string& text, const char* part) { return text.find(part) != text.npos; }

TEST_CASE("running note: an isolate's word names location and number, and is never 0") {
  CHECK(RunningNote::isolate_word("LHR", 0) != 0);
  CHECK(RunningNote::isolate_word("LHR", 1) != RunningNote::isolate_word("SIN", 1));
}

TEST_CASE("running note: a request keeps its place until it ends or another takes it") {
  auto note = std::make_unique<RunningNote>();
  note->begin(1, 7, "GET", "http://a/");
  note->begin(1 + RunningNote::kPlaces, 7, "GET", "http://b/");
  note->end(1);
  CHECK(note->in_flight[1].request == 1 + RunningNote::kPlaces);
  note->end(1 + RunningNote::kPlaces);
  CHECK(note->in_flight[1].request == 0);
}

TEST_CASE("supervisor report: the request that was being given comes first, then that isolate's others") {
  auto note = std::make_unique<RunningNote>();
  const uint64_t here = RunningNote::isolate_word("SIN", 2);
  note->set_worker("shop");
  note->begin(1, here, "GET", "http://shop/old");
  note->begin(2, RunningNote::isolate_word("LHR", 0), "GET", "http://shop/elsewhere");
  note->begin(3, here, "POST", "http://shop/now");
  note->turn = here;
  note->entering = 3;
  const std::string text = death_text(kAborted, *note);
  CHECK(has(text, "died by SIGABRT while Worker \"shop\" ran in SIN, isolate 2, called for POST http://shop/now\n"));
  CHECK(has(text, "in flight: GET http://shop/old\n"));
  CHECK(!has(text, "elsewhere"));
}

TEST_CASE("supervisor report: between turns every request in flight is named, a few by name") {
  auto note = std::make_unique<RunningNote>();
  for (uint64_t id = 1; id <= 8; ++id) note->begin(id, 1, "GET", "http://shop/" + std::to_string(id));
  const std::string text = death_text(134 << 8, *note);
  CHECK(has(text, "died with exit code 134; it ran the Worker, which was not running code"));
  CHECK(text.find("/8") < text.find("/7"));
  CHECK(has(text, "in flight: 3 more\n"));
}

TEST_CASE("supervisor report: long, hostile and destroyed notes are shown without harm") {
  auto note = std::make_unique<RunningNote>();
  note->set_worker(std::string(500, 'w'));
  note->begin(1, 1, "GET", "http://a/\x1b[2J" + std::string(5000, 'x'));
  std::string text = death_text(kAborted, *note);
  CHECK(!has(text, "\x1b"));
  CHECK(has(text, "xxx…\n"));
  std::memset(static_cast<void*>(note.get()), 0xff, sizeof *note);
  text = death_text(kAborted, *note);
  CHECK(has(text, "offing: the engine died by SIGABRT"));
}

}  // namespace
}  // namespace offing
