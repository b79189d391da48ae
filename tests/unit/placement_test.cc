#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "emulator/topology/colos.h"
#include "emulator/topology/links.h"
#include "emulator/topology/placement.h"

using namespace offing;

namespace {

using Locations = std::vector<std::string>;

std::string home(const Locations& locations, std::string_view hint, std::string_view jurisdiction,
                 size_t caller = 0) {
  const auto at = Placement(locations).home(hint, jurisdiction, caller);
  return at ? locations.at(*at) : at.error();
}

const Locations kThree = {"LHR", "SIN", "IAD"};
const Locations kMany = {"LHR", "SIN", "IAD", "SJC", "GRU", "CDG",
                         "WAW", "NRT", "SYD", "JNB", "FRA"};

}  // namespace

TEST_CASE("spec/durable-objects.md 1.1: without a hint an object lives where it is first called") {
  for (size_t caller = 0; caller < kThree.size(); ++caller) {
    CHECK(home(kThree, "", "", caller) == kThree[caller]);
  }
  CHECK(home({"ZZZ", "LHR"}, "", "", 0) == "ZZZ");
}

TEST_CASE("spec/durable-objects.md 1.1: every hint finds the run's nearest location") {
  const std::pair<const char*, std::pair<const char*, const char*>> rows[] = {
      {"wnam", {"SJC", "IAD"}},    {"enam", {"IAD", "IAD"}},    {"sam", {"GRU", "IAD"}},
      {"weur", {"CDG", "LHR"}},    {"eeur", {"WAW", "LHR"}},    {"apac", {"SIN", "SIN"}},
      {"apac-ne", {"NRT", "SIN"}}, {"apac-se", {"SIN", "SIN"}}, {"oc", {"SYD", "SIN"}},
      {"afr", {"JNB", "LHR"}},     {"me", {"WAW", "LHR"}},
  };
  for (const auto& [hint, expected] : rows) {
    CAPTURE(hint);
    CHECK(is_location_hint(hint));
    CHECK(home(kMany, hint, "") == expected.first);
    for (size_t caller = 0; caller < kThree.size(); ++caller) {
      CHECK(home(kThree, hint, "", caller) == expected.second);
    }
  }
  CHECK(home({"NRT", "SIN"}, "apac", "") == "NRT");  // equally near: the first of the run
  CHECK(home({"ZZZ", "LHR"}, "wnam", "", 0) == "LHR");
  CHECK(home({"YYY", "ZZZ"}, "wnam", "", 1) == "ZZZ");
  CHECK(home(kThree, "weu", "") == "\"weu\" is not a location hint. The hints are wnam, enam, sam, "
                                   "weur, eeur, apac, apac-ne, apac-se, oc, afr, me.");
}

TEST_CASE("spec/durable-objects.md 1.1: a jurisdiction is kept whatever the hint and the caller") {
  for (const char* jurisdiction : {"eu", "us", "fedramp", "fedramp-high"}) {
    CAPTURE(jurisdiction);
    CHECK(is_jurisdiction(jurisdiction));
    for (const char* hint : {"", "wnam", "enam", "weur", "eeur", "apac", "oc", "afr", "me"}) {
      for (size_t caller = 0; caller < kMany.size(); ++caller) {
        const Colo* colo = find_colo(home(kMany, hint, jurisdiction, caller));
        REQUIRE(colo != nullptr);
        CHECK((std::string_view(jurisdiction) == "eu" ? colo->in_eu : colo->country == "US"));
      }
    }
  }
  CHECK(home(kMany, "", "eu", 6) == "WAW");      // the caller's own
  CHECK(home(kMany, "", "eu", 0) == "CDG");      // the nearest to London, which is not in the EU
  CHECK(home(kMany, "eeur", "eu", 0) == "WAW");  // a hint within it
  CHECK(home(kMany, "apac", "us", 0) == "SJC");
  CHECK(home({"ZZZ", "FRA", "VIE"}, "", "eu", 0) == "FRA");
}

