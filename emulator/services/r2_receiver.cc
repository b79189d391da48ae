#include "emulator/services/r2_receiver.h"

#include <utility>

namespace offing {
namespace {

// A source that has its bytes at hand is read for so long before others get a turn.
constexpr uint64_t kBytesPerTurn = 8 * 1024 * 1024;

std::string too_large(const R2ReceiveLimits& limits) {
  return std::string(r2::Error(r2::Code::kEntityTooLarge).text) + " (" +
         std::to_string(limits.bytes_max) + " bytes)";
}

// What has arrived so far.
class Receiving {
 public:
  Receiving(r2::BlobStore& blobs, const std::vector<digest::Algorithm>& algorithms,
            const R2ReceiveLimits& limits)
      : blobs_(blobs), limits_(limits) {
    for (digest::Algorithm algorithm : algorithms) hashers_.emplace_back(algorithm);
  }

  std::expected<void, R2ReceiveFailed> add(std::string_view bytes) {
    if (bytes.empty()) return {};
    size_bytes_ += bytes.size();
    if (size_bytes_ > limits_.bytes_max)
      return std::unexpected(R2ReceiveFailed{{r2::Code::kEntityTooLarge, too_large(limits_)}});
    if (limits_.declared_bytes && size_bytes_ > *limits_.declared_bytes) return wrong_length();
    for (digest::Hasher& hasher : hashers_) hasher.update(bytes);
    if (writer_ == nullptr) writer_ = blobs_.writer();
    if (auto written = writer_->append(bytes); !written) return disk_failed(written.error());
    return {};
  }

  std::expected<R2Received, R2ReceiveFailed> finish() {
    if (limits_.declared_bytes && size_bytes_ != *limits_.declared_bytes) {
      auto wrong = wrong_length();
      return std::unexpected(wrong.error());
    }
    R2Received received;
    received.size_bytes = size_bytes_;
    for (digest::Hasher& hasher : hashers_)
      received.checksums.push_back({hasher.algorithm(), hasher.finish()});
    if (writer_ != nullptr) {
      auto blob = writer_->finish();
      if (!blob) {
        auto failed = disk_failed(blob.error());
        return std::unexpected(failed.error());
      }
      received.blob = std::move(*blob);
    }
    return received;
  }

 private:
  static std::expected<void, R2ReceiveFailed> disk_failed(const std::string& why) {
    return std::unexpected(R2ReceiveFailed{
        {r2::Code::kInternal,
         std::string(r2::Error(r2::Code::kInternal).text) + " (offing: " + why + ")"}});
  }
  std::expected<void, R2ReceiveFailed> wrong_length() const {
    return std::unexpected(R2ReceiveFailed{r2::Code::kIncompleteBody});
  }

  r2::BlobStore& blobs_;
  R2ReceiveLimits limits_;
  std::vector<digest::Hasher> hashers_;
  std::unique_ptr<r2::BlobWriter> writer_;
  uint64_t size_bytes_ = 0;
};

// Kept alive by the read that is under way.
class StreamReceiver : public std::enable_shared_from_this<StreamReceiver> {
 public:
  StreamReceiver(World& world, Receiving receiving, std::unique_ptr<ByteSource> source,
                 R2ReceiveDone done)
      : world_(world), receiving_(std::move(receiving)), source_(std::move(source)),
        done_(std::move(done)) {}

  void pull() {
    for (uint64_t at_once = 0; at_once < kBytesPerTurn;) {
      asking_ = true;
      source_->read([self = shared_from_this()](Chunk chunk) {
        if (self->asking_) {
          self->arrived_ = std::move(chunk);
        } else if (self->take(std::move(chunk))) {
          self->pull();
        }
      });
      asking_ = false;
      if (!arrived_) return;   // it comes later
      at_once += arrived_->bytes.size() + 1;
      if (!take(*std::exchange(arrived_, std::nullopt))) return;
    }
    world_.post([self = shared_from_this()] { self->pull(); });
  }

 private:
  // False: it is over.
  bool take(Chunk chunk) {
    switch (chunk.kind) {
      case Chunk::Kind::kData:
        if (auto added = receiving_.add(chunk.bytes); !added) {
          source_->cancel(added.error().error.text);
          end(std::unexpected(added.error()));
          return false;
        }
        return true;
      case Chunk::Kind::kEnd: end(receiving_.finish()); return false;
      case Chunk::Kind::kError:
        end(std::unexpected(R2ReceiveFailed{{r2::Code::kInternal, std::move(chunk.bytes)}, true}));
        return false;
    }
    return false;
  }
  void end(std::expected<R2Received, R2ReceiveFailed> result) {
    R2ReceiveDone done = std::move(done_);
    done(std::move(result));
  }

  World& world_;
  Receiving receiving_;
  std::unique_ptr<ByteSource> source_;
  R2ReceiveDone done_;
  bool asking_ = false;
  std::optional<Chunk> arrived_;
};

}  // namespace

std::expected<R2Received, R2ReceiveFailed> receive_bytes(
    r2::BlobStore& blobs, std::string_view bytes, const std::vector<digest::Algorithm>& algorithms,
    const R2ReceiveLimits& limits) {
  Receiving receiving(blobs, algorithms, limits);
  if (auto added = receiving.add(bytes); !added) return std::unexpected(added.error());
  return receiving.finish();
}

void receive_stream(World& world, r2::BlobStore& blobs, std::unique_ptr<ByteSource> source,
                    const std::vector<digest::Algorithm>& algorithms, const R2ReceiveLimits& limits,
                    R2ReceiveDone done) {
  std::make_shared<StreamReceiver>(world, Receiving(blobs, algorithms, limits), std::move(source),
                                   std::move(done))
      ->pull();
}

}  // namespace offing
