// SQLite's result codes by name, as they stand in the texts a guest sees.
#ifndef OFFING_STORAGE_DURABLE_RESULT_CODES_H_
#define OFFING_STORAGE_DURABLE_RESULT_CODES_H_

#include <string_view>

namespace offing::durable {

std::string_view code_name(int code);  // primary or extended; unknown: "SQLITE_UNKNOWN"

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_RESULT_CODES_H_
