#include "runtime/http/header_list.h"

#include <utility>

namespace offing {

static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

void HeaderList::add(std::string_view name, std::string_view value) {
  if (bytes_.capacity() == 0) {
    bytes_.reserve(256);
    fields_.reserve(8);
  }
  fields_.push_back({static_cast<uint32_t>(bytes_.size()), static_cast<uint32_t>(name.size()),
                     static_cast<uint32_t>(value.size())});
  bytes_.append(name);
  bytes_.append(value);
}

void HeaderList::set(std::string_view name, std::string_view value) {
  std::string kept_name(name);  // the arguments may point into this list
  std::string kept_value(value);
  remove(kept_name);
  add(kept_name, kept_value);
}

void HeaderList::remove(std::string_view name) {
  if (!has(name)) return;
  HeaderList kept;
  for (Header h : *this) {
    if (!equals_ignoring_case(h.name, name)) kept.add(h.name, h.value);
  }
  *this = std::move(kept);
}

void HeaderList::clear() {
  bytes_.clear();
  fields_.clear();
}

std::optional<std::string_view> HeaderList::get(std::string_view name) const {
  for (Header h : *this) {
    if (equals_ignoring_case(h.name, name)) return h.value;
  }
  return std::nullopt;
}

Header HeaderList::operator[](size_t index) const {
  const Field& f = fields_[index];
  const char* base = bytes_.data() + f.name_offset;
  return {{base, f.name_length}, {base + f.name_length, f.value_length}};
}

}  // namespace offing
