// The Store: objects' states, the commits that wait for `sync`, the history's bounds, the
// checkpoint.
#ifndef OFFING_STORAGE_DURABLE_STORE_IMPL_H_
#define OFFING_STORAGE_DURABLE_STORE_IMPL_H_

#include <deque>
#include <map>
#include <set>

#include "storage/durable/object.h"

namespace offing::durable {

class StoreImpl final : public Store, public CommitSink {
 public:
  explicit StoreImpl(StoreOptions options);
  ~StoreImpl() override;
  void seed();  // of random(), from the world
  std::expected<void, std::string> open_directory();
  // With a directory: what it holds, in memory.
  std::expected<std::unique_ptr<StoreImpl>, std::string> read_whole() const;

  // ---- Store
  std::unique_ptr<Store> copy(StoreWorld world) const override;
  std::expected<void, std::string> dump(const std::string& directory) const override;
  std::unique_ptr<ObjectStorage> object(const ObjectName& object, std::string_view name) override;
  bool needs_sync() const override { return !unsynced_.empty(); }
  std::expected<void, std::string> sync() override;
  void discard_unsynced(const ObjectName& object) override;
  std::vector<AlarmRecord> alarms() const override;
  void on_alarm_changed(std::function<void(const AlarmRecord&)> changed) override {
    alarm_changed_ = std::move(changed);
  }
  std::string name_of(const ObjectName& object) const override;
  bool exists(const ObjectName& object) const override;
  std::vector<std::string> ids(std::string_view unique_key) const override;
  void remove_namespace(std::string_view unique_key) override;
  size_t memory_bytes() const override;

  // ---- CommitSink
  StorageResult<uint64_t> commit(ObjectState& state, PageChanges changes, int64_t now_ms,
                                 int64_t alarm_ms) override;
  StorageResult<uint64_t> number_at(const ObjectState& state, int64_t at_ms,
                                    int64_t now_ms) const override;
  void closed(ObjectState& state) override { state.open = false; }

 private:
  using Objects = std::map<ObjectName, std::unique_ptr<ObjectState>>;
  // What waits for `sync`: a commit, or a namespace's end.
  struct Unsynced {
    ObjectState* state = nullptr;  // null: the end of `removed_key`
    std::string removed_key;
    bool from_empty = false;
    uint64_t number = 0;
    int64_t at_ms = 0;
    int64_t alarm_ms = -1;
    uint32_t size_pages = 0;
    std::vector<std::pair<uint32_t, PagePtr>> pages;
  };
  struct HistoryEntry {
    ObjectState* state;
    uint64_t order;
  };

  ObjectState& state_of(const ObjectName& object);
  const ObjectState* find(const ObjectName& object) const;
  void set_alarm(ObjectState& state, int64_t alarm_ms);
  uint64_t record(ObjectState& state, PageChanges changes, PageUndo undo, int64_t now_ms,
                  int64_t alarm_ms);
  std::optional<StorageError> restore(ObjectState& state);
  bool undo_last(ObjectState& state);
  void drop_history(ObjectState& state);  // its oldest record
  void bound_history(int64_t now_ms);
  void forget_namespace(std::string_view unique_key);

  // ---- with a directory: store_log.cc
  void redo(const LogRecord& record);
  FileResult write_log();
  FileResult checkpoint();
  bool keep_whole_files(ObjectState& state);

  const StoreOptions options_;
  uint64_t random_seed_ = 0;
  Vfs vfs_;
  std::unique_ptr<ObjectFiles> files_;  // null: in memory
  Objects objects_;
  std::deque<Unsynced> unsynced_;
  std::deque<HistoryEntry> history_;  // oldest first; those of dropped records are skipped
  size_t history_bytes_ = 0;
  uint64_t history_order_ = 0;
  int64_t last_commit_ms_ = INT64_MIN;
  std::function<void(const AlarmRecord&)> alarm_changed_;

  FileDescriptor log_;
  uint64_t log_bytes_ = 0;
  uint64_t log_sequence_ = 1;
  uint64_t checkpoint_above_bytes_;
  std::string log_failed_;  // the log's end is not known: nothing more can be acknowledged
  std::set<std::string> removed_keys_;  // whose files the next checkpoint removes
};

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_STORE_IMPL_H_
