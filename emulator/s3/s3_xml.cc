// The writer. The readers are in s3_xml_read.cc and s3_xml_rules.cc.
#include "emulator/s3/s3_xml.h"

#include <cassert>

namespace offing::s3 {

void escape_xml(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&apos;";
        break;
      case '\n':
      case '\t':
        out += c;
        break;
      default:
        if (byte >= 0x20) {
          out += c;
        } else {
          out += "&#x";
          if (byte >= 16) out += kHex[byte >> 4];
          out += kHex[byte & 15];
          out += ';';
        }
    }
  }
}

XmlWriter::XmlWriter(std::string_view root) {
  out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><";
  out_.append(root).append(" xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
  open_.emplace_back(root);
}

XmlWriter& XmlWriter::open(std::string_view name) {
  out_.append("<").append(name).append(">");
  open_.emplace_back(name);
  return *this;
}

XmlWriter& XmlWriter::close() {
  assert(!open_.empty());
  out_.append("</").append(open_.back()).append(">");
  open_.pop_back();
  return *this;
}

XmlWriter& XmlWriter::text(std::string_view name, std::string_view value) {
  out_.append("<").append(name).append(">");
  escape_xml(out_, value);
  out_.append("</").append(name).append(">");
  return *this;
}

XmlWriter& XmlWriter::number(std::string_view name, uint64_t value) {
  return text(name, std::to_string(value));
}

XmlWriter& XmlWriter::flag(std::string_view name, bool value) {
  return text(name, value ? "true" : "false");
}

std::string XmlWriter::finish() {
  while (!open_.empty()) close();
  return std::move(out_);
}

std::string encryption_xml() {
  XmlWriter xml("ServerSideEncryptionConfiguration");
  xml.open("Rule")
      .open("ApplyServerSideEncryptionByDefault")
      .text("SSEAlgorithm", "AES256")
      .close();
  xml.flag("BucketKeyEnabled", true);
  return xml.finish();
}

}  // namespace offing::s3
