#include "emulator/world/child_process.h"

#include <csignal>
#include <utility>

namespace offing {

std::expected<std::unique_ptr<ChildProcess>, std::string> ChildProcess::start(
    uv_loop_t* loop, const std::vector<std::string>& words, OnLine on_line, OnEnd on_end) {
  std::unique_ptr<ChildProcess> child(new ChildProcess(std::move(on_line), std::move(on_end)));
  child->process_.data = child->output_.data = child.get();
  uv_pipe_init(loop, &child->output_, 0);
  std::vector<char*> args;
  for (const std::string& word : words) args.push_back(const_cast<char*>(word.c_str()));
  args.push_back(nullptr);
  uv_stdio_container_t stdio[3] = {};
  stdio[0].flags = UV_IGNORE;
  stdio[1].flags = static_cast<uv_stdio_flags>(UV_CREATE_PIPE | UV_WRITABLE_PIPE);
  stdio[1].data.stream = reinterpret_cast<uv_stream_t*>(&child->output_);
  stdio[2].flags = UV_INHERIT_FD;
  stdio[2].data.fd = 2;
  uv_process_options_t options = {};
  options.file = words[0].c_str();
  options.args = args.data();
  options.stdio = stdio;
  options.stdio_count = 3;
  options.exit_cb = [](uv_process_t* process, int64_t status, int signal) {
    auto* self = static_cast<ChildProcess*>(process->data);
    self->code_ = signal != 0 ? 128 + signal : static_cast<int>(status);
    uv_close(reinterpret_cast<uv_handle_t*>(process),
             [](uv_handle_t* h) { static_cast<ChildProcess*>(h->data)->ended(); });
  };
  child->open_ = 2;
  if (const int error = uv_spawn(loop, &child->process_, &options); error != 0) {
    // Handles stay with the loop until it has closed them; the process is about to end.
    child.release();
    return std::unexpected("cannot start " + words[0] + ": " + uv_strerror(error));
  }
  uv_read_start(
      reinterpret_cast<uv_stream_t*>(&child->output_),
      [](uv_handle_t* h, size_t, uv_buf_t* buffer) {
        auto* self = static_cast<ChildProcess*>(h->data);
        *buffer = uv_buf_init(self->buffer_, sizeof self->buffer_);
      },
      [](uv_stream_t* stream, ssize_t n, const uv_buf_t* buffer) {
        auto* self = static_cast<ChildProcess*>(stream->data);
        if (n > 0) return self->take({buffer->base, static_cast<size_t>(n)});
        if (n == 0) return;
        uv_close(reinterpret_cast<uv_handle_t*>(stream),
                 [](uv_handle_t* h) { static_cast<ChildProcess*>(h->data)->ended(); });
      });
  return child;
}

ChildProcess::~ChildProcess() = default;

void ChildProcess::terminate() {
  uv_process_kill(&process_, SIGTERM);
}

void ChildProcess::take(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    line_ += bytes.substr(0, end);
    if (end == bytes.npos) return;
    on_line_(std::exchange(line_, {}));
    bytes.remove_prefix(end + 1);
  }
}

void ChildProcess::ended() {
  if (--open_ > 0) return;
  if (!line_.empty()) on_line_(std::exchange(line_, {}));
  on_end_(code_);
}

}  // namespace offing
