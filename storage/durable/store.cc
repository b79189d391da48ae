#include <sqlite3.h>

#include <cassert>

#include "storage/durable/bookmark.h"
#include "storage/durable/store_impl.h"

namespace offing::durable {

std::expected<std::unique_ptr<Store>, std::string> Store::open(StoreOptions options) {
  const bool on_disk = !options.directory.empty();
  auto store = std::make_unique<StoreImpl>(std::move(options));
  store->seed();
  if (on_disk)
    if (auto opened = store->open_directory(); !opened) return std::unexpected(opened.error());
  return store;
}

StoreImpl::StoreImpl(StoreOptions options)
    : options_(std::move(options)),
      vfs_(options_.world.now_ms),
      checkpoint_above_bytes_(options_.log_bytes_max) {}

void StoreImpl::seed() {
  if (options_.world.random_bytes) {
    uint8_t bytes[8];
    options_.world.random_bytes(bytes);
    for (const uint8_t byte : bytes) random_seed_ = random_seed_ << 8 | byte;
  }
  // SQLite's own generator is the process's, and seen only in rowids of full tables; it must not
  // draw from the machine.
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, static_cast<int>(random_seed_ | 1), nullptr);
}

StoreImpl::~StoreImpl() {
  for (const auto& [name, state] : objects_) assert(!state->open);
  if (files_ && unsynced_.empty() && log_failed_.empty()) (void)checkpoint();
}

// ---- objects

ObjectState& StoreImpl::state_of(const ObjectName& object) {
  auto it = objects_.find(object);
  if (it == objects_.end()) {
    it = objects_.emplace(object, nullptr).first;
    it->second = std::make_unique<ObjectState>(it->first, files_.get(), 0);
  }
  return *it->second;
}

const ObjectState* StoreImpl::find(const ObjectName& object) const {
  const auto it = objects_.find(object);
  return it == objects_.end() ? nullptr : it->second.get();
}

std::unique_ptr<ObjectStorage> StoreImpl::object(const ObjectName& object, std::string_view name) {
  ObjectState& state = state_of(object);
  assert(!state.open);
  state.open = true;
  if (!name.empty()) state.name = name;
  std::optional<StorageError> failure = restore(state);
  const ConnectionOptions options{
      .bytes_max = options_.object_bytes_max,
      .random_seed = name_hash(object.unique_key, object.id, random_seed_ + ++state.opened_times),
      .interrupted = &options_.world.interrupted};
  return std::make_unique<Object>(*this, state, vfs_, options, std::move(failure));
}

std::string StoreImpl::name_of(const ObjectName& object) const {
  const ObjectState* state = find(object);
  return state ? state->name : std::string();
}

bool StoreImpl::exists(const ObjectName& object) const {
  const ObjectState* state = find(object);
  return state && state->pages.size() > 0;
}

std::vector<std::string> StoreImpl::ids(std::string_view unique_key) const {
  std::vector<std::string> out;
  for (auto it = objects_.lower_bound({std::string(unique_key), ""});
       it != objects_.end() && it->first.unique_key == unique_key; ++it)
    if (it->second->pages.size() > 0) out.push_back(it->first.id);
  return out;
}

void StoreImpl::forget_namespace(std::string_view unique_key) {
  auto of_it = [unique_key](const ObjectState* state) {
    return state && state->object.unique_key == unique_key;
  };
  std::erase_if(unsynced_, [&](const Unsynced& unsynced) { return of_it(unsynced.state); });
  std::erase_if(history_, [&](const HistoryEntry& entry) { return of_it(entry.state); });
  auto it = objects_.lower_bound({std::string(unique_key), ""});
  while (it != objects_.end() && it->first.unique_key == unique_key) {
    assert(!it->second->open);
    for (const HistoryRecord& record : it->second->history) history_bytes_ -= record.undo->bytes();
    set_alarm(*it->second, -1);
    it = objects_.erase(it);
  }
}

void StoreImpl::remove_namespace(std::string_view unique_key) {
  forget_namespace(unique_key);
  Unsynced removal{};
  removal.removed_key = unique_key;
  unsynced_.push_back(std::move(removal));
}

