// R2 bindings: arguments to an R2Call, an R2Answer to what runtime/web/r2.ts expects.
#include "runtime/actor/actor.h"
#include "runtime/bindings/native_call.h"
#include "runtime/bindings/r2_action.h"
#include "runtime/bindings/r2_objects.h"
#include "runtime/bindings/subrequest.h"

namespace offing {
namespace {

using v8::Local;
using Op = R2Call::Op;
using Kind = R2Shapes::Kind;

// What settling needs besides the answer.
struct Asked {
  Op op = Op::kHead;
  bool include_http = true, include_custom = true;   // of a list
  // What a put sent: it is what its result shows (spec/r2.md 1.7). Null: no metadata at all.
  std::unique_ptr<std::pair<r2::HttpMetadata, r2::CustomMetadata>> sent;
};

Local<v8::Value> made(Isolate::Parts& parts, Local<v8::Context> context, Kind kind,
                      std::unique_ptr<R2Record> record) {
  assert(parts.r2 != nullptr);
  return parts.r2->make(parts.isolate, context, kind, std::move(record));
}

// The metadata of an object whose bytes are not given covers all of it (R5).
Local<v8::Value> described(Isolate::Parts& parts, Local<v8::Context> context,
                           const r2::ObjectRef& object) {
  auto record = std::make_unique<R2Record>(*object);
  record->range = r2::Range{0, object->size_bytes};
  return made(parts, context, Kind::kHead, std::move(record));
}

Local<v8::Value> gotten(Isolate::Parts& parts, Local<v8::Context> context, RequestId owner,
                        R2Answer& answer) {
  if (answer.object == nullptr) return v8::Null(parts.isolate);
  if (answer.condition_failed) return described(parts, context, answer.object);   // K8
  auto record = std::make_unique<R2Record>(*answer.object);
  record->range = answer.range;
  if (answer.body != nullptr) {
    record->source = add_source(parts, owner, std::move(answer.body));
  } else {
    record->bytes = std::move(answer.bytes);
  }
  return made(parts, context, Kind::kGet, std::move(record));
}

Local<v8::Value> written(Isolate::Parts& parts, Local<v8::Context> context, Asked& asked,
                         const R2Answer& answer) {
  if (answer.condition_failed || answer.object == nullptr) return v8::Null(parts.isolate);
  auto record = std::make_unique<R2Record>(*answer.object);
  if (asked.op == Op::kPut) {
    record->http.emplace();
    record->custom.emplace();
    if (asked.sent != nullptr) {
      *record->http = std::move(asked.sent->first);
      *record->custom = std::move(asked.sent->second);
    }
  }
  return made(parts, context, Kind::kHead, std::move(record));
}

Local<v8::Value> listed(Isolate::Parts& parts, Local<v8::Context> context, const Asked& asked,
                        const R2Answer& answer) {
  v8::Isolate* isolate = parts.isolate;
  v8::LocalVector<v8::Value> objects(isolate), prefixes(isolate);
  objects.reserve(answer.objects.size());
  for (const r2::ObjectRef& object : answer.objects) {
    auto record = std::make_unique<R2Record>(*object);
    if (!asked.include_http) record->http.reset();
    if (!asked.include_custom) record->custom.reset();
    objects.push_back(made(parts, context, Kind::kHead, std::move(record)));
  }
  prefixes.reserve(answer.prefixes.size());
  for (const std::string& prefix : answer.prefixes) {
    prefixes.push_back(text_from_utf8(isolate, prefix));
  }
  v8::MaybeLocal<v8::Value> values[] = {
      v8::Array::New(isolate, objects.data(), objects.size()).As<v8::Value>(),
      v8::Boolean::New(isolate, answer.truncated).As<v8::Value>(),
      answer.truncated
          ? v8::MaybeLocal<v8::Value>(text_from_utf8(isolate, answer.cursor).As<v8::Value>())
          : parts.r2->absent(isolate),
      v8::Array::New(isolate, prefixes.data(), prefixes.size()).As<v8::Value>()};
  return parts.shapes[static_cast<size_t>(Shape::kR2List)].Get(isolate)->NewInstance(
      context, {values, std::size(values)});
}

Local<v8::Value> result_of(Isolate::Parts& parts, Local<v8::Context> context, RequestId owner,
                           Asked& asked, R2Answer& answer) {
  v8::Isolate* isolate = parts.isolate;
  switch (asked.op) {
    case Op::kHead:
      if (answer.object == nullptr) return v8::Null(isolate);
      return described(parts, context, answer.object);
    case Op::kGet: return gotten(parts, context, owner, answer);
    case Op::kPut:
    case Op::kCompleteMultipartUpload: return written(parts, context, asked, answer);
    case Op::kList: return listed(parts, context, asked, answer);
    case Op::kCreateMultipartUpload: return text_from_utf8(isolate, answer.upload_id);
    case Op::kUploadPart: return text_from_utf8(isolate, answer.etag);
    default: return v8::Undefined(isolate);
  }
}

// An absent key is no error (spec/r2.md 1.11, code 10007).
bool is_error(Op op, const R2Answer& answer) {
  if (!answer.error) return false;
  const bool lenient = op == Op::kHead || op == Op::kGet || op == Op::kDelete ||
                       op == Op::kAbortMultipartUpload;
  return !(lenient && answer.error->code == r2::Code::kNoSuchKey);
}

void settle(Isolate::Parts& parts, Ticket ticket, Asked asked, R2Answer answer) {
  if (is_error(asked.op, answer)) {
    return reject_work(parts, ticket, r2_message(asked.op, *answer.error), false);
  }
  resolve_work(parts, ticket, [&](Local<v8::Context> context, RequestId owner) {
    return result_of(parts, context, owner, asked, answer);
  });
}

void go(Isolate::Parts& parts, RequestId request, Ticket ticket, R2Call call, Asked asked) {
  connect(parts, request, ticket, [&parts, request, ticket, call = std::move(call),
                                   asked = std::move(asked)](ConnectionSlot slot) mutable {
    auto done = [token = parts.token, ticket, asked = std::move(asked),
                 slot = std::move(slot)](R2Answer answer) mutable {
      Isolate::Parts* live = token->parts;
      if (live == nullptr) return;
      answered(*live, std::move(slot), &answer.body);
      deliver(*live, ticket,
              [live, ticket, asked = std::move(asked), answer = std::move(answer)]() mutable {
                settle(*live, ticket, std::move(asked), std::move(answer));
              });
    };
    parts.host.r2(request, std::move(call), std::move(done));
  });
}

// Gives the call to the host; its answer settles the promise that this call returns.
void send(const Arguments& info, Isolate::Parts& parts, R2Call call) {
  const RequestId request = id_of(info[0]);
  if (!count_call(info, parts, request, Subrequest::kR2)) return;
  const Ticket ticket = begin_subrequest(info, parts, request);
  if (ticket == 0) return;
  call.bucket = static_cast<uint32_t>(id_of(info[1]));
  Asked asked{call.op, call.include_http, call.include_custom, nullptr};
  if (call.op == Op::kPut && !(call.http == r2::HttpMetadata() && call.custom.empty())) {
    asked.sent = std::make_unique<std::pair<r2::HttpMetadata, r2::CustomMetadata>>(call.http,
                                                                                   call.custom);
  }
  const Op op = call.op;
  auto sent = [&parts, request, ticket, call = std::move(call),
               asked = std::move(asked)]() mutable {
    go(parts, request, ticket, std::move(call), std::move(asked));
  };
  // Reads are not held back (spec/durable-objects.md 3.3, rules 14 and 15).
  if (op == Op::kHead || op == Op::kGet || op == Op::kList) return sent();
  leave_for(parts, request, [sent = std::move(sent)](bool left) mutable {
    if (left) sent();
  });
}

// ---- Arguments. Arrays are the runtime's own: they have what native.d.ts says.

Local<v8::Value> item(v8::Isolate* isolate, Local<v8::Value> array, uint32_t at) {
  Local<v8::Value> found;
  if (!array->IsArray() ||
      !array.As<v8::Array>()->Get(isolate->GetCurrentContext(), at).ToLocal(&found)) {
    return v8::Undefined(isolate);
  }
  return found;
}

uint32_t length_of(Local<v8::Value> array) {
  return array->IsArray() ? array.As<v8::Array>()->Length() : 0;
}

std::string key_of(v8::Isolate* isolate, Local<v8::Value> value) {
  return value->IsString() ? wtf8_of(isolate, value.As<v8::String>()) : "";
}

std::optional<int64_t> optional_ms(Local<v8::Value> value) {
  if (!value->IsNumber()) return std::nullopt;
  return static_cast<int64_t>(value.As<v8::Number>()->Value());
}

// Beyond 2^64 there is no object either.
std::optional<uint64_t> optional_size(Local<v8::Value> value) {
  if (!value->IsNumber()) return std::nullopt;
  const double size = value.As<v8::Number>()->Value();
  return size < 0x1p64 ? static_cast<uint64_t>(size) : UINT64_MAX;
}

// "*", or "s" or "w" before a strong or weak tag.
std::optional<std::vector<r2::EtagTag>> tags_of(v8::Isolate* isolate, Local<v8::Value> list) {
  if (!list->IsArray()) return std::nullopt;
  std::vector<r2::EtagTag> tags;
  for (uint32_t i = 0; i < length_of(list); ++i) {
    std::string tag = key_of(isolate, item(isolate, list, i));
    assert(!tag.empty());
    const auto kind = tag[0] == '*'   ? r2::EtagTag::Kind::kWildcard
                      : tag[0] == 'w' ? r2::EtagTag::Kind::kWeak
                                      : r2::EtagTag::Kind::kStrong;
    tags.push_back({tag.substr(1), kind});
  }
  return tags;
}

std::optional<r2::Conditional> condition_of(v8::Isolate* isolate, Local<v8::Value> given) {
  if (!given->IsArray()) return std::nullopt;
  r2::Conditional condition;
  condition.etag_matches = tags_of(isolate, item(isolate, given, 0));
  condition.etag_does_not_match = tags_of(isolate, item(isolate, given, 1));
  condition.uploaded_before_ms = optional_ms(item(isolate, given, 2));
  condition.uploaded_after_ms = optional_ms(item(isolate, given, 3));
  condition.seconds_granularity = item(isolate, given, 4)->IsTrue();
  return condition;
}

r2::RangeRequest range_of(v8::Isolate* isolate, Local<v8::Value> given) {
  r2::RangeRequest range;
  if (given->IsString()) range.header = utf8_of(isolate, given.As<v8::String>());
  if (!given->IsArray()) return range;
  range.offset = optional_size(item(isolate, given, 0));
  range.length = optional_size(item(isolate, given, 1));
  range.suffix = optional_size(item(isolate, given, 2));
  return range;
}

std::optional<std::string> bytes_of(Local<v8::Value> value) {
  if (!value->IsArrayBufferView()) return std::nullopt;
  return std::string(BytesOf(value).view());
}

r2::HttpMetadata http_of(v8::Isolate* isolate, Local<v8::Value> given) {
  r2::HttpMetadata http;
  if (!given->IsArray()) return http;
  http.content_type = optional_utf8_of(isolate, item(isolate, given, 0));
  http.content_language = optional_utf8_of(isolate, item(isolate, given, 1));
  http.content_disposition = optional_utf8_of(isolate, item(isolate, given, 2));
  http.content_encoding = optional_utf8_of(isolate, item(isolate, given, 3));
  http.cache_control = optional_utf8_of(isolate, item(isolate, given, 4));
  http.cache_expiry_ms = optional_ms(item(isolate, given, 5));
  return http;
}

r2::CustomMetadata custom_of(v8::Isolate* isolate, Local<v8::Value> given) {
  r2::CustomMetadata custom;
  const uint32_t count = length_of(given) / 2;
  custom.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    custom.emplace_back(key_of(isolate, item(isolate, given, 2 * i)),
                        key_of(isolate, item(isolate, given, 2 * i + 1)));
  }
  return custom;
}

// [onlyIf, http, custom, algorithm, digest, storageClass, ssecKey]
void read_write_options(v8::Isolate* isolate, Local<v8::Value> given, R2Call& call) {
  if (!given->IsArray()) return;
  call.only_if = condition_of(isolate, item(isolate, given, 0));
  call.http = http_of(isolate, item(isolate, given, 1));
  call.custom = custom_of(isolate, item(isolate, given, 2));
  if (auto digest = bytes_of(item(isolate, given, 4))) {
    const uint64_t algorithm = id_of(item(isolate, given, 3));
    assert(algorithm <= static_cast<uint64_t>(digest::Algorithm::kSha512));
    call.expected.push_back({static_cast<digest::Algorithm>(algorithm), std::move(*digest)});
  }
  if (auto name = optional_utf8_of(isolate, item(isolate, given, 5))) {
    if (*name == "Standard") call.storage_class = r2::StorageClass::kStandard;
    else if (*name == "InfrequentAccess") call.storage_class = r2::StorageClass::kInfrequentAccess;
    else call.bad_storage_class = true;
  }
  call.ssec_key = bytes_of(item(isolate, given, 6));
}

// What is written; `length` is a stream's.
void take_value(Isolate::Parts& parts, const Arguments& info, int at, R2Call& call) {
  const double length = info[at + 1]->IsNumber() ? info[at + 1].As<v8::Number>()->Value() : -1;
  GivenBody value = take_body(parts, info[at], id_of(info[0]), length, false);
  call.value = std::move(value.bytes);
  call.value_stream = std::move(value.stream);
  if (call.value_stream != nullptr && length >= 0) {
    call.declared_bytes = static_cast<uint64_t>(length);
  }
}

R2Call call_for(Op op, const Arguments& info) {
  R2Call call;
  call.op = op;
  call.key = key_of(info.GetIsolate(), info[2]);
  return call;
}

// ---- The natives. All begin with (request, bucket, key).

void r2_head(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts != nullptr) send(info, *parts, call_for(Op::kHead, info));
}

