// Blobs that nothing is to keep: strings, and the extents of an Arena.
#ifndef OFFING_STORAGE_R2_BLOB_MEMORY_H_
#define OFFING_STORAGE_R2_BLOB_MEMORY_H_

#include <memory>

#include "storage/r2/blob.h"

namespace offing::r2 {

std::unique_ptr<BlobStore> make_memory_blobs();

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_BLOB_MEMORY_H_
