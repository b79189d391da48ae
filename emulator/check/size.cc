#include "emulator/check/size.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cassert>

namespace offing::check {

namespace {

// Folder by folder: "a/x" stands before "a-b", because "a" does.
bool walked_before(std::string_view a, std::string_view b) {
  while (true) {
    const size_t end_a = std::min(a.find('/'), a.size());
    const size_t end_b = std::min(b.find('/'), b.size());
    const std::string_view part_a = a.substr(0, end_a), part_b = b.substr(0, end_b);
    if (part_a != part_b) return part_a < part_b;
    if (end_a == a.size() || end_b == b.size()) return end_a < a.size() ? false : end_b < b.size();
    a.remove_prefix(end_a + 1);
    b.remove_prefix(end_b + 1);
  }
}

}  // namespace

std::vector<const Module*> upload_order(const Bundle& bundle) {
  std::vector<const Module*> order;
  for (const Module& module : bundle.modules) order.push_back(&module);
  std::ranges::sort(order, [&bundle](const Module* a, const Module* b) {
    const bool main_a = a->name == bundle.main, main_b = b->name == bundle.main;
    return main_a != main_b ? main_b : walked_before(a->name, b->name);
  });
  return order;
}

uint64_t gzip_size(const std::vector<std::string_view>& pieces) {
  constexpr int kGzip = 16, kMemoryLevel = 8;
  // zlib.gzipSync's own room for output: deflate may choose by how much of it is left.
  std::array<Bytef, 16 * 1024> room;
  std::string input;
  for (const std::string_view piece : pieces) input += piece;
  z_stream stream{};
  [[maybe_unused]] int state = deflateInit2(&stream, 6, Z_DEFLATED, 15 + kGzip, kMemoryLevel,
                                            Z_DEFAULT_STRATEGY);
  assert(state == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  assert(stream.avail_in == input.size() && "more than any Worker may have");
  uint64_t bytes = 0;
  do {
    stream.next_out = room.data();
    stream.avail_out = room.size();
    state = deflate(&stream, Z_FINISH);
    assert(state == Z_OK || state == Z_STREAM_END);
    bytes += room.size() - stream.avail_out;
  } while (stream.avail_out == 0);
  deflateEnd(&stream);
  return bytes;
}

BundleSize measure_size(const Bundle& bundle) {
  BundleSize size;
  std::vector<std::string_view> pieces;
  for (const Module* module : upload_order(bundle)) {
    size.raw_bytes += module->bytes.size();
    size.modules.push_back({module->name, module->kind, module->bytes.size()});
    pieces.push_back(module->bytes);
  }
  size.gzip_bytes = gzip_size(pieces);
  std::ranges::stable_sort(size.modules, std::greater{}, &ModuleSize::bytes);
  return size;
}

std::string_view kind_name(Module::Kind kind) {
  switch (kind) {
    case Module::Kind::kEsModule: return "esm";
    case Module::Kind::kCommonJs: return "commonjs";
    case Module::Kind::kWasm: return "wasm";
    case Module::Kind::kText: return "text";
    case Module::Kind::kData: return "data";
    case Module::Kind::kJson: return "json";
  }
  return "";
}

}  // namespace offing::check
