#include "runtime/bindings/durable_tables.h"

#include <algorithm>
#include <functional>

#include "runtime/actor/actor.h"

namespace offing {
namespace {

using v8::Local;

uint64_t hash_of(const durable::SqlCursor& rows) {
  uint64_t hash = rows.column_count();
  for (size_t i = 0; i < rows.column_count(); ++i) {
    hash = (hash ^ std::hash<std::string_view>()(rows.column_name(i))) * 0x9e3779b97f4a7c15u;
  }
  return hash;
}

bool same_columns(const RowShape& shape, const durable::SqlCursor& rows) {
  if (shape.columns.size() != rows.column_count()) return false;
  for (size_t i = 0; i < shape.columns.size(); ++i) {
    if (shape.columns[i] != rows.column_name(i)) return false;
  }
  return true;
}

// Whether a template may declare it: no element, no setter of Object.prototype, ASCII.
bool is_plain_name(std::string_view name) {
  if (name.empty() || name == "__proto__" || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::shared_ptr<RowShape> make_shape(v8::Isolate* isolate, const durable::SqlCursor& rows) {
  auto shape = std::make_shared<RowShape>();
  bool plain = true;
  for (uint32_t i = 0; i < rows.column_count(); ++i) {
    const std::string_view name = rows.column_name(i);
    auto earlier = std::ranges::find(shape->columns, name);
    if (earlier == shape->columns.end()) {
      shape->properties.push_back(i);
    } else {
      const auto at = static_cast<size_t>(earlier - shape->columns.begin());
      for (uint32_t& property : shape->properties) {
        if (shape->columns[property] == shape->columns[at]) property = i;
      }
    }
    shape->columns.emplace_back(name);
    Local<v8::String> text = text_from_utf8(isolate, name);
    shape->names.emplace_back(isolate, text);
    plain = plain && is_plain_name(name);
  }
  if (!plain) return shape;
  std::vector<std::string_view> names;
  for (uint32_t property : shape->properties) names.push_back(shape->columns[property]);
  shape->object.Reset(isolate,
                      v8::DictionaryTemplate::New(isolate, {names.data(), names.size()}));
  return shape;
}

void on_collected(const v8::WeakCallbackInfo<OpenCursor>& info) {
  OpenCursor* cursor = info.GetParameter();
  cursor->keeper.Reset();
  cursor->collected->push_back(cursor->id);
}

}  // namespace

DurableTables::DurableTables(const WorkerOptions& options) {
  for (const ActorClass& made : options.actor_classes) spaces_.push_back({made.unique_key, {}});
}

OpenCursor& DurableTables::add_cursor(v8::Isolate* isolate, RequestId actor,
                                      std::unique_ptr<durable::SqlCursor> rows,
                                      std::shared_ptr<RowShape> shape,
                                      Local<v8::Object> keeper) {
  auto made = std::make_unique<OpenCursor>();
  OpenCursor& cursor = *made;
  cursor.id = ++last_id_;
  cursor.actor = actor;
  cursor.rows = std::move(rows);
  cursor.shape = std::move(shape);
  cursor.collected = &collected_;
  cursor.keeper.Reset(isolate, keeper);
  cursor.keeper.SetWeak(&cursor, on_collected, v8::WeakCallbackType::kParameter);
  cursors_.add(cursor.id, std::move(made));
  return cursor;
}

OpenCursor* DurableTables::find_cursor(uint64_t id) {
  auto* found = cursors_.find(id);
  return found == nullptr ? nullptr : found->get();
}

void DurableTables::close_collected() {
  if (collected_.empty()) return;
  for (uint64_t id : std::exchange(collected_, {})) cursors_.remove(id);
}

std::shared_ptr<RowShape> DurableTables::shape_of(v8::Isolate* isolate,
                                                  const durable::SqlCursor& rows) {
  if (rows.column_count() == 0) return nullptr;
  const uint64_t hash = hash_of(rows);
  auto found = shapes_.find(hash);
  if (found != shapes_.end() && same_columns(*found->second, rows)) return found->second;
  if (shapes_.size() >= kShapesMax) shapes_.clear();
  return shapes_[hash] = make_shape(isolate, rows);
}

uint64_t DurableTables::open_list(RequestId actor, std::unique_ptr<durable::KvCursor> entries) {
  lists_.remove(actor);
  lists_.add(actor, {++last_id_, std::move(entries)});
  return last_id_;
}

void DurableTables::drop_of(RequestId actor) {
  lists_.remove(actor);
  std::vector<uint64_t> ids;
  cursors_.for_each([&](uint64_t id, std::unique_ptr<OpenCursor>& cursor) {
    if (cursor->actor == actor) ids.push_back(id);
  });
  for (uint64_t id : ids) cursors_.remove(id);
}

void DurableTables::say(uint64_t id, const durable::SqlCursor& rows) {
  if (said_ == nullptr) return;
  auto* said = static_cast<double*>(said_->Data());
  said[0] = static_cast<double>(id);
  said[1] = static_cast<double>(rows.rows_read());
  said[2] = static_cast<double>(rows.rows_written());
}

DurableCall durable_call(const Arguments& info) {
  DurableCall call;
  call.parts = parts_of(info);
  if (call.parts == nullptr) return call;
  call.isolate = info.GetIsolate();
  call.actor = find_actor(*call.parts, id_of(info[0]));
  if (call.actor != nullptr) call.storage = storage_of(*call.parts, *call.actor);
  if (call.storage == nullptr) throw_error(call.isolate, kStorageGone);
  return call;
}

void throw_range_error(v8::Isolate* isolate, std::string_view text) {
  isolate->ThrowException(v8::Exception::RangeError(text_from_utf8(isolate, text)));
}

void fail(const DurableCall& call, const durable::StorageError& error) {
  using Kind = durable::StorageError::Kind;
  if (error.breaks_object) {
    break_actor(*call.parts, *call.actor, GuestError::reset(error.text));
  }
  switch (error.kind) {
    case Kind::kError: return throw_error(call.isolate, error.text);
    case Kind::kTypeError: return throw_type_error(call.isolate, error.text);
    case Kind::kRangeError: return throw_range_error(call.isolate, error.text);
  }
}

}  // namespace offing
