// Durable Object storage: keys and values (spec/durable-objects.md 2.2, 2.3).
#include <algorithm>

#include "runtime/actor/actor.h"
#include "runtime/bindings/durable_tables.h"
#include "runtime/bindings/serializer.h"

namespace offing {
namespace {

using durable::ObjectStorage;
using v8::Local;

// Of the legacy backend (2.2). Values may be larger by what the serializer puts around them.
constexpr size_t kKeyBytesMax = 2048;
constexpr size_t kValueBytesMax = 128 * 1024;
constexpr size_t kValueSlackBytes = 34;
constexpr size_t kPairsMax = 128;

constexpr const char* kListReplaced =
    "kv.list() iterator was invalidated because a new call to kv.list() was started. Only one "
    "kv.list() iterator can exist at a time.";

// 2.1, "Missing API".
constexpr const char* kNoKv =
    "The storage.kv (synchronous KV) API is only available for SQLite-backed Durable Objects, but "
    "this object's namespace is not declared to use SQLite. You can use the older, asyncronous "
    "interface via methods of `storage` itself (e.g. `storage.get()`). Alternatively, to enable "
    "SQLite, change `new_classes` to `new_sqlite_classes` within the 'migrations' field in your "
    "wrangler.jsonc or wrangler.toml file. Note that this change cannot be made after the class is "
    "already deployed to production.";
constexpr const char* kNoTransactionSync = "Durable Object is not backed by SQL.";

std::string text_of(v8::Isolate* isolate, Local<v8::Value> value) {
  return value->IsString() ? wtf8_of(isolate, value.As<v8::String>()) : "";
}

bool check_key(const DurableCall& call, std::string_view key) {
  if (call.actor->sqlite || key.size() <= kKeyBytesMax) return true;
  throw_range_error(call.isolate,
                    "Keys cannot be larger than " + std::to_string(kKeyBytesMax) +
                        " bytes. A key of size " + std::to_string(key.size()) + " was provided.");
  return false;
}

bool check_value(const DurableCall& call, std::string_view value) {
  if (call.actor->sqlite || value.size() <= kValueBytesMax + kValueSlackBytes) return true;
  throw_range_error(call.isolate,
                    "Values cannot be larger than " + std::to_string(kValueBytesMax) +
                        " bytes. A value of size " + std::to_string(value.size()) +
                        " was provided.");
  return false;
}

// The keys of an array; false with an exception thrown.
bool read_keys(const DurableCall& call, Local<v8::Value> list, std::vector<std::string>& keys) {
  if (!list->IsArray()) return true;
  auto items = list.As<v8::Array>();
  keys.reserve(items->Length());
  for (uint32_t i = 0; i < items->Length(); ++i) {
    Local<v8::Value> key;
    if (!items->Get(call.isolate->GetCurrentContext(), i).ToLocal(&key)) return false;
    keys.push_back(text_of(call.isolate, key));
    if (!check_key(call, keys.back())) return false;
  }
  return true;
}

// (actor, key)
void storage_get(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call) return;
  const std::string key = text_of(call.isolate, info[1]);
  if (!check_key(call, key)) return;
  auto found = call.storage->get(key);
  if (!found) return fail(call, found.error());
  if (!*found) return;
  Local<v8::Value> value;
  if (deserialize_from_storage(*call.parts, call.isolate->GetCurrentContext(), **found)
          .ToLocal(&value)) {
    info.GetReturnValue().Set(value);
  }
}

// (actor, keys): sorted as UTF-8 bytes, without duplicates.
void storage_get_many(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call) return;
  std::vector<std::string> keys;
  if (!read_keys(call, info[1], keys)) return;
  if (!call.actor->sqlite && keys.size() > kPairsMax) {
    return throw_range_error(call.isolate,
                             "Maximum number of key value pairs is " + std::to_string(kPairsMax) +
                                 ". " + std::to_string(keys.size()) + " pairs were provided.");
  }
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  v8::LocalVector<v8::Value> flat(call.isolate);
  for (const std::string& key : keys) {
    auto found = call.storage->get(key);
    if (!found) return fail(call, found.error());
    if (!*found) continue;
    Local<v8::Value> value;
    if (!deserialize_from_storage(*call.parts, call.isolate->GetCurrentContext(), **found)
             .ToLocal(&value)) {
      return;
    }
    flat.push_back(text_from_utf8(call.isolate, key));
    flat.push_back(value);
  }
  info.GetReturnValue().Set(v8::Array::New(call.isolate, flat.data(), flat.size()));
}

