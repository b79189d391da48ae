#include <utility>

#include "emulator/config/cron_expression.h"
#include "emulator/control/control.h"
#include "emulator/control/json.h"
#include "emulator/control/shown.h"

namespace offing::control {
namespace {

constexpr Argument kRun[] = {
    {"cron", Kind::kText, false, "what controller.cron is to be; absent: the only one that is configured"},
    {"time", Kind::kTime, false, "what controller.scheduledTime is to be; absent: now"},
    {"location", Kind::kText, false, "where; absent: the first location, as of runs that are due"}};

void list(Call call) {
  Json json;
  json.open('{').key("crons").open('[');
  for (const Crons::Next& next : call.stage.stack().crons().list()) {
    json.open('{').field("cron", next.cron).field("next_ms", next.at_ms);
    std::optional<std::string> text;
    if (next.at_ms) text = time_text(*next.at_ms * 1000);
    json.field("next", text).close('}');
  }
  call.reply(json.close(']').close('}').take());
}

std::expected<std::string, Failure> cron_of(const Call& call) {
  const std::vector<std::string>& crons = call.stage.stack().project().crons;
  if (!call.arguments.has("cron")) {
    if (crons.size() < 2) return crons.empty() ? std::string() : crons.front();
    std::string all;
    for (const std::string& cron : crons) all += (all.empty() ? "\"" : ", \"") + cron + "\"";
    return std::unexpected(Failure::bad("\"cron\" is missing, and there are several: " + all));
  }
  std::string cron = call.arguments.text("cron");
  if (cron.size() <= config::CronExpression::kBytesMax) return cron;
  return std::unexpected(Failure::bad("\"cron\" has " + std::to_string(cron.size()) +
                                      " bytes; it may have " +
                                      std::to_string(config::CronExpression::kBytesMax)));
}

void run(Call call) {
  auto cron = cron_of(call);
  if (!cron) return call.reply.fail(std::move(cron.error()));
  size_t where = 0;
  if (call.arguments.has("location")) {
    auto found = location(call.stage, call.arguments.text("location"));
    if (!found) return call.reply.fail(std::move(found.error()));
    where = *found;
  }
  inside(std::move(call), [cron = std::move(*cron), where](Call call) mutable {
    const auto time_us = call.arguments.time_us("time");
    const int64_t time_ms = time_us ? *time_us / 1000 : call.stage.world().now_ms();
    call.stage.stack().crons().run(
        std::move(cron), time_ms, where,
        [reply = std::move(call.reply), waiting = Waiting(call.stage)](const Crons::Ran& ran) mutable {
          Json json;
          json.open('{').field("outcome", ran.outcome).field("no_retry", ran.no_retry);
          json.field("error", ran.error.empty() ? std::nullopt : std::optional(ran.error));
          reply(json.field("request", ran.request).close('}').take());
        });
  });
}

constexpr Verb kVerbs[] = {
    {"GET", "crons", "The Worker's cron triggers, and when each runs next", {},
     "{crons: [{cron, next_ms|null, next|null}]}", list},
    {"POST", "crons/run", "Runs the Worker's scheduled() now", kRun,
     "{outcome: ok|exception|exceededCpu|exceededMemory|exceededWallTime, no_retry, error|null, request}",
     run},
};

}  // namespace

Verbs cron_verbs() { return kVerbs; }

}  // namespace offing::control
