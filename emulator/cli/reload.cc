#include "emulator/cli/reload.h"

#include <cstdio>

namespace offing::cli {

// A bundler writes its files within a few milliseconds of each other.
static constexpr int64_t kQuietUs = 150'000;

Reload::Reload(Stages& stages) : stages_(stages) {
  watch(modules_, project().bundle_directory);
  watch(config_, project().config_file);
}

// What cannot be watched (an exotic file system) is not: the user restarts then.
void Reload::watch(uv_fs_event_t& handle, const std::string& path) {
  uv_fs_event_init(stages_.house().loop(), &handle);
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
  const config::Project& project = this->project();
  if (project.bundle.find(file) != nullptr) return true;
  const std::string& config = project.config_file;
  return file.ends_with(".map") || file.starts_with(".dev.vars") || file.starts_with(".env") ||
         file == std::string_view(config).substr(config.rfind('/') + 1);
}

void Reload::changed() {
  if (due_ != 0) stages_.house().cancel(due_);
  due_ = stages_.house().schedule_after(kQuietUs, [this] { reload(); });
}

void Reload::reload() {
  due_ = 0;
  // An editor may have put a new file in the place of the watched one.
  uv_fs_event_stop(&config_);
  uv_fs_event_start(&config_, on_event, project().config_file.c_str(), 0);
  const size_t worlds = stages_.all().size() - 1;
  auto reloaded = stages_.reload();
  if (reloaded) {
    std::fprintf(stderr, "offing: reloaded %s\n", project().bundle.main.c_str());
    if (worlds > 0) std::fprintf(stderr, "offing: %zu forked worlds were closed\n", worlds);
  } else {
    std::fprintf(stderr, "offing: %s\n", reloaded.error().c_str());
  }
}

}  // namespace offing::cli
