// Steps of a scenario file: each has exactly one word that says what it does.
#include <array>

#include "emulator/replay/header_rules.h"
#include "emulator/replay/values.h"
#include "emulator/scenario/fields.h"

namespace offing::scenario {

using config::Value;

namespace {

Value object_value(const Value& at) {
  Value object;
  object.type = Value::Type::kObject;
  object.line = at.line;
  object.column = at.column;
  return object;
}

std::vector<Save> read_saves(Fields& step) {
  std::vector<Save> saves;
  const Value* value = step.find("save");
  if (!value) return saves;
  Fields fields(*value, step.key_of("save"), step.problems());
  for (const auto& [name, path] : value->members) {
    if (!path.is(Value::Type::kString) || path.string.empty())
      fields.wrong(name,
                   "where the value stands: \"json.id\", \"header.location\", \"cookie.session\", "
                   "\"body\" or \"status\"");
    else
      saves.push_back({name, path.string});
  }
  return saves;
}

bool is_status(const Value& value) {
  return value.is(Value::Type::kInteger) && value.integer >= 100 && value.integer <= 599;
}

Expectation read_expectation(Fields& step) {
  Expectation expect;
  const Value* value = step.find("expect");
  if (!value) return expect;
  Fields fields(*value, step.key_of("expect"), step.problems());
  fields.only({"status", "headers", "body", "contains", "lacks", "json", "stale"});
  if (const Value* status = fields.find("status")) {
    bool right = is_status(*status) || (status->is(Value::Type::kArray) && !status->items.empty());
    for (const Value& item : status->items) right = right && is_status(item);
    if (!right) fields.wrong("status", "a status from 100 to 599, or a list of such");
    expect.status = *status;
  }
  if (const Value* headers = fields.find("headers")) {
    Fields all(*headers, fields.key_of("headers"), step.problems());
    for (const auto& [name, one] : headers->members) {
      const bool absent =
          one.is(Value::Type::kNull) || (one.is(Value::Type::kBool) && !one.boolean);
      if (!one.is(Value::Type::kString) && !absent)
        all.wrong(name, "the header's value, or false for a header that must not be there");
      expect.headers.push_back({name, absent ? std::nullopt : std::optional(one.string)});
    }
  }
  expect.body = fields.text("body");
  expect.contains = fields.texts("contains");
  expect.lacks = fields.texts("lacks");
  if (const Value* json = fields.find("json")) expect.json = *json;
  expect.stale = fields.flag("stale");
  return expect;
}

void read_headers(Fields& fields, RequestStep& request) {
  const Value* headers = fields.find("headers");
  if (!headers) return;
  Fields all(*headers, fields.key_of("headers"), fields.problems());
  for (const auto& [name, value] : headers->members) {
    if (!replay::is_token(name))
      fields.problems().add(value, all.key_of(replay::shortened(name, 80)),
                            "is no name of a header");
    else if (!value.is(Value::Type::kString) || !replay::is_header_value(value.string))
      all.wrong(name, "the header's value, a text without line breaks");
    else
      request.headers.emplace_back(name, value.string);
  }
}

void read_body(Fields& fields, RequestStep& request) {
  request.body = fields.text("body");
  const Value* json = fields.find("json");
  const Value* form = fields.find("form");
  if ((request.body ? 1 : 0) + (json ? 1 : 0) + (form ? 1 : 0) > 1)
    fields.wrong("body", "the only body: give one of body, json and form");
  if (json) request.json = *json;
  if (!form) return;
  Fields all(*form, fields.key_of("form"), fields.problems());
  std::string text;
  for (const auto& [name, value] : form->members) {
    if (!value.is(Value::Type::kString)) all.wrong(name, "a text");
    for (const std::string* part : {&name, &value.string}) {
      if (part == &name && !text.empty()) text += '&';
      if (part != &name) text += '=';
      for (const char c : *part) {
        static constexpr char kHex[] = "0123456789ABCDEF";
        const auto u = static_cast<unsigned char>(c);
        // ${…} stays, for the run to fill in.
        const bool plain = (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') ||
                           (u >= 'A' && u <= 'Z') ||
                           std::string_view("-_.*${}").find(c) != std::string_view::npos;
        if (plain)
          text += c;
        else if (c == ' ')
          text += '+';
        else
          text += {'%', kHex[u >> 4], kHex[u & 15]};
      }
    }
  }
  request.body = text;
  request.headers.emplace_back("content-type", "application/x-www-form-urlencoded");
}

// "POST /sign-in" or a table; `outer` is the step, which may hold the rest.
RequestStep read_request(const Value& value, const std::string& key, Fields* outer,
                         Problems& problems) {
  RequestStep request;
  request.place = {key, value.line};
  std::string line;
  if (value.is(Value::Type::kString)) {
    line = value.string;
    if (outer) read_headers(*outer, request), read_body(*outer, request);
  } else {
    Fields fields(value, key, problems);
    fields.only({"method", "url", "headers", "body", "json", "form", "location", "session",
                 "cookies", "at", "request", "expect", "save"});
    if (auto words = fields.text("request")) line = *words;
    if (auto method = fields.text("method")) request.method = *method;
    if (auto url = fields.text("url")) request.url = *url;
    read_headers(fields, request);
    read_body(fields, request);
    request.location = fields.text("location").value_or("");
    request.session = fields.text("session").value_or("");
    request.cookies = fields.flag("cookies").value_or(true);
    request.at_us = fields.duration("at").value_or(0);
    request.expect = read_expectation(fields);
    request.save = read_saves(fields);
  }
  if (outer) {
    if (auto location = outer->text("location")) request.location = *location;
    if (auto session = outer->text("session")) request.session = *session;
    if (auto cookies = outer->flag("cookies")) request.cookies = *cookies;
    if (outer->find("expect")) request.expect = read_expectation(*outer);
    if (outer->find("save")) request.save = read_saves(*outer);
  }
  if (!line.empty()) {
    const size_t space = line.find(' ');
    request.method = space == line.npos ? "GET" : line.substr(0, space);
    request.url = space == line.npos ? line : line.substr(space + 1);
  }
  const bool path = request.url.starts_with('/') || request.url.starts_with("http://") ||
                    request.url.starts_with("https://") || request.url.starts_with("${");
  if (!path)
    problems.add(value, key,
                 replay::shortened(value.json(), 80) +
                     " must say what is requested: \"GET /path\", or {method, url, …} with a "
                     "url that begins with / or http://");
  else if (!replay::is_token(request.method))
    problems.add(value, key, "\"" + replay::shortened(request.method, 40) + "\" is no method");
  if (!request.location.empty() && !request.location.starts_with("${") &&
      !replay::is_location(request.location))
    problems.add(value, key + ".location", replay::location_problem(request.location));
  return request;
}

// Words of a step that are verbs of the control API under names of their own.
struct Word {
  std::string_view name;
  std::string_view verb;
  std::string_view member;  // what a text stands for; empty: it must be a table (or true)
};
constexpr std::array<Word, 16> kWords = {{
    {"partition", "links/partition", "a"},
    {"hold", "links/hold", "a"},
    {"release", "links/release", "a"},
    {"repair", "links/repair", "a"},
    {"link", "links/set", "rule"},
    {"evict", "isolates/evict", "location"},
    {"evict_object", "objects/evict", ""},
    {"abort_object", "objects/abort", ""},
    {"alarm", "objects/alarm", ""},
    {"fault", "faults", ""},
    {"clear_faults", "faults/clear", "id"},
    {"kv", "kv/get", ""},
    {"kv_put", "kv/put", ""},
    {"r2", "r2/get", ""},
    {"object", "objects/get", ""},
    {"sql", "objects/sql", ""},
}};

void read_control(Fields& fields, const Word* word, Step& step) {
  step.kind = Step::Kind::kControl;
  ControlStep& control = step.control;
  const Value& value = *fields.find(word ? word->name : "control");
  control.arguments = object_value(value);
  if (!word) {
    control.verb = fields.text("control").value_or("");
    if (const Value* with = fields.find("with")) {
      if (!with->is(Value::Type::kObject)) fields.wrong("with", "a table of the verb's arguments");
      control.arguments = *with;
    }
  } else {
    control.verb = word->verb;
    if (value.is(Value::Type::kObject))
      control.arguments = value;
    else if (value.is(Value::Type::kString) && !word->member.empty())
      control.arguments.set(std::string(word->member), value);
    else if (!(value.is(Value::Type::kBool) && value.boolean))
      fields.wrong(word->name, word->member.empty() ? "a table" : "a table, a text or true");
  }
  if (const Value* expect = fields.find("expect")) control.expect = *expect;
  control.error = fields.text("error");
  control.save = read_saves(fields);
  step.name = control.verb;
}

void read_clock(Fields& fields, std::string_view word, Step& step) {
  step.kind = Step::Kind::kClock;
  const std::string shown = fields.find(word)->is(Value::Type::kString) ? fields.find(word)->string
                                                                        : fields.find(word)->json();
  step.name = std::string(word) + " " + shown;
  if (word == "advance") {
    step.clock = {ClockStep::Kind::kAdvance, fields.duration(word).value_or(0)};
  } else if (word == "set") {
    step.clock = {ClockStep::Kind::kSet, fields.time(word).value_or(0)};
  } else {
    constexpr int64_t kLimitUs = 30ll * 86'400 * 1'000'000;
    const bool plain = fields.find(word)->is(Value::Type::kBool);
    step.clock = {ClockStep::Kind::kUntilIdle,
                  plain ? kLimitUs : fields.duration(word).value_or(0)};
  }
}

void read_group(Fields& fields, Step& step) {
  const Value& list = *fields.find("group");
  const std::string key = fields.key_of("group");
  if (!list.is(Value::Type::kArray) || list.items.empty() || list.items.size() > kGroupMax)
    return fields.wrong("group", "a list of 1 to " + std::to_string(kGroupMax) + " requests");
  for (size_t i = 0; i < list.items.size() && !fields.problems().first; ++i)
    step.requests.push_back(read_request(list.items[i], key + "[" + std::to_string(i) + "]",
                                         nullptr, fields.problems()));
  step.name = "group of " + std::to_string(list.items.size());
}

Step read_step(const Value& value, const std::string& key, Problems& problems, size_t& count,
               int depth) {
  static constexpr std::string_view kOwn[] = {"request",        "group",   "advance", "set",
                                              "run_until_idle", "control", "repeat"};
  Step step;
  step.place = {key, value.line};
  Fields fields(value, key, problems);
  fields.only(
      {"name",         "request", "group",        "advance",      "set",     "run_until_idle",
       "control",      "repeat",  "partition",    "hold",         "release", "repair",
       "link",         "evict",   "evict_object", "abort_object", "alarm",   "fault",
       "clear_faults", "kv",      "kv_put",       "r2",           "object",  "sql",
       "expect",       "error",   "save",         "with",         "steps",   "headers",
       "body",         "json",    "form",         "location",     "session", "cookies"});
  std::string word;
  const Word* control = nullptr;
  size_t words = 0;
  for (std::string_view name : kOwn) {
    if (fields.find(name)) word = name, ++words;
  }
  for (const Word& one : kWords) {
    if (fields.find(one.name)) control = &one, word = one.name, ++words;
  }
  if (words != 1) {
    problems.add(value, key,
                 words == 0 ? "does nothing: a step has one of request, group, advance, set, "
                              "run_until_idle, partition, hold, release, repair, link, evict, "
                              "evict_object, abort_object, alarm, fault, clear_faults, kv, "
                              "kv_put, r2, object, sql, control, repeat"
                            : "does several things at once; make them steps of their own");
    return step;
  }
  if (control || word == "control") {
    read_control(fields, control, step);
  } else if (word == "request") {
    step.requests.push_back(read_request(*fields.find("request"), key, &fields, problems));
    step.name = step.requests[0].method + " " + step.requests[0].url;
  } else if (word == "group") {
    read_group(fields, step);
  } else if (word == "repeat") {
    step.kind = Step::Kind::kRepeat;
    step.times = fields.number("repeat", 1, kRepeatMax).value_or(1);
    step.name = "repeat";
    if (depth >= kRepeatDepthMax)
      fields.wrong("repeat", "at most " + std::to_string(kRepeatDepthMax) + " levels deep");
    else if (const Value* inner = fields.require("steps", "steps = [{ request = \"GET /\" }]"))
      step.steps = read_steps(*inner, fields.key_of("steps"), problems, count, depth + 1);
  } else {
    read_clock(fields, word, step);
  }
  if (auto name = fields.text("name")) step.name = *name;
  return step;
}

}  // namespace

std::vector<Step> read_steps(const Value& list, const std::string& key, Problems& problems,
                             size_t& count, int depth) {
  std::vector<Step> steps;
  if (!list.is(Value::Type::kArray)) {
    problems.add(list, key, "must be a list of steps ([[step]] in TOML)");
    return steps;
  }
  for (size_t i = 0; i < list.items.size() && !problems.first; ++i) {
    if (++count > kStepsMax) {
      problems.add(
          list.items[i], key,
          "more than " + std::to_string(kStepsMax) + " steps; let a repeat do what is the same");
      break;
    }
    steps.push_back(
        read_step(list.items[i], key + "[" + std::to_string(i) + "]", problems, count, depth));
  }
  return steps;
}

}  // namespace offing::scenario
