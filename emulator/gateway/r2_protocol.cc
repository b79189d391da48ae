#include "emulator/gateway/r2_protocol.h"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "emulator/trace/json_text.h"
#include "storage/r2/limits.h"

namespace offing::r2_protocol {

using Json = rapidjson::Value;
using Op = R2Call::Op;

constexpr std::pair<std::string_view, Op> kMethods[] = {
    {"head", Op::kHead},
    {"get", Op::kGet},
    {"put", Op::kPut},
    {"delete", Op::kDelete},
    {"list", Op::kList},
    {"createMultipartUpload", Op::kCreateMultipartUpload},
    {"uploadPart", Op::kUploadPart},
    {"completeMultipartUpload", Op::kCompleteMultipartUpload},
    {"abortMultipartUpload", Op::kAbortMultipartUpload},
};

bool is_get_class(Op op) { return op == Op::kHead || op == Op::kGet || op == Op::kList; }
bool takes_value(Op op) { return op == Op::kPut || op == Op::kUploadPart; }

namespace {

std::string_view view(const Json& string) { return {string.GetString(), string.GetStringLength()}; }

// The fields of one object of a request. The first thing wrong is kept in `problem`; what follows
// reads as absent.
class Fields {
 public:
  Fields(const Json& object, std::string path, std::string& problem)
      : object_(object), path_(std::move(path)), problem_(problem) {}

  void fail(std::string_view name, std::string_view what) const {
    if (!problem_.empty()) return;
    problem_.append("\"").append(path_).append(name).append("\" ").append(what);
  }

  std::optional<std::string> text(const char* name) const {
    const Json* found = find(name);
    if (!found) return std::nullopt;
    if (!found->IsString()) return fail(name, "is not a string"), std::nullopt;
    return std::string(view(*found));
  }
  std::string text_or_empty(const char* name) const { return text(name).value_or(std::string()); }

  // `unset` is the protocol's way to say that nothing was given.
  std::optional<uint64_t> number(const char* name, uint64_t unset) const {
    const Json* found = find(name);
    if (!found) return std::nullopt;
    constexpr std::string_view kRange = "number from 0 to 18446744073709551615";
    uint64_t value = 0;
    if (found->IsUint64()) {
      value = found->GetUint64();
    } else if (found->IsString()) {
      const std::string_view digits = view(*found);
      const char* end = digits.data() + digits.size();
      auto [stop, error] = std::from_chars(digits.data(), end, value);
      if (error != std::errc() || stop != end)
        return fail(name, "is a string that is no " + std::string(kRange)), std::nullopt;
    } else {
      return fail(name, "is no " + std::string(kRange)), std::nullopt;
    }
    if (value == unset) return std::nullopt;
    return value;
  }
  std::optional<uint64_t> long_number(const char* name) const {
    return number(name, std::numeric_limits<uint64_t>::max());
  }
  // Milliseconds since the epoch; before it they come as a large number.
  std::optional<int64_t> time(const char* name) const {
    const std::optional<uint64_t> value = long_number(name);
    if (!value) return std::nullopt;
    return static_cast<int64_t>(*value);
  }

  bool flag(const char* name) const {
    const Json* found = find(name);
    if (!found) return false;
    if (!found->IsBool()) return fail(name, "is neither true nor false"), false;
    return found->GetBool();
  }

  std::optional<Fields> object(const char* name) const {
    const Json* found = find(name);
    if (!found) return std::nullopt;
    if (!found->IsObject()) return fail(name, "is not an object"), std::nullopt;
    return Fields(*found, path_ + name + ".", problem_);
  }

  const Json* array(const char* name) const {
    const Json* found = find(name);
    if (found && !found->IsArray()) return fail(name, "is not an array"), nullptr;
    return found;
  }
  // Calls `visit(fields)` for each object of an array; false when there is no such array.
  template <class Visit> bool each(const char* name, Visit visit) const {
    const Json* list = array(name);
    if (!list) return false;
    for (const Json& item : list->GetArray()) {
      if (!item.IsObject()) return fail(name, "holds something that is not an object"), true;
      visit(Fields(item, path_ + name + "[].", problem_));
      if (!problem_.empty()) return true;
    }
    return true;
  }

 private:
  const Json* find(const char* name) const {
    const auto member = object_.FindMember(name);
    return member == object_.MemberEnd() || member->value.IsNull() ? nullptr : &member->value;
  }

