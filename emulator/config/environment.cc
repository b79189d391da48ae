#include <algorithm>

#include "emulator/config/keys.h"
#include "emulator/config/settings.h"
#include "emulator/config/spelling.h"

namespace offing::config {

namespace {

const Key* find_key(std::string_view name) {
  const auto keys = known_keys();
  const auto it = std::ranges::find(keys, name, &Key::name);
  return it == keys.end() ? nullptr : &*it;
}

Problem problem(const std::string& file, std::string key, const Value& at, std::string message) {
  return {.file = file, .key = std::move(key), .line = at.line, .column = at.column,
          .message = std::move(message)};
}

const char* shape_name(Shape shape) {
  switch (shape) {
    case Shape::kAny: return "any value";
    case Shape::kString: return "string";
    case Shape::kBool: return "boolean";
    case Shape::kInteger: return "integer";
    case Shape::kObject: return "object";
    case Shape::kList: return "array";
    case Shape::kStringList: return "array of strings";
  }
  return "";
}

bool has_shape(const Value& value, Shape shape) {
  using enum Value::Type;
  switch (shape) {
    case Shape::kAny: return true;
    case Shape::kString: return value.is(kString);
    case Shape::kBool: return value.is(kBool);
    case Shape::kInteger: return value.is(kInteger);
    case Shape::kObject: return value.is(kObject);
    case Shape::kList: return value.is(kArray);
    case Shape::kStringList:
      return value.is(kArray) &&
             std::ranges::all_of(value.items, [](const Value& v) { return v.is(kString); });
  }
  return false;
}

// Bindings report what is not emulated themselves, entry by entry.
bool holds_bindings(std::string_view name) {
  return std::ranges::any_of(binding_kinds(), [name](const BindingKind& kind) {
    return kind.path.substr(0, kind.path.find('.')) == name;
  });
}

// `own` is the environment's table, or null: its members' paths begin with `env_prefix`.
std::expected<void, Problem> check_keys(const Value& table, const Value* own,
                                        const std::string& env_prefix, const std::string& file,
                                        Warnings& warnings) {
  std::vector<std::string_view> names;
  for (const Key& key : known_keys()) names.push_back(key.name);
  for (const auto& [name, value] : table.members) {
    const Key* key = find_key(name);
    const std::string prefix = own != nullptr && own->find(name) != nullptr ? env_prefix : "";
    if (key == nullptr) {
      warnings.push_back(problem(file, prefix + name, value,
                                 "Unexpected field \"" + name + "\"" + did_you_mean(name, names)));
      continue;
    }
    if (!has_shape(value, key->shape)) {
      return std::unexpected(problem(
          file, prefix + name, value,
          "Expected \"" + prefix + name + "\" to be of type " + shape_name(key->shape) +
              " but got " + value.json() + "."));
    }
    if (key->effect == Effect::kMissing && !holds_bindings(name)) {
      warnings.push_back(problem(file, prefix + name, value,
                                 "not emulated by this version of offing: \"" + name + "\""));
    }
  }
  return {};
}

}  // namespace

std::expected<Value, Problem> select_environment(const Value& root, const std::string& file,
                                                 const std::string& env, Warnings& warnings) {
  if (!root.is(Value::Type::kObject)) {
    return std::unexpected(problem(file, "", root, "the configuration must be an object"));
  }
  const Value* environments = root.find("env");
  const Value* chosen = nullptr;
  if (!env.empty()) {
    std::string available;
    if (environments != nullptr) {
      chosen = environments->find(env);
      for (const auto& entry : environments->members) {
        available += (available.empty() ? "\"" : ", \"") + entry.first + "\"";
      }
    }
    if (chosen == nullptr || !chosen->is(Value::Type::kObject)) {
      return std::unexpected(problem(
          file, "env", environments != nullptr ? *environments : root,
          "No environment found in configuration with name \"" + env +
              "\". The available configured environment names are: [" + available + "]"));
    }
  }
  Value settings;
  settings.type = Value::Type::kObject;
  const std::string prefix = chosen != nullptr ? "env." + env + "." : "";
  for (const auto& [name, value] : root.members) {
    const Key* key = find_key(name);
    const bool inherited = key == nullptr || key->scope != Scope::kPerEnvironment;
    if (chosen == nullptr || inherited) {
      settings.members.emplace_back(name, value);
    } else if (chosen->find(name) == nullptr) {
      warnings.push_back(problem(
          file, prefix + name, *chosen,
          "\"" + name + "\" exists at the top level, but not on \"env." + env +
              "\". This is not what you probably want, since \"" + name +
              "\" is not inherited by environments. Please add \"" + name + "\" to \"env." + env +
              "\"."));
    }
  }
  if (chosen != nullptr) {
    const Value* top_name = root.find("name");
    if (chosen->find("name") == nullptr && top_name != nullptr &&
        top_name->is(Value::Type::kString)) {
      Value named = *top_name;
      named.string += "-" + env;
      settings.set("name", std::move(named));
    }
    for (const auto& [name, value] : chosen->members) {
      const Key* key = find_key(name);
      if (key != nullptr && key->scope == Scope::kTopLevel) {
        warnings.push_back(problem(file, prefix + name, value,
                                   "\"" + name + "\" is a top-level key and ignored in an "
                                   "environment. Move it to the top level."));
      } else {
        settings.set(name, value);
      }
    }
  }
  if (auto checked = check_keys(settings, chosen, prefix, file, warnings); !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  return settings;
}

}  // namespace offing::config
