#include <algorithm>
#include <set>

#include "emulator/replay/staleness.h"
#include "emulator/replay/values.h"
#include "emulator/replay/words.h"

namespace offing::replay {

// One screen: for each key a timeline of the writes and reads that matter, then what it means.
class StalenessText {
 public:
  using Report = StalenessReport;
  StalenessText(const Report& report, const StalenessTextOptions& options)
      : report_(report), options_(options) {}
  std::string text();

 private:
  struct Line {
    trace::Stamp stamp{};
    std::string location;
    std::string what;
    std::string request;
    bool stale = false;
  };
  struct Shown {
    const std::string* location;
    const Report::Window* window;
  };

  std::string headline() const;
  std::string lists() const;
  std::string one_key(const Report::KeyName& name, const Report::Key& key) const;
  std::vector<Shown> windows_of(const Report::Key& key) const;
  void add_reads(const Report::Key& key, const Shown& shown, std::vector<Line>& lines,
                 std::set<uint64_t>& versions) const;
  std::string table(std::vector<Line> lines) const;
  std::string stale_words(const Report::Key& key, const Report::Read& read,
                          const Report::Read* before) const;
  std::string fresh_words(const Report::Key& key, const Report::Read& read) const;
  std::string served_words(const Report::Key& key, const Report::Read& read) const;
  std::string summary(const Report::Key& key, const Shown& shown) const;
  std::string request_words(uint64_t number) const;

  // The write that made a version; null when it came before the run or was not kept.
  static const Report::Write* write_of(const Report::Key& key, uint64_t version);
  // The first write that what was served should have given way to.
  static const Report::Write* superseding(const Report::Key& key, const Report::Read& read);
  std::string at(const trace::Stamp& stamp) const {
    return offset_text(stamp.at_us - report_.start_us_.value_or(0));
  }

