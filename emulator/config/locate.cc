#include "emulator/config/locate.h"

#include <algorithm>
#include <vector>

#include "emulator/config/modules.h"

namespace offing::config {

namespace fs = std::filesystem;

namespace {

constexpr const char* kConfigNames[] = {"wrangler.json", "wrangler.jsonc", "wrangler.toml"};

using Found = std::expected<Location, Problem>;

std::unexpected<Problem> refuse(const fs::path& path, std::string message) {
  return std::unexpected(Problem{shown(path), "", 0, 0, std::move(message)});
}

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

bool is_config(const fs::path& path) {
  const fs::path kind = path.extension();
  return kind == ".json" || kind == ".jsonc" || kind == ".toml";
}

fs::path real(const fs::path& path) {
  std::error_code error;
  fs::path out = fs::weakly_canonical(path.empty() ? fs::path(".") : path, error);
  if (!out.has_filename()) out = out.parent_path();  // "dist/" is "dist"
  return out;
}

bool lies_in(const fs::path& path, const fs::path& directory) {
  const fs::path inner = real(path), outer = real(directory);
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

// The directory above, in the user's terms: "dist" → "", "." → "..", "" → "..".
fs::path parent_of(const fs::path& directory) {
  const fs::path normal = (directory / "").lexically_normal().parent_path();
  if (normal.empty() || normal == "." || normal.filename() == "..") return normal / "..";
  return normal.parent_path();
}

fs::path config_in(const fs::path& directory) {
  for (const char* name : kConfigNames) {
    if (is_file(directory / name)) return directory / name;
  }
  return {};
}

std::expected<Value, Problem> read_config(const fs::path& path) {
  auto text = read_file(path, kConfigBytesMax);
  if (!text) {
    text.error().file = shown(path);
    return std::unexpected(std::move(text.error()));
  }
  return path.extension() == ".toml" ? parse_toml(*text, shown(path))
                                     : parse_jsonc(*text, shown(path));
}

Found with_config(fs::path config, fs::path directory, fs::path main) {
  auto root = read_config(config);
  if (!root) return std::unexpected(std::move(root.error()));
  return Location{std::move(config), std::move(*root), std::move(directory), std::move(main)};
}

bool has_wrangler_readme(const fs::path& directory) {
  auto text = read_file(directory / "README.md", kConfigBytesMax);
  return text && text->starts_with("This folder contains the built output assets for the worker");
}

// The module a directory with a bundle is entered by; `stem` is that of the configuration's main.
std::expected<fs::path, Problem> entry_of(const fs::path& directory, const std::string& stem) {
  std::vector<std::string> names;
  if (!stem.empty()) names = {stem + ".js", stem + ".mjs"};
  names.insert(names.end(), {"index.js", "worker.js"});
  for (const std::string& name : names) {
    if (is_file(directory / name)) return directory / name;
  }
  std::vector<fs::path> scripts;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (is_script(it->path()) && is_file(it->path())) scripts.push_back(it->path());
  }
  if (scripts.size() == 1) return scripts[0];
  if (scripts.empty()) {
    return refuse(directory,
                  "has neither a Wrangler file (wrangler.json, wrangler.jsonc or wrangler.toml) "
                  "nor a built module (.js or .mjs). Build the Worker with `npx wrangler deploy "
                  "--dry-run --outdir dist`, then give its folder.");
  }
  std::ranges::sort(scripts);
  std::string list;
  for (size_t i = 0; i < std::min<size_t>(scripts.size(), 5); ++i) {
    list += (i > 0 ? ", " : "") + scripts[i].filename().string();
  }
  return refuse(directory, "holds " + std::to_string(scripts.size()) + " modules (" + list +
                               (scripts.size() > 5 ? ", …" : "") +
                               "), none of them index.js or worker.js. Give the one to serve, as "
                               "in `offing dev " + shown(scripts[0]) + "`.");
}

bool is_output_of(const fs::path& directory, const fs::path& main) {
  if (main.empty()) return false;
  if (lies_in(main, directory)) return true;
  const std::string stem = main.stem().string();
  if (!is_file(directory / (stem + ".js")) && !is_file(directory / (stem + ".mjs"))) return false;
  return is_source_file(main) || !is_file(main) || has_wrangler_readme(directory);
}

// A bundle in `directory`, entered by `main` (empty: to be found), with the Wrangler file above it
// if it is that file's output.
Found bundle_in(const fs::path& directory, fs::path main, const Options& options) {
  fs::path above = directory;
  for (int level = 0; level < kParentsMax; ++level) {
    above = parent_of(above);
    const fs::path config = config_in(above);
    if (config.empty()) continue;
    auto root = read_config(config);
    if (!root) return std::unexpected(std::move(root.error()));
    const fs::path configured = main_of(config, *root, options.env);
    if (!is_output_of(directory, configured)) break;
    if (!main.empty() && main.stem() != configured.stem()) break;  // some other module there
    if (main.empty() && !(is_script(configured) && lies_in(configured, directory))) {
      auto entry = entry_of(directory, configured.stem().string());
      if (!entry) return std::unexpected(std::move(entry.error()));
      main = std::move(*entry);
    }
    return Location{config, std::move(*root), above, std::move(main)};
  }
  if (main.empty()) {
    auto entry = entry_of(directory, "");
    if (!entry) return std::unexpected(std::move(entry.error()));
    main = std::move(*entry);
  }
  return Location{{}, {}, directory, std::move(main)};
}

Found locate_module(const fs::path& module, const Options& options) {
  if (!options.config_path.empty()) {
    const fs::path config = options.config_path;
    return with_config(config, config.parent_path(), module);
  }
  const fs::path directory = module.parent_path();
  const fs::path config = config_in(directory);
  if (config.empty()) return bundle_in(directory, module, options);
  auto root = read_config(config);
  if (!root) return std::unexpected(std::move(root.error()));
  const fs::path configured = main_of(config, *root, options.env);
  if (configured.empty() || real(configured) != real(module)) {
    return Location{{}, {}, directory, module};
  }
  return Location{config, std::move(*root), directory, module};
}

// `--config` and a directory: the bundle is the configuration's main, unless that lies elsewhere.
Found locate_with_config(const fs::path& directory, const Options& options) {
  const fs::path config = options.config_path;
  auto location = with_config(config, config.parent_path(), {});
  if (!location) return location;
  const fs::path configured = main_of(config, location->root, options.env);
  if (lies_in(config.parent_path(), directory)) return location;
  if (is_script(configured) && lies_in(configured, directory)) return location;
  auto entry = entry_of(directory, configured.stem().string());
  if (!entry) return std::unexpected(std::move(entry.error()));
  location->main = std::move(*entry);
  return location;
}

// Framework builds leave `.wrangler/deploy/config.json`, which names the generated configuration.
Found follow_redirect(const fs::path& redirect, const fs::path& directory) {
  auto root = read_config(redirect);
  if (!root) return std::unexpected(std::move(root.error()));
  const Value* target = root->find("configPath");
  if (target == nullptr || !target->is(Value::Type::kString) || target->string.empty()) {
    return std::unexpected(Problem{shown(redirect), "configPath", root->line, root->column,
                                   "\"configPath\" is required, and must be a path. Build the "
                                   "project again, or remove this file."});
  }
  const fs::path config = redirect.parent_path() / target->string;
  if (!is_file(config)) {
    return std::unexpected(Problem{shown(redirect), "configPath", target->line, target->column,
                                   "names " + shown(config) + ", which does not exist. Build the "
                                   "project again, or remove " + shown(redirect) + "."});
  }
  return with_config(config, directory, {});
}

}  // namespace

bool is_source_file(const fs::path& path) {
  const std::string kind = path.extension().string();
  return kind == ".ts" || kind == ".tsx" || kind == ".jsx" || kind == ".mts" || kind == ".cts";
}

bool is_script(const fs::path& path) {
  return path.extension() == ".js" || path.extension() == ".mjs";
}

std::string shown(const fs::path& path) {
  return path.empty() ? "." : path.lexically_normal().generic_string();
}

fs::path main_of(const fs::path& config, const Value& root, const std::string& env) {
  const Value* main = nullptr;
  if (const Value* all = env.empty() ? nullptr : root.find("env")) {
    if (const Value* chosen = all->find(env)) main = chosen->find("main");
  }
  if (main == nullptr) main = root.find("main");
  if (main == nullptr || !main->is(Value::Type::kString) || main->string.empty()) return {};
  return config.parent_path() / main->string;
}

Found locate(const std::string& given, const Options& options) {
  const fs::path path = given;
  std::error_code error;
  if (given.empty() || !fs::exists(path, error)) {
    return refuse(path, "does not exist. Give a folder with a Wrangler file or a built bundle, a "
                        "Wrangler file, or a built module (.js or .mjs).");
  }
  if (!options.config_path.empty() && !is_file(options.config_path)) {
    return refuse(options.config_path, "does not exist or is not a file; --config names it.");
  }
  if (fs::is_directory(path, error)) {
    if (!options.config_path.empty()) return locate_with_config(path, options);
    const fs::path redirect = path / ".wrangler/deploy/config.json";
    if (is_file(redirect)) return follow_redirect(redirect, path);
    const fs::path config = config_in(path);
    return config.empty() ? bundle_in(path, {}, options) : with_config(config, path, {});
  }
  if (is_config(path)) {
    if (options.config_path.empty()) return with_config(path, path.parent_path(), {});
    return refuse(path, "is a configuration, and --config names " + shown(options.config_path) +
                            " as another. Give one of them.");
  }
  if (is_script(path) || is_source_file(path)) return locate_module(path, options);
  return refuse(path, "is neither a folder, nor a Wrangler file (.json, .jsonc, .toml), nor a "
                      "built module (.js, .mjs).");
}

}  // namespace offing::config
