#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "emulator/config/compatibility.h"
#include "emulator/config/compatibility_flags.h"
#include "emulator/config/dotenv.h"
#include "emulator/config/modules.h"
#include "emulator/config/rules.h"
#include "emulator/config/settings.h"
#include "emulator/config/value.h"

using namespace offing::config;
using offing::Module;

TEST_CASE("spec/config.md 1: TOML and JSONC give the same tree") {
  auto toml = parse_toml("name = \"w\"\n[vars]\nN = 1\nL = [true, 0.5]\n", "wrangler.toml");
  auto json = parse_jsonc("{ // c\n \"name\": \"w\", \"vars\": {\"L\": [true, 0.5,], \"N\": 1,}, }",
                          "wrangler.jsonc");
  REQUIRE(toml.has_value());
  REQUIRE(json.has_value());
  CHECK(toml->json() == R"({"name":"w","vars":{"L":[true,0.5],"N":1}})");
  CHECK(json->json() == toml->json());
  CHECK(toml->find("vars")->find("N")->line == 3);
  CHECK(json->find("name")->line == 2);
}

TEST_CASE("broken, dated or too deep configuration is an error with its place") {
  auto date = parse_toml("name = \"w\"\ncompatibility_date = 2026-06-03\n", "wrangler.toml");
  REQUIRE_FALSE(date.has_value());
  CHECK(date.error().text().starts_with("wrangler.toml:2:22: compatibility_date: is a TOML date"));
  auto broken = parse_jsonc("{\n\"a\": }", "wrangler.json");
  REQUIRE_FALSE(broken.has_value());
  CHECK(broken.error().line == 2);
  CHECK_FALSE(parse_jsonc(std::string(100'000, '['), "x").has_value());
  CHECK_FALSE(parse_toml("a = " + std::string(100'000, '['), "x").has_value());
}

TEST_CASE("spec/config.md 3: dotenv") {
  const DotEnv env = parse_dotenv(
      "# c\nA=1 # c\nexport B='x # y'\nC=\"l1\\nl2\nl3\"\nnonsense\nD=\nA=2\n", ".dev.vars");
  REQUIRE(env.values.size() == 4);
  CHECK(env.values[0].second == "2");
  CHECK(env.values[1].second == "x # y");
  CHECK(env.values[2].second == "l1\nl2\nl3");
  CHECK(env.values[3].second.empty());
  REQUIRE(env.warnings.size() == 1);
  CHECK(env.warnings[0].line == 6);
}

TEST_CASE("spec/config.md 4: rules") {
  CHECK(glob_matches("**/*.txt", "a.txt"));
  CHECK(glob_matches("**/*.txt", "x/y/a.txt"));
  CHECK_FALSE(glob_matches("*.txt", "x/a.txt"));
  CHECK_FALSE(glob_matches("x/*.js", "xx/a.js"));
  const Rules hiding({{Module::Kind::kText, {"**/*.md"}, false}});
  CHECK(hiding.kind_of("a.md") == Module::Kind::kText);
  CHECK_FALSE(hiding.kind_of("a.txt").has_value());
  const Rules falling({{Module::Kind::kText, {"**/*.md"}, true}});
  CHECK(falling.kind_of("a.txt") == Module::Kind::kText);
  CHECK(falling.kind_of("d/0a-x.wasm") == Module::Kind::kWasm);
}

TEST_CASE("spec/config.md 6: dates and flags") {
  CHECK(compatibility_flags().size() == 186);
  auto plain = evaluate_compatibility("2024-11-11", {}, "2026-11-21");
  REQUIRE(plain.has_value());
  CHECK(plain->flags.contains("url_standard"));
  CHECK(plain->flags.contains("cache_option_enabled"));
  CHECK_FALSE(plain->flags.contains("nodejs_compat"));
  auto node = evaluate_compatibility("2026-06-03", {"nodejs_compat"}, "2026-11-21");
  REQUIRE(node.has_value());
  CHECK(node->flags.contains("nodejs_compat_v2"));
  CHECK(node->flags.contains("enable_nodejs_http_server_modules"));
  CHECK_FALSE(node->flags.contains("remove_nodejs_compat_eol_v22"));
  auto off = evaluate_compatibility("2026-06-03", {"no_global_navigator"}, "");
  CHECK_FALSE(off->flags.contains("global_navigator"));
  auto error = [](std::string_view date, std::vector<std::string> flags) {
    return evaluate_compatibility(date, flags, "2026-11-21").error();
  };
  CHECK(error("2027-01-01", {}).starts_with("Can't set compatibility date in the future"));
  CHECK(error("2026-13-01", {}).starts_with("Invalid compatibility date: 2026-13-01"));
  CHECK(error("2026-01-01", {"nodejs_compt"}) ==
        "No such compatibility flag: nodejs_compt. Did you mean \"nodejs_compat\"?");
  CHECK(error("2026-01-01", {"rpc", "no_rpc"}).ends_with("contradictory: rpc vs no_rpc"));
  CHECK(error("2026-01-01", {"x", "x"}) == "Compatibility flag specified multiple times: x");
  CHECK(error("2026-01-01", {"webgpu"}).find("experimental") != std::string::npos);
  CHECK(evaluate_compatibility("", {}, "2026-11-21")->date == kNewestCompatibilityDate);
}

TEST_CASE("spec/config.md 1.1: environments inherit, except what they must repeat") {
  auto root = parse_toml("name = \"w\"\nmain = \"a.js\"\nnmae = 1\n[vars]\nX = \"1\"\n"
                         "[env.staging]\nworkers_dev = true\n", "wrangler.toml");
  REQUIRE(root.has_value());
  Warnings warnings;
  auto settings = select_environment(*root, "wrangler.toml", "staging", warnings);
  REQUIRE(settings.has_value());
  CHECK(settings->find("name")->string == "w-staging");
  CHECK(settings->find("main")->string == "a.js");
  CHECK(settings->find("vars") == nullptr);
  REQUIRE(warnings.size() == 2);
  CHECK(std::ranges::any_of(warnings, [](const Problem& p) {
    return p.message.starts_with("\"vars\" exists at the top level, but not on \"env.staging\".");
  }));
  CHECK(std::ranges::any_of(warnings, [](const Problem& p) {
    return p.message.find("Did you mean \"name\"?") != std::string::npos;
  }));
  CHECK_FALSE(select_environment(*root, "", "prod", warnings).has_value());
}

TEST_CASE("a source map comment is found inline or by name") {
  CHECK(find_source_map_comment("x\n//# sourceMappingURL=data:application/json;base64,e30=").map ==
        "{}");
  CHECK(find_source_map_comment("x\n//# sourceMappingURL=index.js.map\n").file == "index.js.map");
}

TEST_CASE("TOML outside ASCII: in strings and quoted keys, and an error in bare keys") {
  auto text = parse_toml("# ä\nk = \"é ш\" # ǘ\n\"ü\" = 1\n", "wrangler.toml");
  REQUIRE(text.has_value());
  CHECK(text->json() == "{\"k\":\"é ш\",\"ü\":1}");
  CHECK_FALSE(parse_toml("a.ǘ = 1\n", "wrangler.toml").has_value());
}

TEST_CASE("JSON cut inside a character is an error; -0 is written as JSON.stringify does") {
  for (const char* cut : {"\"\xc3", "\"\xe0", "\"\xe0\xa0", "\"\xf0", "\"\xf0\x90\x80"}) {
    const std::string exact(cut);
    CHECK_FALSE(parse_jsonc(std::string(60, ' ') + exact, "x").has_value());
  }
  CHECK(parse_toml("n = -0e5\n", "x")->json() == "{\"n\":0}");
}

TEST_CASE("a TOML table header without a possible name is an error with its line") {
  for (const char* header : {"[/x]", "[[/x]]", "[[ =]]", "[[\x01", "[\xc3\xa9]", "[[[a]]]"}) {
    CAPTURE(std::string(header));
    auto broken = parse_toml("name = \"w\"\n" + std::string(header) + "\nb = 1\n", "wrangler.toml");
    REQUIRE_FALSE(broken.has_value());
    CAPTURE(broken.error().text());
    CHECK(broken.error().line == 2);
  }
  CHECK(parse_toml("[[a]]\n[ \"b c\" ]\n['d']\n[-1]\n", "wrangler.toml").has_value());
}

TEST_CASE("JSON's numbers are read exactly") {
  const auto number = [](std::string text) {
    const auto value = parse_jsonc(text, "x");
    return value ? value->json() : "error";
  };
  CHECK(number("0E95") == "0");
  CHECK(number("[-0.0e300,0e-95]") == "[0,0]");
  CHECK(number("[0.1,1.5e+3,-2E-1]") == "[0.1,1500,-0.2]");
  CHECK(number("1.7976931348623157e308") == "1.7976931348623157e+308");
  CHECK(number("8.41e-308") == "8.41e-308");
  CHECK(number("[9223372036854775807,9223372036854775808]") ==
        "[9223372036854775807,9.223372036854776e+18]");
  CHECK(number("123456789012345678901234567890") == "1.2345678901234568e+29");
  CHECK(number("1e-400") == "0");
  CHECK(number("1e309") == "error");
}
