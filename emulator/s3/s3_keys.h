// Who may do what at the S3 door (spec/r2.md 5.1): the tokens of the settings by access key id, and
// temporary credentials derived from them.
//
// A temporary credential is a JWT that the parent's secret signs: the session token is
// base64("jwt/" + JWT), the secret key SHA-256(JWT) in hex, the access key id the parent's. It is
// bound to one bucket, may be narrowed to operations, prefixes and keys, and never exceeds its
// parent. Owner: the S3 front. Identities point into the Keys that made them.
#ifndef OFFING_EMULATOR_S3_S3_KEYS_H_
#define OFFING_EMULATOR_S3_S3_KEYS_H_

#include <cstdint>
#include <deque>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "emulator/s3/s3_error.h"
#include "emulator/services/r2_settings.h"

namespace offing::s3 {

struct Grant {  // of a temporary credential
  std::string bucket;
  std::optional<R2Token::Scope> scope;
  std::vector<std::string> actions;   // empty: all that the scope allows
  std::vector<std::string> prefixes;  // with `objects` both empty: the whole bucket
  std::vector<std::string> objects;
  int64_t expires_ms = 0;
};

struct Identity {
  const R2Token* token = nullptr;
  std::optional<Grant> grant;  // of temporary credentials
  std::string secret;          // what signs
};

enum class Access : uint8_t {
  kListBuckets,
  kHeadBucket,         // and GetBucketLocation
  kReadConfiguration,  // CORS, lifecycle, encryption, …
  kEditBucket,         // create, delete, change its configuration
  kListObjects,        // objects, parts, uploads
  kReadObject,
  kWriteObject,  // and delete, copy, multipart
};

struct Asked {
  Access access = Access::kReadObject;
  std::string_view operation;  // "GetObject", "ListObjectsV2", …, as an action of a grant names it
  std::string_view bucket;     // "" for the account
  std::string_view key;        // of a list: its prefix
};

class Keys {
 public:
  explicit Keys(std::vector<R2Token> tokens);
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;

  // One that was made while the door is open. It is good at once.
  void add(R2Token token) {
    const R2Token& kept = added_.emplace_back(std::move(token));
    by_id_.emplace(kept.access_key_id, &kept);
  }
  const R2Token* find(std::string_view access_key_id) const;
  // `session_token`: the value of x-amz-security-token, none if it was not sent. Errors: 401 for an
  // unknown key and for an expired token; 400 InvalidArgument `X-Amz-Security-Token` for a token
  // that this key did not sign or that is none.
  std::expected<Identity, S3Error> identify(std::string_view access_key_id,
                                            std::optional<std::string_view> session_token,
                                            int64_t now_ms) const;
  const std::vector<R2Token>& tokens() const { return tokens_; }

 private:
  std::vector<R2Token> tokens_;
  std::deque<R2Token> added_;
  std::unordered_map<std::string_view, const R2Token*> by_id_;
};

// Of a copy ask twice: for the target, and kReadObject for the source, both as "CopyObject".
bool may(const Identity& who, const Asked& asked);
S3Error access_denied();  // what a refusal by `may` is answered with

struct TemporaryCredentials {
  std::string access_key_id, secret_access_key, session_token;
};
// What REST's temp-access-credentials gives out.
TemporaryCredentials issue(const R2Token& parent, const Grant& grant, std::string_view account_id,
                           int64_t now_ms);

// "object-read-only", "object-read-write", "admin-read-only", "admin-read-write"
std::optional<R2Token::Scope> scope_named(std::string_view name);
std::string_view scope_name(R2Token::Scope scope);

}  // namespace offing::s3

#endif  // OFFING_EMULATOR_S3_S3_KEYS_H_
