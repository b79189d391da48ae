#include <algorithm>
#include <utility>

#include "emulator/control/control.h"
#include "emulator/control/json.h"
#include "emulator/control/options.h"
#include "emulator/control/shown.h"

namespace offing::control {
namespace {

constexpr Argument kNamespace = {"namespace", Kind::kText, true, "its binding or id"};
constexpr Argument kKey = {"key", Kind::kText, true, "the key"};
constexpr Argument kLocation = {"location", Kind::kText, false,
                                "as a Worker there does it, in the trace; absent: beside all caches"};
constexpr Argument kInspect[] = {kNamespace, kKey};
constexpr Argument kGetOrDelete[] = {kNamespace, kKey, kLocation};
constexpr Argument kPut[] = {kNamespace,
                             kKey,
                             {"value", Kind::kText, false, "a text"},
                             {"value_base64", Kind::kText, false, "bytes, instead"},
                             {"metadata", Kind::kAny, false, "JSON"},
                             {"expiration_s", Kind::kInteger, false, "Unix time in seconds"},
                             kLocation};
constexpr Argument kList[] = {kNamespace,
                              {"prefix", Kind::kText, false, "of the keys"},
                              {"limit", Kind::kInteger, false, "1 to 1000"},
                              {"cursor", Kind::kText, false, "of the page before"},
                              kLocation};

// A call of a namespace, with where it is made.
struct KvPlace {
  std::string namespace_id;
  std::optional<size_t> location;
};

std::optional<KvPlace> place_of(Call& call) {
  auto id = kv_namespace(call.stage, call.arguments.text("namespace"));
  if (!id) return call.reply.fail(std::move(id.error())), std::nullopt;
  KvPlace place{std::move(*id), std::nullopt};
  if (auto code = call.arguments.optional_text("location")) {
    auto found = location(call.stage, *code);
    if (!found) return call.reply.fail(std::move(found.error())), std::nullopt;
    place.location = *found;
  }
  return place;
}

Failure refused(const std::string& error) { return {400, "kv_refused", error}; }

void get_settings(Call call) { call.reply(kv_settings_json(call.stage.stack().kv().settings())); }

void set_settings(Call call) {
  inside(std::move(call), [](Call call) {
    auto changed = change_kv_settings(call.stage, call.arguments.document());
    if (!changed) return call.reply.fail(std::move(changed.error()));
    call.reply(kv_settings_json(call.stage.stack().kv().settings()));
  });
}

void inspect(Call call) {
  const auto place = place_of(call);
  if (!place) return;
  const KvService::Inspected found =
      call.stage.stack().kv().inspect(place->namespace_id, call.arguments.text("key"));
  Json json;
  json.open('{').key("newest");
  if (found.version == 0) {
    json.raw("null");
  } else {
    json.open('{').field("version", found.version).field("absent", found.absent);
    json.field("size_bytes", found.size_bytes).field("written_at_ms", found.written_at_ms);
    json.field("expiration_s", found.expiration_s).close('}');
  }
  json.key("locations").open('[');
  for (const KvService::Inspected::Place& at : found.locations) {
    json.open('{').field("location", at.location).field("version", at.version);
    json.field("absent", at.absent).field("cause", at.cause).field("staleness_ms", at.staleness_ms);
    json.field("age_ms", at.age_ms).field("cached_until_ms", at.cached_until_ms).close('}');
  }
  call.reply(json.close(']').close('}').take());
}

struct Found {
  std::shared_ptr<const std::string> value;  // null: absent
  std::optional<std::string> metadata_json;
  std::optional<int64_t> expiration_s;
  uint64_t version = 0;
};

std::string found_json(const Found& found) {
  Json json;
  json.open('{').field("found", found.value != nullptr);
  if (found.value) add_bytes(json, "value", *found.value);
  json.raw_field("metadata", found.metadata_json.value_or("null"));
  return json.field("expiration_s", found.expiration_s).field("version", found.version).close('}').take();
}

void get_at(Call call, const KvPlace& place) {
  KvService& kv = call.stage.stack().kv();
  KvCall asked;
  asked.op = KvCall::Op::kGetWithMetadata;
  asked.key = call.arguments.text("key");
  const KvService::Inspected seen = kv.inspect(place.namespace_id, asked.key);
  Found found;
  const std::string& code = call.stage.stack().topology().locations()[*place.location];
  for (const KvService::Inspected::Place& at : seen.locations) {
    if (at.location == code) found.version = at.version;
  }
  if (found.version == seen.version) found.expiration_s = seen.expiration_s;
  kv.call(*place.location, 0, place.namespace_id, std::move(asked),
          [found, waiting = Waiting(call.stage), reply = std::move(call.reply)](KvAnswer answer) mutable {
            if (answer.error) return reply.fail(refused(*answer.error));
            found.value = answer.value.found ? std::move(answer.value.value) : nullptr;
            found.metadata_json = std::move(answer.value.metadata_json);
            reply(found_json(found));
          });
}

void get(Call call) {
  auto place = place_of(call);
  if (!place) return;
  inside(std::move(call), [place = std::move(*place)](Call call) {
    if (place.location) return get_at(std::move(call), place);
    auto newest = call.stage.stack().kv().newest(place.namespace_id, call.arguments.text("key"));
    Found found;
    if (newest) found = {newest->value, newest->metadata_json, newest->expiration_s, newest->version};
    call.reply(found_json(found));
  });
}

// A write as a Worker makes it.
void write_at(Call call, const KvPlace& place, KvCall asked) {
  call.stage.stack().kv().call(
      *place.location, 0, place.namespace_id, std::move(asked),
      [waiting = Waiting(call.stage), reply = std::move(call.reply)](KvAnswer answer) mutable {
        if (answer.error) return reply.fail(refused(*answer.error));
        reply("{}");
      });
}

void put(Call call) {
  auto place = place_of(call);
  if (!place) return;
  auto bytes = bytes_of(call.arguments);
  if (!bytes) return call.reply.fail(std::move(bytes.error()));
  const auto expiration_s = call.arguments.integer("expiration_s");
  if (expiration_s && (*expiration_s < 0 || *expiration_s > INT32_MAX))
    return call.reply.fail(
        bad_value("expiration_s", *call.arguments.value("expiration_s"), "from 0 to 2147483647"));
  inside(std::move(call), [place = std::move(*place), bytes = std::move(*bytes),
                           expiration_s](Call call) mutable {
    std::optional<std::string> metadata;
    if (const rapidjson::Value* given = call.arguments.value("metadata"); given && !given->IsNull())
      metadata = json_of(*given);
    if (place.location) {
      KvCall asked;
      asked.op = KvCall::Op::kPut;
      asked.key = call.arguments.text("key");
      asked.value = std::move(bytes);
      asked.metadata_json = std::move(metadata);
      if (expiration_s) asked.expiration_s = static_cast<int32_t>(*expiration_s);
      return write_at(std::move(call), place, std::move(asked));
    }
    auto stored = call.stage.stack().kv().seed(place.namespace_id, call.arguments.text("key"),
                                               std::move(bytes), std::move(metadata), expiration_s);
    if (!stored) return call.reply.fail(refused(stored.error()));
    call.reply("{}");
  });
}

void remove(Call call) {
  auto place = place_of(call);
  if (!place) return;
  inside(std::move(call), [place = std::move(*place)](Call call) mutable {
    KvCall asked;
    asked.op = KvCall::Op::kDelete;
    asked.key = call.arguments.text("key");
    if (place.location) return write_at(std::move(call), place, std::move(asked));
    auto removed = call.stage.stack().kv().seed_absent(place.namespace_id, std::move(asked.key));
    if (!removed) return call.reply.fail(refused(removed.error()));
    call.reply("{}");
  });
}

std::string listed_json(const KvAnswer& answer) {
  Json json;
  json.open('{').key("keys").open('[');
  for (const KvListedKey& key : answer.listed) {
    json.open('{').field("name", key.name);
    if (key.expiration_s) json.field("expiration_s", key.expiration_s);
    if (key.metadata_json) json.raw_field("metadata", *key.metadata_json);
    json.close('}');
  }
  json.close(']').field("list_complete", answer.list_complete);
  return json.field("cursor", answer.cursor).close('}').take();
}

void list(Call call) {
  auto place = place_of(call);
  if (!place) return;
  const auto limit = call.arguments.integer("limit");
  if (limit && (*limit < 1 || *limit > 1000))
    return call.reply.fail(bad_value("limit", *call.arguments.value("limit"), "from 1 to 1000"));
  inside(std::move(call), [place = std::move(*place), limit](Call call) {
    KvService& kv = call.stage.stack().kv();
    KvCall asked;
    asked.op = KvCall::Op::kList;
    asked.prefix = call.arguments.optional_text("prefix");
    asked.cursor = call.arguments.optional_text("cursor");
    if (limit) asked.limit = static_cast<int32_t>(*limit);
    if (!place.location) {
      const KvAnswer answer = kv.list_newest(place.namespace_id, asked);
      if (answer.error) return call.reply.fail(refused(*answer.error));
      return call.reply(listed_json(answer));
    }
    kv.call(*place.location, 0, place.namespace_id, std::move(asked),
            [waiting = Waiting(call.stage), reply = std::move(call.reply)](KvAnswer answer) mutable {
              if (answer.error) return reply.fail(refused(*answer.error));
              reply(listed_json(answer));
            });
  });
}

constexpr Verb kVerbs[] = {
    {"GET", "kv/settings", "Every knob of the KV model", {}, "as --kv-settings has them", get_settings},
    {"POST", "kv/settings", "Changes knobs of the KV model; what is not named stays", {},
     "the settings that are in force now", set_settings, true},
    {"GET", "kv/inspect", "The newest version of a key, and what each location would serve of it", kInspect,
     "{newest: {version, absent, size_bytes, written_at_ms, expiration_s}|null, locations: [{location, "
     "version, absent, cause, staleness_ms, age_ms|null, cached_until_ms|null}]}",
     inspect},
    {"POST", "kv/get", "Reads a key: its newest version, or what a location is served", kGetOrDelete,
     "{found, value|value_base64, metadata, expiration_s, version}", get},
    {"POST", "kv/put", "Stores a value as if long ago, visible everywhere; or as a Worker in a location",
     kPut, "{}", put},
    {"POST", "kv/delete", "Removes a key as if long ago; or as a Worker in a location", kGetOrDelete, "{}",
     remove},
    {"POST", "kv/list", "Keys of a namespace: the newest state, or what a location is shown", kList,
     "{keys: [{name, expiration_s?, metadata?}], list_complete, cursor|null}", list},
};

}  // namespace

Verbs kv_verbs() { return kVerbs; }

}  // namespace offing::control
