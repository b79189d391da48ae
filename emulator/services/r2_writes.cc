// How a write becomes a commit: checks that need no body, the body, then everything that must be
// decided at one instant.
#include <algorithm>
#include <cassert>
#include <utility>

#include "emulator/services/r2_object_source.h"
#include "emulator/services/r2_service_impl.h"
#include "runtime/bindings/r2_action.h"
#include "storage/r2/conditional.h"
#include "storage/r2/key.h"
#include "storage/r2/limits.h"
#include "storage/r2/range.h"

namespace offing {

using Op = R2Call::Op;
using digest::Algorithm;
using r2::Code;

static bool has_body(Op op) {
  return op == Op::kPut || op == Op::kUploadPart || op == Op::kCopy || op == Op::kUploadPartCopy;
}

// Bindings (and the protocol) tell an id that was never given out from one that has ended (M7).
static bool strict_ids(std::string_view door) { return door == "binding" || door == "protocol"; }

void R2Service::Impl::write(WritePtr write) {
  if (auto refused = refuse_early(*write)) return finish(std::move(write), refusal(*refused));
  if (!take_keys(*write)) return finish(std::move(write), refusal(Code::kTooManyRequests));
  if (!has_body(write->call.op)) return begin(std::move(write));
  if (write->call.op == Op::kCopy || write->call.op == Op::kUploadPartCopy)
    return receive_copy(std::move(write));
  receive(std::move(write));
}

// Order (R4): key, size, metadata; digest and condition follow when the body is there.
std::optional<r2::Error> R2Service::Impl::refuse_early(Write& write) {
  const R2Call& call = write.call;
  r2::Bucket* bucket = store_->get(call.bucket);
  if (bucket == nullptr) return Code::kNoSuchBucket;
  if (world_.fault(FaultPoint::kR2PutUnavailable)) return Code::kServiceUnavailable;
  if (world_.fault(FaultPoint::kR2PutTooMany)) return Code::kTooManyRequests;
  if (call.is_multi_delete) {
    if (call.keys.empty() || call.keys.size() > r2::kDeleteKeysMax) return Code::kKeyCount;
    return std::nullopt;
  }
  if (!r2::is_valid_key(call.key)) return Code::kInvalidObjectName;
  if (call.value_stream) {
    const auto known = call.declared_bytes ? call.declared_bytes
                                           : call.value_stream->length_bytes();
    if (known && *known > r2::kSinglePutBytesMax) return Code::kEntityTooLarge;
  }
  if (r2::metadata_size_bytes(call.custom) > r2::kMetadataBytesMax) return Code::kMetadataTooLarge;
  // UNKNOWN (spec/r2.md 1.2): what a binding says of another storage class.
  if (call.bad_storage_class) return Code::kInvalidStorageClass;
  if (call.op == Op::kUploadPart || call.op == Op::kUploadPartCopy) {
    auto upload = store_->find_upload(*bucket, call.upload_id, false);
    if (!upload) return upload.error();
    if ((*upload)->key != call.key) return Code::kNoSuchUpload;
    const std::string& key_md5 = (*upload)->ssec_key_md5;
    if (key_md5.empty() && call.ssec_key) return Code::kSsecNotApplicable;
    if (!key_md5.empty() && !call.ssec_key) return Code::kSsecKeyMissing;
    if (call.ssec_key && digest::digest_of(Algorithm::kMd5, *call.ssec_key) != key_md5)
      return Code::kSsecKeyWrong;
  }
  return std::nullopt;
}

// C9: the keys this write will change are its own until it is answered.
bool R2Service::Impl::take_keys(Write& write) {
  const R2Call& call = write.call;
  const int64_t now_ms = world_.now_ms();
  const bool changes_key = call.op == Op::kPut || call.op == Op::kDelete || call.op == Op::kCopy ||
                           call.op == Op::kCompleteMultipartUpload;
  if (!changes_key || !settings_.refuse_overlapping_writes) return true;
  if (!call.is_multi_delete) {
    std::string key = r2::nfc_key(call.key);
    if (!overlap_.begin(call.bucket, key, now_ms)) return false;
    write.nfc_key = std::move(key);
    return true;
  }
  std::vector<std::string> keys;
  for (const std::string& key : call.keys) keys.push_back(r2::nfc_key(key));
  std::ranges::sort(keys);
  keys.erase(std::ranges::unique(keys).begin(), keys.end());
  for (std::string& key : keys) {
    if (!overlap_.begin(call.bucket, key, now_ms)) return false;   // `finish` gives the others back
    write.nfc_keys.push_back(std::move(key));
  }
  return true;
}

// ---- The body

static std::vector<Algorithm> algorithms_of(const R2Call& call) {
  std::vector<Algorithm> algorithms = {Algorithm::kMd5};
  auto add = [&algorithms](Algorithm algorithm) {
    if (std::ranges::find(algorithms, algorithm) == algorithms.end())
      algorithms.push_back(algorithm);
  };
  for (const r2::Checksum& expected : call.expected) add(expected.algorithm);
  for (Algorithm computed : call.computed) add(computed);
  return algorithms;
}

void R2Service::Impl::receive(WritePtr write) {
  R2Call& call = write->call;
  if (call.op == Op::kUploadPart || call.op == Op::kUploadPartCopy) {
    const auto upload = store_->find_upload(store_->at(call.bucket), call.upload_id, false);
    if (upload && (*upload)->checksum_algorithm)
      call.computed.push_back(*(*upload)->checksum_algorithm);
  }
  const std::vector<Algorithm> algorithms = algorithms_of(call);
  const R2ReceiveLimits limits{
      call.op == Op::kCopy ? r2::kObjectBytesMax : r2::kSinglePutBytesMax, call.declared_bytes};
  if (!call.value_stream) {
    auto body = receive_bytes(store_->blobs(), call.value, algorithms, limits);
    return received(std::move(write), std::move(body));
  }
  std::unique_ptr<ByteSource> source = std::move(call.value_stream);
  receive_stream(world_, store_->blobs(), std::move(source), algorithms, limits,
                 [this, write = std::move(write)](auto body) mutable {
                   received(std::move(write), std::move(body));
                 });
}

// The source is chosen, and its condition asked, now; the destination's at the commit (C13).
void R2Service::Impl::receive_copy(WritePtr write) {
  R2Call& call = write->call;
  auto refuse = [&](r2::Error error) { finish(std::move(write), refusal(std::move(error))); };
  const r2::Bucket* bucket = store_->get(call.source_bucket);
  if (bucket == nullptr) return refuse(Code::kNoSuchBucket);
  auto found = bucket->objects.find(r2::nfc_key(call.source_key));
  if (found == bucket->objects.end()) return refuse(Code::kNoSuchKey);
  r2::ObjectRef source = found->second;
  if (!source->ssec_key_md5.empty() && !call.source_ssec_key) return refuse(Code::kSsecKeyMissing);
  if (source->ssec_key_md5.empty() && call.source_ssec_key) return refuse(Code::kSsecNotApplicable);
  if (call.source_ssec_key &&
      digest::digest_of(Algorithm::kMd5, *call.source_ssec_key) != source->ssec_key_md5)
    return refuse(Code::kSsecKeyWrong);
  if (call.source_only_if && !r2::holds(*call.source_only_if, source.get()))
    return refuse(Code::kPreconditionFailed);
  auto range = r2::resolve(call.range, source->size_bytes);
  if (!range) return refuse(std::move(range.error()));
  if (call.op == Op::kCopy && call.directive != R2Call::Directive::kReplace) {
    if (call.directive == R2Call::Directive::kCopy) {
      call.http = source->http;
      call.custom = source->custom;
    } else {
      r2::HttpMetadata& http = call.http;
      const r2::HttpMetadata& from = source->http;
      if (!http.content_type) http.content_type = from.content_type;
      if (!http.content_language) http.content_language = from.content_language;
      if (!http.content_disposition) http.content_disposition = from.content_disposition;
      if (!http.content_encoding) http.content_encoding = from.content_encoding;
      if (!http.cache_control) http.cache_control = from.cache_control;
      if (!http.cache_expiry_ms) http.cache_expiry_ms = from.cache_expiry_ms;
      for (const auto& [name, value] : source->custom) {
        if (std::ranges::find(call.custom, name, [](const auto& p) { return p.first; }) ==
            call.custom.end())
          call.custom.emplace_back(name, value);
      }
      if (r2::metadata_size_bytes(call.custom) > r2::kMetadataBytesMax)
        return refuse(Code::kMetadataTooLarge);
    }
  }
  call.declared_bytes = range->length;
  if (auto bytes = bytes_of_object(*source, *range)) call.value = *bytes;
  else call.value_stream = source_of_object(std::move(source), *range);
  receive(std::move(write));
}

static std::string_view label(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kMd5: return "MD5";
    case Algorithm::kSha1: return "SHA-1";
    case Algorithm::kSha256: return "SHA-256";
    case Algorithm::kSha384: return "SHA-384";
    case Algorithm::kSha512: return "SHA-512";
    case Algorithm::kCrc32: return "CRC32";
    case Algorithm::kCrc32c: return "CRC32C";
    case Algorithm::kCrc64Nvme: return "CRC64NVME";
  }
  return "";
}

