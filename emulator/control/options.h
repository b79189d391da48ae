// Settings of a world that may change while it runs.
#ifndef OFFING_EMULATOR_CONTROL_OPTIONS_H_
#define OFFING_EMULATOR_CONTROL_OPTIONS_H_

#include <string>

#include "emulator/control/verb.h"
#include "storage/kv/settings.h"

namespace offing::control {

// As --kv-settings has them: every knob, as parse_kv_settings reads it.
std::string kv_settings_json(const KvSettings& settings);
// `given` over what there is.
std::expected<void, Failure> change_kv_settings(Stage& stage, const rapidjson::Value& given);
// A rule as `POST faults` takes it; gives its id.
std::expected<std::string, Failure> add_fault(Stage& stage, const rapidjson::Value& rule);
// GET faults.
std::string faults_json(Stage& stage);
// "LHR-SIN=90ms".
std::expected<void, Failure> set_link(Stage& stage, std::string_view rule);
// {auto_skip?, kv?: {…}, links?: ["LHR-SIN=90ms"], faults?: [{…}]}
std::expected<void, Failure> set_options(Stage& stage, const rapidjson::Value& options);

}  // namespace offing::control

#endif  // OFFING_EMULATOR_CONTROL_OPTIONS_H_
