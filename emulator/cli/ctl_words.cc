#include "emulator/cli/ctl_words.h"

#include <algorithm>
#include <utility>

#include "emulator/control/control.h"
#include "emulator/control/json.h"

namespace offing::cli {
namespace {

using control::Argument;
using control::Control;
using control::Kind;
using control::Verb;
using Value = rapidjson::Value;

std::string_view last_part(std::string_view path) {
  return path.substr(path.rfind('/') == path.npos ? 0 : path.rfind('/') + 1);
}

// Paths that the words may mean, of the longest run of words that means any; `used`: how many they are.
std::vector<const Verb*> verbs_of(const std::vector<std::string>& words, size_t& used) {
  for (used = std::min<size_t>(words.size(), 3); used > 0; --used) {
    std::string path;
    for (size_t i = 0; i < used; ++i) path += (i == 0 ? "" : "/") + words[i];
    std::vector<const Verb*> found;
    for (const Verb* verb : Control::verbs()) {
      if (verb->path == path) found.push_back(verb);
    }
    if (!found.empty()) return found;
  }
  used = 1;
  std::vector<const Verb*> found;
  for (const Verb* verb : Control::verbs()) {
    if (last_part(verb->path) == words.front()) found.push_back(verb);
  }
  return found;
}

Value text_value(std::string_view text, rapidjson::Document::AllocatorType& allocator) {
  return Value(text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator);
}

std::expected<void, std::string> add_word(const Verb& verb, const std::string& word,
                                          rapidjson::Document& into) {
  auto& allocator = into.GetAllocator();
  const Argument* argument = nullptr;
  std::string_view text = word;
  const size_t equals = word.find('=');
  for (const Argument& known : verb.arguments) {
    if (equals == word.npos || known.name != std::string_view(word).substr(0, equals)) continue;
    argument = &known;
    text.remove_prefix(equals + 1);
  }
  for (const Argument& known : verb.arguments) {
    if (argument == nullptr && !into.HasMember(text_value(known.name, allocator))) argument = &known;
  }
  if (argument == nullptr && verb.free_form && equals != word.npos) {
    const std::string_view name = std::string_view(word).substr(0, equals);
    into.AddMember(text_value(name, allocator),
                   control::typed({name, Kind::kAny, false, {}}, text.substr(equals + 1), allocator), allocator);
    return {};
  }
  if (argument == nullptr)
    return std::unexpected("\"" + word + "\" is one too many.\n" + ctl_usage(verb));
  into.AddMember(text_value(argument->name, allocator), control::typed(*argument, text, allocator),
                 allocator);
  return {};
}

bool is_plain(const Value& value) { return !value.IsObject() && !value.IsArray(); }

std::string shown(const Value& value) {
  if (value.IsString()) return std::string(control::text_of(value));
  if (value.IsNull()) return "-";
  return control::json_of(value);
}

size_t width(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string padded(std::string text, size_t to) {
  const size_t is = width(text);
  return text + std::string(to > is ? to - is : 0, ' ');
}

bool is_table(const Value& value) {
  return value.IsArray() && !value.Empty() &&
         std::ranges::all_of(value.GetArray(), [](const Value& row) { return row.IsObject(); });
}

std::string table(const Value& rows) {
  std::vector<std::string> columns;
  for (const Value& row : rows.GetArray()) {
    for (auto at = row.MemberBegin(); at != row.MemberEnd(); ++at) {
      const std::string name(control::text_of(at->name));
      if (std::ranges::find(columns, name) == columns.end()) columns.push_back(name);
    }
  }
  std::vector<std::vector<std::string>> cells = {columns};
  for (const Value& row : rows.GetArray()) {
    auto& line = cells.emplace_back();
    for (const std::string& column : columns) {
      const auto at = row.FindMember(column.c_str());
      line.push_back(at == row.MemberEnd() ? "" : shown(at->value));
    }
  }
  std::string out;
  for (const auto& line : cells) {
    std::string text;
    for (size_t i = 0; i < columns.size(); ++i) {
      size_t widest = 0;
      for (const auto& other : cells) widest = std::max(widest, width(other[i]));
      text += padded(line[i], i + 1 < columns.size() ? std::min<size_t>(widest, 60) + 2 : 0);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  }
  return out;
}

void add_lines(const Value& object, const std::string& prefix,
               std::vector<std::pair<std::string, std::string>>& lines) {
  for (auto at = object.MemberBegin(); at != object.MemberEnd(); ++at) {
    const std::string name = prefix + std::string(control::text_of(at->name));
    if (at->value.IsObject() && !at->value.ObjectEmpty()) add_lines(at->value, name + ".", lines);
    else if (!is_table(at->value)) lines.emplace_back(name, shown(at->value));
  }
}

}  // namespace

std::expected<CtlCall, std::string> parse_ctl(const std::vector<std::string>& words) {
  size_t used = 0;
  const std::vector<const Verb*> found = verbs_of(words, used);
  if (found.empty()) {
    std::string path = words.front();
    for (size_t i = 1; i < std::min<size_t>(words.size(), 2); ++i) path += "/" + words[i];
    const control::Failure failure = Control::no_such_verb("POST", path);
    return std::unexpected(failure.message + "\n`offing ctl` alone lists what there is");
  }
  if (std::ranges::any_of(found, [&](const Verb* verb) { return verb->path != found.front()->path; })) {
    std::string text = "\"" + words.front() + "\" may be: ";
    for (const Verb* verb : found) text += (verb == found.front() ? "" : ", ") + std::string(verb->path);
    return std::unexpected(text);
  }
  CtlCall call;
  const std::string_view method = words.size() > used ? "POST" : "GET";
  call.verb = found.front();
  for (const Verb* verb : found) {
    if (verb->method == method) call.verb = verb;
  }
  call.arguments.SetObject();
  for (size_t i = used; i < words.size(); ++i) {
    if (words[i].starts_with('{') && words.size() == used + 1) {
      auto given = control::parse_object(words[i]);
      if (!given) return std::unexpected(given.error().message);
      call.arguments = std::move(*given);
      break;
    }
    if (auto added = add_word(*call.verb, words[i], call.arguments); !added)
      return std::unexpected(added.error());
  }
  auto read = control::Arguments::read(call.verb->arguments, call.arguments, call.verb->free_form);
  if (!read) return std::unexpected(read.error().message + "\n" + ctl_usage(*call.verb));
  return call;
}

std::string ctl_usage(const Verb& verb) {
  std::string text = "offing ctl " + std::string(verb.path);
  std::ranges::replace(text, '/', ' ');
  for (const Argument& argument : verb.arguments) {
    std::string name(argument.name);
    std::ranges::transform(name, name.begin(), [](char c) { return c >= 'a' && c <= 'z' ? c - 32 : c; });
    text += argument.required ? " " + name : " [" + name + "]";
  }
  if (verb.free_form && verb.arguments.empty()) text += " [KEY=VALUE…]";
  text += "\n  " + std::string(verb.about) + "\n";
  for (const Argument& argument : verb.arguments)
    text += "  " + padded(std::string(argument.name), 14) +
            padded(std::string(control::kind_name(argument.kind)), 12) + std::string(argument.about) + "\n";
  return text;
}

std::string ctl_help() {
  std::string text = "offing ctl VERB [ARGUMENTS] [--url URL] [--world ID] [--json]\n\n";
  size_t widest = 0;
  std::vector<std::string> usages;
  for (const Verb* verb : Control::verbs()) {
    const std::string usage = ctl_usage(*verb);
    usages.push_back(usage.substr(11, usage.find('\n') - 11));
    widest = std::max(widest, std::min<size_t>(width(usages.back()), 46));
  }
  std::string_view group;
  for (size_t i = 0; i < usages.size(); ++i) {
    const Verb& verb = *Control::verbs()[i];
    const std::string_view now = verb.path.substr(0, verb.path.find('/'));
    if (now != group && i > 0 && verb.path.find('/') != verb.path.npos) text += "\n";
    group = now;
    std::string usage = usages[i];
    if (width(usage) > widest) usage += "\n" + std::string(widest + 2, ' ');
    text += "  " + padded(usage, widest + 2) + std::string(verb.about) + "\n";
  }
  return text + "\nArguments are given in order, as KEY=VALUE, or as one JSON object. docs/control.md has all.\n";
}

std::string ctl_text(const Value& answer) {
  if (!answer.IsObject()) return shown(answer) + "\n";
  std::vector<std::pair<std::string, std::string>> lines;
  add_lines(answer, "", lines);
  size_t widest = 0;
  for (const auto& [name, value] : lines) widest = std::max(widest, width(name));
  std::string text;
  for (const auto& [name, value] : lines) text += padded(name, widest + 2) + value + "\n";
  for (auto at = answer.MemberBegin(); at != answer.MemberEnd(); ++at) {
    if (is_table(at->value)) text += (text.empty() ? "" : "\n") + table(at->value);
  }
  return text.empty() ? "done\n" : text;
}

}  // namespace offing::cli
