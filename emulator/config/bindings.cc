#include "emulator/config/bindings.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "emulator/config/keys.h"
#include "emulator/config/secrets.h"
#include "emulator/trace/json_text.h"
#include "storage/r2/key.h"

namespace offing::config {

namespace {

constexpr size_t kTextBytesMax = 5 * 1024;  // spec/limits.md 2: 5 KB a value, error 10054
constexpr size_t kTextsMaxFree = 64;        // spec/limits.md 2, error 10055
constexpr size_t kTextsMaxPaid = 128;
constexpr size_t kBucketNameMax = 63;       // spec/r2.md 1.12

using Done = std::expected<void, Problem>;
using Pair = std::pair<std::string, std::string>;

// One env being filled, and who took which name.
class Environment {
 public:
  Environment(const Value& settings, const KeyPath& key_path, const Reporter& report,
              WorkerOptions& worker)
      : settings_(settings), key_path_(key_path), report_(report), worker_(worker) {}

  Done read_classes();
  void keep_classes();
  Done add_vars();
  Done add_secrets(std::vector<Secret> secrets);
  Done add_kinds();
  Done add_unlisted();
  void warn_of_limits() const;

 private:
  Done take(const std::string& name, const std::string& key, const Value& at);
  Done add_entry(const BindingKind& kind, const Value& entry, const std::string& key);
  Done add_unsupported(const std::string& name, const std::string& what, const std::string& key,
                       const Value& at);
  Done add_service(const Value& entry, const std::string& key);
  Done add_actor(const Value& entry, const std::string& key);
  Done add_bucket(const Value& entry, const std::string& key);
  void warn_of_remote(const Value& entry, const std::string& key, std::string_view what) const;

