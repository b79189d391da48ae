#include "emulator/control/stream.h"

#include <string>
#include <utility>

namespace offing::control {
namespace {

// What follower and reader share; either may go first.
class Tail : public std::enable_shared_from_this<Tail> {
 public:
  explicit Tail(World& house) : house_(house) {}

  void add(const trace::Log::Line& line) {
    if (ended_) return;
    std::string text = "id: " + std::to_string(line.sequence) + "\nevent: ";
    text.append(line.event).append("\ndata: ").append(line.text).append("\n\n");
    if (buffer_.size() + text.size() > kBufferBytesMax) {
      buffer_ += "event: dropped\ndata: {\"event\":\"dropped\",\"after\":" +
                 std::to_string(line.sequence - 1) +
                 ",\"error\":\"this reader is too slow: more than 1 MiB waited for it; read on with "
                 "trace?after=\"}\n\n";
      return end();
    }
    buffer_ += text;
    wake();
  }
  void comment(std::string_view text) { buffer_.append(": ").append(text).append("\n\n"); }
  void end() {
    ended_ = true;
    wake();
  }
  void read(ByteSource::Done done) {
    done_ = std::move(done);
    if (!buffer_.empty() || ended_) give();
  }
  void forget_reader() { done_ = nullptr; }

 private:
  void wake() {
    if (!done_ || woken_) return;
    woken_ = true;
    house_.post([self = shared_from_this()] {
      self->woken_ = false;
      self->give();
    });
  }
  void give() {
    if (!done_) return;
    if (buffer_.empty() && !ended_) return;
    auto done = std::exchange(done_, nullptr);
    if (!buffer_.empty()) return done(Chunk::data(std::exchange(buffer_, {})));
    done(Chunk::end());
  }

  World& house_;
  std::string buffer_;
  ByteSource::Done done_;
  bool woken_ = false;
  bool ended_ = false;
};

// Held by the log as long as it follows: when the stage goes, so does this.
struct Follow {
  Follow(Stage* stage, std::shared_ptr<Tail> tail) : stage(stage), tail(std::move(tail)) {}
  ~Follow() { tail->end(); }
  Stage* stage;
  std::shared_ptr<Tail> tail;
};

class Stream final : public ByteSource {
 public:
  Stream(World& house, Stage& stage, TraceFilter filter) : tail_(std::make_shared<Tail>(house)) {
    tail_->comment("offing: trace of " + stage.id);
    trace::Log& log = stage.log();
    if (filter.after) {
      for (const trace::Log::Line& line : log.lines()) {
        if (filter.takes(line)) tail_->add(line);
      }
    }
    auto follow = std::make_shared<Follow>(&stage, tail_);
    follow_ = follow;
    number_ = log.follow([follow = std::move(follow), filter = std::move(filter)](
                             const trace::Log::Line& line) {
      if (filter.takes(line)) follow->tail->add(line);
    });
  }
  ~Stream() override { stop(); }
  void read(Done done) override { tail_->read(std::move(done)); }
  void cancel(std::string_view) override { stop(); }

 private:
  void stop() {
    tail_->forget_reader();
    if (auto follow = follow_.lock()) follow->stage->log().unfollow(number_);
  }
  std::shared_ptr<Tail> tail_;
  std::weak_ptr<Follow> follow_;
  uint64_t number_ = 0;
};

}  // namespace

std::unique_ptr<ByteSource> trace_stream(World& house, Stage& stage, TraceFilter filter) {
  return std::make_unique<Stream>(house, stage, std::move(filter));
}

}  // namespace offing::control
