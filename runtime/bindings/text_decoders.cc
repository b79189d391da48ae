#include "runtime/bindings/text_decoders.h"

#include <array>
#include <utility>

#include "runtime/bindings/native_call.h"

// The few functions of the host process's ICU 78 that are used here; it comes without headers.
extern "C" {
typedef int UErrorCode;
typedef int UConverterCallbackReason;
struct UConverterToUnicodeArgs;
typedef void (*UConverterToUCallback)(const void* context, UConverterToUnicodeArgs* args,
                                      const char* code_units, int32_t length,
                                      UConverterCallbackReason reason, UErrorCode* error);
UConverter* ucnv_open_78(const char* name, UErrorCode* error);
void ucnv_close_78(UConverter* converter);
void ucnv_toUnicode_78(UConverter* converter, char16_t** target, const char16_t* target_end,
                       const char** source, const char* source_end, int32_t* offsets,
                       signed char flush, UErrorCode* error);
void ucnv_setToUCallBack_78(UConverter* converter, UConverterToUCallback action,
                            const void* context, UConverterToUCallback* old_action,
                            const void** old_context, UErrorCode* error);
void UCNV_TO_U_CALLBACK_STOP_78(const void* context, UConverterToUnicodeArgs* args,
                                const char* code_units, int32_t length,
                                UConverterCallbackReason reason, UErrorCode* error);
}

namespace offing {
namespace {

constexpr UErrorCode kBufferOverflow = 15;
bool failed(UErrorCode error) { return error > 0; }

// Encodings whose standard name means another table to ICU.
constexpr std::array<std::pair<std::string_view, const char*>, 7> kIcuNames = {{
    {"shift_jis", "ibm-943_P15A-2003"},
    {"euc-kr", "windows-949-2000"},
    {"big5", "windows-950-2000"},
    {"gbk", "gb18030"},
    {"iso-8859-8-i", "iso-8859-8"},
    {"x-mac-cyrillic", "macos-7_3-10.2"},
    {"windows-874", "windows-874-2000"},
}};

}  // namespace

void TextDecoders::Close::operator()(UConverter* converter) const { ucnv_close_78(converter); }

uint64_t TextDecoders::open(std::string_view label, bool fatal, bool ignore_bom) {
  std::string name(label);
  for (const auto& [standard, icu] : kIcuNames) {
    if (label == standard) name = icu;
  }
  UErrorCode error = 0;
  Decoder decoder;
  decoder.converter.reset(ucnv_open_78(name.c_str(), &error));
  if (failed(error) || decoder.converter == nullptr) return 0;
  if (fatal) {
    ucnv_setToUCallBack_78(decoder.converter.get(), UCNV_TO_U_CALLBACK_STOP_78, nullptr, nullptr,
                           nullptr, &error);
    if (failed(error)) return 0;
  }
  decoder.fatal = fatal;
  decoder.drop_bom = !ignore_bom && label.starts_with("utf-");
  const uint64_t id = next_id_++;
  decoders_.add(id, std::move(decoder));
  return id;
}

std::optional<std::u16string> TextDecoders::decode(uint64_t id, std::span<const uint8_t> bytes,
                                                   bool flush) {
  Decoder* decoder = decoders_.find(id);
  if (decoder == nullptr) return std::nullopt;
  std::u16string out;
  const char* source = reinterpret_cast<const char*>(bytes.data());
  const char* source_end = source + bytes.size();
  UErrorCode error = kBufferOverflow;
  while (error == kBufferOverflow) {
    const size_t filled = out.size();
    out.resize(filled + static_cast<size_t>(source_end - source) + 64);
    char16_t* target = out.data() + filled;
    error = 0;
    ucnv_toUnicode_78(decoder->converter.get(), &target, out.data() + out.size(), &source,
                      source_end, nullptr, flush, &error);
    out.resize(static_cast<size_t>(target - out.data()));
  }
  const bool bad = failed(error);
  if (!bad && decoder->drop_bom && !out.empty()) {
    decoder->drop_bom = false;
    if (out.front() == 0xfeff) out.erase(0, 1);
  }
  if (bad || flush) decoders_.remove(id);
  if (bad) return std::nullopt;
  return out;
}

namespace {

void decoder_open(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr || !info[0]->IsString()) return;
  const std::string label = utf8_of(info.GetIsolate(), info[0].As<v8::String>());
  info.GetReturnValue().Set(number(
      info.GetIsolate(), parts->decoders->open(label, info[1]->IsTrue(), info[2]->IsTrue())));
}

void decoder_decode(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  BytesOf bytes(info[1]);
  std::optional<std::u16string> text =
      parts->decoders->decode(id_of(info[0]), bytes.span(), info[2]->IsTrue());
  if (!text) return throw_type_error(isolate, "Failed to decode input.");
  v8::Local<v8::String> result;
  if (v8::String::NewFromTwoByte(isolate, reinterpret_cast<const uint16_t*>(text->data()),
                                 v8::NewStringType::kNormal, static_cast<int>(text->size()))
          .ToLocal(&result)) {
    info.GetReturnValue().Set(result);
  }
}

constexpr NativeFunction kFunctions[] = {{"decoderOpen", decoder_open},
                                         {"decoderDecode", decoder_decode}};

}  // namespace

std::span<const NativeFunction> codec_natives() { return kFunctions; }

}  // namespace offing
