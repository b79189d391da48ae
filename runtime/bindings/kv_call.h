// A KV binding's call as plain values: what runtime/web/kv.ts asks and emulator/services answers.
// The guest side has coerced the arguments already (spec/kv.md A1-A7); limits, consistency and the
// service's own error texts (1.3) are the answering side's.
#ifndef OFFING_RUNTIME_BINDINGS_KV_CALL_H_
#define OFFING_RUNTIME_BINDINGS_KV_CALL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/http/byte_source.h"

namespace offing {

struct KvCall {
  enum class Op : uint8_t { kGet, kGetWithMetadata, kGetBulk, kPut, kDelete, kList };
  Op op = Op::kGet;
  uint32_t binding = 0;            // index into WorkerOptions::kv_bindings
  std::string key;                 // UTF-8; a lone surrogate arrives as its 3-byte (WTF-8) form
  std::vector<std::string> keys;   // kGetBulk
  std::optional<std::string> type; // kGetBulk: "text", "json" or whatever the guest wrote
  bool with_metadata = false;      // kGetBulk
  std::optional<int32_t> cache_ttl_s;
  // kPut
  std::string value;
  std::unique_ptr<ByteSource> value_stream;  // instead of `value`
  std::optional<std::string> metadata_json;
  std::optional<int32_t> expiration_s;       // absolute, Unix seconds
  std::optional<int32_t> expiration_ttl_s;
  // kList
  std::optional<std::string> prefix;
  std::optional<std::string> cursor;
  std::optional<int32_t> limit;
};

struct KvValue {
  bool found = false;
  std::shared_ptr<const std::string> value;  // shared with the store: never copied to be read
  std::optional<std::string> metadata_json;
};

struct KvListedKey {
  std::string name;
  std::optional<int64_t> expiration_s;
  std::optional<std::string> metadata_json;
};

struct KvAnswer {
  // Set when the service refused: "KV PUT failed: 429 Too Many Requests". Thrown as plain Error
  // unless `error_is_type_error`.
  std::optional<std::string> error;
  bool error_is_type_error = false;
  KvValue value;                        // kGet, kGetWithMetadata
  std::vector<KvValue> values;          // kGetBulk, one for each of KvCall::keys
  std::vector<KvListedKey> listed;      // kList
  bool list_complete = true;
  std::optional<std::string> cursor;
  std::optional<std::string> cache_status;  // "HIT", "MISS"
};

using KvCallback = std::move_only_function<void(KvAnswer)>;

}  // namespace offing

#endif  // OFFING_RUNTIME_BINDINGS_KV_CALL_H_
