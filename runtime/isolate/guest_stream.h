// A stream that the guest makes and the outside reads: a response's body, an outbound body, a value
// being put. The guest knows it by a number; Entry.pull asks for a chunk, which comes back through
// pullChunk or pullError, at once or in a later turn.
// Owner: whoever was given the ByteSource. It may outlive the isolate, and then only gives errors.
#ifndef OFFING_RUNTIME_ISOLATE_GUEST_STREAM_H_
#define OFFING_RUNTIME_ISOLATE_GUEST_STREAM_H_

#include <memory>
#include <optional>
#include <string>

#include "runtime/isolate/parts.h"

namespace offing {

class GuestStream final : public ByteSource {
 public:
  // `is_response`: the request's context lasts until the stream is over.
  GuestStream(Isolate::Parts& parts, uint64_t stream, RequestId request, double length,
              bool is_response);
  ~GuestStream() override;

  void read(Done done) override;
  void cancel(std::string_view reason) override;
  std::optional<uint64_t> length_bytes() const override { return length_; }

  RequestId request() const { return request_; }

  // The guest's answers, within a turn.
  void give(std::string bytes);
  void finish();
  void fail(std::string text);

 private:
  void over(Chunk last);
  void send(Chunk chunk);
  void forget();
  void set_pulling(bool pulling);

  std::shared_ptr<Token> token_;
  uint64_t stream_;
  RequestId request_;
  std::optional<uint64_t> length_;
  bool is_response_;
  bool over_ = false;
  Chunk last_;                // how it ended, for who reads on
  Done waiting_;
};

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_GUEST_STREAM_H_
