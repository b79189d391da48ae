// R2 against a model that knows nothing of files, gates or doors: a map of keys. Random operations
// through the binding's door and S3's, in seeded worlds; with a state directory also crashes, made by
// copying the directory as a kill would leave it and going on with the copy.
#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <set>

#include "emulator/s3/s3_front.h"
#include "emulator/s3/sigv4.h"
#include "emulator/world/random.h"
#include "tests/unit/r2_kit.h"
#include "tests/unit/s3_token.h"

namespace offing {
namespace {

using Op = R2Call::Op;

struct ModelObject {
  std::string value;
  std::string tag;        // a custom metadatum
  int64_t uploaded_ms = 0;
  friend bool operator==(const ModelObject&, const ModelObject&) = default;
};

struct Model {
  std::map<std::string, ModelObject> objects;
  struct Upload {
    std::string key;
    std::map<uint32_t, std::string> parts;
  };
  std::map<std::string, Upload> uploads;
  std::optional<int64_t> lock_age_s;   // of keys under "lock/"

  bool locked(const std::string& key, int64_t now_ms) const {
    auto found = objects.find(key);
    return lock_age_s && key.starts_with("lock/") && found != objects.end() &&
           now_ms < found->second.uploaded_ms + *lock_age_s * 1000;
  }
};

enum class Condition : uint8_t { kNone, kCreateOnly, kMatches, kStale };

std::string md5_hex(std::string_view bytes) {
  return digest::to_hex(digest::digest_of(digest::Algorithm::kMd5, bytes));
}

// One run: a service, a model, and a stream of chance that chooses what happens.
class Run {
 public:
  Run(uint64_t seed, bool durable) : chance_(seed, "model"), durable_(durable), seed_(seed) {
    settings_.sync = false;   // a copy of the files is what a killed process leaves
    if (durable_) folder_ = std::make_unique<Folder>();
    open();
  }

  void steps(int count) {
    for (int i = 0; i < count; ++i) {
      switch (chance_.between(0, durable_ ? 12 : 11)) {
        case 0: case 1: case 2: put(); break;
        case 3: case 4: read(); break;
        case 5: remove(); break;
        case 6: remove_several(); break;
        case 7: copy(); break;
        case 8: upload(); break;
        case 9: list(); break;
        case 10: change_lock(); break;
        case 11: kit_->advance(chance_.between(1, 4000)); break;
        default: crash(); break;
      }
    }
    check_everything();
  }
  uint64_t operations() const { return operations_; }

 private:
  // ---- The two doors. Both give "ok", "locked", "condition", "absent" or "code:…".
  struct Given {
    std::string outcome;
    std::string value, tag, etag, upload;
  };

  void open() {
    kit_ = std::make_unique<R2Kit>(settings_, durable_ ? folder_->path.string() : "", seed_);
    keys_ = std::make_unique<s3::Keys>(std::vector{s3_token()});
    front_ = std::make_unique<S3Front>(kit_->world, *kit_->r2, *keys_);
  }

  static std::string outcome_of(const R2Answer& answer) {
    if (answer.condition_failed) return "condition";
    if (!answer.error) return "ok";
    if (answer.error->code == r2::Code::kObjectLocked) return "locked";
    return "code:" + std::string(answer.error->row().s3_code);
  }

  Given s3(std::string method, std::string target, HeaderList headers = {}, std::string body = "") {
    Request request;
    request.method = std::move(method);
    request.url = "http://localhost:9000/bucket" + std::move(target);
    request.headers = std::move(headers);
    request.headers.add("host", "localhost:9000");
    request.has_body = !body.empty() || request.method == "PUT" || request.method == "POST";
    if (request.has_body) request.headers.add("content-length", std::to_string(body.size()));
    request.body = std::move(body);
    const R2Token token = s3_token();
    s3::sign(request, {token.access_key_id, token.secret_access_key, ""}, "auto",
             "UNSIGNED-PAYLOAD", kit_->world.now_ms());
    std::optional<Response> response;
    front_->on_request(++tickets_, std::move(request), [&](Response given) {
      response = std::move(given);
      kit_->world.stop();
    });
    while (!response) {
      kit_->world.go_on();
      kit_->world.run();
    }
    if (response->stream) {
      bool ended = false;
      while (!ended) {
        response->stream->read([&](Chunk chunk) {
          ended = chunk.kind != Chunk::Kind::kData;
          if (!ended) response->body += chunk.bytes;
        });
      }
    }
    Given given;
    given.value = response->body;
    given.tag = response->headers.get("x-amz-meta-tag").value_or("");
    given.etag = response->headers.get("etag").value_or("");
    given.upload = between(response->body, "<UploadId>", "</UploadId>");
    const std::string code = between(response->body, "<Code>", "</Code>");
    given.outcome = response->status < 300                   ? "ok"
                    : code == "ObjectLockedByBucketPolicy"   ? "locked"
                    : response->status == 412                ? "condition"
                    : code == "NoSuchKey"                    ? "absent"
                                                             : "code:" + code;
    return given;
  }