TEST_CASE("a jurisdiction that no location of the run is in is an error with a way out") {
  const std::string error = home(kThree, "", "eu");
  CHECK(error.starts_with("No location of this run (LHR, SIN, IAD) is in the jurisdiction \"eu\". "
                          "Add one of AMS, ARN, CDG, "));
  CHECK(error.ends_with(": --locations LHR,SIN,IAD,AMS."));
  CHECK(Placement(kThree).check_jurisdiction("us").has_value());
  CHECK(Placement(kThree).check_jurisdiction("").has_value());
  CHECK_FALSE(Placement({"LHR", "ZZZ"}).check_jurisdiction("us").has_value());
  CHECK(home(kThree, "", "EU") == "\"EU\" is not a jurisdiction. The jurisdictions are eu, "
                                  "fedramp, fedramp-high, us.");
}

TEST_CASE("links take what light needs in fibre, and are the same both ways") {
  const Locations locations = {"LHR", "SIN", "IAD", "ZZZ", "EWR"};
  const Links links(locations);
  CHECK(links.link_us(0, 1) == 79'700);  // London, Singapore: 10,850 km
  CHECK(links.link_us(0, 2) == 43'500);
  CHECK(links.link_us(1, 2) == 114'100);
  CHECK(links.link_us(2, 4) == 2'500);
  for (size_t a = 0; a < locations.size(); ++a) {
    CHECK(links.link_us(a, a) == 0);
    for (size_t b = 0; b < locations.size(); ++b) CHECK(links.link_us(a, b) == links.link_us(b, a));
  }
  CHECK(links.link_us(0, 3) == Links::kUnknownLinkUs);
  CHECK(distance_km({0, 0}, {0, 180}) == doctest::Approx(20015).epsilon(0.001));
  CHECK(distance_km({90, 0}, {90, 77}) == doctest::Approx(0));
}

TEST_CASE("links are at least half a millisecond, known places have coordinates") {
  Locations all;
  for (const Colo& colo : known_colos()) {
    CAPTURE(std::string(colo.code));
    CHECK(location_point(colo.code).has_value());
    all.emplace_back(colo.code);
  }
  const Links links(all);
  for (size_t a = 0; a < all.size(); ++a) {
    for (size_t b = 0; b < all.size(); ++b) {
      if (a == b) continue;
      CHECK(links.link_us(a, b) >= Links::kLeastLinkUs);
      CHECK(links.link_us(a, b) < 150'000);  // half of the globe
    }
  }
}

TEST_CASE("a rule replaces a link, both ways or one way") {
  Links links({"LHR", "SIN", "IAD"});
  CHECK(links.set("LHR-SIN=90ms").has_value());
  CHECK(links.link_us(0, 1) == 90'000);
  CHECK(links.link_us(1, 0) == 90'000);
  CHECK(links.set("SIN->LHR=0.25s").has_value());
  CHECK(links.link_us(0, 1) == 90'000);
  CHECK(links.link_us(1, 0) == 250'000);
  CHECK(links.set("IAD-LHR=0us").has_value());
  CHECK(links.link_us(2, 0) == 0);
  CHECK(links.set("IAD-LHR=60s").has_value());
  auto error = [&links](std::string_view rule) { return links.set(rule).error(); };
  CHECK(error("LHR=90ms") == "\"LHR=90ms\" is not a link. Write LHR-SIN=90ms, or LHR->SIN=90ms for "
                             "one way.");
  CHECK(error("LHR-FRA=90ms") == "\"FRA\" is not a location of this run. They are LHR SIN IAD; "
                                 "--locations adds others.");
  CHECK(error("LHR-LHR=1ms").ends_with("joins a location with itself. A link has two ends."));
  for (const char* time : {"", "90", "ms", "-1ms", "60.001s", "1m", "1e3ms", "nanms", "90 ms"}) {
    CAPTURE(time);
    CHECK(error("LHR-SIN=" + std::string(time)).find("is not a time from 0s to 60s") !=
          std::string::npos);
  }
  CHECK(links.link_us(0, 1) == 90'000);
}
