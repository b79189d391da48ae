#include "emulator/replay/runner.h"

#include <cassert>
#include <cmath>
#include <optional>
#include <unordered_map>
#include <utility>

#include "emulator/replay/compare.h"
#include "emulator/replay/cookies.h"
#include "emulator/replay/values.h"

namespace offing::replay {

// Shared with every callback that was given out; `runner` is null once the runner is gone, and then
// nothing of the world or the sender is touched any more.
struct Runner::State : std::enable_shared_from_this<Runner::State> {
  struct Slot {
    bool sending = false;  // inside `send`: its number is not known yet
    bool sent = false;
    bool done = false;
    EventId timeout = 0;
  };

  State(World& the_world, Traffic the_traffic, RunOptions the_options, SendFn the_send)
      : world(the_world), traffic(std::move(the_traffic)), options(std::move(the_options)),
        send(std::move(the_send)), origins(cookie_origins(traffic.entries)) {
    assert(options.speed > 0);
    while (options.base_url.ends_with('/')) options.base_url.pop_back();
  }

  void begin_round();
  void arm_next();
  void due(uint32_t index);
  void send_now(uint32_t index);
  Request request_of(const Entry& entry) const;
  void answered(uint32_t of_round, uint32_t index, Response response);
  void body_read(uint32_t of_round, uint32_t index, Response response, Chunk body);
  void settle(uint32_t index, std::vector<std::string> differences);
  bool stale(uint32_t of_round, uint32_t index) const {
    return !runner || of_round != round || slots[index].done;
  }
  Result& result_of(uint32_t index) { return results.requests[first_of_round + index]; }
  void close();

  World& world;
  Traffic traffic;
  RunOptions options;
  SendFn send;
  CookieOrigins origins;
  Runner* runner = nullptr;
  std::move_only_function<void()> done;

