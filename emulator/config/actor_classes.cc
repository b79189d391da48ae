#include "emulator/config/actor_classes.h"

#include <algorithm>
#include <map>
#include <utility>

#include "emulator/config/actor_class_list.h"
#include "emulator/config/spelling.h"

namespace offing::config {

namespace {

using Done = std::expected<void, Problem>;

// One entry of a migration's list.
struct Entry {
  const Value& at;
  std::string key;
};

class Replay {
 public:
  Replay(ActorClassList& classes, const Reporter& report) : classes_(classes), report_(report) {}

  Done apply(const Value& migration, const std::string& key);
  std::string next_tag() const;

 private:
  Done take_tag(const Value& migration, const std::string& key);
  Done remove(const Entry& entry);
  Done rename(const Entry& entry);
  Done transfer(const Entry& entry);
  Done create_legacy(const Entry& entry) { return create(entry, "new_classes", false); }
  Done create_sqlite(const Entry& entry) { return create(entry, "new_sqlite_classes", true); }
  Done create(const Entry& entry, const char* directive, bool sqlite);

  std::expected<std::string, Problem> name_of(const Entry& entry) const;
  std::unexpected<Problem> missing(const Entry& entry, const char* directive,
                                   const std::string& name) const;
  std::unexpected<Problem> existing(const Entry& entry, const char* directive,
                                    const std::string& name, const std::string& advice) const;

