#include "emulator/http/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <uv.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace offing::http {

constexpr size_t kRecordBytes = 16 * 1024;

// Where systems keep the CAs they trust; Debian's first.
constexpr const char* kSystemStores[] = {"/etc/ssl/certs/ca-certificates.crt",
                                         "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};

std::expected<std::unique_ptr<TlsContext>, std::string> TlsContext::open(
    const std::string& ca_file) {
  ERR_clear_error();
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  assert(context);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  static constexpr unsigned char kAlpn[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context, kAlpn, sizeof kAlpn - 1);
  std::string loaded;
  if (!ca_file.empty()) {
    if (SSL_CTX_load_verify_file(context, ca_file.c_str()) == 1) loaded = ca_file;
  } else {
    for (const char* store : kSystemStores) {
      if (SSL_CTX_load_verify_file(context, store) != 1) continue;
      loaded = store;
      break;
    }
  }
  ERR_clear_error();
  if (loaded.empty()) {
    SSL_CTX_free(context);
    return std::unexpected("TLS: no CA certificates can be read from " +
                           (ca_file.empty() ? std::string(kSystemStores[0]) +
                                                  "; install the system's package ca-certificates"
                                            : ca_file));
  }
  return std::unique_ptr<TlsContext>(new TlsContext(context, std::move(loaded)));
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

static bool is_address(const std::string& host) {
  char bytes[16];
  return uv_inet_pton(AF_INET, host.c_str(), bytes) == 0 ||
         uv_inet_pton(AF_INET6, host.c_str(), bytes) == 0;
}

TlsStream::TlsStream(const TlsContext& context, const std::string& host)
    : context_(context),
      host_(host),
      ssl_(SSL_new(context.get())),
      in_(BIO_new(BIO_s_mem())),
      out_(BIO_new(BIO_s_mem())) {
  assert(ssl_ && in_ && out_);
  SSL_set_bio(ssl_, in_, out_);
  SSL_set_connect_state(ssl_);
  int set;
  if (is_address(host_)) {
    set = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), host_.c_str());
  } else {
    if (host_.ends_with('.')) host_.pop_back();
    SSL_set_hostflags(ssl_, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    set = SSL_set1_host(ssl_, host_.c_str());
    SSL_set_tlsext_host_name(ssl_, host_.c_str());
  }
  // Never a connection whose host would not be checked.
  assert(set == 1);
  (void)set;
  (void)shake();  // its first flight cannot fail
}

TlsStream::~TlsStream() { SSL_free(ssl_); }

std::string TlsStream::reason() const {
  const unsigned long error = ERR_peek_error();
  const long verdict = SSL_get_verify_result(ssl_);
  if (verdict != X509_V_OK) {
    std::string text = "the certificate of " + host_ + " is not accepted: " +
                       X509_verify_cert_error_string(verdict);
    const bool misnamed = verdict == X509_V_ERR_HOSTNAME_MISMATCH ||
                          verdict == X509_V_ERR_IP_ADDRESS_MISMATCH;
    if (!misnamed) text += " (trusted CAs: " + context_.ca_file() + ")";
    return text;
  }
  const char* words = error ? ERR_reason_error_string(error) : nullptr;
  std::string text = "TLS with " + host_ + ": " + (words ? words : "protocol error");
  const int code = ERR_GET_REASON(error);
  if (code == SSL_R_WRONG_VERSION_NUMBER || code == SSL_R_HTTP_REQUEST ||
      code == SSL_R_PACKET_LENGTH_TOO_LONG) {
    text += "; the server may speak plain http on this port";
  }
  return text;
}

std::expected<void, std::string> TlsStream::shake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) {
    ready_ = true;
    return {};
  }
  if (SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ) return {};
  std::string text = reason();
  ERR_clear_error();
  return std::unexpected(std::move(text));
}

std::expected<void, std::string> TlsStream::receive(std::string_view coded, std::string& plain) {
  const int taken = BIO_write(in_, coded.data(), static_cast<int>(coded.size()));
  assert(taken == static_cast<int>(coded.size()));
  (void)taken;
  if (!ready_) {
    if (auto shaken = shake(); !shaken) return shaken;
    if (!ready_) return {};
  }
  for (;;) {
    const size_t before = plain.size();
    plain.resize(before + kRecordBytes);
    ERR_clear_error();
    const int got = SSL_read(ssl_, plain.data() + before, kRecordBytes);
    plain.resize(before + static_cast<size_t>(std::max(got, 0)));
    if (got > 0) continue;
    const int why = SSL_get_error(ssl_, got);
    if (why == SSL_ERROR_WANT_READ) return {};
    if (why == SSL_ERROR_ZERO_RETURN) {
      peer_ended_ = true;
      return {};
    }
    std::string text = reason();
    ERR_clear_error();
    return std::unexpected(std::move(text));
  }
}

std::expected<void, std::string> TlsStream::write(std::string_view plain) {
  assert(ready_);
  ERR_clear_error();
  size_t written = 0;
  if (plain.empty() || SSL_write_ex(ssl_, plain.data(), plain.size(), &written) == 1) return {};
  std::string text = reason();
  ERR_clear_error();
  return std::unexpected(std::move(text));
}

void TlsStream::end() {
  ERR_clear_error();
  if (ready_) SSL_shutdown(ssl_);
  ERR_clear_error();
}

std::string TlsStream::take_output() {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out_, &bytes);
  std::string output(bytes, size > 0 ? static_cast<size_t>(size) : 0);
  (void)BIO_reset(out_);
  return output;
}

}  // namespace offing::http
