// The bodies of one HAR entry, and whether they are what went over the wire.
#ifndef OFFING_EMULATOR_REPLAY_HAR_BODIES_H_
#define OFFING_EMULATOR_REPLAY_HAR_BODIES_H_

#include "emulator/replay/har_entry.h"

namespace offing::replay {

// `postData` of the request into `entry.upload` and `entry.upload_type`.
void read_upload(const Fields& request, HarEntry& entry);
// `content` of the response into `entry.content`; the entry's headers, method and status are there.
void read_content(const Fields& response, HarEntry& entry);

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_HAR_BODIES_H_
