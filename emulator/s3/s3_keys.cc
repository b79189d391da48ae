#include "emulator/s3/s3_keys.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "storage/digest/digest.h"

namespace offing::s3 {
namespace {

using Scope = R2Token::Scope;

struct ScopeRow {
  Scope scope;
  std::string_view name;
};
constexpr std::array<ScopeRow, 4> kScopes = {{{Scope::kAdminReadWrite, "admin-read-write"},
                                              {Scope::kAdminRead, "admin-read-only"},
                                              {Scope::kObjectReadWrite, "object-read-write"},
                                              {Scope::kObjectRead, "object-read-only"}}};

constexpr std::string_view kTokenPrefix = "jwt/";
constexpr std::string_view kJwtHeader = R"({"alg":"HS256","typ":"JWT"})";

std::string to_base64url(std::string_view bytes) {
  std::string text = digest::to_base64(bytes);
  while (!text.empty() && text.back() == '=') text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string padded(text);
  std::ranges::replace(padded, '-', '+');
  std::ranges::replace(padded, '_', '/');
  padded.append((4 - padded.size() % 4) % 4, '=');
  return digest::from_base64(padded);
}

std::string secret_of(std::string_view jwt) {
  return digest::to_hex(digest::digest_of(digest::Algorithm::kSha256, jwt));
}

std::string_view text_of(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || !member->value.IsString()) return {};
  return {member->value.GetString(), member->value.GetStringLength()};
}

// False when it is there and no list of strings.
bool read_list(const rapidjson::Value& object, const char* name, std::vector<std::string>& out) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd()) return true;
  if (!member->value.IsArray()) return false;
  for (const rapidjson::Value& item : member->value.GetArray()) {
    if (!item.IsString()) return false;
    out.emplace_back(item.GetString(), item.GetStringLength());
  }
  return true;
}

// The claims of a JWT whose signature holds.
std::optional<Grant> read_claims(std::string_view json, std::string_view issuer) {
  rapidjson::Document claims;
  claims.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (claims.HasParseError() || !claims.IsObject()) return std::nullopt;
  if (text_of(claims, "iss") != issuer) return std::nullopt;
  Grant grant;
  grant.bucket = text_of(claims, "bucket");
  if (grant.bucket.empty()) return std::nullopt;
  if (claims.HasMember("scope")) {
    grant.scope = scope_named(text_of(claims, "scope"));
    if (!grant.scope) return std::nullopt;
  }
  if (!read_list(claims, "actions", grant.actions)) return std::nullopt;
  if (!grant.scope && grant.actions.empty()) return std::nullopt;  // one of them is needed
  if (const auto paths = claims.FindMember("paths"); paths != claims.MemberEnd()) {
    if (!paths->value.IsObject() || !read_list(paths->value, "prefixPaths", grant.prefixes) ||
        !read_list(paths->value, "objectPaths", grant.objects)) {
      return std::nullopt;
    }
  }
  const auto expires = claims.FindMember("exp");
  if (expires == claims.MemberEnd() || !expires->value.IsNumber()) return std::nullopt;
  const double seconds = expires->value.GetDouble();
  if (!(seconds >= 0 && seconds < 1e12)) return std::nullopt;
  grant.expires_ms = static_cast<int64_t>(seconds * 1000);
  return grant;
}

std::optional<Grant> read_session_token(std::string_view session_token, const R2Token& parent,
                                        std::string& secret) {
  const auto plain = digest::from_base64(session_token);
  if (!plain || !plain->starts_with(kTokenPrefix)) return std::nullopt;
  const std::string_view jwt = std::string_view(*plain).substr(kTokenPrefix.size());
  const size_t first = jwt.find('.'), last = jwt.rfind('.');
  if (first == jwt.npos || first == last) return std::nullopt;
  const auto signature = from_base64url(jwt.substr(last + 1));
  if (!signature ||
      !digest::equal_in_constant_time(
          *signature, digest::hmac_sha256(parent.secret_access_key, jwt.substr(0, last)))) {
    return std::nullopt;
  }
  const auto header = from_base64url(jwt.substr(0, first));
  const auto claims = from_base64url(jwt.substr(first + 1, last - first - 1));
  if (!header || !claims) return std::nullopt;
  rapidjson::Document head;
  head.Parse<rapidjson::kParseIterativeFlag>(header->data(), header->size());
  if (head.HasParseError() || !head.IsObject() || text_of(head, "alg") != "HS256") {
    return std::nullopt;
  }
  secret = secret_of(jwt);
  return read_claims(*claims, parent.access_key_id);
}

