// A store as a whole: its copy, and its going on with other settings or other links.
#include <algorithm>
#include <cassert>

#include "storage/kv/store.h"

namespace offing::kv {
namespace {

bool limited_by_location(const KvSettings& settings) {
  return settings.write_limit.scope == KvWriteLimit::Scope::kLocation;
}

std::unique_ptr<Slot[]> copy_slots(const std::unique_ptr<Slot[]>& from, uint32_t count,
                                   const Entry& of, const Entry& made, Copied& copied) {
  if (!from) return nullptr;
  auto to = std::make_unique<Slot[]>(count);
  for (uint32_t i = 0; i < count; ++i) {
    to[i] = from[i];
    to[i].version = copied.of(from[i].version, of, made);
  }
  return to;
}

std::unique_ptr<Entry> copy_entry(const Entry& from, const Places& places, Copied& copied) {
  auto to = std::make_unique<Entry>();
  to->key = from.key;
  to->versions.reserve(from.versions.size());
  for (const VersionRef& version : from.versions)
    to->versions.push_back(std::make_shared<const Version>(*version));
  to->first_written_at_ms = from.first_written_at_ms;
  to->slots = copy_slots(from.slots, places.count(), from, *to, copied);
  to->tiers = copy_slots(from.tiers, places.regions, from, *to, copied);
  if (from.replicas) {
    to->replicas = std::make_unique<VersionRef[]>(places.count());
    for (uint32_t i = 0; i < places.count(); ++i)
      to->replicas[i] = copied.of(from.replicas[i], from, *to);
  }
  to->messages = from.messages;
  to->trim_at = from.trim_at;
  to->indexed = from.indexed;
  if (from.write_free_at_us) {
    const uint32_t debts = limited_by_location(places.settings) ? places.count() : 1;
    to->write_free_at_us = std::make_unique<int64_t[]>(debts);
    std::copy_n(from.write_free_at_us.get(), debts, to->write_free_at_us.get());
  }
  if (from.messages > 0) copied.entries.emplace(&from, to.get());
  return to;
}

}  // namespace

std::unique_ptr<Store> Store::copy(RandomStreams& streams) const {
  Places places = places_;
  places.lend(streams);
  std::unique_ptr<Store> made(new Store(std::move(places)));
  Copied copied;
  for (const std::unique_ptr<Namespace>& from : namespaces_) {
    const uint32_t number = made->ns(from->name);
    assert(number + 1 == made->namespaces_.size());
    Namespace& to = *made->namespaces_[number];
    to.last_seq = from->last_seq;
    to.work = from->work;
    to.kept = from->kept;
    to.entries.reserve(from->entries.size());
    for (const auto& [key, entry] : from->entries) {
      auto one = copy_entry(*entry, places_, copied);
      const std::string_view name = one->key;
      to.entries.emplace(name, std::move(one));
    }
    for (const auto& [key, entry] : from->index) {
      Entry* there = to.entries.find(key)->second.get();
      to.index.emplace_hint(to.index.end(), there->key, there);
    }
  }
  made->visibility_ = visibility_->copy(made->places_, copied);
  return made;
}

std::expected<void, std::string> Store::set_settings(KvSettings settings, RandomStreams& streams) {
  auto resolved = Places::resolve(std::move(settings), places_.locations, streams,
                                  places_.opened_at_ms);
  if (!resolved) return std::unexpected(resolved.error());
  const KvSettings& now = resolved->settings;
  const bool tiers_differ = now.tiers != places_.settings.tiers ||
                            resolved->region_of != places_.region_of;
  const bool debts_differ = limited_by_location(now) != limited_by_location(places_.settings);
  const bool mode_differs = now.mode != places_.settings.mode;
  resolved->keep_cuts_of(places_);
  places_ = std::move(*resolved);
  if (mode_differs) visibility_ = Visibility::make(places_);
  for (const std::unique_ptr<Namespace>& space : namespaces_) {
    for (const auto& [key, entry] : space->entries) {
      if (tiers_differ) entry->tiers.reset();
      if (debts_differ) entry->write_free_at_us.reset();
      if (!mode_differs) continue;
      entry->messages = 0;
      entry->replicas.reset();
      visibility_->adopt(*entry);
    }
  }
  return {};
}

void Store::set_cut(uint32_t from, uint32_t to, bool cut, int64_t now_ms) {
  places_.cut[from * places_.count() + to] = cut;
  links_changed(now_ms);
}

void Store::set_off_central(uint32_t location, bool off, int64_t now_ms) {
  places_.off_central[location] = off;
  links_changed(now_ms);
}

void Store::links_changed(int64_t now_ms) {
  const auto any = [](const std::vector<bool>& all) { return std::ranges::find(all, true) != all.end(); };
  places_.any_cut = any(places_.cut) || any(places_.off_central);
  visibility_->reconnected(now_ms);
}

}  // namespace offing::kv
