// `exports`: the classes of a Worker as they should be, instead of the steps that lead there. What
// was a class before has a tombstone (deleted, renamed, transferred).
#include <algorithm>
#include <map>
#include <utility>

#include "emulator/config/actor_class_list.h"
#include "emulator/config/spelling.h"

namespace offing::config {

namespace {

using Done = std::expected<void, Problem>;

// Each state, the members it must have, and whether the class is there.
struct State {
  std::string_view name;
  std::string_view required;
  bool live;
};
constexpr State kStates[] = {
    {"created", "storage", true},
    {"deleted", "", false},
    {"renamed", "renamed_to", false},
    {"transferred", "transferred_to", false},
    {"expecting-transfer", "storage transfer_from", true},
};
constexpr std::string_view kMembers[] = {"storage", "renamed_to", "transferred_to",
                                         "transfer_from"};

bool is_actor_class(const Value& entry) { return string_field(entry, "type") == "durable-object"; }

std::string list_of(const auto& names) {
  std::string text;
  for (std::string_view name : names) {
    text += (text.empty() ? "\"" : ", \"") + std::string(name) + "\"";
  }
  return text;
}

class ClassExports {
 public:
  ClassExports(const Value& exports, const std::string& path, const Reporter& report,
               ActorClassList& classes)
      : exports_(exports), path_(path), report_(report), classes_(classes) {}

  Done read();

 private:
  Done check(const std::string& name, const Value& entry);
  Done check_members(const State& state, const Value& entry, const std::string& key) const;
  Done take_rename(const std::string& name, const Value& entry);
  Done take(const std::string& name, const Value& entry);
  std::string key_of(std::string_view name) const { return path_ + "." + std::string(name); }
  const State& state_of(const Value& entry) const {
    return *std::ranges::find(kStates, string_field(entry, "state").value_or("created"),
                              &State::name);
  }

