#include "storage/r2/store.h"

#include <algorithm>
#include <cassert>
#include <filesystem>
#include <utility>

#include "storage/r2/conditional.h"
#include "storage/r2/key.h"
#include "storage/r2/limits.h"
#include "storage/r2/uuid.h"

namespace offing::r2 {

std::expected<std::unique_ptr<Store>, std::string> Store::open(Options options) {
  assert(options.random);
  std::unique_ptr<Store> store(new Store(std::move(options)));
  std::string directory;
  if (!store->options_.state_directory.empty()) {
    directory = store->options_.state_directory + "/r2";
    std::error_code code;
    std::filesystem::create_directories(directory, code);
    if (code)
      return std::unexpected("the state directory " + directory + " cannot be made: " +
                             code.message());
  }
  auto blobs = BlobStore::open({directory, store->options_.sync});
  if (!blobs) return std::unexpected(blobs.error());
  store->blobs_ = std::move(*blobs);
  if (directory.empty()) return store;
  auto disk = Disk::open(directory, store->options_.sync);
  if (!disk) return std::unexpected(disk.error());
  store->disk_ = std::move(*disk);
  if (auto loaded = store->disk_->load(store->buckets_, *store->blobs_, store->next_number_); !loaded)
    return std::unexpected(loaded.error());
  if (!store->buckets_.empty()) store->next_bucket_ = store->buckets_.rbegin()->first + 1;
  for (const auto& [id, bucket] : store->buckets_)
    store->bucket_ids_.emplace(bucket->settings.name, id);
  return store;
}

Store::~Store() = default;

Bucket* Store::get(uint32_t id) {
  auto found = buckets_.find(id);
  return found == buckets_.end() ? nullptr : found->second.get();
}

Bucket* Store::find(std::string_view name) {
  auto found = bucket_ids_.find(name);
  return found == bucket_ids_.end() ? nullptr : get(found->second);
}

// ---- Transactions

void Store::begin() {
  assert(!in_transaction_ && undo_.empty() && let_go_.empty());
  in_transaction_ = true;
  save_error_.clear();
  save([](Disk& disk) { return disk.begin(); });
}

std::expected<void, std::string> Store::commit() {
  save([this](Disk& disk) { return disk.save_number(next_number_); });
  save([](Disk& disk) { return disk.commit(); });
  in_transaction_ = false;
  if (!save_error_.empty()) {
    disk_->rollback();
    for (auto undo = undo_.rbegin(); undo != undo_.rend(); ++undo) (*undo)();
    undo_.clear();
    let_go_.clear();
    return std::unexpected(save_error_);
  }
  undo_.clear();
  for (const std::shared_ptr<Blob>& blob : std::exchange(let_go_, {})) blob->let_go();
  return {};
}

// Nothing names this blob any more, once the transaction is committed.
void Store::let_go(const std::shared_ptr<Blob>& blob) {
  save([&](Disk& disk) { return disk.drop_blob(*blob); });
  let_go_.push_back(blob);
}

// ---- Objects

int64_t Store::locked_until(const Bucket& bucket, const Object& object) {
  if (bucket.locks.empty()) return kUnlocked;
  return lock_until(nfc_key(object.key), object.uploaded_ms, bucket.locks);
}

static bool names(const ObjectRef& object, const std::shared_ptr<Blob>& blob) {
  return object && std::ranges::find(object->body, blob) != object->body.end();
}

// The one place where the index changes; `object` null removes.
void Store::replace(Bucket& bucket, std::string key, ObjectRef object) {
  auto at = bucket.objects.find(key);
  ObjectRef before = at == bucket.objects.end() ? nullptr : at->second;
  if (before) {
    for (const std::shared_ptr<Blob>& blob : before->body) {
      if (!names(object, blob)) let_go(blob);
    }
  }
  save([&](Disk& disk) {
    return object ? disk.save_object(bucket.id, key, *object) : disk.drop_object(bucket.id, key);
  });
  if (disk_ != nullptr) {
    undo_.push_back([&bucket, key, before] {
      if (before) bucket.objects[key] = before;
      else bucket.objects.erase(key);
    });
  }
  if (!object) {
    bucket.objects.erase(at);
  } else if (before) {
    at->second = std::move(object);
  } else {
    bucket.objects.emplace(std::move(key), std::move(object));
  }
}

// UUID shape: half chance, half a number that no other write of this store has.
std::string Store::new_version() {
  const uint64_t chance = options_.random();
  return uuid_shaped(chance, (next_number_++ * 0x9e3779b97f4a7c15ull) ^ (chance >> 7));
}

// Lock, condition, then the write, at one instant. What it refuses it leaves to the caller.
static std::expected<bool, Error> may_replace(const Bucket& bucket, const Object* there,
                                              const std::optional<Conditional>& only_if,
                                              int64_t now_ms) {
  if (there != nullptr && now_ms < Store::locked_until(bucket, *there))
    return std::unexpected(Code::kObjectLocked);
  return !only_if || holds(*only_if, there);
}

std::expected<Store::Outcome, Error> Store::commit_object(
    Bucket& bucket, Object object, const std::optional<Conditional>& only_if, int64_t now_ms) {
  std::string key = nfc_key(object.key);
  auto at = bucket.objects.find(key);
  const auto may = may_replace(bucket, at == bucket.objects.end() ? nullptr : at->second.get(),
                               only_if, now_ms);
  if (!may || !*may) {
    for (const std::shared_ptr<Blob>& blob : object.body) blob->let_go();
    if (!may) return std::unexpected(may.error());
    return Outcome{};
  }
  object.version = new_version();
  object.uploaded_ms = now_ms;
  auto version = std::make_shared<const Object>(std::move(object));
  replace(bucket, std::move(key), version);
  if (disk_ != nullptr) {
    undo_.push_back([version] {
      for (const std::shared_ptr<Blob>& blob : version->body) blob->let_go();
    });
  }
  return Outcome{std::move(version)};
}

std::expected<ObjectRef, Error> Store::remove(Bucket& bucket, std::string_view key,
                                              int64_t now_ms) {
  std::string nfc = nfc_key(key);
  auto at = bucket.objects.find(nfc);
  if (at == bucket.objects.end()) return nullptr;
  if (now_ms < locked_until(bucket, *at->second)) return std::unexpected(Code::kObjectLocked);
  ObjectRef before = at->second;
  replace(bucket, std::move(nfc), nullptr);
  return before;
}

void Store::transition(Bucket& bucket, std::string_view nfc_key, StorageClass storage_class) {
  auto at = bucket.objects.find(nfc_key);
  assert(at != bucket.objects.end());
  auto moved = std::make_shared<Object>(*at->second);
  moved->storage_class = storage_class;
  replace(bucket, at->first, std::move(moved));
}

// ---- Multipart uploads

std::string Store::new_upload_id() {
  uint64_t words[4] = {options_.random(), next_number_++, options_.random(), options_.random()};
  words[1] = (words[1] * 0x9e3779b97f4a7c15ull) ^ words[2];
  return digest::to_hex({reinterpret_cast<const char*>(words), sizeof words});
}

std::string Store::begin_upload(Bucket& bucket, Upload upload, int64_t now_ms) {
  upload.id = new_upload_id();
  upload.created_ms = now_ms;
  save([&](Disk& disk) { return disk.save_upload(bucket.id, upload); });
  std::string id = upload.id;
  if (disk_ != nullptr) undo_.push_back([&bucket, id] { bucket.uploads.erase(id); });
  bucket.uploads.emplace(id, std::move(upload));
  return id;
}

std::expected<Upload*, Error> Store::find_upload(Bucket& bucket, std::string_view id,
                                                 bool strict_ids) {
  auto found = bucket.uploads.find(id);
  if (found != bucket.uploads.end()) return &found->second;
  if (strict_ids && !bucket.ended_uploads.contains(id)) return std::unexpected(Code::kInternal);
  return std::unexpected(Code::kNoSuchUpload);
}

std::expected<void, Error> Store::add_part(Bucket& bucket, std::string_view upload_id, Part part) {
  auto upload = find_upload(bucket, upload_id, false);
  if (!upload) {
    part.blob->let_go();
    return std::unexpected(upload.error());
  }
  std::map<uint32_t, Part>& parts = (*upload)->parts;
  const uint32_t number = part.number;
  std::optional<Part> before;
  if (auto at = parts.find(number); at != parts.end()) {
    before = std::move(at->second);
    let_go(before->blob);
  }
  save([&](Disk& disk) { return disk.save_part(bucket.id, upload_id, part); });
  if (disk_ != nullptr) {
    // The upload itself may have been completed and brought back since.
    undo_.push_back([&bucket, id = std::string(upload_id), number, before, blob = part.blob] {
      std::map<uint32_t, Part>& there = bucket.uploads.at(id).parts;
      if (before) there[number] = *before;
      else there.erase(number);
      blob->let_go();
    });
  }
  parts[number] = std::move(part);
  return {};
}

void Store::lose_part(Bucket& bucket, std::string_view upload_id, uint32_t number) {
  auto upload = bucket.uploads.find(upload_id);
  if (upload == bucket.uploads.end()) return;
  auto at = upload->second.parts.find(number);
  if (at == upload->second.parts.end()) return;
  let_go(at->second.blob);
  save([&](Disk& disk) { return disk.drop_part(bucket.id, upload_id, number); });
  if (disk_ != nullptr) {
    undo_.push_back([&bucket, id = std::string(upload_id), part = std::move(at->second)]() mutable {
      const uint32_t number = part.number;
      bucket.uploads.at(id).parts.emplace(number, std::move(part));
    });
  }
  upload->second.parts.erase(at);
}

// spec/r2.md M2-M6. The parts in order of their numbers.
static std::expected<std::vector<const Part*>, Error> choose_parts(
    const Upload& upload, const std::vector<Store::ChosenPart>& chosen) {
  std::set<uint32_t> numbers;
  for (const Store::ChosenPart& part : chosen) {
    if (!numbers.insert(part.number).second) return std::unexpected(Code::kInternal);
  }
  std::vector<const Part*> parts;
  uint64_t total_bytes = 0;
  for (const Store::ChosenPart& part : chosen) {
    auto at = upload.parts.find(part.number);
    if (at == upload.parts.end() || at->second.etag != part.etag)
      return std::unexpected(Code::kInvalidPart);
    parts.push_back(&at->second);
    total_bytes += at->second.blob->size_bytes();
  }
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    if (parts[i]->blob->size_bytes() < kPartBytesMin) return std::unexpected(Code::kEntityTooSmall);
  }
  std::ranges::sort(parts, {}, &Part::number);
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    const uint64_t size_bytes = parts[i]->blob->size_bytes();
    const bool last_is_larger =
        i + 2 == parts.size() && parts[i + 1]->blob->size_bytes() > size_bytes;
    if (size_bytes < kPartBytesMin || size_bytes != parts[0]->blob->size_bytes() || last_is_larger)
      return std::unexpected(Code::kUnequalParts);
  }
  if (total_bytes > kObjectBytesMax) return std::unexpected(Code::kEntityTooLarge);
  return parts;
}

