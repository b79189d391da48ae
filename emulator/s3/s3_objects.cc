// GetObject, HeadObject, PutObject, DeleteObject, DeleteObjects.
#include <string_view>
#include <utility>

#include "emulator/s3/s3_exchange.h"
#include "emulator/s3/s3_headers.h"
#include "emulator/s3/s3_object_call.h"
#include "emulator/s3/s3_xml.h"

namespace offing::s3 {
namespace {

using Op = R2Call::Op;
using r2::Code;

// ---- Get and head

// UNKNOWN (spec/r2.md 5.2): not listed as a feature, but clients rely on them in presigned URLs.
struct Override {
  std::string_view parameter, header;
};
constexpr Override kOverrides[] = {
    {"response-cache-control", "cache-control"},
    {"response-content-disposition", "content-disposition"},
    {"response-content-encoding", "content-encoding"},
    {"response-content-language", "content-language"},
    {"response-content-type", "content-type"},
    {"response-expires", "expires"},
};

bool is_part_wanted(const Exchange& x) {
  return x.query.has("partNumber") || x.headers().has("range");
}

void add_headers(const Exchange& x, HeaderList& headers, const r2::Object& object) {
  ObjectHeaderOptions options;
  // Of the whole object: a client would compare it with the part that it gets.
  options.with_checksums =
      !is_part_wanted(x) &&
      equals_ignoring_case(x.headers().get("x-amz-checksum-mode").value_or(""), "enabled");
  if (const r2::Bucket* bucket = x.bucket()) options.lifecycle = bucket->lifecycle;
  add_object_headers(headers, object, options);
  if (!headers.has("content-type")) headers.add("content-type", "application/octet-stream");
  for (const Override& one : kOverrides) {
    if (const std::string* value = x.query.get(one.parameter)) headers.set(one.header, *value);
  }
  headers.add("accept-ranges", "bytes");
}

void answer_failed_condition(ExchangePtr x, const r2::Object& object) {
  const auto condition = conditional(x->headers(), kIf);
  const uint16_t status =
      condition && *condition ? failed_condition_status(**condition, object) : 412;
  if (status != 304) return x->fail(Code::kPreconditionFailed);
  Response response;
  response.status = 304;
  add_headers(*x, response.headers, object);
  x->answer(std::move(response));
}

void serve(ExchangePtr x, R2Answer answer) {
  if (answer.error) return x->fail(answer);
  if (!answer.object) return x->fail(Code::kNoSuchKey);
  const r2::Object& object = *answer.object;
  if (answer.condition_failed) return answer_failed_condition(std::move(x), object);
  Response response;
  add_headers(*x, response.headers, object);
  if (is_part_wanted(*x)) {
    response.status = 206;
    response.headers.add("content-range", content_range(answer.range, object.size_bytes));
  }
  if (x->query.has("partNumber") && object.is_multipart())
    response.headers.add("x-amz-mp-parts-count", std::to_string(object.body.size()));
  if (x->is_head()) {
    response.headers.add("content-length", std::to_string(answer.range.length));
    return x->answer(std::move(response));
  }
  response.has_body = true;
  if (answer.bytes) response.body = *answer.bytes;
  else response.stream = std::move(answer.body);
  x->answer(std::move(response));
}

// ---- Put and delete

void answer_put(ExchangePtr x, R2Answer answer) {
  Response response;
  const r2::Bucket* bucket = x->bucket();
  add_written_headers(response.headers, *answer.object,
                      bucket ? std::span<const r2::LifecycleRule>(bucket->lifecycle)
                             : std::span<const r2::LifecycleRule>());
  x->answer(std::move(response));
}

// spec/r2.md 2.3: a locked key has an <Error>, the others are gone.
void answer_deletes(ExchangePtr x, const std::vector<std::string>& keys, const R2Answer& answer,
                    const std::vector<std::pair<std::string, S3Error>>& refused) {
  if (answer.error && answer.refused_keys.empty()) return x->fail(answer);
  std::vector<std::pair<std::string_view, S3Error>> errors(refused.begin(), refused.end());
  const R2Settings& settings = x->door.service.settings();
  for (const auto& [key, error] : answer.refused_keys)
    errors.emplace_back(key, from(error, settings.locked_status, settings.expired_status));
  XmlWriter xml("DeleteResult");
  for (const std::string& key : keys) {
    bool failed = false;
    for (const auto& [other, error] : errors) failed = failed || other == key;
    if (!failed) xml.open("Deleted").text("Key", key).close();
  }
  for (const auto& [key, error] : errors) {
    xml.open("Error").text("Key", key).text("Code", error.code).text("Message", error.message);
    xml.close();
  }
  x->answer(xml_response(xml.finish()));
}

void delete_keys(ExchangePtr x, DeleteRequest request) {
  R2Call call;
  call.op = Op::kDelete;
  call.is_multi_delete = true;
  call.bucket = x->bucket_id;
  std::vector<std::pair<std::string, S3Error>> refused;
  for (const std::string& key : request.keys) {
    if (!x->may(Access::kWriteObject, x->target.bucket, key)) {
      refused.emplace_back(key, access_denied());
    } else {
      call.keys.push_back(key);
    }
  }
  if (call.keys.empty()) return x->fail(access_denied());
  Exchange& exchange = *x;
  exchange.door.service.call(
      {exchange.ticket, "", "s3"}, std::move(call),
      [x = std::move(x), keys = std::move(request.keys),
       refused = std::move(refused)](R2Answer answer) mutable {
        answer_deletes(std::move(x), keys, answer, refused);
      });
}

}  // namespace

void get_object(ExchangePtr x) {
  R2Call call;
  call.op = x->is_head() ? Op::kHead : Op::kGet;
  auto number = part_number(x->query);
  if (!number) return x->fail(number.error());
  auto wanted = range(x->headers());
  if (!wanted) return x->fail(wanted.error());
  // UNKNOWN (spec/r2.md 5.2): both at once; S3 refuses it.
  if (*number && wanted->any())
    return x->fail(
        invalid_request("Cannot specify both Range header and partNumber query parameter"));
  auto key = ssec_key(x->headers(), false);
  if (!key) return x->fail(key.error());
  auto condition = conditional(x->headers(), kIf);
  if (!condition) return x->fail(condition.error());
  call.part_number = *number;
  call.range = std::move(*wanted);
  call.ssec_key = std::move(*key);
  call.only_if = std::move(*condition);
  submit(std::move(x), std::move(call), serve);
}

void put_object(ExchangePtr x) {
  R2Call call;
  call.op = Op::kPut;
  if (auto error = read_new_object(x->headers(), call)) return x->fail(*error);
  auto condition = conditional(x->headers(), kIf);
  if (!condition) return x->fail(condition.error());
  auto checksums = checksum_headers(x->headers(), ChecksumUse::kPut);
  if (!checksums) return x->fail(checksums.error());
  call.only_if = std::move(*condition);
  call.expected = std::move(checksums->expected);
  call.checksum_type = checksums->type;
  if (auto taken = take_body(*x, call); !taken) return x->fail(taken.error());
  submit_or_fail(std::move(x), std::move(call), answer_put);
}

// 204 whether there was one or not (5.3).
void delete_object(ExchangePtr x) {
  R2Call call;
  call.op = Op::kDelete;
  submit_or_fail(std::move(x), std::move(call), [](ExchangePtr done, R2Answer) {
    Response response;
    response.status = 204;
    done->answer(std::move(response));
  });
}

void delete_objects(ExchangePtr x) {
  read_document(std::move(x), false, [](ExchangePtr read, std::string document) {
    auto request = parse_delete(document);
    if (!request) return read->fail(request.error());
    delete_keys(std::move(read), std::move(*request));
  });
}

}  // namespace offing::s3
