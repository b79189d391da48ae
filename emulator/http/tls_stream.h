// The client's side of TLS 1.2 and 1.3, by the engine's OpenSSL: bytes in, bytes out, no socket.
//
// A context holds the trusted CAs, read once. A stream is one connection: `receive` takes what came
// from the socket, `write` what is to be sent; what must go to the socket gathers in `output`. The
// server's certificate must lead to a trusted CA and name the host. ALPN says http/1.1.
// Certificates are judged by the system's calendar, also in a virtual world: they are not its own.
// Private to emulator/http.
#ifndef OFFING_EMULATOR_HTTP_TLS_STREAM_H_
#define OFFING_EMULATOR_HTTP_TLS_STREAM_H_

#include <expected>
#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;
struct bio_st;

namespace offing::http {

class TlsContext {
 public:
  // `ca_file` is PEM; empty means the system's store. The error names the file.
  static std::expected<std::unique_ptr<TlsContext>, std::string> open(const std::string& ca_file);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  ssl_ctx_st* get() const { return context_; }
  const std::string& ca_file() const { return ca_file_; }

 private:
  TlsContext(ssl_ctx_st* context, std::string ca_file)
      : context_(context), ca_file_(std::move(ca_file)) {}
  ssl_ctx_st* context_;
  std::string ca_file_;
};

class TlsStream {
 public:
  // Starts the handshake; `host` is a name or an address without brackets. The context outlives it.
  TlsStream(const TlsContext& context, const std::string& host);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;

  // Appends to `plain` what `coded` holds, if only a part of a record then nothing. The error says
  // what is wrong, the certificate's problem first.
  std::expected<void, std::string> receive(std::string_view coded, std::string& plain);
  bool ready() const { return ready_; }         // the handshake is done
  bool peer_ended() const { return peer_ended_; }  // the server said that nothing follows
  // Only when `ready`.
  std::expected<void, std::string> write(std::string_view plain);
  void end();  // says that nothing follows
  std::string take_output();

 private:
  std::expected<void, std::string> shake();
  std::string reason() const;

  const TlsContext& context_;
  std::string host_;
  ssl_st* ssl_;
  bio_st* in_;   // ssl_'s
  bio_st* out_;  // ssl_'s
  bool ready_ = false;
  bool peer_ended_ = false;
};

}  // namespace offing::http

#endif  // OFFING_EMULATOR_HTTP_TLS_STREAM_H_