// spec/r2.md 1.6.
std::optional<r2::Error> R2Service::Impl::check_digests(Write& write, const R2Received& body) {
  for (const r2::Checksum& expected : write.call.expected) {
    const auto& actual =
        *std::ranges::find(body.checksums, expected.algorithm, &r2::Checksum::algorithm);
    if (actual.bytes == expected.bytes) continue;
    const std::string name(label(expected.algorithm));
    return r2::Error(Code::kBadDigest,
                     "The " + name + " checksum you specified did not match what we received.\n" +
                         "You provided a " + name + " checksum with value: " +
                         digest::to_hex(expected.bytes) + "\nActual " + name +
                         " was: " + digest::to_hex(actual.bytes));
  }
  if (write.call.verify) return write.call.verify(body.checksums);
  return std::nullopt;
}

// M8: what a failed upload of a part's number would have replaced is lost.
void R2Service::Impl::lose_part(const R2Call& call) {
  r2::Bucket* bucket = store_->get(call.bucket);
  if (bucket == nullptr || (call.op != Op::kUploadPart && call.op != Op::kUploadPartCopy)) return;
  const uint32_t number = call.part_number.value_or(0);
  const auto upload = store_->find_upload(*bucket, call.upload_id, false);
  if (!upload || !(*upload)->parts.contains(number)) return;
  store_->begin();
  store_->lose_part(*bucket, call.upload_id, number);
  (void)store_->commit();   // if the disk refuses, the part stays: the upload's error is told anyway
}

