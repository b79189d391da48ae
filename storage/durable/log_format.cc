#include "storage/durable/log_format.h"

#include <bit>
#include <cstring>
#include <optional>

#include "storage/durable/checksum.h"

namespace offing::durable {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr char kHeader[kLogHeaderBytes + 1] = "offing durable objects, log 1\n\0\0";

// The fixed part of a record; strings, page numbers, padding and pages follow.
struct RecordHead {
  uint32_t bytes;  // of the record without its pages, padded to 8
  uint8_t kind;
  uint8_t from_empty;
  uint16_t reserved;
  uint64_t number;
  int64_t at_ms;
  int64_t alarm_ms;
  uint32_t size_pages;
  uint32_t page_count;
  uint32_t key_bytes;
  uint32_t id_bytes;
  uint32_t name_bytes;
  uint32_t reserved_too;
};
static_assert(sizeof(RecordHead) == 56);

struct BatchHead {
  uint64_t magic, sequence, payload_bytes, checksum;
};
static_assert(sizeof(BatchHead) == LogBatch::kHeadBytes);

uint64_t checksum_of(uint64_t sequence, std::span<const uint8_t> payload) {
  Checksum sum;
  const uint64_t head[] = {sequence, payload.size()};
  sum.add(head, sizeof head);
  sum.add(payload.data(), payload.size());
  return sum.value();
}

// The payload of a good batch at `at`.
std::optional<std::span<const uint8_t>> good_batch(std::span<const uint8_t> bytes, size_t at,
                                                   BatchHead& head) {
  if (bytes.size() - at < sizeof head) return std::nullopt;
  std::memcpy(&head, bytes.data() + at, sizeof head);
  const size_t rest = bytes.size() - at - sizeof head;
  if (head.magic != kLogBatchMagic || head.payload_bytes > rest || head.payload_bytes % 8 != 0)
    return std::nullopt;
  const auto payload = bytes.subspan(at + sizeof head, head.payload_bytes);
  if (checksum_of(head.sequence, payload) != head.checksum) return std::nullopt;
  return payload;
}

// Takes a record off `payload`; false: it is not one.
bool take_record(std::span<const uint8_t>& payload, LogRecord& record) {
  RecordHead head;
  if (payload.size() < sizeof head) return false;
  std::memcpy(&head, payload.data(), sizeof head);
  const uint64_t used = uint64_t{sizeof head} + head.key_bytes + head.id_bytes + head.name_bytes +
                        uint64_t{head.page_count} * 4;
  if (head.kind < 1 || head.kind > 3 || head.from_empty > 1 || head.bytes != (used + 7) / 8 * 8)
    return false;
  const uint64_t total = head.bytes + uint64_t{head.page_count} * kPageBytes;
  if (total > payload.size()) return false;
  const char* at = reinterpret_cast<const char*>(payload.data()) + sizeof head;
  auto text = [&at](uint32_t size) {
    at += size;
    return std::string_view(at - size, size);
  };
  record.kind = static_cast<LogRecord::Kind>(head.kind);
  record.from_empty = head.from_empty != 0;
  record.unique_key = text(head.key_bytes);
  record.id = text(head.id_bytes);
  record.name = text(head.name_bytes);
  record.number = head.number;
  record.at_ms = head.at_ms;
  record.alarm_ms = head.alarm_ms;
  record.size_pages = head.size_pages;
  record.pages.clear();
  const uint8_t* page = payload.data() + head.bytes;
  for (uint32_t i = 0, before = 0; i < head.page_count; ++i, page += kPageBytes) {
    uint32_t number;
    std::memcpy(&number, at + size_t{4} * i, sizeof number);
    if (number <= before || number > head.size_pages) return false;
    record.pages.emplace_back(number, page);
    before = number;
  }
  payload = payload.subspan(total);
  return true;
}

// A good batch behind the bad bytes at `at` proves that those were durable once.
bool good_batch_behind(std::span<const uint8_t> bytes, size_t at, uint64_t sequence) {
  BatchHead head;
  for (at += 8; at + sizeof head <= bytes.size(); at += 8) {
    uint64_t words[2];
    std::memcpy(words, bytes.data() + at, sizeof words);
    if (words[0] == kLogBatchMagic && words[1] > sequence && good_batch(bytes, at, head))
      return true;
  }
  return false;
}

}  // namespace