  const Json& object_;
  std::string path_;
  std::string& problem_;
};

std::optional<std::vector<r2::EtagTag>> read_tags(const Fields& fields, const char* name) {
  std::vector<r2::EtagTag> tags;
  const bool found = fields.each(name, [&tags](const Fields& tag) {
    r2::EtagTag read;
    const std::string type = tag.text_or_empty("type");
    if (type == "wildcard") {
      read.kind = r2::EtagTag::Kind::kWildcard;
    } else if (type == "strong" || type == "weak") {
      read.kind = type == "weak" ? r2::EtagTag::Kind::kWeak : r2::EtagTag::Kind::kStrong;
      read.value = tag.text_or_empty("value");
    } else {
      return tag.fail("type", "is none of strong, weak and wildcard");
    }
    tags.push_back(std::move(read));
  });
  if (!found) return std::nullopt;
  return tags;
}

void read_condition(const Fields& fields, R2Call& call) {
  const std::optional<Fields> given = fields.object("onlyIf");
  if (!given) return;
  r2::Conditional condition;
  condition.etag_matches = read_tags(*given, "etagMatches");
  condition.etag_does_not_match = read_tags(*given, "etagDoesNotMatch");
  condition.uploaded_before_ms = given->time("uploadedBefore");
  condition.uploaded_after_ms = given->time("uploadedAfter");
  condition.seconds_granularity = given->flag("secondsGranularity");
  call.only_if = std::move(condition);
}

void read_range(const Fields& fields, R2Call& call) {
  if (const std::optional<Fields> range = fields.object("range")) {
    call.range.offset = range->long_number("offset");
    call.range.length = range->long_number("length");
    call.range.suffix = range->long_number("suffix");
    if (call.range.suffix && (call.range.offset || call.range.length))
      range->fail("suffix", "stands beside an offset or a length");
  }
  call.range.header = fields.text("rangeHeader");
}

void read_key(const Fields& fields, R2Call& call) {
  const std::optional<Fields> ssec = fields.object("ssec");
  const std::optional<std::string> hex = ssec ? ssec->text("key") : std::nullopt;
  if (!hex) return;
  call.ssec_key = digest::from_hex(*hex);
  if (!call.ssec_key || call.ssec_key->size() != 32) ssec->fail("key", "is not 64 hex digits");
}

void read_metadata(const Fields& fields, R2Call& call) {
  if (const std::optional<Fields> http = fields.object("httpFields")) {
    call.http.content_type = http->text("contentType");
    call.http.content_language = http->text("contentLanguage");
    call.http.content_disposition = http->text("contentDisposition");
    call.http.content_encoding = http->text("contentEncoding");
    call.http.cache_control = http->text("cacheControl");
    call.http.cache_expiry_ms = http->time("cacheExpiry");
  }
  fields.each("customFields", [&call](const Fields& field) {
    call.custom.emplace_back(field.text_or_empty("k"), field.text_or_empty("v"));
  });
  std::vector<std::string_view> names;
  for (const auto& [name, value] : call.custom) names.push_back(name);
  std::ranges::sort(names);
  if (std::ranges::adjacent_find(names) != names.end())
    fields.fail("customFields", "gives a name twice");
  const std::optional<std::string> storage_class = fields.text("storageClass");
  if (!storage_class) return;
  if (*storage_class == "Standard") {
    call.storage_class = r2::StorageClass::kStandard;
  } else if (*storage_class == "InfrequentAccess") {
    call.storage_class = r2::StorageClass::kInfrequentAccess;
  } else {
    call.bad_storage_class = true;
  }
}

constexpr std::pair<const char*, digest::Algorithm> kHashes[] = {
    {"sha1", digest::Algorithm::kSha1},
    {"sha256", digest::Algorithm::kSha256},
    {"sha384", digest::Algorithm::kSha384},
    {"sha512", digest::Algorithm::kSha512},
};

void read_hashes(const Fields& fields, R2Call& call) {
  if (const std::optional<std::string> md5 = fields.text("md5")) {
    std::optional<std::string> bytes = digest::from_base64(*md5);
    if (!bytes || bytes->size() != 16) return fields.fail("md5", "is not the base64 of 16 bytes");
    call.expected.push_back({digest::Algorithm::kMd5, std::move(*bytes)});
  }
  for (const auto& [name, algorithm] : kHashes) {
    const std::optional<std::string> hex = fields.text(name);
    if (!hex) continue;
    std::optional<std::string> bytes = digest::from_hex(*hex);
    if (!bytes || hex->size() != 2 * bytes->size() || bytes->empty())
      return fields.fail(name, "is not hex");
    constexpr size_t kSizes[] = {20, 32, 48, 64};
    if (bytes->size() != kSizes[static_cast<size_t>(algorithm) -
                                static_cast<size_t>(digest::Algorithm::kSha1)])
      return fields.fail(name, "has not the length of its algorithm");
    call.expected.push_back({algorithm, std::move(*bytes)});
  }
}

void read_list(const Fields& fields, R2Call& call) {
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  if (const auto limit = fields.number("limit", std::numeric_limits<uint32_t>::max()))
    call.limit = static_cast<int64_t>(std::min(*limit, kMost));
  call.prefix = fields.text_or_empty("prefix");
  call.cursor = fields.text_or_empty("cursor");
  call.delimiter = fields.text_or_empty("delimiter");
  call.start_after = fields.text_or_empty("startAfter");
  if (const Json* include = fields.array("include")) {
    for (const Json& field : include->GetArray()) {
      if (!field.IsUint() || field.GetUint() > 1)
        return fields.fail("include", "holds something that is neither 0 (http) nor 1 (custom)");
      (field.GetUint() == 0 ? call.include_http : call.include_custom) = true;
    }
  }
  call.pages_by_metadata = true;
}

void read_delete(const Fields& fields, R2Call& call) {
  const Json* keys = fields.array("objects");
  if (!keys) return;
  call.is_multi_delete = true;
  for (const Json& key : keys->GetArray()) {
    if (!key.IsString()) return fields.fail("objects", "holds something that is not a string");
    call.keys.emplace_back(view(key));
  }
}

void read_part_number(const Fields& fields, const char* name, uint32_t& out) {
  const uint64_t number = fields.long_number(name).value_or(0);
  if (number < 1 || number > r2::kPartNumberMax)
    return fields.fail(name, "is no number from 1 to 10000");
  out = static_cast<uint32_t>(number);
}

void read_parts(const Fields& fields, R2Call& call) {
  fields.each("parts", [&call](const Fields& field) {
    R2Call::ChosenPart part;
    read_part_number(field, "part", part.number);
    part.etag = field.text_or_empty("etag");
    call.parts.push_back(std::move(part));
  });
}

void read_operation(const Fields& fields, R2Call& call) {
  switch (call.op) {
    case Op::kGet:
      read_condition(fields, call);
      read_range(fields, call);
      return read_key(fields, call);
    case Op::kPut:
      read_condition(fields, call);
      read_metadata(fields, call);
      read_hashes(fields, call);
      return read_key(fields, call);
    case Op::kCreateMultipartUpload:
      read_metadata(fields, call);
      return read_key(fields, call);
    case Op::kUploadPart: {
      call.upload_id = fields.text_or_empty("uploadId");
      uint32_t number = 0;
      read_part_number(fields, "partNumber", number);
      call.part_number = number;
      return read_key(fields, call);
    }
    case Op::kCompleteMultipartUpload:
      call.upload_id = fields.text_or_empty("uploadId");
      return read_parts(fields, call);
    case Op::kAbortMultipartUpload:
      call.upload_id = fields.text_or_empty("uploadId");
      return;
    case Op::kList:
      return read_list(fields, call);
    case Op::kDelete:
      return read_delete(fields, call);
    default:
      return;
  }
}

}  // namespace

std::expected<R2Call, std::string> parse_request(std::string_view json) {
  if (json.size() > kRequestBytesMax)
    return std::unexpected("a request of " + std::to_string(json.size()) +
                           " bytes; the limit is " + std::to_string(kRequestBytesMax));
  rapidjson::Document document;
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  document.Parse<kFlags>(json.data(), json.size());
  if (document.HasParseError())
    return std::unexpected("not JSON at byte " + std::to_string(document.GetErrorOffset()) + ": " +
                           rapidjson::GetParseError_En(document.GetParseError()));
  if (!document.IsObject()) return std::unexpected("the request is not a JSON object");
  std::string problem;
  const Fields fields(document, "", problem);
  const std::string method = fields.text_or_empty("method");
  const auto* row = std::ranges::find(kMethods, method, &std::pair<std::string_view, Op>::first);
  if (row == std::ranges::end(kMethods)) {
    if (problem.empty()) problem = "there is no method \"" + method + "\"";
    return std::unexpected(std::move(problem));
  }
  if (fields.long_number("version").value_or(1) != 1) fields.fail("version", "is not 1");
  R2Call call;
  call.op = row->second;
  call.key = fields.text_or_empty("object");
  read_operation(fields, call);
  if (!problem.empty()) return std::unexpected(std::move(problem));
  return call;
}

static void append_text(std::string& out, std::string_view name, std::string_view value) {
  out.append(",\"").append(name).append("\":");
  trace::append_json_string(out, value);
}

static void append_number(std::string& out, std::string_view name, uint64_t value) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  out.append(",\"").append(name).append("\":\"").append(digits, end).append("\"");
}

