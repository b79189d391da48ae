#include "emulator/gateway/r2_door.h"

#include <algorithm>
#include <charconv>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "emulator/gateway/r2_protocol.h"
#include "storage/r2/key.h"

namespace offing {
namespace {

constexpr std::string_view kPrefix = "/cdn-cgi/offing/r2-protocol/";
constexpr std::string_view kBucketHeader = "offing-r2-bucket";
constexpr std::string_view kSizeHeader = "cf-r2-metadata-size";

// Bytes that are there already, then what a source gives.
class PrefixedSource final : public ByteSource {
 public:
  PrefixedSource(std::string prefix, std::unique_ptr<ByteSource> rest)
      : prefix_(std::move(prefix)), rest_(std::move(rest)) {}

  void read(Done done) override {
    if (prefix_.empty()) return rest_->read(std::move(done));
    done(Chunk::data(std::exchange(prefix_, {})));
  }
  void cancel(std::string_view reason) override {
    prefix_.clear();
    rest_->cancel(reason);
  }
  std::optional<uint64_t> length_bytes() const override {
    const std::optional<uint64_t> rest = rest_->length_bytes();
    if (!rest) return std::nullopt;
    return prefix_.size() + *rest;
  }

 private:
  std::string prefix_;
  std::unique_ptr<ByteSource> rest_;
};

// Reads at least so many bytes of a source. Owns the source and itself until then; a source may
// answer within `read`, so answers are drained in a loop.
class HeadReader : public std::enable_shared_from_this<HeadReader> {
 public:
  // The bytes read, with what came behind them, and the source for the rest. The error is the
  // source's.
  struct Head {
    std::string bytes;
    std::unique_ptr<ByteSource> rest;
  };
  using Done = std::move_only_function<void(std::expected<Head, std::string>)>;

  HeadReader(std::unique_ptr<ByteSource> source, size_t wanted_bytes, Done done)
      : source_(std::move(source)), wanted_bytes_(wanted_bytes), done_(std::move(done)) {}

  void run() {
    while (source_ && bytes_.size() < wanted_bytes_) {
      in_read_ = true;
      answered_ = false;
      source_->read([self = shared_from_this()](Chunk chunk) { self->on_chunk(std::move(chunk)); });
      in_read_ = false;
      if (!answered_) return;
    }
    if (!done_) return;
    auto done = std::exchange(done_, nullptr);
    done(Head{std::move(bytes_), std::move(source_)});
  }

 private:
  void on_chunk(Chunk chunk) {
    answered_ = true;
    if (chunk.kind == Chunk::Kind::kData) {
      bytes_ += chunk.bytes;
      if (!in_read_) run();
      return;
    }
    auto done = std::exchange(done_, nullptr);
    done(std::unexpected(chunk.kind == Chunk::Kind::kError
                             ? std::move(chunk.bytes)
                             : std::string("the body ends within the operation's JSON")));
    spent_ = std::move(source_);   // it may be what calls
  }

