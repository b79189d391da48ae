#include "emulator/topology/colos.h"

namespace offing {

static constexpr Colo kColos[] = {
    {"AMS", "EU", "NL", true, "Amsterdam", "North Holland", "NH", "1012", "52.37403", "4.88969", "Europe/Amsterdam"},
    {"ARN", "EU", "SE", true, "Stockholm", "Stockholm County", "AB", "111 29", "59.32938", "18.06871", "Europe/Stockholm"},
    {"ATL", "NA", "US", false, "Atlanta", "Georgia", "GA", "30303", "33.74900", "-84.38798", "America/New_York"},
    {"BOM", "AS", "IN", false, "Mumbai", "Maharashtra", "MH", "400001", "19.07283", "72.88261", "Asia/Kolkata"},
    {"CDG", "EU", "FR", true, "Paris", "Île-de-France", "IDF", "75001", "48.85341", "2.34880", "Europe/Paris"},
    {"DFW", "NA", "US", false, "Dallas", "Texas", "TX", "75201", "32.78306", "-96.80667", "America/Chicago"},
    {"DUB", "EU", "IE", true, "Dublin", "Leinster", "L", "D02", "53.33306", "-6.24889", "Europe/Dublin"},
    {"EWR", "NA", "US", false, "Newark", "New Jersey", "NJ", "07102", "40.73566", "-74.17237", "America/New_York"},
    {"FRA", "EU", "DE", true, "Frankfurt am Main", "Hesse", "HE", "60311", "50.11552", "8.68417", "Europe/Berlin"},
    {"GRU", "SA", "BR", false, "São Paulo", "São Paulo", "SP", "01000-000", "-23.54750", "-46.63611", "America/Sao_Paulo"},
    {"HKG", "AS", "HK", false, "Hong Kong", "Central and Western", "HCW", "", "22.27832", "114.17469", "Asia/Hong_Kong"},
    {"IAD", "NA", "US", false, "Ashburn", "Virginia", "VA", "20147", "39.04372", "-77.48749", "America/New_York"},
    {"ICN", "AS", "KR", false, "Seoul", "Seoul", "11", "04524", "37.56600", "126.97840", "Asia/Seoul"},
    {"JNB", "AF", "ZA", false, "Johannesburg", "Gauteng", "GP", "2000", "-26.20227", "28.04363", "Africa/Johannesburg"},
    {"LAX", "NA", "US", false, "Los Angeles", "California", "CA", "90012", "34.05223", "-118.24368", "America/Los_Angeles"},
    {"LHR", "EU", "GB", false, "London", "England", "ENG", "EC2V", "51.50853", "-0.12574", "Europe/London"},
    {"MAD", "EU", "ES", true, "Madrid", "Madrid", "MD", "28013", "40.41650", "-3.70256", "Europe/Madrid"},
    {"MIA", "NA", "US", false, "Miami", "Florida", "FL", "33131", "25.77427", "-80.19366", "America/New_York"},
    {"NRT", "AS", "JP", false, "Tokyo", "Tokyo", "13", "100-0001", "35.68950", "139.69171", "Asia/Tokyo"},
    {"ORD", "NA", "US", false, "Chicago", "Illinois", "IL", "60602", "41.85003", "-87.65005", "America/Chicago"},
    {"SEA", "NA", "US", false, "Seattle", "Washington", "WA", "98101", "47.60621", "-122.33207", "America/Los_Angeles"},
    {"SIN", "AS", "SG", false, "Singapore", "Singapore", "01", "018989", "1.28967", "103.85007", "Asia/Singapore"},
    {"SJC", "NA", "US", false, "San Jose", "California", "CA", "95113", "37.33939", "-121.89496", "America/Los_Angeles"},
    {"SYD", "OC", "AU", false, "Sydney", "New South Wales", "NSW", "2000", "-33.86785", "151.20732", "Australia/Sydney"},
    {"VIE", "EU", "AT", true, "Vienna", "Vienna", "9", "1010", "48.20849", "16.37208", "Europe/Vienna"},
    {"WAW", "EU", "PL", true, "Warsaw", "Mazovia", "14", "00-002", "52.22977", "21.01178", "Europe/Warsaw"},
    {"YYZ", "NA", "CA", false, "Toronto", "Ontario", "ON", "M5H", "43.70011", "-79.41630", "America/Toronto"},
    {"ZRH", "EU", "CH", false, "Zurich", "Zurich", "ZH", "8001", "47.36667", "8.55000", "Europe/Zurich"},
};

std::span<const Colo> known_colos() { return kColos; }

const Colo* find_colo(std::string_view code) {
  for (const Colo& colo : kColos) {
    if (colo.code == code) return &colo;
  }
  return nullptr;
}

bool is_location_code(std::string_view code) {
  if (code.size() != 3) return false;
  for (char c : code) {
    if (c < 'A' || c > 'Z') return false;
  }
  return true;
}

std::string_view country_of(std::string_view code) {
  const Colo* colo = find_colo(code);
  return colo ? colo->country : "XX";
}

static std::string geography(const Colo& colo) {
  std::string out;
  auto field = [&out](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out.append(",\"").append(name).append("\":\"").append(value).append("\"");
  };
  field("continent", colo.continent);
  field("country", colo.country);
  if (colo.in_eu) field("isEUCountry", "1");
  field("city", colo.city);
  field("region", colo.region);
  field("regionCode", colo.region_code);
  field("postalCode", colo.postal_code);
  field("latitude", colo.latitude);
  field("longitude", colo.longitude);
  field("timezone", colo.timezone);
  return out;
}

std::string cf_json(std::string_view code) {
  // The network half is what offing itself can know of a loopback client: nothing; the values are
  // those that local tools customarily show.
  static constexpr std::string_view kNetwork =
      R"(,"asn":395747,"asOrganization":"offing","httpProtocol":"HTTP/1.1","tlsVersion":"TLSv1.3",)"
      R"("tlsCipher":"AEAD-AES128-GCM-SHA256","clientTcpRtt":0,"clientAcceptEncoding":"",)"
      R"("requestPriority":"weight=192;exclusive=0","edgeRequestKeepAliveStatus":1,)"
      R"("tlsClientAuth":{"certPresented":"0","certVerified":"NONE","certRevoked":"0",)"
      R"("certIssuerDN":"","certSubjectDN":"","certIssuerDNRFC2253":"","certSubjectDNRFC2253":"",)"
      R"("certIssuerDNLegacy":"","certSubjectDNLegacy":"","certSerial":"","certIssuerSerial":"",)"
      R"("certSKI":"","certIssuerSKI":"","certFingerprintSHA1":"","certFingerprintSHA256":"",)"
      R"("certNotBefore":"","certNotAfter":"","certRFC9440":"","certRFC9440TooLarge":false,)"
      R"("certChainRFC9440":"","certChainRFC9440TooLarge":false}})";
  std::string out = "{\"colo\":\"" + std::string(code) + "\"";
  if (const Colo* colo = find_colo(code)) out += geography(*colo);
  out += kNetwork;
  return out;
}

}  // namespace offing
