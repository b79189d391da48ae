#include "tests/unit/s3_kit.h"

#include <cassert>
#include <cstdio>
#include <variant>

#include "tests/unit/s3_token.h"

namespace offing {

using digest::Algorithm;

std::string md5_hex(std::string_view bytes) {
  return digest::to_hex(digest::digest_of(Algorithm::kMd5, bytes));
}
std::string sha256_hex(std::string_view bytes) {
  return digest::to_hex(digest::digest_of(Algorithm::kSha256, bytes));
}
std::string base64_of(Algorithm algorithm, std::string_view bytes) {
  return digest::to_base64(digest::digest_of(algorithm, bytes));
}

S3Kit::Headers ssec_headers(char byte, bool of_copy_source) {
  const std::string prefix = of_copy_source
                                 ? "x-amz-copy-source-server-side-encryption-customer-"
                                 : "x-amz-server-side-encryption-customer-";
  const std::string key(32, byte);
  return {{prefix + "algorithm", "AES256"},
          {prefix + "key", digest::to_base64(key)},
          {prefix + "key-md5", base64_of(Algorithm::kMd5, key)}};
}

S3Kit::Headers operator+(S3Kit::Headers a, const S3Kit::Headers& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// ---- Replies

std::vector<std::string> S3Reply::elements(std::string_view name) const {
  const std::string open = "<" + std::string(name), close = "</" + std::string(name) + ">";
  std::vector<std::string> found;
  for (size_t at = 0; (at = body.find(open, at)) != body.npos;) {
    at += open.size();
    if (body[at] != '>' && body[at] != ' ') continue;
    const size_t begin = body.find('>', at) + 1;
    found.push_back(body.substr(begin, body.find(close, begin) - begin));
  }
  return found;
}

std::string S3Reply::element(std::string_view name) const {
  auto all = elements(name);
  return all.empty() ? "<none>" : all.front();
}

std::string S3Reply::said() const {
  std::string text = std::to_string(status);
  if (body.find("<Error><Code>") != body.npos) text += " " + element("Code");
  return text;
}

// ---- The door

S3Kit::S3Kit(R2Settings settings, std::string state)
    : world(1), keys(settings.tokens.empty() ? std::vector{s3_token()} : settings.tokens) {
  world.trace().add_reader(this);
  auto opened = R2Service::open(world, std::move(settings), std::move(state));
  if (!opened) std::fprintf(stderr, "R2Service::open: %s\n", opened.error().c_str());
  assert(opened);
  r2 = std::move(*opened);
  r2->bucket_for_binding("bucket", "");
  front = std::make_unique<S3Front>(world, *r2, keys);
  const R2Token& token = keys.tokens().front();
  credentials = {token.access_key_id, token.secret_access_key, ""};
}

S3Kit::~S3Kit() {
  r2->flush();
  world.trace().remove_reader(this);
}

void S3Kit::on_event(const trace::Stamp&, const trace::Event& event) {
  const auto* one = std::get_if<trace::S3RequestEvent>(&event);
  if (one == nullptr) return;
  seen.push_back({std::string(one->method), std::string(one->path), std::string(one->operation),
                  std::string(one->key_id), std::string(one->error), one->status});
}

Request S3Kit::make(std::string_view method, std::string_view target, Headers headers,
                    std::string body) {
  Request request;
  request.method = method;
  request.url = "http://" + host + std::string(target);
  request.headers.add("Host", host);
  for (const auto& [name, value] : headers) request.headers.add(name, value);
  const bool has_body = !body.empty() || method == "PUT" || method == "POST";
  if (has_body) request.headers.add("Content-Length", std::to_string(body.size()));
  request.has_body = has_body;
  request.body = std::move(body);
  return request;
}

Request S3Kit::sign(Request request, std::string_view payload_hash) {
  s3::sign(request, credentials, "auto", payload_hash, world.now_ms());
  return request;
}

std::shared_ptr<std::optional<Response>> S3Kit::start(Request request) {
  auto slot = std::make_shared<std::optional<Response>>();
  front->on_request(next_ticket_++, std::move(request), [this, slot](Response response) {
    slot->emplace(std::move(response));
    world.stop();
  });
  return slot;
}

S3Reply S3Kit::finish(const std::shared_ptr<std::optional<Response>>& slot) {
  while (!*slot) {
    world.go_on();
    world.run();
  }
  world.go_on();
  Response& response = **slot;
  S3Reply reply{response.status, std::move(response.headers), std::move(response.body), ""};
  if (!response.stream) return reply;
  bool done = false;
  read_all(std::move(response.stream), 1ull << 32, [&](Chunk chunk) {
    done = true;
    (chunk.kind == Chunk::Kind::kError ? reply.stream_error : reply.body) = std::move(chunk.bytes);
    world.stop();
  });
  while (!done) world.run();
  world.go_on();
  return reply;
}

S3Reply S3Kit::handle(Request request) { return finish(start(std::move(request))); }

S3Reply S3Kit::send(std::string_view method, std::string_view target, Headers headers,
                    std::string body) {
  const std::string hash = sha256_hex(body);
  return handle(sign(make(method, target, std::move(headers), std::move(body)), hash));
}

S3Reply S3Kit::presigned(std::string_view method, std::string_view target, std::string body,
                         Headers headers) {
  Request request = make(method, target, std::move(headers), std::move(body));
  request.url = s3::presign(method, request.url, credentials, "auto", 3600, world.now_ms());
  return handle(std::move(request));
}

std::string S3Kit::create_upload(std::string_view target, Headers headers) {
  return post(std::string(target) + "?uploads", "", std::move(headers)).element("UploadId");
}

std::string S3Kit::upload_part(std::string_view target, const std::string& upload, uint32_t number,
                               std::string body, Headers headers) {
  const S3Reply reply = put(std::string(target) + "?uploadId=" + upload +
                                "&partNumber=" + std::to_string(number),
                            std::move(body), std::move(headers));
  return reply.status == 200 ? reply.header("etag") : reply.said();
}

S3Reply S3Kit::complete(std::string_view target, const std::string& upload,
                        const std::vector<std::pair<uint32_t, std::string>>& parts,
                        Headers headers) {
  std::string xml = "<CompleteMultipartUpload>";
  for (const auto& [number, etag] : parts)
    xml += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + etag +
           "</ETag></Part>";
  return post(std::string(target) + "?uploadId=" + upload, xml + "</CompleteMultipartUpload>",
              std::move(headers));
}

void S3Kit::advance(int64_t ms) {
  bool there = false;
  world.schedule_after(ms * 1000, [&] {
    there = true;
    world.stop();
  });
  while (!there) {
    world.go_on();
    world.run();
  }
  world.go_on();
}

void S3Kit::lock(std::string prefix, r2::LockRule::Kind kind, int64_t age_s) {
  r2::LockRule rule;
  rule.id = "rule";
  rule.prefix = std::move(prefix);
  rule.kind = kind;
  rule.age_s = age_s;
  const auto set = r2->set_locks("bucket", {rule});
  assert(set);
}

std::vector<std::string> S3Kit::stored_keys(std::string_view bucket) {
  std::vector<std::string> found;
  for (const auto& [key, object] : r2->find_bucket(bucket)->objects) found.push_back(key);
  return found;
}

}  // namespace offing
