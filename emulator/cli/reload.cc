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
  uv_fs_event_start(&handle, on_event, path.c_str(), 0);
}

void Reload::on_event(uv_fs_event_t* handle, const char* file, int, int) {
  auto* self = static_cast<Reload*>(handle->data);
  if (handle == &self->modules_ && file != nullptr && !self->matters(file)) return;
  self->changed();
}

bool Reload::matters(std::string_view file) const {
  const config::Project& project = stack_.project();
  if (project.bundle.find(file) != nullptr) return true;
  const std::string& config = project.config_file;
  return file.ends_with(".map") || file.starts_with(".dev.vars") || file.starts_with(".env") ||
         file == std::string_view(config).substr(config.rfind('/') + 1);
}

void Reload::changed() {
  if (due_ != 0) world_.cancel(due_);
  due_ = world_.schedule_after(kQuietUs, [this] { reload(); });
}

void Reload::reload() {
  due_ = 0;
  // An editor may have put a new file in the place of the watched one.
  uv_fs_event_stop(&config_);
  uv_fs_event_start(&config_, on_event, stack_.project().config_file.c_str(), 0);
  auto reloaded = stack_.reload();
  if (reloaded) {
    std::fprintf(stderr, "offing: reloaded %s\n", stack_.project().bundle.main.c_str());
  } else {
    std::fprintf(stderr, "offing: %s\n", reloaded.error().c_str());
  }
}

}  // namespace offing::cli