static void append_http(std::string& out, const r2::HttpMetadata& http) {
  if (http == r2::HttpMetadata()) return;
  std::string fields;
  const auto add = [&fields](std::string_view name, const std::optional<std::string>& value) {
    if (value) append_text(fields, name, *value);
  };
  add("contentType", http.content_type);
  add("contentLanguage", http.content_language);
  add("contentDisposition", http.content_disposition);
  add("contentEncoding", http.content_encoding);
  add("cacheControl", http.cache_control);
  if (http.cache_expiry_ms)
    append_number(fields, "cacheExpiry", static_cast<uint64_t>(*http.cache_expiry_ms));
  out.append(",\"httpFields\":{").append(fields, 1).append("}");
}

static void append_custom(std::string& out, const r2::CustomMetadata& custom) {
  if (custom.empty()) return;
  out += ",\"customFields\":[";
  for (const auto& [name, value] : custom) {
    out += "{\"k\":";
    trace::append_json_string(out, name);
    append_text(out, "v", value);
    out += "},";
  }
  out.back() = ']';
}

static void append_checksums(std::string& out, const std::vector<r2::Checksum>& checksums) {
  std::string fields;
  for (const r2::Checksum& checksum : checksums) {
    // The protocol numbers the algorithms as digest::Algorithm does, and knows none beyond SHA-512.
    if (checksum.algorithm > digest::Algorithm::kSha512) continue;
    const char number = static_cast<char>('0' + static_cast<int>(checksum.algorithm));
    append_text(fields, std::string_view(&number, 1), digest::to_hex(checksum.bytes));
  }
  if (!fields.empty()) out.append(",\"checksums\":{").append(fields, 1).append("}");
}
static_assert(static_cast<int>(digest::Algorithm::kMd5) == 0 &&
              static_cast<int>(digest::Algorithm::kSha512) == 4);

