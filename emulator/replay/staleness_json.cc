#include "emulator/replay/staleness.h"
#include "emulator/trace/json_text.h"

namespace offing::replay {

// Members begin with a comma each, as trace::JsonFields writes them; `object` mends the first.
class StalenessJson {
 public:
  explicit StalenessJson(const StalenessReport& report) : report_(report) {}

  std::string text() {
    object([this] {
      field_("reads", report_.reads_);
      field_("stale_reads", report_.stale_reads_);
      field_("lists", report_.lists_);
      field_("stale_lists", report_.stale_lists_);
      field_("stale_listed_names", report_.stale_listed_names_);
      array("keys", [this] {
        for (const auto& [name, key] : report_.keys_) {
          if (key.stale_reads > 0) element([this, &name, &key] { one_key(name, key); });
        }
      });
    });
    return std::move(out_);
  }

 private:
  template <class Inside> void object(Inside inside) {
    const size_t begin = out_.size();
    inside();
    out_[begin] = '{';
    out_ += '}';
  }
  template <class Inside> void element(Inside inside) {
    if (out_.back() != '[') out_ += ',';
    object(inside);
  }
  template <class Inside> void array(std::string_view name, Inside inside) {
    out_ += ",\"";
    out_ += name;
    out_ += "\":[";
    inside();
    out_ += ']';
  }

  void one_key(const StalenessReport::KeyName& name, const StalenessReport::Key& key) {
    field_("namespace", name.first);
    field_("key", name.second);
    field_("stale_reads", key.stale_reads);
    field_("staleness_ms_max", key.staleness_ms_max);
    array("windows", [this, &key] {
      for (const auto& [location, windows] : key.windows) {
        for (const auto& window : windows) {
          element([this, &location, &window] { one_window(location, window); });
        }
      }
    });
    field_("writes_left_out", key.writes_before);
    array("writes", [this, &key] {
      for (const auto& write : key.writes) element([this, &write] { one_write(write); });
    });
  }

  void one_window(const std::string& location, const StalenessReport::Window& window) {
    field_("location", location);
    field_("staleness_ms_max", window.staleness_ms_max);
    field_("stale_reads", window.stale_reads);
    array("reads", [this, &window] {
      for (const auto& read : window.stale) element([this, &read] { one_read(read); });
    });
    out_ += ",\"first_fresh\":";
    if (!window.first_fresh) out_ += "null";
    else object([this, &window] { one_read(*window.first_fresh); });
  }

  void one_read(const StalenessReport::Read& read) {
    moment(read.stamp, read.request);
    field_("op", read.op);
    field_("version_served", read.version_served);
    field_("served_absent", read.served_absent);
    field_("version_newest", read.version_newest);
    field_("newest_absent", read.newest_absent);
    field_("staleness_ms", read.staleness_ms);
    field_("cause", read.cause);
  }

  void one_write(const StalenessReport::Write& write) {
    moment(write.stamp, write.request);
    field_("location", write.location);
    field_("op", std::string_view(write.deletes ? "delete" : "put"));
    field_("version", write.version);
  }

  void moment(const trace::Stamp& stamp, uint64_t request) {
    field_("seq", stamp.sequence);
    field_("at_us", stamp.at_us - report_.start_us_.value_or(0));
    field_("request", request);
    const auto it = report_.requests_.find(request);
    if (it == report_.requests_.end()) return;
    field_("method", it->second.method);
    field_("url", it->second.url);
    field_("status", it->second.status);
  }

  const StalenessReport& report_;
  std::string out_;
  trace::JsonFields field_{out_};
};

std::string StalenessReport::json() const { return StalenessJson(*this).text(); }

}  // namespace offing::replay
