// Content codings (RFC 9110, 8.4): bodies that travel compressed, and are plain for guests.
//
// Decoded and encoded bodies are streams again: a chunk is at most 64 KiB, made when it is asked
// for, however much a coded body unfolds to. An encoder gives what it has whenever its source has
// nothing ready, so that events of a slow stream are not held back.
// One reading of the header serves both ways, in and out: what is decoded for a guest and keeps its
// Content-Encoding is encoded again for the client. gzip and br are such; a field with any other
// value, or several fields, are left alone both ways. Deflate is decoded, too, and then loses the
// header: the platform encodes no deflate.
#ifndef OFFING_EMULATOR_HTTP_CONTENT_CODING_H_
#define OFFING_EMULATOR_HTTP_CONTENT_CODING_H_

#include <cstdint>
#include <memory>

#include "runtime/http/message.h"

namespace offing::http {

enum class ContentCoding : uint8_t { kIdentity, kGzip, kDeflate, kBrotli };

// What the only Content-Encoding field names; kIdentity for none, several, or another one.
ContentCoding content_coding(const HeaderList& headers);

// `coding` is not kIdentity. Broken or shortened input ends in an error chunk, in the platform's
// words ("Gzip decompression failed.") and then the reason.
std::unique_ptr<ByteSource> decode(ContentCoding coding, std::unique_ptr<ByteSource> coded);
std::unique_ptr<ByteSource> encode(ContentCoding coding, std::unique_ptr<ByteSource> plain);

// The answer of an outbound fetch as a guest sees it: body decoded, Content-Length dropped. A small
// body stays bytes. Without a body (HEAD, 304) nothing changes.
void decode_body(Response& response);
// A guest's response as its client gets it: the body encoded as the header says, unless the guest
// did so itself (encodeBody: "manual").
void encode_body(Response& response);

}  // namespace offing::http

#endif  // OFFING_EMULATOR_HTTP_CONTENT_CODING_H_
