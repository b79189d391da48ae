// The redo log's bytes: a header, then batches. A batch is what one `sync` wrote; it has a checksum
// and counts as a whole or not at all. A later batch is written only after the one before was
// durable, so a bad batch at the end is torn (ignored), and one with a good batch behind it is
// damage (an error). Records of a batch, in order: an object as it stood when the log began (its
// pages are in its file), a commit with its pages, a namespace removed. Numbers are little-endian,
// everything is 8-byte aligned.
#ifndef OFFING_STORAGE_DURABLE_LOG_FORMAT_H_
#define OFFING_STORAGE_DURABLE_LOG_FORMAT_H_

#include <sys/uio.h>

#include <deque>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/durable/page.h"

namespace offing::durable {

struct LogRecord {
  enum class Kind : uint8_t { kObject = 1, kCommit = 2, kRemoveNamespace = 3 };
  Kind kind = Kind::kCommit;
  bool from_empty = false;
  std::string_view unique_key, id, name;
  uint64_t number = 0;      // of the object's commit
  int64_t at_ms = 0;
  int64_t alarm_ms = -1;    // below 0: none
  uint32_t size_pages = 0;
  std::vector<std::pair<uint32_t, const uint8_t*>> pages;
};

constexpr size_t kLogHeaderBytes = 32;
constexpr uint64_t kLogBatchMagic = 0x6863746162676f6c;  // "logbatch"
std::string_view log_header();

class LogBatch {
 public:
  LogBatch() = default;
  LogBatch(const LogBatch&) = delete;
  LogBatch& operator=(const LogBatch&) = delete;

  void add(const LogRecord& record);  // its pages must live until the batch is written
  bool empty() const { return heads_.empty(); }
  size_t bytes() const { return kHeadBytes + payload_bytes_; }
  // Completes it; the parts to be written one behind the other.
  std::vector<iovec> seal(uint64_t sequence);

  static constexpr size_t kHeadBytes = 32;

 private:
  struct Head {
    std::string bytes;
    std::vector<std::pair<uint32_t, const uint8_t*>> pages;
  };
  std::deque<Head> heads_;
  size_t payload_bytes_ = 0;
  uint64_t head_[4] = {};
};

struct LogEnd {
  size_t good_bytes = 0;       // up to the end of the last good batch
  uint64_t next_sequence = 1;
  bool torn = false;           // bytes behind it were ignored
};
// Views of a record live as long as `bytes`. The error is a text after the file's name.
std::expected<LogEnd, std::string> read_log(std::span<const uint8_t> bytes,
                                            const std::function<void(const LogRecord&)>& visit);

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_LOG_FORMAT_H_
