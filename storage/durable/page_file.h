// The committed state of one object's database: all pages in memory, or a disk file with the pages
// that were committed since it was last written (the overlay). A page that is in neither is a hole:
// zeros. A PageFile can be copied: pages are shared. Owner: the object's state in the Store.
#ifndef OFFING_STORAGE_DURABLE_PAGE_FILE_H_
#define OFFING_STORAGE_DURABLE_PAGE_FILE_H_

#include <optional>

#include "storage/durable/page_undo.h"

namespace offing::durable {

// Where pages are that a PageFile does not hold.
class PageSource {
 public:
  virtual bool read(uint32_t number, Page& out) = 0;  // false: cannot be read

 protected:
  ~PageSource() = default;
};

class PageFile {
 public:
  explicit PageFile(PageSource* disk = nullptr, uint32_t size_pages = 0)
      : disk_(disk), file_pages_(size_pages), pages_(size_pages) {}

  uint32_t size() const { return static_cast<uint32_t>(pages_.size()); }
  // The page: one held, or read into `buffer`. Null: it cannot be read. 1 <= number <= size().
  const Page* get(uint32_t number, Page& buffer) const;
  const PagePtr& held(uint32_t number) const { return pages_[number - 1]; }
  size_t held_pages() const { return held_; }

  // Makes `changes` the state, and takes those pages out of it that are as before; gives what takes
  // it back. nullopt: a page could not be read, nothing changed.
  std::optional<PageUndo> apply(PageChanges& changes);
  // As `apply`, for a state that nobody takes back.
  void put(const PageChanges& changes);
  // False: a page could not be read; the state is then unusable.
  bool undo(const PageUndo& undo);
  // What makes a file of `before` from this one. nullopt: a page could not be read.
  std::optional<PageChanges> changes_from(const PageFile& before) const;

  // ---- writing the overlay to the disk file
  bool reset_file() const { return reset_file_; }  // the disk file's old contents are to go first
  bool file_differs() const { return held_ > 0 || reset_file_ || file_pages_ > size(); }
  uint32_t file_pages() const { return file_pages_; }
  void written();  // the disk file holds everything now
  // Reads what `whole` still has in the disk file only. False: it cannot be read.
  static bool load(WholeFile& whole, PageSource& disk);

 private:
  void set(uint32_t number, PagePtr page);
  void clear();
  void place(const PageChanges& changes);
  bool in_disk_file(uint32_t number) const { return disk_ && number <= file_pages_; }

  PageSource* disk_;
  uint32_t file_pages_;      // pages of the disk file that may be read
  bool reset_file_ = false;
  size_t held_ = 0;
  std::vector<PagePtr> pages_;
};

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_PAGE_FILE_H_
