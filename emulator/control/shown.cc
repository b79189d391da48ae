#include "emulator/control/shown.h"

#include <algorithm>
#include <span>
#include <vector>

#include "runtime/bindings/utf8.h"
#include "storage/digest/digest.h"

namespace offing::control {

void add_clock(Json& json, Stage& stage) {
  VirtualWorld* world = stage.virtual_world();
  json.field("virtual", world != nullptr);
  json.field("auto_skip", world != nullptr && world->auto_skip());
  json.field("now_ms", stage.world().now_ms()).field("now", time_text(stage.world().now_us()));
  std::optional<int64_t> due_ms;
  if (auto due_us = world ? world->next_due_us() : std::nullopt) due_ms = *due_us / 1000;
  json.field("next_due_ms", due_ms);
  json.field("waiting", world == nullptr ? size_t{0} : world->waiting());
}

void add_bytes(Json& json, std::string_view name, std::string_view bytes) {
  const std::span text(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (is_utf8(text)) json.field(name, bytes);
  else json.field(std::string(name) + "_base64", digest::to_base64(bytes));
}

static std::expected<std::string, Failure> bytes_of(std::optional<std::string> text,
                                                    std::optional<std::string> base64,
                                                    std::string_view name) {
  if (text.has_value() == base64.has_value())
    return std::unexpected(Failure::bad("give either \"" + std::string(name) + "\" (a text) or \"" +
                                        std::string(name) + "_base64\""));
  if (text) return std::move(*text);
  auto bytes = digest::from_base64(*base64);
  if (!bytes)
    return std::unexpected(bad_value(std::string(name) + "_base64", *base64,
                                     "base64 with its padding, in the alphabet A-Z a-z 0-9 + /"));
  return std::move(*bytes);
}

std::expected<std::string, Failure> bytes_of(const Arguments& arguments, std::string_view name) {
  return bytes_of(arguments.optional_text(name), arguments.optional_text(std::string(name) + "_base64"),
                  name);
}

std::expected<std::string, Failure> bytes_of(const rapidjson::Value& object, std::string_view name) {
  auto member = [&object](const std::string& name) -> std::optional<std::string> {
    auto at = object.FindMember(name.c_str());
    if (at == object.MemberEnd() || !at->value.IsString()) return std::nullopt;
    return std::string(text_of(at->value));
  };
  return bytes_of(member(std::string(name)), member(std::string(name) + "_base64"), name);
}

static Failure nothing_named(std::string_view what, std::string_view name,
                             const std::vector<std::string>& known) {
  std::string text = "there is no " + std::string(what) + " \"" + std::string(name.substr(0, 80)) + "\"; ";
  if (known.empty()) return {404, "not_found", text + "the Worker has none"};
  text += "there are: ";
  for (size_t i = 0; i < known.size(); ++i) text += (i == 0 ? "" : ", ") + known[i];
  return {404, "not_found", std::move(text)};
}

std::expected<std::string, Failure> kv_namespace(Stage& stage, std::string_view name) {
  const auto& bindings = stage.stack().project().worker.kv_bindings;
  std::vector<std::string> known;
  for (const KvBinding& binding : bindings) {
    if (binding.name == name) return binding.namespace_id;
    known.push_back(binding.name);
  }
  for (const KvBinding& binding : bindings) {
    if (binding.namespace_id == name) return binding.namespace_id;
  }
  return std::unexpected(nothing_named("KV namespace", name, known));
}

std::expected<uint32_t, Failure> r2_bucket(Stage& stage, std::string_view name) {
  R2Service& r2 = stage.stack().r2();
  std::vector<std::string> known;
  for (const R2Binding& binding : stage.stack().project().worker.r2_bindings) {
    if (binding.name == name) return r2.bucket_for_binding(binding.bucket_name, binding.jurisdiction);
    known.push_back(binding.name);
  }
  if (const r2::Bucket* bucket = r2.find_bucket(name)) return bucket->id;
  for (const r2::Bucket* bucket : r2.buckets()) known.push_back(bucket->settings.name);
  return std::unexpected(nothing_named("R2 bucket", name, known));
}

std::expected<uint32_t, Failure> object_class(Stage& stage, std::string_view name) {
  const WorkerOptions& worker = stage.stack().project().worker;
  std::vector<std::string> known;
  for (uint32_t i = 0; i < worker.actor_classes.size(); ++i) {
    if (worker.actor_classes[i].class_name == name) return i;
    known.push_back(worker.actor_classes[i].class_name);
  }
  for (const ActorBinding& binding : worker.actor_bindings) {
    if (binding.name != name) continue;
    for (uint32_t i = 0; i < worker.actor_classes.size(); ++i) {
      if (worker.actor_classes[i].unique_key == binding.unique_key) return i;
    }
  }
  return std::unexpected(nothing_named("Durable Object class", name, known));
}

std::expected<size_t, Failure> location(Stage& stage, std::string_view code) {
  Topology& topology = stage.stack().topology();
  if (auto found = topology.find_location(code)) return *found;
  return std::unexpected(nothing_named("location", code, topology.locations()));
}

}  // namespace offing::control
