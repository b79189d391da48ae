// What operations that make objects or parts have in common: an upload's headers as fields of an
// R2Call, and the headers of its answer.
#ifndef OFFING_EMULATOR_S3_S3_OBJECT_CALL_H_
#define OFFING_EMULATOR_S3_S3_OBJECT_CALL_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "emulator/s3/s3_error.h"
#include "emulator/s3/s3_exchange.h"
#include "runtime/bindings/r2_call.h"
#include "runtime/http/header_list.h"

namespace offing::s3 {

// Metadata, storage class, SSE-C's key.
std::optional<S3Error> read_new_object(const HeaderList& headers, R2Call& call);

// x-amz-copy-source and the source's SSE-C key. The signer needs to be allowed to read it.
std::optional<S3Error> read_copy_source(const Exchange& x, R2Call& call);

// Checksums of a part, and SSE-C's answer: the algorithm, and the key's MD5.
void add_checksums(HeaderList& out, std::span<const r2::Checksum> checksums);
void add_ssec(HeaderList& out, const HeaderList& request);

// A limit of a list ("max-keys", "max-parts", …) as JavaScript's Number() reads it, rounded down
// (5.3 List). none: below zero, or no number.
std::optional<uint64_t> list_limit(std::string_view text);

// "url", or none. Error: 501.
std::expected<bool, S3Error> is_url_encoded(const Query& query);

}  // namespace offing::s3

#endif  // OFFING_EMULATOR_S3_S3_OBJECT_CALL_H_
