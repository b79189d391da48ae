// CreateMultipartUpload, UploadPart, AbortMultipartUpload.
#include <utility>

#include "emulator/s3/s3_exchange.h"
#include "emulator/s3/s3_headers.h"
#include "emulator/s3/s3_object_call.h"
#include "emulator/s3/s3_xml.h"

namespace offing::s3 {
namespace {

using Op = R2Call::Op;

void answer_created(ExchangePtr x, R2Answer answer) {
  XmlWriter xml("InitiateMultipartUploadResult");
  xml.text("Bucket", x->target.bucket).text("Key", x->target.key);
  xml.text("UploadId", answer.upload_id);
  Response response = xml_response(xml.finish());
  for (std::string_view name : {"x-amz-checksum-algorithm", "x-amz-checksum-type"}) {
    if (auto value = x->headers().get(name)) response.headers.add(name, *value);
  }
  add_ssec(response.headers, x->headers());
  x->answer(std::move(response));
}

void answer_part(ExchangePtr x, R2Answer answer) {
  Response response;
  response.headers.add("etag", quoted(answer.etag));
  add_checksums(response.headers, answer.checksums);
  add_ssec(response.headers, x->headers());
  x->answer(std::move(response));
}

}  // namespace

void create_multipart_upload(ExchangePtr x) {
  R2Call call;
  call.op = Op::kCreateMultipartUpload;
  if (auto error = read_new_object(x->headers(), call)) return x->fail(*error);
  auto checksums = checksum_headers(x->headers(), ChecksumUse::kCreateMultipartUpload);
  if (!checksums) return x->fail(checksums.error());
  if (checksums->algorithm) call.computed.push_back(*checksums->algorithm);
  call.checksum_type = checksums->type;
  submit_or_fail(std::move(x), std::move(call), answer_created);
}

void upload_part(ExchangePtr x) {
  R2Call call;
  call.op = Op::kUploadPart;
  auto number = part_number(x->query);
  if (!number) return x->fail(number.error());
  auto key = ssec_key(x->headers(), false);
  if (!key) return x->fail(key.error());
  auto checksums = checksum_headers(x->headers(), ChecksumUse::kUploadPart);
  if (!checksums) return x->fail(checksums.error());
  call.part_number = *number;
  call.upload_id = *x->query.get("uploadId");
  call.ssec_key = std::move(*key);
  call.expected = std::move(checksums->expected);
  if (auto taken = take_body(*x, call); !taken) return x->fail(taken.error());
  submit_or_fail(std::move(x), std::move(call), answer_part);
}

void abort_multipart_upload(ExchangePtr x) {
  R2Call call;
  call.op = Op::kAbortMultipartUpload;
  call.upload_id = *x->query.get("uploadId");
  submit_or_fail(std::move(x), std::move(call), [](ExchangePtr done, R2Answer) {
    Response response;
    response.status = 204;
    done->answer(std::move(response));
  });
}

}  // namespace offing::s3
