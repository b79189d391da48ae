// Limits of Workers KV and the texts that it refuses with (spec/kv.md 1.3, 1.4; read 2026-11), as
// data. `<OP>` in the texts: GET (list says GET too), GET_BULK, PUT, DELETE.
#ifndef OFFING_STORAGE_KV_RULES_H_
#define OFFING_STORAGE_KV_RULES_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace offing::kv {

inline constexpr size_t kKeyBytesMax = 512;                    // 1.4, UTF-8
inline constexpr size_t kMetadataBytesMax = 1024;              // 1.4, JSON text
inline constexpr size_t kValueBytesMax = 25 * 1024 * 1024;     // 1.4: 25 MiB
inline constexpr size_t kBulkKeysMax = 100;                    // 1.4
inline constexpr size_t kBulkResponseBytesMax = 25'000'000;    // 1.3: 25 MB, not MiB
inline constexpr int32_t kListLimitMax = 1000;                 // 1.4, also the default
inline constexpr int32_t kExpirationTtlMinS = 60;              // 1.4

enum class Op : uint8_t { kGet, kGetBulk, kPut, kDelete, kList };
std::string_view op_name(Op op);

struct Refusal {
  std::string text;
  bool is_type_error = false;
};
using Checked = std::expected<void, Refusal>;

// "KV PUT failed: 429 Too Many Requests"
Refusal refuse(Op op, std::string_view status_and_reason);
inline constexpr std::string_view kTooManyRequests = "429 Too Many Requests";
inline constexpr std::string_view kServerError = "500 Internal Server Error";
inline constexpr std::string_view kUnavailable = "503 Service Unavailable";

// Single-key operations: empty, ".", "..", longer than 512 bytes, not UTF-8 (a lone surrogate).
Checked check_key(Op op, std::string_view key);
Checked check_cache_ttl(Op op, std::optional<int32_t> cache_ttl_s, int32_t min_s);
Checked check_bulk(const std::vector<std::string>& keys, const std::optional<std::string>& type);

struct Expiry {
  std::optional<int32_t> expiration_s;
  std::optional<int32_t> ttl_s;
};
// The absolute expiration, 0 for none. With both given the TTL wins and `expiration` is not looked
// at (1.3).
std::expected<int64_t, Refusal> check_expiry(const Expiry& expiry, int64_t now_ms);
Checked check_metadata(const std::optional<std::string>& metadata_json);
Checked check_value_size(uint64_t size_bytes);
// The page size to use. A limit <= 0 means none was given (A3).
std::expected<int32_t, Refusal> check_list(std::optional<int32_t> limit, std::string_view prefix);

bool is_utf8(std::string_view text);
bool is_json(std::string_view text);

}  // namespace offing::kv

#endif  // OFFING_STORAGE_KV_RULES_H_
