#include "emulator/stage/stage.h"

#include <utility>

namespace offing {

Stage::Stage(std::string id, RealWorld& world) : id(std::move(id)), house_(world), world_(world) {
  world_.trace().add_reader(&staleness_);
}

Stage::Stage(std::string id, RealWorld& house, WorldState state)
    : id(std::move(id)), house_(house),
      virtual_(std::make_unique<VirtualWorld>(std::move(state), house.loop())), world_(*virtual_),
      inside_(std::make_shared<Inside>(virtual_.get())) {
  house_.hold(*virtual_);
  world_.share_running(house.running());
  log();
  world_.trace().add_reader(&staleness_);
}

Stage::~Stage() {
  if (inside_) inside_->world = nullptr;
  if (virtual_) house_.let_go(*virtual_);
  rest_.reset();
  r2_door_.reset();
  s3_.reset();
  if (stack_) stack_->r2_tokens().on_create = nullptr;
  stack_.reset();
  if (output_) output_->finish();
  output_.reset();
  for (const auto& reader : readers_) world_.trace().remove_reader(reader.get());
  readers_.clear();
  world_.trace().remove_reader(&staleness_);
  if (log_listens_) world_.trace().remove_reader(&log_);
}

trace::Log& Stage::log() {
  if (!std::exchange(log_listens_, true)) world_.trace().add_reader(&log_);
  return log_;
}

void Stage::set_stack(std::unique_ptr<Stack> stack) {
  stack_ = std::move(stack);
  rest_ = std::make_unique<rest::RestFront>(world_, stack_->r2(), stack_->r2_tokens());
  r2_door_ = std::make_unique<R2Door>(stack_->r2());
  R2Tokens& tokens = stack_->r2_tokens();
  s3_keys_ = std::make_unique<s3::Keys>(std::vector(tokens.all().begin(), tokens.all().end()));
  tokens.on_create = [this](const R2Token& token) { s3_keys_->add(token); };
  s3_ = std::make_unique<S3Front>(world_, stack_->r2(), *s3_keys_);
}

// In real time a server's tickets are numbers enough. In a world of its own they would differ from run to run.
uint64_t Stage::number_of(uint64_t ticket) { return virtual_ ? next_request_++ : ticket; }

uint64_t Stage::dispatch(Request request, ResponseCallback respond) {
  const uint64_t number = virtual_ ? next_request_++ : stack_->topology().new_number();
  stack_->gateway().dispatch(number, std::move(request), std::move(respond));
  return number;
}

void Stage::fetch(uint64_t ticket, Request request, ResponseCallback respond) {
  ++requests_;
  if (!virtual_) return stack_->gateway().dispatch(ticket, std::move(request), std::move(respond));
  cross(inside_, std::move(request), std::move(respond),
        [this, ticket](Request request, ResponseCallback respond) {
          const uint64_t number = next_request_++;
          tickets_.emplace(ticket, number);
          stack_->gateway().dispatch(
              number, std::move(request),
              [this, ticket, respond = std::move(respond)](Response response) mutable {
                tickets_.erase(ticket);
                respond(std::move(response));
              });
        });
}

void Stage::client_gone(uint64_t ticket) {
  if (!virtual_) return stack_->gateway().client_gone(ticket);
  // In order behind the request itself.
  world_.post([this, ticket] {
    auto at = tickets_.find(ticket);
    if (at == tickets_.end()) return;
    const uint64_t number = at->second;
    tickets_.erase(at);
    stack_->gateway().client_gone(number);
  });
}

void Stage::rest(uint64_t ticket, Request request, ResponseCallback respond) {
  cross(inside_, std::move(request), std::move(respond),
        [this, ticket](Request request, ResponseCallback respond) {
          rest_->on_request(number_of(ticket), std::move(request), std::move(respond));
        });
}

void Stage::r2_protocol(uint64_t ticket, Request request, ResponseCallback respond) {
  cross(inside_, std::move(request), std::move(respond),
        [this, ticket](Request request, ResponseCallback respond) {
          r2_door_->handle(number_of(ticket), std::move(request), std::move(respond));
        });
}

void Stage::s3(uint64_t ticket, Request request, ResponseCallback respond) {
  cross(inside_, std::move(request), std::move(respond),
        [this, ticket](Request request, ResponseCallback respond) {
          s3_->on_request(number_of(ticket), std::move(request), std::move(respond));
        });
}

void Stage::keep(std::unique_ptr<trace::Reader> reader) {
  world_.trace().add_reader(reader.get());
  readers_.push_back(std::move(reader));
}

}  // namespace offing
