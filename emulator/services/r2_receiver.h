// Reads the value of a write into a blob, digesting it on the way, in constant memory. What it cannot
// finish (the source fails, ends early, gives too much, the disk is full) leaves nothing behind.
#ifndef OFFING_EMULATOR_SERVICES_R2_RECEIVER_H_
#define OFFING_EMULATOR_SERVICES_R2_RECEIVER_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "emulator/world/world.h"
#include "runtime/http/byte_source.h"
#include "storage/r2/blob.h"
#include "storage/r2/error.h"
#include "storage/r2/values.h"

namespace offing {

struct R2Received {
  std::shared_ptr<r2::Blob> blob;          // null when there were no bytes
  uint64_t size_bytes = 0;
  std::vector<r2::Checksum> checksums;     // in the order asked for; the first is the MD5
};

struct R2ReceiveFailed {
  r2::Error error;
  bool by_source = false;   // the text is the source's own
};

using R2ReceiveDone = std::move_only_function<void(std::expected<R2Received, R2ReceiveFailed>)>;

struct R2ReceiveLimits {
  uint64_t bytes_max = 0;
  std::optional<uint64_t> declared_bytes;   // exactly so many (V4)
};

// All bytes are there.
std::expected<R2Received, R2ReceiveFailed> receive_bytes(
    r2::BlobStore& blobs, std::string_view bytes, const std::vector<digest::Algorithm>& algorithms,
    const R2ReceiveLimits& limits);
// `done` is called once, perhaps before this returns.
void receive_stream(World& world, r2::BlobStore& blobs, std::unique_ptr<ByteSource> source,
                    const std::vector<digest::Algorithm>& algorithms, const R2ReceiveLimits& limits,
                    R2ReceiveDone done);

}  // namespace offing

#endif  // OFFING_EMULATOR_SERVICES_R2_RECEIVER_H_
