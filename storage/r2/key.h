// Keys (spec/r2.md 1.12): identity is after Unicode NFC, the spelling shown is the last one written.
#ifndef OFFING_STORAGE_R2_KEY_H_
#define OFFING_STORAGE_R2_KEY_H_

#include <string>
#include <string_view>

#include "storage/r2/values.h"

namespace offing::r2 {

// NFC of valid UTF-8; what is not valid UTF-8 is its own identity. Quick for ASCII.
std::string nfc_key(std::string_view key);
// 1 to 1,024 bytes as given.
bool is_valid_key(std::string_view key);
// The size that counts against kMetadataBytesMax: names and values of custom metadata, doubled where a
// character is beyond U+00FF (1.12).
size_t metadata_size_bytes(const CustomMetadata& custom);
// 3 to 63 of [a-z0-9-], beginning and ending alphanumeric (1.12).
bool is_valid_bucket_name(std::string_view name);

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_KEY_H_
