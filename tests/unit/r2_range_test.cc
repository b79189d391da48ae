// Ranges (spec/r2.md 1.5).
#include <doctest/doctest.h>

#include <string>

#include "storage/r2/range.h"

using namespace offing::r2;

// Values here name what matters of them; the rest is the default.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace {

// "offset+length", or the error as a binding shows it after "get: ".
std::string resolved(const RangeRequest& request, uint64_t size_bytes) {
  const auto range = resolve(request, size_bytes);
  if (!range) return range.error().text + " (" + std::to_string(range.error().row().v4_code) + ")";
  return std::to_string(range->offset) + "+" + std::to_string(range->length);
}

std::string by_header(std::string_view value, uint64_t size_bytes) {
  RangeRequest request;
  request.header = std::string(value);
  return resolved(request, size_bytes);
}

constexpr char kRefused[] = "The requested range is not satisfiable (10039)";
constexpr uint64_t kHuge = UINT64_MAX;

}  // namespace

TEST_CASE("spec/r2.md R5: without a range it is all of it, of an empty object too") {
  CHECK(resolved({}, 10) == "0+10");
  CHECK(resolved({}, 0) == "0+0");
}

TEST_CASE("spec/r2.md R4: what is too long is clamped") {
  CHECK(resolved({.offset = 2, .length = 3}, 10) == "2+3");
  CHECK(resolved({.offset = 2}, 10) == "2+8");
  CHECK(resolved({.length = 3}, 10) == "0+3");
  CHECK(resolved({.offset = 9, .length = 3}, 10) == "9+1");
  CHECK(resolved({.offset = 9, .length = kHuge}, 10) == "9+1");
  CHECK(resolved({.suffix = 3}, 10) == "7+3");
  CHECK(resolved({.suffix = 30}, 10) == "0+10");
}

TEST_CASE("spec/r2.md R4: what cannot be satisfied is an error") {
  CHECK(resolved({.offset = 11}, 10) == kRefused);
  CHECK(resolved({.offset = 10}, 10) == kRefused);
  CHECK(resolved({.offset = kHuge, .length = kHuge}, 10) == kRefused);
  CHECK(resolved({.offset = 2, .length = 0}, 10) == kRefused);
  CHECK(resolved({.suffix = 0}, 10) == kRefused);
  CHECK(resolved({.suffix = 1}, 0) == kRefused);
  CHECK(resolved({.offset = 0}, 0) == kRefused);
}

TEST_CASE("spec/r2.md R3: a Range header; malformed or several ranges are all of it") {
  CHECK(by_header("bytes=0-0", 10) == "0+1");
  CHECK(by_header("bytes=2-4", 10) == "2+3");
  CHECK(by_header("bytes=2-", 10) == "2+8");
  CHECK(by_header("bytes=2-99", 10) == "2+8");
  CHECK(by_header("bytes=-3", 10) == "7+3");
  CHECK(by_header("Bytes = 2 - 4 ", 10) == "2+3");
  CHECK(by_header("bytes=0-18446744073709551615", 10) == "0+10");
  CHECK(by_header("bytes=0-99999999999999999999999", 10) == "0+10");
  for (const char* all : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=4-2", "bytes=0-1,3-4",
                          "bytes=1", "chars=0-1", "bytes=0-1x", "bytes=--1", "bytes=0x1-2"}) {
    CHECK_MESSAGE(by_header(all, 10) == "0+10", all);
    CHECK_FALSE(parse_range_header(all));
  }
  CHECK(by_header("bytes=10-", 10) == kRefused);
  CHECK(by_header("bytes=-0", 10) == kRefused);
  CHECK(by_header("bytes=0-0", 0) == kRefused);
  CHECK(by_header("bytes=99999999999999999999999-", 10) == kRefused);
}

TEST_CASE("spec/r2.md R3: a Range header as values") {
  CHECK(*parse_range_header("bytes=5-9")->offset == 5);
  CHECK(*parse_range_header("bytes=5-9")->length == 5);
  CHECK_FALSE(parse_range_header("bytes=5-")->length);
  CHECK(*parse_range_header("bytes=-7")->suffix == 7);
  CHECK_FALSE(parse_range_header("bytes=-7")->offset);
}
