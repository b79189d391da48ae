#include "emulator/replay/report.h"
#include "emulator/trace/json_text.h"

namespace offing::replay {
namespace {

using trace::append_json_string;

// A struct's fields as one JSON object; the writer puts a comma before each.
template <class Write>
void append_object(std::string& out, Write write) {
  const size_t begin = out.size();
  trace::JsonFields fields(out);
  write(fields);
  if (out.size() == begin) out += '{';
  else out[begin] = '{';
  out += '}';
}

template <class List, class One>
void append_array(std::string& out, std::string_view name, const List& list, One one) {
  out += ",\"";
  out += name;
  out += "\":[";
  bool first = true;
  for (const auto& item : list) {
    if (!first) out += ',';
    first = false;
    one(item);
  }
  out += ']';
}

void append_result(std::string& out, const Result& r) {
  append_object(out, [&out, &r](trace::JsonFields& field) {
    field("request", r.request_id);
    field("round", r.round);
    field("index", r.index);
    field("line", r.line);
    field("location", r.location);
    field("group", r.group);
    field("method", r.method);
    field("url", r.url);
    field("at_us", r.at_us);
    field("duration_us", r.duration_us);
    field("status", r.status);
    field("compared", r.compared);
    field("as_expected", r.as_expected());
    append_array(out, "differences", r.differences,
                 [&out](const std::string& text) { append_json_string(out, text); });
  });
}

}  // namespace

std::string report_json(const Traffic& traffic, const Results& results,
                        std::string_view staleness_json, std::string_view limits_json) {
  std::string out;
  append_object(out, [&](trace::JsonFields& field) {
    field("file", traffic.file);
    field("format", format_name(traffic.format));
    field("start_us", results.start_us);
    field("duration_us", results.duration_us);
    field("as_expected", results.matched);
    field("differing", results.differing);
    field("not_compared", results.not_compared);
    append_array(out, "requests", results.requests,
                 [&out](const Result& result) { append_result(out, result); });
    append_array(out, "skipped", traffic.skipped, [&out](const Skipped& skipped) {
      append_object(out, [&skipped](trace::JsonFields& of) {
        of("reason", skipped.reason);
        of("count", skipped.count);
      });
    });
    append_array(out, "warnings", traffic.warnings,
                 [&out](const std::string& text) { append_json_string(out, text); });
    if (!staleness_json.empty()) {
      out += ",\"staleness\":";
      out += staleness_json;
    }
    if (!limits_json.empty()) {
      out += ",\"limits\":";
      out += limits_json;
    }
  });
  out += '\n';
  return out;
}

}  // namespace offing::replay
