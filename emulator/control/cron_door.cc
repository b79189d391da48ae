#include "emulator/control/cron_door.h"

#include <utility>

#include "emulator/config/cron_expression.h"
#include "emulator/control/arguments.h"
#include "emulator/control/json.h"

namespace offing::control {
namespace {

constexpr Argument kQuery[] = {{"cron", Kind::kText, false, "what controller.cron is to be"},
                               {"time", Kind::kTime, false, "what controller.scheduledTime is to be"},
                               {"format", Kind::kText, false, "json"}};
constexpr std::string_view kText = "text/plain;charset=UTF-8";
constexpr std::string_view kJson = "application/json";

Response answer(uint16_t status, std::string text, std::string_view type) {
  Response response;
  response.status = status;
  response.headers.add("content-type", type);
  response.headers.add("cache-control", "no-store");
  response.headers.add("x-content-type-options", "nosniff");
  response.has_body = true;
  response.body = std::move(text);
  return response;
}

std::expected<Arguments, Failure> read_query(std::string_view url) {
  const size_t question = url.find('?');
  rapidjson::Document given;
  given.SetObject();
  if (question != url.npos) {
    std::string_view query = url.substr(question + 1);
    query = query.substr(0, query.find('#'));
    if (auto added = add_query(query, kQuery, given); !added) return std::unexpected(added.error());
  }
  auto arguments = Arguments::read(kQuery, given);
  if (!arguments) return arguments;
  if (const auto format = arguments->optional_text("format"); format && *format != "json")
    return std::unexpected(bad_value("format", *format, "json, or left out"));
  const size_t bytes = arguments->text("cron").size();
  if (bytes > config::CronExpression::kBytesMax)
    return std::unexpected(Failure::bad("\"cron\" has " + std::to_string(bytes) + " bytes; it may have " +
                                        std::to_string(config::CronExpression::kBytesMax)));
  return arguments;
}

}  // namespace

bool is_cron_door(std::string_view path) {
  path = path.substr(0, path.find_first_of("?#"));
  return path == "/cdn-cgi/handler/scheduled" || path == "/cdn-cgi/local/scheduled";
}

void run_cron(Stage& stage, Request request, ResponseCallback respond) {
  auto query = read_query(request.url);
  if (!query) return respond(answer(query.error().status, query.error().message + "\n", kText));
  const bool as_json = query->has("format");
  const std::vector<std::string>& crons = stage.stack().project().crons;
  // As with Wrangler none has to be named; where there is but one, it is that.
  std::string cron = query->has("cron") ? query->text("cron") : crons.size() == 1 ? crons[0] : "";
  stage.touch();
  cross(stage.inside(), std::move(request), std::move(respond),
        [&stage, as_json, cron = std::move(cron), time_us = query->time_us("time")](
            Request, ResponseCallback respond) mutable {
          const int64_t time_ms = time_us ? *time_us / 1000 : stage.world().now_ms();
          stage.stack().crons().run(
              std::move(cron), time_ms, 0,
              [as_json, respond = std::move(respond)](const Crons::Ran& ran) mutable {
                const bool ok = ran.outcome == "ok";
                if (!as_json) return respond(answer(ok ? 200 : 500, std::string(ran.outcome), kText));
                Json json;
                json.open('{').field("outcome", ran.outcome).field("noRetry", ran.no_retry);
                respond(answer(200, json.close('}').take(), kJson));
              });
        });
}

}  // namespace offing::control
