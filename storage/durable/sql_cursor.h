// The rows of one `storage.sql.exec`, read one at a time (spec/durable-objects.md 2.5).
//
// The statement was stepped once already, so a cursor is one row ahead of what it has given. It
// holds a prepared statement of its object's cache and gives it back when it is at the end or
// destroyed. A cursor may outlive what it reads from: after deleteAll, rollback or the object's end
// it is *cancelled* and `next` fails with the platform's text.
#ifndef OFFING_STORAGE_DURABLE_SQL_CURSOR_H_
#define OFFING_STORAGE_DURABLE_SQL_CURSOR_H_

#include <cstdint>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "storage/durable/error.h"

namespace offing::durable {

struct SqlNull {};
struct SqlBlob {
  std::string_view bytes;
};
// A parameter (number: always double) or a column's value. Views live until the next `next`.
using SqlValue = std::variant<SqlNull, int64_t, double, std::string_view, SqlBlob>;

class SqlCursor {
 public:
  virtual ~SqlCursor() = default;
  // Moves to the next row: true when there is one. Views of the row before end here.
  virtual StorageResult<bool> next() = 0;
  virtual size_t column_count() const = 0;
  virtual std::string_view column_name(size_t column) const = 0;  // readable after the end too
  virtual SqlValue value(size_t column) const = 0;                // of the current row
  // Why it was cancelled, or empty. The values of its current row are gone then, too.
  virtual std::string_view cancelled() const = 0;
  virtual uint64_t rows_read() const = 0;
  virtual uint64_t rows_written() const = 0;
};

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_SQL_CURSOR_H_
