#include "emulator/config/modules.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace offing::config {

namespace fs = std::filesystem;

namespace {

std::string decode_base64(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    int digit = -1;
    if (c >= 'A' && c <= 'Z') digit = c - 'A';
    if (c >= 'a' && c <= 'z') digit = c - 'a' + 26;
    if (c >= '0' && c <= '9') digit = c - '0' + 52;
    if (c == '+' || c == '-') digit = 62;
    if (c == '/' || c == '_') digit = 63;
    if (digit < 0) break;  // padding, or not base64: the map's parser judges what came before
    bits = (bits << 6) | static_cast<uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>((bits >> count) & 0xff);
    }
  }
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decode_percent(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool holds_configuration(const fs::path& directory) {
  std::error_code error;
  for (const char* name : {"wrangler.json", "wrangler.jsonc", "wrangler.toml"}) {
    if (fs::exists(directory / name, error)) return true;
  }
  return false;
}

bool skips(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  return name.starts_with('.') || name == "node_modules" || entry.is_symlink() ||
         holds_configuration(entry.path());
}

std::string mib(int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f MiB", static_cast<double>(bytes) / (1 << 20));
  return text;
}

using Sizes = std::vector<std::pair<int64_t, std::string>>;

Problem too_large(const fs::path& root, int64_t total, Sizes sizes) {
  std::ranges::sort(sizes, std::greater{});
  std::string message = "Worker exceeds the size limit of 64 MiB: its modules have " + mib(total) +
                        ". The largest are:";
  for (size_t i = 0; i < std::min<size_t>(5, sizes.size()); ++i) {
    message += "\n- " + sizes[i].second + " - " + mib(sizes[i].first);
  }
  message += "\nPoint main (or base_dir) at a directory that holds only the built bundle.";
  return {.file = root.string(), .key = "", .line = 0, .column = 0, .message = std::move(message)};
}

struct Found {
  fs::path path;
  std::string name;
  Module::Kind kind;
  int64_t size_bytes;
};

std::expected<std::vector<Found>, Problem> walk(const fs::path& root, const Rules& rules) {
  std::vector<Found> found;
  std::error_code error;
  int files = 0;
  for (fs::recursive_directory_iterator it(root, error), end; !error && it != end;
       it.increment(error)) {
    if (it->is_directory(error)) {
      if (skips(*it)) it.disable_recursion_pending();
      continue;
    }
    if (!it->is_regular_file(error)) continue;
    if (++files > kBundleFilesMax) {
      return std::unexpected(Problem{root.string(), "", 0, 0,
          "holds more than " + std::to_string(kBundleFilesMax) +
              " files. Point main (or base_dir) at a directory with only the built bundle."});
    }
    const std::string name = it->path().lexically_relative(root).generic_string();
    if (const auto kind = rules.kind_of(name)) {
      const auto size = it->file_size(error);
      found.push_back({it->path(), name, *kind, error ? 0 : static_cast<int64_t>(size)});
    }
    error.clear();
  }
  if (error) return std::unexpected(Problem{root.string(), "", 0, 0, error.message()});
  std::ranges::sort(found, {}, &Found::name);
  return found;
}

std::string source_map_of(const fs::path& script, std::string_view text) {
  SourceMapComment comment = find_source_map_comment(text);
  if (!comment.map.empty()) return std::move(comment.map);
  fs::path file = script;
  file += ".map";
  const bool local = !comment.file.empty() && comment.file.find("://") == std::string::npos;
  if (local) file = script.parent_path() / fs::path(comment.file).filename();
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return "";
  return read_file(file, kBundleBytesMax).value_or("");
}

}  // namespace

std::expected<std::string, Problem> read_file(const fs::path& path, int64_t bytes_max) {
  auto problem = [&path](std::string message) {
    return std::unexpected(Problem{path.string(), "", 0, 0, std::move(message)});
  };
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return problem("is not a file that can be read");
  const auto size = fs::file_size(path, error);
  if (error) return problem(error.message());
  if (size > static_cast<uintmax_t>(bytes_max)) {
    return problem("has " + std::to_string(size) + " bytes. The limit is " +
                   std::to_string(bytes_max) + " bytes.");
  }
  std::string bytes(size, '\0');
  std::ifstream in(path, std::ios::binary);
  in.read(bytes.data(), static_cast<std::streamsize>(size));
  if (!in || in.gcount() != static_cast<std::streamsize>(size)) return problem("cannot be read");
  return bytes;
}

SourceMapComment find_source_map_comment(std::string_view script) {
  constexpr std::string_view kMark = "//# sourceMappingURL=";
  const size_t at = script.rfind(kMark);
  if (at == script.npos) return {};
  std::string_view url = script.substr(at + kMark.size());
  url = url.substr(0, url.find_first_of(" \t\r\n"));
  if (!url.starts_with("data:")) return {.map = "", .file = decode_percent(url)};
  const size_t comma = url.find(',');
  if (comma == url.npos) return {};
  const bool base64 = url.substr(0, comma).ends_with(";base64");
  const std::string_view body = url.substr(comma + 1);
  return {.map = base64 ? decode_base64(body) : decode_percent(body), .file = ""};
}

std::expected<Bundle, Problem> collect_bundle(const fs::path& root, const fs::path& main,
                                              const Rules& rules) {
  Bundle bundle;
  bundle.main = main.lexically_relative(root).generic_string();
  auto found = walk(root, rules);
  if (!found) return std::unexpected(std::move(found.error()));
  if (std::ranges::find(*found, bundle.main, &Found::name) == found->end()) {
    found->push_back({main, bundle.main, Module::Kind::kEsModule, 0});
  }
  int64_t total = 0;
  Sizes sizes;
  for (const Found& file : *found) {
    total += file.size_bytes;
    sizes.emplace_back(file.size_bytes, file.name);
  }
  if (total > kBundleBytesMax) return std::unexpected(too_large(root, total, std::move(sizes)));
  for (const Found& file : *found) {
    auto bytes = read_file(file.path, kBundleBytesMax);
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    Module module{.name = file.name, .kind = file.kind, .bytes = std::move(*bytes),
                  .source_map = ""};
    if (file.name == bundle.main) module.kind = Module::Kind::kEsModule;
    if (module.kind == Module::Kind::kEsModule || module.kind == Module::Kind::kCommonJs) {
      module.source_map = source_map_of(file.path, module.bytes);
    }
    bundle.modules.push_back(std::move(module));
  }
  return bundle;
}

}  // namespace offing::config
