#include "storage/durable/page_file.h"

#include <cassert>
#include <cstring>

namespace offing::durable {
namespace {

// Page 1 differs in SQLite's change counter (24) and its copy (92) at most. Only other connections
// would look at it, and there are none.
bool only_counters_differ(const Page& before, const Page& after) {
  auto same = [&](uint32_t from, uint32_t to) {
    return std::memcmp(before.data() + from, after.data() + from, to - from) == 0;
  };
  return same(0, 24) && same(28, 92) && same(96, kPageBytes);
}

}  // namespace

const Page* PageFile::get(uint32_t number, Page& buffer) const {
  assert(number >= 1 && number <= size());
  if (const PagePtr& page = pages_[number - 1]) return page.get();
  if (!in_disk_file(number)) {
    buffer.fill(0);
    return &buffer;
  }
  return disk_->read(number, buffer) ? &buffer : nullptr;
}

void PageFile::set(uint32_t number, PagePtr page) {
  PagePtr& slot = pages_[number - 1];
  held_ += (page ? 1 : 0) - (slot ? 1 : 0);
  slot = std::move(page);
}

std::optional<PageUndo> PageFile::apply(PageChanges& changes) {
  PageUndo undo(size());
  if (changes.from_empty) {
    undo.whole = WholeFile{pages_, file_pages_, reset_file_};
    clear();
  } else {
    Page buffer;
    std::vector<std::pair<uint32_t, PagePtr>> changed;
    changed.reserve(changes.pages.size());
    for (const auto& [number, page] : changes.pages) {
      if (number > changes.size_pages) break;
      if (number <= size()) {
        const Page* before = get(number, buffer);
        if (!before) return std::nullopt;
        if (number == 1 && only_counters_differ(*before, *page)) continue;
        if (!undo.add(number, *before, page.get())) continue;
      }
      changed.emplace_back(number, page);
    }
    for (uint32_t number = changes.size_pages + 1; number <= size(); ++number) {
      const Page* before = get(number, buffer);
      if (!before) return std::nullopt;
      undo.add(number, *before, nullptr);
    }
    changes.pages = std::move(changed);
  }
  place(changes);
  return undo;
}

void PageFile::put(const PageChanges& changes) {
  if (changes.from_empty) clear();
  place(changes);
}

void PageFile::clear() {
  pages_.clear();
  held_ = 0;
  file_pages_ = 0;
  reset_file_ = disk_ != nullptr;
}

void PageFile::place(const PageChanges& changes) {
  for (uint32_t number = changes.size_pages + 1; number <= size(); ++number) set(number, nullptr);
  file_pages_ = std::min(file_pages_, changes.size_pages);
  pages_.resize(changes.size_pages);
  for (const auto& [number, page] : changes.pages)
    if (number <= changes.size_pages) set(number, page);
}

bool PageFile::undo(const PageUndo& undo) {
  if (undo.whole) {
    pages_ = undo.whole->pages;
    file_pages_ = undo.whole->file_pages;
    reset_file_ = undo.whole->reset_file;
    held_ = 0;
    for (const PagePtr& page : pages_) held_ += page ? 1 : 0;
    return true;
  }
  const uint32_t before = undo.size_pages();
  for (uint32_t number = before + 1; number <= size(); ++number) set(number, nullptr);
  file_pages_ = std::min(file_pages_, before);
  const uint32_t after = size();
  pages_.resize(before);
  bool readable = true;
  undo.apply([&, this](uint32_t number) -> Page& {
    auto copy = std::make_shared_for_overwrite<Page>();
    if (number <= after) {
      const Page* now = get(number, *copy);
      if (!now) readable = false;
      else if (now != copy.get()) *copy = *now;
    } else {
      copy->fill(0);
    }
    Page& out = *copy;
    set(number, std::move(copy));
    return out;
  });
  return readable;
}

std::optional<PageChanges> PageFile::changes_from(const PageFile& before) const {
  PageChanges out;
  out.size_pages = size();
  // Pages that both leave to the disk file are the same ones only when both read the same file.
  out.from_empty = before.file_pages_ != file_pages_ && (disk_ != nullptr);
  out.from_empty |= before.reset_file_ != reset_file_;
  for (uint32_t number = 1; number <= size(); ++number) {
    if (!out.from_empty && number <= before.size() && held(number) == before.held(number)) continue;
    PagePtr page = held(number);
    if (!page) {
      auto copy = std::make_shared_for_overwrite<Page>();
      const Page* read = get(number, *copy);
      if (!read) return std::nullopt;
      page = std::move(copy);
    }
    out.pages.emplace_back(number, std::move(page));
  }
  return out;
}

void PageFile::written() {
  std::fill(pages_.begin(), pages_.end(), nullptr);
  held_ = 0;
  reset_file_ = false;
  file_pages_ = size();
}

bool PageFile::load(WholeFile& whole, PageSource& disk) {
  for (uint32_t number = 1; number <= whole.pages.size(); ++number) {
    PagePtr& slot = whole.pages[number - 1];
    if (slot) continue;
    auto copy = std::make_shared_for_overwrite<Page>();
    if (number > whole.file_pages) copy->fill(0);
    else if (!disk.read(number, *copy)) return false;
    slot = std::move(copy);
  }
  whole.file_pages = 0;
  whole.reset_file = true;
  return true;
}

}  // namespace offing::durable
