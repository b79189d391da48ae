#include "tests/unit/rest_kit.h"

using offing::R2Settings;
using offing::test::RestReply;
using offing::test::RestSite;

static const std::string kObjects = "/r2/buckets/abc/objects";

TEST_CASE("spec/r2.md 3.3: objects are put, got, listed and deleted") {
  RestSite site;
  site.make("abc");
  const RestReply put = site.call("PUT", kObjects + "/a/b%20c.txt", "hello",
                                  {{"content-type", "text/plain"}, {"cache-control", "no-store"},
                                   {"cf-r2-custom-metadata", R"({"who":"me"})"}});
  CHECK(put.at("/result/key") == "a/b c.txt");
  CHECK(put.at("/result/size") == "5");
  CHECK(put.json["result"]["size"].IsString());
  CHECK(put.at("/result/etag") == "5d41402abc4b2a76b9719d911017c592");
  CHECK(put.at("/result/storage_class") == "Standard");
  CHECK(put.at("/result/uploaded") == "2026-01-01T00:00:00.000Z");
  CHECK(put.at("/result/version").size() > 8);

  const RestReply got = site.call("GET", kObjects + "/a/b%20c.txt");
  CHECK(got.status == 200);
  CHECK(got.body == "hello");
  CHECK(got.headers.get("etag") == "\"5d41402abc4b2a76b9719d911017c592\"");
  CHECK(got.headers.get("content-type") == "text/plain");
  CHECK(got.headers.get("cache-control") == "no-store");
  CHECK(got.headers.get("content-length") == "5");
  const RestReply part = site.call("GET", kObjects + "/a/b%20c.txt", "", {{"range", "bytes=1-2"}});
  CHECK(part.status == 206);
  CHECK(part.body == "el");
  CHECK(part.headers.get("content-range") == "bytes 1-2/5");
  CHECK(site.call("GET", kObjects + "/a/b%20c.txt", "",
                  {{"if-none-match", "\"5d41402abc4b2a76b9719d911017c592\""}}).status == 304);
  CHECK(site.call("GET", kObjects + "/nope").code() == "10007");
  CHECK(site.call("GET", kObjects + "/nope").status == 404);

  const RestReply list = site.call("GET", kObjects);
  CHECK(list.at("/result/0/key") == "a/b c.txt");
  CHECK(list.at("/result/0/size") == "5");
  CHECK(list.at("/result/0/ssec") == "false");
  CHECK(list.at("/result/0/http_metadata/contentType") == "text/plain");
  CHECK(list.at("/result/0/custom_metadata/who") == "me");
  CHECK(list.at("/result_info/is_truncated") == "false");
  CHECK(site.call("DELETE", kObjects + "/a/b%20c.txt").at("/result/key") == "a/b c.txt");
  CHECK(site.call("DELETE", kObjects + "/a/b%20c.txt").status == 200);
  CHECK(site.call("GET", kObjects).at("/result") == "[0]");
}

TEST_CASE("spec/r2.md 3.3: a slash at an end of a key belongs to it") {
  RestSite site;
  site.make("abc");
  site.put("abc", "dir/", "1");
  site.put("abc", "%2Fabs", "2");
  CHECK(site.call("GET", kObjects).at("/result/0/key") == "/abs");
  CHECK(site.call("GET", kObjects).at("/result/1/key") == "dir/");
  CHECK(site.call("GET", kObjects + "/dir/").body == "1");
  CHECK(site.call("GET", kObjects + "//abs").body == "2");
}

