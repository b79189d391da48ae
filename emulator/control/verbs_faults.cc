#include <charconv>
#include <utility>

#include "emulator/control/control.h"
#include "emulator/control/json.h"
#include "emulator/control/options.h"
#include "emulator/control/shown.h"

namespace offing::control {
namespace {

constexpr Argument kFault[] = {
    {"point", Kind::kText, false, "a named point, with \"rule\"; or else \"service\" and \"effect\""},
    {"rule", Kind::kText, false, "of a point: \"0.1\", \"always\" or \"#3\""},
    {"service", Kind::kText, false, "kv, r2, object or fetch"},
    {"operation", Kind::kText, false, "such as get; absent: each"},
    {"key", Kind::kText, false, "with * and ?; absent: each"},
    {"location", Kind::kText, false, "of the caller; absent: each"},
    {"nth", Kind::kInteger, false, "strikes only this match, from 1"},
    {"every", Kind::kInteger, false, "strikes each so-manieth match"},
    {"probability", Kind::kNumber, false, "of striking at a match"},
    {"times", Kind::kInteger, false, "strikes at most so often"},
    {"effect", Kind::kObject, false,
     "{error?, status?, code?}, {latency}, {drop: true} or {timeout, error?}"}};
constexpr Argument kClear[] = {{"id", Kind::kAny, false, "of a rule, or a point's name; absent: all"}};

void add_rule(Json& json, const FaultRules::Counted& one) {
  const FaultRule& rule = one.rule;
  json.open('{').field("id", rule.id).field("service", fault_service_name(rule.service));
  if (!rule.operation.empty()) json.field("operation", rule.operation);
  if (!rule.key.empty()) json.field("key", rule.key);
  if (!rule.location.empty()) json.field("location", rule.location);
  if (rule.nth != 0) json.field("nth", rule.nth);
  if (rule.every != 0) json.field("every", rule.every);
  if (rule.probability) json.raw_field("probability", json_of(rapidjson::Value(*rule.probability)));
  if (rule.times != 0) json.field("times", rule.times);
  json.key("effect").open('{');
  const FaultEffect& effect = rule.effect;
  if (effect.kind == FaultEffect::Kind::kDrop) json.field("drop", true);
  if (effect.kind == FaultEffect::Kind::kLatency) json.field("latency", std::to_string(effect.us) + "us");
  if (effect.kind == FaultEffect::Kind::kTimeout) json.field("timeout", std::to_string(effect.us) + "us");
  if (effect.kind == FaultEffect::Kind::kError || !effect.text.empty()) json.field("error", effect.text);
  if (effect.status != 0) json.field("status", effect.status);
  if (effect.code != 0) json.field("code", effect.code);
  json.close('}').field("hits", one.hits).field("fired", one.fired).close('}');
}

void get_faults(Call call) { call.reply(faults_json(call.stage)); }

void post_fault(Call call) {
  inside(std::move(call), [](Call call) {
    auto id = add_fault(call.stage, call.arguments.document());
    if (!id) return call.reply.fail(std::move(id.error()));
    Json json;
    call.reply(json.open('{').raw_field("id", *id).close('}').take());
  });
}

void clear_points(Faults& faults) {
  for (size_t i = 0; i < static_cast<size_t>(FaultPoint::kCount); ++i)
    static_cast<void>(faults.arm(std::string(Faults::name(static_cast<FaultPoint>(i))) + "=0"));
}

// A rule's number, as a number or a text; 0: it is none.
uint64_t rule_number(const rapidjson::Value& id) {
  if (id.IsUint64()) return id.GetUint64();
  uint64_t number = 0;
  if (!id.IsString()) return 0;
  const std::string_view text = text_of(id);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

void clear_faults(Call call) {
  inside(std::move(call), [](Call call) {
    Faults& faults = call.stage.world().faults();
    const rapidjson::Value* id = call.arguments.value("id");
    if (id == nullptr || id->IsNull()) {
      faults.rules().clear();
      clear_points(faults);
      return call.reply("{}");
    }
    if (faults.rules().clear(rule_number(*id))) return call.reply("{}");
    const bool is_point = id->IsString() && faults.arm(std::string(text_of(*id)) + "=0").has_value();
    if (is_point) return call.reply("{}");
    call.reply.fail({404, "no_such_fault", "there is no fault " + json_of(*id) + " (GET faults shows all)"});
  });
}

constexpr Verb kVerbs[] = {
    {"GET", "faults", "Points and rules, and how often each was passed and struck", {},
     "{points: [{name, help, passed, fired}], rules: [{id, …, hits, fired}]}", get_faults},
    {"POST", "faults", "Makes operations fail: a named point, or whatever a rule matches", kFault, "{id}",
     post_fault},
    {"POST", "faults/clear", "Ends a fault, or all", kClear, "{}", clear_faults},
};

}  // namespace

std::string faults_json(Stage& stage) {
  const Faults& faults = stage.world().faults();
  Json json;
  json.open('{').key("points").open('[');
  for (size_t i = 0; i < static_cast<size_t>(FaultPoint::kCount); ++i) {
    const auto point = static_cast<FaultPoint>(i);
    json.open('{').field("name", Faults::name(point)).field("help", Faults::help(point));
    json.field("passed", faults.passed(point)).field("fired", faults.fired(point)).close('}');
  }
  json.close(']').key("rules").open('[');
  for (const FaultRules::Counted& one : faults.rules().all()) add_rule(json, one);
  return json.close(']').close('}').take();
}

Verbs fault_verbs() { return kVerbs; }

}  // namespace offing::control