// (actor, key, value, confirmed)
void storage_put(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call) return;
  const std::string key = text_of(call.isolate, info[1]);
  auto bytes = serialize_for_storage(*call.parts, call.isolate->GetCurrentContext(), info[2]);
  if (!bytes || !check_key(call, key) || !check_value(call, *bytes)) return;
  // A getter of the value may have reset the object.
  if (call.actor->broken) return throw_error(call.isolate, kStorageGone);
  auto done = call.storage->put(key, *bytes);
  if (!done) return fail(call, done.error());
  wrote(*call.parts, *call.actor, !info[3]->IsFalse());
}

struct Entry {
  std::string key;
  std::string value;
};

// [key, value, …]; false with an exception thrown.
bool read_entries(const DurableCall& call, Local<v8::Value> list, std::vector<Entry>& entries) {
  if (!list->IsArray()) return true;
  Local<v8::Context> context = call.isolate->GetCurrentContext();
  auto items = list.As<v8::Array>();
  for (uint32_t i = 0; i + 1 < items->Length(); i += 2) {
    Local<v8::Value> key, value;
    if (!items->Get(context, i).ToLocal(&key) || !items->Get(context, i + 1).ToLocal(&value)) {
      return false;
    }
    auto bytes = serialize_for_storage(*call.parts, context, value);
    if (!bytes) return false;
    entries.push_back({text_of(call.isolate, key), std::move(*bytes)});
    if (!check_key(call, entries.back().key) || !check_value(call, entries.back().value)) {
      return false;
    }
  }
  return true;
}

// All or none: the first failure takes back the others.
durable::StorageResult<void> put_all(ObjectStorage& storage, const std::vector<Entry>& entries) {
  if (entries.size() == 1) return storage.put(entries[0].key, entries[0].value);
  if (auto begun = storage.savepoint(); !begun) return begun;
  for (const Entry& entry : entries) {
    if (auto done = storage.put(entry.key, entry.value); !done) {
      if (!done.error().breaks_object) (void)storage.rollback_savepoint();
      return done;
    }
  }
  return storage.release_savepoint();
}

// (actor, [key, value, …], confirmed)
void storage_put_many(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call) return;
  std::vector<Entry> entries;
  if (!read_entries(call, info[1], entries) || entries.empty()) return;
  if (call.actor->broken) return throw_error(call.isolate, kStorageGone);
  auto done = put_all(*call.storage, entries);
  if (!done) return fail(call, done.error());
  wrote(*call.parts, *call.actor, !info[2]->IsFalse());
}

// (actor, key, confirmed)
void storage_delete(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call) return;
  const std::string key = text_of(call.isolate, info[1]);
  if (!check_key(call, key)) return;
  auto existed = call.storage->remove(key);
  if (!existed) return fail(call, existed.error());
  wrote(*call.parts, *call.actor, !info[2]->IsFalse());
  info.GetReturnValue().Set(*existed);
}

// (actor, keys, confirmed)
void storage_delete_many(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call) return;
  std::vector<std::string> keys;
  if (!read_keys(call, info[1], keys)) return;
  uint32_t removed = 0;
  for (const std::string& key : keys) {
    auto existed = call.storage->remove(key);
    if (!existed) return fail(call, existed.error());
    removed += *existed ? 1 : 0;
  }
  if (!keys.empty()) wrote(*call.parts, *call.actor, !info[2]->IsFalse());
  info.GetReturnValue().Set(removed);
}

