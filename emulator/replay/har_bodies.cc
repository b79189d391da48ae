#include "emulator/replay/har_bodies.h"

#include <algorithm>

#include "emulator/replay/header_rules.h"
#include "emulator/replay/values.h"

namespace offing::replay {
namespace {

constexpr int64_t kSizeMax = int64_t{1} << 53;

std::string essence(std::string_view content_type) {
  return lower_case(trimmed(content_type.substr(0, content_type.find(';'))));
}

std::string form_encoded(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (unsigned char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '*' || c == '-' || c == '.' || c == '_';
    if (plain) out += static_cast<char>(c);
    else if (c == ' ') out += '+';
    else out += {'%', kHex[c >> 4], kHex[c & 15]};
  }
  return out;
}

// A quoted parameter of a multipart header, as browsers escape it.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"') out += "%22";
    else if (c == '\r') out += "%0D";
    else if (c == '\n') out += "%0A";
    else out += c;
  }
  return out + "\"";
}

std::string boundary_of(std::string_view content_type) {
  const std::string lower = lower_case(content_type);
  const size_t at = lower.find("boundary=");
  if (at == std::string::npos) return {};
  std::string_view rest = content_type.substr(at + 9);
  if (rest.starts_with('"')) {
    rest.remove_prefix(1);
    return std::string(rest.substr(0, rest.find('"')));
  }
  return std::string(trimmed(rest.substr(0, rest.find(';'))));
}

struct Param {
  std::string name, value, file_name, type;
  bool has_value = false, has_file = false;
};

std::vector<Param> read_params(const Fields& post, const rapidjson::Value& array) {
  std::vector<Param> params;
  size_t index = 0;
  for (const auto& item : array.GetArray()) {
    const Fields fields(item, post.path("params[" + std::to_string(index++) + "]"), post.wrong());
    if (!fields.ok()) break;
    Param p;
    if (fields.required("name")) p.name = fields.string("name").value_or("");
    if (auto value = fields.string("value")) p.value = *value, p.has_value = true;
    if (auto file = fields.string("fileName")) p.file_name = *file, p.has_file = true;
    p.type = fields.string("contentType").value_or("");
    params.push_back(std::move(p));
  }
  return params;
}

std::string multipart(const std::vector<Param>& params, const std::string& boundary) {
  std::string out;
  for (const Param& p : params) {
    out += "--" + boundary + "\r\nContent-Disposition: form-data; name=" + quoted(p.name);
    if (p.has_file) out += "; filename=" + quoted(p.file_name);
    out += "\r\n";
    if (!p.type.empty() && is_header_value(p.type)) out += "Content-Type: " + p.type + "\r\n";
    out += "\r\n" + p.value + "\r\n";
  }
  return out + "--" + boundary + "--\r\n";
}

void body_of_params(const std::vector<Param>& params, const std::string& mime, HarEntry& entry) {
  HarBody& upload = entry.upload;
  upload.there = true;
  for (const Param& p : params) {
    if (p.has_file && !p.has_value) upload.loss = HarBody::Loss::kLeftOut;
    if (is_utf8_replacement_in(p.value)) upload.loss = HarBody::Loss::kDamaged;
  }
  if (essence(mime) != "multipart/form-data") {
    for (const Param& p : params) {
      if (!upload.bytes.empty()) upload.bytes += '&';
      upload.bytes += form_encoded(p.name) + "=" + form_encoded(p.value);
    }
    entry.upload_type = "application/x-www-form-urlencoded";
    return;
  }
  const std::string* header = find_header(entry.request_headers, "content-type");
  std::string boundary = header ? boundary_of(*header) : boundary_of(mime);
  if (boundary.empty()) boundary = "offing-recorded-form";
  upload.bytes = multipart(params, boundary);
  entry.upload_type = "multipart/form-data; boundary=" + boundary;
}

// Bytes of `text`, which is base64 when the `encoding` beside it says so.
std::optional<std::string> bytes_of(const Fields& fields, std::string text, bool& base64) {
  const std::string encoding = lower_case(fields.string("encoding").value_or(""));
  base64 = encoding == "base64";
  if (!base64 && !encoding.empty() && encoding != "utf-8" && encoding != "utf8") {
    fields.fail("encoding", "\"" + shortened(encoding, 40) + "\" is not known; base64 is");
    return std::nullopt;
  }
  if (!base64) return text;
  auto bytes = base64_decode(text);
  if (!bytes) fields.fail("text", "is not base64, as \"encoding\" says");
  return bytes;
}

}  // namespace

