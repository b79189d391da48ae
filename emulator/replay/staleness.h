// Which KV reads served something that a newer write had already replaced, for how long, and whose
// request it was: a reader of the trace, for people who have never thought about KV's lag.
//
// A *window* is one (key, location): it opens with the first stale read, closes with the first read
// there that is fresh again. Only keys that are written or read stale are kept, and of the requests
// only those that a window or a write names.
#ifndef OFFING_EMULATOR_REPLAY_STALENESS_H_
#define OFFING_EMULATOR_REPLAY_STALENESS_H_

#include <cstdint>
#include <deque>
#include <map>
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
  size_t windows_max = 3;   // locations shown of one key
};

class StalenessReport final : public trace::Reader {
 public:
  void on_event(const trace::Stamp& stamp, const trace::Event& event) override;

  uint64_t reads() const { return reads_; }
  uint64_t stale_reads() const { return stale_reads_; }
  std::string text(const StalenessTextOptions& options) const;
  std::string json() const;

 private:
  struct Write {
    int64_t at_us = 0;
    uint64_t request = 0;
    std::string location;
    std::string op;
    uint64_t version = 0;
  };
  struct Read {
    int64_t at_us = 0;
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
    bool open = false;
    bool seen = false;  // the location has read fresh again since: `first_fresh`
    Read first_fresh;
    int64_t staleness_ms_max = 0;
  };
  struct Key {
    std::deque<Write> writes;
    uint64_t writes_before = 0;  // that `writes` no longer holds
    std::map<std::string, Window> windows;
    int64_t staleness_ms_max = 0;
    uint64_t stale_reads = 0;
  };
  struct RequestInfo {
    std::string location;
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
  void on_read(int64_t at_us, const trace::KvReadEvent& event);
  void on_write(int64_t at_us, const trace::KvWriteEvent& event);
  void keep(uint64_t request);

  std::map<KeyName, Key> keys_;
  std::unordered_map<uint64_t, RequestInfo> requests_;
  std::deque<uint64_t> recent_;  // candidates to be forgotten, oldest first
  uint64_t reads_ = 0;
  uint64_t stale_reads_ = 0;
  uint64_t lists_ = 0;
  uint64_t stale_lists_ = 0;
  uint64_t stale_listed_names_ = 0;
};

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_STALENESS_H_
