// The Store with a directory: writing the log, the checkpoint, and redoing the log after a crash.
//
// Not kept over a restart: the history for point-in-time recovery, and an armed restore.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstring>

#include "storage/durable/store_impl.h"

namespace offing::durable {
namespace {

constexpr size_t kCatalogBatchBytes = 1 << 20;

// A file's bytes, mapped; empty when there is no file.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), error_(fd_ ? 0 : errno) {
    struct stat info {};
    if (!fd_ || fstat(fd_.get(), &info) != 0 || info.st_size == 0) return;
    size_ = static_cast<size_t>(info.st_size);
    data_ = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd_.get(), 0);
    if (data_ == MAP_FAILED) error_ = errno;
  }
  ~MappedFile() {
    if (data_ && data_ != MAP_FAILED) munmap(data_, size_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  int error() const { return error_; }
  std::span<const uint8_t> bytes() const { return {static_cast<const uint8_t*>(data_), size_}; }

 private:
  FileDescriptor fd_;
  int error_;
  void* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace

std::expected<void, std::string> StoreImpl::open_directory() {
  auto files = ObjectFiles::open(options_.directory);
  if (!files) return std::unexpected(files.error());
  files_ = std::move(*files);
  const std::string path = files_->log_path();
  const MappedFile log(path);
  if (log.error() == ENOENT) {
    if (files_->has_files())
      return std::unexpected(path + " is missing, and with it what the databases beside it need; "
                             "put it back or choose another state directory");
  } else if (log.error() != 0) {
    return std::unexpected(path + " cannot be read: " + std::strerror(log.error()));
  } else {
    auto end = read_log(log.bytes(), [this](const LogRecord& record) { redo(record); });
    if (!end)
      return std::unexpected(path + " " + end.error() +
                             "; restore it from a copy, or choose another state directory");
    log_sequence_ = end->next_sequence;
  }
  return checkpoint();
}

void StoreImpl::redo(const LogRecord& record) {
  if (record.kind == LogRecord::Kind::kRemoveNamespace) {
    forget_namespace(record.unique_key);
    removed_keys_.insert(std::string(record.unique_key));
    return;
  }
  ObjectState& state = state_of({std::string(record.unique_key), std::string(record.id)});
  if (record.kind == LogRecord::Kind::kObject) {
    state.pages = PageFile(&state.file, record.size_pages);
  } else {
    PageChanges changes{record.from_empty, record.size_pages, {}};
    for (const auto& [number, bytes] : record.pages) {
      auto page = std::make_shared_for_overwrite<Page>();
      std::memcpy(page->data(), bytes, kPageBytes);
      changes.pages.emplace_back(number, std::move(page));
    }
    state.pages.put(std::move(changes));
  }
  state.name = record.name;
  state.alarm_ms = record.alarm_ms;
  state.number = state.durable = record.number;
  state.committed_at_ms = record.at_ms;
  state.history_from = {record.number, record.at_ms};
  last_commit_ms_ = std::max(last_commit_ms_, record.at_ms);
}

FileResult StoreImpl::write_log() {
  if (!log_failed_.empty()) return std::unexpected(log_failed_);
  LogBatch batch;
  for (const Unsynced& unsynced : unsynced_) {
    LogRecord record;
    if (!unsynced.state) {
      record.kind = LogRecord::Kind::kRemoveNamespace;
      record.unique_key = unsynced.removed_key;
      batch.add(record);
      continue;
    }
    const ObjectState& state = *unsynced.state;
    record.from_empty = unsynced.from_empty;
    record.unique_key = state.object.unique_key;
    record.id = state.object.id;
    record.name = state.name;
    record.number = unsynced.number;
    record.at_ms = unsynced.at_ms;
    record.alarm_ms = unsynced.alarm_ms;
    record.size_pages = unsynced.size_pages;
    // A later commit of the batch may have replaced a page; the batch counts as a whole, so once is
    // enough.
    for (const auto& [number, page] : unsynced.pages)
      if (number <= state.pages.size() && state.pages.held(number) == page)
        record.pages.emplace_back(number, page->data());
    batch.add(record);
  }
  const std::string path = files_->log_path();
  FileResult done = ObjectFiles::append(log_.get(), path, batch.seal(log_sequence_), log_bytes_);
  if (done && fdatasync(log_.get()) != 0)
    done = std::unexpected(path + " cannot be made durable: " + std::strerror(errno));
  if (done) {
    log_bytes_ += batch.bytes();
    ++log_sequence_;
    return done;
  }
  // Part of the batch may be in the file: it has to go before anything else is written.
  if (ftruncate(log_.get(), static_cast<off_t>(log_bytes_)) != 0 || fdatasync(log_.get()) != 0)
    log_failed_ = done.error() + "; nothing more can be kept until the program is started again";
  return done;
}

// What the history has of a replaced file must be read before the file is overwritten.
bool StoreImpl::keep_whole_files(ObjectState& state) {
  for (auto it = state.history.begin(); it != state.history.end();) {
    HistoryRecord& record = *it++;
    if (!record.undo->whole) continue;
    const bool fits = record.undo->whole->pages.size() * size_t{kPageBytes} <=
                      options_.history_bytes_max / 4;
    auto loaded = fits ? std::make_shared<PageUndo>(*record.undo) : nullptr;
    if (loaded && PageFile::load(*loaded->whole, state.file)) {
      history_bytes_ += loaded->bytes();
      history_bytes_ -= record.undo->bytes();
      record.undo = std::move(loaded);
      continue;
    }
    const uint64_t last = record.number;
    while (!state.history.empty() && state.history.front().number <= last) drop_history(state);
    it = state.history.begin();
  }
  return true;
}

FileResult StoreImpl::checkpoint() {
  assert(unsynced_.empty());
  for (const std::string& key : removed_keys_)
    if (auto done = files_->remove_namespace(key); !done) return done;
  std::vector<ObjectState*> written;
  for (const auto& [object, state] : objects_) {
    if (!state->pages.file_differs()) continue;
    keep_whole_files(*state);
    if (auto done = files_->write(state->file, state->pages); !done) return done;
    written.push_back(state.get());
  }
  if (auto done = files_->sync(); !done) return done;
  std::vector<std::unique_ptr<LogBatch>> catalog;
  for (const auto& [object, state] : objects_) {
    if (state->number == 0) continue;
    if (catalog.empty() || catalog.back()->bytes() > kCatalogBatchBytes)
      catalog.push_back(std::make_unique<LogBatch>());
    LogRecord record;
    record.kind = LogRecord::Kind::kObject;
    record.unique_key = object.unique_key;
    record.id = object.id;
    record.name = state->name;
    record.number = state->number;
    record.at_ms = state->committed_at_ms;
    record.alarm_ms = state->alarm_ms;
    record.size_pages = state->pages.size();
    catalog.back()->add(record);
  }
  size_t bytes = 0;
  auto log = files_->new_log(catalog, log_sequence_, bytes);
  if (!log) return std::unexpected(log.error());
  log_ = std::move(*log);
  log_bytes_ = bytes;
  log_sequence_ += catalog.size();
  removed_keys_.clear();
  for (ObjectState* state : written) state->pages.written();
  return {};
}

}  // namespace offing::durable
