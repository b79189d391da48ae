// `offing r2 …` as typed values: manages the buckets of a running `offing dev`, or of a state
// directory.
#ifndef OFFING_EMULATOR_CLI_R2_ARGUMENTS_H_
#define OFFING_EMULATOR_CLI_R2_ARGUMENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace offing::cli {

struct R2Arguments {
  enum class Task : uint8_t {
    kLockList, kLockAdd, kLockRemove, kLockSet, kBucketList, kBucketCreate, kBucketDelete,
    kTokenCreate, kTokenList
  };
  Task task = Task::kBucketList;
  std::string url = "http://127.0.0.1:8787";   // of the running one
  std::string state;                           // directory instead
  std::string jurisdiction;
  bool json = false;
  bool force = false;                          // -y

  std::string bucket;
  std::string rule;                            // a lock rule's id
  std::optional<std::string> prefix;
  std::optional<double> retention_days;
  std::optional<std::string> retention_date;
  bool retention_indefinite = false;
  std::string file;
  std::string location;
  std::string storage_class;
  std::string name;                            // of a token
  std::string scope = "admin-read-write";
  std::vector<std::string> buckets;            // of a token
};

// Adds the command to the program's. `arguments` outlives the parsing.
CLI::App* add_r2_command(CLI::App& app, R2Arguments& arguments);

}  // namespace offing::cli

#endif  // OFFING_EMULATOR_CLI_R2_ARGUMENTS_H_
