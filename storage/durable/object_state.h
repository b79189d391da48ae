// What the store knows of one object, open or not: its committed pages, its alarm, its history.
//
// The history has one record for each commit since `history_from`; applying a record's undo gives
// the state before it. Commits above `durable` are not synced yet; their records are never dropped.
#ifndef OFFING_STORAGE_DURABLE_OBJECT_STATE_H_
#define OFFING_STORAGE_DURABLE_OBJECT_STATE_H_

#include <list>
#include <optional>
#include <string>

#include "storage/durable/object_files.h"
#include "storage/durable/page_file.h"
#include "storage/durable/store.h"

namespace offing::durable {

struct HistoryRecord {
  uint64_t number;
  uint64_t number_before;
  int64_t at_ms;
  int64_t at_ms_before;
  int64_t alarm_ms_before;
  uint64_t order;  // over all objects
  std::shared_ptr<const PageUndo> undo;  // copies of the store share it
};

struct HistoryStart {
  uint64_t number = 0;
  int64_t at_ms = INT64_MIN;  // the state of `number` was the current one from here on
};

struct ArmedRestore {
  uint64_t number;  // to be restored
  uint64_t undo;    // the bookmark that was given for taking it back
};

struct ObjectState {
  ObjectState(const ObjectName& object_name, ObjectFiles* files, uint32_t size_pages)
      : object(object_name),
        file(files, object.unique_key, object.id),
        pages(files ? &file : nullptr, size_pages) {}

  const ObjectName& object;  // the store's key
  std::string name;
  int64_t alarm_ms = -1;
  uint64_t number = 0;        // of the last commit
  uint64_t durable = 0;
  int64_t committed_at_ms = INT64_MIN;
  uint64_t opened_times = 0;
  bool open = false;
  ObjectFile file;
  PageFile pages;
  std::list<HistoryRecord> history;
  HistoryStart history_from;
  std::optional<ArmedRestore> restore;
};

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_OBJECT_STATE_H_
