// An operation on an R2 bucket as plain values: what a binding (runtime/web/r2.ts), the S3 door, REST
// and tests ask, and emulator/services/r2_service answers. The guest side has checked and coerced its
// arguments already (spec/r2.md 1.2-1.6, client checks); limits, locks, conditions, consistency and the
// service's error texts are the answering side's.
#ifndef OFFING_RUNTIME_BINDINGS_R2_CALL_H_
#define OFFING_RUNTIME_BINDINGS_R2_CALL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/http/byte_source.h"
#include "storage/r2/error.h"
#include "storage/r2/object.h"

namespace offing {

struct R2Call {
  enum class Op : uint8_t {
    kHead, kGet, kPut, kDelete, kList,
    kCreateMultipartUpload, kUploadPart, kCompleteMultipartUpload, kAbortMultipartUpload,
    // Not a binding's:
    kCopy, kUploadPartCopy, kListParts, kListUploads
  };
  enum class Directive : uint8_t { kCopy, kReplace, kMerge };   // metadata of a copy

  Op op = Op::kHead;
  uint32_t bucket = 0;     // of a binding: index into WorkerOptions::r2_bindings; else the service's id
  std::string key;
  std::vector<std::string> keys;       // kDelete: instead of `key` when `is_multi_delete`
  bool is_multi_delete = false;

  std::optional<r2::Conditional> only_if;       // kGet, kHead (S3), kPut, kComplete (S3), kCopy: at commit
  r2::RangeRequest range;                       // kGet, kHead (S3); kUploadPartCopy: of the source
  std::optional<uint32_t> part_number;          // kUploadPart(Copy), kGet/kHead (S3): one part of it
  std::optional<std::string> ssec_key;          // 32 raw bytes

  // What is written: bytes, or a stream with its declared length.
  std::string value;
  std::unique_ptr<ByteSource> value_stream;     // instead of `value`
  std::optional<uint64_t> declared_bytes;       // the stream must give exactly so many (V4)
  r2::HttpMetadata http;
  r2::CustomMetadata custom;
  std::optional<r2::StorageClass> storage_class;   // none: the bucket's default
  bool bad_storage_class = false;                  // a binding gave another string
  // Compared with what was received (kBadDigest, 1.6), and stored with the object.
  std::vector<r2::Checksum> expected;
  // Computed and stored though nobody knows their value beforehand (S3's trailers).
  std::vector<digest::Algorithm> computed;
  r2::ChecksumType checksum_type = r2::ChecksumType::kFullObject;
  // Asked when all bytes were received, before the commit, with every checksum above and the MD5.
  std::move_only_function<std::optional<r2::Error>(const std::vector<r2::Checksum>&)> verify;

  std::string upload_id;
  struct ChosenPart {
    uint32_t number = 0;
    std::string etag;
  };
  std::vector<ChosenPart> parts;                // kCompleteMultipartUpload

  // kCopy, kUploadPartCopy
  uint32_t source_bucket = 0;
  std::string source_key;
  std::optional<r2::Conditional> source_only_if;
  std::optional<std::string> source_ssec_key;
  Directive directive = Directive::kCopy;

  // kList, kListParts, kListUploads
  std::optional<int64_t> limit;                 // none: 1,000
  std::string prefix, cursor, delimiter, start_after;
  bool include_http = false, include_custom = false;
  bool pages_by_metadata = false;               // a page may end early for its metadata's size (L5)
  std::optional<uint32_t> part_number_after;    // kListParts
  std::string upload_id_after;                  // kListUploads, with start_after as the key
};

struct R2Answer {
  std::optional<r2::Error> error;
  bool body_failed = false;          // `error->text` is what the value's own stream failed with
  bool condition_failed = false;     // put: nothing was written; get and head: no body
  // kHead, kGet: null when absent. kPut, kComplete, kCopy: what was written.
  r2::ObjectRef object;
  r2::Range range;                   // kGet: what `body` holds of it (R5)
  // kGet: the bytes when they are in memory and all asked for, else a stream of `range.length` bytes.
  std::shared_ptr<const std::string> bytes;
  std::unique_ptr<ByteSource> body;
  // kList
  std::vector<r2::ObjectRef> objects;
  std::vector<std::string> prefixes;
  bool truncated = false;
  std::string cursor;                // of kListUploads: the last upload id
  std::string last;                  // the last key or prefix of the page
  std::string upload_id;             // kCreateMultipartUpload
  std::string etag;                  // kUploadPart, kUploadPartCopy
  std::vector<r2::Checksum> checksums;   // kUploadPart: those given or computed
  int64_t uploaded_ms = 0;           // kUploadPartCopy
  std::vector<r2::Part> listed_parts;      // kListParts, without blobs
  std::vector<r2::Upload> listed_uploads;  // kListUploads and kListParts (one), without parts
  // kDelete of several: keys that could not be deleted, the others are (UNKNOWN 2.3). `error` is the
  // first of them.
  std::vector<std::pair<std::string, r2::Error>> refused_keys;
};

using R2Callback = std::move_only_function<void(R2Answer)>;

}  // namespace offing

#endif  // OFFING_RUNTIME_BINDINGS_R2_CALL_H_