  ActorClassList& classes_;
  const Reporter& report_;
  std::map<std::string, std::string, std::less<>> tags_;  // → the key of its migration
  std::string where_;  // the migration being applied, for messages
};

Done Replay::take_tag(const Value& migration, const std::string& key) {
  const std::string tag = *string_field(migration, "tag");
  const auto [it, fresh] = tags_.emplace(tag, key);
  where_ = key + " (tag \"" + tag + "\")";
  if (fresh) return {};
  return std::unexpected(report_.problem(
      *migration.find("tag"), key + ".tag",
      "\"" + tag + "\" is already the tag of " + it->second + ". A tag tells which migrations were "
      "applied, so each has its own: give this one another, such as \"" + next_tag() + "\"."));
}

std::string Replay::next_tag() const {
  size_t number = tags_.size() + 1;
  while (tags_.contains("v" + std::to_string(number))) ++number;
  return "v" + std::to_string(number);
}

Done Replay::apply(const Value& migration, const std::string& key) {
  auto checked = check_fields(migration, key,
                              "tag:s! new_classes:l new_sqlite_classes:l renamed_classes:l "
                              "deleted_classes:l transferred_classes:l",
                              report_);
  if (!checked) return checked;
  if (auto taken = take_tag(migration, key); !taken) return taken;
  using Step = Done (Replay::*)(const Entry&);
  constexpr std::pair<std::string_view, Step> kSteps[] = {
      {"deleted_classes", &Replay::remove},
      {"renamed_classes", &Replay::rename},
      {"transferred_classes", &Replay::transfer},
      {"new_classes", &Replay::create_legacy},
      {"new_sqlite_classes", &Replay::create_sqlite},
  };
  for (const auto& [field, step] : kSteps) {
    const Value* list = migration.find(field);
    for (size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
      const std::string path = key + "." + std::string(field) + "[" + std::to_string(i) + "]";
      if (auto done = (this->*step)({list->items[i], path}); !done) return done;
    }
  }
  return {};
}

std::expected<std::string, Problem> Replay::name_of(const Entry& entry) const {
  if (entry.at.is(Value::Type::kString) && !entry.at.string.empty()) return entry.at.string;
  return std::unexpected(report_.problem(
      entry.at, entry.key, "Expected \"" + entry.key + "\" to be the name of a class but got " +
                               entry.at.json() + "."));
}

std::unexpected<Problem> Replay::missing(const Entry& entry, const char* directive,
                                         const std::string& name) const {
  std::string text =
      "Cannot apply " + std::string(directive) + " migration to non-existent class " + name;
  if (const std::string_view fate = classes_.fate(name); !fate.empty()) {
    text += ": it was " + std::string(fate) + ".";
  } else {
    const std::string near = did_you_mean(name, classes_.names());
    text += near.empty() ? "." : near;
    text += " Locally all migrations are applied, from the first one on: create the class in an "
            "earlier one (new_sqlite_classes, or new_classes for the key-value backend).";
  }
  return std::unexpected(report_.problem(entry.at, entry.key, std::move(text)));
}

std::unexpected<Problem> Replay::existing(const Entry& entry, const char* directive,
                                          const std::string& name,
                                          const std::string& advice) const {
  return std::unexpected(report_.problem(
      entry.at, entry.key,
      "Cannot apply " + std::string(directive) + " migration to existing class " + name +
          ": it is there since " + classes_.find(name)->origin + ". " + advice));
}

Done Replay::create(const Entry& entry, const char* directive, bool sqlite) {
  auto name = name_of(entry);
  if (!name) return std::unexpected(std::move(name.error()));
  if (classes_.find(*name) != nullptr) {
    return existing(entry, directive, *name,
                    "A class is created once, and keeps its storage backend: remove this entry, or "
                    "put the class into deleted_classes first, which deletes its data.");
  }
  classes_.add(*name, sqlite, where_);
  return {};
}

Done Replay::remove(const Entry& entry) {
  auto name = name_of(entry);
  if (!name) return std::unexpected(std::move(name.error()));
  if (classes_.find(*name) == nullptr) return missing(entry, "deleted_classes", *name);
  classes_.remove(*name, where_);
  return {};
}

Done Replay::rename(const Entry& entry) {
  if (auto checked = check_fields(entry.at, entry.key, "from:s! to:s!", report_); !checked) {
    return checked;
  }
  const std::string from = *string_field(entry.at, "from");
  const std::string to = *string_field(entry.at, "to");
  const Entry source{*entry.at.find("from"), entry.key + ".from"};
  const Entry target{*entry.at.find("to"), entry.key + ".to"};
  if (classes_.find(from) == nullptr) return missing(source, "renamed_classes", from);
  if (from == to) {
    return std::unexpected(report_.problem(
        target.at, target.key, "renames \"" + from + "\" to itself. Remove this entry, or name the "
                               "new class."));
  }
  if (classes_.find(to) != nullptr) {
    return existing(target, "renamed_classes", to,
                    "A rename creates its target: do not create it yourself, and of several "
                    "renames put the one that frees the name first.");
  }
  classes_.rename(from, to, where_);
  return {};
}

Done Replay::transfer(const Entry& entry) {
  if (auto checked = check_fields(entry.at, entry.key, "from:s! from_script:s! to:s!", report_);
      !checked) {
    return checked;
  }
  const std::string to = *string_field(entry.at, "to");
  if (classes_.find(to) != nullptr) {
    return existing({*entry.at.find("to"), entry.key + ".to"}, "transferred_classes", to,
                    "A transfer creates its target: do not create it yourself.");
  }
  // UNKNOWN here: the backend is the source's, and its Worker's configuration is not at hand.
  classes_.add(to, false, where_);
  report_.warn(entry.at, entry.key,
               "not emulated by this version of offing: objects of " +
                   *string_field(entry.at, "from") + " of the Worker " +
                   *string_field(entry.at, "from_script") + " do not come over. \"" + to +
                   "\" begins empty and, as in `wrangler dev`, without SQL; to choose, give the "
                   "environment you run here migrations of its own, with new_sqlite_classes.");
  return {};
}

std::string declaration(const ActorClasses& classes, const std::string& name, bool toml) {
  if (classes.declarative) {
    return toml ? "[exports." + name + "] type = \"durable-object\", storage = \"sqlite\""
                : "\"" + name + "\": { \"type\": \"durable-object\", \"storage\": \"sqlite\" } to "
                  "exports";
  }
  return toml ? "[[migrations]] with tag = \"" + classes.next_tag +
                    "\" and new_sqlite_classes = [\"" + name + "\"]"
              : "{ \"tag\": \"" + classes.next_tag + "\", \"new_sqlite_classes\": [\"" + name +
                    "\"] } to migrations";
}

}  // namespace

std::expected<ActorClasses, Problem> read_actor_classes(const Value& settings,
                                                        const KeyPath& key_path,
                                                        const std::string& worker,
                                                        const Reporter& report) {
  const Value* migrations = settings.find("migrations");
  const Value* exports = settings.find("exports");
  const bool migrates = migrations != nullptr && !migrations->items.empty();
  const bool declares = exports != nullptr && declares_actor_class(*exports);
  if (migrates && declares) {
    return std::unexpected(report.problem(
        *exports, key_path("exports"),
        "declares Durable Object classes, and \"" + key_path("migrations") + "\" does too. The two "
        "are mutually exclusive: keep one of them (the end of the migrations, written as exports, "
        "names the same classes)."));
  }
  ActorClassList list(worker);
  Replay replay(list, report);
  for (size_t i = 0; migrates && i < migrations->items.size(); ++i) {
    auto applied = replay.apply(migrations->items[i],
                                key_path("migrations") + "[" + std::to_string(i) + "]");
    if (!applied) return std::unexpected(std::move(applied.error()));
  }
  if (exports != nullptr) {
    auto read = read_class_exports(*exports, key_path("exports"), report, list);
    if (!read) return std::unexpected(std::move(read.error()));
  }
  ActorClasses out = std::move(list).finish();
  out.declarative = declares;
  out.next_tag = replay.next_tag();
  return out;
}

std::expected<ActorClass, Problem> bound_actor_class(ActorClasses& classes,
                                                     const std::string& class_name,
                                                     const std::string& worker, const Value& at,
                                                     const std::string& key,
                                                     const Reporter& report) {
  const auto known = std::ranges::find(classes.live, class_name, &ActorClass::class_name);
  if (known != classes.live.end()) return *known;
  if (const auto gone = classes.gone.find(class_name); gone != classes.gone.end()) {
    return std::unexpected(report.problem(
        at, key, "\"" + class_name + "\" was " + gone->second + ", and is still bound here. Bind a "
                 "class that is there, or remove this binding."));
  }
  std::vector<std::string_view> names;
  for (const ActorClass& entry : classes.live) names.push_back(entry.class_name);
  const std::string near = did_you_mean(class_name, names);
  report.warn(at, key,
              "nothing creates the class \"" + class_name + "\"" + (near.empty() ? "." : near) +
                  " It works here as in `wrangler dev`, without SQL "
                  "(the legacy key-value backend); deploying it fails with error 10061. Add " +
                  declaration(classes, class_name, report.file.ends_with(".toml")) + ".");
  classes.live.push_back({class_name, worker + "-" + class_name, false});
  return classes.live.back();
}

}  // namespace offing::config
