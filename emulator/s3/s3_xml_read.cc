// Delete, CompleteMultipartUpload, CreateBucketConfiguration, encryption, versioning.
#include <algorithm>
#include <array>
#include <set>

#include "emulator/s3/s3_xml.h"
#include "emulator/s3/xml_input.h"
#include "storage/r2/limits.h"

namespace offing::s3 {
namespace {

std::string capitals(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return text;
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text.substr(0, 100)) + "\"";
}

std::string without_quotes(std::string_view etag) {
  const bool is_quoted = etag.size() >= 2 && etag.front() == '"' && etag.back() == '"';
  return std::string(is_quoted ? etag.substr(1, etag.size() - 2) : etag);
}

// A number as JavaScript would read it, signs included, so that 0 and -1 are out of range and not
// malformed (5.3 Complete).
std::optional<int64_t> part_number_of(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return std::nullopt;
  const bool is_negative = text[first] == '-';
  const auto value = number_of(is_negative ? text.substr(first + 1) : text);
  if (!value) return std::nullopt;
  const auto bounded = static_cast<int64_t>(std::min<uint64_t>(*value, 1'000'000'000));
  return is_negative ? -bounded : bounded;
}

}  // namespace

std::expected<DeleteRequest, S3Error> parse_delete(std::string_view xml) {
  const auto input = XmlInput::parse(xml, "Delete");
  if (!input) return std::unexpected(input.error());
  DeleteRequest request;
  for (const pugi::xml_node node : input->root().children()) {
    if (node.type() != pugi::node_element || local_name(node) != "Object") continue;
    auto key = child_text(node, "Key");
    if (!key || key->empty()) return std::unexpected(malformed_xml("an Object without a Key"));
    if (request.keys.size() == r2::kDeleteKeysMax) {
      return std::unexpected(malformed_xml("more than 1000 keys; delete them in several requests"));
    }
    request.keys.push_back(std::move(*key));
  }
  if (request.keys.empty()) return std::unexpected(malformed_xml("no Object to delete"));
  if (const pugi::xml_node quiet = child(input->root(), "Quiet")) {
    const auto value = text_of(quiet);
    if (value != "true" && value != "false") {
      return std::unexpected(malformed_xml("Quiet has to be true or false"));
    }
    request.quiet = value == "true";
  }
  return request;
}

std::expected<std::vector<R2Call::ChosenPart>, S3Error> parse_complete(std::string_view xml) {
  const auto input = XmlInput::parse(xml, "CompleteMultipartUpload");
  if (!input) return std::unexpected(input.error());
  std::vector<R2Call::ChosenPart> parts;
  std::set<uint32_t> numbers;
  const auto invalid_part = [] { return std::unexpected(from(r2::Code::kInvalidPart)); };
  for (const pugi::xml_node node : input->root().children()) {
    if (node.type() != pugi::node_element || local_name(node) != "Part") continue;
    const auto text = child_text(node, "PartNumber");
    const auto number = text ? part_number_of(*text) : std::nullopt;
    if (!number) {
      return std::unexpected(
          malformed_xml("a PartNumber has to be an integer, not " + quoted(text.value_or(""))));
    }
    auto etag = child_text(node, "ETag");
    if (!etag || etag->empty()) {
      return std::unexpected(malformed_xml("Part " + std::to_string(*number) + " has no ETag"));
    }
    if (*number < 1 || *number > r2::kPartNumberMax) return invalid_part();
    const auto part = static_cast<uint32_t>(*number);
    if (!numbers.insert(part).second) {
      S3Error error = from(r2::Code::kInvalidPart);
      error.message = "There was a problem with the multipart upload.";
      return std::unexpected(std::move(error));
    }
    parts.push_back({part, without_quotes(*etag)});
  }
  if (parts.empty()) return std::unexpected(malformed_xml("no Part to complete the upload with"));
  return parts;
}

std::expected<std::string, S3Error> parse_create_bucket(std::string_view xml) {
  constexpr std::array<std::string_view, 6> kHints = {"WNAM", "ENAM", "WEUR", "EEUR", "APAC", "OC"};
  if (xml.find_first_not_of(" \t\r\n") == xml.npos) return std::string();
  const auto input = XmlInput::parse(xml, "CreateBucketConfiguration");
  if (!input) return std::unexpected(input.error());
  const pugi::xml_node constraint = child(input->root(), "LocationConstraint");
  if (!constraint) return std::string();
  const auto text = text_of(constraint);
  if (!text) return std::unexpected(malformed_xml("LocationConstraint has to be a text"));
  std::string hint = capitals(*text);
  if (hint.empty() || hint == "AUTO" || hint == "US-EAST-1") return std::string();
  if (std::ranges::find(kHints, hint) != kHints.end()) return hint;
  return std::unexpected(S3Error{
      // the text is UNKNOWN (spec/r2.md 5.2)
      "InvalidLocationConstraint",
      400,
      "The specified location-constraint is not valid",
      {{"Reason", quoted(*text) + " is none of auto, wnam, enam, weur, eeur, apac, oc"}}});
}

std::expected<void, S3Error> parse_encryption(std::string_view xml) {
  const auto input = XmlInput::parse(xml, "ServerSideEncryptionConfiguration");
  if (!input) return std::unexpected(input.error());
  if (count(input->root(), "Rule") != 1)
    return std::unexpected(malformed_xml("one Rule is expected"));
  const pugi::xml_node rule = child(input->root(), "Rule");
  const auto algorithm =
      child_text(child(rule, "ApplyServerSideEncryptionByDefault"), "SSEAlgorithm");
  if (!algorithm) return std::unexpected(malformed_xml("a Rule without an SSEAlgorithm"));
  if (*algorithm != "AES256") {
    return std::unexpected(
        malformed_xml("SSEAlgorithm has to be AES256, not " + quoted(*algorithm)));
  }
  if (const pugi::xml_node enabled = child(rule, "BucketKeyEnabled")) {
    const auto value = text_of(enabled);
    if (value != "true" && value != "false") {
      return std::unexpected(malformed_xml("BucketKeyEnabled has to be true or false"));
    }
  }
  return {};
}

std::expected<std::string, S3Error> parse_versioning(std::string_view xml) {
  const auto input = XmlInput::parse(xml, "VersioningConfiguration");
  if (!input) return std::unexpected(input.error());
  const pugi::xml_node status = child(input->root(), "Status");
  if (!status) return std::string();
  const auto value = text_of(status);
  if (value != "Enabled" && value != "Suspended") {
    return std::unexpected(malformed_xml("Status has to be Enabled or Suspended"));
  }
  return *value;
}

}  // namespace offing::s3
