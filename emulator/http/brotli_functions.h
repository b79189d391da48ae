// The few functions of Brotli that are used, as the engine's process exports them: the engine's
// package has no header of them. Private to emulator/http.
#ifndef OFFING_EMULATOR_HTTP_BROTLI_FUNCTIONS_H_
#define OFFING_EMULATOR_HTTP_BROTLI_FUNCTIONS_H_

#include <cstddef>
#include <cstdint>

extern "C" {

struct BrotliDecoderStateStruct;
struct BrotliEncoderStateStruct;
using BrotliAllocate = void* (*)(void* opaque, size_t size);
using BrotliFree = void (*)(void* opaque, void* address);

enum BrotliDecoderResult : int {
  kBrotliDecoderError = 0,
  kBrotliDecoderSuccess = 1,
  kBrotliDecoderNeedsInput = 2,
  kBrotliDecoderNeedsOutput = 3,
};
BrotliDecoderStateStruct* BrotliDecoderCreateInstance(BrotliAllocate, BrotliFree, void* opaque);
void BrotliDecoderDestroyInstance(BrotliDecoderStateStruct*);
BrotliDecoderResult BrotliDecoderDecompressStream(BrotliDecoderStateStruct*, size_t* available_in,
                                                  const uint8_t** next_in, size_t* available_out,
                                                  uint8_t** next_out, size_t* total_out);
int BrotliDecoderGetErrorCode(const BrotliDecoderStateStruct*);
const char* BrotliDecoderErrorString(int code);

enum BrotliEncoderOperation : int {
  kBrotliEncoderProcess = 0,
  kBrotliEncoderFlush = 1,
  kBrotliEncoderFinish = 2,
};
enum BrotliEncoderParameter : int { kBrotliParameterQuality = 1 };
BrotliEncoderStateStruct* BrotliEncoderCreateInstance(BrotliAllocate, BrotliFree, void* opaque);
void BrotliEncoderDestroyInstance(BrotliEncoderStateStruct*);
int BrotliEncoderSetParameter(BrotliEncoderStateStruct*, BrotliEncoderParameter, uint32_t value);
int BrotliEncoderCompressStream(BrotliEncoderStateStruct*, BrotliEncoderOperation,
                                size_t* available_in, const uint8_t** next_in,
                                size_t* available_out, uint8_t** next_out, size_t* total_out);
int BrotliEncoderHasMoreOutput(BrotliEncoderStateStruct*);
int BrotliEncoderIsFinished(BrotliEncoderStateStruct*);

}  // extern "C"

#endif  // OFFING_EMULATOR_HTTP_BROTLI_FUNCTIONS_H_
