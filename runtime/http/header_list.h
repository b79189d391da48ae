// A list of HTTP header fields in the order they came, duplicates kept.
//
// Representation: one flat buffer for all bytes, and a vector of offsets into it, so that a request
// costs two allocations whatever its number of headers. Names keep the case they were given;
// look-ups ignore ASCII case. Views that it hands out live until the next `add` or `clear`.
// Plain value type: no engine, no socket.
#ifndef OFFING_RUNTIME_HTTP_HEADER_LIST_H_
#define OFFING_RUNTIME_HTTP_HEADER_LIST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace offing {

struct Header {
  std::string_view name;
  std::string_view value;
};

bool equals_ignoring_case(std::string_view a, std::string_view b);

class HeaderList {
 public:
  void add(std::string_view name, std::string_view value);
  // Removes every field of this name, then adds one.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  void clear();

  // The first field of this name, or nothing. Never joins duplicates.
  std::optional<std::string_view> get(std::string_view name) const;
  bool has(std::string_view name) const { return get(name).has_value(); }

  size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  Header operator[](size_t index) const;
  // Bytes of all names and values together, without separators.
  size_t size_bytes() const { return bytes_.size(); }

  class Iterator {
   public:
    Iterator(const HeaderList* list, size_t index) : list_(list), index_(index) {}
    Header operator*() const { return (*list_)[index_]; }
    Iterator& operator++() { ++index_; return *this; }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    const HeaderList* list_;
    size_t index_;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, fields_.size()}; }

 private:
  struct Field {
    uint32_t name_offset;
    uint32_t name_length;
    uint32_t value_length;  // the value follows the name directly
  };
  std::string bytes_;
  std::vector<Field> fields_;
};

}  // namespace offing

#endif  // OFFING_RUNTIME_HTTP_HEADER_LIST_H_
