// The inside of KvService. kv_service.cc: operations, commits and answers. kv_way.cc: what may keep a call
// from the store, fault rules and links.
#ifndef OFFING_EMULATOR_SERVICES_KV_SERVICE_IMPL_H_
#define OFFING_EMULATOR_SERVICES_KV_SERVICE_IMPL_H_

#include <cassert>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "emulator/services/central_way.h"
#include "emulator/services/kv_service.h"
#include "storage/kv/disk.h"
#include "storage/kv/store.h"

namespace offing {

// Lends the world's streams to the store.
class KvLentStreams final : public RandomStreams {
 public:
  explicit KvLentStreams(World& world) : world_(world) {}
  Randomness& stream(std::string_view name) override {
    return streams_.emplace_back(world_.random(name));
  }

 private:
  struct One final : Randomness {
    explicit One(Random& lent) : random(lent) {}
    double uniform() override { return random.uniform(); }
    Random& random;
  };
  World& world_;
  std::deque<One> streams_;
};

// Of a state, which draws nothing.
class KvNoStreams final : public RandomStreams {
 public:
  Randomness& stream(std::string_view) override { return none_; }

 private:
  struct None final : Randomness {
    double uniform() override {
      assert(!"a state draws no numbers");
      return 0;
    }
  };
  None none_;
};

inline KvAnswer refusal(kv::Refusal why) {
  KvAnswer answer;
  answer.error = std::move(why.text);
  answer.error_is_type_error = why.is_type_error;
  return answer;
}

class KvService::State {
 public:
  KvNoStreams streams;
  std::unique_ptr<kv::Store> store;
};

class KvService::Impl final : public kv::Watcher {
 public:
  explicit Impl(World& world) : world_(world), lent_(world), way_(world) {}
  ~Impl() override {
    if (delivery_) world_.cancel(delivery_);
  }
  std::expected<void, std::string> open(KvSettings settings, std::vector<std::string> locations,
                                        const std::string& state_dir);
  void open(const State& state) {
    store_ = state.store->copy(lent_);
    arm_delivery();
  }
  std::expected<void, std::string> set_settings(KvSettings settings) {
    advance();
    auto set = store_->set_settings(std::move(settings), lent_);
    arm_delivery();
    return set;
  }
  Inspected inspect(std::string_view namespace_id, std::string_view key) const;
  void call(uint32_t location, uint64_t request, uint32_t ns, KvCall call, KvCallback done);
  std::expected<void, std::string> seed(kv::Write write);
  void flush();
  void set_link(uint32_t from, uint32_t to, LinkState state);
  void set_central(uint32_t location, LinkState state);
  kv::Store& store() { return *store_; }
  const kv::Store& store() const { return *store_; }
  int64_t now_ms() const { return world_.now_ms(); }

 private:
  // A write that was called for and not yet answered.
  struct Pending {
    kv::Write write;
    KvCallback done;
  };

  // kv_way.cc: what stands between a call and the store. `call` goes through both, then to `serve`.
  bool pass_rules(uint32_t location, uint64_t request, uint32_t ns, KvCall& call, KvCallback& done);
  void reach(uint32_t location, uint64_t request, uint32_t ns, KvCall call, KvCallback done);
  bool needs_central(uint32_t location, uint32_t ns, const KvCall& call) const;
  void refuse_call(uint32_t location, uint64_t request, uint32_t ns, KvCall call, KvCallback done,
                   kv::Refusal why);

  void serve(uint32_t location, uint64_t request, uint32_t ns, KvCall call, KvCallback done);
  KvAnswer get(uint32_t location, uint64_t request, uint32_t ns, const KvCall& call);
  KvAnswer get_bulk(uint32_t location, uint64_t request, uint32_t ns, const KvCall& call);
  KvAnswer list(uint32_t location, uint64_t request, uint32_t ns, const KvCall& call);
  kv::ReadResult read(uint32_t location, uint64_t request, uint32_t ns, const KvCall& call,
                      const std::string& key);
  void put(Pending pending, KvCall call);
  void put_value(Pending pending, std::string value);
  void stream_ended(Pending pending, Chunk all, uint64_t count_bytes);
  void write(Pending pending);
  void commit_or_apply(Pending pending);
  void apply(Pending pending);
  void refuse_write(Pending pending, kv::Refusal why, bool is_delete);
  void answer(KvCallback done, KvAnswer answer);
  void deliver_next();
  void advance();
  void arm_delivery();
  void arrived(uint32_t ns, const kv::Entry& entry, const kv::Version& version,
               uint32_t location) override;

  World& world_;
  KvLentStreams lent_;
  std::unique_ptr<kv::Store> store_;
  std::unique_ptr<kv::Disk> disk_;
  CentralWay way_;
  std::vector<Pending> uncommitted_;
  bool flush_due_ = false;
  std::deque<std::pair<KvCallback, KvAnswer>> answers_;  // one posted event for each
  EventId delivery_ = 0;
  int64_t delivery_at_ms_ = kv::kNever;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_SERVICES_KV_SERVICE_IMPL_H_