void R2Service::Impl::received(WritePtr write, std::expected<R2Received, R2ReceiveFailed> body) {
  if (!body) {
    lose_part(write->call);
    R2Answer failed = refusal(std::move(body.error().error));
    failed.body_failed = body.error().by_source;
    return finish(std::move(write), std::move(failed));
  }
  if (auto refused = check_digests(*write, *body)) {
    if (body->blob) body->blob->let_go();
    lose_part(write->call);
    return finish(std::move(write), refusal(std::move(*refused)));
  }
  if (settings_.latency_ms == 0) return decide_later(std::move(write), std::move(*body));
  world_.schedule_after(settings_.latency_ms * 1000,
                        [this, write = std::move(write), body = std::move(*body)]() mutable {
                          decide_later(std::move(write), std::move(body));
                        });
}

void R2Service::Impl::begin(WritePtr write) {
  if (settings_.latency_ms == 0) return decide_later(std::move(write), {});
  world_.schedule_after(settings_.latency_ms * 1000, [this, write = std::move(write)]() mutable {
    decide_later(std::move(write), {});
  });
}

// ---- The instant

void R2Service::Impl::decide_later(WritePtr write, R2Received body) {
  if (store_->is_durable()) {
    undecided_.emplace_back(std::move(write), std::move(body));
    if (!std::exchange(flush_due_, true)) world_.at_turn_end([this] { flush(); });
    return;
  }
  store_->begin();
  R2Answer answer = decide(*write, std::move(body));
  const auto committed = store_->commit();
  assert(committed);
  finish(std::move(write), std::move(answer));
}

