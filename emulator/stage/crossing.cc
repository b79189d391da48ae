#include "emulator/stage/crossing.h"

#include <utility>

namespace offing {
namespace {

constexpr std::string_view kGone = "The world that this came from is gone (reverted, reset or closed).";

// Counts as one who waits, until it is destroyed or told to end.
class Wait {
 public:
  explicit Wait(InsideRef inside) : inside_(std::move(inside)) { inside_->world->begin_wait(); }
  ~Wait() { end(); }
  Wait(Wait&& other) noexcept : inside_(std::move(other.inside_)) {}
  Wait& operator=(Wait&&) = delete;
  void end() {
    if (inside_ && inside_->world) inside_->world->end_wait();
    inside_.reset();
  }

 private:
  InsideRef inside_;
};

// A body that comes from outside: the guest reads it, its bytes arrive as events of the guest's world.
class Inwards final : public ByteSource {
 public:
  Inwards(InsideRef inside, std::unique_ptr<ByteSource> source)
      : inside_(std::move(inside)), source_(std::move(source)) {}
  void read(Done done) override {
    auto waiting = std::make_shared<Done>(std::move(done));
    read_ = waiting;
    source_->read([inside = inside_, read = std::weak_ptr<Done>(waiting)](Chunk chunk) {
      if (!inside->world) return;
      inside->world->post([read, chunk = std::move(chunk)]() mutable {
        // A source that was destroyed meanwhile has dropped it.
        if (auto done = read.lock()) (*done)(std::move(chunk));
      });
    });
  }
  void cancel(std::string_view reason) override { source_->cancel(reason); }
  std::optional<uint64_t> length_bytes() const override { return source_->length_bytes(); }

 private:
  InsideRef inside_;
  std::shared_ptr<Done> read_;
  std::unique_ptr<ByteSource> source_;
};

// A body that a guest makes: reading it, cancelling it and letting go of it are events of its world.
class Outwards final : public ByteSource {
 public:
  Outwards(InsideRef inside, std::unique_ptr<ByteSource> source)
      : inside_(std::move(inside)), length_bytes_(source->length_bytes()), source_(std::move(source)) {}
  ~Outwards() override {
    if (inside_->world) inside_->world->post([source = std::move(source_)] {});
  }
  void read(Done done) override {
    if (!inside_->world) return done(Chunk::error(std::string(kGone)));
    auto waiting = std::make_shared<Done>(std::move(done));
    read_ = waiting;
    inside_->world->post([source = source_, read = std::weak_ptr<Done>(waiting),
                          wait = Wait(inside_)]() mutable {
      source->read([read, wait = std::move(wait)](Chunk chunk) mutable {
        wait.end();
        if (auto done = read.lock()) (*done)(std::move(chunk));
      });
    });
  }
  void cancel(std::string_view reason) override {
    if (!inside_->world) return;
    inside_->world->post([source = source_, reason = std::string(reason)] { source->cancel(reason); });
  }
  std::optional<uint64_t> length_bytes() const override { return length_bytes_; }

 private:
  InsideRef inside_;
  std::optional<uint64_t> length_bytes_;
  std::shared_ptr<Done> read_;
  std::shared_ptr<ByteSource> source_;
};

// Answers once: with what it is given, or, when it is dropped, with the reason why nothing comes.
class Answer {
 public:
  Answer(InsideRef inside, ResponseCallback respond)
      : inside_(inside), wait_(std::move(inside)), respond_(std::move(respond)) {}
  Answer(Answer&& other) noexcept
      : inside_(std::move(other.inside_)), wait_(std::move(other.wait_)),
        respond_(std::exchange(other.respond_, nullptr)) {}
  Answer& operator=(Answer&&) = delete;
  ~Answer() {
    if (!respond_) return;
    Response response;
    response.status = 503;
    response.headers.add("content-type", "text/plain;charset=UTF-8");
    response.has_body = true;
    response.body = kGone;
    respond_(std::move(response));
  }
  void operator()(Response response) {
    wait_.end();
    if (response.stream)
      response.stream = std::make_unique<Outwards>(inside_, std::move(response.stream));
    std::exchange(respond_, nullptr)(std::move(response));
  }

 private:
  InsideRef inside_;
  Wait wait_;
  ResponseCallback respond_;
};

}  // namespace

void cross(const InsideRef& inside, Request request, ResponseCallback respond, Serve serve) {
  if (!inside) return serve(std::move(request), std::move(respond));
  if (request.stream)
    request.stream = std::make_unique<Inwards>(inside, std::move(request.stream));
  inside->world->post([request = std::move(request), answer = Answer(inside, std::move(respond)),
                       serve = std::move(serve)]() mutable {
    serve(std::move(request), std::move(answer));
  });
}

}  // namespace offing
