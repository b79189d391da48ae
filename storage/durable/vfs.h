// SQLite's view of one database: the committed pages under those of the commit that is being
// written. With a journal in memory and no spilling, SQLite writes a page only inside COMMIT, so
// what a PageView holds as pending is one transaction; the owner takes it when COMMIT succeeded, or
// drops it.
//
// A Vfs is one registration in SQLite's list, under a name of its own; SQLite's clock comes through
// it (date('now'), CURRENT_TIMESTAMP). It outlives its connections. No locks, no journals, no
// temporary files.
#ifndef OFFING_STORAGE_DURABLE_VFS_H_
#define OFFING_STORAGE_DURABLE_VFS_H_

#include <functional>
#include <memory>

#include "storage/durable/page_file.h"

struct sqlite3;

namespace offing::durable {

class PageView {
 public:
  explicit PageView(const PageFile& base) : base_(base) {}

  uint32_t size() const { return active_ ? pending_.size_pages : base_.size(); }
  // Bytes past the end are zeros. False: the disk file cannot be read.
  bool read(uint64_t at, size_t length, uint8_t* out) const;
  void write(uint64_t at, size_t length, const uint8_t* bytes);
  void resize(uint32_t size_pages);
  void wipe();  // the database is empty from here on

  bool pending() const { return active_; }
  PageChanges take();
  void discard();
  size_t pending_bytes() const { return pending_.pages.size() * sizeof(Page); }

 private:
  const Page* page(uint32_t number, Page& buffer) const;
  void activate();

  const PageFile& base_;
  bool active_ = false;
  PageChanges pending_;
};

class Vfs {
 public:
  explicit Vfs(std::function<int64_t()> now_ms);  // empty: time stands at 0
  ~Vfs();
  Vfs(const Vfs&) = delete;
  Vfs& operator=(const Vfs&) = delete;

  // A connection to `view`, which outlives it; or null and SQLite's code.
  sqlite3* open(PageView& view, int& code);

 private:
  struct Registration;
  std::unique_ptr<Registration> registration_;
};

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_VFS_H_
