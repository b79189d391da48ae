// A Worker under test: an isolate of a few modules over a FakeHost.
#ifndef OFFING_TESTS_UNIT_GUEST_BENCH_H_
#define OFFING_TESTS_UNIT_GUEST_BENCH_H_

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/isolate/isolate.h"
#include "tests/unit/fake_host.h"

namespace offing::test {

// The process's engine, started at first use.
Engine& guest_engine();

struct Guest {
  FakeHost host;
  std::unique_ptr<Isolate> isolate;
  RequestId next_request = 1;

  explicit Guest(std::string main) : Guest(bundle_of(std::move(main)), {}) {}
  Guest(const Bundle& bundle, const WorkerOptions& options) {
    auto started = Isolate::start(guest_engine(), host, bundle, options);
    REQUIRE_MESSAGE(started.has_value(), started.error());
    isolate = std::move(*started);
  }

  static Bundle bundle_of(std::string main, std::vector<Module> more = {}) {
    Bundle bundle{"main.js", std::move(more)};
    bundle.modules.push_back({"main.js", Module::Kind::kEsModule, std::move(main), ""});
    return bundle;
  }
  static std::string start_error(const Bundle& bundle, const WorkerOptions& options = {}) {
    FakeHost host;
    auto started = Isolate::start(guest_engine(), host, bundle, options);
    return started ? "" : started.error();
  }

  // The result is filled when the guest answers.
  std::shared_ptr<std::optional<FetchResult>> begin(Request request = {}) {
    if (request.url.empty()) request.url = "http://example.com/";
    auto result = std::make_shared<std::optional<FetchResult>>();
    isolate->fetch(next_request++, std::move(request), "{}", "default",
                   [result](FetchResult r) { *result = std::move(r); });
    return result;
  }
  FetchResult fetch(Request request = {}) {
    auto result = begin(std::move(request));
    REQUIRE_MESSAGE(result->has_value(), "the guest has not answered");
    return std::move(**result);
  }
  std::string text(std::string url = "") {
    Request request;
    request.url = std::move(url);
    FetchResult result = fetch(std::move(request));
    return result.outcome == Outcome::kOk ? result.response.body : "! " + result.error;
  }
};

}  // namespace offing::test

#endif  // OFFING_TESTS_UNIT_GUEST_BENCH_H_
