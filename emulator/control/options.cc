#include "emulator/control/options.h"

#include <utility>

#include "emulator/control/json.h"
#include "emulator/control/shown.h"

namespace offing::control {
namespace {

constexpr Argument kRule[] = {{"point", Kind::kText, false, "a named point (GET faults)"},
                              {"rule", Kind::kText, false, "of a point: \"0.1\", \"always\" or \"#3\""},
                              {"service", Kind::kText, false, "kv, r2, object or fetch"},
                              {"operation", Kind::kText, false, "such as get; absent: each"},
                              {"key", Kind::kText, false, "with * and ?; absent: each"},
                              {"location", Kind::kText, false, "of the caller; absent: each"},
                              {"nth", Kind::kInteger, false, "only this match"},
                              {"every", Kind::kInteger, false, "each so-manieth match"},
                              {"probability", Kind::kNumber, false, "of each match"},
                              {"times", Kind::kInteger, false, "at most so often"},
                              {"effect", Kind::kObject, false, "what happens"}};
constexpr Argument kEffect[] = {{"error", Kind::kText, false, "the error's text"},
                                {"status", Kind::kInteger, false, "of HTTP"},
                                {"code", Kind::kInteger, false, "of R2"},
                                {"latency", Kind::kDuration, false, "the answer comes later"},
                                {"drop", Kind::kFlag, false, "no answer ever comes"},
                                {"timeout", Kind::kDuration, false, "refused after so long"}};
constexpr Argument kOptions[] = {{"auto_skip", Kind::kFlag, false, ""},
                                 {"kv", Kind::kObject, false, ""},
                                 {"links", Kind::kTexts, false, ""},
                                 {"faults", Kind::kList, false, ""}};

std::expected<FaultEffect, Failure> effect_of(const rapidjson::Value& given) {
  auto read = Arguments::read(kEffect, given);
  if (!read) return std::unexpected(read.error());
  const bool drops = read->flag("drop").value_or(false);
  const int kinds = (read->has("error") || read->has("status") || read->has("code") ? 1 : 0) +
                    (read->has("latency") ? 1 : 0) + (drops ? 1 : 0);
  if (kinds + (read->has("timeout") ? 1 : 0) == 0 || kinds > 1 || (kinds == 1 && read->has("timeout") &&
                                                                  !read->has("error")))
    return std::unexpected(Failure::bad(
        "\"effect\" is one of {\"error\": \"…\", \"status\": 503}, {\"latency\": \"2s\"}, {\"drop\": true} and "
        "{\"timeout\": \"30s\"}"));
  FaultEffect effect;
  if (drops) effect.kind = FaultEffect::Kind::kDrop;
  if (read->has("latency")) effect.kind = FaultEffect::Kind::kLatency;
  if (read->has("timeout")) effect.kind = FaultEffect::Kind::kTimeout;
  effect.us = read->duration_us("latency").value_or(read->duration_us("timeout").value_or(0));
  effect.text = read->text("error");
  const int64_t status = read->integer("status").value_or(0), code = read->integer("code").value_or(0);
  if (status < 0 || status > 599) return std::unexpected(bad_value("status", *read->value("status"), "from 100 to 599"));
  if (code < 0 || code > UINT32_MAX) return std::unexpected(bad_value("code", *read->value("code"), "an R2 code"));
  effect.status = static_cast<uint16_t>(status);
  effect.code = static_cast<uint32_t>(code);
  return effect;
}

std::optional<Failure> read_count(const Arguments& arguments, const char* name, uint64_t& out) {
  const auto count = arguments.integer(name);
  if (count && *count < 1) return bad_value(name, *arguments.value(name), "1 or more");
  out = static_cast<uint64_t>(count.value_or(0));
  return std::nullopt;
}

std::expected<FaultRule, Failure> rule_of(Stage& stage, const Arguments& read) {
  FaultRule rule;
  auto service = parse_fault_service(read.text("service"));
  if (!service)
    return std::unexpected(Failure::bad("\"service\" is \"" + read.text("service").substr(0, 80) +
                                        "\"; it must be kv, r2, object or fetch (or give \"point\")"));
  rule.service = *service;
  rule.operation = read.text("operation");
  rule.key = read.text("key");
  if (read.has("location")) {
    auto found = location(stage, read.text("location"));
    if (!found) return std::unexpected(found.error());
    rule.location = read.text("location");
  }
  for (auto [name, out] : {std::pair{"nth", &rule.nth}, {"every", &rule.every}, {"times", &rule.times}}) {
    if (auto failure = read_count(read, name, *out)) return std::unexpected(std::move(*failure));
  }
  rule.probability = read.number("probability");
  if (!read.has("effect")) return std::unexpected(Failure::bad("\"effect\" is missing: what happens, such as "
                                                               "{\"error\": \"…\"} or {\"latency\": \"2s\"}"));
  auto effect = effect_of(*read.value("effect"));
  if (!effect) return std::unexpected(effect.error());
  rule.effect = std::move(*effect);
  return rule;
}

}  // namespace

std::expected<void, Failure> change_kv_settings(Stage& stage, const rapidjson::Value& given) {
  KvService& kv = stage.stack().kv();
  auto settings = parse_kv_settings(json_of(given), kv.settings());
  if (!settings) return std::unexpected(Failure::bad(settings.error()));
  if (auto set = kv.set_settings(std::move(*settings)); !set)
    return std::unexpected(Failure::bad(set.error()));
  return {};
}

std::expected<std::string, Failure> add_fault(Stage& stage, const rapidjson::Value& given) {
  auto read = Arguments::read(kRule, given);
  if (!read) return std::unexpected(read.error());
  Faults& faults = stage.world().faults();
  if (read->has("point")) {
    const std::string rule = read->optional_text("rule").value_or("always");
    if (read->document().MemberCount() > (read->has("rule") ? 2u : 1u))
      return std::unexpected(Failure::bad("a point takes \"rule\" and nothing else"));
    if (auto armed = faults.arm(read->text("point") + "=" + rule); !armed)
      return std::unexpected(Failure::bad(armed.error()));
    return Json().value(read->text("point")).take();
  }
  auto rule = rule_of(stage, *read);
  if (!rule) return std::unexpected(rule.error());
  auto id = faults.rules().add(std::move(*rule));
  if (!id) return std::unexpected(Failure::bad(id.error()));
  return std::to_string(*id);
}

std::expected<void, Failure> set_options(Stage& stage, const rapidjson::Value& given) {
  auto options = Arguments::read(kOptions, given);
  if (!options) {
    Failure failure = options.error();
    failure.message = "options: " + failure.message;
    return std::unexpected(std::move(failure));
  }
  if (auto on = options->flag("auto_skip"); on && stage.virtual_world())
    stage.virtual_world()->set_auto_skip(*on);
  if (const rapidjson::Value* kv = options->value("kv")) {
    if (auto changed = change_kv_settings(stage, *kv); !changed) return changed;
  }
  for (const std::string& rule : options->texts("links")) {
    if (auto set = set_link(stage, rule); !set) return set;
  }
  if (const rapidjson::Value* faults = options->value("faults")) {
    for (const rapidjson::Value& fault : faults->GetArray()) {
      if (auto added = add_fault(stage, fault); !added) return std::unexpected(added.error());
    }
  }
  stage.touch();
  return {};
}

}  // namespace offing::control
