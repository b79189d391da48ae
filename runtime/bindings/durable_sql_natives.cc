// Durable Object storage: SQL (spec/durable-objects.md 2.5). Rows become arrays or objects here;
// what becomes of a cursor is said through the shared numbers (native.d.ts: sqlShare).
#include <cassert>
#include <deque>

#include "runtime/actor/actor.h"
#include "runtime/bindings/durable_tables.h"

namespace offing {
namespace {

using durable::SqlBlob;
using durable::SqlCursor;
using durable::SqlNull;
using durable::SqlValue;
using v8::Local;

// 2.1, "Missing API".
constexpr const char* kNoSql =
    "SQL is not enabled for this Durable Object class. To enable it, change `new_classes` to "
    "`new_sqlite_classes` within the 'migrations' field in your wrangler.jsonc or wrangler.toml "
    "file. Note that this change cannot be made after the class is already deployed to production.";

// ---- values

// Parameters, and what their views point at.
struct Bindings {
  std::vector<SqlValue> values;
  std::deque<std::string> texts;
  std::deque<BytesOf> blobs;
};

// TypeScript has made text of what SQLite does not know. Numbers are bound as REAL.
bool read_bindings(v8::Isolate* isolate, Local<v8::Value> list, Bindings& bindings) {
  if (!list->IsArray()) return true;
  auto items = list.As<v8::Array>();
  const uint32_t count = items->Length();
  bindings.values.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    Local<v8::Value> item;
    if (!items->Get(isolate->GetCurrentContext(), i).ToLocal(&item)) return false;
    if (item->IsNumber()) {
      bindings.values.emplace_back(item.As<v8::Number>()->Value());
    } else if (item->IsString()) {
      bindings.texts.push_back(wtf8_of(isolate, item.As<v8::String>()));
      bindings.values.emplace_back(std::string_view(bindings.texts.back()));
    } else if (item->IsArrayBuffer() || item->IsArrayBufferView()) {
      bindings.blobs.emplace_back(item);
      bindings.values.emplace_back(SqlBlob{bindings.blobs.back().view()});
    } else {
      bindings.values.emplace_back(SqlNull());
    }
  }
  return true;
}

Local<v8::Value> to_v8(v8::Isolate* isolate, const SqlValue& value) {
  if (auto* integer = std::get_if<int64_t>(&value)) {
    if (*integer >= INT32_MIN && *integer <= INT32_MAX) {
      return v8::Integer::New(isolate, static_cast<int32_t>(*integer));
    }
    return v8::Number::New(isolate, static_cast<double>(*integer));
  }
  if (auto* text = std::get_if<std::string_view>(&value)) return text_from_utf8(isolate, *text);
  if (auto* real = std::get_if<double>(&value)) return v8::Number::New(isolate, *real);
  if (auto* blob = std::get_if<SqlBlob>(&value)) {
    return array_buffer_from(isolate, std::string(blob->bytes));
  }
  return v8::Null(isolate);
}

// ---- rows

Local<v8::Value> raw_row(v8::Isolate* isolate, const SqlCursor& rows) {
  constexpr size_t kSmall = 16;
  const size_t count = rows.column_count();
  if (count <= kSmall) {
    Local<v8::Value> values[kSmall];
    for (size_t i = 0; i < count; ++i) values[i] = to_v8(isolate, rows.value(i));
    return v8::Array::New(isolate, values, count);
  }
  v8::LocalVector<v8::Value> values(isolate);
  for (size_t i = 0; i < count; ++i) values.push_back(to_v8(isolate, rows.value(i)));
  return v8::Array::New(isolate, values.data(), count);
}

Local<v8::Value> slow_object_row(v8::Isolate* isolate, Local<v8::Context> context,
                                 const RowShape& shape, const SqlCursor& rows) {
  Local<v8::Object> row = v8::Object::New(isolate);
  for (uint32_t column : shape.properties) {
    if (shape.columns[column] == "__proto__") continue;
    row->CreateDataProperty(context, shape.names[column].Get(isolate),
                            to_v8(isolate, rows.value(column)))
        .FromMaybe(false);
  }
  return row;
}

class RowMaker {
 public:
  RowMaker(v8::Isolate* isolate, const RowShape& shape, bool raw)
      : isolate_(isolate), context_(isolate->GetCurrentContext()), shape_(shape), raw_(raw) {
    if (!raw && !shape.object.IsEmpty()) object_ = shape.object.Get(isolate);
  }

  Local<v8::Value> make(const SqlCursor& rows) {
    if (raw_) return raw_row(isolate_, rows);
    if (object_.IsEmpty()) return slow_object_row(isolate_, context_, shape_, rows);
    values_.clear();
    for (uint32_t column : shape_.properties) {
      values_.emplace_back(to_v8(isolate_, rows.value(column)));
    }
    return object_->NewInstance(context_, {values_.data(), values_.size()});
  }

 private:
  v8::Isolate* isolate_;
  Local<v8::Context> context_;
  const RowShape& shape_;
  const bool raw_;
  Local<v8::DictionaryTemplate> object_;
  std::vector<v8::MaybeLocal<v8::Value>> values_;   // its handles live in the caller's scope
};

// ---- the natives

DurableCall sql_call(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call || call.actor->sqlite) return call;
  throw_error(call.isolate, kNoSql);
  return {};
}

