#include "emulator/s3/s3_static.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "emulator/s3/s3_exchange.h"
#include "emulator/s3/s3_xml.h"

namespace offing::s3 {
namespace {

using enum OperationId;

// spec/r2.md 5.2, account/bucket. GetBucketPolicyStatus' name is R2's.
constexpr Subresource kBucketTable[] = {
    {"uploads", "GET", kListMultipartUploads},
    {"location", "GET", kGetBucketLocation},
    {"encryption", "GET", kGetBucketEncryption},
    {"versioning", "GET", kGetBucketVersioning},
    {"tagging", "GET", kGetBucketTagging},
    {"object-lock", "GET", kGetObjectLockConfiguration},
    {"replication", "GET", kGetBucketReplication},
    {"acl", "GET", kGetBucketAcl},
    {"cors", "GET", kGetBucketCors},
    {"lifecycle", "GET", kGetBucketLifecycleConfiguration},
    {"versions", "GET", {}, "ListObjectVersions"},
    {"policy", "GET", {}, "GetBucketPolicy"},
    {"policyStatus", "GET", {}, "GetGetBucketPolicyStatus"},
    {"website", "GET", {}, "GetBucketWebsite"},
    {"notification", "GET", {}, "GetBucketNotificationConfiguration"},
    {"requestPayment", "GET", {}, "GetBucketRequestPayment"},
    {"logging", "GET", {}, "GetBucketLogging"},
    {"accelerate", "GET", {}, "GetBucketAccelerateConfiguration"},
    {"publicAccessBlock", "GET", {}, "GetPublicAccessBlock"},
    {"ownershipControls", "GET", {}, "GetBucketOwnershipControls"},
    {"intelligent-tiering", "GET", {}, "GetBucketIntelligentTieringConfiguration"},
    {"inventory", "GET", {}, "GetBucketInventoryConfiguration"},
    {"metrics", "GET", {}, "GetBucketMetricsConfiguration"},
    {"analytics", "GET", {}, "GetBucketAnalyticsConfiguration"},

    {"cors", "PUT", kPutBucketCors},
    {"lifecycle", "PUT", kPutBucketLifecycleConfiguration},
    {"encryption", "PUT", kPutBucketEncryption},
    {"versioning", "PUT", kPutBucketVersioning},
    {"accelerate", "PUT", {}, "PutBucketAccelerateConfiguration"},
    {"acl", "PUT", {}, "PutBucketAcl"},
    {"analytics", "PUT", {}, "PutBucketAnalyticsConfiguration"},
    {"intelligent-tiering", "PUT", {}, "PutBucketIntelligentTieringConfiguration"},
    {"inventory", "PUT", {}, "PutBucketInventoryConfiguration"},
    {"logging", "PUT", {}, "PutBucketLogging"},
    {"metrics", "PUT", {}, "PutBucketMetricsConfiguration"},
    {"notification", "PUT", {}, "PutBucketNotificationConfiguration"},
    {"object-lock", "PUT", {}, "PutObjectLockConfiguration"},
    {"ownershipControls", "PUT", {}, "PutBucketOwnershipControls"},
    {"policy", "PUT", {}, "PutBucketPolicy"},
    {"publicAccessBlock", "PUT", {}, "PutPublicAccessBlock"},
    {"replication", "PUT", {}, "PutBucketReplication"},
    {"requestPayment", "PUT", {}, "PutBucketRequestPayment"},
    {"tagging", "PUT", {}, "PutBucketTagging"},
    {"website", "PUT", {}, "PutBucketWebsite"},

    {"cors", "DELETE", kDeleteBucketCors},
    {"lifecycle", "DELETE", kDeleteBucketLifecycle},
    {"encryption", "DELETE", kDeleteBucketEncryption},
    {"analytics", "DELETE", {}, "DeleteBucketAnalyticsConfiguration"},
    {"intelligent-tiering", "DELETE", {}, "DeleteBucketIntelligentTieringConfiguration"},
    {"inventory", "DELETE", {}, "DeleteBucketInventoryConfiguration"},
    {"metrics", "DELETE", {}, "DeleteBucketMetricsConfiguration"},
    {"ownershipControls", "DELETE", {}, "DeleteBucketOwnershipControls"},
    {"policy", "DELETE", {}, "DeleteBucketPolicy"},
    {"replication", "DELETE", {}, "DeleteBucketReplication"},
    {"tagging", "DELETE", {}, "DeleteBucketTagging"},
    {"website", "DELETE", {}, "DeleteBucketWebsite"},
};

// spec/r2.md 5.2, object. A method that is not listed ignores the parameter.
constexpr Subresource kObjectTable[] = {
    {"tagging", "GET", {}, "GetObjectTagging"},
    {"tagging", "PUT", {}, "PutObjectTagging"},
    {"acl", "GET", {}, "GetObjectAcl"},
    {"acl", "PUT", {}, "PutObjectAcl"},
    {"attributes", "GET", {}, "GetObjectAttributes"},
    {"torrent", "GET", {}, "GetObjectTorrent"},
    {"retention", "GET", {}, "GetObjectRetention"},
    {"retention", "PUT", {}, "PutObjectRetention"},
    {"legal-hold", "GET", {}, "GetObjectLegalHold"},
    {"legal-hold", "PUT", {}, "PutObjectLegalHold"},
    {"select", "POST", {}, "SelectObjectContent"},
    {"restore", "POST", {}, "RestoreObject"},
};

struct StaticReply {
  OperationId operation;
  uint16_t status;
  std::string_view code, message;
};
constexpr StaticReply kReplies[] = {
    {kGetBucketTagging, 404, "NoSuchTagSet", "The TagSet does not exist."},
    {kGetObjectLockConfiguration, 404, "ObjectLockConfigurationNotFoundError",
     "Object Lock configuration does not exist for this bucket."},
    {kGetBucketReplication, 404, "ReplicationConfigurationNotFoundError",
     "The replication configuration was not found."},
};

}  // namespace

std::span<const Subresource> bucket_subresources() { return kBucketTable; }
std::span<const Subresource> object_subresources() { return kObjectTable; }

const Subresource* find(std::span<const Subresource> table, std::string_view method,
                        std::string_view parameter) {
  for (const Subresource& row : table) {
    if (row.parameter == parameter && row.method == method) return &row;
  }
  return nullptr;
}

void static_reply(ExchangePtr x) {
  if (x->operation_id == kGetBucketVersioning)
    return x->answer(xml_response(XmlWriter("VersioningConfiguration").finish()));
  const auto* reply = std::ranges::find(kReplies, x->operation_id, &StaticReply::operation);
  assert(reply != std::end(kReplies));
  x->fail(S3Error{std::string(reply->code), reply->status, std::string(reply->message), {}});
}

// A signed POST to a bucket that asks for nothing (5.3 Routing).
void post_bucket(ExchangePtr x) { x->answer(Response()); }

}  // namespace offing::s3
