#include "emulator/control/front.h"

#include <charconv>
#include <utility>

#include "emulator/control/cron_door.h"
#include "emulator/control/json.h"
#include "emulator/control/stream.h"

namespace offing::control {

static constexpr std::string_view kPrefix = "/cdn-cgi/offing/";
static constexpr std::string_view kWorldHeader = "offing-world";

// From its first slash, with its query.
static std::string_view path_of(std::string_view url) {
  const size_t slash = url.find('/', url.find("://") + 3);
  return slash == url.npos ? std::string_view("/") : url.substr(slash);
}

static Response json_response(uint16_t status, std::string body) {
  Response response;
  response.status = status;
  response.headers.add("content-type", "application/json");
  response.headers.add("cache-control", "no-store");
  response.headers.add("x-content-type-options", "nosniff");
  response.has_body = true;
  response.body = std::move(body) + "\n";
  return response;
}

static Response failure_response(const Failure& failure) {
  Response response = json_response(failure.status, failure_json(failure));
  if (failure.code == "wrong_method")
    response.headers.add("allow", failure.message.find("asked with GET") == std::string::npos ? "POST" : "GET");
  return response;
}

static Done to_response(ResponseCallback respond) {
  return [respond = std::move(respond)](Outcome outcome) mutable {
    if (!outcome) return respond(failure_response(outcome.error()));
    respond(json_response(200, std::move(*outcome)));
  };
}

static Failure cross_site() { return {403, "cross_site", "offing answers no pages of other origins"}; }

// A browser says from where a page asks; what is no page says nothing.
static bool from_elsewhere(const Request& request) {
  const std::string_view site = request.headers.get("sec-fetch-site").value_or("none");
  if (site != "none" && site != "same-origin") return true;
  const auto origin = request.headers.get("origin");
  const std::string_view url = request.url;
  return origin && *origin != url.substr(0, url.size() - path_of(url).size());
}

void ControlFront::on_request(uint64_t ticket, Request request, ResponseCallback respond) {
  Stages& stages = control_.stages();
  Stage* stage = nullptr;
  if (auto asked = request.headers.get(kWorldHeader)) {
    auto found = control_.stage(*asked);
    if (!found) return respond(failure_response(found.error()));
    stage = *found;
    request.headers.remove(kWorldHeader);
  } else {
    stage = &stages.main();
  }
  const std::string_view path = path_of(request.url);
  if (R2Door::is_for(request, path))
    return stage->r2_protocol(ticket, std::move(request), std::move(respond));
  if (path.starts_with(kPrefix)) {
    if (rest::RestFront::owns(path))
      return stage->rest(ticket, std::move(request), std::move(respond));
    const std::string kept(path);
    return ask(*stage, std::move(request), kept, std::move(respond));
  }
  if (is_cron_door(path)) {
    if (from_elsewhere(request)) return respond(failure_response(cross_site()));
    return run_cron(*stage, std::move(request), std::move(respond));
  }
  worker(*stage, ticket, std::move(request), std::move(respond));
}

void ControlFront::worker(Stage& stage, uint64_t ticket, Request request, ResponseCallback respond) {
  if (stage.virtual_world() && stage.requests() == 0) control_.watched().watch_limits(stage);
  if (&stage == &control_.stages().main())
    return stage.fetch(ticket, std::move(request), std::move(respond));
  elsewhere_.emplace(ticket, stage.id);
  stage.fetch(ticket, std::move(request),
              [this, ticket, respond = std::move(respond)](Response response) mutable {
                elsewhere_.erase(ticket);
                respond(std::move(response));
              });
}

void ControlFront::on_client_gone(uint64_t ticket) {
  Stage* stage = &control_.stages().main();
  if (auto at = elsewhere_.find(ticket); at != elsewhere_.end()) {
    stage = control_.stages().find(at->second);
    elsewhere_.erase(at);
  }
  if (stage != nullptr) stage->client_gone(ticket);
}

// Where a stream goes on: the query's `after`, else what a browser's EventSource had last.
Response ControlFront::stream(Stage& stage, const Verb& verb, const Request& request,
                              std::string_view query) {
  rapidjson::Document given;
  given.SetObject();
  if (auto added = add_query(query, verb.arguments, given); !added)
    return failure_response(added.error());
  auto arguments = Arguments::read(verb.arguments, given);
  if (!arguments) return failure_response(arguments.error());
  auto filter = TraceFilter::of(*arguments);
  if (!filter) return failure_response(filter.error());
  const std::string_view last = request.headers.get("last-event-id").value_or("");
  uint64_t seen = 0;
  const auto parsed = std::from_chars(last.data(), last.data() + last.size(), seen);
  if (!filter->after && parsed.ec == std::errc()) filter->after = seen;
  Response response;
  response.headers.add("content-type", "text/event-stream");
  response.headers.add("cache-control", "no-store");
  response.has_body = true;
  response.stream = trace_stream(control_.stages().house(), stage, std::move(*filter));
  return response;
}

void ControlFront::ask(Stage& stage, Request request, std::string_view path,
                           ResponseCallback respond) {
  const size_t question = std::min(path.find('?'), path.size());
  const std::string query(path.substr(std::min(question + 1, path.size())));
  const std::string name(path.substr(kPrefix.size(), question - kPrefix.size()));
  if (from_elsewhere(request)) return respond(failure_response(cross_site()));
  if (name == "openapi.json" && request.method == "GET")
    return respond(json_response(200, openapi_json(control_.version())));
  if (request.headers.get("offing-control").value_or("") != "1")
    return respond(failure_response(
        {403, "no_control_header", "offing's own paths need the header \"offing-control: 1\""}));
  const Verb* verb = Control::find(request.method, name);
  if (verb == nullptr)
    return respond(failure_response(Control::no_such_verb(request.method, name)));
  if (verb->run == nullptr) return respond(stream(stage, *verb, request, query));
  if (!request.stream) return run(stage.id, *verb, query, request.body, std::move(respond));
  // The world may be another one by the time the body is here; its id stays.
  read_all(std::move(request.stream), kBodyBytesMax,
           [this, id = stage.id, verb, query, respond = std::move(respond)](Chunk chunk) mutable {
             if (chunk.kind == Chunk::Kind::kError)
               return respond(failure_response(
                   {413, "body_too_large", "the body has more than 32 MiB, or broke off: " + chunk.bytes}));
             run(id, *verb, query, chunk.bytes, std::move(respond));
           });
}

void ControlFront::run(const std::string& world, const Verb& verb, std::string_view query,
                       std::string_view body, ResponseCallback respond) {
  if (body.size() > kBodyBytesMax)
    return respond(failure_response({413, "body_too_large", "the body has more than 32 MiB"}));
  auto stage = control_.stage(world);
  if (!stage) return respond(failure_response(stage.error()));
  auto arguments = parse_object(body);
  if (!arguments) return respond(failure_response(arguments.error()));
  if (auto added = add_query(query, verb.arguments, *arguments); !added)
    return respond(failure_response(added.error()));
  control_.run(**stage, verb, *arguments, to_response(std::move(respond)));
}

}  // namespace offing::control
