// CopyObject and UploadPartCopy.
#include <utility>

#include "emulator/s3/s3_exchange.h"
#include "emulator/s3/s3_headers.h"
#include "emulator/s3/s3_object_call.h"
#include "emulator/s3/s3_xml.h"

namespace offing::s3 {
namespace {

using Directive = R2Call::Directive;

void answer_copy(ExchangePtr x, R2Answer answer) {
  const r2::Object& object = *answer.object;
  XmlWriter xml("CopyObjectResult");
  xml.text("ETag", quoted(object.etag)).text("LastModified", iso_date(object.uploaded_ms));
  Response response = xml_response(xml.finish());
  const r2::Bucket* bucket = x->bucket();
  add_written_headers(response.headers, object,
                      bucket ? std::span<const r2::LifecycleRule>(bucket->lifecycle)
                             : std::span<const r2::LifecycleRule>());
  x->answer(std::move(response));
}

void answer_part_copy(ExchangePtr x, R2Answer answer) {
  XmlWriter xml("CopyPartResult");
  xml.text("ETag", quoted(answer.etag)).text("LastModified", iso_date(answer.uploaded_ms));
  Response response = xml_response(xml.finish());
  add_ssec(response.headers, x->headers());
  x->answer(std::move(response));
}

}  // namespace

// The source's condition is asked when it is chosen, the target's at the commit (C13).
void copy_object(ExchangePtr x) {
  R2Call call;
  call.op = R2Call::Op::kCopy;
  auto directive = metadata_directive(x->headers());
  if (!directive) return x->fail(directive.error());
  if (auto error = read_new_object(x->headers(), call)) return x->fail(*error);
  auto source_condition = conditional(x->headers(), kCopySourceIf);
  if (!source_condition) return x->fail(source_condition.error());
  auto condition = conditional(x->headers(), kCopyDestinationIf);
  if (!condition) return x->fail(condition.error());
  if (auto error = read_copy_source(*x, call)) return x->fail(*error);
  call.directive = *directive;
  if (call.directive == Directive::kCopy) {
    call.http = {};
    call.custom.clear();
  }
  call.source_only_if = std::move(*source_condition);
  call.only_if = std::move(*condition);
  submit_or_fail(std::move(x), std::move(call), answer_copy);
}

void upload_part_copy(ExchangePtr x) {
  R2Call call;
  call.op = R2Call::Op::kUploadPartCopy;
  auto number = part_number(x->query);
  if (!number) return x->fail(number.error());
  auto key = ssec_key(x->headers(), false);
  if (!key) return x->fail(key.error());
  if (auto error = read_copy_source(*x, call)) return x->fail(*error);
  if (x->headers().has("x-amz-copy-source-range")) {
    auto range = copy_source_range(x->headers());
    if (!range) return x->fail(range.error());
    call.range = std::move(*range);
  }
  call.part_number = *number;
  call.upload_id = *x->query.get("uploadId");
  call.ssec_key = std::move(*key);
  submit_or_fail(std::move(x), std::move(call), answer_part_copy);
}

}  // namespace offing::s3
