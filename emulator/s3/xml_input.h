// A client's XML body, bounded before it is parsed, and the few questions the readers ask of it.
// Private to emulator/s3.
#ifndef OFFING_EMULATOR_S3_XML_INPUT_H_
#define OFFING_EMULATOR_S3_XML_INPUT_H_

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "emulator/s3/s3_error.h"

namespace offing::s3 {

class XmlInput {
 public:
  // One element named `root` and nothing beside it; no document type.
  static std::expected<XmlInput, S3Error> parse(std::string_view xml, std::string_view root);
  pugi::xml_node root() const { return root_; }

 private:
  XmlInput() = default;
  std::unique_ptr<pugi::xml_document> document_;
  pugi::xml_node root_;
};

// Names are compared without a namespace's prefix.
std::string_view local_name(pugi::xml_node node);
// The first child element of this name; an empty node for none.
pugi::xml_node child(pugi::xml_node parent, std::string_view name);
size_t count(pugi::xml_node parent, std::string_view name);
// All text of an element; nullopt when there are elements in it, or no such element.
std::optional<std::string> text_of(pugi::xml_node element);
std::optional<std::string> child_text(pugi::xml_node parent, std::string_view name);
// A whole number without a sign; spaces around it do not count.
std::optional<uint64_t> number_of(std::string_view text);

}  // namespace offing::s3

#endif  // OFFING_EMULATOR_S3_XML_INPUT_H_
