#include "runtime/isolate/guest_stream.h"

#include <cassert>
#include <utility>

#include "runtime/actor/actor.h"
#include "runtime/bindings/convert.h"
#include "runtime/isolate/turn.h"

namespace offing {

static constexpr const char* kEnded =
    "Couldn't complete operation because the execution context has ended.";

GuestStream::GuestStream(Isolate::Parts& parts, uint64_t stream, RequestId request, double length,
                         bool is_response)
    : token_(parts.token), stream_(stream), request_(request), is_response_(is_response) {
  if (length >= 0) length_ = static_cast<uint64_t>(length);
  parts.streams.add(stream, this);
}

GuestStream::~GuestStream() {
  waiting_ = nullptr;
  cancel("The stream's reader is gone.");
}

void GuestStream::read(Done done) {
  assert(!waiting_);
  Isolate::Parts* parts = token_->parts;
  if (over_) return done(last_);
  if (parts == nullptr) return done(Chunk::error(kEnded));
  waiting_ = std::move(done);
  set_pulling(true);
  if (parts->depth > 0) {
    parts->wanted_pulls.push_back(stream_);
    return;
  }
  enter_for(*parts, request_, 0, [parts, stream = stream_, request = request_] {
    run_turn(*parts, [parts, stream, request](v8::Local<v8::Context> context) {
      charge(*parts, request);
      call_entry(*parts, context, EntryFunction::kPull, {number(parts->isolate, stream)});
    });
  });
}

void GuestStream::cancel(std::string_view reason) {
  Isolate::Parts* parts = token_->parts;
  if (over_ || parts == nullptr) return;
  forget();
  run_turn(*parts, [parts, stream = stream_, request = request_,
                    reason](v8::Local<v8::Context> context) {
    charge(*parts, request);
    call_entry(*parts, context, EntryFunction::kCancel,
               {number(parts->isolate, stream), text_from_utf8(parts->isolate, reason)});
  });
}

void GuestStream::give(std::string bytes) {
  if (over_ || !waiting_) return;
  if (bytes.empty()) {
    token_->parts->wanted_pulls.push_back(stream_);
    return;
  }
  set_pulling(false);
  send(Chunk::data(std::move(bytes)));
}

// What an actor's stream says waits at its output gate, as everything does.
void GuestStream::send(Chunk chunk) {
  Isolate::Parts& parts = *token_->parts;
  leave_for(parts, request_,
            [&parts, done = std::exchange(waiting_, nullptr), chunk = std::move(chunk)](bool left) mutable {
              if (!left) chunk = Chunk::error("Network connection lost.");
              parts.outbox.push_back(Delivered{std::move(done), std::move(chunk)});
            });
}

// A response that is waited for and that nothing can continue has hung.
void GuestStream::set_pulling(bool pulling) {
  GuestRequest* request = is_response_ ? token_->parts->find_request(request_) : nullptr;
  if (request == nullptr) return;
  request->pulling = pulling;
  if (pulling) token_->parts->suspects.push_back(request_);
}

void GuestStream::finish() { over(Chunk::end()); }
void GuestStream::fail(std::string text) { over(Chunk::error(std::move(text))); }

void GuestStream::over(Chunk last) {
  if (over_) return;
  last_ = last;
  if (waiting_) send(std::move(last));
  forget();
}

void GuestStream::forget() {
  over_ = true;
  token_->parts->streams.remove(stream_);
  if (is_response_) response_stream_over(*token_->parts, request_);
}

}  // namespace offing
