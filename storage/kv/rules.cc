#include "storage/kv/rules.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

namespace offing::kv {

std::string_view op_name(Op op) {
  switch (op) {
    case Op::kGet: return "GET";
    case Op::kGetBulk: return "GET_BULK";
    case Op::kPut: return "PUT";
    case Op::kDelete: return "DELETE";
    case Op::kList: return "GET";  // 1.3: list also says GET
  }
  return "";
}

Refusal refuse(Op op, std::string_view status_and_reason) {
  std::string text = "KV ";
  text += op_name(op);
  text += " failed: ";
  text += status_and_reason;
  return {std::move(text), false};
}

static std::unexpected<Refusal> no(Op op, std::string_view reason) {
  return std::unexpected(refuse(op, reason));
}

static std::string too_long(size_t bytes) {
  return "414 UTF-8 encoded length of " + std::to_string(bytes) +
         " exceeds key length limit of 512.";
}

Checked check_key(Op op, std::string_view key) {
  if (key.empty()) return std::unexpected(Refusal{"Key name cannot be empty.", true});
  if (key == "." || key == "..")
    return std::unexpected(
        Refusal{"\"" + std::string(key) + "\" is not allowed as a key name.", true});
  if (key.size() > kKeyBytesMax) return no(op, too_long(key.size()));
  if (!is_utf8(key)) return no(op, "400 Could not URL-decode key name");
  return {};
}

Checked check_cache_ttl(Op op, std::optional<int32_t> cache_ttl_s, int32_t min_s) {
  if (!cache_ttl_s || *cache_ttl_s >= min_s) return {};
  return no(op, "400 Invalid cache_ttl of " + std::to_string(*cache_ttl_s) +
                    ". Cache TTL must be at least " + std::to_string(min_s) + ".");
}

Checked check_bulk(const std::vector<std::string>& keys, const std::optional<std::string>& type) {
  constexpr Op kOp = Op::kGetBulk;
  // UNKNOWN (spec/kv.md 1.3): which of these a request that breaks several is told.
  if (keys.empty()) return no(kOp, "400 You must request a minimum of 1 key");
  if (keys.size() > kBulkKeysMax) return no(kOp, "400 You can request a maximum of 100 keys");
  if (type && *type != "text" && *type != "json")
    return no(kOp, "400 \"" + *type + "\" is not a valid type. Use \"json\" or \"text\"");
  for (const std::string& key : keys) {
    if (key.empty() || key == "." || key == "..")
      return no(kOp, "400 Key name " + key + " is not legal");
    if (key.size() > kKeyBytesMax)
      return no(kOp, "414 Encoded length of " + std::to_string(key.size()) + " is too long");
  }
  return {};
}

std::expected<int64_t, Refusal> check_expiry(const Expiry& expiry, int64_t now_ms) {
  const int64_t now_s = now_ms / 1000;
  if (expiry.ttl_s) {
    const std::string given = "400 Invalid expiration_ttl of " + std::to_string(*expiry.ttl_s);
    if (*expiry.ttl_s <= 0) return no(Op::kPut, given + ". Please specify integer greater than 0.");
    if (*expiry.ttl_s < kExpirationTtlMinS)
      return no(Op::kPut, given + ". Expiration TTL must be at least 60.");
    return now_s + *expiry.ttl_s;
  }
  if (!expiry.expiration_s) return 0;
  const std::string given = "400 Invalid expiration of " + std::to_string(*expiry.expiration_s);
  if (*expiry.expiration_s <= now_s)
    return no(Op::kPut, given + ". Please specify integer greater than the current number of "
                                "seconds since the UNIX epoch.");
  if (*expiry.expiration_s < now_s + kExpirationTtlMinS)
    return no(Op::kPut, given + ". Expiration times must be at least 60 seconds in the future.");
  return *expiry.expiration_s;
}

Checked check_metadata(const std::optional<std::string>& metadata_json) {
  if (!metadata_json || metadata_json->size() <= kMetadataBytesMax) return {};
  return no(Op::kPut, "413 Payload Too Large");
}

Checked check_value_size(uint64_t size_bytes) {
  if (size_bytes <= kValueBytesMax) return {};
  return no(Op::kPut, "413 Value length of " + std::to_string(size_bytes) +
                          " exceeds limit of 26214400.");
}

std::expected<int32_t, Refusal> check_list(std::optional<int32_t> limit, std::string_view prefix) {
  if (limit && *limit > kListLimitMax)
    return no(Op::kList, "400 Invalid key_count_limit of " + std::to_string(*limit) +
                             ". Please specify integer less than 1000.");
  if (prefix.size() > kKeyBytesMax) return no(Op::kList, too_long(prefix.size()));
  return limit && *limit > 0 ? *limit : kListLimitMax;
}

bool is_utf8(std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const size_t n = text.size();
  for (size_t i = 0; i < n;) {
    const unsigned char c = p[i];
    if (c < 0x80) {
      ++i;
      continue;
    }
    const size_t length = c >= 0xC2 && c <= 0xDF   ? 2
                          : c >= 0xE0 && c <= 0xEF ? 3
                          : c >= 0xF0 && c <= 0xF4 ? 4
                                                   : 0;
    if (length == 0 || i + length > n) return false;
    for (size_t k = 1; k < length; ++k)
      if ((p[i + k] & 0xC0) != 0x80) return false;
    const unsigned char second = p[i + 1];
    if ((c == 0xE0 && second < 0xA0) || (c == 0xED && second > 0x9F) ||
        (c == 0xF0 && second < 0x90) || (c == 0xF4 && second > 0x8F))
      return false;
    i += length;
  }
  return true;
}

bool is_json(std::string_view text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::BaseReaderHandler<> ignore;
  rapidjson::Reader reader;
  return !reader.Parse<rapidjson::kParseIterativeFlag>(stream, ignore).IsError();
}

}  // namespace offing::kv
