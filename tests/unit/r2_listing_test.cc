// Pages of keys (spec/r2.md 1.8), against a plain model of them.
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "storage/r2/listing.h"

using namespace offing::r2;

// Values here name what matters of them; the rest is the default.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace {

ObjectRef object(std::string key) {
  auto made = std::make_shared<Object>();
  made->key = std::move(key);
  return made;
}

ObjectIndex index_of(const std::vector<std::string>& keys) {
  ObjectIndex index;
  for (const std::string& key : keys) index.emplace(key, object(key));
  return index;
}

// Keys, then prefixes in brackets, then "…" when there is more.
std::string shown(const ListPage& page) {
  std::string text;
  for (const ObjectRef& o : page.objects) text += o->key + " ";
  for (const std::string& p : page.prefixes) text += "[" + p + "] ";
  CHECK(page.truncated == !page.cursor.empty());
  return text + (page.truncated ? "…" : "");
}

std::string listed(const ObjectIndex& index, const ListRequest& request) {
  const auto page = list(index, request);
  REQUIRE(page);
  return shown(*page);
}

// All items over all pages, in the order of the pages.
std::vector<std::string> walked(const ObjectIndex& index, ListRequest request) {
  std::vector<std::string> items;
  for (;;) {
    const auto page = list(index, request);
    REQUIRE(page);
    CHECK(page->objects.size() + page->prefixes.size() <= request.limit);
    std::set<std::string> of_page;
    for (const ObjectRef& o : page->objects) of_page.insert(o->key);
    for (const std::string& p : page->prefixes) of_page.insert(p);
    items.insert(items.end(), of_page.begin(), of_page.end());
    if (!of_page.empty()) CHECK(page->last == *of_page.rbegin());
    if (!page->truncated) return items;
    REQUIRE_FALSE(of_page.empty());
    request.cursor = page->cursor;
  }
}

// The same by the letter of the rules: group every key, drop repetitions.
std::vector<std::string> expected(const ObjectIndex& index, const ListRequest& request) {
  std::vector<std::string> items;
  for (const auto& [key, ref] : index) {
    if (!key.starts_with(request.prefix)) continue;
    std::string item = key;
    const size_t found = request.delimiter.empty()
                             ? std::string::npos
                             : key.find(request.delimiter, request.prefix.size());
    if (found != std::string::npos) item = key.substr(0, found + request.delimiter.size());
    if (key <= request.start_after || item == request.start_after) continue;
    if (items.empty() || items.back() != item) items.push_back(item);
  }
  return items;
}

const std::vector<std::string> kKeys = {"a",     "a/1",   "a/2",     "a/b/1", "b",
                                        "b/1",   "c//d",  "c/e",     "d",     "d/",
                                        "d/x--y", "e--f/g", "\xc3\xa9/1"};

}  // namespace

TEST_CASE("spec/r2.md L1 L6: keys in order, a page at a time") {
  const ObjectIndex index = index_of({"c", "a", "b", "B"});
  CHECK(listed(index, {}) == "B a b c ");
  ListRequest request{.limit = 2};
  CHECK(listed(index, request) == "B a …");
  request.cursor = list(index, request)->cursor;
  CHECK(listed(index, request) == "b c ");
  CHECK(listed({}, {}) == "");
  CHECK(listed(index, {.prefix = "b"}) == "b ");
}

TEST_CASE("spec/r2.md L2: a limit counts objects and prefixes together") {
  const ObjectIndex index = index_of({"a", "b/1", "b/2", "c", "d/1"});
  CHECK(listed(index, {.delimiter = "/", .limit = 2}) == "a [b/] …");
  CHECK(listed(index, {.delimiter = "/", .limit = 3}) == "a c [b/] …");
  CHECK(listed(index, {.delimiter = "/", .limit = 4}) == "a c [b/] [d/] ");
  CHECK(listed(index, {.delimiter = "/", .limit = 1}) == "a …");
}

TEST_CASE("spec/r2.md L3 5.3: a limit of 0 gives an empty page that is not cut") {
  CHECK(listed(index_of({"a"}), {.limit = 0}) == "");
}

TEST_CASE("spec/r2.md L7: delimiters of several characters; each group once, with its delimiter") {
  const ObjectIndex index = index_of(kKeys);
  CHECK(listed(index, {.delimiter = "--"}) ==
        "a a/1 a/2 a/b/1 b b/1 c//d c/e d d/ \xc3\xa9/1 [d/x--] [e--] ");
  CHECK(listed(index, {.prefix = "a/", .delimiter = "/"}) == "a/1 a/2 [a/b/] ");
  CHECK(listed(index, {.prefix = "c/", .delimiter = "/"}) == "c/e [c//] ");
  CHECK(listed(index, {.prefix = "d/", .delimiter = "/"}) == "d/ d/x--y ");
  CHECK(listed(index, {.prefix = "a", .delimiter = "/"}) == "a [a/] ");
}

TEST_CASE("spec/r2.md L6 L7: every page size walks through the same items") {
  const ObjectIndex index = index_of(kKeys);
  for (const char* delimiter : {"", "/", "--", "1", "a"})
    for (const char* prefix : {"", "a", "a/", "c/", "x"})
      for (const char* after : {"", "a", "a/", "a/1", "c/", "d/x", "zz", "\xff"})
        for (size_t limit : {1, 2, 3, 1000}) {
          ListRequest request{.prefix = prefix, .delimiter = delimiter, .start_after = after,
                              .limit = limit};
          CHECK_MESSAGE(walked(index, request) == expected(index, request), prefix, "|", delimiter,
                        "|", after, "|", limit);
        }
}

