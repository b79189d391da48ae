// S3's documents: a small writer, and readers of the bodies that clients send. A reader takes a
// whole body of at most kXmlBytesMax; anything that is not the document it expects is MalformedXML
// (400). Document types and the entities they could define are refused; namespaces are not looked
// at.
#ifndef OFFING_EMULATOR_S3_S3_XML_H_
#define OFFING_EMULATOR_S3_S3_XML_H_

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/s3/s3_error.h"
#include "runtime/bindings/r2_call.h"
#include "storage/r2/cors.h"
#include "storage/r2/lifecycle.h"

namespace offing::s3 {

// 1,000 keys of 1,024 bytes, each byte written as an entity.
inline constexpr size_t kXmlBytesMax = 8 * 1024 * 1024;

// Appends `text` with & < > " ' escaped; control characters as &#xN;.
void escape_xml(std::string& out, std::string_view text);

// Elements are written as they are given; `finish` closes what is open.
class XmlWriter {
 public:
  // With S3's namespace, after an XML declaration (5.3).
  explicit XmlWriter(std::string_view root);
  XmlWriter& open(std::string_view name);
  XmlWriter& close();
  XmlWriter& text(std::string_view name, std::string_view value);
  XmlWriter& number(std::string_view name, uint64_t value);
  XmlWriter& flag(std::string_view name, bool value);
  std::string finish();

 private:
  std::string out_;
  std::vector<std::string> open_;
};

struct DeleteRequest {
  std::vector<std::string> keys;  // 1 to 1,000
  bool quiet = false;             // validated, and ignored by R2 (5.3)
};
std::expected<DeleteRequest, S3Error> parse_delete(std::string_view xml);

// ETags come without quotes. InvalidPart for a number out of range or twice (5.3).
std::expected<std::vector<R2Call::ChosenPart>, S3Error> parse_complete(std::string_view xml);

// The location hint in capitals, "" for auto or an empty body.
std::expected<std::string, S3Error> parse_create_bucket(std::string_view xml);

std::expected<std::vector<r2::CorsRule>, S3Error> parse_cors(std::string_view xml);
std::string cors_xml(std::span<const r2::CorsRule> rules);

std::expected<std::vector<r2::LifecycleRule>, S3Error> parse_lifecycle(std::string_view xml);
std::string lifecycle_xml(std::span<const r2::LifecycleRule> rules);

// Only AES256.
std::expected<void, S3Error> parse_encryption(std::string_view xml);
std::string encryption_xml();  // what every bucket has: AES256, BucketKeyEnabled

// The Status: "Enabled" or "Suspended"; "" when it says none.
std::expected<std::string, S3Error> parse_versioning(std::string_view xml);

}  // namespace offing::s3

#endif  // OFFING_EMULATOR_S3_S3_XML_H_
