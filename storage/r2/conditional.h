// Whether a condition holds (spec/r2.md K5-K7), and the header grammar of entity tags (K3, K4).
#ifndef OFFING_STORAGE_R2_CONDITIONAL_H_
#define OFFING_STORAGE_R2_CONDITIONAL_H_

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "storage/r2/object.h"

namespace offing::r2 {

// `object` null: the key is absent (K5).
bool holds(const Conditional& condition, const Object* object);

// The value of an If-Match or If-None-Match header. `name` is the header's, in lower case; the error is
// the text of K4. (runtime/web does the same for a binding's Headers, before anything is sent.)
std::expected<std::vector<EtagTag>, std::string> parse_etag_header(std::string_view name,
                                                                   std::string_view value);

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_CONDITIONAL_H_
