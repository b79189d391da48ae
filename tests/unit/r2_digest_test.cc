// storage/digest against published check values (spec/r2.md 1.6, 5.2).
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "storage/digest/digest.h"

using namespace offing::digest;

namespace {

constexpr Algorithm kAll[] = {Algorithm::kMd5,    Algorithm::kSha1,   Algorithm::kSha256,
                              Algorithm::kSha384, Algorithm::kSha512, Algorithm::kCrc32,
                              Algorithm::kCrc32c, Algorithm::kCrc64Nvme};

std::string hex_of(Algorithm algorithm, std::string_view bytes) {
  return to_hex(digest_of(algorithm, bytes));
}

std::string noise(size_t size_bytes) {
  std::string bytes(size_bytes, '\0');
  uint64_t state = 88172645463325252u;
  for (char& c : bytes) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    c = static_cast<char>(state);
  }
  return bytes;
}

}  // namespace

TEST_CASE("spec/r2.md 1.6: digests of the published examples") {
  CHECK(hex_of(Algorithm::kMd5, "") == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(hex_of(Algorithm::kMd5, "abc") == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(hex_of(Algorithm::kSha1, "abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex_of(Algorithm::kSha256, "abc") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex_of(Algorithm::kSha384, "abc") ==
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
        "8086072ba1e7cc2358baeca134c825a7");
  CHECK(hex_of(Algorithm::kSha512, "abc") ==
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST_CASE("spec/r2.md 5.2: CRCs' check values, big-endian") {
  CHECK(hex_of(Algorithm::kCrc32, "123456789") == "cbf43926");
  CHECK(hex_of(Algorithm::kCrc32c, "123456789") == "e3069283");
  CHECK(hex_of(Algorithm::kCrc64Nvme, "123456789") == "ae8b14860a799888");
  CHECK(hex_of(Algorithm::kCrc32c, std::string(32, '\0')) == "8a9136aa");
  CHECK(hex_of(Algorithm::kCrc64Nvme, "") == "0000000000000000");
}

TEST_CASE("spec/r2.md 1.6: the pieces a value comes in do not matter") {
  const std::string bytes = noise(3000);
  for (Algorithm algorithm : kAll) {
    const std::string whole = digest_of(algorithm, bytes);
    CHECK(whole.size() == size_bytes(algorithm));
    for (size_t piece : {1, 7, 8, 63, 64, 1000}) {
      Hasher hasher(algorithm);
      hasher.update("");
      for (size_t at = 0; at < bytes.size(); at += piece)
        hasher.update(std::string_view(bytes).substr(at, piece));
      Hasher moved = std::move(hasher);
      CHECK(moved.algorithm() == algorithm);
      CHECK(moved.finish() == whole);
    }
  }
}

TEST_CASE("spec/r2.md 5.2 FULL_OBJECT: a CRC of parts from the parts' CRCs") {
  const std::string bytes = noise(70'001);
  for (Algorithm algorithm : {Algorithm::kCrc32, Algorithm::kCrc32c, Algorithm::kCrc64Nvme})
    for (size_t cut : {size_t{0}, size_t{1}, size_t{8}, size_t{65536}, bytes.size()}) {
      const std::string_view first = std::string_view(bytes).substr(0, cut);
      const std::string_view second = std::string_view(bytes).substr(cut);
      CHECK(combine_crc(algorithm, digest_of(algorithm, first), digest_of(algorithm, second),
                        second.size()) == digest_of(algorithm, bytes));
    }
}

TEST_CASE("spec/r2.md 5.1: HMAC-SHA256 of RFC 4231's cases 1, 2 and 6") {
  CHECK(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(to_hex(hmac_sha256(std::string(131, '\xaa'),
                           "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("hexadecimal and base64, strictly") {
  CHECK(to_hex(std::string("\0\xff\x1a", 3)) == "00ff1a");
  CHECK(from_hex("00FF1a") == std::string("\0\xff\x1a", 3));
  CHECK(from_hex("") == "");
  for (const char* bad : {"0", "0g", "0x", " 00", "00 "}) CHECK_FALSE(from_hex(bad));
  const std::pair<const char*, const char*> kPairs[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
  for (auto [bytes, text] : kPairs) {
    CHECK(to_base64(bytes) == text);
    CHECK(from_base64(text) == bytes);
  }
  for (const char* bad : {"Zg", "Zg=", "Zg===", "Z===", "====", "Zh==", "Zm9=", "Zg==Zg==", "Zm 9",
                          "Zm9v\n", "-_-_"})
    CHECK_FALSE(from_base64(bad));
  const std::string bytes = noise(257);
  CHECK(from_base64(to_base64(bytes)) == bytes);
  CHECK(from_hex(to_hex(bytes)) == bytes);
}

TEST_CASE("spec/r2.md 5.1: secrets are compared as a whole") {
  CHECK(equal_in_constant_time("abc", "abc"));
  CHECK(equal_in_constant_time("", ""));
  CHECK_FALSE(equal_in_constant_time("abc", "abd"));
  CHECK_FALSE(equal_in_constant_time("abc", "ab"));
}