// ---- alarms

void StoreImpl::set_alarm(ObjectState& state, int64_t alarm_ms) {
  if (std::exchange(state.alarm_ms, alarm_ms) == alarm_ms) return;
  if (alarm_changed_) alarm_changed_({state.object, state.name, alarm_ms});
}

std::vector<AlarmRecord> StoreImpl::alarms() const {
  std::vector<AlarmRecord> out;
  for (const auto& [object, state] : objects_)
    if (state->alarm_ms >= 0) out.push_back({object, state->name, state->alarm_ms});
  return out;
}

// ---- commits

StorageResult<uint64_t> StoreImpl::commit(ObjectState& state, PageChanges changes, int64_t now_ms,
                                          int64_t alarm_ms) {
  const uint32_t size_before = state.pages.size();
  if (changes.from_empty && changes.size_pages == 0 && size_before == 0) return 0;
  auto undo = state.pages.apply(changes);
  if (!undo)
    return std::unexpected(StorageError{.text = "disk I/O error: SQLITE_IOERR"});
  // Pages that a savepoint's rollback put back are written by SQLite, and are the same.
  const bool same = !changes.from_empty && changes.pages.empty() &&
                    changes.size_pages == size_before && alarm_ms == state.alarm_ms;
  if (same) return 0;
  return record(state, std::move(changes), std::move(*undo), now_ms, alarm_ms);
}

uint64_t StoreImpl::record(ObjectState& state, PageChanges changes, PageUndo undo, int64_t now_ms,
                           int64_t alarm_ms) {
  auto shared = std::make_shared<const PageUndo>(std::move(undo));
  history_bytes_ += shared->bytes();
  state.history.push_back({.number = state.number + 1,
                           .number_before = state.number,
                           .at_ms = now_ms,
                           .at_ms_before = state.committed_at_ms,
                           .alarm_ms_before = state.alarm_ms,
                           .order = ++history_order_,
                           .undo = std::move(shared)});
  history_.push_back({&state, history_order_});
  ++state.number;
  state.committed_at_ms = now_ms;
  last_commit_ms_ = std::max(last_commit_ms_, now_ms);
  unsynced_.push_back({.state = &state,
                       .removed_key = {},
                       .from_empty = changes.from_empty,
                       .number = state.number,
                       .at_ms = now_ms,
                       .alarm_ms = alarm_ms,
                       .size_pages = changes.size_pages,
                       .pages = std::move(changes.pages)});
  set_alarm(state, alarm_ms);
  return state.number;
}

std::expected<void, std::string> StoreImpl::sync() {
  if (unsynced_.empty()) return {};
  if (files_)
    if (auto written = write_log(); !written) return written;
  for (const Unsynced& unsynced : unsynced_) {
    if (unsynced.state) unsynced.state->durable = unsynced.number;
    else if (files_) removed_keys_.insert(unsynced.removed_key);
  }
  unsynced_.clear();
  bound_history(last_commit_ms_);
  if (files_ && log_bytes_ > checkpoint_above_bytes_) {
    // A failed checkpoint loses nothing: the log goes on, and it is tried again when the log has
    // doubled.
    checkpoint_above_bytes_ = checkpoint() ? options_.log_bytes_max : 2 * log_bytes_;
  }
  return {};
}

bool StoreImpl::undo_last(ObjectState& state) {
  HistoryRecord& last = state.history.back();
  const bool undone = state.pages.undo(*last.undo);
  state.number = last.number_before;
  state.committed_at_ms = last.at_ms_before;
  const int64_t alarm_ms = last.alarm_ms_before;
  history_bytes_ -= last.undo->bytes();
  state.history.pop_back();
  set_alarm(state, alarm_ms);
  return undone;
}

