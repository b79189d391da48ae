#include "storage/durable/vfs.h"

#include <sqlite3.h>

#include <cassert>
#include <cstdio>
#include <cstring>

namespace offing::durable {

const Page* PageView::page(uint32_t number, Page& buffer) const {
  if (active_) {
    if (const Page* found = pending_.find(number)) return found;
    if (pending_.from_empty || number > base_.size()) {
      buffer.fill(0);
      return &buffer;
    }
  }
  return base_.get(number, buffer);
}

bool PageView::read(uint64_t at, size_t length, uint8_t* out) const {
  Page buffer;
  while (length > 0) {
    const auto number = static_cast<uint32_t>(at / kPageBytes + 1);
    const size_t from = at % kPageBytes, part = std::min<size_t>(length, kPageBytes - from);
    if (number > size()) {
      std::memset(out, 0, part);
    } else {
      const Page* found = page(number, buffer);
      if (!found) return false;
      std::memcpy(out, found->data() + from, part);
    }
    at += part, out += part, length -= part;
  }
  return true;
}

void PageView::activate() {
  if (active_) return;
  active_ = true;
  pending_.size_pages = base_.size();
}

void PageView::write(uint64_t at, size_t length, const uint8_t* bytes) {
  activate();
  while (length > 0) {
    const auto number = static_cast<uint32_t>(at / kPageBytes + 1);
    const size_t from = at % kPageBytes, part = std::min<size_t>(length, kPageBytes - from);
    auto copy = std::make_shared_for_overwrite<Page>();
    if (part < kPageBytes && !read(at - from, kPageBytes, copy->data())) copy->fill(0);
    std::memcpy(copy->data() + from, bytes, part);
    pending_.put(number, std::move(copy));
    pending_.size_pages = std::max(pending_.size_pages, number);
    at += part, bytes += part, length -= part;
  }
}

void PageView::resize(uint32_t size_pages) {
  activate();
  pending_.size_pages = size_pages;
  while (!pending_.pages.empty() && pending_.pages.back().first > size_pages)
    pending_.pages.pop_back();
}

void PageView::wipe() {
  active_ = true;
  pending_ = {.from_empty = true, .size_pages = 0, .pages = {}};
}

PageChanges PageView::take() {
  active_ = false;
  return std::exchange(pending_, {});
}
void PageView::discard() { (void)take(); }

namespace {

struct OpenFile {
  sqlite3_file base;
  PageView* view;
};
PageView& view_of(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file)->view; }

int close_file(sqlite3_file*) { return SQLITE_OK; }
int read_file(sqlite3_file* file, void* out, int length, sqlite3_int64 at) {
  PageView& view = view_of(file);
  if (!view.read(static_cast<uint64_t>(at), static_cast<size_t>(length),
                 static_cast<uint8_t*>(out)))
    return SQLITE_IOERR_READ;
  return at + length > int64_t{view.size()} * kPageBytes ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}
int write_file(sqlite3_file* file, const void* bytes, int length, sqlite3_int64 at) {
  view_of(file).write(static_cast<uint64_t>(at), static_cast<size_t>(length),
                      static_cast<const uint8_t*>(bytes));
  return SQLITE_OK;
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  view_of(file).resize(static_cast<uint32_t>((size + kPageBytes - 1) / kPageBytes));
  return SQLITE_OK;
}
int sync_file(sqlite3_file*, int) { return SQLITE_OK; }
int file_size(sqlite3_file* file, sqlite3_int64* out) {
  *out = int64_t{view_of(file).size()} * kPageBytes;
  return SQLITE_OK;
}
int lock_file(sqlite3_file*, int) { return SQLITE_OK; }
int check_lock(sqlite3_file*, int* out) {
  *out = 0;
  return SQLITE_OK;
}
int file_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return 512; }
int characteristics(sqlite3_file*) {
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_SAFE_APPEND | SQLITE_IOCAP_SEQUENTIAL;
}

constexpr sqlite3_io_methods kMethods = {
    1,         close_file, read_file, write_file,   truncate_file, sync_file,       file_size,
    lock_file, lock_file,  check_lock, file_control, sector_size,   characteristics, nullptr,
    nullptr,   nullptr,    nullptr,   nullptr,      nullptr};

