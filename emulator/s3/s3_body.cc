#include "emulator/s3/s3_body.h"

#include <algorithm>
#include <utility>

#include "emulator/s3/s3_exchange.h"
#include "emulator/s3/s3_headers.h"
#include "emulator/s3/s3_xml.h"

namespace offing::s3 {
namespace {

using digest::Algorithm;

// Digests what passes.
class HashingSource final : public ByteSource {
 public:
  HashingSource(std::unique_ptr<ByteSource> source, std::shared_ptr<BodyChecks> checks)
      : source_(std::move(source)), checks_(std::move(checks)) {}

  void read(Done done) override {
    done_ = std::move(done);
    source_->read([this](Chunk chunk) {
      if (chunk.kind == Chunk::Kind::kData) checks_->hasher->update(chunk.bytes);
      Done given = std::exchange(done_, nullptr);   // it may destroy this
      given(std::move(chunk));
    });
  }
  void cancel(std::string_view reason) override { source_->cancel(reason); }
  std::optional<uint64_t> length_bytes() const override { return source_->length_bytes(); }

 private:
  std::unique_ptr<ByteSource> source_;
  std::shared_ptr<BodyChecks> checks_;
  Done done_;
};

void take_chunked(Exchange& x, R2Call& call, const ChunkedHead& head) {
  x.body = std::make_shared<BodyChecks>();
  x.body->trailers = std::make_shared<Trailers>();
  auto coded = x.request.stream ? std::move(x.request.stream)
                                : source_of(std::move(x.request.body));
  call.value_stream = decode_aws_chunked(std::move(coded), head, x.body->trailers);
  call.declared_bytes = head.decoded_bytes;
  if (head.trailer_checksum) call.computed.push_back(*head.trailer_checksum);
  call.verify = trailer_check(x.body->trailers);
}

std::optional<S3Error> wrong_digest(const std::string& document,
                                    const std::vector<r2::Checksum>& expected) {
  for (const r2::Checksum& one : expected) {
    const std::string actual = digest::digest_of(one.algorithm, document);
    if (actual != one.bytes) return bad_digest(one, actual);
  }
  return std::nullopt;
}

using Next = std::move_only_function<void(ExchangePtr x, std::string document)>;

void check_document(ExchangePtr x, std::string document, std::vector<r2::Checksum> expected,
                    Next& next) {
  if (x->signer.payload == Payload::kHash &&
      digest::digest_of(Algorithm::kSha256, document) != x->signer.payload_sha256)
    return x->fail(content_hash_mismatch());
  if (x->body && x->body->trailers->checksum) expected.push_back(*x->body->trailers->checksum);
  if (auto wrong = wrong_digest(document, expected)) return x->fail(*wrong);
  next(std::move(x), std::move(document));
}

S3Error document_too_large() {
  return {"EntityTooLarge", 400,
          "The document in the request's body is larger than " + std::to_string(kXmlBytesMax) +
              " bytes.",
          {}};
}

}  // namespace

S3Error bad_digest(const r2::Checksum& expected, std::string_view actual) {
  const std::string name(expected.algorithm == Algorithm::kMd5 ? "MD5"
                                                               : checksum_name(expected.algorithm));
  return from({r2::Code::kBadDigest,
               "The " + name + " checksum you specified did not match what we received.\nYou "
               "provided a " + name + " checksum with value: " + digest::to_hex(expected.bytes) +
               "\nActual " + name + " was: " + digest::to_hex(actual)});
}

bool has_signed_hash(const Request& request, const Verified& signer) {
  if (signer.payload != Payload::kHash || request.stream) return true;
  return digest::digest_of(Algorithm::kSha256, request.body) == signer.payload_sha256;
}

std::expected<void, S3Error> take_body(Exchange& x, R2Call& call) {
  if (x.signer.payload == Payload::kUnsignedTrailer) {
    auto head = read_chunked_head(x.headers());
    if (!head) return std::unexpected(std::move(head.error()));
    take_chunked(x, call, *head);
    return {};
  }
  const bool has_length = x.headers().has("content-length");
  if (!has_length && (x.request.stream || x.headers().has("transfer-encoding")))
    return std::unexpected(from(r2::Error(r2::Code::kMissingContentLength)));
  if (!x.request.stream) {
    call.value = std::move(x.request.body);
    return {};
  }
  call.declared_bytes = x.request.stream->length_bytes();
  if (!call.declared_bytes)
    return std::unexpected(from(r2::Error(r2::Code::kMissingContentLength)));
  call.value_stream = std::move(x.request.stream);
  if (x.signer.payload != Payload::kHash) return {};
  x.body = std::make_shared<BodyChecks>();
  x.body->hasher.emplace(Algorithm::kSha256);
  call.value_stream = std::make_unique<HashingSource>(std::move(call.value_stream), x.body);
  call.verify = [checks = x.body, signed_hash = x.signer.payload_sha256](
                    const std::vector<r2::Checksum>&) -> std::optional<r2::Error> {
    if (checks->hasher->finish() == signed_hash) return std::nullopt;
    checks->mismatch = content_hash_mismatch();
    return r2::Error(r2::Code::kBadDigest);
  };
  return {};
}

void read_document(ExchangePtr x, bool about_object, Next next) {
  auto checksums = checksum_headers(
      x->headers(), about_object ? ChecksumUse::kComplete : ChecksumUse::kPut);
  if (!checksums) return x->fail(checksums.error());
  std::vector<r2::Checksum> expected = std::move(checksums->expected);
  if (about_object)
    std::erase_if(expected, [](const r2::Checksum& c) { return c.algorithm != Algorithm::kMd5; });
  std::unique_ptr<ByteSource> source = std::move(x->request.stream);
  if (x->signer.payload == Payload::kUnsignedTrailer) {
    auto head = read_chunked_head(x->headers());
    if (!head) return x->fail(head.error());
    if (!source) source = source_of(std::move(x->request.body));
    x->body = std::make_shared<BodyChecks>();
    x->body->trailers = std::make_shared<Trailers>();
    source = decode_aws_chunked(std::move(source), *head, x->body->trailers);
  }
  if (!source)
    return check_document(std::move(x), std::move(x->request.body), std::move(expected), next);
  if (source->length_bytes().value_or(0) > kXmlBytesMax) return x->fail(document_too_large());
  read_all(std::move(source), kXmlBytesMax,
           [x = std::move(x), expected = std::move(expected),
            next = std::move(next)](Chunk chunk) mutable {
             if (chunk.kind != Chunk::Kind::kError)
               return check_document(std::move(x), std::move(chunk.bytes), std::move(expected),
                                     next);
             if (x->body && x->body->failure()) return x->fail(*x->body->failure());
             x->fail(r2::Error(r2::Code::kClientDisconnect));
           });
}

}  // namespace offing::s3
