#include "emulator/world/fault_rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "emulator/world/random.h"

namespace offing {
namespace {

constexpr std::array<std::string_view, 4> kServices = {"kv", "r2", "object", "fetch"};
constexpr std::array<std::string_view, 4> kKvOperations = {"get", "list", "put", "delete"};
constexpr std::array<std::string_view, 13> kR2Operations = {
    "head", "get", "list", "put", "delete", "copy", "createMultipartUpload", "uploadPart",
    "uploadPartCopy", "completeMultipartUpload", "abortMultipartUpload", "listParts",
    "listMultipartUploads"};
constexpr std::array<std::string_view, 2> kObjectOperations = {"fetch", "rpc"};
constexpr int64_t kMostUs = 30LL * 24 * 3600 * 1'000'000;   // ours

std::unexpected<std::string> wrong(std::string text) {
  return std::unexpected("fault rule: " + std::move(text));
}

std::expected<void, std::string> check_operation(const FaultRule& rule) {
  const auto known = fault_operations(rule.service);
  if (rule.operation.empty() || known.empty() ||
      std::ranges::find(known, rule.operation) != known.end())
    return {};
  std::string text;
  for (std::string_view one : known) text += (text.empty() ? "" : ", ") + std::string(one);
  return wrong("\"" + rule.operation + "\" is no operation of " +
               std::string(fault_service_name(rule.service)) + ". There are " + text + ".");
}

std::expected<void, std::string> check_effect(const FaultRule& rule) {
  const FaultEffect& effect = rule.effect;
  const bool timed =
      effect.kind == FaultEffect::Kind::kLatency || effect.kind == FaultEffect::Kind::kTimeout;
  const std::string name(fault_effect_name(effect.kind));
  if (timed && (effect.us <= 0 || effect.us > kMostUs))
    return wrong("the " + name + " is " + std::to_string(effect.us) +
                 " us. It is more than 0 and at most 30 days.");
  const bool fails =
      effect.kind == FaultEffect::Kind::kError || effect.kind == FaultEffect::Kind::kTimeout;
  if (!fails && (!effect.text.empty() || effect.status != 0 || effect.code != 0))
    return wrong("a " + name + " has neither error, status nor code. Make it an error, or a timeout.");
  if (effect.status != 0 && rule.service == FaultService::kObject)
    return wrong("errors of a Durable Object have no status. Give the text of the error.");
  const int least = rule.service == FaultService::kFetch ? 200 : 400;
  if (effect.status != 0 && (effect.status < least || effect.status > 599))
    return wrong("status " + std::to_string(effect.status) + " is not one from " +
                 std::to_string(least) + " to 599.");
  if (effect.code != 0 && rule.service != FaultService::kR2)
    return wrong("only errors of r2 have a code.");
  return {};
}

bool equal_but_case(std::string_view a, std::string_view b) {
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
  return std::ranges::equal(a, b, [upper](char x, char y) { return upper(x) == upper(y); });
}

// The key that makes it match, `place.key` when any does.
std::optional<std::string_view> matched(const FaultRule& rule, const FaultPlace& place) {
  if (rule.service != place.service) return std::nullopt;
  if (!rule.location.empty() && rule.location != place.location) return std::nullopt;
  if (!rule.operation.empty() && rule.operation != place.operation &&
      !(rule.service == FaultService::kFetch && equal_but_case(rule.operation, place.operation)))
    return std::nullopt;
  if (rule.key.empty()) return place.key;
  if (place.keys.empty() || !place.key.empty()) {
    if (glob_matches(rule.key, place.key)) return place.key;
  }
  for (const std::string& key : place.keys) {
    if (glob_matches(rule.key, key)) return key;
  }
  return std::nullopt;
}

bool strikes(const FaultRules::Counted& counted, uint64_t seed) {
  const FaultRule& rule = counted.rule;
  if (rule.times != 0 && counted.fired >= rule.times) return false;
  if (rule.nth != 0) return counted.hits == rule.nth;
  if (rule.every != 0) return counted.hits % rule.every == 0;
  if (!rule.probability) return true;
  // A draw of its own for each match, as of the points (faults.cc).
  return Random(seed ^ counted.hits, "fault/rule/" + std::to_string(rule.id))
      .chance(*rule.probability);
}

}  // namespace

std::string_view fault_service_name(FaultService service) {
  return kServices[static_cast<size_t>(service)];
}

std::optional<FaultService> parse_fault_service(std::string_view name) {
  const auto found = std::ranges::find(kServices, name);
  if (found == kServices.end()) return std::nullopt;
  return static_cast<FaultService>(found - kServices.begin());
}

std::string_view fault_effect_name(FaultEffect::Kind kind) {
  switch (kind) {
    case FaultEffect::Kind::kError: return "error";
    case FaultEffect::Kind::kLatency: return "latency";
    case FaultEffect::Kind::kDrop: return "drop";
    case FaultEffect::Kind::kTimeout: return "timeout";
  }
  return "";
}

std::span<const std::string_view> fault_operations(FaultService service) {
  switch (service) {
    case FaultService::kKv: return kKvOperations;
    case FaultService::kR2: return kR2Operations;
    case FaultService::kObject: return kObjectOperations;
    case FaultService::kFetch: return {};
  }
  return {};
}

// A * that turns out to have taken too little takes one byte more; only the last one ever has to.
bool glob_matches(std::string_view glob, std::string_view text) {
  size_t g = 0, t = 0, star = glob.npos, taken_to = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      taken_to = t;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
      ++g;
      ++t;
    } else if (star != glob.npos) {
      g = star + 1;
      t = ++taken_to;
    } else {
      return false;
    }
  }
  return glob.find_first_not_of('*', g) == glob.npos;
}

std::expected<uint64_t, std::string> FaultRules::add(FaultRule rule) {
  if (auto ok = check_operation(rule); !ok) return std::unexpected(ok.error());
  if ((rule.nth != 0) + (rule.every != 0) + rule.probability.has_value() > 1)
    return wrong("nth, every and probability exclude each other. Give one, or none for always.");
  if (rule.probability && !(*rule.probability >= 0 && *rule.probability <= 1))
    return wrong("probability " + std::to_string(*rule.probability) + " is not from 0 to 1.");
  if (auto ok = check_effect(rule); !ok) return std::unexpected(ok.error());
  rule.id = next_id_++;
  all_.push_back({std::move(rule)});
  return all_.back().rule.id;
}

bool FaultRules::clear(uint64_t id) {
  return std::erase_if(all_, [id](const Counted& one) { return one.rule.id == id; }) > 0;
}

std::optional<FaultRules::Strike> FaultRules::hit(const FaultPlace& place, uint64_t seed) {
  std::optional<Strike> first;
  for (Counted& counted : all_) {
    const auto key = matched(counted.rule, place);
    if (!key) continue;
    ++counted.hits;
    if (first || !strikes(counted, seed)) continue;
    ++counted.fired;
    first = Strike{&counted.rule, *key};
  }
  return first;
}

}  // namespace offing
