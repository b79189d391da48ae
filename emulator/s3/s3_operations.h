// The operations of the S3 door as one table: what each is called, what permission it needs, which
// of its headers R2 refuses, and the function that does it. A function is given the exchange when
// its signer is known and allowed, and its bucket is there; it answers it, now or later.
#ifndef OFFING_EMULATOR_S3_S3_OPERATIONS_H_
#define OFFING_EMULATOR_S3_S3_OPERATIONS_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "emulator/s3/s3_keys.h"

namespace offing::s3 {

class Exchange;
using ExchangePtr = std::unique_ptr<Exchange>;

// Which request headers are refused with 501 (spec/r2.md 5.2).
enum class Screen : uint8_t {
  kNone,
  kOwner,      // x-amz-expected-bucket-owner
  kWrite,      // all of refused_header()
  kDelete,     // the owner, x-amz-mfa, x-amz-bypass-governance-retention
  kPart,       // the owner, x-amz-server-side-encryption
  kPartCopy,   // the owners, x-amz-copy-source-if-*
};

#define OFFING_S3_OPERATIONS(X)                                                                    \
  X(ListBuckets, kListBuckets, kOwner, list_buckets)                                               \
  X(HeadBucket, kHeadBucket, kOwner, head_bucket)                                                  \
  X(GetBucketLocation, kHeadBucket, kOwner, get_bucket_location)                                   \
  X(CreateBucket, kEditBucket, kWrite, create_bucket)                                              \
  X(DeleteBucket, kEditBucket, kOwner, delete_bucket)                                              \
  X(GetBucketCors, kReadConfiguration, kOwner, get_bucket_cors)                                    \
  X(PutBucketCors, kEditBucket, kOwner, put_bucket_cors)                                           \
  X(DeleteBucketCors, kEditBucket, kOwner, delete_bucket_cors)                                     \
  X(GetBucketLifecycleConfiguration, kReadConfiguration, kOwner, get_bucket_lifecycle)             \
  X(PutBucketLifecycleConfiguration, kEditBucket, kOwner, put_bucket_lifecycle)                    \
  X(DeleteBucketLifecycle, kEditBucket, kOwner, delete_bucket_lifecycle)                           \
  X(GetBucketEncryption, kReadConfiguration, kOwner, get_bucket_encryption)                        \
  X(PutBucketEncryption, kEditBucket, kOwner, put_bucket_encryption)                               \
  X(DeleteBucketEncryption, kEditBucket, kOwner, delete_bucket_encryption)                         \
  X(GetBucketAcl, kReadConfiguration, kOwner, get_bucket_acl)                                      \
  X(PutBucketVersioning, kEditBucket, kOwner, put_bucket_versioning)                               \
  X(GetBucketVersioning, kReadConfiguration, kOwner, static_reply)                                 \
  X(GetBucketTagging, kReadConfiguration, kOwner, static_reply)                                    \
  X(GetObjectLockConfiguration, kReadConfiguration, kOwner, static_reply)                          \
  X(GetBucketReplication, kReadConfiguration, kOwner, static_reply)                                \
  X(PostBucket, kHeadBucket, kNone, post_bucket)                                                   \
  X(ListObjects, kListObjects, kOwner, list_objects)                                               \
  X(ListObjectsV2, kListObjects, kOwner, list_objects)                                             \
  X(ListMultipartUploads, kListObjects, kOwner, list_multipart_uploads)                            \
  X(DeleteObjects, kWriteObject, kDelete, delete_objects)                                          \
  X(GetObject, kReadObject, kOwner, get_object)                                                    \
  X(HeadObject, kReadObject, kOwner, get_object)                                                   \
  X(PutObject, kWriteObject, kWrite, put_object)                                                   \
  X(CopyObject, kWriteObject, kWrite, copy_object)                                                 \
  X(DeleteObject, kWriteObject, kDelete, delete_object)                                            \
  X(CreateMultipartUpload, kWriteObject, kWrite, create_multipart_upload)                          \
  X(UploadPart, kWriteObject, kPart, upload_part)                                                  \
  X(UploadPartCopy, kWriteObject, kPartCopy, upload_part_copy)                                     \
  X(CompleteMultipartUpload, kWriteObject, kOwner, complete_multipart_upload)                      \
  X(AbortMultipartUpload, kWriteObject, kNone, abort_multipart_upload)                             \
  X(ListParts, kListObjects, kOwner, list_parts)

enum class OperationId : uint8_t {
#define OFFING_S3_ID(name, access, screen, function) k##name,
  OFFING_S3_OPERATIONS(OFFING_S3_ID)
#undef OFFING_S3_ID
};

// In s3_objects, s3_copy, s3_list, s3_multipart, s3_complete, s3_uploads, s3_buckets,
// s3_list_buckets, s3_static.
void list_buckets(ExchangePtr x);
void head_bucket(ExchangePtr x);
void get_bucket_location(ExchangePtr x);
void create_bucket(ExchangePtr x);
void delete_bucket(ExchangePtr x);
void get_bucket_cors(ExchangePtr x);
void put_bucket_cors(ExchangePtr x);
void delete_bucket_cors(ExchangePtr x);
void get_bucket_lifecycle(ExchangePtr x);
void put_bucket_lifecycle(ExchangePtr x);
void delete_bucket_lifecycle(ExchangePtr x);
void get_bucket_encryption(ExchangePtr x);
void put_bucket_encryption(ExchangePtr x);
void delete_bucket_encryption(ExchangePtr x);
void get_bucket_acl(ExchangePtr x);
void put_bucket_versioning(ExchangePtr x);
void static_reply(ExchangePtr x);
void post_bucket(ExchangePtr x);
void list_objects(ExchangePtr x);
void list_multipart_uploads(ExchangePtr x);
void delete_objects(ExchangePtr x);
void get_object(ExchangePtr x);
void put_object(ExchangePtr x);
void copy_object(ExchangePtr x);
void delete_object(ExchangePtr x);
void create_multipart_upload(ExchangePtr x);
void upload_part(ExchangePtr x);
void upload_part_copy(ExchangePtr x);
void complete_multipart_upload(ExchangePtr x);
void abort_multipart_upload(ExchangePtr x);
void list_parts(ExchangePtr x);

struct Operation {
  std::string_view name;   // as S3 calls it; for the trace, and for temporary credentials
  Access access;
  Screen screen;
  void (*run)(ExchangePtr x);
};

inline constexpr Operation kOperations[] = {
#define OFFING_S3_ROW(name, access, screen, function)                                              \
  {#name, Access::access, Screen::screen, function},
    OFFING_S3_OPERATIONS(OFFING_S3_ROW)
#undef OFFING_S3_ROW
};
inline const Operation& operation(OperationId id) { return kOperations[static_cast<size_t>(id)]; }

}  // namespace offing::s3

#endif  // OFFING_EMULATOR_S3_S3_OPERATIONS_H_
