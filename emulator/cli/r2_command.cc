// `offing r2 …`: bucket locks, buckets and S3 keys, by the REST API.
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>

#include "emulator/cli/commands.h"
#include "emulator/cli/r2_api.h"
#include "emulator/s3/s3_uri.h"
#include "emulator/trace/json_text.h"

namespace offing::cli {
namespace {

using Json = rapidjson::Value;
using Document = rapidjson::Document;
using Task = R2Arguments::Task;
// What is printed to stdout; the error, to stderr.
using Printed = std::expected<std::string, std::string>;

std::string quoted(std::string_view text) {
  std::string out;
  trace::append_json_string(out, text);
  return out;
}

std::string text_of(const Json& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

// A member of an answer of ours that is a text.
std::string member(const Json& object, const char* name) {
  const auto it = object.FindMember(name);
  if (it == object.MemberEnd() || !it->value.IsString()) return "";
  return {it->value.GetString(), it->value.GetStringLength()};
}

std::string bucket_path(const R2Arguments& a) {
  return "/r2/buckets/" + s3::percent_encode(a.bucket, false);
}

std::vector<std::string> bucket_names(R2Api& api) {
  std::vector<std::string> names;
  auto result = api.ask("GET", "/r2/buckets?per_page=1000");
  if (!result) return names;
  Document document;
  document.Parse(result->data(), result->size());
  for (const Json& bucket : document["buckets"].GetArray()) names.push_back(member(bucket, "name"));
  return names;
}

// What to say of a refusal. A bucket that is not there is mistyped more often than not.
std::string explained(R2Api& api, const R2Arguments& a, const R2Api::Failure& failure) {
  if (failure.code != 10006)
    return failure.text + (failure.code == 0 ? "" : " (" + std::to_string(failure.code) + ")");
  const std::vector<std::string> names = bucket_names(api);
  std::string text = "there is no bucket \"" + a.bucket + "\"";
  if (!a.jurisdiction.empty()) text += " in the jurisdiction " + a.jurisdiction;
  if (names.empty())
    return text + "; there is none at all: `offing r2 bucket create NAME` makes one";
  text += "; there are: ";
  for (size_t i = 0; i < names.size(); ++i) text += (i > 0 ? ", " : "") + names[i];
  return text;
}

// ---- Locks

std::string condition_text(const Json& rule) {
  const auto condition = rule.FindMember("condition");
  if (condition == rule.MemberEnd() || !condition->value.IsObject()) return "?";
  const std::string type = member(condition->value, "type");
  if (type == "Date") return "until " + member(condition->value, "date");
  if (type != "Age") return "indefinitely";
  const auto age = condition->value.FindMember("maxAgeSeconds");
  const int64_t seconds =
      age != condition->value.MemberEnd() && age->value.IsInt64() ? age->value.GetInt64() : 0;
  if (seconds % 86'400 != 0) return "for " + std::to_string(seconds) + " s after the upload";
  const int64_t days = seconds / 86'400;
  return "for " + std::to_string(days) + (days == 1 ? " day" : " days") + " after the upload";
}

std::expected<Document, std::string> get_rules(R2Api& api, const R2Arguments& a) {
  auto result = api.ask("GET", bucket_path(a) + "/lock");
  if (!result) return std::unexpected(explained(api, a, result.error()));
  Document document;
  document.Parse(result->data(), result->size());
  return document;
}

std::expected<void, std::string> put_rules(R2Api& api, const R2Arguments& a,
                                           const std::string& document) {
  auto result = api.ask("PUT", bucket_path(a) + "/lock", document);
  if (!result) return std::unexpected(explained(api, a, result.error()));
  return {};
}

Printed lock_list(R2Api& api, const R2Arguments& a) {
  auto document = get_rules(api, a);
  if (!document) return std::unexpected(document.error());
  if (a.json) return text_of(*document) + "\n";
  const Json& rules = (*document)["rules"];
  if (rules.Empty()) return "There are no lock rules for bucket \"" + a.bucket + "\".\n";
  std::string out;
  for (const Json& rule : rules.GetArray()) {
    const std::string prefix = member(rule, "prefix");
    const auto enabled = rule.FindMember("enabled");
    out += member(rule, "id") + ": locks " +
           (prefix.empty() ? "all keys" : "keys that begin with " + quoted(prefix)) + " " +
           condition_text(rule) +
           (enabled != rule.MemberEnd() && enabled->value.IsFalse() ? " (disabled)" : "") + "\n";
  }
  return out;
}

bool is_date(const std::string& text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto ms = s3::parse_iso_date(text);
  return ms && s3::iso_date(*ms).starts_with(text);
}

// The condition of `lock add`, as Wrangler writes it (spec/r2.md 2.1).
Printed condition_of(const R2Arguments& a) {
  const int given =
      (a.retention_days ? 1 : 0) + (a.retention_date ? 1 : 0) + (a.retention_indefinite ? 1 : 0);
  if (given != 1)
    return std::unexpected("say how long objects are locked, with one of --retention-days N, "
                           "--retention-date YYYY-MM-DD and --retention-indefinite");
  if (a.retention_indefinite) return "{\"type\":\"Indefinite\"}";
  if (a.retention_date) {
    if (!is_date(*a.retention_date))
      return std::unexpected("--retention-date is \"" + *a.retention_date +
                             "\"; it must be a day, YYYY-MM-DD");
    return "{\"type\":\"Date\",\"date\":\"" + *a.retention_date + "T00:00:00.000Z\"}";
  }
  const double seconds = *a.retention_days * 86'400;
  if (!(seconds >= 1 && seconds < 1e12))
    return std::unexpected("--retention-days must be a positive number of days");
  return "{\"type\":\"Age\",\"maxAgeSeconds\":" + std::to_string(std::llround(seconds)) + "}";
}

Printed lock_add(R2Api& api, const R2Arguments& a) {
  if (a.rule.empty()) return std::unexpected("give the rule a name with --name NAME");
  if (!a.prefix && !a.force)
    return std::unexpected(
        "without --prefix the rule locks every object of the bucket; say so with "
        "--prefix \"\" or -y");
  auto condition = condition_of(a);
  if (!condition) return condition;
  auto document = get_rules(api, a);
  if (!document) return std::unexpected(document.error());
  std::string rules;
  for (const Json& rule : (*document)["rules"].GetArray()) {
    if (member(rule, "id") == a.rule)
      return std::unexpected("the bucket has a rule \"" + a.rule +
                             "\" already; remove it first, or "
                             "choose another name");
    rules += text_of(rule) + ",";
  }
  const std::string prefix = a.prefix.value_or("");
  rules += "{\"id\":" + quoted(a.rule) + ",\"enabled\":true," +
           (prefix.empty() ? "" : "\"prefix\":" + quoted(prefix) + ",") + "\"condition\":" +
           *condition + "}";
  if (auto put = put_rules(api, a, "{\"rules\":[" + rules + "]}"); !put)
    return std::unexpected(put.error());
  if (a.json) return lock_list(api, a);
  return "Added lock rule \"" + a.rule + "\" to bucket \"" + a.bucket + "\".\n";
}

Printed lock_remove(R2Api& api, const R2Arguments& a) {
  auto document = get_rules(api, a);
  if (!document) return std::unexpected(document.error());
  std::string rules, names;
  bool found = false;
  for (const Json& rule : (*document)["rules"].GetArray()) {
    const std::string id = member(rule, "id");
    names += (names.empty() ? "" : ", ") + id;
    if (id == a.rule) found = true;
    else rules += (rules.empty() ? "" : ",") + text_of(rule);
  }
  if (!found)
    return std::unexpected("there is no lock rule \"" + a.rule + "\" in bucket \"" + a.bucket +
                           "\"; " + (names.empty() ? "it has none" : "there are: " + names));
  if (auto put = put_rules(api, a, "{\"rules\":[" + rules + "]}"); !put)
    return std::unexpected(put.error());
  if (a.json) return lock_list(api, a);
  return "Removed lock rule \"" + a.rule + "\" from bucket \"" + a.bucket + "\".\n";
}

// The document is checked where the rules are kept; here only that there is one.
Printed lock_set(R2Api& api, const R2Arguments& a) {
  std::ifstream in(a.file, std::ios::binary);
  if (!in) return std::unexpected("--file " + a.file + ": cannot be read");
  const std::string text(std::istreambuf_iterator<char>(in), {});
  if (text.empty())
    return std::unexpected("--file " + a.file +
                           ": is empty; {\"rules\": []} removes "
                           "all rules");
  auto put = put_rules(api, a, text);
  if (!put) return std::unexpected("--file " + a.file + ": " + put.error());
  if (a.json) return lock_list(api, a);
  return "Set the lock rules of bucket \"" + a.bucket + "\".\n";
}

// ---- Buckets and tokens

Printed bucket_list(R2Api& api, const R2Arguments& a) {
  auto result = api.ask("GET", "/r2/buckets?per_page=1000");
  if (!result) return std::unexpected(explained(api, a, result.error()));
  if (a.json) return *result + "\n";
  Document document;
  document.Parse(result->data(), result->size());
  std::string out;
  for (const Json& bucket : document["buckets"].GetArray()) {
    out += member(bucket, "name") + "  " + member(bucket, "creation_date") + "  " +
           member(bucket, "location") + "  " + member(bucket, "storage_class") + "\n";
  }
  return out.empty() ? "There are no buckets.\n" : out;
}

Printed bucket_create(R2Api& api, const R2Arguments& a) {
  std::string body = "{\"name\":" + quoted(a.bucket);
  if (!a.location.empty()) body += ",\"locationHint\":" + quoted(a.location);
  if (!a.storage_class.empty()) body += ",\"storageClass\":" + quoted(a.storage_class);
  auto result = api.ask("POST", "/r2/buckets", body + "}");
  if (!result) return std::unexpected(explained(api, a, result.error()));
  return a.json ? *result + "\n" : "Made bucket \"" + a.bucket + "\".\n";
}

Printed bucket_delete(R2Api& api, const R2Arguments& a) {
  auto result = api.ask("DELETE", bucket_path(a));
  if (!result) return std::unexpected(explained(api, a, result.error()));
  return a.json ? *result + "\n" : "Deleted bucket \"" + a.bucket + "\".\n";
}

std::string token_buckets(const Json& token) {
  std::string names;
  for (const Json& name : token["buckets"].GetArray())
    names += (names.empty() ? "" : ",") + std::string(name.GetString());
  return names.empty() ? "all buckets" : names;
}

Printed token_list(R2Api& api, const R2Arguments& a) {
  auto result = api.ask("GET", "/offing/r2/tokens");
  if (!result) return std::unexpected(explained(api, a, result.error()));
  if (a.json) return *result + "\n";
  Document document;
  document.Parse(result->data(), result->size());
  std::string out;
  for (const Json& token : document.GetArray())
    out += member(token, "accessKeyId") + "  " + member(token, "scope") + "  " +
           token_buckets(token) + "  " + member(token, "name") + "\n";
  return out;
}

Printed token_create(R2Api& api, const R2Arguments& a) {
  std::string body =
      "{\"name\":" + quoted(a.name) + ",\"scope\":" + quoted(a.scope) + ",\"buckets\":[";
  for (size_t i = 0; i < a.buckets.size(); ++i) body += (i > 0 ? "," : "") + quoted(a.buckets[i]);
  auto result = api.ask("POST", "/offing/r2/tokens", body + "]}");
  if (!result) return std::unexpected(explained(api, a, result.error()));
  if (a.json) return *result + "\n";
  Document document;
  document.Parse(result->data(), result->size());
  return "access key id:      " + member(document, "accessKeyId") +
         "\nsecret access key:  " + member(document, "secretAccessKey") +
         "\ntoken (for REST):   " + member(document, "value") + "\n";
}

Printed run_task(R2Api& api, const R2Arguments& a) {
  switch (a.task) {
    case Task::kLockList: return lock_list(api, a);
    case Task::kLockAdd: return lock_add(api, a);
    case Task::kLockRemove: return lock_remove(api, a);
    case Task::kLockSet: return lock_set(api, a);
    case Task::kBucketList: return bucket_list(api, a);
    case Task::kBucketCreate: return bucket_create(api, a);
    case Task::kBucketDelete: return bucket_delete(api, a);
    case Task::kTokenCreate: return token_create(api, a);
    case Task::kTokenList: return token_list(api, a);
  }
  return std::unexpected("no such command");
}

}  // namespace

int run_r2(const R2Arguments& arguments) {
  Printed printed;
  {
    auto api = R2Api::open(arguments);
    if (api) printed = run_task(**api, arguments);
    else printed = std::unexpected(api.error());
  }
  if (!printed) return std::fprintf(stderr, "offing r2: %s\n", printed.error().c_str()), 1;
  std::fputs(printed->c_str(), stdout);
  return 0;
}

}  // namespace offing::cli
