// Reading `{"rules":[…]}`, the shape of every rule document of a bucket (spec/r2.md 2.1, 3). One
// error ends the reading: it names the rule by index and id, the field, its value and what was
// expected. What the service says to a bad document is UNKNOWN (spec/r2.md 2.4); a field nobody
// knows is an error here, since a misspelt prefix would make a rule govern the whole bucket.
#ifndef OFFING_STORAGE_R2_RULES_JSON_H_
#define OFFING_STORAGE_R2_RULES_JSON_H_

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <expected>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace offing::r2 {

using Json = rapidjson::Value;
using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

std::string_view text_of(const Json& string);
void write_text(JsonWriter& out, std::string_view text);
void write_field(JsonWriter& out, std::string_view name, std::string_view text);
void write_texts(JsonWriter& out, std::string_view name, const std::vector<std::string>& texts);

// The members of one object, taken by name. `place` is for errors, `path` precedes fields' names.
class RuleFields {
 public:
  RuleFields(const Json& object, std::string_view place, std::string path, std::string& error)
      : object_(object), place_(place), path_(std::move(path)), error_(error) {}

  bool good() const { return error_.empty(); }
  bool has(std::string_view name) const;   // and is not null
  // Null when it is absent or null; of a required one that is an error.
  const Json* take(std::string_view name, std::string_view wanted, bool required);
  const Json* take_object(std::string_view name, std::string_view wanted, bool required);
  std::string text(std::string_view name, std::string_view wanted, bool required);
  bool flag(std::string_view name);   // required
  int64_t whole(std::string_view name, int64_t low, int64_t high, std::string_view wanted);
  // Each element a text that is not empty.
  std::vector<std::string> texts(std::string_view name, std::string_view wanted, bool required);
  // The time of a Date condition; `as_given` is its spelling.
  int64_t date(std::string_view name, std::string& as_given);
  // A name from a neighbouring format: an error that tells which one to use.
  void misnomer(std::string_view name, std::string_view advice);
  void fail(std::string_view name, const Json& value, std::string_view wanted);
  void fail(std::string_view name, std::string_view what);
  // After everything was taken: no others, and none twice.
  void finish(std::string_view kind);

  std::string_view place() const { return place_; }
  std::string& error() { return error_; }
  std::string path_of(std::string_view name) const { return path_ + std::string(name); }

 private:
  const Json& object_;
  std::string_view place_;
  std::string path_;
  std::string& error_;
  std::vector<std::string_view> known_;
  size_t taken_ = 0;
};

// Rules of one kind.
struct RuleKind {
  std::string_view name;        // "lock"
  size_t max;                   // per bucket
  bool ids_required = false;    // and unique
};

// Calls `read_rule(fields)` for each rule and collects what it makes.
class RuleDocument {
 public:
  static std::expected<RuleDocument, std::string> parse(std::string_view json,
                                                        const RuleKind& kind);

  template <class Rule, class Read>
  std::expected<std::vector<Rule>, std::string> read(Read read_rule) {
    std::vector<Rule> rules;
    rules.reserve(size());
    std::string error;
    for (size_t i = 0; i < size(); ++i) {
      const std::string place = place_of(i);
      RuleFields fields(at(i), place, "", error);
      rules.push_back(read_rule(fields));
      fields.finish(kind_.name);
      if (!error.empty()) return std::unexpected(std::move(error));
    }
    return rules;
  }

 private:
  RuleDocument(rapidjson::Document document, const RuleKind& kind)
      : document_(std::move(document)), kind_(kind) {}
  std::optional<std::string> wrong_ids() const;
  size_t size() const { return document_["rules"].Size(); }
  const Json& at(size_t index) const {
    return document_["rules"][static_cast<rapidjson::SizeType>(index)];
  }
  std::string place_of(size_t index) const;   // `rules[3] ("audit")`

  rapidjson::Document document_;
  RuleKind kind_;
};

// {"rules":[…]}, each element written by `write(out, rule)`.
template <class Rules, class Write>
std::string rules_json(const Rules& rules, Write write) {
  rapidjson::StringBuffer buffer;
  JsonWriter out(buffer);
  out.StartObject();
  out.Key("rules");
  out.StartArray();
  for (const auto& rule : rules) write(out, rule);
  out.EndArray();
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

// A time far enough for every rule, for sums that would not fit.
inline int64_t saturating_add_s(int64_t ms, int64_t seconds) {
  int64_t span = 0, sum = 0;
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max() - 1;
  if (__builtin_mul_overflow(seconds, int64_t{1000}, &span)) return kMost;
  if (__builtin_add_overflow(ms, span, &sum)) return kMost;
  return sum;
}

// Whole numbers that every JSON reader keeps exactly.
inline constexpr int64_t kWholeMax = (int64_t{1} << 53) - 1;

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_RULES_JSON_H_
