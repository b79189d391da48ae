#include "emulator/config/secrets.h"

#include <algorithm>
#include <utility>

#include "emulator/config/dotenv.h"
#include "emulator/config/locate.h"
#include "emulator/config/modules.h"

namespace offing::config {

namespace fs = std::filesystem;

namespace {

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

// .dev.vars.<env> instead of .dev.vars; without either all the .env files, later ones first.
std::vector<fs::path> files_of(const fs::path& directory, const std::string& env) {
  if (!env.empty() && is_there(directory / (".dev.vars." + env))) {
    return {directory / (".dev.vars." + env)};
  }
  if (is_there(directory / ".dev.vars")) return {directory / ".dev.vars"};
  std::vector<fs::path> files;
  auto add = [&files, &directory](const std::string& name) {
    if (is_there(directory / name)) files.push_back(directory / name);
  };
  add(".env");
  add(".env.local");
  if (!env.empty()) {
    add(".env." + env);
    add(".env." + env + ".local");
  }
  return files;
}

}  // namespace

std::expected<std::vector<Secret>, Problem> read_secrets(const fs::path& directory,
                                                         const std::string& env,
                                                         const Reporter& report) {
  std::vector<Secret> secrets;
  for (const fs::path& file : files_of(directory, env)) {
    const std::string name = shown(file);
    auto text = read_file(file, kConfigBytesMax);
    if (!text) {
      text.error().file = name;
      return std::unexpected(std::move(text.error()));
    }
    DotEnv parsed = parse_dotenv(*text, name);
    std::ranges::move(parsed.warnings, std::back_inserter(report.warnings));
    for (auto& [key, value] : parsed.values) {
      const auto known = std::ranges::find(secrets, key, &Secret::name);
      if (known == secrets.end()) {
        secrets.push_back({key, std::move(value), name});
      } else {
        known->value = std::move(value);
        known->file = name;
      }
    }
  }
  return secrets;
}

}  // namespace offing::config
