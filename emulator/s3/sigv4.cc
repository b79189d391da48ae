#include "emulator/s3/sigv4.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "emulator/s3/signature.h"
#include "storage/digest/digest.h"

namespace offing::s3 {
namespace {

constexpr int64_t kSkewMsMax = 15 * 60 * 1000;
constexpr double kExpiresMax = 604'800;
constexpr size_t kSigningKeysMax = 256;

constexpr std::string_view kAmzDate = "x-amz-date";
constexpr std::string_view kContentHash = "x-amz-content-sha256";
constexpr std::string_view kSecurityToken = "x-amz-security-token";

S3Error wrong_algorithm() {
  return invalid_request("Please use " + std::string(kAlgorithm));
}

std::string byte_dump(std::string_view text) {
  std::string dump;
  dump.reserve(text.size() * 3);
  const std::string hex = digest::to_hex(text);
  for (size_t i = 0; i < hex.size(); i += 2) {
    if (i > 0) dump += ' ';
    dump.append(hex, i, 2);
  }
  return dump;
}

S3Error does_not_match(std::string string_to_sign, std::string canonical_request,
                       std::string_view provided) {
  S3Error error = from(r2::Code::kSignatureDoesNotMatch);
  std::string string_dump = byte_dump(string_to_sign), request_dump = byte_dump(canonical_request);
  error.extra.emplace_back("StringToSign", std::move(string_to_sign));
  error.extra.emplace_back("StringToSignBytes", std::move(string_dump));
  error.extra.emplace_back("CanonicalRequest", std::move(canonical_request));
  error.extra.emplace_back("CanonicalRequestBytes", std::move(request_dump));
  error.extra.emplace_back("SignatureProvided", std::string(provided));
  return error;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

struct Credential {
  std::string_view access_key_id, date, region;
};

// `<access key id>/<yyyymmdd>/<region>/s3/aws4_request`; slashes in front belong to the id.
std::expected<Credential, S3Error> parse_credential(std::string_view text,
                                                    std::string_view amz_date) {
  const size_t parts = static_cast<size_t>(std::ranges::count(text, '/')) + 1;
  if (parts < 5) {
    return std::unexpected(invalid_argument(
        "Credential sigv4 header should have at least 5 slash-separated parts, not " +
        std::to_string(parts)));
  }
  const auto take_last = [&text] {
    const size_t slash = text.rfind('/');
    const std::string_view part = text.substr(slash + 1);
    text = text.substr(0, slash);
    return part;
  };
  const std::string_view terminator = take_last(), service = take_last();
  Credential credential;
  credential.region = take_last();
  credential.date = take_last();
  credential.access_key_id = text;
  if (service != "s3") {
    return std::unexpected(
        invalid_argument("Credential service should be s3, not " + std::string(service)));
  }
  if (terminator != "aws4_request") {
    return std::unexpected(invalid_argument(
        "Credential termination string should be aws4_request, not " + std::string(terminator)));
  }
  // R2 names the header also when the date came with the query.
  if (!amz_date.starts_with(credential.date)) {
    return std::unexpected(invalid_argument(
        "Credential signed date " + std::string(credential.date) + " does not match " +
        std::string(amz_date.substr(0, 8)) + " from 'x-amz-date' header"));
  }
  return credential;
}

struct AuthorizationFields {
  std::string_view credential, signed_headers, signature;
};

std::optional<AuthorizationFields> parse_authorization(std::string_view value) {
  if (!value.starts_with(kAlgorithm) || value.size() == kAlgorithm.size() ||
      value[kAlgorithm.size()] != ' ') {
    return std::nullopt;
  }
  value.remove_prefix(kAlgorithm.size());
  AuthorizationFields fields;
  bool has_credential = false, has_headers = false, has_signature = false;
  while (!value.empty()) {
    const size_t comma = value.find(',');
    const std::string_view one = value.substr(0, comma);
    value = comma == value.npos ? std::string_view() : value.substr(comma + 1);
    const size_t equals = one.find('=');
    if (equals == one.npos) continue;
    const std::string_view name = trimmed(one.substr(0, equals));
    const std::string_view text = trimmed(one.substr(equals + 1));
    if (name == "Credential") fields.credential = text, has_credential = true;
    if (name == "SignedHeaders") fields.signed_headers = text, has_headers = true;
    if (name == "Signature") fields.signature = text, has_signature = true;
  }
  if (!has_credential || !has_headers || !has_signature) return std::nullopt;
  return fields;
}

std::expected<void, S3Error> require_parameters(const Query& query) {
  constexpr std::string_view kRequired[] = {"X-Amz-Algorithm", "X-Amz-Signature", "X-Amz-Date",
                                            "X-Amz-SignedHeaders", "X-Amz-Expires"};
  std::string missing;
  size_t count = 0;
  for (const std::string_view name : kRequired) {
    if (query.has(name)) continue;
    if (count++ > 0) missing += ",  ";
    missing += name;
  }
  if (count == 0) return {};
  return std::unexpected(invalid_argument(std::string("Required search parameter") +
                                          (count > 1 ? "s " : " ") + missing + " missing"));
}

std::optional<double> parse_number(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code == std::errc::result_out_of_range && !text.starts_with('-')) return HUGE_VAL;
  if (code != std::errc() || end != text.data() + text.size() || std::isnan(value)) {
    return std::nullopt;
  }
  return value;
}

// What x-amz-content-sha256 says. `is_presigned`: the signature says nothing about the body, but an
// aws-chunked one has to be decoded all the same.
std::expected<void, S3Error> read_payload(std::string_view value, bool strict, Verified& out) {
  if (value == kUnsignedPayload || (out.is_presigned && !value.starts_with("STREAMING-")))
    return {};
  if (value == kUnsignedTrailer) {
    if (strict) return std::unexpected(unauthorized());
    out.payload = Payload::kUnsignedTrailer;
    return {};
  }
  if (value.starts_with("STREAMING-")) return std::unexpected(not_implemented(value));
  auto hash = value.size() == 64 ? digest::from_hex(value) : std::nullopt;
  if (!hash) {  // UNKNOWN (spec/r2.md 5.1): the text is ours
    return std::unexpected(
        invalid_argument("x-amz-content-sha256 must be the SHA-256 of the body as 64 hex digits, "
                         "UNSIGNED-PAYLOAD or "
                         "STREAMING-UNSIGNED-PAYLOAD-TRAILER, not " +
                         std::string(value)));
  }
  out.payload = Payload::kHash;
  out.payload_sha256 = std::move(*hash);
  return {};
}

}  // namespace

struct Verifier::Parts {
  std::string_view credential, amz_date, signed_headers, signature, payload_hash;
  std::optional<std::string_view> session_token;
  bool is_presigned = false;
};

const std::string& Verifier::signing_key(std::string_view secret, std::string_view date,
                                         std::string_view region) {
  std::string name;
  name.reserve(secret.size() + date.size() + region.size() + 2);
  name.append(secret).append("/").append(date).append("/").append(region);
  if (const auto found = signing_keys_.find(name); found != signing_keys_.end())
    return found->second;
  if (signing_keys_.size() >= kSigningKeysMax) signing_keys_.clear();
  return signing_keys_.emplace(std::move(name), derive_signing_key(secret, date, region))
      .first->second;
}

std::expected<Identity, S3Error> Verifier::check(const Request& request, const UrlParts& url,
                                                 const Query& query, const Parts& parts,
                                                 int64_t now_ms) {
  const auto credential = parse_credential(parts.credential, parts.amz_date);
  if (!credential) return std::unexpected(credential.error());
  auto who = keys_.identify(credential->access_key_id, parts.session_token, now_ms);
  if (!who) return who;
  if (parts.is_presigned) {
    const auto expires = parse_number(*query.get("X-Amz-Expires"));
    if (!expires) return std::unexpected(invalid_argument("X-Amz-Expires should be a number"));
    if (*expires > kExpiresMax) {
      return std::unexpected(
          invalid_argument("X-Amz-Expires must be less than a week (in seconds); that is, the "
                           "given X-Amz-Expires must "
                           "be less than 604800 seconds"));
    }
    const int64_t signed_ms = *parse_basic_date(parts.amz_date);
    if (*expires < 1 || now_ms > signed_ms + static_cast<int64_t>(*expires * 1000)) {
      return std::unexpected(from(r2::Code::kExpiredRequest, 409, options_.expired_status));
    }
  }
  const SignedHeaders names(parts.signed_headers);
  if (!names.has("host")) return std::unexpected(unauthorized());
  std::string canonical =
      canonical_request(request, url, query, names, parts.payload_hash, parts.is_presigned);
  std::string text =
      string_to_sign(parts.amz_date, credential->date, credential->region, canonical);
  const std::string computed = digest::to_hex(
      digest::hmac_sha256(signing_key(who->secret, credential->date, credential->region), text));
  if (!digest::equal_in_constant_time(computed, parts.signature)) {
    return std::unexpected(does_not_match(std::move(text), std::move(canonical), parts.signature));
  }
  return who;
}

std::expected<Verified, S3Error> Verifier::verify_header(const Request& request,
                                                         const UrlParts& url, const Query& query,
                                                         std::string_view authorization,
                                                         int64_t now_ms) {
  const auto content_hash = request.headers.get(kContentHash);
  if (!content_hash) return std::unexpected(invalid_request("Missing x-amz-content-sha256"));
  std::string_view source = kAmzDate;
  auto amz_date = request.headers.get(kAmzDate);
  if (!amz_date) {
    source = "date";
    amz_date = request.headers.get(source);
  }
  if (!amz_date) {
    return std::unexpected(invalid_argument("No date provided in x-amz-date nor date header"));
  }
  const auto signed_ms = parse_basic_date(*amz_date);
  if (!signed_ms) {
    return std::unexpected(invalid_argument("Date provided in '" + std::string(source) +
                                            "' header (" + std::string(*amz_date) +
                                            ") didn't parse successfully"));
  }
  if (std::abs(now_ms - *signed_ms) > kSkewMsMax) {
    return std::unexpected(
        S3Error{"RequestTimeTooSkewed",
                403,
                "The difference between the request time and the server's time is too large.",
                {}});
  }
  const auto fields = parse_authorization(authorization);
  if (!fields) return std::unexpected(wrong_algorithm());
  auto who = check(request, url, query,
                   {fields->credential, *amz_date, fields->signed_headers, fields->signature,
                    *content_hash, request.headers.get(kSecurityToken), false},
                   now_ms);
  if (!who) return std::unexpected(std::move(who.error()));
  Verified verified{std::move(*who), false, Payload::kUnsigned, {}};
  if (auto read = read_payload(*content_hash, options_.strict_unsigned_trailers, verified); !read) {
    return std::unexpected(std::move(read.error()));
  }
  return verified;
}

std::expected<Verified, S3Error> Verifier::verify_presigned(const Request& request,
                                                            const UrlParts& url, const Query& query,
                                                            int64_t now_ms) {
  if (auto complete = require_parameters(query); !complete) {
    return std::unexpected(std::move(complete.error()));
  }
  if (*query.get("X-Amz-Algorithm") != kAlgorithm) return std::unexpected(wrong_algorithm());
  const std::string& amz_date = *query.get("X-Amz-Date");
  if (!parse_basic_date(amz_date)) {
    return std::unexpected(invalid_argument("Date provided in X-Amz-Date (" + amz_date +
                                            ") didn't parse successfully"));
  }
  std::optional<std::string_view> session_token = request.headers.get(kSecurityToken);
  if (const std::string* token = query.get("X-Amz-Security-Token")) session_token = *token;
  auto who = check(request, url, query,
                   {*query.get("X-Amz-Credential"), amz_date, *query.get("X-Amz-SignedHeaders"),
                    *query.get("X-Amz-Signature"), kUnsignedPayload, session_token, true},
                   now_ms);
  if (!who) return std::unexpected(std::move(who.error()));
  Verified verified{std::move(*who), true, Payload::kUnsigned, {}};
  if (const auto content_hash = request.headers.get(kContentHash)) {
    auto read = read_payload(*content_hash, options_.strict_unsigned_trailers, verified);
    if (!read) return std::unexpected(std::move(read.error()));
  }
  return verified;
}

std::expected<Verified, S3Error> Verifier::verify(const Request& request, const Query& query,
                                                  int64_t now_ms) {
  const UrlParts url = split_url(request.url);
  if (const auto authorization = request.headers.get("authorization")) {
    return verify_header(request, url, query, *authorization, now_ms);
  }
  if (query.has("X-Amz-Credential")) return verify_presigned(request, url, query, now_ms);
  return std::unexpected(invalid_argument("Authorization"));
}

bool has_authentication(const Request& request, const Query& query) {
  return request.headers.has("authorization") || query.has("X-Amz-Credential");
}

S3Error content_hash_mismatch() {
  return {"XAmzContentSHA256Mismatch",
          400,
          "The provided 'x-amz-content-sha256' header does not match what was computed.",
          {}};
}

}  // namespace offing::s3
