#include "emulator/config/worker_format.h"

#include <algorithm>
#include <vector>

namespace offing::config {

namespace {

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || (static_cast<unsigned char>(c) & 0x80) != 0;
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Words a value cannot end with: a slash behind them begins a regular expression.
constexpr std::string_view kBeforeExpression[] = {
    "return", "typeof", "case",  "do",   "else",  "in",    "instanceof",
    "new",    "void",   "throw", "delete", "yield", "await", "of"};

// Tokens of a script: words, and single bytes of punctuation. Strings and regular expressions are
// the token "'".
class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) {}

  bool broken() const { return broken_; }

  // Empty at the end.
  std::string_view next() {
    for (;;) {
      if (at_ >= text_.size() || broken_) return {};
      const char c = text_[at_];
      if (is_space(c)) {
        ++at_;
      } else if (text_.substr(at_).starts_with("//") || text_.substr(at_).starts_with("#!")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.substr(at_).starts_with("/*")) {
        pass(text_.find("*/", at_ + 2), 2);
      } else {
        return last_ = token(c);
      }
    }
  }

 private:
  std::string_view token(char c) {
    const size_t from = at_;
    if (is_word_byte(c)) {
      while (at_ < text_.size() && is_word_byte(text_[at_])) ++at_;
      return text_.substr(from, at_ - from);
    }
    if (c == '"' || c == '\'') return quoted(c);
    if (c == '`') return ++at_, template_part();
    if (c == '{') braces_.push_back(false);
    if (c == '}' && !braces_.empty()) {
      const bool substitution = braces_.back();
      braces_.pop_back();
      if (substitution) return ++at_, template_part();
    }
    if (c == '/' && expression_may_begin()) return regular_expression();
    ++at_;
    return text_.substr(from, 1);
  }

  void pass(size_t end, size_t length) {
    broken_ = broken_ || end == text_.npos;
    at_ = broken_ ? text_.size() : end + length;
  }

  std::string_view quoted(char quote) {
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') ++at_;
      else if (text_[at_] == quote) return ++at_, "'";
      else if (text_[at_] == '\n') break;
    }
    broken_ = true;
    return {};
  }

  // Up to the closing backtick, or into a substitution.
  std::string_view template_part() {
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == '`') {
        return ++at_, "'";
      } else if (text_[at_] == '$' && at_ + 1 < text_.size() && text_[at_ + 1] == '{') {
        at_ += 2;
        braces_.push_back(true);
        return "(";  // an expression follows
      }
    }
    broken_ = true;
    return {};
  }

  std::string_view regular_expression() {
    bool in_class = false;
    for (++at_; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      const char c = text_[at_];
      if (c == '\\') ++at_;
      else if (c == '[') in_class = true;
      else if (c == ']') in_class = false;
      else if (c == '/' && !in_class) return ++at_, "'";
    }
    broken_ = true;
    return {};
  }

  bool expression_may_begin() const {
    if (last_.empty()) return true;
    const char end = last_.back();
    if (is_word_byte(end)) return std::ranges::find(kBeforeExpression, last_) !=
                                  std::end(kBeforeExpression);
    return end != ')' && end != ']' && end != '}' && end != '\'';
  }

  std::string_view text_;
  size_t at_ = 0;
  bool broken_ = false;
  std::string_view last_;
  std::vector<bool> braces_;  // true: of a template's substitution
};

// Behind `export {`: whether a name of the list is exported as default.
bool lists_default(Tokens& tokens) {
  std::string_view name;
  for (std::string_view t = tokens.next(); !t.empty() && t != "}"; t = tokens.next()) {
    if (t == "," ) {
      if (name == "default") return true;
      name = {};
    } else {
      name = t;
    }
  }
  return name == "default";
}

}  // namespace

WorkerFormat worker_format(std::string_view script) {
  constexpr std::string_view kDeclarations[] = {"const", "let",   "var",
                                                "async", "class", "function"};
  if (script.find("export") == script.npos) return WorkerFormat::kServiceWorker;
  Tokens tokens(script);
  bool named = false;
  std::string_view before;
  for (std::string_view token = tokens.next(); !token.empty();) {
    if (token != "export" || before == ".") {
      before = token;
      token = tokens.next();
      continue;
    }
    before = token;
    token = tokens.next();
    if (token == "default") return WorkerFormat::kModule;
    if (token == "{") {
      if (lists_default(tokens)) return WorkerFormat::kModule;
      named = true;
      before = "}";
      token = tokens.next();
    } else if (token == "*" ||
               std::ranges::find(kDeclarations, token) != std::end(kDeclarations)) {
      named = true;
    }
  }
  if (tokens.broken()) return WorkerFormat::kModule;
  return named ? WorkerFormat::kNamedOnly : WorkerFormat::kServiceWorker;
}

}  // namespace offing::config
