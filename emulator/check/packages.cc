#include "emulator/check/packages.h"

#include <algorithm>
#include <map>
#include <utility>

namespace offing::check {

namespace {

constexpr std::string_view kOwn = "(own code)";
constexpr std::string_view kBundler = "(bundler)";

// Walks a script from mapping to mapping. Maps count columns in UTF-16 units, sizes are in bytes.
class Walk {
 public:
  explicit Walk(std::string_view script) : script_(script) {}

  // Bytes from where the walk stands to the position, both from 1.
  size_t to(int line, int column) {
    const size_t from = at_;
    while (line_ < line && at_ < script_.size()) {
      at_ = std::min(script_.find('\n', at_), script_.size());
      if (at_ < script_.size()) ++at_;
      ++line_;
      column_ = 1;
    }
    while (line_ == line && column_ < column && at_ < script_.size() && script_[at_] != '\n') {
      const auto lead = static_cast<unsigned char>(script_[at_]);
      const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
      at_ = std::min(at_ + length, script_.size());
      column_ += length == 4 ? 2 : 1;
    }
    return at_ - from;
  }
  size_t to_end() { return script_.size() - std::exchange(at_, script_.size()); }

 private:
  std::string_view script_;
  size_t at_ = 0;
  int line_ = 1;
  int column_ = 1;
};

using Sizes = std::map<std::string, uint64_t, std::less<>>;

void add_script(const Module& script, const config::SourceMap& map, Sizes& sizes) {
  Walk walk(script.bytes);
  std::string_view source;  // of the stretch the walk stands in
  std::string package(kBundler);
  map.for_each([&](int line, int column, std::string_view next) {
    sizes[package] += walk.to(line, column);
    if (next.data() == source.data() && next.size() == source.size()) return;
    source = next;
    package = next.empty() ? std::string(kBundler) : package_of(next);
  });
  sizes[package] += walk.to_end();
}

}  // namespace

std::string package_of(std::string_view source) {
  constexpr std::string_view kFolder = "node_modules/";
  size_t at = source.rfind(kFolder);
  while (at != source.npos && at > 0 && source[at - 1] != '/') {
    at = at == 0 ? source.npos : source.rfind(kFolder, at - 1);
  }
  if (at == source.npos) {
    const bool made = source.empty() || source.starts_with('<') || source.starts_with('(');
    return std::string(made ? kBundler : kOwn);
  }
  const std::string_view path = source.substr(at + kFolder.size());
  size_t end = path.find('/');
  if (path.starts_with('@') && end != path.npos) end = path.find('/', end + 1);
  return std::string(path.substr(0, end));
}

Packages package_sizes(const Bundle& bundle, config::BundleSourceMaps& maps) {
  Sizes sizes;
  Packages packages;
  for (const Module& module : bundle.modules) {
    if (module.kind != Module::Kind::kEsModule && module.kind != Module::Kind::kCommonJs) continue;
    const config::SourceMap* map = maps.find(module.name);
    if (map != nullptr) {
      add_script(module, *map, sizes);
    } else {
      packages.unmapped.push_back(module.name);
    }
  }
  for (const auto& [name, bytes] : sizes)
    if (bytes > 0) packages.sizes.push_back({name, bytes});
  std::ranges::stable_sort(packages.sizes, std::greater{}, &PackageSize::bytes);
  return packages;
}

}  // namespace offing::check
