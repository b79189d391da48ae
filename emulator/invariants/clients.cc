#include "emulator/invariants/clients.h"

#include <cstdio>

namespace offing::invariants {

// "https://shop.example/a?b" to "/a?b".
static std::string_view target_of(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == url.npos) return url;
  const size_t path = url.find('/', scheme + 3);
  return path == url.npos ? "/" : url.substr(path);
}

void Clients::add(uint64_t request, Client client) {
  if (!clients_.emplace(request, std::move(client)).second) return;
  order_.push_back(request);
  if (order_.size() <= kClientsMax) return;
  clients_.erase(order_.front());
  order_.pop_front();
}

void Clients::on_request(const trace::RequestEvent& event) {
  Client client{
      .root = event.request, .session = {}, .location = std::string(event.location), .what = {}};
  client.session = event.session.empty() ? event.location : event.session;
  client.what = std::string(event.method) + " " + std::string(target_of(event.url));
  add(event.request, std::move(client));
}

void Clients::on_cron(const trace::CronEvent& event) {
  Client client{
      .root = event.request, .session = {}, .location = std::string(event.location), .what = {}};
  client.session = client.what = "cron " + std::string(event.cron);
  add(event.request, std::move(client));
}

void Clients::on_object_call(const trace::ObjectCallEvent& event) {
  Client client;
  if (const Client* caller = event.caller == 0 ? nullptr : find(event.caller)) {
    client.root = caller->root;
    client.session = caller->session;
    client.location = caller->location;
    client.what = caller->what;
  } else {
    const std::string object =
        std::string(event.class_name) + " " + std::string(event.object.substr(0, 8));
    client.root = event.request;
    client.session = object;
    client.location = event.location;
    client.what = std::string(event.kind) + " of " + object;
  }
  add(event.request, std::move(client));
}

Client* Clients::find(uint64_t request) {
  auto at = clients_.find(request);
  return at == clients_.end() ? nullptr : &at->second;
}

std::string duration_text(int64_t us) {
  static constexpr struct {
    int64_t us;
    const char* unit;
  } kUnits[] = {{86'400'000'000, "d"},
                {3'600'000'000, "h"},
                {60'000'000, "min"},
                {1'000'000, "s"},
                {1000, "ms"}};
  for (const auto& unit : kUnits) {
    // 90 s and 36 h read better than 1.5 min and 1.5 d.
    if (us < unit.us * (unit.us >= 60'000'000 ? 2 : 1)) continue;
    const int64_t tenths = (us * 10 + unit.us / 2) / unit.us;
    char text[40];
    if (tenths % 10 == 0 || tenths >= 1000)
      std::snprintf(text, sizeof text, "%lld %s", static_cast<long long>(tenths / 10), unit.unit);
    else
      std::snprintf(text, sizeof text, "%lld.%lld %s", static_cast<long long>(tenths / 10),
                    static_cast<long long>(tenths % 10), unit.unit);
    return text;
  }
  return us == 0 ? "0 s" : std::to_string(us) + " us";
}

}  // namespace offing::invariants
