// One bucket: its objects by key, the uploads under way, and the rules that govern both. Plain state;
// the Store changes it.
#ifndef OFFING_STORAGE_R2_BUCKET_H_
#define OFFING_STORAGE_R2_BUCKET_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "storage/r2/cors.h"
#include "storage/r2/lifecycle.h"
#include "storage/r2/listing.h"
#include "storage/r2/lock.h"
#include "storage/r2/notifications.h"
#include "storage/r2/object.h"

namespace offing::r2 {

struct BucketSettings {
  std::string name;
  std::string jurisdiction;            // "" (default), "eu", "fedramp", "us"
  std::string location = "WEUR";       // the hint, in capitals, as S3 and REST show it
  int64_t created_ms = 0;
  StorageClass default_class = StorageClass::kStandard;
};

struct Bucket {
  uint32_t id = 0;
  BucketSettings settings;
  std::vector<LockRule> locks;
  std::vector<LifecycleRule> lifecycle = {default_abort_rule()};
  std::vector<CorsRule> cors;
  std::vector<NotificationRule> notifications;
  ObjectIndex objects;
  std::map<std::string, Upload, std::less<>> uploads;   // by id
  // Uploads that were completed or aborted: using one of them is another error than using an id that
  // was never given out (M7). Kept for the life of the process.
  std::set<std::string, std::less<>> ended_uploads;
};

// By id. Ids are not used again.
using Buckets = std::map<uint32_t, std::unique_ptr<Bucket>>;

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_BUCKET_H_
