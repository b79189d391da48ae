// What was acknowledged of each key, in the order of its versions. KV counts its versions itself;
// R2's are names, numbered here in the order in which they were committed.
#ifndef OFFING_EMULATOR_INVARIANTS_VERSIONS_H_
#define OFFING_EMULATOR_INVARIANTS_VERSIONS_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "emulator/invariants/clients.h"

namespace offing::invariants {

struct Acknowledged {
  uint64_t version = 0;
  bool deletes = false;
  std::string location = {};
  std::string session = {};
  std::string by = {};  // "POST /sign-out"
  Moment moment = {};
};

// One key's history. What is kept of it is bounded: of older writes only the number is known.
class Versions {
 public:
  static constexpr size_t kWritesMax = 1000;

  void add(Acknowledged write);
  // The number of an R2 version: of one that is committed now, of one that was read.
  uint64_t commit(std::string_view name);
  std::optional<uint64_t> number_of(std::string_view name) const;

  const Acknowledged* newest() const { return writes_.empty() ? nullptr : &writes_.back(); }
  // The first that is newer than `version`; null when it is not kept or there is none.
  const Acknowledged* first_after(uint64_t version) const;
  // One of (after, before) that another request than `request` made.
  const Acknowledged* between(uint64_t after, uint64_t before, uint64_t request) const;

 private:
  std::deque<Acknowledged> writes_;  // versions rise
  std::unordered_map<std::string, uint64_t> numbers_;
  uint64_t next_number_ = 1;
};

}  // namespace offing::invariants

#endif  // OFFING_EMULATOR_INVARIANTS_VERSIONS_H_
