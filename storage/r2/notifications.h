// Event notification rules of a bucket (spec/r2.md 3.2): which mutations put a message on which queue.
#ifndef OFFING_STORAGE_R2_NOTIFICATIONS_H_
#define OFFING_STORAGE_R2_NOTIFICATIONS_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace offing::r2 {

enum class Action : uint8_t {
  kPutObject, kCopyObject, kCompleteMultipartUpload, kDeleteObject, kLifecycleDeletion
};
std::string_view action_name(Action action);

struct NotificationRule {
  std::string id;
  std::string created;      // RFC 3339
  std::string queue_id;
  std::string queue_name;
  std::string prefix;
  std::string suffix;
  std::vector<Action> actions;
  std::string description;
};

// The rules that this mutation of `key` fires, in order.
std::vector<const NotificationRule*> firing_rules(std::span<const NotificationRule> rules,
                                                  Action action, std::string_view key);

struct NotificationMessage {
  std::string account;      // 32 hex digits
  Action action = Action::kPutObject;
  std::string bucket;
  std::string key;
  std::optional<uint64_t> size_bytes;   // with `etag`: absent when something was deleted
  std::string etag;
  int64_t event_ms = 0;
  std::string copy_source_bucket;       // kCopyObject
  std::string copy_source_key;
};
// The body of the queue's message.
std::string notification_json(const NotificationMessage& message);

// The body of REST's PUT …/queues/{queueId}: `{"rules":[{prefix?, suffix?, actions, description?}]}`.
// Ids, times and queue are the caller's to fill in.
std::expected<std::vector<NotificationRule>, std::string> parse_notification_rules(
    std::string_view json);
// Whether two rules fire for a same action of a same key (REST refuses them: 11020).
bool overlap(const NotificationRule& a, const NotificationRule& b);

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_NOTIFICATIONS_H_
