// What an object says about itself in a response.
#include "emulator/s3/s3_headers.h"
#include "emulator/s3/s3_uri.h"
#include "storage/digest/digest.h"
#include "storage/r2/key.h"

namespace offing::s3 {
namespace {

// Values come from bindings too, which allow any string; nothing may end a header early.
void add_field(HeaderList& out, std::string_view name, std::string_view value) {
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7f) return;
  }
  out.add(name, value);
}

bool is_token(std::string_view name) {
  constexpr std::string_view kOther = "!#$%&'*+-.^_`|~";
  for (const char c : name) {
    const bool is_alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!is_alphanumeric && kOther.find(c) == kOther.npos) return false;
  }
  return !name.empty();
}

void add_metadata(HeaderList& out, const r2::Object& object) {
  const r2::HttpMetadata& http = object.http;
  if (http.content_type) add_field(out, "Content-Type", *http.content_type);
  if (http.content_language) add_field(out, "Content-Language", *http.content_language);
  if (http.content_disposition) add_field(out, "Content-Disposition", *http.content_disposition);
  if (http.content_encoding) add_field(out, "Content-Encoding", *http.content_encoding);
  if (http.cache_control) add_field(out, "Cache-Control", *http.cache_control);
  if (http.cache_expiry_ms) out.add("Expires", http_date(*http.cache_expiry_ms));
  size_t missing = 0;
  for (const auto& [name, value] : object.custom) {
    if (is_token(name)) {
      out.add("x-amz-meta-" + name, encode_words(value));
    } else {
      ++missing;
    }
  }
  if (missing > 0) out.add("x-amz-missing-meta", std::to_string(missing));
}

void add_encryption(HeaderList& out, const r2::Object& object) {
  if (object.ssec_key_md5.empty()) return;
  out.add("x-amz-server-side-encryption-customer-algorithm", "AES256");
  out.add("x-amz-server-side-encryption-customer-key-MD5", digest::to_base64(object.ssec_key_md5));
}

void add_checksums(HeaderList& out, const r2::Object& object) {
  const bool is_composite =
      object.is_multipart() && object.checksum_type == r2::ChecksumType::kComposite;
  bool added = false;
  for (const r2::Checksum& checksum : object.checksums) {
    const std::string_view header = checksum_header(checksum.algorithm);
    if (header.empty()) continue;
    std::string value = digest::to_base64(checksum.bytes);
    if (is_composite) value += object.etag.substr(object.etag.find('-'));
    out.add(header, value);
    added = true;
  }
  if (added) out.add("x-amz-checksum-type", is_composite ? "COMPOSITE" : "FULL_OBJECT");
}

void add_expiration(HeaderList& out, const r2::Object& object,
                    std::span<const r2::LifecycleRule> rules) {
  if (rules.empty()) return;
  const std::string key = r2::nfc_key(object.key);
  const r2::LifecycleRule* rule = r2::expiring_rule(key, object.uploaded_ms, rules);
  if (rule == nullptr) return;
  out.add("x-amz-expiration", "expiry-date=\"" +
                                  http_date(r2::expires_at(key, object.uploaded_ms, rules)) +
                                  "\", rule-id=\"" + percent_encode(rule->id, false) + "\"");
}

}  // namespace

void add_object_headers(HeaderList& out, const r2::Object& object,
                        const ObjectHeaderOptions& options) {
  out.add("ETag", "\"" + object.etag + "\"");
  out.add("Last-Modified", http_date(object.uploaded_ms));
  add_metadata(out, object);
  out.add("x-amz-version-id", object.version);
  out.add("x-amz-storage-class", storage_class_name(object.storage_class));
  add_expiration(out, object, options.lifecycle);
  add_encryption(out, object);
  if (options.with_checksums) add_checksums(out, object);
}

void add_written_headers(HeaderList& out, const r2::Object& object,
                         std::span<const r2::LifecycleRule> lifecycle) {
  out.add("ETag", "\"" + object.etag + "\"");
  out.add("x-amz-version-id", object.version);
  add_expiration(out, object, lifecycle);
  add_encryption(out, object);
  add_checksums(out, object);
}

std::string content_range(r2::Range range, uint64_t size_bytes) {
  const uint64_t last = range.length == 0 ? range.offset : range.offset + range.length - 1;
  return "bytes " + std::to_string(range.offset) + "-" + std::to_string(last) + "/" +
         std::to_string(size_bytes);
}

}  // namespace offing::s3
