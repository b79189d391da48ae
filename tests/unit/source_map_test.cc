#include <doctest/doctest.h>

#include <string>

#include "emulator/config/source_map.h"

using namespace offing::config;

namespace {

std::string map_of(std::string_view mappings, std::string_view more = "") {
  return R"({"version":3,"sources":["../src/a.ts","./b.ts",null],"names":["f"],"mappings":")" +
         std::string(mappings) + "\"" + std::string(more) + "}";
}

std::string text(const std::optional<SourcePosition>& at) {
  if (!at) return "none";
  return at->source + ":" + std::to_string(at->line) + ":" + std::to_string(at->column) +
         (at->name.empty() ? "" : " " + at->name);
}

std::string at(const std::string& json, int line, int column) {
  const auto map = SourceMap::parse(json);
  return map ? text(map->find(line, column)) : "error: " + map.error();
}

}  // namespace

TEST_CASE("a source map finds the nearest mapping at or before, on the same line") {
  const std::string map = map_of("AAAA,GAASA;;ACAT,E,EAAA");
  CHECK(at(map, 1, 1) == "src/a.ts:1:1");
  CHECK(at(map, 1, 3) == "src/a.ts:1:1");
  CHECK(at(map, 1, 4) == "src/a.ts:1:10 f");
  CHECK(at(map, 1, 4000) == "src/a.ts:1:10 f");
  CHECK(at(map, 2, 1) == "none");
  CHECK(at(map, 3, 1) == "b.ts:1:1");
  CHECK(at(map, 3, 3) == "none");  // this stretch comes from nowhere
  CHECK(at(map, 4, 1) == "none");
  CHECK(at(map, 0, 0) == "none");
  CHECK(at(map, -1, 2147483647) == "none");
  CHECK(SourceMap::parse(map_of("AAAA,GAASA;;ACAT"))->mapping_count() == 3);
  CHECK(at(map_of("EAAA,CAAC"), 1, 2) == "none");
}

