#include "emulator/services/outbound.h"

#include <charconv>
#include <utility>

#include "emulator/http/content_coding.h"
#include "emulator/services/delayed.h"

namespace offing {

// A body is taken in whole to be matched with a recording, or in a virtual world.
constexpr uint64_t kBodyBytesMax = 100ull << 20;

constexpr std::string_view kLost = "Network connection lost.";

struct Target {
  std::string_view host;  // without port; IPv6 keeps its brackets
  uint16_t port = 80;
  bool default_port = true;
};

// `url` is absolute and was parsed by the engine's URL parser before it came here.
static Target target_of(std::string_view url) {
  Target target;
  const bool secure = url.starts_with("https:");
  target.port = secure ? 443 : 80;
  const size_t start = url.find("://");
  std::string_view rest = start == url.npos ? url : url.substr(start + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (const size_t at = rest.rfind('@'); at != rest.npos) rest.remove_prefix(at + 1);
  const size_t bracket = rest.rfind(']');
  const size_t colon = rest.rfind(':');
  if (colon != rest.npos && (bracket == rest.npos || colon > bracket)) {
    target.default_port = false;
    std::from_chars(rest.data() + colon + 1, rest.data() + rest.size(), target.port);
    rest = rest.substr(0, colon);
  }
  target.host = rest;
  return target;
}

static bool is_loopback(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") ||
         host == "[::1]";
}

bool outbound_allowed(const OutboundOptions& options, std::string_view host, uint16_t port,
                      bool default_port) {
  if (options.allow_loopback && is_loopback(host)) return true;
  const std::string with_port = std::string(host) + ":" + std::to_string(port);
  for (const std::string& rule : options.allowed) {
    if (rule == "*" || rule == with_port) return true;
    if (default_port && rule == host) return true;
    if (default_port && rule.starts_with("*.") && host.ends_with(rule.substr(1))) return true;
  }
  return false;
}

std::expected<std::unique_ptr<Outbound>, std::string> Outbound::open(World& world,
                                                                     OutboundOptions options) {
  std::unique_ptr<Outbound> outbound(new Outbound(world, std::move(options)));
  if (!outbound->options_.recording_path.empty()) {
    auto recording = replay::Recording::read(outbound->options_.recording_path);
    if (!recording) return std::unexpected(recording.error().text());
    outbound->recording_ = std::move(*recording);
  }
  return outbound;
}

Outbound::Outbound(World& world, OutboundOptions options)
    : world_(world),
      options_(std::move(options)),
      client_(std::make_unique<http::Client>(world, options_.client)) {}

static std::string denial(const Request& request, const Target& target, bool has_recording,
                          const std::string& miss) {
  std::string allow(target.host);
  if (!target.default_port) allow += ":" + std::to_string(target.port);
  std::string text = "fetch to " + request.url + " was denied: offing runs offline. ";
  if (has_recording) text += miss + " ";
  text += "Allow it with --allow-net " + allow;
  if (is_loopback(target.host)) text += " (or --allow-loopback for every local port)";
  if (!has_recording) text += ", or answer it from a recording with --outbound FILE.har";
  return text + ".";
}

void Outbound::fetch(std::string_view location, RequestId request, Request outbound,
                     Host::FetchCallback done) {
  if (outbound.stream) {
    auto source = std::move(outbound.stream);
    read_all(std::move(source), kBodyBytesMax,
             [this, location = std::string(location), request, outbound = std::move(outbound),
              done = std::move(done)](Chunk chunk) mutable {
               if (chunk.kind == Chunk::Kind::kError)
                 return done(std::unexpected(std::move(chunk.bytes)));
               outbound.has_body = true;
               outbound.body = std::move(chunk.bytes);
               fetch(location, request, std::move(outbound), std::move(done));
             });
    return;
  }
  if (world_.fault(FaultPoint::kOutboundLost)) {
    return answer(location, request, outbound, "fault",
                  std::unexpected(std::string(kLost)), std::move(done));
  }
  if (world_.has_fault_rules() && !pass_rules(location, request, outbound, done)) return;
  std::string miss;
  if (recording_) {
    auto recorded = recording_->answer(outbound);
    if (recorded)
      return answer(location, request, outbound, "recording", std::move(*recorded), std::move(done));
    miss = std::move(recorded.error());
  }
  const Target target = target_of(outbound.url);
  if (outbound_allowed(options_, target.host, target.port, target.default_port))
    return from_network(std::string(location), request, std::move(outbound), std::move(done));
  answer(location, request, outbound, "denied",
         std::unexpected(denial(outbound, target, recording_.has_value(), miss)), std::move(done));
}

// False: a fault rule has taken the request. A status makes it an answer, with the text as its body.
bool Outbound::pass_rules(std::string_view location, RequestId request, Request& outbound,
                          Host::FetchCallback& done) {
  const FaultEffect* effect =
      world_.fault_for({FaultService::kFetch, outbound.method, outbound.url, location});
  if (effect == nullptr) return true;
  switch (effect->kind) {
    case FaultEffect::Kind::kDrop: return false;
    case FaultEffect::Kind::kLatency:
      done = delayed(world_, effect->us, std::move(done));
      return true;
    case FaultEffect::Kind::kError:
    case FaultEffect::Kind::kTimeout: break;
  }
  std::expected<Response, std::string> result =
      std::unexpected(effect->text.empty() ? std::string(kLost) : effect->text);
  if (effect->status != 0) {
    result.emplace();
    result->status = effect->status;
    result->has_body = !effect->text.empty();
    result->body = effect->text;
  }
  world_.schedule_after(effect->us, [this, location = std::string(location), request,
                                     outbound = std::move(outbound), result = std::move(result),
                                     done = std::move(done)]() mutable {
    answer(location, request, outbound, "fault", std::move(result), std::move(done));
  });
  return false;
}

void Outbound::answer(std::string_view location, RequestId request, const Request& asked,
                      std::string_view via, std::expected<Response, std::string> result,
                      Host::FetchCallback done) {
  world_.trace().emit(trace::OutboundEvent{request, location, asked.method, asked.url, via,
                                           result ? result->status : uint16_t{0},
                                           result ? std::string_view() : result.error()});
  const int64_t delay_ms = world_.is_virtual() && via != "denied" ? options_.latency_ms : 0;
  world_.schedule_after(delay_ms * 1000,
                        [done = std::move(done), result = std::move(result)]() mutable {
                          done(std::move(result));
                        });
}

void Outbound::from_network(std::string location, RequestId request, Request outbound,
                            Host::FetchCallback done) {
  auto report = [this, location = std::move(location), request, method = outbound.method,
                 url = outbound.url](const std::expected<Response, std::string>& result) {
    world_.trace().emit(trace::OutboundEvent{request, location, method, url, "network",
                                             result ? result->status : uint16_t{0},
                                             result ? std::string_view() : result.error()});
  };
  outbound.headers.set(kHopsHeader, std::to_string(outbound.hops + 1));
  if (!outbound.headers.has("accept-encoding")) outbound.headers.add("accept-encoding", "br, gzip");
  if (!world_.is_virtual()) {
    client_->fetch(std::move(outbound), [report = std::move(report), done = std::move(done)](
                                            std::expected<Response, std::string> result) mutable {
      if (result) http::decode_body(*result);
      report(result);
      done(std::move(result));
    });
    return;
  }
  const auto place = world_.begin_external(world_.now_us() + options_.latency_ms * 1000);
  auto deliver = [this, place, report = std::move(report),
                  done = std::move(done)](std::expected<Response, std::string> result) mutable {
    world_.complete_external(place, [report = std::move(report), done = std::move(done),
                                     result = std::move(result)]() mutable {
      report(result);
      done(std::move(result));
    });
  };
  client_->fetch(std::move(outbound), [deliver = std::move(deliver)](
                                          std::expected<Response, std::string> result) mutable {
    if (result) http::decode_body(*result);
    if (!result || !result->stream) return deliver(std::move(result));
    auto stream = std::move(result->stream);
    read_all(std::move(stream), kBodyBytesMax,
             [deliver = std::move(deliver), response = std::move(*result)](Chunk chunk) mutable {
               if (chunk.kind == Chunk::Kind::kError)
                 return deliver(std::unexpected(std::move(chunk.bytes)));
               response.has_body = true;
               response.body = std::move(chunk.bytes);
               deliver(std::move(response));
             });
  });
}

}  // namespace offing
