// Which KV reads served something that a newer write had already replaced, for how long, and whose
// request it was: a reader of the trace, for people who have never thought about KV's lag.
//
// A *window* belongs to one key in one location: it opens with a stale read and closes with the first
// read there that is fresh again. Only keys that are written or read stale are kept, and of the
// requests only those that a window or a write names. What is kept of one key is bounded; the counts
// are not.
#ifndef OFFING_EMULATOR_REPLAY_STALENESS_H_
#define OFFING_EMULATOR_REPLAY_STALENESS_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emulator/trace/trace.h"

namespace offing::replay {

struct StalenessTextOptions {
  bool colour = false;
  size_t keys_max = 3;      // keys shown, those with the longest windows first
  size_t reads_max = 4;     // stale reads shown of one window
  size_t windows_max = 3;   // locations shown of one key, each with its longest window
};

class StalenessReport final : public trace::Reader {
 public:
  void on_event(const trace::Stamp& stamp, const trace::Event& event) override;

  uint64_t reads() const { return reads_; }
  uint64_t stale_reads() const { return stale_reads_; }
  std::string text(const StalenessTextOptions& options) const;
  std::string json() const;

 private:
  static constexpr size_t kWritesMax = 1000;   // of one key
  static constexpr size_t kWindowsMax = 1000;  // of one key in one location
  static constexpr size_t kReadsMax = 1000;    // of one window
  static constexpr size_t kRecentMax = 4096;   // answered requests that may still read and write

  struct Write {
    trace::Stamp stamp;
    uint64_t request = 0;
    std::string location;
    bool deletes = false;
    uint64_t version = 0;
  };
  struct Read {
    trace::Stamp stamp;
    uint64_t request = 0;
    std::string op;
    uint64_t version_served = 0;
    bool served_absent = false;
    uint64_t version_newest = 0;
    bool newest_absent = false;
    int64_t staleness_ms = 0;
    std::string cause;
  };
  struct Window {
    std::vector<Read> stale;
    uint64_t stale_reads = 0;  // `stale` may hold fewer
    std::optional<Read> first_fresh;
    int64_t staleness_ms_max = 0;
  };
  struct Key {
    std::deque<Write> writes;
    uint64_t writes_before = 0;  // that `writes` no longer holds
    std::map<std::string, std::vector<Window>> windows;  // by location, in order of time
    int64_t staleness_ms_max = 0;
    uint64_t stale_reads = 0;
  };
  struct RequestInfo {
    std::string method;
    std::string url;
    uint16_t status = 0;
    bool kept = false;  // named by a window or a write
  };
  using KeyName = std::pair<std::string, std::string>;  // namespace, key
  friend class StalenessText;
  friend class StalenessJson;

  void on_request(const trace::RequestEvent& event);
  void on_response(const trace::ResponseEvent& event);
  void on_read(const trace::Stamp& stamp, const trace::KvReadEvent& event);
  void on_write(const trace::Stamp& stamp, const trace::KvWriteEvent& event);
  void on_list(const trace::KvListEvent& event);
  void keep(uint64_t request);

  std::optional<int64_t> start_us_;  // of the first event: times are told from here
  std::map<KeyName, Key> keys_;
  std::unordered_map<uint64_t, RequestInfo> requests_;
  std::deque<uint64_t> recent_;  // answered requests, to be forgotten unless kept, oldest first
  uint64_t reads_ = 0;
  uint64_t stale_reads_ = 0;
  uint64_t stale_keys_ = 0;
  uint64_t lists_ = 0;
  uint64_t stale_lists_ = 0;
  uint64_t stale_listed_names_ = 0;
};

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_STALENESS_H_
