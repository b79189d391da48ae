// A database file is a sequence of 4 KiB pages, numbered from 1. A page is never changed once made:
// a new version is a new Page, so versions are shared by the file, the log's buffer and the
// history.
#ifndef OFFING_STORAGE_DURABLE_PAGE_H_
#define OFFING_STORAGE_DURABLE_PAGE_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace offing::durable {

constexpr uint32_t kPageBytes = 4096;
using Page = std::array<uint8_t, kPageBytes>;
using PagePtr = std::shared_ptr<const Page>;

// What a transaction makes of a database file.
struct PageChanges {
  bool from_empty = false;  // nothing of the file before stays
  uint32_t size_pages = 0;  // of the file after
  std::vector<std::pair<uint32_t, PagePtr>> pages;  // ascending numbers

  void put(uint32_t number, PagePtr page) {
    if (pages.empty() || pages.back().first < number) {
      pages.emplace_back(number, std::move(page));
      return;
    }
    auto at = std::ranges::lower_bound(pages, number, {}, &std::pair<uint32_t, PagePtr>::first);
    if (at->first == number) at->second = std::move(page);
    else pages.emplace(at, number, std::move(page));
  }
  const Page* find(uint32_t number) const {
    auto at = std::ranges::lower_bound(pages, number, {}, &std::pair<uint32_t, PagePtr>::first);
    return at != pages.end() && at->first == number ? at->second.get() : nullptr;
  }
};

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_PAGE_H_
