// A store and one object in it, with results as short texts: "text", 1, 2.5, x'00', null; "! text"
// of an error.
#ifndef OFFING_TESTS_UNIT_DURABLE_FIXTURE_H_
#define OFFING_TESTS_UNIT_DURABLE_FIXTURE_H_

#include <doctest/doctest.h>
#include <stdlib.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "storage/durable/store.h"

namespace offing::test {

using namespace offing::durable;

inline std::string shown(const SqlValue& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return std::to_string(*integer);
  if (const auto* real = std::get_if<double>(&value)) {
    char out[40];
    std::snprintf(out, sizeof out, "%.17g", *real);
    return std::string(out).find_first_of(".en") == std::string::npos ? std::string(out) + ".0"
                                                                      : out;
  }
  if (const auto* text = std::get_if<std::string_view>(&value))
    return '"' + std::string(*text) + '"';
  if (const auto* blob = std::get_if<SqlBlob>(&value)) {
    std::string out = "x'";
    for (const char c : blob->bytes) {
      char hex[3];
      std::snprintf(hex, sizeof hex, "%02x", static_cast<unsigned char>(c));
      out += hex;
    }
    return out + "'";
  }
  return "null";
}

template <class T>
std::string error_of(const T& result) {
  return result ? "" : "! " + result.error().text;
}

inline ObjectName object_name(int n = 0, std::string key = "worker-Counter") {
  char id[65];
  std::snprintf(id, sizeof id, "%064x", n);
  return {std::move(key), id};
}

// A directory of its own, removed at the end.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    char name[] = "/tmp/offing-durable-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~ScratchDirectory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct DurableFixture {
  int64_t now_ms = 1'700'000'000'000;
  std::unique_ptr<Store> store;
  std::unique_ptr<ObjectStorage> object;
  int begun = 0;

  explicit DurableFixture(StoreOptions options = {}) {
    options.world.now_ms = [this] { return now_ms; };
    auto opened = Store::open(std::move(options));
    REQUIRE_MESSAGE(opened.has_value(), opened.error());
    store = std::move(*opened);
    open();
  }
  ~DurableFixture() { object.reset(); }

  void open(int n = 0, std::string_view name = "") {
    object.reset();
    object = store->object(object_name(n), name);
    object->on_transaction_begun([this] { ++begun; });
  }
  // Ends the turn: the commit's number, or the error.
  std::string commit() {
    auto done = object->commit(now_ms);
    if (!done) return error_of(done);
    auto synced = store->sync();
    return synced ? std::to_string(*done) : "! " + synced.error();
  }
  std::string get(std::string_view key) {
    auto value = object->get(key);
    if (!value) return error_of(value);
    return *value ? std::string(**value) : "undefined";
  }
  std::string put(std::string_view key, std::string_view value) {
    return error_of(object->put(key, value));
  }
  std::string remove(std::string_view key) {
    auto removed = object->remove(key);
    return removed ? (*removed ? "true" : "false") : error_of(removed);
  }
  std::string list(const ListOptions& options = {}) {
    auto rows = object->list(options);
    if (!rows) return error_of(rows);
    std::string out;
    for (;;) {
      auto row = (*rows)->next();
      if (!row) return out + error_of(row);
      if (!*row) return out;
      out +=
          (out.empty() ? "" : " ") + std::string((*row)->first) + "=" + std::string((*row)->second);
    }
  }
  static std::string rest(SqlCursor& cursor) {
    std::string out;
    for (;;) {
      auto more = cursor.next();
      if (!more) return out + error_of(more);
      if (!*more) return out;
      if (!out.empty()) out += ' ';
      for (size_t i = 0; i < cursor.column_count(); ++i)
        out += (i ? "," : "") + shown(cursor.value(i));
    }
  }
  // Rows: values with commas, rows with blanks.
  std::string sql(std::string_view query, std::vector<SqlValue> bindings = {}) {
    auto cursor = object->exec(query, bindings);
    if (!cursor) return error_of(cursor);
    return rest(**cursor);
  }
  std::string alarm() {
    auto at = object->alarm();
    return at ? (*at ? std::to_string(**at) : "null") : error_of(at);
  }
};

}  // namespace offing::test

#endif  // OFFING_TESTS_UNIT_DURABLE_FIXTURE_H_
