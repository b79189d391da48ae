// What the SQL of a guest may use, as the platform lists it (spec/durable-objects.md 2.5). Data
// only.
#ifndef OFFING_STORAGE_DURABLE_ALLOW_LISTS_H_
#define OFFING_STORAGE_DURABLE_ALLOW_LISTS_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace offing::durable {

bool function_allowed(std::string_view name);
bool table_module_allowed(std::string_view module);  // CREATE VIRTUAL TABLE … USING
bool name_allowed(std::string_view name);            // false: `_cf_…`, in any case
// `argument`: nullopt when there is none.
bool pragma_allowed(std::string_view name, std::optional<std::string_view> argument);

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_ALLOW_LISTS_H_
