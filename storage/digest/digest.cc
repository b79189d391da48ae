// The digests' own functions of the engine's OpenSSL rather than its EVP layer: a context is a
// plain struct then, and hashing a small value costs no look-up of an implementation and no
// allocation.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "storage/digest/digest.h"

#include <openssl/crypto.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#include <cassert>

#include "storage/digest/crc.h"

namespace offing::digest {
namespace {

template <class Word> std::string big_endian(Word word) {
  std::string bytes(sizeof(Word), '\0');
  for (size_t i = sizeof(Word); i-- > 0; word >>= 8) bytes[i] = static_cast<char>(word & 0xff);
  return bytes;
}

template <class Word> Word from_big_endian(std::string_view bytes) {
  assert(bytes.size() == sizeof(Word));
  Word word = 0;
  for (char c : bytes) word = word << 8 | static_cast<uint8_t>(c);
  return word;
}

// One running digest on the stack.
union Context {
  MD5_CTX md5;
  SHA_CTX sha1;
  SHA256_CTX sha256;
  SHA512_CTX sha512;   // of SHA-384 too
  uint64_t crc;
};

void start(Context& c, Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kMd5: MD5_Init(&c.md5); return;
    case Algorithm::kSha1: SHA1_Init(&c.sha1); return;
    case Algorithm::kSha256: SHA256_Init(&c.sha256); return;
    case Algorithm::kSha384: SHA384_Init(&c.sha512); return;
    case Algorithm::kSha512: SHA512_Init(&c.sha512); return;
    case Algorithm::kCrc32: case Algorithm::kCrc32c: case Algorithm::kCrc64Nvme: c.crc = 0; return;
  }
}

void add(Context& c, Algorithm algorithm, std::string_view bytes) {
  if (bytes.empty()) return;
  switch (algorithm) {
    case Algorithm::kMd5: MD5_Update(&c.md5, bytes.data(), bytes.size()); return;
    case Algorithm::kSha1: SHA1_Update(&c.sha1, bytes.data(), bytes.size()); return;
    case Algorithm::kSha256: SHA256_Update(&c.sha256, bytes.data(), bytes.size()); return;
    case Algorithm::kSha384: SHA384_Update(&c.sha512, bytes.data(), bytes.size()); return;
    case Algorithm::kSha512: SHA512_Update(&c.sha512, bytes.data(), bytes.size()); return;
    case Algorithm::kCrc32: c.crc = crc32(static_cast<uint32_t>(c.crc), bytes); return;
    case Algorithm::kCrc32c: c.crc = crc32c(static_cast<uint32_t>(c.crc), bytes); return;
    case Algorithm::kCrc64Nvme: c.crc = crc64_nvme(c.crc, bytes); return;
  }
}

std::string end(Context& c, Algorithm algorithm) {
  std::string result(size_bytes(algorithm), '\0');
  auto* out = reinterpret_cast<unsigned char*>(result.data());
  switch (algorithm) {
    case Algorithm::kMd5: MD5_Final(out, &c.md5); break;
    case Algorithm::kSha1: SHA1_Final(out, &c.sha1); break;
    case Algorithm::kSha256: SHA256_Final(out, &c.sha256); break;
    case Algorithm::kSha384: SHA384_Final(out, &c.sha512); break;
    case Algorithm::kSha512: SHA512_Final(out, &c.sha512); break;
    case Algorithm::kCrc32: case Algorithm::kCrc32c:
      return big_endian(static_cast<uint32_t>(c.crc));
    case Algorithm::kCrc64Nvme: return big_endian(c.crc);
  }
  return result;
}

}  // namespace

size_t size_bytes(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kMd5: return 16;
    case Algorithm::kSha1: return 20;
    case Algorithm::kSha256: return 32;
    case Algorithm::kSha384: return 48;
    case Algorithm::kSha512: return 64;
    case Algorithm::kCrc32: case Algorithm::kCrc32c: return 4;
    case Algorithm::kCrc64Nvme: return 8;
  }
  return 0;
}

struct Hasher::State {
  Context context;
};

Hasher::Hasher(Algorithm algorithm)
    : algorithm_(algorithm), state_(std::make_unique_for_overwrite<State>()) {
  start(state_->context, algorithm);
}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(std::string_view bytes) {
  assert(state_ && "update after finish");
  add(state_->context, algorithm_, bytes);
}

std::string Hasher::finish() {
  assert(state_ && "finish twice");
  std::string result = end(state_->context, algorithm_);
  state_.reset();
  return result;
}

std::string digest_of(Algorithm algorithm, std::string_view bytes) {
  Context context;
  start(context, algorithm);
  add(context, algorithm, bytes);
  return end(context, algorithm);
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  constexpr size_t kBlockBytes = 64;
  std::string block = key.size() > kBlockBytes ? digest_of(Algorithm::kSha256, key)
                                               : std::string(key);
  block.resize(kBlockBytes, '\0');
  Context context;
  for (char& c : block) c = static_cast<char>(c ^ 0x36);
  SHA256_Init(&context.sha256);
  add(context, Algorithm::kSha256, block);
  add(context, Algorithm::kSha256, bytes);
  const std::string inner = end(context, Algorithm::kSha256);
  for (char& c : block) c = static_cast<char>(c ^ (0x36 ^ 0x5c));
  SHA256_Init(&context.sha256);
  add(context, Algorithm::kSha256, block);
  add(context, Algorithm::kSha256, inner);
  return end(context, Algorithm::kSha256);
}

std::string combine_crc(Algorithm algorithm, std::string_view first, std::string_view second,
                        uint64_t second_size_bytes) {
  switch (algorithm) {
    case Algorithm::kCrc32:
      return big_endian(combine_crc32(from_big_endian<uint32_t>(first),
                                      from_big_endian<uint32_t>(second), second_size_bytes));
    case Algorithm::kCrc32c:
      return big_endian(combine_crc32c(from_big_endian<uint32_t>(first),
                                       from_big_endian<uint32_t>(second), second_size_bytes));
    case Algorithm::kCrc64Nvme:
      return big_endian(combine_crc64_nvme(from_big_endian<uint64_t>(first),
                                           from_big_endian<uint64_t>(second), second_size_bytes));
    default: break;
  }
  assert(false && "only CRCs can be combined");
  return {};
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace offing::digest
