#include "emulator/rest/rest_exchange.h"

#include <algorithm>
#include <charconv>

namespace offing::rest {

std::optional<RestError> refused(const Exchange& exchange, Right right, std::string_view bucket) {
  const R2Token* token = exchange.token;
  if (token == nullptr) return std::nullopt;
  const bool of_objects = right == Right::kReadObjects || right == Right::kWriteObjects;
  const bool writes = right == Right::kEditBucket || right == Right::kWriteObjects;
  bool may = (of_objects || r2_scope_is_admin(token->scope)) &&
             (!writes || r2_scope_writes(token->scope));
  if (!token->buckets.empty())
    may = may && std::ranges::find(token->buckets, bucket) != token->buckets.end();
  if (may) return std::nullopt;
  return rest_error(r2::Code::kAccessDenied,
                    "Access Denied: the token \"" + token->name + "\" has the scope " +
                        std::string(r2_scope_name(token->scope)) +
                        (token->buckets.empty() ? "" : ", of certain buckets"));
}

std::expected<std::string, RestError> jurisdiction_of(const Exchange& exchange) {
  const std::string_view given = exchange.header("cf-r2-jurisdiction");
  if (given.empty() || given == "default") return "";
  if (given == "eu" || given == "fedramp" || given == "us") return std::string(given);
  return std::unexpected(rest_error(
      r2::Code::kInvalidRequest, "There is no jurisdiction \"" + std::string(given.substr(0, 80)) +
                                     "\"; there are default, eu, fedramp and us"));
}

std::expected<const r2::Bucket*, RestError> bucket_of(RestContext& context,
                                                      const Exchange& exchange,
                                                      std::string_view name, Right right) {
  if (auto error = refused(exchange, right, name)) return std::unexpected(std::move(*error));
  auto jurisdiction = jurisdiction_of(exchange);
  if (!jurisdiction) return std::unexpected(jurisdiction.error());
  const r2::Bucket* bucket = context.r2.find_bucket(name);
  if (bucket == nullptr || bucket->settings.jurisdiction != *jurisdiction)
    return std::unexpected(rest_error(r2::Code::kNoSuchBucket));
  return bucket;
}

std::expected<int64_t, RestError> number_of(const Exchange& exchange, const char* name,
                                            int64_t fallback, int64_t low, int64_t high) {
  const std::string* text = exchange.query.get(name);
  if (text == nullptr || text->empty()) return fallback;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error == std::errc() && end == text->data() + text->size() && value >= low && value <= high)
    return value;
  return std::unexpected(rest_error(
      r2::Code::kInvalidRequest, std::string(name) + " is \"" + text->substr(0, 80) +
                                     "\"; it must be a whole number from " + std::to_string(low) +
                                     " to " + std::to_string(high)));
}

std::string_view storage_class_name(r2::StorageClass value) {
  return value == r2::StorageClass::kStandard ? "Standard" : "InfrequentAccess";
}

std::optional<r2::StorageClass> storage_class_named(std::string_view name) {
  if (name == "Standard") return r2::StorageClass::kStandard;
  if (name == "InfrequentAccess") return r2::StorageClass::kInfrequentAccess;
  return std::nullopt;
}

}  // namespace offing::rest
