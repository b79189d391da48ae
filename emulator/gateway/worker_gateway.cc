#include "emulator/gateway/worker_gateway.h"

#include <charconv>
#include <cstdlib>
#include <utility>

#include "emulator/gateway/error_page.h"
#include "emulator/http/content_coding.h"
#include "emulator/services/outbound.h"
#include "emulator/topology/colos.h"

namespace offing {

// A response's stream on its way to the client.
class WorkerGateway::Body final : public ByteSource {
 public:
  Body(std::unique_ptr<ByteSource> bytes, std::shared_ptr<Bodies> bodies, RequestId id)
      : bytes_(std::move(bytes)), bodies_(std::move(bodies)), id_(id) {}
  ~Body() override { bodies_->erase(id_); }
  void read(Done done) override {
    // The source below drops its `done` when this goes.
    bytes_->read([this, done = std::move(done)](Chunk chunk) mutable {
      if (chunk.kind != Chunk::Kind::kData) bodies_->erase(id_);
      done(std::move(chunk));
    });
  }
  void cancel(std::string_view reason) override { bytes_->cancel(reason); }
  std::optional<uint64_t> length_bytes() const override { return bytes_->length_bytes(); }

 private:
  std::unique_ptr<ByteSource> bytes_;
  std::shared_ptr<Bodies> bodies_;
  RequestId id_;
};

// Headers of the client that the edge replaces, or that are offing's own.
static bool is_replaced(std::string_view name) {
  static constexpr std::string_view kReplaced[] = {
      "accept-encoding", "cf-connecting-ip", "cf-ipcountry",      "cf-ray",
      "cf-visitor",      "offing-location",  "offing-hops",       "offing-session",
      "x-forwarded-proto", "x-forwarded-for"};
  if (name.empty()) return false;
  const char first = name[0] | 0x20;
  if (first != 'a' && first != 'c' && first != 'o' && first != 'x') return false;
  for (std::string_view replaced : kReplaced) {
    if (equals_ignoring_case(name, replaced)) return true;
  }
  return false;
}

WorkerGateway::WorkerGateway(World& world, Topology& topology)
    : world_(world), topology_(topology), running_(world.running()), rays_(world.random("gateway/cf-ray")) {
  for (const std::string& code : topology.locations()) {
    country_.emplace_back(country_of(code));
  }
}

std::string WorkerGateway::new_ray() {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string ray(16, '0');
  uint64_t bits = rays_.next();
  for (char& c : ray) {
    c = kHex[bits & 15];
    bits >>= 4;
  }
  return ray;
}

// spec/runtime-api.md 2, "request headers added by the edge".
HeaderList WorkerGateway::guest_headers(const HeaderList& headers, size_t location,
                                        const std::string& ray) {
  HeaderList seen;
  for (Header h : headers) {
    if (!is_replaced(h.name)) seen.add(h.name, h.value);
  }
  seen.add("accept-encoding", "br, gzip");
  seen.add("cf-connecting-ip", "127.0.0.1");
  seen.add("cf-ipcountry", country_[location]);
  seen.add("cf-ray", ray);
  seen.add("cf-visitor", "{\"scheme\":\"http\"}");
  const auto forwarded = headers.get("x-forwarded-for");
  seen.add("x-forwarded-for", forwarded ? std::string(*forwarded) + ",127.0.0.1" : "127.0.0.1");
  seen.add("x-forwarded-proto", "http");
  return seen;
}

static std::string location_error(std::string_view asked, const Topology& topology) {
  std::string known;
  for (const std::string& code : topology.locations()) known += (known.empty() ? "" : ", ") + code;
  return "offing-location: \"" + std::string(asked) + "\" is not a location of this run; there are " +
         known + " (--locations)";
}

// What services/outbound wrote, here or in another offing; anything else is no number of hops.
static uint32_t hops_of(const HeaderList& headers) {
  const auto written = headers.get(kHopsHeader);
  uint32_t hops = 0;
  if (written) std::from_chars(written->data(), written->data() + written->size(), hops);
  return hops;
}

// Names the client, for those who read the trace; the guest does not see it.
static std::string_view session_of(const Request& request) {
  return request.headers.get("offing-session").value_or("");
}

void WorkerGateway::refuse_loop(RequestId id, size_t location, const Request& request,
                                ResponseCallback respond) {
  const std::string& code = topology_.locations()[location];
  const std::string ray = new_ray();
  Response response =
      platform_error(PlatformError::kLoop, request.headers.get("accept").value_or(""), ray);
  response.headers.add("cf-ray", ray + "-" + code);
  world_.trace().emit(
      trace::RequestEvent{id, code, 0, request.method, request.url, session_of(request)});
  world_.trace().emit(trace::ResponseEvent{id, code, response.status, 0, "unknown"});
  respond(std::move(response));
}

void WorkerGateway::dispatch(RequestId id, Request request, ResponseCallback respond) {
  size_t location = 0;
  if (auto asked = request.headers.get("offing-location")) {
    auto found = topology_.find_location(*asked);
    if (!found) return respond(plain_answer(400, location_error(*asked, topology_)));
    location = *found;
  }
  request.hops = hops_of(request.headers);
  const uint64_t hops_max = topology_.limits().loop_hops;
  if (hops_max != 0 && request.hops > hops_max)
    return refuse_loop(id, location, request, std::move(respond));
  const std::string& code = topology_.locations()[location];
  auto resident = topology_.acquire(location);
  const int64_t started_us = world_.now_us();
  const uint32_t number = resident ? (*resident)->number : 0;
  world_.trace().emit(
      trace::RequestEvent{id, code, number, request.method, request.url, session_of(request)});
  if (!resident) {
    world_.trace().emit(trace::ExceptionEvent{id, code, "module", resident.error(), ""});
    world_.trace().emit(trace::ResponseEvent{id, code, 500, 0, "exception"});
    return respond(plain_answer(500, "The Worker does not start: " + resident.error()));
  }
  std::string ray = new_ray();
  std::string accept(request.headers.get("accept").value_or(""));
  request.headers = guest_headers(request.headers, location, ray);
  in_flight_.emplace(id, InFlight{location, number});
  running_.begin(id, RunningNote::isolate_word(code, number), request.method, request.url);
  running_.entering = id;
  if (world_.fault(FaultPoint::kProcessCrash)) std::abort();
  (*resident)->isolate->fetch(
      id, std::move(request), topology_.cf_json(location), "default",
      [this, id, location, number, started_us, ray = std::move(ray), accept = std::move(accept),
       respond = std::move(respond)](FetchResult result) mutable {
        finish(id, location, number, started_us, ray, std::move(accept), std::move(result),
               std::move(respond));
      });
  running_.entering = 0;
}

static Response answer_of(FetchResult result, std::string_view accept, std::string_view ray) {
  if (result.outcome == Outcome::kOk) return std::move(result.response);
  if (result.pass_through) {
    return plain_answer(500,
                        "The Worker threw and had called passThroughOnException(); there is no "
                        "origin to pass the request to in offing.");
  }
  const bool limit = result.outcome == Outcome::kExceededCpu ||
                     result.outcome == Outcome::kExceededMemory;
  return platform_error(limit ? PlatformError::kResourceLimits : PlatformError::kWorkerThrew, accept,
                        ray);
}

void WorkerGateway::finish(RequestId id, size_t location, uint32_t isolate, int64_t started_us,
                           const std::string& ray, std::string accept, FetchResult result,
                           ResponseCallback respond) {
  auto it = in_flight_.find(id);
  if (it == in_flight_.end()) return topology_.release(location, isolate);
  const std::string& code = topology_.locations()[location];
  const std::string_view outcome = to_string(result.outcome);
  const Counts used = result.used;
  Response response = answer_of(std::move(result), accept, ray);
  http::encode_body(response);
  response.headers.add("cf-ray", ray + "-" + code);
  const bool wanted = !it->second.gone;
  world_.trace().emit(trace::ResponseEvent{id, code, wanted ? response.status : uint16_t{0},
                                           world_.now_us() - started_us, outcome,
                                           used});
  running_.end(id);
  in_flight_.erase(it);
  if (wanted && response.stream) {
    bodies_->emplace(id, InFlight{location, isolate});
    response.stream = std::make_unique<Body>(std::move(response.stream), bodies_, id);
  }
  topology_.release(location, isolate);
  if (wanted) respond(std::move(response));
}

void WorkerGateway::client_gone(RequestId id) {
  if (auto sent = bodies_->extract(id)) return body_cut(id, sent.mapped());
  auto it = in_flight_.find(id);
  if (it == in_flight_.end()) return;
  it->second.gone = true;
  const InFlight gone = it->second;
  if (auto* resident = topology_.find(gone.location, gone.isolate)) {
    resident->isolate->client_gone(id);  // finishes it
  }
  if (in_flight_.erase(id) == 0) return;
  running_.end(id);
  world_.trace().emit(trace::ResponseEvent{id, topology_.locations()[gone.location], 0, 0,
                                           to_string(Outcome::kCanceled)});
}

void WorkerGateway::body_cut(RequestId id, InFlight gone) {
  world_.trace().emit(trace::ResponseCutEvent{
      id, topology_.locations()[gone.location], to_string(Outcome::kResponseStreamDisconnected)});
  if (auto* resident = topology_.find(gone.location, gone.isolate)) {
    resident->isolate->client_gone(id);
  }
}

}  // namespace offing