void R2Service::Impl::flush() {
  flush_due_ = false;
  if (undecided_.empty()) return;
  auto batch = std::exchange(undecided_, {});
  std::vector<R2Answer> answers;
  store_->begin();
  for (auto& [write, body] : batch) answers.push_back(decide(*write, std::move(body)));
  const auto committed = store_->commit();
  for (size_t i = 0; i < batch.size(); ++i) {
    if (!committed) {
      answers[i] = refusal({Code::kInternal, std::string(r2::Error(Code::kInternal).text) +
                                                 " (offing: " + committed.error() + ")"});
      batch[i].first->removed.clear();
    }
    finish(std::move(batch[i].first), std::move(answers[i]));
  }
}

R2Answer R2Service::Impl::decide(Write& write, R2Received body) {
  const R2Call& call = write.call;
  r2::Bucket* bucket = store_->get(call.bucket);
  const bool lost = bucket == nullptr;
  if (lost || world_.fault(FaultPoint::kR2CommitFail)) {
    if (body.blob) body.blob->let_go();
    return refusal(lost ? Code::kNoSuchBucket : Code::kInternal);
  }
  switch (call.op) {
    case Op::kPut:
    case Op::kCopy: return decide_put(write, std::move(body));
    case Op::kDelete: return decide_delete(write);
    case Op::kUploadPart:
    case Op::kUploadPartCopy: return decide_part(write, std::move(body));
    case Op::kCreateMultipartUpload: {
      r2::Upload upload;
      upload.key = call.key;
      upload.http = call.http;
      upload.custom = call.custom;
      upload.storage_class = call.storage_class.value_or(bucket->settings.default_class);
      if (call.ssec_key) upload.ssec_key_md5 = digest::digest_of(Algorithm::kMd5, *call.ssec_key);
      if (!call.computed.empty()) upload.checksum_algorithm = call.computed.front();
      upload.checksum_type = call.checksum_type;
      R2Answer answer;
      answer.upload_id = store_->begin_upload(*bucket, std::move(upload), world_.now_ms());
      due_at(r2::upload_aborts_at(r2::nfc_key(call.key), world_.now_ms(), bucket->lifecycle));
      return answer;
    }
    case Op::kCompleteMultipartUpload: {
      auto upload = store_->find_upload(*bucket, call.upload_id, strict_ids(write.door));
      if (!upload) return refusal(std::move(upload.error()));
      if ((*upload)->key != call.key) return refusal(Code::kNoSuchUpload);
      std::vector<r2::Store::ChosenPart> parts;
      for (const R2Call::ChosenPart& part : call.parts) parts.push_back({part.number, part.etag});
      auto outcome = store_->complete(*bucket, call.upload_id, parts, call.only_if, world_.now_ms());
      if (!outcome) return refusal(std::move(outcome.error()));
      R2Answer answer;
      answer.object = outcome->object;
      answer.condition_failed = !answer.object;
      return answer;
    }
    case Op::kAbortMultipartUpload: {
      auto upload = store_->find_upload(*bucket, call.upload_id, true);
      if (!upload && upload.error().code == Code::kNoSuchUpload) return {};   // M7: ended before
      if (!upload)
        return refusal(strict_ids(write.door) ? Code::kInternal : Code::kNoSuchUpload);
      if ((*upload)->key != call.key) return refusal(Code::kNoSuchUpload);
      store_->abort(*bucket, call.upload_id);
      return {};
    }
    default: break;
  }
  return refusal(Code::kInternal);
}

