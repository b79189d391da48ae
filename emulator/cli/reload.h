// `offing dev` goes on with the new code when the project's files change.
//
// Watches the folder of the built modules and the Wrangler file; other files in that folder (a
// trace, a state directory) are nobody's business. A build writes many files: the reload comes when
// nothing has changed for a moment. What cannot be read is reported, and the old Worker goes on.
#ifndef OFFING_EMULATOR_CLI_RELOAD_H_
#define OFFING_EMULATOR_CLI_RELOAD_H_

#include <uv.h>

#include <string>
#include <string_view>

#include "emulator/stage/stages.h"

namespace offing::cli {

class Reload {
 public:
  explicit Reload(Stages& stages);

 private:
  void watch(uv_fs_event_t& handle, const std::string& path);
  static void on_event(uv_fs_event_t* handle, const char* file, int events, int status);
  // Whether the Worker may be made of a file of this name in the modules' folder.
  bool matters(std::string_view file) const;
  void changed();
  void reload();

  const config::Project& project() const { return stages_.main().stack().project(); }

  Stages& stages_;
  uv_fs_event_t modules_;
  uv_fs_event_t config_;
  EventId due_ = 0;
};

}  // namespace offing::cli

#endif  // OFFING_EMULATOR_CLI_RELOAD_H_