// The object's additional checksum, when all parts have one (spec/r2.md 5.2).
static std::optional<Checksum> checksum_of_parts(const Upload& upload,
                                                 const std::vector<const Part*>& parts) {
  if (!upload.checksum_algorithm || parts.empty()) return std::nullopt;
  const digest::Algorithm algorithm = *upload.checksum_algorithm;
  const bool full = upload.checksum_type == ChecksumType::kFullObject;
  std::string bytes;
  for (const Part* part : parts) {
    auto one = std::ranges::find(part->checksums, algorithm, &Checksum::algorithm);
    if (one == part->checksums.end()) return std::nullopt;
    bytes = !full          ? bytes + one->bytes
            : bytes.empty() ? one->bytes
                            : digest::combine_crc(algorithm, bytes, one->bytes,
                                                  part->blob->size_bytes());
  }
  return Checksum{algorithm, full ? bytes : digest::digest_of(algorithm, bytes)};
}

static Object assemble(const Upload& upload, const std::vector<const Part*>& parts) {
  Object object;
  object.key = upload.key;
  object.http = upload.http;
  object.custom = upload.custom;
  object.storage_class = upload.storage_class;
  object.ssec_key_md5 = upload.ssec_key_md5;
  std::string digests;
  for (const Part* part : parts) {
    digests += digest::from_hex(part->etag).value_or("");
    object.size_bytes += part->blob->size_bytes();
    object.body.push_back(part->blob);
  }
  object.etag = digest::to_hex(digest::digest_of(digest::Algorithm::kMd5, digests)) + "-" +
                std::to_string(parts.size());
  if (auto checksum = checksum_of_parts(upload, parts)) {
    object.checksums.push_back(std::move(*checksum));
    object.checksum_type = upload.checksum_type;
  }
  return object;
}

