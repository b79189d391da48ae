// The native functions of the seam (runtime/web/native.d.ts: Native): one table of names and
// callbacks, grouped by file. The table is also V8's list of external references, so its order must
// be the same when the snapshot is written and when it is read; both are the same build.
#ifndef OFFING_RUNTIME_BINDINGS_NATIVES_H_
#define OFFING_RUNTIME_BINDINGS_NATIVES_H_

#include <v8.h>

#include <cstdint>
#include <span>

namespace offing {

struct NativeFunction {
  const char* name;
  v8::FunctionCallback callback;
};

std::span<const NativeFunction> actor_natives();
std::span<const NativeFunction> actor_id_natives();
std::span<const NativeFunction> clone_natives();
std::span<const NativeFunction> codec_natives();
std::span<const NativeFunction> crypto_natives();
std::span<const NativeFunction> durable_natives();
std::span<const NativeFunction> durable_sql_natives();
std::span<const NativeFunction> durable_state_natives();
std::span<const NativeFunction> fetch_natives();
std::span<const NativeFunction> host_natives();
std::span<const NativeFunction> inspect_natives();
std::span<const NativeFunction> kv_natives();
std::span<const NativeFunction> r2_natives();
std::span<const NativeFunction> r2_object_natives();
std::span<const NativeFunction> request_natives();
std::span<const NativeFunction> rpc_natives();
std::span<const NativeFunction> stream_natives();
std::span<const NativeFunction> text_natives();
std::span<const NativeFunction> url_natives();
std::span<const NativeFunction> web_socket_natives();

// The object with all of them, made in `context`.
v8::Local<v8::Object> make_native_object(v8::Local<v8::Context> context);
// Zero-terminated; lives as long as the process.
const intptr_t* native_references();

}  // namespace offing

#endif  // OFFING_RUNTIME_BINDINGS_NATIVES_H_
