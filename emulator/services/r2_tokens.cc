#include "emulator/services/r2_tokens.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "emulator/services/dump_directory.h"
#include "emulator/services/r2_json.h"
#include "emulator/trace/json_text.h"
#include "storage/digest/digest.h"

namespace offing {
namespace {

using Scope = R2Token::Scope;

constexpr std::string_view kScopes[] = {"admin-read-write", "admin-read-only", "object-read-write",
                                        "object-read-only"};

bool is_lower_hex(std::string_view text, size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

void append_token(std::string& out, const R2Token& token) {
  out += "{\"name\":";
  trace::append_json_string(out, token.name);
  trace::JsonFields fields(out);
  fields("access_key_id", std::string_view(token.access_key_id));
  fields("secret_access_key", std::string_view(token.secret_access_key));
  if (!token.token_value.empty()) fields("token_value", std::string_view(token.token_value));
  fields("scope", r2_scope_name(token.scope));
  out += ",\"buckets\":[";
  for (size_t i = 0; i < token.buckets.size(); ++i) {
    if (i > 0) out += ",";
    trace::append_json_string(out, token.buckets[i]);
  }
  out += "]}";
}

std::string system_error(const std::string& file, const char* what) {
  return file + ": " + what + ": " + std::strerror(errno);
}

// All of it or nothing, and readable by its owner only: there are secrets in it.
std::expected<void, std::string> write_file(const std::string& file, std::string_view bytes) {
  const std::string beside = file + ".new";
  const int fd = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return std::unexpected(system_error(beside, "cannot be written"));
  bool good = true;
  while (good && !bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    good = n > 0 || (n < 0 && errno == EINTR);
    if (n > 0) bytes.remove_prefix(static_cast<size_t>(n));
  }
  good = good && fdatasync(fd) == 0;
  std::expected<void, std::string> done;
  if (!good) done = std::unexpected(system_error(beside, "cannot be written"));
  close(fd);
  if (good && std::rename(beside.c_str(), file.c_str()) != 0)
    done = std::unexpected(system_error(file, "cannot be replaced"));
  return done;
}

}  // namespace

std::string_view r2_scope_name(Scope scope) { return kScopes[static_cast<size_t>(scope)]; }

std::expected<Scope, std::string> parse_r2_scope(std::string_view name) {
  const auto found = std::ranges::find(kScopes, name);
  if (found == std::end(kScopes))
    return std::unexpected("there is no scope \"" + std::string(name) +
                           "\"; there are: admin-read-write, admin-read-only, "
                           "object-read-write, object-read-only");
  return static_cast<Scope>(found - std::begin(kScopes));
}

bool r2_scope_is_admin(Scope scope) {
  return scope == Scope::kAdminReadWrite || scope == Scope::kAdminRead;
}
bool r2_scope_writes(Scope scope) {
  return scope == Scope::kAdminReadWrite || scope == Scope::kObjectReadWrite;
}

void read_r2_token(const rapidjson::Value& value, const std::string& path, std::string& error,
                   R2Token& out) {
  R2JsonObject in(value, path, error);
  in.text("name", out.name);
  in.text("access_key_id", out.access_key_id);
  in.text("secret_access_key", out.secret_access_key);
  in.text("token_value", out.token_value);
  size_t scope = 0;
  in.choice("scope", scope, {kScopes[0], kScopes[1], kScopes[2], kScopes[3]});
  out.scope = static_cast<Scope>(scope);
  in.texts("buckets", out.buckets);
  in.finish();
  if (!in.ok()) return;
  if (!is_lower_hex(out.access_key_id, 32))
    return in.fail_with("access_key_id", "is \"" + out.access_key_id.substr(0, 80) +
                                             "\"; it must be 32 hexadecimal digits (0-9, a-f)");
  const bool given = !out.secret_access_key.empty();
  if (!given && out.token_value.empty())
    return in.fail_with("secret_access_key", "is missing; give it, or \"token_value\", of which it "
                                             "is the SHA-256");
  if (given && !is_lower_hex(out.secret_access_key, 64))
    return in.fail_with("secret_access_key", "must be 64 hexadecimal digits (0-9, a-f)");
  if (!out.token_value.empty()) {
    std::string secret =
        digest::to_hex(digest::digest_of(digest::Algorithm::kSha256, out.token_value));
    if (given && secret != out.secret_access_key)
      return in.fail_with("secret_access_key",
                          "is not the SHA-256 of \"token_value\"; leave one out");
    out.secret_access_key = std::move(secret);
  }
  if (r2_scope_is_admin(out.scope) && !out.buckets.empty())
    in.fail_with("buckets", "only tokens of the scopes \"object-read-write\" and "
                            "\"object-read-only\" can be limited to buckets");
}

std::expected<std::unique_ptr<R2Tokens>, std::string> R2Tokens::open(
    World& world, const std::vector<R2Token>& configured, const std::string& state_directory) {
  std::unique_ptr<R2Tokens> tokens(new R2Tokens(
      world, state_directory.empty() ? "" : state_directory + "/r2-tokens.json"));
  if (auto begun = tokens->begin(configured, tokens->file_); !begun)
    return std::unexpected(begun.error());
  return tokens;
}

std::expected<void, std::string> R2Tokens::begin(const std::vector<R2Token>& configured,
                                                 const std::string& file) {
  tokens_.assign(configured.begin(), configured.end());
  configured_ = configured.size();
  if (auto loaded = load(file); !loaded) return loaded;
  if (!tokens_.empty()) return {};
  auto made = create("default", Scope::kAdminReadWrite, {});
  if (!made) return std::unexpected(made.error());
  return {};
}

std::unique_ptr<R2Tokens> R2Tokens::open(World& world, const State& state) {
  std::unique_ptr<R2Tokens> tokens(new R2Tokens(world, ""));
  tokens->tokens_ = state.tokens;
  tokens->configured_ = state.configured;
  return tokens;
}

std::shared_ptr<const R2Tokens::State> R2Tokens::copy_state() const {
  return std::make_shared<const State>(tokens_, configured_);
}

std::expected<void, std::string> R2Tokens::dump(const std::string& directory) const {
  if (auto begun = begin_dump_of(directory, "r2-tokens.json"); !begun) return begun;
  return save(directory + "/r2-tokens.json");
}

std::expected<std::shared_ptr<const R2Tokens::State>, std::string> R2Tokens::load_state(
    World& world, const std::vector<R2Token>& configured, const std::string& directory) {
  if (auto there = has_part(directory, ""); !there) return std::unexpected(there.error());
  R2Tokens tokens(world, "");
  if (auto begun = tokens.begin(configured, directory + "/r2-tokens.json"); !begun)
    return std::unexpected(begun.error());
  return tokens.copy_state();
}

const R2Token* R2Tokens::find(std::string_view access_key_id) const {
  const auto found = std::ranges::find(tokens_, access_key_id, &R2Token::access_key_id);
  return found == tokens_.end() ? nullptr : &*found;
}

const R2Token* R2Tokens::find_by_value(std::string_view token_value) const {
  if (token_value.empty()) return nullptr;
  for (const R2Token& token : tokens_)
    if (digest::equal_in_constant_time(token.token_value, token_value)) return &token;
  return nullptr;
}

std::expected<const R2Token*, std::string> R2Tokens::create(std::string name, Scope scope,
                                                            std::vector<std::string> buckets) {
  if (r2_scope_is_admin(scope) && !buckets.empty())
    return std::unexpected("a token of the scope " + std::string(r2_scope_name(scope)) +
                           " sees every bucket; take object-read-write or "
                           "object-read-only to limit it");
  uint8_t bytes[16 + 20];
  world_.random_bytes("r2/tokens", bytes);
  const std::string_view random(reinterpret_cast<const char*>(bytes), sizeof bytes);
  R2Token token;
  token.name = std::move(name);
  token.access_key_id = digest::to_hex(random.substr(0, 16));
  token.token_value = digest::to_hex(random.substr(16));
  token.secret_access_key =
      digest::to_hex(digest::digest_of(digest::Algorithm::kSha256, token.token_value));
  token.scope = scope;
  token.buckets = std::move(buckets);
  tokens_.push_back(std::move(token));
  if (auto saved = save(file_); !saved) {
    tokens_.pop_back();
    return std::unexpected(saved.error());
  }
  if (on_create) on_create(tokens_.back());
  return &tokens_.back();
}

std::expected<void, std::string> R2Tokens::load(const std::string& file) {
  if (file.empty() || access(file.c_str(), F_OK) != 0) return {};
  std::ifstream in(file, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in) return std::unexpected(system_error(file, "cannot be read"));
  rapidjson::Document document;
  if (auto parsed = parse_r2_json(text, document); !parsed)
    return std::unexpected(file + ": " + parsed.error());
  std::string error;
  R2JsonObject object(document, "", error);
  const rapidjson::Value* list = object.take("tokens");
  if (list == nullptr || !list->IsArray())
    return std::unexpected(file + ": \"tokens\" must be a list; remove the file to begin anew");
  for (const rapidjson::Value& item : list->GetArray()) {
    R2Token token;
    read_r2_token(item, "tokens[].", error, token);
    if (!error.empty()) return std::unexpected(file + ": " + error);
    if (find(token.access_key_id) == nullptr) tokens_.push_back(std::move(token));
  }
  return {};
}

std::expected<void, std::string> R2Tokens::save(const std::string& file) const {
  if (file.empty()) return {};
  std::string text = "{\"tokens\":[";
  for (size_t i = configured_; i < tokens_.size(); ++i) {
    text += i > configured_ ? ",\n  " : "\n  ";
    append_token(text, tokens_[i]);
  }
  return write_file(file, text + "\n]}\n");
}

}  // namespace offing
