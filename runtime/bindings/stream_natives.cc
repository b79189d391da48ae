// Streams both ways: the guest's, which the outside pulls, and sources, which the guest reads.
#include "runtime/bindings/native_call.h"
#include "runtime/isolate/guest_stream.h"

namespace offing {
namespace {

using v8::Local;

GuestStream* stream_of(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return nullptr;
  GuestStream** found = parts->streams.find(id_of(info[0]));
  return found == nullptr ? nullptr : *found;
}

void pull_chunk(const Arguments& info) {
  GuestStream* stream = stream_of(info);
  if (stream == nullptr) return;
  if (info[1]->IsUndefined()) return stream->finish();
  stream->give(std::string(BytesOf(info[1]).view()));
}

void pull_error(const Arguments& info) {
  GuestStream* stream = stream_of(info);
  if (stream == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  stream->fail(
      describe(Isolate::Parts::of(isolate), isolate->GetCurrentContext(), info[1]).text);
}

// Takes the source out of the table; whoever is inside its read may still be on the stack.
void forget_source(Isolate::Parts& parts, uint64_t id) {
  Source* source = parts.sources.find(id);
  if (source == nullptr) return;
  if (GuestRequest* owner = parts.find_request(source->owner)) --owner->sources;
  parts.graveyard.push_back(std::move(source->bytes));
  parts.sources.remove(id);
}

void on_chunk(Isolate::Parts& parts, uint64_t id, Ticket ticket, Chunk chunk) {
  if (Source* source = parts.sources.find(id)) source->reading = false;
  if (chunk.kind == Chunk::Kind::kError) {
    forget_source(parts, id);
    return reject_work(parts, ticket, chunk.bytes, false);
  }
  if (chunk.kind == Chunk::Kind::kEnd) forget_source(parts, id);
  resolve_work(parts, ticket, [&](Local<v8::Context>, RequestId) -> Local<v8::Value> {
    if (chunk.kind == Chunk::Kind::kEnd) return v8::Undefined(parts.isolate);
    return uint8_array_from(parts.isolate, std::move(chunk.bytes));
  });
}

void source_read(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  const uint64_t id = id_of(info[0]);
  Source* source = parts->sources.find(id);
  if (source == nullptr) {  // at its end, cancelled, or of a request that has ended
    Local<v8::Context> context = isolate->GetCurrentContext();
    Local<v8::Promise::Resolver> end;
    if (!v8::Promise::Resolver::New(context).ToLocal(&end)) return;
    end->Resolve(context, v8::Undefined(isolate)).Check();
    return info.GetReturnValue().Set(end->GetPromise());
  }
  if (source->reading) return throw_error(isolate, "a read of this source is under way already");
  const Ticket ticket = begin_work(info, *parts, source->owner);
  if (ticket == 0) return;
  source->reading = true;
  source->bytes->read([token = parts->token, id, ticket](Chunk chunk) {
    if (token->parts == nullptr) return;
    deliver(*token->parts, ticket,
            [parts = token->parts, id, ticket, chunk = std::move(chunk)]() mutable {
              on_chunk(*parts, id, ticket, std::move(chunk));
            });
  });
}

void source_cancel(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  Source* source = parts->sources.find(id_of(info[0]));
  if (source == nullptr) return;
  std::string reason;
  if (info[1]->IsString()) reason = utf8_of(info.GetIsolate(), info[1].As<v8::String>());
  source->bytes->cancel(reason);
  forget_source(*parts, id_of(info[0]));
}

void source_length(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  Source* source = parts->sources.find(id_of(info[0]));
  std::optional<uint64_t> length;
  if (source != nullptr) length = source->bytes->length_bytes();
  info.GetReturnValue().Set(length ? static_cast<double>(*length) : -1.0);
}

constexpr NativeFunction kFunctions[] = {{"pullChunk", pull_chunk},
                                         {"pullError", pull_error},
                                         {"sourceRead", source_read},
                                         {"sourceCancel", source_cancel},
                                         {"sourceLength", source_length}};

}  // namespace

std::span<const NativeFunction> stream_natives() { return kFunctions; }

}  // namespace offing
