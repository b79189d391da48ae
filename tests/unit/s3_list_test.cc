// Lists: spec/r2.md 5.3 List, and ListParts and ListMultipartUploads of 5.2.
#include <doctest/doctest.h>

#include "tests/unit/s3_kit.h"

namespace offing {

using Names = std::vector<std::string>;
static Names keys(const S3Reply& reply) { return reply.elements("Key"); }

static void seed(S3Kit& s3) {
  s3.put("/bucket/ls/a.txt", "aaa");
  s3.put("/bucket/ls/b.txt", "bbbb");
  s3.put("/bucket/ls/sub/c.txt", "cc");
}

TEST_CASE("spec/r2.md 5.3 List: items carry Key, Size, LastModified, ETag, StorageClass") {
  S3Kit s3;
  s3.put("/bucket/a<b", "abc", {{"x-amz-storage-class", "STANDARD_IA"}});
  const S3Reply reply = s3.get("/bucket?list-type=2");
  CHECK(reply.header("content-type") == "application/xml");
  CHECK(reply.body ==
        R"(<?xml version="1.0" encoding="UTF-8"?><ListBucketResult )"
        R"(xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bucket</Name><Prefix></Prefix>)"
        R"(<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><KeyCount>1</KeyCount>)"
        R"(<Contents><Key>a&lt;b</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>)"
        R"(<ETag>&quot;)" + md5_hex("abc") + R"(&quot;</ETag><Size>3</Size>)"
        R"(<StorageClass>STANDARD_IA</StorageClass></Contents></ListBucketResult>)");
}

TEST_CASE("spec/r2.md 5.3 List V2: prefix, delimiter, KeyCount of objects and prefixes") {
  S3Kit s3;
  seed(s3);
  const S3Reply all = s3.get("/bucket?list-type=2&prefix=ls/");
  CHECK(keys(all) == Names{"ls/a.txt", "ls/b.txt", "ls/sub/c.txt"});
  CHECK(all.element("KeyCount") == "3");
  const S3Reply grouped = s3.get("/bucket?list-type=2&prefix=ls/&delimiter=/&fetch-owner=true");
  CHECK(keys(grouped) == Names{"ls/a.txt", "ls/b.txt"});
  CHECK(grouped.elements("CommonPrefixes") == Names{"<Prefix>ls/sub/</Prefix>"});
  CHECK(grouped.element("KeyCount") == "3");
  CHECK(grouped.element("Delimiter") == "/");
  CHECK(s3.get("/none?list-type=2").said() == "404 NoSuchBucket");
}

TEST_CASE("spec/r2.md 5.3 List V2: continuation tokens and start-after") {
  S3Kit s3;
  seed(s3);
  const S3Reply first = s3.get("/bucket?list-type=2&max-keys=2");
  CHECK(first.element("IsTruncated") == "true");
  CHECK(keys(first) == Names{"ls/a.txt", "ls/b.txt"});
  const std::string token = first.element("NextContinuationToken");
  const S3Reply second = s3.get("/bucket?list-type=2&max-keys=2&continuation-token=" +
                                s3::percent_encode(token, false));
  CHECK(keys(second) == Names{"ls/sub/c.txt"});
  CHECK(second.element("IsTruncated") == "false");
  CHECK(second.element("ContinuationToken") == token);
  CHECK(second.element("NextContinuationToken") == "<none>");
  const S3Reply after = s3.get("/bucket?list-type=2&start-after=ls/b.txt");
  CHECK(keys(after) == Names{"ls/sub/c.txt"});
  CHECK(after.element("StartAfter") == "ls/b.txt");
  CHECK(s3.get("/bucket?list-type=2&continuation-token=made-up").status == 400);
}

TEST_CASE("spec/r2.md 5.3 List V1: Marker, and NextMarker only when truncated, also a prefix") {
  S3Kit s3;
  for (const char* key : {"/bucket/a", "/bucket/sub/1", "/bucket/sub/2", "/bucket/z"})
    s3.put(key, "x");
  const S3Reply marked = s3.get("/bucket?marker=a");
  CHECK(marked.element("Marker") == "a");
  CHECK(keys(marked) == Names{"sub/1", "sub/2", "z"});
  CHECK(marked.element("NextMarker") == "<none>");
  CHECK(marked.element("KeyCount") == "<none>");
  const S3Reply first = s3.get("/bucket?delimiter=/&max-keys=2");
  CHECK(keys(first) == Names{"a"});
  CHECK(first.element("CommonPrefixes") == "<Prefix>sub/</Prefix>");
  CHECK(first.element("NextMarker") == "sub/");
  const S3Reply second = s3.get("/bucket?delimiter=/&max-keys=2&marker=sub/");
  CHECK(keys(second) == Names{"z"});
  CHECK(second.elements("CommonPrefixes").empty());
  CHECK(second.element("IsTruncated") == "false");
}

TEST_CASE("spec/r2.md 5.3 List: parameters that are refused") {
  S3Kit s3;
  const S3Reply token = s3.get("/bucket?continuation-token=x");
  CHECK(token.said() == "400 InvalidArgument");
  CHECK(token.element("Message") == "continuation-token not supported in ListObjects");
  CHECK(s3.get("/bucket?list-type=3").element("Message") == "ListObjectsV3 not implemented");
  CHECK(s3.get("/bucket?foobar=1").element("Message") ==
        "ListObjectsV1 search parameter foobar not implemented");
  const S3Reply odd = s3.get("/bucket?list-type=2&foobar=1");
  CHECK(odd.said() == "501 NotImplemented");
  CHECK(odd.element("Message") == "ListObjectsV2 search parameter foobar not implemented");
  CHECK(s3.get("/bucket?encoding-type=weird").element("Message") ==
        "Unrecognized encoding-type &quot;weird&quot; not implemented");
  CHECK(s3.get("/bucket?list-type=2&x-id=ListObjectsV2").status == 200);
}

TEST_CASE("spec/r2.md 5.3 List max-keys: floored, 0 allowed, clamped but echoed") {
  S3Kit s3;
  seed(s3);
  const S3Reply zero = s3.get("/bucket?prefix=ls/&max-keys=0");
  CHECK(zero.element("IsTruncated") == "true");
  CHECK(zero.element("MaxKeys") == "0");
  CHECK(keys(zero).empty());
  CHECK(zero.element("NextMarker") == "<none>");
  CHECK(s3.get("/bucket?prefix=none/&max-keys=0").element("IsTruncated") == "false");
  const S3Reply floored = s3.get("/bucket?max-keys=1.9");
  CHECK(floored.element("MaxKeys") == "1");
  CHECK(keys(floored).size() == 1);
  CHECK(s3.get("/bucket?max-keys=5000").element("MaxKeys") == "5000");
  CHECK(s3.get("/bucket?max-keys=+1e3+").element("MaxKeys") == "1000");
  for (const char* bad : {"", "abc", "-1", "Infinity", "NaN", "1x"}) {
    const S3Reply reply = s3.get("/bucket?max-keys=" + std::string(bad));
    CHECK(reply.said() == "400 InvalidMaxKeys");
    CHECK(reply.element("Message") == "MaxKeys params must be positive integer &lt;= 1000.");
  }
}

TEST_CASE("spec/r2.md 5.3 List: encoding-type=url encodes names") {
  S3Kit s3;
  seed(s3);
  const S3Reply reply =
      s3.get("/bucket?list-type=2&prefix=ls/sub&encoding-type=url&start-after=ls/a");
  CHECK(reply.element("Key") == "ls%2Fsub%2Fc.txt");
  CHECK(reply.element("Prefix") == "ls%2Fsub");
  CHECK(reply.element("StartAfter") == "ls%2Fa");
  CHECK(reply.element("EncodingType") == "url");
}

TEST_CASE("spec/r2.md 1.12: a list shows the spelling that was uploaded last; identity is NFC") {
  S3Kit s3;
  s3.put("/bucket/caf%C3%A9", "one");          // é
  s3.put("/bucket/cafe%CC%81", "two");         // e and an accent
  CHECK(keys(s3.get("/bucket?list-type=2")) == Names{"cafe\xcc\x81"});
  CHECK(s3.get("/bucket/caf%C3%A9").body == "two");
}

// ---- Uploads

TEST_CASE("spec/r2.md 5.2 ListParts: in order, in pages, with or without a partNumber") {
  S3Kit s3;
  const std::string upload =
      s3.create_upload("/bucket/key", {{"x-amz-storage-class", "STANDARD_IA"}});
  for (uint32_t number : {3, 1, 2}) s3.upload_part("/bucket/key", upload, number, "part");
  const S3Reply all = s3.get("/bucket/key?uploadId=" + upload);
  CHECK(all.status == 200);
  CHECK(all.elements("PartNumber") == Names{"1", "2", "3"});
  CHECK(all.element("Size") == "4");
  CHECK(all.element("ETag") == "&quot;" + md5_hex("part") + "&quot;");
  CHECK(all.element("StorageClass") == "STANDARD_IA");
  CHECK(all.element("UploadId") == upload);
  CHECK(all.element("MaxParts") == "1000");
  const S3Reply first = s3.get("/bucket/key?uploadId=" + upload + "&max-parts=2");
  CHECK(first.elements("PartNumber") == Names{"1", "2"});
  CHECK(first.element("IsTruncated") == "true");
  CHECK(first.element("NextPartNumberMarker") == "2");
  const S3Reply second =
      s3.get("/bucket/key?uploadId=" + upload + "&max-parts=2&part-number-marker=2");
  CHECK(second.elements("PartNumber") == Names{"3"});
  CHECK(second.element("PartNumberMarker") == "2");
  CHECK(s3.get("/bucket/key?uploadId=" + upload + "&partNumber=1").status == 200);
  CHECK(s3.get("/bucket/key?uploadId=none").said() == "404 NoSuchUpload");
  CHECK(s3.get("/bucket/other?uploadId=" + upload).said() == "404 NoSuchUpload");
  CHECK(s3.get("/bucket/key?uploadId=" + upload + "&max-parts=x").said() == "400 InvalidArgument");
}

TEST_CASE("spec/r2.md 5.2 ListMultipartUploads: by key, in pages, with prefix and delimiter") {
  S3Kit s3;
  const std::string a1 = s3.create_upload("/bucket/a"), a2 = s3.create_upload("/bucket/a");
  const std::string b = s3.create_upload("/bucket/dir/b");
  s3.create_upload("/bucket/dir/c");
  const S3Reply all = s3.get("/bucket?uploads");
  CHECK(keys(all) == Names{"a", "a", "dir/b", "dir/c"});
  CHECK(all.element("Initiated") == "2026-01-01T00:00:00.000Z");
  CHECK(all.element("MaxUploads") == "1000");
  const S3Reply first = s3.get("/bucket?uploads&max-uploads=1");
  CHECK(first.element("IsTruncated") == "true");
  CHECK(first.element("NextKeyMarker") == "a");
  CHECK(first.element("NextUploadIdMarker") == std::min(a1, a2));
  const S3Reply second = s3.get("/bucket?uploads&max-uploads=1&key-marker=a&upload-id-marker=" +
                                first.element("NextUploadIdMarker"));
  CHECK(second.element("UploadId") == std::max(a1, a2));
  const S3Reply grouped = s3.get("/bucket?uploads&delimiter=/");
  CHECK(keys(grouped) == Names{"a", "a"});
  CHECK(grouped.element("CommonPrefixes") == "<Prefix>dir/</Prefix>");
  CHECK(keys(s3.get("/bucket?uploads&prefix=dir/b")) == Names{"dir/b"});
  CHECK(keys(s3.get("/bucket?uploads&encoding-type=url&prefix=dir/b")) == Names{"dir%2Fb"});
  CHECK(s3.get("/bucket?list-type=2").elements("Contents").empty());   // L8
}

}  // namespace offing
