// A Worker whose calls to its own entrypoints come back to the same isolate, as events that the test
// lets happen: what the daemon does with links and gates left out.
#ifndef OFFING_TESTS_UNIT_RPC_BENCH_H_
#define OFFING_TESTS_UNIT_RPC_BENCH_H_

#include <string>
#include <unordered_map>
#include <utility>

#include "runtime/isolate/rpc.h"
#include "tests/unit/guest_bench.h"

namespace offing::test {

class RpcGuest {
 public:
  // `main` is a whole module. Service bindings: NAMED to "Named", PROPS to "Named" with props.
  explicit RpcGuest(std::string main, std::set<std::string> flags = newest())
      : guest_(Guest::bundle_of(std::move(main)), options_of(std::move(flags))) {
    guest_.host.on_rpc = [this](CallTarget target, RpcCall call, RpcDone done) {
      guest_.host.post([this, target = std::move(target), call = std::move(call),
                        done = std::move(done)]() mutable {
        route(std::move(target), std::move(call), std::move(done));
      });
    };
    guest_.host.on_fetch = [this](CallTarget target, Request inner,
                                  Host::ActorFetchCallback done) {
      guest_.host.post([this, target = std::move(target), inner = std::move(inner),
                        done = std::move(done)]() mutable {
        fetch(std::move(target), std::move(inner), std::move(done));
      });
    };
  }

  static std::set<std::string> newest() {
    return {"rpc", "rpc_params_dup_stubs", "enable_ctx_exports", "enhanced_error_serialization",
            "http_headers_getsetcookie", "upper_case_all_http_methods"};
  }

  // The text that the default handler answers; "! …" when it fails, "? …" when nothing comes.
  std::string text(const std::string& url = "http://example.com/") {
    auto result = begin(url);
    for (const std::string& said : guest_.host.uncaughts) {
      CHECK_MESSAGE(!said.starts_with("runtime"), said);
    }
    if (!result->has_value()) return "? no answer";
    FetchResult answer = std::move(**result);
    return answer.outcome == Outcome::kOk ? answer.response.body : "! " + answer.error;
  }
  std::shared_ptr<std::optional<FetchResult>> begin(const std::string& url) {
    Request request;
    request.url = url;
    auto result = guest_.begin(std::move(request));
    for (int i = 0; i < 1000 && (!guest_.host.posted.empty() || !guest_.host.timers.empty()); ++i) {
      guest_.host.run_posted();
      if (!result->has_value()) guest_.host.advance(1);
      if (result->has_value() && guest_.host.posted.empty()) break;
    }
    return result;
  }

  FakeHost& host() { return guest_.host; }
  Isolate& isolate() { return *guest_.isolate; }

 private:
  static WorkerOptions options_of(std::set<std::string> flags) {
    WorkerOptions options;
    options.flags = std::move(flags);
    options.service_bindings = {{"NAMED", "Named", ""},
                                {"PROPS", "Named", R"({"user":"ada","list":[1,2]})"}};
    return options;
  }

  RpcDone returning(uint64_t number, RequestId context, RpcDone done) {
    return [this, number, context, done = std::move(done)](RpcResult result) mutable {
      guest_.host.post([this, number, context, done = std::move(done),
                        result = std::move(result)]() mutable {
        done(std::move(result));
        guest_.host.post([this, number, context] { isolate().rpc_forget(context, number); });
      });
    };
  }

  void route(CallTarget target, RpcCall call, RpcDone done) {
    const RequestId event = guest_.host.new_number();
    const uint64_t number = call.number;
    RequestId context = event;
    if (target.kind == CallTarget::Kind::kExport) context = target.exported->context;
    if (target.kind == CallTarget::Kind::kResult) context = places_.at(target.result_of);
    places_[number] = context;
    RpcDone back = returning(number, context, std::move(done));
    if (target.kind == CallTarget::Kind::kExport) {
      if (!Isolate::rpc_export(*target.exported, event, call, back)) {
        back(std::unexpected(GuestError::of(kCalleeGone)));
      }
    } else if (target.kind == CallTarget::Kind::kResult) {
      REQUIRE(isolate().rpc_result(context, target.result_of, event, call, back));
    } else {
      isolate().rpc(event, target.entrypoint, std::move(call), std::move(back));
    }
  }

  void fetch(CallTarget target, Request inner, Host::ActorFetchCallback done) {
    isolate().fetch(
        guest_.host.new_number(), std::move(inner), "{}", target.entrypoint,
        [this, done = std::move(done)](FetchResult result) mutable {
          guest_.host.post([done = std::move(done), result = std::move(result)]() mutable {
            if (result.outcome == Outcome::kOk) return done(std::move(result.response));
            done(std::unexpected(std::move(result.thrown)));
          });
        },
        std::move(target.props), std::move(target.tree));
  }

  std::unordered_map<uint64_t, RequestId> places_;  // of calls, for pipelining
  Guest guest_;
};

}  // namespace offing::test

#endif  // OFFING_TESTS_UNIT_RPC_BENCH_H_
