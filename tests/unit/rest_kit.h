// REST over a service in memory, in virtual time.
#ifndef OFFING_TESTS_UNIT_REST_KIT_H_
#define OFFING_TESTS_UNIT_REST_KIT_H_

#include <doctest/doctest.h>
#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "emulator/rest/rest_front.h"

namespace offing::test {

struct RestReply {
  uint16_t status = 0;
  HeaderList headers;
  std::string body;
  rapidjson::Document json;

  // "/result/name": a text as it is, anything else as JSON; "(none)" when it is not there.
  std::string at(const char* pointer) const {
    const rapidjson::Value* value = rapidjson::Pointer(pointer).Get(json);
    if (value == nullptr) return "(none)";
    if (value->IsString()) return {value->GetString(), value->GetStringLength()};
    if (value->IsBool()) return value->GetBool() ? "true" : "false";
    if (value->IsNull()) return "null";
    if (value->IsInt64()) return std::to_string(value->GetInt64());
    return value->IsArray() ? "[" + std::to_string(value->Size()) + "]" : "{}";
  }
  std::string error() const { return at("/errors/0/message"); }
  std::string code() const { return at("/errors/0/code"); }
};

using RestHeaders = std::vector<std::pair<std::string, std::string>>;

struct RestSite {
  explicit RestSite(R2Settings settings = {}, const std::string& state = "") {
    auto opened_tokens = R2Tokens::open(world, settings.tokens, state);
    REQUIRE(opened_tokens.has_value());
    tokens = std::move(*opened_tokens);
    auto opened = R2Service::open(world, std::move(settings), state);
    REQUIRE(opened.has_value());
    r2 = std::move(*opened);
    front = std::make_unique<rest::RestFront>(world, *r2, *tokens);
  }
  ~RestSite() {
    if (r2) r2->flush();
  }

  // `path` is behind …/client/v4. Headers begin with those of somebody who may do everything.
  RestReply raw(const std::string& method, const std::string& path, RestHeaders headers,
                std::string body = "", std::unique_ptr<ByteSource> stream = nullptr) {
    Request request;
    request.method = method;
    request.url = "http://127.0.0.1:8787" + std::string(rest::kRestBase) + path;
    for (const auto& [name, value] : headers) request.headers.add(name, value);
    request.has_body = !body.empty() || stream;
    request.body = std::move(body);
    request.stream = std::move(stream);
    std::optional<RestReply> reply;
    front->on_request(1, std::move(request), [&](Response response) {
      auto take = [&, status = response.status, headers = response.headers](std::string bytes) {
        reply.emplace();
        reply->status = status;
        reply->headers = headers;
        reply->body = std::move(bytes);
        reply->json.Parse(reply->body.data(), reply->body.size());
        if (reply->json.HasParseError()) reply->json.SetNull();
        world.stop();
      };
      if (!response.stream) return take(std::move(response.body));
      read_all(std::move(response.stream), 1 << 30, [take](Chunk chunk) mutable {
        CHECK(chunk.kind == Chunk::Kind::kData);
        take(std::move(chunk.bytes));
      });
    });
    if (!reply) world.run();
    world.go_on();
    REQUIRE(reply.has_value());
    return std::move(*reply);
  }
  RestReply call(const std::string& method, const std::string& path, std::string body = "",
                 RestHeaders more = {}) {
    more.insert(more.begin(), {"authorization", "Bearer anything"});
    return raw(method, "/accounts/acc" + path, std::move(more), std::move(body));
  }
  void make(const std::string& bucket, RestHeaders headers = {}) {
    const RestReply reply =
        call("POST", "/r2/buckets", "{\"name\":\"" + bucket + "\"}", std::move(headers));
    REQUIRE(reply.status == 200);
  }
  void put(const std::string& bucket, const std::string& key, const std::string& body,
           RestHeaders headers = {}) {
    const RestReply reply =
        call("PUT", "/r2/buckets/" + bucket + "/objects/" + key, body, std::move(headers));
    INFO(reply.body);
    REQUIRE(reply.status == 200);
  }
  // Lets world time pass.
  void wait_ms(int64_t ms) {
    world.schedule_after(ms * 1000, [this] { world.stop(); });
    world.run();
    world.go_on();
  }

  VirtualWorld world{1};
  std::unique_ptr<R2Tokens> tokens;
  std::unique_ptr<R2Service> r2;
  std::unique_ptr<rest::RestFront> front;
};

}  // namespace offing::test

#endif  // OFFING_TESTS_UNIT_REST_KIT_H_
