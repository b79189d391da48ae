// What all readers of traffic do alike: collect entries within bounds, count what they leave out,
// say each kind of warning once, and find the place of a field that is wrong.
#ifndef OFFING_EMULATOR_REPLAY_COLLECTOR_H_
#define OFFING_EMULATOR_REPLAY_COLLECTOR_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/replay/input_error.h"
#include "emulator/replay/json_input.h"
#include "emulator/replay/traffic.h"

namespace offing::replay {

class Collector {
 public:
  // `options.origins` are normal forms (origin_of).
  Collector(Format format, std::string file, const ReadOptions& options);

  // `what` completes "3 entries …"; `example` is shown in brackets, the first three different ones.
  void skip(std::string_view what, std::string_view example = {});
  // Warnings of one text are told once, with the first's line and their number.
  void warn(uint64_t line, std::string_view text);
  bool full() const { return traffic_.entries.size() >= options_.entries_max; }
  InputError too_many(uint64_t line) const;
  // Leaves out entries to other origins than the wanted ones, if some are named.
  std::expected<void, InputError> add(Entry entry);

  // Brings the entries into order. `absolute`: their times are Unix times.
  Traffic finish(bool absolute);

 private:
  struct Omission {
    std::string what;
    std::vector<std::string> examples;
    uint64_t count = 0;
  };
  struct Warning {
    std::string text;
    uint64_t line = 0;
    uint64_t count = 0;
  };
  const ReadOptions& options_;
  Traffic traffic_;
  std::vector<Omission> omissions_;
  std::vector<Warning> warnings_;
};

inline constexpr size_t kExamplesMax = 3;
inline constexpr size_t kWarningsMax = 50;

// "a.har:3: text (and 4 more like it)"
std::string warning_text(const std::string& file, uint64_t line, std::string_view text,
                         uint64_t count);

// Where `path` ("request.headers[2].value") stands in the value at `offset`; the nearest thing
// around it when it is missing.
size_t place_of(const JsonText& text, size_t offset, std::string_view path);
// The error for `wrong`, found in the value at `offset`, whose own path is `prefix`.
InputError error_at(const JsonText& text, size_t offset, const std::string& prefix,
                    const Fields::Wrong& wrong);

// "https://shop.example/a?b" in the one form that entries have; nothing when it is not http(s).
std::optional<std::string> absolute_url(std::string_view url);
// What is wrong with a method; nothing when it can be replayed.
std::optional<std::string> method_problem(std::string_view method);

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_COLLECTOR_H_
