// R2 for all its doors: bindings, S3, REST, the workerd protocol. Turns an R2Call into mutations and
// reads of storage/r2 at a time of the world, writes the trace and answers.
//
// A write's body is read first, in pieces, into a blob; then, at one instant, lock, condition and
// commit are decided (spec/r2.md C5, C11, C14). In memory that instant is when the last byte came. With
// a state directory all mutations of a world turn are decided and committed together at the turn's end,
// and answered after it (C6). Reads see what is committed, from anywhere, at once (C1-C4).
// Every answer is an event of the world: never before `call` returns. An answer's body may be read later,
// or never; the version it shows stays until then.
// Owner: the Stack. Threading: the loop thread. The service outlives every callback given to it.
#ifndef OFFING_EMULATOR_SERVICES_R2_SERVICE_H_
#define OFFING_EMULATOR_SERVICES_R2_SERVICE_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/services/r2_settings.h"
#include "emulator/world/link_state.h"
#include "emulator/world/world.h"
#include "runtime/bindings/r2_call.h"

namespace offing {

// Who asks, for the trace.
struct R2Caller {
  uint64_t request = 0;          // the client's request, 0: none
  std::string_view location;     // of the guest; "" for the other doors
  std::string_view door = "binding";   // binding, s3, rest, protocol, lifecycle
};

class R2Service {
 public:
  // `state_directory`: an existing one, "" for memory. The error is for the user.
  static std::expected<std::unique_ptr<R2Service>, std::string> open(World& world,
                                                                     R2Settings settings,
                                                                     std::string state_directory);
  // Buckets, their rules and objects, uploads, jobs and settings at one moment. Immutable: any number
  // of services may begin from one.
  class State;
  // Goes on from there, in memory; buckets keep their ids. Calls without an answer, and bodies on their
  // way, stay with the original, and with them what it knows of writers that overlapped (C9): those
  // windows begin anew. So does `deliver_notifications_to`.
  static std::expected<std::unique_ptr<R2Service>, std::string> open(World& world,
                                                                     const State& state);
  // Of a service in memory.
  std::shared_ptr<const State> copy_state() const;
  // Writes `directory`/r2, as `--state` has it, without jobs. The error: it is there already, or cannot
  // be written.
  std::expected<void, std::string> dump(const std::string& directory) const;
  // What a state directory holds. It is free again when this returns. The error is that of `open`, or
  // that there is no such directory.
  static std::expected<std::shared_ptr<const State>, std::string> load_state(
      World& world, R2Settings settings, const std::string& directory);
  ~R2Service();
  R2Service(const R2Service&) = delete;
  R2Service& operator=(const R2Service&) = delete;

  // The id of the bucket of a binding, made when it is not there: as `wrangler dev` does.
  uint32_t bucket_for_binding(std::string_view name, std::string_view jurisdiction);

  // `call.bucket` is an id. An id that is no bucket (any more): kNoSuchBucket.
  void call(const R2Caller& caller, R2Call call, R2Callback done);

  // ---- Buckets and their rules, for S3, REST and commands. Done (and durable) when these return; a
  // mutation that commits later is judged by them (2.2 item 7). Names are as valid ones.
  std::vector<const r2::Bucket*> buckets() const;              // by name
  const r2::Bucket* find_bucket(std::string_view name) const;  // null: none
  std::expected<const r2::Bucket*, r2::Error> create_bucket(r2::BucketSettings settings);
  std::expected<void, r2::Error> delete_bucket(std::string_view name);
  std::expected<void, r2::Error> set_default_class(std::string_view name, r2::StorageClass value);
  std::expected<void, r2::Error> set_locks(std::string_view name, std::vector<r2::LockRule> rules);
  std::expected<void, r2::Error> set_lifecycle(std::string_view name,
                                               std::vector<r2::LifecycleRule> rules);
  std::expected<void, r2::Error> set_cors(std::string_view name, std::vector<r2::CorsRule> rules);
  std::expected<void, r2::Error> set_notifications(std::string_view name,
                                                   std::vector<r2::NotificationRule> rules);

  // Deletes all objects with a prefix, as REST's job does (3.3); locked ones stay. It runs as an
  // event of its own. The id is a UUID.
  struct PrefixJob {
    std::string id;
    std::string prefix;
    bool completed = false;
    int64_t started_ms = 0, ended_ms = 0;
    uint64_t deleted = 0;
    bool is_bucket_clear = false;
    uint32_t bucket = 0;   // its id
  };
  std::expected<PrefixJob, r2::Error> delete_prefix(std::string_view bucket, std::string prefix);
  const PrefixJob* find_job(std::string_view id) const;

  // Where event notifications go (3.2): queue name and the message's body. None: to the trace only.
  using NotificationSink = std::function<void(std::string_view queue, const std::string& body)>;
  void deliver_notifications_to(NotificationSink sink);

  // Fixtures and tests: stores an object as if it had been uploaded at that time. No lock is asked.
  std::expected<void, r2::Error> seed(std::string_view bucket, r2::Object object, std::string body);

  // How guests in this location reach R2 (emulator/topology/network.h): cut, their calls answer 503
  // (10043); held, they wait. Other doors are not in a location.
  void set_central(std::string_view location, LinkState state);
  // Commits what waits for the turn's end, now. Call before destroying the world.
  void flush();
  const R2Settings& settings() const;
  World& world();

 private:
  class Impl;
  explicit R2Service(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_SERVICES_R2_SERVICE_H_