constexpr int64_t kJulianEpochMs = 210866760000000;  // 1970 in milliseconds of the Julian period

}  // namespace

struct Vfs::Registration {
  sqlite3_vfs vfs{};
  char name[40]{};
  std::function<int64_t()> now_ms;
  PageView* opening = nullptr;
  bool is_registered = false;

  static Registration& of(sqlite3_vfs* vfs) { return *static_cast<Registration*>(vfs->pAppData); }

  static int open(sqlite3_vfs* vfs, const char*, sqlite3_file* file, int flags, int* flags_out) {
    file->pMethods = nullptr;
    PageView* view = std::exchange(of(vfs).opening, nullptr);
    // Nothing else is ever opened: journals and temporary tables are in memory.
    if (!(flags & SQLITE_OPEN_MAIN_DB) || !view) return SQLITE_CANTOPEN;
    reinterpret_cast<OpenFile*>(file)->view = view;
    file->pMethods = &kMethods;
    if (flags_out) *flags_out = flags;
    return SQLITE_OK;
  }
  static int remove(sqlite3_vfs*, const char*, int) { return SQLITE_OK; }
  static int access(sqlite3_vfs*, const char*, int, int* out) {
    *out = 0;
    return SQLITE_OK;
  }
  static int full_path(sqlite3_vfs*, const char* path, int size, char* out) {
    std::snprintf(out, static_cast<size_t>(size), "%s", path);
    return SQLITE_OK;
  }
  static int randomness(sqlite3_vfs*, int size, char* out) {
    std::memset(out, 0, static_cast<size_t>(size));
    return size;
  }
  static int sleep(sqlite3_vfs*, int) { return 0; }
  static int time_ms(sqlite3_vfs* vfs, sqlite3_int64* out) {
    const Registration& self = of(vfs);
    *out = kJulianEpochMs + (self.now_ms ? self.now_ms() : 0);
    return SQLITE_OK;
  }
  static int time_days(sqlite3_vfs* vfs, double* out) {
    sqlite3_int64 ms = 0;
    time_ms(vfs, &ms);
    *out = static_cast<double>(ms) / 86'400'000.0;
    return SQLITE_OK;
  }
  static int last_error(sqlite3_vfs*, int, char*) { return 0; }
};

Vfs::Vfs(std::function<int64_t()> now_ms) : registration_(std::make_unique<Registration>()) {
  Registration& r = *registration_;
  r.now_ms = std::move(now_ms);
  std::snprintf(r.name, sizeof r.name, "offing-durable-%p", static_cast<void*>(&r));
  r.vfs.iVersion = 2;
  r.vfs.szOsFile = sizeof(OpenFile);
  r.vfs.mxPathname = 64;
  r.vfs.zName = r.name;
  r.vfs.pAppData = &r;
  r.vfs.xOpen = Registration::open;
  r.vfs.xDelete = Registration::remove;
  r.vfs.xAccess = Registration::access;
  r.vfs.xFullPathname = Registration::full_path;
  r.vfs.xRandomness = Registration::randomness;
  r.vfs.xSleep = Registration::sleep;
  r.vfs.xCurrentTime = Registration::time_days;
  r.vfs.xGetLastError = Registration::last_error;
  r.vfs.xCurrentTimeInt64 = Registration::time_ms;
}

Vfs::~Vfs() {
  if (registration_->is_registered) sqlite3_vfs_unregister(&registration_->vfs);
}

sqlite3* Vfs::open(PageView& view, int& code) {
  // By the first to open: SQLite keeps a list of all, and most copies of a store open nothing.
  if (!std::exchange(registration_->is_registered, true)) {
    const int registered = sqlite3_vfs_register(&registration_->vfs, 0);
    assert(registered == SQLITE_OK);
  }
  registration_->opening = &view;
  sqlite3* db = nullptr;
  code = sqlite3_open_v2("object", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                         registration_->name);
  registration_->opening = nullptr;
  if (code == SQLITE_OK) return db;
  sqlite3_close(db);
  return nullptr;
}

}  // namespace offing::durable
