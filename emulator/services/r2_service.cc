#include "emulator/services/r2_service.h"

#include <algorithm>
#include <cassert>

#include "emulator/services/dump_directory.h"
#include "emulator/services/r2_object_source.h"
#include "emulator/services/r2_service_impl.h"
#include "runtime/bindings/r2_action.h"
#include "storage/r2/conditional.h"
#include "storage/r2/key.h"
#include "storage/r2/limits.h"
#include "storage/r2/range.h"

namespace offing {

using Op = R2Call::Op;
using r2::Code;

R2Service::Impl::~Impl() {
  if (sweep_) world_.cancel(sweep_);
}

std::expected<void, std::string> R2Service::Impl::open(std::string state_directory) {
  auto store = r2::Store::open({std::move(state_directory), settings_.sync,
                                [&random = world_.random("r2/version")] { return random.next(); }});
  if (!store) return std::unexpected(store.error());
  store_ = std::move(*store);
  if (auto made = make_start_buckets(); !made) return made;
  arm_sweep();
  return {};
}

std::expected<void, std::string> R2Service::Impl::open(const State& state) {
  store_ = state.store->copy([&random = world_.random("r2/version")] { return random.next(); });
  if (auto made = make_start_buckets(); !made) return made;
  jobs = state.jobs;
  for (const auto& [id, job] : jobs)
    if (!job.completed) world_.post([this, id, bucket = job.bucket] { run_job(id, bucket); });
  arm_sweep();
  return {};
}

std::expected<void, std::string> R2Service::Impl::make_start_buckets() {
  for (const R2Settings::StartBucket& start : settings_.buckets) {
    if (store_->find(start.settings.name) != nullptr) continue;
    auto made = manage([&]() -> std::expected<void, r2::Error> {
      r2::BucketSettings settings = start.settings;
      settings.created_ms = world_.now_ms();
      auto bucket = store_->create_bucket(std::move(settings));
      if (!bucket) return std::unexpected(bucket.error());
      store_->change_bucket(**bucket, [&](r2::Bucket& b) {
        b.locks = start.locks;
        b.lifecycle = start.lifecycle;
        b.cors = start.cors;
        b.notifications = start.notifications;
      });
      return {};
    });
    if (!made)
      return std::unexpected("R2 bucket \"" + start.settings.name + "\": " + made.error().text);
  }
  return {};
}

// ---- Answers

// One posted event an answer: the queue keeps the events themselves free of allocations.
void R2Service::Impl::answer(R2Callback done, R2Answer answer) {
  answers_.emplace_back(std::move(done), std::move(answer));
  world_.post([this] { deliver_next(); });
}

void R2Service::Impl::deliver_next() {
  auto [done, answer] = std::move(answers_.front());
  answers_.pop_front();
  done(std::move(answer));
}

void R2Service::Impl::serve(const R2Caller& caller, R2Call call, R2Callback done) {
  switch (call.op) {
    case Op::kHead:
    case Op::kGet:
    case Op::kList:
    case Op::kListParts:
    case Op::kListUploads: {
      R2Answer found = read(caller, call);
      trace_read(caller, call, found);
      return answer(std::move(done), std::move(found));
    }
    default: break;
  }
  write(std::make_unique<Write>(Write{caller.request, std::string(caller.location),
                                      std::string(caller.door), {}, {}, std::move(call),
                                      std::move(done), {}}));
}

// ---- Reads

R2Answer R2Service::Impl::read(const R2Caller& caller, R2Call& call) {
  if (store_->get(call.bucket) == nullptr) return refusal(Code::kNoSuchBucket);
  const bool lists = call.op != Op::kHead && call.op != Op::kGet;
  if (world_.fault(lists ? FaultPoint::kR2ListUnavailable : FaultPoint::kR2GetUnavailable))
    return refusal(Code::kServiceUnavailable);
  switch (call.op) {
    // A binding's head sends no key (1.1); UNKNOWN (1.6) what it says of an SSE-C object: its metadata.
    case Op::kHead: return get(call, caller.door != "binding" && caller.door != "protocol");
    case Op::kGet: return get(call, true);
    case Op::kList: return list(call);
    case Op::kListParts: return list_parts(call);
    default: return list_uploads(call);
  }
}

static std::optional<r2::Error> ssec_refusal(const r2::Object& object,
                                             const std::optional<std::string>& key) {
  if (object.ssec_key_md5.empty())
    return key ? std::optional<r2::Error>(Code::kSsecNotApplicable) : std::nullopt;
  if (!key) return Code::kSsecKeyMissing;
  if (digest::digest_of(digest::Algorithm::kMd5, *key) != object.ssec_key_md5)
    return Code::kSsecKeyWrong;
  return std::nullopt;
}

// The bytes of one part of a multipart object, by S3's partNumber; nullopt: there is no such part.
static std::optional<r2::Range> range_of_part(const r2::Object& object, uint32_t number) {
  r2::Range range;
  if (number == 0 || number > std::max<size_t>(1, object.body.size())) return std::nullopt;
  for (uint32_t i = 0; i + 1 < number; ++i) range.offset += object.body[i]->size_bytes();
  range.length = object.body.empty() ? 0 : object.body[number - 1]->size_bytes();
  return range;
}

// Order of checks (R4): key, condition, range.
R2Answer R2Service::Impl::get(const R2Call& call, bool check_ssec) {
  if (!r2::is_valid_key(call.key)) return refusal(Code::kInvalidObjectName);
  const r2::Bucket& bucket = store_->at(call.bucket);
  R2Answer answer;
  auto found = bucket.objects.find(r2::nfc_key(call.key));
  if (found == bucket.objects.end()) return answer;
  answer.object = found->second;
  const r2::Object& object = *answer.object;
  if (check_ssec) {
    if (auto refused = ssec_refusal(object, call.ssec_key)) return refusal(std::move(*refused));
  }
  if (call.only_if && !r2::holds(*call.only_if, &object)) {
    answer.condition_failed = true;
    return answer;
  }
  if (call.part_number) {
    auto range = range_of_part(object, *call.part_number);
    if (!range) return refusal(Code::kInvalidRange);
    answer.range = *range;
  } else {
    auto range = r2::resolve(call.range, object.size_bytes);
    if (!range) return refusal(std::move(range.error()));
    answer.range = *range;
  }
  if (call.op == Op::kHead) return answer;
  answer.bytes = bytes_of_object(object, answer.range);
  if (answer.bytes == nullptr) answer.body = source_of_object(answer.object, answer.range);
  return answer;
}

R2Answer R2Service::Impl::list(const R2Call& call) {
  const bool may_be_empty = call.limit == 0 && !call.pages_by_metadata;   // S3's max-keys=0
  if (call.limit && (*call.limit < 1 || *call.limit > 1000) && !may_be_empty)
    return refusal(Code::kInvalidMaxKeys);
  r2::ListRequest request{call.prefix, call.delimiter, call.start_after, call.cursor};
  if (call.limit) request.limit = static_cast<size_t>(*call.limit);
  request.include_http = call.include_http;
  request.include_custom = call.include_custom;
  if (call.pages_by_metadata) request.metadata_bytes_max = settings_.list_metadata_bytes;
  auto page = r2::list(store_->at(call.bucket).objects, request);
  if (!page) return refusal(std::move(page.error()));
  R2Answer answer;
  answer.objects = std::move(page->objects);
  answer.prefixes = std::move(page->prefixes);
  answer.truncated = page->truncated;
  answer.cursor = std::move(page->cursor);
  answer.last = std::move(page->last);
  return answer;
}

static r2::Upload without_parts(const r2::Upload& upload) {
  r2::Upload copy = upload;
  copy.parts.clear();
  return copy;
}

R2Answer R2Service::Impl::list_parts(const R2Call& call) {
  auto upload = store_->find_upload(store_->at(call.bucket), call.upload_id, false);
  if (!upload || (*upload)->key != call.key) return refusal(Code::kNoSuchUpload);
  R2Answer answer;
  answer.listed_uploads.push_back(without_parts(**upload));
  const size_t limit = static_cast<size_t>(std::clamp<int64_t>(call.limit.value_or(1000), 0, 1000));
  auto& parts = (*upload)->parts;
  for (auto at = parts.upper_bound(call.part_number_after.value_or(0)); at != parts.end(); ++at) {
    if (answer.listed_parts.size() == limit) {
      answer.truncated = true;
      break;
    }
    answer.listed_parts.push_back(at->second);
  }
  return answer;
}

// By key, then by id.
R2Answer R2Service::Impl::list_uploads(const R2Call& call) {
  std::vector<const r2::Upload*> uploads;
  for (const auto& [id, upload] : store_->at(call.bucket).uploads) {
    if (!upload.key.starts_with(call.prefix)) continue;
    const bool after = call.start_after.empty() || upload.key > call.start_after ||
                       (upload.key == call.start_after && !call.upload_id_after.empty() &&
                        upload.id > call.upload_id_after);
    if (after) uploads.push_back(&upload);
  }
  std::ranges::sort(uploads, [](const r2::Upload* a, const r2::Upload* b) {
    return std::tie(a->key, a->id) < std::tie(b->key, b->id);
  });
  R2Answer answer;
  const size_t limit = static_cast<size_t>(std::clamp<int64_t>(call.limit.value_or(1000), 0, 1000));
  for (const r2::Upload* upload : uploads) {
    if (!call.delimiter.empty()) {
      const size_t at = upload->key.find(call.delimiter, call.prefix.size());
      if (at != upload->key.npos) {
        std::string group = upload->key.substr(0, at + call.delimiter.size());
        if (!answer.prefixes.empty() && answer.prefixes.back() == group) continue;
        if (group <= call.start_after) continue;
        if (answer.listed_uploads.size() + answer.prefixes.size() == limit) answer.truncated = true;
        if (answer.truncated) break;
        answer.last = group;
        answer.cursor.clear();
        answer.prefixes.push_back(std::move(group));
        continue;
      }
    }
    if (answer.listed_uploads.size() + answer.prefixes.size() == limit) answer.truncated = true;
    if (answer.truncated) break;
    answer.listed_uploads.push_back(without_parts(*upload));
    answer.last = upload->key;
    answer.cursor = upload->id;
  }
  return answer;
}

void R2Service::Impl::trace_read(const R2Caller& caller, const R2Call& call,
                                 const R2Answer& answer) {
  if (!world_.trace().active()) return;
  const r2::Bucket* bucket = store_->get(call.bucket);
  const std::string_view name = bucket ? std::string_view(bucket->settings.name) : "";
  const std::string_view error = answer.error ? std::string_view(answer.error->text) : "";
  if (call.op != Op::kHead && call.op != Op::kGet) {
    world_.trace().emit(trace::R2ListEvent{
        caller.request, caller.location, caller.door, name, call.prefix,
        answer.objects.size() + answer.listed_parts.size() + answer.listed_uploads.size(),
        answer.prefixes.size(), answer.truncated, error});
    return;
  }
  const std::string_view outcome = answer.error              ? "refused"
                                   : answer.condition_failed ? "condition-failed"
                                   : answer.object           ? "ok"
                                                             : "absent";
  world_.trace().emit(trace::R2ReadEvent{
      caller.request, caller.location, caller.door, name, call.key, r2_action(call.op),
      answer.object ? std::string_view(answer.object->version) : "",
      call.op == Op::kGet && outcome == "ok" ? answer.range.length : 0, outcome, error});
}

// ---- Buckets

std::expected<void, r2::Error> R2Service::Impl::manage(
    const std::function<std::expected<void, r2::Error>()>& change) {
  store_->begin();
  auto changed = change();
  if (auto committed = store_->commit(); !committed)
    return std::unexpected(r2::Error(Code::kInternal, committed.error()));
  return changed;
}

std::expected<void, r2::Error> R2Service::Impl::change(
    std::string_view name, const std::function<void(r2::Bucket&)>& how) {
  r2::Bucket* bucket = store_->find(name);
  if (bucket == nullptr) return std::unexpected(Code::kNoSuchBucket);
  auto changed = manage([&]() -> std::expected<void, r2::Error> {
    store_->change_bucket(*bucket, how);
    return {};
  });
  arm_sweep();
  return changed;
}

R2Service::R2Service(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
R2Service::~R2Service() { impl_->flush(); }

std::expected<std::unique_ptr<R2Service>, std::string> R2Service::open(
    World& world, R2Settings settings, std::string state_directory) {
  auto impl = std::make_unique<Impl>(world, std::move(settings));
  if (auto opened = impl->open(std::move(state_directory)); !opened)
    return std::unexpected(opened.error());
  return std::unique_ptr<R2Service>(new R2Service(std::move(impl)));
}

std::expected<std::unique_ptr<R2Service>, std::string> R2Service::open(World& world,
                                                                       const State& state) {
  auto impl = std::make_unique<Impl>(world, state.settings);
  if (auto opened = impl->open(state); !opened) return std::unexpected(opened.error());
  return std::unique_ptr<R2Service>(new R2Service(std::move(impl)));
}

// Of a state, which draws nothing.
static uint64_t no_random() {
  assert(!"a state draws no numbers");
  return 0;
}

std::shared_ptr<const R2Service::State> R2Service::copy_state() const {
  auto state = std::make_shared<State>();
  state->settings = impl_->settings();
  state->store = impl_->store().copy(no_random);
  state->jobs = impl_->jobs;
  return state;
}

std::expected<void, std::string> R2Service::dump(const std::string& directory) const {
  if (auto begun = begin_dump_of(directory, "r2"); !begun) return begun;
  return impl_->store().dump(directory);
}

std::expected<std::shared_ptr<const R2Service::State>, std::string> R2Service::load_state(
    World& world, R2Settings settings, const std::string& directory) {
  const auto there = has_part(directory, "r2");
  if (!there) return std::unexpected(there.error());
  auto store = *there ? r2::Store::load(directory, no_random)
                      : r2::Store::open({"", settings.sync, no_random});
  if (!store) return std::unexpected(store.error());
  auto state = std::make_shared<State>();
  state->settings = std::move(settings);
  state->store = std::move(*store);
  return state;
}

void R2Service::call(const R2Caller& caller, R2Call call, R2Callback done) {
  impl_->call(caller, std::move(call), std::move(done));
}

uint32_t R2Service::bucket_for_binding(std::string_view name, std::string_view jurisdiction) {
  if (const r2::Bucket* there = find_bucket(name)) return there->id;
  r2::BucketSettings settings;
  settings.name = name;
  settings.jurisdiction = jurisdiction;
  auto made = create_bucket(std::move(settings));
  return made ? (*made)->id : 0;   // 0 is no bucket: using it says "does not exist"
}

std::vector<const r2::Bucket*> R2Service::buckets() const {
  std::vector<const r2::Bucket*> buckets;
  for (const auto& [id, bucket] : impl_->store().buckets()) buckets.push_back(bucket.get());
  std::ranges::sort(buckets, {}, [](const r2::Bucket* b) -> std::string_view {
    return b->settings.name;
  });
  return buckets;
}

const r2::Bucket* R2Service::find_bucket(std::string_view name) const {
  return impl_->store().find(name);
}

std::expected<const r2::Bucket*, r2::Error> R2Service::create_bucket(r2::BucketSettings settings) {
  if (settings.created_ms == 0) settings.created_ms = impl_->world().now_ms();
  const r2::Bucket* made = nullptr;
  auto done = impl_->manage([&]() -> std::expected<void, r2::Error> {
    auto bucket = impl_->store().create_bucket(std::move(settings));
    if (!bucket) return std::unexpected(bucket.error());
    made = *bucket;
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return made;
}

std::expected<void, r2::Error> R2Service::delete_bucket(std::string_view name) {
  r2::Bucket* bucket = impl_->store().find(name);
  if (bucket == nullptr) return std::unexpected(Code::kNoSuchBucket);
  // UNKNOWN (spec/r2.md 2.3): an empty bucket that still has lock rules; it can be deleted here.
  return impl_->manage([&] { return impl_->store().delete_bucket(*bucket); });
}

std::expected<void, r2::Error> R2Service::set_default_class(std::string_view name,
                                                            r2::StorageClass value) {
  return impl_->change(name, [&](r2::Bucket& b) { b.settings.default_class = value; });
}
std::expected<void, r2::Error> R2Service::set_locks(std::string_view name,
                                                    std::vector<r2::LockRule> rules) {
  return impl_->change(name, [&](r2::Bucket& b) { b.locks = std::move(rules); });
}
std::expected<void, r2::Error> R2Service::set_lifecycle(std::string_view name,
                                                        std::vector<r2::LifecycleRule> rules) {
  return impl_->change(name, [&](r2::Bucket& b) { b.lifecycle = std::move(rules); });
}
std::expected<void, r2::Error> R2Service::set_cors(std::string_view name,
                                                   std::vector<r2::CorsRule> rules) {
  return impl_->change(name, [&](r2::Bucket& b) { b.cors = std::move(rules); });
}
std::expected<void, r2::Error> R2Service::set_notifications(
    std::string_view name, std::vector<r2::NotificationRule> rules) {
  return impl_->change(name, [&](r2::Bucket& b) { b.notifications = std::move(rules); });
}

std::expected<R2Service::PrefixJob, r2::Error> R2Service::delete_prefix(
    std::string_view bucket, std::string prefix) {
  return impl_->delete_prefix(bucket, std::move(prefix));
}

const R2Service::PrefixJob* R2Service::find_job(std::string_view id) const {
  auto found = impl_->jobs.find(id);
  return found == impl_->jobs.end() ? nullptr : &found->second;
}

void R2Service::deliver_notifications_to(NotificationSink sink) { impl_->sink = std::move(sink); }

std::expected<void, r2::Error> R2Service::seed(std::string_view name, r2::Object object,
                                               std::string body) {
  r2::Bucket* bucket = impl_->store().find(name);
  if (bucket == nullptr) return std::unexpected(Code::kNoSuchBucket);
  if (!r2::is_valid_key(object.key)) return std::unexpected(Code::kInvalidObjectName);
  auto received = receive_bytes(impl_->store().blobs(), body, {digest::Algorithm::kMd5},
                                {r2::kSinglePutBytesMax, std::nullopt});
  if (!received) return std::unexpected(received.error().error);
  object.size_bytes = received->size_bytes;
  object.etag = digest::to_hex(received->checksums.front().bytes);
  object.checksums = received->checksums;
  if (received->blob) object.body = {received->blob};
  const int64_t uploaded_ms =
      object.uploaded_ms != 0 ? object.uploaded_ms : impl_->world().now_ms();
  auto done = impl_->manage([&]() -> std::expected<void, r2::Error> {
    // As if no rule had been there then.
    std::vector<r2::LockRule> locks = std::exchange(bucket->locks, {});
    auto put = impl_->store().commit_object(*bucket, std::move(object), std::nullopt, uploaded_ms);
    bucket->locks = std::move(locks);
    if (!put) return std::unexpected(put.error());
    return {};
  });
  impl_->arm_sweep();
  return done;
}

void R2Service::set_central(std::string_view location, LinkState state) {
  impl_->set_central(location, state);
}
void R2Service::flush() { impl_->flush(); }
const R2Settings& R2Service::settings() const { return impl_->settings(); }
World& R2Service::world() { return impl_->world(); }

}  // namespace offing
