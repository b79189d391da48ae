#include "tests/unit/actors_kit.h"

#include <doctest/doctest.h>

#include <utility>

#include "emulator/config/compatibility.h"
#include "runtime/isolate/engine.h"

namespace offing::test {

static Engine& shared_engine() {
  static std::unique_ptr<Engine> engine = [] {
    auto started =
        Engine::start(host_process().platform, uv_default_loop(), OFFING_SNAPSHOT_PATH);
    REQUIRE_MESSAGE(started.has_value(), started.error());
    return std::move(*started);
  }();
  return *engine;
}

std::string actor_worker(std::string_view body, std::string_view more) {
  std::string source = R"js(
import { DurableObject, RpcTarget } from "cloudflare:workers";
const shown = (e) => `${e.name}: ${e.message}` +
  ["remote", "retryable", "overloaded",
    "durableObjectReset"].filter((k) => e[k]).map((k) => ` [${k}]`).join("");
const failure = async (work) => { try { await work(); return "nothing"; } catch (e) {
  return shown(e); } };
class Base extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.starts = (ctx.storage.kv.get("starts") ?? 0) + 1;
    ctx.storage.kv.put("starts", this.starts);
    this.count = 0;
  }
  born() { return `${this.starts}.${++this.count}`; }
  get s() { return this.ctx.storage; }
  value(key) { return this.ctx.storage.kv.get(key) ?? "none"; }
  put(key, value) { this.ctx.storage.kv.put(key, value); }
  note(text) { console.log(`note ${text}`); }
  stop(reason) { this.ctx.abort(reason); }
}
const own = {};   // a test's own paths
export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    const [method, ...args] = url.pathname.slice(1).split("/");
    const find = (name) => env.ACTOR.getByName(name ?? url.searchParams.get("object") ?? "o",
      url.searchParams.has("hint") ? { locationHint: url.searchParams.get("hint") } : undefined);
    try {
      if (own[method] !== undefined) return new Response(String(await own[method](find, env, ctx,
        ...args)));
      if (method === "fetch" || request.headers.has("upgrade")) return await find().fetch(request);
      return new Response(String(await find()[method](...args)));
    } catch (e) {
      return new Response(shown(e), { status: 500 });
    }
  }
};
export class Actor extends Base {
)js";
  source.append(body).append("\n}\n").append(more);
  return source;
}

void ActorsSocket::take(std::unique_ptr<WebSocketEnd> end) {
  end_ = std::move(end);
  if (end_) end_->set_receiver(this);
}

void ActorsSocket::drop() {
  if (end_) end_->set_receiver(nullptr);
  end_.reset();
}

void ActorsSocket::on_message(WebSocketMessage message) {
  came.push_back({world_.now_us() - start_us_, std::move(message.bytes)});
}

void ActorsSocket::on_close(WebSocketClose close) {
  came.push_back({world_.now_us() - start_us_,
                  "close " + std::to_string(close.code) + " " + close.reason});
}

std::string ActorsSocket::texts() const {
  std::string all;
  for (const Came& one : came) all += (all.empty() ? "" : "|") + one.text;
  return all;
}

