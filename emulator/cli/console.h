// The console of a run: a reader of the trace that prints what a developer wants to see as it
// happens: guests' console output and exceptions always, the request log when asked for. Lines go
// out once a turn, in one write.
#ifndef OFFING_EMULATOR_CLI_CONSOLE_H_
#define OFFING_EMULATOR_CLI_CONSOLE_H_

#include <cstdint>
#include <cstdio>
#include <string>
#include <unordered_map>

#include "emulator/world/world.h"

namespace offing::cli {

struct ConsoleOptions {
  bool requests = true;  // the request log
  bool colour = false;
  bool used = false;     // what each request used of what is limited, in its line
};

class Console final : public trace::Reader {
 public:
  Console(World& world, std::FILE* out, ConsoleOptions options);
  ~Console() override;
  void on_event(const trace::Stamp& stamp, const trace::Event& event) override;

 private:
  struct Seen {
    std::string method;
    std::string url;
    uint64_t stale_reads = 0;
    int64_t stalest_ms = 0;
  };
  void on_request(const trace::RequestEvent& event);
  void on_response(const trace::ResponseEvent& event);
  void on_cron_end(const trace::CronEndEvent& event);
  // What a line ends with: place, time, outcome, what was used, and stale reads if there were any.
  std::string line_end(const Seen& seen, std::string_view location, int64_t duration_us,
                       std::string_view outcome, const Counts& used) const;
  void on_console(const trace::ConsoleEvent& event);
  void on_exception(const trace::ExceptionEvent& event);
  void line(std::string_view text);
  void flush();

  World& world_;
  std::FILE* out_;
  ConsoleOptions options_;
  std::string buffer_;
  bool flush_armed_ = false;
  std::unordered_map<uint64_t, Seen> requests_;
};

}  // namespace offing::cli

#endif  // OFFING_EMULATOR_CLI_CONSOLE_H_
