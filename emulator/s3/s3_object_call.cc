#include "emulator/s3/s3_object_call.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "emulator/s3/s3_headers.h"

namespace offing::s3 {

std::optional<S3Error> read_new_object(const HeaderList& headers, R2Call& call) {
  auto stored = storage_class(headers);
  if (!stored) return std::move(stored.error());
  auto key = ssec_key(headers, false);
  if (!key) return std::move(key.error());
  call.storage_class = *stored;
  call.ssec_key = std::move(*key);
  call.http = http_metadata(headers);
  call.custom = custom_metadata(headers);
  return std::nullopt;
}

std::optional<S3Error> read_copy_source(const Exchange& x, R2Call& call) {
  auto source = copy_source(x.headers());
  if (!source) return std::move(source.error());
  auto key = ssec_key(x.headers(), true);
  if (!key) return std::move(key.error());
  if (!x.may(Access::kReadObject, source->bucket, source->key)) return access_denied();
  const r2::Bucket* bucket = x.door.service.find_bucket(source->bucket);
  const bool elsewhere = bucket != nullptr && x.target.jurisdiction &&
                         *x.target.jurisdiction != bucket->settings.jurisdiction;
  if (bucket == nullptr || elsewhere) return from(r2::Error(r2::Code::kNoSuchBucket));
  call.source_bucket = bucket->id;
  call.source_key = std::move(source->key);
  call.source_ssec_key = std::move(*key);
  return std::nullopt;
}

void add_checksums(HeaderList& out, std::span<const r2::Checksum> checksums) {
  for (const r2::Checksum& one : checksums) {
    if (const std::string_view name = checksum_header(one.algorithm); !name.empty())
      out.add(name, digest::to_base64(one.bytes));
  }
}

void add_ssec(HeaderList& out, const HeaderList& request) {
  for (std::string_view name : {"x-amz-server-side-encryption-customer-algorithm",
                                "x-amz-server-side-encryption-customer-key-md5"}) {
    if (auto value = request.get(name)) out.add(name, *value);
  }
}

std::optional<uint64_t> list_limit(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  while (!text.empty() && kBlanks.find(text.back()) != kBlanks.npos) text.remove_suffix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value) || value < 0)
    return std::nullopt;
  constexpr double kLargest = 9007199254740991.0;   // beyond it, a whole number is no more exact
  return static_cast<uint64_t>(std::floor(std::min(value, kLargest)));
}

std::expected<bool, S3Error> is_url_encoded(const Query& query) {
  const std::string* type = query.get("encoding-type");
  if (type == nullptr) return false;
  if (*type == "url") return true;
  return std::unexpected(not_implemented("Unrecognized encoding-type \"" + *type + "\""));
}

}  // namespace offing::s3
