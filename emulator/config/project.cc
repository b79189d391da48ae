#include "emulator/config/project.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "emulator/config/bindings.h"
#include "emulator/config/compatibility.h"
#include "emulator/config/fields.h"
#include "emulator/config/locate.h"
#include "emulator/config/modules.h"
#include "emulator/config/rules.h"
#include "emulator/config/run_settings.h"
#include "emulator/config/worker_format.h"

namespace offing::config {

namespace fs = std::filesystem;

namespace {

using Done = std::expected<void, Problem>;

std::string absolute_text(const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path.empty() ? fs::path(".") : path, error);
  std::string text = whole.lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

// One load, step by step; each step may end it.
class Loader {
 public:
  Loader(Location location, const Options& options)
      : location_(std::move(location)),
        options_(options),
        report_{shown(location_.config.empty() ? location_.main : location_.config),
                project_.warnings} {}

  std::expected<Project, Problem> run();

 private:
  Done select();
  Done identify();
  Done evaluate_dates();
  Done find_main();
  Done collect();
  Done check_format() const;

  std::string key_path(std::string_view key) const;
  Problem at_key(std::string_view key, std::string message) const;
  std::string how_to_build() const;
  const Value& value_or_root(std::string_view key) const;

  Location location_;
  const Options& options_;
  Project project_;
  Reporter report_;
  Value settings_;
  fs::path main_;
};

std::string Loader::key_path(std::string_view key) const {
  const std::string_view top = key.substr(0, key.find('.'));
  const Value* all = options_.env.empty() ? nullptr : location_.root.find("env");
  const Value* chosen = all != nullptr ? all->find(options_.env) : nullptr;
  const bool own = chosen != nullptr && chosen->find(top) != nullptr;
  return (own ? "env." + options_.env + "." : "") + std::string(key);
}

const Value& Loader::value_or_root(std::string_view key) const {
  const Value* value = settings_.find(key);
  return value != nullptr ? *value : location_.root;
}

Problem Loader::at_key(std::string_view key, std::string message) const {
  if (location_.config.empty()) return {"", "", 0, 0, std::move(message)};
  return report_.problem(value_or_root(key), key_path(key), std::move(message));
}

Done Loader::select() {
  settings_.type = Value::Type::kObject;
  if (location_.config.empty()) {
    if (options_.env.empty()) return {};
    return std::unexpected(report_.problem(
        {}, "", "--env " + options_.env + " needs a Wrangler file, and " +
                    shown(location_.directory) + " has none. Name it with --config."));
  }
  auto settings = select_environment(location_.root, report_.file, options_.env, report_.warnings);
  if (!settings) return std::unexpected(std::move(settings.error()));
  settings_ = std::move(*settings);
  return {};
}

Done Loader::identify() {
  project_.directory = absolute_text(location_.directory);
  if (!location_.config.empty()) project_.config_file = absolute_text(location_.config);
  project_.worker.name = string_field(settings_, "name").value_or("worker");
  const bool valid = std::ranges::all_of(project_.worker.name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (!valid || project_.worker.name.starts_with('-')) {
    report_.warnings.push_back(at_key("name", "Expected \"name\" to be alphanumeric and lowercase "
                                              "with dashes only but got \"" +
                                                  project_.worker.name + "\"."));
  }
  return {};
}

Done Loader::evaluate_dates() {
  const std::string date = string_field(settings_, "compatibility_date").value_or("");
  std::vector<std::string> flags;
  const Value* list = settings_.find("compatibility_flags");
  for (size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
    flags.push_back(list->items[i].string);
  }
  auto result = evaluate_compatibility(date, flags, options_.today);
  if (!result) {
    const std::string& message = result.error();
    const bool of_date = message.find("ompatibility date") != message.npos;
    for (size_t i = 0; i < flags.size() && !of_date; ++i) {
      if (message.find(flags[i]) == message.npos) continue;
      return std::unexpected(report_.problem(
          list->items[i], key_path("compatibility_flags") + "[" + std::to_string(i) + "]",
          message));
    }
    return std::unexpected(at_key("compatibility_date", message));
  }
  for (std::string& warning : result->warnings) {
    const bool of_flag = warning.starts_with("The compatibility flag");
    report_.warnings.push_back(
        at_key(of_flag ? "compatibility_flags" : "compatibility_date", std::move(warning)));
  }
  project_.worker.compatibility_date = std::move(result->date);
  project_.worker.flags = std::move(result->flags);
  return {};
}

std::string Loader::how_to_build() const {
  std::string text;
  const Value* build = settings_.find("build");
  if (const auto command = build != nullptr ? string_field(*build, "command") : std::nullopt) {
    text = "offing does not run build.command (`" + *command + "`): run it first. Or build";
  } else {
    text = "Build";
  }
  const std::string source =
      main_.empty() ? "src/index.ts" : string_field(settings_, "main").value_or(shown(main_));
  return text + " with `npx wrangler deploy --dry-run --outdir dist` (or `npx esbuild " + source +
         " --bundle --format=esm --outfile=dist/index.js`), then run `offing dev " +
         shown(location_.directory / "dist") + "`, or point main at the built file.";
}

Done Loader::find_main() {
  main_ = location_.main;
  if (main_.empty()) main_ = main_of(location_.config, location_.root, options_.env);
  if (main_.empty()) {
    const bool assets = settings_.find("assets") != nullptr;
    return std::unexpected(at_key(
        "main", assets ? "is missing: a Worker of static assets alone is not supported by this "
                         "version of offing; it needs a main module."
                       : "is missing, and it says which module to serve. " + how_to_build()));
  }
  const std::string name = shown(main_);
  if (is_source_file(main_)) {
    return std::unexpected(at_key("main", name + " is not JavaScript yet, and offing serves built "
                                                 "bundles. " + how_to_build()));
  }
  std::error_code error;
  if (!fs::exists(main_, error)) {
    return std::unexpected(at_key("main", name + " does not exist. " + how_to_build()));
  }
  if (!fs::is_regular_file(main_, error)) {
    return std::unexpected(at_key("main", name + " is not a file. Name the built module."));
  }
  if (main_.extension() == ".py") {
    return std::unexpected(
        at_key("main", name + ": Python Workers are not supported by this version of offing."));
  }
  if (!is_script(main_)) {
    return std::unexpected(at_key("main", name + " is not a built module (.js or .mjs). " +
                                              how_to_build()));
  }
  return {};
}

Done Loader::check_format() const {
  const Module* main = project_.bundle.find(project_.bundle.main);
  if (main == nullptr) return {};
  switch (worker_format(main->bytes)) {
    case WorkerFormat::kModule: return {};
    case WorkerFormat::kNamedOnly:
      report_.warnings.push_back(at_key(
          "main", "The entrypoint " + shown(main_) + " has exports like an ES Module, but hasn't "
                  "defined a default export like a module worker normally would."));
      return {};
    case WorkerFormat::kServiceWorker: break;
  }
  const bool listens = main->bytes.find("addEventListener(") != std::string::npos;
  return std::unexpected(at_key(
      "main", shown(main_) + " exports nothing" +
                  (listens ? " and calls addEventListener()" : "") +
                  ": the service-worker format is not supported by this version of offing; export "
                  "a default object instead, as in `export default { fetch(request, env, ctx) { … "
                  "} }`, and build with --format=esm."));
}

Done Loader::collect() {
  auto rules = read_rules(settings_, key_path("rules"), report_);
  if (!rules) return std::unexpected(std::move(rules.error()));
  fs::path root = main_.has_parent_path() ? main_.parent_path() : ".";
  // base_dir belongs to the configuration's own main, not to a build of it elsewhere.
  if (const auto base = string_field(settings_, "base_dir"); base && location_.main.empty()) {
    root = (location_.config.parent_path() / *base / "").lexically_normal();
    std::error_code error;
    if (!fs::is_directory(root, error)) {
      return std::unexpected(at_key("base_dir", shown(root) + " is not a directory."));
    }
    const fs::path inside = fs::weakly_canonical(main_, error).lexically_relative(
        fs::weakly_canonical(root, error));
    if (inside.empty() || *inside.begin() == "..") {
      return std::unexpected(
          at_key("base_dir", shown(root) + " does not contain main, " + shown(main_) + "."));
    }
    main_ = root / inside;
  }
  project_.bundle_directory = absolute_text(root);
  auto bundle = collect_bundle(root, main_, *rules);
  if (!bundle) {
    bundle.error().file = shown(bundle.error().file);
    return std::unexpected(std::move(bundle.error()));
  }
  project_.bundle = std::move(*bundle);
  return check_format();
}

std::expected<Project, Problem> Loader::run() {
  for (auto step : {&Loader::select, &Loader::identify, &Loader::evaluate_dates}) {
    if (auto done = (this->*step)(); !done) return std::unexpected(std::move(done.error()));
  }
  const KeyPath path = [this](std::string_view key) { return key_path(key); };
  auto bound = read_bindings(settings_, path, location_.directory, options_.env, report_,
                             project_.worker);
  if (!bound) return std::unexpected(std::move(bound.error()));
  if (auto read = read_run_settings(settings_, path, report_, project_); !read) {
    return std::unexpected(std::move(read.error()));
  }
  for (auto step : {&Loader::find_main, &Loader::collect}) {
    if (auto done = (this->*step)(); !done) return std::unexpected(std::move(done.error()));
  }
  return std::move(project_);
}

}  // namespace

std::expected<Project, Problem> load_project(const std::string& path, const Options& options) {
  auto location = locate(path, options);
  if (!location) return std::unexpected(std::move(location.error()));
  return Loader(std::move(*location), options).run();
}

}  // namespace offing::config
