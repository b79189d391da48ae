// Ids of Durable Objects (spec/durable-objects.md 1.2). A namespace's secret is the SHA-256 of its
// unique key; with a jurisdiction, of the key, a zero byte and the jurisdiction, so that an id
// tells where its object may live. The second half of an id proves that the namespace minted it.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cassert>

#include "runtime/bindings/durable_tables.h"

namespace offing {
namespace {

using v8::Local;

constexpr size_t kHalf = 16;   // bytes
constexpr size_t kDigest = 32;

const std::string& secret_of(DurableTables::Space& space, size_t jurisdiction) {
  std::string& secret = space.secrets[jurisdiction];
  if (!secret.empty()) return secret;
  std::string key = space.unique_key;
  if (jurisdiction != 0) {
    key.push_back('\0');
    key += DurableTables::kJurisdictions[jurisdiction];
  }
  secret.resize(kDigest);
  [[maybe_unused]] const int done =
      EVP_Digest(key.data(), key.size(), reinterpret_cast<unsigned char*>(secret.data()), nullptr,
                 EVP_sha256(), nullptr);
  assert(done == 1);
  return secret;
}

// The first half of HMAC-SHA256.
void half_hmac(const std::string& secret, std::string_view text, uint8_t* into) {
  unsigned char out[kDigest];
  [[maybe_unused]] const unsigned char* done =
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), out, nullptr);
  assert(done != nullptr);
  std::copy_n(out, kHalf, into);
}

void add_proof(const std::string& secret, uint8_t* id) {
  half_hmac(secret, {reinterpret_cast<const char*>(id), kHalf}, id + kHalf);
}

void give_hex(const Arguments& info, const uint8_t* id) {
  static constexpr char kHex[] = "0123456789abcdef";
  char digits[4 * kHalf];
  for (size_t i = 0; i < 2 * kHalf; ++i) {
    digits[2 * i] = kHex[id[i] >> 4];
    digits[2 * i + 1] = kHex[id[i] & 15];
  }
  info.GetReturnValue().Set(text_from_latin1(info.GetIsolate(), {digits, sizeof(digits)}));
}

size_t jurisdiction_of(v8::Isolate* isolate, Local<v8::Value> value) {
  const std::string name = value->IsString() ? utf8_of(isolate, value.As<v8::String>()) : "";
  for (size_t i = 0; i < DurableTables::kJurisdictions.size(); ++i) {
    if (DurableTables::kJurisdictions[i] == name) return i;
  }
  assert(false && "TypeScript checks jurisdictions");
  return 0;
}

DurableTables::Space* space_of(const Arguments& info, Isolate::Parts*& parts) {
  parts = parts_of(info);
  return parts == nullptr ? nullptr : parts->durable->space(id_of(info[0]));
}

// (space, jurisdiction)
void actor_id_unique(const Arguments& info) {
  Isolate::Parts* parts;
  DurableTables::Space* space = space_of(info, parts);
  if (space == nullptr) return;
  uint8_t id[2 * kHalf];
  parts->host.random_bytes({id, kHalf});
  add_proof(secret_of(*space, jurisdiction_of(info.GetIsolate(), info[1])), id);
  give_hex(info, id);
}

// (space, name, jurisdiction)
void actor_id_from_name(const Arguments& info) {
  Isolate::Parts* parts;
  DurableTables::Space* space = space_of(info, parts);
  if (space == nullptr || !info[1]->IsString()) return;
  const std::string& secret = secret_of(*space, jurisdiction_of(info.GetIsolate(), info[2]));
  uint8_t id[2 * kHalf];
  half_hmac(secret, wtf8_of(info.GetIsolate(), info[1].As<v8::String>()), id);
  add_proof(secret, id);
  give_hex(info, id);
}

// 64 lower-case digits.
bool read_hex(std::string_view digits, uint8_t* id) {
  if (digits.size() != 4 * kHalf) return false;
  auto value = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  for (size_t i = 0; i < 2 * kHalf; ++i) {
    const int high = value(digits[2 * i]), low = value(digits[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    id[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return true;
}

// (space, hex)
void actor_id_check(const Arguments& info) {
  Isolate::Parts* parts;
  DurableTables::Space* space = space_of(info, parts);
  if (space == nullptr || !info[1]->IsString()) return;
  uint8_t id[2 * kHalf], proof[kHalf];
  if (!read_hex(latin1_of(info.GetIsolate(), info[1].As<v8::String>()), id)) return;
  for (size_t i = 0; i < DurableTables::kJurisdictions.size(); ++i) {
    half_hmac(secret_of(*space, i), {reinterpret_cast<const char*>(id), kHalf}, proof);
    if (!std::equal(proof, proof + kHalf, id + kHalf)) continue;
    info.GetReturnValue().Set(
        text_from_latin1(info.GetIsolate(), DurableTables::kJurisdictions[i]));
    return;
  }
}

constexpr NativeFunction kFunctions[] = {{"actorIdUnique", actor_id_unique},
                                         {"actorIdFromName", actor_id_from_name},
                                         {"actorIdCheck", actor_id_check}};

}  // namespace

std::span<const NativeFunction> actor_id_natives() { return kFunctions; }

}  // namespace offing