bool holds(const std::vector<std::string>& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

bool scope_allows(Scope scope, Access access) {
  switch (access) {
    case Access::kListBuckets:
    case Access::kReadConfiguration:
      return scope == Scope::kAdminReadWrite || scope == Scope::kAdminRead;
    case Access::kEditBucket:
      return scope == Scope::kAdminReadWrite;
    case Access::kWriteObject:
      return scope == Scope::kAdminReadWrite || scope == Scope::kObjectReadWrite;
    case Access::kHeadBucket:  // of object scopes UNKNOWN (spec/r2.md 5.1)
    case Access::kListObjects:
    case Access::kReadObject:
      return true;
  }
  return false;
}

bool token_allows(const R2Token& token, const Asked& asked) {
  if (!scope_allows(token.scope, asked.access)) return false;
  const bool is_admin = token.scope == Scope::kAdminReadWrite || token.scope == Scope::kAdminRead;
  return is_admin || token.buckets.empty() || holds(token.buckets, asked.bucket);
}

bool names_action(const std::vector<std::string>& actions, std::string_view operation) {
  for (const std::string& action : actions) {
    if (action == operation || (action == "ListObjectsV1" && operation == "ListObjects"))
      return true;
  }
  return false;
}

bool paths_allow(const Grant& grant, const Asked& asked) {
  if (grant.prefixes.empty() && grant.objects.empty()) return true;
  const bool has_key = asked.access == Access::kReadObject ||
                       asked.access == Access::kWriteObject || asked.access == Access::kListObjects;
  if (!has_key) return true;
  for (const std::string& prefix : grant.prefixes)
    if (asked.key.starts_with(prefix)) return true;
  return holds(grant.objects, asked.key);
}

bool grant_allows(const Grant& grant, const Asked& asked) {
  if (asked.bucket != grant.bucket) return false;
  if (grant.scope && !scope_allows(*grant.scope, asked.access)) return false;
  if (!grant.actions.empty() && !names_action(grant.actions, asked.operation)) return false;
  return paths_allow(grant, asked);
}

void write_list(rapidjson::Writer<rapidjson::StringBuffer>& json, const char* name,
                const std::vector<std::string>& items) {
  json.Key(name);
  json.StartArray();
  for (const std::string& item : items)
    json.String(item.data(), static_cast<rapidjson::SizeType>(item.size()));
  json.EndArray();
}

}  // namespace

std::optional<Scope> scope_named(std::string_view name) {
  for (const ScopeRow& row : kScopes)
    if (row.name == name) return row.scope;
  return std::nullopt;
}

std::string_view scope_name(Scope scope) {
  for (const ScopeRow& row : kScopes)
    if (row.scope == scope) return row.name;
  return {};
}

Keys::Keys(std::vector<R2Token> tokens) : tokens_(std::move(tokens)) {
  for (const R2Token& token : tokens_) by_id_.emplace(token.access_key_id, &token);
}

const R2Token* Keys::find(std::string_view access_key_id) const {
  const auto found = by_id_.find(access_key_id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::expected<Identity, S3Error> Keys::identify(std::string_view access_key_id,
                                                std::optional<std::string_view> session_token,
                                                int64_t now_ms) const {
  const R2Token* token = find(access_key_id);
  if (token == nullptr) return std::unexpected(unauthorized());
  Identity who{token, std::nullopt, {}};
  if (!session_token) {
    who.secret = token->secret_access_key;
    return who;
  }
  who.grant = read_session_token(*session_token, *token, who.secret);
  if (!who.grant) return std::unexpected(invalid_argument("X-Amz-Security-Token"));
  // UNKNOWN (spec/r2.md 5.1): the documentation's 10002 covers credentials that have expired.
  if (now_ms >= who.grant->expires_ms) return std::unexpected(unauthorized());
  return who;
}

bool may(const Identity& who, const Asked& asked) {
  assert(who.token != nullptr);
  return token_allows(*who.token, asked) && (!who.grant || grant_allows(*who.grant, asked));
}

S3Error access_denied() {
  return from(r2::Code::kAccessDenied);
}

TemporaryCredentials issue(const R2Token& parent, const Grant& grant, std::string_view account_id,
                           int64_t now_ms) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
  const auto text = [&json](const char* name, std::string_view value) {
    json.Key(name);
    json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  };
  json.StartObject();
  text("bucket", grant.bucket);
  if (grant.scope) text("scope", scope_name(*grant.scope));
  if (!grant.actions.empty()) write_list(json, "actions", grant.actions);
  if (!grant.prefixes.empty() || !grant.objects.empty()) {
    json.Key("paths");
    json.StartObject();
    write_list(json, "prefixPaths", grant.prefixes);
    write_list(json, "objectPaths", grant.objects);
    json.EndObject();
  }
  text("sub", account_id);
  text("iss", parent.access_key_id);
  json.Key("iat");
  json.Int64(now_ms / 1000);
  json.Key("exp");
  json.Int64(grant.expires_ms / 1000);
  json.EndObject();

  std::string jwt =
      to_base64url(kJwtHeader) + "." + to_base64url({buffer.GetString(), buffer.GetSize()});
  jwt += "." + to_base64url(digest::hmac_sha256(parent.secret_access_key, jwt));
  return {parent.access_key_id, secret_of(jwt), digest::to_base64(std::string(kTokenPrefix) + jwt)};
}

}  // namespace offing::s3