std::expected<Store::Outcome, Error> Store::complete(Bucket& bucket, std::string_view upload_id,
                                                     const std::vector<ChosenPart>& chosen,
                                                     const std::optional<Conditional>& only_if,
                                                     int64_t now_ms) {
  auto upload = find_upload(bucket, upload_id, false);
  if (!upload) return std::unexpected(upload.error());
  auto parts = choose_parts(**upload, chosen);
  if (!parts) return std::unexpected(parts.error());
  Object object = assemble(**upload, *parts);
  std::string key = nfc_key(object.key);
  auto at = bucket.objects.find(key);
  const auto may = may_replace(bucket, at == bucket.objects.end() ? nullptr : at->second.get(),
                               only_if, now_ms);
  if (!may) return std::unexpected(may.error());
  if (!*may) {
    abort(bucket, upload_id);
    return Outcome{};
  }
  object.version = new_version();
  object.uploaded_ms = now_ms;
  auto version = std::make_shared<const Object>(std::move(object));
  replace(bucket, std::move(key), version);
  for (auto& [number, part] : (*upload)->parts) {
    if (!names(version, part.blob)) let_go(part.blob);
  }
  drop_upload(bucket, upload_id);
  return Outcome{std::move(version)};
}

void Store::abort(Bucket& bucket, std::string_view upload_id) {
  auto found = bucket.uploads.find(upload_id);
  if (found == bucket.uploads.end()) return;
  for (auto& [number, part] : found->second.parts) let_go(part.blob);
  drop_upload(bucket, upload_id);
}

