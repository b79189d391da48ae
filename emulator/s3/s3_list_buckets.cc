// ListBuckets with R2's paging (spec/r2.md 5.3, extensions): by parameters, or by headers for SDKs
// that cannot send those; the headers win.
#include <algorithm>
#include <utility>

#include "emulator/s3/s3_exchange.h"
#include "emulator/s3/s3_object_call.h"
#include "emulator/s3/s3_xml.h"
#include "storage/digest/digest.h"
#include "storage/r2/limits.h"

namespace offing::s3 {
namespace {

struct Page {
  std::string prefix;
  std::optional<std::string> start_after, token;
  uint64_t max_keys = r2::kListMax;
};

std::optional<std::string> asked(const Exchange& x, std::string_view name) {
  if (auto value = x.headers().get("cf-" + std::string(name))) return std::string(*value);
  if (const std::string* value = x.query.get(name)) return *value;
  return std::nullopt;
}

std::expected<Page, S3Error> read_page(const Exchange& x) {
  Page page;
  page.prefix = asked(x, "prefix").value_or("");
  page.start_after = asked(x, "start-after");
  page.token = asked(x, "continuation-token");
  if (auto text = asked(x, "max-keys")) {
    const auto limit = list_limit(*text);
    if (!limit) return std::unexpected(from(r2::Error(r2::Code::kInvalidMaxKeys)));
    page.max_keys = *limit;
  }
  return page;
}

// A token is the last name of the page before.
std::string token_of(const std::string& name) { return digest::to_base64("bucket/" + name); }

std::optional<std::string> name_of(const std::string& token) {
  auto text = digest::from_base64(token);
  if (!text || !text->starts_with("bucket/")) return std::nullopt;
  return text->substr(7);
}

void write(ExchangePtr x, const Page& page, const std::vector<const r2::Bucket*>& buckets,
           bool truncated) {
  XmlWriter xml("ListAllMyBucketsResult");
  xml.open("Buckets");
  for (const r2::Bucket* bucket : buckets) {
    xml.open("Bucket").text("CreationDate", iso_date(bucket->settings.created_ms));
    xml.text("Name", bucket->settings.name).close();
  }
  xml.close();
  const std::string& account = x->door.service.settings().account_id;
  xml.open("Owner").text("DisplayName", account).text("ID", account).close();
  if (!page.prefix.empty()) xml.text("Prefix", page.prefix);
  if (page.start_after) xml.text("StartAfter", *page.start_after);
  if (page.token) xml.text("ContinuationToken", *page.token);
  xml.number("MaxKeys", page.max_keys).number("KeyCount", buckets.size());
  xml.flag("IsTruncated", truncated);
  const std::string next =
      truncated && !buckets.empty() ? token_of(buckets.back()->settings.name) : "";
  if (!next.empty()) xml.text("NextContinuationToken", next);
  Response response = xml_response(xml.finish());
  response.headers.add("cf-is-truncated", truncated ? "true" : "false");
  if (!next.empty()) response.headers.add("cf-next-continuation-token", next);
  x->answer(std::move(response));
}

}  // namespace

void list_buckets(ExchangePtr x) {
  auto page = read_page(*x);
  if (!page) return x->fail(page.error());
  std::string after = page->start_after.value_or("");
  if (page->token) {
    auto name = name_of(*page->token);
    // UNKNOWN (spec/r2.md 5.3): the text.
    if (!name)
      return x->fail(invalid_argument("The continuation token '" + *page->token +
                                      "' is none that a list of buckets gave."));
    after = std::max(after, *name);
  }
  const uint64_t limit = std::min<uint64_t>(page->max_keys, r2::kListMax);
  std::vector<const r2::Bucket*> shown;
  bool truncated = false;
  for (const r2::Bucket* bucket : x->door.service.buckets()) {
    const std::string& name = bucket->settings.name;
    if (!name.starts_with(page->prefix) || (!after.empty() && name <= after)) continue;
    if (x->target.jurisdiction && *x->target.jurisdiction != bucket->settings.jurisdiction)
      continue;
    truncated = shown.size() == limit;
    if (truncated) break;
    shown.push_back(bucket);
  }
  write(std::move(x), *page, shown, truncated);
}

}  // namespace offing::s3
