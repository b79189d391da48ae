// One guest isolate: a V8 heap with one Worker's modules evaluated in it. Serves many requests at a
// time, as on the platform; module state lives as long as the isolate.
//
// Control enters the guest only through the methods here and through callbacks given to the Host;
// each entry ends with a microtask checkpoint. Nothing here waits.
// Owner: emulator/topology. Threading: the loop thread only.
#ifndef OFFING_RUNTIME_ISOLATE_ISOLATE_H_
#define OFFING_RUNTIME_ISOLATE_ISOLATE_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/host.h"
#include "runtime/http/message.h"
#include "runtime/isolate/engine.h"
#include "runtime/modules/bundle.h"

namespace offing {

// How one invocation ended; spellings of spec/limits.md 5.3.
enum class Outcome : uint8_t { kOk, kException, kCanceled, kResponseStreamDisconnected };
std::string_view to_string(Outcome outcome);

struct FetchResult {
  Outcome outcome = Outcome::kOk;
  Response response;               // when kOk
  bool pass_through = false;       // kException: the guest had called passThroughOnException()
  std::string error;               // kException: "TypeError: …", already reported to the Host
};

struct TestResult {
  std::string name;   // the export's
  bool passed = false;
  std::string error;  // text and stack
};

class Isolate {
 public:
  using FetchDone = std::move_only_function<void(FetchResult)>;

  // Makes the isolate and evaluates the modules. The error is the platform's text for a Worker that
  // does not start ("Uncaught SyntaxError: …", "No such module \"x\".\n  imported from \"y\""),
  // followed by a stack when there is one.
  static std::expected<std::unique_ptr<Isolate>, std::string> start(Engine& engine, Host& host,
                                                                    const Bundle& bundle,
                                                                    const WorkerOptions& options);
  // Drops everything at once: unanswered requests get no answer.
  ~Isolate();

  // Calls the guest's fetch handler: `entrypoint` is an export's name, "default" the usual one.
  // `cf_json` becomes request.cf. `done` is called once, possibly before this returns. The response's
  // stream, if any, must be read to its end or cancelled.
  void fetch(RequestId request, Request incoming, std::string cf_json, std::string_view entrypoint,
             FetchDone done);
  // The client of this request is gone. Its waitUntil promises go on for up to 30 s.
  void client_gone(RequestId request);

  // Calls `test(controller, env, ctx)` of every export that has one, in order of export names, as
  // `workerd test` does.
  void run_tests(std::move_only_function<void(std::vector<TestResult>)> done);

  // Requests and waitUntil work under way; 0 means it may be evicted without harm.
  size_t active() const;

  struct Parts;
  Parts& parts() { return *parts_; }

 private:
  explicit Isolate(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_ISOLATE_H_
