#include "emulator/control/control.h"

#include <algorithm>
#include <utility>

namespace offing::control {

const std::vector<VerbGroup>& Control::groups() {
  static const std::vector<VerbGroup> groups = {
      {"Worlds", world_verbs()},   {"Clock", clock_verbs()},
      {"KV", kv_verbs()},          {"R2", r2_verbs()},
      {"Durable Objects and isolates", object_verbs()},
      {"Cron triggers", cron_verbs()},
      {"Links between locations", link_verbs()},
      {"Faults", fault_verbs()},   {"What happened", trace_verbs()},
      {"Requests", request_verbs()}};
  return groups;
}

const std::vector<const Verb*>& Control::verbs() {
  static const std::vector<const Verb*> all = [] {
    std::vector<const Verb*> verbs;
    for (const VerbGroup& group : groups()) {
      for (const Verb& verb : group.verbs) verbs.push_back(&verb);
    }
    return verbs;
  }();
  return all;
}

const Verb* Control::find(std::string_view method, std::string_view path) {
  for (const Verb* verb : verbs()) {
    if (verb->path == path && verb->method == method) return verb;
  }
  return nullptr;
}

// How many steps of insertion, removal and change lie between two words.
static size_t steps_between(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t corner = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
      corner = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row[b.size()];
}

const Verb* Control::nearest(std::string_view path) {
  const Verb* nearest = nullptr;
  // Of three letters one may be wrong, of eight three.
  size_t least = std::min<size_t>(path.size() / 3, 3) + 1;
  for (const Verb* verb : verbs()) {
    if (path.size() > 64) break;
    const size_t steps = steps_between(path, verb->path);
    if (steps >= least) continue;
    least = steps;
    nearest = verb;
  }
  return nearest;
}

Failure Control::no_such_verb(std::string_view method, std::string_view path) {
  for (const Verb* verb : verbs()) {
    if (verb->path == path)
      return {405, "wrong_method",
              std::string(path) + " is asked with " + std::string(verb->method) + ", not with " +
                  std::string(method)};
  }
  std::string text = "offing has no \"" + std::string(path.substr(0, 80)) + "\" here; ";
  if (const Verb* verb = nearest(path))
    text += "did you mean " + std::string(verb->method) + " " + std::string(verb->path) + "? ";
  return {404, "no_such_verb",
          text + "GET /cdn-cgi/offing/openapi.json and `offing ctl` list all there are"};
}

std::expected<Stage*, Failure> Control::stage(std::string_view id) {
  if (Stage* stage = stages_.find(id.empty() ? "main" : id)) return stage;
  return std::unexpected(
      Failure{404, "no_such_world",
              "there is no world \"" + std::string(id.substr(0, 80)) + "\"; there " +
                  (stages_.all().size() == 1 ? "is only main"
                                             : "are " + std::to_string(stages_.all().size()) +
                                                   " (GET worlds)") +
                  ", and POST fork makes one"});
}

void Control::run(Stage& stage, const Verb& verb, const rapidjson::Value& arguments, Done done) {
  auto read = Arguments::read(verb.arguments, arguments, verb.free_form);
  if (!read) return done(std::unexpected(read.error()));
  if (verb.run == nullptr)
    return done(std::unexpected(Failure{400, "stream", std::string(verb.path) +
                                                           " is a stream, which only HTTP can give"}));
  verb.run(Call{*this, stages_, stage, std::move(*read), Reply(std::move(done))});
}

void Control::run(Stage& stage, std::string_view path, const rapidjson::Value& arguments, Done done) {
  const bool given = arguments.IsObject() && !arguments.ObjectEmpty();
  const Verb* verb = find(given ? "POST" : "GET", path);
  if (verb == nullptr) verb = find(given ? "GET" : "POST", path);
  if (verb == nullptr) return done(std::unexpected(no_such_verb("POST", path)));
  run(stage, *verb, arguments, std::move(done));
}

Failure failure_of(const StageError& error) {
  const bool absent = error.code.starts_with("no_such");
  return {static_cast<uint16_t>(absent ? 404 : 409), error.code, error.message};
}

}  // namespace offing::control
