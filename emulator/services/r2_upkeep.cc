// What happens to objects without a caller: lifecycle sweeps, and jobs that delete by prefix.
#include <algorithm>
#include <utility>

#include "emulator/services/r2_service_impl.h"
#include "storage/r2/key.h"
#include "storage/r2/uuid.h"

namespace offing {

using r2::kNeverDue;

// When a sweep has something to do for this object. A lock holds an expiration back (spec/r2.md 3.1).
int64_t R2Service::Impl::due_of(const r2::Bucket& bucket, std::string_view nfc_key,
                                const r2::Object& object) const {
  int64_t expires_ms = r2::expires_at(nfc_key, object.uploaded_ms, bucket.lifecycle);
  if (expires_ms != kNeverDue)
    expires_ms = std::max(expires_ms, r2::Store::locked_until(bucket, object));
  if (object.storage_class == r2::StorageClass::kInfrequentAccess) return expires_ms;
  return std::min(expires_ms, r2::transitions_at(nfc_key, object.uploaded_ms, bucket.lifecycle));
}

// Sees to it that the sweep after `due_ms` takes place.
void R2Service::Impl::due_at(int64_t due_ms) {
  if (due_ms == kNeverDue) return;
  const int64_t step_ms = std::max<int64_t>(1, settings_.lifecycle_sweep_ms);
  const int64_t soonest_ms = std::max(due_ms, world_.now_ms());
  const int64_t at_ms = (soonest_ms + step_ms - 1) / step_ms * step_ms;
  if (at_ms >= sweep_at_ms_) return;
  if (sweep_) world_.cancel(sweep_);
  sweep_at_ms_ = at_ms;
  sweep_ = world_.schedule(at_ms * 1000, [this] { sweep(); });
}

void R2Service::Impl::arm_sweep() {
  for (const auto& [id, bucket] : store_->buckets()) {
    for (const auto& [key, object] : bucket->objects) due_at(due_of(*bucket, key, *object));
    for (const auto& [upload_id, upload] : bucket->uploads)
      due_at(r2::upload_aborts_at(r2::nfc_key(upload.key), upload.created_ms, bucket->lifecycle));
  }
}

// A sweep's mutations are one commit. If it fails they are due again at the next sweep.
void R2Service::Impl::sweep() {
  sweep_ = 0;
  sweep_at_ms_ = kNeverDue;
  store_->begin();
  struct Event {
    const r2::Bucket* bucket;
    std::string key, op, version;
    uint64_t size_bytes;
  };
  std::vector<Event> events;
  const int64_t now_ms = world_.now_ms();
  for (const auto& [id, there] : store_->buckets()) {
    r2::Bucket& bucket = *there;
    if (bucket.lifecycle.empty()) continue;
    std::vector<r2::ObjectRef> objects;
    for (const auto& [key, object] : bucket.objects) {
      if (due_of(bucket, key, *object) <= now_ms) objects.push_back(object);
    }
    for (const r2::ObjectRef& object : objects) {
      const std::string key = r2::nfc_key(object->key);
      if (r2::expires_at(key, object->uploaded_ms, bucket.lifecycle) <= now_ms &&
          store_->remove(bucket, object->key, now_ms)) {
        events.push_back({&bucket, object->key, "expire", object->version, object->size_bytes});
      } else if (object->storage_class == r2::StorageClass::kStandard &&
                 r2::transitions_at(key, object->uploaded_ms, bucket.lifecycle) <= now_ms) {
        store_->transition(bucket, key, r2::StorageClass::kInfrequentAccess);
        events.push_back({&bucket, object->key, "transition", object->version, object->size_bytes});
      }
    }
    std::vector<std::pair<std::string, std::string>> uploads;
    for (const auto& [upload_id, upload] : bucket.uploads) {
      if (r2::upload_aborts_at(r2::nfc_key(upload.key), upload.created_ms, bucket.lifecycle) <=
          now_ms)
        uploads.emplace_back(upload_id, upload.key);
    }
    for (const auto& [upload_id, key] : uploads) {
      store_->abort(bucket, upload_id);
      events.push_back({&bucket, key, "abortMultipartUpload", "", 0});
    }
  }
  const auto committed = store_->commit();
  for (const Event& event : events) {
    world_.trace().emit(trace::R2WriteEvent{
        0, "", "lifecycle", event.bucket->settings.name, event.key, event.op, event.version,
        event.size_bytes, committed ? "ok" : "refused",
        committed ? std::string_view() : std::string_view(committed.error())});
    if (committed && event.op == "expire")
      notify(*event.bucket, r2::Action::kLifecycleDeletion, event.key, nullptr, nullptr);
  }
  if (committed) return arm_sweep();
  due_at(now_ms + 1);
}

// ---- Deletion by prefix (spec/r2.md 3.3)

std::expected<R2Service::PrefixJob, r2::Error> R2Service::Impl::delete_prefix(
    std::string_view name, std::string prefix) {
  r2::Bucket* bucket = store_->find(name);
  if (bucket == nullptr) return std::unexpected(r2::Code::kNoSuchBucket);
  if (settings_.empty_bucket_refused_by_locks && !bucket->locks.empty())
    return std::unexpected(r2::Code::kObjectLocked);
  Random& random = world_.random("r2/job");
  PrefixJob job;
  const uint64_t chance = random.next();
  job.id = r2::uuid_shaped(chance, random.next());
  job.prefix = std::move(prefix);
  job.started_ms = world_.now_ms();
  job.bucket = bucket->id;
  jobs[job.id] = job;
  world_.post([this, id = job.id, bucket = bucket->id] { run_job(id, bucket); });
  return job;
}

// All that is there now, in one commit; locked objects stay.
void R2Service::Impl::run_job(const std::string& id, uint32_t bucket_id) {
  PrefixJob& job = jobs.at(id);
  job.completed = true;
  job.ended_ms = world_.now_ms();
  r2::Bucket* bucket = store_->get(bucket_id);
  if (bucket == nullptr) return;
  const std::string prefix = r2::nfc_key(job.prefix);
  std::vector<r2::ObjectRef> objects;
  for (auto at = bucket->objects.lower_bound(prefix);
       at != bucket->objects.end() && at->first.starts_with(prefix); ++at)
    objects.push_back(at->second);
  std::vector<std::pair<r2::ObjectRef, bool>> results;
  store_->begin();
  for (const r2::ObjectRef& object : objects)
    results.emplace_back(object, store_->remove(*bucket, object->key, job.ended_ms).has_value());
  const auto committed = store_->commit();
  for (const auto& [object, removed] : results) {
    const bool gone = removed && committed;
    job.deleted += gone;
    world_.trace().emit(trace::R2WriteEvent{
        0, "", "rest", bucket->settings.name, object->key, "delete", object->version,
        object->size_bytes, gone ? "ok" : removed ? "refused" : "locked",
        gone      ? std::string_view()
        : removed ? std::string_view(committed.error())
                  : r2::Error(r2::Code::kObjectLocked).row().text});
    if (gone) notify(*bucket, r2::Action::kDeleteObject, object->key, nullptr, nullptr);
  }
  // Observed (2.3): the job says so even when locks kept everything.
  job.is_bucket_clear = job.prefix.empty();
}

}  // namespace offing
