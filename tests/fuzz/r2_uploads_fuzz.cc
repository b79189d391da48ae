// The bytes are operations on a store: uploads, parts, completions of chosen parts, puts, deletes,
// locks, buckets, transactions that commit or fail. After each transaction: what is there is what a
// model of spec/r2.md 1.10 and 2.2 has, what is on disk is what is in memory, and every blob is
// either named by something or let go, once. Blobs have a size and no bytes; the disk is a map.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "storage/r2/limits.h"
#include "storage/r2/store.h"

using namespace offing;
using namespace offing::r2;

#define HOLDS(what)                                                                  \
  do {                                                                               \
    if (!(what)) fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what), abort(); \
  } while (false)

namespace {

// What the disk keeps: objects by bucket and key, parts by bucket, upload and number.
struct Kept {
  struct Object {
    std::string version;
    std::vector<uint64_t> blobs;
    friend bool operator==(const Object&, const Object&) = default;
  };
  struct Part {
    std::string etag;
    uint64_t blob = 0;
    friend bool operator==(const Part&, const Part&) = default;
  };
  std::set<uint32_t> buckets;
  std::map<std::pair<uint32_t, std::string>, Object> objects;
  std::map<std::pair<uint32_t, std::string>, std::map<uint32_t, Part>> uploads;
  friend bool operator==(const Kept&, const Kept&) = default;
};

struct Machine {
  Kept kept, before;
  std::map<uint64_t, bool> blobs;  // whether it was let go
  uint64_t next_blob = 1;
  int fail_after = -1;  // disk operations; below 0: none fails

  SqlResult step() {
    if (fail_after < 0 || fail_after-- > 0) return {};
    return std::unexpected("no space left");
  }
};
Machine* machine = nullptr;

class SizedBlob final : public Blob {
 public:
  explicit SizedBlob(uint64_t size_bytes) : Blob(machine->next_blob++, size_bytes) {
    machine->blobs[id()] = false;
  }
  std::shared_ptr<const std::string> whole() const override { return nullptr; }
  std::expected<std::string, std::string> read(uint64_t, size_t) const override { return ""; }
  void let_go() override { HOLDS(!std::exchange(machine->blobs.at(id()), true)); }
};

class NoBytes final : public BlobStore {
 public:
  std::unique_ptr<BlobWriter> writer() override { abort(); }
  std::expected<std::shared_ptr<Blob>, std::string> known_file(uint64_t, uint64_t) override {
    abort();
  }
  std::shared_ptr<Blob> known_small(uint64_t, uint64_t, const Fetch&) override { abort(); }
  void remove_orphans() override {}
  uint64_t stored_bytes() const override { return 0; }
};

}  // namespace

// ---- The store's own disk, as maps