  Results results;
  CookieMap cookies;
  std::vector<Slot> slots;  // of this round
  std::unordered_map<uint32_t, std::vector<uint32_t>> waiting;  // for the answer to an entry
  uint32_t round = 0;
  size_t first_of_round = 0;
  int64_t round_start_us = 0;
  uint32_t next = 0;  // the entry that comes next
  EventId next_event = 0;
  uint32_t done_of_round = 0;
};

void Runner::State::begin_round() {
  round_start_us = world.now_us();
  first_of_round = results.requests.size();
  next = done_of_round = 0;
  cookies.clear();
  waiting.clear();
  slots.assign(traffic.entries.size(), {});
  for (uint32_t i = 0; i < traffic.entries.size(); ++i) {
    const Entry& entry = traffic.entries[i];
    Result& result = results.requests.emplace_back();
    result.round = round;
    result.index = i;
    result.line = entry.line;
    result.location = entry.location.empty() ? options.default_location : entry.location;
    result.group = entry.group;
    result.method = entry.method;
    result.url = entry.url;
  }
  arm_next();
}

// One event ahead, so that a long recording does not fill the queue.
void Runner::State::arm_next() {
  next_event = 0;
  if (next == traffic.entries.size()) return;
  const auto gap_us = static_cast<double>(traffic.entries[next].at_us) / options.speed;
  next_event = world.schedule(round_start_us + std::llround(gap_us),
                              [self = shared_from_this()] {
                                if (!self->runner) return;
                                const uint32_t index = self->next++;
                                self->arm_next();  // first: it stands before what this one causes
                                self->due(index);
                              });
}

void Runner::State::due(uint32_t index) {
  if (const auto it = origins.find(index); it != origins.end()) {
    for (uint32_t origin : it->second) {
      if (slots[origin].done) continue;
      waiting[origin].push_back(index);
      return;
    }
  }
  send_now(index);
}

Request Runner::State::request_of(const Entry& entry) const {
  Request request;
  request.method = entry.method;
  request.url = options.base_url.empty() ? entry.url
                                         : options.base_url + std::string(target_of(entry.url));
  request.headers = entry.headers;
  cookies.apply(request.headers);
  // Clients send a length of 0 with these methods, and a guest then sees an empty body, not none.
  request.has_body = entry.has_body || entry.method == "POST" || entry.method == "PUT" ||
                     entry.method == "PATCH";
  request.body = entry.body;
  return request;
}

void Runner::State::send_now(uint32_t index) {
  Slot& slot = slots[index];
  slot.sending = slot.sent = true;
  result_of(index).at_us = world.now_us() - results.start_us;
  if (options.answer_timeout_us > 0) {
    slot.timeout = world.schedule_after(
        options.answer_timeout_us, [self = shared_from_this(), of_round = round, index] {
          if (self->stale(of_round, index)) return;
          self->slots[index].timeout = 0;
          self->settle(index, {"no answer: none came within " +
                               span_text(self->options.answer_timeout_us)});
        });
  }
  const uint64_t id = send(request_of(traffic.entries[index]), result_of(index).location,
                           [self = shared_from_this(), of_round = round, index](Response response) {
                             self->answered(of_round, index, std::move(response));
                           });
  result_of(index).request_id = id;
  slot.sending = false;
}

void Runner::State::answered(uint32_t of_round, uint32_t index, Response response) {
  if (stale(of_round, index)) return;
  if (slots[index].sending) {  // called back before `send` returned
    world.post([self = shared_from_this(), of_round, index,
                response = std::move(response)]() mutable {
      self->answered(of_round, index, std::move(response));
    });
    return;
  }
  if (response.status == 0) {
    const std::string& why = response.reason;
    return settle(index, {"no answer: " + (why.empty() ? "the connection failed" : why)});
  }
  if (!response.stream) {
    Chunk body = Chunk::data(std::move(response.body));
    return body_read(of_round, index, std::move(response), std::move(body));
  }
  auto stream = std::move(response.stream);
  read_all(std::move(stream), options.body_size_bytes_max,
           [self = shared_from_this(), of_round, index,
            response = std::move(response)](Chunk body) mutable {
             self->body_read(of_round, index, std::move(response), std::move(body));
           });
}

void Runner::State::body_read(uint32_t of_round, uint32_t index, Response response, Chunk body) {
  if (stale(of_round, index)) return;
  const Entry& entry = traffic.entries[index];
  Result& result = result_of(index);
  result.status = response.status;
  cookies.learn(entry.cookies_set, response.headers);
  if (body.kind == Chunk::Kind::kError)
    return settle(index, {"body: reading it failed: " + shortened(body.bytes, 200)});
  result.compared = !entry.expect.empty();
  if (!result.compared) return settle(index, {});
  settle(index, compare(entry.expect, response.status, response.headers, body.bytes).differences);
}

void Runner::State::settle(uint32_t index, std::vector<std::string> differences) {
  Slot& slot = slots[index];
  assert(slot.sent && !slot.done);
  slot.done = true;
  if (slot.timeout) world.cancel(std::exchange(slot.timeout, 0));
  Result& result = result_of(index);
  result.duration_us = world.now_us() - results.start_us - result.at_us;
  result.differences = std::move(differences);
  results.duration_us = world.now_us() - results.start_us;
  ++done_of_round;
  if (auto waiters = waiting.extract(index)) {
    for (uint32_t waiter : waiters.mapped()) {
      world.post([self = shared_from_this(), waiter] {
        if (self->runner) self->due(waiter);
      });
    }
  }
  if (runner->on_progress) {
    const uint64_t each = traffic.entries.size();
    runner->on_progress(result, round * each + done_of_round, each * options.repeat);
  }
  if (!runner || done_of_round < traffic.entries.size()) return;
  if (++round < options.repeat) {
    world.post([self = shared_from_this()] {
      if (self->runner) self->begin_round();
    });
    return;
  }
  if (auto finished = std::exchange(done, nullptr)) finished();
}

void Runner::State::close() {
  runner = nullptr;
  if (next_event) world.cancel(std::exchange(next_event, 0));
  for (Slot& slot : slots) {
    if (slot.timeout) world.cancel(std::exchange(slot.timeout, 0));
  }
}

Runner::Runner(World& world, Traffic traffic, RunOptions options, SendFn send)
    : state_(std::make_shared<State>(world, std::move(traffic), std::move(options),
                                     std::move(send))) {
  state_->runner = this;
}

Runner::~Runner() { state_->close(); }

void Runner::start(std::move_only_function<void()> done) {
  state_->done = std::move(done);
  state_->results.start_us = state_->world.now_us();
  state_->world.post([self = state_] {
    if (!self->runner) return;
    if (!self->traffic.entries.empty() && self->options.repeat > 0) return self->begin_round();
    if (auto finished = std::exchange(self->done, nullptr)) finished();
  });
}

Results Runner::finish() {
  Results results = state_->results;
  // Of earlier rounds every request is done; after the last one there is no round left.
  const bool over = state_->round >= state_->options.repeat;
  for (size_t i = state_->first_of_round; !over && i < results.requests.size(); ++i) {
    const State::Slot& slot = state_->slots[i - state_->first_of_round];
    if (slot.done) continue;
    results.requests[i].differences.push_back(slot.sent
                                                  ? "no answer: none had come when the run ended"
                                                  : "not sent: the run ended before");
  }
  for (const Result& result : results.requests) {
    if (!result.as_expected()) ++results.differing;
    else if (result.compared) ++results.matched;
    else ++results.not_compared;
  }
  return results;
}

const Traffic& Runner::traffic() const { return state_->traffic; }

}  // namespace offing::replay
