#include "emulator/s3/xml_input.h"

#include <algorithm>
#include <charconv>

#include "emulator/s3/s3_xml.h"

namespace offing::s3 {
namespace {

// 10,000 parts with a checksum need fewer than 100,000; the parsed form costs about 60 bytes each.
constexpr std::ptrdiff_t kTagsMax = 400'000;

}  // namespace

std::expected<XmlInput, S3Error> XmlInput::parse(std::string_view xml, std::string_view root) {
  if (xml.size() > kXmlBytesMax) {
    return std::unexpected(malformed_xml("the document has " + std::to_string(xml.size()) +
                                         " bytes, more than " + std::to_string(kXmlBytesMax)));
  }
  if (std::ranges::count(xml, '<') > kTagsMax || xml.find('\0') != xml.npos) {
    return std::unexpected(malformed_xml("the document has too many tags, or a NUL"));
  }
  XmlInput input;
  input.document_ = std::make_unique<pugi::xml_document>();
  constexpr unsigned kOptions =
      pugi::parse_default | pugi::parse_doctype | pugi::parse_ws_pcdata_single;
  const pugi::xml_parse_result result =
      input.document_->load_buffer(xml.data(), xml.size(), kOptions, pugi::encoding_utf8);
  if (!result) {
    return std::unexpected(malformed_xml(std::string(result.description()) + " at byte " +
                                         std::to_string(result.offset)));
  }
  for (const pugi::xml_node node : input.document_->children()) {
    if (node.type() == pugi::node_doctype) {
      return std::unexpected(malformed_xml("a document type is not allowed"));
    }
    if (node.type() != pugi::node_element) continue;
    if (input.root_ || local_name(node) != root) {
      return std::unexpected(
          malformed_xml("the document has to be one " + std::string(root) + " element"));
    }
    input.root_ = node;
  }
  if (!input.root_) {
    return std::unexpected(malformed_xml("a " + std::string(root) + " element is expected"));
  }
  return input;
}

std::string_view local_name(pugi::xml_node node) {
  const std::string_view name = node.name();
  return name.substr(name.find(':') + 1);  // npos + 1 is 0
}

pugi::xml_node child(pugi::xml_node parent, std::string_view name) {
  for (const pugi::xml_node node : parent.children())
    if (node.type() == pugi::node_element && local_name(node) == name) return node;
  return {};
}

size_t count(pugi::xml_node parent, std::string_view name) {
  size_t found = 0;
  for (const pugi::xml_node node : parent.children())
    if (node.type() == pugi::node_element && local_name(node) == name) ++found;
  return found;
}

std::optional<std::string> text_of(pugi::xml_node element) {
  if (!element) return std::nullopt;
  std::string text;
  for (const pugi::xml_node node : element.children()) {
    if (node.type() == pugi::node_element) return std::nullopt;
    if (node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata) text += node.value();
  }
  return text;
}

std::optional<std::string> child_text(pugi::xml_node parent, std::string_view name) {
  return text_of(child(parent, name));
}

std::optional<uint64_t> number_of(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == text.npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(kSpace) - first + 1);
  uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace offing::s3
