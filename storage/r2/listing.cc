#include "storage/r2/listing.h"

#include "storage/digest/digest.h"
#include "storage/r2/key.h"
#include "storage/r2/limits.h"

namespace offing::r2 {
namespace {

using Place = ObjectIndex::const_iterator;

// The first bytes behind all keys that begin with `prefix`; none behind nothing but 0xff.
std::optional<std::string> behind_all_of(std::string_view prefix) {
  std::string next(prefix);
  while (!next.empty() && static_cast<uint8_t>(next.back()) == 0xff) next.pop_back();
  if (next.empty()) return std::nullopt;
  next.back() = static_cast<char>(static_cast<uint8_t>(next.back()) + 1);
  return next;
}

// The first key behind a group. Small groups are walked over, which costs less than a look-up.
Place behind_group(const ObjectIndex& index, Place at, std::string_view group) {
  constexpr int kSteps = 4;
  for (int i = 0; i < kSteps; ++i)
    if (++at == index.end() || !at->first.starts_with(group)) return at;
  const std::optional<std::string> next = behind_all_of(group);
  return next ? index.lower_bound(*next) : index.end();
}

Place later(const ObjectIndex& index, Place a, Place b) {
  if (a == index.end() || b == index.end()) return index.end();
  return a->first < b->first ? b : a;
}

// --- Cursors: base64 of kind, the last item of the page, and four bytes that tell a made-up one.
enum class Last : char { kKey = 'k', kGroup = 'g' };
constexpr size_t kCheckBytes = 4;
// NFC may lengthen a key, at most threefold.
constexpr size_t kCursorBytesMax = (3 * kKeyBytesMax + 1 + kCheckBytes + 2) / 3 * 4;

std::string encode_cursor(Last kind, std::string_view item) {
  std::string bytes(1, static_cast<char>(kind));
  bytes += item;
  bytes += digest::digest_of(digest::Algorithm::kCrc32c, bytes);
  return digest::to_base64(bytes);
}

struct Cursor {
  Last kind;
  std::string item;
};

std::optional<Cursor> decode_cursor(std::string_view text) {
  if (text.size() > kCursorBytesMax) return std::nullopt;
  const std::optional<std::string> bytes = digest::from_base64(text);
  if (!bytes || bytes->size() < 1 + kCheckBytes) return std::nullopt;
  const std::string_view all = *bytes;
  const std::string_view said = all.substr(0, all.size() - kCheckBytes);
  if (digest::digest_of(digest::Algorithm::kCrc32c, said) != all.substr(said.size()))
    return std::nullopt;
  const Last kind = static_cast<Last>(said[0]);
  if (kind != Last::kKey && kind != Last::kGroup) return std::nullopt;
  return Cursor{kind, std::string(said.substr(1))};
}

Error unknown_cursor(std::string_view cursor) {
  std::string shown(cursor.substr(0, 40));
  for (char& c : shown)
    if (c < ' ' || c > '~') c = '?';
  return Error(Code::kInvalidRequest,
               "The cursor \"" + shown + (cursor.size() > 40 ? "..." : "") +
                   "\" was not given by a list; pass on the cursor of the page before as it is.");
}

size_t metadata_bytes(const Object& object, const ListRequest& request) {
  size_t sum = 0;
  if (request.include_http) {
    const HttpMetadata& http = object.http;
    for (const auto* field : {&http.content_type, &http.content_language, &http.content_disposition,
                              &http.content_encoding, &http.cache_control})
      if (*field) sum += (*field)->size();
    if (http.cache_expiry_ms) sum += sizeof(int64_t);
  }
  if (request.include_custom)
    for (const auto& [name, value] : object.custom) sum += name.size() + value.size();
  return sum;
}

// Reads on from `at_` until the page is full or the prefix ends.
class Reader {
 public:
  Reader(const ObjectIndex& index, const ListRequest& request, std::string prefix,
         std::string delimiter)
      : index_(index), request_(request), prefix_(std::move(prefix)),
        delimiter_(std::move(delimiter)), at_(index.lower_bound(prefix_)) {}

  void start_behind_key(std::string_view key) { at_ = later(index_, at_, index_.upper_bound(key)); }
  void start_behind_group(std::string_view group) {
    const std::optional<std::string> next = behind_all_of(group);
    at_ = next ? later(index_, at_, index_.lower_bound(*next)) : index_.end();
  }
  // A key that is itself a group (S3's NextMarker may be one): the group was shown.
  void start_after(const std::string& key) {
    const bool is_group =
        !delimiter_.empty() && key.starts_with(prefix_) && group_of(key) == key;
    if (is_group) start_behind_group(key);
    else start_behind_key(key);
  }

  ListPage read() {
    ListPage page;
    if (request_.limit == 0) return page;
    while (at_ != index_.end() && at_->first.starts_with(prefix_)) {
      const std::string_view group = group_of(at_->first);
      if (page.objects.size() + page.prefixes.size() == request_.limit ||
          (group.empty() && is_too_much(page))) {
        end_early(page);
        break;
      }
      if (group.empty()) {
        page.objects.push_back(at_->second);
        last_kind_ = Last::kKey;
        last_ = at_->first;   // of the index, which outlives the page
        ++at_;
      } else {
        page.prefixes.emplace_back(group);
        last_kind_ = Last::kGroup;
        last_ = group;
        at_ = behind_group(index_, at_, group);
      }
    }
    if (last_kind_ == Last::kKey && !page.objects.empty()) page.last = page.objects.back()->key;
    else page.last = std::string(last_);
    return page;
  }

 private:
  // Up to the first delimiter behind the prefix, with it; empty when there is none.
  std::string_view group_of(std::string_view key) const {
    if (delimiter_.empty()) return {};
    const size_t found = key.find(delimiter_, prefix_.size());
    return found == key.npos ? std::string_view() : key.substr(0, found + delimiter_.size());
  }
  // L5: an object that would make the page's metadata too large waits for the next one, unless it
  // is this one's first.
  bool is_too_much(const ListPage& page) {
    if (request_.metadata_bytes_max == SIZE_MAX) return false;
    metadata_bytes_ += metadata_bytes(*at_->second, request_);
    return metadata_bytes_ > request_.metadata_bytes_max && !page.objects.empty();
  }
  void end_early(ListPage& page) const {
    page.truncated = true;
    page.cursor = encode_cursor(last_kind_, last_);
  }

  const ObjectIndex& index_;
  const ListRequest& request_;
  const std::string prefix_, delimiter_;
  Place at_;
  size_t metadata_bytes_ = 0;
  Last last_kind_ = Last::kKey;
  std::string_view last_;   // the page's last item, a part of a key of the index
};

}  // namespace

std::expected<ListPage, Error> list(const ObjectIndex& index, const ListRequest& request) {
  Reader reader(index, request, nfc_key(request.prefix), nfc_key(request.delimiter));
  if (!request.start_after.empty()) reader.start_after(nfc_key(request.start_after));
  if (!request.cursor.empty()) {
    const std::optional<Cursor> cursor = decode_cursor(request.cursor);
    if (!cursor) return std::unexpected(unknown_cursor(request.cursor));
    if (cursor->kind == Last::kGroup) reader.start_behind_group(cursor->item);
    else reader.start_behind_key(cursor->item);
  }
  return reader.read();
}

}  // namespace offing::r2
