// A request's head through the S3 door's readers: the first line is the method and the target, the
// others are headers; "sign" as the first header's name has the rest signed, so that readers behind
// the signature are reached too. Whatever comes has to be answered with an error of the 4xx and
// 5xx, or verify; and what was signed verifies.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "emulator/s3/aws_chunked.h"
#include "emulator/s3/s3_headers.h"
#include "emulator/s3/s3_keys.h"
#include "emulator/s3/sigv4.h"

namespace {

using namespace offing;

void require(bool holds) {
  if (!holds) std::abort();
}

void require_error(const s3::S3Error& error) {
  require(error.http_status >= 400 && error.http_status < 600);
  require(!error.code.empty());
  require(!s3::error_xml(error).empty());
}

template <class T>
void require_sound(const std::expected<T, s3::S3Error>& result) {
  if (!result) require_error(result.error());
}

void read_headers(const HeaderList& headers) {
  (void)s3::http_metadata(headers);
  for (const auto& [name, value] : s3::custom_metadata(headers)) {
    require(!name.empty());
    require(s3::decode_words(s3::encode_words(value)) == value);
  }
  require_sound(s3::storage_class(headers));
  for (const auto prefix : {s3::kIf, s3::kCopySourceIf, s3::kCopyDestinationIf}) {
    require_sound(s3::conditional(headers, prefix));
  }
  const auto range = s3::range(headers);
  require_sound(range);
  if (range && range->length) require(*range->length > 0);
  require_sound(s3::copy_source_range(headers));
  for (const bool of_source : {false, true}) {
    const auto key = s3::ssec_key(headers, of_source);
    require_sound(key);
    if (key && *key) require((*key)->size() == 32);
  }
  for (const auto use : {s3::ChecksumUse::kPut, s3::ChecksumUse::kCreateMultipartUpload,
                         s3::ChecksumUse::kUploadPart, s3::ChecksumUse::kComplete}) {
    require_sound(s3::checksum_headers(headers, use));
  }
  const auto source = s3::copy_source(headers);
  require_sound(source);
  if (source) require(!source->bucket.empty() && !source->key.empty());
  require_sound(s3::metadata_directive(headers));
  require_sound(s3::read_chunked_head(headers));
  for (const bool is_delete : {false, true}) {
    if (const auto error = s3::refused_header(headers, is_delete)) require_error(*error);
  }
}

std::string_view take_line(std::string_view& input) {
  const size_t end = input.find('\n');
  const std::string_view line = input.substr(0, end);
  input = end == input.npos ? std::string_view() : input.substr(end + 1);
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr int64_t kNowMs = 1'369'353'600'000;
  constexpr std::string_view kTokenCharacters =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string_view input(reinterpret_cast<const char*>(data), size);
  Request request;
  const std::string_view first = take_line(input);
  const size_t space = first.find(' ');
  request.method = first.substr(0, space);
  request.url = "http://host" + (space == first.npos ? "/" : std::string(first.substr(space + 1)));
  bool signs = false;
  while (!input.empty()) {
    const std::string_view line = take_line(input);
    const size_t colon = line.find(':');
    if (line == "sign") signs = true;
    // Names are tokens: the HTTP parser lets no others in.
    const std::string_view name = line.substr(0, colon);
    if (colon == line.npos || name.empty() ||
        name.find_first_not_of(kTokenCharacters) != name.npos) {
      continue;
    }
    request.headers.add(name, line.substr(colon + 1));
  }
  R2Token token;
  token.access_key_id = "key";
  token.secret_access_key = "secret";
  s3::Keys keys({token});
  s3::Verifier verifier(keys, {});
  read_headers(request.headers);
  if (signs) {
    request.headers.remove("x-amz-security-token");
    const std::string hash(64, '0');
    s3::sign(request, {"key", "secret", {}}, "auto", hash, kNowMs);
  }
  const s3::Query query = s3::Query::parse(s3::split_url(request.url).query);
  const auto verified = verifier.verify(request, query, kNowMs);
  require_sound(verified);
  if (signs) require(verified.has_value());
  if (!signs) (void)s3::has_authentication(request, query);
  return 0;
}
