// A Worker with a bucket whose answers a test gives: for tests of what a guest sees of R2.
#ifndef OFFING_TESTS_UNIT_R2_GUEST_H_
#define OFFING_TESTS_UNIT_R2_GUEST_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/guest_bench.h"

namespace offing::test {

inline WorkerOptions with_bucket(std::set<std::string> flags = {"r2_list_honor_include"}) {
  WorkerOptions options;
  options.compatibility_date = "2026-01-01";
  options.flags = std::move(flags);
  options.r2_bindings.push_back({"OTHER", "other", ""});
  options.r2_bindings.push_back({"BUCKET", "bucket", ""});
  return options;
}

inline r2::Object hello_object() {
  r2::Object object;
  object.key = "k";
  object.version = "v-1";
  object.etag = "5d41402abc4b2a76b9719d911017c592";
  object.size_bytes = 5;
  object.uploaded_ms = 1'700'000'000'000;
  object.checksums.push_back({digest::Algorithm::kMd5, std::string(16, '\x5d')});
  return object;
}

inline R2Answer answer_with(r2::Object object) {
  R2Answer answer;
  answer.range = {0, object.size_bytes};
  answer.object = std::make_shared<const r2::Object>(std::move(object));
  return answer;
}

// What get gives of an object that holds `text`.
inline R2Answer body_answer(std::string text, r2::Object object = hello_object()) {
  object.size_bytes = text.size();
  R2Answer answer = answer_with(std::move(object));
  answer.bytes = std::make_shared<const std::string>(std::move(text));
  return answer;
}

inline R2Answer refusal(r2::Error error) {
  R2Answer answer;
  answer.error = std::move(error);
  return answer;
}

// The value of an expression over `B`, the bucket, and `request`: text as it is, else JSON; what it
// throws as "<name>: <message>".
struct R2Bench {
  Guest guest;
  std::shared_ptr<std::optional<FetchResult>> result;

  explicit R2Bench(const std::string& expression, const WorkerOptions& options = with_bucket(),
                   Request request = {})
      : guest(Guest::bundle_of("export default { async fetch(request, { BUCKET: B }) {"
                               " let v; try { v = " + expression + " } catch (e) {"
                               " v = e.name + ': ' + e.message }"
                               " if (v instanceof Response) return v;"
                               " return new Response(typeof v === 'string' ? v"
                               " : JSON.stringify(v)) } }"),
              options) {
    result = guest.begin(std::move(request));
  }

  // Answers the call that is waiting, and gives it.
  R2Call answer(R2Answer with) {
    REQUIRE_MESSAGE(guest.host.r2_calls.size() == 1,
                    (result->has_value() ? (*result)->response.body : "no call was made"));
    FakeHost::R2Entry entry = guest.host.take_r2();
    entry.done(std::move(with));
    return std::move(entry.call);
  }
  std::string text() {
    REQUIRE_MESSAGE(result->has_value(), "the guest has not answered");
    return (*result)->outcome == Outcome::kOk ? (*result)->response.body
                                              : "! " + (*result)->error;
  }
};

inline std::string r2_value(const std::string& expression, R2Answer answer, R2Call* seen = nullptr,
                            const WorkerOptions& options = with_bucket()) {
  R2Bench bench(expression, options);
  R2Call call = bench.answer(std::move(answer));
  if (seen != nullptr) *seen = std::move(call);
  return bench.text();
}

// Each row: an expression that rejects, without having asked the host, and with what. What throws
// at once instead has "SYNC " before it.
inline void check_refusals(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::string tries;
  for (const auto& row : rows) tries += "(B) => " + row.first + ",\n";
  Guest guest(
      Guest::bundle_of("const tries = [" + tries + "];"
                       "export default { async fetch(request, { BUCKET: B }) {"
                       " const row = tries[+new URL(request.url).pathname.slice(1)]; let p;"
                       " try { p = row(B) } catch (e) {"
                       "   return new Response('SYNC ' + e.name + ': ' + e.message) }"
                       " try { await p; return new Response('no error') } catch (e) {"
                       "   return new Response(e.name + ': ' + e.message) } } }"),
      with_bucket());
  for (size_t i = 0; i < rows.size(); ++i) {
    Request request;
    request.url = "http://example.com/" + std::to_string(i);
    auto result = guest.begin(std::move(request));
    CAPTURE(rows[i].first);
    CHECK(guest.host.r2_calls.empty());
    guest.host.r2_calls.clear();
    CHECK(result->has_value());
    if (result->has_value()) CHECK((*result)->response.body == rows[i].second);
  }
}

}  // namespace offing::test

#endif  // OFFING_TESTS_UNIT_R2_GUEST_H_
