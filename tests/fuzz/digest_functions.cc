// Digests for targets that are built without the host process's OpenSSL: of the right sizes, quick,
// and no more than that. Hexadecimal and base64 are the real ones.
#include "storage/digest/digest.h"

namespace offing::digest {

size_t size_bytes(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kMd5:
      return 16;
    case Algorithm::kSha1:
      return 20;
    case Algorithm::kSha256:
      return 32;
    case Algorithm::kSha384:
      return 48;
    case Algorithm::kSha512:
      return 64;
    case Algorithm::kCrc32:
    case Algorithm::kCrc32c:
      return 4;
    case Algorithm::kCrc64Nvme:
      return 8;
  }
  return 0;
}

std::string digest_of(Algorithm algorithm, std::string_view bytes) {
  uint64_t state = 0xcbf29ce484222325;
  for (const char c : bytes) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::string out(size_bytes(algorithm), '\0');
  for (char& c : out) {
    state ^= state >> 29;
    state *= 0x9e3779b97f4a7c15;
    c = static_cast<char>(state >> 56);
  }
  return out;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  return digest_of(Algorithm::kSha256, std::string(key) + "\n" + std::string(bytes));
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a == b;
}

}  // namespace offing::digest
