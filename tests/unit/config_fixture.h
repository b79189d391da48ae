// Projects on disk for tests of emulator/config.
#ifndef OFFING_TESTS_UNIT_CONFIG_FIXTURE_H_
#define OFFING_TESTS_UNIT_CONFIG_FIXTURE_H_

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <expected>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include "emulator/config/project.h"

namespace offing::config::test {

inline constexpr const char* kScript =
    "export default { fetch() { return new Response(\"x\"); } };\n";

// A directory of its own for each test, gone afterwards.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "offing-config-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const Folder& write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
    return *this;
  }
  std::string at(const std::string& name) const { return (path_ / name).string(); }
  std::string string() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

using Loaded = std::expected<Project, Problem>;

inline Loaded load(const std::string& path, std::string env = "", std::string config = "") {
  Options options;
  options.env = std::move(env);
  options.config_path = std::move(config);
  options.today = "2026-11-21";
  return load_project(path, options);
}

inline Project must_load(const std::string& path, std::string env = "", std::string config = "") {
  Loaded project = load(path, std::move(env), std::move(config));
  INFO((project ? "" : project.error().text()));
  REQUIRE(project.has_value());
  return std::move(*project);
}

inline std::string error_of(const std::string& path, std::string env = "",
                            std::string config = "") {
  Loaded project = load(path, std::move(env), std::move(config));
  REQUIRE_FALSE(project.has_value());
  return project.error().text();
}

inline bool has(const std::string& text, const std::string& part) {
  INFO(text << "\nlacks: " << part);
  CHECK(text.find(part) != text.npos);
  return text.find(part) != text.npos;
}

inline std::string warnings_of(const Project& project) {
  std::string text;
  for (const Problem& warning : project.warnings) text += warning.text() + "\n";
  return text;
}

inline std::string var(const Project& project, std::string_view name) {
  for (const auto& [key, json] : project.worker.vars) {
    if (key == name) return json;
  }
  return "(none)";
}

// A project of one module, with `members` added to its wrangler.json.
inline Folder one(const std::string& members) {
  Folder folder;
  folder.write("index.js", kScript)
      .write("wrangler.json", "{\n\"name\": \"w\", \"main\": \"index.js\", "
                              "\"compatibility_date\": \"2026-06-01\"" +
                                  std::string(members.empty() ? "" : ",\n") + members + "\n}");
  return folder;
}

}  // namespace offing::config::test

#endif  // OFFING_TESTS_UNIT_CONFIG_FIXTURE_H_