  const Report& report_;
  const StalenessTextOptions& options_;
};

namespace {

// spec/kv.md K1-K4, K8, K19, K20: why the contract allows it.
std::string_view promise(std::string_view cause) {
  if (cause == "cache-hit")
    return "a location may serve what it has cached until the cache entry ends.";
  if (cause == "negative-cache")
    return "a location also caches that it found nothing, until the cache entry ends.";
  if (cause == "stale-tier")
    return "a region's cache may serve what it holds until it hears of a write.";
  if (cause == "non-monotonic")
    return "a location may even go back to a value that it had seen replaced.";
  return "a write takes its time to reach each location, up to a minute and more.";
}

}  // namespace

const StalenessReport::Write* StalenessText::write_of(const Report::Key& key, uint64_t version) {
  for (const Report::Write& write : key.writes) {
    if (write.version == version) return &write;
  }
  return nullptr;
}

const StalenessReport::Write* StalenessText::superseding(const Report::Key& key,
                                                         const Report::Read& read) {
  for (const Report::Write& write : key.writes) {
    if (write.version > read.version_served) return &write;
  }
  return nullptr;
}

std::string StalenessText::request_words(uint64_t number) const {
  if (number == 0) return {};
  const auto it = report_.requests_.find(number);
  if (it == report_.requests_.end()) return "#" + std::to_string(number);
  std::string text = clean_utf8(request_text(number, it->second.method, it->second.url));
  if (it->second.status > 0) text += " -> " + std::to_string(it->second.status);
  return text;
}

std::string StalenessText::served_words(const Report::Key& key, const Report::Read& read) const {
  if (const Report::Write* write = write_of(key, read.version_served))
    return "the value written at " + at(write->stamp);
  return key.writes_before > 0 ? "an older value" : "the value from before the run";
}

// `before`: the stale read shown on the line above, of the same window.
std::string StalenessText::stale_words(const Report::Key& key, const Report::Read& read,
                                       const Report::Read* before) const {
  const bool same = before && before->version_served == read.version_served &&
                    before->served_absent == read.served_absent;
  const Report::Write* newer = superseding(key, read);
  const std::string after = span_text(read.staleness_ms * 1000) + " after ";
  if (read.served_absent) return "still got nothing, " + after + "it was written";
  std::string text = "still got " + (same ? "it" : served_words(key, read)) + ", " + after;
  const bool deleted = newer ? newer->deletes : read.newest_absent;
  text += deleted ? "its deletion" : "its replacement";
  const Report::Write* newest = write_of(key, read.version_newest);
  if (read.newest_absent && newest && !newest->deletes) text += " (the newer value has expired)";
  return text;
}

std::string StalenessText::fresh_words(const Report::Key& key, const Report::Read& read) const {
  const Report::Write* newest = write_of(key, read.version_newest);
  if (!read.newest_absent)
    return newest ? "sees the value written at " + at(newest->stamp) : "sees the newest value";
  if (newest && !newest->deletes) return "finds nothing: the value has expired";
  return newest ? "sees the deletion" : "finds nothing, as is right";
}

// Of each location its longest window, the longest of all first.
std::vector<StalenessText::Shown> StalenessText::windows_of(const Report::Key& key) const {
  std::vector<Shown> all;
  for (const auto& [location, windows] : key.windows) {
    const auto longest = std::max_element(
        windows.begin(), windows.end(), [](const Report::Window& a, const Report::Window& b) {
          return a.staleness_ms_max < b.staleness_ms_max;
        });
    all.push_back({&location, &*longest});
  }
  std::stable_sort(all.begin(), all.end(), [](const Shown& a, const Shown& b) {
    return a.window->staleness_ms_max > b.window->staleness_ms_max;
  });
  return all;
}

void StalenessText::add_reads(const Report::Key& key, const Shown& shown, std::vector<Line>& lines,
                              std::set<uint64_t>& versions) const {
  const auto& stale = shown.window->stale;
  const size_t head = stale.size() <= options_.reads_max
                          ? stale.size()
                          : std::max<size_t>(options_.reads_max, 2) - 1;
  const Report::Read* before = nullptr;
  for (size_t i = 0; i < stale.size(); ++i) {
    if (i == head) {
      const uint64_t left_out = shown.window->stale_reads - head - 1;
      lines.push_back({stale[i].stamp, *shown.location,
                       "… " + count_text(left_out, "more stale read"), "", true});
      i = stale.size() - 1;
    }
    const Report::Read& read = stale[i];
    lines.push_back({read.stamp, *shown.location, stale_words(key, read, before),
                     request_words(read.request), true});
    if (!read.served_absent) versions.insert(read.version_served);
    if (const Report::Write* newer = superseding(key, read)) versions.insert(newer->version);
    before = &read;
  }
  if (!shown.window->first_fresh) return;
  const Report::Read& fresh = *shown.window->first_fresh;
  lines.push_back({fresh.stamp, *shown.location, fresh_words(key, fresh),
                   request_words(fresh.request), false});
  versions.insert(fresh.version_newest);
}

std::string StalenessText::table(std::vector<Line> lines) const {
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
    return a.stamp.sequence < b.stamp.sequence;
  });
  size_t time_columns = 0, location_columns = 0, what_columns = 0;
  for (const Line& line : lines) {
    time_columns = std::max(time_columns, width(at(line.stamp)));
    location_columns = std::max(location_columns, width(line.location));
    if (!line.request.empty()) what_columns = std::max(what_columns, width(line.what));
  }
  std::string text;
  for (const Line& line : lines) {
    const bool gap = line.what.starts_with("…");
    text += "    " + padded(gap ? "" : at(line.stamp), time_columns) + "  " +
            padded(line.location, location_columns) + "  ";
    const std::string what = line.request.empty() ? line.what : padded(line.what, what_columns);
    text += line.stale ? painted(what, Paint::kYellow, options_.colour) : what;
    if (!line.request.empty())
      text += "  " + painted(line.request, Paint::kDim, options_.colour);
    text += "\n";
  }
  return text;
}

