#include "emulator/services/kv_service.h"

#include <cassert>
#include <filesystem>
#include <utility>

#include "emulator/services/dump_directory.h"
#include "emulator/services/kv_service_impl.h"
#include "storage/kv/cursor.h"

namespace offing {
namespace {

using kv::Op;
using kv::Refusal;

// Counts what passes, so that a refusal can say how long the value was.
class Counted final : public ByteSource {
 public:
  Counted(std::unique_ptr<ByteSource> source, std::shared_ptr<uint64_t> count)
      : source_(std::move(source)), count_(std::move(count)) {}
  void read(Done done) override {
    source_->read([count = count_, done = std::move(done)](Chunk chunk) mutable {
      if (chunk.kind == Chunk::Kind::kData) *count += chunk.bytes.size();
      done(std::move(chunk));
    });
  }
  void cancel(std::string_view reason) override { source_->cancel(reason); }
  std::optional<uint64_t> length_bytes() const override { return source_->length_bytes(); }

 private:
  std::unique_ptr<ByteSource> source_;
  std::shared_ptr<uint64_t> count_;
};

std::string_view trace_op(KvCall::Op op) {
  switch (op) {
    case KvCall::Op::kGet: return "get";
    case KvCall::Op::kGetWithMetadata: return "getWithMetadata";
    case KvCall::Op::kGetBulk: return "getBulk";
    case KvCall::Op::kPut: return "put";
    case KvCall::Op::kDelete: return "delete";
    case KvCall::Op::kList: return "list";
  }
  return "";
}

KvValue value_of(const kv::ReadResult& read) {
  if (!read.found) return {};
  return {true, read.version->value, read.version->metadata_json};
}

}  // namespace

std::expected<void, std::string> KvService::Impl::open(KvSettings settings,
                                                       std::vector<std::string> locations,
                                                       const std::string& state_dir) {
  auto store = kv::Store::open(std::move(settings), std::move(locations), lent_, now_ms());
  if (!store) return std::unexpected(store.error());
  store_ = std::move(*store);
  if (state_dir.empty()) return {};
  std::error_code code;
  std::filesystem::create_directories(state_dir, code);
  if (code)
    return std::unexpected("the state directory " + state_dir + " cannot be made: " +
                           code.message());
  auto disk = kv::Disk::open(state_dir);
  if (!disk) return std::unexpected(disk.error());
  disk_ = std::move(*disk);
  return disk_->load(*store_, now_ms());
}

// One posted event an answer: the queue keeps the events themselves free of allocations.
void KvService::Impl::answer(KvCallback done, KvAnswer answer) {
  answers_.emplace_back(std::move(done), std::move(answer));
  world_.post([this] { deliver_next(); });
}

void KvService::Impl::deliver_next() {
  auto [done, answer] = std::move(answers_.front());
  answers_.pop_front();
  done(std::move(answer));
}

void KvService::Impl::serve(uint32_t location, uint64_t request, uint32_t ns, KvCall call,
                            KvCallback done) {
  advance();
  switch (call.op) {
    case KvCall::Op::kGet:
    case KvCall::Op::kGetWithMetadata:
      return answer(std::move(done), get(location, request, ns, call));
    case KvCall::Op::kGetBulk:
      return answer(std::move(done), get_bulk(location, request, ns, call));
    case KvCall::Op::kList:
      return answer(std::move(done), list(location, request, ns, call));
    case KvCall::Op::kPut:
    case KvCall::Op::kDelete: {
      Pending pending{{ns, location, request, std::move(call.key), nullptr, {}, 0, 0},
                      std::move(done)};
      if (call.op == KvCall::Op::kPut) return put(std::move(pending), std::move(call));
      if (auto ok = kv::check_key(Op::kDelete, pending.write.key); !ok)
        return refuse_write(std::move(pending), std::move(ok.error()), true);
      return write(std::move(pending));
    }
  }
}

kv::ReadResult KvService::Impl::read(uint32_t location, uint64_t request, uint32_t ns,
                                     const KvCall& call, const std::string& key) {
  // What a location has is all that it has while it cannot reach the central store.
  if (world_.fault(FaultPoint::kKvCacheEvict) && !store_->places().is_off(location))
    store_->evict(ns, key, location, now_ms());
  kv::ReadResult result =
      store_->read(ns, key, {location, now_ms(), call.cache_ttl_s.value_or(0)});
  if (world_.trace().active()) {
    const bool strong = store_->settings().mode == KvMode::kStrong;
    world_.trace().emit(trace::KvReadEvent{
        request, store_->places().locations[location], store_->ns_name(ns), key, trace_op(call.op),
        result.seq(), !result.found, result.newest_seq, result.newest_absent, result.staleness_ms,
        kv::cause_name(result.cause), strong ? "" : result.hit ? "HIT" : "MISS"});
  }
  return result;
}

KvAnswer KvService::Impl::get(uint32_t location, uint64_t request, uint32_t ns,
                              const KvCall& call) {
  if (auto ok = kv::check_key(Op::kGet, call.key); !ok) return refusal(std::move(ok.error()));
  if (auto ok = kv::check_cache_ttl(Op::kGet, call.cache_ttl_s,
                                    store_->settings().min_cache_ttl_s); !ok)
    return refusal(std::move(ok.error()));
  if (world_.fault(FaultPoint::kKvGetUnavailable))
    return refusal(kv::refuse(Op::kGet, kv::kUnavailable));
  const kv::ReadResult result = read(location, request, ns, call, call.key);
  KvAnswer answer;
  answer.value = value_of(result);
  // PROPOSAL (spec/kv.md K25): HIT or MISS; null where nothing is cached by design.
  if (store_->settings().mode != KvMode::kStrong) answer.cache_status = result.hit ? "HIT" : "MISS";
  return answer;
}

KvAnswer KvService::Impl::get_bulk(uint32_t location, uint64_t request, uint32_t ns,
                                   const KvCall& call) {
  if (auto ok = kv::check_bulk(call.keys, call.type); !ok) return refusal(std::move(ok.error()));
  if (auto ok = kv::check_cache_ttl(Op::kGetBulk, call.cache_ttl_s,
                                    store_->settings().min_cache_ttl_s); !ok)
    return refusal(std::move(ok.error()));
  if (world_.fault(FaultPoint::kKvGetUnavailable))
    return refusal(kv::refuse(Op::kGetBulk, kv::kUnavailable));
  KvAnswer answer;
  size_t size_bytes = 0;
  // UNKNOWN (spec/kv.md K21): whether a bulk get shares cache entries with single gets; it does here.
  for (const std::string& key : call.keys) {
    answer.values.push_back(value_of(read(location, request, ns, call, key)));
    const KvValue& value = answer.values.back();
    if (!value.found) continue;
    size_bytes += key.size() + value.value->size() +
                  (call.with_metadata && value.metadata_json ? value.metadata_json->size() : 0);
    if (call.type == "json" && !kv::is_json(*value.value))
      return refusal(kv::refuse(
          Op::kGetBulk, "400 At least one of the requested keys corresponds to a non-json value"));
  }
  if (size_bytes > kv::kBulkResponseBytesMax)
    return refusal(kv::refuse(Op::kGetBulk, "413 Total size of request exceeds the limit of 25MB"));
  return answer;
}

KvAnswer KvService::Impl::list(uint32_t location, uint64_t request, uint32_t ns,
                               const KvCall& call) {
  const std::string prefix = call.prefix.value_or("");
  auto limit = kv::check_list(call.limit, prefix);
  if (!limit) return refusal(std::move(limit.error()));
  std::string after;
  if (call.cursor && !call.cursor->empty()) {
    auto name = kv::decode_cursor(prefix, *call.cursor);
    if (!name) return refusal(kv::refuse(Op::kList, name.error()));
    after = std::move(*name);
  }
  if (world_.fault(FaultPoint::kKvListUnavailable))
    return refusal(kv::refuse(Op::kList, kv::kUnavailable));
  const kv::ListPage page = store_->list(ns, {location, now_ms(), prefix, after, *limit});
  KvAnswer answer;
  answer.listed.reserve(page.keys.size());
  for (const kv::ListedKey& key : page.keys) {
    KvListedKey& out = answer.listed.emplace_back(std::string(key.name), std::nullopt,
                                                  *key.metadata_json);
    if (key.expiration_s != 0) out.expiration_s = key.expiration_s;
  }
  answer.list_complete = page.complete;
  if (!page.complete) answer.cursor = kv::encode_cursor(prefix, page.last);
  if (world_.trace().active())
    world_.trace().emit(trace::KvListEvent{request, store_->places().locations[location],
                                           store_->ns_name(ns), prefix, page.keys.size(),
                                           page.complete, page.stale_keys});
  return answer;
}

// UNKNOWN (spec/kv.md 1.3): the order of these checks when a put breaks several rules.
void KvService::Impl::put(Pending pending, KvCall call) {
  auto refuse = [&pending, this](Refusal why) {
    refuse_write(std::move(pending), std::move(why), false);
  };
  if (auto ok = kv::check_key(Op::kPut, pending.write.key); !ok) return refuse(ok.error());
  auto expiration = kv::check_expiry({call.expiration_s, call.expiration_ttl_s}, now_ms());
  if (!expiration) return refuse(expiration.error());
  if (auto ok = kv::check_metadata(call.metadata_json); !ok) return refuse(ok.error());
  pending.write.expiration_s = *expiration;
  if (call.metadata_json != "null") pending.write.metadata_json = std::move(call.metadata_json);
  if (!call.value_stream) return put_value(std::move(pending), std::move(call.value));
  if (auto known = call.value_stream->length_bytes())
    if (auto ok = kv::check_value_size(*known); !ok) {
      call.value_stream->cancel(ok.error().text);
      return refuse(ok.error());
    }
  auto count = std::make_shared<uint64_t>(0);
  auto counted = std::make_unique<Counted>(std::move(call.value_stream), count);
  read_all(std::move(counted), kv::kValueBytesMax,
           [this, pending = std::move(pending), count](Chunk all) mutable {
             stream_ended(std::move(pending), std::move(all), *count);
           });
}

// K24: whatever went wrong, the previous version is still there.
void KvService::Impl::stream_ended(Pending pending, Chunk all, uint64_t count_bytes) {
  advance();
  if (all.kind != Chunk::Kind::kError) return put_value(std::move(pending), std::move(all.bytes));
  if (auto ok = kv::check_value_size(count_bytes); !ok)
    return refuse_write(std::move(pending), std::move(ok.error()), false);
  refuse_write(std::move(pending), {std::move(all.bytes), false}, false);
}

void KvService::Impl::put_value(Pending pending, std::string value) {
  if (auto ok = kv::check_value_size(value.size()); !ok)
    return refuse_write(std::move(pending), std::move(ok.error()), false);
  pending.write.value = std::make_shared<const std::string>(std::move(value));
  write(std::move(pending));
}

void KvService::Impl::write(Pending pending) {
  const bool is_delete = !pending.write.value;
  const Op op = is_delete ? Op::kDelete : Op::kPut;
  if (world_.fault(FaultPoint::kKvPutUnavailable))
    return refuse_write(std::move(pending), kv::refuse(op, kv::kUnavailable), is_delete);
  if (world_.fault(FaultPoint::kKvPutTooMany))
    return refuse_write(std::move(pending), kv::refuse(op, kv::kTooManyRequests), is_delete);
  if (auto ok = store_->admit(pending.write, now_ms()); !ok)
    return refuse_write(std::move(pending), std::move(ok.error()), is_delete);
  const int64_t delay_ms = store_->ack_delay_ms(pending.write.location);
  if (delay_ms == 0) return commit_or_apply(std::move(pending));
  world_.schedule_after(delay_ms * 1000, [this, pending = std::move(pending)]() mutable {
    advance();
    commit_or_apply(std::move(pending));
  });
}

void KvService::Impl::commit_or_apply(Pending pending) {
  if (!disk_) return apply(std::move(pending));
  uncommitted_.push_back(std::move(pending));
  if (std::exchange(flush_due_, true)) return;
  world_.at_turn_end([this] { flush(); });
}

void KvService::Impl::flush() {
  flush_due_ = false;
  if (uncommitted_.empty()) return;
  std::vector<Pending> batch = std::exchange(uncommitted_, {});
  std::vector<const kv::Write*> writes;
  for (Pending& p : batch) {
    p.write.seq = store_->reserve_seq(p.write.ns);
    writes.push_back(&p.write);
  }
  const SqlResult saved = disk_->commit(*store_, writes, now_ms());
  for (Pending& p : batch) {
    const bool is_delete = !p.write.value;
    if (saved) apply(std::move(p));
    else refuse_write(std::move(p), kv::refuse(is_delete ? Op::kDelete : Op::kPut,
                                               kv::kServerError), is_delete);
  }
}

void KvService::Impl::apply(Pending pending) {
  kv::Write& w = pending.write;
  const uint64_t size_bytes = w.value ? w.value->size() : 0;
  const std::string_view op = w.value ? "put" : "delete";
  const bool traced = world_.trace().active();
  const auto [ns, location, request] = std::tuple{w.ns, w.location, w.request};
  const std::string key = traced ? w.key : std::string();
  const kv::Applied applied = store_->apply(std::move(w), now_ms());
  if (traced)
    world_.trace().emit(trace::KvWriteEvent{request, store_->places().locations[location],
                                            store_->ns_name(ns), key, op, applied.seq, size_bytes,
                                            ""});
  answer(std::move(pending.done), {});
  advance();
}

void KvService::Impl::refuse_write(Pending pending, Refusal why, bool is_delete) {
  const kv::Write& w = pending.write;
  if (world_.trace().active())
    world_.trace().emit(trace::KvWriteEvent{
        w.request, store_->places().locations[w.location], store_->ns_name(w.ns), w.key,
        is_delete ? "delete" : "put", 0, w.value ? w.value->size() : 0, why.text});
  answer(std::move(pending.done), refusal(std::move(why)));
}

// Brings the replicas up to this instant, and sees to it that the next arrival is not missed.
void KvService::Impl::advance() {
  if (store_->next_due_ms() <= now_ms())
    store_->advance(now_ms(), world_.trace().active() ? this : nullptr);
  arm_delivery();
}

void KvService::Impl::arm_delivery() {
  const int64_t next_ms = store_->next_due_ms();
  if (next_ms == delivery_at_ms_) return;
  if (delivery_) world_.cancel(delivery_);
  delivery_ = 0;
  delivery_at_ms_ = next_ms;
  if (next_ms == kv::kNever) return;
  delivery_ = world_.schedule(next_ms * 1000, [this] {
    delivery_ = 0;
    delivery_at_ms_ = kv::kNever;
    advance();
  });
}

void KvService::Impl::arrived(uint32_t ns, const kv::Entry& entry, const kv::Version& version,
                              uint32_t location) {
  world_.trace().emit(trace::KvPropagateEvent{store_->places().locations[location],
                                              store_->ns_name(ns), entry.key, version.seq});
}

std::expected<void, std::string> KvService::Impl::seed(kv::Write write) {
  if (auto ok = kv::check_key(Op::kPut, write.key); !ok) return std::unexpected(ok.error().text);
  if (auto ok = kv::check_metadata(write.metadata_json); !ok)
    return std::unexpected(ok.error().text);
  if (auto ok = kv::check_value_size(write.value ? write.value->size() : 0); !ok)
    return std::unexpected(ok.error().text);
  flush();
  write.seq = store_->reserve_seq(write.ns);
  if (disk_) {
    const kv::Write* one = &write;
    if (SqlResult saved = disk_->commit(*store_, {&one, 1}, now_ms()); !saved)
      return std::unexpected(saved.error());
  }
  const uint64_t seq = write.seq;
  store_->load(std::move(write), seq, now_ms());
  return {};
}

KvService::Inspected KvService::Impl::inspect(std::string_view namespace_id,
                                              std::string_view key) const {
  const auto ns = store_->find_ns(namespace_id);
  const kv::Entry* entry = ns ? store_->find(*ns, key) : nullptr;
  Inspected found;
  if (const kv::Version* newest = entry ? entry->newest() : nullptr) {
    found.version = newest->seq;
    found.absent = newest->absent(now_ms());
    found.size_bytes = newest->value ? newest->value->size() : 0;
    found.written_at_ms = newest->written_at_ms;
    if (newest->expiration_s != 0) found.expiration_s = newest->expiration_s;
  }
  const kv::Places& places = store_->places();
  for (uint32_t i = 0; i < places.count(); ++i) {
    const kv::Peeked peeked = store_->peek(entry, i, now_ms());
    const kv::Version* served = peeked.seen.version.get();
    Inspected::Place& place = found.locations.emplace_back();
    place.location = places.locations[i];
    place.version = served ? served->seq : 0;
    place.absent = !served || served->absent(now_ms());
    place.cause = kv::cause_name(peeked.seen.cause);
    place.staleness_ms = entry ? entry->staleness_ms(served, now_ms()) : 0;
    if (!peeked.seen.hit) continue;
    place.age_ms = now_ms() - peeked.fetched_at_ms;
    place.cached_until_ms = peeked.cached_until_ms;
  }
  return found;
}

KvService::KvService(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KvService::~KvService() { impl_->flush(); }

std::expected<std::unique_ptr<KvService>, std::string> KvService::open(
    World& world, KvSettings settings, std::vector<std::string> locations, std::string state_dir) {
  auto impl = std::make_unique<Impl>(world);
  if (auto ok = impl->open(std::move(settings), std::move(locations), state_dir); !ok)
    return std::unexpected(ok.error());
  return std::unique_ptr<KvService>(new KvService(std::move(impl)));
}

std::expected<std::unique_ptr<KvService>, std::string> KvService::open(World& world,
                                                                       const State& state) {
  auto impl = std::make_unique<Impl>(world);
  impl->open(state);
  return std::unique_ptr<KvService>(new KvService(std::move(impl)));
}

std::shared_ptr<const KvService::State> KvService::copy_state() const {
  auto state = std::make_shared<State>();
  state->store = std::as_const(*impl_).store().copy(state->streams);
  return state;
}

std::expected<void, std::string> KvService::dump(const std::string& directory) const {
  if (auto begun = begin_dump_of(directory, "kv.sqlite"); !begun) return begun;
  auto disk = kv::Disk::open(directory);
  if (!disk) return std::unexpected(disk.error());
  if (SqlResult done = (*disk)->dump(impl_->store(), impl_->now_ms()); !done)
    return std::unexpected(directory + "/kv.sqlite cannot be written: " + done.error());
  return {};
}

std::expected<std::shared_ptr<const KvService::State>, std::string> KvService::load_state(
    World& world, KvSettings settings, std::vector<std::string> locations,
    const std::string& directory) {
  auto state = std::make_shared<State>();
  auto store = kv::Store::open(std::move(settings), std::move(locations), state->streams,
                               world.now_ms());
  if (!store) return std::unexpected(store.error());
  state->store = std::move(*store);
  const auto there = has_part(directory, "kv.sqlite");
  if (!there) return std::unexpected(there.error());
  if (!*there) return state;
  auto disk = kv::Disk::open(directory);
  if (!disk) return std::unexpected(disk.error());
  if (SqlResult read = (*disk)->load(*state->store, world.now_ms()); !read)
    return std::unexpected(read.error());
  return state;
}

KvService::Inspected KvService::inspect(std::string_view namespace_id,
                                        std::string_view key) const {
  return impl_->inspect(namespace_id, key);
}

std::expected<void, std::string> KvService::set_settings(KvSettings settings) {
  return impl_->set_settings(std::move(settings));
}

uint32_t KvService::ns(std::string_view namespace_id) { return impl_->store().ns(namespace_id); }

void KvService::call(size_t location, uint64_t request, uint32_t ns, KvCall call,
                     KvCallback done) {
  impl_->call(static_cast<uint32_t>(location), request, ns, std::move(call), std::move(done));
}

std::expected<void, std::string> KvService::seed(std::string_view namespace_id, std::string key,
                                                 std::string value,
                                                 std::optional<std::string> metadata_json,
                                                 std::optional<int64_t> expiration_s) {
  return impl_->seed({ns(namespace_id), 0, 0, std::move(key),
                      std::make_shared<const std::string>(std::move(value)),
                      std::move(metadata_json), expiration_s.value_or(0), 0});
}

std::optional<KvService::Newest> KvService::newest(std::string_view namespace_id,
                                                   std::string_view key) {
  const kv::Entry* entry = impl_->store().find(ns(namespace_id), key);
  if (!entry || entry->newest_absent(impl_->now_ms())) return std::nullopt;
  const kv::Version& v = *entry->newest();
  Newest newest{v.seq, v.value, v.metadata_json, std::nullopt};
  if (v.expiration_s != 0) newest.expiration_s = v.expiration_s;
  return newest;
}

void KvService::set_link(size_t from, size_t to, LinkState state) {
  impl_->set_link(static_cast<uint32_t>(from), static_cast<uint32_t>(to), state);
}

void KvService::set_central(size_t location, LinkState state) {
  impl_->set_central(static_cast<uint32_t>(location), state);
}

void KvService::flush() { impl_->flush(); }
const KvSettings& KvService::settings() const { return impl_->store().settings(); }

}  // namespace offing
