// What Wrangler's configuration keys are (spec/config.md 1.1, 2), as data: scope, type, and for
// bindings the fields of an entry. Validation reads this table and nothing else.
#ifndef OFFING_EMULATOR_CONFIG_KEYS_H_
#define OFFING_EMULATOR_CONFIG_KEYS_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace offing::config {

enum class Scope : uint8_t { kInherited, kPerEnvironment, kTopLevel };
enum class Shape : uint8_t { kAny, kString, kBool, kInteger, kObject, kList, kStringList };
// kUsed: acted on. kNoEffect: has none on a local run of a built bundle. kMissing: warned about.
enum class Effect : uint8_t { kUsed, kNoEffect, kMissing };

struct Key {
  std::string_view name;
  Scope scope;
  Shape shape;
  Effect effect;
};
std::span<const Key> known_keys();

// Where bindings stand: `path` may be nested ("queues.producers"). `fields` is a list of
// "name:type" words, required ones marked with '!': types s(tring) i(nteger) b(ool) o(bject)
// l(ist) a(ny).
struct BindingKind {
  std::string_view path;
  std::string_view name_field;
  std::string_view title;
  std::string_view fields;
};
std::span<const BindingKind> binding_kinds();

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_KEYS_H_