TEST_CASE("spec/r2.md 1.12: a streamed upload is stored as it is, or not at all") {
  RestSite site;
  site.make("abc");
  const std::string big(200'000, 'x');
  const RestReply put = site.raw("PUT", "/accounts/a" + kObjects + "/big",
                                 {{"authorization", "Bearer x"}}, "", offing::source_of(big));
  CHECK(put.at("/result/size") == "200000");
  CHECK(site.call("GET", kObjects + "/big").body == big);
  CHECK(site.call("PUT", kObjects + "/" + std::string(1025, 'k'), "v").code() == "10020");
  CHECK(site.call("PUT", kObjects + "/k", "v", {{"cf-r2-storage-class", "Cold"}}).code() ==
        "10062");
  CHECK(site.call("PUT", kObjects + "/k", "v", {{"cf-r2-storage-class", "InfrequentAccess"}})
            .at("/result/storage_class") == "InfrequentAccess");
  site.wait_ms(2000);
  CHECK(site.call("PUT", kObjects + "/k", "v", {{"if-none-match", "*"}}).code() == "10031");
  CHECK(site.call("PUT", kObjects + "/k", "v", {{"cf-r2-custom-metadata", "[]"}}).status == 400);
}

TEST_CASE("spec/r2.md 1.8: pages and prefixes of a list") {
  RestSite site;
  site.make("abc");
  for (const char* key : {"a/1", "a/2", "b", "c"}) site.put("abc", key, "v");
  const RestReply page = site.call("GET", kObjects + "?per_page=2");
  CHECK(page.at("/result") == "[2]");
  CHECK(page.at("/result_info/is_truncated") == "true");
  const RestReply next =
      site.call("GET", kObjects + "?per_page=2&cursor=" + page.at("/result_info/cursor"));
  CHECK(next.at("/result/0/key") == "b");
  const RestReply folded = site.call("GET", kObjects + "?delimiter=%2F");
  CHECK(folded.at("/result") == "[2]");
  CHECK(folded.at("/result_info/delimited/0") == "a/");
  CHECK(site.call("GET", kObjects + "?prefix=a/").at("/result") == "[2]");
  CHECK(site.call("GET", kObjects + "?start_after=b").at("/result/0/key") == "c");
  CHECK(site.call("GET", kObjects + "?per_page=1001").status == 400);
}

TEST_CASE("spec/r2.md 2.3: the job that deletes a prefix leaves what is locked") {
  RestSite site;
  site.make("abc");
  for (int i = 0; i < 25; ++i) site.put("abc", "logs/" + std::to_string(i), "v");
  site.put("abc", "keep", "v");
  site.put("abc", "logs/locked", "v");
  site.call("PUT", "/r2/buckets/abc/lock", R"({"rules":[{"id":"a","enabled":true,
      "prefix":"logs/locked","condition":{"type":"Indefinite"}}]})");
  const RestReply job = site.call("DELETE", kObjects + "?prefix=logs/");
  CHECK(job.status == 200);
  CHECK(job.at("/result/jobType") == "prefixDelete");
  CHECK(job.at("/result/prefixDelete/isBucketClear") == "false");
  site.wait_ms(1000);
  const RestReply done = site.call("GET", "/r2/buckets/abc/jobs/" + job.at("/result/id"));
  CHECK(done.at("/result/status") == "COMPLETED");
  CHECK(done.at("/result/prefixDelete/deletedObjects") == "25");
  CHECK(site.call("GET", kObjects).at("/result") == "[2]");
  CHECK(site.call("GET", "/r2/buckets/abc/jobs/none").status == 404);
  const RestReply clear = site.call("DELETE", kObjects + "?prefix=");
  CHECK(clear.at("/result/prefixDelete/isBucketClear") == "true");
}

TEST_CASE("spec/r2.md 2.3: emptying a bucket that has locks may be refused, as the docs say") {
  R2Settings settings;
  settings.empty_bucket_refused_by_locks = true;
  RestSite site(std::move(settings));
  site.make("abc");
  site.put("abc", "k", "v");
  site.call("PUT", "/r2/buckets/abc/lock", R"({"rules":[{"id":"a","enabled":true,
      "prefix":"z","condition":{"type":"Indefinite"}}]})");
  CHECK(site.call("DELETE", kObjects + "?prefix=").status >= 400);
  CHECK(site.call("GET", kObjects).at("/result") == "[1]");
}

TEST_CASE("spec/r2.md 1.9: several keys at once") {
  RestSite site;
  site.make("abc");
  for (const char* key : {"a", "b", "c"}) site.put("abc", key, "v");
  CHECK(site.call("DELETE", kObjects, R"(["a","b","absent"])").at("/result") == "[3]");
  CHECK(site.call("GET", kObjects).at("/result/0/key") == "c");
  CHECK(site.call("DELETE", kObjects, "[]").code() == "10027");
  CHECK(site.call("DELETE", kObjects).error().find("?prefix=") != std::string::npos);
}

TEST_CASE("spec/r2.md 3.3: how much a bucket holds, as Wrangler's info asks") {
  RestSite site;
  site.make("abc");
  site.put("abc", "k", "12345");
  const RestReply reply = site.raw("POST", "/graphql", {{"authorization", "Bearer x"}},
      R"({"query":"…","variables":{"filter":{"bucketName":"abc"}}})");
  CHECK(reply.at("/data/viewer/accounts/0/r2StorageAdaptiveGroups/0/max/payloadSize") == "5");
  CHECK(reply.at("/data/viewer/accounts/0/r2StorageAdaptiveGroups/0/max/objectCount") == "1");
}
