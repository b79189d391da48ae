// A stack's stored state in a directory, as `--state` has it.
#include <cerrno>
#include <cstring>
#include <sys/stat.h>

#include "emulator/stage/stack.h"

namespace offing {

std::expected<void, std::string> Stack::dump(const std::string& directory) {
  if (on_disk())
    return std::unexpected("state is kept in " + arguments_.state +
                           " (--state) already: end the daemon, and copy that directory");
  if (directory.empty()) return std::unexpected("the directory's name is empty");
  flush();
  if (mkdir(directory.c_str(), 0777) != 0 && errno != EEXIST)
    return std::unexpected(directory + ": cannot be made: " + std::strerror(errno));
  if (auto done = kv_->dump(directory); !done) return done;
  if (auto done = r2_->dump(directory); !done) return done;
  if (auto done = r2_tokens_->dump(directory); !done) return done;
  return actors_->dump(directory);
}

std::expected<StackState, std::string> Stack::load_state(const std::string& directory) {
  StackState state = copy_state();
  auto kv = KvService::load_state(world_, kv_->settings(), topology_->locations(), directory);
  if (!kv) return std::unexpected(kv.error());
  auto r2 = R2Service::load_state(world_, r2_->settings(), directory);
  if (!r2) return std::unexpected(r2.error());
  auto tokens = R2Tokens::load_state(world_, r2_->settings().tokens, directory);
  if (!tokens) return std::unexpected(tokens.error());
  auto delay_ms = parse_duration_ms(arguments_.commit_delay);
  auto actors = Actors::load_state(world_, project_->worker, topology_->locations(),
                                   {"", delay_ms ? *delay_ms * 1000 : 0, arguments_.links}, directory);
  if (!actors) return std::unexpected(actors.error());
  state.kv = std::move(*kv);
  state.r2 = std::move(*r2);
  state.r2_tokens = std::move(*tokens);
  state.actors = std::move(*actors);
  return state;
}

}  // namespace offing
