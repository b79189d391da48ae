// Metadata and small bodies under a state directory: what was committed is there again, all of it.
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/unit/r2_disk_fixture.h"

using namespace offing;
using namespace offing::r2;
using offing::digest::Algorithm;

namespace {

std::unique_ptr<DiskKit> open_kit(const ScratchDirectory& directory, bool sync = false) {
  auto kit = DiskKit::open(directory.path(), sync);
  REQUIRE_MESSAGE(kit.has_value(), kit.error());
  return std::move(*kit);
}

std::string error_of_opening(const ScratchDirectory& directory) {
  auto kit = DiskKit::open(directory.path());
  return kit ? "" : kit.error();
}

std::string texts(const std::vector<std::string>& list) {
  std::string all;
  for (const std::string& text : list) all += "[" + text + "]";
  return all;
}
std::string number(auto value) { return std::to_string(static_cast<int64_t>(value)) + ";"; }
template <class T>
std::string maybe(const std::optional<T>& value) {
  if (!value) return "-;";
  if constexpr (std::is_same_v<T, std::string>) return "\"" + *value + "\";";
  else return number(*value);
}
std::string shown(const HttpMetadata& http) {
  return maybe(http.content_type) + maybe(http.content_language) + maybe(http.content_disposition) +
         maybe(http.content_encoding) + maybe(http.cache_control) + maybe(http.cache_expiry_ms);
}
std::string shown(const CustomMetadata& custom) {
  std::string all;
  for (const auto& [name, value] : custom) all += "<" + name + "=" + value + ">";
  return all;
}
std::string shown(const std::vector<Checksum>& checksums) {
  std::string all;
  for (const Checksum& one : checksums) all += number(one.algorithm) + one.bytes;
  return all;
}
std::string shown(const Object& o) {
  std::string all = o.key + "|" + o.version + "|" + o.etag + "|" + number(o.size_bytes) +
                    number(o.uploaded_ms) + shown(o.http) + shown(o.custom) + shown(o.checksums) +
                    number(o.checksum_type) + number(o.storage_class) + o.ssec_key_md5 + "|";
  for (const auto& blob : o.body) all += number(blob->id()) + read_blob(*blob);
  return all;
}
std::string shown(const Upload& u) {
  std::string all = u.id + "|" + u.key + "|" + number(u.created_ms) + shown(u.http) +
                    shown(u.custom) + number(u.storage_class) + u.ssec_key_md5 + "|" +
                    maybe(u.checksum_algorithm) + number(u.checksum_type);
  for (const auto& [n, part] : u.parts)
    all += "\n  " + number(n) + number(part.number) + part.etag + "|" + number(part.uploaded_ms) +
           shown(part.checksums) + read_blob(*part.blob);
  return all;
}
std::string shown(const LifecycleCondition& c) {
  return number(c.kind) + number(c.age_s) + number(c.date_ms) + c.date + ";";
}
std::string shown(const std::optional<LifecycleCondition>& c) { return c ? shown(*c) : "-;"; }
std::string shown(const Bucket& b) {
  std::string all = b.settings.name + "|" + b.settings.jurisdiction + "|" + b.settings.location +
                    "|" + number(b.settings.created_ms) + number(b.settings.default_class);
  for (const LockRule& r : b.locks)
    all += "\nlock " + r.id + "|" + number(r.enabled) + r.prefix + "|" + number(r.kind) +
           number(r.age_s) + number(r.date_ms) + r.date;
  for (const LifecycleRule& r : b.lifecycle) {
    all += "\nlifecycle " + r.id + "|" + number(r.enabled) + r.prefix + "|" + shown(r.expire) +
           shown(r.abort_uploads);
    for (const LifecycleCondition& c : r.to_infrequent_access) all += shown(c);
  }
  for (const CorsRule& r : b.cors)
    all += "\ncors " + r.id + texts(r.origins) + texts(r.methods) + texts(r.headers) +
           texts(r.expose_headers) + maybe(r.max_age_s);
  for (const NotificationRule& r : b.notifications) {
    all += "\nnotification " + r.id + "|" + r.created + "|" + r.queue_id + "|" + r.queue_name +
           "|" + r.prefix + "|" + r.suffix + "|" + r.description;
    for (const Action action : r.actions) all += number(action);
  }
  for (const auto& [key, object] : b.objects) all += "\n" + key + " = " + shown(*object);
  for (const auto& [id, upload] : b.uploads) all += "\n" + id + " = " + shown(upload);
  return all;
}
std::string shown(const DiskKit& kit) {
  std::string all;
  for (const auto& [id, bucket] : kit.buckets)
    all += number(id) + number(bucket->id) + shown(*bucket) + "\n";
  return all;
}

void give_rules(Bucket& b) {
  b.settings = {"logs", "eu", "ENAM", 1'700'000'000'123, StorageClass::kInfrequentAccess};
  b.locks = {{"a", true, "p/", LockRule::Kind::kAge, 86'400, 0, ""},
             {"b", false, "", LockRule::Kind::kDate, 0, -5, "1969-12-31T23:59:59.995Z"},
             {"c", true, "\xc3\xa9", LockRule::Kind::kIndefinite, 0, 0, ""}};
  LifecycleRule rule;
  rule.id = "old";
  rule.enabled = false;
  rule.prefix = "tmp/";
  rule.expire = LifecycleCondition{LifecycleCondition::Kind::kDate, 0, 1'800'000'000'000, "2027"};
  rule.to_infrequent_access = {{LifecycleCondition::Kind::kAge, 30, 0, ""},
                               {LifecycleCondition::Kind::kAge, 60, 0, ""}};
  rule.abort_uploads = LifecycleCondition{LifecycleCondition::Kind::kAge, 604'800, 0, ""};
  b.lifecycle = {rule, {}};
  b.cors = {{"x", {"https://a.example", "*"}, {"GET", "PUT"}, {"*"}, {"ETag"}, 86'400},
            {"", {}, {}, {}, {}, std::nullopt}};
  b.notifications = {{"n", "2026-01-01T00:00:00Z", "q1", "queue", "in/", ".jpg",
                      {Action::kPutObject, Action::kLifecycleDeletion}, "pictures"}};
}

Object full_object(DiskKit& kit) {
  Object o;
  o.key = "e\xcc\x81/key";   // not in NFC
  o.version = "12345678-1234-1234-1234-123456789abc";
  o.etag = "0123456789abcdef0123456789abcdef-3";
  o.uploaded_ms = 1'700'000'000'999;
  o.http = {"text/plain", "en", "attachment", "gzip", "max-age=1", -1};
  o.custom = {{"b", "2"}, {"a", std::string("nul\0byte", 8)}, {"", ""}};
  o.checksums = {{Algorithm::kMd5, std::string(16, '\0')},
                 {Algorithm::kCrc64Nvme, "\xff" "1234567"}};
  o.checksum_type = ChecksumType::kComposite;
  o.storage_class = StorageClass::kInfrequentAccess;
  o.ssec_key_md5 = std::string("\0\1\2", 3);
  for (const size_t size : {size_t{10}, size_t{0}, size_t{70'000}, size_t{kInMemoryMax}}) {
    o.body.push_back(write_blob(*kit.blobs, pattern(size, size)));
    o.size_bytes += size;
  }
  return o;
}

}  // namespace

TEST_CASE("4.1 C10 a bucket, its rules, its objects and uploads are there again, every field") {
  ScratchDirectory directory;
  std::string before;
  {
    auto kit = open_kit(directory, true);
    Bucket& b = kit->bucket(7);
    give_rules(b);
    auto object = std::make_shared<const Object>(full_object(*kit));
    Upload upload;
    upload.id = "upload-1";
    upload.key = "big";
    upload.created_ms = 1'700'000'000'001;
    upload.http.content_type = "";
    upload.custom = {{"k", "v"}};
    upload.storage_class = StorageClass::kInfrequentAccess;
    upload.ssec_key_md5 = "0123456789abcdef";
    upload.checksum_algorithm = Algorithm::kSha256;
    upload.checksum_type = ChecksumType::kFullObject;
    for (const uint32_t n : {1u, 2u, 10'000u})
      upload.parts[n] = {n, "etag-" + std::to_string(n), 5 + n, {{Algorithm::kSha1, "sha"}},
                         write_blob(*kit->blobs, pattern(n, n == 2 ? 100'000 : 20))};
    Disk& disk = *kit->disk;
    REQUIRE(disk.begin());
    CHECK(disk.save_bucket(b));
    CHECK(disk.save_bucket(kit->bucket(4'000'000'000)));
    CHECK(disk.save_object(7, "\xc3\xa9/key", *object));
    CHECK(disk.save_upload(7, upload));
    CHECK(disk.save_upload(4'000'000'000, upload));
    for (const auto& [n, part] : upload.parts) CHECK(disk.save_part(7, upload.id, part));
    CHECK(disk.commit());
    b.objects["\xc3\xa9/key"] = object;
    b.uploads["upload-1"] = upload;
    upload.parts.clear();
    kit->bucket(4'000'000'000).uploads["upload-1"] = upload;
    before = shown(*kit);
  }
  auto kit = open_kit(directory);
  CHECK(shown(*kit) == before);
  CHECK(kit->put("more", "x", 7) == "");
  CHECK(kit->get("more", 7) == "x");
}

TEST_CASE("1.10 M8 M10 parts are replaced and dropped; completing makes an object of their bytes") {
  ScratchDirectory directory;
  {
    auto kit = open_kit(directory);
    kit->save_bucket();
    Disk& disk = *kit->disk;
    Upload upload;
    upload.id = "u";
    upload.key = "k";
    Upload other = upload;
    other.id = "other";
    Part parts[3];
    for (uint32_t n = 0; n < 3; ++n)
      parts[n] = {n + 1, "e", 0, {}, write_blob(*kit->blobs, pattern(n, 100'000 * (n + 1)))};
    Part again{1, "e", 0, {}, write_blob(*kit->blobs, pattern(9, 200'000))};
    REQUIRE(disk.begin());
    CHECK(disk.save_upload(1, upload));
    CHECK(disk.save_upload(1, other));
    for (const Part& part : parts) CHECK(disk.save_part(1, "u", part));
    CHECK(disk.commit());
    REQUIRE(disk.begin());
    CHECK(disk.drop_blob(*parts[0].blob));
    CHECK(disk.save_part(1, "u", again));
    CHECK(disk.drop_blob(*parts[2].blob));
    CHECK(disk.drop_part(1, "u", 3));
    CHECK(disk.commit());
    for (const int gone : {0, 2}) parts[gone].blob->let_go();
    auto object = std::make_shared<Object>();
    object->key = "k";
    object->body = {again.blob, parts[1].blob};
    object->size_bytes = 400'000;
    REQUIRE(disk.begin());
    CHECK(disk.save_object(1, "k", *object));
    CHECK(disk.drop_upload(1, "u"));
    CHECK(disk.commit());
  }
  auto kit = open_kit(directory);
  CHECK(kit->bucket().uploads.size() == 1);
  CHECK(kit->bucket().uploads.contains("other"));
  CHECK(kit->get("k") == pattern(9, 200'000) + pattern(1, 200'000));
  CHECK(files_in(directory.path() + "/blobs").size() == 2);
  REQUIRE(kit->disk->begin());
  CHECK(kit->disk->drop_bucket(1));
  CHECK(kit->disk->commit());
  kit.reset();
  CHECK(open_kit(directory)->buckets.empty());
  CHECK(files_in(directory.path() + "/blobs").empty());
}

TEST_CASE("4.1 C7 a reader of a replaced object reads the old bytes, small or large") {
  ScratchDirectory directory;
  auto kit = open_kit(directory);
  kit->save_bucket();
  for (const size_t size : {size_t{16'000}, size_t{200'000}}) {
    CHECK(kit->put("k", pattern(1, size)) == "");
    kit.reset();
    kit = open_kit(directory);   // small bytes are in SQLite only now
    std::shared_ptr<Blob> reader = kit->bucket().objects.at("k")->body[0];
    CHECK(kit->put("k", pattern(2, size)) == "");
    CHECK(read_blob(*reader) == pattern(1, size));
    CHECK(kit->get("k") == pattern(2, size));
    CHECK(kit->remove("k") == "");
    CHECK(read_blob(*reader) == pattern(1, size));
  }
  kit.reset();
  kit = open_kit(directory);
  CHECK(kit->get("k") == "<absent>");
  CHECK(files_in(directory.path() + "/blobs").empty());
}

TEST_CASE("a turn that is undone, or cannot be kept, leaves the former version") {
  ScratchDirectory directory;
  auto kit = open_kit(directory);
  kit->save_bucket();
  CHECK(kit->put("small", "former") == "");
  CHECK(kit->put("large", pattern(1, 100'000)) == "");
  {
    auto fresh = kit->object("small", pattern(2, 60'000));
    auto fresh_file = kit->object("large", pattern(2, 300'000));
    REQUIRE(kit->disk->begin());
    for (const char* key : {"small", "large"})
      CHECK(kit->disk->drop_blob(*kit->bucket().objects.at(key)->body[0]));
    CHECK(kit->disk->save_object(1, "small", *fresh));
    CHECK(kit->disk->save_object(1, "large", *fresh_file));
    kit->disk->rollback();
  }
  CHECK(files_in(directory.path() + "/blobs").size() == 1);
  const std::string wal = directory.path() + "/r2.sqlite-wal";
  auto fresh = kit->object("small", pattern(2, 60'000));
  std::string failed;
  {
    const FullDisk full(std::filesystem::file_size(wal) + 20'000);
    failed = kit->commit({{"small", fresh}, {"large", nullptr}});
  }
  CHECK(failed.starts_with(directory.path() + "/r2.sqlite cannot be written: "));
  CHECK(kit->get("small") == "former");
  kit.reset();
  kit = open_kit(directory);
  CHECK(kit->get("small") == "former");
  CHECK(kit->get("large") == pattern(1, 100'000));
  {
    const FullDisk full(std::filesystem::file_size(wal) + 20'000);
    failed = kit->put("small", pattern(3, 60'000));
  }
  CHECK(failed != "");
  CHECK(kit->put("small", pattern(4, 60'000)) == "");   // there is space again
  fresh.reset();
  kit.reset();
  CHECK(open_kit(directory)->get("small") == pattern(4, 60'000));
}

TEST_CASE("small bodies are in memory only while they are used") {
  ScratchDirectory directory;
  auto kit = open_kit(directory);
  kit->save_bucket();
  constexpr size_t kBodies = 700, kSize = 60'000;   // 42 MB
  DiskKit::Turn turn;
  for (size_t i = 0; i < kBodies; ++i) {
    const std::string key = std::to_string(i);
    turn.emplace_back(key, kit->object(key, pattern(i, kSize)));
  }
  CHECK(kit->commit(turn) == "");
  turn.clear();
  size_t differing = 0;
  for (size_t i = 0; i < kBodies; ++i)
    differing += kit->get(std::to_string(i)) != pattern(i, kSize);
  CHECK(differing == 0);
  auto blob = kit->bucket().objects.at("5")->body[0];
  kit->bucket().objects.clear();
  kit->disk.reset();
  const auto closed = blob->read(0, 1);
  if (!closed) CHECK(closed.error() == directory.path() + "/r2.sqlite was closed");
}

TEST_CASE("numbers are not given out again after a restart") {
  ScratchDirectory directory;
  uint64_t last = 0;
  for (int round = 0; round < 3; ++round) {
    auto kit = open_kit(directory);
    CHECK(kit->next_number > last);
    kit->save_bucket();
    for (int i = 0; i < 5; ++i) {
      CHECK(kit->put("k", "x") == "");
      last = kit->next_number;
    }
    REQUIRE(kit->disk->begin());
    CHECK(kit->disk->save_number(kit->next_number = last + 1'000'000));
    kit->disk->rollback();
    REQUIRE(kit->disk->begin());
    CHECK(kit->disk->save_number(kit->next_number));
    CHECK(kit->disk->commit());
    last = kit->next_number;
  }
}

TEST_CASE("damage is an error that names the file and the way out") {
  ScratchDirectory directory;
  const std::string sqlite = directory.path() + "/r2.sqlite";
  const std::string restore = "; restore it or choose another state directory";
  std::string file;
  {
    auto kit = open_kit(directory);
    kit->save_bucket();
    CHECK(kit->put("small", "bytes") == "");
    CHECK(kit->put("large", pattern(1, 100'000)) == "");
    file = directory.path() + "/blobs/" + *files_in(directory.path() + "/blobs").begin();
  }
  auto change = [&](const char* sql) {
    auto db = Database::open(sqlite);
    REQUIRE(db);
    const auto done = (*db)->exec(sql);
    REQUIRE_MESSAGE(done.has_value(), done.error());
  };

  SUBCASE("a body's file is missing") {
    std::filesystem::remove(file);
    CHECK(error_of_opening(directory) == "the state directory is damaged: " + file +
          " is missing; put it back or choose another state directory (table object, \"large\")");
  }
  SUBCASE("a body's file is cut") {
    std::filesystem::resize_file(file, 99'999);
    CHECK(error_of_opening(directory) == "the state directory is damaged: " + file +
          " has 99999 bytes instead of 100000" + restore + " (table object, \"large\")");
    std::filesystem::resize_file(file, 100'000);
    CHECK(error_of_opening(directory) == "");   // nothing was removed meanwhile
  }
  SUBCASE("a row is not one of ours") {
    change("UPDATE object SET state = x'ffff' WHERE key = x'736d616c6c'");
    CHECK(error_of_opening(directory) == sqlite +
          " is damaged: table object has a row that cannot be read (bucket 1, \"small\")" +
          restore);
  }
  SUBCASE("a row is cut, at every place") {
    for (int bytes = 0; bytes < 20; ++bytes) {
      change(("UPDATE object SET state = substr(state, 1, " + std::to_string(20 - bytes) +
              ") WHERE key = x'736d616c6c'").c_str());
      CHECK(error_of_opening(directory) != "");
    }
  }
  SUBCASE("an object's bucket is missing") {
    change("DELETE FROM bucket");
    CHECK(error_of_opening(directory) == sqlite +
          " is damaged: table object has a row that cannot be read (bucket 1, \"large\")" +
          restore);
  }
  SUBCASE("a small body is missing") {
    change("DELETE FROM blob");
    CHECK(error_of_opening(directory) == sqlite + " is damaged: table blob has no row 1" + restore);
  }
  SUBCASE("a small body is cut") {
    change("UPDATE blob SET bytes = x'00'");
    CHECK(error_of_opening(directory) == sqlite +
          " is damaged: row 1 of table blob has 1 bytes instead of 5" + restore);
  }
  SUBCASE("a small body that nothing names is removed") {
    change("INSERT INTO blob VALUES(99, x'00')");
    auto kit = open_kit(directory);
    CHECK(kit->get("small") == "bytes");
    kit.reset();
    auto db = Database::open(sqlite);
    auto left = (*db)->prepare("SELECT count(*) FROM blob").value();
    REQUIRE(left->step());
    CHECK(left->integer(0) == 1);
  }
  SUBCASE("a table is missing") {
    change("DROP TABLE part");
    CHECK(error_of_opening(directory) == sqlite + " is damaged: no such table: part" + restore);
  }
  SUBCASE("it is no database") {
    std::ofstream(sqlite) << std::string(9000, 'x');
    CHECK(error_of_opening(directory) == sqlite + " cannot be used: file is not a database");
  }
  SUBCASE("pages are torn") {
    const auto size = std::filesystem::file_size(sqlite);
    std::fstream out(sqlite, std::ios::in | std::ios::out | std::ios::binary);
    for (size_t at = 4096; at < size; at += 4096) {
      out.seekp(static_cast<std::streamoff>(at));
      out << std::string(2048, '\xee');
    }
    out.close();
    const std::string error = error_of_opening(directory);
    CHECK(error.starts_with(sqlite + " is damaged: database disk image is malformed"));
  }
  SUBCASE("it is of a newer offing") {
    change("PRAGMA user_version = 2");
    CHECK(error_of_opening(directory) == sqlite + " was written by a newer offing (schema 2, this "
          "one knows 1); update offing or choose another state directory");
  }
  SUBCASE("it is lost, and its bodies are not") {
    std::filesystem::remove(sqlite);
    CHECK(error_of_opening(directory) == directory.path() + "/blobs holds bodies of objects, but " +
          sqlite + ", which names them, is new or empty; put it back, remove " + directory.path() +
          ", or choose another state directory");
    CHECK(std::filesystem::exists(file));
  }
  SUBCASE("it is in use") {
    auto kit = open_kit(directory);
    CHECK(error_of_opening(directory) == directory.path() + " is in use by another process; stop "
                                         "that one or choose another state directory");
    CHECK(Disk::open(directory.path(), true).error().starts_with(
        sqlite + " is in use by another process"));
  }
}

// ---- kill -9

namespace {

// The n-th turn of a run that everybody can repeat: it puts or removes a few keys.
struct Step {
  std::string key;
  int64_t size_bytes;   // -1: removed
  uint64_t seed;
};
std::vector<Step> turn_of(uint64_t n) {
  constexpr int64_t kSizes[] = {-1, 0, 10, 16'384, 65'536, 65'537, 250'000, -1};
  uint64_t x = (n + 1) * 0x9e3779b97f4a7c15ull;
  x ^= x >> 31;
  x *= 0xbf58476d1ce4e5b9ull;
  std::vector<Step> steps;
  for (uint64_t i = 0; i <= (x >> 10) % 3; ++i) {
    const uint64_t y = x >> (16 + 8 * i);
    // Different keys in one turn.
    steps.push_back({std::string(1, static_cast<char>('a' + (y % 2) * 3 + i)),
                     kSizes[(y >> 2) % 8], n * 4 + i});
  }
  return steps;
}

using Model = std::map<std::string, Step>;
void apply(Model& model, uint64_t n) {
  for (const Step& step : turn_of(n)) {
    if (step.size_bytes < 0) model.erase(step.key);
    else model[step.key] = step;
  }
}

bool equals(DiskKit& kit, const Model& model) {
  const ObjectIndex& index = kit.bucket().objects;
  if (index.size() != model.size()) return false;
  for (const auto& [key, step] : model) {
    const auto found = index.find(key);
    if (found == index.end() || found->second->version != std::to_string(step.seed)) return false;
    if (kit.get(key) != pattern(step.seed, static_cast<size_t>(step.size_bytes))) return false;
  }
  return true;
}

[[noreturn]] void take_turns_until_killed(const std::string& directory, uint64_t n, int pipe) {
  auto kit = DiskKit::open(directory, n % 11 == 0);
  if (!kit) _exit(1);
  for (;; ++n) {
    DiskKit::Turn turn;
    for (const Step& step : turn_of(n)) {
      std::shared_ptr<Object> object;
      if (step.size_bytes >= 0) {
        const auto size = static_cast<size_t>(step.size_bytes);
        const std::string bytes = pattern(step.seed, size);
        object = std::const_pointer_cast<Object>((*kit)->object(step.key, bytes));
        if (!object) _exit(2);
        object->version = std::to_string(step.seed);
      }
      turn.emplace_back(step.key, object);
    }
    if ((*kit)->commit(turn) != "") _exit(3);
    if (write(pipe, "", 1) != 1) _exit(4);
  }
}

}  // namespace

TEST_CASE("4.1 C10 kill -9 at any moment: what was acknowledged is there, nothing is half there") {
  ScratchDirectory directory;
  CHECK(open_kit(directory)->save_bucket() == "");
  Model model;
  uint64_t turns = 0;
  for (uint64_t round = 0; round < 100; ++round) {
    CAPTURE(round);
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      close(ends[0]);
      take_turns_until_killed(directory.path(), turns, ends[1]);
    }
    close(ends[1]);
    char done;
    uint64_t acknowledged = 0;
    while (acknowledged < round * 7 % 17 && read(ends[0], &done, 1) == 1) ++acknowledged;
    kill(child, SIGKILL);
    while (read(ends[0], &done, 1) == 1) ++acknowledged;
    close(ends[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));

    auto kit = open_kit(directory);
    for (uint64_t i = 0; i < acknowledged; ++i) apply(model, turns++);
    if (!equals(*kit, model)) apply(model, turns++);   // committed, and killed before it could tell
    REQUIRE(equals(*kit, model));
    size_t large = 0;
    for (const auto& [key, step] : model) large += step.size_bytes > int64_t{kInMemoryMax};
    REQUIRE(files_in(directory.path() + "/blobs").size() == large);
    REQUIRE(files_in(directory.path() + "/incoming").empty());
  }
  CHECK(turns > 500);
}
