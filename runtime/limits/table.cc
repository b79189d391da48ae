#include "runtime/limits/table.h"

#include <algorithm>

namespace offing {

namespace {

// When the texts changed, and how connections are counted (C:2026-02-11, C:2026-04-09).
constexpr std::string_view kNewTextsFrom = "2026-02-11";
constexpr std::string_view kWaitingConnectionsFrom = "2026-04-09";

bool holds_for(const LimitValue& value, Plan plan) {
  return value.plans == LimitValue::Plans::kBoth ||
         (value.plans == LimitValue::Plans::kFree) == (plan == Plan::kFree);
}

bool holds_on(const LimitValue& value, std::string_view date) {
  return value.from <= date && (value.until.empty() || date <= value.until);
}

std::string grouped(uint64_t value) {
  std::string text = std::to_string(value);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

}  // namespace

const LimitRow* find_limit(std::string_view name) {
  const auto row = std::ranges::find(limit_rows(), name, &LimitRow::name);
  return row == limit_rows().end() ? nullptr : &*row;
}

const LimitValue* limit_value(const LimitRow& row, Plan plan, std::string_view date) {
  const auto value = std::ranges::find_if(limit_values(), [&row, plan, date](const LimitValue& v) {
    return v.name == row.name && holds_for(v, plan) && holds_on(v, date);
  });
  return value == limit_values().end() ? nullptr : &*value;
}

Limits limits_of(Plan plan, std::string_view date) {
  Limits limits;
  for (const LimitRow& row : limit_rows()) {
    const LimitValue* value = limit_value(row, plan, date);
    limits.*row.field = value != nullptr ? value->value : 0;
  }
  if (date < kWaitingConnectionsFrom) limits.connection_count = ConnectionCount::kOpen;
  if (date < kNewTextsFrom) {
    limits.external_subrequests_text = kExternalSubrequestsTextOld;
    limits.internal_subrequests_text = kInternalSubrequestsTextOld;
  }
  return limits;
}

std::vector<LimitChange> changes_since(Plan plan, std::string_view since, std::string_view until) {
  std::vector<LimitChange> changes;
  for (const LimitRow& row : limit_rows()) {
    const LimitValue* before = nullptr;
    for (const LimitValue& value : limit_values()) {
      if (value.name != row.name || !holds_for(value, plan)) continue;
      if (before != nullptr && value.from > since && value.from <= until)
        changes.push_back({value.from, &row, before, &value});
      before = &value;
    }
  }
  std::ranges::stable_sort(changes, {}, &LimitChange::date);
  return changes;
}

std::string_view plan_name(Plan plan) { return plan == Plan::kFree ? "free" : "paid"; }

std::string_view area_name(LimitArea area) {
  switch (area) {
    case LimitArea::kDeploy: return "Deploying and starting";
    case LimitArea::kCpu: return "CPU time";
    case LimitArea::kMemory: return "Memory";
    case LimitArea::kSubrequests: return "Requests to others";
    case LimitArea::kRequests: return "Requests that come in";
    case LimitArea::kApi: return "Single values and APIs";
    case LimitArea::kWall: return "Wall-clock time";
    case LimitArea::kAccount: return "Accounts, routes and static assets";
  }
  return "";
}

std::string_view enforcement_name(Enforcement e) {
  switch (e) {
    case Enforcement::kEnforced: return "enforced";
    case Enforcement::kFixed: return "today's value";
    case Enforcement::kWarned: return "warning";
    case Enforcement::kNever: return "no";
  }
  return "";
}

std::string limit_text(LimitUnit unit, uint64_t value) {
  if (value == 0) return "none";
  if (unit == LimitUnit::kMs) {
    if (value % 60'000 == 0) return grouped(value / 60'000) + " min";
    return value % 1000 == 0 ? grouped(value / 1000) + " s" : grouped(value) + " ms";
  }
  if (unit == LimitUnit::kBytes) {
    for (const auto& [size, name] : {std::pair{uint64_t{1} << 30, " GiB"}, {1 << 20, " MiB"},
                                     {1 << 10, " KiB"}})
      if (value % size == 0) return grouped(value / size) + name;
    return grouped(value) + " B";
  }
  return grouped(value);
}

}  // namespace offing
