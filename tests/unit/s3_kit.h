// The S3 door in virtual time, driven without a socket: each request is signed, handled, and its
// whole answer read before the helper returns.
#ifndef OFFING_TESTS_UNIT_S3_KIT_H_
#define OFFING_TESTS_UNIT_S3_KIT_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/s3/s3_front.h"
#include "emulator/s3/sigv4.h"
#include "emulator/services/r2_service.h"
#include "emulator/trace/trace.h"
#include "emulator/world/world.h"

namespace offing {

struct S3Reply {
  uint16_t status = 0;
  HeaderList headers;
  std::string body;
  std::string stream_error;   // the body ended in one

  std::string header(std::string_view name) const {
    return std::string(headers.get(name).value_or("<none>"));
  }
  // What stands in the first element of this name; "<none>".
  std::string element(std::string_view name) const;
  std::vector<std::string> elements(std::string_view name) const;
  // "404 NoSuchKey", or "200".
  std::string said() const;
};

struct SeenRequest {
  std::string method, path, operation, key_id, error;
  uint16_t status;
};

class S3Kit : private trace::Reader {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  static constexpr std::string_view kHost = "localhost:9000";

  explicit S3Kit(R2Settings settings = {}, std::string state = "");
  ~S3Kit() override;

  // Signed by a header, over the body's SHA-256. `target` is path and query, as they are sent.
  S3Reply send(std::string_view method, std::string_view target, Headers headers = {},
               std::string body = "");
  S3Reply get(std::string_view target, Headers headers = {}) {
    return send("GET", target, std::move(headers));
  }
  S3Reply put(std::string_view target, std::string body, Headers headers = {}) {
    return send("PUT", target, std::move(headers), std::move(body));
  }
  S3Reply post(std::string_view target, std::string body, Headers headers = {}) {
    return send("POST", target, std::move(headers), std::move(body));
  }
  S3Reply remove(std::string_view target) { return send("DELETE", target); }
  S3Reply presigned(std::string_view method, std::string_view target, std::string body = "",
                    Headers headers = {});

  // A request as `send` signs it, for one that is changed before it is handled.
  Request make(std::string_view method, std::string_view target, Headers headers, std::string body);
  Request sign(Request request, std::string_view payload_hash);
  S3Reply handle(Request request);
  // Begins it; `finish` gives the answer.
  std::shared_ptr<std::optional<Response>> start(Request request);
  S3Reply finish(const std::shared_ptr<std::optional<Response>>& slot);

  std::string create_upload(std::string_view target, Headers headers = {});
  // The ETag with quotes.
  std::string upload_part(std::string_view target, const std::string& upload, uint32_t number,
                          std::string body, Headers headers = {});
  // Numbers and ETags.
  S3Reply complete(std::string_view target, const std::string& upload,
                   const std::vector<std::pair<uint32_t, std::string>>& parts,
                   Headers headers = {});

  void advance(int64_t ms);
  void lock(std::string prefix, r2::LockRule::Kind kind = r2::LockRule::Kind::kIndefinite,
            int64_t age_s = 0);
  std::vector<std::string> stored_keys(std::string_view bucket = "bucket");

  VirtualWorld world;
  std::unique_ptr<R2Service> r2;
  s3::Keys keys;
  std::unique_ptr<S3Front> front;
  s3::Credentials credentials;
  std::string host{kHost};
  std::vector<SeenRequest> seen;   // S3RequestEvents

 private:
  void on_event(const trace::Stamp& stamp, const trace::Event& event) override;
  uint64_t next_ticket_ = 1;
};

std::string md5_hex(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);
// Base64 of a digest.
std::string base64_of(digest::Algorithm algorithm, std::string_view bytes);
// The three headers of a customer's key of 32 times this byte.
S3Kit::Headers ssec_headers(char byte, bool of_copy_source = false);
S3Kit::Headers operator+(S3Kit::Headers a, const S3Kit::Headers& b);

}  // namespace offing

#endif  // OFFING_TESTS_UNIT_S3_KIT_H_
