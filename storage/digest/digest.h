// Digests of streams of bytes, and the ways to write them down. All by the engine's OpenSSL but the
// CRCs. Results are raw bytes; a CRC's are big-endian, as S3 writes them.
#ifndef OFFING_STORAGE_DIGEST_DIGEST_H_
#define OFFING_STORAGE_DIGEST_DIGEST_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace offing::digest {

enum class Algorithm : uint8_t { kMd5, kSha1, kSha256, kSha384, kSha512, kCrc32, kCrc32c, kCrc64Nvme };

size_t size_bytes(Algorithm algorithm);

class Hasher {
 public:
  explicit Hasher(Algorithm algorithm);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();
  void update(std::string_view bytes);
  std::string finish();   // once
  Algorithm algorithm() const { return algorithm_; }

 private:
  struct State;
  Algorithm algorithm_;
  std::unique_ptr<State> state_;
};

std::string digest_of(Algorithm algorithm, std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view bytes);
// The CRC of the concatenation of two runs of bytes, from theirs.
std::string combine_crc(Algorithm algorithm, std::string_view first, std::string_view second,
                        uint64_t second_size_bytes);

std::string to_hex(std::string_view bytes);                        // lower case
std::optional<std::string> from_hex(std::string_view hex);         // either case; nothing else
std::string to_base64(std::string_view bytes);                     // padded
std::optional<std::string> from_base64(std::string_view text);     // strict, padded
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace offing::digest

#endif  // OFFING_STORAGE_DIGEST_DIGEST_H_
