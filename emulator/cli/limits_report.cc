#include "emulator/cli/limits_report.h"

#include <algorithm>
#include <vector>

#include "emulator/trace/json_text.h"

namespace offing::cli {

namespace {

std::string value_text(const LimitRow& row, const LimitValue* value) {
  if (value == nullptr) return "unknown";
  if (value->value == 0 && !value->how.empty()) return std::string(value->how);
  std::string text = limit_text(row.unit, value->value);
  if (!value->how.empty()) text += " " + std::string(value->how);
  return text;
}

std::string_view or_dash(std::string_view text) { return text.empty() ? "-" : text; }

std::string_view unit_name(LimitUnit unit) {
  switch (unit) {
    case LimitUnit::kBytes: return "bytes";
    case LimitUnit::kMs: return "ms";
    case LimitUnit::kCount: return "count";
  }
  return "";
}

void append_padded(std::string& out, std::string_view text, size_t width) {
  out += text;
  out.append(text.size() < width ? width - text.size() : 0, ' ');
  out += "  ";
}

struct Widths {
  size_t name = 4, value = 5;
};

void append_row(std::string& out, const LimitRow& row, const LimitValue* value, Widths widths) {
  out += "  ";
  append_padded(out, row.name, widths.name);
  append_padded(out, value_text(row, value), widths.value);
  append_padded(out, value != nullptr ? or_dash(value->from) : "-", 10);
  append_padded(out, value != nullptr ? or_dash(value->until) : "-", 10);
  append_padded(out, enforcement_name(row.enforcement), 13);
  out += row.about;
  if (value != nullptr) {
    out += " [";
    out += value->source;
    out += "]";
  }
  out += "\n";
  if (value == nullptr || value->note.empty()) return;
  out.append(widths.name + 4, ' ');
  out += value->note;
  out += "\n";
}

void append_changes(std::string& out, const Profile& profile, std::string_view today) {
  const std::vector<LimitChange> changes = changes_since(profile.plan, profile.date, today);
  const std::string plan(plan_name(profile.plan));
  if (changes.empty()) {
    out += "\nNothing has changed since " + profile.date + ". `offing limits " + plan +
           "@YYYY-MM-DD` shows an earlier day and what changed after it, from " +
           std::string(kLimitsFirstDate) + " on.\n";
    return;
  }
  size_t width = 0;
  for (const LimitChange& change : changes) width = std::max(width, change.row->name.size());
  out += "\nChanged since " + profile.date + ", " + plan + " plan\n";
  for (const LimitChange& change : changes) {
    out += "  ";
    append_padded(out, change.date, 10);
    append_padded(out, change.row->name, width);
    out += value_text(*change.row, change.before) + " -> " +
           value_text(*change.row, change.after) + " [" + std::string(change.after->source) + "]\n";
  }
}

constexpr std::string_view kLegend = R"(
SINCE, UNTIL  first and last day of the value; "-": since before 2022-11-01, or still.
HERE          enforced: by the chosen profile. today's value: whatever the profile. warning: only
              said. not yet: not by this version. no: it limits nothing that is local.
[...]         where a number stands. D: page of developers.cloudflare.com. C: changelog of that day.
              P: pull request of cloudflare/cloudflare-docs. WP, S: workers-sdk. W: workerd.
A MB of the documentation is taken as a MiB. The sources were read on )";

// `,"name":"…"`, or `,"name":null` for an empty text.
void append_nullable(std::string& out, std::string_view name, std::string_view text) {
  if (!text.empty()) return trace::JsonFields{out}(name, text);
  out += ",\"" + std::string(name) + "\":null";
}

void append_value(std::string& out, const LimitRow& row, const LimitValue* value) {
  out += "{\"value\":";
  out += value == nullptr || value->value == 0 ? "null" : std::to_string(value->value);
  trace::JsonFields{out}("text", value_text(row, value));
  append_nullable(out, "since", value != nullptr ? value->from : "");
  append_nullable(out, "until", value != nullptr ? value->until : "");
  append_nullable(out, "source", value != nullptr ? value->source : "");
  append_nullable(out, "note", value != nullptr ? value->note : "");
  out += "}";
}

}  // namespace

std::string limits_as_text(const Profile& profile, std::string_view today) {
  Widths widths;
  for (const LimitRow& row : limit_rows()) {
    const LimitValue* value = limit_value(row, profile.plan, profile.date);
    widths.name = std::max(widths.name, row.name.size());
    widths.value = std::max(widths.value, value_text(row, value).size());
  }
  std::string out = "Limits of the " + std::string(plan_name(profile.plan)) + " plan on " +
                    profile.date + "\n\n  ";
  append_padded(out, "NAME", widths.name);
  append_padded(out, "VALUE", widths.value);
  append_padded(out, "SINCE", 10);
  append_padded(out, "UNTIL", 10);
  append_padded(out, "HERE", 13);
  out += "WHAT [SOURCE]\n";
  const LimitRow* before = nullptr;
  for (const LimitRow& row : limit_rows()) {
    if (before == nullptr || before->area != row.area)
      out += (before == nullptr ? "" : "\n") + std::string(area_name(row.area)) + "\n";
    append_row(out, row, limit_value(row, profile.plan, profile.date), widths);
    before = &row;
  }
  append_changes(out, profile, today);
  out += kLegend;
  out += kLimitsKnownUntil;
  out += "; what changed later is not known here.\n";
  return out;
}

std::string limits_as_json(const Profile& profile, std::string_view today) {
  std::string out = "{\"plan\":\"" + std::string(plan_name(profile.plan)) + "\"";
  trace::JsonFields fields(out);
  fields("date", profile.date);
  fields("knownUntil", kLimitsKnownUntil);
  out += ",\"limits\":[";
  std::string_view comma;
  for (const LimitRow& row : limit_rows()) {
    out += comma;
    out += "{\"name\":\"" + std::string(row.name) + "\"";
    fields("area", area_name(row.area));
    fields("about", row.about);
    fields("unit", unit_name(row.unit));
    fields("here", enforcement_name(row.enforcement));
    fields("where", row.where);
    out += ",\"limit\":";
    append_value(out, row, limit_value(row, profile.plan, profile.date));
    out += "}";
    comma = ",";
  }
  out += "],\"changes\":[";
  comma = "";
  for (const LimitChange& change : changes_since(profile.plan, profile.date, today)) {
    out += comma;
    out += "{\"date\":\"" + std::string(change.date) + "\"";
    fields("name", change.row->name);
    out += ",\"before\":";
    append_value(out, *change.row, change.before);
    out += ",\"after\":";
    append_value(out, *change.row, change.after);
    out += "}";
    comma = ",";
  }
  return out + "]}\n";
}

}  // namespace offing::cli
