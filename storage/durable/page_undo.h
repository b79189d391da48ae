// What takes a commit back: the bytes of each page that it changed, as they were. Point-in-time
// recovery and discarded commits apply these, newest first.
#ifndef OFFING_STORAGE_DURABLE_PAGE_UNDO_H_
#define OFFING_STORAGE_DURABLE_PAGE_UNDO_H_

#include <functional>
#include <optional>
#include <string>

#include "storage/durable/page.h"

namespace offing::durable {

// A file that a commit replaced as a whole. Null pages up to `file_pages` are the disk file's.
struct WholeFile {
  std::vector<PagePtr> pages;
  uint32_t file_pages = 0;
  bool reset_file = false;
};

class PageUndo {
 public:
  explicit PageUndo(uint32_t size_pages) : size_pages_(size_pages) {}
  uint32_t size_pages() const { return size_pages_; }  // of the file before
  // Records what differs from `after`; all of `before` without one. False: nothing differs.
  bool add(uint32_t number, const Page& before, const Page* after);
  // Calls with each recorded page's number; the callback gives the page to be changed back.
  void apply(const std::function<Page&(uint32_t number)>& page) const;
  size_t bytes() const;

  std::optional<WholeFile> whole;

 private:
  uint32_t size_pages_;
  // Per page: number u32, count u16, then per range: at u16, length u16, bytes
  std::string ranges_;
};

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_PAGE_UNDO_H_
