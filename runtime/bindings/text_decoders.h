// Streaming text decoders by encoding, through the host process's ICU (spec/runtime-api.md 4).
#ifndef OFFING_RUNTIME_BINDINGS_TEXT_DECODERS_H_
#define OFFING_RUNTIME_BINDINGS_TEXT_DECODERS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/isolate/id_table.h"

struct UConverter;

namespace offing {

class TextDecoders {
 public:
  // `label` is the encoding standard's name in lower case. 0: no such encoding.
  uint64_t open(std::string_view label, bool fatal, bool ignore_bom);
  // Nothing when the input is malformed and the decoder fatal, or when there is no such decoder.
  // `flush` ends the stream and forgets the decoder; so does malformed input.
  std::optional<std::u16string> decode(uint64_t id, std::span<const uint8_t> bytes, bool flush);

 private:
  struct Close {
    void operator()(UConverter* converter) const;
  };
  struct Decoder {
    std::unique_ptr<UConverter, Close> converter;
    bool fatal = false;
    bool drop_bom = false;  // until the first code unit was seen
  };
  IdTable<Decoder> decoders_;
  uint64_t next_id_ = 1;
};

}  // namespace offing

#endif  // OFFING_RUNTIME_BINDINGS_TEXT_DECODERS_H_
