// The requests of a run: how they are sent, and what their answers have to be.
#include <algorithm>
#include <utility>

#include "emulator/http/content_coding.h"
#include "emulator/replay/values.h"
#include "emulator/scenario/run.h"
#include "emulator/stage/crossing.h"

namespace offing::scenario {

using config::Value;

constexpr uint64_t kBodyBytesMax = 64u << 20;

std::expected<Request, std::string> Run::request_of(const RequestStep& step) {
  Request request;
  auto url = variables_.fill(step.url);
  if (!url) return std::unexpected(url.error());
  request.method = step.method;
  request.url = url->starts_with('/') ? "http://localhost" + *url : *url;
  for (const auto& [name, text] : step.headers) {
    auto value = variables_.fill(text);
    if (!value) return std::unexpected(value.error());
    if (value->find_first_of(std::string_view("\r\n\0", 3)) != value->npos)
      return std::unexpected("header " + name + ": a variable brought a line break into it");
    request.headers.add(name, *value);
  }
  auto location = variables_.fill(step.location);
  if (!location) return std::unexpected(location.error());
  if (!location->empty()) request.headers.set("offing-location", *location);
  if (!step.session.empty()) {
    request.headers.set("offing-session", step.session);
    const std::string cookies = step.cookies ? cookies_[step.session].header() : "";
    if (!cookies.empty() && !request.headers.has("cookie")) request.headers.add("cookie", cookies);
  }
  request.has_body = step.body || step.json || step.method == "POST" || step.method == "PUT" ||
                     step.method == "PATCH";
  if (step.json) {
    auto json = variables_.fill(*step.json);
    if (!json) return std::unexpected(json.error());
    request.body = json->json();
    if (!request.headers.has("content-type"))
      request.headers.add("content-type", "application/json");
  } else if (step.body) {
    auto body = variables_.fill(*step.body);
    if (!body) return std::unexpected(body.error());
    request.body = std::move(*body);
  }
  return request;
}

void Run::send(const RequestStep& step, size_t index) {
  auto request = request_of(step);
  if (!request) return fail(step.place.line, request.error());
  ++result_.requests;
  answers_[index].url = request->url;
  Stage& stage = this->stage();
  cross(
      stage.inside(), std::move(*request),
      [self = shared_from_this(), number = step_number_, index](Response response) mutable {
        if (self->over_ || self->step_number_ != number) return;
        self->in_house([index, response = std::move(response)](Run& run) mutable {
          run.answered(index, std::move(response));
        });
      },
      [weak = weak_from_this(), &stage, index, at_us = step.at_us, number = step_number_](
          Request request, ResponseCallback respond) {
        auto dispatch = [weak, &stage, index, number, request = std::move(request),
                         respond = std::move(respond)]() mutable {
          const uint64_t traced = stage.dispatch(std::move(request), std::move(respond));
          auto self = weak.lock();
          if (self && self->step_number_ == number) self->answers_[index].number = traced;
        };
        if (at_us == 0)
          dispatch();
        else
          stage.world().schedule_after(at_us, std::move(dispatch));
      });
}

void Run::answered(size_t index, Response response) {
  http::decode_body(response);
  Answer& answer = answers_[index];
  auto stream = std::move(response.stream);
  Chunk body = Chunk::data(std::move(response.body));
  answer.response = std::move(response);
  if (!stream) return body_read(index, std::move(body));
  read_all(std::move(stream), kBodyBytesMax, [self = shared_from_this(), index](Chunk body) {
    self->in_house([index, body = std::move(body)](Run& run) mutable {
      run.body_read(index, std::move(body));
    });
  });
}

void Run::body_read(size_t index, Chunk body) {
  answers_[index].body = std::move(body);
  answers_[index].here = true;
  if (--awaited_ == 0) judge();
}

void Run::judge() {
  const std::vector<RequestStep>& requests = step_->requests;
  for (size_t i = 0; i < requests.size(); ++i) {
    const RequestStep& step = requests[i];
    const Answer& answer = answers_[i];
    if (!step.session.empty()) cookies_[step.session].learn(answer.response.headers);
    std::vector<std::string> wrong;
    if (auto checked = check(step, answer, wrong); !checked) wrong.push_back(checked.error());
    const std::string where = step.location.empty() ? "" : " in " + step.location;
    for (const std::string& text : wrong)
      result_.failures.push_back(
          {step_text(), step.place.line,
           step.method + " " + std::string(replay::target_of(answer.url)) + where + ": " + text});
    for (const Save& save : step.save) {
      if (!wrong.empty()) break;
      if (auto kept = keep(save, answer); !kept)
        result_.failures.push_back({step_text(), step.place.line, "save: " + kept.error()});
    }
  }
  if (!result_.failures.empty()) return end();
  next();
}

static bool has_status(const Value& expected, uint16_t status) {
  if (expected.is(Value::Type::kInteger)) return expected.integer == status;
  return std::any_of(expected.items.begin(), expected.items.end(),
                     [status](const Value& one) { return one.integer == status; });
}

std::expected<void, std::string> Run::check(const RequestStep& step, const Answer& answer,
                                            std::vector<std::string>& wrong) {
  const Expectation& expect = step.expect;
  const Response& response = answer.response;
  if (answer.body.kind == Chunk::Kind::kError)
    wrong.push_back("the body breaks off: " + replay::shortened(answer.body.bytes, 200));
  if (expect.status && !has_status(*expect.status, response.status))
    wrong.push_back("status: expected " + expect.status->json() + ", got " +
                    std::to_string(response.status) + " (" +
                    replay::shortened(answer.body.bytes, 300) + ")");
  for (const ExpectedHeader& header : expect.headers) {
    const auto actual = response.headers.get(header.name);
    if (!header.value) {
      if (actual)
        wrong.push_back("header " + header.name + ": expected none, got \"" + std::string(*actual) +
                        "\"");
      continue;
    }
    auto value = variables_.fill(*header.value);
    if (!value) return std::unexpected(value.error());
    if (!actual || *actual != *value)
      wrong.push_back("header " + header.name + ": expected \"" + *value + "\", got " +
                      (actual ? "\"" + std::string(*actual) + "\"" : "none"));
  }
  if (expect.stale) {
    const bool stale = stale_.contains(answer.number);
    if (stale != *expect.stale)
      wrong.push_back(stale ? "expected only fresh reads of KV, but one was stale"
                            : "expected a stale read of KV, but all were fresh");
  }
  return check_body(step, answer, wrong);
}

std::expected<void, std::string> Run::check_body(const RequestStep& step, const Answer& answer,
                                                 std::vector<std::string>& wrong) {
  const Expectation& expect = step.expect;
  const std::string& body = answer.body.bytes;
  if (expect.body) {
    auto text = variables_.fill(*expect.body);
    if (!text) return std::unexpected(text.error());
    if (*text != body)
      wrong.push_back("body: expected \"" + replay::shortened(*text, 300) + "\", got \"" +
                      replay::shortened(body, 300) + "\"");
  }
  for (const bool there : {true, false}) {
    for (const std::string& part : there ? expect.contains : expect.lacks) {
      auto text = variables_.fill(part);
      if (!text) return std::unexpected(text.error());
      if ((body.find(*text) != body.npos) != there)
        wrong.push_back(std::string("body: expected it ") + (there ? "to contain" : "to lack") +
                        " \"" + replay::shortened(*text, 200) + "\", got \"" +
                        replay::shortened(body, 300) + "\"");
    }
  }
  if (!expect.json) return {};
  auto expected = variables_.fill(*expect.json);
  if (!expected) return std::unexpected(expected.error());
  auto actual = config::parse_jsonc(body, "body");
  if (!actual) {
    wrong.push_back("body: expected JSON, got \"" + replay::shortened(body, 300) + "\"");
    return {};
  }
  for (std::string& text : mismatches(*expected, &*actual, "json"))
    wrong.push_back(std::move(text));
  return {};
}

std::expected<void, std::string> Run::keep(const Save& save, const Answer& answer) {
  const std::string& path = save.path;
  if (path == "status") {
    variables_.set(save.variable, std::to_string(answer.response.status));
  } else if (path == "body") {
    variables_.set(save.variable, answer.body.bytes);
  } else if (path.starts_with("header.")) {
    const auto value = answer.response.headers.get(std::string_view(path).substr(7));
    if (!value) return std::unexpected("the answer has no " + path);
    variables_.set(save.variable, std::string(*value));
  } else if (path.starts_with("cookie.")) {
    std::string storage;
    if (!cookie_of(answer.response.headers, path.substr(7), storage))
      return std::unexpected("the answer sets no " + path);
    variables_.set(save.variable, storage);
  } else if (path == "json" || path.starts_with("json.") || path.starts_with("json[")) {
    auto json = config::parse_jsonc(answer.body.bytes, "body");
    const Value* value = json ? find_path(*json, std::string_view(path).substr(4)) : nullptr;
    if (!value)
      return std::unexpected("the answer has no " + path + ": " +
                             replay::shortened(answer.body.bytes, 300));
    variables_.set(save.variable, plain_text(*value));
  } else {
    return std::unexpected("\"" + path +
                           "\" is none of status, body, header.NAME, cookie.NAME, json.PATH");
  }
  return {};
}

}  // namespace offing::scenario
