// workerd's R2 protocol over HTTP messages (spec/r2.md section 6), in front of a real service.
#include <doctest/doctest.h>

#include "emulator/gateway/r2_door.h"
#include "emulator/gateway/r2_protocol.h"
#include "tests/unit/r2_kit.h"

using namespace offing;

namespace {

struct Reply {
  uint16_t status = 0;
  std::string error;      // CF-R2-Error
  std::string json;       // the metadata frame, or the whole body without one
  std::string value;      // what follows the frame
  std::optional<uint64_t> length;
  bool has_encoding = false;   // Content-Encoding
};

struct Site : R2Kit {
  explicit Site(R2Settings settings = {}) : R2Kit(std::move(settings)), door(*r2) {}

  Reply send(Request request) {
    std::optional<Reply> reply;
    door.handle(1, std::move(request), [this, &reply](Response response) {
      receive(std::move(response), reply);
    });
    while (!reply) {
      world.go_on();
      world.run();
    }
    return std::move(*reply);
  }
  void receive(Response response, std::optional<Reply>& out) {
    auto reply = std::make_shared<Reply>();
    reply->status = response.status;
    reply->has_encoding = response.headers.has("content-encoding");
    reply->error = response.headers.get("cf-r2-error").value_or("");
    const std::string size(response.headers.get("cf-r2-metadata-size").value_or(""));
    auto finish = [this, reply, size, &out](std::string body) {
      const size_t json = size.empty() ? body.size() : std::stoul(size);
      reply->json = body.substr(0, json);
      reply->value = body.substr(json);
      out = std::move(*reply);
      world.stop();
    };
    if (!response.stream) return finish(std::move(response.body));
    reply->length = response.stream->length_bytes();
    read_all(std::move(response.stream), 1 << 30,
             [finish](Chunk chunk) mutable { finish(std::move(chunk.bytes)); });
  }

  static Request request(std::string method, std::string url = "http://fake-host/") {
    Request request;
    request.method = std::move(method);
    request.url = std::move(url);
    request.headers.add("offing-control", "1");
    request.headers.add("offing-r2-bucket", "bucket");
    return request;
  }
  static Request put_request(const std::string& json, const std::string& value) {
    Request r = request("PUT");
    r.headers.add("CF-R2-Metadata-Size", std::to_string(json.size()));
    r.has_body = true;
    r.body = json + value;
    return r;
  }
  Reply ask(const std::string& json) {
    Request r = request("GET");
    r.headers.add("CF-R2-Request", json);
    return send(std::move(r));
  }
  Reply tell(const std::string& json, const std::string& value = "") {
    return send(put_request(json, value));
  }
  Reply store(const std::string& key, const std::string& value) {
    return tell(R"({"version":1,"method":"put","object":")" + key + "\"}", value);
  }

  R2Door door;
};

// Gives its bytes a few at a time.
class Dribble final : public ByteSource {
 public:
  Dribble(std::string bytes, size_t step, uint64_t length, bool fails = false)
      : bytes_(std::move(bytes)), step_(step), length_(length), fails_(fails) {}
  void read(Done done) override {
    if (at_ == bytes_.size()) return done(fails_ ? Chunk::error("the client left") : Chunk::end());
    std::string part = bytes_.substr(at_, step_);
    at_ += part.size();
    length_ -= part.size();
    done(Chunk::data(std::move(part)));
  }
  void cancel(std::string_view) override { at_ = bytes_.size(); }
  std::optional<uint64_t> length_bytes() const override {
    if (length_ > (uint64_t{1} << 60)) return std::nullopt;
    return length_;
  }

 private:
  std::string bytes_;
  size_t step_, at_ = 0;
  uint64_t length_;
  bool fails_;
};

Request streamed(const std::string& json, const std::string& value, size_t step, uint64_t length,
                 bool fails = false) {
  Request r = Site::request("PUT");
  r.headers.add("cf-r2-metadata-size", std::to_string(json.size()));
  r.has_body = true;
  r.stream = std::make_unique<Dribble>(json + value, step, length, fails);
  return r;
}

const std::string kPut = R"({"version":1,"method":"put","object":"k"})";
const std::string kGet = R"({"version":1,"method":"get","object":"k"})";
const std::string kHead = R"({"version":1,"method":"head","object":"k"})";

}  // namespace

TEST_CASE("spec/r2.md 6: a value put is got, framed by its metadata") {
  Site site;
  const Reply put = site.store("k", "hello");
  CHECK(put.status == 200);
  CHECK(put.json.find(R"("etag":"5d41402abc4b2a76b9719d911017c592")") != std::string::npos);
  CHECK(put.json.find("range") == std::string::npos);
  const Reply got = site.ask(kGet);
  CHECK(got.status == 200);
  CHECK(got.json.starts_with(R"({"name":"k",)"));
  CHECK(got.json.find(R"("range":{"offset":"0","length":"5"})") != std::string::npos);
  CHECK(got.value == "hello");
  const Reply head = site.ask(kHead);
  CHECK(head.json.starts_with(R"({"name":"k",)"));
  CHECK(head.value.empty());
}

