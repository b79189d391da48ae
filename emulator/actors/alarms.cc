#include "emulator/actors/alarms.h"

#include <algorithm>
#include <utility>

namespace offing {

// spec/durable-objects.md 3.6, rules 46 to 48.
static constexpr int64_t kRetryBaseUs = 2'000'000;
static constexpr uint32_t kCountedRetriesMax = 6;
static constexpr int64_t kUncountedDelayMaxUs = 1'024'000'000;
static constexpr double kJitter = 0.25;
static constexpr const char* kTooLong = "Alarm exceeded its allowed execution time";

Alarms::Alarms(World& world, const WorkerOptions& worker, durable::Store& store, Objects& objects,
               Calls& calls, Commits& commits)
    : world_(world),
      worker_(worker),
      store_(store),
      objects_(objects),
      calls_(calls),
      commits_(commits),
      jitter_(world.random("objects/alarms")) {
  store_.on_alarm_changed([this](const durable::AlarmRecord& record) { changed(record); });
}

void Alarms::start() {
  for (const durable::AlarmRecord& record : store_.alarms()) {
    const auto space = space_of(record.object);
    if (!space) continue;
    objects_.known(record.object, *space, record.name, 0);
    changed(record);
  }
}

std::vector<Alarms::Saved> Alarms::saved() const {
  std::vector<std::pair<EventId, Saved>> found;
  for (const auto& [key, entry] : entries_) {
    if (!entry.set_ms) continue;
    Saved one{key, *entry.set_ms, entry.due_us, entry.counted, entry.uncounted, entry.backoff};
    if (entry.running) {
      one.due_us = *entry.set_ms * 1000;
      if (entry.moved) one.counted = one.uncounted = one.backoff = 0;
    }
    found.emplace_back(entry.event, std::move(one));
  }
  std::ranges::sort(found, {}, [](const auto& one) {
    return std::pair(one.second.due_us, one.first);
  });
  std::vector<Saved> saved;
  saved.reserve(found.size());
  for (auto& [event, one] : found) saved.push_back(std::move(one));
  return saved;
}

void Alarms::resume(const std::vector<Saved>& saved) {
  for (const Saved& one : saved) {
    if (!space_of(one.key)) continue;
    Entry& entry = entries_[one.key];
    entry.set_ms = one.set_ms;
    entry.counted = one.counted;
    entry.uncounted = one.uncounted;
    entry.backoff = one.backoff;
    schedule(one.key, entry, one.due_us);
  }
}

std::optional<uint32_t> Alarms::space_of(const durable::ObjectName& key) const {
  for (uint32_t i = 0; i < worker_.actor_classes.size(); ++i) {
    if (worker_.actor_classes[i].unique_key == key.unique_key) return i;
  }
  return std::nullopt;
}

void Alarms::emit(const Object& object, std::string_view what, int64_t at_ms, const Entry& entry,
                  std::string_view error) {
  world_.trace().emit(trace::AlarmEvent{objects_.class_of(object), object.key.id, what, at_ms,
                                        entry.counted, error});
}

void Alarms::changed(const durable::AlarmRecord& record) {
  Object* object = objects_.find(record.object);
  if (object == nullptr) return;
  Entry& entry = entries_[record.object];
  const bool is_set = record.at_ms >= 0;
  entry.set_ms = is_set ? std::optional(record.at_ms) : std::nullopt;
  emit(*object, is_set ? "set" : "deleted", record.at_ms, entry, "");
  if (entry.running) {
    // The time of the run itself comes back when a commit that changed it failed.
    entry.moved = is_set && record.at_ms != entry.running_ms;
    entry.deleted = !is_set;
    return;
  }
  entry.counted = entry.uncounted = entry.backoff = 0;
  if (entry.event != 0) world_.cancel(std::exchange(entry.event, 0));
  if (!is_set) {
    entries_.erase(record.object);
    return;
  }
  schedule(record.object, entry, record.at_ms * 1000);
}

void Alarms::schedule(const durable::ObjectName& key, Entry& entry, int64_t due_us) {
  entry.due_us = due_us;
  entry.event = world_.schedule(due_us, [this, key] { run(key); });
}

void Alarms::run(const durable::ObjectName& key) {
  auto it = entries_.find(key);
  Object* object = objects_.find(key);
  if (it == entries_.end() || object == nullptr || !it->second.set_ms) return;
  Entry& entry = it->second;
  entry.event = 0;
  entry.running = true;
  entry.moved = entry.deleted = entry.no_retry = false;
  entry.running_ms = *entry.set_ms;
  entry.began_us = world_.now_us();
  object->platform_failure = false;
  const bool is_retry = entry.counted + entry.uncounted > 0;
  emit(*object, "run", entry.running_ms, entry, "");
  if (const auto most_ms = static_cast<int64_t>(worker_.limits.alarm_wall_ms); most_ms != 0) {
    entry.limit = world_.schedule_after(most_ms * 1000, [this, key] {
      Entry& late = entries_.at(key);
      late.limit = 0;
      objects_.reset(*objects_.find(key), GuestError::reset(kTooLong), Objects::Fault::kOwn);
    });
  }
  calls_.alarm(*object, entry.running_ms, entry.counted, is_retry,
               [this, key](AlarmResult result) { ended(key, std::move(result)); });
}

std::optional<int64_t> Alarms::set_for(const durable::ObjectName& key) const {
  auto it = entries_.find(key);
  return it == entries_.end() ? std::nullopt : it->second.set_ms;
}

bool Alarms::run_now(const durable::ObjectName& key, Told told) {
  auto it = entries_.find(key);
  if (it == entries_.end() || !it->second.set_ms || it->second.running) return false;
  if (it->second.event != 0) world_.cancel(std::exchange(it->second.event, 0));
  it->second.told = std::move(told);
  run(key);
  return true;
}

void Alarms::ended(const durable::ObjectName& key, AlarmResult result) {
  Entry& entry = entries_.at(key);
  Object& object = *objects_.find(key);
  if (Told told = std::exchange(entry.told, nullptr))
    told(result.ok ? std::string() : result.error.text());
  if (entry.limit != 0) world_.cancel(std::exchange(entry.limit, 0));
  entry.running = false;
  if (result.ok) {
    if (result.ran) emit(object, "ok", entry.running_ms, entry, "");
    // The record went with the success (rule 43), unless the handler set the next one.
    return next(key, entry);
  }
  emit(object, "failed", entry.running_ms, entry, result.error.message);
  if (entry.moved && entry.set_ms) return next(key, entry);  // rule 44: it replaces the retry
  if (entry.deleted) return void(entries_.erase(key));  // rule 45: best effort, no retry
  if (entry.no_retry) {
    emit(object, "dropped", entry.running_ms, entry, "");
    return remove(key, object);
  }
  // The event may have been answered from inside the reset that it reports.
  const bool counted = result.counted && !std::exchange(object.platform_failure, false);
  retry(key, entry, object, counted);
}

// A handler that took no time and set its alarm for this very moment lets a moment pass, so that
// it cannot hold time still.
void Alarms::next(const durable::ObjectName& key, Entry& entry) {
  if (!entry.set_ms) return void(entries_.erase(key));
  entry.counted = entry.uncounted = entry.backoff = 0;
  const bool at_once = world_.now_us() == entry.began_us;
  schedule(key, entry, std::max(*entry.set_ms * 1000, world_.now_us() + (at_once ? 1000 : 0)));
}

void Alarms::retry(const durable::ObjectName& key, Entry& entry, Object& object, bool counted) {
  if (counted) {
    if (std::exchange(entry.uncounted, 0) > 0) entry.backoff = 0;
    if (++entry.counted > kCountedRetriesMax) {
      emit(object, "dropped", entry.running_ms, entry, "");
      return remove(key, object);
    }
  } else {
    ++entry.uncounted;
  }
  int64_t delay_us = kRetryBaseUs << std::min<uint32_t>(entry.backoff++, 20);
  if (!counted) delay_us = std::min(delay_us, kUncountedDelayMaxUs);
  delay_us += static_cast<int64_t>(jitter_.uniform() * kJitter * static_cast<double>(delay_us));
  emit(object, "retry", (world_.now_us() + delay_us) / 1000, entry, "");
  schedule(key, entry, world_.now_us() + delay_us);
}

// The record goes though no handler succeeded. As an event of its own: an instance may be in the
// middle of something.
void Alarms::remove(const durable::ObjectName& key, Object& object) {
  entries_.erase(key);
  world_.post([this, key, &object] {
    if (entries_.contains(key)) return;  // another was set meanwhile
    durable::ObjectStorage& storage = objects_.storage_of(object);
    // A transaction() of the guest's: its own record stands
    if (storage.transaction_open()) return;
    if (storage.set_alarm(std::nullopt) && storage.commit(world_.now_ms())) {
      (void)commits_.make_durable([](std::expected<void, GuestError>) {});
    }
    objects_.drop_unused_storage(object);
  });
}

void Alarms::do_not_retry(const Object& object) {
  auto it = entries_.find(object.key);
  if (it != entries_.end()) it->second.no_retry = true;
}

}  // namespace offing