// (…, [onlyIf, range, ssecKey])
void r2_get(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  R2Call call = call_for(Op::kGet, info);
  if (info[3]->IsArray()) {
    call.only_if = condition_of(isolate, item(isolate, info[3], 0));
    call.range = range_of(isolate, item(isolate, info[3], 1));
    call.ssec_key = bytes_of(item(isolate, info[3], 2));
  }
  send(info, *parts, std::move(call));
}

// (…, value, length, options)
void r2_put(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  R2Call call = call_for(Op::kPut, info);
  read_write_options(info.GetIsolate(), info[5], call);
  take_value(*parts, info, 3, call);
  send(info, *parts, std::move(call));
}

// `key` may be an array of them.
void r2_delete(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  R2Call call = call_for(Op::kDelete, info);
  call.is_multi_delete = info[2]->IsArray();
  const uint32_t count = length_of(info[2]);
  call.keys.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    call.keys.push_back(key_of(isolate, item(isolate, info[2], i)));
  }
  send(info, *parts, std::move(call));
}

// (request, bucket, limit, prefix, cursor, delimiter, startAfter, includeHttp, includeCustom)
void r2_list(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  R2Call call;
  call.op = Op::kList;
  if (auto limit = optional_int_of(info[2])) call.limit = *limit;
  call.prefix = key_of(isolate, info[3]);
  call.cursor = key_of(isolate, info[4]);
  call.delimiter = key_of(isolate, info[5]);
  call.start_after = key_of(isolate, info[6]);
  call.include_http = info[7]->IsTrue();
  call.include_custom = info[8]->IsTrue();
  call.pages_by_metadata = true;   // and no page of 0 keys, as S3 has (L3)
  send(info, *parts, std::move(call));
}