  const Value& settings_;
  const KeyPath& key_path_;
  const Reporter& report_;
  WorkerOptions& worker_;
  std::map<std::string, std::string, std::less<>> taken_;  // env name → key that took it
  std::vector<std::pair<std::string, size_t>> texts_;  // plain variables and secrets
  ActorClasses classes_;
};

Done Environment::take(const std::string& name, const std::string& key, const Value& at) {
  const auto [it, fresh] = taken_.emplace(name, key);
  if (fresh) return {};
  return std::unexpected(report_.problem(
      at, key, "\"" + name + "\" is also the name of " + it->second +
                   ". Bindings must have unique names, so that they can all be referenced in the "
                   "Worker (the platform's error 10053). Rename one of them."));
}

Done Environment::add_vars() {
  const Value* vars = settings_.find("vars");
  if (vars == nullptr) return {};
  for (const auto& [name, value] : vars->members) {
    const std::string key = key_path_("vars") + "." + name;
    if (name.empty()) {
      return std::unexpected(report_.problem(value, key, "A variable needs a name."));
    }
    if (auto taken = take(name, key, value); !taken) return taken;
    worker_.vars.emplace_back(name, value.json());
    if (value.is(Value::Type::kString)) texts_.emplace_back(name, value.string.size());
  }
  return {};
}

Done Environment::add_secrets(std::vector<Secret> secrets) {
  const Value* declared = settings_.find("secrets");
  std::vector<std::string> required;
  const bool listed = declared != nullptr && declared->find("required") != nullptr;
  if (declared != nullptr) {
    const std::string key = key_path_("secrets");
    if (auto checked = check_fields(*declared, key, "required:l", report_); !checked) {
      return checked;
    }
    auto names = strings_field(*declared, "required", key, report_);
    if (!names) return std::unexpected(std::move(names.error()));
    required = std::move(*names);
  }
  for (Secret& secret : secrets) {
    std::string text;
    trace::append_json_string(text, secret.value);
    const auto variable = std::ranges::find(worker_.vars, secret.name, &Pair::first);
    const bool overrides = variable != worker_.vars.end();
    if (listed && !overrides && std::ranges::find(required, secret.name) == required.end()) {
      continue;
    }
    std::erase_if(texts_, [&secret](const auto& known) { return known.first == secret.name; });
    texts_.emplace_back(secret.name, secret.value.size());
    if (overrides) {
      variable->second = std::move(text);
      continue;
    }
    taken_.emplace(secret.name, secret.name + " in " + secret.file);
    worker_.vars.emplace_back(std::move(secret.name), std::move(text));
  }
  std::string missing;
  for (const std::string& name : required) {
    const auto found = std::ranges::find(worker_.vars, name, &Pair::first);
    if (found == worker_.vars.end()) missing += (missing.empty() ? "" : ", ") + name;
  }
  if (!missing.empty()) {
    report_.warn(*declared->find("required"), key_path_("secrets") + ".required",
                 "Missing required secrets: " + missing +
                     ". Put them into .dev.vars as NAME=VALUE lines.");
  }
  return {};
}

Done Environment::add_unsupported(const std::string& name, const std::string& what,
                                  const std::string& key, const Value& at) {
  if (auto taken = take(name, key, at); !taken) return taken;
  report_.warn(at, key, "not emulated by this version of offing: " + what + " \"" + name +
                            "\". Using env." + name + " raises an error.");
  worker_.unsupported_bindings.emplace_back(name, what);
  return {};
}

Done Environment::add_service(const Value& entry, const std::string& key) {
  const std::string name = *string_field(entry, "binding");
  const std::string service = *string_field(entry, "service");
  std::string entrypoint = string_field(entry, "entrypoint").value_or("");
  if (entrypoint.empty()) entrypoint = "default";
  const Value* props = entry.find("props");
  if (service != worker_.name || entry.find("environment") != nullptr) {
    return add_unsupported(name, "service binding to the Worker " + service, key, entry);
  }
  if (auto taken = take(name, key, entry); !taken) return taken;
  worker_.service_bindings.push_back(
      {name, std::move(entrypoint), props != nullptr ? props->json() : ""});
  return {};
}

Done Environment::read_classes() {
  if (const Value* objects = settings_.find("durable_objects")) {
    auto checked = check_fields(*objects, key_path_("durable_objects"), "bindings:l!", report_);
    if (!checked) return checked;
  }
  auto classes = read_actor_classes(settings_, key_path_, worker_.name, report_);
  if (!classes) return std::unexpected(std::move(classes.error()));
  classes_ = std::move(*classes);
  return {};
}

void Environment::keep_classes() {
  worker_.actor_classes = std::move(classes_.live);
  worker_.deleted_actor_keys = std::move(classes_.deleted_keys);
}

Done Environment::add_actor(const Value& entry, const std::string& key) {
  const std::string name = *string_field(entry, "name");
  const std::string class_name = *string_field(entry, "class_name");
  const std::string script = string_field(entry, "script_name").value_or("");
  const std::string environment = string_field(entry, "environment").value_or("");
  if (script.empty() && !environment.empty()) {
    return std::unexpected(report_.problem(
        *entry.find("environment"), key + ".environment",
        "\"" + environment + "\" is an environment of the Worker that \"script_name\" names, and "
        "there is none. Add \"script_name\", or remove \"environment\"."));
  }
  const std::string owner = environment.empty() ? script : script + "-" + environment;
  if (!owner.empty() && owner != worker_.name) {
    return add_unsupported(name, "Durable Object namespace of another Worker (class " + class_name +
                                     " of " + owner + ")", key, entry);
  }
  if (auto taken = take(name, key, entry); !taken) return taken;
  auto actor = bound_actor_class(classes_, class_name, worker_.name, *entry.find("class_name"),
                                 key + ".class_name", report_);
  if (!actor) return std::unexpected(std::move(actor.error()));
  worker_.actor_bindings.push_back({name, class_name, std::move(actor->unique_key)});
  return {};
}

void Environment::warn_of_remote(const Value& entry, const std::string& key,
                                 std::string_view what) const {
  if (!bool_field(entry, "remote")) return;
  report_.warn(*entry.find("remote"), key + ".remote",
               "is ignored: offing runs offline, and keeps the " + std::string(what) + " itself.");
}

// A bucket without a name is called as Wrangler calls the one that it creates: Worker and binding.
std::string default_bucket_name(std::string_view worker, std::string_view binding) {
  std::string name;
  for (const char c : std::string(worker) + "-" + std::string(binding)) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (upper) name += static_cast<char>(c - 'A' + 'a');
    else if (kept || (!name.empty() && name.back() != '-')) name += kept ? c : '-';
  }
  name.resize(std::min(name.size(), kBucketNameMax));
  while (name.ends_with('-')) name.pop_back();
  return name.size() < 3 ? "bucket" + name : name;
}

// spec/r2.md 1.12. preview_bucket_name is for the platform's preview and means nothing here.
Done Environment::add_bucket(const Value& entry, const std::string& key) {
  const std::string name = *string_field(entry, "binding");
  std::string bucket = string_field(entry, "bucket_name").value_or("");
  for (const std::string_view field : {"bucket_name", "preview_bucket_name"}) {
    const auto given = string_field(entry, field);
    if (!given || r2::is_valid_bucket_name(*given)) continue;
    return std::unexpected(report_.problem(
        *entry.find(field), key + "." + std::string(field),
        "\"" + given->substr(0, 80) + "\" is invalid. Bucket names must begin and end with an "
        "alphanumeric character, only contain lowercase letters, numbers, and hyphens, and be "
        "between 3 and 63 characters long."));
  }
  const std::string jurisdiction = string_field(entry, "jurisdiction").value_or("");
  constexpr std::string_view kJurisdictions[] = {"", "eu", "fedramp", "us"};
  if (std::ranges::find(kJurisdictions, jurisdiction) == std::end(kJurisdictions)) {
    return std::unexpected(report_.problem(
        *entry.find("jurisdiction"), key + ".jurisdiction",
        "There is no jurisdiction \"" + jurisdiction + "\". There are \"eu\", \"fedramp\" and "
        "\"us\"; a bucket outside of them has none: leave it out."));
  }
  if (bucket.empty()) bucket = default_bucket_name(worker_.name, name);
  if (auto taken = take(name, key, entry); !taken) return taken;
  worker_.r2_bindings.push_back({name, std::move(bucket), jurisdiction});
  warn_of_remote(entry, key, "bucket");
  return {};
}

Done Environment::add_entry(const BindingKind& kind, const Value& entry, const std::string& key) {
  if (auto checked = check_fields(entry, key, kind.fields, report_); !checked) return checked;
  const auto name = string_field(entry, kind.name_field);
  if (!name) {  // only where the name may be left out: assets
    report_.warn(entry, key, "not emulated by this version of offing: " + std::string(kind.title));
    return {};
  }
  if (kind.path == "services") return add_service(entry, key);
  if (kind.path == "durable_objects.bindings") return add_actor(entry, key);
  if (kind.path == "r2_buckets") return add_bucket(entry, key);
  if (kind.path != "kv_namespaces") {
    return add_unsupported(*name, std::string(kind.title), key, entry);
  }
  if (auto taken = take(*name, key, entry); !taken) return taken;
  const auto id = string_field(entry, "id");
  worker_.kv_bindings.push_back({*name, id && !id->empty() ? *id : *name});
  warn_of_remote(entry, key, "namespace");
  return {};
}

// "queues.producers" in the settings; null when a part is not there.
const Value* find_path(const Value& settings, std::string_view path) {
  const Value* at = &settings;
  while (at != nullptr && !path.empty()) {
    const size_t dot = std::min(path.find('.'), path.size());
    at = at->find(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return at;
}

Done Environment::add_kinds() {
  for (const BindingKind& kind : binding_kinds()) {
    const Value* entries = find_path(settings_, kind.path);
    if (entries == nullptr) continue;
    const std::string key = key_path_(kind.path);
    const bool nested = kind.path.find('.') != kind.path.npos;
    if (nested && !entries->is(Value::Type::kArray)) {
      return std::unexpected(report_.problem(
          *entries, key, "Expected \"" + key + "\" to be of type array but got " +
                             entries->json() + "."));
    }
    if (!entries->is(Value::Type::kArray)) {
      if (auto added = add_entry(kind, *entries, key); !added) return added;
      continue;
    }
    for (size_t i = 0; i < entries->items.size(); ++i) {
      auto added = add_entry(kind, entries->items[i], key + "[" + std::to_string(i) + "]");
      if (!added) return added;
    }
  }
  if (const Value* consumers = find_path(settings_, "queues.consumers")) {
    report_.warn(*consumers, key_path_("queues.consumers"),
                 "not emulated by this version of offing: queue consumers. queue() is not called.");
  }
  return {};
}

// Kinds too new for a row of their own: an entry's `binding` still names something in env.
Done Environment::add_unlisted() {
  for (const Key& key : known_keys()) {
    const Value* value = settings_.find(key.name);
    const auto kinds = binding_kinds();
    const bool listed =
        std::ranges::find(kinds, key.name, &BindingKind::path) != kinds.end();
    if (value == nullptr || listed || key.effect != Effect::kMissing) continue;
    const std::string path = key_path_(key.name);
    const bool many = value->is(Value::Type::kArray);
    const size_t count = many ? value->items.size() : 1;
    for (size_t i = 0; i < count; ++i) {
      const Value& entry = many ? value->items[i] : *value;
      const auto name = string_field(entry, "binding");
      if (!name || name->empty()) continue;
      auto added = add_unsupported(*name, std::string(key.name),
                                   many ? path + "[" + std::to_string(i) + "]" : path, entry);
      if (!added) return added;
    }
  }
  return {};
}

void Environment::warn_of_limits() const {
  const Value* vars = settings_.find("vars");
  const Value& at = vars != nullptr ? *vars : settings_;
  for (const auto& [name, bytes] : texts_) {
    if (bytes <= kTextBytesMax) continue;
    const Value* value = vars != nullptr ? vars->find(name) : nullptr;
    report_.warn(value != nullptr ? *value : at, key_path_("vars") + "." + name,
                 "Text binding " + name + " is too large (" + std::to_string(bytes) +
                     " bytes). The limit is " + std::to_string(kTextBytesMax) +
                     " bytes. Deploying fails with error 10054; reduce it.");
  }
  const size_t count = worker_.vars.size();
  if (count <= kTextsMaxFree) return;
  const bool paid = count > kTextsMaxPaid;
  report_.warn(at, key_path_("vars"),
               "Too many text bindings (" + std::to_string(count) + "). The limit is " +
                   std::to_string(paid ? kTextsMaxPaid : kTextsMaxFree) +
                   (paid ? " on the paid plan" : " on the free plan") +
                   ", variables and secrets together. Deploying there fails with error 10055; "
                   "remove some.");
}

}  // namespace

std::expected<void, Problem> read_bindings(const Value& settings, const KeyPath& key_path,
                                           const std::filesystem::path& directory,
                                           const std::string& env, const Reporter& report,
                                           WorkerOptions& worker) {
  Environment environment(settings, key_path, report, worker);
  auto secrets = read_secrets(directory, env, report);
  if (!secrets) return std::unexpected(std::move(secrets.error()));
  if (auto done = environment.add_vars(); !done) return done;
  if (auto done = environment.add_secrets(std::move(*secrets)); !done) return done;
  if (auto done = environment.read_classes(); !done) return done;
  if (auto done = environment.add_kinds(); !done) return done;
  environment.keep_classes();
  if (auto done = environment.add_unlisted(); !done) return done;
  environment.warn_of_limits();
  return {};
}

}  // namespace offing::config