void Store::drop_upload(Bucket& bucket, std::string_view id) {
  auto found = bucket.uploads.find(id);
  assert(found != bucket.uploads.end());
  save([&](Disk& disk) { return disk.drop_upload(bucket.id, id); });
  bucket.ended_uploads.insert(found->first);
  if (disk_ != nullptr) {
    undo_.push_back([&bucket, upload = std::move(found->second)]() mutable {
      bucket.ended_uploads.erase(upload.id);
      std::string id = upload.id;
      bucket.uploads.emplace(std::move(id), std::move(upload));
    });
  }
  bucket.uploads.erase(found);
}

// ---- Buckets

std::expected<Bucket*, Error> Store::create_bucket(BucketSettings settings) {
  if (!is_valid_bucket_name(settings.name)) return std::unexpected(Code::kInvalidBucketName);
  if (find(settings.name) != nullptr) return std::unexpected(Code::kBucketAlreadyExists);
  if (buckets_.size() >= kBucketsMax) return std::unexpected(Code::kTooManyBuckets);
  auto bucket = std::make_unique<Bucket>();
  bucket->id = next_bucket_++;
  bucket->settings = std::move(settings);
  save([&](Disk& disk) { return disk.save_bucket(*bucket); });
  Bucket* made = bucket.get();
  if (disk_ != nullptr) {
    undo_.push_back([this, made] {
      bucket_ids_.erase(made->settings.name);
      buckets_.erase(made->id);
    });
  }
  bucket_ids_.emplace(made->settings.name, made->id);
  buckets_.emplace(made->id, std::move(bucket));
  return made;
}

std::expected<void, Error> Store::delete_bucket(Bucket& bucket) {
  if (!bucket.objects.empty()) return std::unexpected(Code::kBucketNotEmpty);
  while (!bucket.uploads.empty()) abort(bucket, std::string(bucket.uploads.begin()->first));
  save([&](Disk& disk) { return disk.drop_bucket(bucket.id); });
  auto found = buckets_.find(bucket.id);
  // It lives as long as it may come back, or undoings of it may run.
  undo_.push_back([this, kept = std::move(found->second)]() mutable {
    const uint32_t id = kept->id;
    bucket_ids_.emplace(kept->settings.name, id);
    buckets_.emplace(id, std::move(kept));
  });
  bucket_ids_.erase(bucket.settings.name);
  buckets_.erase(found);
  return {};
}

void Store::change_bucket(Bucket& bucket, const std::function<void(Bucket&)>& change) {
  if (disk_ != nullptr) {
    undo_.push_back([&bucket, settings = bucket.settings, locks = bucket.locks,
                     lifecycle = bucket.lifecycle, cors = bucket.cors,
                     notifications = bucket.notifications]() mutable {
      bucket.settings = std::move(settings);
      bucket.locks = std::move(locks);
      bucket.lifecycle = std::move(lifecycle);
      bucket.cors = std::move(cors);
      bucket.notifications = std::move(notifications);
    });
  }
  change(bucket);
  save([&](Disk& disk) { return disk.save_bucket(bucket); });
}

}  // namespace offing::r2
