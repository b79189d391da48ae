// The words that an R2 error begins with (spec/r2.md 1.11).
#ifndef OFFING_RUNTIME_BINDINGS_R2_ACTION_H_
#define OFFING_RUNTIME_BINDINGS_R2_ACTION_H_

#include <string>
#include <string_view>

#include "runtime/bindings/r2_call.h"

namespace offing {

constexpr std::string_view r2_action(R2Call::Op op) {
  switch (op) {
    case R2Call::Op::kHead: return "head";
    case R2Call::Op::kGet: return "get";
    case R2Call::Op::kPut: return "put";
    case R2Call::Op::kDelete: return "delete";
    case R2Call::Op::kList: return "list";
    case R2Call::Op::kCreateMultipartUpload: return "createMultipartUpload";
    case R2Call::Op::kUploadPart: return "uploadPart";
    case R2Call::Op::kCompleteMultipartUpload: return "completeMultipartUpload";
    case R2Call::Op::kAbortMultipartUpload: return "abortMultipartUpload";
    // No binding has these; the S3 door's names for them.
    case R2Call::Op::kCopy: return "copy";
    case R2Call::Op::kUploadPartCopy: return "uploadPartCopy";
    case R2Call::Op::kListParts: return "listParts";
    case R2Call::Op::kListUploads: return "listMultipartUploads";
  }
  return "unknown";
}

// "put: The object is locked by the bucket policy. (10069)"
inline std::string r2_message(R2Call::Op op, const r2::Error& error) {
  std::string text(r2_action(op));
  text.append(": ").append(error.text).append(" (");
  return text.append(std::to_string(error.row().v4_code)).append(")");
}

}  // namespace offing

#endif  // OFFING_RUNTIME_BINDINGS_R2_ACTION_H_
