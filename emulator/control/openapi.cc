#include "emulator/control/control.h"
#include "emulator/control/json.h"

namespace offing::control {
namespace {

constexpr std::string_view kMembers = R"({"type":"object","additionalProperties":true})";

std::string_view schema_of(Kind kind) {
  switch (kind) {
    case Kind::kText: return R"({"type":"string"})";
    case Kind::kInteger: return R"({"type":"integer"})";
    case Kind::kNumber: return R"({"type":"number"})";
    case Kind::kFlag: return R"({"type":"boolean"})";
    case Kind::kDuration: return R"({"type":["number","string"],"examples":["60s"]})";
    case Kind::kTime: return R"({"type":["number","string"],"examples":["2026-01-01T00:00:00Z"]})";
    case Kind::kTexts: return R"({"type":["array","string"],"items":{"type":"string"}})";
    case Kind::kObject: return kMembers;
    case Kind::kList: return R"({"type":"array"})";
    case Kind::kAny: return "{}";
  }
  return "{}";
}

void add_parameter(Json& json, std::string_view where, std::string_view name, std::string_view about,
                   bool required, std::string_view schema) {
  json.open('{').field("name", name).field("in", where).field("description", about);
  json.field("required", required).raw_field("schema", schema).close('}');
}

void add_parameters(Json& json, const Verb& verb) {
  json.key("parameters").open('[');
  add_parameter(json, "header", "offing-control", "Has to be 1", true, R"({"type":"string","const":"1"})");
  add_parameter(json, "header", "offing-world", "Which world; absent: main", false,
                R"({"type":"string"})");
  if (verb.method == "GET") {
    for (const Argument& a : verb.arguments)
      add_parameter(json, "query", a.name, a.about, a.required, schema_of(a.kind));
  }
  json.close(']');
}

void add_body(Json& json, const Verb& verb) {
  if (verb.method == "GET") return;
  json.key("requestBody").open('{').key("content").open('{').key("application/json").open('{');
  json.key("schema").open('{').field("type", "object").key("properties").open('{');
  bool required = false;
  for (const Argument& a : verb.arguments) {
    json.key(a.name).open('{').field("description", a.about).key("allOf").open('[');
    json.raw(schema_of(a.kind)).close(']').close('}');
    required |= a.required;
  }
  json.close('}');
  if (required) {
    json.key("required").open('[');
    for (const Argument& a : verb.arguments) {
      if (a.required) json.value(a.name);
    }
    json.close(']');
  }
  json.field("additionalProperties", verb.free_form);
  json.close('}').close('}').close('}').field("required", required).close('}');
}

void add_answers(Json& json, const Verb& verb) {
  const std::string_view type = verb.run == nullptr ? "text/event-stream" : "application/json";
  json.key("responses").open('{');
  json.key("200").open('{').field("description", verb.answer).key("content").open('{');
  json.key(type).open('{').raw_field("schema", verb.run == nullptr ? "{}" : kMembers);
  json.close('}').close('}').close('}');
  json.key("default").open('{').field("description", "What was wrong, and the way out");
  json.key("content").open('{').key("application/json").open('{');
  json.raw_field("schema", R"({"$ref":"#/components/schemas/Error"})");
  json.close('}').close('}').close('}').close('}');
}

// "clock/run-until-idle" -> "clockRunUntilIdle", "getClock".
std::string operation_id(const Verb& verb) {
  bool upper = verb.method == "GET";
  std::string id = upper ? "get" : "";
  for (const char c : verb.path) {
    const bool separates = c == '/' || c == '-';
    if (!separates) id += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    upper = separates;
  }
  return id;
}

void add_operation(Json& json, const Verb& verb) {
  json.key(verb.method == "GET" ? "get" : "post").open('{');
  json.field("operationId", operation_id(verb)).field("summary", verb.about);
  json.key("tags").open('[').value(verb.path.substr(0, verb.path.find('/'))).close(']');
  add_parameters(json, verb);
  add_body(json, verb);
  add_answers(json, verb);
  json.close('}');
}

}  // namespace

std::string openapi_json(std::string_view version) {
  Json json;
  json.open('{').field("openapi", "3.1.0");
  json.key("info").open('{').field("title", "offing control API").field("version", version);
  json.field("description", "Time, state and faults of a local Workers platform.").close('}');
  json.key("servers").open('[').open('{').field("url", "/cdn-cgi/offing").close('}').close(']');
  json.key("paths").open('{');
  const auto& verbs = Control::verbs();
  for (size_t i = 0; i < verbs.size(); ++i) {
    bool first = true;
    for (size_t j = 0; j < i; ++j) first &= verbs[j]->path != verbs[i]->path;
    if (!first) continue;
    json.key("/" + std::string(verbs[i]->path)).open('{');
    for (const Verb* verb : verbs) {
      if (verb->path == verbs[i]->path) add_operation(json, *verb);
    }
    json.close('}');
  }
  json.close('}');
  json.raw_field("components",
                 R"({"schemas":{"Error":{"type":"object","properties":{"error":{"type":"object",)"
                 R"("properties":{"code":{"type":"string"},"message":{"type":"string"}},)"
                 R"("required":["code","message"]}},"required":["error"]}}})");
  return json.close('}').take();
}

}  // namespace offing::control