  static std::string between(const std::string& text, std::string_view from, std::string_view to) {
    const size_t begin = text.find(from);
    if (begin == text.npos) return "";
    const size_t start = begin + from.size();
    return text.substr(start, text.find(to, start) - start);
  }

  bool by_s3() { return chance_.chance(0.5); }
  std::string some_key() {
    static constexpr const char* kNames[] = {"a", "b", "c/1", "c/2", "lock/1", "lock/2", "lock/x/3"};
    return kNames[chance_.between(0, 6)];
  }
  // Mostly small; sometimes beyond what is kept in memory.
  std::string some_value() {
    const int64_t size = chance_.chance(0.05) ? 70'000 : chance_.between(0, 40);
    std::string value(static_cast<size_t>(size), static_cast<char>('a' + chance_.between(0, 25)));
    return value + std::to_string(++written_);
  }

  // ---- What is done, to both
  void put() {
    const std::string key = some_key(), value = some_value(), tag = std::to_string(written_);
    const auto condition = static_cast<Condition>(chance_.between(0, 5) % 4);
    auto there = model_.objects.find(key);
    const bool exists = there != model_.objects.end();
    const std::string current = exists ? md5_hex(there->second.value) : std::string(32, '0');
    std::string expected = "ok";
    if (model_.locked(key, kit_->world.now_ms())) expected = "locked";
    else if (condition == Condition::kCreateOnly && exists) expected = "condition";
    else if (condition == Condition::kMatches && (!exists || is_multipart_.contains(key)))
      expected = "condition";
    else if (condition == Condition::kStale) expected = "condition";
    Given given;
    if (by_s3()) {
      HeaderList headers;
      headers.add("x-amz-meta-tag", tag);
      if (condition == Condition::kCreateOnly) headers.add("if-none-match", "*");
      if (condition == Condition::kMatches) headers.add("if-match", "\"" + current + "\"");
      if (condition == Condition::kStale) headers.add("if-match", "\"stale\"");
      given = s3("PUT", "/" + key, std::move(headers), value);
    } else {
      R2Call call = kit_->put_call(key, value);
      call.custom = {{"tag", tag}};
      if (condition != Condition::kNone) call.only_if.emplace();
      if (condition == Condition::kCreateOnly)
        call.only_if->etag_does_not_match = {{"", r2::EtagTag::Kind::kWildcard}};
      if (condition == Condition::kMatches)
        call.only_if->etag_matches = {{current, r2::EtagTag::Kind::kStrong}};
      if (condition == Condition::kStale)
        call.only_if->etag_matches = {{"stale", r2::EtagTag::Kind::kStrong}};
      given.outcome = outcome_of(kit_->call(std::move(call)));
    }
    agree("put " + key, given.outcome, expected);
    if (expected == "ok") store(key, value, tag, false);
  }

  void store(const std::string& key, std::string value, std::string tag, bool multipart) {
    model_.objects[key] = {std::move(value), std::move(tag), kit_->world.now_ms()};
    if (multipart) is_multipart_.insert(key);
    else is_multipart_.erase(key);
  }

  void read() { check_key(some_key()); }

  void check_key(const std::string& key) {
    auto there = model_.objects.find(key);
    Given given;
    if (by_s3()) {
      given = s3("GET", "/" + key);
    } else {
      R2Answer answer = kit_->get(key);
      given.outcome = answer.object ? outcome_of(answer) : "absent";
      if (answer.object) {
        for (const auto& [name, value] : answer.object->custom) given.tag = value;
        given.value = kit_->text(std::move(answer));
      }
    }
    if (there == model_.objects.end()) return agree("get " + key, given.outcome, "absent");
    agree("get " + key, given.outcome, "ok");
    agree("value of " + key, given.value, there->second.value);
    agree("tag of " + key, given.tag, there->second.tag);
  }

