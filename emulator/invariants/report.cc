// The violations for people and for programs.
#include "emulator/invariants/invariants.h"
#include "emulator/trace/json_text.h"

namespace offing::invariants {

static void append_moment(std::string& out, const char* name, const Moment& moment) {
  out += std::string(",\"") + name + "\":";
  if (moment.sequence == 0) {
    out += "null";
    return;
  }
  out += "{\"seq\":" + std::to_string(moment.sequence);
  trace::JsonFields fields(out);
  fields("at_us", moment.at_us);
  fields("request", moment.request);
  fields("what", std::string_view(moment.what));
  out += '}';
}

static void append(std::string& out, const Violation& v) {
  out += "{\"invariant\":\"" + std::string(name_of(v.invariant)) + "\"";
  trace::JsonFields fields(out);
  fields("store", std::string_view(v.key.store));
  fields("namespace", std::string_view(v.key.space));
  fields("key", std::string_view(v.key.key));
  fields("location", std::string_view(v.location));
  fields("session", std::string_view(v.session));
  append_moment(out, "event", v.event);
  append_moment(out, "against", v.against);
  fields("text", std::string_view(v.text));
  out += '}';
}

std::string Invariants::json() const {
  std::string out = "{\"checked\":[";
  for (size_t i = 0, n = 0; i < kNames.size(); ++i) {
    if (settings_.of[i].on) out += (n++ ? ",\"" : "\"") + std::string(kNames[i]) + "\"";
  }
  out += "],\"violations\":[";
  for (size_t i = 0; i < violations_.size(); ++i) {
    if (i) out += ',';
    append(out, violations_[i]);
  }
  out += "],\"count\":" + std::to_string(count_);
  out += complete_ ? ",\"complete\":true}" : ",\"complete\":false}";
  return out;
}

std::string Invariants::text() const {
  std::string out;
  for (const Violation& v : violations_) {
    out += std::string(name_of(v.invariant)) + ": " + v.text + "\n    session " + v.session +
           ", event " + std::to_string(v.event.sequence);
    if (v.against.sequence != 0)
      out += " against " + std::to_string(v.against.sequence) + " (" + v.against.what + ")";
    out += " of the trace\n";
  }
  if (count_ > violations_.size())
    out += "and " + std::to_string(count_ - violations_.size()) + " more\n";
  if (!complete_)
    out +=
        "more than " + std::to_string(kSeenMax) +
        " keys by session: read_your_writes and monotonic_reads followed only the first of them\n";
  return out;
}

}  // namespace offing::invariants