void ActorsRun::Log::on_event(const trace::Stamp& stamp, const trace::Event& event) {
  std::string line, other;
  if (const auto* exception = std::get_if<trace::ExceptionEvent>(&event)) {
    line = std::string(exception->where) + ": " + std::string(exception->text);
  } else if (const auto* console = std::get_if<trace::ConsoleEvent>(&event)) {
    line = console->text;
  } else if (const auto* object = std::get_if<trace::ObjectEvent>(&event)) {
    line = "object " + std::string(object->what) + ": " + std::string(object->why);
  } else if (const auto* alarm = std::get_if<trace::AlarmEvent>(&event)) {
    line = "alarm " + std::string(alarm->what);
  } else if (const auto* out = std::get_if<trace::OutboundEvent>(&event)) {
    other = "out " + std::string(out->url);
  } else if (const auto* write = std::get_if<trace::KvWriteEvent>(&event)) {
    other = std::string(write->op) + " " + std::string(write->key);
  } else if (const auto* read = std::get_if<trace::KvReadEvent>(&event)) {
    other = "read " + std::string(read->op) + " " + std::string(read->key);
  } else if (std::get_if<trace::KvListEvent>(&event) != nullptr) {
    other = "list";
  } else if (const auto* call = std::get_if<trace::ObjectCallEvent>(&event)) {
    other = "call " + std::string(call->kind) + " " + std::string(call->what);
  } else if (const auto* answer = std::get_if<trace::ObjectAnswerEvent>(&event)) {
    other = "answer " + std::string(answer->outcome) + " " + std::string(answer->error);
  } else if (const auto* isolate = std::get_if<trace::IsolateEvent>(&event)) {
    other = "isolate " + std::string(isolate->what) + " " + std::string(isolate->why);
  }
  if (!line.empty()) lines.push_back(line);
  if (line.empty()) line = std::move(other);
  if (!line.empty()) seen.emplace_back(stamp.at_us - start_us, std::move(line));
}

std::vector<int64_t> ActorsRun::times(std::string_view prefix) const {
  std::vector<int64_t> found;
  for (const auto& [at_us, text] : log_->seen) {
    if (text.starts_with(prefix)) found.push_back(at_us);
  }
  return found;
}

ActorsRun::ActorsRun(std::string_view main_module, ActorsRunOptions options)
    : world_(std::make_unique<VirtualWorld>(options.seed, options.start_us)),
      log_(std::make_unique<Log>(options.start_us)) {
  world_->trace().add_reader(&hash_);
  world_->trace().add_reader(log_.get());
  for (const std::string& rule : options.faults) {
    auto armed = world_->faults().arm(rule);
    REQUIRE_MESSAGE(armed.has_value(), armed.error());
  }
  bundle_.main = "index.js";
  bundle_.modules.push_back({.name = "index.js", .kind = Module::Kind::kEsModule,
                             .bytes = std::string(main_module), .source_map = {}});
  worker_.name = "test";
  worker_.compatibility_date = options.compatibility_date;
  auto compatibility = config::evaluate_compatibility(options.compatibility_date, {}, "");
  REQUIRE_MESSAGE(compatibility.has_value(), compatibility.error());
  worker_.flags = compatibility->flags;
  worker_.kv_bindings.push_back({"KV", "kv"});
  if (options.classes.empty()) options.classes.push_back({"Actor", "test-Actor", true});
  worker_.actor_classes = options.classes;
  for (const ActorClass& actor_class : options.classes) {
    std::string name = actor_class.class_name;
    for (char& c : name) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    worker_.actor_bindings.push_back({name, actor_class.class_name, actor_class.unique_key});
  }
  source_maps_ = std::make_unique<config::BundleSourceMaps>(bundle_);
  auto kv = KvService::open(*world_, KvSettings{}, options.locations, "");
  REQUIRE(kv.has_value());
  kv_ = std::move(*kv);
  auto r2 = R2Service::open(*world_, R2Settings{}, "");
  REQUIRE(r2.has_value());
  r2_ = std::move(*r2);
  worker_.r2_bindings.push_back({"BUCKET", "bucket", ""});
  auto outbound = Outbound::open(*world_, {});
  REQUIRE(outbound.has_value());
  outbound_ = std::move(*outbound);
  services_.reset(new Services{*world_, *kv_, *r2_, *outbound_, *source_maps_, {kv_->ns("kv")},
                               {r2_->bucket_for_binding("bucket", "")}, nullptr});
  TopologyOptions places;
  places.locations = options.locations;
  topology_ = std::make_unique<Topology>(*services_, shared_engine(), bundle_, worker_, places);
  auto actors = options.from ? Actors::open(*world_, *topology_, worker_, *options.from)
                             : Actors::open(*world_, *topology_, worker_,
                                            {options.state, options.commit_delay_us, options.links});
  REQUIRE_MESSAGE(actors.has_value(), actors.error());
  actors_ = std::move(*actors);
  services_->guest_calls = actors_.get();
  gateway_ = std::make_unique<WorkerGateway>(*world_, *topology_);
  start_us_ = world_->now_us();
}

