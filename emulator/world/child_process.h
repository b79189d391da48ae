// Another process that works for this one: started with some words, its standard output read line
// by line. What it says is no event of any world; whoever started it decides what it means.
// Threading: the loop thread. Calls come from the loop.
#ifndef OFFING_EMULATOR_WORLD_CHILD_PROCESS_H_
#define OFFING_EMULATOR_WORLD_CHILD_PROCESS_H_

#include <uv.h>

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace offing {

class ChildProcess {
 public:
  using OnLine = std::move_only_function<void(std::string_view line)>;
  // Once, after the last line; its exit code, or 128 and the number of the signal that ended it.
  using OnEnd = std::move_only_function<void(int code)>;

  // `words`: the program's path and its arguments. Its input is empty, its errors go where ours go.
  static std::expected<std::unique_ptr<ChildProcess>, std::string> start(
      uv_loop_t* loop, const std::vector<std::string>& words, OnLine on_line, OnEnd on_end);
  // Not before it has ended.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  void terminate();

 private:
  ChildProcess(OnLine on_line, OnEnd on_end)
      : on_line_(std::move(on_line)), on_end_(std::move(on_end)) {}
  void take(std::string_view bytes);
  void ended();

  OnLine on_line_;
  OnEnd on_end_;
  uv_process_t process_ = {};
  uv_pipe_t output_ = {};
  std::string line_;
  int code_ = 0;
  int open_ = 0;  // handles that are not closed
  char buffer_[65536];
};

}  // namespace offing

#endif  // OFFING_EMULATOR_WORLD_CHILD_PROCESS_H_
