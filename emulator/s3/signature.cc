#include "emulator/s3/signature.h"

#include <algorithm>

#include "emulator/s3/sigv4.h"
#include "storage/digest/digest.h"

namespace offing::s3 {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

// Trimmed, runs of spaces as one.
void append_value(std::string& out, std::string_view value) {
  const size_t first = value.find_first_not_of(" \t");
  if (first == value.npos) return;
  value = value.substr(first, value.find_last_not_of(" \t") - first + 1);
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] == ' ' && value[i - 1] == ' ') continue;  // never the first: it is trimmed
    out += value[i];
  }
}

void append_header(std::string& out, const Request& request, const UrlParts& url,
                   std::string_view name) {
  out.append(name).append(":");
  bool found = false;
  for (const Header header : request.headers) {
    if (!equals_ignoring_case(header.name, name)) continue;
    if (found) out += ',';
    append_value(out, header.value);
    found = true;
  }
  if (!found && name == "host") out += url.host;
  out += '\n';
}

void append_query(std::string& out, const Query& query, bool without_signature) {
  std::vector<std::pair<std::string, std::string>> encoded;
  encoded.reserve(query.all().size());
  for (const auto& [name, value] : query.all()) {
    if (without_signature && name == "X-Amz-Signature") continue;
    encoded.emplace_back(percent_encode(name, false), percent_encode(value, false));
  }
  std::ranges::sort(encoded);
  for (size_t i = 0; i < encoded.size(); ++i) {
    if (i > 0) out += '&';
    out.append(encoded[i].first).append("=").append(encoded[i].second);
  }
}

std::string scope(std::string_view date, std::string_view region) {
  std::string text(date);
  return text.append("/").append(region).append("/s3/aws4_request");
}

// The query of a URL under construction.
void add_parameter(std::string& url, std::string_view name, std::string_view value) {
  url += url.find('?') == url.npos ? '?' : '&';
  url.append(name).append("=").append(percent_encode(value, false));
}

std::string signature_of(const Credentials& credentials, std::string_view amz_date,
                         std::string_view region, std::string_view canonical) {
  const std::string_view date = amz_date.substr(0, 8);
  return digest::to_hex(
      digest::hmac_sha256(derive_signing_key(credentials.secret_access_key, date, region),
                          string_to_sign(amz_date, date, region, canonical)));
}

}  // namespace

SignedHeaders::SignedHeaders(std::string_view list) : list_(list) {
  std::ranges::transform(list_, list_.begin(), lower);
}

std::vector<std::string_view> SignedHeaders::names() const {
  std::vector<std::string_view> names;
  std::string_view rest = list_;
  for (;;) {
    const size_t end = rest.find(';');
    names.push_back(rest.substr(0, end));
    if (end == rest.npos) return names;
    rest.remove_prefix(end + 1);
  }
}

bool SignedHeaders::has(std::string_view name) const {
  const std::vector<std::string_view> all = names();
  return std::ranges::find(all, name) != all.end();
}

std::string canonical_request(const Request& request, const UrlParts& url, const Query& query,
                              const SignedHeaders& names, std::string_view payload_hash,
                              bool without_signature) {
  std::string out;
  out.reserve(512 + request.url.size());
  out.append(request.method).append("\n").append(url.path).append("\n");
  append_query(out, query, without_signature);
  out += '\n';
  for (const std::string_view name : names.names()) append_header(out, request, url, name);
  out.append("\n").append(names.list()).append("\n").append(payload_hash);
  return out;
}

std::string string_to_sign(std::string_view amz_date, std::string_view date,
                           std::string_view region, std::string_view canonical_request) {
  std::string out(kAlgorithm);
  out.append("\n").append(amz_date).append("\n").append(scope(date, region)).append("\n");
  out += digest::to_hex(digest::digest_of(digest::Algorithm::kSha256, canonical_request));
  return out;
}

std::string derive_signing_key(std::string_view secret, std::string_view date,
                               std::string_view region) {
  std::string key = digest::hmac_sha256("AWS4" + std::string(secret), date);
  key = digest::hmac_sha256(key, region);
  key = digest::hmac_sha256(key, "s3");
  return digest::hmac_sha256(key, "aws4_request");
}

void sign(Request& request, const Credentials& credentials, std::string_view region,
          std::string_view payload_hash, int64_t now_ms) {
  const UrlParts url = split_url(request.url);
  const std::string amz_date = basic_date(now_ms);
  request.headers.remove("authorization");
  request.headers.set("x-amz-date", amz_date);
  request.headers.set("x-amz-content-sha256", payload_hash);
  if (!credentials.session_token.empty()) {
    request.headers.set("x-amz-security-token", credentials.session_token);
  }
  if (!request.headers.has("host")) request.headers.set("host", url.host);

  std::vector<std::string> names;
  for (const Header header : request.headers) {
    std::string name(header.name);
    std::ranges::transform(name, name.begin(), lower);
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ";") + name;
  const SignedHeaders signed_headers(list);
  const std::string canonical =
      canonical_request(request, url, Query::parse(url.query), signed_headers, payload_hash, false);
  std::string value(kAlgorithm);
  value += " Credential=" + credentials.access_key_id + "/" +
           scope(std::string_view(amz_date).substr(0, 8), region) + ", SignedHeaders=" + list +
           ", Signature=" + signature_of(credentials, amz_date, region, canonical);
  request.headers.add("authorization", value);
}

std::string presign(std::string_view method, std::string_view url, const Credentials& credentials,
                    std::string_view region, int64_t expires_s, int64_t now_ms) {
  const std::string amz_date = basic_date(now_ms);
  Request request;
  request.method = method;
  request.url = url;
  add_parameter(request.url, "X-Amz-Algorithm", kAlgorithm);
  add_parameter(
      request.url, "X-Amz-Credential",
      credentials.access_key_id + "/" + scope(std::string_view(amz_date).substr(0, 8), region));
  add_parameter(request.url, "X-Amz-Date", amz_date);
  add_parameter(request.url, "X-Amz-Expires", std::to_string(expires_s));
  if (!credentials.session_token.empty()) {
    add_parameter(request.url, "X-Amz-Security-Token", credentials.session_token);
  }
  add_parameter(request.url, "X-Amz-SignedHeaders", "host");
  const UrlParts parts = split_url(request.url);
  const std::string signature =
      signature_of(credentials, amz_date, region,
                   canonical_request(request, parts, Query::parse(parts.query),
                                     SignedHeaders("host"), kUnsignedPayload, true));
  add_parameter(request.url, "X-Amz-Signature", signature);
  return std::move(request.url);
}

}  // namespace offing::s3
