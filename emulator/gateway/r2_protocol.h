// The messages between a runtime and the R2 service, as workerd's `r2Bucket` binding sends and
// expects them (spec/r2.md section 6): JSON in, an R2Call out; an R2Answer in, JSON out. No socket
// and no service here; what frames these messages in HTTP is r2_door.h.
//
// 64-bit numbers may come as numbers or as decimal strings, and leave as strings. Unknown fields
// are ignored, absent ones (and ones with the protocol's "unset" value) are unset. Strings are
// UTF-8: a message that is not is refused.
#ifndef OFFING_EMULATOR_GATEWAY_R2_PROTOCOL_H_
#define OFFING_EMULATOR_GATEWAY_R2_PROTOCOL_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "runtime/bindings/r2_call.h"

namespace offing::r2_protocol {

// No request is longer: 1,000 keys of 1,024 bytes, each byte escaped, and room to spare.
inline constexpr size_t kRequestBytesMax = 8 * 1024 * 1024;
// A longer reply makes the runtime fail (section 6).
inline constexpr size_t kReplyBytesMax = 1024 * 1024;

// The operation without its bucket and value. The error says which field is wrong, and how.
std::expected<R2Call, std::string> parse_request(std::string_view json);

// head, get and list: GET, the JSON in a header. All others: PUT, the JSON before the value.
bool is_get_class(R2Call::Op op);
// put and uploadPart.
bool takes_value(R2Call::Op op);

// What a reply shows beyond its answer.
struct Shown {
  R2Call::Op op = R2Call::Op::kHead;
  bool http = true;     // list: what was included (L4)
  bool custom = true;
};
// The reply to an operation that succeeded, or that failed a condition on an existing object.
std::string reply_json(const Shown& shown, const R2Answer& answer);

// The value of CF-R2-Error.
std::string error_json(uint32_t v4_code, std::string_view message);

}  // namespace offing::r2_protocol

#endif  // OFFING_EMULATOR_GATEWAY_R2_PROTOCOL_H_