  const Value& exports_;
  const std::string& path_;
  const Reporter& report_;
  ActorClassList& classes_;
  std::map<std::string, std::string, std::less<>> renamed_;  // new name → old name
};

Done ClassExports::check_members(const State& state, const Value& entry,
                                 const std::string& key) const {
  for (std::string_view member : kMembers) {
    const Value* value = entry.find(member);
    const bool required = state.required.find(member) != state.required.npos;
    const std::string path = key + "." + std::string(member);
    if (required && (value == nullptr || value->string.empty())) {
      return std::unexpected(report_.problem(
          value != nullptr ? *value : entry, path,
          "\"" + path + "\" is required in the state \"" + std::string(state.name) + "\"." +
              (member == "storage" ? " It is \"sqlite\", or \"legacy-kv\" for a class that already "
                                     "has the key-value backend."
                                   : "")));
    }
    if (!required && value != nullptr) {
      return std::unexpected(report_.problem(
          *value, path, "does not belong to the state \"" + std::string(state.name) + "\"" +
                            (entry.find("state") == nullptr ? ", which is the default." : ".") +
                            " Remove it, or set \"state\"."));
    }
  }
  const auto storage = string_field(entry, "storage");
  if (!storage || *storage == "sqlite" || *storage == "legacy-kv") return {};
  constexpr std::string_view kStorages[] = {"sqlite", "legacy-kv"};
  return std::unexpected(report_.problem(
      *entry.find("storage"), key + ".storage",
      "\"" + *storage + "\" is not a storage backend. It must be \"sqlite\" or \"legacy-kv\"" +
          did_you_mean(*storage, kStorages)));
}

Done ClassExports::check(const std::string& name, const Value& entry) {
  const std::string key = key_of(name);
  if (!entry.is(Value::Type::kObject) || !is_actor_class(entry)) {
    if (auto checked = check_fields(entry, key, "type:s! state:s cache:o name:s limits:o", report_);
        !checked) {
      return checked;
    }
    const std::string type = *string_field(entry, "type");
    if (type == "worker") return {};
    if (type == "workflow") {
      report_.warn(entry, key, "not emulated by this version of offing: workflow \"" + name + "\"");
      return {};
    }
    constexpr std::string_view kTypes[] = {"durable-object", "worker", "workflow"};
    return std::unexpected(report_.problem(
        *entry.find("type"), key + ".type",
        "\"" + type + "\" is not a type of export. It must be one of " + list_of(kTypes) +
            did_you_mean(type, kTypes)));
  }
  auto checked = check_fields(entry, key,
                              "type:s! state:s storage:s renamed_to:s transferred_to:s "
                              "transfer_from:s container:a",
                              report_);
  if (!checked) return checked;
  if (name.empty()) {
    return std::unexpected(report_.problem(entry, key, "A class needs a name."));
  }
  const std::string state = string_field(entry, "state").value_or("created");
  const auto row = std::ranges::find(kStates, state, &State::name);
  if (row == std::end(kStates)) {
    std::vector<std::string_view> names;
    for (const State& each : kStates) names.push_back(each.name);
    return std::unexpected(report_.problem(
        *entry.find("state"), key + ".state",
        "\"" + state + "\" is not a state of a class. It must be one of " + list_of(names) +
            did_you_mean(state, names)));
  }
  if (const Value* container = entry.find("container")) {
    report_.warn(*container, key + ".container",
                 "not emulated by this version of offing: containers");
  }
  return check_members(*row, entry, key);
}

// The target must be a class that is there, and nobody else's.
Done ClassExports::take_rename(const std::string& name, const Value& entry) {
  const std::string target = *string_field(entry, "renamed_to");
  const std::string key = key_of(name) + ".renamed_to";
  const Value& at = *entry.find("renamed_to");
  const Value* found = exports_.find(target);
  if (found == nullptr || !is_actor_class(*found) || state_of(*found).name != "created") {
    return std::unexpected(report_.problem(
        at, key, "\"" + target + "\" is not a class in the state \"created\". Add \"" +
                     key_of(target) + "\" with \"type\": \"durable-object\" and the \"storage\" "
                     "of \"" + name + "\"."));
  }
  const auto [it, fresh] = renamed_.emplace(target, name);
  if (fresh) return {};
  return std::unexpected(report_.problem(
      at, key, "\"" + target + "\" is already the new name of \"" + it->second + "\". Two classes "
               "cannot become one: choose another."));
}

Done ClassExports::take(const std::string& name, const Value& entry) {
  const State& state = state_of(entry);
  const std::string where = key_of(name);
  if (state.live) {
    const bool sqlite = string_field(entry, "storage") == "sqlite";
    const auto before = renamed_.find(name);
    classes_.add(before != renamed_.end() ? before->second : name, sqlite, where);
    if (before != renamed_.end()) classes_.rename(before->second, name, key_of(before->second));
  } else if (state.name == "deleted") {
    classes_.add(name, false, where);
    classes_.remove(name, where);
  } else if (state.name == "transferred") {
    classes_.mark_gone(name, "transferred to the Worker " + *string_field(entry, "transferred_to") +
                                 " by " + where);
  }
  if (state.name == "transferred" || state.name == "expecting-transfer") {
    report_.warn(entry, where,
                 std::string("not emulated by this version of offing: ") +
                     (state.live ? "objects of another Worker do not come over. The class begins "
                                   "empty."
                                 : "the class's objects do not go to another Worker. Their data "
                                   "stays where it is, unused."));
  }
  return {};
}

Done ClassExports::read() {
  for (const auto& [name, entry] : exports_.members) {
    if (auto checked = check(name, entry); !checked) return checked;
  }
  for (const auto& [name, entry] : exports_.members) {
    if (!is_actor_class(entry) || state_of(entry).name != "renamed") continue;
    if (auto taken = take_rename(name, entry); !taken) return taken;
  }
  for (const auto& [name, entry] : exports_.members) {
    if (!is_actor_class(entry)) continue;
    if (auto taken = take(name, entry); !taken) return taken;
  }
  return {};
}

}  // namespace

bool declares_actor_class(const Value& exports) {
  return std::ranges::any_of(exports.members,
                             [](const auto& member) { return is_actor_class(member.second); });
}

std::expected<void, Problem> read_class_exports(const Value& exports, const std::string& path,
                                                const Reporter& report, ActorClassList& classes) {
  return ClassExports(exports, path, report, classes).read();
}

}  // namespace offing::config