namespace offing::r2 {

std::expected<std::unique_ptr<BlobStore>, std::string> BlobStore::open(Options) {
  return std::make_unique<NoBytes>();
}

struct Disk::Impl {};
Disk::Disk(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Disk::~Disk() = default;
std::expected<std::unique_ptr<Disk>, std::string> Disk::open(const std::string&, bool) {
  return std::unique_ptr<Disk>(new Disk(std::make_unique<Impl>()));
}
SqlResult Disk::load(Buckets&, BlobStore&, uint64_t&) {
  return {};
}
SqlResult Disk::begin() {
  machine->before = machine->kept;
  return machine->step();
}
SqlResult Disk::commit() {
  return machine->step();
}
void Disk::rollback() {
  machine->kept = machine->before;
}
SqlResult Disk::save_bucket(const Bucket& bucket) {
  machine->kept.buckets.insert(bucket.id);
  return machine->step();
}
SqlResult Disk::drop_bucket(uint32_t bucket) {
  HOLDS(machine->kept.buckets.erase(bucket) == 1);
  return machine->step();
}
SqlResult Disk::save_object(uint32_t bucket, std::string_view key, const Object& object) {
  Kept::Object& row = machine->kept.objects[{bucket, std::string(key)}];
  row = {object.version, {}};
  for (const auto& blob : object.body) row.blobs.push_back(blob->id());
  return machine->step();
}
SqlResult Disk::drop_object(uint32_t bucket, std::string_view key) {
  HOLDS(machine->kept.objects.erase({bucket, std::string(key)}) == 1);
  return machine->step();
}
SqlResult Disk::save_upload(uint32_t bucket, const Upload& upload) {
  machine->kept.uploads[{bucket, upload.id}];
  return machine->step();
}
SqlResult Disk::save_part(uint32_t bucket, std::string_view upload_id, const Part& part) {
  machine->kept.uploads.at({bucket, std::string(upload_id)})[part.number] = {part.etag,
                                                                             part.blob->id()};
  return machine->step();
}
SqlResult Disk::drop_part(uint32_t bucket, std::string_view upload_id, uint32_t number) {
  HOLDS(machine->kept.uploads.at({bucket, std::string(upload_id)}).erase(number) == 1);
  return machine->step();
}
SqlResult Disk::drop_upload(uint32_t bucket, std::string_view upload_id) {
  HOLDS(machine->kept.uploads.erase({bucket, std::string(upload_id)}) == 1);
  return machine->step();
}
SqlResult Disk::drop_blob(const Blob& blob) {
  HOLDS(!machine->blobs.at(blob.id()));
  return machine->step();
}
SqlResult Disk::save_number(uint64_t) {
  return machine->step();
}

}  // namespace offing::r2

namespace offing::digest {
std::string combine_crc(Algorithm, std::string_view first, std::string_view, uint64_t) {
  return std::string(first);
}
}  // namespace offing::digest

namespace {

// ---- What must be

struct Model {
  struct Object {
    std::string etag;
    uint64_t size_bytes = 0;
    int64_t uploaded_ms = 0;
    size_t parts = 0;  // 0: not multipart
  };
  struct Part {
    std::string etag;
    uint64_t size_bytes = 0;
  };
  struct Upload {
    std::string key;
    std::map<uint32_t, Part> parts;
  };
  bool has_bucket = true;
  std::map<std::string, Object> objects;
  std::map<std::string, Upload> uploads;
  std::set<std::string> ended;
  bool all_locked = false;
  int64_t age_s = 0;  // of a lock on "a…"; 0: none

  bool locked(const std::string& key, int64_t now_ms) const {
    auto at = objects.find(key);
    if (at == objects.end()) return false;
    return all_locked ||
           (age_s > 0 && key[0] == 'a' && now_ms < at->second.uploaded_ms + age_s * 1000);
  }
};

enum class Ask : uint8_t { kNothing, kAbsent, kPresent };

std::optional<Conditional> condition(Ask ask) {
  if (ask == Ask::kNothing) return std::nullopt;
  Conditional asked;
  std::vector<EtagTag> any = {{"", EtagTag::Kind::kWildcard}};
  (ask == Ask::kAbsent ? asked.etag_does_not_match : asked.etag_matches) = std::move(any);
  return asked;
}

class Run {
 public:
  Run(const uint8_t* data, size_t size) : data_(data), end_(data + size) {
    machine = &machine_;
    const bool durable = take() & 1;
    if (durable)
      directory_ = (std::filesystem::temp_directory_path() / "offing-r2-uploads-fuzz").string();
    auto opened = Store::open({directory_, false, [this] { return ++random_; }});
    HOLDS(opened);
    store_ = std::move(*opened);
    store_->begin();
    make_bucket();
    HOLDS(store_->commit());
    check();
  }
  ~Run() { machine = nullptr; }

  void go() {
    while (data_ != end_) {
      begin();
      if (!operate()) finish_transaction();
    }
    if (open_) finish_transaction();
  }

