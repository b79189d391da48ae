// R2's numbers, each with its row of spec/r2.md (1.10, 1.12, 2.1, 3).
#ifndef OFFING_STORAGE_R2_LIMITS_H_
#define OFFING_STORAGE_R2_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace offing::r2 {

inline constexpr uint64_t kMiB = 1024 * 1024, kGiB = 1024 * kMiB, kTiB = 1024 * kGiB;

inline constexpr size_t kKeyBytesMax = 1024;                        // 1.12
inline constexpr size_t kMetadataBytesMax = 8192;                   // 1.12
inline constexpr uint64_t kSinglePutBytesMax = 5 * kGiB - 5 * kMiB; // 1.12; a part's too (M2)
inline constexpr uint64_t kObjectBytesMax = 5 * kTiB - 5 * kGiB;    // 1.12
inline constexpr uint64_t kPartBytesMin = 5 * kMiB;                 // M2
inline constexpr uint32_t kPartNumberMax = 10'000;                  // M1
inline constexpr size_t kListMax = 1000;                            // L1
inline constexpr size_t kDeleteKeysMax = 1000;                      // 1.9
inline constexpr size_t kListMetadataBytes = 256 * 1024;            // L5
inline constexpr size_t kLockRulesMax = 1000;                       // 2.1
inline constexpr size_t kLifecycleRulesMax = 1000;                  // 3.1
inline constexpr size_t kNotificationRulesMax = 100;                // 3.2
inline constexpr size_t kBucketsMax = 100'000;                      // 1.12
inline constexpr int64_t kUploadLifeMs = 7 * 86'400'000LL;          // M9

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_LIMITS_H_
