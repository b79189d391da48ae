#include "tests/unit/control_kit.h"

#include <stdlib.h>

#include <fstream>

#include "emulator/control/json.h"
#include "tests/unit/host_process.h"

namespace offing::test {

static constexpr const char* kConfig = R"({
  "name": "control", "main": "index.js", "compatibility_date": "2026-06-01",
  "kv_namespaces": [{"binding": "KV", "id": "kv-id"}],
  "r2_buckets": [{"binding": "BUCKET", "bucket_name": "bucket"}],
  "durable_objects": {"bindings": [{"name": "BOX", "class_name": "Box"}]},
  "migrations": [{"tag": "v1", "new_sqlite_classes": ["Box"]}],
  "triggers": {"crons": ["0 2 * * SUN", "30 3 * * *"]}
})";

static constexpr const char* kWorker = R"js(
import { DurableObject } from "cloudflare:workers";
export class Box extends DurableObject {
  get(key) { return this.ctx.storage.get(key); }
  async put(key, value) { await this.ctx.storage.put(key, value); }
  own() { return this.ctx.id.toString(); }
  odd() { this.ctx.storage.kv.put("odd", { at: new Date(0), set: new Set([1]), big: 12345678901234567890n,
    bytes: new Uint8Array([1, 2]), list: [1, "é", "日本", null, 1.5, -3] }); }
  later(ms) { return this.ctx.storage.setAlarm(Date.now() + Number(ms)); }
  alarm() { this.ctx.storage.kv.put("rang", Date.now()); }
}
let count = 0;
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const [, what, a, b] = url.pathname.split("/");
    const box = env.BOX.getByName(a ?? "x");
    if (what === "count") return new Response(String(++count));
    if (what === "now") return new Response(String(Date.now()));
    if (what === "headers") return Response.json([...request.headers.keys()]);
    if (what === "wait") { await new Promise((r) => setTimeout(r, Number(a))); return new Response("waited"); }
    if (what === "kv-get") return new Response(await env.KV.get(a) ?? "(none)");
    if (what === "kv-put") { await env.KV.put(a, b); return new Response("ok"); }
    if (what === "box-put") { await box.put(b, { n: 1, list: ["x"] }); return new Response("ok"); }
    if (what === "box-get") return Response.json(await box.get(b) ?? null);
    if (what === "box-id") return new Response(await box.own());
    if (what === "box-odd") { await box.odd(); return new Response("ok"); }
    if (what === "box-later") { await box.later(b); return new Response("ok"); }
    if (what === "echo") return new Response(request.body, { headers: { "x-method": request.method } });
    return new Response("not found", { status: 404 });
  },
  // By hand any text is a cron: here it says what to do.
  async scheduled(controller, env, ctx) {
    const { cron, scheduledTime, type } = controller;
    const pause = (ms) => new Promise((r) => setTimeout(r, ms));
    const fail = async (ms, text) => { await pause(ms); throw new Error(text); };
    if (cron === "throw") throw new Error("boom");
    if (cron === "no-retry") { controller.noRetry(); throw new TypeError("no more"); }
    if (cron === "wait") ctx.waitUntil(pause(5000).then(() => env.KV.put("waited", String(Date.now()))));
    if (cron === "wait-throw") { ctx.waitUntil(fail(2000, "second")); ctx.waitUntil(fail(1000, "first")); }
    if (cron === "both") { ctx.waitUntil(fail(1000, "later")); throw new Error("at once"); }
    if (cron === "hang") await new Promise(() => {});
    if (cron === "hang-wait") ctx.waitUntil(new Promise(() => {}));
    if (cron === "long") { await pause(20 * 60000); await env.KV.put("long", "done"); }
    await env.KV.put("cron " + cron, JSON.stringify({ cron, scheduledTime, type, now: Date.now() }));
  }
};
)js";

std::string ControlReply::at(const char* pointer) const {
  const rapidjson::Value* value = rapidjson::Pointer(pointer).Get(json);
  if (value == nullptr) return "(none)";
  return value->IsString() ? std::string(control::text_of(*value)) : control::json_of(*value);
}

int64_t ControlReply::number(const char* pointer) const {
  const rapidjson::Value* value = rapidjson::Pointer(pointer).Get(json);
  INFO(body);
  REQUIRE(value != nullptr);
  REQUIRE(value->IsInt64());
  return value->GetInt64();
}

