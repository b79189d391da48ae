// …/r2/buckets: list, make, show, change and delete buckets (spec/r2.md 3.3).
#include <rapidjson/document.h>

#include <algorithm>

#include "emulator/rest/rest_exchange.h"
#include "storage/digest/digest.h"

namespace offing::rest {
namespace {

constexpr std::string_view kLocations[] = {"wnam", "enam", "weur", "eeur", "apac", "oc"};

std::string bucket_json(const r2::Bucket& bucket) {
  const r2::BucketSettings& s = bucket.settings;
  return "{\"name\":" + json_string(s.name) +
         ",\"creation_date\":" + json_string(s3::iso_date(s.created_ms)) +
         ",\"location\":" + json_string(s.location) +
         ",\"storage_class\":" + json_string(storage_class_name(s.default_class)) +
         ",\"jurisdiction\":" + json_string(s.jurisdiction.empty() ? "default" : s.jurisdiction) +
         "}";
}

// What a list asks for, besides the page's size.
struct ListQuery {
  std::string jurisdiction, contains, after;
  bool descending = false;
};

std::expected<ListQuery, RestError> list_query(const Exchange& exchange) {
  ListQuery query;
  auto jurisdiction = jurisdiction_of(exchange);
  if (!jurisdiction) return std::unexpected(jurisdiction.error());
  query.jurisdiction = std::move(*jurisdiction);
  auto text = [&exchange](const char* name) {
    const std::string* value = exchange.query.get(name);
    return value == nullptr ? std::string() : *value;
  };
  query.contains = text("name_contains");
  query.after = text("start_after");
  query.descending = text("direction") == "desc";
  const std::string order = text("order"), direction = text("direction"), cursor = text("cursor");
  if (!order.empty() && order != "name")
    return std::unexpected(rest_error(r2::Code::kInvalidRequest,
                                      "order is \"" + order.substr(0, 80) + "\"; it must be name"));
  if (!direction.empty() && direction != "asc" && direction != "desc")
    return std::unexpected(rest_error(
        r2::Code::kInvalidRequest,
        "direction is \"" + direction.substr(0, 80) + "\"; it must be asc or desc"));
  if (cursor.empty()) return query;
  auto last = digest::from_base64(cursor);
  if (!last)
    return std::unexpected(rest_error(r2::Code::kInvalidRequest,
                                      "cursor is none that a list has given; leave it out"));
  query.after = std::move(*last);
  return query;
}

RestOutcome list_buckets(RestContext& context, Exchange& exchange) {
  if (auto error = refused(exchange, Right::kReadBucket, ""))
    return std::unexpected(std::move(*error));
  auto query = list_query(exchange);
  if (!query) return std::unexpected(query.error());
  auto per_page = number_of(exchange, "per_page", 20, 1, 1000);
  if (!per_page) return std::unexpected(per_page.error());
  std::vector<const r2::Bucket*> buckets = context.r2.buckets();
  if (query->descending) std::ranges::reverse(buckets);
  std::string items, last;
  int64_t count = 0;
  bool more = false;
  for (const r2::Bucket* bucket : buckets) {
    const r2::BucketSettings& s = bucket->settings;
    if (s.jurisdiction != query->jurisdiction || s.name.find(query->contains) == s.name.npos)
      continue;
    if (!query->after.empty() &&
        (query->descending ? s.name >= query->after : s.name <= query->after))
      continue;
    more = count == *per_page;
    if (more) break;
    items += (count++ > 0 ? "," : "") + bucket_json(*bucket);
    last = s.name;
  }
  return RestResult{"{\"buckets\":[" + items + "]}",
                    "{\"per_page\":" + std::to_string(*per_page) + ",\"cursor\":" +
                        json_string(more ? digest::to_base64(last) : "") + "}"};
}

// A member of the body that is a text; nothing when it is not there or null.
std::expected<std::optional<std::string>, RestError> text_member(const rapidjson::Document& body,
                                                                 const char* name) {
  const auto found = body.FindMember(name);
  if (found == body.MemberEnd() || found->value.IsNull()) return std::nullopt;
  if (found->value.IsString())
    return std::string(found->value.GetString(), found->value.GetStringLength());
  return std::unexpected(
      rest_error(r2::Code::kInvalidRequest, "\"" + std::string(name) + "\" must be a text"));
}

RestOutcome create_bucket(RestContext& context, Exchange& exchange) {
  rapidjson::Document body;
  body.Parse<rapidjson::kParseIterativeFlag>(exchange.request.body.data(),
                                             exchange.request.body.size());
  if (body.HasParseError() || !body.IsObject())
    return std::unexpected(rest_error(r2::Code::kInvalidRequest,
                                      "The body must be a JSON object, {\"name\": \"my-bucket\"}"));
  auto name = text_member(body, "name"), hint = text_member(body, "locationHint"),
       storage_class = text_member(body, "storageClass");
  for (auto* member : {&name, &hint, &storage_class})
    if (!*member) return std::unexpected(member->error());
  auto jurisdiction = jurisdiction_of(exchange);
  if (!jurisdiction) return std::unexpected(jurisdiction.error());
  r2::BucketSettings settings;
  settings.name = name->value_or("");
  settings.jurisdiction = std::move(*jurisdiction);
  settings.created_ms = context.world.now_ms();
  if (auto error = refused(exchange, Right::kEditBucket, settings.name))
    return std::unexpected(std::move(*error));
  if (*hint) {
    std::string lower = **hint;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (std::ranges::find(kLocations, lower) == std::end(kLocations))
      return std::unexpected(rest_error(r2::Code::kInvalidRequest,
                                        "There is no location \"" + lower.substr(0, 80) +
                                            "\"; there are wnam, enam, weur, eeur, apac and oc"));
    settings.location.clear();
    for (const char c : lower) settings.location += static_cast<char>(c - 'a' + 'A');
  }
  if (*storage_class) {
    const auto known = storage_class_named(**storage_class);
    if (!known) return std::unexpected(rest_error(r2::Code::kInvalidStorageClass));
    settings.default_class = *known;
  }
  auto made = context.r2.create_bucket(std::move(settings));
  if (!made) return std::unexpected(rest_error(made.error(), context.r2.settings()));
  return RestResult{bucket_json(**made), ""};
}

RestOutcome change_bucket(RestContext& context, Exchange& exchange, const std::string& name) {
  const auto known = storage_class_named(exchange.header("cf-r2-storage-class"));
  if (!known) return std::unexpected(rest_error(r2::Code::kInvalidStorageClass));
  auto changed = context.r2.set_default_class(name, *known);
  if (!changed) return std::unexpected(rest_error(changed.error(), context.r2.settings()));
  return RestResult{bucket_json(*context.r2.find_bucket(name)), ""};
}

}  // namespace

std::optional<RestOutcome> route_buckets(RestContext& context, Exchange& exchange) {
  const auto& words = exchange.words;
  if (words.size() < 4 || words.size() > 5 || words[0] != "accounts" || words[2] != "r2" ||
      words[3] != "buckets")
    return std::nullopt;
  if (exchange.is("GET", 4)) return list_buckets(context, exchange);
  if (exchange.is("POST", 4)) return create_bucket(context, exchange);
  if (words.size() == 4) return std::nullopt;
  const std::string& name = words[4];
  const bool reads = exchange.method() == "GET";
  if (!reads && exchange.method() != "PATCH" && exchange.method() != "DELETE") return std::nullopt;
  auto bucket = bucket_of(context, exchange, name, reads ? Right::kReadBucket : Right::kEditBucket);
  if (!bucket) return std::unexpected(bucket.error());
  if (reads) return RestResult{bucket_json(**bucket), ""};
  if (exchange.method() == "PATCH") return change_bucket(context, exchange, name);
  auto deleted = context.r2.delete_bucket(name);
  if (!deleted) return std::unexpected(rest_error(deleted.error(), context.r2.settings()));
  return RestResult{};
}

}  // namespace offing::rest
