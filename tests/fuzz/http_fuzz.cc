// Feeds bytes in pieces into the request parser. The first byte seeds the sizes of the pieces; the
// rest is what a client sends. Checks what must hold for any input: the way it is cut changes
// nothing, limits hold, and a head that passed has one framing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "emulator/http/host_rules.h"
#include "emulator/http/request_parser.h"

namespace {

using offing::http::RequestLimits;
using offing::http::RequestParser;

constexpr RequestLimits kLimits{1024, 4096, 65536};

void require(bool holds) {
  if (!holds) std::abort();
}

// What came of the input, in a form that two runs can be compared by.
std::string digest(std::string_view input, uint32_t seed) {
  RequestParser parser(&kLimits);
  offing::http::HostRules rules("127.0.0.1", 80, {});
  std::string out;
  size_t body_bytes = 0;
  while (!input.empty()) {
    seed = seed * 1664525u + 1013904223u;
    const size_t size = seed == 0 ? input.size() : 1 + (seed >> 16) % 97;
    std::string_view piece = input.substr(0, size);
    input.remove_prefix(piece.size());
    for (bool more = true; more;) {
      const size_t before = piece.size();
      const RequestParser::Step step = parser.parse(piece);
      require(piece.size() <= before);
      out += parser.body();
      body_bytes += parser.body().size();
      parser.body().clear();
      require(body_bytes <= kLimits.body_bytes_max);
      switch (step) {
        case RequestParser::Step::kMore:
          require(piece.empty());
          more = false;
          break;
        case RequestParser::Step::kHead: {
          auto& head = parser.head();
          require(head.target.size() <= kLimits.url_bytes_max);
          require(!(head.chunked && head.content_length > 0));
          const auto refusal = rules.complete(head);
          out += "HEAD " + head.request.method + " " + head.request.url;
          for (offing::Header h : head.request.headers) {
            out.append("\n").append(h.name).append("=").append(h.value);
          }
          if (refusal) out += std::to_string(refusal->status);
          break;
        }
        case RequestParser::Step::kEnd:
          out += "END";
          body_bytes = 0;
          parser.next();
          break;
        case RequestParser::Step::kRefused:
          require(parser.refusal().status >= 400 && parser.refusal().status < 600);
          require(!parser.refusal().text.empty());
          return out + "REFUSED";
      }
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  require(digest(input, data[0]) == digest(input, data[0] * 31u + 7u));
  return 0;
}
