#include "emulator/check/codes.h"

#include <algorithm>
#include <cassert>

namespace offing::check {

namespace {

constexpr std::string_view kAccount = "it is about what an account has";
constexpr std::string_view kUpload = "it is about the upload's own form, which Wrangler makes";
constexpr std::string_view kQueues = "there are no queues here";

// NOLINTBEGIN: a table
constexpr DeployCode kCodes[] = {
    {10006, 0, "unparsable upload", "", kUpload},
    {10007, 0, "not found", "", kAccount},
    {10016, 0, "bad name", "", ""},
    {10021, 400, "the Worker does not start", "", ""},
    {10026, 0, "bad body", "", kUpload},
    {10027, 400, "too large", "Worker exceeds the size limit of {mib} MiB. Reduce your script size or upgrade your plan, then try again.", ""},
    {10035, 0, "edited at the same time", "", kAccount},
    {10037, 0, "too many Workers", "", kAccount},
    {10052, 0, "binding without a name", "", ""},
    {10053, 0, "two bindings of one name", "", ""},
    {10054, 400, "variable or secret too large", "Text binding {name} is too large ({sizeBytes} bytes). The limit is {limitBytes} bytes. Reduce the binding size and try again.", ""},
    {10055, 400, "too many variables and secrets", "Too many text bindings ({count}). The limit is {limit}. Remove some bindings and try again.", ""},
    {10056, 0, "binding not found", "", kAccount},
    {10061, 400, "Durable Object namespace missing", "Durable Object namespace {namespaceId} not found. Verify the namespace ID is correct and try again.", ""},
    {10068, 400, "no handlers", "Worker has no event handlers. Export a fetch handler, scheduled handler, or other supported handler and try again.", ""},
    {10069, 400, "unknown handler", "The uploaded Worker contains event handlers unsupported by the Workers runtime.", "modules may export any name; it is about addEventListener(), and that format is not supported here"},
    {10070, 404, "Durable Object class not exported", "Durable Object class {className} is not exported by this Worker. Verify the class name and ensure it is exported from your script.", ""},
    {10072, 0, "too many cron triggers", "", ""},
    {10074, 400, "migrations that contradict each other", "", ""},
    {10097, 403, "key-value backed Durable Object on the free plan", "Durable Objects on the free plan require SQLite storage. Use 'new_sqlite_classes' instead of 'new_classes' in your migration configuration.", ""},
    {10100, 0, "binding name too long", "", "how long it may be is not published"},
    {10143, 400, "service target missing", "Service binding {binding} references Worker {target} which does not exist. Deploy the target Worker first or correct the binding configuration.", "which other Workers there are is not known here"},
    {10144, 0, "environment of a service missing", "", "which other Workers there are is not known here"},
    {10145, 0, "entrypoint of a service missing", "", ""},
    {10162, 0, "content type of a module", "", kUpload},
    {10216, 0, "version upload of a script that is no module", "", "the service-worker format is not supported here"},
    {11000, 0, "queue not found", "", kQueues},
    {11001, 0, "consumer without a queue handler", "", ""},
    {11004, 0, "queue already has a consumer", "", kQueues},
    {100129, 0, "queues not on this plan", "", kQueues},
    {100328, 0, "limits.cpu_ms on the free plan", "CPU limits are not supported for the Free plan.", ""},
    {100402, 0, "class exports do not fit", "", kAccount},
    {100405, 0, "class exports do not fit", "", kAccount},
    {100406, 0, "class exports do not fit", "", kAccount},
};
// NOLINTEND

}  // namespace

std::span<const DeployCode> deploy_codes() { return kCodes; }

const DeployCode& deploy_code(int code) {
  const auto found = std::ranges::find(kCodes, code, &DeployCode::code);
  assert(found != std::end(kCodes));
  return *found;
}

std::string deploy_text(
    int code, std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  std::string text(deploy_code(code).text);
  assert(!text.empty());
  for (const auto& [name, value] : fields) {
    const std::string mark = "{" + std::string(name) + "}";
    const size_t at = text.find(mark);
    assert(at != text.npos);
    text.replace(at, mark.size(), value);
  }
  assert(text.find('{') == text.npos);
  return text;
}

}  // namespace offing::check