 private:
  uint8_t take() { return data_ == end_ ? 0 : *data_++; }
  std::string key() { return std::string(1, "ab"[take() % 2]) + std::string(1, "12"[take() % 2]); }
  Ask ask() { return static_cast<Ask>(take() % 3); }
  std::string etag(uint8_t n) {
    return std::string(30, '0') + "0123456789abcdef"[n >> 4 & 15] + "0123456789abcdef"[n & 15];
  }
  // Around the least size of a part; 0 is an empty one.
  uint64_t part_bytes() {
    const uint64_t sizes[] = {kPartBytesMin,    kPartBytesMin + 1, kPartBytesMin - 1, 0, 1,
                              2 * kPartBytesMin};
    return sizes[take() % std::size(sizes)];
  }
  std::string upload() {
    const uint8_t n = take();
    if (given_.empty() || n == 255) return "never";
    return given_[n % given_.size()];
  }

  void begin() {
    if (std::exchange(open_, true)) return;
    before_ = model_;
    store_->begin();
  }
  void make_bucket() {
    BucketSettings settings;
    settings.name = "bucket";
    auto made = store_->create_bucket(std::move(settings));
    HOLDS(made);
    bucket_ = (*made)->id;
  }
  Bucket& bucket() { return store_->at(bucket_); }

  // False: the transaction ends here.
  bool operate() {
    const uint8_t op = take() % 16;
    if (!model_.has_bucket && op < 12) {
      HOLDS(store_->find("bucket") == nullptr);
      make_bucket();
      model_ = Model();
      return true;
    }
    switch (op) {
      case 0:
      case 1:
        create();
        return true;
      case 2:
      case 3:
      case 4:
        add_part();
        return true;
      case 5:
      case 6:
        complete();
        return true;
      case 7:
        abort_upload();
        return true;
      case 8:
        put();
        return true;
      case 9:
        remove();
        return true;
      case 10:
        lose_part();
        return true;
      case 11:
        set_lock();
        return true;
      case 12:
        delete_bucket();
        return true;
      case 13:
        now_ms_ += 500;
        return true;
      case 14:
        machine_.fail_after = take() % 16;
        return true;
      default:
        return false;
    }
  }

  void create() {
    Upload upload;
    upload.key = key();
    const std::string wanted = upload.key;
    const std::string id = store_->begin_upload(bucket(), std::move(upload), now_ms_);
    HOLDS(ids_.insert(id).second && id.size() == 64);
    given_.push_back(id);
    model_.uploads[id].key = wanted;
  }

  // M7.
  void check_missing(const std::string& id, const Error& error) {
    HOLDS(error.code == Code::kNoSuchUpload);
    auto strict = store_->find_upload(bucket(), id, true);
    HOLDS(!strict);
    HOLDS(strict.error().code ==
          (model_.ended.contains(id) ? Code::kNoSuchUpload : Code::kInternal));
  }

  void add_part() {
    const std::string id = upload();
    Part part;
    part.number = 1 + take() % 4;
    part.etag = etag(take());
    part.blob = std::make_shared<SizedBlob>(part_bytes());
    const Model::Part same{part.etag, part.blob->size_bytes()};
    const uint32_t number = part.number;
    auto added = store_->add_part(bucket(), id, std::move(part));
    auto at = model_.uploads.find(id);
    HOLDS(added.has_value() == (at != model_.uploads.end()));
    if (!added) return check_missing(id, added.error());
    at->second.parts[number] = same;
  }

  void lose_part() {
    const std::string id = upload();
    const uint32_t number = 1 + take() % 4;
    store_->lose_part(bucket(), id, number);
    auto at = model_.uploads.find(id);
    if (at != model_.uploads.end()) at->second.parts.erase(number);
  }

  // M2-M6: what R2 says of these parts; nothing when they are all right.
  std::optional<Code> judge(const Model::Upload& upload,
                            const std::vector<Store::ChosenPart>& chosen) const {
    std::map<uint32_t, uint64_t> sizes;
    for (const auto& part : chosen) {
      if (!sizes.emplace(part.number, 0).second) return Code::kInternal;
    }
    for (const auto& part : chosen) {
      auto at = upload.parts.find(part.number);
      if (at == upload.parts.end() || at->second.etag != part.etag) return Code::kInvalidPart;
      sizes[part.number] = at->second.size_bytes;
    }
    for (size_t i = 0; i + 1 < chosen.size(); ++i) {
      if (sizes[chosen[i].number] < 5 * 1024 * 1024) return Code::kEntityTooSmall;
    }
    for (const auto& [number, size_bytes] : sizes) {
      const uint64_t first = sizes.begin()->second;
      const bool last = number == sizes.rbegin()->first;
      if (last ? size_bytes > first : size_bytes != first) return Code::kUnequalParts;
    }
    return std::nullopt;
  }

