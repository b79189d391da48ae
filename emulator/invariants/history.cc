#include "emulator/invariants/history.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "emulator/trace/json_text.h"

namespace offing::invariants {

// Above every version that is given out.
constexpr uint64_t kRefused = uint64_t{1} << 52;

void History::add(const trace::Stamp& stamp, uint64_t request, std::string_view location,
                  std::string key, bool is_write, bool failed, uint64_t version) {
  const Client* client = clients_.find(request);
  const std::string_view session = client ? std::string_view(client->session) : location;
  auto at = processes_.find(session);
  if (at == processes_.end()) {
    at = processes_.emplace(session, static_cast<uint32_t>(sessions_.size())).first;
    sessions_.emplace_back(session);
  }
  operations_.push_back({std::move(key), at->second, is_write, failed,
                         failed ? kRefused + stamp.sequence : version, stamp.sequence,
                         stamp.at_us});
}

void History::on_event(const trace::Stamp& stamp, const trace::Event& event) {
  if (auto* e = std::get_if<trace::RequestEvent>(&event)) return clients_.on_request(*e);
  if (auto* e = std::get_if<trace::CronEvent>(&event)) return clients_.on_cron(*e);
  if (auto* e = std::get_if<trace::ObjectCallEvent>(&event)) return clients_.on_object_call(*e);
  if (auto* e = std::get_if<trace::KvReadEvent>(&event))
    return add(stamp, e->request, e->location,
               "kv/" + std::string(e->kv_namespace) + "/" + std::string(e->key), false, false,
               e->version_served);
  if (auto* e = std::get_if<trace::KvWriteEvent>(&event))
    return add(stamp, e->request, e->location,
               "kv/" + std::string(e->kv_namespace) + "/" + std::string(e->key), true,
               !e->error.empty(), e->version);
  if (auto* e = std::get_if<trace::R2ReadEvent>(&event)) {
    if (e->outcome == "refused") return;
    std::string key = "r2/" + std::string(e->bucket) + "/" + std::string(e->key);
    const Versions& versions = r2_[key];
    const Acknowledged* newest = versions.newest();
    uint64_t version = newest && newest->deletes ? newest->version : 0;
    if (e->outcome != "absent") {
      const auto number = versions.number_of(e->version);
      if (!number) return;  // there before the run began
      version = *number;
    }
    return add(stamp, e->request, e->location, std::move(key), false, false, version);
  }
  if (auto* e = std::get_if<trace::R2WriteEvent>(&event)) {
    const bool deletes = e->op == "delete" || e->op == "expire";
    if (!deletes && e->op != "put" && e->op != "copy" && e->op != "completeMultipartUpload") return;
    if (e->outcome == "absent" || e->outcome == "condition-failed") return;
    std::string key = "r2/" + std::string(e->bucket) + "/" + std::string(e->key);
    const bool failed = e->outcome != "ok";
    uint64_t version = 0;
    if (!failed) {
      Versions& versions = r2_[key];
      version = versions.commit(deletes ? std::string_view{} : e->version);
      versions.add({.version = version, .deletes = deletes});
    }
    add(stamp, e->request, e->location, std::move(key), true, failed, version);
  }
}

std::vector<RegisterOperation> History::registers() const {
  std::vector<RegisterOperation> all;
  for (const Operation& o : operations_) {
    if (!o.failed) all.push_back({o.key, o.process, o.is_write, o.version, o.sequence, o.sequence});
  }
  return all;
}

namespace {

struct Form {
  bool edn;
  std::string quoted(std::string_view text) const {
    std::string out;
    trace::append_json_string(out, text);
    return out;
  }
  std::string field(std::string_view name) const {
    return edn ? ":" + std::string(name) + " " : "\"" + std::string(name) + "\":";
  }
  std::string word(std::string_view text) const {
    return edn ? ":" + std::string(text) : quoted(text);
  }
  std::string_view comma() const { return edn ? " " : ","; }

  std::string record(const History::Operation& o, uint64_t index, std::string_view type) const {
    const bool unknown = !o.is_write && (type == "invoke" || o.version == 0);
    std::string out = "{" + field("index") + std::to_string(index);
    out += (edn ? ", " : ",") + field("time") + std::to_string(o.at_us * 1000);
    out += (edn ? ", " : ",") + field("process") + std::to_string(o.process);
    out += (edn ? ", " : ",") + field("type") + word(type);
    out += (edn ? ", " : ",") + field("f") + word("txn");
    out += (edn ? ", " : ",") + field("value") + "[[" + word(o.is_write ? "w" : "r");
    out += comma();
    out += quoted(o.key);
    out += comma();
    out += unknown ? (edn ? "nil" : "null") : std::to_string(o.version);
    return out + "]]}\n";
  }
  std::string all(const std::vector<History::Operation>& operations) const {
    std::string out;
    uint64_t index = 0;
    for (const History::Operation& o : operations) {
      out += record(o, index++, "invoke");
      out += record(o, index++, o.failed ? "fail" : "ok");
    }
    return out;
  }
};

}  // namespace

std::string History::edn() const {
  return Form{true}.all(operations_);
}
std::string History::json_lines() const {
  return Form{false}.all(operations_);
}

std::expected<void, std::string> History::write(const std::string& path) const {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"),
                                                       &std::fclose);
  if (!file) return std::unexpected("--history " + path + ": " + std::strerror(errno));
  const std::string text = path.ends_with(".edn") ? edn() : json_lines();
  if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size())
    return std::unexpected("--history " + path + ": " + std::strerror(errno));
  return {};
}

}  // namespace offing::invariants
