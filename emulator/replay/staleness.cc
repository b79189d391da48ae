#include "emulator/replay/staleness.h"

#include <algorithm>
#include <utility>

namespace offing::replay {

void StalenessReport::on_event(const trace::Stamp& stamp, const trace::Event& event) {
  if (!start_us_) start_us_ = stamp.at_us;
  if (const auto* read = std::get_if<trace::KvReadEvent>(&event)) on_read(stamp, *read);
  else if (const auto* write = std::get_if<trace::KvWriteEvent>(&event)) on_write(stamp, *write);
  else if (const auto* list = std::get_if<trace::KvListEvent>(&event)) on_list(*list);
  else if (const auto* request = std::get_if<trace::RequestEvent>(&event)) on_request(*request);
  else if (const auto* response = std::get_if<trace::ResponseEvent>(&event)) on_response(*response);
}

void StalenessReport::on_request(const trace::RequestEvent& event) {
  requests_[event.request] = {std::string(event.method), std::string(event.url)};
}

// What a request started may go on after its answer (waitUntil), so it is not forgotten at once.
void StalenessReport::on_response(const trace::ResponseEvent& event) {
  const auto it = requests_.find(event.request);
  if (it == requests_.end()) return;
  it->second.status = event.status;
  recent_.push_back(event.request);
  if (recent_.size() <= kRecentMax) return;
  const auto oldest = requests_.find(recent_.front());
  if (oldest != requests_.end() && !oldest->second.kept) requests_.erase(oldest);
  recent_.pop_front();
}

void StalenessReport::keep(uint64_t request) {
  if (const auto it = requests_.find(request); it != requests_.end()) it->second.kept = true;
}

void StalenessReport::on_read(const trace::Stamp& stamp, const trace::KvReadEvent& event) {
  ++reads_;
  const bool stale = event.staleness_ms > 0;
  KeyName name{std::string(event.kv_namespace), std::string(event.key)};
  const auto known = keys_.find(name);
  if (!stale && known == keys_.end()) return;
  Key& key = known == keys_.end() ? keys_[std::move(name)] : known->second;
  const auto here = key.windows.find(std::string(event.location));
  const bool open = here != key.windows.end() && !here->second.back().first_fresh;
  if (!stale && !open) return;

  Read read{stamp, event.request, std::string(event.op), event.version_served,
            event.served_absent, event.version_newest, event.newest_absent, event.staleness_ms,
            std::string(event.cause)};
  keep(event.request);
  if (!stale) {
    here->second.back().first_fresh = std::move(read);
    return;
  }
  ++stale_reads_;
  stale_keys_ += key.stale_reads++ == 0;
  key.staleness_ms_max = std::max(key.staleness_ms_max, read.staleness_ms);
  auto& windows = open ? here->second : key.windows[std::string(event.location)];
  if (!open && windows.size() < kWindowsMax) windows.emplace_back();
  Window& window = windows.back();
  window.first_fresh.reset();
  ++window.stale_reads;
  window.staleness_ms_max = std::max(window.staleness_ms_max, read.staleness_ms);
  // The last one always stays: it tells for how long.
  if (window.stale.size() < kReadsMax) window.stale.push_back(std::move(read));
  else window.stale.back() = std::move(read);
}

void StalenessReport::on_write(const trace::Stamp& stamp, const trace::KvWriteEvent& event) {
  if (!event.error.empty()) return;
  Key& key = keys_[{std::string(event.kv_namespace), std::string(event.key)}];
  keep(event.request);
  key.writes.push_back({stamp, event.request, std::string(event.location), event.op == "delete",
                        event.version});
  if (key.writes.size() <= kWritesMax) return;
  key.writes.pop_front();
  ++key.writes_before;
}

void StalenessReport::on_list(const trace::KvListEvent& event) {
  ++lists_;
  stale_lists_ += event.stale_keys > 0;
  stale_listed_names_ += event.stale_keys;
}

}  // namespace offing::replay
