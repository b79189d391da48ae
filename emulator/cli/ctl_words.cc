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

// Paths that the words may mean, of the longest run of words that means any; `used`: how many they
// are.
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

// "clock advance"
std::string spaced(const Verb& verb) {
  std::string text(verb.path);
  std::ranges::replace(text, '/', ' ');
  return text;
}

// The verb that the first words may have been meant for.
const Verb* near_verb(const std::vector<std::string>& words) {
  std::string path = words.front();
  if (words.size() > 1) {
    if (const Verb* found = Control::nearest(path + "/" + words[1])) return found;
  }
  return Control::nearest(path);
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
    if (argument == nullptr && !into.HasMember(text_value(known.name, allocator)))
      argument = &known;
  }
  if (argument == nullptr && verb.free_form && equals != word.npos) {
    const std::string_view name = std::string_view(word).substr(0, equals);
    into.AddMember(
        text_value(name, allocator),
        control::typed({name, Kind::kAny, false, {}}, text.substr(equals + 1), allocator),
        allocator);
    return {};
  }
  if (argument == nullptr)
    return std::unexpected("\"" + word + "\" is one too many.\n" + ctl_usage(verb));
  into.AddMember(text_value(argument->name, allocator), control::typed(*argument, text, allocator),
                 allocator);
  return {};
}

bool is_plain(const Value& value) {
  return !value.IsObject() && !value.IsArray();
}

std::string shown(const Value& value) {
  if (value.IsString()) return std::string(control::text_of(value));
  if (value.IsNull()) return "-";
  return control::json_of(value);
}

size_t width(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string padded(std::string text, size_t to) {
  const size_t is = width(text);
  return text + std::string(to > is ? to - is : 0, ' ');
}

bool is_table(const Value& value) {
  return value.IsArray() && !value.Empty() &&
         std::ranges::all_of(value.GetArray(), [](const Value& row) { return row.IsObject(); });
}

using Cells = std::vector<std::vector<std::string>>;  // the first row has the names

std::string table(const Cells& cells) {
  constexpr size_t kWidthMax =
      64;  // beyond it a cell shifts what follows: an object's id just fits
  std::vector<size_t> widest(cells.front().size());
  for (const auto& line : cells) {
    for (size_t i = 0; i < line.size(); ++i) widest[i] = std::max(widest[i], width(line[i]));
  }
  std::string out;
  for (const auto& line : cells) {
    std::string text;
    for (size_t i = 0; i < line.size(); ++i)
      text += padded(line[i], std::min(widest[i], kWidthMax)) + "  ";
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  }
  return out;
}

Cells cells_of(const Value& rows) {
  std::vector<std::string> columns;
  for (const Value& row : rows.GetArray()) {
    for (auto at = row.MemberBegin(); at != row.MemberEnd(); ++at) {
      const std::string name(control::text_of(at->name));
      if (std::ranges::find(columns, name) == columns.end()) columns.push_back(name);
    }
  }
  Cells cells = {columns};
  for (const Value& row : rows.GetArray()) {
    auto& line = cells.emplace_back();
    for (const std::string& column : columns) {
      const auto at = row.FindMember(column.c_str());
      line.push_back(at == row.MemberEnd() ? "" : shown(at->value));
    }
  }
  return cells;
}

// {columns: [name, …], rows: [[value, …], …]}; empty when it is none of that.
Cells sql_cells(const Value& answer) {
  const auto columns = answer.FindMember("columns"), rows = answer.FindMember("rows");
  const bool given = columns != answer.MemberEnd() && columns->value.IsArray() &&
                     rows != answer.MemberEnd() && rows->value.IsArray() && !rows->value.Empty();
  if (!given) return {};
  Cells cells(1);
  for (const Value& name : columns->value.GetArray()) cells.front().push_back(shown(name));
  for (const Value& row : rows->value.GetArray()) {
    if (!row.IsArray() || row.Size() != columns->value.Size()) return {};
    auto& line = cells.emplace_back();
    for (const Value& value : row.GetArray()) line.push_back(shown(value));
  }
  return cells;
}

void add_lines(const Value& object, const std::string& prefix,
               std::vector<std::pair<std::string, std::string>>& lines) {
  for (auto at = object.MemberBegin(); at != object.MemberEnd(); ++at) {
    const std::string name = prefix + std::string(control::text_of(at->name));
    if (at->value.IsObject() && !at->value.ObjectEmpty())
      add_lines(at->value, name + ".", lines);
    else if (!is_table(at->value))
      lines.emplace_back(name, shown(at->value));
  }
}

// "clock advance BY", without "offing ctl ".
std::string first_line(const std::string& usage) {
  return usage.substr(11, usage.find('\n') - 11);
}

}  // namespace

