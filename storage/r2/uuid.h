// 16 bytes in the shape of a UUID, which is how R2 shows versions and jobs.
#ifndef OFFING_STORAGE_R2_UUID_H_
#define OFFING_STORAGE_R2_UUID_H_

#include <cstdint>
#include <string>

#include "storage/digest/digest.h"

namespace offing::r2 {

inline std::string uuid_shaped(uint64_t first, uint64_t second) {
  const uint64_t halves[2] = {first, second};
  const std::string hex = digest::to_hex({reinterpret_cast<const char*>(halves), sizeof halves});
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
         hex.substr(16, 4) + "-" + hex.substr(20);
}

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_UUID_H_
