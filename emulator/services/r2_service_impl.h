// The inside of R2Service. r2_service.cc: calls, reads and answers. r2_writes.cc: how a write becomes
// a commit. r2_way.cc: what may keep a call from the store. r2_upkeep.cc: lifecycle sweeps and deletions by prefix.
#ifndef OFFING_EMULATOR_SERVICES_R2_SERVICE_IMPL_H_
#define OFFING_EMULATOR_SERVICES_R2_SERVICE_IMPL_H_

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "emulator/services/central_way.h"
#include "emulator/services/r2_overlap.h"
#include "emulator/services/r2_receiver.h"
#include "emulator/services/r2_service.h"
#include "storage/r2/store.h"

namespace offing {

inline R2Answer refusal(r2::Error error) {
  R2Answer answer;
  answer.error = std::move(error);
  return answer;
}

class R2Service::State {
 public:
  R2Settings settings;
  std::unique_ptr<r2::Store> store;
  std::map<std::string, PrefixJob, std::less<>> jobs;
};

class R2Service::Impl {
 public:
  Impl(World& world, R2Settings settings)
      : world_(world), settings_(std::move(settings)),
        overlap_(settings_.refuse_overlapping_writes, settings_.write_window_ms), way_(world) {}
  ~Impl();
  std::expected<void, std::string> open(std::string state_directory);
  std::expected<void, std::string> open(const State& state);
  void call(const R2Caller& caller, R2Call call, R2Callback done);
  void flush();

  // Runs `change` as one committed transaction.
  std::expected<void, r2::Error> manage(const std::function<std::expected<void, r2::Error>()>& change);
  std::expected<void, r2::Error> change(std::string_view name,
                                        const std::function<void(r2::Bucket&)>& how);
  std::expected<PrefixJob, r2::Error> delete_prefix(std::string_view bucket, std::string prefix);
  void arm_sweep();   // looks at everything
  void set_central(std::string_view location, LinkState state) { way_.set(location, state); }

  World& world() { return world_; }
  r2::Store& store() { return *store_; }
  const r2::Store& store() const { return *store_; }
  const R2Settings& settings() const { return settings_; }
  std::map<std::string, PrefixJob, std::less<>> jobs;
  NotificationSink sink;

 private:
  // A write that was called for and is not answered.
  struct Write {
    uint64_t request;
    std::string location;
    std::string door;
    std::string nfc_key;            // of `call.key`, when it counts for overlaps
    std::vector<std::string> nfc_keys;   // of a delete of several, those that count
    R2Call call;
    R2Callback done;
    std::vector<std::string> removed;    // keys that a delete took away
  };
  using WritePtr = std::unique_ptr<Write>;

  // `call` goes through both, then to `serve`.
  bool pass_rules(const R2Caller& caller, R2Call& call, R2Callback& done);
  void reach(const R2Caller& caller, R2Call call, R2Callback done);
  void refuse_call(const R2Caller& caller, R2Call call, R2Callback done, r2::Error why);

  void serve(const R2Caller& caller, R2Call call, R2Callback done);
  void answer(R2Callback done, R2Answer answer);
  void deliver_next();
  R2Answer read(const R2Caller& caller, R2Call& call);
  R2Answer get(const R2Call& call, bool check_ssec);
  R2Answer list(const R2Call& call);
  R2Answer list_parts(const R2Call& call);
  R2Answer list_uploads(const R2Call& call);
  void trace_read(const R2Caller& caller, const R2Call& call, const R2Answer& answer);

  void write(WritePtr write);
  std::optional<r2::Error> refuse_early(Write& write);
  bool take_keys(Write& write);
  void begin(WritePtr write);
  void receive(WritePtr write);
  void received(WritePtr write, std::expected<R2Received, R2ReceiveFailed> body);
  void receive_copy(WritePtr write);
  std::optional<r2::Error> check_digests(Write& write, const R2Received& body);
  void lose_part(const R2Call& call);
  void decide_later(WritePtr write, R2Received body);
  R2Answer decide(Write& write, R2Received body);
  R2Answer decide_put(Write& write, R2Received body);
  R2Answer decide_delete(Write& write);
  R2Answer decide_part(Write& write, R2Received body);
  void finish(WritePtr write, R2Answer answer);
  void trace_write(const Write& write, const R2Answer& answer);
  void notify(const Write& write, const R2Answer& answer);
  void notify(const r2::Bucket& bucket, r2::Action action, std::string_view key,
              const r2::Object* object, const R2Call* copy);

  std::expected<void, std::string> make_start_buckets();
  void sweep();
  int64_t due_of(const r2::Bucket& bucket, std::string_view nfc_key, const r2::Object& object) const;
  void due_at(int64_t due_ms);
  void run_job(const std::string& id, uint32_t bucket);

  World& world_;
  R2Settings settings_;
  R2Overlap overlap_;
  CentralWay way_;
  std::unique_ptr<r2::Store> store_;
  std::deque<std::pair<R2Callback, R2Answer>> answers_;   // one posted event for each
  std::vector<std::pair<WritePtr, R2Received>> undecided_;   // of this turn, with a state directory
  bool flush_due_ = false;
  EventId sweep_ = 0;
  int64_t sweep_at_ms_ = r2::kNeverDue;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_SERVICES_R2_SERVICE_IMPL_H_
