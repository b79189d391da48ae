// `offing ctl …`: one request to the control API of a running `offing dev`.
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "emulator/cli/commands.h"
#include "emulator/cli/ctl_words.h"
#include "emulator/control/json.h"
#include "emulator/http/client.h"
#include "emulator/s3/s3_uri.h"

namespace offing::cli {
namespace {

class Ctl {
 public:
  explicit Ctl(const CtlArguments& arguments) : arguments_(arguments), client_(world_) {}

  int run(CtlCall call) {
    absolute(call.arguments);
    client_.fetch(request_of(call), [this](std::expected<Response, std::string> response) {
      if (!response) {
        std::fprintf(stderr,
                     "offing ctl: nothing answers at %s (%s). Start the Worker with `offing dev`, "
                     "or say where "
                     "it serves with --url\n",
                     arguments_.url.c_str(), response.error().c_str());
        return end(1);
      }
      answered(std::move(*response));
    });
    world_.run();
    return code_;
  }

 private:
  // The daemon has another directory.
  static void absolute(rapidjson::Document& arguments) {
    auto at = arguments.FindMember("directory");
    char here[PATH_MAX];
    if (at == arguments.MemberEnd() || !at->value.IsString() ||
        getcwd(here, sizeof here) == nullptr)
      return;
    const std::string_view given = control::text_of(at->value);
    if (given.starts_with('/')) return;
    const std::string whole = std::string(here) + "/" + std::string(given);
    at->value.SetString(whole.c_str(), static_cast<rapidjson::SizeType>(whole.size()),
                        arguments.GetAllocator());
  }
  Request request_of(const CtlCall& call) const {
    Request request;
    request.method = call.verb->method;
    std::string url = arguments_.url;
    while (url.ends_with('/')) url.pop_back();
    request.url = url + "/cdn-cgi/offing/" + std::string(call.verb->path);
    request.headers.add("offing-control", "1");
    if (!arguments_.world.empty()) request.headers.add("offing-world", arguments_.world);
    if (call.verb->method != "GET") {
      request.headers.add("content-type", "application/json");
      request.has_body = true;
      request.body = control::json_of(call.arguments);
      return request;
    }
    char before = '?';
    for (auto at = call.arguments.MemberBegin(); at != call.arguments.MemberEnd(); ++at) {
      const std::string value = at->value.IsString() ? std::string(control::text_of(at->value))
                                                     : control::json_of(at->value);
      request.url += std::exchange(before, '&') + std::string(control::text_of(at->name)) + "=" +
                     s3::percent_encode(value, false);
    }
    return request;
  }

  void answered(Response response) {
    status_ = response.status;
    if (!response.stream) return finish(response.body);
    if (response.headers.get("content-type").value_or("").starts_with("text/event-stream")) {
      stream_ = std::move(response.stream);
      return follow();
    }
    read_all(std::move(response.stream), uint64_t{1} << 30, [this](Chunk chunk) {
      if (chunk.kind == Chunk::Kind::kError) {
        std::fprintf(stderr, "offing ctl: %s\n", chunk.bytes.c_str());
        return end(1);
      }
      finish(chunk.bytes);
    });
  }
  // Prints the data of each event, until the stream ends.
  void follow() {
    stream_->read([this](Chunk chunk) {
      if (chunk.kind != Chunk::Kind::kData) return end(chunk.kind == Chunk::Kind::kEnd ? 0 : 1);
      line_ += chunk.bytes;
      for (size_t at = line_.find('\n'); at != line_.npos; at = line_.find('\n')) {
        const std::string_view line = std::string_view(line_).substr(0, at);
        if (line.starts_with("data: "))
          std::printf("%.*s\n", static_cast<int>(line.size() - 6), line.data() + 6);
        line_.erase(0, at + 1);
      }
      std::fflush(stdout);
      world_.post([this] { follow(); });
    });
  }
  void finish(const std::string& body) {
    rapidjson::Document answer;
    answer.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
    if (answer.HasParseError() || !answer.IsObject()) {
      std::fprintf(
          stderr,
          "offing ctl: what answers at %s is not offing, or another version of it (HTTP %u)\n",
          arguments_.url.c_str(), status_);
      return end(1);
    }
    if (status_ >= 300) {
      const auto error = answer.FindMember("error");
      const bool told = error != answer.MemberEnd() && error->value.IsObject() &&
                        error->value.HasMember("message") && error->value["message"].IsString();
      if (arguments_.json || !told)
        std::fputs(body.c_str(), stderr);
      else
        std::fprintf(stderr, "offing ctl: %s\n", error->value["message"].GetString());
      return end(1);
    }
    std::fputs(arguments_.json ? body.c_str() : ctl_text(answer).c_str(), stdout);
    end(0);
  }
  void end(int code) {
    code_ = code;
    world_.stop();
  }

  const CtlArguments& arguments_;
  RealWorld world_{std::nullopt};
  http::Client client_;
  std::unique_ptr<ByteSource> stream_;
  std::string line_;
  unsigned status_ = 0;
  int code_ = 1;
};

}  // namespace

int run_ctl(const CtlArguments& arguments) {
  if (auto help = ctl_help_asked(arguments.words)) return std::fputs(help->c_str(), stdout), 0;
  if (!arguments.url.starts_with("http://") && !arguments.url.starts_with("https://"))
    return std::fprintf(stderr, "offing ctl: --url: \"%s\" must begin with http://\n",
                        arguments.url.c_str()),
           2;
  auto call = parse_ctl(arguments.words);
  if (!call) return std::fprintf(stderr, "offing ctl: %s\n", call.error().c_str()), 2;
  return Ctl(arguments).run(std::move(*call));
}

}  // namespace offing::cli
