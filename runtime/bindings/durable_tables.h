// What the natives of Durable Object storage keep for one isolate: the cursors that guests hold,
// the shapes of their rows, the keys that ids are minted with.
//
// A SQL cursor is open while rows are left and its JavaScript object lives; collection is noticed
// by V8 and acted on when the next cursor is opened, never from inside V8. Of key-value lists an
// object has one at a time. Owner: Isolate::Parts. It holds handles: gone before the isolate.
#ifndef OFFING_RUNTIME_BINDINGS_DURABLE_TABLES_H_
#define OFFING_RUNTIME_BINDINGS_DURABLE_TABLES_H_

#include <v8.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/bindings/native_call.h"
#include "runtime/isolate/id_table.h"
#include "runtime/modules/bundle.h"
#include "storage/durable/object_storage.h"

namespace offing {

struct Actor;

// How the rows of cursors with these column names become objects.
struct RowShape {
  std::vector<std::string> columns;
  std::vector<v8::Global<v8::String>> names;
  // A property for each distinct name, at its first place, with its last column's value.
  std::vector<uint32_t> properties;
  // Empty when a name is no plain property name ("0", "__proto__"): then they are set one by one.
  v8::Global<v8::DictionaryTemplate> object;
};

struct OpenCursor {
  uint64_t id = 0;
  RequestId actor = 0;
  std::unique_ptr<durable::SqlCursor> rows;   // at a row that was not given yet
  std::shared_ptr<RowShape> shape;
  v8::Global<v8::Object> keeper;              // weak: the guest's cursor
  std::vector<uint64_t>* collected = nullptr;
};

struct OpenList {
  uint64_t id = 0;
  std::unique_ptr<durable::KvCursor> entries;
};

class DurableTables {
 public:
  explicit DurableTables(const WorkerOptions& options);

  OpenCursor& add_cursor(v8::Isolate* isolate, RequestId actor,
                         std::unique_ptr<durable::SqlCursor> rows,
                         std::shared_ptr<RowShape> shape, v8::Local<v8::Object> keeper);
  OpenCursor* find_cursor(uint64_t id);
  void close_cursor(uint64_t id) { cursors_.remove(id); }
  // Closes the cursors whose objects were collected.
  void close_collected();
  // Null when there are no columns.
  std::shared_ptr<RowShape> shape_of(v8::Isolate* isolate, const durable::SqlCursor& rows);

  uint64_t open_list(RequestId actor, std::unique_ptr<durable::KvCursor> entries);
  OpenList* find_list(RequestId actor) { return lists_.find(actor); }
  void close_list(RequestId actor) { lists_.remove(actor); }

  // The instance is gone.
  void drop_of(RequestId actor);

  // Where sqlExec, sqlNext and sqlRest say what became of the cursor (native.d.ts: sqlShare).
  void share(std::shared_ptr<v8::BackingStore> said) { said_ = std::move(said); }
  void say(uint64_t id, const durable::SqlCursor& rows);

  // Ids (spec/durable-objects.md 1.2): the secret of a namespace's ids in a jurisdiction.
  static constexpr std::array<std::string_view, 5> kJurisdictions = {"", "eu", "fedramp",
                                                                     "fedramp-high", "us"};
  struct Space {
    std::string unique_key;
    std::array<std::string, kJurisdictions.size()> secrets;   // 32 bytes, made when asked for
  };
  Space* space(uint64_t index) { return index < spaces_.size() ? &spaces_[index] : nullptr; }

 private:
  static constexpr size_t kShapesMax = 512;
  IdTable<std::unique_ptr<OpenCursor>> cursors_;
  IdTable<OpenList> lists_;
  std::vector<uint64_t> collected_;
  uint64_t last_id_ = 0;
  std::unordered_map<uint64_t, std::shared_ptr<RowShape>> shapes_;   // by hash of the names
  std::shared_ptr<v8::BackingStore> said_;
  std::vector<Space> spaces_;
};

// ---- What natives about storage begin with. info[0] is the actor.
struct DurableCall {
  Isolate::Parts* parts = nullptr;
  Actor* actor = nullptr;
  durable::ObjectStorage* storage = nullptr;
  v8::Isolate* isolate = nullptr;
  explicit operator bool() const { return storage != nullptr; }
};
// Empty, with the exception thrown, when the object is broken or gone (rule 25).
DurableCall durable_call(const Arguments& info);
// Throws it; resets the object when it must be.
void fail(const DurableCall& call, const durable::StorageError& error);
void throw_range_error(v8::Isolate* isolate, std::string_view text);

}  // namespace offing

#endif  // OFFING_RUNTIME_BINDINGS_DURABLE_TABLES_H_
