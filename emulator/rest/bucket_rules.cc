// …/r2/buckets/{bucket}/lock, /lifecycle, /cors: each a document {"rules":[…]} that PUT replaces as
// a whole (spec/r2.md 2.1, 3.1, 3.3). The answer comes when the new rules govern every later commit
// (2.2 item 7).
#include "emulator/rest/rest_exchange.h"

namespace offing::rest {
namespace {

using Set = std::expected<void, r2::Error>;

// The text of a document that is none: UNKNOWN (spec/r2.md 2.4) with which code R2 says so.
RestError bad_document(std::string text) {
  return rest_error(r2::Code::kInvalidRequest, std::move(text));
}

RestOutcome done(RestContext& context, const Set& set) {
  if (!set) return std::unexpected(rest_error(set.error(), context.r2.settings()));
  return RestResult{};
}

std::string shown(const std::string& kind, const r2::Bucket& bucket) {
  if (kind == "lock") return r2::lock_rules_json(bucket.locks);
  if (kind == "lifecycle") return r2::lifecycle_rules_json(bucket.lifecycle);
  return r2::cors_rules_json(bucket.cors);
}

RestOutcome replace(RestContext& context, const std::string& kind, const std::string& name,
                    std::string_view document) {
  if (kind == "lock") {
    auto rules = r2::parse_lock_rules(document);
    if (!rules) return std::unexpected(bad_document(rules.error()));
    return done(context, context.r2.set_locks(name, std::move(*rules)));
  }
  if (kind == "lifecycle") {
    auto rules = r2::parse_lifecycle_rules(document);
    if (!rules) return std::unexpected(bad_document(rules.error()));
    return done(context, context.r2.set_lifecycle(name, std::move(*rules)));
  }
  auto rules = r2::parse_cors_rules(document);
  if (!rules) return std::unexpected(bad_document(rules.error()));
  return done(context, context.r2.set_cors(name, std::move(*rules)));
}

}  // namespace

std::optional<RestOutcome> route_rules(RestContext& context, Exchange& exchange) {
  const auto& words = exchange.words;
  if (words.size() != 6 || words[0] != "accounts" || words[2] != "r2" || words[3] != "buckets")
    return std::nullopt;
  const std::string& name = words[4];
  const std::string& kind = words[5];
  if (kind != "lock" && kind != "lifecycle" && kind != "cors") return std::nullopt;
  const std::string_view method = exchange.method();
  const bool reads = method == "GET", removes = method == "DELETE" && kind == "cors";
  if (!reads && method != "PUT" && !removes) return std::nullopt;
  auto bucket = bucket_of(context, exchange, name, reads ? Right::kReadBucket : Right::kEditBucket);
  if (!bucket) return std::unexpected(bucket.error());
  if (removes) return done(context, context.r2.set_cors(name, {}));
  if (!reads) return replace(context, kind, name, exchange.request.body);
  if (kind == "cors" && (*bucket)->cors.empty())
    return std::unexpected(rest_error(r2::Code::kNoCors));
  return RestResult{shown(kind, **bucket), ""};
}

}  // namespace offing::rest
