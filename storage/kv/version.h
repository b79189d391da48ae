// A version: what one put or delete left behind. Immutable and shared: the history of a key, every
// location's cache, the replicas and the answers on their way all hold the same object, so that
// value, metadata and expiration of a read always come from one write (spec/kv.md K14).
// The one field set later is `superseded_at_ms`: when the next version was acknowledged. Staleness is
// measured from it.
#ifndef OFFING_STORAGE_KV_VERSION_H_
#define OFFING_STORAGE_KV_VERSION_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace offing::kv {

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

struct Version {
  uint64_t seq = 0;  // counts the writes to the namespace, from 1
  std::shared_ptr<const std::string> value;
  std::optional<std::string> metadata_json;
  int64_t expiration_s = 0;  // Unix seconds, 0 = none
  bool deleted = false;
  int64_t written_at_ms = 0;  // when it was acknowledged
  uint32_t location = 0;      // of the writer
  uint64_t request = 0;       // of the writer
  int64_t listed_at_ms = 0;   // when the list index shows it everywhere
  int64_t tiered_at_ms = 0;   // when regional tiers have been revalidated with it
  int64_t settled_at_ms = 0;  // from then on no location may be shown anything older by the store
  std::vector<int64_t> fetched_from_ms;  // by location; empty = at once (mode documented, links)
  mutable int64_t superseded_at_ms = kNever;

  // spec/kv.md K15: from its expiration on a version reads as absent.
  bool absent(int64_t now_ms) const {
    return deleted || (expiration_s != 0 && now_ms >= expiration_s * 1000);
  }
};
using VersionRef = std::shared_ptr<const Version>;

}  // namespace offing::kv

#endif  // OFFING_STORAGE_KV_VERSION_H_
