#include "storage/r2/blob_arena.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <filesystem>

namespace offing::r2 {
namespace {

uint64_t round_up(uint64_t bytes, uint64_t to) { return (bytes + to - 1) / to * to; }

// A file that has no name, or has lost it.
Descriptor make_unlinked(const std::string& directory) {
  Descriptor file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file) return file;
  std::string name = directory + "/offing-r2-XXXXXX";
  file = Descriptor(mkostemp(name.data(), O_CLOEXEC));
  if (file) unlink(name.c_str());
  return file;
}

}  // namespace

IoResult Arena::open() {
  if (file_) return {};
  std::error_code code;
  std::string directory = std::filesystem::temp_directory_path(code).string();
  if (code) directory = P_tmpdir;
  name_ = "the temporary file in " + directory;
  file_ = make_unlinked(directory);
  if (!file_) return io_error(name_, "made");
  return {};
}

void Arena::grow(Extents& extents, uint64_t more) {
  more = round_up(more, kAlignment);
  reserved_bytes_ += more;
  if (!extents.empty() && extents.back().offset + extents.back().size_bytes == end_) {
    extents.back().size_bytes += more;
  } else {
    const uint64_t start = extents.empty() ? 0 : extents.back().start + extents.back().size_bytes;
    extents.push_back({end_, more, start});
    ++extents_;
  }
  end_ += more;
}

void Arena::trim(Extents& extents, uint64_t size_bytes) {
  assert(!extents.empty() && size_bytes > extents.back().start);
  Extent& last = extents.back();
  const uint64_t used = round_up(size_bytes - last.start, kAlignment);
  assert(used <= last.size_bytes);
  if (last.offset + last.size_bytes == end_) end_ = last.offset + used;
  reserved_bytes_ -= last.size_bytes - used;
  last.size_bytes = used;
}

void Arena::release(const Extents& extents) {
  assert(extents_ >= extents.size());
  extents_ -= extents.size();
  for (const Extent& extent : extents) reserved_bytes_ -= extent.size_bytes;
  if (!file_ || extents.empty()) return;
  if (extents_ == 0) {
    assert(reserved_bytes_ == 0);
    if (ftruncate(file_.get(), 0) == 0) end_ = 0;
    return;
  }
  // Where a file system cannot do that, the space returns with the last blob.
  for (const Extent& extent : extents)
    (void)fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                    static_cast<off_t>(extent.offset), static_cast<off_t>(extent.size_bytes));
}

const Arena::Extent& Arena::extent_at(const Extents& extents, uint64_t at) {
  auto after = std::ranges::upper_bound(extents, at, {}, &Extent::start);
  assert(after != extents.begin());
  const Extent& found = *std::prev(after);
  assert(at < found.start + found.size_bytes);
  return found;
}

IoResult Arena::write(const Extents& extents, uint64_t at, std::string_view first,
                      std::string_view second) {
  if (auto opened = open(); !opened) return opened;
  while (!first.empty() || !second.empty()) {
    const Extent& extent = extent_at(extents, at);
    const uint64_t room = extent.start + extent.size_bytes - at;
    const size_t of_first = std::min<uint64_t>(first.size(), room);
    const size_t of_second = std::min<uint64_t>(second.size(), room - of_first);
    auto done = write_at(file_.get(), extent.offset + (at - extent.start),
                         first.substr(0, of_first), second.substr(0, of_second), name_);
    if (!done) return done;
    first.remove_prefix(of_first);
    second.remove_prefix(of_second);
    at += of_first + of_second;
  }
  return {};
}

std::expected<std::string, std::string> Arena::read(const Extents& extents, uint64_t at,
                                                    size_t length) const {
  std::string all;
  while (length > 0) {
    const Extent& extent = extent_at(extents, at);
    const size_t here = std::min<uint64_t>(length, extent.start + extent.size_bytes - at);
    auto piece = read_at(file_.get(), extent.offset + (at - extent.start), here, name_);
    if (!piece || (all.empty() && here == length)) return piece;
    all += *piece;
    at += here;
    length -= here;
  }
  return all;
}

}  // namespace offing::r2