R2Answer R2Service::Impl::decide_put(Write& write, R2Received body) {
  R2Call& call = write.call;
  r2::Bucket& bucket = store_->at(call.bucket);
  r2::Object object;
  object.key = call.key;
  object.etag = digest::to_hex(body.checksums.front().bytes);
  object.size_bytes = body.size_bytes;
  object.http = std::move(call.http);
  object.custom = std::move(call.custom);
  object.checksums = std::move(body.checksums);
  object.checksum_type = r2::ChecksumType::kFullObject;
  object.storage_class = call.storage_class.value_or(bucket.settings.default_class);
  if (call.ssec_key) object.ssec_key_md5 = digest::digest_of(Algorithm::kMd5, *call.ssec_key);
  if (body.blob) object.body.push_back(std::move(body.blob));
  auto outcome = store_->commit_object(bucket, std::move(object), call.only_if, world_.now_ms());
  if (!outcome) return refusal(std::move(outcome.error()));
  R2Answer answer;
  answer.object = std::move(outcome->object);
  answer.condition_failed = !answer.object;
  return answer;
}

// UNKNOWN (spec/r2.md 2.3): of several keys the unlocked ones go, then the refusal is reported.
R2Answer R2Service::Impl::decide_delete(Write& write) {
  const R2Call& call = write.call;
  r2::Bucket& bucket = store_->at(call.bucket);
  R2Answer answer;
  auto remove = [&](const std::string& key) {
    auto removed = store_->remove(bucket, key, world_.now_ms());
    if (!removed) {
      answer.refused_keys.emplace_back(key, removed.error());
    } else if (*removed) {
      write.removed.push_back(key);
    }
  };
  if (call.is_multi_delete) {
    for (const std::string& key : call.keys) remove(key);
  } else {
    remove(call.key);
  }
  if (!answer.refused_keys.empty()) answer.error = answer.refused_keys.front().second;
  return answer;
}

R2Answer R2Service::Impl::decide_part(Write& write, R2Received body) {
  R2Call& call = write.call;
  r2::Part part;
  part.number = call.part_number.value_or(0);
  part.etag = digest::to_hex(body.checksums.front().bytes);
  part.uploaded_ms = world_.now_ms();
  part.checksums = std::move(body.checksums);
  if (body.blob == nullptr) {
    auto blob = store_->blobs().writer()->finish();   // M2: a part of no bytes
    if (!blob) return refusal({Code::kInternal, blob.error()});
    body.blob = std::move(*blob);
  }
  part.blob = std::move(body.blob);
  R2Answer answer;
  answer.etag = part.etag;
  answer.checksums = part.checksums;
  answer.uploaded_ms = part.uploaded_ms;
  auto added = store_->add_part(store_->at(call.bucket), call.upload_id, std::move(part));
  if (!added) return refusal(std::move(added.error()));
  return answer;
}

// ---- Afterwards

void R2Service::Impl::finish(WritePtr write, R2Answer done) {
  const int64_t now_ms = world_.now_ms();
  if (write->call.value_stream && done.error) write->call.value_stream->cancel(done.error->text);
  trace_write(*write, done);
  notify(*write, done);
  if (done.object) {
    if (const r2::Bucket* bucket = store_->get(write->call.bucket))
      due_at(due_of(*bucket, r2::nfc_key(done.object->key), *done.object));
  }
  // The keys are free once the caller can know.
  answer([this, now_ms, write = std::move(write)](R2Answer given) mutable {
    if (!write->nfc_key.empty()) overlap_.end(write->call.bucket, write->nfc_key, now_ms);
    for (const std::string& key : write->nfc_keys) overlap_.end(write->call.bucket, key, now_ms);
    write->done(std::move(given));
  }, std::move(done));
}

