// The daemon's end of what it shares with the small process that started it and starts it again when it
// dies (emulator/cli/supervisor.h): a page with what runs, and its listening sockets, which the parent
// keeps open so that clients wait instead of being refused.
//
// A socket is known by a key that names what was asked for ("worker 127.0.0.1:8787"): one that the user
// has configured away finds no taker and is closed.
#ifndef OFFING_EMULATOR_WORLD_PARENT_LINK_H_
#define OFFING_EMULATOR_WORLD_PARENT_LINK_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/world/running_note.h"

namespace offing {

class ParentLink {
 public:
  // Null when no parent watches over this process.
  static std::unique_ptr<ParentLink> open();
  ~ParentLink();
  ParentLink(const ParentLink&) = delete;

  // Shared with the parent, empty; stays mapped to the end of the process.
  RunningNote& note() { return *note_; }
  // How often the parent had to start the daemon again; 0 for the first one.
  unsigned restarts() const { return restarts_; }
  // The listening socket that a predecessor kept under this key: the caller's now. -1: there is none.
  int take_listener(std::string_view key);
  // Lets the parent keep a copy of this listening socket.
  void keep_listener(std::string_view key, int listener);
  // Closes, here and in the parent, what nobody has taken.
  void drop_untaken();

 private:
  ParentLink() = default;
  bool read(const std::string& text);

  int socket_ = -1;
  RunningNote* note_ = nullptr;
  unsigned restarts_ = 0;
  std::vector<std::pair<std::string, int>> listeners_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_WORLD_PARENT_LINK_H_
