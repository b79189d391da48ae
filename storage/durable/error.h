// What a storage operation of a Durable Object can end with besides its result: the guest's
// exception (class and exact text), and whether the object is broken by it (spec/durable-objects.md
// 3.3, 23, 24).
#ifndef OFFING_STORAGE_DURABLE_ERROR_H_
#define OFFING_STORAGE_DURABLE_ERROR_H_

#include <cstdint>
#include <expected>
#include <string>

namespace offing::durable {

struct StorageError {
  enum class Kind : uint8_t { kError, kTypeError, kRangeError };
  Kind kind = Kind::kError;
  std::string text;
  bool breaks_object = false;  // the transaction is gone; the object must be reset with this text
};

template <class T>
using StorageResult = std::expected<T, StorageError>;

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_ERROR_H_
