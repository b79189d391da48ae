#include "emulator/config/dotenv.h"

#include <algorithm>

namespace offing::config {

namespace {

constexpr std::string_view kBlank = " \t\v\f\r";

bool is_key_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

std::string_view trim(std::string_view text) {
  const size_t from = text.find_first_not_of(" \t\v\f\r\n");
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\v\f\r\n") - from + 1);
}

std::string expand_newlines(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size();
    if (escape && (text[i + 1] == 'n' || text[i + 1] == 'r')) {
      out += text[++i] == 'n' ? '\n' : '\r';
    } else {
      out += text[i];
    }
  }
  return out;
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  DotEnv run() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    while (at_ < text_.size()) entry();
    return std::move(out_);
  }

 private:
  void skip(std::string_view bytes) {
    at_ = std::min(text_.find_first_not_of(bytes, at_), text_.size());
  }
  size_t line_end() const { return std::min(text_.find('\n', at_), text_.size()); }
  void next_line() {
    const size_t end = line_end();
    count_lines(end);
    at_ = std::min(end + 1, text_.size());
    if (end < text_.size()) ++line_;
  }
  void count_lines(size_t end) {
    line_ += static_cast<int>(std::count(text_.begin() + at_, text_.begin() + end, '\n'));
  }

  void entry() {
    skip(kBlank);
    if (at_ == text_.size()) return;
    if (text_[at_] == '\n' || text_[at_] == '#') return next_line();
    std::string_view key = read_key();
    if (key == "export" && at_ < text_.size() && kBlank.find(text_[at_]) != kBlank.npos) {
      skip(kBlank);
      key = read_key();
    }
    skip(kBlank);
    if (key.empty() || at_ == text_.size() || text_[at_] != '=') {
      out_.warnings.push_back({.file = file_, .key = "", .line = line_, .column = 0,
                               .message = "is not KEY=VALUE; the line is ignored"});
      return next_line();
    }
    ++at_;
    set(std::string(key), read_value());
    next_line();  // a comment behind the value, if any
  }

  std::string_view read_key() {
    const size_t from = at_;
    while (at_ < text_.size() && is_key_byte(text_[at_])) ++at_;
    return text_.substr(from, at_ - from);
  }

  std::string read_value() {
    skip(kBlank);
    if (at_ == text_.size()) return "";
    const char quote = text_[at_];
    if (quote == '"' || quote == '\'' || quote == '`') {
      if (const size_t end = closing_quote(quote); end != text_.npos) {
        const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
        count_lines(end);
        at_ = end + 1;
        return quote == '"' ? expand_newlines(inside) : std::string(inside);
      }
    }
    const size_t end = std::min(text_.find('#', at_), line_end());
    const std::string_view raw = trim(text_.substr(at_, end - at_));
    at_ = end;
    return std::string(raw);
  }

  // A backslash keeps a quote from closing; both stay in the value.
  size_t closing_quote(char quote) const {
    for (size_t i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] == '\\' && i + 1 < text_.size() && text_[i + 1] == quote) {
        ++i;
      } else if (text_[i] == quote) {
        return i;
      }
    }
    return std::string_view::npos;
  }

  void set(std::string key, std::string value) {
    for (auto& [name, old] : out_.values) {
      if (name == key) {
        old = std::move(value);
        return;
      }
    }
    out_.values.emplace_back(std::move(key), std::move(value));
  }

  std::string_view text_;
  const std::string& file_;
  size_t at_ = 0;
  int line_ = 1;
  DotEnv out_;
};

}  // namespace

DotEnv parse_dotenv(std::string_view text, const std::string& file) {
  return Parser(text, file).run();
}

}  // namespace offing::config