ControlDaemon& ControlDaemon::get() {
  static ControlDaemon* daemon = new ControlDaemon();
  return *daemon;
}

ControlDaemon::ControlDaemon() {
  char directory[] = "/tmp/offing-control-XXXXXX";
  REQUIRE(mkdtemp(directory) != nullptr);
  const std::string project(directory);
  std::ofstream(project + "/wrangler.json") << kConfig;
  std::ofstream(project + "/index.js") << kWorker;
  const std::string snapshot = OFFING_SNAPSHOT_PATH;
  const Process process{host_process().platform, snapshot.substr(0, snapshot.rfind('/'))};
  auto stage = std::make_unique<Stage>(
      "main", house_, WorldState{7, VirtualWorld::kDefaultStartUs, Faults(7)});
  WorkerArguments arguments;
  arguments.project = project;
  arguments.seed = 7;
  auto stack = Stack::build(stage->world(), process, arguments);
  REQUIRE_MESSAGE(stack.has_value(), stack.error());
  stage->set_stack(std::move(*stack));
  stages_ = std::make_unique<Stages>(house_, std::move(stage), nullptr);
  front_ = std::make_unique<control::ControlFront>(*stages_, "1.2.3");
}

void ControlDaemon::fresh() {
  std::vector<std::string> others;
  for (const auto& [id, stage] : stages_->all()) {
    if (id != "main") others.push_back(id);
  }
  for (const std::string& id : others) REQUIRE(stages_->close(id).has_value());
  const ControlReply reply = post("reset");
  REQUIRE_MESSAGE(reply.status == 200, reply.body);
}

void ControlDaemon::begin(const std::string& method, const std::string& path, const std::string& body,
                          ControlHeaders headers, std::optional<ControlReply>* into) {
  Request request;
  request.method = method;
  request.url = "http://localhost:8787" + path;
  for (const auto& [name, value] : headers) request.headers.add(name, value);
  request.has_body = !body.empty();
  request.body = body;
  house_.post([this, into, request = std::move(request)]() mutable {
    front_->on_request(next_ticket_++, std::move(request), [this, into](Response response) {
      into->emplace();
      ControlReply& reply = **into;
      reply.status = response.status;
      reply.headers = response.headers;
      reply.body = std::move(response.body);
      reply.stream = std::move(response.stream);
      reply.json.Parse(reply.body.data(), reply.body.size());
      if (reply.json.HasParseError()) reply.json.SetNull();
      house_.stop();
    });
  });
}

void ControlDaemon::run_until(std::optional<ControlReply>& reply) {
  while (!reply) {
    house_.run();
    house_.go_on();
  }
}

void ControlDaemon::turn() {
  house_.schedule_after(5000, [this] { house_.stop(); });
  house_.run();
  house_.go_on();
}

ControlReply ControlDaemon::send(const std::string& method, const std::string& path,
                                 const std::string& body, ControlHeaders headers) {
  std::optional<ControlReply> reply;
  begin(method, path, body, std::move(headers), &reply);
  run_until(reply);
  return std::move(*reply);
}

static ControlHeaders headers_for(const std::string& world) {
  ControlHeaders headers = {{"offing-control", "1"}};
  if (!world.empty()) headers.emplace_back("offing-world", world);
  return headers;
}

ControlReply ControlDaemon::post(const std::string& verb, const std::string& body,
                                 const std::string& world) {
  return send("POST", "/cdn-cgi/offing/" + verb, body, headers_for(world));
}

ControlReply ControlDaemon::get(const std::string& verb, const std::string& world) {
  return send("GET", "/cdn-cgi/offing/" + verb, "", headers_for(world));
}

ControlReply ControlDaemon::fetch(const std::string& path, const std::string& location,
                                  const std::string& world) {
  ControlHeaders headers = {{"offing-location", location}};
  if (!world.empty()) headers.emplace_back("offing-world", world);
  ControlReply reply = send("GET", path, "", std::move(headers));
  if (!reply.stream) return reply;
  std::optional<ControlReply> whole;
  house_.post([this, &reply, &whole] {
    read_all(std::move(reply.stream), 1 << 20, [this, &whole](Chunk chunk) {
      whole.emplace();
      whole->body = std::move(chunk.bytes);
      house_.stop();
    });
  });
  run_until(whole);
  reply.body = std::move(whole->body);
  return reply;
}

}  // namespace offing::test
