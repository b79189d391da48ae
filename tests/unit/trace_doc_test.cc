#include <doctest/doctest.h>

#include <concepts>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "emulator/trace/event.h"

namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;  // field, type

struct Listed {
  Rows rows;
  void operator()(std::string_view name, std::string_view) { rows.emplace_back(name, "string"); }
  void operator()(std::string_view name, bool) { rows.emplace_back(name, "boolean"); }
  template <std::integral T> void operator()(std::string_view name, T) {
    rows.emplace_back(name, "integer");
  }
  template <class T> void measured(std::string_view name, T value) { (*this)(name, value); }
};

template <class... Events>
std::map<std::string, Rows> in_code(const std::variant<Events...>*) {
  std::map<std::string, Rows> all;
  const auto one = [&all](const auto& event) {
    Listed listed;
    event.fields(listed);
    all.emplace(event.kName, std::move(listed.rows));
  };
  (one(Events{}), ...);
  return all;
}

// Sections "## `name`" with a table of rows "| `field` | type | meaning |".
std::map<std::string, Rows> in_document(const std::string& path) {
  std::ifstream in(path);
  std::map<std::string, Rows> all;
  Rows* rows = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("## ")) rows = nullptr;
    if (line.starts_with("## `")) rows = &all[line.substr(4, line.find('`', 4) - 4)];
    if (!rows || !line.starts_with("| `")) continue;
    const size_t name_end = line.find('`', 3);
    const size_t type_begin = line.find("| ", name_end) + 2;
    rows->emplace_back(line.substr(3, name_end - 3),
                       line.substr(type_begin, line.find(" |", type_begin) - type_begin));
  }
  return all;
}

}  // namespace

TEST_CASE("docs/trace.md names every event and every field, in order, with its type") {
  const auto code = in_code(static_cast<const offing::trace::Event*>(nullptr));
  auto document = in_document(OFFING_SOURCE_ROOT "/docs/trace.md");
  document.erase("end");  // written by the file's writer, no event of the run
  for (const auto& [event, rows] : code) {
    INFO("event ", event);
    REQUIRE(document.contains(event));
    REQUIRE(document[event].size() == rows.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      CHECK(document[event][i].first == rows[i].first);
      CHECK(document[event][i].second == rows[i].second);
    }
  }
  for (const auto& [event, rows] : document) {
    INFO("section ", event);
    CHECK(code.contains(event));
  }
}
