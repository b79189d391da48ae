// Conditions and entity tags (spec/r2.md 1.4).
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "storage/r2/conditional.h"

using namespace offing::r2;

// Values here name what matters of them; the rest is the default.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace {

Object stored(int64_t uploaded_ms = 5500) {
  Object object;
  object.etag = "abc";
  object.uploaded_ms = uploaded_ms;
  return object;
}

EtagTag strong(std::string value) { return {std::move(value), EtagTag::Kind::kStrong}; }
EtagTag weak(std::string value) { return {std::move(value), EtagTag::Kind::kWeak}; }
const EtagTag kAny{{}, EtagTag::Kind::kWildcard};

Conditional matches(std::vector<EtagTag> tags) { return {.etag_matches = std::move(tags)}; }
Conditional none_of(std::vector<EtagTag> tags) { return {.etag_does_not_match = std::move(tags)}; }

// Kind and value of each tag, or the error.
std::string parsed(std::string_view value) {
  const auto tags = parse_etag_header("if-match", value);
  if (!tags) return tags.error();
  std::string text;
  for (const EtagTag& tag : *tags)
    text += (tag.kind == EtagTag::Kind::kWildcard ? "*" : tag.kind == EtagTag::Kind::kWeak ? "w:" : "s:") +
            tag.value + ";";
  return text;
}

}  // namespace

TEST_CASE("spec/r2.md K5: an absent object passes iff etagMatches and uploadedAfter are both unset") {
  CHECK(holds({}, nullptr));
  CHECK(holds(none_of({kAny}), nullptr));
  CHECK(holds(none_of({strong("abc")}), nullptr));
  CHECK(holds({.uploaded_before_ms = 1}, nullptr));
  CHECK_FALSE(holds(matches({kAny}), nullptr));
  CHECK_FALSE(holds(matches({}), nullptr));
  CHECK_FALSE(holds({.uploaded_after_ms = 1}, nullptr));
}

TEST_CASE("spec/r2.md K6: etagMatches holds for a wildcard or an equal strong tag") {
  const Object object = stored();
  CHECK(holds({}, &object));
  CHECK(holds(matches({kAny}), &object));
  CHECK(holds(matches({strong("x"), strong("abc")}), &object));
  CHECK_FALSE(holds(matches({strong("ABC")}), &object));
  CHECK_FALSE(holds(matches({weak("abc")}), &object));
  CHECK_FALSE(holds(matches({}), &object));
}

TEST_CASE("spec/r2.md K6: etagDoesNotMatch fails for a wildcard or an equal tag, weak or strong") {
  const Object object = stored();
  CHECK_FALSE(holds(none_of({kAny}), &object));
  CHECK_FALSE(holds(none_of({strong("abc")}), &object));
  CHECK_FALSE(holds(none_of({weak("abc")}), &object));
  CHECK(holds(none_of({strong("x"), weak("y")}), &object));
  CHECK(holds(none_of({}), &object));
}

TEST_CASE("spec/r2.md K6: dates compare strictly") {
  const Object object = stored(5000);
  CHECK(holds({.uploaded_after_ms = 4999}, &object));
  CHECK_FALSE(holds({.uploaded_after_ms = 5000}, &object));
  CHECK(holds({.uploaded_before_ms = 5001}, &object));
  CHECK_FALSE(holds({.uploaded_before_ms = 5000}, &object));
  CHECK(holds({.uploaded_before_ms = 5001, .uploaded_after_ms = 4999}, &object));
}

TEST_CASE("spec/r2.md K6: a tag that held stands above its date") {
  const Object object = stored(5000);
  Conditional condition = none_of({strong("x")});
  condition.uploaded_after_ms = 9000;
  CHECK(holds(condition, &object));
  condition = matches({strong("abc")});
  condition.uploaded_before_ms = 1;
  CHECK(holds(condition, &object));
  // Only its own one.
  condition = matches({strong("abc")});
  condition.uploaded_after_ms = 9000;
  CHECK_FALSE(holds(condition, &object));
  condition = none_of({strong("x")});
  condition.uploaded_before_ms = 1;
  CHECK_FALSE(holds(condition, &object));
  // And not when it failed.
  condition = matches({strong("x")});
  condition.uploaded_before_ms = 9000;
  CHECK_FALSE(holds(condition, &object));
}

TEST_CASE("spec/r2.md K7: with secondsGranularity both sides are floored to the second") {
  const Object object = stored(5500);
  CHECK(holds({.uploaded_after_ms = 5100}, &object));
  CHECK_FALSE(holds({.uploaded_after_ms = 5100, .seconds_granularity = true}, &object));
  CHECK(holds({.uploaded_after_ms = 4999, .seconds_granularity = true}, &object));
  CHECK_FALSE(holds({.uploaded_before_ms = 5999, .seconds_granularity = true}, &object));
  CHECK(holds({.uploaded_before_ms = 6000, .seconds_granularity = true}, &object));
  CHECK(holds({.uploaded_after_ms = -1, .seconds_granularity = true}, &object));
  const Object old = stored(-500);   // floored to -1000
  CHECK_FALSE(holds({.uploaded_after_ms = -1000, .seconds_granularity = true}, &old));
}

TEST_CASE("spec/r2.md K3: the grammar of a list of entity tags") {
  CHECK(parsed("\"a\"") == "s:a;");
  CHECK(parsed(" \t,, \"a\" ,\t, W/\"b\",\"c,d\"") == "s:a;w:b;s:c,d;");
  CHECK(parsed("*") == "*;");
  CHECK(parsed("\"a\", *, \"b\"") == "*;");
  CHECK(parsed("* nonsense \"") == "*;");
  CHECK(parsed("\"a\", b, \"c\"") == "s:a;");
  CHECK(parsed("\"a\" b \"c\"") == "s:a;");
  CHECK(parsed("\"\"") == "s:;");
  CHECK(parsed("\"a\",") == "s:a;");
}

TEST_CASE("spec/r2.md K4: the errors of If-Match and If-None-Match") {
  CHECK(parsed("") == "Invalid ETag in if-match header");
  CHECK(parsed("abc") == "Invalid ETag in if-match header");
  CHECK(parsed(" , ") == "Invalid ETag in if-match header");
  CHECK(parse_etag_header("if-none-match", "abc").error() == "Invalid ETag in if-none-match header");
  CHECK(parsed("W/abc") == "Weak etags must start with W/ and their value must be quoted");
  CHECK(parsed("W\"abc\"") == "Weak etags must start with W/ and their value must be quoted");
  CHECK(parsed("W") == "Weak etags must start with W/ and their value must be quoted");
  CHECK(parsed("\"abc") == "Unclosed double quote for Etag");
  CHECK(parsed("W/\"abc") == "Unclosed double quote for Etag");
  CHECK(parsed("\"a\" *") ==
        "Comma was expected to separate etags. Encountered a wildcard character '*' instead.");
  CHECK(parsed("\"a\" W/\"b\"") ==
        "Comma was expected to separate etags. Encountered a weak quotation character 'W' instead. "
        "This would otherwise indicate the start of a new weak etag.");
  CHECK(parsed("\"a\"\"b\"") ==
        "Comma was expected to separate etags. Encountered a double quote character '\"' instead. "
        "This would otherwise indicate the start of a new strong etag.");
}
