// The account's R2 tokens (spec/r2.md 5.1): those of the settings file, and those made while it
// runs, which are kept in the state directory. A token is an S3 key pair, and a Bearer of REST.
// When there is none at all, one is made, so that an S3 client always finds a key that works.
// Invariant: a token's address stays; none is ever removed. Owner: the Stack, or the command that
// opens a state directory. Threading: the loop thread.
#ifndef OFFING_EMULATOR_SERVICES_R2_TOKENS_H_
#define OFFING_EMULATOR_SERVICES_R2_TOKENS_H_

#include <rapidjson/document.h>

#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/services/r2_settings.h"
#include "emulator/world/world.h"

namespace offing {

class R2Tokens {
 public:
  // `state_directory`: an existing one, "" for memory. The error is for the user.
  static std::expected<std::unique_ptr<R2Tokens>, std::string> open(
      World& world, const std::vector<R2Token>& configured, const std::string& state_directory);

  // All tokens of one moment. Immutable: any number of accounts may begin from one.
  struct State {
    std::deque<R2Token> tokens;
    size_t configured = 0;   // the first ones
  };
  // Goes on from there, in memory.
  static std::unique_ptr<R2Tokens> open(World& world, const State& state);
  std::shared_ptr<const State> copy_state() const;
  // Writes `directory`/r2-tokens.json, as `--state` has it: those that no settings file named. The
  // error: it is there already, or cannot be written.
  std::expected<void, std::string> dump(const std::string& directory) const;
  // As `open`, but what it makes stays in memory. The error, too, when there is no such directory.
  static std::expected<std::shared_ptr<const State>, std::string> load_state(
      World& world, const std::vector<R2Token>& configured, const std::string& directory);

  // Null: there is none.
  const R2Token* find(std::string_view access_key_id) const;
  const R2Token* find_by_value(std::string_view token_value) const;
  const std::deque<R2Token>& all() const { return tokens_; }

  // Makes one and keeps it. The error names what is wrong, or why it cannot be kept.
  std::expected<const R2Token*, std::string> create(std::string name, R2Token::Scope scope,
                                                    std::vector<std::string> buckets);
  // Told of each one that `create` makes.
  std::function<void(const R2Token&)> on_create;

 private:
  R2Tokens(World& world, std::string file) : world_(world), file_(std::move(file)) {}
  std::expected<void, std::string> load(const std::string& file);
  std::expected<void, std::string> save(const std::string& file) const;   // "": nowhere
  std::expected<void, std::string> begin(const std::vector<R2Token>& configured,
                                         const std::string& file);

  World& world_;
  std::string file_;   // "": memory
  std::deque<R2Token> tokens_;
  size_t configured_ = 0;   // the first ones; not kept
};

// "admin-read-write", "admin-read-only", "object-read-write", "object-read-only".
std::string_view r2_scope_name(R2Token::Scope scope);
std::expected<R2Token::Scope, std::string> parse_r2_scope(std::string_view name);
// Object scopes may touch objects only; of them one may be limited to buckets.
bool r2_scope_is_admin(R2Token::Scope scope);
bool r2_scope_writes(R2Token::Scope scope);

// One token of a settings or state file; `path` is where it stands there, ending with a dot.
void read_r2_token(const rapidjson::Value& value, const std::string& path, std::string& error,
                   R2Token& out);

}  // namespace offing

#endif  // OFFING_EMULATOR_SERVICES_R2_TOKENS_H_
