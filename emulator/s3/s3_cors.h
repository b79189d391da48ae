// CORS at the S3 door (spec/r2.md 3.3): a browser's question before a request, and the headers that
// let a page read an answer. Only what the bucket's rules allow; nothing here identifies a user.
#ifndef OFFING_EMULATOR_S3_S3_CORS_H_
#define OFFING_EMULATOR_S3_S3_CORS_H_

#include <string_view>

#include "emulator/s3/s3_operations.h"
#include "runtime/http/message.h"
#include "storage/r2/bucket.h"

namespace offing::s3 {

// OPTIONS with Origin and Access-Control-Request-Method. It comes without a signature.
bool is_preflight(const Request& request);
void answer_preflight(ExchangePtr x);
// Nothing when no rule allows this origin and method.
void add_cors_headers(HeaderList& out, const r2::Bucket& bucket, std::string_view origin,
                      std::string_view method);

}  // namespace offing::s3

#endif  // OFFING_EMULATOR_S3_S3_CORS_H_
