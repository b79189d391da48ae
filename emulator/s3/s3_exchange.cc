#include "emulator/s3/s3_exchange.h"

#include <cassert>
#include <utility>

#include "emulator/s3/s3_cors.h"
#include "storage/digest/digest.h"

namespace offing::s3 {

Door::Door(World& world, R2Service& service, const Keys& keys)
    : world(world), service(service),
      verifier(keys, {service.settings().strict_unsigned_trailers,
                      service.settings().expired_status}),
      ids_(world.random("s3/request-id")) {}

std::string_view Door::date() {
  const int64_t now_s = world.now_ms() / 1000;
  if (now_s != date_s_) {
    date_s_ = now_s;
    date_ = http_date(now_s * 1000);
  }
  return date_;
}

std::string Door::next_request_id() {
  const uint64_t id = ids_.next();
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text(16, '0');
  for (size_t i = 0; i < 16; ++i) text[i] = kDigits[(id >> (60 - 4 * i)) & 15];
  return text;
}

Exchange::Exchange(Door& door, uint64_t ticket, Request request, ResponseCallback respond)
    : door(door), ticket(ticket), request(std::move(request)), url(split_url(this->request.url)),
      query(Query::parse(url.query)), target(target_of(url)), respond_(std::move(respond)) {}

const r2::Bucket* Exchange::bucket() const {
  const r2::Bucket* bucket = door.service.find_bucket(target.bucket);
  if (bucket != nullptr && target.jurisdiction &&
      *target.jurisdiction != bucket->settings.jurisdiction)
    return nullptr;
  return bucket;
}

bool Exchange::may(Access access, std::string_view bucket, std::string_view key) const {
  return s3::may(signer.who, {access, operation(operation_id).name, bucket, key});
}

// The query without what would let somebody else use it.
static std::string without_credentials(const UrlParts& url) {
  std::string path(url.path);
  char separator = '?';
  for (std::string_view rest = url.query; !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const std::string_view name = pair.substr(0, pair.find('='));
    if (name == "X-Amz-Signature" || name == "X-Amz-Credential" || name == "X-Amz-Security-Token")
      continue;
    path += separator;
    path += pair;
    separator = '&';
  }
  return path;
}

void Exchange::trace(uint16_t status, std::string_view error) {
  trace::Trace& trace = door.world.trace();
  if (!trace.active()) return;
  const std::string path = without_credentials(url);
  trace.emit(trace::S3RequestEvent{
      ticket, request.method, path, is_routed ? operation(operation_id).name : "",
      signer.who.token ? std::string_view(signer.who.token->access_key_id) : "", status, error});
}

void Exchange::add_common_headers(Response& response) {
  response.headers.add("date", door.date());
  response.headers.add("server", "offing");
  response.headers.add("x-amz-request-id", door.next_request_id());
  if (auto origin = headers().get("origin")) {
    if (const r2::Bucket* there = bucket()) add_cors_headers(response.headers, *there, *origin,
                                                             request.method);
  }
}

void Exchange::answer(Response response) {
  assert(respond_);
  add_common_headers(response);
  trace(response.status, "");
  std::exchange(respond_, nullptr)(std::move(response));
}

void Exchange::fail(const S3Error& error) {
  assert(respond_);
  Response response = error_response(error, is_head());
  add_common_headers(response);
  trace(error.http_status, error.code);
  std::exchange(respond_, nullptr)(std::move(response));
}

void Exchange::fail(const r2::Error& error) {
  const R2Settings& settings = door.service.settings();
  fail(from(error, settings.locked_status, settings.expired_status));
}

void Exchange::fail(const R2Answer& answer) {
  assert(answer.error);
  if (body) {
    if (const S3Error* failure = body->failure()) return fail(*failure);
  }
  if (answer.body_failed) return fail(r2::Error(r2::Code::kClientDisconnect));
  fail(*answer.error);
}

void submit(ExchangePtr x, R2Call call, Answered answered) {
  Exchange& exchange = *x;
  call.bucket = exchange.bucket_id;
  call.key = exchange.target.key;
  exchange.door.service.call({exchange.ticket, "", "s3"}, std::move(call),
                             [x = std::move(x), answered](R2Answer answer) mutable {
                               answered(std::move(x), std::move(answer));
                             });
}

void submit_or_fail(ExchangePtr x, R2Call call, Answered answered) {
  Exchange& exchange = *x;
  call.bucket = exchange.bucket_id;
  call.key = exchange.target.key;
  exchange.door.service.call({exchange.ticket, "", "s3"}, std::move(call),
                             [x = std::move(x), answered](R2Answer answer) mutable {
                               if (answer.error) return x->fail(answer);
                               if (answer.condition_failed)
                                 return x->fail(r2::Error(r2::Code::kPreconditionFailed));
                               answered(std::move(x), std::move(answer));
                             });
}

Response xml_response(std::string xml) {
  Response response;
  response.headers.add("content-type", "application/xml");
  response.has_body = true;
  response.body = std::move(xml);
  return response;
}

std::string quoted(std::string_view etag) {
  std::string text;
  text.reserve(etag.size() + 2);
  text += '"';
  text += etag;
  text += '"';
  return text;
}

}  // namespace offing::s3
