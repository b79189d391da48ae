// A whole run in one place, in virtual time: a Worker with Durable Objects from a string, its
// locations, its objects; requests are sent and WebSockets are opened at times of the run's clock,
// and everything that the trace holds can be asked for by its time. All times are microseconds
// since the run's start.
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
#include "emulator/services/r2_service.h"
#include "emulator/services/outbound.h"
#include "emulator/topology/topology.h"
#include "emulator/trace/readers.h"
#include "emulator/world/world.h"
#include "runtime/http/web_socket.h"
#include "tests/unit/host_process.h"

namespace offing::test {

struct ActorsRunOptions {
  uint64_t seed = 1;
  std::vector<std::string> locations = {"LHR", "SIN", "IAD"};
  std::vector<std::string> faults;
  int64_t commit_delay_us = 0;
  std::string state;
  std::vector<std::string> links;   // "LHR-SIN=90ms"
  std::vector<ActorClass> classes;  // default: one, "Actor", bound as ACTOR
  std::string compatibility_date = "2026-06-01";
  int64_t start_us = VirtualWorld::kDefaultStartUs;
  std::shared_ptr<const Actors::State> from;  // the objects of another run; then without `links`
};

// The source of a Worker around the body of the class Actor. Its handler calls, in the object that
// `?object=NAME` names (default "o"), the method that the path names with the parts of the path as
// text arguments; /fetch/… and upgrades go to the object's fetch. A failure answers 500 with
// shown(error): class, message and marks. `env.KV` is a KV namespace. The class has `starts`, how
// often it was constructed, and `count`, a field. `more` stands beside the class.
std::string actor_worker(std::string_view body, std::string_view more = "");

// A client's end of a WebSocket, with what came and when.
class ActorsSocket final : WebSocketEnd::Receiver {
 public:
  struct Came {
    int64_t at_us;
    std::string text;  // "close CODE REASON" of a close
  };
  ActorsSocket(World& world, int64_t start_us) : world_(world), start_us_(start_us) {}
  ~ActorsSocket() override { drop(); }
  bool open() const { return end_ != nullptr; }
  void send(std::string text) { end_->send({false, std::move(text)}); }
  void close(uint16_t code, std::string reason) { end_->close({code, std::move(reason), true}); }
  void drop();  // the client vanishes
  std::vector<Came> came;
  std::string texts() const;  // of all that came, with | between them

 private:
  friend class ActorsRun;
  void take(std::unique_ptr<WebSocketEnd> end);
  void on_message(WebSocketMessage message) override;
  void on_close(WebSocketClose close) override;
  World& world_;
  int64_t start_us_;
  std::unique_ptr<WebSocketEnd> end_;
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
    std::vector<int64_t> chunks_us;  // of a streamed body, all of it then in `body`
    bool ended = false;              // a streamed body came to its end, not to an error
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
  // Opens a WebSocket at `at_us`; good for the run's life.
  ActorsSocket& connect(int64_t at_us, std::string_view path, std::string_view location = "LHR");
  // The same now, and runs until it is there.
  ActorsSocket& connect(std::string_view path, std::string_view location = "LHR");
  // Runs `task` at this time.
  void at(int64_t at_us, std::move_only_function<void()> task);
  int64_t now_us() const { return world_->now_us() - start_us_; }
  int64_t now_ms() const { return world_->now_ms(); }  // of the calendar

  World& world() { return *world_; }
  Actors& actors() { return *actors_; }
  Topology& topology() { return *topology_; }
  std::string hash() const { return hash_.hex(); }
  // Texts of `exception`, `console`, `object` and `alarm` events so far.
  const std::vector<std::string>& log() const { return log_->lines; }
  // When such things happened: "out URL" (an outbound fetch), "put KEY", "delete KEY", "read OP
  // KEY", "list", "call KIND WHAT" and "answer OUTCOME ERROR" of objects, "isolate WHAT WHY", and
  // the lines of `log`. All whose text begins with `prefix`.
  std::vector<int64_t> times(std::string_view prefix) const;
  size_t count(std::string_view prefix) const { return times(prefix).size(); }

 private:
  struct Log final : trace::Reader {
    explicit Log(int64_t start) : start_us(start) {}
    void on_event(const trace::Stamp& stamp, const trace::Event& event) override;
    int64_t start_us;
    std::vector<std::string> lines;
    std::vector<std::pair<int64_t, std::string>> seen;
  };
  const Answer& send_request(int64_t at_us, std::string_view location, std::string_view path,
                             std::string_view body, ActorsSocket* socket);
  void read_stream(Answer& answer, std::shared_ptr<ByteSource> stream);

  std::unique_ptr<VirtualWorld> world_;
  trace::Hash hash_;
  std::unique_ptr<Log> log_;
  Bundle bundle_;
  WorkerOptions worker_;
  std::unique_ptr<config::BundleSourceMaps> source_maps_;
  std::unique_ptr<KvService> kv_;
  std::unique_ptr<R2Service> r2_;
  std::unique_ptr<Outbound> outbound_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<Topology> topology_;
  std::unique_ptr<Actors> actors_;
  std::unique_ptr<WorkerGateway> gateway_;
  std::vector<std::unique_ptr<Answer>> answers_;
  std::vector<std::unique_ptr<ActorsSocket>> sockets_;
  int64_t start_us_ = 0;
  RequestId last_request_ = 0;
  size_t outstanding_ = 0;
  bool stop_when_answered_ = false;
};

}  // namespace offing::test

#endif  // OFFING_TESTS_UNIT_ACTORS_KIT_H_
