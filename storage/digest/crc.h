// Reflected CRCs by table, eight bytes a step, and the CRC of a concatenation. Values as they stand
// in registers; digest.cc writes them down.
#ifndef OFFING_STORAGE_DIGEST_CRC_H_
#define OFFING_STORAGE_DIGEST_CRC_H_

#include <cstdint>
#include <string_view>

namespace offing::digest {

// `crc` is 0 at the beginning, then the value returned for the bytes before.
uint32_t crc32(uint32_t crc, std::string_view bytes);
uint32_t crc32c(uint32_t crc, std::string_view bytes);
uint64_t crc64_nvme(uint64_t crc, std::string_view bytes);

uint32_t combine_crc32(uint32_t first, uint32_t second, uint64_t second_size_bytes);
uint32_t combine_crc32c(uint32_t first, uint32_t second, uint64_t second_size_bytes);
uint64_t combine_crc64_nvme(uint64_t first, uint64_t second, uint64_t second_size_bytes);

}  // namespace offing::digest

#endif  // OFFING_STORAGE_DIGEST_CRC_H_
