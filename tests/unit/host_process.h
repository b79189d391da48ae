// What a unit test may need of the process it runs in.
#ifndef OFFING_TESTS_UNIT_HOST_PROCESS_H_
#define OFFING_TESTS_UNIT_HOST_PROCESS_H_

namespace node {
class MultiIsolatePlatform;
}

namespace offing::test {

struct HostProcess {
  node::MultiIsolatePlatform* platform = nullptr;
};
const HostProcess& host_process();

}  // namespace offing::test

#endif  // OFFING_TESTS_UNIT_HOST_PROCESS_H_
