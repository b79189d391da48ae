#include <utility>

#include "emulator/control/control.h"
#include "emulator/control/json.h"
#include "emulator/control/shown.h"

namespace offing::control {
namespace {

constexpr uint64_t kBytesMax = 32u << 20;
constexpr Argument kBucket = {"bucket", Kind::kText, true, "its binding or name"};
constexpr Argument kKey = {"key", Kind::kText, true, "the key"};
constexpr Argument kHead[] = {kBucket, kKey};
constexpr Argument kGet[] = {kBucket, kKey, {"offset", Kind::kInteger, false, "first byte"},
                             {"length", Kind::kInteger, false, "how many"}};
constexpr Argument kPut[] = {
    kBucket,
    kKey,
    {"value", Kind::kText, false, "a text"},
    {"value_base64", Kind::kText, false, "bytes, instead"},
    {"http_metadata", Kind::kObject, false, "{contentType, …} as a Worker gives it"},
    {"custom_metadata", Kind::kObject, false, "texts by name"}};
constexpr Argument kList[] = {kBucket,
                              {"prefix", Kind::kText, false, "of the keys"},
                              {"limit", Kind::kInteger, false, "1 to 1000"},
                              {"cursor", Kind::kText, false, "of the page before"},
                              {"delimiter", Kind::kText, false, "groups keys"},
                              {"start_after", Kind::kText, false, "a key"}};

struct HttpField {
  const char* name;
  std::optional<std::string> r2::HttpMetadata::*field;
};
constexpr HttpField kHttpFields[] = {{"contentType", &r2::HttpMetadata::content_type},
                                     {"contentLanguage", &r2::HttpMetadata::content_language},
                                     {"contentDisposition", &r2::HttpMetadata::content_disposition},
                                     {"contentEncoding", &r2::HttpMetadata::content_encoding},
                                     {"cacheControl", &r2::HttpMetadata::cache_control}};

void add_object(Json& json, const r2::Object& object) {
  json.field("key", object.key).field("version", object.version).field("etag", object.etag);
  json.field("size", object.size_bytes).field("uploaded_ms", object.uploaded_ms);
  json.field("storage_class", object.storage_class == r2::StorageClass::kStandard ? "Standard"
                                                                                  : "InfrequentAccess");
  json.key("http_metadata").open('{');
  for (const HttpField& http : kHttpFields) {
    if (object.http.*http.field) json.field(http.name, object.http.*http.field);
  }
  if (object.http.cache_expiry_ms)
    json.field("cacheExpiry", time_text(*object.http.cache_expiry_ms * 1000));
  json.close('}').key("custom_metadata").open('{');
  for (const auto& [name, value] : object.custom) json.field(name, value);
  json.close('}');
}

Failure failure_of(const r2::Error& error) {
  return {error.row().http_status, "r2_refused",
          error.text + " (" + std::to_string(error.row().v4_code) + ")"};
}

// The bucket of the call; it has been answered when there is none.
std::optional<R2Call> call_of(Call& call, R2Call::Op op) {
  auto bucket = r2_bucket(call.stage, call.arguments.text("bucket"));
  if (!bucket) return call.reply.fail(std::move(bucket.error())), std::nullopt;
  R2Call asked;
  asked.op = op;
  asked.bucket = *bucket;
  asked.key = call.arguments.text("key");
  return asked;
}

template <class Shown> void ask(Call call, R2Call asked, Shown shown) {
  inside(std::move(call), [asked = std::move(asked), shown = std::move(shown)](Call call) mutable {
    Waiting waiting(call.stage);
    call.stage.stack().r2().call(
        {.request = 0, .location = "", .door = "control"}, std::move(asked),
        [waiting = std::move(waiting), shown = std::move(shown),
         reply = std::move(call.reply)](R2Answer answer) mutable {
          if (answer.error) return reply.fail(failure_of(*answer.error));
          shown(std::move(reply), std::move(answer), std::move(waiting));
        });
  });
}

std::string found_json(const R2Answer& answer, const std::string* bytes) {
  Json json;
  json.open('{').field("found", answer.object != nullptr);
  if (answer.object) add_object(json, *answer.object);
  if (bytes != nullptr) add_bytes(json, "value", *bytes);
  return json.close('}').take();
}

void head(Call call) {
  auto asked = call_of(call, R2Call::Op::kHead);
  if (!asked) return;
  ask(std::move(call), std::move(*asked), [](Reply reply, R2Answer answer, Waiting) {
    reply(found_json(answer, nullptr));
  });
}

void give_bytes(Reply reply, R2Answer answer, Waiting waiting) {
  if (!answer.object) return reply(found_json(answer, nullptr));
  if (answer.range.length > kBytesMax)
    return reply.fail({413, "too_large", "the object has " + std::to_string(answer.range.length) +
                                             " bytes; ask for parts of at most 32 MiB with offset and "
                                             "length"});
  if (!answer.body) return reply(found_json(answer, answer.bytes.get()));
  std::unique_ptr<ByteSource> body = std::move(answer.body);
  read_all(std::move(body), kBytesMax,
           [reply = std::move(reply), answer = std::move(answer),
            waiting = std::move(waiting)](Chunk chunk) mutable {
             if (chunk.kind == Chunk::Kind::kError) return reply.fail({500, "unreadable", chunk.bytes});
             reply(found_json(answer, &chunk.bytes));
           });
}

void get(Call call) {
  auto asked = call_of(call, R2Call::Op::kGet);
  if (!asked) return;
  for (const char* name : {"offset", "length"}) {
    const auto value = call.arguments.integer(name);
    if (value && *value < 0)
      return call.reply.fail(bad_value(name, *call.arguments.value(name), "0 or more"));
    auto& into = name[0] == 'o' ? asked->range.offset : asked->range.length;
    if (value) into = static_cast<uint64_t>(*value);
  }
  ask(std::move(call), std::move(*asked), give_bytes);
}

std::optional<Failure> read_http(const rapidjson::Value& given, r2::HttpMetadata& http) {
  for (auto at = given.MemberBegin(); at != given.MemberEnd(); ++at) {
    const std::string name = "http_metadata." + std::string(text_of(at->name));
    if (at->value.IsNull()) continue;
    if (text_of(at->name) == "cacheExpiry") {
      auto us = at->value.IsString() ? parse_time_us(text_of(at->value)) : std::unexpected(std::string());
      if (at->value.IsInt64()) http.cache_expiry_ms = at->value.GetInt64();
      else if (us) http.cache_expiry_ms = *us / 1000;
      else return bad_value(name, at->value, "a time");
      continue;
    }
    bool known = false;
    for (const HttpField& field : kHttpFields) {
      if (text_of(at->name) != field.name) continue;
      known = true;
      if (!at->value.IsString()) return bad_value(name, at->value, "a text");
      http.*field.field = std::string(text_of(at->value));
    }
    if (!known)
      return Failure::bad("there is no \"" + name + "\"; there are contentType, contentLanguage, "
                          "contentDisposition, contentEncoding, cacheControl and cacheExpiry");
  }
  return std::nullopt;
}

void put(Call call) {
  auto asked = call_of(call, R2Call::Op::kPut);
  if (!asked) return;
  auto bytes = bytes_of(call.arguments);
  if (!bytes) return call.reply.fail(std::move(bytes.error()));
  asked->value = std::move(*bytes);
  if (const rapidjson::Value* http = call.arguments.value("http_metadata")) {
    if (auto failure = read_http(*http, asked->http)) return call.reply.fail(std::move(*failure));
  }
  if (const rapidjson::Value* custom = call.arguments.value("custom_metadata")) {
    for (auto at = custom->MemberBegin(); at != custom->MemberEnd(); ++at) {
      if (!at->value.IsString())
        return call.reply.fail(bad_value("custom_metadata." + std::string(text_of(at->name)), at->value,
                                         "a text"));
      asked->custom.emplace_back(text_of(at->name), text_of(at->value));
    }
  }
  ask(std::move(call), std::move(*asked), [](Reply reply, R2Answer answer, Waiting) {
    Json json;
    json.open('{');
    add_object(json, *answer.object);
    reply(json.close('}').take());
  });
}

void remove(Call call) {
  auto asked = call_of(call, R2Call::Op::kDelete);
  if (!asked) return;
  ask(std::move(call), std::move(*asked), [](Reply reply, R2Answer, Waiting) { reply("{}"); });
}

void list(Call call) {
  auto asked = call_of(call, R2Call::Op::kList);
  if (!asked) return;
  asked->limit = call.arguments.integer("limit");
  if (asked->limit && (*asked->limit < 1 || *asked->limit > 1000))
    return call.reply.fail(bad_value("limit", *call.arguments.value("limit"), "from 1 to 1000"));
  asked->prefix = call.arguments.text("prefix");
  asked->cursor = call.arguments.text("cursor");
  asked->delimiter = call.arguments.text("delimiter");
  asked->start_after = call.arguments.text("start_after");
  asked->include_http = asked->include_custom = true;
  ask(std::move(call), std::move(*asked), [](Reply reply, R2Answer answer, Waiting) {
    Json json;
    json.open('{').key("objects").open('[');
    for (const r2::ObjectRef& object : answer.objects) {
      json.open('{');
      add_object(json, *object);
      json.close('}');
    }
    json.close(']').key("delimited_prefixes").open('[');
    for (const std::string& prefix : answer.prefixes) json.value(prefix);
    json.close(']').field("truncated", answer.truncated);
    json.field("cursor", answer.truncated ? std::optional(answer.cursor) : std::nullopt);
    reply(json.close('}').take());
  });
}

constexpr Verb kVerbs[] = {
    {"POST", "r2/get", "An object with its bytes", kGet,
     "{found, key, version, etag, size, uploaded_ms, storage_class, http_metadata, custom_metadata, "
     "value|value_base64}",
     get},
    {"POST", "r2/head", "An object without its bytes", kHead,
     "{found, key, version, etag, size, uploaded_ms, storage_class, http_metadata, custom_metadata}", head},
    {"POST", "r2/put", "Stores an object; bucket locks hold here as everywhere", kPut,
     "{key, version, etag, size, …}", put},
    {"POST", "r2/delete", "Removes an object; bucket locks hold here as everywhere", kHead, "{}", remove},
    {"POST", "r2/list", "Objects of a bucket", kList,
     "{objects: [{key, …}], delimited_prefixes, truncated, cursor|null}", list},
};

}  // namespace

Verbs r2_verbs() { return kVerbs; }

}  // namespace offing::control