  std::string remove_outcome(const std::string& key) {
    if (model_.locked(key, kit_->world.now_ms())) return "locked";
    model_.objects.erase(key);
    is_multipart_.erase(key);
    return "ok";
  }

  void remove() {
    const std::string key = some_key();
    const std::string outcome =
        by_s3() ? s3("DELETE", "/" + key).outcome : outcome_of(kit_->remove(key));
    agree("delete " + key, outcome, remove_outcome(key));
  }

  void remove_several() {
    const std::set<std::string> keys = {some_key(), some_key()};
    bool any_locked = false;
    std::string xml = "<Delete>";
    for (const std::string& key : keys) xml += "<Object><Key>" + key + "</Key></Object>";
    std::string outcome;
    if (by_s3()) {
      const Given given = s3("POST", "?delete", {}, xml + "</Delete>");
      outcome = given.value.find("ObjectLockedByBucketPolicy") == given.value.npos ? given.outcome
                                                                                   : "locked";
    } else {
      outcome = outcome_of(kit_->remove(std::vector<std::string>(keys.begin(), keys.end())));
    }
    for (const std::string& key : keys) any_locked |= remove_outcome(key) == "locked";
    agree("delete of several", outcome, any_locked ? "locked" : "ok");
  }

  void copy() {
    const std::string from = some_key(), to = some_key();
    std::string outcome;
    if (by_s3()) {
      HeaderList headers;
      headers.add("x-amz-copy-source", "/bucket/" + from);
      outcome = s3("PUT", "/" + to, std::move(headers)).outcome;
    } else {
      const R2Answer answer = kit_->copy(from, to);
      outcome = answer.error && answer.error->code == r2::Code::kNoSuchKey ? "absent"
                                                                           : outcome_of(answer);
    }
    auto source = model_.objects.find(from);
    const std::string expected = source == model_.objects.end()                  ? "absent"
                                 : model_.locked(to, kit_->world.now_ms()) ? "locked"
                                                                                 : "ok";
    agree("copy " + from + " to " + to, outcome, expected);
    if (expected == "ok") store(to, std::string(source->second.value),
                                std::string(source->second.tag), false);
  }

  // One step of some upload: begun by one door, it may be continued by the other.
  void upload() {
    if (model_.uploads.empty() || chance_.chance(0.3)) {
      const std::string key = some_key();
      const std::string id = by_s3() ? s3("POST", "/" + key + "?uploads").upload
                                     : kit_->begin_upload(key);
      model_.uploads[id] = {key, {}};
      return;
    }
    auto chosen = model_.uploads.begin();
    std::advance(chosen, chance_.between(0, static_cast<int64_t>(model_.uploads.size()) - 1));
    const std::string id = chosen->first;
    Model::Upload& upload = chosen->second;
    const std::string key = upload.key;
    if (upload.parts.empty() || chance_.chance(0.4)) {
      const uint32_t number = static_cast<uint32_t>(chance_.between(1, 2));
      const std::string value = some_value();
      const std::string etag =
          by_s3() ? s3("PUT", "/" + key + "?partNumber=" + std::to_string(number) + "&uploadId=" + id,
                       {}, value).etag
                  : "\"" + kit_->upload_part(key, id, number, value) + "\"";
      agree("part of " + key, etag, "\"" + md5_hex(value) + "\"");
      upload.parts[number] = value;
      return;
    }
    if (chance_.chance(0.2)) {
      const std::string outcome = by_s3() ? s3("DELETE", "/" + key + "?uploadId=" + id).outcome
                                          : outcome_of(kit_->abort(key, id));
      agree("abort " + key, outcome, "ok");
      model_.uploads.erase(id);
      return;
    }
    std::string xml = "<CompleteMultipartUpload>";
    std::vector<R2Call::ChosenPart> parts;
    for (const auto& [number, value] : upload.parts) {
      parts.push_back({number, md5_hex(value)});
      xml += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" +
             md5_hex(value) + "</ETag></Part>";
    }
    const std::string outcome =
        by_s3() ? s3("POST", "/" + key + "?uploadId=" + id, {}, xml + "</CompleteMultipartUpload>")
                      .outcome
                : outcome_of(kit_->complete(key, id, parts));
    const std::string expected = upload.parts.size() > 1                         ? "code:EntityTooSmall"
                                 : model_.locked(key, kit_->world.now_ms()) ? "locked"
                                                                                 : "ok";
    agree("complete " + key, outcome, expected);
    if (expected != "ok") {
      if (upload.parts.size() > 1) {   // it never can be: end it
        kit_->abort(key, id);
        model_.uploads.erase(id);
      }
      return;
    }
    store(key, upload.parts.begin()->second, "", true);
    model_.uploads.erase(id);
  }

