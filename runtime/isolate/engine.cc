#include "runtime/isolate/engine.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <v8-initialization.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "runtime/isolate/engine_parts.h"

namespace offing {

// Two for the isolates of a world that is begun next, and one that takes its place meanwhile.
constexpr size_t kSparesMax = 3;

Engine::Parts::~Parts() {
  spares.clear();
  if (snapshot.data != nullptr) munmap(const_cast<char*>(snapshot.data), snapshot.raw_size);
}

Engine::Engine(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

void Engine::limit_wasm_memory(uint64_t bytes) {
  if (bytes == 0) return;
  constexpr uint64_t kPageBytes = 65'536;
  const std::string flag =
      "--wasm-max-mem-pages=" + std::to_string(std::max<uint64_t>(1, bytes / kPageBytes));
  v8::V8::SetFlagsFromString(flag.c_str());
}

Engine::~Engine() = default;

void Engine::keep_code() {
  if (!parts_->code) parts_->code = std::make_unique<CodeCache>();
}

bool Engine::prepare_spare(uint64_t memory_bytes_max) {
  auto& spares = parts_->spares;
  std::erase_if(spares, [&](const auto& s) { return s->memory_bytes_max != memory_bytes_max; });
  if (spares.size() >= kSparesMax) return false;
  spares.push_back(std::make_unique<Shell>(*parts_, memory_bytes_max));
  return true;
}

std::expected<std::unique_ptr<Engine>, std::string> Engine::start(
    node::MultiIsolatePlatform* platform, uv_loop_s* loop, const std::string& snapshot_path) {
  auto fail = [&snapshot_path](const std::string& why) {
    return std::unexpected("cannot use the startup snapshot " + snapshot_path + ": " + why +
                           ". Build it again with: ninja offing-snapshot.bin");
  };
  const int file = open(snapshot_path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return fail(std::strerror(errno));
  struct stat status {};
  if (fstat(file, &status) != 0 || status.st_size == 0) {
    close(file);
    return fail("it is empty");
  }
  const auto size = static_cast<size_t>(status.st_size);
  void* bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  const int map_errno = errno;
  close(file);
  if (bytes == MAP_FAILED) return fail(std::strerror(map_errno));

  auto parts = std::make_unique<Parts>();
  parts->platform = platform;
  parts->loop = loop;
  parts->snapshot = {static_cast<const char*>(bytes), static_cast<int>(size)};
  if (!parts->snapshot.IsValid()) return fail("another version of the engine wrote it");
  return std::unique_ptr<Engine>(new Engine(std::move(parts)));
}

}  // namespace offing
