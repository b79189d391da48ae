// Two paths on the Worker's own port that run its cron trigger, as those who use Wrangler know them
// (spec/services.md 2):
//
//   /cdn-cgi/handler/scheduled and /cdn-cgi/local/scheduled ?cron=*+*+*+*+*&time=MS&format=json
//
// The answer is the outcome, 200 if it is "ok" and else 500; with format=json {"outcome", "noRetry"} and 200.
#ifndef OFFING_EMULATOR_CONTROL_CRON_DOOR_H_
#define OFFING_EMULATOR_CONTROL_CRON_DOOR_H_

#include <string_view>

#include "emulator/stage/stage.h"

namespace offing::control {

// `path` may have a query.
bool is_cron_door(std::string_view path);
void run_cron(Stage& stage, Request request, ResponseCallback respond);

}  // namespace offing::control

#endif  // OFFING_EMULATOR_CONTROL_CRON_DOOR_H_
