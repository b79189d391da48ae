// The store itself, where a limit is too large for bytes that are really there.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "storage/r2/limits.h"
#include "storage/r2/store.h"

namespace offing::r2 {
namespace {

// So many bytes, if anybody asked.
class Sized final : public Blob {
 public:
  explicit Sized(uint64_t size_bytes) : Blob(1, size_bytes) {}
  std::shared_ptr<const std::string> whole() const override { return nullptr; }
  std::expected<std::string, std::string> read(uint64_t, size_t) const override { return ""; }
  void let_go() override {}
};

struct Site {
  Site() {
    auto opened = Store::open({"", false, [this] { return ++random; }});
    REQUIRE(opened);
    store = std::move(*opened);
    store->begin();
    bucket = make("bucket").value();
  }
  ~Site() { CHECK(store->commit()); }
  std::expected<Bucket*, Error> make(std::string name) {
    BucketSettings settings;
    settings.name = std::move(name);
    return store->create_bucket(std::move(settings));
  }
  std::string begin_upload() {
    Upload upload;
    upload.key = "k";
    return store->begin_upload(*bucket, std::move(upload), 1);
  }
  void add(const std::string& upload, uint32_t number, uint64_t size_bytes) {
    Part part;
    part.number = number;
    part.etag = std::string(32, '0');
    part.blob = std::make_shared<Sized>(size_bytes);
    REQUIRE(store->add_part(*bucket, upload, std::move(part)));
  }
  std::expected<Store::Outcome, Error> complete(const std::string& upload, uint32_t parts) {
    std::vector<Store::ChosenPart> chosen;
    for (uint32_t n = 1; n <= parts; ++n) chosen.push_back({n, std::string(32, '0')});
    return store->complete(*bucket, upload, chosen, std::nullopt, 1);
  }

  uint64_t random = 0;
  std::unique_ptr<Store> store;
  Bucket* bucket = nullptr;
};

}  // namespace

TEST_CASE(
    "spec/r2.md M2 1.12: a part of 5 GiB - 5 MiB, an object of 5 TiB - 5 GiB, and no byte more") {
  Site site;
  const std::string upload = site.begin_upload();
  for (uint32_t n = 1; n <= 1024; ++n) site.add(upload, n, kSinglePutBytesMax);
  site.add(upload, 1025, 1);
  const auto refused = site.complete(upload, 1025);
  REQUIRE(!refused);
  CHECK(refused.error().code == Code::kEntityTooLarge);
  const auto done = site.complete(upload, 1024);
  REQUIRE(done);
  CHECK(done->object->size_bytes == 5 * kTiB - 5 * kGiB);
}

TEST_CASE("spec/r2.md M1: an upload of 10,000 parts") {
  Site site;
  const std::string upload = site.begin_upload();
  for (uint32_t n = 1; n <= kPartNumberMax; ++n) site.add(upload, n, kPartBytesMin);
  const auto done = site.complete(upload, kPartNumberMax);
  REQUIRE(done);
  CHECK(done->object->etag.ends_with("-10000"));
  CHECK(done->object->body.size() == 10'000);
}

TEST_CASE("spec/r2.md 1.12 10009: an account has at most 100,000 buckets") {
  Site site;
  for (size_t n = 1; n < kBucketsMax; ++n) REQUIRE(site.make("b-" + std::to_string(n)));
  const auto refused = site.make("one-more");
  REQUIRE(!refused);
  CHECK(refused.error().code == Code::kTooManyBuckets);
  CHECK(site.store->find("b-99999")->settings.name == "b-99999");
  REQUIRE(site.store->delete_bucket(*site.store->find("b-7")));
  CHECK(site.store->find("b-7") == nullptr);
  CHECK(site.make("one-more"));
}

TEST_CASE("spec/r2.md 1.11: the table of errors") {
  struct Row {
    uint32_t v4;
    std::string_view s3;
    uint16_t http;
  };
  const Row rows[] = {{10001, "InternalError", 500},
                      {10002, "Unauthorized", 401},
                      {10003, "AccessDenied", 403},
                      {10005, "InvalidBucketName", 400},
                      {10006, "NoSuchBucket", 404},
                      {10007, "NoSuchKey", 404},
                      {10008, "BucketNotEmpty", 409},
                      {10009, "TooManyBuckets", 400},
                      {10073, "BucketConflict", 409},
                      {10011, "EntityTooSmall", 400},
                      {10012, "MetadataTooLarge", 400},
                      {10013, "IncompleteBody", 400},
                      {10033, "MissingContentLength", 411},
                      {10014, "InvalidDigest", 400},
                      {10037, "BadDigest", 400},
                      {10018, "ExpiredRequest", 403},
                      {10020, "InvalidObjectName", 400},
                      {10022, "InvalidMaxKeys", 400},
                      {10024, "NoSuchUpload", 404},
                      {10025, "InvalidPart", 400},
                      {10048, "InvalidPart", 400},
                      {10031, "PreconditionFailed", 412},
                      {10035, "SignatureDoesNotMatch", 403},
                      {10042, "NotEntitled", 403},
                      {10039, "InvalidRange", 416},
                      {10043, "ServiceUnavailable", 503},
                      {10054, "ClientDisconnect", 400},
                      {10058, "TooManyRequests", 429},
                      {10069, "ObjectLockedByBucketPolicy", 409},
                      {100100, "EntityTooLarge", 400}};
  for (const Row& row : rows) {
    CAPTURE(row.v4);
    const auto found = std::ranges::find(kErrorRows, row.v4, &ErrorRow::v4_code);
    REQUIRE(found != std::end(kErrorRows));
    CHECK(found->s3_code == row.s3);
    CHECK(found->http_status == row.http);
    CHECK_FALSE(found->text.empty());
  }
  std::set<uint32_t> codes;
  for (const ErrorRow& row : kErrorRows) CHECK(codes.insert(row.v4_code).second);
}

}  // namespace offing::r2