void StoreImpl::discard_unsynced(const ObjectName& object) {
  const auto it = objects_.find(object);
  if (it == objects_.end()) return;
  ObjectState& state = *it->second;
  assert(!state.open);
  std::erase_if(unsynced_, [&state](const Unsynced& unsynced) { return unsynced.state == &state; });
  while (state.number > state.durable) {
    assert(!state.history.empty());
    // A page read for a commit's undo was read when it was made, so this can only fail with the
    // disk.
    if (!undo_last(state)) assert(false && "a committed page of a database file cannot be read");
  }
}

// ---- history

void StoreImpl::drop_history(ObjectState& state) {
  const HistoryRecord& oldest = state.history.front();
  history_bytes_ -= oldest.undo->bytes();
  state.history_from = {oldest.number, oldest.at_ms};
  state.history.pop_front();
}

void StoreImpl::bound_history(int64_t now_ms) {
  while (!history_.empty()) {
    const HistoryEntry entry = history_.front();
    ObjectState& state = *entry.state;
    const bool there = !state.history.empty() && state.history.front().order <= entry.order;
    if (there) {
      const HistoryRecord& oldest = state.history.front();
      const bool old = oldest.at_ms < now_ms - options_.history_ms_max;
      if (!old && history_bytes_ <= options_.history_bytes_max) return;
      if (oldest.number > state.durable) return;
      drop_history(state);
    }
    history_.pop_front();
  }
}

StorageResult<uint64_t> StoreImpl::number_at(const ObjectState& state, int64_t at_ms,
                                             int64_t now_ms) const {
  auto refuse = [at_ms](const std::string& why) {
    return std::unexpected(StorageError{.text = "getBookmarkForTime(" + std::to_string(at_ms) +
                                                "): " + why});
  };
  if (at_ms > now_ms)
    return refuse("the time lies in the future; it is " + std::to_string(now_ms) + " now.");
  if (at_ms < now_ms - options_.history_ms_max)
    return refuse("the time lies before the history that is kept, which reaches back to " +
                  std::to_string(now_ms - options_.history_ms_max) + ".");
  for (auto it = state.history.rbegin(); it != state.history.rend(); ++it)
    if (it->at_ms <= at_ms) return it->number;
  if (at_ms < state.history_from.at_ms)
    return refuse("the time lies before the history that is kept, which reaches back to " +
                  std::to_string(state.history_from.at_ms) +
                  "; history is kept for commits of this run, up to a size.");
  return state.history_from.number;
}

// What a bookmark names is made from the newest state backwards; it becomes a commit of its own.
std::optional<StorageError> StoreImpl::restore(ObjectState& state) {
  if (!state.restore) return std::nullopt;
  const ArmedRestore armed = *std::exchange(state.restore, std::nullopt);
  auto refuse = [](std::string why) {
    return StorageError{.text = "The bookmark could not be restored: " + why};
  };
  if (armed.number < state.history_from.number)
    return refuse("the history that is kept no longer reaches back to it.");
  PageFile then = state.pages;
  int64_t alarm_ms = state.alarm_ms;
  for (auto it = state.history.rbegin(); it != state.history.rend(); ++it) {
    if (it->number <= armed.number) break;
    if (!then.undo(*it->undo)) return refuse("the database file cannot be read.");
    alarm_ms = it->alarm_ms_before;
  }
  auto changes = then.changes_from(state.pages);
  auto undo = changes ? state.pages.apply(*changes) : std::nullopt;
  if (!undo) return refuse("the database file cannot be read.");
  // The undo bookmark names the state before this commit, also when the write it was to name was
  // dropped.
  const uint64_t number_before = state.number;
  state.number = std::max(state.number, armed.undo);
  const int64_t now_ms =
      options_.world.now_ms ? options_.world.now_ms() : std::max<int64_t>(0, last_commit_ms_);
  record(state, std::move(*changes), std::move(*undo), now_ms, alarm_ms);
  state.history.back().number_before = number_before;
  return std::nullopt;
}

// ---- reports

size_t StoreImpl::memory_bytes() const {
  size_t total = history_bytes_;
  for (const auto& [object, state] : objects_)
    total += sizeof *state + state->pages.held_pages() * sizeof(Page) +
             state->pages.size() * sizeof(PagePtr);
  return total;
}

}  // namespace offing::durable
