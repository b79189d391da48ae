// CompleteMultipartUpload. A checksum of the whole object that comes with it is compared with what
// the chosen parts have before anything is committed: they are read first, page by page, and named
// by their ETags, so a part that is replaced meanwhile is refused at the commit.
#include <algorithm>
#include <map>
#include <utility>

#include "emulator/s3/s3_exchange.h"
#include "emulator/s3/s3_headers.h"
#include "emulator/s3/s3_object_call.h"
#include "emulator/s3/s3_xml.h"

namespace offing::s3 {
namespace {

using Op = R2Call::Op;

std::string location_of(const Exchange& x) {
  std::string location = "http://";
  location += x.url.host;
  location += '/';
  if (!x.target.in_host) location += percent_encode(x.target.bucket, false) + "/";
  return location + percent_encode(x.target.key, false);
}

// "CRC32" and "COMPOSITE" as elements, of an object that has one.
void write_checksums(XmlWriter& xml, const r2::Object& object) {
  for (const r2::Checksum& one : object.checksums) {
    const std::string_view name = checksum_name(one.algorithm);
    if (name.empty() || checksum_header(one.algorithm).empty()) continue;
    const bool composite = object.checksum_type == r2::ChecksumType::kComposite;
    xml.text("Checksum" + std::string(name),
             digest::to_base64(one.bytes) +
                 (composite ? "-" + std::to_string(object.body.size()) : ""));
    xml.text("ChecksumType", composite ? "COMPOSITE" : "FULL_OBJECT");
  }
}

void answer_completed(ExchangePtr x, R2Answer answer) {
  const r2::Object& object = *answer.object;
  XmlWriter xml("CompleteMultipartUploadResult");
  xml.text("Location", location_of(*x)).text("Bucket", x->target.bucket);
  xml.text("Key", x->target.key).text("ETag", quoted(object.etag));
  write_checksums(xml, object);
  Response response = xml_response(xml.finish());
  const r2::Bucket* bucket = x->bucket();
  add_written_headers(response.headers, object,
                      bucket ? std::span<const r2::LifecycleRule>(bucket->lifecycle)
                             : std::span<const r2::LifecycleRule>());
  x->answer(std::move(response));
}

// ---- The checksum of the whole

struct Completion {
  ExchangePtr x;
  R2Call call;
  r2::Checksum expected;
  std::map<uint32_t, r2::Part> parts;
};
using CompletionPtr = std::unique_ptr<Completion>;

// nullopt: a part is missing (which the service will say), or has no such checksum.
std::optional<std::string> checksum_of(const Completion& completion, r2::ChecksumType type) {
  std::vector<R2Call::ChosenPart> chosen = completion.call.parts;
  std::ranges::sort(chosen, {}, &R2Call::ChosenPart::number);
  const digest::Algorithm algorithm = completion.expected.algorithm;
  const bool composite = type == r2::ChecksumType::kComposite;
  std::string bytes;
  for (const R2Call::ChosenPart& one : chosen) {
    const auto part = completion.parts.find(one.number);
    if (part == completion.parts.end() || part->second.etag != one.etag) return std::nullopt;
    const auto& known = part->second.checksums;
    const auto found = std::ranges::find(known, algorithm, &r2::Checksum::algorithm);
    if (found == known.end()) return std::nullopt;
    if (composite || bytes.empty()) bytes += found->bytes;
    else
      bytes = digest::combine_crc(algorithm, bytes, found->bytes, part->second.blob->size_bytes());
  }
  return composite ? digest::digest_of(algorithm, bytes) : bytes;
}

void check_whole(CompletionPtr completion, const r2::Upload& upload) {
  ExchangePtr x = std::move(completion->x);
  const r2::Checksum& expected = completion->expected;
  // UNKNOWN (spec/r2.md 5.2): one that the upload was not created with.
  if (upload.checksum_algorithm != expected.algorithm)
    return x->fail(invalid_request("The upload was created without the checksum algorithm " +
                                   std::string(checksum_name(expected.algorithm)) +
                                   "; send x-amz-checksum-algorithm when creating it."));
  const auto actual = checksum_of(*completion, upload.checksum_type);
  if (actual && *actual != expected.bytes) return x->fail(bad_digest(expected, *actual));
  submit_or_fail(std::move(x), std::move(completion->call), answer_completed);
}

void read_parts(CompletionPtr completion) {
  Exchange& x = *completion->x;
  R2Call call;
  call.op = Op::kListParts;
  call.bucket = x.bucket_id;
  call.key = x.target.key;
  call.upload_id = completion->call.upload_id;
  if (!completion->parts.empty()) call.part_number_after = completion->parts.rbegin()->first;
  x.door.service.call({x.ticket, "", "s3"}, std::move(call),
                      [completion = std::move(completion)](R2Answer page) mutable {
                        if (page.error) return completion->x->fail(page);
                        for (r2::Part& part : page.listed_parts)
                          completion->parts.emplace(part.number, std::move(part));
                        if (page.truncated) return read_parts(std::move(completion));
                        check_whole(std::move(completion), page.listed_uploads.front());
                      });
}

void complete(ExchangePtr x, const std::string& document) {
  auto parts = parse_complete(document);
  if (!parts) return x->fail(parts.error());
  auto condition = conditional(x->headers(), kIf);
  if (!condition) return x->fail(condition.error());
  auto checksums = checksum_headers(x->headers(), ChecksumUse::kComplete);
  if (!checksums) return x->fail(checksums.error());
  R2Call call;
  call.op = Op::kCompleteMultipartUpload;
  call.upload_id = *x->query.get("uploadId");
  call.parts = std::move(*parts);
  call.only_if = std::move(*condition);
  std::erase_if(checksums->expected, [](const r2::Checksum& one) {   // of the document
    return one.algorithm == digest::Algorithm::kMd5;
  });
  if (checksums->expected.empty())
    return submit_or_fail(std::move(x), std::move(call), answer_completed);
  auto completion = std::make_unique<Completion>();
  completion->x = std::move(x);
  completion->call = std::move(call);
  completion->expected = std::move(checksums->expected.front());
  read_parts(std::move(completion));
}

}  // namespace

void complete_multipart_upload(ExchangePtr x) {
  read_document(std::move(x), true, [](ExchangePtr read, std::string document) {
    complete(std::move(read), document);
  });
}

}  // namespace offing::s3
