// The key of tests that need one and do not care which.
#ifndef OFFING_TESTS_UNIT_S3_TOKEN_H_
#define OFFING_TESTS_UNIT_S3_TOKEN_H_

#include <string>

#include "emulator/services/r2_settings.h"
#include "storage/digest/digest.h"

namespace offing {

inline R2Token s3_token() {
  R2Token token;
  token.name = "test";
  token.access_key_id = "0ff1490ff1490ff1490ff1490ff14901";
  token.token_value = "the value of a test's token";
  token.secret_access_key =
      digest::to_hex(digest::digest_of(digest::Algorithm::kSha256, token.token_value));
  return token;
}

}  // namespace offing

#endif  // OFFING_TESTS_UNIT_S3_TOKEN_H_
