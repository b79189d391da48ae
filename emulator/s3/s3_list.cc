// ListObjects and ListObjectsV2 (spec/r2.md 5.3 List).
#include <algorithm>
#include <utility>

#include "emulator/s3/s3_exchange.h"
#include "emulator/s3/s3_headers.h"
#include "emulator/s3/s3_object_call.h"
#include "emulator/s3/s3_xml.h"
#include "storage/r2/limits.h"

namespace offing::s3 {
namespace {

bool is_v2(const Exchange& x) { return x.operation_id == OperationId::kListObjectsV2; }

std::string value_or_empty(const Query& query, std::string_view name) {
  const std::string* value = query.get(name);
  return value ? *value : std::string();
}

std::optional<uint64_t> max_keys(const Query& query) {
  const std::string* text = query.get("max-keys");
  return text ? list_limit(*text) : std::optional<uint64_t>(r2::kListMax);
}

// Encodes names when the request asks for it.
class Names {
 public:
  explicit Names(bool encoded) : encoded_(encoded) {}
  std::string operator()(std::string_view name) const {
    return encoded_ ? percent_encode(name, false) : std::string(name);
  }

 private:
  bool encoded_;
};

void write_request(XmlWriter& xml, const Exchange& x, const Names& name) {
  const Query& query = x.query;
  xml.text("Prefix", name(value_or_empty(query, "prefix")));
  if (const std::string* delimiter = query.get("delimiter"))
    xml.text("Delimiter", name(*delimiter));
  if (is_v2(x)) {
    if (const std::string* after = query.get("start-after")) xml.text("StartAfter", name(*after));
    if (const std::string* token = query.get("continuation-token"))
      xml.text("ContinuationToken", *token);
  } else {
    xml.text("Marker", name(value_or_empty(query, "marker")));
  }
  xml.number("MaxKeys", max_keys(query).value_or(0));
  if (query.has("encoding-type")) xml.text("EncodingType", "url");
}

void write_page(XmlWriter& xml, const R2Answer& page, const Names& name) {
  for (const r2::ObjectRef& object : page.objects) {
    xml.open("Contents")
        .text("Key", name(object->key))
        .text("LastModified", iso_date(object->uploaded_ms))
        .text("ETag", quoted(object->etag))
        .number("Size", object->size_bytes)
        .text("StorageClass", storage_class_name(object->storage_class))
        .close();
  }
  for (const std::string& prefix : page.prefixes)
    xml.open("CommonPrefixes").text("Prefix", name(prefix)).close();
}

void answer_list(ExchangePtr x, R2Answer page) {
  if (page.error) return x->fail(page);
  const Names name(x->query.has("encoding-type"));
  bool truncated = page.truncated;
  if (max_keys(x->query) == 0) {
    // It was asked for one, to see whether there is any.
    truncated = !page.objects.empty() || !page.prefixes.empty();
    page = R2Answer();
  }
  XmlWriter xml("ListBucketResult");
  xml.text("Name", x->target.bucket);
  write_request(xml, *x, name);
  xml.flag("IsTruncated", truncated);
  if (is_v2(*x)) {
    xml.number("KeyCount", page.objects.size() + page.prefixes.size());
    if (page.truncated) xml.text("NextContinuationToken", page.cursor);
  } else if (page.truncated) {
    xml.text("NextMarker", name(page.last));
  }
  write_page(xml, page, name);
  x->answer(xml_response(xml.finish()));
}

}  // namespace

void list_objects(ExchangePtr x) {
  const Query& query = x->query;
  auto encoded = is_url_encoded(query);
  if (!encoded) return x->fail(encoded.error());
  const auto limit = max_keys(query);
  if (!limit) return x->fail(r2::Error(r2::Code::kInvalidMaxKeys));
  R2Call call;
  call.op = R2Call::Op::kList;
  call.limit = static_cast<int64_t>(std::clamp<uint64_t>(*limit, 1, r2::kListMax));
  call.prefix = value_or_empty(query, "prefix");
  call.delimiter = value_or_empty(query, "delimiter");
  if (is_v2(*x)) {
    call.start_after = value_or_empty(query, "start-after");
    call.cursor = value_or_empty(query, "continuation-token");
  } else {
    // A marker that is a common prefix goes on behind all that is below it.
    call.start_after = value_or_empty(query, "marker");
  }
  submit(std::move(x), std::move(call), answer_list);
}

}  // namespace offing::s3
