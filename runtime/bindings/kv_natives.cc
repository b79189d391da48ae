// KV bindings: arguments to a KvCall, a KvAnswer to what runtime/web/kv.ts expects.
#include "runtime/actor/actor.h"
#include "runtime/bindings/native_call.h"
#include "runtime/bindings/subrequest.h"

namespace offing {
namespace {

using v8::Local;

enum class As : uint8_t { kText, kBytes, kStream };

// A stored value as a source, in chunks, without taking it from the store.
class SharedSource final : public ByteSource {
 public:
  explicit SharedSource(std::shared_ptr<const std::string> value) : value_(std::move(value)) {}
  void read(Done done) override {
    if (offset_ >= value_->size()) return done(Chunk::end());
    std::string part = value_->substr(offset_, kChunkBytes);
    offset_ += part.size();
    done(Chunk::data(std::move(part)));
  }
  void cancel(std::string_view) override { offset_ = value_->size(); }
  std::optional<uint64_t> length_bytes() const override { return value_->size() - offset_; }

 private:
  static constexpr size_t kChunkBytes = 64 * 1024;
  std::shared_ptr<const std::string> value_;
  size_t offset_ = 0;
};

Local<v8::Value> shape(Isolate::Parts& parts, Local<v8::Context> context, Shape which,
                       std::span<v8::MaybeLocal<v8::Value>> values) {
  return parts.shapes[static_cast<size_t>(which)].Get(parts.isolate)->NewInstance(
      context, {values.data(), values.size()});
}

Local<v8::Value> value_as(Isolate::Parts& parts, RequestId owner, const KvValue& value, As as) {
  if (!value.found) return v8::Undefined(parts.isolate);
  assert(value.value != nullptr);
  switch (as) {
    case As::kText: return text_from_utf8(parts.isolate, *value.value);
    case As::kBytes: return array_buffer_from(parts.isolate, std::string(*value.value));
    case As::kStream: break;
  }
  return number(parts.isolate,
                add_source(parts, owner, std::make_unique<SharedSource>(value.value)));
}

Local<v8::Value> bulk_values(Isolate::Parts& parts, Local<v8::Context> context,
                             const KvAnswer& answer) {
  v8::Isolate* isolate = parts.isolate;
  v8::LocalVector<v8::Value> items(isolate);
  for (const KvValue& value : answer.values) {
    if (!value.found) {
      items.push_back(v8::Undefined(isolate));
      continue;
    }
    v8::MaybeLocal<v8::Value> values[] = {
        text_from_utf8(isolate, *value.value).As<v8::Value>(),
        optional_text(isolate, value.metadata_json)};
    items.push_back(shape(parts, context, Shape::kKvBulkValue, values));
  }
  return v8::Array::New(isolate, items.data(), items.size());
}

Local<v8::Value> listed(Isolate::Parts& parts, Local<v8::Context> context,
                        const KvAnswer& answer) {
  v8::Isolate* isolate = parts.isolate;
  v8::LocalVector<v8::Value> items(isolate);
  for (const KvListedKey& key : answer.listed) {
    Local<v8::Value> expiration = v8::Undefined(isolate);
    if (key.expiration_s) {
      expiration = v8::Number::New(isolate, static_cast<double>(*key.expiration_s));
    }
    v8::MaybeLocal<v8::Value> values[] = {text_from_utf8(isolate, key.name).As<v8::Value>(),
                                          expiration, optional_text(isolate, key.metadata_json)};
    items.push_back(shape(parts, context, Shape::kKvListedKey, values));
  }
  v8::MaybeLocal<v8::Value> values[] = {
      v8::Array::New(isolate, items.data(), items.size()).As<v8::Value>(),
      v8::Boolean::New(isolate, answer.list_complete).As<v8::Value>(),
      optional_text(isolate, answer.cursor), optional_text(isolate, answer.cache_status)};
  return shape(parts, context, Shape::kKvListed, values);
}

Local<v8::Value> result_of(Isolate::Parts& parts, Local<v8::Context> context, RequestId owner,
                           const KvAnswer& answer, KvCall::Op op, As as) {
  v8::Isolate* isolate = parts.isolate;
  switch (op) {
    case KvCall::Op::kGet: return value_as(parts, owner, answer.value, as);
    case KvCall::Op::kGetWithMetadata: {
      v8::MaybeLocal<v8::Value> values[] = {value_as(parts, owner, answer.value, as),
                                            optional_text(isolate, answer.value.metadata_json),
                                            optional_text(isolate, answer.cache_status)};
      return shape(parts, context, Shape::kKvValue, values);
    }
    case KvCall::Op::kGetBulk: return bulk_values(parts, context, answer);
    case KvCall::Op::kList: return listed(parts, context, answer);
    case KvCall::Op::kPut:
    case KvCall::Op::kDelete: break;
  }
  return v8::Undefined(isolate);
}

void settle(Isolate::Parts& parts, Ticket ticket, KvCall::Op op, As as, const KvAnswer& answer) {
  if (answer.error) return reject_work(parts, ticket, *answer.error, answer.error_is_type_error);
  resolve_work(parts, ticket, [&](Local<v8::Context> context, RequestId owner) {
    return result_of(parts, context, owner, answer, op, as);
  });
}

void go(Isolate::Parts& parts, RequestId request, Ticket ticket, KvCall call, As as) {
  connect(parts, request, ticket, [&parts, request, ticket, call = std::move(call),
                                   as](ConnectionSlot slot) mutable {
    const KvCall::Op op = call.op;
    parts.host.kv(request, std::move(call),
                  [token = parts.token, ticket, op, as,
                   slot = std::move(slot)](KvAnswer answer) mutable {
                    slot.release();
                    Isolate::Parts* live = token->parts;
                    if (live == nullptr) return;
                    deliver(*live, ticket, [live, ticket, op, as, answer = std::move(answer)] {
                      settle(*live, ticket, op, as, answer);
                    });
                  });
  });
}

// Gives the call to the host; its answer settles the promise that this call returns.
void send(const Arguments& info, Isolate::Parts& parts, KvCall call, As as = As::kText) {
  const RequestId request = id_of(info[0]);
  if (!count_call(info, parts, request, Subrequest::kKv)) return;
  const Ticket ticket = begin_subrequest(info, parts, request);
  if (ticket == 0) return;
  call.binding = static_cast<uint32_t>(id_of(info[1]));
  const KvCall::Op op = call.op;
  // Single reads and lists are not held back (spec/durable-objects.md 3.3, rules 14 and 15).
  if (op == KvCall::Op::kGet || op == KvCall::Op::kGetWithMetadata || op == KvCall::Op::kList) {
    return go(parts, request, ticket, std::move(call), as);
  }
  leave_for(parts, request,
            [&parts, request, ticket, call = std::move(call), as](bool left) mutable {
              if (left) go(parts, request, ticket, std::move(call), as);
            });
}

std::string key_of(const Arguments& info) {
  return info[2]->IsString() ? wtf8_of(info.GetIsolate(), info[2].As<v8::String>()) : "";
}

// (request, binding, key, cacheTtl, withMetadata, as)
void kv_get(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  KvCall call;
  call.op = info[4]->IsTrue() ? KvCall::Op::kGetWithMetadata : KvCall::Op::kGet;
  call.key = key_of(info);
  call.cache_ttl_s = optional_int_of(info[3]);
  const uint64_t as = id_of(info[5]);
  send(info, *parts, std::move(call), static_cast<As>(as <= 2 ? as : 0));
}

// (request, binding, keys, type, cacheTtl, withMetadata)
void kv_get_bulk(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr || !info[2]->IsArray()) return;
  v8::Isolate* isolate = info.GetIsolate();
  KvCall call;
  call.op = KvCall::Op::kGetBulk;
  auto keys = info[2].As<v8::Array>();
  for (uint32_t i = 0; i < keys->Length(); ++i) {
    Local<v8::Value> key;
    if (!keys->Get(isolate->GetCurrentContext(), i).ToLocal(&key)) return;
    call.keys.push_back(key->IsString() ? wtf8_of(isolate, key.As<v8::String>()) : "");
  }
  call.type = optional_utf8_of(isolate, info[3]);
  call.cache_ttl_s = optional_int_of(info[4]);
  call.with_metadata = info[5]->IsTrue();
  send(info, *parts, std::move(call));
}

// (request, binding, key, value, metadata, expiration, expirationTtl)
void kv_put(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  KvCall call;
  call.op = KvCall::Op::kPut;
  call.key = key_of(info);
  GivenBody value = take_body(*parts, info[3], id_of(info[0]), -1, false);
  call.value = std::move(value.bytes);
  call.value_stream = std::move(value.stream);
  call.metadata_json = optional_utf8_of(isolate, info[4]);
  call.expiration_s = optional_int_of(info[5]);
  call.expiration_ttl_s = optional_int_of(info[6]);
  send(info, *parts, std::move(call));
}

void kv_delete(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  KvCall call;
  call.op = KvCall::Op::kDelete;
  call.key = key_of(info);
  send(info, *parts, std::move(call));
}

// (request, binding, prefix, cursor, limit)
void kv_list(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  KvCall call;
  call.op = KvCall::Op::kList;
  if (info[2]->IsString()) call.prefix = wtf8_of(isolate, info[2].As<v8::String>());
  call.cursor = optional_utf8_of(isolate, info[3]);
  call.limit = optional_int_of(info[4]);
  send(info, *parts, std::move(call));
}

constexpr NativeFunction kFunctions[] = {{"kvGet", kv_get},       {"kvGetBulk", kv_get_bulk},
                                         {"kvPut", kv_put},       {"kvDelete", kv_delete},
                                         {"kvList", kv_list}};

}  // namespace

std::span<const NativeFunction> kv_natives() { return kFunctions; }

}  // namespace offing