static std::string_view outcome_of(const R2Answer& answer) {
  if (answer.error) return answer.error->code == Code::kObjectLocked ? "locked" : "refused";
  return answer.condition_failed ? "condition-failed" : "ok";
}

void R2Service::Impl::trace_write(const Write& write, const R2Answer& answer) {
  if (!world_.trace().active()) return;
  const R2Call& call = write.call;
  const r2::Bucket* bucket = store_->get(call.bucket);
  auto emit = [&](std::string_view key, std::string_view outcome, std::string_view error) {
    world_.trace().emit(trace::R2WriteEvent{
        write.request, write.location, write.door,
        bucket ? std::string_view(bucket->settings.name) : "", key, r2_action(call.op),
        answer.object ? std::string_view(answer.object->version) : "",
        answer.object ? answer.object->size_bytes : 0, outcome, error});
  };
  const bool deletes = call.op == Op::kDelete;
  if (!deletes || (answer.error && answer.refused_keys.empty()))
    return emit(call.key, outcome_of(answer), answer.error ? answer.error->text : "");
  auto emit_one = [&](const std::string& key) {
    for (const auto& [refused, error] : answer.refused_keys) {
      if (refused == key)
        return emit(key, error.code == Code::kObjectLocked ? "locked" : "refused", error.text);
    }
    const bool there = std::ranges::find(write.removed, key) != write.removed.end();
    emit(key, there ? "ok" : "absent", "");
  };
  if (!call.is_multi_delete) return emit_one(call.key);
  for (const std::string& key : call.keys) emit_one(key);
}

// UNKNOWN (spec/r2.md 2.3, 3.2): a refused mutation and a delete of nothing send no event.
void R2Service::Impl::notify(const Write& write, const R2Answer& answer) {
  const R2Call& call = write.call;
  const r2::Bucket* bucket = store_->get(call.bucket);
  if (bucket == nullptr || bucket->notifications.empty()) return;
  for (const std::string& key : write.removed)
    notify(*bucket, r2::Action::kDeleteObject, key, nullptr, nullptr);
  if (answer.error || !answer.object) return;
  switch (call.op) {
    case Op::kPut:
      return notify(*bucket, r2::Action::kPutObject, call.key, answer.object.get(), nullptr);
    case Op::kCopy:
      return notify(*bucket, r2::Action::kCopyObject, call.key, answer.object.get(), &call);
    case Op::kCompleteMultipartUpload:
      return notify(*bucket, r2::Action::kCompleteMultipartUpload, call.key, answer.object.get(),
                    nullptr);
    default: return;
  }
}

void R2Service::Impl::notify(const r2::Bucket& bucket, r2::Action action, std::string_view key,
                             const r2::Object* object, const R2Call* copy) {
  for (const r2::NotificationRule* rule : r2::firing_rules(bucket.notifications, action, key)) {
    r2::NotificationMessage message;
    message.account = settings_.account_id;
    message.action = action;
    message.bucket = bucket.settings.name;
    message.key = key;
    message.event_ms = world_.now_ms();
    if (object != nullptr) {
      message.size_bytes = object->size_bytes;
      message.etag = object->etag;
    }
    if (copy != nullptr) {
      const r2::Bucket* source = store_->get(copy->source_bucket);
      message.copy_source_bucket = source ? source->settings.name : "";
      message.copy_source_key = copy->source_key;
    }
    const std::string body = r2::notification_json(message);
    world_.trace().emit(
        trace::R2NotificationEvent{bucket.settings.name, rule->queue_name, body});
    if (sink) sink(rule->queue_name, body);
  }
}

}  // namespace offing
