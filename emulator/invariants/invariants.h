// Invariants without code: promises that a Worker's author takes for granted, checked over the
// trace of a run. Each is off until asked for, and most can be asked of some keys only.
//
//   no_stale_auth_reads         no read of these keys serves what a newer, acknowledged write has
//   replaced read_your_writes            a session reads what it wrote itself, or something newer
//   monotonic_reads             a session never reads something older than it has read before
//   no_lost_update              who reads a key and puts it has not overwritten a write it never
//   saw no_acknowledged_write_lost  an acknowledged write stays; and no success is answered over a
//   refused one no_limit_exceeded           nobody is stopped or refused by a limit of the platform
//
// Reads and writes of KV and R2 are points: a read's event stands where its value was decided, a
// write's where it was acknowledged. So the order of the trace is the order of the operations, and
// nothing is reported that was merely under way at the same time. Knows the trace and nothing else
// of the emulator.
#ifndef OFFING_EMULATOR_INVARIANTS_INVARIANTS_H_
#define OFFING_EMULATOR_INVARIANTS_INVARIANTS_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/invariants/clients.h"
#include "emulator/invariants/versions.h"
#include "emulator/trace/trace.h"

namespace offing::invariants {

enum class Invariant : uint8_t {
  kNoStaleAuthReads,
  kReadYourWrites,
  kMonotonicReads,
  kNoLostUpdate,
  kNoAcknowledgedWriteLost,
  kNoLimitExceeded,
};
inline constexpr std::array<std::string_view, 6> kNames = {
    "no_stale_auth_reads", "read_your_writes",           "monotonic_reads",
    "no_lost_update",      "no_acknowledged_write_lost", "no_limit_exceeded"};
std::optional<Invariant> invariant_from(std::string_view name);
inline std::string_view name_of(Invariant invariant) {
  return kNames[static_cast<size_t>(invariant)];
}

struct Settings {
  struct One {
    bool on = false;
    std::vector<std::string> keys = {};  // globs over "namespace/key"; empty: every key
  };
  std::array<One, kNames.size()> of = {};

  One& at(Invariant invariant) { return of[static_cast<size_t>(invariant)]; }
  const One& at(Invariant invariant) const { return of[static_cast<size_t>(invariant)]; }
  bool any() const;
};

// `*` is any run of bytes, `?` any one.
bool glob_matches(std::string_view glob, std::string_view text);

struct Violation {
  Invariant invariant;
  KeyName key;           // all empty when it is about none
  std::string location;  // where it showed
  std::string session;
  Moment event;      // where it showed
  Moment against;    // what that contradicts; sequence 0: nothing
  std::string text;  // a sentence
};

class Invariants final : public trace::Reader {
 public:
  static constexpr size_t kViolationsMax = 1000;  // kept; all are counted
  static constexpr size_t kSeenMax = 200'000;     // keys by session that are followed

  explicit Invariants(Settings settings) : settings_(std::move(settings)) {}
  void on_event(const trace::Stamp& stamp, const trace::Event& event) override;
  // The run is over: what only then is certain. Once.
  void finish();

  const Settings& settings() const { return settings_; }
  const std::vector<Violation>& violations() const { return violations_; }
  uint64_t count() const { return count_; }
  std::string text() const;  // "" when all hold
  std::string json() const;  // {"checked":[…],"violations":[…],"count":N,"complete":bool}

 private:
  struct Read {
    uint64_t served;
    uint64_t newest;
    bool absent;  // served nothing
    bool newest_absent;
    bool stale;
  };
  struct Seen {  // by one session, of one key
    uint64_t written = 0;
    uint64_t read = 0;
    Moment written_at = {};
    Moment read_at = {};
  };
  // Something that an event says, and who it was for.
  struct Context {
    const trace::Stamp& stamp;
    uint64_t request;
    std::string_view location;
    Client* client;  // may be null
    std::string session;
    std::string who;  // "GET /me in SIN"
  };
  Context context(const trace::Stamp& stamp, uint64_t request, std::string_view location);
  void on_kv_read(const trace::Stamp& stamp, const trace::KvReadEvent& event);
  void on_kv_write(const trace::Stamp& stamp, const trace::KvWriteEvent& event);
  void on_r2_read(const trace::Stamp& stamp, const trace::R2ReadEvent& event);
  void on_r2_write(const trace::Stamp& stamp, const trace::R2WriteEvent& event);
  void on_response(const trace::Stamp& stamp, const trace::ResponseEvent& event);

  void read(const Context& c, const KeyName& key, const Read& read);
  void write(const Context& c, const KeyName& key, uint64_t version, bool deletes);
  void refused(const Context& c, const KeyName& key, std::string_view op, std::string_view error);
  void limit(const Context& c, std::string_view what);
  bool wants(Invariant invariant, const KeyName& key) const;
  Seen* seen(const Context& c, const KeyName& key);
  void report(Violation violation);

  Settings settings_;
  Clients clients_;
  std::map<KeyName, Versions> versions_;
  std::map<std::pair<std::string, KeyName>, Seen> seen_;
  bool complete_ = true;
  bool finished_ = false;
  uint64_t count_ = 0;
  std::vector<Violation> violations_;
};

}  // namespace offing::invariants

#endif  // OFFING_EMULATOR_INVARIANTS_INVARIANTS_H_
