// The classes known so far while a configuration is read: lookups by name, and every unique key
// handed out once. Internal to actor_classes.cc and class_exports.cc.
#ifndef OFFING_EMULATOR_CONFIG_ACTOR_CLASS_LIST_H_
#define OFFING_EMULATOR_CONFIG_ACTOR_CLASS_LIST_H_

#include <cstddef>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/config/actor_classes.h"

namespace offing::config {

class ActorClassList {
 public:
  struct Record {
    std::string unique_key;
    bool sqlite = false;
    size_t order = 0;
    std::string origin;  // "migrations[0] (tag \"v1\")"
  };

  explicit ActorClassList(const std::string& worker) : worker_(worker) {}

  const Record* find(std::string_view name) const;
  // What became of a class of this name, or empty.
  std::string_view fate(std::string_view name) const;
  // `name` is not live.
  void add(const std::string& name, bool sqlite, std::string origin);
  void remove(const std::string& name, const std::string& where);  // with its data
  void rename(const std::string& from, const std::string& to, const std::string& where);
  void mark_gone(const std::string& name, std::string fate) { gone_[name] = std::move(fate); }

  std::vector<std::string_view> names() const;
  ActorClasses finish() &&;

 private:
  std::string fresh_key(const std::string& name);

  const std::string& worker_;
  std::map<std::string, Record, std::less<>> live_;
  std::map<std::string, std::string, std::less<>> gone_;
  std::map<std::string, int, std::less<>> generations_;  // of each name
  std::vector<std::string> deleted_keys_;
  size_t added_ = 0;
};

// Adds what `exports` declares (spec/config.md 2, the row `exports`). `path` is its key's.
std::expected<void, Problem> read_class_exports(const Value& exports, const std::string& path,
                                                const Reporter& report, ActorClassList& classes);

// Whether an entry of `exports` is about a Durable Object class.
bool declares_actor_class(const Value& exports);

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_ACTOR_CLASS_LIST_H_
