// The locations that offing knows by name: what `request.cf` says of a client near each. A code that
// is not here works as well; its guest sees the code and neutral values.
#ifndef OFFING_EMULATOR_TOPOLOGY_COLOS_H_
#define OFFING_EMULATOR_TOPOLOGY_COLOS_H_

#include <span>
#include <string>
#include <string_view>

namespace offing {

struct Colo {
  std::string_view code;       // IATA
  std::string_view continent;  // two letters
  std::string_view country;    // ISO 3166-1 alpha-2
  bool in_eu;
  std::string_view city;
  std::string_view region;
  std::string_view region_code;
  std::string_view postal_code;
  std::string_view latitude;
  std::string_view longitude;
  std::string_view timezone;
};

std::span<const Colo> known_colos();

// The row of this code, or null.
const Colo* find_colo(std::string_view code);

// Whether `code` can name a location: three capital letters.
bool is_location_code(std::string_view code);

// request.cf of a request that lands here, as JSON (spec/runtime-api.md 2.1).
std::string cf_json(std::string_view code);

// The country for CF-IPCountry ("T1" and unknown codes: "XX").
std::string_view country_of(std::string_view code);

}  // namespace offing

#endif  // OFFING_EMULATOR_TOPOLOGY_COLOS_H_