std::string_view log_header() { return {kHeader, kLogHeaderBytes}; }

void LogBatch::add(const LogRecord& record) {
  RecordHead head{};
  const size_t used = sizeof head + record.unique_key.size() + record.id.size() +
                      record.name.size() + record.pages.size() * 4;
  head.bytes = static_cast<uint32_t>((used + 7) / 8 * 8);
  head.kind = static_cast<uint8_t>(record.kind);
  head.from_empty = record.from_empty;
  head.number = record.number;
  head.at_ms = record.at_ms;
  head.alarm_ms = record.alarm_ms;
  head.size_pages = record.size_pages;
  head.page_count = static_cast<uint32_t>(record.pages.size());
  head.key_bytes = static_cast<uint32_t>(record.unique_key.size());
  head.id_bytes = static_cast<uint32_t>(record.id.size());
  head.name_bytes = static_cast<uint32_t>(record.name.size());
  Head& out = heads_.emplace_back();
  out.bytes.reserve(head.bytes);
  out.bytes.append(reinterpret_cast<const char*>(&head), sizeof head);
  out.bytes.append(record.unique_key).append(record.id).append(record.name);
  for (const auto& [number, page] : record.pages)
    out.bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  out.bytes.resize(head.bytes);
  out.pages = record.pages;
  payload_bytes_ += head.bytes + record.pages.size() * kPageBytes;
}

std::vector<iovec> LogBatch::seal(uint64_t sequence) {
  std::vector<iovec> parts;
  parts.push_back({head_, sizeof head_});
  Checksum sum;
  const uint64_t start[] = {sequence, payload_bytes_};
  sum.add(start, sizeof start);
  for (Head& head : heads_) {
    parts.push_back({head.bytes.data(), head.bytes.size()});
    sum.add(head.bytes.data(), head.bytes.size());
    for (const auto& [number, page] : head.pages) {
      parts.push_back({const_cast<uint8_t*>(page), kPageBytes});
      sum.add(page, kPageBytes);
    }
  }
  const BatchHead head{kLogBatchMagic, sequence, payload_bytes_, sum.value()};
  std::memcpy(head_, &head, sizeof head);
  return parts;
}

std::expected<LogEnd, std::string> read_log(std::span<const uint8_t> bytes,
                                            const std::function<void(const LogRecord&)>& visit) {
  if (bytes.size() < kLogHeaderBytes ||
      std::memcmp(bytes.data(), kHeader, kLogHeaderBytes) != 0)
    return std::unexpected("is not a log that this version of offing can read");
  LogEnd end{.good_bytes = kLogHeaderBytes};
  LogRecord record;
  for (bool first = true; end.good_bytes < bytes.size(); first = false) {
    BatchHead head;
    auto payload = good_batch(bytes, end.good_bytes, head);
    if (!payload || (!first && head.sequence != end.next_sequence)) {
      if (good_batch_behind(bytes, end.good_bytes, first ? 0 : end.next_sequence))
        return std::unexpected("is damaged at byte " + std::to_string(end.good_bytes));
      end.torn = true;
      break;
    }
    const size_t batch_bytes = sizeof head + payload->size();
    while (!payload->empty()) {
      if (!take_record(*payload, record))
        return std::unexpected("has a record that cannot be read in the batch at byte " +
                               std::to_string(end.good_bytes));
      visit(record);
    }
    end.good_bytes += batch_bytes;
    end.next_sequence = head.sequence + 1;
  }
  return end;
}

}  // namespace offing::durable