std::expected<CtlCall, std::string> parse_ctl(const std::vector<std::string>& words) {
  size_t used = 0;
  const std::vector<const Verb*> found = verbs_of(words, used);
  if (found.empty()) {
    std::string text = "there is no verb \"" + words.front() + "\"";
    if (const Verb* meant = near_verb(words))
      text += "; did you mean `offing ctl " + spaced(*meant) + "`?";
    return std::unexpected(text + "\n`offing ctl` alone lists what there is");
  }
  if (std::ranges::any_of(found,
                          [&](const Verb* verb) { return verb->path != found.front()->path; })) {
    std::string text = "\"" + words.front() + "\" may be: ";
    for (const Verb* verb : found)
      text += (verb == found.front() ? "" : ", ") + std::string(verb->path);
    return std::unexpected(text);
  }
  for (const std::string& word : words) {
    if (word.starts_with("--"))
      return std::unexpected("there is no option " + word +
                             "; there are --url, --world and --json. A value "
                             "that begins so is given as NAME=VALUE");
  }
  CtlCall call;
  const std::string_view method = words.size() > used ? "POST" : "GET";
  call.verb = found.front();
  for (const Verb* verb : found) {
    if (verb->method == method) call.verb = verb;
  }
  call.arguments.SetObject();
  if (words.size() > used && call.verb->arguments.empty() && !call.verb->free_form) {
    if (const Verb* meant = near_verb(words))
      return std::unexpected("\"" + words[used] + "\" is one too many; did you mean `offing ctl " +
                             spaced(*meant) + "`?\n" + ctl_usage(*call.verb));
  }
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
  std::string text = "offing ctl " + spaced(verb);
  for (const Argument& argument : verb.arguments) {
    std::string name(argument.name);
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? c - 32 : c; });
    text += argument.required ? " " + name : " [" + name + "]";
  }
  if (verb.free_form && verb.arguments.empty()) text += " [KEY=VALUE…]";
  text += "\n  " + std::string(verb.about) + "\n";
  for (const Argument& argument : verb.arguments)
    text += "  " + padded(std::string(argument.name), 14) +
            padded(std::string(control::kind_name(argument.kind)), 12) +
            std::string(argument.about) + "\n";
  return text;
}

std::optional<std::string> ctl_help_asked(const std::vector<std::string>& words) {
  if (words.empty()) return ctl_help();
  const auto asked =
      std::ranges::find_if(words, [](const std::string& w) { return w == "--help" || w == "-h"; });
  if (asked == words.end()) return std::nullopt;
  if (asked == words.begin()) return ctl_help();
  size_t used = 0;
  std::string text;
  for (const Verb* verb : verbs_of({words.begin(), asked}, used)) text += ctl_usage(*verb);
  return text.empty() ? ctl_help() : text;
}

std::string ctl_help() {
  std::string text =
      "offing ctl VERB [ARGUMENTS] [--url URL] [--world ID] [--json]\n\n"
      "Asks a running `offing dev`, at http://127.0.0.1:8787 unless --url says where. Time can be "
      "moved, and "
      "state\ntaken back or copied, when it was started with --clock virtual. docs/control.md has "
      "all.\n\n"
      "  offing ctl clock advance 60s                 an hour, a month: at once\n"
      "  offing ctl kv inspect SESSIONS user:1        what each location is served, and why\n"
      "  offing ctl partition LHR SIN                 the last part of a verb is enough where it "
      "is clear\n";
  size_t widest = 0;
  for (const Verb* verb : Control::verbs()) {
    const std::string usage = first_line(ctl_usage(*verb));
    if (width(usage) <= 46) widest = std::max(widest, width(usage));
  }
  for (const control::VerbGroup& group : Control::groups()) {
    text += "\n" + std::string(group.title) + ":\n";
    for (const Verb& verb : group.verbs) {
      std::string usage = first_line(ctl_usage(verb));
      if (width(usage) > widest) usage += "\n  " + std::string(widest, ' ');
      text += "  " + padded(usage, widest) + "  " + std::string(verb.about) + "\n";
    }
  }
  return text +
         "\nArguments are given in order, as NAME=VALUE, or as one JSON object; [ ] may be left "
         "out.\n"
         "`offing ctl VERB --help` explains them. --world is another world than main; --json "
         "prints the answer "
         "as it is.\nEnds with 0, with 1 when the daemon refuses or is not there, with 2 when the "
         "words are "
         "wrong.\n";
}

std::string ctl_text(const Value& answer) {
  if (!answer.IsObject()) return shown(answer) + "\n";
  std::vector<std::pair<std::string, std::string>> lines;
  add_lines(answer, "", lines);
  const Cells sql = sql_cells(answer);
  if (!sql.empty())
    std::erase_if(lines,
                  [](const auto& line) { return line.first == "columns" || line.first == "rows"; });
  size_t widest = 0;
  for (const auto& [name, value] : lines) widest = std::max(widest, width(name));
  std::string text;
  for (const auto& [name, value] : lines) text += padded(name, widest + 2) + value + "\n";
  for (auto at = answer.MemberBegin(); at != answer.MemberEnd(); ++at) {
    if (is_table(at->value)) text += (text.empty() ? "" : "\n") + table(cells_of(at->value));
  }
  if (!sql.empty()) text += (text.empty() ? "" : "\n") + table(sql);
  return text.empty() ? "done\n" : text;
}

}  // namespace offing::cli
