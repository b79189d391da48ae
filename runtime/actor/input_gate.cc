#include "runtime/actor/input_gate.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace offing {

InputGate::Section InputGate::live(Section section) const {
  while (section != 0 && !sections_.contains(section)) {
    const auto ended = ended_.find(section);
    section = ended == ended_.end() ? 0 : ended->second;
  }
  return section;
}

void InputGate::enter(Section section, Task entry) {
  if (broken_) return;
  // Not ahead of those that wait already.
  const bool first = waiting_.empty() || section != 0;
  if (first && startable() == asked_.end() && may_enter(section)) return entry();
  waiting_.push_back({section, std::move(entry)});
  pump();
}

std::deque<InputGate::Waiting>::iterator InputGate::startable() {
  return std::ranges::find_if(asked_, [this](const Waiting& asked) {
    return defective || live(sections_.at(asked.section).parent) == running_;
  });
}

InputGate::Section InputGate::ask(Section parent, Task start) {
  if (broken_) return 0;
  parent = live(parent);
  const uint32_t depth = parent == 0 ? 1 : sections_.at(parent).depth + 1;
  if (depth > kDepthMax) return 0;
  const Section section = ++last_;
  sections_.emplace(section, State{parent, depth});
  asked_.push_back({section, std::move(start)});
  wants_pump_ = true;
  return section;
}

void InputGate::end(Section section) {
  auto it = sections_.find(section);
  if (it == sections_.end()) return;
  const Section parent = it->second.parent;
  sections_.erase(it);
  if (sections_.empty()) {
    ended_.clear();
  } else {
    ended_.emplace(section, parent);
  }
  if (running_ == section) running_ = live(parent);
  wants_pump_ = true;
}

void InputGate::pump() {
  if (gone_ != nullptr) return;
  bool gone = false;
  gone_ = &gone;
  while (!broken_) {
    const auto section = startable();
    if (section != asked_.end()) {
      Task start = std::move(section->task);
      running_ = section->section;
      asked_.erase(section);
      start();
      if (gone) return;
      continue;
    }
    const auto entry = std::ranges::find_if(
        waiting_, [this](const Waiting& waiting) { return may_enter(waiting.section); });
    if (entry == waiting_.end()) break;
    Task task = std::move(entry->task);
    waiting_.erase(entry);
    task();
    if (gone) return;
  }
  gone_ = nullptr;
  wants_pump_ = false;
}

void InputGate::break_for_good() {
  broken_ = true;
  waiting_.clear();
  asked_.clear();
  sections_.clear();
}

}  // namespace offing
