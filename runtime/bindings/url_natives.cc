// URLs, through the host process's ada (its C interface, which comes without a header).
#include <cstdint>
#include <string_view>

#include "runtime/bindings/native_call.h"

extern "C" {
typedef struct {
  const char* data;
  size_t length;
} ada_string;
typedef struct {
  const char* data;
  size_t length;
} ada_owned_string;
typedef struct {
  uint32_t protocol_end, username_end, host_start, host_end, port, pathname_start, search_start,
      hash_start;
} ada_url_components;
typedef void* ada_url;
ada_url ada_parse(const char* input, size_t length);
ada_url ada_parse_with_base(const char* input, size_t length, const char* base, size_t base_length);
bool ada_can_parse(const char* input, size_t length);
bool ada_can_parse_with_base(const char* input, size_t length, const char* base,
                             size_t base_length);
void ada_free(ada_url url);
void ada_free_owned_string(ada_owned_string text);
bool ada_is_valid(ada_url url);
ada_string ada_get_href(ada_url url);
ada_owned_string ada_get_origin(ada_url url);
const ada_url_components* ada_get_components(ada_url url);
bool ada_set_href(ada_url url, const char* input, size_t length);
bool ada_set_protocol(ada_url url, const char* input, size_t length);
bool ada_set_username(ada_url url, const char* input, size_t length);
bool ada_set_password(ada_url url, const char* input, size_t length);
bool ada_set_host(ada_url url, const char* input, size_t length);
bool ada_set_hostname(ada_url url, const char* input, size_t length);
bool ada_set_port(ada_url url, const char* input, size_t length);
bool ada_set_pathname(ada_url url, const char* input, size_t length);
void ada_set_search(ada_url url, const char* input, size_t length);
void ada_set_hash(ada_url url, const char* input, size_t length);
}

namespace offing {
namespace {

using v8::Local;

constexpr uint32_t kOmitted = 0xffffffff;

class Url {
 public:
  explicit Url(ada_url url) : url_(url) {}
  ~Url() { ada_free(url_); }
  Url(const Url&) = delete;
  bool valid() const { return ada_is_valid(url_); }
  ada_url get() const { return url_; }

 private:
  ada_url url_;
};

Local<v8::Value> parsed(v8::Isolate* isolate, ada_url url) {
  const ada_string href = ada_get_href(url);
  const ada_url_components* parts = ada_get_components(url);
  auto offset = [isolate](uint32_t at) -> Local<v8::Value> {
    return v8::Integer::New(isolate, at == kOmitted ? -1 : static_cast<int32_t>(at));
  };
  // A serialized URL is ASCII.
  Local<v8::Value> values[] = {text_from_latin1(isolate, {href.data, href.length}),
                               offset(parts->protocol_end), offset(parts->username_end),
                               offset(parts->host_start),   offset(parts->host_end),
                               offset(parts->port),         offset(parts->pathname_start),
                               offset(parts->search_start), offset(parts->hash_start)};
  return v8::Array::New(isolate, values, std::size(values));
}

std::string text_of(v8::Isolate* isolate, Local<v8::Value> value) {
  return value->IsString() ? utf8_of(isolate, value.As<v8::String>()) : "";
}

void url_parse(const Arguments& info) {
  v8::Isolate* isolate = info.GetIsolate();
  const std::string input = text_of(isolate, info[0]);
  const std::optional<std::string> base = optional_utf8_of(isolate, info[1]);
  Url url(base ? ada_parse_with_base(input.data(), input.size(), base->data(), base->size())
               : ada_parse(input.data(), input.size()));
  if (url.valid()) info.GetReturnValue().Set(parsed(isolate, url.get()));
}

void url_can_parse(const Arguments& info) {
  v8::Isolate* isolate = info.GetIsolate();
  const std::string input = text_of(isolate, info[0]);
  const std::optional<std::string> base = optional_utf8_of(isolate, info[1]);
  info.GetReturnValue().Set(
      base ? ada_can_parse_with_base(input.data(), input.size(), base->data(), base->size())
           : ada_can_parse(input.data(), input.size()));
}

void url_origin(const Arguments& info) {
  v8::Isolate* isolate = info.GetIsolate();
  const std::string href = text_of(isolate, info[0]);
  Url url(ada_parse(href.data(), href.size()));
  if (!url.valid()) return info.GetReturnValue().Set(v8::String::NewFromUtf8Literal(isolate, "null"));
  const ada_owned_string origin = ada_get_origin(url.get());
  info.GetReturnValue().Set(text_from_latin1(isolate, {origin.data, origin.length}));
  ada_free_owned_string(origin);
}

bool set_part(ada_url url, std::string_view part, std::string_view value) {
  struct Setter {
    std::string_view part;
    bool (*set)(ada_url, const char*, size_t);
  };
  static constexpr Setter kSetters[] = {
      {"href", ada_set_href},         {"protocol", ada_set_protocol},
      {"username", ada_set_username}, {"password", ada_set_password},
      {"host", ada_set_host},         {"hostname", ada_set_hostname},
      {"port", ada_set_port},         {"pathname", ada_set_pathname}};
  for (const Setter& setter : kSetters) {
    if (setter.part == part) return setter.set(url, value.data(), value.size());
  }
  if (part == "search") return ada_set_search(url, value.data(), value.size()), true;
  if (part == "hash") return ada_set_hash(url, value.data(), value.size()), true;
  return false;
}

void url_set(const Arguments& info) {
  v8::Isolate* isolate = info.GetIsolate();
  const std::string href = text_of(isolate, info[0]);
  Url url(ada_parse(href.data(), href.size()));
  if (!url.valid()) return;
  if (set_part(url.get(), text_of(isolate, info[1]), text_of(isolate, info[2]))) {
    info.GetReturnValue().Set(parsed(isolate, url.get()));
  }
}

constexpr NativeFunction kFunctions[] = {{"urlParse", url_parse},
                                         {"urlCanParse", url_can_parse},
                                         {"urlOrigin", url_origin},
                                         {"urlSet", url_set}};

}  // namespace

std::span<const NativeFunction> url_natives() { return kFunctions; }

}  // namespace offing