TEST_CASE("spec/r2.md L6: startAfter is exclusive; a common prefix there is not shown again") {
  const ObjectIndex index = index_of(kKeys);
  CHECK(listed(index, {.start_after = "d"}) == "d/ d/x--y e--f/g \xc3\xa9/1 ");
  CHECK(listed(index, {.delimiter = "/", .start_after = "c/"}) == "d [d/] [e--f/] [\xc3\xa9/] ");
  CHECK(listed(index, {.delimiter = "/", .start_after = "c//d"}) == "d [c/] [d/] [e--f/] [\xc3\xa9/] ");
  CHECK(listed(index, {.start_after = "c/"}).starts_with("c//d c/e "));
  const auto page = list(index, {.delimiter = "/", .limit = 2});
  CHECK(page->last == "a/");
  CHECK(listed(index, {.delimiter = "/", .start_after = page->last, .limit = 2}) == "b [b/] …");
}

TEST_CASE("spec/r2.md L6: of cursor and startAfter the later wins") {
  const ObjectIndex index = index_of({"a", "b", "c", "d", "e"});
  const std::string behind_b = list(index, {.limit = 2})->cursor;
  CHECK(listed(index, {.start_after = "a", .cursor = behind_b}) == "c d e ");
  CHECK(listed(index, {.start_after = "d", .cursor = behind_b}) == "e ");
  CHECK(listed(index, {.prefix = "d", .cursor = behind_b}) == "d ");
  CHECK(listed(index, {.prefix = "a", .cursor = behind_b}) == "");
}

TEST_CASE("spec/r2.md L6: between pages, keys beyond the cursor are seen, keys before it are not") {
  ObjectIndex index = index_of({"b", "d", "f/1"});
  const std::string behind_b = list(index, {.limit = 1})->cursor;
  index.emplace("a", object("a"));
  index.emplace("c", object("c"));
  index.erase("b");
  CHECK(listed(index, {.cursor = behind_b}) == "c d f/1 ");
  ListRequest grouped{.delimiter = "/", .limit = 4};
  index.emplace("g", object("g"));
  grouped.cursor = list(index, grouped)->cursor;   // behind f/
  index.emplace("f/2", object("f/2"));
  CHECK(listed(index, grouped) == "g ");
}

TEST_CASE("spec/r2.md L6: a cursor is opaque, and only what a list gave") {
  const ObjectIndex index = index_of({"a", "b", "c"});
  const std::string cursor = list(index, {.limit = 1})->cursor;
  std::vector<std::string> made_up = {"a", "cursor", "====", "AAAA", "a2E=", std::string(10'000, 'A'),
                                      cursor + "AAAA", cursor.substr(4), "\x01\xff"};
  for (size_t i = 0; i < cursor.size(); ++i) {
    made_up.push_back(cursor);
    made_up.back()[i] = cursor[i] == 'B' ? 'C' : 'B';
  }
  for (const std::string& bad : made_up) {
    const auto page = list(index, {.cursor = bad});
    REQUIRE_FALSE(page);
    CHECK(page.error().code == Code::kInvalidRequest);
    CHECK(page.error().text.starts_with("The cursor \""));
    CHECK(page.error().text.size() < 200);
  }
  const ObjectIndex longest = index_of({std::string(1024, '\xff'), std::string(1024, '\xff') + "x"});
  const auto page = list(longest, {.limit = 1});
  CHECK(list(longest, {.cursor = page->cursor})->objects.size() == 1);
}

TEST_CASE("spec/r2.md L5: metadata ends a page early, but never before its first object") {
  ObjectIndex index;
  for (char c = 'a'; c <= 'e'; ++c) {
    auto made = std::make_shared<Object>();
    made->key = std::string(1, c);
    made->http.content_type = std::string(60, 't');
    made->custom = {{"n", std::string(39, 'v')}};
    index.emplace(made->key, made);
  }
  ListRequest request{.include_http = true, .include_custom = true, .metadata_bytes_max = 200};
  CHECK(listed(index, request) == "a b …");
  request.cursor = list(index, request)->cursor;
  CHECK(listed(index, request) == "c d …");
  request = {.include_custom = true, .metadata_bytes_max = 120};
  CHECK(listed(index, request) == "a b c …");
  request = {.include_http = true, .metadata_bytes_max = 10};
  CHECK(listed(index, request) == "a …");
  CHECK(walked(index, request).size() == 5);
  request = {.metadata_bytes_max = 10};
  CHECK(listed(index, request) == "a b c d e ");
}

TEST_CASE("spec/r2.md 1.12: prefix, delimiter and startAfter are compared after NFC") {
  const ObjectIndex index = index_of({"\xc3\xa9/1", "\xc3\xa9/2"});
  CHECK(listed(index, {.prefix = "e\xcc\x81"}) == "\xc3\xa9/1 \xc3\xa9/2 ");
  CHECK(listed(index, {.start_after = "e\xcc\x81/1"}) == "\xc3\xa9/2 ");
  CHECK(listed(index, {.delimiter = "e\xcc\x81"}) == "[\xc3\xa9] ");
}

TEST_CASE("spec/r2.md L6: NextMarker is the key as it was written") {
  ObjectIndex index;
  index.emplace("\xc3\xa9", object("e\xcc\x81"));
  index.emplace("\xc3\xaa", object("\xc3\xaa"));
  const auto page = list(index, {.limit = 1});
  CHECK(page->last == "e\xcc\x81");
  CHECK(listed(index, {.start_after = page->last}) == "\xc3\xaa ");
}
