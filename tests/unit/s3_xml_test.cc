#include "emulator/s3/s3_xml.h"

#include "tests/unit/s3_wire_kit.h"

using namespace offing;
using namespace offing::s3;

namespace {

std::string repeated(std::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

template <class Parsed>
std::string code(const Parsed& parsed) {
  return parsed ? std::string() : parsed.error().code;
}

std::string lifecycle_code(std::string_view rule) {
  return code(parse_lifecycle("<LifecycleConfiguration><Rule>" + std::string(rule) +
                              "</Rule></LifecycleConfiguration>"));
}

}  // namespace

TEST_CASE("spec/r2.md 5.3: success documents have S3's namespace") {
  XmlWriter xml("R");
  xml.text("A", "<&>\"'\r\x01").number("N", 18446744073709551615u).flag("F", false);
  xml.open("O").text("K", "");
  CHECK(xml.finish() ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><R "
        "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        "<A>&lt;&amp;&gt;&quot;&apos;&#xD;&#x1;</A><N>18446744073709551615</N><F>false</F>"
        "<O><K></K></O></R>");
  CHECK(encryption_xml().find("<SSEAlgorithm>AES256</SSEAlgorithm>"
                              "</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true") !=
        std::string::npos);
}

TEST_CASE("spec/r2.md 5.3 DeleteObjects: keys as they were written") {
  const auto request = parse_delete(
      "<?xml version=\"1.0\"?><Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n"
      " <Object><Key>a&amp;b</Key></Object><Object><VersionId>null</VersionId>"
      "<Key> </Key></Object><Object><Key><![CDATA[<c>]]>&#13;d</Key></Object>"
      "<Object><Key>\xc3\xa9</Key></Object><Quiet>true</Quiet></Delete>");
  REQUIRE(request);
  CHECK(request->keys == std::vector<std::string>{"a&b", " ", "<c>\rd", "\xc3\xa9"});
  CHECK(request->quiet);
  CHECK(
      parse_delete("<s3:Delete xmlns:s3='x'><s3:Object><s3:Key>k</s3:Key></s3:Object></s3:Delete>")
          ->keys.size() == 1);
}

TEST_CASE("spec/r2.md 5.3 DeleteObjects: 1 to 1,000 keys, a Quiet that is one; else MalformedXML") {
  const std::string object = "<Object><Key>k</Key></Object>";
  CHECK(parse_delete("<Delete>" + repeated(object, 1000) + "</Delete>")->keys.size() == 1000);
  for (const std::string& body :
       {std::string(), std::string("no xml"), std::string("<Delete>"), std::string("<Delete/>"),
        std::string("<Other>") + object + "</Other>",
        "<Delete>" + repeated(object, 1001) + "</Delete>",
        "<Delete>" + object + "<Quiet>yes</Quiet></Delete>",
        "<Delete>" + object + "<Quiet/></Delete>", std::string("<Delete><Object/></Delete>"),
        std::string("<Delete><Object><Key/></Object></Delete>"),
        std::string("<Delete><Object><Key><b>x</b></Key></Object></Delete>"),
        "<Delete>" + object + "</Delete><Delete>" + object + "</Delete>"}) {
    CAPTURE(body.substr(0, 60));
    const auto parsed = parse_delete(body);
    REQUIRE(!parsed);
    CHECK(parsed.error().code == "MalformedXML");
    CHECK(parsed.error().http_status == 400);
    CHECK(parsed.error().message ==
          "The XML you provided was not well formed or did not validate against our published "
          "schema.");
  }
}

TEST_CASE("spec/r2.md 5.3: no document types, no entities of their own, bounded sizes") {
  CHECK(code(parse_delete("<!DOCTYPE Delete [<!ENTITY e \"x\">]><Delete><Object><Key>&e;</Key>"
                          "</Object></Delete>")) == "MalformedXML");
  CHECK(code(parse_delete("<!DOCTYPE Delete SYSTEM \"file:///etc/passwd\"><Delete><Object><Key>k"
                          "</Key></Object></Delete>")) == "MalformedXML");
  CHECK(code(parse_delete(repeated("<a>", 400'001))) == "MalformedXML");
  CHECK(code(parse_delete(std::string(kXmlBytesMax + 1, ' '))) == "MalformedXML");
  CHECK(code(parse_delete(repeated("<Delete>", 100'000) + repeated("</Delete>", 100'000))) ==
        "MalformedXML");
  CHECK(code(parse_delete(std::string_view("<Delete>\0</Delete>", 18))) == "MalformedXML");
}

TEST_CASE("spec/r2.md 5.3 Complete: quotes are optional, order is the client's") {
  const auto parts = parse_complete(
      "<CompleteMultipartUpload><Part><PartNumber>2</PartNumber><ETag>\"b\"</ETag></Part><Part>"
      "<ETag>&quot;a&quot;</ETag><PartNumber> 1 "
      "</PartNumber><ChecksumCRC32>AAAAAA==</ChecksumCRC32>"
      "</Part><Part><PartNumber>10000</PartNumber><ETag>c</ETag></Part></CompleteMultipartUpload>");
  REQUIRE(parts);
  REQUIRE(parts->size() == 3);
  CHECK((*parts)[0].number == 2);
  CHECK((*parts)[0].etag == "b");
  CHECK((*parts)[1].etag == "a");
  CHECK((*parts)[2].etag == "c");
}

TEST_CASE("spec/r2.md 5.3 Complete: what is malformed and what is an invalid part") {
  const auto parsed = [](std::string_view parts) {
    return parse_complete("<CompleteMultipartUpload>" + std::string(parts) +
                          "</CompleteMultipartUpload>");
  };
  const auto part = [](std::string_view number) {
    return "<Part><PartNumber>" + std::string(number) + "</PartNumber><ETag>e</ETag></Part>";
  };
  CHECK(code(parsed("")) == "MalformedXML");
  CHECK(code(parsed("<Part><PartNumber>1</PartNumber></Part>")) == "MalformedXML");
  CHECK(code(parsed("<Part><PartNumber>1</PartNumber><ETag/></Part>")) == "MalformedXML");
  CHECK(code(parsed("<Part><ETag>e</ETag></Part>")) == "MalformedXML");
  for (const char* number : {"", "one", "1.5", "1x"})
    CHECK(code(parsed(part(number))) == "MalformedXML");
  for (const char* number : {"0", "-1", "10001", "99999999999"}) {
    CHECK(code(parsed(part(number))) == "InvalidPart");
  }
  const auto twice = parsed(part("3") + part("3"));
  REQUIRE(!twice);
  CHECK(twice.error().code == "InvalidPart");
  CHECK(twice.error().http_status == 400);
  CHECK(twice.error().message == "There was a problem with the multipart upload.");
}

TEST_CASE("spec/r2.md 5.1 Region, 3.3: the location of a new bucket") {
  const auto parsed = [](std::string_view constraint) {
    return parse_create_bucket("<CreateBucketConfiguration><LocationConstraint>" +
                               std::string(constraint) +
                               "</LocationConstraint></CreateBucketConfiguration>");
  };
  CHECK(*parse_create_bucket("") == "");
  CHECK(*parse_create_bucket(" \n") == "");
  CHECK(*parse_create_bucket("<CreateBucketConfiguration/>") == "");
  CHECK(*parsed("auto") == "");
  CHECK(*parsed("us-east-1") == "");
  CHECK(*parsed("weur") == "WEUR");
  CHECK(*parsed("OC") == "OC");
  CHECK(parsed("mars").error().code == "InvalidLocationConstraint");
  CHECK(code(parse_create_bucket("<Bucket/>")) == "MalformedXML");
}

TEST_CASE("spec/r2.md 5.2: encryption is AES256, versioning is validated") {
  const auto encryption = [](std::string_view algorithm) {
    return code(
        parse_encryption("<ServerSideEncryptionConfiguration><Rule><"
                         "ApplyServerSideEncryptionByDefault><SSEAlgorithm>" +
                         std::string(algorithm) +
                         "</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></"
                         "ServerSideEncryptionConfiguration>"));
  };
  CHECK(encryption("AES256") == "");
  CHECK(encryption("aws:kms") == "MalformedXML");
  CHECK(code(parse_encryption("<ServerSideEncryptionConfiguration/>")) == "MalformedXML");
  CHECK(code(parse_encryption(encryption_xml())) == "");
  const auto versioning = [](std::string_view status) {
    return parse_versioning("<VersioningConfiguration>" + std::string(status) +
                            "</VersioningConfiguration>");
  };
  CHECK(*versioning("") == "");
  CHECK(*versioning("<Status>Suspended</Status>") == "Suspended");
  CHECK(code(versioning("<Status>On</Status>")) == "MalformedXML");
}

TEST_CASE("spec/r2.md 3.3 CORS: to rules and back") {
  const auto rules = parse_cors(
      "<CORSConfiguration><CORSRule><ID>one</ID><AllowedOrigin>https://a.example</AllowedOrigin>"
      "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT"
      "</AllowedMethod><AllowedHeader>x-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>"
      "<MaxAgeSeconds>86400</MaxAgeSeconds></CORSRule></CORSConfiguration>");
  REQUIRE(rules);
  REQUIRE(rules->size() == 1);
  const r2::CorsRule& rule = rules->front();
  CHECK(rule.id == "one");
  CHECK(rule.origins == std::vector<std::string>{"https://a.example", "*"});
  CHECK(rule.methods == std::vector<std::string>{"GET", "PUT"});
  CHECK(rule.headers == std::vector<std::string>{"x-*"});
  CHECK(rule.expose_headers == std::vector<std::string>{"ETag"});
  CHECK(rule.max_age_s == 86400);
  CHECK(cors_xml(*parse_cors(cors_xml(*rules))) == cors_xml(*rules));
}

TEST_CASE("spec/r2.md 3.3 CORS: what is malformed") {
  const auto rule = [](std::string_view inside) {
    return code(parse_cors("<CORSConfiguration><CORSRule>" + std::string(inside) +
                           "</CORSRule></CORSConfiguration>"));
  };
  const std::string origin = "<AllowedOrigin>*</AllowedOrigin>";
  const std::string method = "<AllowedMethod>GET</AllowedMethod>";
  CHECK(rule(origin + method) == "");
  CHECK(rule(origin) == "MalformedXML");
  CHECK(rule(method) == "MalformedXML");
  CHECK(rule(origin + "<AllowedMethod>PATCH</AllowedMethod>") == "MalformedXML");
  CHECK(rule(origin + method + "<MaxAgeSeconds>86401</MaxAgeSeconds>") == "MalformedXML");
  CHECK(rule(origin + method + "<MaxAgeSeconds>soon</MaxAgeSeconds>") == "MalformedXML");
  CHECK(rule(origin + method + "<Else/>") == "MalformedXML");
  CHECK(code(parse_cors("<CORSConfiguration/>")) == "MalformedXML");
  CHECK(code(parse_cors("<CORSConfiguration>" +
                        repeated("<CORSRule>" + origin + method + "</CORSRule>", 101) +
                        "</CORSConfiguration>")) == "MalformedXML");
}

TEST_CASE("spec/r2.md 3.1 Lifecycle: to rules and back") {
  const auto rules = parse_lifecycle(
      "<LifecycleConfiguration><Rule><ID>logs</ID><Status>Enabled</Status><Filter><Prefix>logs/"
      "</Prefix></Filter><Expiration><Days>30</Days></Expiration><Transition><Days>7</Days>"
      "<StorageClass>STANDARD_IA</StorageClass></Transition></Rule>"
      "<Rule><Status>Disabled</Status><Prefix>old</"
      "Prefix><Expiration><Date>2026-01-01T00:00:00.000Z"
      "</Date></Expiration></Rule>"
      "<Rule><Filter><And><Prefix>up</Prefix></And></Filter><Status>Enabled</Status>"
      "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>"
      "</AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>");
  REQUIRE(rules);
  REQUIRE(rules->size() == 3);
  const r2::LifecycleRule &logs = (*rules)[0], &old = (*rules)[1], &up = (*rules)[2];
  CHECK(logs.id == "logs");
  CHECK(logs.enabled);
  CHECK(logs.prefix == "logs/");
  CHECK(logs.expire->age_s == 30 * 86400);
  REQUIRE(logs.to_infrequent_access.size() == 1);
  CHECK(logs.to_infrequent_access[0].age_s == 7 * 86400);
  CHECK(!old.enabled);
  CHECK(old.id == "rule-1");
  CHECK(old.prefix == "old");
  CHECK(old.expire->kind == r2::LifecycleCondition::Kind::kDate);
  CHECK(old.expire->date_ms == 1'767'225'600'000);
  CHECK(up.prefix == "up");
  CHECK(up.abort_uploads->age_s == 86400);
  CHECK(lifecycle_xml(*parse_lifecycle(lifecycle_xml(*rules))) == lifecycle_xml(*rules));
  r2::LifecycleRule hour;
  hour.expire.emplace().age_s = 3600;
  CHECK(lifecycle_xml({&hour, 1}).find("<Days>1</Days>") != std::string::npos);
}

TEST_CASE("spec/r2.md 3.1 Lifecycle: what is malformed, and what R2 has not") {
  const std::string status = "<Status>Enabled</Status>";
  const std::string expire = "<Expiration><Days>1</Days></Expiration>";
  CHECK(lifecycle_code(status + expire) == "");
  CHECK(lifecycle_code(expire) == "MalformedXML");
  CHECK(lifecycle_code(status) == "MalformedXML");
  CHECK(lifecycle_code("<Status>On</Status>" + expire) == "MalformedXML");
  CHECK(lifecycle_code(status + "<Expiration/>") == "MalformedXML");
  CHECK(lifecycle_code(status + "<Expiration><Days>0</Days></Expiration>") == "MalformedXML");
  CHECK(lifecycle_code(status + "<Expiration><Days>1</Days><Date>2026-01-01</Date></Expiration>") ==
        "MalformedXML");
  CHECK(lifecycle_code(status + "<Expiration><Date>soon</Date></Expiration>") == "MalformedXML");
  CHECK(lifecycle_code(status + "<AbortIncompleteMultipartUpload><Date>2026-01-01</Date>"
                                "</AbortIncompleteMultipartUpload>") == "MalformedXML");
  CHECK(lifecycle_code(status + "<Transition><Days>1</Days></Transition>") == "MalformedXML");
  CHECK(lifecycle_code(status + "<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass>"
                                "</Transition>") == "InvalidStorageClass");
  CHECK(lifecycle_code(status + expire + "<Filter><Tag/></Filter>") == "NotImplemented");
  CHECK(lifecycle_code(status + expire + "<NoncurrentVersionExpiration/>") == "NotImplemented");
  CHECK(lifecycle_code(status + expire + "<Else/>") == "MalformedXML");
  CHECK(lifecycle_code(status + expire + "<ID>" + std::string(256, 'a') + "</ID>") ==
        "MalformedXML");
  const std::string same = "<Rule><ID>a</ID>" + status + expire + "</Rule>";
  CHECK(code(parse_lifecycle("<LifecycleConfiguration>" + same + same +
                             "</LifecycleConfiguration>")) == "MalformedXML");
  CHECK(code(parse_lifecycle("<LifecycleConfiguration/>")) == "MalformedXML");
  const std::string unnamed = "<Rule>" + status + expire + "</Rule>";
  CHECK(code(parse_lifecycle("<LifecycleConfiguration>" + repeated(unnamed, 1001) +
                             "</LifecycleConfiguration>")) == "MalformedXML");
}
