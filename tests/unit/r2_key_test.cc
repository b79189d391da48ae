// Keys, metadata and names (spec/r2.md 1.12).
#include <doctest/doctest.h>

#include <utf8proc.h>

#include <cstdlib>
#include <string>

#include "storage/r2/key.h"
#include "storage/r2/limits.h"

using namespace offing::r2;

TEST_CASE("spec/r2.md 1.12: a key's identity is its NFC") {
  CHECK(nfc_key("plain/ascii") == "plain/ascii");
  CHECK(nfc_key("caf\xc3\xa9") == "caf\xc3\xa9");
  CHECK(nfc_key("cafe\xcc\x81") == "caf\xc3\xa9");
  CHECK(nfc_key("\xe2\x84\xab") == "\xc3\x85");                                   // angstrom sign
  CHECK(nfc_key("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab") == "\xed\x95\x9c");        // jamo
  CHECK(nfc_key("q\xcc\x87\xcc\xa3") == "q\xcc\xa3\xcc\x87");                      // marks in order
  CHECK(nfc_key("\xf0\x9f\x98\x80") == "\xf0\x9f\x98\x80");
  CHECK(nfc_key("\xef\xac\x81") == "\xef\xac\x81");   // compatibility forms stay
  const std::string with_nul("a\0e\xcc\x81", 5);
  CHECK(nfc_key(with_nul) == std::string("a\0\xc3\xa9", 4));
  CHECK(nfc_key("") == "");
}

TEST_CASE("spec/r2.md 1.12: NFC of each character, alone and behind others") {
  for (int32_t c = 1; c <= 0x10ffff; ++c) {
    if (c == 0x3400) c = 0x4dc0;   // uniform: ideographs
    if (c == 0xd800) c = 0xe000;   // surrogates
    if (c == 0x20000) c = 0x2f800;
    if (c == 0x2fa20) break;
    uint8_t bytes[4];
    const auto size = static_cast<size_t>(utf8proc_encode_char(c, bytes));
    const std::string one(reinterpret_cast<const char*>(bytes), size);
    const std::string text = one + "A" + one + "\xea\xb0\x80" + one;   // a Hangul syllable, too
    utf8proc_uint8_t* composed =
        utf8proc_NFC(reinterpret_cast<const utf8proc_uint8_t*>(text.c_str()));
    const bool same = nfc_key(text) == reinterpret_cast<const char*>(composed);
    std::free(composed);
    if (!same) FAIL("U+" << c);
  }
}

TEST_CASE("spec/r2.md 1.12: what is not UTF-8 is its own identity") {
  for (const char* bytes : {"\xff\xfe", "e\xcc", "\xed\xa0\x80", "\xf8\x88\x80\x80\x80"})
    CHECK(nfc_key(bytes) == bytes);
}

TEST_CASE("spec/r2.md 1.12: keys have 1 to 1,024 bytes") {
  CHECK_FALSE(is_valid_key(""));
  CHECK(is_valid_key("k"));
  CHECK(is_valid_key(std::string(1024, 'k')));
  CHECK_FALSE(is_valid_key(std::string(1025, 'k')));
}

TEST_CASE("spec/r2.md 1.12: metadata counts characters, twice when one is beyond U+00FF") {
  CHECK(metadata_size_bytes({}) == 0);
  CHECK(metadata_size_bytes({{"ab", "cde"}, {"", "x"}}) == 6);
  CHECK(metadata_size_bytes({{"a", "\xc3\xa9\xc3\xbf"}}) == 3);          // U+00E9, U+00FF
  CHECK(metadata_size_bytes({{"a", "\xc4\x80"}}) == 3);                  // U+0100
  CHECK(metadata_size_bytes({{"a", "bc\xe2\x82\xac"}}) == 7);
  CHECK(metadata_size_bytes({{"\xf0\x9f\x98\x80", ""}}) == 4);           // two units
  CHECK(metadata_size_bytes({{"k", std::string(8191, 'v')}}) == kMetadataBytesMax);
}

TEST_CASE("spec/r2.md 1.12: bucket names") {
  for (const char* good : {"abc", "a-b", "0a0", "my-bucket-1"}) CHECK(is_valid_bucket_name(good));
  CHECK(is_valid_bucket_name(std::string(63, 'a')));
  CHECK_FALSE(is_valid_bucket_name(std::string(64, 'a')));
  for (const char* bad : {"", "ab", "-ab", "ab-", "Abc", "a_b", "a.b", "a/b", "a b"})
    CHECK_FALSE(is_valid_bucket_name(bad));
}
