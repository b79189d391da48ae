// The Store as a whole: in a second one, to a directory, from a directory.
#include <cassert>
#include <filesystem>
#include <unordered_map>

#include "storage/durable/store_impl.h"

namespace offing::durable {

std::unique_ptr<Store> StoreImpl::copy(StoreWorld world) const {
  assert(!files_);
  StoreOptions options = options_;
  const bool has_seed = static_cast<bool>(world.random_bytes);
  options.world = std::move(world);
  auto made = std::make_unique<StoreImpl>(std::move(options));
  if (has_seed) made->seed();
  else made->random_seed_ = random_seed_;
  std::unordered_map<const ObjectState*, ObjectState*> copies;
  copies.reserve(objects_.size());
  for (const auto& [object, from] : objects_) {
    const auto at = made->objects_.emplace_hint(made->objects_.end(), object, nullptr);
    at->second = std::make_unique<ObjectState>(at->first, nullptr, 0);
    ObjectState& to = *at->second;
    to.name = from->name;
    to.alarm_ms = from->alarm_ms;
    to.number = to.durable = from->number;
    to.committed_at_ms = from->committed_at_ms;
    to.opened_times = from->opened_times;
    to.pages = from->pages;
    to.history = from->history;
    to.history_from = from->history_from;
    to.restore = from->restore;
    copies.emplace(from.get(), &to);
  }
  for (const HistoryEntry& entry : history_)
    made->history_.push_back({copies.at(entry.state), entry.order});
  made->history_bytes_ = history_bytes_;
  made->history_order_ = history_order_;
  made->last_commit_ms_ = last_commit_ms_;
  return made;
}

std::expected<void, std::string> StoreImpl::dump(const std::string& directory) const {
  assert(!files_);
  StoreOptions options;
  options.directory = directory;
  StoreImpl to(std::move(options));
  if (auto opened = to.open_directory(); !opened) return opened;
  for (const auto& [object, from] : objects_) {
    if (from->number == 0) continue;
    ObjectState& state = to.state_of(object);
    state.name = from->name;
    state.alarm_ms = from->alarm_ms;
    state.number = state.durable = from->number;
    state.committed_at_ms = from->committed_at_ms;
    PageChanges changes{.from_empty = false, .size_pages = from->pages.size(), .pages = {}};
    for (uint32_t number = 1; number <= from->pages.size(); ++number)
      if (const PagePtr& page = from->pages.held(number)) changes.pages.emplace_back(number, page);
    state.pages.put(changes);
  }
  return to.checkpoint();
}

std::expected<std::unique_ptr<StoreImpl>, std::string> StoreImpl::read_whole() const {
  StoreOptions options = options_;
  options.directory.clear();
  auto made = std::make_unique<StoreImpl>(std::move(options));
  made->random_seed_ = random_seed_;
  made->last_commit_ms_ = last_commit_ms_;
  for (const auto& [object, from] : objects_) {
    ObjectState& to = made->state_of(object);
    to.name = from->name;
    to.alarm_ms = from->alarm_ms;
    to.number = to.durable = from->number;
    to.committed_at_ms = from->committed_at_ms;
    to.history_from = from->history_from;
    PageChanges changes{.from_empty = true, .size_pages = from->pages.size(), .pages = {}};
    for (uint32_t number = 1; number <= from->pages.size(); ++number) {
      auto page = std::make_shared_for_overwrite<Page>();
      const Page* read = from->pages.get(number, *page);
      if (!read)
        return std::unexpected("page " + std::to_string(number) + " of " +
                               std::to_string(from->pages.size()) + " of the database " +
                               files_->path_of(from->file) +
                               " cannot be read; restore it from a copy, or choose another state "
                               "directory");
      if (read != page.get()) *page = *read;
      changes.pages.emplace_back(number, std::move(page));
    }
    to.pages.put(changes);
  }
  return made;
}

std::expected<std::unique_ptr<Store>, std::string> Store::load(StoreOptions options) {
  assert(!options.directory.empty());
  StoreImpl from(std::move(options));
  from.seed();
  if (auto opened = from.open_directory(); !opened) return std::unexpected(opened.error());
  return from.read_whole();
}

}  // namespace offing::durable