TEST_CASE("spec/r2.md 6: absent is 404 with 10007; deleting it succeeds") {
  Site site;
  for (const std::string& json : {kGet, kHead}) {
    const Reply reply = site.ask(json);
    CHECK(reply.status == 404);
    CHECK(reply.error ==
          R"({"version":1,"v4code":10007,"message":"The specified key does not exist."})");
  }
  CHECK(site.tell(R"({"version":1,"method":"delete","object":"k"})").status == 200);
}

TEST_CASE("spec/r2.md 6 K8: a failed condition is 412; get sends the metadata all the same") {
  Site site;
  site.store("k", "hello");
  const std::string only_if = R"(,"onlyIf":{"etagMatches":[{"value":"x","type":"strong"}]}})";
  const Reply got = site.ask(kGet.substr(0, kGet.size() - 1) + only_if);
  CHECK(got.status == 412);
  CHECK(got.error.find("\"v4code\":10031") != std::string::npos);
  CHECK(got.json.starts_with(R"({"name":"k",)"));
  CHECK(got.value.empty());
  const Reply put = site.tell(kPut.substr(0, kPut.size() - 1) + only_if, "other");
  CHECK(put.status == 412);
  CHECK(put.json.empty());
  CHECK(site.ask(kGet).value == "hello");
}

TEST_CASE("spec/r2.md 6: JSON and value arrive in pieces of any size") {
  const std::string value = "the value";
  for (size_t step : {1, 7, 40, 45, 1000}) {
    Site site;
    const Reply put = site.send(streamed(kPut, value, step, kPut.size() + value.size()));
    CHECK(put.status == 200);
    CHECK(site.ask(kGet).value == value);
  }
}

TEST_CASE("spec/r2.md 6 V4: a value that ends early or fails is not stored") {
  Site site;
  CHECK(site.send(streamed(kPut, "abc", 5, kPut.size() + 10)).status >= 400);
  CHECK(site.send(streamed(kPut, "abc", 5, kPut.size() + 10, true)).status >= 400);
  CHECK(site.send(streamed(kPut.substr(0, 10), "", 5, kPut.size() + 10, true)).status == 400);
  CHECK(site.ask(kHead).status == 404);
}

