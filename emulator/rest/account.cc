// Who one is and what the account has: what Wrangler and the SDKs ask before they begin; R2's
// tokens, temporary credentials (spec/r2.md 5.1) and the sizes of buckets.
#include <rapidjson/document.h>

#include "emulator/rest/rest_exchange.h"
#include "emulator/s3/s3_keys.h"

namespace offing::rest {
namespace {

std::string account_json(const RestContext& context) {
  return "{\"id\":" + json_string(context.r2.settings().account_id) +
         ",\"name\":\"offing\",\"type\":\"standard\",\"settings\":{}}";
}

std::string token_json(const R2Token& token, bool with_secrets) {
  std::string json = "{\"name\":" + json_string(token.name) +
                     ",\"accessKeyId\":" + json_string(token.access_key_id);
  if (with_secrets)
    json += ",\"secretAccessKey\":" + json_string(token.secret_access_key) +
            ",\"value\":" + json_string(token.token_value);
  json += ",\"scope\":" + json_string(r2_scope_name(token.scope)) + ",\"buckets\":[";
  for (size_t i = 0; i < token.buckets.size(); ++i)
    json += (i > 0 ? "," : "") + json_string(token.buckets[i]);
  return json + "]}";
}

RestError bad_body(std::string text) {
  return rest_error(r2::Code::kInvalidRequest, std::move(text));
}

// The members of a body that is an object; what has another type is an error.
class Body {
 public:
  explicit Body(const std::string& text) {
    document_.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
    if (document_.HasParseError() || !document_.IsObject()) {
      error_ = "The body must be a JSON object";
      document_.SetObject();
    }
  }
  std::string text(const char* name) {
    const auto it = document_.FindMember(name);
    if (it == document_.MemberEnd()) return "";
    if (it->value.IsString()) return {it->value.GetString(), it->value.GetStringLength()};
    fail(name, "a text");
    return "";
  }
  std::vector<std::string> texts(const char* name) {
    std::vector<std::string> all;
    const auto it = document_.FindMember(name);
    if (it == document_.MemberEnd()) return all;
    if (!it->value.IsArray()) return fail(name, "a list of texts"), all;
    for (const rapidjson::Value& item : it->value.GetArray()) {
      if (!item.IsString()) return fail(name, "a list of texts"), all;
      all.emplace_back(item.GetString(), item.GetStringLength());
    }
    return all;
  }
  int64_t integer(const char* name, int64_t low, int64_t high) {
    const auto it = document_.FindMember(name);
    if (it != document_.MemberEnd() && it->value.IsInt64() && it->value.GetInt64() >= low &&
        it->value.GetInt64() <= high)
      return it->value.GetInt64();
    fail(name, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    return low;
  }
  const std::string& error() const { return error_; }

 private:
  void fail(const char* name, const std::string& wanted) {
    if (error_.empty()) error_ = "\"" + std::string(name) + "\" must be " + wanted;
  }
  rapidjson::Document document_;
  std::string error_;
};

// offing's own: on the platform, tokens are made in the dashboard.
std::optional<RestOutcome> route_tokens(RestContext& context, Exchange& exchange) {
  if (exchange.method() == "GET") {
    if (auto error = refused(exchange, Right::kReadBucket, ""))
      return std::unexpected(std::move(*error));
    std::string items;
    for (const R2Token& token : context.tokens.all())
      items += (items.empty() ? "" : ",") + token_json(token, false);
    return RestResult{"[" + items + "]", ""};
  }
  if (exchange.method() != "POST") return std::nullopt;
  if (auto error = refused(exchange, Right::kEditBucket, ""))
    return std::unexpected(std::move(*error));
  Body body(exchange.request.body);
  std::string name = body.text("name"), scope_text = body.text("scope");
  std::vector<std::string> buckets = body.texts("buckets");
  if (!body.error().empty()) return std::unexpected(bad_body(body.error()));
  auto scope = parse_r2_scope(scope_text.empty() ? "admin-read-write" : scope_text);
  if (!scope) return std::unexpected(bad_body(scope.error()));
  auto made = context.tokens.create(std::move(name), *scope, std::move(buckets));
  if (!made) return std::unexpected(bad_body(made.error()));
  return RestResult{token_json(**made, true), ""};
}

RestOutcome temporary_credentials(RestContext& context, Exchange& exchange) {
  if (auto error = refused(exchange, Right::kEditBucket, ""))
    return std::unexpected(std::move(*error));
  Body body(exchange.request.body);
  s3::Grant grant;
  grant.bucket = body.text("bucket");
  const std::string parent_id = body.text("parentAccessKeyId");
  const std::string permission = body.text("permission");
  grant.prefixes = body.texts("prefixes");
  grant.objects = body.texts("objects");
  grant.expires_ms =
      context.world.now_ms() + 1000 * body.integer("ttlSeconds", 1, 7 * 24 * 60 * 60);
  if (!body.error().empty()) return std::unexpected(bad_body(body.error()));
  grant.scope = s3::scope_named(permission);
  if (!grant.scope)
    return std::unexpected(bad_body("\"permission\" is \"" + permission.substr(0, 80) +
                                    "\"; it must be admin-read-write, admin-read-only, "
                                    "object-read-write or object-read-only"));
  const R2Token* parent = context.tokens.find(parent_id);
  if (parent == nullptr)
    return std::unexpected(bad_body("\"parentAccessKeyId\" is no token of the account"));
  const s3::TemporaryCredentials made =
      s3::issue(*parent, grant, context.r2.settings().account_id, context.world.now_ms());
  return RestResult{"{\"accessKeyId\":" + json_string(made.access_key_id) +
                        ",\"secretAccessKey\":" + json_string(made.secret_access_key) +
                        ",\"sessionToken\":" + json_string(made.session_token) + "}",
                    ""};
}

// How much a bucket holds, as `wrangler r2 bucket info` asks it of GraphQL. {result: …} around it
// would be wrong there, so it makes the whole body itself.
std::string usage_json(RestContext& context, const std::string& body) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
  std::string name;
  if (!document.HasParseError() && document.IsObject()) {
    const rapidjson::Value* at = &document;
    for (const char* key : {"variables", "filter", "bucketName"}) {
      const auto it =
          at->IsObject() ? at->FindMember(key) : rapidjson::Value::ConstMemberIterator();
      at = at->IsObject() && it != at->MemberEnd() ? &it->value : nullptr;
      if (at == nullptr) break;
    }
    if (at != nullptr && at->IsString()) name.assign(at->GetString(), at->GetStringLength());
  }
  name = name.substr(name.find('_') == name.npos ? 0 : name.find('_') + 1);   // "eu_bucket"
  const r2::Bucket* bucket = context.r2.find_bucket(name);
  uint64_t bytes = 0, metadata = 0, count = 0;
  if (bucket != nullptr) {
    for (const auto& [key, object] : bucket->objects) {
      ++count;
      bytes += object->size_bytes;
      for (const auto& [custom, value] : object->custom) metadata += custom.size() + value.size();
    }
  }
  return "{\"data\":{\"viewer\":{\"accounts\":[{\"r2StorageAdaptiveGroups\":[{\"max\":{"
         "\"objectCount\":" + std::to_string(count) + ",\"payloadSize\":" + std::to_string(bytes) +
         ",\"metadataSize\":" + std::to_string(metadata) + "},\"dimensions\":{\"datetime\":" +
         json_string(s3::iso_date(context.world.now_ms())) + "}}]}]}},\"errors\":null}";
}

}  // namespace

bool route_usage(RestContext& context, Exchange& exchange) {
  if (!exchange.is("POST", 1) || exchange.words[0] != "graphql") return false;
  Response response;
  response.headers.add("content-type", "application/json; charset=UTF-8");
  response.has_body = true;
  response.body = usage_json(context, exchange.request.body);
  exchange.respond(std::move(response));
  return true;
}

std::optional<RestOutcome> route_account(RestContext& context, Exchange& exchange) {
  const auto& words = exchange.words;
  const bool reads = exchange.method() == "GET";
  if (words.empty()) return std::nullopt;
  if (words[0] == "accounts" && words.size() == 5 && words[2] == "offing" && words[3] == "r2" &&
      words[4] == "tokens")
    return route_tokens(context, exchange);
  if (exchange.is("POST", 4) && words[0] == "accounts" && words[2] == "r2" &&
      words[3] == "temp-access-credentials")
    return temporary_credentials(context, exchange);
  if (!reads) return std::nullopt;
  const std::string& id = context.r2.settings().account_id;
  if (words[0] == "user" && words.size() == 1)
    return RestResult{"{\"id\":" + json_string(id) + ",\"email\":\"dev@localhost\"}", ""};
  if (words[0] == "user" && words.size() == 3 && words[1] == "tokens" && words[2] == "verify")
    return RestResult{"{\"id\":" + json_string(id) + ",\"status\":\"active\"}", ""};
  if (words[0] == "accounts" && words.size() == 1)
    return RestResult{
        "[" + account_json(context) + "]",
        "{\"page\":1,\"per_page\":20,\"total_pages\":1,\"count\":1,\"total_count\":1}"};
  if (words[0] == "accounts" && words.size() == 2) return RestResult{account_json(context), ""};
  if (words[0] == "memberships" && words.size() == 1)
    return RestResult{
        "[{\"id\":" + json_string(id) +
            ",\"status\":\"accepted\",\"roles\":[],"
            "\"account\":" +
            account_json(context) + "}]",
        "{\"page\":1,\"per_page\":20,\"total_pages\":1,\"count\":1,\"total_count\":1}"};
  return std::nullopt;
}

}  // namespace offing::rest
