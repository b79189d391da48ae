#include "emulator/control/watched.h"

#include <utility>

#include "emulator/control/arguments.h"
#include "emulator/control/json.h"

namespace offing::control {
namespace {

template <class Inner> class Shared final : public trace::Reader {
 public:
  explicit Shared(std::shared_ptr<Inner> inner) : inner_(std::move(inner)) {}
  void on_event(const trace::Stamp& stamp, const trace::Event& event) override {
    if (!*replaced) inner_->on_event(stamp, event);
  }
  std::shared_ptr<bool> replaced = std::make_shared<bool>(false);

 private:
  std::shared_ptr<Inner> inner_;
};

}  // namespace

std::expected<invariants::Settings, Failure> invariant_settings(const rapidjson::Value& given) {
  invariants::Settings settings;
  for (auto at = given.MemberBegin(); at != given.MemberEnd(); ++at) {
    const std::string name(text_of(at->name));
    const auto invariant = invariants::invariant_from(name);
    if (!invariant) {
      std::string text = "there is no invariant \"" + name.substr(0, 80) + "\"; there are: ";
      for (size_t i = 0; i < invariants::kNames.size(); ++i)
        text += (i == 0 ? "" : ", ") + std::string(invariants::kNames[i]);
      return std::unexpected(Failure::bad(std::move(text)));
    }
    invariants::Settings::One& one = settings.at(*invariant);
    if (at->value.IsBool()) {
      one.on = at->value.GetBool();
      continue;
    }
    if (!at->value.IsArray())
      return std::unexpected(bad_value(name, at->value, "true, false or a list of globs over namespace/key"));
    one.on = true;
    for (const rapidjson::Value& key : at->value.GetArray()) {
      if (!key.IsString()) return std::unexpected(bad_value(name, key, "a glob such as \"SESSIONS/*\""));
      one.keys.emplace_back(text_of(key));
    }
  }
  return settings;
}

Watched::One& Watched::one_of(Stage& stage) {
  One& one = of_[stage.id];
  if (one.of.lock() != stage.inside()) one = One{stage.inside(), {}, {}, {}};
  return one;
}

const Watched::One* Watched::find(Stage& stage) const {
  auto at = of_.find(stage.id);
  return at == of_.end() || at->second.of.lock() != stage.inside() ? nullptr : &at->second;
}

void Watched::watch_limits(Stage& stage) {
  One& one = one_of(stage);
  if (!stage.virtual_world() || !one.limits.expired()) return;
  auto usage = std::make_shared<replay::LimitUsage>(stage.stack().limits());
  one.limits = usage;
  stage.keep(std::unique_ptr<trace::Reader>(std::make_unique<Shared<replay::LimitUsage>>(std::move(usage))));
}

void Watched::check(Stage& stage, invariants::Settings settings) {
  One& one = one_of(stage);
  if (auto replaced = one.replaced.lock()) *replaced = true;
  auto checked = std::make_shared<invariants::Invariants>(std::move(settings));
  one.invariants = checked;
  auto reader = std::make_unique<Shared<invariants::Invariants>>(std::move(checked));
  one.replaced = reader->replaced;
  stage.keep(std::unique_ptr<trace::Reader>(std::move(reader)));
}

std::string Watched::limits_json(Stage& stage) const {
  const One* one = find(stage);
  auto usage = one == nullptr ? nullptr : one->limits.lock();
  return usage ? usage->json() : "null";
}

std::string Watched::invariants_json(Stage& stage) const {
  const One* one = find(stage);
  auto checked = one == nullptr ? nullptr : one->invariants.lock();
  return checked ? checked->json() : "null";
}

}  // namespace offing::control
