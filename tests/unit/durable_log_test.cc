// The redo log's format: whole batches or nothing, and damage told from a torn end.
#include <cstring>

#include "storage/durable/log_format.h"
#include "tests/unit/durable_fixture.h"

using namespace offing::test;
using offing::durable::LogBatch;
using offing::durable::LogRecord;

namespace {

std::string bytes_of(LogBatch& batch, uint64_t sequence) {
  std::string out;
  for (const iovec& part : batch.seal(sequence))
    out.append(static_cast<const char*>(part.iov_base), part.iov_len);
  return out;
}

// Three batches; each commit writes pages filled with its number.
struct SampleLog {
  std::string bytes{offing::durable::log_header()};
  std::vector<size_t> ends;  // of the batches

  SampleLog() {
    for (uint64_t i = 1; i <= 3; ++i) {
      Page page;
      page.fill(static_cast<uint8_t>(i));
      LogBatch batch;
      LogRecord record;
      record.unique_key = "worker-Counter";
      record.id = "0123456789abcdef";
      record.name = i == 2 ? "a name" : "";
      record.number = i;
      record.at_ms = static_cast<int64_t>(1000 * i);
      record.alarm_ms = i == 3 ? 77 : -1;
      record.size_pages = 2;
      record.pages.emplace_back(i == 2 ? 2 : 1, page.data());
      batch.add(record);
      if (i == 1) {
        LogRecord removal;
        removal.kind = LogRecord::Kind::kRemoveNamespace;
        removal.unique_key = "worker-Old";
        batch.add(removal);
      }
      bytes += bytes_of(batch, i + 40);
      ends.push_back(bytes.size());
    }
  }
  size_t whole_batches(size_t length) const {
    size_t count = 0;
    for (const size_t end : ends) count += end <= length;
    return count;
  }
};

struct Read {
  std::vector<std::string> records;
  std::string error;
  offing::durable::LogEnd end;
};
Read read(const std::string& bytes) {
  Read out;
  // On the heap and exactly as long, so that a sanitizer sees a read past the end.
  std::vector<uint8_t> copy(bytes.begin(), bytes.end());
  auto end = offing::durable::read_log(copy, [&out](const LogRecord& r) {
    std::string text = std::string(r.unique_key) + "/" + std::string(r.id) + "/" +
                       std::string(r.name) + "#" + std::to_string(r.number) + "@" +
                       std::to_string(r.at_ms) + "!" + std::to_string(r.alarm_ms);
    for (const auto& [number, page] : r.pages)
      text += " " + std::to_string(number) + "=" + std::to_string(page[4095]);
    out.records.push_back(std::move(text));
  });
  if (end) out.end = *end;
  else out.error = end.error();
  return out;
}

const std::vector<std::string> kAll = {
    "worker-Counter/0123456789abcdef/#1@1000!-1 1=1", "worker-Old//#0@0!-1",
    "worker-Counter/0123456789abcdef/a name#2@2000!-1 2=2",
    "worker-Counter/0123456789abcdef/#3@3000!77 1=3"};
const size_t kRecords[] = {0, 2, 3, 4};  // by whole batches

}  // namespace

TEST_CASE("the log gives back what was written") {
  const SampleLog log;
  const Read all = read(log.bytes);
  CHECK(all.error == "");
  CHECK(all.records == kAll);
  CHECK_FALSE(all.end.torn);
  CHECK(all.end.next_sequence == 44);
  CHECK(read(std::string(offing::durable::log_header())).end.next_sequence == 1);
  CHECK(read("").error == "is not a log that this version of offing can read");
}

TEST_CASE("the log cut at every byte: whole batches, nothing else") {
  const SampleLog log;
  for (size_t length = offing::durable::kLogHeaderBytes; length < log.bytes.size(); ++length) {
    const Read cut = read(log.bytes.substr(0, length));
    const size_t whole = log.whole_batches(length);
    REQUIRE_MESSAGE(cut.error == "", length);
    REQUIRE_MESSAGE(cut.records.size() == kRecords[whole], length);
    REQUIRE(cut.end.torn == (cut.end.good_bytes != length));
  }
}

TEST_CASE("every byte of the last batch changed: the batch is torn; of one before: damage") {
  const SampleLog log;
  for (size_t at = log.ends[1]; at < log.ends[2]; ++at) {
    std::string bad = log.bytes;
    bad[at] = static_cast<char>(bad[at] ^ (1 << (at % 8)));
    const Read torn = read(bad);
    REQUIRE_MESSAGE(torn.error == "", at);
    REQUIRE_MESSAGE(torn.records.size() == 3, at);
    REQUIRE(torn.end.good_bytes == log.ends[1]);
  }
  for (size_t at = log.ends[0]; at < log.ends[1]; at += 7) {
    std::string bad = log.bytes;
    bad[at] = static_cast<char>(bad[at] ^ 0x40);
    const Read damaged = read(bad);
    REQUIRE_MESSAGE(damaged.error == "is damaged at byte " + std::to_string(log.ends[0]), at);
  }
}

TEST_CASE("a batch missing between two good ones is damage, zeros at the end are not") {
  const SampleLog log;
  const std::string gap = log.bytes.substr(0, log.ends[0]) + log.bytes.substr(log.ends[1]);
  CHECK(read(gap).error == "");  // the third stands where the second should: not its turn
  CHECK(read(gap).records.size() == 2);
  std::string hole = log.bytes;
  std::fill(hole.begin() + static_cast<long>(log.ends[0]),
            hole.begin() + static_cast<long>(log.ends[1]), 0);
  CHECK(read(hole).error == "is damaged at byte " + std::to_string(log.ends[0]));
  const Read zeros = read(log.bytes + std::string(5000, '\0'));
  CHECK(zeros.error == "");
  CHECK(zeros.records == kAll);
  CHECK(zeros.end.torn);
}
