// Whatever a redo log holds: records, a torn end or an error, never worse; and a record that was
// read is written and read the same again. The first byte chooses: 0 bytes as they are, otherwise a
// payload that gets a right checksum, so that the fuzzer reaches the records.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "storage/durable/checksum.h"
#include "storage/durable/log_format.h"

using namespace offing::durable;

namespace {

std::string with_checksum(std::string payload, uint64_t sequence) {
  payload.resize((payload.size() + 7) / 8 * 8);
  Checksum sum;
  const uint64_t start[] = {sequence, payload.size()};
  sum.add(start, sizeof start);
  sum.add(payload.data(), payload.size());
  const uint64_t head[] = {kLogBatchMagic, sequence, payload.size(), sum.value()};
  return std::string(reinterpret_cast<const char*>(head), sizeof head) + payload;
}

void check_same(const LogRecord& record) {
  LogBatch batch;
  batch.add(record);
  std::string bytes(log_header());
  for (const iovec& part : batch.seal(7))
    bytes.append(static_cast<const char*>(part.iov_base), part.iov_len);
  size_t seen = 0;
  auto end = read_log({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
                      [&](const LogRecord& again) {
    ++seen;
    const bool same = again.kind == record.kind && again.from_empty == record.from_empty &&
                      again.unique_key == record.unique_key && again.id == record.id &&
                      again.name == record.name && again.number == record.number &&
                      again.at_ms == record.at_ms && again.alarm_ms == record.alarm_ms &&
                      again.size_pages == record.size_pages &&
                      again.pages.size() == record.pages.size();
    if (!same) abort();
    for (size_t i = 0; i < record.pages.size(); ++i)
      if (again.pages[i].first != record.pages[i].first ||
          std::memcmp(again.pages[i].second, record.pages[i].second, kPageBytes) != 0)
        abort();
  });
  if (!end || end->torn || seen != 1) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string bytes(log_header());
  const std::string rest(reinterpret_cast<const char*>(data + 1), size - 1);
  bytes += data[0] == 0 ? rest : with_checksum(rest, 1);
  auto end = read_log({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, check_same);
  if (end && end->good_bytes > bytes.size()) abort();
  if (!end && end.error().empty()) abort();
  return 0;
}
