#include <algorithm>
#include <utility>

#include "emulator/control/control.h"
#include "emulator/control/json.h"
#include "emulator/control/options.h"
#include "emulator/control/trace_filter.h"
#include "emulator/control/watched.h"

namespace offing::control {
namespace {

constexpr Argument kTrace[] = {{"event", Kind::kTexts, false, "names of events: kv.read,response"},
                               {"after", Kind::kInteger, false, "sequence number; only what comes behind it (a stream without it begins now)"},
                               {"request", Kind::kInteger, false, "of this request"},
                               {"key", Kind::kText, false, "of this key"},
                               {"limit", Kind::kInteger, false, "1 to 65536 (default 1000)"}};
constexpr Argument kStream[] = {kTrace[0], kTrace[1], kTrace[2], kTrace[3]};

void trace(Call call) {
  auto filter = TraceFilter::of(call.arguments);
  if (!filter) return call.reply.fail(std::move(filter.error()));
  const int64_t limit = call.arguments.integer("limit").value_or(1000);
  if (limit < 1 || limit > 65'536)
    return call.reply.fail(bad_value("limit", *call.arguments.value("limit"), "from 1 to 65536"));
  const auto& lines = call.stage.log().lines();
  const uint64_t after = filter->after.value_or(0);
  const uint64_t first = lines.empty() ? call.stage.world().trace().count() + 1 : lines.front().sequence;
  size_t at = after < first ? 0 : std::min<size_t>(lines.size(), after - first + 1);
  Json json;
  json.open('{').key("events").open('[');
  uint64_t next = std::max(after, first - 1);
  int64_t given = 0;
  for (; at < lines.size() && given < limit; ++at) {
    next = lines[at].sequence;
    if (!filter->takes(lines[at])) continue;
    json.raw(lines[at].text);
    ++given;
  }
  json.close(']').field("next", next);
  call.reply(json.field("dropped", first > after + 1 ? first - after - 1 : 0).close('}').take());
}

void report(Call call) {
  Stage& stage = call.stage;
  Json json;
  const bool whole = stage.virtual_world() != nullptr;
  json.open('{').field("hash", whole ? std::optional(stage.log().hash()) : std::nullopt);
  json.field("events", stage.world().trace().count()).field("seed", stage.world().seed());
  json.raw_field("staleness", stage.staleness().json());
  json.raw_field("limits", call.control.watched().limits_json(stage));
  json.raw_field("invariants", call.control.watched().invariants_json(stage));
  json.raw_field("faults", faults_json(stage));
  call.reply(json.close('}').take());
}

// Whoever asks names a namespace as the Worker does, or by its id; the trace has ids.
void name_keys(const WorkerOptions& worker, invariants::Settings& settings) {
  for (auto& one : settings.of) {
    for (std::string& glob : one.keys) {
      const std::string name = glob.substr(0, glob.find('/'));
      for (const KvBinding& kv : worker.kv_bindings) {
        if (kv.name == name) glob = kv.namespace_id + glob.substr(name.size());
      }
      for (const R2Binding& r2 : worker.r2_bindings) {
        if (r2.name == name) glob = r2.bucket_name + glob.substr(name.size());
      }
    }
  }
}

void invariants(Call call) {
  auto settings = invariant_settings(call.arguments.document());
  if (!settings) return call.reply.fail(std::move(settings.error()));
  name_keys(call.stage.stack().project().worker, *settings);
  call.control.watched().check(call.stage, std::move(*settings));
  call.reply(call.control.watched().invariants_json(call.stage));
}

constexpr Verb kVerbs[] = {
    {"GET", "trace", "Events that have happened, oldest first", kTrace, "{events, next, dropped}", trace},
    {"GET", "trace/stream", "Events as they happen: server-sent events", kStream,
     "id: its number, event: its name, data: its JSON", nullptr},
    {"GET", "report", "What the run was like so far", {},
     "{hash, events, seed, staleness, limits, invariants, faults}", report},
    {"POST", "invariants",
     "Checks promises from now on: {no_stale_auth_reads, read_your_writes, …: true, or globs of namespace/key}",
     {}, "{checked, violations, count, complete}", invariants, true},
};

}  // namespace

Verbs trace_verbs() { return kVerbs; }

}  // namespace offing::control
