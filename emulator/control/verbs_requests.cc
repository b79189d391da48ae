#include <algorithm>
#include <utility>
#include <vector>

#include "emulator/control/control.h"
#include "emulator/control/json.h"
#include "emulator/control/shown.h"

namespace offing::control {
namespace {

constexpr uint64_t kBodyBytesMax = 8u << 20;
constexpr size_t kRequestsMax = 10'000;
constexpr Argument kRequests[] = {
    {"group", Kind::kList, true,
     "[{method, url|path, headers, body|body_base64, location, session, at}]; `at` is a duration from now"}};
constexpr Argument kRequest[] = {{"method", Kind::kText, false, "GET"},
                                 {"url", Kind::kText, false, "absolute"},
                                 {"path", Kind::kText, false, "of http://localhost, instead"},
                                 {"headers", Kind::kAny, false, "an object, or a list of pairs"},
                                 {"body", Kind::kText, false, "a text"},
                                 {"body_base64", Kind::kText, false, "bytes, instead"},
                                 {"location", Kind::kText, false, "where it lands"},
                                 {"session", Kind::kText, false, "who asks"},
                                 {"at", Kind::kDuration, false, "so long after the others"}};

struct Planned {
  Request request;
  int64_t after_us = 0;
};

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

std::optional<Failure> add_header(HeaderList& headers, const rapidjson::Value& name,
                                  const rapidjson::Value& value) {
  const bool good = name.IsString() && is_token(text_of(name)) && value.IsString() &&
                    text_of(value).find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
  if (!good)
    return Failure::bad("\"headers\" must name valid headers with texts: {\"x-a\": \"1\"} or [[\"x-a\", \"1\"]]");
  headers.add(text_of(name), text_of(value));
  return std::nullopt;
}

std::optional<Failure> read_headers(const rapidjson::Value* given, HeaderList& headers) {
  if (given == nullptr || given->IsNull()) return std::nullopt;
  if (given->IsObject()) {
    for (auto at = given->MemberBegin(); at != given->MemberEnd(); ++at) {
      if (auto failure = add_header(headers, at->name, at->value)) return failure;
    }
    return std::nullopt;
  }
  if (!given->IsArray()) return bad_value("headers", *given, "an object, or a list of pairs");
  for (const rapidjson::Value& pair : given->GetArray()) {
    if (!pair.IsArray() || pair.Size() != 2) return bad_value("headers", pair, "a pair [name, value]");
    if (auto failure = add_header(headers, pair[0], pair[1])) return failure;
  }
  return std::nullopt;
}

std::expected<Planned, Failure> plan(const rapidjson::Value& given) {
  auto read = Arguments::read(kRequest, given);
  if (!read) return std::unexpected(read.error());
  Planned planned;
  Request& request = planned.request;
  request.method = read->optional_text("method").value_or("GET");
  if (!is_token(request.method)) return std::unexpected(bad_value("method", request.method, "a method such as GET"));
  if (read->has("url") == read->has("path"))
    return std::unexpected(Failure::bad("give either \"url\" (http://…) or \"path\" (/…)"));
  request.url = read->has("url") ? read->text("url") : "http://localhost" + read->text("path");
  const bool absolute = request.url.starts_with("http://") || request.url.starts_with("https://");
  const bool good = absolute && request.url.find_first_of(" \t\r\n") == std::string::npos &&
                    (read->has("url") || read->text("path").starts_with('/'));
  if (!good)
    return std::unexpected(bad_value(read->has("url") ? "url" : "path", request.url,
                                     "a URL with http://, or a path with /; encoded"));
  if (const size_t slash = request.url.find('/', request.url.find("://") + 3); slash == std::string::npos)
    request.url += "/";
  if (auto failure = read_headers(read->value("headers"), request.headers))
    return std::unexpected(std::move(*failure));
  if (read->has("location")) request.headers.set("offing-location", read->text("location"));
  if (read->has("session")) request.headers.set("offing-session", read->text("session"));
  request.headers.remove("offing-world");
  if (read->has("body") || read->has("body_base64")) {
    auto body = bytes_of(*read, "body");
    if (!body) return std::unexpected(body.error());
    request.has_body = true;
    request.body = std::move(*body);
  }
  planned.after_us = read->duration_us("at").value_or(0);
  return planned;
}

// The answers of a group, collected in its order; the last one answers for all.
class Group : public std::enable_shared_from_this<Group> {
 public:
  Group(Stage& stage, Reply reply, size_t count)
      : stage_(stage), reply_(std::move(reply)), waiting_(stage), answers_(count), left_(count) {}

