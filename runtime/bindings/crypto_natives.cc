// Digests, HMAC and AES-GCM through the host process's OpenSSL (spec/runtime-api.md 6).
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>
#include <string>

#include "runtime/bindings/native_call.h"

namespace offing {
namespace {

using v8::Local;

const EVP_MD* algorithm_of(const Arguments& info) {
  v8::Isolate* isolate = info.GetIsolate();
  std::string name;
  if (info[0]->IsString()) name = utf8_of(isolate, info[0].As<v8::String>());
  if (name == "SHA-256") return EVP_sha256();
  if (name == "SHA-1") return EVP_sha1();
  if (name == "SHA-384") return EVP_sha384();
  if (name == "SHA-512") return EVP_sha512();
  if (name == "MD5") return EVP_md5();
  throw_error(isolate, "no such digest: " + name);
  return nullptr;
}

void return_bytes(const Arguments& info, std::string bytes) {
  info.GetReturnValue().Set(array_buffer_from(info.GetIsolate(), std::move(bytes)));
}

// (algorithm, data)
void digest(const Arguments& info) {
  const EVP_MD* algorithm = algorithm_of(info);
  if (algorithm == nullptr) return;
  BytesOf data(info[1]);
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(data.span().data(), data.span().size(), out, &size, algorithm, nullptr) != 1) {
    return throw_error(info.GetIsolate(), "the digest failed");
  }
  return_bytes(info, std::string(reinterpret_cast<char*>(out), size));
}

// (algorithm, key, data)
void hmac(const Arguments& info) {
  const EVP_MD* algorithm = algorithm_of(info);
  if (algorithm == nullptr) return;
  BytesOf key(info[1]), data(info[2]);
  static constexpr unsigned char kNoKey = 0;  // an empty key must still not be a null pointer
  const void* key_bytes = key.span().empty() ? &kNoKey : key.span().data();
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (HMAC(algorithm, key_bytes, static_cast<int>(key.span().size()), data.span().data(),
           data.span().size(), out, &size) == nullptr) {
    return throw_error(info.GetIsolate(), "HMAC failed");
  }
  return_bytes(info, std::string(reinterpret_cast<char*>(out), size));
}

void timing_safe_equal(const Arguments& info) {
  BytesOf a(info[0]), b(info[1]);
  const bool equal = a.span().size() == b.span().size() &&
                     CRYPTO_memcmp(a.span().data(), b.span().data(), a.span().size()) == 0;
  info.GetReturnValue().Set(equal);
}

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const EVP_CIPHER* aes_gcm(size_t key_size) {
  switch (key_size) {
    case 16: return EVP_aes_128_gcm();
    case 24: return EVP_aes_192_gcm();
    case 32: return EVP_aes_256_gcm();
    default: return nullptr;
  }
}

// One direction's set-up: algorithm, length of the IV, key, additional data.
Cipher begin_gcm(const BytesOf& key, const BytesOf& iv, const BytesOf& aad, int encrypt) {
  const EVP_CIPHER* algorithm = aes_gcm(key.span().size());
  Cipher cipher(EVP_CIPHER_CTX_new());
  int ignored = 0;
  if (algorithm == nullptr || cipher == nullptr ||
      EVP_CipherInit_ex(cipher.get(), algorithm, nullptr, nullptr, nullptr, encrypt) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_IVLEN,
                          static_cast<int>(iv.span().size()), nullptr) != 1 ||
      EVP_CipherInit_ex(cipher.get(), nullptr, nullptr, key.span().data(), iv.span().data(),
                        encrypt) != 1 ||
      (!aad.span().empty() &&
       EVP_CipherUpdate(cipher.get(), nullptr, &ignored, aad.span().data(),
                        static_cast<int>(aad.span().size())) != 1)) {
    return nullptr;
  }
  return cipher;
}

bool run_cipher(EVP_CIPHER_CTX* cipher, std::span<const uint8_t> in, std::string& out) {
  out.resize(in.size());
  int size = 0;
  return in.empty() || EVP_CipherUpdate(cipher, reinterpret_cast<unsigned char*>(out.data()),
                                        &size, in.data(), static_cast<int>(in.size())) == 1;
}

// (key, iv, aad, tagLength, data)
void aes_gcm_encrypt(const Arguments& info) {
  BytesOf key(info[0]), iv(info[1]), aad(info[2]), data(info[4]);
  const size_t tag_size = id_of(info[3]);
  Cipher cipher = begin_gcm(key, iv, aad, 1);
  std::string out;
  unsigned char tag[16];
  int ignored = 0;
  if (cipher == nullptr || tag_size > sizeof(tag) || !run_cipher(cipher.get(), data.span(), out) ||
      EVP_CipherFinal_ex(cipher.get(), tag, &ignored) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, 16, tag) != 1) {
    return throw_error(info.GetIsolate(), "AES-GCM encryption failed");
  }
  out.append(reinterpret_cast<char*>(tag), tag_size);
  return_bytes(info, std::move(out));
}

void aes_gcm_decrypt(const Arguments& info) {
  BytesOf key(info[0]), iv(info[1]), aad(info[2]), data(info[4]);
  const size_t tag_size = id_of(info[3]);
  if (data.span().size() < tag_size) return;
  Cipher cipher = begin_gcm(key, iv, aad, 0);
  const auto tag = data.span().last(tag_size);
  std::string out;
  unsigned char rest[16];
  int ignored = 0;
  if (cipher == nullptr ||
      !run_cipher(cipher.get(), data.span().first(data.span().size() - tag_size), out)) {
    return throw_error(info.GetIsolate(), "AES-GCM decryption failed");
  }
  if (EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag_size),
                          const_cast<uint8_t*>(tag.data())) != 1 ||
      EVP_CipherFinal_ex(cipher.get(), rest, &ignored) != 1) {
    return;  // undefined: the tag does not match
  }
  return_bytes(info, std::move(out));
}

constexpr NativeFunction kFunctions[] = {{"digest", digest},
                                         {"hmac", hmac},
                                         {"timingSafeEqual", timing_safe_equal},
                                         {"aesGcmEncrypt", aes_gcm_encrypt},
                                         {"aesGcmDecrypt", aes_gcm_decrypt}};

}  // namespace

std::span<const NativeFunction> crypto_natives() { return kFunctions; }

}  // namespace offing
