#include "storage/r2/disk_rows.h"

#include "storage/r2/packed.h"

namespace offing::r2 {
namespace {

constexpr auto kAlgorithmMax = static_cast<uint64_t>(digest::Algorithm::kCrc64Nvme);
constexpr auto kActionMax = static_cast<uint64_t>(Action::kLifecycleDeletion);

template <class Enum>
void put_enum(Packer& p, Enum value) {
  p.number(static_cast<uint64_t>(value));
}
template <class Enum>
Enum get_enum(Unpacker& u, uint64_t max) {
  return static_cast<Enum>(u.number_up_to(max));
}

template <class List, class Put>
void put_list(Packer& p, const List& list, Put put) {
  p.number(list.size());
  for (const auto& one : list) put(one);
}
template <class List, class Get>
void get_list(Unpacker& u, List& list, Get get) {
  const size_t count = u.count();
  list.clear();
  list.reserve(count);
  for (size_t i = 0; i < count && u.ok(); ++i) list.push_back(get());
}

void put_texts(Packer& p, const std::vector<std::string>& texts) {
  put_list(p, texts, [&](const std::string& text) { p.text(text); });
}
void get_texts(Unpacker& u, std::vector<std::string>& texts) {
  get_list(u, texts, [&] { return u.text(); });
}

// ---- metadata of objects and uploads

void put_http(Packer& p, const HttpMetadata& http) {
  p.maybe_text(http.content_type);
  p.maybe_text(http.content_language);
  p.maybe_text(http.content_disposition);
  p.maybe_text(http.content_encoding);
  p.maybe_text(http.cache_control);
  p.maybe_integer(http.cache_expiry_ms);
}
void get_http(Unpacker& u, HttpMetadata& http) {
  http.content_type = u.maybe_text();
  http.content_language = u.maybe_text();
  http.content_disposition = u.maybe_text();
  http.content_encoding = u.maybe_text();
  http.cache_control = u.maybe_text();
  http.cache_expiry_ms = u.maybe_integer();
}

void put_custom(Packer& p, const CustomMetadata& custom) {
  put_list(p, custom, [&](const auto& pair) {
    p.text(pair.first);
    p.text(pair.second);
  });
}
void get_custom(Unpacker& u, CustomMetadata& custom) {
  get_list(u, custom, [&] {
    std::string name = u.text();
    return std::pair(std::move(name), u.text());
  });
}

void put_checksums(Packer& p, const std::vector<Checksum>& checksums) {
  put_list(p, checksums, [&](const Checksum& checksum) {
    put_enum(p, checksum.algorithm);
    p.text(checksum.bytes);
  });
}
void get_checksums(Unpacker& u, std::vector<Checksum>& checksums) {
  get_list(u, checksums, [&] {
    const auto algorithm = get_enum<digest::Algorithm>(u, kAlgorithmMax);
    return Checksum{algorithm, u.text()};
  });
}

void put_blob(Packer& p, const Blob& blob) {
  p.number(blob.id());
  p.number(blob.size_bytes());
}
std::shared_ptr<Blob> get_blob(Unpacker& u, const Resolve& resolve) {
  const uint64_t id = u.number(), size_bytes = u.number();
  auto blob = u.ok() ? resolve(id, size_bytes) : nullptr;
  if (!blob) u.fail();
  return blob;
}

// ---- rules

void put_condition(Packer& p, const LifecycleCondition& condition) {
  put_enum(p, condition.kind);
  p.integer(condition.age_s);
  p.integer(condition.date_ms);
  p.text(condition.date);
}
LifecycleCondition get_condition(Unpacker& u) {
  LifecycleCondition condition;
  condition.kind = get_enum<LifecycleCondition::Kind>(u, 1);
  condition.age_s = u.integer();
  condition.date_ms = u.integer();
  condition.date = u.text();
  return condition;
}
void put_maybe_condition(Packer& p, const std::optional<LifecycleCondition>& condition) {
  p.flag(condition.has_value());
  if (condition) put_condition(p, *condition);
}
std::optional<LifecycleCondition> get_maybe_condition(Unpacker& u) {
  return u.flag() ? std::optional(get_condition(u)) : std::nullopt;
}

void put_locks(Packer& p, const std::vector<LockRule>& rules) {
  put_list(p, rules, [&](const LockRule& rule) {
    p.text(rule.id);
    p.flag(rule.enabled);
    p.text(rule.prefix);
    put_enum(p, rule.kind);
    p.integer(rule.age_s);
    p.integer(rule.date_ms);
    p.text(rule.date);
  });
}
void get_locks(Unpacker& u, std::vector<LockRule>& rules) {
  get_list(u, rules, [&] {
    LockRule rule;
    rule.id = u.text();
    rule.enabled = u.flag();
    rule.prefix = u.text();
    rule.kind = get_enum<LockRule::Kind>(u, 2);
    rule.age_s = u.integer();
    rule.date_ms = u.integer();
    rule.date = u.text();
    return rule;
  });
}

void put_lifecycle(Packer& p, const std::vector<LifecycleRule>& rules) {
  put_list(p, rules, [&](const LifecycleRule& rule) {
    p.text(rule.id);
    p.flag(rule.enabled);
    p.text(rule.prefix);
    put_maybe_condition(p, rule.expire);
    put_list(p, rule.to_infrequent_access,
             [&](const LifecycleCondition& condition) { put_condition(p, condition); });
    put_maybe_condition(p, rule.abort_uploads);
  });
}
void get_lifecycle(Unpacker& u, std::vector<LifecycleRule>& rules) {
  get_list(u, rules, [&] {
    LifecycleRule rule;
    rule.id = u.text();
    rule.enabled = u.flag();
    rule.prefix = u.text();
    rule.expire = get_maybe_condition(u);
    get_list(u, rule.to_infrequent_access, [&] { return get_condition(u); });
    rule.abort_uploads = get_maybe_condition(u);
    return rule;
  });
}

void put_cors(Packer& p, const std::vector<CorsRule>& rules) {
  put_list(p, rules, [&](const CorsRule& rule) {
    p.text(rule.id);
    put_texts(p, rule.origins);
    put_texts(p, rule.methods);
    put_texts(p, rule.headers);
    put_texts(p, rule.expose_headers);
    p.maybe_number(rule.max_age_s);
  });
}
void get_cors(Unpacker& u, std::vector<CorsRule>& rules) {
  get_list(u, rules, [&] {
    CorsRule rule;
    rule.id = u.text();
    get_texts(u, rule.origins);
    get_texts(u, rule.methods);
    get_texts(u, rule.headers);
    get_texts(u, rule.expose_headers);
    if (u.flag()) rule.max_age_s = static_cast<uint32_t>(u.number_up_to(UINT32_MAX));
    return rule;
  });
}

void put_notifications(Packer& p, const std::vector<NotificationRule>& rules) {
  put_list(p, rules, [&](const NotificationRule& rule) {
    p.text(rule.id);
    p.text(rule.created);
    p.text(rule.queue_id);
    p.text(rule.queue_name);
    p.text(rule.prefix);
    p.text(rule.suffix);
    put_list(p, rule.actions, [&](Action action) { put_enum(p, action); });
    p.text(rule.description);
  });
}
void get_notifications(Unpacker& u, std::vector<NotificationRule>& rules) {
  get_list(u, rules, [&] {
    NotificationRule rule;
    rule.id = u.text();
    rule.created = u.text();
    rule.queue_id = u.text();
    rule.queue_name = u.text();
    rule.prefix = u.text();
    rule.suffix = u.text();
    get_list(u, rule.actions, [&] { return get_enum<Action>(u, kActionMax); });
    rule.description = u.text();
    return rule;
  });
}

}  // namespace

void pack_bucket(const Bucket& bucket, std::string& out) {
  Packer p(out);
  p.text(bucket.settings.name);
  p.text(bucket.settings.jurisdiction);
  p.text(bucket.settings.location);
  p.integer(bucket.settings.created_ms);
  put_enum(p, bucket.settings.default_class);
  put_locks(p, bucket.locks);
  put_lifecycle(p, bucket.lifecycle);
  put_cors(p, bucket.cors);
  put_notifications(p, bucket.notifications);
}

std::unique_ptr<Bucket> unpack_bucket(std::string_view bytes, uint32_t id) {
  Unpacker u(bytes);
  BucketSettings settings;
  settings.name = u.text();
  settings.jurisdiction = u.text();
  settings.location = u.text();
  settings.created_ms = u.integer();
  settings.default_class = get_enum<StorageClass>(u, 1);
  std::vector<LockRule> locks;
  get_locks(u, locks);
  std::vector<LifecycleRule> lifecycle;
  get_lifecycle(u, lifecycle);
  std::vector<CorsRule> cors;
  get_cors(u, cors);
  std::vector<NotificationRule> notifications;
  get_notifications(u, notifications);
  if (!u.at_end()) return nullptr;
  return std::unique_ptr<Bucket>(new Bucket{
      .id = id, .settings = std::move(settings), .locks = std::move(locks),
      .lifecycle = std::move(lifecycle), .cors = std::move(cors),
      .notifications = std::move(notifications), .objects = {}, .uploads = {},
      .ended_uploads = {}});
}

void pack_object(const Object& object, std::string& out) {
  Packer p(out);
  p.text(object.key);
  p.text(object.version);
  p.text(object.etag);
  p.number(object.size_bytes);
  p.integer(object.uploaded_ms);
  put_http(p, object.http);
  put_custom(p, object.custom);
  put_checksums(p, object.checksums);
  put_enum(p, object.checksum_type);
  put_enum(p, object.storage_class);
  p.text(object.ssec_key_md5);
  put_list(p, object.body, [&](const std::shared_ptr<Blob>& blob) { put_blob(p, *blob); });
}

std::shared_ptr<const Object> unpack_object(std::string_view bytes, const Resolve& resolve) {
  Unpacker u(bytes);
  auto object = std::make_shared<Object>();
  object->key = u.text();
  object->version = u.text();
  object->etag = u.text();
  object->size_bytes = u.number();
  object->uploaded_ms = u.integer();
  get_http(u, object->http);
  get_custom(u, object->custom);
  get_checksums(u, object->checksums);
  object->checksum_type = get_enum<ChecksumType>(u, 1);
  object->storage_class = get_enum<StorageClass>(u, 1);
  object->ssec_key_md5 = u.text();
  get_list(u, object->body, [&] { return get_blob(u, resolve); });
  uint64_t body_bytes = 0;
  for (const std::shared_ptr<Blob>& blob : object->body) {
    if (blob) body_bytes += blob->size_bytes();
  }
  if (!u.at_end() || body_bytes != object->size_bytes) return nullptr;
  return object;
}

void pack_upload(const Upload& upload, std::string& out) {
  Packer p(out);
  p.text(upload.key);
  p.integer(upload.created_ms);
  put_http(p, upload.http);
  put_custom(p, upload.custom);
  put_enum(p, upload.storage_class);
  p.text(upload.ssec_key_md5);
  p.flag(upload.checksum_algorithm.has_value());
  if (upload.checksum_algorithm) put_enum(p, *upload.checksum_algorithm);
  put_enum(p, upload.checksum_type);
}

std::optional<Upload> unpack_upload(std::string_view bytes) {
  Unpacker u(bytes);
  Upload upload;
  upload.key = u.text();
  upload.created_ms = u.integer();
  get_http(u, upload.http);
  get_custom(u, upload.custom);
  upload.storage_class = get_enum<StorageClass>(u, 1);
  upload.ssec_key_md5 = u.text();
  if (u.flag()) upload.checksum_algorithm = get_enum<digest::Algorithm>(u, kAlgorithmMax);
  upload.checksum_type = get_enum<ChecksumType>(u, 1);
  if (!u.at_end()) return std::nullopt;
  return upload;
}

void pack_part(const Part& part, std::string& out) {
  Packer p(out);
  p.text(part.etag);
  p.integer(part.uploaded_ms);
  put_checksums(p, part.checksums);
  put_blob(p, *part.blob);
}

std::optional<Part> unpack_part(std::string_view bytes, const Resolve& resolve) {
  Unpacker u(bytes);
  Part part;
  part.etag = u.text();
  part.uploaded_ms = u.integer();
  get_checksums(u, part.checksums);
  part.blob = get_blob(u, resolve);
  if (!u.at_end()) return std::nullopt;
  return part;
}

}  // namespace offing::r2