Local<v8::Value> names_of(v8::Isolate* isolate, const RowShape& shape) {
  v8::LocalVector<v8::Value> names(isolate);
  names.reserve(shape.names.size());
  for (const auto& name : shape.names) names.push_back(name.Get(isolate));
  return v8::Array::New(isolate, names.data(), names.size());
}

void sql_share(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr || !info[0]->IsFloat64Array()) return;
  auto numbers = info[0].As<v8::Float64Array>();
  assert(numbers->Length() == 3 && numbers->ByteOffset() == 0);
  parts->durable->share(numbers->Buffer()->GetBackingStore());
}

// Whether the statement counts as a write: it began the transaction, or changed something in it.
bool has_written(const DurableCall& call, bool was_open, const SqlCursor& rows) {
  if (!call.storage->transaction_open()) return false;
  return !was_open || rows.rows_written() > 0 || rows.column_count() == 0;
}

// (actor, query, bindings, cursor)
void sql_exec(const Arguments& info) {
  DurableCall call = sql_call(info);
  if (!call || !info[1]->IsString() || !info[3]->IsObject()) return;
  DurableTables& tables = *call.parts->durable;
  tables.close_collected();
  const std::string query = wtf8_of(call.isolate, info[1].As<v8::String>());
  Bindings bindings;
  if (!read_bindings(call.isolate, info[2], bindings)) return;
  const bool was_open = call.storage->transaction_open();
  auto made = call.storage->exec(query, bindings.values);
  if (!made) {
    // Of several statements the first ones may have written.
    if (!was_open && call.storage->transaction_open()) wrote(*call.parts, *call.actor, true);
    return fail(call, made.error());
  }
  SqlCursor& rows = **made;
  if (has_written(call, was_open, rows)) wrote(*call.parts, *call.actor, true);
  std::shared_ptr<RowShape> shape = tables.shape_of(call.isolate, rows);
  auto more = rows.next();
  if (!more) return fail(call, more.error());
  if (shape != nullptr) info.GetReturnValue().Set(names_of(call.isolate, *shape));
  if (!*more) return tables.say(0, rows);
  OpenCursor& cursor = tables.add_cursor(call.isolate, call.actor->id, std::move(*made),
                                         std::move(shape), info[3].As<v8::Object>());
  tables.say(cursor.id, rows);
}

// The open cursor that a call is about, or null with the exception thrown.
OpenCursor* cursor_of(const DurableCall& call, const Arguments& info) {
  OpenCursor* cursor = call.parts->durable->find_cursor(id_of(info[1]));
  if (cursor == nullptr || cursor->actor != call.actor->id) {
    throw_error(call.isolate, kStorageGone);
    return nullptr;
  }
  if (std::string_view why = cursor->rows->cancelled(); !why.empty()) {
    throw_error(call.isolate, why);
    return nullptr;
  }
  return cursor;
}

// After the row it is at was read: on to the next. False when there is none, with the cursor
// closed, or
// with the exception thrown.
bool step(const DurableCall& call, OpenCursor& cursor, bool& failed) {
  DurableTables& tables = *call.parts->durable;
  auto more = cursor.rows->next();
  failed = !more;
  if (more && *more) return true;
  tables.say(0, *cursor.rows);
  const uint64_t id = cursor.id;
  if (!more) {
    const durable::StorageError error = std::move(more.error());
    tables.close_cursor(id);
    fail(call, error);
  } else {
    tables.close_cursor(id);
  }
  return false;
}

// (actor, id, raw)
void sql_next(const Arguments& info) {
  DurableCall call = sql_call(info);
  if (!call) return;
  OpenCursor* cursor = cursor_of(call, info);
  if (cursor == nullptr) return;
  Local<v8::Value> row = RowMaker(call.isolate, *cursor->shape, info[2]->IsTrue())
                             .make(*cursor->rows);
  bool failed = false;
  if (step(call, *cursor, failed)) call.parts->durable->say(cursor->id, *cursor->rows);
  if (!failed) info.GetReturnValue().Set(row);
}

// (actor, id, raw)
void sql_rest(const Arguments& info) {
  DurableCall call = sql_call(info);
  if (!call) return;
  OpenCursor* cursor = cursor_of(call, info);
  if (cursor == nullptr) return;
  const std::shared_ptr<RowShape> shape = cursor->shape;
  v8::LocalVector<v8::Value> made(call.isolate);
  RowMaker maker(call.isolate, *shape, info[2]->IsTrue());
  bool failed = false;
  do {
    v8::EscapableHandleScope scope(call.isolate);
    made.push_back(scope.Escape(maker.make(*cursor->rows)));
    if (made.size() % 1024 == 0 && call.isolate->IsExecutionTerminating()) return;
  } while (step(call, *cursor, failed));
  if (!failed) info.GetReturnValue().Set(v8::Array::New(call.isolate, made.data(), made.size()));
}

void sql_size(const Arguments& info) {
  DurableCall call = sql_call(info);
  if (!call) return;
  auto size = call.storage->database_size_bytes();
  if (!size) return fail(call, size.error());
  info.GetReturnValue().Set(number(call.isolate, *size));
}

constexpr NativeFunction kFunctions[] = {{"sqlShare", sql_share},
                                         {"sqlExec", sql_exec},
                                         {"sqlNext", sql_next},
                                         {"sqlRest", sql_rest},
                                         {"sqlSize", sql_size}};

}  // namespace

std::span<const NativeFunction> durable_sql_natives() { return kFunctions; }

}  // namespace offing
