#include <algorithm>
#include <tuple>
#include <utility>

#include "emulator/control/control.h"
#include "emulator/control/json.h"
#include "emulator/control/object_access.h"
#include "emulator/control/shown.h"
#include "emulator/control/structured_values.h"
#include "storage/digest/digest.h"

namespace offing::control {
namespace {

using durable::SqlValue;

constexpr Argument kClass = {"class", Kind::kText, true, "class name or binding"};
constexpr Argument kAnyClass = {"class", Kind::kText, false, "class name or binding; absent: all"};
constexpr Argument kName = {"name", Kind::kText, false, "of idFromName"};
constexpr Argument kId = {"id", Kind::kText, false, "64 hex digits, instead of a name"};
constexpr Argument kKey = {"key", Kind::kText, true, "the key"};
constexpr Argument kOne[] = {kClass, kName, kId};
constexpr Argument kSql[] = {kClass,
                             kName,
                             {"query", Kind::kText, true, "SQL"},
                             {"bindings", Kind::kList, false, "for its ?s: texts, numbers, null"},
                             kId};
constexpr Argument kGet[] = {kClass, kName, kKey, kId};
constexpr Argument kPut[] = {kClass, kName, kKey, {"value", Kind::kAny, true, "JSON"}, kId};
constexpr Argument kList[] = {kAnyClass,
                              kName,
                              {"prefix", Kind::kText, false, "of the keys of one object"},
                              {"start", Kind::kText, false, "its first key"},
                              {"end", Kind::kText, false, "before this key"},
                              {"limit", Kind::kInteger, false, "how many keys (default 1000)"},
                              kId};
constexpr Argument kEvict[] = {kAnyClass, kName, kId};
constexpr Argument kAbort[] = {kClass, kName, {"reason", Kind::kText, false, "the error's text"}, kId};
constexpr Argument kIsolates[] = {{"location", Kind::kText, false, "absent: everywhere"}};
constexpr size_t kRowsMax = 100'000;

void list_objects(Call call) {
  Actors& actors = call.stage.stack().actors();
  const WorkerOptions& worker = call.stage.stack().project().worker;
  std::optional<uint32_t> only;
  if (call.arguments.has("class")) {
    auto space = object_class(call.stage, call.arguments.text("class"));
    if (!space) return call.reply.fail(std::move(space.error()));
    only = *space;
  }
  std::vector<const Object*> known;
  actors.objects().for_each([&](const Object& object) {
    if (!only || object.space == *only) known.push_back(&object);
  });
  std::vector<std::pair<uint32_t, std::string>> asleep;  // stored, and not asked for since the start
  for (uint32_t i = 0; i < worker.actor_classes.size(); ++i) {
    if (only && i != *only) continue;
    const std::string& unique_key = worker.actor_classes[i].unique_key;
    for (std::string& id : actors.store().ids(unique_key)) {
      if (actors.objects().find(ObjectOrder::Key{unique_key, id}) == nullptr)
        asleep.emplace_back(i, std::move(id));
    }
  }
  std::ranges::sort(known, {}, [](const Object* object) { return std::tie(object->space, object->key.id); });
  Json json;
  json.open('{').key("objects").open('[');
  for (const Object* object : known) {
    json.open('{').field("class", actors.objects().class_of(*object)).field("id", object->key.id);
    json.field("name", object->name.empty() ? std::nullopt : std::optional(object->name));
    json.field("location", call.stage.stack().topology().locations()[object->home]);
    json.field("in_memory", object->actor != 0);
    json.field("alarm_ms", actors.alarms().set_for(object->key)).close('}');
  }
  for (const auto& [space, id] : asleep) {
    const durable::ObjectName key{worker.actor_classes[space].unique_key, id};
    const std::string name = actors.store().name_of(key);
    json.open('{').field("class", worker.actor_classes[space].class_name).field("id", id);
    json.field("name", name.empty() ? std::nullopt : std::optional(name)).raw_field("location", "null");
    json.field("in_memory", false).field("alarm_ms", actors.alarms().set_for(key)).close('}');
  }
  call.reply(json.close(']').close('}').take());
}

// Runs `task(call, access)` between two events of the object that is named.
template <class Task> void with_object(Call call, Task task) {
  inside(std::move(call), [task = std::move(task)](Call call) mutable {
    auto access = ObjectAccess::open(call.stage, call.arguments);
    if (!access) return call.reply.fail(std::move(access.error()));
    task(std::move(call), *access);
  });
}

std::expected<std::vector<SqlValue>, Failure> bindings_of(const rapidjson::Value* given) {
  std::vector<SqlValue> bindings;
  if (given == nullptr) return bindings;
  for (const rapidjson::Value& value : given->GetArray()) {
    if (value.IsNull()) bindings.emplace_back(durable::SqlNull());
    else if (value.IsString()) bindings.emplace_back(text_of(value));
    else if (value.IsNumber()) bindings.emplace_back(value.GetDouble());
    else if (value.IsBool()) bindings.emplace_back(value.GetBool() ? 1.0 : 0.0);
    else return std::unexpected(bad_value("bindings", value, "a list of texts, numbers and nulls"));
  }
  return bindings;
}

void add_value(Json& json, const SqlValue& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) json.value(*integer);
  else if (const auto* real = std::get_if<double>(&value)) json.raw(json_of(rapidjson::Value(*real)));
  else if (const auto* text = std::get_if<std::string_view>(&value)) json.value(*text);
  else if (const auto* blob = std::get_if<durable::SqlBlob>(&value))
    json.open('{').field("base64", digest::to_base64(blob->bytes)).close('}');
  else json.raw("null");
}

void sql(Call call) {
  with_object(std::move(call), [](Call call, ObjectAccess& access) {
    auto bindings = bindings_of(call.arguments.value("bindings"));
    if (!bindings) return call.reply.fail(std::move(bindings.error()));
    auto cursor = access.storage().exec(call.arguments.text("query"), *bindings);
    if (!cursor) return call.reply.fail(access.failed(cursor.error()));
    Json json;
    json.open('{').key("columns").open('[');
    for (size_t i = 0; i < (*cursor)->column_count(); ++i) json.value((*cursor)->column_name(i));
    json.close(']').key("rows").open('[');
    for (size_t rows = 0;; ++rows) {
      auto next = (*cursor)->next();
      if (!next) return call.reply.fail(access.failed(next.error()));
      if (!*next) break;
      if (rows == kRowsMax) {
        cursor->reset();
        return call.reply.fail(access.failed({.text = "more than 100000 rows; ask with LIMIT"}));
      }
      json.open('[');
      for (size_t i = 0; i < (*cursor)->column_count(); ++i) add_value(json, (*cursor)->value(i));
      json.close(']');
    }
    json.close(']').field("rows_read", (*cursor)->rows_read());
    json.field("rows_written", (*cursor)->rows_written()).close('}');
    cursor->reset();
    access.commit(std::move(call.reply), json.take());
  });
}

Failure untold(const std::string& key, const std::string& why) {
  return {409, "no_json", "the value of \"" + key.substr(0, 80) + "\" cannot be told as JSON: " + why};
}

void get(Call call) {
  with_object(std::move(call), [](Call call, ObjectAccess& access) {
    const std::string key = call.arguments.text("key");
    auto found = access.storage().get(key);
    if (!found) return call.reply.fail(access.failed(found.error()));
    Json json;
    json.open('{').field("found", found->has_value());
    if (*found) {
      auto value = json_of_structured(**found);
      if (!value) return call.reply.fail(untold(key, value.error()));
      json.raw_field("value", *value);
    }
    call.reply(json.close('}').take());
  });
}

void put(Call call) {
  with_object(std::move(call), [](Call call, ObjectAccess& access) {
    const std::string bytes = structured_of_json(*call.arguments.value("value"));
    auto stored = access.storage().put(call.arguments.text("key"), bytes);
    if (!stored) return call.reply.fail(access.failed(stored.error()));
    access.commit(std::move(call.reply), "{}");
  });
}

void remove(Call call) {
  with_object(std::move(call), [](Call call, ObjectAccess& access) {
    auto removed = access.storage().remove(call.arguments.text("key"));
    if (!removed) return call.reply.fail(access.failed(removed.error()));
    Json json;
    json.open('{').field("deleted", *removed).close('}');
    access.commit(std::move(call.reply), json.take());
  });
}

void list_keys(Call call) {
  const int64_t limit = call.arguments.integer("limit").value_or(1000);
  if (limit < 1) return call.reply.fail(bad_value("limit", *call.arguments.value("limit"), "1 or more"));
  with_object(std::move(call), [limit](Call call, ObjectAccess& access) {
    durable::ListOptions options;
    options.prefix = call.arguments.optional_text("prefix");
    options.start = call.arguments.optional_text("start");
    options.end = call.arguments.optional_text("end");
    options.limit = static_cast<uint64_t>(limit);
    auto cursor = access.storage().list(options);
    if (!cursor) return call.reply.fail(access.failed(cursor.error()));
    Json json;
    json.open('{').key("entries").open('[');
    for (;;) {
      auto next = (*cursor)->next();
      if (!next) return call.reply.fail(access.failed(next.error()));
      if (!*next) break;
      const std::string key((*next)->first);
      auto value = json_of_structured((*next)->second);
      if (!value) return call.reply.fail(untold(key, value.error()));
      json.open('{').field("key", key).raw_field("value", *value).close('}');
    }
    call.reply(json.close(']').close('}').take());
  });
}

void list(Call call) {
  const bool of_one = call.arguments.has("name") || call.arguments.has("id");
  if (of_one) return list_keys(std::move(call));
  for (const char* name : {"prefix", "start", "end", "limit"}) {
    if (call.arguments.has(name))
      return call.reply.fail(Failure::bad("\"" + std::string(name) + "\" is of the keys of one object; give "
                                          "its \"name\" or \"id\", too"));
  }
  list_objects(std::move(call));
}

void evict(Call call) {
  inside(std::move(call), [](Call call) {
    std::string class_name;
    if (call.arguments.has("class")) {
      auto space = object_class(call.stage, call.arguments.text("class"));
      if (!space) return call.reply.fail(std::move(space.error()));
      class_name = call.stage.stack().project().worker.actor_classes[*space].class_name;
    }
    const std::string which =
        call.arguments.has("id") ? call.arguments.text("id") : call.arguments.text("name");
    auto evicted = call.stage.stack().actors().evict(class_name, which);
    if (!evicted) return call.reply.fail({404, "no_such_object", evicted.error()});
    Json json;
    call.reply(json.open('{').field("evicted", *evicted).close('}').take());
  });
}

void abort(Call call) {
  inside(std::move(call), [](Call call) {
    auto object = object_of(call.stage, call.arguments);
    if (!object) return call.reply.fail(std::move(object.error()));
    const bool in_memory = (*object)->actor != 0;
    const std::string reason =
        call.arguments.optional_text("reason").value_or("Application called abort() to reset Durable Object.");
    call.stage.stack().actors().objects().reset(**object, GuestError::reset(reason), Objects::Fault::kOwn);
    Json json;
    call.reply(json.open('{').field("aborted", in_memory).close('}').take());
  });
}

void alarm(Call call) {
  inside(std::move(call), [](Call call) {
    auto object = object_of(call.stage, call.arguments);
    if (!object) return call.reply.fail(std::move(object.error()));
    auto reply = std::make_shared<Reply>(std::move(call.reply));
    const bool ran = call.stage.stack().actors().alarms().run_now(
        (*object)->key, [reply, waiting = Waiting(call.stage)](const std::string& error) {
          Json json;
          json.open('{').field("ran", true);
          json.field("error", error.empty() ? std::nullopt : std::optional(error));
          (*reply)(json.close('}').take());
        });
    if (!ran) (*reply)("{\"ran\":false,\"error\":null}");
  });
}

void evict_isolates(Call call) {
  std::optional<size_t> where;
  if (call.arguments.has("location")) {
    auto found = location(call.stage, call.arguments.text("location"));
    if (!found) return call.reply.fail(std::move(found.error()));
    where = *found;
  }
  inside(std::move(call), [where](Call call) {
    Json json;
    json.open('{').field("evicted", call.stage.stack().topology().evict(where, "demand")).close('}');
    call.reply(json.take());
  });
}

constexpr Verb kVerbs[] = {
    {"POST", "objects/list", "Every Durable Object that is known or stored; of one, its keys and values", kList,
     "{objects: [{class, id, name|null, location|null, in_memory, alarm_ms|null}]}, or {entries: [{key, "
     "value}]}",
     list},
    {"POST", "objects/sql", "Runs SQL in an object's database, as a transaction of its own", kSql,
     "{columns, rows, rows_read, rows_written}", sql},
    {"POST", "objects/get", "A value of an object's key-value storage", kGet, "{found, value}", get},
    {"POST", "objects/put", "Stores a value there", kPut, "{}", put},
    {"POST", "objects/delete", "Removes a value there", kGet, "{deleted}", remove},
    {"POST", "objects/evict", "Objects leave memory; what is stored, and hibernated WebSockets, stay", kEvict,
     "{evicted}", evict},
    {"POST", "objects/abort", "Resets an object, as ctx.abort() does", kAbort, "{aborted}", abort},
    {"POST", "objects/alarm", "Runs a set alarm now, whatever its time", kOne, "{ran, error|null}", alarm},
    {"POST", "isolates/evict", "Isolates end, and what their modules remembered", kIsolates, "{evicted}",
     evict_isolates},
};

}  // namespace

Verbs object_verbs() { return kVerbs; }

}  // namespace offing::control