  void begin(size_t index, Request request) {
    auto self = shared_from_this();
    // The answer may come before the number does.
    const uint64_t number = stage_.dispatch(std::move(request), [self, index](Response response) {
      self->answered(index, std::move(response));
    });
    answers_[index].request = number;
    if (std::exchange(answers_[index].early, false)) finish_one();
  }

 private:
  struct Answer {
    uint64_t request = 0;
    bool early = false;
    std::string json;  // without its brackets and number
  };

  void answered(size_t index, Response response) {
    if (!response.stream) {
      const std::string body = std::move(response.body);
      return keep(index, response, body);
    }
    std::unique_ptr<ByteSource> stream = std::move(response.stream);
    auto head = std::make_shared<Response>(std::move(response));
    read_all(std::move(stream), kBodyBytesMax, [self = shared_from_this(), index, head](Chunk chunk) {
      if (chunk.kind != Chunk::Kind::kError) return self->keep(index, *head, chunk.bytes);
      self->keep(index, *head, "", chunk.bytes);
    });
  }

  void keep(size_t index, const Response& response, const std::string& body, const std::string& error = "") {
    Json json;
    json.open('{').field("status", response.status).key("headers").open('[');
    for (const Header header : response.headers) {
      json.open('[').value(header.name).value(header.value).close(']');
    }
    json.close(']');
    if (body.size() > kBodyBytesMax) json.field("body", "").field("error", "the body has more than 8 MiB");
    else add_bytes(json, "body", body);
    if (!error.empty()) json.field("error", error);
    json.field("now_ms", stage_.world().now_ms());
    answers_[index].json = json.take();
    if (answers_[index].request == 0) answers_[index].early = true;
    else finish_one();
  }

  void finish_one() {
    if (--left_ > 0) return;
    std::string all = "{\"responses\":[";
    for (const Answer& answer : answers_) {
      if (&answer != answers_.data()) all += ',';
      all += answer.json + ",\"request\":" + std::to_string(answer.request) + "}";
    }
    reply_(all + "]}");
  }

  Stage& stage_;
  Reply reply_;
  Waiting waiting_;
  std::vector<Answer> answers_;
  size_t left_;
};

void requests(Call call) {
  const rapidjson::Value& given = *call.arguments.value("group");
  if (given.Size() > kRequestsMax)
    return call.reply.fail(Failure::bad("\"group\" has " + std::to_string(given.Size()) +
                                        " requests; at most 10000 go together"));
  std::vector<Planned> plans;
  for (const rapidjson::Value& one : given.GetArray()) {
    auto planned = plan(one);
    if (!planned) {
      planned.error().message = "group[" + std::to_string(plans.size()) + "]: " + planned.error().message;
      return call.reply.fail(std::move(planned.error()));
    }
    plans.push_back(std::move(*planned));
  }
  if (plans.empty()) return call.reply("{\"responses\":[]}");
  call.control.watched().watch_limits(call.stage);
  inside(std::move(call), [plans = std::move(plans)](Call call) mutable {
    World& world = call.stage.world();
    auto group = std::make_shared<Group>(call.stage, std::move(call.reply), plans.size());
    for (size_t i = 0; i < plans.size(); ++i) {
      if (plans[i].after_us == 0) {
        group->begin(i, std::move(plans[i].request));
        continue;
      }
      world.schedule_after(plans[i].after_us, [group, i, request = std::move(plans[i].request)]() mutable {
        group->begin(i, std::move(request));
      });
    }
  });
}

constexpr Verb kVerbs[] = {
    {"POST", "requests", "Requests to the Worker that begin at one instant, in this order", kRequests,
     "{responses: [{status, headers: [[name, value]], body|body_base64, now_ms, request, error?}]}", requests},
};

}  // namespace

Verbs request_verbs() { return kVerbs; }

}  // namespace offing::control
