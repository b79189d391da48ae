// …/r2/buckets/{bucket}/objects: list, get, put and delete objects, and delete all with a prefix
// (spec/r2.md 3.3). The store decides about locks here as everywhere (2.3: no token passes a lock).
#include <rapidjson/document.h>

#include <utility>

#include "emulator/rest/rest_exchange.h"
#include "emulator/s3/s3_headers.h"

namespace offing::rest {
namespace {

using Op = R2Call::Op;

R2Caller caller_of(const Exchange& exchange) { return {exchange.ticket, "", "rest"}; }

void append_optional(std::string& json, const char* name, const std::optional<std::string>& value) {
  if (!value) return;
  if (json.back() != '{') json += ",";
  json += "\"" + std::string(name) + "\":" + json_string(*value);
}

std::string object_json(const r2::Object& object) {
  std::string http = "{";
  append_optional(http, "contentType", object.http.content_type);
  append_optional(http, "contentLanguage", object.http.content_language);
  append_optional(http, "contentDisposition", object.http.content_disposition);
  append_optional(http, "contentEncoding", object.http.content_encoding);
  append_optional(http, "cacheControl", object.http.cache_control);
  if (object.http.cache_expiry_ms)
    append_optional(http, "cacheExpiry", s3::iso_date(*object.http.cache_expiry_ms));
  std::string custom = "{";
  for (const auto& [name, value] : object.custom)
    custom += (custom.size() > 1 ? "," : "") + json_string(name) + ":" + json_string(value);
  return "{\"key\":" + json_string(object.key) + ",\"etag\":" + json_string(object.etag) +
         ",\"last_modified\":" + json_string(s3::iso_date(object.uploaded_ms)) +
         ",\"size\":" + std::to_string(object.size_bytes) +
         ",\"ssec\":" + (object.ssec_key_md5.empty() ? "false" : "true") +
         ",\"storage_class\":" + json_string(storage_class_name(object.storage_class)) +
         ",\"http_metadata\":" + http + "},\"custom_metadata\":" + custom + "}}";
}

RestOutcome list_outcome(const R2Answer& answer) {
  std::string items, prefixes;
  for (const r2::ObjectRef& object : answer.objects)
    items += (items.empty() ? "" : ",") + object_json(*object);
  for (const std::string& prefix : answer.prefixes)
    prefixes += (prefixes.empty() ? "" : ",") + json_string(prefix);
  std::string info = "{\"delimited\":[" + prefixes + "],";
  if (answer.truncated) info += "\"cursor\":" + json_string(answer.cursor) + ",";
  info += std::string("\"is_truncated\":") + (answer.truncated ? "true" : "false") + "}";
  return RestResult{"[" + items + "]", info};
}

std::string put_json(const r2::Object& object) {
  return "{\"key\":" + json_string(object.key) + ",\"etag\":" + json_string(object.etag) +
         ",\"size\":" + json_string(std::to_string(object.size_bytes)) +
         ",\"storage_class\":" + json_string(storage_class_name(object.storage_class)) +
         ",\"uploaded\":" + json_string(s3::iso_date(object.uploaded_ms)) +
         ",\"version\":" + json_string(object.version) + "}";
}

// Calls the store and turns what comes into an answer.
template <class Shown>
void ask(RestContext& context, ExchangePtr exchange, R2Call call, Shown shown) {
  const R2Caller caller = caller_of(*exchange);
  context.r2.call(caller, std::move(call),
                  [&context, exchange = std::move(exchange), shown](R2Answer answer) mutable {
                    if (answer.error)
                      return exchange->answer(
                          std::unexpected(rest_error(*answer.error, context.r2.settings())));
                    shown(*exchange, std::move(answer));
                  });
}

void list_objects(RestContext& context, ExchangePtr exchange, const r2::Bucket& bucket) {
  auto limit = number_of(*exchange, "per_page", 1000, 1, 1000);
  if (!limit) return exchange->answer(std::unexpected(limit.error()));
  auto text = [&exchange](const char* name) {
    const std::string* value = exchange->query.get(name);
    return value == nullptr ? std::string() : *value;
  };
  R2Call call;
  call.op = Op::kList;
  call.bucket = bucket.id;
  call.limit = *limit;
  call.prefix = text("prefix");
  call.delimiter = text("delimiter");
  call.cursor = text("cursor");
  call.start_after = text("start_after");
  call.include_http = call.include_custom = true;
  ask(context, std::move(exchange), std::move(call), [](Exchange& ex, R2Answer answer) {
    ex.answer(list_outcome(answer));
  });
}

Response object_response(const Exchange& exchange, R2Answer answer,
                         const std::optional<r2::Conditional>& asked) {
  const r2::Object& object = *answer.object;
  Response response;
  s3::add_object_headers(response.headers, object, {});
  if (answer.condition_failed) {
    response.status = s3::failed_condition_status(*asked, object);
    return response;
  }
  if (!response.headers.has("content-type"))
    response.headers.add("content-type", "application/octet-stream");
  response.headers.add("content-length", std::to_string(answer.range.length));
  if (answer.range.length != object.size_bytes) {
    response.status = 206;
    response.headers.add("content-range", s3::content_range(answer.range, object.size_bytes));
  }
  if (exchange.method() == "HEAD") return response;
  response.has_body = true;
  if (answer.bytes) response.body = *answer.bytes;
  else response.stream = std::move(answer.body);
  return response;
}

void get_object(RestContext& context, ExchangePtr exchange, const r2::Bucket& bucket) {
  auto only_if = s3::conditional(exchange->request.headers, s3::kIf);
  if (!only_if)
    return exchange->answer(std::unexpected(
        rest_error(r2::Code::kInvalidRequest, only_if.error().message)));
  R2Call call;
  call.op = Op::kGet;
  call.bucket = bucket.id;
  call.key = exchange->words[6];
  call.only_if = *only_if;
  if (const auto range = exchange->request.headers.get("range"))
    call.range.header = std::string(*range);
  ask(context, std::move(exchange), std::move(call),
      [asked = std::move(*only_if)](Exchange& ex, R2Answer answer) {
        if (!answer.object) return ex.answer(std::unexpected(rest_error(r2::Code::kNoSuchKey)));
        ex.respond(object_response(ex, std::move(answer), asked));
      });
}

// cf-r2-custom-metadata: {"name": "value"}, as the local explorer of Wrangler sends it.
std::expected<r2::CustomMetadata, RestError> custom_metadata(const Exchange& exchange) {
  r2::CustomMetadata custom;
  const std::string_view text = exchange.header("cf-r2-custom-metadata");
  if (text.empty()) return custom;
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  bool good = !document.HasParseError() && document.IsObject();
  if (good) {
    for (auto it = document.MemberBegin(); good && it != document.MemberEnd(); ++it) {
      good = it->value.IsString();
      if (good)
        custom.emplace_back(std::string(it->name.GetString(), it->name.GetStringLength()),
                            std::string(it->value.GetString(), it->value.GetStringLength()));
    }
  }
  if (good) return custom;
  return std::unexpected(rest_error(r2::Code::kInvalidRequest,
                                    "cf-r2-custom-metadata must be a JSON object of texts"));
}

void put_object(RestContext& context, ExchangePtr exchange, const r2::Bucket& bucket) {
  R2Call call;
  call.op = Op::kPut;
  call.bucket = bucket.id;
  call.key = exchange->words[6];
  call.http = s3::http_metadata(exchange->request.headers);
  auto custom = custom_metadata(*exchange);
  if (!custom) return exchange->answer(std::unexpected(custom.error()));
  call.custom = std::move(*custom);
  if (const std::string_view name = exchange->header("cf-r2-storage-class"); !name.empty()) {
    call.storage_class = storage_class_named(name);
    if (!call.storage_class)
      return exchange->answer(std::unexpected(rest_error(r2::Code::kInvalidStorageClass)));
  }
  auto only_if = s3::conditional(exchange->request.headers, s3::kIf);
  if (!only_if)
    return exchange->answer(std::unexpected(
        rest_error(r2::Code::kInvalidRequest, only_if.error().message)));
  call.only_if = std::move(*only_if);
  if (exchange->request.stream) {
    call.declared_bytes = exchange->request.stream->length_bytes();
    call.value_stream = std::move(exchange->request.stream);
  } else {
    call.value = std::move(exchange->request.body);
  }
  ask(context, std::move(exchange), std::move(call), [](Exchange& ex, R2Answer answer) {
    if (answer.condition_failed || !answer.object)
      return ex.answer(std::unexpected(rest_error(r2::Code::kPreconditionFailed)));
    ex.answer(RestResult{put_json(*answer.object), ""});
  });
}

void delete_object(RestContext& context, ExchangePtr exchange, const r2::Bucket& bucket) {
  R2Call call;
  call.op = Op::kDelete;
  call.bucket = bucket.id;
  call.key = exchange->words[6];
  ask(context, std::move(exchange), std::move(call), [](Exchange& ex, R2Answer) {
    ex.answer(RestResult{"{\"key\":" + json_string(ex.words[6]) + "}", ""});
  });
}

// The body of a DELETE without a prefix: ["key", …].
void delete_keys(RestContext& context, ExchangePtr exchange, const r2::Bucket& bucket) {
  rapidjson::Document keys;
  const std::string& body = exchange->request.body;
  keys.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
  R2Call call;
  call.op = Op::kDelete;
  call.is_multi_delete = true;
  call.bucket = bucket.id;
  bool good = !keys.HasParseError() && keys.IsArray();
  for (rapidjson::SizeType i = 0; good && i < keys.Size(); ++i) {
    good = keys[i].IsString();
    if (good) call.keys.emplace_back(keys[i].GetString(), keys[i].GetStringLength());
  }
  if (!good)
    return exchange->answer(
        std::unexpected(rest_error(r2::Code::kInvalidRequest,
                                   "Say what to delete: ?prefix=… (empty for everything), "
                                   "or a JSON list of keys as the body")));
  std::string result = "[";
  for (const std::string& key : call.keys)
    result += (result.size() > 1 ? ",{\"key\":" : "{\"key\":") + json_string(key) + "}";
  ask(context, std::move(exchange), std::move(call),
      [result = result + "]"](Exchange& ex, R2Answer) { ex.answer(RestResult{result, ""}); });
}

// isBucketClear is there from the start, and also when locks keep everything (observed, 2.3).
std::string job_json(const R2Service::PrefixJob& job) {
  std::string json = "{\"id\":" + json_string(job.id) +
                     ",\"jobType\":\"prefixDelete\",\"status\":" +
                     (job.completed ? "\"COMPLETED\"" : "\"RUNNING\"") +
                     ",\"startTime\":" + json_string(s3::iso_date(job.started_ms));
  if (job.completed) json += ",\"endTime\":" + json_string(s3::iso_date(job.ended_ms));
  return json + ",\"prefixDelete\":{\"prefix\":" + json_string(job.prefix) +
         ",\"deletedObjects\":" + std::to_string(job.deleted) +
         ",\"isBucketClear\":" + (job.prefix.empty() ? "true" : "false") + "}}";
}

void delete_prefix(RestContext& context, Exchange& exchange, const std::string& prefix) {
  auto job = context.r2.delete_prefix(exchange.words[4], prefix);
  if (!job) return exchange.answer(std::unexpected(rest_error(job.error(), context.r2.settings())));
  exchange.answer(RestResult{job_json(*job), ""});
}

// UNKNOWN (spec/r2.md 3.3) at which path R2 shows a job; ours is …/r2/buckets/{bucket}/jobs/{id}.
void show_job(RestContext& context, Exchange& exchange) {
  const R2Service::PrefixJob* job = context.r2.find_job(exchange.words[6]);
  if (job == nullptr)
    return exchange.answer(std::unexpected(
        RestError{rest_error(r2::Code::kInvalidRequest).code, 404, "There is no such job"}));
  exchange.answer(RestResult{job_json(*job), ""});
}

}  // namespace

bool route_objects(RestContext& context, ExchangePtr& exchange) {
  const auto& words = exchange->words;
  if (words.size() < 6 || words.size() > 7 || words[0] != "accounts" || words[2] != "r2" ||
      words[3] != "buckets")
    return false;
  const std::string_view method = exchange->method();
  const bool one = words.size() == 7, reads = method == "GET" || (one && method == "HEAD");
  const bool is_job = one && words[5] == "jobs" && method == "GET";
  if (!is_job && words[5] != "objects") return false;
  if (!reads && method != "DELETE" && !(one && method == "PUT")) return false;
  auto found = bucket_of(context, *exchange, words[4],
                         reads ? Right::kReadObjects : Right::kWriteObjects);
  if (!found) return exchange->answer(std::unexpected(found.error())), true;
  const r2::Bucket& bucket = **found;
  const std::string* prefix = exchange->query.get("prefix");
  if (is_job) show_job(context, *exchange);
  else if (reads && !one) list_objects(context, std::move(exchange), bucket);
  else if (reads) get_object(context, std::move(exchange), bucket);
  else if (one && method == "PUT") put_object(context, std::move(exchange), bucket);
  else if (one) delete_object(context, std::move(exchange), bucket);
  else if (prefix != nullptr) delete_prefix(context, *exchange, *prefix);
  else delete_keys(context, std::move(exchange), bucket);
  return true;
}

}  // namespace offing::rest
