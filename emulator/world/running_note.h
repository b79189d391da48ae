// What the daemon is doing right now, in memory that outlives it: the parent shares the page and reads it
// when the daemon has died, to say which Worker, location and request it was.
//
// One writer, the loop thread; the reader looks only when the writer is dead, so that plain stores are
// enough. A turn costs two stores, a request one copy of its URL's beginning. A request's place is found by
// its number; one that is in flight for long may lose its place to another (kPlaces numbers later).
#ifndef OFFING_EMULATOR_WORLD_RUNNING_NOTE_H_
#define OFFING_EMULATOR_WORLD_RUNNING_NOTE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace offing {

struct RunningNote {
  static constexpr uint64_t kMagic = 0x3165746f6e676e6fULL;  // changes with the layout
  static constexpr size_t kPlaces = 64;                      // a power of two

  struct InFlight {
    uint64_t request = 0;  // 0: nobody's place
    uint64_t isolate = 0;  // as `turn`
    uint32_t bytes = 0;
    char text[236] = {};   // "GET http://…", cut to fit
  };

  uint64_t magic = kMagic;
  uint64_t turn = 0;      // the isolate that control is in; 0: none
  uint64_t entering = 0;  // the request that is being given to an isolate; 0: none
  char worker[128] = {};  // ends with 0
  InFlight in_flight[kPlaces] = {};

  // An isolate as one word: location (an IATA code) and number. Never 0.
  static uint64_t isolate_word(std::string_view location, uint32_t number) {
    uint64_t word = uint64_t{number} + 1;
    for (size_t i = 0; i < 3 && i < location.size(); ++i)
      word |= uint64_t{static_cast<unsigned char>(location[i])} << (56 - 8 * i);
    return word;
  }

  void set_worker(std::string_view name) {
    const size_t bytes = std::min(name.size(), sizeof worker - 1);
    std::memcpy(worker, name.data(), bytes);
    worker[bytes] = 0;
  }

  void begin(uint64_t request, uint64_t isolate, std::string_view method, std::string_view url) {
    InFlight& place = in_flight[request & (kPlaces - 1)];
    place.request = request;
    place.isolate = isolate;
    const size_t first = std::min<size_t>(method.size(), 32);
    std::memcpy(place.text, method.data(), first);
    place.text[first] = ' ';
    const size_t rest = std::min(url.size(), sizeof place.text - first - 1);
    std::memcpy(place.text + first + 1, url.data(), rest);
    place.bytes = static_cast<uint32_t>(first + 1 + rest);
  }

  void end(uint64_t request) {
    InFlight& place = in_flight[request & (kPlaces - 1)];
    if (place.request == request) place.request = 0;
  }
};

}  // namespace offing

#endif  // OFFING_EMULATOR_WORLD_RUNNING_NOTE_H_
