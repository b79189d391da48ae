// What is under way: ListParts and ListMultipartUploads.
#include <algorithm>
#include <utility>

#include "emulator/s3/s3_exchange.h"
#include "emulator/s3/s3_headers.h"
#include "emulator/s3/s3_object_call.h"
#include "emulator/s3/s3_xml.h"
#include "storage/r2/limits.h"

namespace offing::s3 {
namespace {

// none: no such parameter. UNKNOWN (spec/r2.md 5.3): the text for one that is no number.
std::expected<std::optional<uint64_t>, S3Error> limit_of(const Query& query, std::string_view name,
                                                         uint64_t most) {
  const std::string* text = query.get(name);
  if (text == nullptr) return std::nullopt;
  const auto value = list_limit(*text);
  if (!value)
    return std::unexpected(invalid_argument(std::string(name) + " must be an integer from 0 to " +
                                            std::to_string(most) + ", not '" + *text + "'."));
  return value;
}

std::string value_or_empty(const Query& query, std::string_view name) {
  const std::string* value = query.get(name);
  return value ? *value : std::string();
}

void write_owner(XmlWriter& xml, const Exchange& x, std::string_view element) {
  const std::string& account = x.door.service.settings().account_id;
  xml.open(element).text("ID", account).text("DisplayName", account).close();
}

std::string_view type_name(r2::ChecksumType type) {
  return type == r2::ChecksumType::kComposite ? "COMPOSITE" : "FULL_OBJECT";
}

void write_part(XmlWriter& xml, const r2::Part& part) {
  xml.open("Part").number("PartNumber", part.number);
  xml.text("LastModified", iso_date(part.uploaded_ms)).text("ETag", quoted(part.etag));
  xml.number("Size", part.blob ? part.blob->size_bytes() : 0);
  for (const r2::Checksum& one : part.checksums) {
    if (!checksum_header(one.algorithm).empty())
      xml.text("Checksum" + std::string(checksum_name(one.algorithm)),
               digest::to_base64(one.bytes));
  }
  xml.close();
}

void answer_parts(ExchangePtr x, R2Answer page) {
  const r2::Upload& upload = page.listed_uploads.front();
  const auto limit = limit_of(x->query, "max-parts", r2::kListMax);
  const auto marker = list_limit(value_or_empty(x->query, "part-number-marker"));
  XmlWriter xml("ListPartsResult");
  xml.text("Bucket", x->target.bucket).text("Key", upload.key).text("UploadId", upload.id);
  xml.number("PartNumberMarker", marker.value_or(0));
  if (!page.listed_parts.empty())
    xml.number("NextPartNumberMarker", page.listed_parts.back().number);
  xml.number("MaxParts", limit->value_or(r2::kListMax)).flag("IsTruncated", page.truncated);
  for (const r2::Part& part : page.listed_parts) write_part(xml, part);
  write_owner(xml, *x, "Initiator");
  write_owner(xml, *x, "Owner");
  xml.text("StorageClass", storage_class_name(upload.storage_class));
  if (upload.checksum_algorithm) {
    xml.text("ChecksumAlgorithm", checksum_name(*upload.checksum_algorithm));
    xml.text("ChecksumType", type_name(upload.checksum_type));
  }
  x->answer(xml_response(xml.finish()));
}

void write_uploads(XmlWriter& xml, const Exchange& x, const R2Answer& page, bool encoded) {
  auto name = [encoded](std::string_view text) {
    return encoded ? percent_encode(text, false) : std::string(text);
  };
  for (const r2::Upload& upload : page.listed_uploads) {
    xml.open("Upload").text("Key", name(upload.key)).text("UploadId", upload.id);
    write_owner(xml, x, "Initiator");
    write_owner(xml, x, "Owner");
    xml.text("StorageClass", storage_class_name(upload.storage_class));
    xml.text("Initiated", iso_date(upload.created_ms));
    if (upload.checksum_algorithm) {
      xml.text("ChecksumAlgorithm", checksum_name(*upload.checksum_algorithm));
      xml.text("ChecksumType", type_name(upload.checksum_type));
    }
    xml.close();
  }
  for (const std::string& prefix : page.prefixes)
    xml.open("CommonPrefixes").text("Prefix", name(prefix)).close();
}

void answer_uploads(ExchangePtr x, R2Answer page) {
  const bool encoded = x->query.has("encoding-type");
  auto name = [encoded](std::string_view text) {
    return encoded ? percent_encode(text, false) : std::string(text);
  };
  XmlWriter xml("ListMultipartUploadsResult");
  xml.text("Bucket", x->target.bucket);
  xml.text("KeyMarker", name(value_or_empty(x->query, "key-marker")));
  xml.text("UploadIdMarker", value_or_empty(x->query, "upload-id-marker"));
  if (page.truncated) {
    xml.text("NextKeyMarker", name(page.last));
    xml.text("NextUploadIdMarker", page.cursor);
  }
  xml.text("Prefix", name(value_or_empty(x->query, "prefix")));
  if (const std::string* delimiter = x->query.get("delimiter"))
    xml.text("Delimiter", name(*delimiter));
  if (encoded) xml.text("EncodingType", "url");
  xml.number("MaxUploads", limit_of(x->query, "max-uploads", r2::kListMax)->value_or(r2::kListMax));
  xml.flag("IsTruncated", page.truncated);
  write_uploads(xml, *x, page, encoded);
  x->answer(xml_response(xml.finish()));
}

int64_t page_size(std::optional<uint64_t> limit) {
  return static_cast<int64_t>(std::min<uint64_t>(limit.value_or(r2::kListMax), r2::kListMax));
}

}  // namespace

// Answered with or without a partNumber, as the docs list it (5.2).
void list_parts(ExchangePtr x) {
  auto limit = limit_of(x->query, "max-parts", r2::kListMax);
  if (!limit) return x->fail(limit.error());
  auto marker = limit_of(x->query, "part-number-marker", r2::kPartNumberMax);
  if (!marker) return x->fail(marker.error());
  R2Call call;
  call.op = R2Call::Op::kListParts;
  call.limit = page_size(*limit);
  call.upload_id = *x->query.get("uploadId");
  if (*marker)
    call.part_number_after =
        static_cast<uint32_t>(std::min<uint64_t>(**marker, r2::kPartNumberMax));
  submit_or_fail(std::move(x), std::move(call), answer_parts);
}

void list_multipart_uploads(ExchangePtr x) {
  auto encoded = is_url_encoded(x->query);
  if (!encoded) return x->fail(encoded.error());
  auto limit = limit_of(x->query, "max-uploads", r2::kListMax);
  if (!limit) return x->fail(limit.error());
  R2Call call;
  call.op = R2Call::Op::kListUploads;
  call.limit = page_size(*limit);
  call.prefix = value_or_empty(x->query, "prefix");
  call.delimiter = value_or_empty(x->query, "delimiter");
  call.start_after = value_or_empty(x->query, "key-marker");
  call.upload_id_after = value_or_empty(x->query, "upload-id-marker");
  submit_or_fail(std::move(x), std::move(call), answer_uploads);
}

}  // namespace offing::s3