  void list() {
    const std::string prefix = chance_.chance(0.5) ? "" : "lock/";
    std::string expected, seen;
    for (const auto& [key, object] : model_.objects) {
      if (key.starts_with(prefix)) expected += key + ":" + std::to_string(object.value.size()) + " ";
    }
    if (by_s3()) {
      const Given given = s3("GET", "?list-type=2&prefix=" + std::string(prefix.empty() ? "" : "lock%2F"));
      for (size_t at = 0; (at = given.value.find("<Contents>", at)) != given.value.npos; ++at) {
        const std::string entry = given.value.substr(at, given.value.find("</Contents>", at) - at);
        seen += between(entry, "<Key>", "</Key>") + ":" + between(entry, "<Size>", "</Size>") + " ";
      }
    } else {
      for (const r2::ObjectRef& object : kit_->list(prefix).objects)
        seen += object->key + ":" + std::to_string(object->size_bytes) + " ";
    }
    agree("list " + prefix, seen, expected);
  }

  void change_lock() {
    model_.lock_age_s.reset();
    std::vector<r2::LockRule> rules;
    if (chance_.chance(0.6)) {
      model_.lock_age_s = chance_.between(1, 6);
      r2::LockRule rule;
      rule.id = "lock";
      rule.prefix = "lock/";
      rule.kind = r2::LockRule::Kind::kAge;
      rule.age_s = *model_.lock_age_s;
      rules.push_back(rule);
    }
    REQUIRE(kit_->r2->set_locks("bucket", std::move(rules)));
  }

  // A write that nobody was told of may be there or not, as a whole.
  void crash() {
    const std::string key = some_key(), value = some_value();
    const bool locked = model_.locked(key, kit_->world.now_ms());
    auto unanswered = kit_->start(kit_->put_call(key, value));
    auto after = std::make_unique<Folder>();
    std::filesystem::copy(folder_->path, after->path, std::filesystem::copy_options::recursive);
    const int64_t now_ms = kit_->world.now_ms();
    front_.reset();
    kit_.reset();
    folder_ = std::move(after);
    open();
    kit_->advance(now_ms + 1 - kit_->world.now_ms());
    if (!locked && kit_->value(key) == value) store(key, value, "", false);
    // The store knows its uploads again; those that ended are forgotten.
    check_everything();
  }

  void check_everything() {
    list();
    for (const auto& [key, object] : model_.objects) check_key(key);
  }

  void agree(const std::string& what, const std::string& seen, const std::string& expected) {
    ++operations_;
    INFO("seed " << seed_ << (durable_ ? " with a state directory" : "") << ", check " << operations_
                 << ": " << what);
    REQUIRE(seen == expected);
  }

  Random chance_;
  bool durable_;
  uint64_t seed_;
  R2Settings settings_;
  std::unique_ptr<Folder> folder_;
  std::unique_ptr<R2Kit> kit_;
  std::unique_ptr<s3::Keys> keys_;
  std::unique_ptr<S3Front> front_;
  Model model_;
  std::set<std::string> is_multipart_;   // their tag is not the MD5 of their bytes
  uint64_t tickets_ = 0;
  uint64_t written_ = 0;
  uint64_t operations_ = 0;
};

}  // namespace

TEST_CASE("spec/r2.md C1-C8 C14: 1,000 seeds of operations through binding and S3 agree with a model") {
  uint64_t operations = 0;
  for (uint64_t seed = 1; seed <= 850; ++seed) {
    Run run(seed, false);
    run.steps(60);
    operations += run.operations();
  }
  for (uint64_t seed = 851; seed <= 1000; ++seed) {
    Run run(seed, true);
    run.steps(60);
    operations += run.operations();
  }
  MESSAGE(operations << " checks");
}

}  // namespace offing