  std::unique_ptr<ByteSource> source_, spent_;
  size_t wanted_bytes_;
  Done done_;
  std::string bytes_;
  bool in_read_ = false;
  bool answered_ = false;
};

Response error_response(uint16_t status, uint32_t v4_code, std::string_view text) {
  Response response;
  response.status = status;
  response.headers.add("cf-r2-error", r2_protocol::error_json(v4_code, text));
  return response;
}

// A request that is none of the protocol's.
Response malformed(std::string text) {
  const r2::ErrorRow row = r2::Error(r2::Code::kInvalidRequest).row();
  return error_response(row.http_status, row.v4_code, "R2 protocol: " + text);
}

Response refusal(const r2::Error& error, const R2Settings& settings) {
  const r2::ErrorRow& row = error.row();
  uint16_t status = row.http_status;
  if (error.code == r2::Code::kObjectLocked) status = settings.locked_status;
  return error_response(status, row.v4_code, error.text);
}

void add_frame(Response& response, std::string json, R2Answer& answer) {
  response.headers.add(kSizeHeader, std::to_string(json.size()));
  response.has_body = true;
  if (answer.body) {
    response.stream = std::make_unique<PrefixedSource>(std::move(json), std::move(answer.body));
    return;
  }
  if (answer.bytes) json += *answer.bytes;
  response.body = std::move(json);
}

Response success(const r2_protocol::Shown& shown, R2Answer& answer) {
  Response response;
  std::string json = r2_protocol::reply_json(shown, answer);
  if (r2_protocol::is_get_class(shown.op)) {
    add_frame(response, std::move(json), answer);
  } else {
    response.has_body = true;
    response.body = std::move(json);
  }
  return response;
}

Response answer_response(const r2_protocol::Shown& shown, R2Answer& answer,
                         const R2Settings& settings) {
  if (answer.error) return refusal(*answer.error, settings);
  const bool may_be_absent = shown.op == R2Call::Op::kHead || shown.op == R2Call::Op::kGet;
  if (may_be_absent && !answer.object) return refusal(r2::Code::kNoSuchKey, settings);
  if (!answer.condition_failed) return success(shown, answer);
  Response response = refusal(r2::Code::kPreconditionFailed, settings);
  // A get shows what it found all the same; no bytes of it.
  if (answer.object && may_be_absent) {
    answer.body = nullptr;
    answer.bytes = nullptr;
    add_frame(response, r2_protocol::reply_json(shown, answer), answer);
  }
  return response;
}

// What asks the same page again, shorter.
struct Page {
  int64_t limit;
  std::string prefix, cursor, delimiter, start_after;
};

R2Call page_call(const Page& page, const r2_protocol::Shown& shown, uint32_t bucket) {
  R2Call call;
  call.op = R2Call::Op::kList;
  call.bucket = bucket;
  call.limit = page.limit;
  call.prefix = page.prefix;
  call.cursor = page.cursor;
  call.delimiter = page.delimiter;
  call.start_after = page.start_after;
  call.include_http = shown.http;
  call.include_custom = shown.custom;
  call.pages_by_metadata = true;
  return call;
}

// A page whose keys alone exceed what a runtime takes is asked for again with half of it.
void run_list(R2Service& service, R2Caller caller, r2_protocol::Shown shown, R2Call call,
              ResponseCallback respond) {
  Page page{0, call.prefix, call.cursor, call.delimiter, call.start_after};
  const uint32_t bucket = call.bucket;
  service.call(caller, std::move(call),
               [&service, caller, shown, bucket, page = std::move(page),
                respond = std::move(respond)](R2Answer answer) mutable {
    Response response = answer_response(shown, answer, service.settings());
    page.limit = static_cast<int64_t>((answer.objects.size() + answer.prefixes.size()) / 2);
    if (response.body.size() <= r2_protocol::kReplyBytesMax || page.limit == 0)
      return respond(std::move(response));
    run_list(service, caller, shown, page_call(page, shown, bucket), std::move(respond));
  });
}

void run(R2Service& service, uint64_t ticket, R2Call call, ResponseCallback respond) {
  const R2Caller caller{.request = ticket, .location = "", .door = "protocol"};
  r2_protocol::Shown shown{.op = call.op};
  if (call.op == R2Call::Op::kList) {
    shown.http = call.include_http;
    shown.custom = call.include_custom;
    return run_list(service, caller, shown, std::move(call), std::move(respond));
  }
  service.call(caller, std::move(call),
               [&service, shown, respond = std::move(respond)](R2Answer answer) mutable {
    respond(answer_response(shown, answer, service.settings()));
  });
}

std::optional<uint64_t> number_of(std::optional<std::string_view> text) {
  uint64_t value = 0;
  if (!text) return std::nullopt;
  const char* end = text->data() + text->size();
  auto [stop, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// The operation of a PUT, when its JSON is there.
std::expected<R2Call, std::string> parse_put(std::string_view json, uint32_t bucket,
                                             uint64_t value_bytes) {
  auto call = r2_protocol::parse_request(json);
  if (!call) return call;
  if (r2_protocol::is_get_class(call->op))
    return std::unexpected("head, get and list are asked by GET, with the JSON in CF-R2-Request");
  if (value_bytes > 0 && !r2_protocol::takes_value(call->op))
    return std::unexpected(std::to_string(value_bytes) +
                           " bytes follow the JSON of an operation that takes no value");
  call->bucket = bucket;
  return call;
}

void put_streamed(R2Service& service, uint64_t ticket, uint32_t bucket, Request request,
                  size_t json_bytes, uint64_t value_bytes, ResponseCallback respond) {
  auto done = [&service, ticket, bucket, json_bytes, value_bytes, respond = std::move(respond)](
                  std::expected<HeadReader::Head, std::string> head) mutable {
    if (!head) return respond(malformed(std::move(head.error())));
    auto call = parse_put(std::string_view(head->bytes).substr(0, json_bytes), bucket, value_bytes);
    if (!call) return respond(malformed(std::move(call.error())));
    head->bytes.erase(0, json_bytes);
    if (head->bytes.size() == value_bytes) {
      call->value = std::move(head->bytes);
    } else {
      call->value_stream =
          std::make_unique<PrefixedSource>(std::move(head->bytes), std::move(head->rest));
      call->declared_bytes = value_bytes;
    }
    run(service, ticket, std::move(*call), std::move(respond));
  };
  std::make_shared<HeadReader>(std::move(request.stream), json_bytes, std::move(done))->run();
}

void handle_put(R2Service& service, uint64_t ticket, uint32_t bucket, Request request,
                ResponseCallback respond) {
  const std::optional<uint64_t> json_bytes = number_of(request.headers.get(kSizeHeader));
  if (!json_bytes || *json_bytes > r2_protocol::kRequestBytesMax)
    return respond(malformed("a PUT needs the header CF-R2-Metadata-Size, from 0 to " +
                             std::to_string(r2_protocol::kRequestBytesMax)));
  std::optional<uint64_t> all_bytes = request.body.size();
  if (request.stream) all_bytes = request.stream->length_bytes();
  if (!all_bytes)
    return respond(refusal(r2::Code::kMissingContentLength, service.settings()));
  if (*all_bytes < *json_bytes)
    return respond(malformed("the body has " + std::to_string(*all_bytes) +
                             " bytes, fewer than CF-R2-Metadata-Size says: " +
                             std::to_string(*json_bytes)));
  const uint64_t value_bytes = *all_bytes - *json_bytes;
  if (request.stream)
    return put_streamed(service, ticket, bucket, std::move(request), *json_bytes, value_bytes,
                        std::move(respond));
  auto call = parse_put(std::string_view(request.body).substr(0, *json_bytes), bucket, value_bytes);
  if (!call) return respond(malformed(std::move(call.error())));
  request.body.erase(0, *json_bytes);
  call->value = std::move(request.body);
  run(service, ticket, std::move(*call), std::move(respond));
}

void handle_get(R2Service& service, uint64_t ticket, uint32_t bucket, const Request& request,
                ResponseCallback respond) {
  const std::optional<std::string_view> json = request.headers.get("cf-r2-request");
  if (!json) return respond(malformed("a GET needs the header CF-R2-Request"));
  auto call = r2_protocol::parse_request(*json);
  if (!call) return respond(malformed(std::move(call.error())));
  if (!r2_protocol::is_get_class(call->op))
    return respond(malformed("only head, get and list are asked by GET"));
  call->bucket = bucket;
  run(service, ticket, std::move(*call), std::move(respond));
}

}  // namespace

bool R2Door::is_for(const Request& request, std::string_view path) {
  return path.starts_with(kPrefix) || request.headers.has(kBucketHeader);
}

void R2Door::handle(uint64_t ticket, Request request, ResponseCallback respond) {
  if (request.headers.get("offing-control").value_or("") != "1")
    return respond(error_response(
        403, r2::Error(r2::Code::kAccessDenied).row().v4_code,
        "R2 protocol: offing's own paths need the header \"offing-control: 1\""));
  std::string_view url = request.url;
  url.remove_prefix(std::min(url.size(), url.find('/', url.find("://") + 3)));
  std::string name;
  if (url.starts_with(kPrefix)) {
    url.remove_prefix(kPrefix.size());
    name = url.substr(0, url.find_first_of("/?"));
  } else {
    name = request.headers.get(kBucketHeader).value_or("");
  }
  const r2::Bucket* known = service_.find_bucket(name);
  if (!known && !r2::is_valid_bucket_name(name))
    return respond(refusal(r2::Code::kInvalidBucketName, service_.settings()));
  const uint32_t bucket = known ? known->id : service_.bucket_for_binding(name, "");
  if (request.method == "GET")
    return handle_get(service_, ticket, bucket, request, std::move(respond));
  if (request.method == "PUT")
    return handle_put(service_, ticket, bucket, std::move(request), std::move(respond));
  respond(malformed("there is no " + request.method + "; operations are GET or PUT"));
}

}  // namespace offing
