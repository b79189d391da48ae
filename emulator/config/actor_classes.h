// The Durable Object classes of a Worker: what its `migrations`, or its `exports`, leave of them
// (spec/config.md 2).
//
// Migrations are replayed from the first one on, in the file's order; within one, Wrangler's order
// holds: deleted, renamed, transferred, new. A step that contradicts those before it is an error.
// A class keeps its unique key over renames. A name that is used again after a deletion or a rename
// is another class and gets a key of its own ("w-Room", then "w-Room.2").
#ifndef OFFING_EMULATOR_CONFIG_ACTOR_CLASSES_H_
#define OFFING_EMULATOR_CONFIG_ACTOR_CLASSES_H_

#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/config/fields.h"
#include "runtime/modules/bundle.h"

namespace offing::config {

// From a key of the settings in force to its path in the file: "vars" → "env.staging.vars".
using KeyPath = std::function<std::string(std::string_view)>;

struct ActorClasses {
  std::vector<ActorClass> live;           // in the order they came to be
  std::vector<std::string> deleted_keys;  // unique keys whose data is to be deleted
  // Names that no longer stand for a class → what became of it, for messages.
  std::map<std::string, std::string, std::less<>> gone;
  bool declarative = false;     // declared by `exports`
  std::string next_tag = "v1";  // a tag that no migration has
};

std::expected<ActorClasses, Problem> read_actor_classes(const Value& settings,
                                                        const KeyPath& key_path,
                                                        const std::string& worker,
                                                        const Reporter& report);

// The class that a binding at `at` names. One that nothing declares is added to `classes`, without
// SQL, and warned about: `wrangler dev` does so, the platform refuses it (error 10061). One that is
// gone is an error.
std::expected<ActorClass, Problem> bound_actor_class(ActorClasses& classes,
                                                     const std::string& class_name,
                                                     const std::string& worker, const Value& at,
                                                     const std::string& key,
                                                     const Reporter& report);

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_ACTOR_CLASSES_H_
