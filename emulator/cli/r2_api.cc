#include "emulator/cli/r2_api.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <sys/stat.h>

#include <optional>
#include <utility>

#include "emulator/http/client.h"
#include "emulator/rest/rest_front.h"

namespace offing::cli {
namespace {

Request request_of(const std::string& origin, const std::string& method, const std::string& path,
                   const std::string& jurisdiction, std::string body) {
  Request request;
  request.method = method;
  request.url = origin + std::string(rest::kRestBase) + "/accounts/local" + path;
  request.headers.add("offing-control", "1");
  if (!jurisdiction.empty()) request.headers.add("cf-r2-jurisdiction", jurisdiction);
  if (!body.empty()) {
    request.headers.add("content-type", "application/json");
    request.has_body = true;
    request.body = std::move(body);
  }
  return request;
}

class HttpApi final : public R2Api {
 public:
  HttpApi(std::string url, std::string jurisdiction)
      : R2Api(std::move(jurisdiction)), url_(std::move(url)), client_(world_) {}

 protected:
  std::expected<Answer, std::string> send(const std::string& method, const std::string& path,
                                          const std::string& jurisdiction,
                                          std::string body) override {
    std::optional<std::expected<Answer, std::string>> answer;
    client_.fetch(
        request_of(url_, method, path, jurisdiction, std::move(body)),
        [this, &answer](std::expected<Response, std::string> response) {
          if (!response) return finish(answer, std::unexpected(response.error()));
          if (!response->stream)
            return finish(answer, Answer{response->status, std::move(response->body)});
          read_all(std::move(response->stream), uint64_t{1} << 30,
                   [this, &answer, status = response->status](Chunk chunk) {
                     if (chunk.kind == Chunk::Kind::kError)
                       return finish(answer, std::unexpected(chunk.bytes));
                     finish(answer, Answer{status, std::move(chunk.bytes)});
                   });
        });
    world_.run();
    world_.go_on();
    if (answer && *answer) return std::move(**answer);
    return std::unexpected(
        "nothing answers at " + url_ + " (" + (answer ? answer->error() : "no answer") +
        "). Start the Worker with `offing dev`, say where it serves with --url, or "
        "name its state directory with --state while it does not run");
  }
  std::string where() const override { return url_; }

 private:
  void finish(std::optional<std::expected<Answer, std::string>>& answer,
              std::expected<Answer, std::string> value) {
    answer = std::move(value);
    world_.stop();
  }
  std::string url_;
  RealWorld world_{std::nullopt};
  http::Client client_;
};

class StateApi final : public R2Api {
 public:
  static std::expected<std::unique_ptr<R2Api>, std::string> open(const R2Arguments& a) {
    std::unique_ptr<StateApi> api(new StateApi(a.state, a.jurisdiction));
    struct stat found;
    if (stat(a.state.c_str(), &found) != 0 || !S_ISDIR(found.st_mode))
      return std::unexpected("--state: " + a.state + " is no directory; `offing dev --state " +
                             a.state + "` makes it");
    auto r2 = R2Service::open(api->world_, R2Settings(), a.state);
    if (!r2) return std::unexpected("--state: " + r2.error());
    api->r2_ = std::move(*r2);
    auto tokens = R2Tokens::open(api->world_, {}, a.state);
    if (!tokens) return std::unexpected("--state: " + tokens.error());
    api->tokens_ = std::move(*tokens);
    api->front_ = std::make_unique<rest::RestFront>(api->world_, *api->r2_, *api->tokens_);
    return api;
  }
  ~StateApi() override {
    if (r2_) r2_->flush();
  }

 protected:
  std::expected<Answer, std::string> send(const std::string& method, const std::string& path,
                                          const std::string& jurisdiction,
                                          std::string body) override {
    std::optional<Answer> answer;
    front_->on_request(
        1, request_of("http://localhost", method, path, jurisdiction, std::move(body)),
        [this, &answer](Response response) {
          answer = Answer{response.status, std::move(response.body)};
          world_.stop();
        });
    if (!answer) world_.run();
    world_.go_on();
    return std::move(*answer);
  }
  std::string where() const override { return state_; }

 private:
  StateApi(std::string state, std::string jurisdiction)
      : R2Api(std::move(jurisdiction)), state_(std::move(state)) {}
  std::string state_;
  RealWorld world_{std::nullopt};
  std::unique_ptr<R2Service> r2_;
  std::unique_ptr<R2Tokens> tokens_;
  std::unique_ptr<rest::RestFront> front_;
};

std::string text_of(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace

std::expected<std::unique_ptr<R2Api>, std::string> R2Api::open(const R2Arguments& arguments) {
  if (!arguments.state.empty()) return StateApi::open(arguments);
  std::string url = arguments.url;
  while (url.ends_with('/')) url.pop_back();
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return std::unexpected("--url: \"" + url + "\" must begin with http://, such as "
                           "http://127.0.0.1:8787");
  return std::make_unique<HttpApi>(std::move(url), arguments.jurisdiction);
}

R2Api::Outcome R2Api::ask(const std::string& method, const std::string& path, std::string body) {
  auto answer = send(method, path, jurisdiction_, std::move(body));
  if (!answer) return std::unexpected(Failure{0, answer.error()});
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(answer->body.data(), answer->body.size());
  const bool is_envelope = !document.HasParseError() && document.IsObject() &&
                           document.HasMember("success") && document.HasMember("errors") &&
                           document.HasMember("result");
  if (!is_envelope)
    return std::unexpected(Failure{0, "what answers at " + where() +
                                          " is not offing, or another "
                                          "version of it (HTTP " +
                                          std::to_string(answer->status) + ")"});
  if (document["success"].IsTrue()) return text_of(document["result"]);
  Failure failure;
  if (document["errors"].IsArray() && !document["errors"].Empty()) {
    const rapidjson::Value& error = document["errors"][0];
    if (error.IsObject() && error.HasMember("code") && error["code"].IsUint())
      failure.code = error["code"].GetUint();
    if (error.IsObject() && error.HasMember("message") && error["message"].IsString())
      failure.text = error["message"].GetString();
  }
  return std::unexpected(std::move(failure));
}

}  // namespace offing::cli