// (…, options)
void r2_create_multipart_upload(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  R2Call call = call_for(Op::kCreateMultipartUpload, info);
  read_write_options(info.GetIsolate(), info[3], call);
  send(info, *parts, std::move(call));
}

// (…, uploadId, partNumber, value, length, ssecKey)
void r2_upload_part(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  R2Call call = call_for(Op::kUploadPart, info);
  call.upload_id = key_of(info.GetIsolate(), info[3]);
  call.part_number = static_cast<uint32_t>(id_of(info[4]));
  call.ssec_key = bytes_of(info[7]);
  take_value(*parts, info, 5, call);
  send(info, *parts, std::move(call));
}

// (…, uploadId, [partNumber, etag, …])
void r2_complete_multipart_upload(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  R2Call call = call_for(Op::kCompleteMultipartUpload, info);
  call.upload_id = key_of(isolate, info[3]);
  const uint32_t count = length_of(info[4]) / 2;
  call.parts.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    call.parts.push_back({static_cast<uint32_t>(id_of(item(isolate, info[4], 2 * i))),
                          key_of(isolate, item(isolate, info[4], 2 * i + 1))});
  }
  send(info, *parts, std::move(call));
}

// (…, uploadId)
void r2_abort_multipart_upload(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  R2Call call = call_for(Op::kAbortMultipartUpload, info);
  call.upload_id = key_of(info.GetIsolate(), info[3]);
  send(info, *parts, std::move(call));
}

constexpr NativeFunction kFunctions[] = {
    {"r2Head", r2_head},
    {"r2Get", r2_get},
    {"r2Put", r2_put},
    {"r2Delete", r2_delete},
    {"r2List", r2_list},
    {"r2CreateMultipartUpload", r2_create_multipart_upload},
    {"r2UploadPart", r2_upload_part},
    {"r2CompleteMultipartUpload", r2_complete_multipart_upload},
    {"r2AbortMultipartUpload", r2_abort_multipart_upload}};

}  // namespace

std::span<const NativeFunction> r2_natives() { return kFunctions; }

}  // namespace offing
