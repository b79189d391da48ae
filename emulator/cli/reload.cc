#include "emulator/cli/reload.h"

#include <cstdio>

namespace offing::cli {

// A bundler writes its files within a few milliseconds of each other.
static constexpr int64_t kQuietUs = 150'000;

Reload::Reload(World& world, Stack& stack) : world_(world), stack_(stack) {
  watch(modules_, stack.project().bundle_directory);
  watch(config_, stack.project().config_file);
}

// What cannot be watched (an exotic file system) is not: the user restarts then.
void Reload::watch(uv_fs_event_t& handle, const std::string& path) {
  uv_fs_event_init(world_.loop(), &handle);
  uv_unref(reinterpret_cast<uv_handle_t*>(&handle));
  handle.data = this;
  if (path.empty()) return;
  uv_fs_event_start(
      &handle,
      [](uv_fs_event_t* event, const char*, int, int) {
        static_cast<Reload*>(event->data)->changed();
      },
      path.c_str(), 0);
}

void Reload::changed() {
  if (due_ != 0) world_.cancel(due_);
  due_ = world_.schedule_after(kQuietUs, [this] { reload(); });
}

void Reload::reload() {
  due_ = 0;
  // An editor may have put a new file in the place of the watched one.
  uv_fs_event_stop(&config_);
  uv_fs_event_start(&config_, [](uv_fs_event_t* event, const char*, int, int) {
    static_cast<Reload*>(event->data)->changed();
  }, stack_.project().config_file.c_str(), 0);
  auto reloaded = stack_.reload();
  if (reloaded) {
    std::fprintf(stderr, "offing: reloaded %s\n", stack_.project().bundle.main.c_str());
  } else {
    std::fprintf(stderr, "offing: not reloaded: %s\n", reloaded.error().c_str());
  }
}

}  // namespace offing::cli
