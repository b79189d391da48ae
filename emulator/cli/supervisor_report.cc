#include "emulator/cli/supervisor_report.h"

#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

namespace offing {

// Requests that are named; of others there is only a count.
constexpr size_t kNamed = 5;

// What a guest or a client had in a name is shown, never sent to the terminal as it is.
static std::string printable(std::string_view text) {
  std::string shown;
  for (const char c : text) shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return shown;
}

static std::string isolate_text(uint64_t word) {
  std::string location;
  for (int shift = 56; shift >= 40; shift -= 8) location += static_cast<char>((word >> shift) & 0xff);
  return printable(location) + ", isolate " +
         std::to_string(static_cast<uint32_t>(word & 0xffffffff) - 1);
}

static std::string request_text(const RunningNote::InFlight& place) {
  const size_t bytes = std::min<size_t>(place.bytes, sizeof place.text);
  return printable({place.text, bytes}) + (bytes == sizeof place.text ? "…" : "");
}

static std::string how(int status) {
  if (WIFEXITED(status)) return "with exit code " + std::to_string(WEXITSTATUS(status));
  const char* name = sigabbrev_np(WTERMSIG(status));
  return "by SIG" + (name ? std::string(name) : std::to_string(WTERMSIG(status)));
}

// Newest first; those of the isolate that ran, if one did.
static std::vector<const RunningNote::InFlight*> suspects(const RunningNote& note) {
  std::vector<const RunningNote::InFlight*> found;
  for (const auto& place : note.in_flight) {
    if (place.request == 0 || place.request == note.entering) continue;
    if (note.turn == 0 || place.isolate == note.turn) found.push_back(&place);
  }
  std::sort(found.begin(), found.end(),
            [](const auto* a, const auto* b) { return a->request > b->request; });
  return found;
}

std::string death_text(int status, const RunningNote& note) {
  const std::string worker = printable({note.worker, strnlen(note.worker, sizeof note.worker)});
  std::string text = "offing: the engine died " + how(status);
  const RunningNote::InFlight* entering = nullptr;
  for (const auto& place : note.in_flight) {
    if (note.entering != 0 && place.request == note.entering) entering = &place;
  }
  const uint64_t isolate = note.turn != 0 ? note.turn : entering ? entering->isolate : 0;
  const std::string named = worker.empty() ? "the Worker" : "Worker \"" + worker + "\"";
  if (isolate == 0) {
    text += "; it ran " + named + ", which was not running code at that moment";
  } else {
    text += " while " + named + " ran in " + isolate_text(isolate);
  }
  if (entering) text += ", called for " + request_text(*entering);
  text += "\n";
  const auto others = suspects(note);
  for (size_t i = 0; i < others.size() && i < kNamed; ++i)
    text += "offing:   in flight: " + request_text(*others[i]) + "\n";
  if (others.size() > kNamed)
    text += "offing:   in flight: " + std::to_string(others.size() - kNamed) + " more\n";
  return text;
}

void report_death(int status, const RunningNote& note) {
  std::fputs(death_text(status, note).c_str(), stderr);
}

}  // namespace offing
