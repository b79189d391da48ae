// Subresources of buckets and objects as data (spec/r2.md 5.2): which operation a query parameter
// asks for, or the name of the one that R2 answers with 501; and the replies that are the same for
// every bucket.
#ifndef OFFING_EMULATOR_S3_S3_STATIC_H_
#define OFFING_EMULATOR_S3_S3_STATIC_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "emulator/s3/s3_operations.h"

namespace offing::s3 {

struct Subresource {
  std::string_view parameter;
  std::string_view method;
  // none: answered with "<name> not implemented".
  std::optional<OperationId> operation;
  std::string_view name = "";
};

std::span<const Subresource> bucket_subresources();
std::span<const Subresource> object_subresources();
// null: this method knows no such parameter.
const Subresource* find(std::span<const Subresource> table, std::string_view method,
                        std::string_view parameter);

}  // namespace offing::s3

#endif  // OFFING_EMULATOR_S3_S3_STATIC_H_
