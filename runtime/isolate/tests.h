// The test() exports of a Worker, run one after the other as `workerd test` does.
#ifndef OFFING_RUNTIME_ISOLATE_TESTS_H_
#define OFFING_RUNTIME_ISOLATE_TESTS_H_

#include <functional>
#include <vector>

#include "runtime/isolate/isolate.h"

namespace offing {

// Each test is a request of its own, with ids from here on: no client's request has such an id.
constexpr RequestId kFirstTestRequest = RequestId{1} << 52;

void run_guest_tests(Isolate::Parts& parts,
                     std::move_only_function<void(std::vector<TestResult>)> done);

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_TESTS_H_
