#include "runtime/isolate/tests.h"

#include <memory>

#include "runtime/bindings/convert.h"
#include "runtime/isolate/turn.h"

namespace offing {
namespace {

using v8::Local;

// Runs itself to its end: each test's promise starts the next one.
class TestRun : public std::enable_shared_from_this<TestRun> {
 public:
  TestRun(Isolate::Parts& parts, std::move_only_function<void(std::vector<TestResult>)> done)
      : token_(parts.token), done_(std::move(done)) {}

  void begin() {
    run_turn(*token_->parts, [this](Local<v8::Context> context) { read_names(context); });
    next();
  }

 private:
  void read_names(Local<v8::Context> context) {
    Isolate::Parts& parts = *token_->parts;
    Local<v8::Value> names;
    if (!call_entry(parts, context, EntryFunction::kTestNames, 0, nullptr).ToLocal(&names) ||
        !names->IsArray()) {
      return;
    }
    for (uint32_t i = 0; i < names.As<v8::Array>()->Length(); ++i) {
      Local<v8::Value> name;
      if (!names.As<v8::Array>()->Get(context, i).ToLocal(&name) || !name->IsString()) continue;
      results_.push_back({utf8_of(parts.isolate, name.As<v8::String>()), false, ""});
    }
  }

  void next() {
    Isolate::Parts* parts = token_->parts;
    if (parts == nullptr) return;
    if (at_ == results_.size()) return done_(std::move(results_));
    const RequestId id = kFirstTestRequest + at_;
    GuestRequest& request = open_request(*parts, id);
    // The test's answer: the next test begins when this one's context has been left.
    request.done = [self = shared_from_this()](FetchResult result) {
      self->finished(std::move(result));
    };
    parts->suspects.push_back(id);
    run_turn(*parts, [this, parts, id](Local<v8::Context> context) {
      charge(*parts, id);
      // It answers as a request does: native.respond or native.respondError.
      call_entry(*parts, context, EntryFunction::kTest,
                 {text_from_utf8(parts->isolate, results_[at_].name), number(parts->isolate, id)});
    });
  }

  void finished(FetchResult result) {
    results_[at_].passed = result.outcome == Outcome::kOk;
    results_[at_].error = std::move(result.error);
    ++at_;
    next();
  }

  std::shared_ptr<Token> token_;
  std::move_only_function<void(std::vector<TestResult>)> done_;
  std::vector<TestResult> results_;
  size_t at_ = 0;
};

}  // namespace

void run_guest_tests(Isolate::Parts& parts,
                     std::move_only_function<void(std::vector<TestResult>)> done) {
  std::make_shared<TestRun>(parts, std::move(done))->begin();
}

}  // namespace offing