ActorsRun::~ActorsRun() {
  for (auto& socket : sockets_) socket->drop();
  topology_->stop();
  world_->trace().remove_reader(log_.get());
  world_->trace().remove_reader(&hash_);
}

const ActorsRun::Answer& ActorsRun::send(int64_t at_us, std::string_view location,
                                         std::string_view path, std::string_view body) {
  return send_request(at_us, location, path, body, nullptr);
}

const ActorsRun::Answer& ActorsRun::send_request(int64_t at_us, std::string_view location,
                                                 std::string_view path, std::string_view body,
                                                 ActorsSocket* socket) {
  answers_.push_back(std::make_unique<Answer>());
  Answer* answer = answers_.back().get();
  Request request;
  request.method = body.empty() ? "GET" : "POST";
  request.url = "http://test.example" + std::string(path);
  request.headers.add("offing-location", location);
  if (socket != nullptr) request.headers.add("upgrade", "websocket");
  request.has_body = !body.empty();
  request.body = body;
  ++outstanding_;
  at(at_us, [this, answer, socket, request = std::move(request)]() mutable {
    answer->sent_us = now_us();
    gateway_->dispatch(++last_request_, std::move(request), [this, answer,
                                                             socket](Response response) {
      answer->came = true;
      answer->status = response.status;
      answer->body = std::move(response.body);
      answer->came_us = now_us();
      if (socket != nullptr) socket->take(std::move(response.web_socket));
      if (--outstanding_ == 0 && stop_when_answered_) world_->stop();
      if (response.stream) {
        std::shared_ptr<ByteSource> stream = std::move(response.stream);
        read_stream(*answer, std::move(stream));
      }
    });
  });
  return *answer;
}

void ActorsRun::read_stream(Answer& answer, std::shared_ptr<ByteSource> stream) {
  stream->read([this, &answer, stream](Chunk chunk) {
    answer.ended = chunk.kind == Chunk::Kind::kEnd;
    if (chunk.kind != Chunk::Kind::kData) return;
    answer.body += chunk.bytes;
    answer.chunks_us.push_back(now_us());
    world_->post([this, &answer, stream] { read_stream(answer, stream); });
  });
}

void ActorsRun::at(int64_t at_us, std::move_only_function<void()> task) {
  world_->schedule(start_us_ + at_us, std::move(task));
}

ActorsSocket& ActorsRun::connect(int64_t at_us, std::string_view path, std::string_view location) {
  sockets_.push_back(std::make_unique<ActorsSocket>(*world_, start_us_));
  send_request(at_us, location, path, "", sockets_.back().get());
  return *sockets_.back();
}

ActorsSocket& ActorsRun::connect(std::string_view path, std::string_view location) {
  ActorsSocket& socket = connect(now_us(), path, location);
  run();
  REQUIRE_MESSAGE(socket.open(), answers_.back()->body);
  return socket;
}

void ActorsRun::run() {
  stop_when_answered_ = true;
  if (outstanding_ > 0) world_->run();
  stop_when_answered_ = false;
  world_->go_on();
}

void ActorsRun::advance(int64_t us) {
  world_->schedule_after(us, [this] { world_->stop(); });
  world_->run();
  world_->go_on();
}

ActorsRun::Answer ActorsRun::ask(std::string_view path, std::string_view location) {
  const Answer& answer = send(world_->now_us() - start_us_, location, path);
  run();
  return answer;
}

}  // namespace offing::test
