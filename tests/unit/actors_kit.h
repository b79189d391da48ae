// A whole run in one place, in virtual time: a Worker with Durable Objects from a string, its locations, its
// objects; requests are sent at times of the run's clock.
#ifndef OFFING_TESTS_UNIT_ACTORS_KIT_H_
#define OFFING_TESTS_UNIT_ACTORS_KIT_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/actors/actors.h"
#include "emulator/config/source_map.h"
#include "emulator/gateway/worker_gateway.h"
#include "emulator/services/kv_service.h"
#include "emulator/services/outbound.h"
#include "emulator/topology/topology.h"
#include "emulator/trace/readers.h"
#include "emulator/world/world.h"
#include "tests/unit/host_process.h"

namespace offing::test {

struct ActorsRunOptions {
  uint64_t seed = 1;
  std::vector<std::string> locations = {"LHR", "SIN", "IAD"};
  std::vector<std::string> faults;
  int64_t commit_delay_us = 0;
  std::string state;
  std::vector<ActorClass> classes;  // default: one, "Actor", bound as ACTOR
  std::string compatibility_date = "2026-06-01";
};

class ActorsRun {
 public:
  explicit ActorsRun(std::string_view main_module, ActorsRunOptions options = {});
  ~ActorsRun();

  struct Answer {
    bool came = false;
    uint16_t status = 0;
    std::string body;
    int64_t sent_us = 0;
    int64_t came_us = 0;
  };
  // Sends at `at_us` after the run's start. The reference is good for the run's life.
  const Answer& send(int64_t at_us, std::string_view location, std::string_view path,
                     std::string_view body = "");
  // Runs until all that was sent is answered, or nothing is left to happen.
  void run();
  // Goes on for so much of the run's time.
  void advance(int64_t us);
  // Sends now and runs until it is answered.
  Answer ask(std::string_view path, std::string_view location = "LHR");

  World& world() { return *world_; }
  Actors& actors() { return *actors_; }
  Topology& topology() { return *topology_; }
  std::string hash() const { return hash_.hex(); }
  // Texts of `exception` and `console` events so far.
  const std::vector<std::string>& log() const { return log_->lines; }

 private:
  struct Log final : trace::Reader {
    void on_event(const trace::Stamp& stamp, const trace::Event& event) override;
    std::vector<std::string> lines;
  };

  std::unique_ptr<VirtualWorld> world_;
  trace::Hash hash_;
  std::unique_ptr<Log> log_;
  Bundle bundle_;
  WorkerOptions worker_;
  std::unique_ptr<config::BundleSourceMaps> source_maps_;
  std::unique_ptr<KvService> kv_;
  std::unique_ptr<Outbound> outbound_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<Topology> topology_;
  std::unique_ptr<Actors> actors_;
  std::unique_ptr<WorkerGateway> gateway_;
  std::vector<std::unique_ptr<Answer>> answers_;
  int64_t start_us_ = 0;
  RequestId last_request_ = 0;
  size_t outstanding_ = 0;
  bool stop_when_answered_ = false;
};

}  // namespace offing::test

#endif  // OFFING_TESTS_UNIT_ACTORS_KIT_H_
