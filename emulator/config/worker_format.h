// Which format a built script is in, told by its ES exports (spec/config.md 4, "Format detection").
//
// A scan, not a parse: comments, strings, templates and regular expressions are passed over, and
// what cannot be told counts as a module, so that the engine has the last word.
#ifndef OFFING_EMULATOR_CONFIG_WORKER_FORMAT_H_
#define OFFING_EMULATOR_CONFIG_WORKER_FORMAT_H_

#include <cstdint>
#include <string_view>

namespace offing::config {

enum class WorkerFormat : uint8_t {
  kModule,         // has a default export
  kNamedOnly,      // has exports, none of them default
  kServiceWorker,  // has no exports
};

WorkerFormat worker_format(std::string_view script);

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_WORKER_FORMAT_H_
