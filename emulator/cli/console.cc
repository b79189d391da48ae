#include "emulator/cli/console.h"

#include <algorithm>
#include <utility>

namespace offing::cli {

constexpr std::string_view kDim = "\x1b[2m", kRed = "\x1b[31m", kYellow = "\x1b[33m",
                           kGreen = "\x1b[32m", kReset = "\x1b[0m";

Console::Console(World& world, std::FILE* out, ConsoleOptions options)
    : world_(world), out_(out), options_(options) {}

Console::~Console() { flush(); }

void Console::flush() {
  flush_armed_ = false;
  if (buffer_.empty()) return;
  std::fwrite(buffer_.data(), 1, buffer_.size(), out_);
  std::fflush(out_);
  buffer_.clear();
}

void Console::line(std::string_view text) {
  buffer_.append(text).append("\n");
  if (std::exchange(flush_armed_, true)) return;
  world_.at_turn_end([this] { flush(); });
}

void Console::on_event(const trace::Stamp&, const trace::Event& event) {
  if (const auto* e = std::get_if<trace::ConsoleEvent>(&event)) return on_console(*e);
  if (const auto* e = std::get_if<trace::ExceptionEvent>(&event)) return on_exception(*e);
  if (!options_.requests) return;
  if (const auto* e = std::get_if<trace::RequestEvent>(&event)) return on_request(*e);
  if (const auto* e = std::get_if<trace::ResponseEvent>(&event)) return on_response(*e);
  if (const auto* e = std::get_if<trace::CronEvent>(&event)) {
    requests_[e->request] = {"cron", std::string(e->cron)};
    return;
  }
  if (const auto* e = std::get_if<trace::CronEndEvent>(&event)) return on_cron_end(*e);
  if (const auto* e = std::get_if<trace::KvReadEvent>(&event)) {
    if (e->staleness_ms <= 0) return;
    auto it = requests_.find(e->request);
    if (it == requests_.end()) return;
    ++it->second.stale_reads;
    it->second.stalest_ms = std::max(it->second.stalest_ms, e->staleness_ms);
  }
}

void Console::on_request(const trace::RequestEvent& event) {
  requests_[event.request] = {std::string(event.method), std::string(event.url)};
}

static std::string duration_text(int64_t us) {
  char text[32];
  if (us < 10'000) std::snprintf(text, sizeof text, "%.1f ms", static_cast<double>(us) / 1000);
  else if (us < 10'000'000) std::snprintf(text, sizeof text, "%lld ms", static_cast<long long>(us / 1000));
  else std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(us) / 1e6);
  return text;
}

static void append_count(std::string& text, uint64_t count, const char* noun) {
  if (count == 0) return;
  text += ", " + std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

// "  cpu 1.2 ms, 3.4 MiB, 2 subrequests, 5 service calls"; what was not used is left out.
static std::string used_text(const Counts& used) {
  char figures[64];
  int length = std::snprintf(figures, sizeof figures, "  cpu %.1f ms",
                             static_cast<double>(used.cpu_us) / 1000);
  if (used.memory_bytes > 0)
    std::snprintf(figures + length, sizeof figures - static_cast<size_t>(length), ", %.1f MiB",
                  static_cast<double>(used.memory_bytes) / (1 << 20));
  std::string text = figures;
  append_count(text, used.external, "subrequest");
  append_count(text, used.internal, "service call");
  return text;
}

// "GET /me 200 OK-ish": method, path, status, location, time, and stale reads if there were any.
void Console::on_response(const trace::ResponseEvent& event) {
  auto it = requests_.find(event.request);
  if (it == requests_.end()) return;
  const Seen seen = std::move(it->second);
  requests_.erase(it);
  std::string_view path = seen.url;
  if (const size_t scheme = path.find("://"); scheme != path.npos) {
    const size_t slash = path.find('/', scheme + 3);
    path = slash == path.npos ? std::string_view("/") : path.substr(slash);
  }
  std::string text = seen.method + " " + std::string(path.substr(0, 200)) + " ";
  const std::string status = event.status ? std::to_string(event.status) : "gone";
  if (options_.colour) {
    text += event.status >= 500 ? kRed : event.status >= 400 ? kYellow : kGreen;
    text += status;
    text += kReset;
    text += kDim;
  } else {
    text += status;
  }
  const std::string_view outcome = event.outcome == "ok" ? std::string_view() : event.outcome;
  line(text + line_end(seen, event.location, event.duration_us, outcome, event.used));
}

std::string Console::line_end(const Seen& seen, std::string_view location, int64_t duration_us,
                              std::string_view outcome, const Counts& used) const {
  std::string text = " " + std::string(location) + " " + duration_text(duration_us);
  if (!outcome.empty()) text += " " + std::string(outcome);
  if (options_.used) text += used_text(used);
  if (options_.colour) text += kReset;
  if (seen.stale_reads > 0) {
    text += "  stale KV reads: " + std::to_string(seen.stale_reads) + ", up to " +
            duration_text(seen.stalest_ms * 1000) + " old";
  }
  return text;
}

// "cron 0 2 * * SUN ok LHR 1.2 ms"
void Console::on_cron_end(const trace::CronEndEvent& event) {
  auto it = requests_.find(event.request);
  if (it == requests_.end()) return;
  const Seen seen = std::move(it->second);
  requests_.erase(it);
  std::string text = "cron " + std::string(event.cron) + " ";
  if (options_.colour) text += event.outcome == "ok" ? kGreen : kRed;
  text += event.outcome;
  if (options_.colour) text += std::string(kReset) + std::string(kDim);
  line(text + line_end(seen, event.location, event.duration_us, "", event.used));
}

void Console::on_console(const trace::ConsoleEvent& event) {
  if (options_.colour && (event.level == "error" || event.level == "warn")) {
    line(std::string(event.level == "error" ? kRed : kYellow) + std::string(event.text) +
         std::string(kReset));
    return;
  }
  line(event.text);
}

void Console::on_exception(const trace::ExceptionEvent& event) {
  std::string text = "Uncaught (in " + std::string(event.where) + ", " +
                     std::string(event.location) + ") ";
  // V8's stack begins with the error's own text.
  text += event.stack.empty() ? event.text : event.stack;
  line(options_.colour ? std::string(kRed) + text + std::string(kReset) : text);
}

}  // namespace offing::cli
