#include "emulator/config/actor_class_list.h"

#include <algorithm>

namespace offing::config {

const ActorClassList::Record* ActorClassList::find(std::string_view name) const {
  const auto it = live_.find(name);
  return it == live_.end() ? nullptr : &it->second;
}

std::string_view ActorClassList::fate(std::string_view name) const {
  const auto it = gone_.find(name);
  return it == gone_.end() ? std::string_view() : std::string_view(it->second);
}

std::string ActorClassList::fresh_key(const std::string& name) {
  const int generation = ++generations_[name];
  const std::string key = worker_ + "-" + name;
  return generation == 1 ? key : key + "." + std::to_string(generation);
}

void ActorClassList::add(const std::string& name, bool sqlite, std::string origin) {
  gone_.erase(name);
  live_[name] = {fresh_key(name), sqlite, added_++, std::move(origin)};
}

void ActorClassList::remove(const std::string& name, const std::string& where) {
  const auto it = live_.find(name);
  deleted_keys_.push_back(std::move(it->second.unique_key));
  live_.erase(it);
  gone_[name] = "deleted by " + where;
}

void ActorClassList::rename(const std::string& from, const std::string& to,
                            const std::string& where) {
  auto node = live_.extract(from);
  node.key() = to;
  node.mapped().origin = where;
  live_.insert(std::move(node));
  gone_.erase(to);
  gone_[from] = "renamed to \"" + to + "\" by " + where;
}

std::vector<std::string_view> ActorClassList::names() const {
  std::vector<std::string_view> names;
  for (const auto& [name, record] : live_) names.push_back(name);
  return names;
}

ActorClasses ActorClassList::finish() && {
  std::vector<std::pair<size_t, ActorClass>> ordered;
  for (auto& [name, record] : live_) {
    ordered.emplace_back(record.order, ActorClass{name, record.unique_key, record.sqlite});
  }
  std::ranges::sort(ordered, {}, &std::pair<size_t, ActorClass>::first);
  ActorClasses out;
  for (auto& [order, entry] : ordered) out.live.push_back(std::move(entry));
  out.deleted_keys = std::move(deleted_keys_);
  out.gone = std::move(gone_);
  return out;
}

}  // namespace offing::config
