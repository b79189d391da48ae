// The storage of all Durable Objects of a run: databases by (namespace's unique key, object id), in
// memory or in a directory, and one shared redo log.
//
// A commit hands the pages it changed to the log's buffer. `sync` writes the buffer and makes it
// durable with one fdatasync, whatever number of objects committed: group commit. Pages reach their
// database file only after that, so a file never holds what could still vanish; what a crash keeps
// from the files is redone from the log when the directory is opened. With the log grown, `sync`
// makes a checkpoint: it syncs the touched files and begins a new log. In memory the same path runs
// without the log. One process at a time may open a directory. Time is an argument. Threading: the
// loop thread only.
#ifndef OFFING_STORAGE_DURABLE_STORE_H_
#define OFFING_STORAGE_DURABLE_STORE_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/durable/object_storage.h"

namespace offing::durable {

// An object of a namespace: 64 lower-case hex digits.
struct ObjectName {
  std::string unique_key;
  std::string id;
  auto operator<=>(const ObjectName&) const = default;
};

struct AlarmRecord {
  ObjectName object;
  std::string name;  // the id's name, empty when it has none (spec/durable-objects.md 1.2)
  int64_t at_ms;
};

// What SQLite asks of the world: date('now') and CURRENT_TIMESTAMP; the seed of random(); whether
// to go on. Each may be empty: then time stands at 1970, the seed is fixed, a statement runs to its
// end.
struct StoreWorld {
  std::function<int64_t()> now_ms;
  std::function<void(std::span<uint8_t>)> random_bytes;  // asked once, when the store is opened
  // Asked now and then inside a long statement; true ends it: `interrupted: SQLITE_INTERRUPT`.
  std::function<bool()> interrupted;
};

struct StoreOptions {
  // Empty: memory. Objects lie in DIR/do/<unique key>/<id>.sqlite
  std::string directory;
  // Undo records for point-in-time recovery, over all objects; of commits of this run only.
  size_t history_bytes_max = 256u << 20;
  int64_t history_ms_max = 30LL * 24 * 3600 * 1000;
  size_t log_bytes_max = 64u << 20;            // checkpoint above this
  uint64_t object_bytes_max = 10ull << 30;     // SQLITE_FULL above this (spec 2.8)
  StoreWorld world;
};

class Store {
 public:
  // Opens, and redoes what a crash left in the log. The error names the file and the way out.
  static std::expected<std::unique_ptr<Store>, std::string> open(StoreOptions options);
  // A store in memory with all that `options.directory` holds, which is free again when this returns;
  // without history, which a directory does not keep. The error is that of `open`.
  static std::expected<std::unique_ptr<Store>, std::string> load(StoreOptions options);
  virtual ~Store() = default;

  // Of a store in memory: everything that was committed, with its history and armed restores; what is
  // committed and not yet acknowledged counts as durable in the copy. Pages and undo records are
  // shared and never change. Open ObjectStorages, and what they have not committed, stay with the
  // original. Without `world.random_bytes` the seed of random() goes along, and nothing is drawn.
  virtual std::unique_ptr<Store> copy(StoreWorld world) const = 0;
  // Of a store in memory: writes what is committed to DIR/do, which does not exist.
  virtual std::expected<void, std::string> dump(const std::string& directory) const = 0;

  // `name`: of idFromName, kept for the alarm; empty leaves what is known. Asserts that no other
  // ObjectStorage of it is alive. Applies an armed restore.
  virtual std::unique_ptr<ObjectStorage> object(const ObjectName& object,
                                                std::string_view name) = 0;

  // Whether there are commits that `sync` has not made durable.
  virtual bool needs_sync() const = 0;
  // Makes every commit so far durable. The error (disk full, …) means that none of those since the
  // last success is acknowledged; the caller must discard them.
  virtual std::expected<void, std::string> sync() = 0;
  // Takes back the commits of this object that are not durable, when its object was reset for a
  // failed commit. Its ObjectStorage must be gone.
  virtual void discard_unsynced(const ObjectName& object) = 0;

  // Alarms as of the last commits. `changed` is told of each commit that moved one (at_ms < 0: none
  // any more).
  virtual std::vector<AlarmRecord> alarms() const = 0;
  virtual void on_alarm_changed(std::function<void(const AlarmRecord&)> changed) = 0;
  virtual std::string name_of(const ObjectName& object) const = 0;

  virtual bool exists(const ObjectName& object) const = 0;   // has anything stored
  // Sorted; those with storage
  virtual std::vector<std::string> ids(std::string_view unique_key) const = 0;
  // deleted_classes; no object of it may be open
  virtual void remove_namespace(std::string_view unique_key) = 0;
  virtual size_t memory_bytes() const = 0;  // pages and history held
};

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_STORE_H_
