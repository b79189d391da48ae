// What stands in the `state` columns of r2.sqlite, schema version 1: everything about a bucket, an
// object, an upload or a part that is not the row's key. Blobs stand as id and size; `Resolve`
// finds them again (null: it has noted why not). `unpack_…` gives nothing for bytes that no
// `pack_…` made.
#ifndef OFFING_STORAGE_R2_DISK_ROWS_H_
#define OFFING_STORAGE_R2_DISK_ROWS_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "storage/r2/bucket.h"

namespace offing::r2 {

using Resolve = std::function<std::shared_ptr<Blob>(uint64_t id, uint64_t size_bytes)>;

// `out` is replaced; its capacity is used again.
void pack_bucket(const Bucket& bucket, std::string& out);
void pack_object(const Object& object, std::string& out);
void pack_upload(const Upload& upload, std::string& out);   // without id and parts
void pack_part(const Part& part, std::string& out);         // without number

// Without what stands in other rows, and without what packing leaves out.
std::unique_ptr<Bucket> unpack_bucket(std::string_view bytes, uint32_t id);
std::shared_ptr<const Object> unpack_object(std::string_view bytes, const Resolve& resolve);
std::optional<Upload> unpack_upload(std::string_view bytes);
std::optional<Part> unpack_part(std::string_view bytes, const Resolve& resolve);

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_DISK_ROWS_H_
