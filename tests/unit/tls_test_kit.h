// A TLS server for the client's tests, on the world's own loop, with certificates made on the spot.
#ifndef OFFING_TESTS_UNIT_TLS_TEST_KIT_H_
#define OFFING_TESTS_UNIT_TLS_TEST_KIT_H_

#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>
#include <uv.h>

#include <functional>
#include <string>
#include <vector>

#include "emulator/world/world.h"

namespace offing::test {

// A self-signed certificate for `names` ("DNS:a.test,IP:127.0.0.1"), its key, and its PEM file.
struct Certificate {
  explicit Certificate(const std::string& names) {
    key = EVP_EC_gen("P-256");
    x509 = X509_new();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 7);
    X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_set_pubkey(x509, key);
    X509_NAME* subject = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("offing test"), -1, -1, 0);
    X509_set_issuer_name(x509, subject);
    X509V3_CTX context;
    X509V3_set_ctx(&context, x509, x509, nullptr, nullptr, 0);
    for (auto [nid, value] : {std::pair{NID_basic_constraints, std::string("critical,CA:TRUE")},
                              std::pair{NID_subject_alt_name, names}}) {
      X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
      REQUIRE(extension);
      X509_add_ext(x509, extension, -1);
      X509_EXTENSION_free(extension);
    }
    REQUIRE(X509_sign(x509, key, EVP_sha256()) > 0);
    path.assign("/tmp/offing-test-ca-XXXXXX");
    const int file = mkstemp(path.data());
    REQUIRE(file >= 0);
    FILE* out = fdopen(file, "w");
    PEM_write_X509(out, x509);
    fclose(out);
  }
  ~Certificate() {
    unlink(path.c_str());
    X509_free(x509);
    EVP_PKEY_free(key);
  }
  Certificate(const Certificate&) = delete;
  EVP_PKEY* key;
  X509* x509;
  std::string path;
};

// Speaks TLS; `answer` gets all plain bytes of a connection so far and gives what to send, once it
// has a whole request (empty: not yet). "!" cuts the connection without a word of TLS.
class TlsServer {
 public:
  using Answer = std::function<std::string(std::string& got)>;
  TlsServer(World& world, const Certificate& certificate, Answer answer)
      : answer(std::move(answer)), world_(world), context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_use_certificate(context_, certificate.x509);
    SSL_CTX_use_PrivateKey(context_, certificate.key);
    uv_tcp_init(world.loop(), &listener_);
    listener_.data = this;
    sockaddr_in address;
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_bind(&listener_, reinterpret_cast<sockaddr*>(&address), 0);
    uv_listen(reinterpret_cast<uv_stream_t*>(&listener_), 16, [](uv_stream_t* s, int) {
      auto* self = static_cast<TlsServer*>(s->data);
      self->peers_.push_back(new Peer(*self));
    });
    int size = sizeof address;
    uv_tcp_getsockname(&listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  ~TlsServer() {
    for (Peer* peer : peers_) peer->close();
    uv_close(reinterpret_cast<uv_handle_t*>(&listener_), nullptr);
    while (open_ > 0 || uv_is_active(reinterpret_cast<uv_handle_t*>(&listener_))) step();
    step();
    SSL_CTX_free(context_);
  }
  TlsServer(const TlsServer&) = delete;

  Answer answer;
  uint16_t port = 0;
  size_t accepted = 0;
  std::string server_name;  // the last SNI
  std::string version;

 private:
  struct Peer {
    explicit Peer(TlsServer& server) : server(server), ssl(SSL_new(server.context_)) {
      ++server.accepted;
      ++server.open_;
      SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
      SSL_set_accept_state(ssl);
      uv_tcp_init(server.world_.loop(), &socket);
      socket.data = this;
      uv_accept(reinterpret_cast<uv_stream_t*>(&server.listener_), stream());
      uv_read_start(
          stream(),
          [](uv_handle_t*, size_t, uv_buf_t* buf) {
            static char bytes[65536];
            *buf = uv_buf_init(bytes, sizeof bytes);
          },
          [](uv_stream_t* s, ssize_t n, const uv_buf_t* buf) {
            auto* self = static_cast<Peer*>(s->data);
            if (n < 0) return self->close();
            self->take(buf->base, static_cast<int>(n));
          });
    }
    ~Peer() {
      SSL_free(ssl);
      --server.open_;
    }
    uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&socket); }
    void take(const char* bytes, int size) {
      BIO_write(SSL_get_rbio(ssl), bytes, size);
      char plain[16384];
      for (int n; (n = SSL_read(ssl, plain, sizeof plain)) > 0;) {
        got.append(plain, static_cast<size_t>(n));
      }
      if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) {
        server.server_name = name;
      }
      server.version = SSL_get_version(ssl);
      const std::string out = got.empty() ? std::string() : server.answer(got);
      const bool cut = out.ends_with('!');
      if (!out.empty()) SSL_write(ssl, out.data(), static_cast<int>(out.size() - cut));
      flush();
      if (cut) close();
    }
    void flush() {
      char* bytes;
      const long size = BIO_get_mem_data(SSL_get_wbio(ssl), &bytes);
      if (size <= 0) return;
      auto* write = new Write{{}, std::string(bytes, static_cast<size_t>(size))};
      (void)BIO_reset(SSL_get_wbio(ssl));
      uv_buf_t buf = uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
      const int sent = uv_try_write(stream(), &buf, 1);
      if (sent == static_cast<int>(buf.len)) return delete write;
      if (sent > 0) buf = uv_buf_init(buf.base + sent, buf.len - static_cast<size_t>(sent));
      uv_write(&write->request, stream(), &buf, 1,
               [](uv_write_t* w, int) { delete reinterpret_cast<Write*>(w); });
    }
    void close() {
      auto* handle = reinterpret_cast<uv_handle_t*>(&socket);
      if (uv_is_closing(handle)) return;
      std::erase(server.peers_, this);
      uv_close(handle, [](uv_handle_t* h) { delete static_cast<Peer*>(h->data); });
    }
    struct Write {
      uv_write_t request;
      std::string bytes;
    };
    TlsServer& server;
    SSL* ssl;
    uv_tcp_t socket;
    std::string got;
  };
  void step() { uv_run(world_.loop(), UV_RUN_NOWAIT); }

  World& world_;
  SSL_CTX* context_;
  uv_tcp_t listener_;
  std::vector<Peer*> peers_;
  size_t open_ = 0;
};

}  // namespace offing::test

#endif  // OFFING_TESTS_UNIT_TLS_TEST_KIT_H_
