// On whose behalf something in the trace happened: each request of a client, and each event of a
// Durable Object that it led to, belongs to the client's session. A session is what the client
// calls itself (header offing-session), else the location where it landed; an alarm, which nobody
// asked for, is a session of its own for each object, a cron trigger one for each expression.
#ifndef OFFING_EMULATOR_INVARIANTS_CLIENTS_H_
#define OFFING_EMULATOR_INVARIANTS_CLIENTS_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "emulator/trace/trace.h"

namespace offing::invariants {

// A place in the trace, as a report names it.
struct Moment {
  uint64_t sequence = 0;  // 0: none
  int64_t at_us = 0;
  uint64_t request = 0;
  std::string what = {};  // "put of SESSIONS/user:7 (version 2)"
};

// A key of KV or R2: "kv" or "r2", namespace or bucket, key.
struct KeyName {
  std::string store;
  std::string space;
  std::string key;
  auto operator<=>(const KeyName&) const = default;
  std::string text() const { return space + "/" + key; }
};

struct Client {
  uint64_t root = 0;  // the client's request, or the event itself when nobody asked for it
  std::string session;
  std::string location;  // where the client's request landed
  std::string what;      // "GET /me"; "alarm of Bucket"
  uint16_t status = 0;   // of the answer; 0: none yet
  // What this one request, or event, has seen of each key, and what it was refused.
  std::map<KeyName, std::pair<uint64_t, Moment>> reads = {};
  std::map<KeyName, Moment> refused = {};  // kept at the root's
};

class Clients {
 public:
  static constexpr size_t kClientsMax = 65'536;  // remembered; then the oldest is forgotten
  static constexpr size_t kKeysMax = 256;        // of one request

  void on_request(const trace::RequestEvent& event);
  void on_cron(const trace::CronEvent& event);
  void on_object_call(const trace::ObjectCallEvent& event);
  // Null for what nobody is known to have asked for.
  Client* find(uint64_t request);
  Client* root_of(const Client& client) { return find(client.root); }
  // In the order of their beginning.
  template <class F>
  void each(F f) {
    for (uint64_t request : order_) f(*find(request));
  }

 private:
  void add(uint64_t request, Client client);
  std::unordered_map<uint64_t, Client> clients_;
  std::deque<uint64_t> order_;
};

// "41 s", "350 ms", "2.5 h"
std::string duration_text(int64_t us);

}  // namespace offing::invariants

#endif  // OFFING_EMULATOR_INVARIANTS_CLIENTS_H_
