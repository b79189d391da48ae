// Whatever a client of the R2 protocol sends as an operation: a call or an error that says
// something, and what was read is shown again as JSON that is read again.
#include <rapidjson/document.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include "emulator/gateway/r2_protocol.h"

using namespace offing;

static void must_be_json(const std::string& text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(
      text.data(), text.size());
  if (document.HasParseError() || !document.IsObject()) abort();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto call = r2_protocol::parse_request(text);
  if (!call) {
    if (call.error().empty()) abort();
    must_be_json(r2_protocol::error_json(10040, call.error()));
    return 0;
  }
  if (call->ssec_key && call->ssec_key->size() != 32) abort();
  if (call->range.suffix && (call->range.offset || call->range.length)) abort();
  for (const r2::Checksum& c : call->expected)
    if (c.bytes.size() < 16 || c.bytes.size() > 64) abort();
  auto object = std::make_shared<r2::Object>();
  object->key = call->key;
  object->http = std::move(call->http);
  object->custom = std::move(call->custom);
  object->checksums = std::move(call->expected);
  R2Answer answer;
  answer.object = object;
  answer.objects = {object};
  answer.prefixes = call->keys;
  answer.upload_id = call->upload_id;
  answer.truncated = true;
  answer.cursor = call->cursor;
  must_be_json(r2_protocol::reply_json({.op = call->op}, answer));
  must_be_json(r2_protocol::reply_json({.op = R2Call::Op::kList}, answer));
  return 0;
}