// (actor, start, startAfter, end, prefix, reverse, limit)
durable::ListOptions list_options(const Arguments& info) {
  v8::Isolate* isolate = info.GetIsolate();
  auto text = [&](int at) -> std::optional<std::string> {
    if (!info[at]->IsString()) return std::nullopt;
    return wtf8_of(isolate, info[at].As<v8::String>());
  };
  durable::ListOptions options;
  options.start = text(1);
  options.start_after = text(2);
  options.end = text(3);
  options.prefix = text(4);
  options.reverse = info[5]->IsTrue();
  if (uint64_t limit = id_of(info[6]); limit > 0) options.limit = limit;
  return options;
}

void storage_list(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call) return;
  Local<v8::Context> context = call.isolate->GetCurrentContext();
  auto entries = call.storage->list(list_options(info));
  if (!entries) return fail(call, entries.error());
  v8::LocalVector<v8::Value> flat(call.isolate);
  while (true) {
    auto entry = (*entries)->next();
    if (!entry) return fail(call, entry.error());
    if (!*entry) break;
    Local<v8::Value> value;
    if (!deserialize_from_storage(*call.parts, context, (*entry)->second).ToLocal(&value)) return;
    flat.push_back(text_from_utf8(call.isolate, (*entry)->first));
    flat.push_back(value);
  }
  info.GetReturnValue().Set(v8::Array::New(call.isolate, flat.data(), flat.size()));
}

void storage_list_open(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call) return;
  auto entries = call.storage->list(list_options(info));
  if (!entries) return fail(call, entries.error());
  info.GetReturnValue().Set(
      number(call.isolate, call.parts->durable->open_list(call.actor->id, std::move(*entries))));
}

// (actor, list)
void storage_list_next(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call) return;
  DurableTables& tables = *call.parts->durable;
  OpenList* list = tables.find_list(call.actor->id);
  if (list == nullptr || list->id != id_of(info[1])) {
    return throw_error(call.isolate, kListReplaced);
  }
  auto entry = list->entries->next();
  if (!entry) {
    const durable::StorageError error = std::move(entry.error());
    tables.close_list(call.actor->id);
    return fail(call, error);
  }
  if (!*entry) return tables.close_list(call.actor->id);
  Local<v8::Value> pair[2] = {text_from_utf8(call.isolate, (*entry)->first), {}};
  if (!deserialize_from_storage(*call.parts, call.isolate->GetCurrentContext(), (*entry)->second)
           .ToLocal(&pair[1])) {
    return;
  }
  info.GetReturnValue().Set(v8::Array::New(call.isolate, pair, 2));
}

// (actor, alarmToo)
void storage_delete_all(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call) return;
  auto done = call.storage->remove_all(info[1]->IsTrue());
  if (!done) return fail(call, done.error());
  call.parts->durable->close_list(call.actor->id);
  wrote(*call.parts, *call.actor, true);
}

// (actor, api)
void storage_needs_sqlite(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call || call.actor->sqlite) return;
  throw_error(call.isolate, text_of(call.isolate, info[1]) == "kv" ? kNoKv : kNoTransactionSync);
}

constexpr NativeFunction kFunctions[] = {{"storageGet", storage_get},
                                         {"storageGetMany", storage_get_many},
                                         {"storagePut", storage_put},
                                         {"storagePutMany", storage_put_many},
                                         {"storageDelete", storage_delete},
                                         {"storageDeleteMany", storage_delete_many},
                                         {"storageList", storage_list},
                                         {"storageListOpen", storage_list_open},
                                         {"storageListNext", storage_list_next},
                                         {"storageDeleteAll", storage_delete_all},
                                         {"storageNeedsSqlite", storage_needs_sqlite}};

}  // namespace

std::span<const NativeFunction> durable_natives() { return kFunctions; }

}  // namespace offing
