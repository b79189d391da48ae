#include "emulator/replay/tail_reader.h"

#include "emulator/replay/collector.h"
#include "emulator/replay/header_rules.h"
#include "emulator/replay/json_input.h"
#include "emulator/replay/values.h"

namespace offing::replay {
namespace {

constexpr std::string_view kRedacted = "REDACTED";
constexpr int64_t kTimeMsMax = 253'402'300'799'999;  // the end of year 9999

const rapidjson::Value* object_in(const rapidjson::Value& value, const char* name) {
  if (!value.IsObject()) return nullptr;
  auto it = value.FindMember(name);
  return it != value.MemberEnd() && it->value.IsObject() ? &it->value : nullptr;
}

class Reader {
 public:
  Reader(Collector& collector, const ReadOptions& options)
      : collector_(collector), options_(options) {}

  // Nothing: the event is no request, and counted.
  std::optional<Entry> entry(const Fields& item, uint64_t line) {
    const rapidjson::Value* event = object_in(item.value(), "event");
    if (!event || !object_in(*event, "request")) {
      if (item.ok()) collector_.skip("of events other than requests", kind_of(event));
      return std::nullopt;
    }
    Entry entry;
    entry.line = line;
    if (auto ms = item.integer("eventTimestamp", 0, kTimeMsMax)) last_us_ = *ms * 1000;
    else if (item.ok() && last_us_ < 0) item.fail("eventTimestamp", "is missing");
    entry.at_us = last_us_;
    const Fields fetch = *item.object("event");
    read_request(*fetch.object("request"), entry);
    if (object_in(*event, "response")) read_response(*fetch.object("response"), entry);
    return entry;
  }

 private:
  static std::string_view kind_of(const rapidjson::Value* event) {
    if (!event) return {};
    if (event->HasMember("cron")) return "scheduled";
    if (event->HasMember("queue")) return "queue";
    if (event->HasMember("mailFrom")) return "email";
    if (event->HasMember("rpcMethod")) return "RPC";
    if (event->HasMember("scheduledTime")) return "alarm";
    return {};
  }

  void read_request(const Fields& request, Entry& entry) {
    if (!request.required("url") || !request.required("method")) return;
    entry.method = request.string("method").value_or("");
    const std::string url = request.string("url").value_or("");
    if (!request.ok()) return;
    if (auto wrong = method_problem(entry.method)) return request.fail("method", *wrong);
    auto absolute = absolute_url(url);
    if (!absolute) {
      return request.fail("url", "\"" + shortened(url, 80) + "\" is not an http(s) URL");
    }
    entry.url = std::move(*absolute);
    comparable_ = true;
    if (entry.url.find(kRedacted) != std::string::npos) {
      comparable_ = false;
      collector_.warn(entry.line, "the tail shows REDACTED in place of a part of the URL; it is "
                                  "requested as it stands and its answer is not compared");
    }
    read_headers(request, entry);
    const rapidjson::Value* cf = object_in(request.value(), "cf");
    if (!cf || !request.ok()) return;
    if (auto colo = request.object("cf")->string("colo"); colo && is_location(*colo)) {
      entry.location = std::move(*colo);
    }
  }

  void read_headers(const Fields& request, Entry& entry) {
    const rapidjson::Value* found = request.find("headers");
    if (!found || found->IsNull()) return;
    const Fields headers = *request.object("headers");
    if (!headers.ok()) return;
    bool has_body = false;
    for (const auto& member : headers.value().GetObject()) {
      const std::string_view name = view(member.name);
      if (!member.value.IsString()) {
        return headers.fail(name, "a string is expected, got " +
                                      shortened(json_of(member.value), 60));
      }
      std::string_view value = view(member.value);
      if (equals_ignoring_case(name, "transfer-encoding") ||
          (equals_ignoring_case(name, "content-length") && trimmed(value) != "0")) {
        has_body = true;
      }
      if (value == kRedacted && request_header_rule(name) == HeaderRule::kSend) {
        const std::string* filled = fill_for(name);
        if (!filled) {
          collector_.warn(entry.line, "the tail shows REDACTED in place of the header " +
                                          lower_case(name) + "; it is left out unless --header-fill "
                                          "gives a value");
          continue;
        }
        value = *filled;
      }
      if (auto wrong = put_request_header(entry, name, value)) return headers.fail(name, *wrong);
    }
    if (!has_body) return;
    comparable_ = false;
    collector_.warn(entry.line, "a tail holds no bodies; the request goes out without its own and "
                                "its answer is not compared");
  }

  void read_response(const Fields& response, Entry& entry) {
    if (auto status = response.integer("status", 0, 599); status && *status >= 100 && comparable_) {
      entry.expect.status = static_cast<uint16_t>(*status);
    }
  }

  const std::string* fill_for(std::string_view name) const {
    for (const auto& [known, value] : options_.header_fill) {
      if (equals_ignoring_case(known, name)) return &value;
    }
    return nullptr;
  }

  Collector& collector_;
  const ReadOptions& options_;
  int64_t last_us_ = -1;
  bool comparable_ = true;
};

}  // namespace

std::expected<Traffic, InputError> read_tail(std::string_view text, const std::string& file,
                                             const ReadOptions& options) {
  const JsonText json(text, file);
  Collector collector(Format::kTail, file, options);
  Reader reader(collector, options);
  for (size_t at = json.skip_space(0); at < text.size(); at = json.skip_space(at)) {
    const size_t begin = at;
    rapidjson::Document value;
    if (auto parsed = json.parse(at, "", value); !parsed) return std::unexpected(parsed.error());
    std::optional<Fields::Wrong> wrong;
    auto entry = reader.entry(Fields(value, "", wrong), json.line_of(begin));
    if (wrong) return std::unexpected(error_at(json, begin, "", *wrong));
    if (!entry) continue;
    if (auto added = collector.add(std::move(*entry)); !added) {
      return std::unexpected(added.error());
    }
  }
  return collector.finish(true);
}

}  // namespace offing::replay
