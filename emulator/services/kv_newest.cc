// The newest state of a namespace, beside what locations see: for tools and tests.
#include <algorithm>

#include "emulator/services/kv_service_impl.h"
#include "storage/kv/cursor.h"

namespace offing {

std::expected<void, std::string> KvService::seed_absent(std::string_view namespace_id,
                                                        std::string key) {
  if (!newest(namespace_id, key)) return {};
  return impl_->seed({ns(namespace_id), 0, 0, std::move(key), nullptr, std::nullopt, 0, 0});
}

KvAnswer KvService::list_newest(std::string_view namespace_id, const KvCall& page) {
  KvAnswer answer;
  const std::string prefix = page.prefix.value_or("");
  std::string after;
  if (page.cursor && !page.cursor->empty()) {
    auto name = kv::decode_cursor(prefix, *page.cursor);
    if (!name) return refusal({"the cursor is not one of this list: " + name.error()});
    after = std::move(*name);
  }
  const size_t limit = static_cast<size_t>(page.limit.value_or(kv::kListLimitMax));
  impl_->store().for_each_present(
      ns(namespace_id), impl_->now_ms(), [&](std::string_view key, const kv::Version& version) {
        if (!answer.list_complete || !key.starts_with(prefix) || (page.cursor && key <= after)) return;
        if (answer.listed.size() == limit) {
          answer.list_complete = false;
          answer.cursor = kv::encode_cursor(prefix, answer.listed.back().name);
          return;
        }
        KvListedKey listed{std::string(key), std::nullopt, version.metadata_json};
        if (version.expiration_s != 0) listed.expiration_s = version.expiration_s;
        answer.listed.push_back(std::move(listed));
      });
  return answer;
}

}  // namespace offing
