#include "emulator/cli/s3_door.h"

#include <utility>

#include "emulator/gateway/error_page.h"

namespace offing::cli {

constexpr uint16_t kUsualPort = 9000;

std::expected<std::unique_ptr<S3Door>, std::string> S3Door::open(Stages& stages,
                                                                 http::ServerOptions options,
                                                                 std::optional<uint16_t> port) {
  std::unique_ptr<S3Door> door(new S3Door(stages));
  door->host_ = options.host;
  options.body_bytes_max = S3Front::kBodyBytesMax;
  options.own_body_limit_prefix.clear();
  // The platform's own hosts (5.1): no web page can make these names its own.
  options.allowed_hosts.emplace_back("*.r2.cloudflarestorage.com");
  options.port = port.value_or(kUsualPort);
  auto server = http::Server::listen(stages.house(), *door, options);
  const bool taken = !server && server.error().find("in use") != std::string::npos;
  if (taken && !port) {
    options.port = 0;
    server = http::Server::listen(stages.house(), *door, options);
  }
  if (!server)
    return std::unexpected("the S3 API: " + server.error().substr(0, server.error().find(';')) +
                           (taken
                                ? "; stop what listens there, or take another port with --s3-port "
                                  "(0 takes any free one)"
                                : ""));
  door->server_ = std::move(*server);
  return door;
}

void S3Door::on_request(uint64_t ticket, Request request, ResponseCallback respond) {
  const std::string world(request.headers.get("offing-world").value_or("main"));
  Stage* stage = stages_.find(world);
  if (!stage) return respond(plain_answer(404, "offing-world: there is no world \"" + world + "\""));
  stage->s3(ticket, std::move(request), std::move(respond));
}

std::string S3Door::ready_line() const {
  const bool v6 = host_.find(':') != std::string::npos;
  const R2Token& token = stages_.main().stack().r2_tokens().all().front();
  return "offing: S3 on http://" + (v6 ? "[" + host_ + "]" : host_) + ":" +
         std::to_string(server_->port()) + " (access key id " + token.access_key_id +
         ", secret access key " + token.secret_access_key + ")";
}

}  // namespace offing::cli
