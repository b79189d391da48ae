// When the alarms of Durable Objects run, and run again (spec/durable-objects.md 3.6).
//
// The store says what is set (on_alarm_changed, at each commit); this schedules it on the world's
// clock. One run of an object's alarm at a time (rule 41). A failed run is tried again after 2 s x
// 2^n and up to a quarter more, six counted times; failures that are the platform's own are not
// counted and are retried without limit, at most 1,024 s apart (rules 46, 47).
// Owner: the Stack. Threading: the loop thread only.
#ifndef OFFING_EMULATOR_ACTORS_ALARMS_H_
#define OFFING_EMULATOR_ACTORS_ALARMS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/actors/calls.h"
#include "emulator/actors/commits.h"

namespace offing {

class Alarms {
 public:
  Alarms(World& world, const WorkerOptions& worker, durable::Store& store, Objects& objects,
         Calls& calls, Commits& commits);

  // Schedules what an earlier process has left set.
  void start();

  // What is set, for another run of the same state, in the order in which it would run. One that runs
  // is to run once more: what it did not commit is lost.
  struct Saved {
    durable::ObjectName key;
    int64_t set_ms;
    int64_t due_us;
    uint32_t counted, uncounted, backoff;
  };
  std::vector<Saved> saved() const;
  // In the place of `start`, with these objects known; those of a class that is gone are left out.
  void resume(const std::vector<Saved>& saved);
  // ctx.abort(reason, {retryAlarm: false}) while this object's alarm runs.
  void do_not_retry(const Object& object);
  size_t armed() const { return entries_.size(); }
  // What is set for the object, ms since the epoch.
  std::optional<int64_t> set_for(const durable::ObjectName& key) const;
  // Runs what is set now, whatever its time. False: nothing is set, or it runs already. `told` is called
  // when this run has ended, with its error or "".
  using Told = std::move_only_function<void(const std::string& error)>;
  bool run_now(const durable::ObjectName& key, Told told);

 private:
  struct Entry {
    std::optional<int64_t> set_ms;   // as committed
    EventId event = 0;               // the run that is scheduled
    int64_t due_us = 0;              // and for when
    bool running = false;
    int64_t running_ms = 0;          // what the running one was set for
    int64_t began_us = 0;            // when the running one began
    bool moved = false;              // set anew, or deleted, while it ran
    bool deleted = false;
    bool no_retry = false;
    uint32_t counted = 0;            // failures so far
    uint32_t uncounted = 0;          // since the last counted one
    uint32_t backoff = 0;            // n of the delay
    EventId limit = 0;               // the wall limit of the running one
    Told told;                       // of who asked for the running one
  };
  void changed(const durable::AlarmRecord& record);
  void schedule(const durable::ObjectName& key, Entry& entry, int64_t due_us);
  void run(const durable::ObjectName& key);
  void ended(const durable::ObjectName& key, AlarmResult result);
  // Schedules what is set after a run, if anything is.
  void next(const durable::ObjectName& key, Entry& entry);
  void retry(const durable::ObjectName& key, Entry& entry, Object& object, bool counted);
  void remove(const durable::ObjectName& key, Object& object);
  void emit(const Object& object, std::string_view what, int64_t at_ms, const Entry& entry,
            std::string_view error);
  std::optional<uint32_t> space_of(const durable::ObjectName& key) const;

  World& world_;
  const WorkerOptions& worker_;
  durable::Store& store_;
  Objects& objects_;
  Calls& calls_;
  Commits& commits_;
  Random& jitter_;
  std::map<durable::ObjectName, Entry> entries_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_ACTORS_ALARMS_H_