  void complete() {
    const std::string id = upload();
    auto at = model_.uploads.find(id);
    std::vector<Store::ChosenPart> chosen;
    for (uint8_t count = take() % 5, i = 0; i < count; ++i) {
      const uint8_t byte = take();
      Store::ChosenPart part{1u + byte % 4, etag(byte)};
      if (at != model_.uploads.end() && byte < 240) {  // mostly its own tag
        auto there = at->second.parts.find(part.number);
        if (there != at->second.parts.end()) part.etag = there->second.etag;
      }
      chosen.push_back(std::move(part));
    }
    const Ask asked = ask();
    auto done = store_->complete(bucket(), id, chosen, condition(asked), now_ms_);
    if (at == model_.uploads.end()) {
      HOLDS(!done);
      return check_missing(id, done.error());
    }
    std::optional<Code> refused = judge(at->second, chosen);
    if (!refused && model_.locked(at->second.key, now_ms_)) refused = Code::kObjectLocked;
    HOLDS(done.has_value() == !refused.has_value());
    if (refused) {  // it stays open
      HOLDS(done.error().code == *refused);
      return;
    }
    const bool holds = passes(at->second.key, asked);
    HOLDS((done->object != nullptr) == holds);
    if (holds) {
      Model::Object made{done->object->etag, 0, now_ms_, chosen.size()};
      for (const auto& part : chosen)
        made.size_bytes += at->second.parts.at(part.number).size_bytes;
      const size_t dash = made.etag.find('-');
      HOLDS(dash == 32 && made.etag.substr(33) == std::to_string(chosen.size()));
      HOLDS(made.etag.find_first_not_of("0123456789abcdef") == 32);
      HOLDS(done->object->size_bytes == made.size_bytes);
      HOLDS(done->object->body.size() == chosen.size());
      saw(done->object->version);
      model_.objects[at->second.key] = std::move(made);
    }
    model_.ended.insert(id);  // M11 when it does not hold
    model_.uploads.erase(at);
  }

  bool passes(const std::string& key, Ask asked) const {
    return asked == Ask::kNothing || model_.objects.contains(key) == (asked == Ask::kPresent);
  }
  void saw(const std::string& version) { HOLDS(versions_.insert(version).second); }

  void abort_upload() {
    const std::string id = upload();
    store_->abort(bucket(), id);
    if (model_.uploads.erase(id) == 1) model_.ended.insert(id);
  }

  void put() {
    Object object;
    object.key = key();
    object.etag = etag(take());
    object.size_bytes = take() % 2 ? 7 : 0;
    if (object.size_bytes > 0) object.body.push_back(std::make_shared<SizedBlob>(7));
    const Ask asked = ask();
    const std::string key = object.key;
    const Model::Object made{object.etag, object.size_bytes, now_ms_, 0};
    auto done = store_->commit_object(bucket(), std::move(object), condition(asked), now_ms_);
    HOLDS(done.has_value() == !model_.locked(key, now_ms_));
    if (!done) {
      HOLDS(done.error().code == Code::kObjectLocked);
      return;
    }
    HOLDS((done->object != nullptr) == passes(key, asked));
    if (!done->object) return;
    saw(done->object->version);
    model_.objects[key] = made;
  }

  void remove() {
    const std::string key = this->key();
    auto done = store_->remove(bucket(), key, now_ms_);
    HOLDS(done.has_value() == !model_.locked(key, now_ms_));
    if (done) HOLDS((*done != nullptr) == (model_.objects.erase(key) == 1));
  }