bool is_binary_type(std::string_view content_type) {
  static constexpr std::string_view kFamilies[] = {"image/", "audio/", "video/", "font/"};
  static constexpr std::string_view kTypes[] = {
      "application/octet-stream", "application/pdf",      "application/zip",
      "application/gzip",         "application/wasm",     "application/x-protobuf",
      "application/protobuf",     "application/msgpack",  "application/x-msgpack",
      "application/cbor",         "application/grpc",     "application/x-tar",
      "application/font-woff",    "application/vnd.ms-fontobject"};
  const std::string type = essence(content_type);
  if (type == "image/svg+xml") return false;
  for (std::string_view family : kFamilies) {
    if (type.starts_with(family)) return true;
  }
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

void read_upload(const Fields& request, HarEntry& entry) {
  const rapidjson::Value* post_value = request.find("postData");
  if (!post_value || post_value->IsNull()) {
    const rapidjson::Value* size = request.find("bodySize");
    if (size && size->IsNumber() && size->GetDouble() > 0) {
      entry.upload.loss = HarBody::Loss::kLeftOut;
    }
    return;
  }
  const Fields post(*post_value, request.path("postData"), request.wrong());
  const std::string mime = post.string("mimeType").value_or("");
  std::string text = post.string("text").value_or("");
  const rapidjson::Value* params = post.array("params");
  if (!post.ok()) return;
  if (text.empty() && params && !params->Empty()) {
    const std::vector<Param> read = read_params(post, *params);
    if (post.ok()) body_of_params(read, mime, entry);
    return;
  }
  bool base64 = false;
  auto bytes = bytes_of(post, std::move(text), base64);
  if (!bytes) return;
  entry.upload.there = true;
  entry.upload.bytes = std::move(*bytes);
  entry.upload_type = mime;
  const rapidjson::Value* size = request.find("bodySize");
  if (!base64 && is_utf8_replacement_in(entry.upload.bytes)) {
    entry.upload.loss = HarBody::Loss::kDamaged;
  } else if (entry.upload.bytes.empty() && size && size->IsNumber() && size->GetDouble() > 0) {
    entry.upload.loss = HarBody::Loss::kLeftOut;
  }
}

void read_content(const Fields& response, HarEntry& entry) {
  const rapidjson::Value* value = response.find("content");
  if (!value || value->IsNull()) return;
  const Fields content(*value, response.path("content"), response.wrong());
  const std::string mime = content.string("mimeType").value_or("");
  const int64_t size = content.integer("size", -1, kSizeMax).value_or(-1);
  std::optional<std::string> text = content.string("text");
  if (!content.ok()) return;
  const bool bodiless = entry.method == "HEAD" || entry.status < 200 || entry.status == 204 ||
                        entry.status == 205 || entry.status == 304;
  if (bodiless) return;
  if (!text || text->empty()) {
    const bool elsewhere = content.find("_file") || content.find("_sha1");
    if (size > 0 || (elsewhere && size != 0)) entry.content.loss = HarBody::Loss::kLeftOut;
    return;
  }
  bool base64 = false;
  auto bytes = bytes_of(content, std::move(*text), base64);
  if (!bytes) return;
  entry.content.there = true;
  entry.content.bytes = std::move(*bytes);
  // Some exporters give the size on the wire.
  const rapidjson::Value* wire = response.find("bodySize");
  const bool compressed = find_header(entry.response_headers, "content-encoding") && wire &&
                          wire->IsNumber() && wire->GetDouble() == static_cast<double>(size);
  const bool cut = size > 0 && !compressed &&
                   static_cast<uint64_t>(size) != entry.content.bytes.size();
  if (cut || (!base64 && (is_utf8_replacement_in(entry.content.bytes) || is_binary_type(mime)))) {
    entry.content.loss = HarBody::Loss::kDamaged;
  }
}

}  // namespace offing::replay