std::string StalenessText::summary(const Report::Key& key, const Shown& shown) const {
  const Report::Window& window = *shown.window;
  const auto longest =
      std::max_element(window.stale.begin(), window.stale.end(),
                       [](const Report::Read& a, const Report::Read& b) {
                         return a.staleness_ms < b.staleness_ms;
                       });
  const Report::Write* newer = superseding(key, *longest);
  const std::string span = span_text(window.staleness_ms_max * 1000);
  std::string text = "In " + *shown.location + " ";
  if (longest->served_absent) {
    text += "the key stayed missing for " + span + " after it was written";
  } else {
    const bool deleted = newer ? newer->deletes : longest->newest_absent;
    text += std::string("the ") + (deleted ? "deleted" : "old") + " value went on being served for " +
            span;
  }
  if (!window.first_fresh) text += ", and nothing newer was seen there before the run ended";
  return "  " + text + ".\n";
}

std::string StalenessText::one_key(const Report::KeyName& name, const Report::Key& key) const {
  std::string text =
      "\n  " + painted(clean_utf8(middle_cut(name.second, 48)), Paint::kBold, options_.colour) +
      "  (KV namespace \"" + clean_utf8(shortened(name.first, 40)) + "\")\n";
  const std::vector<Shown> all = windows_of(key);
  const size_t count = std::min(all.size(), options_.windows_max);
  std::vector<Line> lines;
  std::set<uint64_t> versions;
  for (size_t i = 0; i < count; ++i) add_reads(key, all[i], lines, versions);
  bool first = true;
  for (const Report::Write& write : key.writes) {
    const std::string_view word = write.deletes ? "deleted" : first ? "written" : "written again";
    first = false;
    if (versions.contains(write.version))
      lines.push_back({write.stamp, write.location, std::string(word), request_words(write.request),
                       false});
  }
  text += table(std::move(lines));
  std::set<std::string_view> reasons;
  for (size_t i = 0; i < count; ++i) {
    text += summary(key, all[i]);
    for (const Report::Read& read : all[i].window->stale) reasons.insert(promise(read.cause));
  }
  std::string_view lead = "  KV promises no more: ";
  for (std::string_view reason : reasons) {
    text += std::string(lead) + std::string(reason) + "\n";
    lead = "  And: ";
  }
  if (all.size() > count)
    text += "  … and " + count_text(all.size() - count, "more location") +
            " (--json FILE has all)\n";
  return text;
}

std::string StalenessText::lists() const {
  if (report_.stale_lists_ == 0) return {};
  return "\nStale lists: " + std::to_string(report_.stale_lists_) + " of " +
         count_text(report_.lists_, "KV list") + ", " +
         count_text(report_.stale_listed_names_, "name") +
         " shown or missing against the newest state\n";
}

std::string StalenessText::headline() const {
  const std::string reads = count_text(report_.reads_, "KV read");
  if (report_.reads_ == 0) return "No stale reads: KV was not read.\n";
  if (report_.stale_reads_ == 0)
    return report_.reads_ == 1 ? "No stale reads: the one KV read saw the newest version.\n"
                               : "No stale reads: every one of " + reads +
                                     " saw the newest version.\n";
  return painted("Stale reads: " + std::to_string(report_.stale_reads_) + " of " + reads + ", in " +
                     count_text(report_.stale_keys_, "key"),
                 Paint::kYellow, options_.colour) + "\n";
}

std::string StalenessText::text() {
  std::string text = headline();
  std::vector<decltype(report_.keys_)::const_iterator> stale;
  for (auto it = report_.keys_.begin(); it != report_.keys_.end(); ++it) {
    if (it->second.stale_reads > 0) stale.push_back(it);
  }
  std::stable_sort(stale.begin(), stale.end(), [](const auto& a, const auto& b) {
    return a->second.staleness_ms_max > b->second.staleness_ms_max;
  });
  const size_t count = std::min(stale.size(), options_.keys_max);
  for (size_t i = 0; i < count; ++i) text += one_key(stale[i]->first, stale[i]->second);
  if (stale.size() > count)
    text += "\n  … and " + count_text(stale.size() - count, "more key") +
            " (--json FILE has all)\n";
  return text + lists();
}

std::string StalenessReport::text(const StalenessTextOptions& options) const {
  return StalenessText(*this, options).text();
}

}  // namespace offing::replay
