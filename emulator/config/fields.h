// Checked reading of one object of a configuration: types, required members, unknown members.
//
// The expected members are a list of "name:type" words, as in keys.h. A wrong type or a missing
// member is an error that names the key's whole path; an unknown member is a warning.
#ifndef OFFING_EMULATOR_CONFIG_FIELDS_H_
#define OFFING_EMULATOR_CONFIG_FIELDS_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/config/settings.h"

namespace offing::config {

// What one load reports with: the file as shown to the user, and where warnings go.
struct Reporter {
  std::string file;
  Warnings& warnings;

  Problem problem(const Value& at, std::string key, std::string message) const;
  void warn(const Value& at, std::string key, std::string message) const;
};

std::expected<void, Problem> check_fields(const Value& object, const std::string& key,
                                          std::string_view fields, const Reporter& report);

// Members of an object that check_fields has passed; unset when absent.
std::optional<std::string> string_field(const Value& object, std::string_view name);
bool bool_field(const Value& object, std::string_view name);

// An integer within [least, most].
std::expected<std::optional<int64_t>, Problem> integer_field(const Value& object,
                                                             std::string_view name,
                                                             const std::string& key, int64_t least,
                                                             int64_t most, const Reporter& report);
// A list of strings; empty when absent.
std::expected<std::vector<std::string>, Problem> strings_field(const Value& object,
                                                               std::string_view name,
                                                               const std::string& key,
                                                               const Reporter& report);

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_FIELDS_H_