static void append_object(std::string& out, const r2::Object& object, const Shown& shown,
                          const r2::Range* range) {
  out += "{\"name\":";
  trace::append_json_string(out, object.key);
  append_text(out, "version", object.version);
  append_number(out, "size", object.size_bytes);
  append_text(out, "etag", object.etag);
  append_number(out, "uploaded", static_cast<uint64_t>(object.uploaded_ms));
  if (shown.http) append_http(out, object.http);
  if (shown.custom) append_custom(out, object.custom);
  append_checksums(out, object.checksums);
  append_text(out, "storageClass", object.storage_class == r2::StorageClass::kStandard
                                       ? "Standard" : "InfrequentAccess");
  if (range) {
    std::string fields;
    append_number(fields, "offset", range->offset);
    append_number(fields, "length", range->length);
    out.append(",\"range\":{").append(fields, 1).append("}");
  }
  if (!object.ssec_key_md5.empty()) {
    // Hex: UNKNOWN (spec/r2.md 1.6 names the field only).
    out += ",\"ssec\":{\"algorithm\":\"AES256\"";
    append_text(out, "keyMd5", digest::to_hex(object.ssec_key_md5));
    out += "}";
  }
  out += "}";
}

static std::string list_json(const Shown& shown, const R2Answer& answer) {
  std::string out = "{\"objects\":[";
  for (const r2::ObjectRef& object : answer.objects) {
    append_object(out, *object, shown, nullptr);
    out += ',';
  }
  if (!answer.objects.empty()) out.pop_back();
  out += answer.truncated ? "],\"truncated\":true" : "],\"truncated\":false";
  if (answer.truncated) append_text(out, "cursor", answer.cursor);
  out += ",\"delimitedPrefixes\":[";
  for (const std::string& prefix : answer.prefixes) {
    trace::append_json_string(out, prefix);
    out += ',';
  }
  if (!answer.prefixes.empty()) out.pop_back();
  return out += "]}";
}

std::string reply_json(const Shown& shown, const R2Answer& answer) {
  std::string out;
  switch (shown.op) {
    case Op::kList:
      return list_json(shown, answer);
    case Op::kCreateMultipartUpload:
      append_text(out, "uploadId", answer.upload_id);
      break;
    case Op::kUploadPart:
      append_text(out, "etag", answer.etag);
      break;
    default: {
      if (!answer.object) return "{}";
      const bool ranged = shown.op == Op::kGet || shown.op == Op::kHead;   // R5
      const bool partial = shown.op == Op::kGet && !answer.condition_failed;
      const r2::Range range = partial ? answer.range : r2::Range{0, answer.object->size_bytes};
      append_object(out, *answer.object, shown, ranged ? &range : nullptr);
      return out;
    }
  }
  out.front() = '{';
  return out += '}';
}

std::string error_json(uint32_t v4_code, std::string_view message) {
  std::string out = "{\"version\":1,\"v4code\":" + std::to_string(v4_code);
  append_text(out, "message", message);
  return out += '}';
}

}  // namespace offing::r2_protocol
