#include "storage/digest/crc.h"

#include <array>
#include <bit>
#include <cstring>

namespace offing::digest {
namespace {

static_assert(std::endian::native == std::endian::little);

// A CRC of the width of `Word`; bit 0 of a word is the highest power of x. All three start with and
// end by inverting every bit.
template <class Word, Word kPolynomial>
struct Crc {
  static constexpr int kBits = sizeof(Word) * 8;
  static constexpr Word kOne = Word{1} << (kBits - 1);   // x^0

  // kTables[k][b]: what the byte b contributes when k more bytes follow it in the same step.
  static constexpr auto kTables = [] {
    std::array<std::array<Word, 256>, 8> tables{};
    for (unsigned b = 0; b < 256; ++b) {
      Word value = b;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ (value & 1 ? kPolynomial : 0);
      tables[0][b] = value;
    }
    for (size_t k = 1; k < 8; ++k)
      for (unsigned b = 0; b < 256; ++b)
        tables[k][b] = (tables[k - 1][b] >> 8) ^ tables[0][tables[k - 1][b] & 0xff];
    return tables;
  }();

  static Word update(Word crc, std::string_view bytes) {
    crc = ~crc;
    const char* at = bytes.data();
    size_t left = bytes.size();
    for (; left >= 8; left -= 8, at += 8) {
      uint64_t word;
      std::memcpy(&word, at, 8);
      word ^= crc;
      crc = kTables[7][word & 0xff] ^ kTables[6][word >> 8 & 0xff] ^
            kTables[5][word >> 16 & 0xff] ^ kTables[4][word >> 24 & 0xff] ^
            kTables[3][word >> 32 & 0xff] ^ kTables[2][word >> 40 & 0xff] ^
            kTables[1][word >> 48 & 0xff] ^ kTables[0][word >> 56];
    }
    for (; left > 0; --left, ++at)
      crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<uint8_t>(*at)) & 0xff];
    return ~crc;
  }

  // a * b modulo the polynomial.
  static constexpr Word multiply(Word a, Word b) {
    Word product = 0;
    for (Word bit = kOne; bit != 0; bit >>= 1) {
      if (a & bit) product ^= b;
      b = (b >> 1) ^ (b & 1 ? kPolynomial : 0);
    }
    return product;
  }

  // kBytes[n]: x^(8 * 2^n), so a length's powers are one product for each of its set bits.
  static constexpr auto kBytes = [] {
    std::array<Word, 64> powers{};
    Word power = kOne >> 8;
    for (Word& p : powers) {
      p = power;
      power = multiply(power, power);
    }
    return powers;
  }();

  // Bytes behind the first run only multiply its CRC; the inversions cancel out.
  static Word combine(Word first, Word second, uint64_t second_size_bytes) {
    for (size_t n = 0; second_size_bytes != 0; second_size_bytes >>= 1, ++n)
      if (second_size_bytes & 1) first = multiply(first, kBytes[n]);
    return first ^ second;
  }
};

using Crc32 = Crc<uint32_t, 0xedb88320>;
using Crc32c = Crc<uint32_t, 0x82f63b78>;
using Crc64Nvme = Crc<uint64_t, 0x9a6c9329ac4bc9b5>;

}  // namespace

uint32_t crc32(uint32_t crc, std::string_view bytes) { return Crc32::update(crc, bytes); }
uint32_t crc32c(uint32_t crc, std::string_view bytes) { return Crc32c::update(crc, bytes); }
uint64_t crc64_nvme(uint64_t crc, std::string_view bytes) { return Crc64Nvme::update(crc, bytes); }

uint32_t combine_crc32(uint32_t first, uint32_t second, uint64_t second_size_bytes) {
  return Crc32::combine(first, second, second_size_bytes);
}
uint32_t combine_crc32c(uint32_t first, uint32_t second, uint64_t second_size_bytes) {
  return Crc32c::combine(first, second, second_size_bytes);
}
uint64_t combine_crc64_nvme(uint64_t first, uint64_t second, uint64_t second_size_bytes) {
  return Crc64Nvme::combine(first, second, second_size_bytes);
}

}  // namespace offing::digest