TEST_CASE("spec/r2.md 6: a large object streams both ways with its exact length") {
  Site site;
  std::string value(700'000, ' ');
  for (size_t i = 0; i < value.size(); ++i) value[i] = static_cast<char>(i * 31 + (i >> 8));
  CHECK(site.send(streamed(kPut, value, 65'536, kPut.size() + value.size())).status == 200);
  const Reply got = site.ask(kGet);
  CHECK(got.value == value);
  REQUIRE(got.length);
  CHECK(*got.length == got.json.size() + value.size());
}

TEST_CASE("spec/r2.md 6: a compressed object's reply says no Content-Encoding") {
  Site site;
  CHECK(site.tell(R"({"version":1,"method":"put","object":"k","httpFields":{"contentEncoding":"gzip"}})",
                  "zipped").status == 200);
  const Reply got = site.ask(R"({"version":1,"method":"get","object":"k"})");
  CHECK(got.value == "zipped");   // the client would decode it
  CHECK_FALSE(got.has_encoding);
  CHECK(got.json.find("\"contentEncoding\":\"gzip\"") != std::string::npos);
}

TEST_CASE("spec/r2.md 6: multipart, start to end") {
  Site site;
  const Reply begun = site.tell(R"({"version":1,"method":"createMultipartUpload","object":"k"})");
  const std::string id = begun.json.substr(13, begun.json.size() - 15);
  const std::string upload = R"(,"object":"k","uploadId":")" + id + "\"";
  const Reply part =
      site.tell(R"({"version":1,"method":"uploadPart","partNumber":1)" + upload + "}", "hello");
  CHECK(part.json == R"({"etag":"5d41402abc4b2a76b9719d911017c592"})");
  const std::string complete =
      R"({"version":1,"method":"completeMultipartUpload")" + upload +
      R"(,"parts":[{"etag":"5d41402abc4b2a76b9719d911017c592","part":1}]})";
  const Reply done = site.tell(complete);
  CHECK(done.status == 200);
  CHECK(done.json.find(R"("size":"5")") != std::string::npos);
  const Reply again = site.tell(complete);
  CHECK(again.status == 404);
  CHECK(again.error.find("10024") != std::string::npos);
  CHECK(site.tell(R"({"version":1,"method":"abortMultipartUpload")" + upload + "}").status == 200);
}

TEST_CASE("spec/r2.md 6 2.4: a locked object is 10069, with the status that was chosen") {
  for (uint16_t status : {409, 403}) {
    R2Settings settings;
    settings.locked_status = status;
    Site site(settings);
    site.store("k", "kept");
    r2::LockRule rule;
    rule.id = "all";
    REQUIRE(site.r2->set_locks("bucket", {rule}));
    for (const Reply& reply :
         {site.store("k", "new"), site.tell(R"({"version":1,"method":"delete","object":"k"})")}) {
      CHECK(reply.status == status);
      CHECK(reply.error == R"({"version":1,"v4code":10069,)"
                           R"("message":"The object is locked by the bucket policy."})");
    }
    CHECK(site.ask(kGet).value == "kept");
  }
}

TEST_CASE("spec/r2.md 6 L5: a page of keys beyond 1 MiB is given in shorter ones") {
  Site site;
  std::vector<std::string> keys;
  for (int i = 1000; i < 2000; ++i) {
    keys.push_back(std::to_string(i) + std::string(1020, 'x'));
    site.put(keys.back(), "");
  }
  const Reply page = site.ask(R"({"version":1,"method":"list","include":[],"newRuntime":true})");
  CHECK(page.json.size() <= r2_protocol::kReplyBytesMax);
  CHECK(page.json.find(R"("truncated":true,"cursor":")") != std::string::npos);
  CHECK(page.json.find(keys[499]) != std::string::npos);
  CHECK(page.json.find(keys[500]) == std::string::npos);
}

TEST_CASE("spec/r2.md 6: the bucket stands in a header or in the path, and is made if need be") {
  Site site;
  Request by_path = Site::request("PUT", "http://localhost/cdn-cgi/offing/r2-protocol/by-path?x=1");
  by_path.headers.remove("offing-r2-bucket");
  by_path.headers.add("cf-r2-metadata-size", std::to_string(kPut.size()));
  by_path.body = kPut + "v";
  CHECK(R2Door::is_for(by_path, "/cdn-cgi/offing/r2-protocol/by-path?x=1"));
  CHECK(site.send(std::move(by_path)).status == 200);
  CHECK(site.r2->find_bucket("by-path"));
  Request other = Site::request("GET");
  other.headers.set("offing-r2-bucket", "by-path");
  other.headers.add("cf-r2-request", kGet);
  CHECK(R2Door::is_for(other, "/"));
  CHECK(site.send(std::move(other)).value == "v");
  Request bad = Site::request("GET");
  bad.headers.set("offing-r2-bucket", "No Bucket");
  CHECK(site.send(std::move(bad)).error.find("10005") != std::string::npos);
  CHECK_FALSE(site.r2->find_bucket("No Bucket"));
  Request plain;
  CHECK_FALSE(R2Door::is_for(plain, "/"));
}

TEST_CASE("spec/r2.md 6: who is not from here gets nothing") {
  Site site;
  site.store("k", "secret");
  for (const char* control : {"", "0"}) {
    Request request = Site::request("GET");
    request.headers.remove("offing-control");
    if (*control) request.headers.add("offing-control", control);
    request.headers.add("cf-r2-request", kGet);
    const Reply reply = site.send(std::move(request));
    CHECK(reply.status == 403);
    CHECK(reply.json.empty());
    CHECK(reply.error.find("offing-control: 1") != std::string::npos);
  }
}

TEST_CASE("spec/r2.md 6: what is not of the protocol is refused, and says why") {
  Site site;
  const auto why = [&site](Request request) {
    const Reply reply = site.send(std::move(request));
    CHECK(reply.status == 400);
    CHECK(reply.error.find("\"v4code\":10040") != std::string::npos);
    return reply.error;
  };
  const auto says = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  CHECK(says(why(Site::request("POST")), "there is no POST"));
  CHECK(says(why(Site::request("GET")), "needs the header CF-R2-Request"));
  CHECK(says(why(Site::request("PUT")), "needs the header CF-R2-Metadata-Size"));
  Request get_of_put = Site::request("GET");
  get_of_put.headers.add("cf-r2-request", kPut);
  CHECK(says(why(std::move(get_of_put)), "only head, get and list"));
  CHECK(says(why(Site::put_request(kGet, "")), "are asked by GET"));
  const std::string remove = R"({"method":"delete","object":"k"})";
  CHECK(says(why(Site::put_request(remove, "xyz")), "3 bytes follow"));
  CHECK(says(why(Site::put_request("{", "")), "not JSON"));
  for (const char* size : {"-1", "x", "", "8388609", "99999999999999999999"}) {
    Request request = Site::request("PUT");
    request.headers.add("cf-r2-metadata-size", size);
    CHECK(says(why(std::move(request)), "from 0 to 8388608"));
  }
  Request shorter = Site::put_request(kPut, "");
  shorter.body.resize(5);
  CHECK(says(why(std::move(shorter)), "fewer than CF-R2-Metadata-Size says"));
  const Reply chunked = site.send(streamed(kPut, "v", 5, UINT64_MAX));
  CHECK(chunked.status == 411);
  CHECK(chunked.error.find("10033") != std::string::npos);
}