TEST_CASE("a source map's paths read as those of the project") {
  CHECK(at(map_of("AAAA", R"(,"sourceRoot":"lib/x")"), 1, 1) == "lib/src/a.ts:1:1");
  CHECK(at(map_of("ACAA", R"(,"sourceRoot":"lib/")"), 1, 1) == "lib/b.ts:1:1");
  CHECK(at(map_of("AEAA"), 1, 1) == "none");  // a source without a name
  CHECK(at(R"({"version":3,"sources":["webpack:///./src/a.ts"],"mappings":"AAAA"})", 1, 1) ==
        "webpack:///./src/a.ts:1:1");
  CHECK(at(R"({"version":3,"sources":["/a/../b.ts"],"mappings":"AAAA"})", 1, 1) ==
        "/a/../b.ts:1:1");
}

TEST_CASE("mappings out of order are found as well") {
  CHECK(at(map_of("IAAI,HAAJ"), 1, 2) == "src/a.ts:1:1");
  CHECK(at(map_of("IAAI,HAAJ"), 1, 5) == "src/a.ts:1:5");
}

TEST_CASE("a source map in sections") {
  const std::string first = R"({"version":3,"sources":["a.ts"],"names":[],"mappings":"AAAA"})";
  const std::string second =
      R"({"version":3,"sources":["b.ts"],"names":["g"],"mappings":"AAAAA;EACA"})";
  const std::string map = R"({"version":3,"sections":[{"offset":{"line":0,"column":0},"map":)" +
                          first + R"(},{"offset":{"line":4,"column":10},"map":)" + second + "}]}";
  CHECK(at(map, 1, 1) == "a.ts:1:1");
  CHECK(at(map, 5, 10) == "none");
  CHECK(at(map, 5, 11) == "b.ts:1:1 g");
  CHECK(at(map, 6, 3) == "b.ts:2:1");
  CHECK_FALSE(SourceMap::parse(R"({"version":3,"sections":{}})").has_value());
  CHECK_FALSE(SourceMap::parse(R"({"version":3,"sections":[1]})").has_value());
  CHECK_FALSE(
      SourceMap::parse(R"({"version":3,"sections":[{"offset":{"line":0,"column":-1},"map":{}}]})")
          .has_value());
  CHECK_FALSE(
      SourceMap::parse(R"({"version":3,"sections":[{"offset":{"line":0,"column":0},"url":"x"}]})")
          .has_value());
}

TEST_CASE("a broken source map is an error with a reason") {
  for (std::string map : {
           std::string(), std::string("[]"), std::string("{}"), std::string("{\"version\":2}"),
           std::string("{\"version\":3}"), std::string(R"({"version":3,"sources":[]})"),
           std::string(R"({"version":3,"sources":[1],"mappings":""})"),
           std::string(R"({"version":3,"sources":"a","mappings":""})"),
           std::string(R"({"version":3,"sources":[],"mappings":1})"),
           std::string(R"({"version":3,"sources":[],"names":[1],"mappings":""})"),
           std::string(R"({"version":3,"sources":[],"names":{},"mappings":""})"),
           map_of("A!"), map_of("AA"), map_of("AAA"), map_of("AAAAAA"), map_of("g"),
           map_of("gggggggA"), map_of("D"), map_of("AAAD"), map_of("AADA"), map_of("AGAA"),
           map_of("ADAA"), map_of("AAAAC"), map_of("AAAAD"), map_of("+++++/B,+++++/B,+++++/B"),
           map_of("A", R"(,"sourceRoot":1)"), std::string(100'000, '['), std::string("\xff\xfe"),
           std::string("{\"version\":3,\"sources\":[\"\xc3\"],\"mappings\":\"\"}"),
       }) {
    CAPTURE(map.substr(0, 200));
    const auto parsed = SourceMap::parse(map);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().find("source map") != std::string::npos);
  }
  CHECK(SourceMap::parse(map_of("AAAA,A!")).error() ==
        "the source map's \"mappings\" at byte 6: not a base64 number of at most 32 bits");
  CHECK(SourceMap::parse(map_of("AGAA")).error() ==
        "the source map's \"mappings\" at byte 4: source 3 of 3");
  CHECK(SourceMap::parse(")]}'\n" + map_of("AAAA")).has_value());
}

TEST_CASE("a stack's positions become those of the sources") {
  offing::Bundle bundle;
  bundle.main = "index.js";
  bundle.modules.push_back({.name = "index.js",
                            .kind = offing::Module::Kind::kEsModule,
                            .bytes = "",
                            .source_map = map_of("AAAA,GAASA;;ACAT")});
  bundle.modules.push_back({.name = "odd (1).js",
                            .kind = offing::Module::Kind::kEsModule,
                            .bytes = "",
                            .source_map = map_of("AAAA")});
  bundle.modules.push_back({.name = "broken.js",
                            .kind = offing::Module::Kind::kEsModule,
                            .bytes = "",
                            .source_map = "{"});
  BundleSourceMaps maps(bundle);
  CHECK(maps.map_stack("Error: at index.js:1:1\n"
                       "    at f (index.js:1:5)\n"
                       "    at async Object.fetch [as x] (index.js:3:1)\n"
                       "    at index.js:1:1\n"
                       "    at async index.js:1:1\n"
                       "    at new g (y) (odd (1).js:1:1)\n"
                       "    at h (index.js:2:1)\n"
                       "    at i (broken.js:1:1)\n"
                       "    at j (other.js:1:1)\n"
                       "    at async Promise.all (index 0)\n"
                       "    at Map.forEach (<anonymous>)\n"
                       "    at k (index.js:99999999999:1)\n"
                       "    at \n"
                       "    at ()\n") ==
        "Error: at index.js:1:1\n"
        "    at f (src/a.ts:1:10)\n"
        "    at async Object.fetch [as x] (b.ts:1:1)\n"
        "    at src/a.ts:1:1\n"
        "    at async src/a.ts:1:1\n"
        "    at new g (y) (src/a.ts:1:1)\n"
        "    at h (index.js:2:1)\n"
        "    at i (broken.js:1:1)\n"
        "    at j (other.js:1:1)\n"
        "    at async Promise.all (index 0)\n"
        "    at Map.forEach (<anonymous>)\n"
        "    at k (index.js:99999999999:1)\n"
        "    at \n"
        "    at ()\n");
  CHECK(maps.map_stack("") == "");
  CHECK(maps.find("index.js") == maps.find("index.js"));
  CHECK(maps.find("broken.js") == nullptr);
}

// What esbuild makes of
//   interface Env { KV: string }
//   function outer(env: Env): never {
//     const inner = (): never => {
//       throw new Error(env.KV);
//     };
//     return inner();
//   }
//   export default { fetch(_: unknown, env: Env) { return outer(env); } };
TEST_CASE("spec/config.md 5: esbuild's map leads a stack back to TypeScript") {
  const char* mappings =
      ";;;;AACA,SAAS,MAAM,KAAiB;AAC9B,QAAM,QAAQ,6BAAa;AACzB,UAAM,IAAI,MAAM,IAAI,EAAE;AAAA,EACxB,GAFc;AAGd,SAAO,MAAM;AACf;"
      "AALS;AAMT,IAAO,YAAQ,EAAE,MAAM,GAAY,KAAU;AAAE,SAAO,MAAM,GAAG;AAAG,EAAE;";
  offing::Bundle bundle;
  bundle.main = "a.js";
  bundle.modules.push_back({.name = "a.js",
                            .kind = offing::Module::Kind::kEsModule,
                            .bytes = "",
                            .source_map = map_of(mappings)});
  CHECK(BundleSourceMaps(bundle).map_stack("Error: no\n"
                                           "    at inner (a.js:7:11)\n"
                                           "    at outer (a.js:9:10)\n"
                                           "    at Object.fetch (a.js:13:10)") ==
        "Error: no\n"
        "    at inner (src/a.ts:4:11)\n"
        "    at outer (src/a.ts:6:10)\n"
        "    at Object.fetch (src/a.ts:8:55)");
}
