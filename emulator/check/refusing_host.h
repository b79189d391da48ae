// The outside of a Worker that is only started, never asked anything: time stands at 0 as it does in
// the platform's global scope (spec/limits.md 6), randomness is always the same, and whatever would
// need an answer gets none. What the Worker prints and fails with meanwhile is kept.
#ifndef OFFING_EMULATOR_CHECK_REFUSING_HOST_H_
#define OFFING_EMULATOR_CHECK_REFUSING_HOST_H_

#include <string>
#include <vector>

#include "runtime/host.h"

namespace offing::check {

class RefusingHost final : public Host {
 public:
  // "log: text", "Uncaught (in rejection) Error: …"
  const std::vector<std::string>& lines() const { return lines_; }

  int64_t now_ms() override { return 0; }
  TimerId set_timer(RequestId, int64_t, std::move_only_function<void()>) override { return 1; }
  void clear_timer(TimerId) override {}
  double random() override;
  void random_bytes(std::span<uint8_t> bytes) override;
  void fetch(RequestId, Request, FetchCallback) override {}
  void kv(RequestId, KvCall, KvCallback) override {}
  void r2(RequestId, R2Call, R2Callback) override {}
  void call_fetch(RequestId, CallTarget, Request, ActorFetchCallback) override {}
  void call_rpc(RequestId, CallTarget, RpcCall, RpcDone) override {}
  void post(std::move_only_function<void()>) override {}
  uint64_t new_number() override { return next_number_++; }
  uint32_t location_index() const override { return 0; }
  bool make_durable(RequestId,
                    std::move_only_function<void(std::expected<void, GuestError>)>) override {
    return true;
  }
  void actor_broken(RequestId, const GuestError&, bool) override {}
  durable::ObjectStorage& actor_storage(RequestId) override;
  ActorSockets& actor_sockets(RequestId) override;
  void log(RequestId request, std::string_view level, std::string_view text) override;
  void uncaught(RequestId request, std::string_view where, std::string_view text,
                std::string_view stack) override;

 private:
  static constexpr size_t kLinesMax = 100;
  void keep(std::string line);

  std::vector<std::string> lines_;
  uint64_t next_number_ = 1;
  uint64_t random_state_ = 0x9e3779b97f4a7c15;
};

}  // namespace offing::check

#endif  // OFFING_EMULATOR_CHECK_REFUSING_HOST_H_
