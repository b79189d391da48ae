// Concurrent writes to one key (spec/r2.md C9): a write that begins while another of the same key is
// under way is refused. From then on the documented "one write a second" holds for that key until its
// writers have kept apart for so long. Writers that never overlap are never refused.
#ifndef OFFING_EMULATOR_SERVICES_R2_OVERLAP_H_
#define OFFING_EMULATOR_SERVICES_R2_OVERLAP_H_

#include <cstdint>
#include <string>
#include <unordered_map>

namespace offing {

class R2Overlap {
 public:
  // `window_ms` 0: only overlapping writes are refused.
  R2Overlap(bool enabled, int64_t window_ms) : enabled_(enabled), window_ms_(window_ms) {}

  // False: refuse this write. True: `end` is to be called when it is answered.
  bool begin(uint32_t bucket, const std::string& nfc_key, int64_t now_ms);
  void end(uint32_t bucket, const std::string& nfc_key, int64_t now_ms);

 private:
  struct State {
    uint32_t writers = 0;
    int64_t strict_until_ms = 0;   // 0: nobody overlapped lately
  };
  static std::string name_of(uint32_t bucket, const std::string& nfc_key);
  void forget_old(int64_t now_ms);

  bool enabled_;
  int64_t window_ms_;
  std::unordered_map<std::string, State> keys_;   // those being written, or strict
  size_t forget_at_ = 1024;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_SERVICES_R2_OVERLAP_H_
