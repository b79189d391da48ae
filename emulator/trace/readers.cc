#include "emulator/trace/readers.h"

#include <cerrno>
#include <cstring>

#include "emulator/trace/json_text.h"

namespace offing::trace {

constexpr size_t kFlushBytes = 64 * 1024;

namespace {

class LineFields : public JsonFields {
 public:
  LineFields(std::string& out, Measured measured) : JsonFields(out), measured_(measured) {}
  template <class T> void measured(std::string_view name, T value) {
    if (measured_ == Measured::kWritten) (*this)(name, value);
  }

 private:
  Measured measured_;
};

}  // namespace

void append_line(std::string& out, const Stamp& stamp, const Event& event, Measured measured) {
  out += "{\"seq\":";
  out += std::to_string(stamp.sequence);
  out += ",\"at_us\":";
  out += std::to_string(stamp.at_us);
  std::visit(
      [&out, measured](const auto& e) {
        out += ",\"event\":\"";
        out += e.kName;
        out += '"';
        LineFields fields(out, measured);
        e.fields(fields);
      },
      event);
  out += "}\n";
}

std::expected<std::unique_ptr<NdjsonWriter>, std::string> NdjsonWriter::open(
    const std::string& path, Measured measured) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (!file) return std::unexpected("--trace " + path + ": " + std::strerror(errno));
  return std::unique_ptr<NdjsonWriter>(new NdjsonWriter(file, measured));
}

NdjsonWriter::~NdjsonWriter() {
  std::fwrite(buffer_.data(), 1, buffer_.size(), file_);
  std::fclose(file_);
}

void NdjsonWriter::on_event(const Stamp& stamp, const Event& event) {
  append_line(buffer_, stamp, event, measured_);
  if (buffer_.size() < kFlushBytes) return;
  std::fwrite(buffer_.data(), 1, buffer_.size(), file_);
  buffer_.clear();
}

void NdjsonWriter::finish(uint64_t events, const std::string& hash) {
  buffer_ += "{\"event\":\"end\",\"events\":" + std::to_string(events) + ",\"hash\":\"" + hash +
             "\"}\n";
  std::fwrite(buffer_.data(), 1, buffer_.size(), file_);
  buffer_.clear();
  std::fflush(file_);
}

void Hash::on_event(const Stamp& stamp, const Event& event) {
  line_.clear();
  append_line(line_, stamp, event);
  for (unsigned char c : line_) state_ = (state_ ^ c) * 0x100000001b3ULL;
}

std::string Hash::hex() const {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(state_));
  return text;
}

}  // namespace offing::trace
