// The bytes of one version of an object, or a range of them, as a stream. Holds the version: it stays
// whole whatever happens to its key meanwhile (spec/r2.md C7).
#ifndef OFFING_EMULATOR_SERVICES_R2_OBJECT_SOURCE_H_
#define OFFING_EMULATOR_SERVICES_R2_OBJECT_SOURCE_H_

#include <memory>

#include "runtime/http/byte_source.h"
#include "storage/r2/object.h"

namespace offing {

std::unique_ptr<ByteSource> source_of_object(r2::ObjectRef object, r2::Range range);

// The same as one string, when it needs no file.
std::shared_ptr<const std::string> bytes_of_object(const r2::Object& object, r2::Range range);

}  // namespace offing

#endif  // OFFING_EMULATOR_SERVICES_R2_OBJECT_SOURCE_H_
