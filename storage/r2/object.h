// One version of an R2 object: made by a commit, immutable, shared by whoever read it.
#ifndef OFFING_STORAGE_R2_OBJECT_H_
#define OFFING_STORAGE_R2_OBJECT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/r2/blob.h"
#include "storage/r2/values.h"

namespace offing::r2 {

struct Object {
  std::string key;       // as it was last written; its identity is nfc_key(key)
  std::string version;   // UUID shape, unique for each write
  std::string etag;      // without quotes: MD5 in hex; of a multipart object "<md5 of md5s>-<parts>"
  uint64_t size_bytes = 0;
  int64_t uploaded_ms = 0;          // of the commit (spec/r2.md M10)
  HttpMetadata http;
  CustomMetadata custom;
  std::vector<Checksum> checksums;  // MD5 of single-part objects, and what the caller gave (1.6)
  ChecksumType checksum_type = ChecksumType::kFullObject;   // of a CRC or SHA given by S3
  StorageClass storage_class = StorageClass::kStandard;
  std::string ssec_key_md5;         // raw; empty: not encrypted by a customer's key
  std::vector<std::shared_ptr<Blob>> body;   // in order; several of a multipart object
  // Of a multipart object, its parts' sizes: the blobs' sizes, since each part is one blob.
  bool is_multipart() const { return etag.find('-') != etag.npos; }
};
using ObjectRef = std::shared_ptr<const Object>;

struct Part {
  uint32_t number = 0;
  std::string etag;      // MD5 in hex
  int64_t uploaded_ms = 0;
  std::vector<Checksum> checksums;
  std::shared_ptr<Blob> blob;
};

// An upload that was begun and neither completed nor aborted.
struct Upload {
  std::string id;
  std::string key;
  int64_t created_ms = 0;
  HttpMetadata http;
  CustomMetadata custom;
  StorageClass storage_class = StorageClass::kStandard;
  std::string ssec_key_md5;
  std::optional<digest::Algorithm> checksum_algorithm;    // what CreateMultipartUpload announced
  ChecksumType checksum_type = ChecksumType::kComposite;
  std::map<uint32_t, Part> parts;
};

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_OBJECT_H_