  void set_lock() {
    const uint8_t byte = take();
    model_.all_locked = byte % 8 == 1;
    model_.age_s = byte % 4 == 2 ? 1 : 0;
    store_->change_bucket(bucket(), [this](Bucket& changed) {
      changed.locks.clear();
      LockRule rule;
      rule.id = "x";
      if (model_.all_locked) changed.locks.push_back(rule);
      rule.kind = LockRule::Kind::kAge;
      rule.prefix = "a";
      rule.age_s = model_.age_s;
      if (model_.age_s > 0) changed.locks.push_back(rule);
    });
  }

  void delete_bucket() {
    if (!model_.has_bucket) return;
    auto done = store_->delete_bucket(bucket());
    HOLDS(done.has_value() == model_.objects.empty());
    if (!done) {
      HOLDS(done.error().code == Code::kBucketNotEmpty);
      return;
    }
    model_ = Model();
    model_.has_bucket = false;
  }

  void finish_transaction() {
    const bool committed = store_->commit().has_value();
    HOLDS(committed || !directory_.empty());
    machine_.fail_after = -1;
    open_ = false;
    if (!committed) {
      model_ = before_;
      if (const Bucket* there = store_->find("bucket")) bucket_ = there->id;
    }
    check();
  }

  void check() {
    const Bucket* there = store_->find("bucket");
    HOLDS((there != nullptr) == model_.has_bucket);
    HOLDS(store_->buckets().size() == (there ? 1 : 0));
    Kept named;
    std::set<uint64_t> alive;
    if (there) {
      named.buckets.insert(there->id);
      HOLDS(there->objects.size() == model_.objects.size());
      for (const auto& [key, object] : there->objects) check_object(key, *object, named, alive);
      HOLDS(there->uploads.size() == model_.uploads.size());
      for (const auto& [id, upload] : there->uploads) check_upload(id, upload, named, alive);
      HOLDS(std::set<std::string>(there->ended_uploads.begin(), there->ended_uploads.end()) ==
            model_.ended);
    }
    if (!directory_.empty()) HOLDS(named == machine_.kept);
    for (const auto& [id, let_go] : machine_.blobs) HOLDS(let_go == !alive.contains(id));
  }
  void check_object(const std::string& key, const Object& object, Kept& named,
                    std::set<uint64_t>& alive) {
    const Model::Object& wanted = model_.objects.at(key);
    HOLDS(object.etag == wanted.etag && object.uploaded_ms == wanted.uploaded_ms);
    HOLDS(object.size_bytes == wanted.size_bytes &&
          object.is_multipart() == (object.etag.size() > 32));
    Kept::Object& row = named.objects[{bucket_, key}];
    row.version = object.version;
    uint64_t size_bytes = 0;
    for (const auto& blob : object.body) {
      HOLDS(alive.insert(blob->id()).second);
      row.blobs.push_back(blob->id());
      size_bytes += blob->size_bytes();
    }
    HOLDS(size_bytes == object.size_bytes);
  }
  void check_upload(const std::string& id, const Upload& upload, Kept& named,
                    std::set<uint64_t>& alive) {
    const Model::Upload& wanted = model_.uploads.at(id);
    HOLDS(upload.id == id && upload.key == wanted.key &&
          upload.parts.size() == wanted.parts.size());
    auto& rows = named.uploads[{bucket_, id}];
    for (const auto& [number, part] : upload.parts) {
      const Model::Part& same = wanted.parts.at(number);
      HOLDS(part.number == number && part.etag == same.etag);
      HOLDS(part.blob->size_bytes() == same.size_bytes);
      HOLDS(alive.insert(part.blob->id()).second);
      rows[number] = {part.etag, part.blob->id()};
    }
  }

  const uint8_t* data_;
  const uint8_t* end_;
  Machine machine_;
  std::string directory_;  // "": in memory
  uint64_t random_ = 0;
  std::unique_ptr<Store> store_;
  uint32_t bucket_ = 0;
  int64_t now_ms_ = 1'000'000;
  bool open_ = false;  // a transaction
  Model model_, before_;
  std::vector<std::string> given_;  // ids of uploads, of all times
  std::set<std::string> ids_, versions_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Run(data, size).go();
  return 0;
}
